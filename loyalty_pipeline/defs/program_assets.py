"""A program's assets: rules, sales, slabs, allocations, ledger, releases, redemptions, liability.

Belongs here: one group of assets a program, each a thin call of the pipeline. Not here: what the
calls do, nor the figures they show (`program_figures`).

Cycle sales, slabs, allocations and the ledger of a cycle are one step: one sealed commit promotes
them together, and only so is the difference posted to what they were computed from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs import figures, program_figures
from loyalty_pipeline.defs.events import reported
from loyalty_pipeline.defs.partitions import Partitions
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.ledger.posting import post_cycle
from loyalty_pipeline.ledger.releases import release_due
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.home import Home

AnyAsset = dg.AssetSpec | dg.AssetsDefinition


@dataclass(frozen=True)
class Group:
    """What the assets of a program have in common."""

    program: Program  # as its file was when the definitions were loaded
    cycles: Partitions
    months: Partitions

    def key(self, table: str) -> dg.AssetKey:
        """The key of one of the program's tables."""
        return dg.AssetKey([self.program.program, table])

    def feeds(self, *feeds: str) -> list[dg.AssetKey]:
        """The staged feeds that the program's sources have."""
        return [
            dg.AssetKey([source.id, feed])
            for source in self.program.sources
            for feed in feeds
            if feed in source.feeds
        ]

    @property
    def pool(self) -> str:
        """Runs that write one journal wait for each other here, where pools are limited."""
        return f"program_{self.program.program}"

    def spec(
        self, table: str, description: str, deps: Sequence[dg.AssetKey], columns: tables.Columns
    ) -> dg.AssetSpec:
        """A table by cycle."""
        return dg.AssetSpec(
            self.key(table),
            deps=deps,
            group_name=self.program.program,
            kinds={"duckdb", "parquet"},
            partitions_def=self.cycles,
            metadata=figures.schema_of(columns),
            description=f"{description} To backfill: job cycles_{self.program.program}.",
        )


@dataclass(frozen=True)
class Turn:
    """What one step of a run works with, read when it starts."""

    program: Program
    home: Home
    clock: Clock
    run_id: str
    cycle: Cycle

    @classmethod
    def of(cls, context: dg.AssetExecutionContext, loyalty: Loyalty, program_id: str) -> Self:
        """The program as its file is now, and the cycle of the run, its key parsed strictly."""
        program = loyalty.program(program_id)
        clock = loyalty.clock(program.time_zone, context.run.tags)
        cycle = program.calendar.parse(context.partition_key)
        return cls(program, loyalty.place, clock, context.run.run_id, cycle)

    def others_touched(self, *kinds: str) -> list[str]:
        """The other cycles to which commits of this run posted."""
        commits = program_journal(self.home, self.program.program).commits()
        touched = {
            cycle
            for commit in commits
            if commit.draft.run_id == self.run_id and commit.draft.kind in kinds
            for cycle in commit.draft.cycles
        }
        return sorted(touched - {self.cycle.name})


def program_assets(group: Group) -> list[AnyAsset]:
    """The assets of a program, in the order of the data."""
    return [
        _rules(group),
        _posting(group),
        _monthly_sales(group),
        _moves(group, "releases", ("ledger",), ()),
        _moves(group, "redemptions", ("releases",), ("redemptions",)),
        _reports(group),
    ]


