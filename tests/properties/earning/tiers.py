"""Which tier a partner holds when.

Belongs here: what a cycle grants, how long it is kept, steps down, actions of rules and
instructions. Not here: what earns a tier (`cycles`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.properties.earning.deliveries import Instruction
from tests.properties.earning.figures import Calendar, Cycle
from tests.properties.earning.homes import Homes

# A moment is a day and a place in its order of events; () is before all of them.
Moment = tuple[date, tuple[object, ...]]
END_OF_DAY = (99,)


@dataclass
class Grant:
    """A tier from a moment up to a day, which is not in it."""

    rank: int
    start: Moment
    end: date
    voided: Moment | None = None

    def holds_at(self, moment: Moment) -> bool:
        return (
            self.start <= moment
            and moment[0] < self.end
            and (self.voided is None or moment < self.voided)
        )


@dataclass(frozen=True)
class Lifted:
    """A tier that rules of releases gave a partner, on the terms of the day."""

    partner: str
    day: date
    tier: str
    terms: dict[str, Any]


@dataclass
class Holdings:
    """All that one partner was granted."""

    calendar: Calendar
    grants: list[Grant] = field(default_factory=list)

    def grant(self, rank: int, start: Moment, cycle: Cycle, tiers: dict[str, Any]) -> None:
        """A tier until `kept` cycles after this one, as long as it, and what follows it down."""
        grace = timedelta(days=tiers.get("grace_days", 0))
        kept = tiers.get("kept", 1)
        alike = self.calendar.alike(cycle)
        end = alike.later(cycle, kept).end + grace
        self.grants.append(Grant(rank, start, end))
        while tiers.get("downgrade") == "one_step" and rank > 1:
            rank -= 1
            first_day = end
            holding = alike.cycle_of(first_day)
            end = alike.later(holding, kept - 1).end + grace
            self.grants.append(Grant(rank, (first_day, ()), end))

    def set_to(self, rank: int, start: Moment, cycle: Cycle, tiers: dict[str, Any]) -> None:
        """Exactly this tier from here on: what was held before ends."""
        for grant in self.grants:
            if grant.voided is None:
                grant.voided = start
        if rank > 0:
            self.grant(rank, start, cycle, tiers)

    def rank_at(self, moment: Moment) -> int:
        """The highest that is held, else the base tier."""
        return max((grant.rank for grant in self.grants if grant.holds_at(moment)), default=0)


def told(homes: Homes, partner: str, day: date, order: list[str]) -> int | None:
    """The tier an instruction says a partner has on a day, whatever is earned.

    A later one ends those before it for good. What is said of a merged partner holds from the
    merge on for who it became.
    """
    newest: dict[str, Instruction] = {}
    for _, file in homes.arrived.instructions:
        for one in file:
            newest[one.instruction] = one
    concerned = [
        one
        for one in newest.values()
        if one.kind == "set_tier"
        and one.tier in order
        and one.effective_on <= min(day, homes.today)
        and homes.on(one.partner, day) == homes.on(one.partner, _last(one, day)) == partner
    ]
    if not concerned:
        return None
    last = max(concerned, key=lambda one: (one.effective_on, one.instruction))
    return order.index(str(last.tier)) if _last(last, day) == day else None


def _last(one: Instruction, day: date) -> date:
    """The last day that an instruction covers, up to one."""
    return day if one.until is None else min(one.until, day)


def after(position: tuple[object, ...]) -> tuple[object, ...]:
    """The place right behind an event."""
    return (*position, "~")
