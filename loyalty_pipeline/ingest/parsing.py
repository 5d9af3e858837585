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

from loyalty_pipeline.ingest.contract import Column, FeedContract, Layout

# Rust's `\d` takes every script's digits, and parsers take +5, 1e3, .5 and 1.239: only these pass.
MONEY = r"^-?[0-9]{1,15}(\.[0-9]{1,2})?$"
QUANTITY = r"^-?[0-9]{1,15}(\.[0-9]{1,3})?$"
INTEGER = r"^[0-9]{1,9}$"
MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)

TYPES: dict[str, pl.DataType] = {
    "id": pl.String(),
    "text": pl.String(),
    "choice": pl.String(),
    "date": pl.Date(),
    "month": pl.String(),
    "money": pl.Decimal(18, 2),
    "quantity": pl.Decimal(18, 3),
    "points": pl.Decimal(18, 3),
    "signed_points": pl.Decimal(18, 3),
    "integer": pl.Int32(),
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


def parsed(column: Column, date_format: str) -> pl.Expr:
    """The value of a column's text; null where the text is none, which its rules report."""
    text = pl.col(column.name)
    if column.kind == "date":
        return text.str.to_date(date_format, strict=False)
    if column.kind in ("money", "quantity", "points", "signed_points", "integer"):
        return text.cast(TYPES[column.kind], strict=False)
    return text


def typed_frame(
    text: pl.DataFrame, contract: FeedContract, layout: Layout, date_format: str
) -> pl.DataFrame:
    """The parsed columns of a block of text, as many rows as the text has."""
    return text.select(
        pl.col("file_line"),
        *(parsed(c, date_format) for c in contract.columns if c.name in layout.places),
    )


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
        schema[column.name] = TYPES[column.kind]
        if column.name == "document_no" and contract.has_documents:
            schema["fiscal_year"] = pl.Int16()
    return schema


def document_schema(contract: FeedContract) -> dict[str, pl.DataType]:
    """The columns of a feed's documents in one file, in their order."""
    lines = staged_schema(contract)
    return {
        **{name: lines[name] for name in (*contract.key, *contract.header)},
        "amount": lines["amount"],
        "line_count": pl.Int32(),
        "first_line": pl.Int64(),
    }
