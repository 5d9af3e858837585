"""The row rules of every feed, each declared once as a pandera check named by its reason code.

Belongs here: what a value may be. Not here: rules across columns (`row_rules`), evaluating the
rules (`quarantine`) or converting text (`parsing`).

A feed has two schemas. The one of the text is evaluated before anything is converted; the one of
the values also is the contract of what is staged, whose names and types it validates. The checks
of both are evaluated by the splitter, once, so that a row's reasons come all at once. Two traps of
pandera are why it is used as it is here: on a LazyFrame it silently skips the data, which is only
right where the data was judged already, and `drop_invalid_rows` keeps bad rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from loyalty_pipeline.ingest.contract import Column, FeedContract
from loyalty_pipeline.ingest.dialect import Notation
from loyalty_pipeline.ingest.parsing import (
    BELOW,
    EARLIEST,
    LATEST,
    MONTH,
    TYPES,
    date_pattern,
    number_pattern,
)
from loyalty_pipeline.ingest.row_rules import rules_across_columns

MAX_ID, MAX_TEXT = 100, 500
# Format characters (zero width, direction marks) make two ids that look alike differ.
_INVISIBLE = r"[\p{Cc}\p{Cf}\x{2028}\x{2029}]"
_CONTROL = r"\p{Cc}"
_OUTER_SPACE = r"^\s|\s$"

# Rules that only a block holding such characters can break; elsewhere they need no evaluation.
SPACE, CONTROL = "space", "control"


def _rule(
    code: str, passes: Callable[[pl.Expr], pl.Expr], only_with: str | None = None
) -> pa.Check:
    """A check of one column; null passes, as everywhere in pandera, unless the rule is about it."""

    def check(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(passes(pl.col(data.key)))

    return pa.Check(check, name=code, error=code, statistics={"only_with": only_with})


def _characters(column: Column) -> list[pa.Check]:
    name = column.field
    if column.kind == "text":
        return [
            _rule(f"{name}_too_long", lambda text: text.str.len_chars() <= MAX_TEXT),
            _rule(f"{name}_control", lambda text: ~text.str.contains(_CONTROL), CONTROL),
        ]
    return [
        _rule(f"{name}_too_long", lambda text: text.str.len_chars() <= MAX_ID),
        _rule(f"{name}_whitespace", lambda text: ~text.str.contains(_OUTER_SPACE), SPACE),
        _rule(f"{name}_control", lambda text: ~text.str.contains(_INVISIBLE), CONTROL),
    ]


def _text_rules(column: Column, notation: Notation) -> list[pa.Check]:
    """The rules of a column's text."""
    name, rules = column.field, []
    if column.required:
        rules.append(_rule(f"{name}_missing", lambda text: text.is_not_null()))
    if column.kind in ("id", "text"):
        rules += _characters(column)
    elif column.kind == "choice":
        rules.append(_rule(f"{name}_value", lambda text: text.is_in(column.choices)))
    elif column.kind == "date":
        date_format = notation.date_format
        shape = date_pattern(date_format)
        rules.append(
            _rule(
                f"{name}_format",
                # Null and false is false: an empty optional date has to be let through here.
                lambda text: (
                    text.is_null()
                    | text.str.contains(shape)
                    & text.str.to_date(date_format, strict=False).is_not_null()
                ),
            )
        )
    elif column.kind == "month":
        rules.append(_rule(f"{name}_format", lambda text: text.str.contains(MONTH)))
    else:
        pattern = number_pattern(column.kind, notation)
        code = f"{name}_{'not_whole' if column.kind == 'whole_number' else 'format'}"
        rules.append(_rule(code, lambda text: text.str.contains(pattern)))
    return rules


def _value_rules(column: Column) -> list[pa.Check]:
    """The rules of a column's parsed value."""
    if column.kind == "date":
        return [_rule(f"{column.name}_range", lambda day: day.is_between(EARLIEST, LATEST))]
    rules = []
    if column.kind == "points":
        rules.append(_rule(f"{column.name}_not_positive", lambda points: points > 0))
    if column.kind == "unsigned_money":
        rules.append(_rule(f"{column.name}_negative", lambda amount: amount >= 0))
    if column.kind in BELOW:
        limit = BELOW[column.kind]
        rules.append(_rule(f"{column.name}_range", lambda number: number.abs() < limit))
    return rules


@lru_cache(maxsize=64)
def text_schema(contract: FeedContract, notation: Notation) -> pa.DataFrameSchema:
    """What the text of a feed's rows must look like."""
    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                pl.String, checks=_text_rules(column, notation), nullable=True, required=False
            )
            for column in contract.columns
        }
    )


@lru_cache(maxsize=64)
def value_schema(contract: FeedContract) -> pa.DataFrameSchema:
    """What the values of a feed's good rows are: the contract of the clean frame."""
    return pa.DataFrameSchema(
        {
            "file_line": pa.Column(pl.Int64, nullable=False),
            **{
                column.name: pa.Column(
                    TYPES[column.kind],
                    checks=_value_rules(column),
                    nullable=not column.required,
                    required=column.required,
                )
                for column in contract.columns
            },
        },
        checks=rules_across_columns(contract.feed),
        strict=True,
        coerce=False,
    )
