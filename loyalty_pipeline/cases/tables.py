"""Comparing a table with the CSV file that says what must be in it (SPEC 9).

Belongs here: reading an expected file, equality of values, and the difference in words. Not
here: where the table comes from.

Compared are exactly the columns that the file names, and all rows, as a multiset: a row that is
there twice must be expected twice. Numbers are compared as numbers, an empty field is null, and a
date matches a timestamp of that day.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from loyalty_pipeline.program.base import plain

Value = Decimal | date | datetime | bool | str | None

_SHOWN = 20  # differences of one table that are told one by one
_PAIRED = 200  # rows on either side up to which the nearest row is looked for
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Column:
    """A column of a table; kind: number, date, timestamp, boolean or text."""

    name: str
    kind: str


@dataclass(frozen=True)
class Table:
    """What the product answers."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]


class ExpectedFileError(Exception):
    """An expected file that cannot be compared; the text names file, line and column."""


@dataclass(frozen=True)
class _Expected:
    """The rows of an expected file, with the line of each."""

    columns: tuple[Column, ...]
    lines: tuple[tuple[int, tuple[Value, ...]], ...]


def differences(table: Table, path: Path) -> list[str]:
    """What differs between a table and its expected file, one line each; empty when equal.

    Raises:
        ExpectedFileError: the file cannot be compared with that table.
    """
    expected = _read(path, table)
    places = [
        next(place for place, known in enumerate(table.columns) if known.name == column.name)
        for column in expected.columns
    ]
    found = [
        tuple(
            _as_compared(row[place], column)
            for place, column in zip(places, expected.columns, strict=True)
        )
        for row in table.rows
    ]
    left = Counter(found)
    missing = []
    for line, row in expected.lines:
        if left[row]:
            left[row] -= 1
        else:
            missing.append((line, row))
    surplus = sorted(left.elements(), key=_sort_key)
    return _in_words(expected.columns, missing, surplus)


def _read(path: Path, table: Table) -> _Expected:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            rows = [(reader.line_num, row) for row in reader if row]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ExpectedFileError(f"{path}:{reader.line_num + 1}: {error}") from None
    if not rows:
        raise ExpectedFileError(
            f"{path}:1: the file is empty: name the columns in line 1; "
            f"a header alone expects a table without rows"
        )
    _, header = rows[0]
    columns = _columns(path, header, table)
    texts = []
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise ExpectedFileError(
                f"{path}:{line}: {len(row)} fields, the header names {len(header)} columns"
            )
        texts.append((line, row))
    columns = tuple(
        _by_day(column, [row[place] for _, row in texts]) for place, column in enumerate(columns)
    )
    return _Expected(
        columns,
        tuple(
            (
                line,
                tuple(
                    _parsed(text, column, f"{path}:{line}")
                    for text, column in zip(row, columns, strict=True)
                ),
            )
            for line, row in texts
        ),
    )


def _columns(path: Path, header: Sequence[str], table: Table) -> tuple[Column, ...]:
    known = {column.name: column for column in table.columns}
    for name in header:
        if name not in known:
            raise ExpectedFileError(
                f"{path}:1: there is no column '{name}', only {', '.join(known)}"
            )
        if header.count(name) > 1:
            raise ExpectedFileError(f"{path}:1: the column '{name}' is there twice")
    return tuple(known[name] for name in header)


def _by_day(column: Column, texts: Sequence[str]) -> Column:
    """A column of timestamps is compared by the day when the file gives days."""
    given = [text for text in texts if text]
    if column.kind == "timestamp" and given and all(_DATE.fullmatch(text) for text in given):
        return Column(column.name, "date")
    return column


def _parsed(text: str, column: Column, where: str) -> Value:
    """The value of an expected field."""
    if text == "":
        return None
    try:
        if column.kind == "number" and _NUMBER.fullmatch(text):
            return Decimal(text)
        if column.kind == "date" and _DATE.fullmatch(text):
            return date.fromisoformat(text)
        if column.kind == "timestamp":
            return datetime.fromisoformat(text)
    except ValueError:  # 30 February
        pass
    if column.kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if column.kind == "text":
        return text
    like = {
        "number": "a number, in digits only, like 1200.50",
        "date": "a date, like 2025-04-01",
        "timestamp": "a date or a time, like 2025-04-01 or 2025-04-01 10:00:00",
        "boolean": "true or false",
    }[column.kind]
    raise ExpectedFileError(f"{where}: {column.name}: '{text}' is not {like}")


def _as_compared(value: object, column: Column) -> Value:
    """A value of the table in the form in which expected ones are held."""
    if value is None or value == "":
        return None
    if column.kind == "boolean":
        return bool(value)
    if column.kind == "number":
        return Decimal(str(value))
    if column.kind == "date" and isinstance(value, datetime):
        return value.date()
    if isinstance(value, date | datetime):
        return value
    return str(value)


def _in_words(
    columns: Sequence[Column],
    missing: Sequence[tuple[int, tuple[Value, ...]]],
    surplus: list[tuple[Value, ...]],
) -> list[str]:
    told = []
    for line, row in missing:
        near = _nearest(columns, row, surplus) if len(missing) <= _PAIRED else None
        if near is None:
            told.append(f"line {line} is missing: {_row(columns, row)}")
            continue
        surplus.remove(near)
        pairs = list(zip(columns, row, near, strict=True))
        same = ", ".join(
            f"{column.name} {_shown(want)}"
            for column, want, has in pairs
            if want == has and column.kind == "text"
        )
        changed = "; ".join(
            f"{column.name}: expected {_shown(want)}, found {_shown(has)}"
            for column, want, has in pairs
            if want != has
        )
        told.append(f"line {line} ({same}): {changed}")
    told += [f"not expected: {_row(columns, row)}" for row in surplus]
    if len(told) > _SHOWN:
        told = [*told[:_SHOWN], f"… and {len(told) - _SHOWN} more"]
    return told


def _nearest(
    columns: Sequence[Column], row: tuple[Value, ...], surplus: Sequence[tuple[Value, ...]]
) -> tuple[Value, ...] | None:
    """The unexpected row most like an expected one: the same partner with other figures."""
    best: tuple[int, tuple[Value, ...]] | None = None
    for other in surplus[:_PAIRED]:
        names = equal = 0
        for column, want, has in zip(columns, row, other, strict=True):
            equal += want == has
            names += want == has and want is not None and column.kind == "text"
        score = names * len(columns) + equal
        if names and (best is None or score > best[0]):
            best = (score, other)
    return best[1] if best else None


def _row(columns: Sequence[Column], row: Sequence[Value]) -> str:
    return ", ".join(
        f"{column.name} {_shown(value)}" for column, value in zip(columns, row, strict=True)
    )


def _shown(value: Value) -> str:
    if value is None:
        return "(empty)"
    if isinstance(value, bool):
        return str(value).lower()
    return plain(value) if isinstance(value, Decimal) else str(value)


def _sort_key(row: Sequence[Value]) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in row)
