"""Computing what one cycle should have earned: aggregates, slabs and tiers, awards, holdings.

Belongs here: the order of the stages, and reusing a stage whose inputs are the same. Not here:
the stages themselves (`sales`, `slabs`, `event_stages`, `allocations`, `granting`), or posting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property

from loyalty_pipeline.earning.carried import Carried, reads_tiers
from loyalty_pipeline.earning.computed import Computed
from loyalty_pipeline.earning.earned import Earned
from loyalty_pipeline.earning.event_awards import events_asked, unrolled
from loyalty_pipeline.earning.event_stages import EventStages
from loyalty_pipeline.earning.events import show_lines
from loyalty_pipeline.earning.fingerprints import (
    events_hash,
    lines_hash,
    read_parts,
    sales_hash,
    slabs_hash,
)
from loyalty_pipeline.earning.granting import Granting
from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.merges import HOMES, IDENTITIES
from loyalty_pipeline.earning.sales import (
    show_documents,
    write_category_sales,
    write_cycle_sales,
    write_monthly_sales,
)
from loyalty_pipeline.earning.slab_tables import (
    Until,
    show_categories,
    show_rules,
    slab_tables,
)
from loyalty_pipeline.earning.slabs import SlabStages
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.program.calendar import Cycle, Month
from loyalty_pipeline.program.slabs import Slabs
from loyalty_pipeline.program.versions import EffectiveRules, effective_rules
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.work_files import WorkFile


class Earning:
    """A cycle in the making: asked for a stage, it computes those before it, each once."""

    def __init__(
        self,
        engine: Engine,
        inputs: StagedInputs,
        rules: EffectiveRules,
        carried: Carried,
        *,
        closed: bool,
    ) -> None:
        """With `closed` the cycle has ended: its awards are to be posted and not only projected."""
        self._engine = engine
        self._inputs = inputs
        self._rules = rules
        self._carried = carried
        self._closed = closed
        self._computed = Computed(engine.home, rules.program, rules.cycle)

    @property
    def closed(self) -> bool:
        """Whether the cycle has ended and waits for no file."""
        return self._closed

    @cached_property
    def sales(self) -> tuple[WorkFile, ...]:
        """Net sales of each month, and at last of the cycle."""
        rules = self._rules
        months = [self._month(m) for m in self._inputs.program.calendar.months(rules.cycle)]

        def compute() -> Sequence[WorkFile]:
            self._engine.files("sales_of_months", months, tables.MONTHLY_SALES)
            return [write_cycle_sales(self._engine, rules)]

        inputs = digest("sales", [file.sha256 for file in months])
        return (*months, *self._once("sales", inputs, compute))

    @cached_property
    def slabs(self) -> WorkFile:
        """Slab, rate and tier of each partner."""
        if self._earns_tiers_by_points:
            return next(file for file in self._awarded if file.table == "slab_assignments")
        return self._assigned

    @cached_property
    def awards(self) -> tuple[WorkFile, ...]:
        """What each partner should have earned, and what comes with it.

        point_allocations to be posted, projected_allocations of an open cycle; tier_holdings,
        cap_levels, event_reads and event_actions where the rules have such.
        """
        return tuple(file for file in self._awarded if file.table != "slab_assignments")

    def all(self) -> Earned:
        """Every stage."""
        return Earned(
            self._rules.cycle,
            self._rules,
            self._closed,
            (*self._inputs.claims(self._rules.cycle), *self._merged),
            self.sales,
            self.slabs,
            self.awards,
            read_parts(self._inputs, self._rules, self._carried),
        )

    @property
    def _earns_tiers_by_points(self) -> bool:
        tiers = self._rules.governing.tiers
        return tiers is not None and tiers.from_ == "points_earned"

    @cached_property
    def _assigned(self) -> WorkFile:
        """Slab, rate and tier of each partner; tiers that points earn are not known yet."""
        cycle_sales = self.sales[-1]

        def compute() -> Sequence[WorkFile]:
            show_rules(self._engine, self._rules)
            self._engine.values("homes", HOMES, self._inputs.homes(self._rules.cycle).rows)
            self._engine.files("cycle_sales", [cycle_sales], tables.CYCLE_SALES)
            if len(self._rules.segments) > 1:
                self._show_documents()
            self._slab_stages.assign()
            return [self._write_slabs()]

        inputs = digest(
            "slabs",
            cycle_sales.sha256,
            self._rules.hash,
            slabs_hash(self._inputs, self._rules),
        )
        return self._once("slabs", inputs, compute)[0]

    @cached_property
    def _awarded(self) -> tuple[WorkFile, ...]:
        rules, inputs = self._rules, self._inputs
        assigned = self._assigned
        found = digest(
            "awards",
            assigned.sha256,
            rules.hash,
            [segment.version.label for segment in (*rules.segments, *rules.event_segments)],
            sales_hash(inputs, rules.cycle, rules) if self._reads_documents else None,
            events_hash(inputs, rules.cycle, rules),
            sorted(self._carried.parts(rules.cycle, rules).items()),
            [file.sha256 for file in self._carried.reads(rules.cycle)],
            [str(until) for until in self._times],
            self._carried.asked_for_notices(rules.cycle),
        )
        return self._once("awards", found, lambda: self._award(assigned))

    def _award(self, assigned: WorkFile) -> Sequence[WorkFile]:
        engine, rules, inputs = self._engine, self._rules, self._inputs
        show_rules(engine, rules)
        self._show_documents()
        engine.files("cycle_sales", [self.sales[-1]], tables.CYCLE_SALES)
        engine.files("slab_assigned", [assigned], tables.SLAB_ASSIGNMENTS)
        engine.alias("slab_assignments", "slab_assigned")
        period = self._slab_stages.awards(self._times)
        show_rules(engine, rules)
        stages = EventStages(engine, inputs, rules, self._carried, self._slab_stages.sales_before)
        stages.evaluate(period, self._closed_on)
        written = stages.allocations.write(
            "capped_awards",
            closed=self._closed,
            has_posted=bool(events_asked(rules)) or rules.governing.interim == "monthly",
        )
        files = [file for file in (written.posted, written.projected) if file]
        files += [*written.levels, *stages.reads(), *stages.notices(is_projected=not self._closed)]
        if self._earns_tiers_by_points:
            self._slab_stages.assign_by_points()
            files.append(self._write_slabs())
        granting = Granting(engine, inputs, rules, self._slab_stages, is_closed=self._closed)
        return [*files, *granting.write(has_grants=stages.grants())]

    def _show_documents(self) -> None:
        """Give SQL the documents of the cycle, with their lines where slabs count categories."""
        engine, rules = self._engine, self._rules
        show_documents(engine, self._inputs, rules, rules.cycle)
        if any(slabs.categories for _, slabs in slab_tables(rules)):
            engine.view("document_events", "events/documents")
            show_lines(engine, self._inputs, rules.cycle)

    def _write_slabs(self) -> WorkFile:
        return self._engine.write(
            f"program/{self._rules.program}",
            "slab_assignments",
            self._rules.cycle.name,
            "earning/slabs_assigned",
        )

    @property
    def _closed_on(self) -> date | None:
        """The business date that closes the cycle, or closed it; None while it is open."""
        return (self._carried.closed_on or self._inputs.today) if self._closed else None

    @cached_property
    def _times(self) -> list[Until]:
        """For which times slabs pay: the cycle, or the months that have begun."""
        cycle, today = self._rules.cycle, self._inputs.today
        if self._rules.governing.interim != "monthly":
            return [Until(cycle.end, None, not self._closed, self._closed_on)]
        found = []
        for month in self._inputs.program.calendar.months(cycle):
            if month.start > today and not self._closed:
                break
            is_projected = not self._closed and month.end > today
            first_on = None if is_projected else month.end
            found.append(Until(month.end, month.name, is_projected, first_on))
        return found

    @cached_property
    def _slab_stages(self) -> SlabStages:
        return SlabStages(self._engine, self._inputs, self._rules, self._sales_of)

    def _sales_of(self, cycle: Cycle, slabs: Slabs | None) -> WorkFile:
        """Net sales of a cycle, this or an earlier one, or of the lines that a table counts."""
        inputs = self._inputs
        with engine(self._engine.home) as other:
            rules = effective_rules(inputs.program, cycle)
            earning = Earning(other, inputs, rules, self._carried, closed=True)
            if slabs is None or slabs.categories is None:
                return earning.sales[-1]
            return earning._category_sales(slabs)

    def _category_sales(self, slabs: Slabs) -> WorkFile:
        rules, inputs = self._rules, self._inputs

        def compute() -> Sequence[WorkFile]:
            show_documents(self._engine, inputs, rules, rules.cycle)
            self._engine.view("document_events", "events/documents")
            show_lines(self._engine, inputs, rules.cycle)
            show_categories(self._engine, slabs)
            self._engine.view("category_documents", "earning/category_documents")
            return [write_category_sales(self._engine, rules)]

        found = digest(
            "categories",
            slabs.categories,
            sales_hash(inputs, rules.cycle, rules),
            lines_hash(inputs, rules.cycle),
        )
        return self._once("categories", found, compute)[0]

    @property
    def _merged(self) -> list[WorkFile]:
        """Kept with the cycle where partners may be merged, for what readers see of documents."""
        inputs, cycle = self._inputs, self._rules.cycle
        if not inputs.tables("instructions"):
            return []
        homes = inputs.homes(cycle)
        self._engine.values("homes", HOMES, homes.rows)
        self._engine.values("identities", IDENTITIES, homes.identities)
        return [
            self._engine.write(
                f"program/{self._rules.program}",
                "merged_partners",
                cycle.name,
                "earning/merged_partners",
                program=self._rules.program,
                cycle=cycle.name,
                cycle_start=cycle.start,
                cycle_end=cycle.end,
            )
        ]

    @property
    def _reads_documents(self) -> bool:
        rules = self._rules
        return (
            rules.governing.rounding.slab_grain == "document"
            or len(rules.segments) > 1
            or rules.governing.interim == "monthly"
            or bool(events_asked(rules) or unrolled(rules) or reads_tiers(rules))
            or any(slabs.categories for _, slabs in slab_tables(rules))
        )

    def _month(self, month: Month) -> WorkFile:
        """Net sales of one month, so that a late file computes no other month again."""

        def compute() -> Sequence[WorkFile]:
            show_documents(self._engine, self._inputs, self._rules, month)
            return [write_monthly_sales(self._engine, self._rules, month)]

        inputs = sales_hash(self._inputs, month, self._rules)
        return self._once(f"month-{month.name}", inputs, compute)[0]

    def _once(
        self, stage: str, inputs: str, compute: Callable[[], Sequence[WorkFile]]
    ) -> tuple[WorkFile, ...]:
        files = self._computed.files(stage, inputs)
        if not files:
            files = list(compute())
            self._computed.note(stage, inputs, files)
        return tuple(files)


def earn_cycle(
    engine: Engine,
    inputs: StagedInputs,
    rules: EffectiveRules,
    carried: Carried,
    *,
    closed: bool,
) -> Earned:
    """Compute a cycle from what is staged; see `Earning`."""
    return Earning(engine, inputs, rules, carried, closed=closed).all()
