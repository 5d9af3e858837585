"""The rules of events as relations, the form in which SQL reads them.

Belongs here: strategies, actions and multiples of one version as small tables of whole numbers.
Not here: slabs, tiers and caps (`program.relations`), conditions (`matching`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.rulesets import Rule, Ruleset
from loyalty_pipeline.program.strategies import FieldBasis, Strategy
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.tables import Columns

_AWARDS = (
    ("rule_no", "integer"),
    ("rule", "varchar"),
    ("rule_order", "integer"),
    ("strategy", "varchar"),
    ("type", "varchar"),
    ("basis", "varchar"),
    ("field", "varchar"),
    ("per_thousandths", "bigint"),
    ("minimum_units", "bigint"),
    ("maximum_units", "bigint"),
    ("figure", "bigint"),
)
_FIGURES = (("strategy", "varchar"), ("tier", "varchar"), ("figure", "bigint"))
_ALL_TIERS = (("strategy", "varchar"), ("figure", "bigint"))
_PROMOTIONS = (("rule_no", "integer"), ("promotion", "varchar"), ("promotion_order", "bigint"))
_BASES = (("promotion", "varchar"), ("strategy", "varchar"))
_ACTIONS = (
    ("rule_no", "integer"),
    ("rule", "varchar"),
    ("action_order", "integer"),
    ("action", "varchar"),
    ("target", "varchar"),
    ("target_rank", "integer"),
)
_TERMS = (
    ("strategy", "varchar"),
    ("tranche", "integer"),
    ("share", "bigint"),
    ("delay", "integer"),
    ("delay_from", "varchar"),
)
NOTICE_ACTIONS = ("message", "coupon")
TIER_ACTIONS = ("set_tier", "upgrade_tier")


@dataclass(frozen=True)
class Placed:
    """A rule with its place among all rules of a version, which orders awards and promotions."""

    rule: Rule
    place: int


def placed_rules(version: Version, ruleset: Ruleset) -> list[Placed]:
    """The rules of a set, each with its place in the file."""
    place, found = 0, []
    for one in version.rulesets:
        for rule in one.rules:
            place += 1000  # leaves room for the actions of a rule
            if one is ruleset:
                found.append(Placed(rule, place))
    return found


def show_strategies(engine: Engine, suffix: str, version: Version) -> dict[str, str]:
    """Give SQL what strategies pay by tier, and what multipliers multiply.

    Returns under which names SQL files see the relations; `suffix` keeps versions apart.
    """
    tiers = tuple(
        {tier for one in version.strategies if isinstance(one.value, dict) for tier in one.value}
    )
    by_tier, for_all = [], []
    for strategy in version.strategies:
        for tier, figure in strategy.by_tier(tiers).items():
            if tier is None:
                for_all.append((strategy.id, _scaled(strategy, figure)))
            else:
                by_tier.append((strategy.id, tier, _scaled(strategy, figure)))
    bases = [(one.id, base) for one in version.strategies for base in one.of or ()]
    return _shown(
        engine,
        suffix,
        {
            "strategy_figures": (_FIGURES, by_tier),
            "figures_of_all": (_ALL_TIERS, for_all),
            "promotion_bases": (_BASES, bases),
            "stacking": ((("stacking", "varchar"),), [(version.stacking or "best",)]),
        },
    )


def show_rules(
    engine: Engine,
    suffix: str,
    version: Version,
    rules: Sequence[Placed],
    tiers: Sequence[str],
) -> dict[str, str]:
    """Give SQL what the rules of one set do: rule_awards, rule_promotions, rule_actions."""
    ranks = {tier: rank for rank, tier in enumerate(tiers)}
    return _shown(
        engine,
        suffix,
        {
            "rule_awards": (_AWARDS, list(_awards(version, rules))),
            "rule_promotions": (_PROMOTIONS, list(_promotions(rules))),
            "rule_actions": (_ACTIONS, list(_actions(rules, ranks))),
        },
    )


def _shown(
    engine: Engine,
    suffix: str,
    relations: Mapping[str, tuple[Columns, Sequence[tuple[object, ...]]]],
) -> dict[str, str]:
    for name, (columns, rows) in relations.items():
        engine.values(f"{name}_{suffix}", columns, rows)
    return {name: f"{name}_{suffix}" for name in relations}


def terms(versions: Sequence[Version]) -> list[tuple[object, ...]]:
    """When the points of strategies are paid, as rows for `show_terms`; no row is direct."""
    rows: dict[tuple[object, ...], None] = {}
    for version in versions:
        for strategy in version.strategies:
            if strategy.tranches:
                for number, part in enumerate(strategy.tranches, start=1):
                    share, delay = int(part.share * 1_000_000), part.delay or None
                    rows[version.label, strategy.id, number, share, delay, strategy.delay_from] = (
                        None
                    )
            elif strategy.delayed_accrual is not None:
                delay = strategy.delayed_accrual
                rows[version.label, strategy.id, 1, 1_000_000, delay, strategy.delay_from] = None
    return list(rows)


TERMS = (("version", "varchar"), *_TERMS)


def _awards(version: Version, rules: Sequence[Placed]) -> Iterator[tuple[object, ...]]:
    strategies = {strategy.id: strategy for strategy in version.strategies}
    for number, placed in enumerate(rules, start=1):
        for order, action in enumerate(placed.rule.then):
            if action.allocate is None:
                continue
            strategy = strategies[action.allocate]
            figure = strategy.by_tier(()).get(None)
            yield (
                number,
                placed.rule.id,
                placed.place + order,
                strategy.id,
                strategy.type,
                *_basis(strategy),
                None if strategy.per is None else int(strategy.per * 1000),
                _units(strategy.minimum),
                _units(strategy.maximum),
                None if figure is None else _scaled(strategy, figure),
            )


def _basis(strategy: Strategy) -> tuple[str | None, str | None]:
    """The name of a basis, and the path of the field it is in."""
    if isinstance(strategy.basis, FieldBasis):
        [(of, field)] = strategy.basis.model_dump(exclude_none=True).items()
        return of, f"$.{field}"
    if strategy.type == "fixed":
        return None, None
    return strategy.basis or "document_amount", None


def _promotions(rules: Sequence[Placed]) -> Iterator[tuple[object, ...]]:
    for number, placed in enumerate(rules, start=1):
        for order, action in enumerate(placed.rule.then):
            if action.multiply is not None:
                yield number, action.multiply, placed.place + order


def _actions(rules: Sequence[Placed], ranks: dict[str, int]) -> Iterator[tuple[object, ...]]:
    for number, placed in enumerate(rules, start=1):
        for order, action in enumerate(placed.rule.then):
            kind = action.kind
            if kind in (*NOTICE_ACTIONS, *TIER_ACTIONS):
                target = str(getattr(action, kind))
                place = placed.place + order
                yield number, placed.rule.id, place, kind, target, ranks.get(target)


def _scaled(strategy: Strategy, figure: Decimal) -> int:
    """A rate in millionths, points or a multiple in thousandths."""
    is_rate = strategy.type == "prorated" and strategy.per is None
    return int(figure * (1_000_000 if is_rate else 1000))


def _units(points: Decimal | None) -> int | None:
    return None if points is None else int(points * 100_000_000)
