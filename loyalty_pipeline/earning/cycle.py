"""What one cycle should have earned: aggregates, slabs and tiers, allocations.

Belongs here: the order of the stages, and reusing a stage whose inputs are the same. Not here:
the calculation, which is SQL in `sql/earning`, or posting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.program.calendar import Cycle
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
    monthly_sales: tuple[WorkFile, ...]
    cycle_sales: WorkFile
    slab_assignments: WorkFile
    allocations: WorkFile
    stages: Mapping[str, str]  # stage: hash of what it was computed from

    @property
    def files(self) -> tuple[WorkFile, ...]:
        """Everything a commit promotes."""
        return (*self.monthly_sales, self.cycle_sales, self.slab_assignments, self.allocations)


@dataclass(frozen=True)
class Before:
    """What the cycle's last commit promoted, and the hashes of what it was computed from."""

    stages: Mapping[str, str]
    promoted: Mapping[tuple[str, str], WorkFile]

    def reusable(self, stage: str, wanted: str, keys: list[tuple[str, str]]) -> list[WorkFile]:
        """The stage's files if they were computed from the same; none otherwise."""
        if self.stages.get(stage) != wanted:
            return []
        return [self.promoted[key] for key in keys if key in self.promoted]


def earn_cycle(
    engine: Engine,
    inputs: StagedInputs,
    rules: EffectiveRules,
    before: Before,
    *,
    closed: bool,
) -> Earned:
    """Compute a cycle from what is staged, stage by stage.

    Args:
        closed: the cycle has ended, so that its awards are to be posted and not only projected.
    """
    program, cycle = rules.program, rules.cycle
    scope = f"program/{program}"
    show_rules(engine, rules)
    show_documents(engine, inputs, rules)

    sales_hash = inputs.sales_hash(cycle, rules)
    monthly, cycle_sales = _sales(engine, scope, inputs, rules, before, sales_hash)
    engine.files("cycle_sales", [cycle_sales], tables.CYCLE_SALES)

    slab_hash = digest("slabs", cycle_sales.sha256, rules.hash)
    slabs = before.reusable("slabs", slab_hash, [("slab_assignments", cycle.name)])
    if not slabs:
        slabs = [_slabs(engine, scope, rules)]
    engine.files("slab_assignments", slabs, tables.SLAB_ASSIGNMENTS)

    table = "point_allocations" if closed else "projected_allocations"
    reads_documents = _reads_documents(rules)
    award_hash = digest(
        table, slabs[0].sha256, rules.hash, rules.version, sales_hash if reads_documents else None
    )
    awards = before.reusable("awards", award_hash, [(table, cycle.name)])
    if not awards:
        awards = [_awards(engine, scope, table, rules)]
    return Earned(
        cycle,
        rules,
        closed,
        tuple(monthly),
        cycle_sales,
        slabs[0],
        awards[0],
        {
            "staged": inputs.staged_hash(cycle),
            "sales": sales_hash,
            "slabs": slab_hash,
            "awards": award_hash,
        },
    )


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


def show_documents(engine: Engine, inputs: StagedInputs, rules: EffectiveRules) -> None:
    """Give SQL the cycle's documents, with what stands in the way of those that do not count."""
    documents = inputs.documents(rules.cycle)
    root = engine.home.root
    engine.files(
        "sales_documents", [file for _, file in documents], tables.SALES_DOCUMENTS, filename=True
    )
    engine.values(
        "input_files",
        (("path", "varchar"), ("source", "varchar")),
        [(str(root / file.path), source) for source, file in documents],
    )
    engine.files("partners", inputs.tables("partners"), tables.PARTNERS)
    engine.values(
        "settings",
        (("restate", "varchar"), ("before_enrolment", "varchar"), ("has_partner_feed", "boolean")),
        [(rules.governing.restate, rules.before_enrolment, inputs.has_partner_feed)],
    )
    engine.view("cycle_documents", "earning/cycle_documents")


def _sales(
    engine: Engine,
    scope: str,
    inputs: StagedInputs,
    rules: EffectiveRules,
    before: Before,
    sales_hash: str,
) -> tuple[list[WorkFile], WorkFile]:
    cycle = rules.cycle
    months = [month.name for month in inputs.program.calendar.months(cycle)]
    keys = [*(("monthly_sales", month) for month in months), ("cycle_sales", cycle.name)]
    known = before.reusable("sales", sales_hash, keys)
    if known:
        return known[:-1], known[-1]
    engine.table("sales_by_month", "earning/sales_by_month")
    program = rules.program
    monthly = [
        engine.write(
            scope, "monthly_sales", month, "earning/monthly_sales", program=program, month=month
        )
        for month in months
    ]
    cycle_sales = engine.write(
        scope, "cycle_sales", cycle.name, "earning/cycle_sales", program=program, cycle=cycle.name
    )
    return monthly, cycle_sales


def _slabs(engine: Engine, scope: str, rules: EffectiveRules) -> WorkFile:
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
        scope,
        "slab_assignments",
        rules.cycle.name,
        "earning/slab_assignments",
        program=rules.program,
        cycle=rules.cycle.name,
        last_segment=last_segment,
        tier_from=version.tiers.from_ if version.tiers else "none",
    )


def _awards(engine: Engine, scope: str, table: str, rules: EffectiveRules) -> WorkFile:
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
        scope,
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
