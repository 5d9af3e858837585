"""Types inside a condition, so that a wrong one is refused when its file is loaded.

Belongs here: which of number, text, date and boolean each part of a condition's tree is, and the
two things that types decide about its SQL: a text beside a date becomes a date, and numbers of
sums and products become wide decimals. Not here: what a condition may be made of
(`conditions`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from sqlglot import exp

Kind = Literal["number", "text", "date", "boolean"]

DATE_PARTS = ("year", "quarter", "month", "week", "day", "isodow")
MAX_DAYS = 36_500
_MAX_FACTOR_DIGITS = 8  # a decimal of 18 digits times such a number stays within 38
_COMPARED = "cannot be compared"
_A = {"number": "a number", "text": "a text", "date": "a date", "boolean": "true or false"}


class ConditionError(Exception):
    """A condition that cannot be used, in words for whoever wrote it."""


def kind_of(sql_type: str) -> Kind:
    """What values of a SQL type are in conditions."""
    name = sql_type.lower()
    if name.startswith(("varchar", "text")):
        return "text"
    if name.startswith(("decimal", "int", "bigint", "number")):
        return "number"
    return "date" if name == "date" else "boolean"


def check_types(tree: exp.Expr, columns: Mapping[str, str]) -> None:
    """Check all parts of a condition; dates and decimals are put into its tree.

    Raises:
        ConditionError: something is compared or computed with something of another type.
    """
    kinds = {name: kind_of(sql_type) for name, sql_type in columns.items()}
    kind = _Types(kinds).of(tree)
    if kind != "boolean":
        raise ConditionError(f"is {_A[kind]}, not a condition: compare it with something")
    if any(isinstance(node, exp.Add | exp.Sub | exp.Mul) for node in tree.walk()):
        _as_decimals(tree, columns)


class _Types:
    """The kinds of all parts of one tree."""

    def __init__(self, columns: Mapping[str, Kind]) -> None:
        self._columns = columns

    def of(self, node: exp.Expr) -> Kind:
        match node:
            case exp.Paren():
                return self.of(node.this)
            case exp.Column():
                return self._columns[node.name]
            case exp.Literal():
                return "text" if node.is_string else "number"
            case exp.Boolean():
                return "boolean"
            case exp.And() | exp.Or():
                self._need("boolean", node.this, "'and' and 'or' join conditions")
                return self._need("boolean", node.expression, "'and' and 'or' join conditions")
            case exp.Not():
                return self._need("boolean", node.this, "'not' stands before a condition")
            case exp.EQ() | exp.NEQ():
                self._alike([node.this, node.expression], _COMPARED)
                return "boolean"
            case exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
                return self._in_order([node.this, node.expression])
            case exp.Between():
                return self._in_order([node.this, node.args["low"], node.args["high"]])
            case exp.Is():
                return self._is_null(node)
            case exp.Null():
                raise ConditionError("nothing equals null: write 'column is null' or 'is not null'")
            case exp.In():
                return self._in_list(node)
            case exp.Like() | exp.StartsWith():
                words = "like and starts_with compare texts"
                self._need("text", node.this, words)
                self._need("text", node.expression, words)
                return "boolean"
            case exp.Case():
                return self._case(node)
            case exp.Coalesce() | exp.Least() | exp.Greatest():
                return self._one_of(node)
            case exp.Lower() | exp.Upper():
                return self._need("text", node.this, "lower and upper take a text")
            case exp.Length():
                self._need("text", node.this, "length takes a text")
                return "number"
            case exp.Abs() | exp.Neg():
                return self._need("number", node.this, "a sign belongs to a number")
            case exp.Mul():
                return self._product(node)
            case exp.Add() | exp.Sub():
                return self._sum(node)
            case exp.Extract():
                return self._extract(node)
            case exp.Cast():
                return _date_literal(node)
        raise ConditionError(f"{node.sql(dialect='duckdb')} does not fit here")

    def _need(self, kind: Kind, node: exp.Expr, why: str) -> Kind:
        found = self.of(node)
        if found != kind:
            raise ConditionError(f"{shown(node)} is {_A[found]}, but {why}")
        return kind

    def _alike(self, nodes: Sequence[exp.Expr], trouble: str) -> Kind:
        """The one kind of several parts; texts written beside dates become dates."""
        if trouble == _COMPARED and all(isinstance(node, exp.Literal) for node in nodes):
            raise ConditionError(
                f"{shown(nodes[0])} and {shown(nodes[1])} are compared, and neither is a column: "
                f"a column stands without quotes"
            )
        for node in nodes if trouble == _COMPARED else ():
            if isinstance(node, exp.Predicate | exp.Not):
                raise ConditionError(
                    f"{shown(node)} is compared itself: join comparisons by 'and', or put it in "
                    f"brackets"
                )
        kinds = [self.of(node) for node in nodes]
        if "date" in kinds:
            for number, node in enumerate(nodes):
                if kinds[number] == "text" and _is_text(node):
                    _to_date(node)
                    kinds[number] = "date"
        for node, kind in zip(nodes[1:], kinds[1:], strict=True):
            if kind != kinds[0]:
                raise ConditionError(_apart(nodes[0], kinds[0], node, kind, trouble))
        return kinds[0]

    def _in_order(self, nodes: Sequence[exp.Expr]) -> Kind:
        if self._alike(nodes, _COMPARED) == "boolean":
            raise ConditionError(
                f"{shown(nodes[0])} is true or false, which has no order: use = or 'and'"
            )
        return "boolean"

    def _is_null(self, node: exp.Is) -> Kind:
        if not isinstance(node.expression, exp.Null):
            raise ConditionError("'is' goes with null only: for other values use =")
        self.of(node.this)
        return "boolean"

    def _in_list(self, node: exp.In) -> Kind:
        if node.args.get("query") is not None:
            self._need("text", node.this, "a list is one of texts")
            return "boolean"
        if not node.expressions:
            raise ConditionError("'in' needs at least one value, as in tier in ('Gold', 'Silver')")
        for value in node.expressions:
            inner = value.this if isinstance(value, exp.Neg) else value
            if not isinstance(inner, exp.Literal | exp.Cast):
                raise ConditionError(
                    f"{shown(value)} stands in a list after 'in': write values there"
                )
        self._alike([node.this, *node.expressions], _COMPARED)
        return "boolean"

    def _case(self, node: exp.Case) -> Kind:
        branches = node.args["ifs"]
        if node.this is not None:
            self._alike([node.this, *(branch.this for branch in branches)], _COMPARED)
        else:
            for branch in branches:
                self._need("boolean", branch.this, "'when' needs a condition")
        results = [branch.args["true"] for branch in branches]
        if node.args.get("default") is not None:
            results.append(node.args["default"])
        return self._alike(results, "cannot be results of one case")

    def _one_of(self, node: exp.Expr) -> Kind:
        kind = self._alike([node.this, *node.expressions], "cannot be taken for one another")
        if kind == "boolean" and not isinstance(node, exp.Coalesce):
            raise ConditionError("true and false have no order: use and, or")
        return kind

    def _product(self, node: exp.Mul) -> Kind:
        words = "only numbers are multiplied"
        self._need("number", node.this, words)
        self._need("number", node.expression, words)
        factor = next((_number(side) for side in (node.expression, node.this) if _number(side)), "")
        if not factor:
            raise ConditionError("one side of * must be a number written out, as in amount * 2")
        if len(factor.replace(".", "")) > _MAX_FACTOR_DIGITS:
            raise ConditionError(
                f"{factor} has too many digits for *: at most {_MAX_FACTOR_DIGITS} are exact"
            )
        if node.find_ancestor(exp.Mul):
            raise ConditionError("multiplies a product again: write it as one number")
        return "number"

    def _sum(self, node: exp.Add | exp.Sub) -> Kind:
        left, right = self.of(node.this), self.of(node.expression)
        if left == "date":
            added = node.expression
            days = added.name if isinstance(added, exp.Literal) and not added.is_string else ""
            if days.isdigit() and int(days) <= MAX_DAYS:
                node.meta["days"] = True  # of whole days, which stay so
                return "date"
            raise ConditionError(
                f"to a date only whole days are added, as in event_date + 30, at most {MAX_DAYS:,}"
            )
        for side, kind in ((node.this, left), (node.expression, right)):
            if kind != "number":
                raise ConditionError(f"{shown(side)} is {_A[kind]}, but + and - take numbers")
        return "number"

    def _extract(self, node: exp.Extract) -> Kind:
        part = node.this.name.lower() if isinstance(node.this, exp.Var) else ""
        if part not in DATE_PARTS:
            raise ConditionError(
                f"extract takes {', '.join(DATE_PARTS)}, as in extract(month from event_date)"
            )
        self._need("date", node.expression, "extract takes a date")
        return "number"


def _number(node: exp.Expr) -> str:
    """The digits of a number that is written out, else nothing."""
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    return node.name if isinstance(node, exp.Literal) and not node.is_string else ""


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and bool(node.is_string)


def _to_date(node: exp.Expr) -> None:
    _check_day(node.name)
    node.replace(exp.Cast(this=node.copy(), to=exp.DataType.build("date")))


def _date_literal(node: exp.Cast) -> Kind:
    if not _is_text(node.this) or node.to.this != exp.DataType.Type.DATE:
        raise ConditionError(
            "only a text is turned into a date, as in date '2025-04-01': nothing else is cast"
        )
    _check_day(node.this.name)
    return "date"


def _check_day(text: str) -> None:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
            date.fromisoformat(text)
            return
    except ValueError:
        raise ConditionError(f"'{text}' is no day of the calendar") from None
    raise ConditionError(f"'{text}' is no date: write it as year-month-day, like '2025-04-01'")


def _apart(left: exp.Expr, one: Kind, right: exp.Expr, other: Kind, why: str) -> str:
    hint = ""
    text, number = (right, left) if other == "text" else (left, right)
    if {one, other} == {"number", "text"}:
        if isinstance(text, exp.Column) and _number(number):
            hint = f": {text.name} is text, so write '{_number(number)}' in quotes"
        elif _is_text(text):
            hint = ": numbers have no quotes"
    return f"{shown(left)} is {_A[one]} and {shown(right)} is {_A[other]}: they {why}{hint}"


def shown(node: exp.Expr) -> str:
    """A part of a condition as a message shows it: as it was written."""
    text = node.sql(dialect="duckdb").replace('"', "")
    return text if len(text) <= 60 else f"{text[:57]}..."


def _as_decimals(tree: exp.Expr, columns: Mapping[str, str]) -> None:
    """Numbers of sums and products as wide decimals, which cannot overflow.

    DuckDB adds and multiplies whole numbers and decimals of 18 digits in 64 bits: 2147483647 + 1
    is an error there, and so is points * 12345678 for a few million points.
    """
    own = tree.walk(prune=lambda node: isinstance(node, exp.Subquery))
    for node in [node for node in own if isinstance(node, exp.Literal | exp.Column)]:
        if node.parent is None or node.parent.meta.get("days"):
            continue
        if isinstance(node, exp.Column):
            if kind_of(columns[node.name]) != "number":
                continue
            digits = re.search(r",\s*([0-9]+)", columns[node.name])
            scale = int(digits[1]) if digits else 0
        elif node.is_string:
            continue
        else:
            scale = len(node.name.partition(".")[2])
        wide = exp.DataType.build(f"decimal(38, {scale})", dialect="duckdb")
        node.replace(exp.Cast(this=node.copy(), to=wide))
