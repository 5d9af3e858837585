"""Spending: which redemptions fit, and what their reversals bring back.

Belongs here: what is granted in a run, and what is refused for good. Not here: how points come to
be there (`promises`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.properties.earning.deliveries import Arrived, Redemption
from tests.properties.earning.documents import is_inactive
from tests.properties.earning.figures import ZERO
from tests.properties.earning.homes import Homes
from tests.properties.earning.promises import Ledger


@dataclass
class Redeemed:
    """What has been served."""

    served: set[str] = field(default_factory=set)  # granted or refused
    left: dict[str, tuple[str, Decimal]] = field(default_factory=dict)  # whose, and not reversed

    def serve(self, arrived: Arrived, ledger: Ledger, homes: Homes, today: date) -> None:
        """Everything due by today, by date and identity; each fits as a whole or never."""
        asked = [one for _, file in arrived.redemptions for one in file if one.day <= today]
        for one in sorted(asked, key=lambda one: (one.day, one.redemption)):
            who = homes.on(one.partner, one.day)
            if one.redemption in self.served or not _is_known(arrived, who):
                continue
            self.served.add(one.redemption)
            if one.reverses is not None:
                self._reverse(one, ledger, today)
            elif not is_inactive(arrived, who, one.day) and one.points <= min(
                ledger.spendable(homes, homes.on(one.partner, day), day) for day in (one.day, today)
            ):
                self.left[one.redemption] = (one.partner, one.points)
                ledger.spend(one.partner, one.points, one.day, today)

    def _reverse(self, one: Redemption, ledger: Ledger, today: date) -> None:
        """Of a redemption of the same partner, and no more than is left of it."""
        partner, left = self.left.get(str(one.reverses), ("", ZERO))
        if partner == one.partner and one.points <= left:
            self.left[str(one.reverses)] = (partner, left - one.points)
            ledger.spend(partner, -one.points, one.day, today)


def _is_known(arrived: Arrived, partner: str) -> bool:
    """One of a partner whom no file has named yet waits."""
    return not arrived.has_partners or partner in arrived.named
