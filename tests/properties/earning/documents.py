"""Which documents count, and what returns leave of each and of each of its lines.

Belongs here: amendments, returns, parked returns, partners who are not known yet, the net sales
of a cycle. Not here: points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from tests.properties.earning import claims
from tests.properties.earning.deliveries import Arrived, Doc, Line, Partner, Payments
from tests.properties.earning.figures import ZERO, shares
from tests.properties.earning.homes import Homes

Identity = tuple[str, str, str, int]  # distributor, type, number, fiscal year
Categories = tuple[tuple[str | None, Decimal], ...]
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Counted:
    """A document that counts, with what is left of it."""

    doc: Doc
    partner: str
    year: int
    lines: tuple[Line, ...]  # net of returns
    returned: tuple[tuple[Doc, dict[int, Decimal]], ...]  # each return, what it took of lines

    claimed: Decimal = ZERO  # a claim has an amount, and no lines
    paid: tuple[tuple[str, Decimal], ...] = ()  # as the tenders feed says, before returns

    @property
    def identity(self) -> Identity:
        return (self.doc.distributor, self.doc.kind, self.doc.number, self.year)

    @property
    def net(self) -> Decimal:
        return sum((line.amount for line in self.lines), self.claimed)

    @property
    def quantity(self) -> Decimal | None:
        given = [line.quantity for line in self.lines if line.quantity is not None]
        return sum(given, ZERO) if given else None


@dataclass(frozen=True)
class Sale:
    """What one document adds to the net sales of its day."""

    day: date
    source: str
    distributor: str
    number: str
    kind: str
    year: int
    partner: str
    by_category: tuple[tuple[str | None, Decimal], ...]
    documents: int

    @property
    def order(self) -> tuple[object, ...]:
        distributor = self.distributor or chr(0x10FFFF)
        return (self.day, self.source, distributor, self.number, self.kind, self.year)

    def amount(self, categories: Iterable[str] | None = None) -> Decimal:
        """Of some categories, or of all lines."""
        wanted = None if categories is None else set(categories)
        return sum(
            (part for name, part in self.by_category if wanted is None or name in wanted), ZERO
        )


@dataclass
class _Invoice:
    doc: Doc
    left: list[Decimal]
    quantities: list[Decimal | None]
    returned: list[tuple[Doc, dict[int, Decimal]]] = field(default_factory=list)


def counted(arrived: Arrived, today: date, homes: Homes) -> list[Counted]:
    """The documents that count today, in no particular order; nothing of an invoice may be left."""
    calendar = homes.calendar
    versions: dict[Identity, list[Doc]] = defaultdict(list)
    for _, file in arrived.sales:
        for doc in file:
            if doc.day <= today:
                versions[
                    doc.distributor, doc.kind, doc.number, calendar.fiscal_year(doc.day)
                ].append(doc)
    payments = _payments(arrived, versions)
    for identity, paid in payments.items():  # what they do not add up to waits
        versions[identity] = [doc for doc in versions[identity] if doc.amount == paid.amount]
        if not versions[identity]:
            del versions[identity]
    while True:
        found, refused = _judged({identity: said[-1] for identity, said in versions.items()})
        # A return of too much is kept out, and its earlier version stays in force meanwhile.
        for identity in refused:
            bad = versions[identity][-1]
            versions[identity] = [doc for doc in versions[identity] if doc != bad]
            if not versions[identity]:
                del versions[identity]
        if not refused:
            invoices = [one.doc for one in found if one.doc.kind == "invoice"]
            for claim in claims.standing(arrived, invoices, today, homes):
                year = calendar.fiscal_year(claim.day)
                doc = Doc(
                    claim.distributor or "", "claim", claim.number, claim.day, claim.partner, ()
                )
                found.append(Counted(doc, claim.partner, year, (), (), claim.amount))
            return [
                replace(
                    one,
                    partner=homes.in_cycle(one.partner, one.doc.day),
                    paid=payments[one.identity].modes if one.identity in payments else (),
                )
                for one in found
                if may_earn(arrived, homes.on(one.partner, one.doc.day), one.doc.day)
            ]


def _payments(
    arrived: Arrived, versions: Mapping[Identity, Sequence[Doc]]
) -> dict[Identity, Payments]:
    """Of each invoice by the latest file that names it: its number's latest one until then."""
    found: dict[Identity, Payments] = {}
    for day, file in arrived.payments:
        for one in file:
            invoices = [
                identity
                for identity, said in versions.items()
                if identity[:3] == (one.distributor, "invoice", one.number)
                and any(doc.day <= day + timedelta(days=1) for doc in said)
            ]
            if invoices:
                found[max(invoices)] = one
    return found


