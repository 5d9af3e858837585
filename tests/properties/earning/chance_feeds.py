"""Random partners, stores, scans and targets.

Belongs here: the feeds beside the documents. Not here: instructions (`chance_instructions`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.properties.earning.chance import FIRST_DAY, PARTNERS, Chance
from tests.properties.earning.deliveries import (
    Claim,
    Partner,
    Redemption,
    Scan,
    Store,
    Target,
)


class ChanceOfFeeds(Chance):
    """Draws files of partners, stores, scans and targets."""

    def _partners(self, today: date, *, first: bool) -> tuple[Partner, ...]:
        seldom = 1 if "inactive" in self._drawn.features else 2
        if not first and self._number(0, seldom):
            return ()
        chosen = PARTNERS if first and self._number(0, 3) else PARTNERS[: self._number(1, 3)]
        return tuple(
            Partner(
                partner,
                f"Partner {partner}",
                self._enrolled_on(partner),
                (
                    ("region", self._one_of(["north", "south", ""])),
                    ("level", self._one_of(["", "3", "20"])),
                ),
                self._status(),
            )
            for partner in chosen
        )

    def _status(self) -> str | None:
        if "inactive" not in self._drawn.features:
            return None
        return str(self._one_of(["active", "active", "", "inactive"]))

    def _enrolled_on(self, partner: str) -> date | None:
        """A date may be corrected, and is not taken back."""
        days = [date(2025, 3, 1), date(2025, 4, 3), FIRST_DAY]
        day: date | None = self._one_of(days if self._enrolled.get(partner) else [None, *days])
        self._enrolled[partner] = day
        return day

    def _stores(self) -> tuple[Store, ...]:
        if self._number(0, 1):
            return ()
        return tuple(
            Store(
                name,
                (
                    ("zone", self._one_of(["east", "west", ""])),
                    ("area", self._one_of(["", "4", "25"])),
                ),
            )
            for name in ("S1", "S2")[: self._number(1, 2)]
        )

    def _scans(self, today: date) -> tuple[Scan, ...]:
        found = []
        for _ in range(self._number(0, 3)):
            self._numbers += 1
            found.append(
                Scan(
                    f"S{self._numbers}",
                    self._one_of(PARTNERS),
                    self._day(today),
                    self._one_of(["C1", "C2", "C3"]),
                    self._one_of(["A1", "B1"]),
                    self._one_of([None, Decimal(5), Decimal(12)]),
                )
            )
        return tuple(found)

    def _claims(self, today: date) -> tuple[Claim, ...]:
        """Claims of a few numbers, with their reviews; some are for one invoice."""
        found: dict[str, Claim] = {}
        for _ in range(self._number(0, 3)):
            name = self._one_of(["C1", "C2", "C3"])
            status = self._one_of(["approved", "approved", "approved", "submitted", "rejected"])
            known = [claim for claim in self._claimed if claim.claim == name]
            if known and self._number(0, 1):
                found[name] = replace(known[-1], status=status)
                continue
            number = self._one_of(["X1", "X2", *(doc.number for doc in self._invoices[:2])])
            found[name] = Claim(
                name,
                self._one_of(PARTNERS),
                self._one_of([None, "D1", "D2"]),
                number,
                self._day(today),
                Decimal(self._number(1, 300)),
                status,
                self._one_of([None, FIRST_DAY, today]),
            )
        self._claimed += list(found.values())
        return tuple(found.values())

    def _redemptions(self, today: date) -> tuple[Redemption, ...]:
        """Some are more than there is, for a day to come, or take back too much."""
        if not self.has("redemptions"):
            return ()
        found = []
        for _ in range(self._number(1, 3)):
            self._numbers += 1
            spent = self._one_of(self._spent) if self._spent and self._number(0, 1) else None
            found.append(
                Redemption(
                    f"R{self._numbers}",
                    spent.partner if spent and self._number(0, 5) else self._one_of(PARTNERS),
                    self._one_of([today, self._day(today), today + timedelta(days=3)]),
                    Decimal(self._one_of([1, 2, 5, 12, 30])),
                    spent.redemption if spent else None,
                )
            )
        self._spent += [one for one in found if one.reverses is None]
        return tuple(found)

    def _targets(self) -> tuple[Target, ...]:
        first = self._calendar.cycle_of(FIRST_DAY)
        cycles = [first.name, self._calendar.cycle_of(first.end).name]
        keys = self._draw(
            st.sets(
                st.tuples(
                    st.sampled_from(PARTNERS),
                    st.sampled_from(cycles),
                    st.sampled_from([None, "lamps", "wires"]),
                ),
                max_size=4,
            )
        )
        ordered = sorted(keys, key=str)
        return tuple(Target(*key, Decimal(self._number(0, 400))) for key in ordered)
