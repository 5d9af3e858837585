"""Conditions of rules: a small, safe part of SQL, parsed, checked and rendered again.

Belongs here: reading a condition, the list of what it may be made of, and the SQL rendered from
its tree. What a program file says is never pasted into SQL. Not here: types (`condition_types`),
which columns an event has (`columns`), asking the condition, which is SQL.

The list is one of node types, never of names: a list of names lets `0x10`, `E'\\x27'`, `$$x$$`
and `#1` through.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from loyalty_pipeline.program.condition_types import ConditionError, check_types, shown

__all__ = ["Condition", "ConditionError", "normal_form", "parse_condition"]

MAX_LENGTH = 2000
MAX_DEPTH = 40

# What a condition may be made of, and which arguments of each may be given.
_ALLOWED: dict[type[exp.Expr], frozenset[str]] = {
    node: frozenset(arguments.split())
    for node, arguments in (
        (exp.And, "this expression"),
        (exp.Or, "this expression"),
        (exp.Not, "this"),
        (exp.Paren, "this"),
        (exp.EQ, "this expression"),
        (exp.NEQ, "this expression"),
        (exp.LT, "this expression"),
        (exp.LTE, "this expression"),
        (exp.GT, "this expression"),
        (exp.GTE, "this expression"),
        (exp.Between, "this low high"),
        (exp.In, "this expressions field"),
        (exp.Like, "this expression negate"),
        (exp.Is, "this expression"),
        (exp.Null, ""),
        (exp.Boolean, "this"),
        (exp.Literal, "this is_string"),
        (exp.Column, "this"),
        (exp.Identifier, "this quoted"),
        (exp.Neg, "this"),
        (exp.Add, "this expression"),
        (exp.Sub, "this expression"),
        (exp.Mul, "this expression"),
        (exp.Case, "this ifs default"),
        (exp.If, "this true"),
        (exp.Lower, "this"),
        (exp.Upper, "this"),
        (exp.Abs, "this"),
        (exp.Coalesce, "this expressions"),
        (exp.Least, "this expressions ignore_nulls"),
        (exp.Greatest, "this expressions ignore_nulls"),
        (exp.Length, "this"),
        (exp.StartsWith, "this expression"),
        (exp.Extract, "this expression"),
        (exp.Var, "this"),
        (exp.Cast, "this to"),
        (exp.DataType, "this nested"),
    )
}
FUNCTIONS = "abs, case, coalesce, extract, greatest, least, length, lower, starts_with and upper"

# Why something that is often written is refused, and what to write instead.
_INSTEAD: dict[type[exp.Expr], str] = {
    exp.Div: "division is not exact: multiply the other side instead, as in amount * 2 >= points",
    exp.IntDiv: "division is not exact: multiply the other side instead",
    exp.Mod: "the remainder of a division (%) is not known here",
    exp.DPipe: "|| is not known here: write 'or' between conditions; texts cannot be joined",
    exp.ILike: "ilike is not known here: write lower(column) like 'text%'",
    exp.Escape: "escape is not known here",
    exp.Select: "a query inside a condition is not allowed",
    exp.Subquery: "a query inside a condition is not allowed",
    exp.Exists: "a query inside a condition is not allowed",
    exp.Star: "* stands for no column here: name one",
    exp.NullSafeEQ: "'is distinct from' is not known here: use = with 'is null'",
    exp.NullSafeNEQ: "'is distinct from' is not known here: use <> with 'is null'",
    exp.CurrentDate: "today is not known here: what a rule says about a day must stay so; use "
    "event_date",
    exp.TryCast: "try_cast is not known here",
    exp.Year: "write extract(year from …)",
    exp.Month: "write extract(month from …)",
    exp.Day: "write extract(day from …)",
    exp.Quarter: "write extract(quarter from …)",
    exp.Interval: "intervals are not known here: add days as a number, as in event_date + 30",
}

_STRANGE = re.compile(r"[^A-Za-z0-9_\s()<>=!+\-*/%|,.:]")
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])[0-9.][A-Za-z0-9_.]*")
_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


class UnknownColumnError(ConditionError):
    """A condition asks a column that its event has not; `name` is the column."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self.name = name


