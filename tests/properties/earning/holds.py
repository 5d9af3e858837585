"""Partners under review: from when until when their promises are held back.

Belongs here: what instructions to hold and to let go come to. Not here: the promises.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tests.properties.earning.deliveries import Instruction
from tests.properties.earning.homes import Homes

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Holds:
    """Instructions to hold and to let go that have taken effect."""

    told: tuple[Instruction, ...]
    homes: Homes
    today: date

    @classmethod
    def of(cls, instructions: Iterable[Instruction], homes: Homes, today: date) -> Holds:
        return cls(
            tuple(
                one
                for one in instructions
                if one.kind in ("hold", "unhold") and one.effective_on <= today
            ),
            homes,
            today,
        )

    def is_held(self, partner: str, day: date) -> bool:
        """What the latest instruction up to a day says of a partner, or who is the same by now."""
        home = self.homes.now(partner)
        found = [
            one
            for one in self.told
            if self.homes.now(one.partner) == home and one.effective_on <= day
        ]
        last = max(found, key=lambda one: (one.effective_on, one.instruction), default=None)
        return last is not None and last.kind == "hold"

    def free_from(self, partner: str, day: date) -> date | None:
        """The first day from this one on on which nothing holds; None if today still does."""
        while self.is_held(partner, day):
            if day > self.today:
                return None
            day += A_DAY
        return day