def _judged(latest: dict[Identity, Doc]) -> tuple[list[Counted], list[Identity]]:
    """What returns leave of the invoices, and the returns that ask for too much."""
    invoices = {
        identity: _Invoice(
            doc, [line.amount for line in doc.lines], [line.quantity for line in doc.lines]
        )
        for identity, doc in latest.items()
        if doc.kind == "invoice"
    }
    found: list[Counted] = []
    refused: list[Identity] = []
    returns = sorted(
        (pair for pair in latest.items() if pair[1].kind != "invoice"),
        key=lambda pair: (pair[1].day, pair[1].kind, pair[1].number),
    )
    for identity, doc in returns:
        if doc.original is None and doc.kind != "cancellation":
            found.append(Counted(doc, doc.partner, identity[3], _given_back(doc), ()))
            continue
        number = doc.original or doc.number
        wanted = [
            invoice
            for (distributor, _, known, _), invoice in invoices.items()
            if distributor == doc.distributor and known == number and invoice.doc.day <= doc.day
        ]
        if not wanted:
            continue  # parked until its invoice comes
        invoice = max(wanted, key=lambda invoice: invoice.doc.day)
        if not _take(doc, invoice):
            refused.append(identity)
    for identity, invoice in invoices.items():
        lines = tuple(
            replace(line, amount=left, quantity=quantity)
            for line, left, quantity in zip(
                invoice.doc.lines, _left_of(invoice), invoice.quantities, strict=True
            )
        )
        found.append(
            Counted(invoice.doc, invoice.doc.partner, identity[3], lines, tuple(invoice.returned))
        )
    return found, refused


def _left_of(invoice: _Invoice) -> list[Decimal]:
    """Of each line; returns that name none take of all together, so that their order is nothing."""
    returned = [line for doc, _ in invoice.returned for line in doc.lines]
    if not returned or any(line.original_line is not None for line in returned):
        return invoice.left
    amounts = [line.amount for line in invoice.doc.lines]
    taken = sum(amounts, ZERO) - sum(invoice.left, ZERO)
    parts = shares(taken, amounts, CENT)
    return [amount - part for amount, part in zip(amounts, parts, strict=True)]


def _given_back(doc: Doc) -> tuple[Line, ...]:
    """Quantities of a return go the way of its amounts, however the file signs them."""
    return tuple(
        line
        if line.quantity is None
        else replace(line, quantity=abs(line.quantity) * (1 if line.amount > 0 else -1))
        for line in doc.lines
    )


