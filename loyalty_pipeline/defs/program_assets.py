"""A program's assets by cycle, first half: rules, sales, slabs and tiers, allocations, ledger.

Belongs here: thin calls of the stages of one cycle. Not here: what the date makes due after a
cycle is posted (`due_assets`), nor the figures that are shown (`program_figures`).

Sales, slabs and allocations compute candidates; the ledger posts. Only its commit promotes them,
together and fenced, so that what is posted is always the difference to what it was computed from.
It asks for the stages again and finds them computed, unless something changed in between.
"""

from collections.abc import Iterable, Iterator

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs import figures, program_figures
from loyalty_pipeline.defs.group import Group, Results, Turn, result
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.earning.earned import shown_awards
from loyalty_pipeline.ledger.posting import in_the_making, post_cycle
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.calendar import Cycle, parse_month
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.warehouse import tables


def program_assets(group: Group) -> list[dg.AssetsDefinition]:
    """The assets of a program up to its ledger, in the order of the data."""
    return [
        _rules(group),
        _cycle_sales(group),
        _monthly_sales(group),
        _slab_assignments(group),
        _point_allocations(group),
        _ledger(group),
    ]


def _rules(group: Group) -> dg.AssetsDefinition:
    @group.by_cycle(
        "rules",
        "The rules in force for a cycle; the data version is their hash, so that a change "
        "makes exactly the cycles it touches stale. Materialising publishes the program file.",
        kinds=frozenset({"yaml"}),
    )
    def rules(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        turn = Turn.of(context, loyalty, group)
        before = program_state(program_journal(turn.home, turn.program.program))
        file = loyalty.program(turn.program.program)  # others may publish what it leaves out
        published = pipeline.take_in_rules(file, turn.home, turn.clock, turn.run_id, RunReport())
        effective = effective_rules(published, turn.cycle)
        yield result((effective.hash, program_figures.of_rules(published, effective)))
        for cycle, rules_hash in _changed(before, turn.program, published):
            if cycle != turn.cycle:
                context.log_event(rules_event(context.instance, group, cycle.name, rules_hash))

    return rules


def rules_event(
    instance: dg.DagsterInstance, group: Group, cycle: str, rules_hash: str
) -> dg.AssetMaterialization:
    """Other rules are in force for a cycle: it is stale until it is computed by them."""
    return group.event(instance, "rules", cycle, (rules_hash, {"rules_hash": rules_hash}))


def _changed(
    before: ProgramState, program: Program, published: Program
) -> Iterator[tuple[Cycle, str]]:
    """The posted cycles for which publishing put other rules in force, with their hash."""
    old = before.with_published(program)
    for name in sorted(before.postings):
        cycle = published.calendar.parse(name)
        now = effective_rules(published, cycle).hash
        if now != effective_rules(old, cycle).hash:
            yield cycle, now


def _cycle_sales(group: Group) -> dg.AssetsDefinition:
    @group.by_cycle(
        "cycle_sales",
        "Net sales of each partner in the cycle.",
        tables.CYCLE_SALES,
    )
    def cycle_sales(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        turn = Turn.of(context, loyalty, group)
        with in_the_making(turn.program, turn.cycle, turn.home, turn.clock) as cycle:
            *months, file = cycle.sales
        yield result(program_figures.of_cycle_sales(turn.home, file))
        for month, shown in program_figures.of_months(turn.home, months).items():
            if group.months.has_partition_key(month):
                context.log_event(group.event(context.instance, "monthly_sales", month, shown))

    return cycle_sales


def _monthly_sales(group: Group) -> dg.AssetsDefinition:
    @dg.asset(
        key=group.key("monthly_sales"),
        deps=group.deps("monthly_sales"),
        group_name=group.program.program,
        partitions_def=group.months,
        backfill_policy=dg.BackfillPolicy.single_run(),
        output_required=False,  # each month is an event of its own, see the sales of a source
        kinds={"duckdb", "parquet"},
        metadata=figures.schema_of(tables.MONTHLY_SALES),
        description=(
            "Net sales of each partner by month, computed and reported with their cycle. The job "
            f"months_{group.program.program} reports months alone; nothing waits for it."
        ),
    )
    def monthly_sales(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        program = pipeline.as_if_published(loyalty.program(group.program.program), loyalty.place)
        clock = loyalty.clock(program.time_zone, context.run.tags)
        for cycle in _cycles_of(program, context.partition_keys):
            with in_the_making(program, cycle, loyalty.place, clock) as making:
                *months, _ = making.sales
            for month, shown in program_figures.of_months(loyalty.place, months).items():
                if month in context.partition_keys:
                    context.log_event(group.event(context.instance, "monthly_sales", month, shown))
        yield from ()

    return monthly_sales


def _cycles_of(program: Program, months: Iterable[str]) -> list[Cycle]:
    starts = {parse_month(month).start for month in months}
    return sorted({program.calendar.cycle_of(start) for start in starts})


def _slab_assignments(group: Group) -> dg.AssetsDefinition:
    @group.by_cycle(
        "slab_assignments",
        "The slab, rate and tier that each partner's sales reached.",
        tables.SLAB_ASSIGNMENTS,
    )
    def slab_assignments(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        turn = Turn.of(context, loyalty, group)
        with in_the_making(turn.program, turn.cycle, turn.home, turn.clock) as cycle:
            file = cycle.slabs
        yield result(program_figures.of_slabs(turn.home, file))

    return slab_assignments


def _point_allocations(group: Group) -> dg.AssetsDefinition:
    @group.by_cycle(
        "point_allocations",
        "What each partner should have earned; projected while the cycle is open.",
        tables.POINT_ALLOCATIONS,
    )
    def point_allocations(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        turn = Turn.of(context, loyalty, group)
        with in_the_making(turn.program, turn.cycle, turn.home, turn.clock) as cycle:
            file = shown_awards(cycle.awards)
        yield result(program_figures.of_awards(turn.home, file))

    return point_allocations


def _ledger(group: Group) -> dg.AssetsDefinition:
    @group.by_cycle(
        "ledger",
        "What was missing in the ledger, posted: should have been earned less what is posted.",
        tables.ENTRIES,
    )
    def ledger(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        turn = Turn.of(context, loyalty, group)
        posting = post_cycle(turn.program, turn.cycle, turn.home, turn.clock, turn.run_id)
        yield result(program_figures.of_ledger(turn.home, turn.program, posting))

    return ledger
