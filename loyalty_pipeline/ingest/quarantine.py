"""Splitting a block's rows into good ones and bad ones with every reason.

Belongs here: evaluating a feed's rules, reason codes, and which document a bad row belongs to.
Not here: the rules themselves (`schemas`), or documents as a whole (`file_documents`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData
from pandera.backends.polars.checks import PolarsCheckBackend

from loyalty_pipeline.ingest.contract import FeedContract, Layout
from loyalty_pipeline.ingest.parsing import fiscal_year_of, identity_days, typed_frame
from loyalty_pipeline.ingest.schemas import text_schema, value_schema

# Reasons of a line as a whole; `shape` is 1 or 2 when one of them holds, else 0.
SHAPE_REASONS = ("field_count", "quote_format")

QUARANTINE_SCHEMA = pl.Schema({"line_no": pl.Int64, "reasons": pl.String, "raw": pl.String})


@dataclass(frozen=True)
class Amount:
    """The total, as written, of the column that control files total, and how many are no number."""

    total: Decimal | None
    unreadable: int


@dataclass(frozen=True)
class Split:
    """A block's rows: the good ones as values, and of the bad ones why and what they name."""

    good: pl.DataFrame
    bad: pl.DataFrame  # file_line, reasons
    poison: pl.DataFrame | None  # the documents that bad rows belong to: see `poisoned`
    amount: Amount


@dataclass(frozen=True)
class _Rule:
    """One rule of one column; a rule about a value has nothing to say where its text is none."""

    column: str
    code: str
    check: pa.Check
    needs: str | None  # the code of the rule that must hold first

    @property
    def only_with(self) -> str | None:
        """What a block must hold for the rule to be worth evaluating; None: anything."""
        kind: str | None = (self.check.statistics or {}).get("only_with")
        return kind


@dataclass(frozen=True)
class Rules:
    """The rules of one feed as one source writes it, for the columns a file has."""

    contract: FeedContract
    layout: Layout
    date_format: str
    fiscal_start: int

    def _rules(self, schema: pa.DataFrameSchema, of_values: bool) -> list[_Rule]:
        return [
            _Rule(name, str(check.name), check, f"{name}_format" if of_values else None)
            for name, column in schema.columns.items()
            if name in self.layout.places
            for check in column.checks
        ]

    def split(self, text: pl.DataFrame, holds: Collection[str]) -> Split:
        """Evaluate every rule on a block of text that holds such characters, in one pass."""
        contract = self.contract
        typed = typed_frame(text, contract, self.layout, self.date_format)
        of_text = [
            rule
            for rule in self._rules(text_schema(contract.feed, self.date_format), of_values=False)
            if rule.only_with is None or rule.only_with in holds
        ]
        of_values = self._rules(value_schema(contract.feed), of_values=True)
        passed = pl.concat(
            [*_evaluated(text, of_text), *_evaluated(typed, of_values)], how="horizontal"
        ).collect()
        good = passed.select(pl.all_horizontal(pl.all())).to_series()
        if "shape" in text.columns:
            good &= text["shape"] == 0
        amount = self._amount(text, typed, passed)
        if good.all():
            return Split(typed, _NOTHING_BAD, None, amount)
        rules = [*of_text, *of_values]
        bad_text, bad_passed = text.filter(~good), passed.filter(~good)
        bad = pl.DataFrame(
            {"file_line": bad_text["file_line"], "reasons": _reasons(bad_text, bad_passed, rules)}
        )
        poison = self._poison(typed.filter(~good), bad_passed, rules)
        return Split(typed.filter(good), bad, poison, amount)

    def _amount(self, text: pl.DataFrame, typed: pl.DataFrame, passed: pl.DataFrame) -> Amount:
        column = self.contract.amount
        if column is None:
            return Amount(None, 0)
        readable = passed[f"{column}_format"] & typed[column].is_not_null()
        if "shape" in text.columns:
            readable &= text["shape"] == 0
        amounts = typed[column]
        unreadable = int((~readable).sum())
        if unreadable:
            amounts = amounts.filter(readable)
        scale = 2 if self.contract.column(column).kind == "money" else 3
        total = amounts.cast(pl.Decimal(38, scale)).sum()
        return Amount(Decimal(total), unreadable)

    def _poison(
        self, bad: pl.DataFrame, passed: pl.DataFrame, rules: list[_Rule]
    ) -> pl.DataFrame | None:
        """What documents bad rows name; a type or date that cannot be read stands for any."""
        dates = ("document_date", "original_document_date")
        if not self.contract.has_documents:
            return None
        valid = {
            name: passed.select(
                pl.all_horizontal(rule.code for rule in rules if rule.column == name)
            ).to_series()
            for name in ("distributor_id", "document_no", "document_type", *dates)
            if name in bad.columns
        }
        year = fiscal_year_of(pl.lit(identity_days(bad)), self.fiscal_start)
        dated = pl.all_horizontal(pl.lit(valid[name]) for name in dates if name in valid)
        named = bad.select(
            "distributor_id",
            "document_no",
            pl.when(valid["document_type"]).then(pl.col("document_type")).alias("document_type"),
            pl.when(dated).then(year).alias("fiscal_year"),
        ).filter(valid["distributor_id"] & valid["document_no"])
        return named.unique(maintain_order=True) if named.height else None


