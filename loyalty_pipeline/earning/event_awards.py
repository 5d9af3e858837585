"""What rules make of events: matches, awards before caps, promotions, other actions.

Belongs here: asking every ruleset of every version about its events, forwarding, and rounding.
Not here: which events there are (`events`), caps and terms (`allocations`).
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.matching import (
    columns_in,
    decorate,
    match_rules,
    parse_conditions,
    show_lists,
)
from loyalty_pipeline.earning.notice_fields import fields_named, named_by
from loyalty_pipeline.earning.rule_tables import (
    NOTICE_ACTIONS,
    TIER_ACTIONS,
    placed_rules,
    show_rules,
    show_strategies,
)
from loyalty_pipeline.program.columns import Column, custom_fields
from loyalty_pipeline.program.conditions import Condition
from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.rulesets import EventName, Ruleset
from loyalty_pipeline.program.strategies import FieldBasis
from loyalty_pipeline.program.versions import EffectiveRules, Segment
from loyalty_pipeline.warehouse.engine import Engine

_ASKED = (
    ("event", "varchar"),
    ("seen_from", "date"),
    ("seen_to", "date"),
    ("has_claim", "boolean"),
)
# What awards read of a match; where a set does not see it, it is null.
_OF_EVERY_MATCH = {
    "unit": "cast(null as varchar)",
    "line_no": "cast(null as integer)",
    "unit_amount": "cast(null as decimal(18, 2))",
    "unit_quantity": "cast(null as decimal(18, 3))",
    "quantity": "cast(null as decimal(18, 3))",
    "partner_custom": "cast(null as varchar)",
    "store_custom": "cast(null as varchar)",
}


@dataclass
class Found:
    """The relations that asking the rules of a cycle came to."""

    raw: list[str] = field(default_factory=list)  # awards before rounding, with promotion_order
    actions: list[str] = field(default_factory=list)
    is_simple: bool = True  # every award is a whole by itself: see awards/rounded_alone


def events_asked(rules: EffectiveRules) -> set[EventName]:
    """The events for which some version in force in the cycle has rules, delayed ones apart."""
    return {
        ruleset.event
        for segment in rules.event_segments
        for ruleset in segment.version.rulesets
        if ruleset.event is not None and ruleset.event != "delayed_accrual"
    }


def events_needed(rules: EffectiveRules) -> set[EventName]:
    """The events to be put in order: those asked, and documents whose sales cross into a tier."""
    tiers = rules.governing.tiers
    crossing: set[EventName] = {"transaction"} if tiers and tiers.crossed_by_sales else set()
    return events_asked(rules) | crossing


def unrolled(rules: EffectiveRules) -> set[str]:
    """What rules of the cycle are asked of: lines, tenders."""
    return {
        ruleset.unroll
        for segment in rules.event_segments
        for ruleset in segment.version.rulesets
        if ruleset.unroll is not None
    }


def reads_quantity(rules: EffectiveRules, inputs: StagedInputs) -> bool:
    """Whether anything asks for the pieces of a document, which its lines know."""
    return any(
        strategy.basis == "quantity"
        for segment in rules.event_segments
        for strategy in segment.version.strategies
    ) or any("quantity" in names for names in _all_names(rules, inputs))


def keeps_reads(rules: EffectiveRules, inputs: StagedInputs) -> bool:
    """Whether days of first evaluation, or balances, are asked for, and so are kept."""
    return (
        reads_balances(rules, inputs)
        or any(cap.per == "program" for cap in rules.governing.caps)
        or any(
            strategy.delay_from == "posting"
            for segment in rules.event_segments
            for strategy in segment.version.strategies
        )
    )


def reads_balances(rules: EffectiveRules, inputs: StagedInputs) -> bool:
    """Whether any condition, or text of a message, asks for points of the partner."""
    balances = {"current_points", "promised_points", "total_points"}
    return any(balances & names for names in _all_names(rules, inputs))


def _all_names(rules: EffectiveRules, inputs: StagedInputs) -> Iterable[Set[str]]:
    """What conditions and texts of messages name."""
    for condition in _all_conditions(rules, inputs):
        yield condition.columns
    for segment in rules.event_segments:
        for ruleset in segment.version.rulesets:
            if ruleset.event != "delayed_accrual":
                yield named_by(segment.version, ruleset.messages)


def _all_conditions(rules: EffectiveRules, inputs: StagedInputs) -> Iterable[Condition]:
    for segment in rules.event_segments:
        asking = _Asking(segment.version, inputs)
        for ruleset in segment.version.rulesets:
            if ruleset.event is not None and ruleset.event != "delayed_accrual":
                yield from asking.conditions_below(ruleset, ruleset.event, set())


class _Asking:
    """The rules of one version, parsed for the events they are asked about."""

    def __init__(self, version: Version, inputs: StagedInputs) -> None:
        self.version = version
        self._custom = custom_fields(inputs.program)
        self._sets = {ruleset.id: ruleset for ruleset in version.rulesets if ruleset.id}

    def conditions(
        self, ruleset: Ruleset, event: EventName
    ) -> tuple[list[Condition], dict[str, Column]]:
        """The conditions of a set on an event, and the columns they may name."""
        unroll = None if ruleset.use_proportions else ruleset.unroll
        texts = [rule.when for rule in ruleset.rules]
        return parse_conditions(texts, event, unroll, self.version, self._custom)

    def conditions_below(
        self, ruleset: Ruleset, event: EventName, seen: set[str]
    ) -> Iterable[Condition]:
        yield from self.conditions(ruleset, event)[0]
        for target, _ in self.forwards(ruleset):
            if target.name not in seen:
                seen.add(target.name)
                yield from self.conditions_below(target, event, seen)

    def forwards(self, ruleset: Ruleset) -> list[tuple[Ruleset, list[int]]]:
        """The sets that rules of this one forward to, with the numbers of those rules."""
        found: dict[str, list[int]] = {}
        for number, rule in enumerate(ruleset.rules, start=1):
            for action in rule.then:
                if action.forward is not None:
                    found.setdefault(action.forward, []).append(number)
        return [(self._sets[name], numbers) for name, numbers in found.items()]

    def fields(self, ruleset: Ruleset) -> set[str]:
        """Whose custom fields strategies of this set are based on: partner, store."""
        strategies = {strategy.id: strategy for strategy in self.version.strategies}
        found = set()
        for rule in ruleset.rules:
            for action in rule.then:
                basis = strategies[action.allocate].basis if action.allocate else None
                if isinstance(basis, FieldBasis):
                    found |= set(basis.model_dump(exclude_none=True)) - {"document"}
        return found


class EventRules:
    """Asks the rules of a cycle about its events, version by version."""

    def __init__(self, engine: Engine, inputs: StagedInputs, rules: EffectiveRules) -> None:
        self._engine = engine
        self._inputs = inputs
        self._rules = rules
        self._number = 0
        self._found = Found()
        self._tiers = rules.governing.tiers.order if rules.governing.tiers else ()

    def ask(self) -> Found:
        """Ask about the relation `events_placed` (events with tier and part)."""
        for segment in self._rules.event_segments:
            self._segment(segment)
        return self._found

    def _segment(self, segment: Segment) -> None:
        version, engine = segment.version, self._engine
        asking = _Asking(version, self._inputs)
        show_lists(engine, version)
        strategies = show_strategies(engine, version.label.replace("-", "_"), version)
        has_claim = any(ruleset.event == "claim" for ruleset in version.rulesets)
        raw, promotions = len(self._found.raw), list[str]()
        for ruleset in version.rulesets:
            if ruleset.event is None or ruleset.event == "delayed_accrual":
                continue
            name = self._next("asked")
            row = (ruleset.event, segment.start, segment.end_exclusive, has_claim)
            engine.values(f"{name}_of", _ASKED, [row])
            engine.view(
                name,
                "events/of_ruleset",
                {"events_in": "events_placed", "asked": f"{name}_of"},
            )
            self._set(asking, ruleset, ruleset.event, name, strategies, promotions)
        self._multiply(raw, promotions, strategies)

    def _set(
        self,
        asking: _Asking,
        ruleset: Ruleset,
        event: EventName,
        events: str,
        strategies: dict[str, str],
        promotions: list[str],
    ) -> None:
        """Ask one set about events, and those it forwards to about what it forwards."""
        engine, version = self._engine, asking.version
        conditions, known = asking.conditions(ruleset, event)
        unroll = None if ruleset.use_proportions else ruleset.unroll
        named = fields_named(version, ruleset.messages, known)
        wanted = {one.name: one for one in (*columns_in(conditions, known), *named.columns)}
        name = self._next("match")
        relation = decorate(
            engine, f"{name}_seen", events, wanted.values(), fields=asking.fields(ruleset)
        )
        there = engine.columns(relation)
        missing = {column: null for column, null in _OF_EVERY_MATCH.items() if column not in there}
        proportions = "true" if ruleset.use_proportions else "false"
        engine.derive(
            f"{name}_whole",
            relation,
            {
                **missing,
                "uses_proportions": proportions,
                "rules_version": f"'{version.label}'",
                "fields": named.expression,
                "base_points": "points" if event == "scan" else "cast(null as decimal(18, 3))",
            },
        )
        match_rules(engine, name, f"{name}_whole", conditions, ruleset.match)
        kinds = {action.kind for rule in ruleset.rules for action in rule.then}
        if len(self._rules.event_segments) > 1 or kinds - {"allocate"}:
            engine.keep(name)
        tables = show_rules(engine, name, version, placed_rules(version, ruleset), self._tiers)
        reads = {"matched": name, **strategies, **tables}
        if "allocate" in kinds:
            engine.view(f"{name}_valued", "awards/valued", reads)
            bounds = "awards/bounded_in_parts" if self._has_parts(version) else "awards/bounded"
            engine.view(f"{name}_bounded", bounds, {"valued": f"{name}_valued"})
            engine.view(f"{name}_raw", "awards/raw", {"bounded": f"{name}_bounded"})
            self._found.raw.append(f"{name}_raw")
            self._found.is_simple = self._found.is_simple and unroll is None
        if "multiply" in kinds:
            engine.table(f"{name}_promotions", "events/promotions", reads=reads)
            promotions.append(f"{name}_promotions")
        if kinds & {*NOTICE_ACTIONS, *TIER_ACTIONS}:
            engine.table(f"{name}_actions", "events/actions", reads=reads)
            self._found.actions.append(f"{name}_actions")
        for target, numbers in asking.forwards(ruleset):
            forwarded = self._forward(name, events, target, numbers)
            self._set(asking, target, event, forwarded, strategies, promotions)

    def _forward(self, matched: str, events: str, target: Ruleset, numbers: list[int]) -> str:
        engine, name = self._engine, self._next("forward")
        engine.values(f"{name}_by", (("rule_no", "integer"),), [(number,) for number in numbers])
        engine.view(
            name,
            "events/forwarded",
            {"events_in": events, "matched": matched, "forwarding": f"{name}_by"},
        )
        if target.use_proportions or target.unroll is None:
            return name
        query = {"lines": "events/by_line", "tenders": "events/by_tender"}[target.unroll]
        engine.view(f"{name}_units", query, {"events_in": name})
        return f"{name}_units"

    def _multiply(self, first: int, promotions: list[str], strategies: dict[str, str]) -> None:
        """Add what promotions of a version make of its awards."""
        engine, found = self._engine, self._found
        awards = found.raw[first:]
        if not awards or not promotions:
            return
        name = self._next("promoted")
        engine.stack(f"{name}_awards", awards)
        engine.keep(f"{name}_awards")
        engine.stack(f"{name}_by", promotions)
        engine.view(
            name,
            "awards/promoted",
            {
                "awards_in": f"{name}_awards",
                "promotions_matched": f"{name}_by",
                **strategies,
            },
        )
        found.raw[first:] = [name]
        found.is_simple = False

    def _has_parts(self, version: Version) -> bool:
        """Whether a document may have two sides of which something is asked together."""
        tiers = self._rules.governing.tiers
        return (
            tiers is not None
            and tiers.crossing == "split"
            and any(
                (one.per, one.minimum, one.maximum) != (None, None, None)
                for one in version.strategies
            )
        )

    def _next(self, what: str) -> str:
        self._number += 1
        return f"{what}_{self._number}"
