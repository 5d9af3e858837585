"""What the assets of a program share: their keys, their partitions, and what a run works with.

Belongs here: naming and looking up. Not here: any asset.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs import figures
from loyalty_pipeline.defs.events import Shown, reported
from loyalty_pipeline.defs.partitions import Partitions
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.ledger.state import program_journal
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.staged_tables import FEED_LINES
from loyalty_pipeline.warehouse.tables import Columns

Results = Iterator[dg.MaterializeResult[Any]]


@dataclass(frozen=True)
class Group:
    """The assets of one program."""

    program: Program  # as if its file were published, when the definitions were loaded
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

    def deps(self, table: str) -> list[dg.AssetKey]:
        """The graph of a program: what each table is made of."""
        moves = [self.key("ledger"), self.key("releases"), self.key("redemptions")]
        return {
            "rules": [],
            "cycle_sales": [
                self.key("rules"),
                *self.feeds("sales", "partners", "claims", "instructions"),
            ],
            "monthly_sales": [self.key("cycle_sales")],
            "slab_assignments": [
                self.key("rules"),
                self.key("cycle_sales"),
                *self.feeds("targets"),
            ],
            "point_allocations": [
                self.key("rules"),
                self.key("slab_assignments"),
                *self.feeds("scans", "tenders", "stores"),
            ],
            "ledger": [self.key("point_allocations")],
            "releases": [self.key("ledger"), *self.feeds("partners", "instructions")],
            "redemptions": [self.key("releases"), *self.feeds("redemptions")],
            "statements": [*moves, *self.feeds("distributors")],
            "liability": moves,
        }[table]

    def event(
        self, instance: dg.DagsterInstance, table: str, partition: str, shown: Shown
    ) -> dg.AssetMaterialization:
        """Tells of a cycle (or month) that is not the run's own."""
        whole = self.feeds(*(feed for feed in FEED_LINES if feed != "sales"))
        return reported(instance, self.key(table), partition, shown, self.deps(table), whole)

    @property
    def pool(self) -> str:
        """Runs that write one journal wait for each other, where pools are limited."""
        return f"program_{self.program.program}"

    def spec(
        self,
        table: str,
        description: str,
        columns: Columns = (),
        kinds: frozenset[str] = frozenset({"duckdb", "parquet"}),
    ) -> dg.AssetSpec:
        """A table by cycle."""
        return dg.AssetSpec(
            self.key(table),
            deps=self.deps(table),
            group_name=self.program.program,
            kinds=set(kinds),
            partitions_def=self.cycles,
            metadata=figures.schema_of(columns) if columns else {},
            description=f"{description} To backfill: job cycles_{self.program.program}.",
        )

    def by_cycle(
        self,
        table: str,
        description: str,
        columns: Columns = (),
        kinds: frozenset[str] = frozenset({"duckdb", "parquet"}),
    ) -> Callable[[Callable[..., Results]], dg.AssetsDefinition]:
        """Makes the function it decorates the one step of a table by cycle."""
        spec = self.spec(table, description, columns, kinds)
        return dg.multi_asset(name=f"{self.program.program}__{table}", specs=[spec], pool=self.pool)


@dataclass(frozen=True)
class Turn:
    """What one step of a run works with, read when it starts.

    The program is as if its file were published, which it is from the step of its rules on.
    """

    program: Program
    home: Home
    clock: Clock
    run_id: str
    cycle: Cycle

    @classmethod
    def of(cls, context: dg.AssetExecutionContext, loyalty: Loyalty, group: Group) -> Self:
        """The program with its file as it is now, and the run's cycle, its key parsed strictly.

        Raises:
            Failure: the cycle has not begun; Dagster may offer it early (ADR 0016).
        """
        program = pipeline.as_if_published(loyalty.program(group.program.program), loyalty.place)
        clock = loyalty.clock(program.time_zone, context.run.tags)
        cycle = program.calendar.parse(context.partition_key)
        if cycle.start > clock.today:
            raise dg.Failure(
                f"cycle {cycle} of {program.program} begins on {cycle.start}, and the business "
                f"date is {clock.today}: run it from that day on",
                allow_retries=False,
            )
        return cls(program, loyalty.place, clock, context.run.run_id, cycle)

    def others_touched(self, group: Group, *kinds: str) -> list[str]:
        """The other cycles to which commits of this run posted."""
        commits = program_journal(self.home, self.program.program).commits()
        touched = {
            cycle
            for commit in commits
            if commit.draft.run_id == self.run_id and commit.draft.kind in kinds
            for cycle in commit.draft.cycles
        }
        found = sorted(touched - {self.cycle.name})
        return [cycle for cycle in found if group.cycles.has_partition_key(cycle)]


def result(shown: Shown, key: dg.AssetKey | None = None) -> dg.MaterializeResult[Any]:
    """The materialisation of the run's own partition; `key` where a step makes several tables."""
    version, metadata = shown
    return dg.MaterializeResult(
        asset_key=key, data_version=dg.DataVersion(version), metadata=metadata
    )
