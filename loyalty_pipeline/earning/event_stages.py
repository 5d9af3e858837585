"""The awards of events of one cycle: tiers placed, rules asked, until both agree.

Belongs here: the order of the stages of events, and the rounds that settle tiers which events of
the cycle change themselves. Not here: the stages (`events`, `placing`, `event_awards`,
`allocations`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from loyalty_pipeline.earning.allocations import Allocations, show_cap_levels, show_rounding
from loyalty_pipeline.earning.carried import Carried, reads_tiers
from loyalty_pipeline.earning.event_awards import (
    EventRules,
    Found,
    events_asked,
    events_needed,
    keeps_reads,
    reads_quantity,
    unrolled,
)
from loyalty_pipeline.earning.events import show_events, show_lines, show_tenders
from loyalty_pipeline.earning.first_days import earlier_reads
from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.matching import show_fields
from loyalty_pipeline.earning.merges import IDENTITIES
from loyalty_pipeline.earning.placing import Placing
from loyalty_pipeline.earning.rule_tables import NOTICE_ACTIONS, TIER_ACTIONS
from loyalty_pipeline.earning.slab_tables import slab_tables
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

# Each round settles at least one more change of tier of every partner.
_ROUNDS = 500
_CHANGES = (
    ("partner_id", "varchar"),
    ("from_no", "bigint"),
    ("event_date", "date"),
    ("kind", "varchar"),
    ("tier_rank", "integer"),
    ("reached", "integer"),
    ("reason", "varchar"),
    ("action_order", "integer"),
)
_ACTIONS = (
    ("event", "varchar"),
    ("event_date", "date"),
    ("partner_id", "varchar"),
    ("event_no", "bigint"),
    ("rule", "varchar"),
    ("action", "varchar"),
    ("target_rank", "integer"),
    ("action_order", "integer"),
)
_NOT_READ = {
    "first_on": "cast(null as date)",
    "current_points": "cast(0 as decimal(18, 3))",
    "promised_points": "cast(0 as decimal(18, 3))",
    "total_points": "cast(0 as decimal(18, 3))",
}


class EventStages:
    """Evaluates events of a cycle; needs cycle_documents and the tables of `slabs.show_rules`."""

    def __init__(
        self,
        engine: Engine,
        inputs: StagedInputs,
        rules: EffectiveRules,
        carried: Carried,
        sales_before: Sequence[WorkFile],
    ) -> None:
        """`sales_before`: see `Placing`."""
        self._engine = engine
        self._placing = Placing(engine, inputs, rules, carried, sales_before)
        self._inputs = inputs
        self._rules = rules
        self._carried = carried
        self._allocations = Allocations(engine, rules, inputs.program.fiscal_start_month)
        self._found = Found()

    @property
    def allocations(self) -> Allocations:
        """The stages after awards."""
        return self._allocations

    def evaluate(self, period_awards: Sequence[str], closed_on: date | None) -> None:
        """Keep `capped_awards`: awards of events and the given ones of the cycle, after caps.

        `closed_on`: the day that closes the cycle, None while it is open. Rounds are needed only
        where events change tiers.
        """
        engine, rules = self._engine, self._rules
        show_rounding(engine, rules)
        show_cap_levels(engine, self._carried.cap_levels(rules.cycle))
        if self._reads:
            files = earlier_reads(self._inputs, rules, self._carried)
            engine.files("earlier_reads", files, tables.EVENT_READS)
        if not events_needed(rules):
            engine.values("reads", tables.EVENT_READS, [])
            self._cap(list(period_awards))
            return
        self._show_what_events_need()
        engine.values("tier_changes", _CHANGES, [])
        for _ in range(_ROUNDS):
            self._placing.place(
                changes_tiers=self._changes_tiers, is_read_often=self._is_asked_often
            )
            self._found = EventRules(engine, self._inputs, rules).ask()
            awards = self._allocations.rounded(self._found, closed_on)
            self._cap([*([awards] if awards else []), *period_awards])
            if not self._changes_tiers or not self._find_changes(is_projected=closed_on is None):
                return
        raise AssertionError(
            f"program {rules.program}, cycle {rules.cycle.name}: tiers did not settle in "
            f"{_ROUNDS} rounds; no partner may change tiers that often in one cycle"
        )

    def notices(self, *, is_projected: bool) -> list[WorkFile]:
        """Write the messages and coupons that events ask for, if rules have any, or had some.

        Rules that have none any more say so with a file of no rows: what is not sent is withdrawn.
        """
        if not self._has_actions(NOTICE_ACTIONS):
            if not self._carried.asked_for_notices(self._rules.cycle):
                return []
            return [self._no_notices()]
        self._show_actions(is_projected=is_projected)
        return [
            self._engine.write(
                f"program/{self._rules.program}",
                "event_actions",
                self._rules.cycle.name,
                "events/event_actions",
                program=self._rules.program,
                cycle=self._rules.cycle.name,
            )
        ]

    def _no_notices(self) -> WorkFile:
        self._engine.values("no_notices", tables.EVENT_ACTIONS, [])
        return self._engine.write(
            f"program/{self._rules.program}",
            "event_actions",
            self._rules.cycle.name,
            "events/no_notices",
        )

    def reads(self) -> list[WorkFile]:
        """Write what was read for events and first days of awards, if rules read anything."""
        if not self._reads:
            return []
        return [
            self._engine.write(
                f"program/{self._rules.program}",
                "event_reads",
                self._rules.cycle.name,
                "events/event_reads",
            )
        ]

    def grants(self) -> bool:
        """Keep `event_grants`: tiers that events granted; False where rules grant none."""
        tiers = self._rules.governing.tiers
        if tiers is None or not (tiers.crossed_by_sales or self._changes_tiers):
            return False
        self._engine.table("event_grants", "events/grants")
        return True

    def _show_what_events_need(self) -> None:
        engine, inputs, rules = self._engine, self._inputs, self._rules
        show_fields(engine, inputs)
        show_events(engine, inputs, rules, events_needed(rules), rules.cycle.last_day)
        needs_quantity = reads_quantity(rules, inputs)
        if needs_quantity or unrolled(rules):
            show_lines(engine, inputs, rules.cycle)
            if "tenders" in unrolled(rules):
                show_tenders(engine, inputs)
        relation = "events"
        if needs_quantity:
            engine.view("events_counted", "events/quantities", {"events_in": relation})
            relation = "events_counted"
        if self._reads:
            engine.keep("events")
            self._read()
            engine.view("events_read", "events/with_reads", {"events_in": relation})
        else:
            engine.derive("events_read", relation, _NOT_READ)
        if reads_tiers(rules):
            self._placing.show_holdings()
        if self._is_asked_often:
            engine.keep("events_read")

    @property
    def _is_asked_often(self) -> bool:
        """Whether events are read more than once, so that they are put in order only once."""
        rulesets = [s for one in self._rules.event_segments for s in one.version.rulesets]
        return len(rulesets) > 1 or self._changes_tiers

    @property
    def _reads(self) -> bool:
        """Whether days of first evaluation, or balances, are asked for."""
        return keeps_reads(self._rules, self._inputs)

    def _read(self) -> None:
        engine = self._engine
        homes = self._inputs.homes(self._rules.cycle)
        engine.files("entries", self._carried.entries, tables.ENTRIES)
        engine.values("identities", IDENTITIES, homes.identities)
        engine.table(
            "reads", "events/reads", reads={"events_in": "events"}, today=self._inputs.today
        )

    @property
    def _changes_tiers(self) -> bool:
        """Whether events change the tier of later events of the cycle by more than their sales."""
        tiers = self._rules.governing.tiers
        if tiers is None:
            return False
        has_events = bool(events_asked(self._rules))
        return has_events and (tiers.crossed_by_points or self._has_actions(TIER_ACTIONS))

    def _has_actions(self, kinds: Sequence[str]) -> bool:
        return any(
            action.kind in kinds
            for segment in self._rules.event_segments
            for ruleset in segment.version.rulesets
            if ruleset.event != "delayed_accrual"
            for rule in ruleset.rules
            for action in rule.then
        )

    def _cap(self, awards: list[str]) -> None:
        engine = self._engine
        if self._reads:
            awards = [self._in_turn(awards)]
        is_of_events = bool(events_asked(self._rules)) and not slab_tables(self._rules)
        capped = self._allocations.capped(awards, is_simple=is_of_events and self._found.is_simple)
        engine.alias("capped_awards", capped)
        if self._is_read_again:
            engine.keep("capped_awards")

    def _in_turn(self, awards: list[str]) -> str:
        """Awards with the day that first posted them, also those of the cycle and its months."""
        engine = self._engine
        engine.stack("awards_asked", awards)
        engine.keep("awards_asked")
        engine.table(
            "turns", "awards/turns", reads={"rows_in": "awards_asked"}, today=self._inputs.today
        )
        engine.view("awards_in_turn", "awards/in_turn", {"rows_in": "awards_asked"})
        return "awards_in_turn"

    @property
    def _is_read_again(self) -> bool:
        tiers = self._rules.governing.tiers
        return (
            self._changes_tiers
            or self._has_actions(NOTICE_ACTIONS)
            or (tiers is not None and tiers.from_ == "points_earned")
        )

    def _find_changes(self, *, is_projected: bool) -> bool:
        """Keep what changes of tier events came to; True if events were evaluated with others."""
        engine = self._engine
        self._show_actions(is_projected=is_projected)
        engine.view("tier_actions", "events/tier_actions", {"actions_in": "found_actions"})
        engine.table("found_changes", "events/tier_changes")
        if not engine.rows("events/changes_differ"):
            return False
        engine.table("tier_changes", "events/all_changes")
        return True

    def _show_actions(self, *, is_projected: bool) -> None:
        engine = self._engine
        if self._found.actions:
            engine.stack("all_actions", self._found.actions)
        else:
            engine.values("all_actions", _ACTIONS, [])
        query = "events/actions_so_far" if is_projected else "events/actions_of_all"
        engine.view("found_actions", query, {"actions_in": "all_actions"})
