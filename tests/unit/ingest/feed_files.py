"""Files to read in tests, and what came of them as plain rows."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path

import polars as pl

from loyalty_pipeline.ingest.arrival import Arrival, Control
from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile, read_feed
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

SALES = "distributor_id,document_type,document_no,document_date,partner_id,line_no,sku,amount"


def a_source(
    feed: str = "sales",
    columns: dict[str, str] | None = None,
    said: dict[str, object] | None = None,
    **settings,
) -> Source:
    return Source(
        id="dms",
        host="localhost",
        user="loyalty",
        key_file="key",
        known_hosts="known_hosts",
        feeds={feed: {"pattern": ".*", "columns": columns or {}, **(said or {})}},
        **settings,
    )


def an_arrival(
    data: bytes, feed: str = "sales", name: str = "sales.csv", control: Control | None = None
) -> Arrival:
    return Arrival(
        source="dms",
        feed=feed,
        remote_name=name,
        size=len(data),
        mtime=0,
        file_id=hashlib.sha256(data).hexdigest(),
        landed_at=datetime(2025, 7, 1),  # noqa: DTZ001 - posting times are UTC without a zone
        vouched_by="case",
        control=control,
        order=("1",),
        file_date=date(2025, 7, 1),
        arrival_id="0" * 64,
    )


class Reader:
    """Reads bytes as a landed file of one home."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self.path = folder / "landed.csv"

    def read(
        self,
        data: bytes | str,
        feed: str = "sales",
        source: Source | None = None,
        control: Control | None = None,
        **options: int,
    ) -> StagedFile | RefusedFile:
        data = data.encode() if isinstance(data, str) else data
        self.path.write_bytes(data)
        arrival = an_arrival(data, feed, control=control)
        return read_feed(arrival, self.path, source or a_source(feed), self.home, **options)

    def rows(self, file: WorkFile | None) -> list[dict]:
        return [] if file is None else pl.read_parquet(self.home.root / file.path).to_dicts()


def sales(*rows: str, header: str = SALES) -> str:
    return "".join(f"{line}\n" for line in (header, *rows))
