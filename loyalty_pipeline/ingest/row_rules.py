"""The rules across the columns of one row, as pandera checks named by their reason codes.

Belongs here: what the values of a row must say together. Not here: rules of one column
(`schemas`), or of several rows (`file_documents`).

A rule names the columns it reads; it has nothing to say about a row in which one of them is
wrong by itself. Columns that a file lacks are null.
"""

from __future__ import annotations

from collections.abc import Collection

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData


def columns_of(check: pa.Check) -> tuple[str, ...]:
    """The columns that a rule reads."""
    names: tuple[str, ...] = (check.statistics or {})["columns"]
    return names


def _rule(code: str, columns: tuple[str, ...], passes: pl.Expr) -> pa.Check:
    def check(data: PolarsData) -> pl.LazyFrame:
        there = data.lazyframe.collect_schema()
        absent = [pl.lit(None).alias(name) for name in columns if name not in there]
        return data.lazyframe.with_columns(absent).select(passes.alias(code))

    return pa.Check(check, name=code, error=code, statistics={"columns": columns})


def _needed(column: str, kinds: Collection[str]) -> pa.Check:
    """Instructions of these kinds cannot be followed without this column."""
    given = pl.col(column).is_not_null()
    return _rule(f"{column}_needed", ("kind", column), ~pl.col("kind").is_in(list(kinds)) | given)


def _instructions() -> list[pa.Check]:
    kind, points = pl.col("kind"), pl.col("points")
    elsewhere = pl.col("to_partner_id") != pl.col("partner_id")
    counted = kind.is_in(["import_points", "transfer"])
    return [
        _rule("maker_is_checker", ("maker", "checker"), pl.col("maker") != pl.col("checker")),
        _needed("points", ["import_points", "adjust", "transfer"]),
        _rule("points_not_positive", ("kind", "points"), ~counted | (points > 0)),
        _rule("points_zero", ("kind", "points"), (kind != "adjust") | (points != 0)),
        _needed("to_partner_id", ["transfer", "merge"]),
        _rule("to_partner_id_is_partner_id", ("partner_id", "to_partner_id"), elsewhere),
        _needed("tier", ["set_tier"]),
        _needed("until", ["extend"]),
    ]


def rules_across_columns(feed: str) -> list[pa.Check]:
    """The rules across columns of a feed; null passes, as everywhere in pandera."""
    if feed == "instructions":
        return _instructions()
    if feed == "claims":  # an uploaded invoice: what takes one back is its rejection
        return [_rule("amount_not_positive", ("amount",), pl.col("amount") > 0)]
    return []
