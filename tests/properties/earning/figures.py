"""Numbers and days as a program file means them.

Belongs here: percentages, rounding, splitting a whole, cycles and periods. Not here: anything
that knows of points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from itertools import pairwise
from typing import Any

ZERO = Decimal(0)
WIDE = Context(prec=60)
MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
MONTH_NAMES = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
WAYS = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "floor": ROUND_FLOOR,
    "ceil": ROUND_CEILING,
}


def figure(text: object) -> Decimal:
    """Points as they are written; a percentage as a fraction: 0.2% is 0.002."""
    written = str(text).replace(" ", "")
    if written.endswith("%"):
        return Decimal(written[:-1]) / 100
    return Decimal(written)


def rounded(raw: Decimal, decimals: int, mode: str) -> Decimal:
    """On the magnitude, the sign put back: -2.5 half up is -3, -2.3 floor is -2."""
    unit = Decimal(1).scaleb(-decimals)
    return abs(raw).quantize(unit, WAYS[mode], context=WIDE).copy_sign(raw)


def shares(total: Decimal, weights: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """A total in proportion to weights, in whole units, adding up to it.

    Largest remainder: everyone gets the whole units of his exact share, and what is left goes to
    those who lost most, the earlier one first. A negative total is shared like a positive one.
    """
    whole = sum(weights, ZERO)
    if total == 0 or whole == 0:
        return [ZERO for _ in weights]
    if whole < 0:
        return [-share for share in shares(-total, [-weight for weight in weights], unit)]
    if total < 0:
        return [-share for share in shares(-total, weights, unit)]
    units = int(total / unit)
    parts = [_floor_of(units, weight, whole) for weight in weights]
    lost = [units * weight - part * whole for weight, part in zip(weights, parts, strict=True)]
    by_loss = sorted(range(len(weights)), key=lambda place: (-lost[place], place))
    for place in by_loss[: units - sum(parts)]:
        parts[place] += 1
    return [part * unit for part in parts]


def _floor_of(units: int, weight: Decimal, whole: Decimal) -> int:
    """The greatest whole number not above units * weight / whole."""
    guess = int(units * weight / whole)
    while guess * whole > units * weight:
        guess -= 1
    while (guess + 1) * whole <= units * weight:
        guess += 1
    return guess


@dataclass(frozen=True, order=True)
class Cycle:
    """A range of days from start up to end, which is not in it."""

    start: date
    end: date

    @property
    def name(self) -> str:
        return f"{self.start:%Y-%m}"

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)


def months_later(first_of_month: date, months: int) -> date:
    count = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


@dataclass(frozen=True)
class Calendar:
    """The cycles of a program."""

    length: int  # in months
    fiscal_month: int
    first: date  # the first day of the first cycle
    changed: tuple[tuple[date, int], ...] = ()  # from which days on cycles are how long

    @classmethod
    def of(cls, program: dict[str, Any]) -> Calendar:
        year, month = (int(part) for part in str(program["first_cycle"]).split("-"))
        lengths = sorted(
            (date.fromisoformat(str(version["effective_from"])), MONTHS[version["cycle"]])
            for version in program["versions"]
        )
        return cls(
            lengths[0][1],
            MONTH_NAMES.index(program["fiscal_start"]) + 1,
            date(year, month, 1),
            tuple(now for before, now in pairwise(lengths) if before[1] != now[1]),
        )

    def length_on(self, day: date) -> int:
        return next((long for start, long in reversed(self.changed) if start <= day), self.length)

    def alike(self, cycle: Cycle) -> Calendar:
        """As if all cycles were as long as one, which is how its rules count them."""
        return replace(self, length=self.length_on(cycle.start), changed=())

    def cycle_of(self, day: date) -> Cycle:
        length = self.length_on(day)
        start = months_later(day.replace(day=1), -((day.month - self.fiscal_month) % length))
        return Cycle(start, months_later(start, length))

    def later(self, cycle: Cycle, cycles: int) -> Cycle:
        """Where all cycles are as long as one."""
        start = months_later(cycle.start, cycles * self.length)
        return Cycle(start, months_later(start, self.length))

    def up_to(self, today: date) -> list[Cycle]:
        """All cycles from the first to the one that holds today."""
        found = [self.cycle_of(self.first)]
        while found[-1].end <= today:
            found.append(self.cycle_of(found[-1].end))
        return [cycle for cycle in found if cycle.start <= today]

    def months(self, cycle: Cycle) -> list[Cycle]:
        found = [Cycle(cycle.start, months_later(cycle.start, 1))]
        while found[-1].end < cycle.end:
            found.append(Cycle(found[-1].end, months_later(found[-1].end, 1)))
        return found

    def fiscal_year(self, day: date) -> int:
        return day.year if day.month >= self.fiscal_month else day.year - 1

    def period(self, name: str, day: date) -> object:
        """What tells one day, week, month, cycle or year from the others."""
        if name == "day":
            return day
        if name == "week":
            return day - timedelta(days=day.weekday())  # its Monday
        if name == "month":
            return day.replace(day=1)
        if name == "cycle":
            return self.cycle_of(day).start
        return self.fiscal_year(day)
