"""The header of one file, matched with how its source writes the feed.

Belongs here: which field of a line is which column, or every reason why that cannot be told.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loyalty_pipeline.ingest.dialect import Dialect


@dataclass(frozen=True)
class Layout:
    """How one file's columns stand: the header's names in order, and where each column is."""

    names: tuple[str, ...]
    places: Mapping[str, int]  # column: position in the file; those not in the file are not here
    delimiter: str
    constants: frozenset[str] = frozenset()

    @property
    def width(self) -> int:
        """How many fields a line has."""
        return len(self.names)

    @property
    def present(self) -> frozenset[str]:
        """The columns that have values: in the file, or constant."""
        return self.constants | self.places.keys()

    def is_header(self, line: str) -> bool:
        """Whether a line names these columns, however it is quoted."""
        return _fields(line, self.delimiter) == self.names


def _fields(line: str, delimiter: str) -> tuple[str, ...] | str:
    """The fields of a line, or why there are none."""
    try:
        return tuple(next(csv.reader([line], delimiter=delimiter, strict=True), []))
    except csv.Error as error:
        return str(error)


def read_header(line: str, dialect: Dialect) -> tuple[Layout | None, list[str]]:
    """Match a header line with the contract: a layout, or every reason why there is none."""
    names = _fields(line, dialect.delimiter)
    if isinstance(names, str):
        return None, [f"line 1: the header cannot be read ({names}): mend its quotes"]
    if dialect.has_personal_data and not set(names) & set(dialect.names.values()):
        # Without a header this is somebody's name and number, which no reason may repeat.
        return None, [
            f"line 1: none of its {len(names)} columns is known, expected {_expected(dialect)}: "
            f"put the header into the first line, or correct the source's columns and delimiter"
        ]
    reasons = [*_doubled(names), *_unknown(names, dialect), *_missing(names, dialect)]
    if reasons:
        return None, reasons
    places = {
        column: names.index(shown)
        for column, shown in dialect.names.items()
        if shown in names and column not in dialect.constants
    }
    return Layout(names, places, dialect.delimiter, frozenset(dialect.constants)), []


def _doubled(names: tuple[str, ...]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"line 1: the header names {name!r} twice: name every column once"


def _unknown(names: tuple[str, ...], dialect: Dialect) -> Iterator[str]:
    constant = {dialect.names[column]: column for column in dialect.constants}
    known = set(dialect.names.values()) | dialect.ignored
    for name in dict.fromkeys(names):
        if name in constant and name not in dialect.ignored:
            yield (
                f"line 1: the file has a column {name!r}, for which the source gives a constant: "
                f"remove {constant[name]} from the source's constants, or add {name!r} to ignored"
            )
        elif name not in known:
            yield (
                f"line 1: unknown column {name!r}, expected {_expected(dialect)}: correct the "
                f"file, or the source's columns, ignored columns and delimiter"
            )


def _expected(dialect: Dialect) -> str:
    names = ", ".join(
        f"[{dialect.names[c.name]}]" if _is_optional(c.name, dialect) else dialect.names[c.name]
        for c in dialect.contract.columns
        if c.name not in dialect.constants
    )
    return f"{names} separated by {dialect.delimiter!r}"


def _missing(names: tuple[str, ...], dialect: Dialect) -> Iterator[str]:
    for column in dialect.contract.columns:
        shown = dialect.names[column.name]
        needed = not _is_optional(column.name, dialect) and column.name not in dialect.constants
        if needed and shown not in names:
            yield (
                f"line 1: the column {shown!r} is missing from the header: add it to the file, or "
                f"map {column.field} to its name in the source's columns"
            )


def _is_optional(name: str, dialect: Dialect) -> bool:
    """Custom fields may be empty, but a file without their columns would lose all of them."""
    column = dialect.contract.column(name)
    return not column.required and not column.is_custom
