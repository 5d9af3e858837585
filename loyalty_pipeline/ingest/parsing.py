"""From text to values, strictly and without guessing.

Belongs here: which texts are a number or a date, and their exact conversion. Not here: which
values a column may have (`schemas`).
"""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import cast

import polars as pl

from loyalty_pipeline.ingest.contract import Column, FeedContract, Kind
from loyalty_pipeline.ingest.dialect import Notation

MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)

TYPES: dict[str, pl.DataType] = {
    "id": pl.String(),
    "text": pl.String(),
    "choice": pl.String(),
    "date": pl.Date(),
    "month": pl.String(),
    "money": pl.Decimal(18, 2),
    "unsigned_money": pl.Decimal(18, 2),
    "quantity": pl.Decimal(18, 3),
    "points": pl.Decimal(18, 3),
    "signed_points": pl.Decimal(18, 3),
    "integer": pl.Int32(),
    "whole_number": pl.Int64(),
}

# Of each kind of number: whether it may be negative, how many digits and how many decimals.
_NUMBERS: dict[Kind, tuple[bool, int, int]] = {
    "money": (True, 15, 2),
    "unsigned_money": (True, 15, 2),
    "quantity": (True, 15, 3),
    "points": (True, 15, 3),
    "signed_points": (True, 15, 3),
    "integer": (False, 9, 0),
    "whole_number": (True, 15, 0),
}

# What a number stays below, without its sign: more is a bar code or a telephone number in the
# wrong column, and what points are computed in has no room for it.
MAX_AMOUNT, MAX_COUNT = 10**12, 10**9
BELOW: dict[Kind, int] = {
    "money": MAX_AMOUNT,
    "unsigned_money": MAX_AMOUNT,
    "quantity": MAX_COUNT,
    "points": MAX_COUNT,
    "signed_points": MAX_COUNT,
}

_MONTHS = calendar.month_name[1:]  # English, as nothing here sets a locale
_DIRECTIVES = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",  # 00 to 69 are this century, as everywhere
    "m": "[0-9]{2}",
    "b": f"(?i:{'|'.join(month[:3] for month in _MONTHS)})",
    "B": f"(?i:{'|'.join(_MONTHS)})",
    "d": "[0-9]{2}",
}


def date_pattern(date_format: str) -> str:
    """A regular expression of exactly the texts that a date format prints.

    Parsers are laxer than formats: `%Y-%m-%d` also reads 2025-4-1 and +2025-04-01. A format that
    does not name day, month and year once each is refused with its program file.
    """
    pieces = re.split(r"%(.)", date_format.replace("%F", "%Y-%m-%d"))
    texts, directives = pieces[0::2], pieces[1::2]
    written = [re.escape(text) for text in texts]
    fields = [_DIRECTIVES[name] for name in directives] + [""]
    return f"^{''.join(a + b for a, b in zip(written, fields, strict=True))}$"


def number_pattern(kind: Kind, notation: Notation) -> str:
    """A regular expression of exactly the texts that are a number of that kind.

    Rust's `\\d` takes every script's digits, and parsers take +5, 1e3, .5 and 1.239: none of that
    passes. Groups of digits are well-formed, 1,000,000 or 10,00,000, or not there at all.
    """
    signed, digits, decimals = _NUMBERS[kind]
    whole = f"[0-9]{{1,{digits}}}"
    if notation.grouping:
        mark = re.escape(notation.grouping)
        western = f"[0-9]{{1,3}}(?:{mark}[0-9]{{3}}){{1,{digits // 3 - 1}}}"
        indian = f"[0-9]{{1,2}}(?:{mark}[0-9]{{2}}){{0,{(digits - 5) // 2}}}{mark}[0-9]{{3}}"
        whole = f"(?:{whole}|{western}|{indian})"
    mark = re.escape(notation.decimal_mark)
    fraction = f"(?:{mark}[0-9]{{1,{decimals}}})?" if decimals else ""
    return f"^{'-?' if signed else ''}{whole}{fraction}$"


