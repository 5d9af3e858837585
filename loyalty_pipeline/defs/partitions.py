"""Months and cycles as partitions, their keys named by the first month, like 2025-04.

Belongs here: partitions definitions, and which time zone they are in. Not here: what a key
means, which is `program.calendar`: Dagster rounds a key that names no cycle up to the next one.

The open cycle is a partition (`end_offset`): its figures are provisional.

Where a version changes how long cycles are, partitions are those of the shortest length without
the starts that are no cycle's (ADR 0016): Dagster knows one cron, and the web server only
partitions of its own. It then takes a longer cycle for its first month, so that it does not show
one as stale for sales of another month (`loyalty stale`, the check and the sensor do), and it
shows the next cycle as soon as that month has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time

import dagster as dg

from loyalty_pipeline.program.calendar import MONTHS_IN, Calendar, add_months
from loyalty_pipeline.program.model import Program

Partitions = dg.TimeWindowPartitionsDefinition

_YEARS_AHEAD = 50  # for which starts are left out: longer than rules stay as they are


def cycle_starts(calendar: Calendar) -> str:
    """The months in which cycles of any length start, as cron writes them: 1,4,7,10."""
    months = sorted({start.month for start in _starts(calendar, 1)})
    return "*" if len(months) == 12 else ",".join(map(str, months))


def _starts(calendar: Calendar, years: int) -> Iterator[date]:
    """Where a cycle of any of the program's lengths starts, up to so many years after the last
    change."""
    first = calendar.first.start
    days = [first, *(day for day, _ in calendar.changes if day > first)]
    lengths = [calendar.length_on(day) for day in days]
    shortest = calendar.with_length(min(lengths, key=MONTHS_IN.__getitem__))
    last = shortest.cycle_of(add_months(days[-1], 12 * years - 1))
    return (cycle.start for cycle in shortest.cycles(shortest.cycle_of(first), last))


def _no_starts(calendar: Calendar) -> list[datetime]:
    starts = _starts(calendar, _YEARS_AHEAD) if calendar.changes else ()
    cut = [start for start in starts if calendar.cycle_of(start).start != start]
    return [datetime.combine(start, time()) for start in cut]


def cycle_partitions(program: Program, zone: str) -> Partitions:
    """The cycles of a program, from its first to the open one."""
    return Partitions(
        start=program.first_cycle,
        fmt="%Y-%m",
        cron_schedule=f"0 0 1 {cycle_starts(program.calendar)} *",
        timezone=zone,
        end_offset=1,
        exclusions=_no_starts(program.calendar) or None,
    )


def month_partitions(first_month: str, zone: str) -> Partitions:
    """The months from one on to the current one."""
    return Partitions(
        start=first_month, fmt="%Y-%m", cron_schedule="0 0 1 * *", timezone=zone, end_offset=1
    )


def zones(programs: Iterable[Program]) -> dict[str, str]:
    """The time zone of each program's partitions, and of each source's.

    Dagster maps months to cycles only inside one time zone. Programs joined by a source they
    share get theirs where it is the same, else UTC: the zone decides only at which hour a new
    month appears, never to which one a sale belongs.
    """
    joined: list[tuple[set[str], set[str]]] = []  # programs' and sources' ids, time zones
    for program in programs:
        ids = {program.program, *(source.id for source in program.sources)}
        found = {program.time_zone}
        for group in [group for group in joined if group[0] & ids]:
            joined.remove(group)
            ids |= group[0]
            found |= group[1]
        joined.append((ids, found))
    return {
        one: next(iter(found)) if len(found) == 1 else "UTC" for ids, found in joined for one in ids
    }