def _evaluated(frame: pl.DataFrame, rules: list[_Rule]) -> list[pl.LazyFrame]:
    """One boolean column a rule, named by its code."""
    lazy = frame.lazy()
    return [
        PolarsCheckBackend(rule.check)
        .apply(PolarsData(lazy, rule.column))
        .select(pl.all().fill_null(True).alias(rule.code))
        for rule in rules
    ]


def poisoned(documents: pl.DataFrame, poison: pl.DataFrame | None) -> pl.Series:
    """Which documents have a bad line among those that name them."""
    if poison is None:
        return pl.repeat(False, documents.height, eager=True)
    number = ["distributor_id", "document_no"]
    hit = (
        documents.select(*number, "document_type", "fiscal_year")
        .with_row_index("place")
        .join(poison, on=number, suffix="_bad")
        .filter(
            (pl.col("document_type") == pl.col("document_type_bad")).fill_null(True)
            & (pl.col("fiscal_year") == pl.col("fiscal_year_bad")).fill_null(True)
        )
        .get_column("place")
        .unique()
    )
    return members(documents.height, hit)


def members(height: int, places: pl.Series) -> pl.Series:
    """A mask of so many rows that is true at these places."""
    return pl.int_range(height, dtype=pl.UInt32, eager=True).is_in(places.implode())


_NOTHING_BAD = pl.DataFrame(schema={"file_line": pl.Int64, "reasons": pl.String})


def _reasons(text: pl.DataFrame, passed: pl.DataFrame, rules: list[_Rule]) -> pl.Series:
    """The codes of each row, by a bit mask: few masks are distinct, and only those get a text."""
    assert len(rules) <= 62, "a bit mask holds 62 rules"
    bits = []
    for bit, rule in enumerate(rules):
        failed = ~pl.col(rule.code)
        if rule.needs is not None:
            failed &= pl.col(rule.needs)
        bits.append(pl.when(failed).then(pl.lit(1 << bit, pl.UInt64)).otherwise(0))
    mask = passed.select(pl.sum_horizontal(bits).cast(pl.UInt64)).to_series().alias("mask")
    if "shape" in text.columns:  # what is in a row of another shape cannot be told
        shape = text["shape"].cast(pl.UInt64)
        mask = pl.select(pl.when(shape > 0).then(shape * (1 << 62)).otherwise(mask)).to_series()
    distinct = mask.unique().to_list()
    texts = [_codes_of(value, rules) for value in distinct]
    return mask.replace_strict(
        pl.Series(distinct, dtype=pl.UInt64), pl.Series(texts, dtype=pl.String)
    )


def _codes_of(mask: int, rules: list[_Rule]) -> str:
    if mask >> 62:
        return SHAPE_REASONS[(mask >> 62) - 1]
    return ", ".join(rule.code for bit, rule in enumerate(rules) if mask >> bit & 1)
