"""The tier at which each event is judged, and the parts of one that crosses a threshold.

Belongs here: tiers held on the dates of events, and what sales reach. Not here: how long a tier is
held (`tiers`), or the rounds that settle tiers which events change (`event_stages`).
"""

from __future__ import annotations

from collections.abc import Sequence

from loyalty_pipeline.earning.carried import Carried, reads_tiers
from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.tiers import keep_overrides, keep_stretches
from loyalty_pipeline.program.tier_rules import Tiers
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

_STEPS = (
    ("thresholds", "decimal(18, 3)[]"),
    ("tiers", "varchar[]"),
    ("crossing", "varchar"),
    ("by_points", "boolean"),
)
_SILENT = (
    ("partner_id", "varchar"),
    ("from_no", "bigint"),
    ("event_date", "date"),
    ("document_no", "varchar"),
    ("tier_rank", "integer"),
)
# Where returns reduce their original, what is left of an event's document is all that moves sales.
_OF_EVENTS = {
    "sales": "coalesce(amount, 0)",
    "move_no": "event_no",
    "from_no": "event_no + 1",
}
_NO_TIER = {
    "tier": "cast(null as varchar)",
    "tier_rank": "cast(null as integer)",
    "tier_is_set": "false",
    "part_no": "1",
    "part_amount": "amount",
    "reached_before": "0",
    "reached_after": "0",
}


class Placing:
    """Places events of a cycle; needs events_read, tiers and homes."""

    def __init__(
        self,
        engine: Engine,
        inputs: StagedInputs,
        rules: EffectiveRules,
        carried: Carried,
        sales_before: Sequence[WorkFile],
    ) -> None:
        """`sales_before`: net sales of the earlier cycles of a window that earns tiers."""
        self._engine = engine
        self._inputs = inputs
        self._rules = rules
        self._carried = carried
        self._sales_before = sales_before

    def show_holdings(self) -> None:
        """Give SQL the tiers held by what earlier cycles and instructions say: tier_stretches."""
        engine, inputs = self._engine, self._inputs
        engine.files(
            "earlier_holdings", self._carried.holdings(self._rules.cycle), tables.TIER_HOLDINGS
        )
        engine.files("instructions", inputs.tables("instructions"), staged_tables.INSTRUCTIONS)
        keep_overrides(engine, inputs.homes(self._rules.cycle))
        engine.table("holdings", "tiers/known_holdings")
        keep_stretches(engine)
        engine.alias("tier_stretches", "stretches")

    def place(self, *, changes_tiers: bool, is_read_often: bool) -> None:
        """Give SQL events with tier and part, events_placed, and silent_crossings.

        `changes_tiers`: tier_changes hold what events of the cycle do to tiers.
        """
        engine, tiers = self._engine, self._rules.governing.tiers
        engine.values("silent_crossings", _SILENT, [])
        if tiers is None or not reads_tiers(self._rules):
            engine.derive("events_placed", "events_read", _NO_TIER)
            return
        engine.view("events_held", "events/with_tier", {"events_in": "events_read"})
        self._show_steps(tiers)
        by_sales = tiers.crossed_by_sales
        if by_sales:
            engine.files("window_sales", self._sales_before, tables.CYCLE_SALES)
            engine.table("levels_before", "earning/levels_before")
            self._show_crossings()
        else:
            engine.view("events_crossed", "events/set_by_history", {"events_in": "events_held"})
        relation = "events_crossed"
        if changes_tiers:
            engine.view("events_changed", "events/changed", {"events_in": relation})
            relation = "events_changed"
        if by_sales:
            engine.view("events_placed", "events/parted", {"events_in": relation})
        else:
            engine.alias("events_placed", relation)
        if is_read_often or by_sales:
            engine.keep("events_placed")

    def _show_crossings(self) -> None:
        engine, rules = self._engine, self._rules
        if rules.governing.restate != "own_cycle":
            engine.derive("moves", "events_held", _OF_EVENTS)
            engine.view("moves_crossed", "events/crossing")
        else:
            engine.table(
                "moves",
                "events/sales_moves",
                reads={"events_in": "events_held"},
                cycle_start=rules.cycle.start,
            )
            engine.table("moves_crossed", "events/crossing")
            reads = {"moves_in": "moves_crossed"}
            engine.view("silent_crossings", "events/silent_crossings", reads)
        engine.view("events_crossed", "events/moves_of_events", {"moves_in": "moves_crossed"})

    def _show_steps(self, tiers: Tiers) -> None:
        thresholds = dict(tiers.thresholds or {})
        if tiers.from_ == "slab" and self._rules.governing.slabs:
            for band in self._rules.governing.slabs.bands:
                if band.tier is not None:
                    thresholds.setdefault(band.tier, band.from_)
        # A tier that nothing reaches lies where the one above it does.
        steps = [thresholds.get(tier) for tier in tiers.order[1:]]
        for place in range(len(steps) - 2, -1, -1):
            steps[place] = steps[place] if steps[place] is not None else steps[place + 1]
        self._engine.values(
            "tier_steps",
            _STEPS,
            [
                (
                    [step for step in steps if step is not None],
                    list(tiers.order),
                    tiers.crossing,
                    tiers.crossed_by_points,
                )
            ],
        )
