"""The calendar of a program: cycles and months as half-open ranges of days.

Belongs here: everything that turns a date into a cycle, or a name into one, and back. Not
here: which rules govern a cycle (`versions`), nor what today is (`clock`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal, get_args

CycleLength = Literal["month", "quarter", "half_year", "year"]

MONTHS_IN: dict[CycleLength, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
MonthName = Literal[
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
]
MONTH_NAMES: tuple[MonthName, ...] = get_args(MonthName)


FIRST_YEAR, LAST_YEAR = 1900, 2200


class CycleNameError(ValueError):
    """A text that names no cycle, or no month, of this calendar."""


@dataclass(frozen=True, order=True)
class Cycle:
    """A range of days, `end` excluded; named by its first month."""

    start: date
    end: date

    @property
    def name(self) -> str:
        """The partition key: the first month, as 2025-04."""
        return f"{self.start:%Y-%m}"

    @property
    def last_day(self) -> date:
        """The event date of a period award."""
        return self.end - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def __str__(self) -> str:
        return self.name


# A month is a cycle of one month: the same half-open range with the same name.
Month = Cycle


def add_months(first_of_month: date, months: int) -> date:
    """The first day of the month that many months later (or earlier)."""
    years, month = divmod(first_of_month.month - 1 + months, 12)
    return date(first_of_month.year + years, month + 1, 1)


def month_of(day: date) -> Month:
    """The month a day lies in."""
    start = day.replace(day=1)
    return Cycle(start, add_months(start, 1))


def next_month(month: Month) -> Month:
    """The month after."""
    return month_of(month.end)


def parse_month(name: str) -> Month:
    """The month of a name like 2025-04, strictly.

    Raises:
        CycleNameError: the text is no such name.
    """
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", name, re.ASCII):
        raise CycleNameError(f"'{name}' is no month: write year and month, like 2025-04")
    year, month = int(name[:4]), int(name[5:])
    if not FIRST_YEAR <= year <= LAST_YEAR or not 1 <= month <= 12:
        raise CycleNameError(f"'{name}' is no month of the years {FIRST_YEAR} to {LAST_YEAR}")
    return month_of(date(year, month, 1))


def fiscal_year(day: date, fiscal_start_month: int) -> int:
    """The calendar year in which the fiscal year of a day starts."""
    return day.year if day.month >= fiscal_start_month else day.year - 1


@dataclass(frozen=True)
class Calendar:
    """The cycles of a program: how long, which month fiscal years start in, which is first.

    `changes` are the days from which cycles have another length, in order. Each is the first day
    of a cycle of both lengths (`starts_both`), so that no cycle is cut and none lies across two
    fiscal years.
    """

    cycle_length: CycleLength
    fiscal_start_month: int
    first_cycle: str
    changes: tuple[tuple[date, CycleLength], ...] = ()

    @classmethod
    def of(
        cls,
        lengths: Iterable[tuple[date, CycleLength]],
        fiscal_start: str,
        first_cycle: str,
    ) -> Calendar:
        """The calendar of versions: from which day each counts, and how long its cycles are.

        Raises:
            ValueError: fiscal_start is no month.
        """
        ordered = sorted(lengths)
        changes = [(day, now) for (_, before), (day, now) in pairwise(ordered) if now != before]
        month = list[str](MONTH_NAMES).index(fiscal_start.lower()) + 1
        return cls(ordered[0][1], month, first_cycle, tuple(changes))

    @property
    def first(self) -> Cycle:
        """The program's first cycle; what is dated before it does not belong to the program."""
        return self._named(self.first_cycle)

    def cycle_of(self, day: date) -> Cycle:
        """The cycle a day lies in, also one before the first cycle (see `covers`)."""
        return self._of_length(self.length_on(day), day)

    def length_on(self, day: date) -> CycleLength:
        """How long the cycle is that a day lies in."""
        begun = [length for start, length in self.changes if start <= day]
        return begun[-1] if begun else self.cycle_length

    def starts_both(self, day: date, *lengths: CycleLength) -> bool:
        """Whether a cycle of each of the lengths starts on a day."""
        return all(self._of_length(length, day).start == day for length in lengths)

    def as_on(self, day: date) -> Calendar:
        """As if cycles had always had the length of that day's, and went on having it.

        What rules count in cycles they count in cycles of their own length (ADR 0016).
        """
        return self.with_length(self.length_on(day))

    def with_length(self, length: CycleLength) -> Calendar:
        """The calendar if all cycles had one length."""
        return replace(self, cycle_length=length, changes=())

    def _of_length(self, length: CycleLength, day: date) -> Cycle:
        months = MONTHS_IN[length]
        start = add_months(day.replace(day=1), -((day.month - self.fiscal_start_month) % months))
        return Cycle(start, add_months(start, months))

    def covers(self, day: date) -> bool:
        """Whether a day lies in the first cycle or a later one."""
        return day >= self.first.start

    def parse(self, name: str) -> Cycle:
        """The cycle of a name, strictly: never rounded to a neighbour.

        Raises:
            CycleNameError: no cycle starts in that month, or it lies before the first one.
        """
        cycle = self._named(name)
        if cycle < self.first:
            raise CycleNameError(
                f"'{name}' lies before the program's first cycle, {self.first_cycle}"
            )
        return cycle

    def _named(self, name: str) -> Cycle:
        month = parse_month(name)
        cycle = self.cycle_of(month.start)
        if cycle.start != month.start:
            length = self.length_on(month.start)
            raise CycleNameError(
                f"no {length} starts in {name}: the one that holds it is named "
                f"{cycle.name}, the next one {self.next(cycle).name}"
            )
        return cycle

    def next(self, cycle: Cycle) -> Cycle:
        """The cycle after."""
        return self.cycle_of(cycle.end)

    def previous(self, cycle: Cycle) -> Cycle:
        """The cycle before, by the calendar alone; compare with `first` where that matters."""
        return self.cycle_of(cycle.start - timedelta(days=1))

    def cycles(self, first: Cycle, last: Cycle) -> list[Cycle]:
        """All cycles from the first to the last, both included; none if the last is earlier."""
        found = []
        cycle = first
        while cycle <= last:
            found.append(cycle)
            cycle = self.next(cycle)
        return found

    def parts(self, months: Cycle) -> list[Cycle]:
        """The cycles that a range of months is made of, or the range, where it is part of one.

        The range is as long as some cycle of the program, and starts as one would.
        """
        first = self.cycle_of(months.start)
        if first.start < months.start or first.end > months.end:
            return [months]
        return self.cycles(first, self.cycle_of(months.last_day))

    def months(self, cycle: Cycle) -> list[Month]:
        """The months of a cycle, in order."""
        found = [month_of(cycle.start)]
        while found[-1].end < cycle.end:
            found.append(next_month(found[-1]))
        return found
