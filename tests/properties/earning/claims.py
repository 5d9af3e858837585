"""Which claims count: approved, the first of their invoice, and until that comes.

Belongs here: claims against each other and against invoices. Not here: what they earn.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tests.properties.earning.deliveries import Arrived, Claim, Doc
from tests.properties.earning.homes import Homes


def standing(arrived: Arrived, invoices: Sequence[Doc], today: date, homes: Homes) -> list[Claim]:
    """The claims that stand for their invoices; merged partners are one."""
    newest = {claim.claim: claim for _, file in arrived.claims for claim in file}
    approved = sorted(
        (one for one in newest.values() if one.status == "approved" and one.day <= today),
        key=lambda one: (one.reviewed_on or date.max, one.claim),
    )
    found = []
    for place, claim in enumerate(approved):
        before = [
            other
            for other in approved[:place]
            if _same(claim, other.partner, other.number, other.day, homes)
            and (not other.distributor or claim.distributor in (None, other.distributor))
        ]
        came = [
            doc
            for doc in invoices
            if _same(claim, doc.partner, doc.number, doc.day, homes)
            and claim.distributor in (None, doc.distributor)
        ]
        if not before and not came:
            found.append(claim)
    return found


def _same(claim: Claim, partner: str, number: str, day: date, homes: Homes) -> bool:
    fiscal_year = homes.calendar.fiscal_year
    return (homes.now(claim.partner), claim.number, fiscal_year(claim.day)) == (
        homes.now(partner),
        number,
        fiscal_year(day),
    )
