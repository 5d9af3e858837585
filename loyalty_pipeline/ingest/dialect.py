"""How one source writes one feed: names of columns, constants, value maps, numbers and dates.

Belongs here: the part of a source's contract that turns its text into ours. Not here: our columns
(`contract`), the header of one file (`layout`), or which texts are values (`parsing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from loyalty_pipeline.ingest.contract import CONTRACTS, Column, FeedContract
from loyalty_pipeline.program.sources import Feed, Source


@dataclass(frozen=True)
class Notation:
    """How dates and numbers are written."""

    date_format: str = "%Y-%m-%d"
    decimal_mark: str = "."
    grouping: str = ""  # none

    @property
    def is_plain(self) -> bool:
        """Whether numbers are written as we write them."""
        return self.decimal_mark == "." and not self.grouping


@dataclass(frozen=True)
class Dialect:
    """How a source writes a feed; columns are named as in the contract."""

    contract: FeedContract  # with the custom fields that the source names
    delimiter: str
    notation: Notation
    names: Mapping[str, str]  # column: its name in the header
    constants: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    ignored: frozenset[str]
    fiscal_start: int
    returns_signed: str
    has_personal_data: bool

    @classmethod
    def of(cls, source: Source, feed: str) -> Dialect:
        """What a source says about a feed; of one it says nothing about, the canonical form."""
        said = next((said for name, said in source.feeds.items() if name == feed), None)
        said = said or Feed(pattern="")
        base, form = CONTRACTS[feed], source.format_of(feed)
        custom = [Column.of_custom_field(*field) for field in sorted(said.custom.items())]
        contract = replace(base, columns=(*base.columns, *custom))
        named = {column.field: column.name for column in contract.columns}
        return cls(
            contract=contract,
            delimiter=form.delimiter,
            notation=Notation(
                form.date_format,
                form.decimal_mark,
                "" if form.grouping == "none" else form.grouping,
            ),
            names={name: said.columns.get(field, field) for field, name in named.items()},
            constants=dict(said.constants),
            values={named[field]: values for field, values in said.values.items()},
            ignored=frozenset(said.ignored),
            fiscal_start=source.fiscal_start,
            returns_signed=source.returns_signed,
            has_personal_data=bool(source.personal_columns(feed)),
        )

    @property
    def translates(self) -> bool:
        """Whether values may stand in a row that are not in the file."""
        return bool(self.values or self.constants)

    def translated(self, text: pl.DataFrame) -> pl.DataFrame:
        """The text of a block in our words: value maps applied, constants filled in.

        An empty text is null. A map may give it a value, or give none to a value.
        """
        columns = [
            _mapped(name, values) for name, values in self.values.items() if name in text.columns
        ]
        columns += [
            pl.lit(value or None, pl.String).alias(name) for name, value in self.constants.items()
        ]
        return text.with_columns(columns) if columns else text

    def as_written(self, amount: str) -> pl.Expr:
        """Staged amounts as the file writes them; turned once more they are as staged."""
        if self.returns_signed == "negative" or not self.contract.has_documents:
            return pl.col(amount)
        is_invoice = pl.col("document_type") == "invoice"
        turned = pl.when(is_invoice).then(amount).otherwise(-pl.col(amount))
        return turned.cast(pl.Decimal(18, 2)).alias(amount)


def _mapped(name: str, values: Mapping[str, str]) -> pl.Expr:
    given = {text: value or None for text, value in values.items() if text}
    mapped = pl.col(name).replace(given) if given else pl.col(name)
    empty = values.get("")
    return pl.when(pl.col(name).is_null()).then(pl.lit(empty)).otherwise(mapped).alias(name)
