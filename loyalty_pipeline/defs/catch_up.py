"""What others than Dagster committed: the command line, or an instance whose history is gone.

Belongs here: reporting such commits as materialisations, and what a source's checks say after
them, so that the UI shows what the journals hold whoever wrote it. Not here: computing or posting
anything.

This sensor is on by default, unlike the others: it contacts nobody and starts nothing.
"""

import json
from collections.abc import Iterator, Sequence

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs import program_figures
from loyalty_pipeline.defs.checks import evaluated
from loyalty_pipeline.defs.due_assets import MOVES
from loyalty_pipeline.defs.events import NOTHING_WAITS, Shown, reported
from loyalty_pipeline.defs.group import Group
from loyalty_pipeline.defs.partitions import Partitions
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.defs.source_assets import feed_shown, month_event, months_shown
from loyalty_pipeline.defs.source_checks import source_answers
from loyalty_pipeline.ingest.register import source_scope
from loyalty_pipeline.journal.commits import Commit
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.posting import Posting
from loyalty_pipeline.ledger.state import program_scope
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.warehouse.home import Home

_SECONDS = 30  # between two looks
_MOST_COMMITS = 24  # of a journal in one tick, which is cut off after 60 seconds

Told = Iterator[tuple[str, str, Shown]]  # table, partition, what to show of it


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
    def journals(context: dg.SensorEvaluationContext, loyalty: Loyalty) -> dg.SensorResult:
        seen: dict[str, int] = json.loads(context.cursor or "{}")
        count = 0
        for source, months in sources:
            journal = Journal(loyalty.place, source_scope(source.id))
            foreign = _foreign(context.instance, journal, seen)
            count += len(foreign)
            _tell_source(context.instance, source, months, loyalty.place, journal, foreign)
            if foreign:
                _tell_checks(context.instance, source, loyalty)
        for group in groups:
            journal = Journal(loyalty.place, program_scope(group.program.program))
            foreign = _foreign(context.instance, journal, seen)
            count += len(foreign)
            # Told one by one: each is made of what was told before it.
            for table, partition, shown in _of_program(group, loyalty, journal, foreign):
                event = group.event(context.instance, table, partition, shown)
                context.instance.report_runless_asset_event(event)
        return dg.SensorResult(
            skip_reason=f"{count} commits of others shown" if count else "no commits of others",
            cursor=json.dumps(seen, sort_keys=True),
        )

    return journals


def _foreign(instance: dg.DagsterInstance, journal: Journal, seen: dict[str, int]) -> list[Commit]:
    """The next new commits that were made by no run Dagster knows; notes how far it looked."""
    start = seen.get(journal.scope, 0)
    fresh = journal.commits()[start : start + _MOST_COMMITS]
    seen[journal.scope] = start + len(fresh)
    return [commit for commit in fresh if not instance.has_run(commit.draft.run_id)]


def _tell_source(
    instance: dg.DagsterInstance,
    source: Source,
    months: Partitions,
    home: Home,
    journal: Journal,
    foreign: Sequence[Commit],
) -> None:
    if not foreign:
        return
    promoted = journal.promoted()
    touched = {(file.table, file.partition) for commit in foreign for file in commit.draft.promotes}
    drop, landing = dg.AssetKey([source.id, "drop"]), dg.AssetKey([source.id, "landing"])
    shown: Shown = (NOTHING_WAITS, {"commit": foreign[-1].number})
    event = reported(instance, landing, None, shown, [drop], whole=[drop])
    instance.report_runless_asset_event(event)
    for feed in source.feeds:
        if (feed, "all") in touched:
            key, shown = dg.AssetKey([source.id, feed]), feed_shown(feed, promoted)
            event = reported(instance, key, None, shown, [landing], whole=[landing])
            instance.report_runless_asset_event(event)
    names = sorted(name for table, name in touched if table == "sales_documents")
    wanted = [name for name in names if months.has_partition_key(name)]
    for month, of_month in months_shown(home, promoted, wanted).items():
        instance.report_runless_asset_event(month_event(instance, source, month, of_month))


def _tell_checks(instance: dg.DagsterInstance, source: Source, loyalty: Loyalty) -> None:
    """What a source's checks say now: a file refused by the command line is red here, too.

    Not those of a program: verifying a ledger may take longer than a tick.
    """
    readers = loyalty.readers(source.id)
    if not readers:
        return  # no program reads it any more, which its checks say when somebody asks them
    today = loyalty.clock(readers[0].time_zone).today
    for answer in source_answers(loyalty.source(source.id), loyalty.place, today).values():
        instance.report_runless_asset_event(evaluated(answer()))


def _of_program(
    group: Group, loyalty: Loyalty, journal: Journal, foreign: Sequence[Commit]
) -> Told:
    if not foreign:
        return
    home = loyalty.place
    program = pipeline.as_if_published(loyalty.program(group.program.program), home)
    last = {c.draft.cycles[0]: c for c in journal.commits() if c.draft.kind == "posting"}
    # A cycle that a run of ours posted since was reported by that run.
    postings = {
        cycle: commit
        for cycle, commit in last.items()
        if commit in foreign and group.cycles.has_partition_key(cycle)
    }
    for _, commit in sorted(postings.items()):
        yield from _posted(group, program, home, journal, commit)
    for table, kinds, sql in MOVES:
        cycles = _moved(group, [c for c in foreign if c.draft.kind in kinds], postings)
        shown = program_figures.of_moves(home, program.program, kinds, cycles, sql)
        yield from ((table, cycle, shown[cycle]) for cycle in cycles)
    cycles = _moved(group, foreign, postings)
    today = loyalty.clock(program.time_zone).today
    for table in ("statements", "liability"):
        shown = program_figures.of_published(home, program, table, cycles, today)
        yield from ((table, cycle, shown[cycle]) for cycle in cycles)


def _moved(group: Group, commits: Sequence[Commit], postings: dict[str, Commit]) -> list[str]:
    """The cycles that commits posted to, and those that were posted."""
    found = {cycle for commit in commits for cycle in commit.draft.cycles}
    return sorted(cycle for cycle in {*found, *postings} if group.cycles.has_partition_key(cycle))


def _posted(group: Group, program: Program, home: Home, journal: Journal, commit: Commit) -> Told:
    """The tables of a cycle, in the order in which they are made of each other."""
    name, is_closed = commit.draft.cycles[0], bool(commit.draft.details["closed"])
    promoted = journal.promoted(commit.number)
    cycle = program.calendar.parse(name)
    rules = effective_rules(program, cycle)
    posted_by: Shown = (commit.draft.rules_hash, {"rules_hash": commit.draft.rules_hash})
    if rules.hash == commit.draft.rules_hash:
        posted_by = (rules.hash, program_figures.of_rules(program, rules))
    yield "rules", name, posted_by
    cycle_sales = promoted["cycle_sales", name]
    yield "cycle_sales", name, program_figures.of_cycle_sales(home, cycle_sales)
    months = [promoted["monthly_sales", month.name] for month in program.calendar.months(cycle)]
    for month, of_month in program_figures.of_months(home, months).items():
        if group.months.has_partition_key(month):
            yield "monthly_sales", month, of_month
    slabs = promoted["slab_assignments", name]
    yield "slab_assignments", name, program_figures.of_slabs(home, slabs)
    awards = promoted["point_allocations" if is_closed else "projected_allocations", name]
    yield "point_allocations", name, program_figures.of_awards(home, awards)
    posting = Posting(name, commit, is_closed, commit.number)
    yield "ledger", name, program_figures.of_ledger(home, program, posting)
