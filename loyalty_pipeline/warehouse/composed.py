"""Named SQL texts that later SQL reads, put together only when something is computed.

Belongs here: which texts a statement needs, in what order and under which names. Not here: running
anything.

DuckDB binds a view with everything below it when it is made. A chain of n stages was bound n times,
a fifth of what the awards of a small cycle cost; common table expressions are bound once, where
they are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_READ = re.compile(r"\b(?:from|join)\s+([a-z_][a-z0-9_]*)")
_COMMENT = re.compile(r"--[^\n]*")
_IDENTIFIER = re.compile(r"[a-z0-9_]+")


class Composed:
    """Texts by name. A text may read others, also such that get their name or change later."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def put(self, name: str, text: str) -> None:
        """Give a text a name, in place of another one."""
        self._texts[name] = text

    def drop(self, name: str) -> None:
        """Forget a name, if it is known."""
        self._texts.pop(name, None)

    def clear(self) -> None:
        """Forget all."""
        self._texts.clear()

    def query(self, sql: str) -> str:
        """A query with the texts that it reads, and those that these read."""
        given = self._needed_by(sql)
        return f"{given}select * from ({sql}\n)" if given else sql

    def statement(self, sql: str) -> str:
        """The same of a statement that changes something."""
        return self._needed_by(sql) + sql

    def _needed_by(self, sql: str) -> str:
        found: dict[str, None] = {}
        self._find(sql, found, set())
        given = ", ".join(f"{name} as not materialized ({self._texts[name]}\n)" for name in found)
        return f"with {given} " if found else ""

    def _find(self, text: str, found: dict[str, None], on_the_way: set[str]) -> None:
        """Those that are read stand before those that read them."""
        for name in _names_read(text):
            if name in self._texts and name not in found and name not in on_the_way:
                on_the_way.add(name)
                self._find(self._texts[name], found, on_the_way)
                found[name] = None


@lru_cache(maxsize=5_000)
def _names_read(sql: str) -> tuple[str, ...]:
    """What may be a relation: a word too many does no harm."""
    return tuple(dict.fromkeys(_READ.findall(_COMMENT.sub("", sql))))


def reading(sql: str, reads: Mapping[str, str] | None) -> str:
    """The SQL with the relations it reads under its own names for them."""
    if not reads:
        return sql
    for identifier in (*reads, *reads.values()):
        check_identifier(identifier)
    given = ", ".join(f"{name} as not materialized (from {rel})" for name, rel in reads.items())
    return f"with {given} select * from ({sql}\n)"


def check_identifier(name: str) -> None:
    """Names of relations and columns come from code, never from data; this keeps it so."""
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError(f"{name!r} is not a name SQL may use")
