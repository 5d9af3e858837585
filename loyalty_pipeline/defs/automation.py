"""Jobs and schedules: what runs together, and when.

Belongs here: one job a cadence, and the times written out. Not here: what asks for a run because
something changed, which is `sensors`.

Every schedule is off until somebody turns it on: a laptop that opens the UI must not contact a
dealer's server, and of two instances only one may run a program on time.
"""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dagster as dg

from loyalty_pipeline.defs.group import Group
from loyalty_pipeline.defs.partitions import cycle_starts
from loyalty_pipeline.program.sources import Source

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as AssetJob,
    )

_CYCLE_TABLES = (
    "rules",
    "cycle_sales",
    "slab_assignments",
    "point_allocations",
    "ledger",
    "releases",
    "redemptions",
    "statements",
    "liability",
)


def drop_job(source: Source, checks: dg.AssetChecksDefinition) -> "AssetJob":
    """Landing and staging."""
    feeds = [feed for feed in ("partners", "distributors", "redemptions") if feed in source.feeds]
    return dg.define_asset_job(
        f"drop_{source.id}",
        selection=dg.AssetSelection.assets(
            *(dg.AssetKey([source.id, table]) for table in ("landing", *feeds, "reconciliation"))
        )
        | dg.AssetSelection.checks(checks),
        description=f"Land and stage what {source.id} dropped. Nothing new: nothing is done.",
    )


def cycles_job(group: Group, checks: dg.AssetChecksDefinition) -> "AssetJob":
    """Rules to liability of one cycle."""
    return dg.define_asset_job(
        f"cycles_{group.program.program}",
        selection=dg.AssetSelection.assets(*map(group.key, _CYCLE_TABLES))
        | dg.AssetSelection.checks(checks),
        description=(
            "Compute a cycle and post what is missing in the ledger, a run a cycle. This is the "
            "job to backfill a range of cycles with; what is posted already is not posted again."
        ),
    )


def months_job(group: Group) -> "AssetJob":
    """Monthly sales, all months of a range in one run."""
    return dg.define_asset_job(
        f"months_{group.program.program}",
        selection=dg.AssetSelection.assets(group.key("monthly_sales")),
        description="Report months of sales again, as their cycles promoted them.",
    )


def releases_job(group: Group) -> "AssetJob":
    """What the date alone makes due."""
    return dg.define_asset_job(
        f"releases_{group.program.program}",
        selection=dg.AssetSelection.assets(
            *map(group.key, ("releases", "redemptions", "statements", "liability"))
        ),
        description=(
            "Release every promise that is due and serve redemptions, whatever their cycle; run "
            "daily, for the open cycle."
        ),
    )


def drop_schedule(source: Source, job: "AssetJob", zone: str) -> dg.ScheduleDefinition:
    """Look into the drop folder every hour, also for documents whose date has come."""
    return dg.ScheduleDefinition(
        name=f"drop_{source.id}_hourly",
        job=job,
        cron_schedule="15 * * * *",
        execution_timezone=zone,
        description="Every hour at a quarter past.",
    )


def releases_schedule(group: Group, job: "AssetJob") -> dg.ScheduleDefinition:
    """The morning's releases."""

    @dg.schedule(
        name=f"releases_{group.program.program}_daily",
        job=job,
        cron_schedule="0 5 * * *",
        execution_timezone=group.program.time_zone,
        description="Every day at 5:00 in the program's time zone.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        today = _local(context.scheduled_execution_time, group).date()
        if not group.program.calendar.covers(today):
            return dg.SkipReason("the program has not begun")
        return dg.RunRequest(partition_key=group.program.calendar.cycle_of(today).name)

    return daily


def close_schedule(group: Group, job: "AssetJob") -> dg.ScheduleDefinition:
    """Post a cycle on the day after it ended."""

    @dg.schedule(
        name=f"close_{group.program.program}",
        job=job,
        cron_schedule=f"0 6 1 {cycle_starts(group.program.calendar)} *",
        execution_timezone=group.program.time_zone,
        description="The day after a cycle ended, at 6:00 in the program's time zone.",
    )
    def close(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        calendar = group.program.calendar
        today = _local(context.scheduled_execution_time, group).date()
        opened = calendar.cycle_of(today)
        if opened.start != today:  # it would be one if all cycles had the shortest length
            return dg.SkipReason(f"no cycle ended: {opened} goes on")
        ended = calendar.previous(opened)
        if ended < calendar.first:
            return dg.SkipReason("no cycle of the program has ended yet")
        return dg.RunRequest(partition_key=ended.name)

    return close


def _local(moment: datetime, group: Group) -> datetime:
    return moment.astimezone(ZoneInfo(group.program.time_zone))
