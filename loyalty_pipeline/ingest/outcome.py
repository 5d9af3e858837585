"""What reading a file ends with.

Belongs here: the two outcomes. Not here: how a file is read (`read_feed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from loyalty_pipeline.warehouse.work_files import WorkFile


@dataclass(frozen=True)
class StagedFile:
    """A file that was taken in; rows_in = rows of `lines` + quarantined + repeated, always."""

    rows_in: int
    rows_quarantined: int
    rows_repeated: int
    amount_total: Decimal | None  # as written, over all rows whose amount can be read
    amount_quarantined: Decimal | None  # of it, in rows that are quarantined
    amount_repeated: Decimal | None  # of it, in rows that repeat another one
    lines: WorkFile
    documents: WorkFile | None  # of feeds that have documents
    quarantine: WorkFile | None  # None when empty

    def __post_init__(self) -> None:
        accounted = self.lines.rows + self.rows_quarantined + self.rows_repeated
        assert self.rows_in == accounted, f"{self.rows_in} rows came in, {accounted} went out"


@dataclass(frozen=True)
class RefusedFile:
    """A file of which nothing counts, and every reason why."""

    reasons: tuple[str, ...]
    rows_in: int | None
