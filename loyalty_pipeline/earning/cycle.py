"""What one cycle should have earned: aggregates, slabs and tiers, allocations.

Belongs here: the order of the stages, and reusing a stage whose inputs are the same. Not here:
the calculation, which is SQL in `sql/earning`, or posting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from loyalty_pipeline.earning.computed import Computed
from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.merges import HOMES
from loyalty_pipeline.earning.tiers import keep_earned, keep_no_holdings, measured_by
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.program.calendar import Calendar, Cycle, Month
from loyalty_pipeline.program.relations import relations_of
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

# Raw points are kept in whole units of 10^-8 (amount in cents x rate in millionths).
_RAW_DECIMALS = 8


@dataclass(frozen=True)
class Earned:
    """The candidate files of a cycle. `allocations` are projected while the cycle is open."""

    cycle: Cycle
    rules: EffectiveRules
    closed: bool
    counted: tuple[WorkFile, ...]  # claims by month, and partners that count as another one
    sales: tuple[WorkFile, ...]  # of each month, and at last of the cycle
    slab_assignments: WorkFile
    holdings: tuple[WorkFile, ...]  # the tiers it grants; none while it is open
    allocations: WorkFile
    staged_hash: str  # of what is staged that it was computed from

    @property
    def files(self) -> tuple[WorkFile, ...]:
        """Everything a commit promotes."""
        return (
            *self.counted,
            *self.sales,
            self.slab_assignments,
            *self.holdings,
            self.allocations,
        )


class Earning:
    """A cycle in the making: asked for a stage, it computes those before it, each once."""

    def __init__(
        self, engine: Engine, inputs: StagedInputs, rules: EffectiveRules, *, closed: bool
    ) -> None:
        """With `closed` the cycle has ended: its awards are to be posted and not only projected."""
        self._engine = engine
        self._inputs = inputs
        self._rules = rules
        self._closed = closed
        self._computed = Computed(engine.home, rules.program, rules.cycle)

    @cached_property
    def sales(self) -> tuple[WorkFile, ...]:
        """Net sales of each month, and at last of the cycle."""
        rules = self._rules
        months = [self._month(m) for m in self._inputs.program.calendar.months(rules.cycle)]

        def compute() -> Sequence[WorkFile]:
            self._engine.files("sales_of_months", months, tables.MONTHLY_SALES)
            return [_cycle_sales(self._engine, rules)]

        inputs = digest("sales", [file.sha256 for file in months])
        return (*months, *self._once("sales", inputs, compute))

    @cached_property
    def slabs(self) -> WorkFile:
        """Slab, rate and tier of each partner."""
        cycle_sales = self.sales[-1]

        def compute() -> Sequence[WorkFile]:
            show_rules(self._engine, self._rules)
            self._engine.files("cycle_sales", [cycle_sales], tables.CYCLE_SALES)
            return [_slabs(self._engine, self._rules)]

        inputs = digest("slabs", cycle_sales.sha256, self._rules.hash)
        return self._once("slabs", inputs, compute)[0]

    @cached_property
    def holdings(self) -> tuple[WorkFile, ...]:
        """What each partner holds for the tier that the cycle earned, once it is closed."""
        rules, slabs, calendar = self._rules, self.slabs, self._inputs.program.calendar
        if not self._closed:
            return ()

        def compute() -> Sequence[WorkFile]:
            show_rules(self._engine, rules)
            self._engine.files("slab_assignments", [slabs], tables.SLAB_ASSIGNMENTS)
            return [_holdings(self._engine, rules, calendar)]

        inputs = digest("holdings", slabs.sha256, rules.hash, calendar.fiscal_start_month)
        return self._once("holdings", inputs, compute)

    @cached_property
    def awards(self) -> WorkFile:
        """What each partner should have earned; projected while the cycle is open."""
        rules, slabs, cycle_sales = self._rules, self.slabs, self.sales[-1]
        table = "point_allocations" if self._closed else "projected_allocations"

        def compute() -> Sequence[WorkFile]:
            show_rules(self._engine, rules)
            show_documents(self._engine, self._inputs, rules, rules.cycle)
            self._engine.files("cycle_sales", [cycle_sales], tables.CYCLE_SALES)
            self._engine.files("slab_assignments", [slabs], tables.SLAB_ASSIGNMENTS)
            return [_awards(self._engine, table, rules)]

        documents = self._sales_hash if _reads_documents(rules) else None
        inputs = digest(table, slabs.sha256, rules.hash, rules.version, documents)
        return self._once("awards", inputs, compute)[0]

    def all(self) -> Earned:
        """Every stage."""
        return Earned(
            self._rules.cycle,
            self._rules,
            self._closed,
            (*self._inputs.claims(self._rules.cycle), *self._merged),
            self.sales,
            self.slabs,
            self.holdings,
            self.awards,
            self._inputs.staged_hash(self._rules.cycle),
        )

    @property
    def _merged(self) -> list[WorkFile]:
        """Kept with the cycle where partners may be merged, for what readers see of documents."""
        inputs, cycle = self._inputs, self._rules.cycle
        if not inputs.tables("instructions"):
            return []
        self._engine.values("homes", HOMES, inputs.homes(cycle).rows)
        return [
            self._engine.write(
                _scope(self._rules),
                "merged_partners",
                cycle.name,
                "earning/merged_partners",
                program=self._rules.program,
                cycle=cycle.name,
                cycle_start=cycle.start,
                cycle_end=cycle.end,
            )
        ]

    @cached_property
    def _sales_hash(self) -> str:
        return self._inputs.sales_hash(self._rules.cycle, self._rules)

    def _month(self, month: Month) -> WorkFile:
        """Net sales of one month, so that a late file computes no other month again."""

        def compute() -> Sequence[WorkFile]:
            show_documents(self._engine, self._inputs, self._rules, month)
            return [_monthly_sales(self._engine, self._rules, month)]

        inputs = self._inputs.sales_hash(month, self._rules)
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
    engine: Engine, inputs: StagedInputs, rules: EffectiveRules, *, closed: bool
) -> Earned:
    """Compute a cycle from what is staged; see `Earning`."""
    return Earning(engine, inputs, rules, closed=closed).all()


def show_rules(engine: Engine, rules: EffectiveRules) -> None:
    """Give SQL the rules of the cycle as tables."""
    for name, relation in relations_of(rules).items():
        engine.values(name, relation.columns, relation.rows)
    caps = [(number, cap.id, cap.points) for number, cap in enumerate(rules.governing.caps)]
    engine.values(
        "caps",
        (("cap_no", "integer"), ("cap_id", "varchar"), ("points", "decimal(18, 3)")),
        caps,
    )
    engine.values(
        "segments",
        (("segment_no", "integer"), ("segment_from", "date"), ("segment_to", "date")),
        [(number, s.start, s.end_exclusive) for number, s in enumerate(rules.segments)],
    )


def show_documents(
    engine: Engine, inputs: StagedInputs, rules: EffectiveRules, period: Cycle
) -> None:
    """Give SQL documents and claims of a cycle, or a month of it, and what is in their way."""
    documents = inputs.documents(period)
    root = engine.home.root
    engine.files(
        "sales_documents", [file for _, file in documents], tables.SALES_DOCUMENTS, filename=True
    )
    engine.values(
        "input_files",
        (("path", "varchar"), ("source", "varchar")),
        [(str(root / file.path), source) for source, file in documents],
    )
    engine.files("claims", inputs.claims(period), tables.MONTH_CLAIMS)
    engine.values("homes", HOMES, inputs.homes(period).rows)
    engine.files("partners", inputs.tables("partners"), tables.PARTNERS)
    engine.values(
        "settings",
        (("restate", "varchar"), ("before_enrolment", "varchar"), ("has_partner_feed", "boolean")),
        [(rules.governing.restate, rules.before_enrolment, inputs.has_partner_feed)],
    )
    engine.view("cycle_documents", "earning/cycle_documents")


def _monthly_sales(engine: Engine, rules: EffectiveRules, month: Month) -> WorkFile:
    return engine.write(
        _scope(rules),
        "monthly_sales",
        month.name,
        "earning/monthly_sales",
        program=rules.program,
        month=month.name,
    )


def _cycle_sales(engine: Engine, rules: EffectiveRules) -> WorkFile:
    return engine.write(
        _scope(rules),
        "cycle_sales",
        rules.cycle.name,
        "earning/cycle_sales",
        program=rules.program,
        cycle=rules.cycle.name,
    )


def _slabs(engine: Engine, rules: EffectiveRules) -> WorkFile:
    version = rules.governing
    last_segment = len(rules.segments) - 1
    engine.table(
        "slab_starts",
        "earning/slab_starts",
        mode=version.slabs.mode if version.slabs else "whole",
        last_segment=last_segment,
        **_rounding(rules),
    )
    return engine.write(
        _scope(rules),
        "slab_assignments",
        rules.cycle.name,
        "earning/slab_assignments",
        program=rules.program,
        cycle=rules.cycle.name,
        last_segment=last_segment,
        tier_from=version.tiers.from_ if version.tiers else "none",
    )


def _holdings(engine: Engine, rules: EffectiveRules, calendar: Calendar) -> WorkFile:
    tiers, cycle = rules.governing.tiers, rules.cycle
    engine.table(
        "earned",
        "tiers/earned_reasons",
        cycle=cycle.name,
        measured_by=measured_by(tiers),
    )
    keep_earned(engine, tiers, calendar, cycle)
    keep_no_holdings(engine, ["granted_holdings", "override_holdings"])
    return engine.write(
        _scope(rules),
        "tier_holdings",
        cycle.name,
        "tiers/tier_holdings",
        program=rules.program,
        cycle=cycle.name,
        cycle_start=cycle.start,
        cycle_end=cycle.end,
    )


def _awards(engine: Engine, table: str, rules: EffectiveRules) -> WorkFile:
    version = rules.governing
    grain = version.rounding.slab_grain
    mode = version.slabs.mode if version.slabs else "whole"
    if grain == "document":
        engine.view("contributions", "earning/contributions_by_document")
    elif len(rules.segments) > 1:
        engine.view("contributions", "earning/contributions_by_segment")
    else:
        engine.view("contributions", "earning/contributions_by_cycle")
    engine.table("slab_points", f"earning/slab_points_{mode}", grain=grain, **_rounding(rules))
    return engine.write(
        _scope(rules),
        table,
        rules.cycle.name,
        "earning/point_allocations",
        program=rules.program,
        cycle=rules.cycle.name,
        event_date=rules.cycle.last_day,
        accrual_date=accrual_date(rules),
        rules_version=rules.version,
        rules_hash=rules.hash,
    )


def _scope(rules: EffectiveRules) -> str:
    return f"program/{rules.program}"


def accrual_date(rules: EffectiveRules) -> date | None:
    """When the cycle's award becomes current: event date + delay + 1; None for direct points.

    SPEC 5, Promised points: 1 April with 7 days is 9 April.
    """
    slabs = rules.governing.slabs
    if slabs is None or slabs.delayed_accrual is None:
        return None
    return rules.cycle.last_day + timedelta(days=slabs.delayed_accrual + 1)


def _rounding(rules: EffectiveRules) -> dict[str, object]:
    rounding = rules.governing.rounding
    return {
        "step": 10 ** (_RAW_DECIMALS - rounding.decimals),
        "rounding_mode": rounding.mode,
    }


def _reads_documents(rules: EffectiveRules) -> bool:
    return rules.governing.rounding.slab_grain == "document" or len(rules.segments) > 1