@dataclass(frozen=True)
class Condition:
    """A condition that may be asked: as it was written, and as SQL rendered from its tree."""

    text: str
    sql: str
    columns: frozenset[str]
    lists: frozenset[str]


def parse_condition(
    text: str, columns: Mapping[str, str], lists: Collection[str] = ()
) -> Condition:
    """Read a condition.

    Args:
        text: as the program file has it.
        columns: what the event has, name and SQL type.
        lists: names of lists that `column in NAME` may ask; their values are the rows of
            list_members (list_id, value).

    Raises:
        ConditionError: it is none, or says something that is not allowed; with the way out.
    """
    written = text.strip()
    _check_text(written)
    tree = parsed(written)
    _check_nodes(tree)
    _check_depth(tree)
    asked = _resolve_lists(tree, lists)
    used = _resolve_columns(tree, columns)
    check_types(tree, columns)
    rendered = tree.sql(dialect="duckdb", identify=True, comments=False)
    if parsed(rendered) != tree:
        raise ConditionError("cannot be written as SQL that means the same: simplify it")
    return Condition(written, f"coalesce(({rendered}), false)", used, asked)


@lru_cache(maxsize=10_000)
def normal_form(text: str) -> str:
    """The one way a condition is written, for telling whether two say the same.

    A text that is no condition, which no file can hold, is its own form.
    """
    try:
        return parsed(text).sql(dialect="duckdb", identify=True)
    except ConditionError:
        return text


def _check_text(text: str) -> None:
    """What the text alone must be: no tricks of writing, which a parser may read in two ways."""
    if not text:
        raise ConditionError("is empty: write a condition, or true")
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"has {len(text):,} characters: at most {MAX_LENGTH:,} are read")
    if not text.isprintable():
        raise ConditionError(
            "holds a line break or another character that cannot be printed: write it on one line"
        )
    if "\\" in text:
        raise ConditionError("holds a backslash, which means different things: leave it out")
    bare = _QUOTED.sub("''", text)
    if re.search(r"[A-Za-z0-9_]''", bare):
        raise ConditionError("needs a space before each quote; texts have no letter before them")
    bare = bare.replace("''", " ")
    for quote, meaning in (("'", "text"), ('"', "column")):
        if quote in bare:
            raise ConditionError(f"holds a {meaning} that has no end: a {quote} is missing")
    if "--" in bare or "/*" in bare:
        raise ConditionError("holds a comment: write it in the file, after a #")
    if ";" in bare:
        raise ConditionError("holds a ;, but is one condition: join several by and, or")
    if strange := _STRANGE.search(bare):
        hint = ": texts stand in straight quotes, '" if strange[0] in "’‘“”`´" else ""
        hint = ": write 'and' between conditions" if strange[0] == "&" else hint
        raise ConditionError(f"holds {strange[0]}, which is not known here{hint}")
    for number in _NUMBER.findall(bare):
        if number.strip(".") and not _PLAIN_NUMBER.fullmatch(number):
            raise ConditionError(
                f"{number} is no number: write digits only, like 500000 or 0.5, at most 15 before "
                f"the point and 6 after it"
            )


def parsed(text: str) -> exp.Expr:
    """The tree of a condition, names in small letters; not yet checked for what it may hold.

    Raises:
        ConditionError: it is none.
    """
    try:
        tree: exp.Expr = sqlglot.parse_one(text, read="duckdb", into=exp.Condition)
    except SqlglotError as error:
        details: list[dict[str, object]] = getattr(error, "errors", [])
        near = str(details[0].get("highlight") or "") if details else ""
        where = f" near '{near}'" if near else ""
        raise ConditionError(
            f"cannot be read{where}: write a condition like amount >= 100 and tier = 'Gold'"
        ) from None
    except RecursionError:
        raise ConditionError(f"is nested too deeply: at most {MAX_DEPTH} levels") from None
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.args.get("quoted"):
            identifier.meta["written"] = identifier.name
            identifier.set("this", identifier.name.lower())
            identifier.set("quoted", True)
    return tree


