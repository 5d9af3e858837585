"""Rows on their way out: keys, lines, tranches, accrual dates.

Belongs here: how points that went through the caps become rows of point_allocations. Not here:
the points.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tests.properties.earning.awards import split_weights
from tests.properties.earning.events import Event
from tests.properties.earning.figures import ZERO, figure, shares
from tests.properties.earning.rounding import Row
from tests.properties.earning.rules import Version, strategy


@dataclass(frozen=True)
class Allocation:
    """One row of point_allocations, and what shares its promises (`group`)."""

    key: str
    group: tuple[str, ...]
    cycle: str
    partner: str
    event: str
    event_date: date
    document_no: str | None
    tier: str | None
    slab: str | None
    rounded: Decimal
    forgone: Decimal
    points: Decimal
    accrual_date: date | None
    taken: tuple[tuple[str, Decimal], ...]
    due: date  # the first day on which it may be posted


@dataclass
class Finished:
    """A row with the event it came from, before it is split over lines and tranches."""

    row: Row
    event: Event
    version: Version | None  # of the event; None for slabs, which have their key and delay
    cycle: str
    group: tuple[str, ...]
    order: tuple[object, ...]
    first_day: date
    due: date
    slab_key: str = ""
    slab_delay: int | None = None


def allocations(one: Finished, unit: Decimal) -> list[Allocation]:
    """A finished row, split over lines if its rule says so, and over tranches."""
    row = one.row
    if one.version is None:
        accrual = _accrual(one.event.day, one.slab_delay)
        return [_allocation(one, one.slab_key, row.rounded, row.points, accrual, first=True)]
    return [
        found
        for number, (place, rounded, points) in enumerate(_over_lines(row, one.event, unit))
        for found in _over_tranches(
            one, one.version, place, rounded, points, unit, first=number == 0
        )
    ]


def _accrual(start: date, delay: int | None) -> date | None:
    """The morning after the days of a delay; direct points have none."""
    return None if delay is None else start + timedelta(days=delay + 1)


def _over_lines(row: Row, event: Event, unit: Decimal) -> list[tuple[object, Decimal, Decimal]]:
    """Place, rounded and points; what was forgone lies with the first line."""
    if not row.split_over_lines or event.columns.get("document_type") == "claim":
        return [(row.place, row.rounded, row.points)]
    lines = split_weights(event)
    parts = shares(row.points, [amount for _, amount in lines], unit)
    forgone = [row.rounded - row.points, *(ZERO for _ in lines[1:])]
    return [
        (number, part + lost, part)
        for (number, _), part, lost in zip(lines, parts, forgone, strict=True)
    ]


def _over_tranches(
    one: Finished,
    version: Version,
    place: object,
    rounded: Decimal,
    points: Decimal,
    unit: Decimal,
    *,
    first: bool,
) -> list[Allocation]:
    """Shares of the points; what was forgone lies with the first."""
    terms = strategy(version, str(one.row.strategy))
    start = one.first_day if terms.get("delay_from") == "posting" else one.event.day
    tranches = terms.get("tranches")
    if not tranches:
        accrual = _accrual(start, terms.get("delayed_accrual"))
        return [_allocation(one, _event_key(one, place, 1), rounded, points, accrual, first=first)]
    parts = shares(points, [figure(tranche["share"]) for tranche in tranches], unit)
    found = []
    for number, (tranche, part) in enumerate(zip(tranches, parts, strict=True), start=1):
        accrual = _accrual(start, tranche["delay"] or None)
        forgone = rounded - points if number == 1 else ZERO
        key = _event_key(one, place, number)
        found.append(
            _allocation(one, key, part + forgone, part, accrual, first=first and number == 1)
        )
    return found


def _event_key(one: Finished, place: object, tranche: int) -> str:
    row = one.row
    return "/".join(
        [
            one.cycle,
            one.event.kind,
            str(row.rule),
            str(row.strategy),
            row.promotion or "-",
            "-" if place is None else str(place),
            f"{tranche}~{row.part}" if row.part > 1 else str(tranche),
            *one.event.identity,
        ]
    )


def _allocation(
    one: Finished,
    key: str,
    rounded: Decimal,
    points: Decimal,
    accrual: date | None,
    *,
    first: bool,
) -> Allocation:
    return Allocation(
        key,
        one.group,
        one.cycle,
        one.event.partner,
        one.event.kind,
        one.event.day,
        one.event.document_no,
        one.row.tier,
        one.row.slab,
        rounded,
        rounded - points,
        points,
        accrual,
        tuple((cap, taken) for cap, taken in one.row.taken.items() if taken) if first else (),
        one.due,
    )
