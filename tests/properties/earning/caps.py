"""Caps and budgets: what comes through, and who took the rest.

Belongs here: the stages from line to budget over the rows of one program in their total order.
Not here: caps of a slab, which see one award a cycle (`slabs`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.properties.earning.figures import ZERO, Calendar, shares
from tests.properties.earning.rounding import Row

SCOPES = ("line", "document", "strategy", "slab", "tier", "partner", "program")
PERIODS = ("day", "week", "month", "cycle", "year")

Cap = dict[str, Any]


def limit(running_before: Decimal, running_after: Decimal, cap: Decimal) -> Decimal:
    """What a cap lets through of an increase: the increase of min(running sum, cap)."""
    return min(running_after, cap) - min(running_before, cap)


def in_stages(caps: list[Cap]) -> list[Cap]:
    """From narrow to wide; of one scope and period in the listed order. Without budgets."""
    return sorted(
        (cap for cap in caps if cap["per"] != "program"),
        key=lambda cap: (SCOPES.index(cap["per"]), PERIODS.index(_period(cap))),
    )


def _period(cap: Cap) -> str:
    return str(cap.get("period") or ("day" if cap["per"] in ("line", "document") else "cycle"))


@dataclass
class Running:
    """The running sums of every cap."""

    calendar: Calendar
    sums: dict[tuple[object, ...], Decimal] = field(
        default_factory=lambda: defaultdict(lambda: ZERO)
    )

    def let_through(
        self, row: Row, caps: list[Cap], partner: str, day: date, document: object
    ) -> None:
        """Send one row through the stages; its points are what is left.

        `document` tells documents apart, and is None for what is no document.
        """
        points = row.rounded - sum(row.taken.values(), ZERO)
        for cap in in_stages(caps):
            whose = self._whose(cap, row, partner, day, document)
            if whose is None:
                continue
            key = (cap["id"], *whose)
            before = self.sums[key]
            self.sums[key] = before + points
            passed = limit(before, before + points, Decimal(str(cap["points"])))
            if passed != points:
                row.taken[cap["id"]] = points - passed
            points = passed
        row.points = points

    def _whose(
        self, cap: Cap, row: Row, partner: str, day: date, document: object
    ) -> tuple[object, ...] | None:
        """What shares one running sum with this row; None where the cap does not concern it."""
        period = self.calendar.period(_period(cap), day)
        chosen = cap.get("of")
        scope = cap["per"]
        if scope == "line":
            if document is None or not isinstance(row.place, int):
                return None
            return (document, row.place)
        if scope == "document":
            return None if document is None else (document,)
        if scope == "strategy":
            if chosen and row.promotion in chosen:
                return (partner, period, "promotion", row.promotion)
            if row.strategy is None or (chosen and row.strategy not in chosen):
                return None
            return (partner, period, row.strategy)
        if scope == "tier":
            if row.tier is None or (chosen and row.tier not in chosen):
                return None
            return (partner, period, row.tier)
        return (partner, period) if scope == "partner" else None


@dataclass
class Served:
    """A row in the queue of a budget."""

    row: Row
    first_day: date  # the business day that first saw it
    order: tuple[object, ...]  # its place in the total order, apart from all others


def spend(budget: Cap, served: list[Served], unit: Decimal) -> None:
    """Serve a cycle's rows from a budget: who was seen first, first."""
    room = Decimal(str(budget["points"]))
    queue = sorted(served, key=lambda one: (one.first_day, one.order))
    if budget.get("when_exhausted") == "prorate":
        for day in sorted({one.first_day for one in queue}):
            room -= _share_a_day([one for one in queue if one.first_day == day], budget, room, unit)
        return
    running = ZERO
    for one in queue:
        passed = limit(running, running + one.row.points, room)
        running += one.row.points
        _take(one.row, budget, passed)


def _share_a_day(queue: list[Served], budget: Cap, room: Decimal, unit: Decimal) -> Decimal:
    """All of one day share what is left; what is negative passes whole and makes room."""
    wanted = [max(one.row.points, ZERO) for one in queue]
    given_back = sum((min(one.row.points, ZERO) for one in queue), ZERO)
    room = max(room - given_back, ZERO)
    whole = sum(wanted, ZERO)
    passed = wanted if whole <= room else shares(room, wanted, unit)
    spent = given_back + sum(passed, ZERO)
    for one, points in zip(queue, passed, strict=True):
        if one.row.points > 0:
            _take(one.row, budget, points)
    return spent


def _take(row: Row, budget: Cap, passed: Decimal) -> None:
    if passed != row.points:
        row.taken[budget["id"]] = row.points - passed
    row.points = passed