def _rules(group: Group) -> dg.AssetsDefinition:
    @dg.asset(
        key=group.key("rules"),
        group_name=group.program.program,
        partitions_def=group.cycles,
        kinds={"yaml"},
        pool=group.pool,
        description=(
            "The rules in force for a cycle; the data version is their hash, so that a change "
            "makes exactly the cycles it touches stale. Materialising publishes the program file."
        ),
    )
    def rules(context: dg.AssetExecutionContext, loyalty: Loyalty) -> dg.MaterializeResult[Any]:
        turn = Turn.of(context, loyalty, group.program.program)
        state = program_state(program_journal(turn.home, group.program.program))
        report = RunReport()
        published = pipeline.take_in_rules(turn.program, turn.home, turn.clock, turn.run_id, report)
        before = state.with_published(turn.program)
        for name in sorted(set(state.postings) - {turn.cycle.name}):
            cycle = published.calendar.parse(name)
            now = effective_rules(published, cycle)
            if now.hash != effective_rules(before, cycle).hash:
                context.log_event(rules_event(group, name, now.hash))
        effective = effective_rules(published, turn.cycle)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(effective.hash),
            metadata=program_figures.of_rules(published, effective),
        )

    return rules


def rules_event(group: Group, cycle: str, rules_hash: str) -> dg.AssetMaterialization:
    """Other rules are in force for a cycle: it is stale until it is computed by them."""
    return reported(group.key("rules"), cycle, rules_hash, {"rules_hash": rules_hash}, inputs={})


def _posting(group: Group) -> dg.AssetsDefinition:
    rules = group.key("rules")
    specs = [
        group.spec(
            "cycle_sales",
            "Net sales of each partner in the cycle.",
            [rules, *group.feeds("sales", "partners")],
            tables.CYCLE_SALES,
        ),
        group.spec(
            "slab_assignments",
            "The slab, rate and tier that each partner's sales reached.",
            [rules, group.key("cycle_sales")],
            tables.SLAB_ASSIGNMENTS,
        ),
        group.spec(
            "point_allocations",
            "What each partner should have earned; projected while the cycle is open.",
            [rules, group.key("slab_assignments")],
            tables.POINT_ALLOCATIONS,
        ),
        group.spec(
            "ledger",
            "What was missing in the ledger, posted: should have been earned less what is posted.",
            [group.key("point_allocations")],
            tables.ENTRIES,
        ),
    ]

    @dg.multi_asset(name=f"{group.program.program}_posting", specs=specs, pool=group.pool)
    def posting(
        context: dg.AssetExecutionContext, loyalty: Loyalty
    ) -> Iterator[dg.MaterializeResult[Any]]:
        turn = Turn.of(context, loyalty, group.program.program)
        posted = post_cycle(turn.program, turn.cycle, turn.home, turn.clock, turn.run_id)
        shown = program_figures.of_posting(turn.home, turn.program, posted)
        for spec in specs:
            version, metadata = shown.tables[spec.key.path[-1]]
            yield dg.MaterializeResult(
                asset_key=spec.key, data_version=dg.DataVersion(version), metadata=metadata
            )
        for month in turn.program.calendar.months(turn.cycle):
            if group.months.has_partition_key(month.name) and month.name in shown.months:
                context.log_event(month_event(group, month.name, *shown.months[month.name]))

    return posting


def month_event(
    group: Group, month: str, version: str, metadata: figures.Metadata
) -> dg.AssetMaterialization:
    """A month that a cycle's commit promoted. Fresh as long as the cycle's sales are no newer."""
    return reported(group.key("monthly_sales"), month, version, metadata)


def _monthly_sales(group: Group) -> dg.AssetsDefinition:
    @dg.asset(
        key=group.key("monthly_sales"),
        deps=[group.key("cycle_sales")],
        group_name=group.program.program,
        partitions_def=group.months,
        backfill_policy=dg.BackfillPolicy.single_run(),
        output_required=False,  # each month is an event of its own, see the sales of a source
        kinds={"duckdb", "parquet"},
        metadata=figures.schema_of(tables.MONTHLY_SALES),
        description=(
            "Net sales of each partner by month, promoted and reported with their cycle. The job "
            f"months_{group.program.program} reports months again; nothing waits for it."
        ),
    )
    def monthly_sales(
        context: dg.AssetExecutionContext, loyalty: Loyalty
    ) -> Iterator[dg.MaterializeResult[Any]]:
        journal = program_journal(loyalty.place, group.program.program)
        shown = program_figures.of_months(loyalty.place, journal.promoted(), context.partition_keys)
        for month, (version, metadata) in shown.items():
            context.log_event(month_event(group, month, version, metadata))
        yield from ()

    return monthly_sales