def _take(doc: Doc, invoice: _Invoice) -> bool:
    """Take a return from what is left of its invoice; False, and nothing, if it is too much."""
    if doc.original is None:  # a cancellation takes all, whatever its amount
        invoice.returned.append((doc, dict(enumerate(invoice.left))))
        invoice.left = [ZERO for _ in invoice.left]
        invoice.quantities = [None if q is None else ZERO for q in invoice.quantities]
        return True
    left, quantities = list(invoice.left), list(invoice.quantities)
    if -doc.amount > sum(left, ZERO):
        return False
    for line in sorted(doc.lines, key=lambda line: (line.original_line is None, line.number)):
        if line.original_line is not None:
            places = [
                place
                for place, of in enumerate(invoice.doc.lines)
                if of.number == line.original_line
            ]
            if not places or -line.amount > left[places[0]]:
                return False
            left[places[0]] += line.amount
            before = quantities[places[0]]
            if before is not None and line.quantity is not None and doc.kind == "return":
                if abs(line.quantity) > before:
                    return False
                quantities[places[0]] = before - abs(line.quantity)
            continue
        for place, share in enumerate(shares(-line.amount, left, CENT)):
            left[place] -= share
    took = {
        place: before - after
        for place, (before, after) in enumerate(zip(invoice.left, left, strict=True))
    }
    invoice.left, invoice.quantities = left, quantities
    invoice.returned.append((doc, took))
    return True


def may_earn(arrived: Arrived, partner: str, day: date) -> bool:
    """Without a partners feed everyone is known; else once the row is there, from enrolment on.

    What is dated while the partner is inactive does not count.
    """
    if not arrived.has_partners:
        return True
    row = latest_row(arrived, partner)
    if row is None:
        return False
    enrolled = row.enrolled_on is None or day >= row.enrolled_on or arrived.earns_before_enrolment
    return enrolled and not is_inactive(arrived, partner, day)


def is_inactive(arrived: Arrived, partner: str, day: date) -> bool:
    """From the date of the file that says so, until one says something else."""
    said = [
        row.status
        for arrived_on, file in arrived.partners
        for row in file
        if row.partner == partner and arrived_on <= day
    ]
    return bool(said) and said[-1] == "inactive"


def latest_row(arrived: Arrived, partner: str) -> Partner | None:
    """The newest row of a partner."""
    rows = [row for _, file in arrived.partners for row in file if row.partner == partner]
    return rows[-1] if rows else None


def row_on(arrived: Arrived, partner: str, day: date) -> Partner | None:
    """The row in force on a day by the dates of the files, or the earliest known."""
    rows = [
        (arrived_on, row)
        for arrived_on, file in arrived.partners
        for row in file
        if row.partner == partner
    ]
    in_force = [row for arrived_on, row in rows if arrived_on <= day]
    if in_force:
        return in_force[-1]
    return rows[0][1] if rows else None


def first_named(arrived: Arrived, partner: str) -> date | None:
    """The day of the first file that names a partner."""
    days = [day for day, file in arrived.partners if any(row.partner == partner for row in file)]
    return min(days) if days else None


def sales(documents: Iterable[Counted], restate: str, homes: Homes) -> list[Sale]:
    """What each document adds to net sales: returns reduce their original's day, or their own.

    Whose they are is as of the cycle in which they count.
    """
    found = []
    for one in documents:
        if one.claimed:
            parts: Categories = ((None, one.claimed),)
            found.append(_sale(one.doc, one, homes, parts, 1))
            continue
        own = restate == "own_cycle"
        lines = one.doc.lines if own else one.lines
        found.append(_sale(one.doc, one, homes, _parts(lines), 1 if own else 1 + len(one.returned)))
        if own:
            for taking, took in one.returned:
                reduced = tuple(
                    replace(one.doc.lines[place], amount=-share) for place, share in took.items()
                )
                found.append(_sale(taking, one, homes, _parts(reduced), 1))
    return sorted(found, key=lambda sale: sale.order)


def _parts(lines: tuple[Line, ...]) -> Categories:
    return tuple((line.category, line.amount) for line in lines)


def _sale(doc: Doc, of: Counted, homes: Homes, parts: Categories, documents: int) -> Sale:
    partner = homes.in_cycle(of.doc.partner, doc.day)
    return Sale(
        doc.day,
        doc.source,
        doc.distributor,
        doc.number,
        doc.kind,
        of.year,
        partner,
        parts,
        documents,
    )
