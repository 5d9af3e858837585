"""The tiers that a cycle grants: at its close, by its events, and those set by hand.

Belongs here: which grants there are, and writing them as holdings. Not here: how long a grant is
held (`tiers`), or which document crosses a threshold (`placing`).
"""

from __future__ import annotations

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.slabs import SlabStages
from loyalty_pipeline.earning.tiers import (
    keep_earned,
    keep_granted,
    keep_no_holdings,
    keep_overrides,
    measured_by,
)
from loyalty_pipeline.program.tier_rules import Tiers, Window
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile


class Granting:
    """Writes the holdings of a cycle; needs slab_assigned and what `slabs` gives SQL."""

    def __init__(
        self,
        engine: Engine,
        inputs: StagedInputs,
        rules: EffectiveRules,
        slab_stages: SlabStages,
        *,
        is_closed: bool,
    ) -> None:
        self._engine = engine
        self._inputs = inputs
        self._rules = rules
        self._slab_stages = slab_stages
        self._is_closed = is_closed

    def write(self, *, has_grants: bool) -> list[WorkFile]:
        """Write tier_holdings, if any may be. `has_grants`: event_grants are kept."""
        engine, inputs, rules = self._engine, self._inputs, self._rules
        tiers, cycle = rules.governing.tiers, rules.cycle
        keep_no_holdings(engine, ["earned_holdings", "granted_holdings", "override_holdings"])
        if not self._is_closed and not has_grants and not inputs.set_tiers:
            return []
        if tiers is not None:
            self._keep(tiers, has_grants=has_grants)
        return [
            engine.write(
                f"program/{rules.program}",
                "tier_holdings",
                cycle.name,
                "tiers/tier_holdings",
                program=rules.program,
                cycle=cycle.name,
                cycle_start=cycle.start,
                cycle_end=cycle.end,
            )
        ]

    def _keep(self, tiers: Tiers, *, has_grants: bool) -> None:
        engine, inputs, cycle = self._engine, self._inputs, self._rules.cycle
        calendar = inputs.program.calendar
        if self._is_closed:
            self._keep_what_earned(tiers)
            keep_earned(engine, tiers, calendar, cycle)
        if has_grants:
            engine.alias("grants", "event_grants")
            keep_granted(engine, tiers, calendar, cycle)
        engine.files("instructions", inputs.tables("instructions"), staged_tables.INSTRUCTIONS)
        keep_overrides(engine, inputs.homes())

    def _keep_what_earned(self, tiers: Tiers) -> None:
        """Keep `earned`: the tier of each partner that the cycle earned, and why."""
        by_window = isinstance(tiers.from_, Window)
        if by_window:
            self._slab_stages.reach()
        # By a window or by points also partners without sales in the cycle earn one.
        by_itself = by_window or tiers.from_ == "points_earned"
        self._engine.table(
            "earned",
            "earning/earned_as_reached" if by_itself else "tiers/earned_reasons",
            reads={} if by_itself else {"slab_assignments": "slab_assigned"},
            cycle=self._rules.cycle.name,
            measured_by=measured_by(tiers),
        )
