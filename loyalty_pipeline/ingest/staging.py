"""From landed files to staged documents: one sealed commit for everything that is new.

Belongs here: which arrivals are new, reading each once, and promoting what came of it. Not
here: how a file is read (`read_feed`) or which version of a document counts (`documents`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from loyalty_pipeline.ingest.arrival import Arrival
from loyalty_pipeline.ingest.documents import SalesFile, resolve_documents
from loyalty_pipeline.ingest.landed_lines import landed_lines
from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile, read_feed
from loyalty_pipeline.ingest.register import (
    FileRecord,
    SourceState,
    file_partition,
    source_scope,
    source_state,
)
from loyalty_pipeline.journal.commits import Draft, digest
from loyalty_pipeline.journal.sequence import Journal, MovedError
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

_ATTEMPTS = 5
_FILES_AT_A_TIME = 2


@dataclass(frozen=True)
class StagingReport:
    """What one staging did: the new files, and the months whose documents changed."""

    files: tuple[FileRecord, ...]
    months: tuple[str, ...]
    commit: int  # the source's head afterwards


def stage(
    source: Source, home: Home, clock: Clock, run_id: str, progress: Callable[[str], None]
) -> StagingReport:
    """Stage every landed file that no commit names yet, and what became due with the date.

    Nothing new and nothing due: no commit, and nothing is computed.
    """
    journal = Journal(home, source_scope(source.id))
    store = LandingStore(home, source.id)
    with journal.writing():
        for _ in range(_ATTEMPTS):
            state = source_state(journal)
            known = {record.arrival_id for record in state.files}
            fresh = store.arrivals(besides=known)
            is_due = state.next_due is not None and state.next_due <= clock.today
            if not fresh and not is_due:
                return StagingReport((), (), state.head)
            try:
                return _commit(source, home, clock, run_id, journal, state, fresh, progress)
            except MovedError:
                continue
    raise MovedError(
        f"source {source.id}: other runs committed {_ATTEMPTS} times while this one was staging; "
        f"run it again when they are done"
    )


def _commit(
    source: Source,
    home: Home,
    clock: Clock,
    run_id: str,
    journal: Journal,
    state: SourceState,
    fresh: Sequence[Arrival],
    progress: Callable[[str], None],
) -> StagingReport:
    records, files = _read(source, home, state, fresh, progress)
    merged = _with_new(state, records, files)
    today = max(clock.today, state.resolved_until or clock.today)
    promotes = list(files)
    with engine(home) as duckdb:
        # A duplicate is new as an arrival, but its bytes are not.
        fresh_ids = {record.file_id for record in records if record.status == "staged"}
        sales = _sales_files(merged, fresh_ids)
        next_due = None
        if sales:
            resolution = resolve_documents(
                duckdb, source.id, state, sales, _raw_lines(home, source.id), today
            )
            promotes += resolution.promotes
            next_due = resolution.next_due
        changed_feeds = {record.feed for record in records if record.status == "staged"}
        for feed in sorted(changed_feeds - {"sales"}):
            promotes.append(_write_dimension(duckdb, source.id, merged, feed))
    draft = Draft(
        kind="landing",
        business_date=today,
        posted_at=clock.now,
        run_id=run_id,
        promotes=tuple(promotes),
        identity=digest(journal.scope, [file.sha256 for file in promotes], state.head),
        details={
            "files": [asdict(record) for record in records],
            "resolved_until": today.isoformat(),
            "next_due": next_due.isoformat() if next_due else None,
        },
    )
    commit = journal.append(draft, state.head)
    months = sorted(file.partition for file in promotes if file.table == "sales_documents")
    return StagingReport(tuple(records), tuple(months), commit.number)


def _read(
    source: Source,
    home: Home,
    state: SourceState,
    fresh: Sequence[Arrival],
    progress: Callable[[str], None],
) -> tuple[list[FileRecord], list[WorkFile]]:
    """Read each new file once; the same bytes under another name have no effect."""
    staged = {record.file_id for record in state.files if record.status == "staged"}
    records: list[FileRecord] = []
    files: list[WorkFile] = []
    for arrival, read in zip(fresh, _read_side_by_side(source, home, fresh, staged), strict=True):
        if read is None or arrival.file_id in staged:
            records.append(FileRecord.of(arrival, "duplicate"))
            progress(f"{arrival.remote_name}: the same bytes are staged already, no effect")
            continue
        if isinstance(read, RefusedFile):
            records.append(
                FileRecord.of(arrival, "refused", reasons=read.reasons, rows_in=read.rows_in)
            )
            progress(f"{arrival.remote_name}: refused: {'; '.join(read.reasons)}")
            continue
        staged.add(arrival.file_id)
        records.append(
            FileRecord.of(
                arrival,
                "staged",
                rows_in=read.rows_in,
                rows_quarantined=read.rows_quarantined,
                rows_repeated=read.rows_repeated,
            )
        )
        files += [f for f in (read.lines, read.documents, read.quarantine) if f is not None]
        progress(
            f"{arrival.remote_name}: {read.rows_in:,} rows, {read.rows_quarantined:,} quarantined"
        )
    return records, files


def _read_side_by_side(
    source: Source, home: Home, fresh: Sequence[Arrival], staged: set[str]
) -> Iterator[StagedFile | RefusedFile | None]:
    """What each arrival holds, in their order; None where its bytes are staged already.

    Two at a time: while one file is sealed, which keeps one core busy, the other one is parsed.
    """
    store = LandingStore(home, source.id)

    def read(arrival: Arrival) -> StagedFile | RefusedFile | None:
        if arrival.file_id in staged:
            return None
        return read_feed(arrival, store.path_of(arrival.file_id), source, home)

    with ThreadPoolExecutor(_FILES_AT_A_TIME) as readers:
        yield from readers.map(read, fresh)


def _with_new(
    state: SourceState, records: Sequence[FileRecord], files: Sequence[WorkFile]
) -> SourceState:
    """The state as it will be once the new files are promoted."""
    merged = sorted([*state.files, *records], key=lambda record: (record.order, record.arrival_id))
    promoted = {**state.promoted, **{(file.table, file.partition): file for file in files}}
    return SourceState(state.head, tuple(merged), promoted, state.resolved_until, state.next_due)


def _sales_files(state: SourceState, new: set[str]) -> list[SalesFile]:
    return [
        SalesFile(
            record=record,
            lines=state.promoted["sales_lines", file_partition(record.file_id)],
            documents=state.promoted["sales_file_documents", file_partition(record.file_id)],
            is_new=record.file_id in new,
        )
        for record in state.staged("sales")
    ]


def _write_dimension(duckdb: Engine, source_id: str, state: SourceState, feed: str) -> WorkFile:
    """The current table of a feed without documents, from all of its files."""
    records = state.staged(feed)
    table = f"{feed}_lines"
    files = [state.promoted[table, file_partition(record.file_id)] for record in records]
    duckdb.files(table, files, tables.FEED_LINES[feed], filename=True)
    duckdb.values(
        "feed_files",
        (
            ("path", "varchar"),
            ("file_rank", "integer"),
            ("file_date", "date"),
            ("file_id", "varchar"),
        ),
        [
            (str(duckdb.home.root / file.path), rank, record.file_date, record.file_id)
            for rank, (record, file) in enumerate(zip(records, files, strict=True), start=1)
        ],
    )
    return duckdb.write(source_scope(source_id), feed, "all", f"staging/{feed}")


def _raw_lines(home: Home, source_id: str) -> Callable[[str, Sequence[int]], list[str]]:
    """Reads lines of a landed file by their numbers, the header being line 1."""

    def read(file_id: str, wanted: Sequence[int]) -> list[str]:
        found = landed_lines(home, source_id, file_id, set(wanted))
        return [found[number] for number in wanted]

    return read
