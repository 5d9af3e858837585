"""The part of an explanation that is about events: what each document, scan or date earned.

Belongs here: an award in words: the rule and its strategy, the promotion, rounding, caps, parts
and when they accrue, and the tier it went by. Not here: the slabs of a cycle (`explain_slabs`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.strategies import FieldBasis, Strategy, figure_of
from loyalty_pipeline.reporting.explain_facts import ZERO, Facts, Key, Row, Section
from loyalty_pipeline.reporting.explain_slabs import taken_by_caps

_BASES = {
    "document_amount": "the document's amount",
    "line_amount": "the line's amount",
    "tender_amount": "the payment's amount",
    "quantity": "the document's quantity",
    "line_quantity": "the line's quantity",
    "net_sales": "the net sales of the cycle",
}
_GRAINS = {"line": "each line", "document": "each event", "cycle": "over the cycle so far"}


def tiers(facts: Facts) -> list[Section]:
    """The tiers in force during the cycle, and why; nothing for a program without tiers."""
    if not facts.tiers:
        return []
    section = Section("Tier in force")
    for row in facts.tiers:
        until = f" to {facts.words.day(row['last_day'])}" if row["last_day"] else " on"
        section.lines.append(
            f"{row['tier']} from {facts.words.day(row['valid_from'])}{until}: {row['reason']}"
        )
    return [section]


def awards(facts: Facts, rows: Sequence[Row]) -> list[Section]:
    """A section for each event, by date."""
    return [
        _event(facts, key, list(group))
        for key, group in _grouped(rows, lambda row: (row["event_date"], _key(row).identity))
    ]


def _key(row: Row) -> Key:
    return Key(row["allocation_key"])


def _grouped(rows: Sequence[Row], by: Callable[[Row], Any]) -> groupby[Any, Row]:
    return groupby(sorted(rows, key=by), by)


def _event(facts: Facts, place: tuple[date, Any], rows: list[Row]) -> Section:
    words, first = facts.words, rows[0]
    projected = ", projected" if all(row["is_projected"] for row in rows) else ""
    section = Section(f"Points for {_key(first).in_words()}, {words.day(place[0])}{projected}")
    if first["tier"]:
        section.lines.append(_tier(facts, first["tier"], place[0]))
    # Rules as in the file; what is regular comes before the promotions that multiply it.
    order = _rule_order(facts, first)
    by_rule = _grouped(
        rows,
        lambda row: (
            _key(row).promotion or "",
            order.get(_key(row).parts[2], 0),
            _key(row).award,
        ),
    )
    for _, parts in by_rule:
        section.lines += _award(facts, sorted(parts, key=lambda row: row["tranche"]))
    if len(rows) > 1:
        total = sum((row["points"] for row in rows), ZERO)
        section.lines.append(f"Together: {words.figure(total)}")
    return section


def _tier(facts: Facts, tier: str, day: date) -> str:
    """The tier an award went by. Inside a day it may change, which the history does not tell."""
    for row in facts.tiers:
        if row["valid_from"] <= day and (row["last_day"] is None or day <= row["last_day"]):
            if row["tier"] == tier:
                return f"Tier {tier}: {row['reason']}."
            return f"Tier {tier} at that moment; {row['tier']} at the end of the day."
    return f"Tier {tier}."


def _award(facts: Facts, parts: list[Row]) -> list[str]:
    """One award: `parts` are its tranches."""
    words, first, key = facts.words, parts[0], _key(parts[0])
    where = ""
    if key.unit:
        where = f", line {key.unit}" if first["line_no"] is not None else f", paid by {key.unit}"
    if key.event == "campaign":
        said = _campaign(facts, first)
    elif key.promotion:
        said = (
            f"Promotion {key.promotion}{where}: makes the points of {first['strategy']} "
            f"{words.figure(first['multiplier'])} times as many"
        )
    else:
        said = f"Rule {first['rule']}{where}: {_worth(facts, first)}"
    rounded = sum((part["rounded_points"] for part in parts), ZERO)
    lines = [said, f"  {_rounding(facts)}: {words.figure(rounded)}"]
    lines += [f"  {line}" for line in taken_by_caps(facts, parts)]
    if len(parts) == 1:
        lines.append(f"  Points: {words.figure(first['points'])}, {_when(facts, first)}")
    else:
        lines += [
            f"  Part {part['tranche']}: {words.figure(part['points'])}, {_when(facts, part)}"
            for part in parts
        ]
    return lines


def _rounding(facts: Facts) -> str:
    if facts.rules is None:
        return "Rounded"
    rounding = facts.rules.governing.rounding
    return (
        f"Rounded {rounding.mode.replace('_', ' ')} to {rounding.decimals} decimals, "
        f"{_GRAINS[rounding.event_grain]}"
    )


def _when(facts: Facts, part: Row) -> str:
    if part["accrual_date"] is None:
        return "direct"
    return f"promised, to accrue on {facts.words.day(part['accrual_date'])}"


def _campaign(facts: Facts, award: Row) -> str:
    words = facts.words
    if award["basis_amount"] is None:
        return f"Campaign {award['rule']}: {words.figure(award['raw_points'])} points"
    balance = award["basis_amount"]
    return (
        f"Campaign {award['rule']}: lifts {words.figure(balance)} points to "
        f"{words.figure(balance + award['raw_points'])}, which adds "
        f"{words.figure(award['raw_points'])}"
    )


def _worth(facts: Facts, award: Row) -> str:
    """What the strategy came to before rounding, with the figures it came of."""
    words, raw = facts.words, facts.words.figure(award["raw_points"])
    strategy = _strategy(facts, award)
    named = f"strategy {award['strategy']}, "
    if strategy is None:
        if award["basis_amount"] is None or award["rate"] is None:
            return f"{named}{raw} points"
        return f"{named}{words.money(award['basis_amount'])} × {words.rate(award['rate'])} = {raw}"
    if strategy.type == "fixed":
        return f"{named}{raw} points" + _of_tier(strategy, award["tier"])
    basis = award["basis_amount"] if award["basis_amount"] is not None else ZERO
    of = _basis(strategy)
    if strategy.per is not None:
        value = _value(strategy, award["tier"])
        paid = f"{words.figure(value)} for" if value is not None else "points for"
        said = f"{paid} every full {words.figure(strategy.per)} of {of}, {words.figure(basis)}"
    else:
        amount = words.money(basis) if "amount" in of or "sales" in of else words.figure(basis)
        said = f"{of}, {amount} × {words.rate(award['rate'])}"
    return f"{named}{said} = {raw}{_of_tier(strategy, award['tier'])}{_bounded(strategy, award)}"


def _strategy(facts: Facts, award: Row) -> Strategy | None:
    """As the version of the award has it; None if that version is not known any more."""
    version = _version(facts, award)
    strategies = version.strategies if version else ()
    return next((s for s in strategies if s.id == award["strategy"]), None)


def _rule_order(facts: Facts, award: Row) -> dict[str, int]:
    version = _version(facts, award)
    rulesets = version.rulesets if version else ()
    ids = [rule.id for ruleset in rulesets for rule in ruleset.rules]
    return {rule: number for number, rule in enumerate(ids)}


def _version(facts: Facts, award: Row) -> Version | None:
    versions = [segment.version for segment in facts.rules.event_segments] if facts.rules else []
    return next((v for v in versions if v.label == award["rules_version"]), None)


def _basis(strategy: Strategy) -> str:
    basis = strategy.basis or "document_amount"
    if isinstance(basis, FieldBasis):
        given = basis.model_dump(exclude_none=True)
        return ", ".join(f"the {owner}'s {name}" for owner, name in given.items())
    return _BASES[basis]


def _value(strategy: Strategy, tier: str | None) -> Decimal | None:
    if isinstance(strategy.value, str):
        return figure_of(strategy.value)
    return figure_of(strategy.value[tier]) if tier in strategy.value else None


def _of_tier(strategy: Strategy, tier: str | None) -> str:
    return "" if isinstance(strategy.value, str) or tier is None else f" for tier {tier}"


def _bounded(strategy: Strategy, award: Row) -> str:
    """Whether the strategy's least or most decided, in place of its rate."""
    raw = abs(award["raw_points"])
    rate = award["rate"]
    if rate is None or award["basis_amount"] is None or raw == abs(award["basis_amount"] * rate):
        return ""
    if raw == strategy.minimum:
        return ", the least it pays"
    return ", the most it pays" if raw == strategy.maximum else ""
