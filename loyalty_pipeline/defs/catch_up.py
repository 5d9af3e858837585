"""What others than Dagster committed: the command line, or an instance whose history is gone.

Belongs here: reporting such commits as materialisations, so that the UI shows what the journals
hold whoever wrote it. Not here: computing or posting anything.

This sensor is on by default, unlike the others: it contacts nobody and starts nothing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs import program_figures
from loyalty_pipeline.defs.events import NOTHING_WAITS, reported
from loyalty_pipeline.defs.group import Group, Shown, month_event
from loyalty_pipeline.defs.partitions import Partitions
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.defs.source_assets import feed_shown, month_events
from loyalty_pipeline.ingest.register import source_scope
from loyalty_pipeline.journal.commits import Commit
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.posting import Posting
from loyalty_pipeline.ledger.state import program_scope
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

_SECONDS = 30  # between two looks
_MOST_COMMITS = 24  # a tick, which is cut off after 60 seconds

Event = dg.AssetMaterialization
Promoted = Mapping[tuple[str, str], WorkFile]


def journal_sensor(
    sources: Sequence[tuple[Source, Partitions]], groups: Sequence[Group]
) -> dg.SensorDefinition:
    """Report commits that no run of this Dagster instance made."""

    @dg.sensor(
        name="journals",
        minimum_interval_seconds=_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Shows here what the command line did. Starts nothing and contacts nobody.",
    )
    def journals(
        context: dg.SensorEvaluationContext, loyalty: Loyalty
    ) -> dg.SensorResult | dg.SkipReason:
        seen: dict[str, int] = json.loads(context.cursor or "{}")
        events: list[Event] = []
        for source, months in sources:
            journal = Journal(loyalty.place, source_scope(source.id))
            foreign = _foreign(context.instance, journal, seen)
            events += _of_source(source, months, loyalty.place, journal, foreign)
        for group in groups:
            journal = Journal(loyalty.place, program_scope(group.program.program))
            foreign = _foreign(context.instance, journal, seen)
            events += _of_program(group, loyalty, journal, foreign)
        if not events and context.cursor == json.dumps(seen, sort_keys=True):
            return dg.SkipReason("nothing was committed by others")
        return dg.SensorResult(asset_events=events, cursor=json.dumps(seen, sort_keys=True))

    return journals


def _foreign(instance: dg.DagsterInstance, journal: Journal, seen: dict[str, int]) -> list[Commit]:
    """The next new commits that were made by no run Dagster knows; notes how far it looked."""
    start = seen.get(journal.scope, 0)
    fresh = journal.commits()[start : start + _MOST_COMMITS]
    seen[journal.scope] = start + len(fresh)
    return [commit for commit in fresh if not instance.has_run(commit.draft.run_id)]


def _of_source(
    source: Source, months: Partitions, home: Home, journal: Journal, foreign: Sequence[Commit]
) -> Iterator[Event]:
    if not foreign:
        return
    promoted = journal.promoted()
    touched = {(file.table, file.partition) for commit in foreign for file in commit.draft.promotes}
    yield reported(
        dg.AssetKey([source.id, "landing"]), None, NOTHING_WAITS, {"commit": foreign[-1].number}
    )
    for feed in source.feeds:
        if (feed, "all") in touched:
            yield reported(dg.AssetKey([source.id, feed]), None, *feed_shown(feed, promoted))
    names = sorted(name for table, name in touched if table == "sales_documents")
    wanted = [name for name in names if months.has_partition_key(name)]
    yield from month_events(source, home, promoted, wanted)


def _of_program(
    group: Group, loyalty: Loyalty, journal: Journal, foreign: Sequence[Commit]
) -> Iterator[Event]:
    if not foreign:
        return
    home = loyalty.place
    program = pipeline.as_if_published(loyalty.program(group.program.program), home)
    last = {c.draft.cycles[0]: c for c in journal.commits() if c.draft.kind == "posting"}
    # A cycle that a run of ours posted since was reported by that run.
    postings = {cycle: commit for cycle, commit in last.items() if commit in foreign}
    for cycle, commit in sorted(postings.items()):
        if group.cycles.has_partition_key(cycle):
            yield from _posted(group, program, home, journal, commit)
    for kind, table, sql in (
        ("release", "releases", "ledger/due_releases"),
        ("redemption", "redemptions", "ledger/open_redemptions"),
    ):
        cycles = _touched(group, foreign, kind, *postings)
        shown = program_figures.of_moves(home, program.program, kind, cycles, sql)
        yield from _each(group, table, shown)
    cycles = _touched(group, foreign, "", *postings)
    today = loyalty.clock(program.time_zone).today
    if home.published.exists():
        for table in ("statements", "liability"):
            shown = program_figures.of_published(home, program, table, cycles, today)
            yield from _each(group, table, shown)


def _touched(group: Group, commits: Sequence[Commit], kind: str, *besides: str) -> list[str]:
    """The cycles that commits of a kind (or of any) posted to, and others."""
    found = {
        cycle
        for commit in commits
        if not kind or commit.draft.kind == kind
        for cycle in commit.draft.cycles
    }
    return sorted(cycle for cycle in {*found, *besides} if group.cycles.has_partition_key(cycle))


def _posted(
    group: Group, program: Program, home: Home, journal: Journal, commit: Commit
) -> Iterator[Event]:
    """The tables of a cycle, in the order in which they are computed from each other."""
    name, is_closed = commit.draft.cycles[0], bool(commit.draft.details["closed"])
    promoted = journal.promoted(commit.number)
    cycle = program.calendar.parse(name)
    awards = "point_allocations" if is_closed else "projected_allocations"
    rules = effective_rules(program, cycle)
    shown: dict[str, Shown] = {
        "rules": (commit.draft.rules_hash, {"rules_hash": commit.draft.rules_hash})
        if rules.hash != commit.draft.rules_hash
        else (rules.hash, program_figures.of_rules(program, rules)),
        "cycle_sales": program_figures.of_cycle_sales(home, promoted["cycle_sales", name]),
        "slab_assignments": program_figures.of_slabs(home, promoted["slab_assignments", name]),
        "point_allocations": program_figures.of_awards(home, promoted[awards, name]),
        "ledger": program_figures.of_ledger(
            home, program, Posting(name, commit, is_closed, commit.number)
        ),
    }
    for table, (version, metadata) in shown.items():
        yield reported(group.key(table), name, version, metadata)
    months = [promoted["monthly_sales", month.name] for month in program.calendar.months(cycle)]
    for month, of_month in program_figures.of_months(home, months).items():
        if group.months.has_partition_key(month):
            yield month_event(group, month, of_month)


def _each(group: Group, table: str, shown: Mapping[str, Shown]) -> Iterator[Event]:
    for cycle, (version, metadata) in shown.items():
        yield reported(group.key(table), cycle, version, metadata)