def _check_nodes(tree: exp.Expr) -> None:
    for node in tree.walk():
        arguments = _ALLOWED.get(type(node))
        if arguments is None:
            raise ConditionError(_refusal(node))
        if node.comments:
            raise ConditionError("holds a comment: write it in the file, after a #")
        for name, value in node.args.items():
            if name not in arguments and value not in (None, False, []):
                if isinstance(value, exp.Subquery):
                    raise ConditionError(_refusal(value))
                raise ConditionError(f"{shown(node)} is written in a way that is not known here")


def _refusal(node: exp.Expr) -> str:
    if type(node) in _INSTEAD:
        return _INSTEAD[type(node)]
    if isinstance(node, exp.Func):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        return f"the function {name.lower()} is not known here: there are {FUNCTIONS}"
    return (
        f"{shown(node)} is not allowed: a condition is made of columns, numbers, texts, "
        f"comparisons, and, or, not, in, between, like, is null, +, -, * and {FUNCTIONS}"
    )


def _check_depth(tree: exp.Expr) -> None:
    """How deep parts lie in each other; a chain of `and` or `or` is one level."""
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ConditionError(
                f"is nested too deeply: at most {MAX_DEPTH} levels; many values go into a list, "
                f"as in partner_id in NAME"
            )
        for child in node.iter_expressions():
            chain = isinstance(node, exp.Connector) and type(child) is type(node)
            waiting.append((child, depth if chain else depth + 1))


def _resolve_lists(tree: exp.Expr, lists: Collection[str]) -> frozenset[str]:
    """`column in NAME` becomes a question to list_members, built here and not from text."""
    asked = set()
    for node in list(tree.find_all(exp.In)):
        field = node.args.get("field")
        if field is None:
            continue
        name = field.name
        if not isinstance(field, exp.Column) or name not in lists:
            known = f"lists here are {', '.join(sorted(lists))}" if lists else "there are no lists"
            raise ConditionError(
                f"in {shown(field)}: there is no such list, {known}; single values stand in "
                f"brackets, as in tier in ('Gold', 'Silver')"
            )
        asked.add(name)
        node.set("field", None)
        node.set("query", _members(name))
    return frozenset(asked)


def _members(name: str) -> exp.Subquery:
    asked = parsed("x in (select value from list_members where list_id = 'x')")
    query: exp.Subquery = asked.args["query"]
    query.find(exp.Literal).set("this", name)  # type: ignore[union-attr]
    return query


def _resolve_columns(tree: exp.Expr, columns: Mapping[str, str]) -> frozenset[str]:
    used = set()
    for column in _own_columns(tree):
        name = column.name
        if name not in columns:
            raise UnknownColumnError(column.name, _unknown(column, columns))
        used.add(name)
    return frozenset(used)


def _own_columns(tree: exp.Expr) -> Iterator[exp.Column]:
    """The columns that the condition names, without those of the questions to lists."""
    for node in tree.walk(prune=lambda node: isinstance(node, exp.Subquery)):
        if isinstance(node, exp.Column):
            yield node


def _unknown(column: exp.Column, columns: Mapping[str, str]) -> str:
    name = column.this.meta.get("written")
    if name is None:
        return (
            f'"{column.name}" in double quotes is a column, and there is none of that name: '
            f"a text stands in single quotes, '{column.name}'"
        )
    near = get_close_matches(column.name, columns, n=3)
    meant = f"did you mean {' or '.join(near)}" if near else f"there are {', '.join(columns)}"
    return f"unknown column {name}: {meant}; a text stands in single quotes, '{name}'"