_POSTS = {
    "releases": (
        "Promised points whose day has come become current, in whatever cycle they were earned.",
        "release",
        "ledger/due_releases",
    ),
    "redemptions": (
        "Redemptions served against the balance, in order, once every ended cycle is posted; what "
        "does not fit is refused.",
        "redemption",
        "ledger/open_redemptions",
    ),
}


def _moves(
    group: Group, table: str, own: Sequence[str], feeds: Sequence[str]
) -> dg.AssetsDefinition:
    """Releases or redemptions: due by date for the whole program, shown by the cycle they move."""
    description, kind, sql = _POSTS[table]
    spec = group.spec(
        table, description, [*map(group.key, own), *group.feeds(*feeds)], tables.ENTRIES
    )

    @dg.multi_asset(name=f"{group.program.program}_{table}", specs=[spec], pool=group.pool)
    def moves(
        context: dg.AssetExecutionContext, loyalty: Loyalty
    ) -> Iterator[dg.MaterializeResult[Any]]:
        turn = Turn.of(context, loyalty, group.program.program)
        if kind == "release":
            release_due(turn.program.program, turn.home, turn.clock, turn.run_id)
        else:
            pipeline.serve_redemptions(turn.program, turn.home, turn.clock, turn.run_id)
        others = turn.others_touched(kind)
        shown = program_figures.of_moves(
            turn.home, turn.program.program, kind, [turn.cycle.name, *others], sql
        )
        version, metadata = shown[turn.cycle.name]
        yield dg.MaterializeResult(
            asset_key=spec.key, data_version=dg.DataVersion(version), metadata=metadata
        )
        for cycle in others:
            if group.cycles.has_partition_key(cycle):
                context.log_event(reported(spec.key, cycle, *shown[cycle]))

    return moves


def _reports(group: Group) -> dg.AssetsDefinition:
    deps = [group.key("ledger"), group.key("releases"), group.key("redemptions")]
    statements = dg.AssetSpec(
        group.key("statements"),
        deps=[*deps, *group.feeds("distributors")],
        group_name=group.program.program,
        kinds={"duckdb"},
        partitions_def=group.cycles,
        description="Statements and summaries of partners, in the file that finance reads.",
    )
    liability = dg.AssetSpec(
        group.key("liability"),
        deps=deps,
        group_name=group.program.program,
        kinds={"duckdb"},
        partitions_def=group.cycles,
        description="What is owed at the end of the cycle, or today while it is open.",
    )

    @dg.multi_asset(name=f"{group.program.program}_reports", specs=[statements, liability])
    def reports(
        context: dg.AssetExecutionContext, loyalty: Loyalty
    ) -> Iterator[dg.MaterializeResult[Any]]:
        turn = Turn.of(context, loyalty, group.program.program)
        publish(turn.home, [turn.program])
        others = [
            cycle
            for cycle in turn.others_touched("posting", "release", "redemption")
            if group.cycles.has_partition_key(cycle)
        ]
        shown = program_figures.of_reports(
            turn.home, turn.program, [turn.cycle.name, *others], turn.clock.today
        )
        for spec in (statements, liability):
            metadata = shown[turn.cycle.name][spec.key.path[-1]]
            yield dg.MaterializeResult(
                asset_key=spec.key,
                data_version=dg.DataVersion(_version(metadata)),
                metadata=metadata,
            )
            for cycle in others:
                metadata = shown[cycle][spec.key.path[-1]]
                context.log_event(reported(spec.key, cycle, _version(metadata), metadata))

    return reports


def _version(metadata: figures.Metadata) -> str:
    """Reports are what they show."""
    return digest(sorted((name, str(value)) for name, value in metadata.items()))
