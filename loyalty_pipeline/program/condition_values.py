"""Which values of its columns a condition asks for, as far as plain comparisons say so.

Belongs here: conditions that no value can meet, and conditions that another one always meets too.
Not here: reading a condition (`conditions`), or what is said of a rule (`checks_rulesets`).

Only a column compared with written values is understood: `amount >= 100`, `between`, `in`. All
else counts as something that may hold or not, so that nothing is refused that could come to act.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sqlglot import exp

from loyalty_pipeline.program.condition_types import ConditionError, shown
from loyalty_pipeline.program.conditions import parsed

# Numbers come before texts, so that any two can be compared. Days are texts: they are written as
# year-month-day, in the order of the days.
Value = tuple[str, Decimal, str]
# A value and how far beside it a range begins or ends: 0 has it in, 1 begins above, -1 ends below.
Bound = tuple[Value, int]

_FIRST: Bound = (("", Decimal(0), ""), 0)
_LAST: Bound = (("~", Decimal(0), ""), 0)
# The highest number of each part of a date; all begin with 1. Years have no bounds.
_HIGHEST = {"quarter": 4, "month": 12, "week": 53, "day": 31, "isodow": 7}


@dataclass(frozen=True)
class Values:
    """The values from one bound to another; of a list only those of it."""

    low: Bound = _FIRST
    high: Bound = _LAST
    only: frozenset[Value] | None = None

    def both(self, other: Values) -> Values:
        """The values that are in this one and in another."""
        lists = [one.only for one in (self, other) if one.only is not None]
        only = frozenset.intersection(*lists) if lists else None
        return Values(max(self.low, other.low), min(self.high, other.high), only)

    def covers(self, other: Values) -> bool:
        """Whether every value of another is one of these."""
        if other.only is not None:
            return all(self._holds(value) for value in other.only if other._holds(value))
        return self.only is None and self.low <= other.low and other.high <= self.high

    @property
    def is_none(self) -> bool:
        """Whether there is no such value."""
        if self.only is not None:
            return not any(self._holds(value) for value in self.only)
        return self.low > self.high

    def _holds(self, value: Value) -> bool:
        return self.low <= (value, 0) <= self.high and (self.only is None or value in self.only)


@dataclass(frozen=True)
class Asked:
    """What the parts of a condition that are joined by `and` ask of each column."""

    values: Mapping[str, Values]
    is_all: bool  # the condition says nothing else


def exclusion(text: str) -> tuple[str, ...]:
    """Comparisons of a condition, joined by `and`, that no value can meet; empty if all can be met.

    Those of one branch of an `or` are enough: it was hardly written to never hold.
    """
    tree = _tree(text)
    return _excluding(tree) if tree is not None else ()


def always_meets(narrow: str, wide: str) -> bool:
    """Whether what meets one condition surely meets the other. False where that is not known."""
    inside, outside = _asked(narrow), _asked(wide)
    return (
        outside.is_all
        and bool(outside.values)
        and all(
            column in inside.values and values.covers(inside.values[column])
            for column, values in outside.values.items()
        )
    )


@lru_cache(maxsize=10_000)
def _tree(text: str) -> exp.Expr | None:
    try:
        return parsed(text)
    except ConditionError:
        return None  # said elsewhere


@lru_cache(maxsize=10_000)
def _asked(text: str) -> Asked:
    tree = _tree(text)
    if tree is None:
        return Asked({}, is_all=False)
    values: dict[str, Values] = {}
    is_all = True
    for part in _joined(tree):
        column, asked = _compared(part)
        if asked is None:
            is_all = False
        else:
            values[column] = asked.both(values.get(column, Values()))
    return Asked(values, is_all)


def _excluding(tree: exp.Expr) -> tuple[str, ...]:
    values: dict[str, Values] = {}
    parts: dict[str, list[exp.Expr]] = {}
    for part in _joined(tree):
        if isinstance(part, exp.Or):
            found = _excluding(part.this) or _excluding(part.expression)
            if found:
                return found
        column, asked = _compared(part)
        if asked is not None:
            parts.setdefault(column, []).append(part)
            values[column] = asked.both(values.get(column, Values()))
            if values[column].is_none:
                return tuple(shown(one) for one in parts[column])
    return ()


def _joined(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of a chain of `and`, out of their brackets, in their order."""
    while isinstance(tree, exp.Paren):
        tree = tree.this
    if isinstance(tree, exp.And):
        yield from _joined(tree.this)
        yield from _joined(tree.expression)
    else:
        yield tree


def _compared(part: exp.Expr) -> tuple[str, Values | None]:
    """The column of a comparison and what is asked of it; None where it is not a plain one."""
    node, asked = _side(part)
    return _name(node), None if asked is None else asked.both(_possible(node))


def _side(part: exp.Expr) -> tuple[exp.Expr, Values | None]:
    """The side of a comparison that is compared, and with what."""
    node, mirrored = part.this, False
    if isinstance(part, exp.EQ | exp.LT | exp.LTE | exp.GT | exp.GTE):
        other = part.expression
        if isinstance(other, exp.Column):
            node, other, mirrored = other, node, True
        return node, _by_sign(part, _value(other), mirrored=mirrored)
    if isinstance(part, exp.Between):
        low, high = _value(part.args["low"]), _value(part.args["high"])
        return node, None if low is None or high is None else Values((low, 0), (high, 0))
    if isinstance(part, exp.In) and part.expressions:
        values = [_value(one) for one in part.expressions]
        known = frozenset(value for value in values if value is not None)
        return node, Values(only=known) if None not in values else None
    return part, None


def _possible(node: exp.Expr) -> Values:
    """The values there are of what is compared: bounds only for parts of a date."""
    part = node.this.name.lower() if isinstance(node, exp.Extract) else ""
    if part not in _HIGHEST:
        return Values()
    low, high = Decimal(1), Decimal(_HIGHEST[part])
    return Values((("number", low, ""), 0), (("number", high, ""), 0))


def _by_sign(part: exp.Expr, value: Value | None, *, mirrored: bool) -> Values | None:
    """`mirrored`: the value stands first, as in 100 <= amount."""
    if value is None:
        return None
    if isinstance(part, exp.EQ):
        return Values(only=frozenset({value}))
    beside = 0 if isinstance(part, exp.LTE | exp.GTE) else 1
    if isinstance(part, exp.LT | exp.LTE) != mirrored:
        return Values(high=(value, -beside))
    return Values(low=(value, beside))


def _name(node: exp.Expr) -> str:
    """A column, or what is computed of some, as one that is compared."""
    return node.sql(dialect="duckdb")


def _value(node: exp.Expr) -> Value | None:
    """A number, a text or a day that is written out."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Neg):
        number = _value(node.this)
        return None if number is None else ("number", -number[1], "")
    if isinstance(node, exp.Cast):
        node = node.this
    if not isinstance(node, exp.Literal):
        return None
    return ("text", Decimal(0), node.name) if node.is_string else ("number", Decimal(node.name), "")
