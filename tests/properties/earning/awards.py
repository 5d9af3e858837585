"""What one event earns before rounding: which rules match, and by which strategy.

Belongs here: rulesets, forwarding, lines and payments, strategies, which promotions multiply what.
Not here: rounding or caps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from tests.properties.earning.conditions import Value, holds
from tests.properties.earning.deliveries import Line
from tests.properties.earning.events import Event
from tests.properties.earning.figures import ZERO
from tests.properties.earning.rules import Version, number_for, strategy

Place = int | str | None  # a line, a payment mode, or the event as a whole


@dataclass(frozen=True)
class Part:
    """An event, or the part of it on one side of a tier's threshold."""

    tier: str | None
    amount: Decimal


@dataclass(frozen=True)
class Award:
    """What one rule gives by one strategy, for the event, a line or a payment mode."""

    rule: str
    rule_order: int
    strategy: str
    place: Place
    part: int
    tier: str | None
    raw: Decimal
    split_over_lines: bool  # a document's points that go to its lines at the very end


@dataclass(frozen=True)
class Promotion:
    """A multiplier that a rule applied to one part of the event, or to one place of it."""

    name: str
    place: Place
    part: int


@dataclass
class Earned:
    """What happened where rules matched, in the order of the rules."""

    awards: list[Award] = field(default_factory=list)
    promotions: list[Promotion] = field(default_factory=list)
    acted: set[tuple[tuple[int, int], tuple[str, str]]] = field(default_factory=set)

    @property
    def tiers(self) -> list[tuple[str, str]]:
        """What rules do to the tier (set_tier or upgrade_tier, tier), once and in their order."""
        return [action for _, action in sorted(self.acted)]


@dataclass(frozen=True)
class _Seen:
    """What a rule looks at: the event, one of its lines, or one payment mode."""

    columns: Mapping[str, Value]
    number: int  # of the part
    part: Part
    place: Place = None
    line: Line | None = None
    paid: Decimal | None = None
    split_over_lines: bool = False


def earned(event: Event, version: Version, parts: Sequence[Part]) -> Earned:
    """All that the event's ruleset gives it: each part is asked at its own tier.

    What rules do to the tier they do once, in their order, whichever parts met them.
    """
    result = Earned()
    so_far: _SoFar = {}
    chosen = [found for found in version.get("rulesets", ()) if found.get("event") == event.kind]
    for ruleset in chosen:
        for number, part in enumerate(parts, start=1):
            seen = _Seen(event.columns | {"tier": part.tier}, number, part)
            _Reading(event, version, result, so_far).follow(ruleset, seen)
    return result


# Of a document with two sides, by rule, strategy and place: what was paid for so far, its size
# before the bounds and within them.
_SoFar = dict[tuple[str, str, Place], tuple[Decimal, Decimal, Decimal]]


