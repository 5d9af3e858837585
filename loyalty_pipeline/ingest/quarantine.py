"""Splitting a block's rows into good ones and bad ones with every reason.

Belongs here: evaluating a feed's rules, reason codes, and which document a bad row belongs to.
Not here: the rules themselves (`schemas`), or documents as a whole (`file_documents`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from itertools import groupby

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData
from pandera.backends.polars.checks import PolarsCheckBackend

from loyalty_pipeline.ingest.contract import FeedContract
from loyalty_pipeline.ingest.dialect import Dialect
from loyalty_pipeline.ingest.parsing import fiscal_year_of, identity_days, typed_frame
from loyalty_pipeline.ingest.row_rules import columns_of
from loyalty_pipeline.ingest.schemas import text_schema, value_schema
from loyalty_pipeline.ingest.tally import Tally, total

# Reasons of a line as a whole; `shape` is 1 or 2 when one of them holds, else 0.
SHAPE_REASONS = ("field_count", "quote_format")

# What a row is about, so that a later file can heal it; null when it cannot be told. A number alone
# is no document: another type, or the next fiscal year, has the same ones.
SUBJECT = {"subject": pl.String, "document_type": pl.String, "fiscal_year": pl.Int16}
QUARANTINE_SCHEMA = pl.Schema(
    {"line_no": pl.Int64, "reasons": pl.String, "raw": pl.String, **SUBJECT}
)
BAD = {"file_line": pl.Int64, "reasons": pl.String, **SUBJECT}
_TRIED = 4096  # rows that show whether a column repeats itself
_BITS = 62  # rules a mask of 64 bits has place for, with some to spare


@dataclass(frozen=True)
class Split:
    """A block's rows: the good ones as values, and of the bad ones why and what they name."""

    good: pl.DataFrame
    bad: pl.DataFrame  # as BAD
    poison: pl.DataFrame | None  # the documents that bad rows belong to: see `poisoned`
    all: Tally
    of_bad: Tally


@dataclass(frozen=True)
class _Rule:
    """One rule; one about values has nothing to say where a text that it reads is wrong."""

    code: str
    check: pa.Check
    columns: tuple[str, ...]
    of_values: bool

    @property
    def only_with(self) -> str | None:
        """What a block must hold for the rule to be worth evaluating; None: anything."""
        kind: str | None = (self.check.statistics or {}).get("only_with")
        return kind

    @property
    def is_single(self) -> bool:
        """Whether it is about one column alone."""
        return "columns" not in (self.check.statistics or {})

    @property
    def name(self) -> str:
        """A name no other rule has, whatever custom fields are named."""
        return f"{self.code} of {self.columns}"


@dataclass(frozen=True)
class Rules:
    """The rules of one feed as one source writes it, for the columns a file has."""

    dialect: Dialect
    present: frozenset[str]

    @property
    def contract(self) -> FeedContract:
        """The contract of the feed."""
        return self.dialect.contract

    def _of_columns(self, schema: pa.DataFrameSchema, *, of_values: bool) -> list[_Rule]:
        return [
            _Rule(str(check.name), check, (name,), of_values)
            for name, column in schema.columns.items()
            if name in self.present
            for check in column.checks
        ]

    def split(self, text: pl.DataFrame, holds: Collection[str]) -> Split:
        """Evaluate every rule on a block of text that holds such characters, in one pass."""
        contract = self.contract
        typed = typed_frame(text, contract, self.dialect.notation)
        written, values = text_schema(contract, self.dialect.notation), value_schema(contract)
        of_text = _worth_evaluating(
            text,
            [
                rule
                for rule in self._of_columns(written, of_values=False)
                if rule.only_with is None or rule.only_with in holds
            ],
        )
        of_values = self._of_columns(values, of_values=True) + [
            _Rule(str(check.name), check, columns_of(check), of_values=True)
            for check in values.checks
        ]
        every_row = text.lazy().select(pl.col("file_line").is_not_null())  # if no rule is left
        passed = pl.concat(
            [every_row, *_evaluated(text, of_text), *_evaluated(typed, of_values)],
            how="horizontal",
        ).collect()
        good = passed.select(pl.all_horizontal(pl.all())).to_series()
        if "shape" in text.columns:
            good &= text["shape"] == 0
        readable = self._readable(text, typed, passed, of_text)
        tally = self._tally(typed, readable)
        if good.all():
            return Split(typed, pl.DataFrame(schema=BAD), None, tally, Tally())
        rules = [*of_text, *of_values]
        of_bad = typed.filter(~good)
        valid = _Valid(passed.filter(~good), rules)
        bad = pl.DataFrame(
            {
                "file_line": of_bad["file_line"],
                "reasons": _reasons(text.filter(~good), valid, rules),
                **self._subjects(of_bad, valid).to_dict(),
            },
            schema=BAD,
        )
        return Split(
            typed.filter(good),
            bad,
            self._poison(of_bad, valid),
            tally,
            self._tally(of_bad, None if readable is None else readable.filter(~good)),
        )

    def _readable(
        self, text: pl.DataFrame, typed: pl.DataFrame, passed: pl.DataFrame, rules: list[_Rule]
    ) -> pl.Series | None:
        """Where the amount is a number; None if the feed has none."""
        column = self.contract.amount
        if column is None:
            return None
        readable = typed[column].is_not_null()
        for rule in rules:
            if rule.columns == (column,):
                readable &= passed[rule.name]
        if "shape" in text.columns:
            readable &= text["shape"] == 0
        return readable

    def _tally(self, typed: pl.DataFrame, readable: pl.Series | None) -> Tally:
        column = self.contract.amount
        if column is None or readable is None:
            return Tally(typed.height)
        unreadable = int((~readable).sum())
        amounts = typed[column].filter(readable) if unreadable else typed[column]
        return Tally(typed.height, total(amounts), unreadable)

    def _subjects(self, bad: pl.DataFrame, valid: _Valid) -> pl.DataFrame:
        """What bad rows are about; null where a part of it is wrong by itself."""
        told = valid.all_of(self.contract.subject)
        if self.contract.has_documents:
            bad = bad.with_columns(*self._type_and_year(bad, valid))
        subject, *others = subject_of(self.contract, bad.columns)
        return bad.select(pl.when(told).then(subject), *others)

    def _type_and_year(self, bad: pl.DataFrame, valid: _Valid) -> tuple[pl.Expr, pl.Expr]:
        """Of which type and fiscal year bad lines are; null where it cannot be told."""
        year = fiscal_year_of(pl.lit(identity_days(bad)), self.dialect.fiscal_start)
        dated = valid.all_of(("document_date", "original_document_date"))
        typed = valid.all_of(("document_type",))
        return (
            pl.when(typed).then("document_type").alias("document_type"),
            pl.when(dated).then(year).alias("fiscal_year"),
        )

    def _poison(self, bad: pl.DataFrame, valid: _Valid) -> pl.DataFrame | None:
        """What documents bad rows name; a type or date that cannot be read stands for any."""
        if not self.contract.has_documents:
            return None
        named = bad.select(
            "distributor_id", "document_no", *self._type_and_year(bad, valid)
        ).filter(valid.all_of(("distributor_id", "document_no")))
        return named.unique(maintain_order=True) if named.height else None