def parsed(column: Column, notation: Notation) -> pl.Expr:
    """The value of a column's text; null where the text is none, which its rules report."""
    text = pl.col(column.name)
    if column.kind == "date":
        return text.str.to_date(notation.date_format, strict=False)
    if column.kind in _NUMBERS:
        if notation.grouping:
            text = text.str.replace_all(notation.grouping, "", literal=True)
        if notation.decimal_mark != ".":
            text = text.str.replace(notation.decimal_mark, ".", literal=True)
        return text.cast(TYPES[column.kind], strict=False)
    return text


def typed_frame(text: pl.DataFrame, contract: FeedContract, notation: Notation) -> pl.DataFrame:
    """The parsed columns of a block of text, as many rows as the text has."""
    return text.select(
        pl.col("file_line"),
        *(parsed(c, notation) for c in contract.columns if c.name in text.columns),
    )


def custom_json(contract: FeedContract) -> pl.Expr:
    """A row's custom fields as a JSON object: keys in order, values as text, empty ones left out.

    Written by hand, so that the text does not depend on an engine's version; no field holds a
    control character.
    """
    members = []
    for column in sorted(contract.custom_fields, key=lambda column: column.field):
        value = pl.col(column.name)
        if column.kind == "whole_number":
            value = value.cast(pl.String)
        else:
            value = value.str.replace_all("\\", "\\\\", literal=True)
            value = value.str.replace_all('"', '\\"', literal=True)
        # Concatenating null gives null, which leaves the member out.
        members.append(pl.concat_str(pl.lit(f'"{column.field}":"'), value, pl.lit('"')))
    return pl.concat_str(
        pl.lit("{"), pl.concat_str(members, separator=",", ignore_nulls=True), pl.lit("}")
    ).alias("custom")


def fiscal_year_of(day: pl.Expr, first_month: int) -> pl.Expr:
    """The calendar year in which the fiscal year of a date starts."""
    return day.dt.year().cast(pl.Int16) - (day.dt.month() < first_month).cast(pl.Int16)


def identity_days(rows: pl.DataFrame) -> pl.Series:
    """The dates whose fiscal year is part of what names each document: mostly its own.

    A later version that moved into another fiscal year gives the old date, and names no other
    document (SPEC 2, Identity). Beside a number, or in a cancellation, it is the invoice's date.
    """
    days = rows["document_date"]
    if (
        "original_document_date" not in rows.columns
        or rows["original_document_date"].is_null().all()
    ):
        return days
    moved = pl.col("original_document_date").is_not_null()
    moved &= pl.col("document_type") != "cancellation"
    if "original_document_no" in rows.columns:
        moved &= pl.col("original_document_no").is_null()
    old = pl.when(moved).then("original_document_date").otherwise("document_date")
    return rows.select(old.alias("document_date")).to_series()


def fiscal_years(days: pl.Series, first_month: int) -> pl.Expr:
    """The fiscal year of every date of a block; of most blocks all dates have the same one."""
    earliest, latest = cast("date | None", days.min()), cast("date | None", days.max())
    if earliest is not None and latest is not None:
        first = earliest.year - (earliest.month < first_month)
        if first == latest.year - (latest.month < first_month):
            return pl.lit(first, pl.Int16)
    return fiscal_year_of(pl.lit(days), first_month)


def staged_schema(contract: FeedContract) -> dict[str, pl.DataType]:
    """The columns of a feed's staged lines, in their order."""
    schema: dict[str, pl.DataType] = {"file_line": pl.Int64()}
    for column in contract.columns:
        if column.is_custom:
            continue
        schema[column.name] = TYPES[column.kind]
        if column.name == "document_no" and contract.has_documents:
            schema["fiscal_year"] = pl.Int16()
    if contract.has_custom_fields:
        schema["custom"] = pl.String()
    return schema


def document_schema(contract: FeedContract) -> dict[str, pl.DataType]:
    """The columns of a feed's documents in one file, in their order."""
    lines = staged_schema(contract)
    header = [name for name in contract.header if name != "custom"]
    return {
        **{name: lines[name] for name in (*contract.key, *header)},
        "amount": lines["amount"],
        "line_count": pl.Int32(),
        "first_line": pl.Int64(),
        "custom": lines["custom"],
    }
