"""Months and cycles as partitions, their keys named by the first month, like 2025-04.

Belongs here: partitions definitions, and which time zone they are in. Not here: what a key
means, which is `program.calendar`: Dagster rounds a key that names no cycle up to the next one.

The open cycle is a partition (`end_offset`): its figures are provisional.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from loyalty_pipeline.program.calendar import Calendar, add_months
from loyalty_pipeline.program.model import Program

Partitions = dg.TimeWindowPartitionsDefinition


def cycle_starts(calendar: Calendar) -> str:
    """The months in which cycles start, as cron writes them: 1,4,7,10."""
    last = calendar.cycle_of(add_months(calendar.first.start, 11))
    months = sorted({cycle.start.month for cycle in calendar.cycles(calendar.first, last)})
    return "*" if len(months) == 12 else ",".join(map(str, months))


def cycle_partitions(program: Program, zone: str) -> Partitions:
    """The cycles of a program, from its first to the open one."""
    return Partitions(
        start=program.first_cycle,
        fmt="%Y-%m",
        cron_schedule=f"0 0 1 {cycle_starts(program.calendar)} *",
        timezone=zone,
        end_offset=1,
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
