"""Finds the SQL of the product: one file a table or question, below `sql/`.

Belongs here: locating and reading the text, and which parameters it binds. Not here: running
it, which is `engine`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_PARAMETER = re.compile(r"\$([a-z_]+)")


@cache
def bundled(folder: str) -> Path:
    """The folder `sql` or `programs`: in the wheel, or in the repository it is run from."""
    package = Path(__file__).resolve().parent.parent
    in_wheel = package / "_bundled" / folder
    if in_wheel.is_dir():
        return in_wheel
    in_repository = {"sql": "sql", "programs": "data/programs"}[folder]
    return package.parent / in_repository


@cache
def sql_text(name: str) -> str:
    """The text of a SQL file, named below `sql/` without its ending, like `earning/cycle_sales`."""
    return (bundled("sql") / f"{name}.sql").read_text(encoding="utf-8")


@cache
def texts_below(folder: str) -> dict[str, str]:
    """All SQL files of a folder below `sql/`, by name."""
    names = sorted(f"{folder}/{path.stem}" for path in (bundled("sql") / folder).glob("*.sql"))
    return {name: sql_text(name) for name in names}


@cache
def parameters_of(sql: str) -> frozenset[str]:
    """The names a text binds, `$cycle` for example; comments do not count."""
    without_comments = re.sub(r"--[^\n]*", "", sql)
    return frozenset(_PARAMETER.findall(without_comments))
