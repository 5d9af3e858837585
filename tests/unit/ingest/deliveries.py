"""A source that is driven file by file: what is in a file, its place in the order, its scope."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from loyalty_pipeline.ingest.arrival import Arrival, Control
from loyalty_pipeline.ingest.landing_store import LandingStore, arrival_id_of
from loyalty_pipeline.ingest.register import FileRecord, SourceState, source_state
from loyalty_pipeline.ingest.staging import StagingReport, stage
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import Feed, Source
from loyalty_pipeline.warehouse.files import sha256_of
from loyalty_pipeline.warehouse.home import Home

TODAY = date(2025, 8, 1)
SALES = "document_no,document_type,document_date,partner_id,distributor_id,line_no,amount"
RETURNS = SALES + ",sku,quantity,original_document_no,original_line_no"


def source(**settings: Any) -> Source:
    """A source of all feeds with some settings of its own."""
    feeds = ("sales", "partners", "tenders")
    return Source(
        id="dms",
        host="localhost",
        user="nobody",
        key_file="unused",
        known_hosts="unused",
        feeds={feed: Feed(pattern=f"{feed}.*") for feed in feeds},
        **settings,
    )


class Deliveries:
    """Files landed by hand, and what staging makes of them."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.home = Home(root)
        self.source = source(**settings)

    def land(
        self,
        place: int,
        *rows: str,
        header: str = SALES,
        feed: str = "sales",
        control: Control | None = None,
        **scope: str,
    ) -> str:
        """Land a file at a place in the order of files; returns its id."""
        store = LandingStore(self.home, "dms")
        text = "\n".join([header, *rows]) + "\n"
        path, arrival = self._arrival(store, place, text, feed, scope)
        store.keep(path, replace(arrival, control=control))
        return self._last

    def _arrival(
        self, store: LandingStore, place: int, text: str, feed: str, scope: dict[str, str]
    ) -> tuple[Path, Arrival]:
        temporary = store.temporary()
        temporary.write_text(text, encoding="utf-8")
        self._last = sha256_of(temporary)
        name = f"{feed}_{place}.csv"
        return temporary, Arrival(
            source="dms",
            feed=feed,
            remote_name=name,
            size=temporary.stat().st_size,
            mtime=0,
            file_id=self._last,
            landed_at=Clock.on(TODAY).now,
            vouched_by="case",
            control=None,
            order=(str(place).zfill(20),),
            file_date=TODAY,
            arrival_id=arrival_id_of(name, place, 0, self._last),
            **scope,  # type: ignore[arg-type]  # period and distributor
        )

    def stage(self, on: date = TODAY) -> StagingReport:
        """Stage what has landed, and check that every row is accounted for."""
        report = stage(self.source, self.home, Clock.on(on), "run", lambda text: None)
        self.every_row_is_accounted_for()
        return report

    @property
    def state(self) -> SourceState:
        """The source as its journal tells it."""
        return source_state(Journal(self.home, "source/dms"))

    def record(self, file_id: str) -> FileRecord:
        """The record of a file."""
        return next(r for r in self.state.files if r.file_id == file_id)

    def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Columns of all rows of a table, sorted."""
        paths = [
            str(self.home.root / file.path)
            for (name, _), file in self.state.promoted.items()
            if name == table
        ]
        if not paths:
            return []
        with duckdb.connect() as connection:
            return connection.execute(
                f"select {columns} from read_parquet($paths, union_by_name => true) order by all",
                {"paths": paths},
            ).fetchall()

    def counted(self) -> dict[str, str]:
        """Documents in force and what returns left of them."""
        return {
            number: str(net)
            for number, net in self.rows("sales_documents", "document_no, net_amount")
        }

    def states(self) -> list[tuple[str, str]]:
        """Versions that do not count as they came: number and state."""
        return self.rows("sales_document_states", "document_no, state")

    def facts(self) -> dict[tuple[str, str], str]:
        """Hashes of the staged facts; a month without rows is as if it never was."""
        return {
            key: file.sha256
            for key, file in self.state.promoted.items()
            if key[0] in ("sales_documents", "sales_returned_lines") and file.rows
        }

    def every_row_is_accounted_for(self) -> None:
        """Rows in = staged + quarantined + superseded, for every file (SPEC 2)."""
        held: dict[str, int] = {}
        gone: dict[str, int] = {}
        for file_id, state, lines in self.rows(
            "sales_document_states", "file_id, state, line_count"
        ):
            where = gone if state in ("superseded", "removed") else held
            where[file_id] = where.get(file_id, 0) + lines
        counting: dict[str, int] = {}
        for record in self.state.staged("sales"):
            rows_in = record.rows_in or 0
            left = rows_in - record.rows_quarantined - record.rows_repeated
            counting[record.file_id] = (
                left - held.get(record.file_id, 0) - gone.get(record.file_id, 0)
            )
            assert counting[record.file_id] >= 0, record
        staged = self.rows("sales_documents", "line_count")
        assert sum(lines for (lines,) in staged) == sum(counting.values())