class _Reading:
    """One event going through the rules."""

    def __init__(self, event: Event, version: Version, result: Earned, so_far: _SoFar) -> None:
        self._so_far = so_far
        self._event = event
        self._version = version
        self._result = result
        self._forwarded: set[str] = set()
        self._order = {
            (found.get("id") or found["event"], rule["id"]): number
            for number, (found, rule) in enumerate(
                (found, rule) for found in version["rulesets"] for rule in found["rules"]
            )
        }

    def follow(self, ruleset: dict[str, Any], seen: _Seen) -> None:
        """The rules in their order; with match first only the first that holds."""
        for rule in ruleset["rules"]:
            if not holds(rule["when"], seen.columns, self._version.get("lists", {})):
                continue
            order = self._order[ruleset.get("id") or ruleset["event"], rule["id"]]
            for place, action in enumerate(rule["then"]):
                self._act(action, rule["id"], (order, place), seen)
            if ruleset["match"] == "first":
                return

    def _act(self, action: dict[str, Any], rule: str, at: tuple[int, int], seen: _Seen) -> None:
        ((kind, name),) = action.items()
        if kind == "allocate":
            self._allocate(name, rule, at[0], seen)
        elif kind == "multiply":
            promotion = Promotion(name, seen.place, seen.number)
            if promotion not in self._result.promotions:  # matched twice counts once
                self._result.promotions.append(promotion)
        elif kind in ("set_tier", "upgrade_tier") and self._sells(seen):
            self._result.acted.add((at, (kind, name)))
        elif kind == "forward" and name not in self._forwarded:  # once, however many rules do
            self._forwarded.add(name)
            self._forward(name, seen)

    def _forward(self, name: str, whole: _Seen) -> None:
        ruleset = next(found for found in self._version["rulesets"] if found.get("id") == name)
        event = self._event
        if ruleset.get("unroll") == "lines" and not ruleset.get("use_proportions"):
            for line in sorted(event.lines, key=lambda line: line.number):
                columns = {
                    **whole.columns,
                    "line_no": Decimal(line.number),
                    "sku": line.sku,
                    "category": line.category,
                    "line_amount": line.amount,
                    "line_quantity": line.quantity,
                }
                self.follow(ruleset, replace(whole, columns=columns, place=line.number, line=line))
        elif ruleset.get("unroll") == "tenders":
            for mode, amount in event.modes.items():
                columns = {**whole.columns, "tender_type": mode, "tender_amount": amount}
                self.follow(ruleset, replace(whole, columns=columns, place=mode, paid=amount))
        else:
            over_lines = bool(ruleset.get("use_proportions"))
            self.follow(ruleset, replace(whole, split_over_lines=over_lines))

    def _allocate(self, name: str, rule: str, order: int, seen: _Seen) -> None:
        found = strategy(self._version, name)
        basis = found.get("basis", "document_amount")
        by_parts = found["type"] == "prorated" and basis == "document_amount"
        if seen.number > 1 and not by_parts:
            return  # only a share of the document's amount has two sides
        raw = self._raw(found, basis, (rule, name, seen.place), seen)
        if raw is not None:
            self._result.awards.append(
                Award(
                    rule,
                    order,
                    name,
                    seen.place,
                    seen.number,
                    seen.part.tier,
                    raw,
                    seen.split_over_lines,
                )
            )

    def _raw(
        self, found: dict[str, Any], basis: object, where: tuple[str, str, Place], seen: _Seen
    ) -> Decimal | None:
        """Points before multipliers and rounding; none where the tier has no value.

        Steps and bounds are those of all sides together: each gets what it adds.
        """
        value = number_for(found["value"], seen.part.tier)
        if not value:
            return None  # the tier earns nothing
        if found["type"] == "fixed":
            return self._fixed(value, seen)
        figure = self._basis(basis, seen.part, seen)
        if figure is None or figure == 0:
            return None
        paid_for, size, given = self._so_far.get(where, (ZERO, ZERO, ZERO))
        total = paid_for + abs(figure)
        if found.get("per") is not None:
            per = Decimal(str(found["per"]))
            size += value * (total // per - paid_for // per)
        else:
            size += value * abs(figure)
        within = size
        awards_nothing = self._event.amount < 0 < figure  # it makes a return smaller
        if found.get("minimum") is not None and not awards_nothing:
            within = max(within, Decimal(str(found["minimum"])))
        if found.get("maximum") is not None:
            within = min(within, Decimal(str(found["maximum"])))
        self._so_far[where] = (total, size, within)
        return (within - given).copy_sign(figure)

    def _fixed(self, value: Decimal, seen: _Seen) -> Decimal | None:
        """Nothing for what sells nothing."""
        if not self._sells(seen):
            return None
        event = self._event
        given = event.columns.get("points")
        return given if event.kind == "scan" and isinstance(given, Decimal) else value

    def _sells(self, seen: _Seen) -> bool:
        """Not a return without its sale, nor a cycle whose sales came back, whatever its lines;
        and of one that sells not a line, or a payment, that takes.
        """
        event = self._event
        if (event.is_document or event.kind == "cycle_close") and event.amount <= 0:
            return False
        return (seen.line is None or seen.line.amount > 0) and (seen.paid is None or seen.paid > 0)

    def _basis(self, basis: object, part: Part, seen: _Seen) -> Decimal | None:
        if isinstance(basis, dict):
            if not self._sells(seen):
                return None  # a field says nothing of what came back
            ((owner, name),) = basis.items()
            text = seen.columns.get(name if owner == "document" else f"{owner}_{name}")
            return Decimal(str(text)) if text not in (None, "") else None
        event = self._event
        if basis == "line_amount":
            return seen.line.amount if seen.line else None
        if basis == "line_quantity":
            return seen.line.quantity if seen.line else None
        if basis == "tender_amount":
            return seen.paid
        if basis == "quantity":
            return event.quantity
        return part.amount if basis == "document_amount" else event.amount


def factors(
    award: Award, promotions: Sequence[Promotion], version: Version
) -> list[tuple[str, Decimal, Decimal]]:
    """The promotions of an award: (name, its n, the factor on the regular points after it).

    `best` applies only the greatest, the first of equals; `additive` adds what each gives beyond
    the regular points; `multiplicative` multiplies them.
    """
    met: list[tuple[str, Decimal]] = []
    for promotion in promotions:
        found = strategy(version, promotion.name)
        n = number_for(found["value"], award.tier)
        here = promotion.part == award.part and promotion.place in (None, award.place)
        known = promotion.name in [name for name, _ in met]
        if here and not known and n is not None and award.strategy in found["of"]:
            met.append((promotion.name, n))
    if not met:
        return []
    listed = listing(version)
    met.sort(key=lambda pair: listed.index(pair[0]))
    stacking = version.get("stacking")
    if stacking == "best":
        best = max(n for _, n in met)
        met = [next(pair for pair in met if pair[1] == best)]
    applied, factor = [], Decimal(1)
    for name, n in met:
        factor = factor * n if stacking == "multiplicative" else factor + n - 1
        applied.append((name, n, factor))
    return applied


def listing(version: Version) -> list[str]:
    """The multipliers in the order in which rules list them."""
    return [
        action["multiply"]
        for ruleset in version.get("rulesets", ())
        for rule in ruleset["rules"]
        for action in rule["then"]
        if "multiply" in action
    ]


def split_weights(event: Event) -> list[tuple[int, Decimal]]:
    """Lines that share a document's points, with their amounts; those at or below zero do not.

    What is negative as a whole is shared by the lines that make it so.
    """
    ordered = sorted(event.lines, key=lambda line: line.number)
    if event.amount < 0:
        return [(line.number, -line.amount) for line in ordered if line.amount < ZERO]
    return [(line.number, line.amount) for line in ordered if line.amount > ZERO]
