"""The texts that a condition names, for asking whether there is such a thing.

Belongs here: finding them in the tree. Not here: types (`condition_types`); which texts there are,
which checks know.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

_ALIKE = (exp.EQ, exp.NEQ, exp.In)
_IN_ORDER = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between)


def in_order_of_letters(tree: exp.Expr, column: str) -> str | None:
    """A comparison of a column's texts by their order, as it is written; None without one."""
    for node in tree.find_all(*_IN_ORDER):
        if any(_bare(side) == column for side in _sides(node)):
            return node.sql(dialect="duckdb").replace('"', "")
    return None


def texts_beside(tree: exp.Expr, column: str) -> frozenset[str]:
    """The texts that a condition compares a column with, as equal, different or in a list."""
    return _texts(tree, column, _ALIKE)


def texts_in_order(tree: exp.Expr, column: str) -> frozenset[str]:
    """The texts that a condition compares a column with by their order."""
    return _texts(tree, column, _IN_ORDER)


def in_other_letters(tree: exp.Expr) -> Iterator[tuple[str, str]]:
    """What is in small, or in capital, letters and compared with a text that is not, and the text.

    The text is as it would have to be written.
    """
    for node in tree.find_all(*_ALIKE):
        sides = _sides(node)
        cased = next((side for side in sides if isinstance(side, exp.Lower | exp.Upper)), None)
        for side in sides if cased is not None else ():
            if isinstance(side, exp.Literal) and side.is_string:
                text = side.name.lower() if isinstance(cased, exp.Lower) else side.name.upper()
                if text != side.name:
                    yield node.sql(dialect="duckdb").replace('"', ""), text


def _texts(tree: exp.Expr, column: str, kinds: tuple[type[exp.Expr], ...]) -> frozenset[str]:
    texts: set[str] = set()
    for node in tree.find_all(*kinds):
        sides = _sides(node)
        if any(isinstance(side, exp.Column) and side.name == column for side in sides):
            texts |= {s.name for s in sides if isinstance(s, exp.Literal) and s.is_string}
    return frozenset(texts)


def _sides(node: exp.Expr) -> list[object]:
    """What a comparison compares: of a list its values, of a range its ends."""
    others = (node.args.get(side) for side in ("expression", "low", "high"))
    return [node.this, *node.expressions, *others]


def _bare(side: object) -> str | None:
    """The column that a side of a comparison is, in small or capital letters or as it is."""
    while isinstance(side, exp.Paren | exp.Lower | exp.Upper | exp.Coalesce):
        side = side.this
    return side.name if isinstance(side, exp.Column) else None
