"""Rows and what they add up to, as the file writes it: what control totals are compared with.

Belongs here: counting. Not here: what becomes of a row (`block_worker`, `across_blocks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from loyalty_pipeline.ingest.dialect import Dialect


@dataclass(frozen=True)
class Tally:
    """Rows, and the total, as written, of what control files total; how many are no number."""

    rows: int = 0
    amount: Decimal = Decimal(0)
    unreadable: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.rows + other.rows, self.amount + other.amount, self.unreadable + other.unreadable
        )

    def __sub__(self, other: Tally) -> Tally:
        return Tally(
            self.rows - other.rows, self.amount - other.amount, self.unreadable - other.unreadable
        )


def total(amounts: pl.Series) -> Decimal:
    """The exact sum of amounts, however many."""
    scale = getattr(amounts.dtype, "scale", 0)
    return Decimal(amounts.cast(pl.Decimal(38, scale)).sum() or 0)


def tally_of(lines: pl.DataFrame, dialect: Dialect) -> Tally:
    """Of staged lines: how many, and their total as the file writes it."""
    column = dialect.contract.amount
    if column is None or not lines.height:
        return Tally(lines.height)
    return Tally(lines.height, total(lines.select(dialect.as_written(column)).to_series()))