@dataclass(frozen=True)
class _Valid:
    """Of some rows, which rules hold."""

    passed: pl.DataFrame
    rules: list[_Rule]

    def all_of(self, columns: Collection[str]) -> pl.Series:
        """Where no rule of one of these columns alone is broken."""
        own = [self.passed[r.name] for r in self.rules if r.columns[0] in columns and r.is_single]
        every = pl.repeat(True, self.passed.height, eager=True)
        return reduce(lambda left, right: left & right, own, every)

    def readable(self, columns: Collection[str]) -> pl.Series:
        """Where the texts of these columns are values."""
        own = [
            self.passed[r.name] for r in self.rules if not r.of_values and r.columns[0] in columns
        ]
        every = pl.repeat(True, self.passed.height, eager=True)
        return reduce(lambda left, right: left & right, own, every)


def subject_of(contract: FeedContract, columns: Collection[str]) -> list[pl.Expr]:
    """What a row is about, of the columns that are there: those of SUBJECT."""
    parts = [
        pl.col(name).fill_null("") if name in columns else pl.lit("") for name in contract.subject
    ]
    return [
        pl.concat_str(parts, separator="/").alias("subject"),
        *(
            (pl.col(name) if contract.has_documents else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in SUBJECT.items()
            if name != "subject"
        ),
    ]


def _evaluated(frame: pl.DataFrame, rules: list[_Rule]) -> list[pl.LazyFrame]:
    """One boolean column a rule."""
    lazy = frame.lazy()
    return [
        PolarsCheckBackend(rule.check)
        .apply(PolarsData(lazy, rule.columns[0]))
        .select(pl.all().fill_null(True).alias(rule.name))
        for rule in rules
    ]


def _worth_evaluating(text: pl.DataFrame, rules: list[_Rule]) -> list[_Rule]:
    """The rules that some row may break.

    Of a column that repeats itself (dates, line numbers), the few values are tried first: a rule
    that all of them pass holds in every row. That takes half of the time of all rules.
    """
    kept: list[_Rule] = []
    for name, group in groupby(rules, key=lambda rule: rule.columns[0]):
        own, column = list(group), text[name]
        if column.head(_TRIED).n_unique() * 8 < min(_TRIED, text.height):
            values = column.unique().to_frame()
            passed = pl.concat(_evaluated(values, own), how="horizontal").collect()
            own = [rule for rule in own if not passed[rule.name].all()]
        kept += own
    return kept


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


def _reasons(text: pl.DataFrame, valid: _Valid, rules: list[_Rule]) -> pl.Series:
    """The codes of each row, by bit masks: few masks are distinct, and only those get a text."""
    failed = valid.passed.select(
        *(~pl.col(rule.name) for rule in rules if not rule.of_values),
        *(
            (~pl.col(rule.name) & pl.lit(valid.readable(rule.columns))).alias(rule.name)
            for rule in rules
            if rule.of_values
        ),
    )
    masks = [
        pl.sum_horizontal(
            pl.when(rule.name).then(pl.lit(1 << bit, pl.UInt64)).otherwise(0)
            for bit, rule in enumerate(rules[start : start + _BITS])
        ).alias(f"mask{start}")
        for start in range(0, len(rules), _BITS)
    ]
    shape = text["shape"] if "shape" in text.columns else pl.lit(0, pl.Int8).alias("shape")
    of_rows = failed.select(*masks, shape)
    distinct = of_rows.unique(maintain_order=True)
    texts = [_codes_of(mask, shape, rules) for *mask, shape in distinct.iter_rows()]
    told = distinct.with_columns(pl.Series("reasons", texts, dtype=pl.String))
    return of_rows.join(told, on=of_rows.columns, how="left", maintain_order="left")["reasons"]


def _codes_of(masks: list[int], shape: int, rules: list[_Rule]) -> str:
    if shape:  # what is in a row of another shape cannot be told
        return SHAPE_REASONS[shape - 1]
    broken = (rule for bit, rule in enumerate(rules) if masks[bit // _BITS] >> bit % _BITS & 1)
    return ", ".join(dict.fromkeys(rule.code for rule in broken))
