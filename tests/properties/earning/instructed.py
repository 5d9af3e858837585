"""Instructions about promises: to release some early, or to cancel them, each acting once.

Belongs here: which instruction fits, and what it takes. Not here: holds, which only keep promises
back (`holds`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.properties.earning.deliveries import Arrived, Instruction
from tests.properties.earning.figures import ZERO
from tests.properties.earning.holds import Holds
from tests.properties.earning.homes import Homes
from tests.properties.earning.promises import Held, Ledger


@dataclass
class Instructed:
    """Which instructions have acted."""

    acted: set[str] = field(default_factory=set)

    def act(
        self, arrived: Arrived, ledger: Ledger, holds: Holds, homes: Homes, day: date, today: date
    ) -> None:
        """All that take effect by a day and fit: as a whole, or not yet.

        `homes`: of the day. One about a merged partner concerns who it became, and all it holds.
        """
        for one in sorted(all_of(arrived), key=lambda one: (one.effective_on, one.instruction)):
            if one.kind not in ("release", "cancel_promise") or one.instruction in self.acted:
                continue
            if one.effective_on > day or (
                one.kind == "release" and holds.is_held(one.partner, day)
            ):
                continue
            promises = ledger.open_promises(homes, one.partner, one.document_no)
            there = sum((held.promised for _, held in promises), ZERO)
            wanted = there if one.points is None else one.points
            if promises and wanted <= there:
                self.acted.add(one.instruction)
                _take(one, promises, wanted, ledger, holds, today)


def _take(
    one: Instruction,
    promises: list[tuple[str, Held]],
    wanted: Decimal,
    ledger: Ledger,
    holds: Holds,
    today: date,
) -> None:
    """Of the earliest accrual first to release, of the latest first to cancel."""
    for partner, held in promises if one.kind == "release" else reversed(promises):
        points = min(held.promised, wanted)
        wanted -= points
        day = max(one.effective_on, held.promised_on or date.min)
        if points and one.kind == "release":
            ledger.accrue(partner, held, points, holds.free_from(one.partner, day) or day, today)
        elif points:
            ledger.forfeit(partner, held, points, day, today)


def all_of(arrived: Arrived) -> list[Instruction]:
    return [one for _, file in arrived.instructions for one in file]
