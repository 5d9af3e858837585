"""From landed files to staged documents: one sealed commit for everything that is new.

Belongs here: which arrivals are new, and the commit of what came of them, of an approval, or of
reading files again. Not here: how files are read (`reading`), which of them must wait
(`approval`), or which version of a document counts (`documents`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from loyalty_pipeline.ingest.approval import hold_back
from loyalty_pipeline.ingest.delivered import (
    Delivered,
    SalesFile,
    TenderFile,
    show_tenders,
    show_versions,
)
from loyalty_pipeline.ingest.documents import resolve_documents
from loyalty_pipeline.ingest.landed_lines import landed_lines
from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.ingest.reading import Readings, read_arrivals
from loyalty_pipeline.ingest.register import (
    Content,
    FileRecord,
    SourceState,
    file_partition,
    in_order,
    source_scope,
    source_state,
)
from loyalty_pipeline.journal.commits import Draft, digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

# Payments are resolved with the documents that they belong to.
_OF_DOCUMENTS = ("sales", "tenders")


@dataclass(frozen=True)
class StagingReport:
    """What one staging did: the new files, and the months whose documents changed."""

    files: tuple[FileRecord, ...]
    months: tuple[str, ...]
    commit: int  # the source's head afterwards
    feeds: frozenset[str] = frozenset()  # whose files came, or whose rows are others by them


@dataclass(frozen=True)
class Change:
    """What is to be committed: what files are from now on, and why where people decided it.

    Contents in `agreed` have been approved: they do not wait, whatever they change.
    """

    readings: Readings
    agreed: frozenset[Content] = frozenset()
    details: Mapping[str, Any] = field(default_factory=dict)
    only_if_needed: bool = False  # no commit where everything stays as it is


def stage(
    source: Source, home: Home, clock: Clock, run_id: str, progress: Callable[[str], None]
) -> StagingReport:
    """Stage every landed file that no commit names yet, and what became due with the date.

    Nothing new and nothing due: no commit, and nothing is computed.
    """
    store = LandingStore(home, source.id)

    def change(state: SourceState) -> Change | None:
        fresh = store.arrivals(besides={record.arrival_id for record in state.files})
        is_due = state.next_due is not None and state.next_due <= clock.today
        if not fresh and not is_due:
            return None
        return Change(read_arrivals(source, home, state, fresh, progress))

    return commit_change(source, home, clock, run_id, change)


def commit_change(
    source: Source,
    home: Home,
    clock: Clock,
    run_id: str,
    change: Callable[[SourceState], Change | None],
) -> StagingReport:
    """Commit what `change` makes of the state as it is; None changes nothing."""
    journal = Journal(home, source_scope(source.id))

    def attempt() -> StagingReport:
        state = source_state(journal)
        wanted = change(state)
        if wanted is None:
            return StagingReport((), (), state.head)
        return _commit(source, home, clock, run_id, journal, state, wanted)

    return journal.commit(attempt, "files were being staged")


def _commit(
    source: Source,
    home: Home,
    clock: Clock,
    run_id: str,
    journal: Journal,
    state: SourceState,
    change: Change,
) -> StagingReport:
    readings = change.readings
    today = max(clock.today, state.resolved_until or clock.today)
    with engine(home) as duckdb:
        after = _with(state, readings)
        delivered = delivered_between(state, after)
        if source.supersede == "approve" and any(file.is_new for file in delivered.sales):
            show_versions(duckdb, delivered)
            waiting = hold_back(duckdb, state, delivered, change.agreed, today)
            records = tuple(waiting.get(record.arrival_id, record) for record in readings.records)
            readings = replace(readings, records=records)
            after = _with(state, readings)
            delivered = delivered_between(state, after)
        promotes = [*readings.files, *_write_dimensions(duckdb, source.id, state, after)]
        next_due = None
        if delivered.is_of_documents:
            show_versions(duckdb, delivered)
            show_tenders(duckdb, delivered, today)
        if delivered.tenders or delivered.retracted_tenders:
            promotes.append(duckdb.write(journal.scope, "tenders", "all", "staging/tenders"))
        if delivered.sales or delivered.retracted:
            resolution = resolve_documents(
                duckdb, source.id, state, delivered, _raw_lines(home, source.id), today
            )
            promotes += resolution.promotes
            next_due = resolution.next_due
    known = {record.arrival_id: record for record in state.files}
    said = tuple(record for record in readings.records if known.get(record.arrival_id) != record)
    promotes = [file for file in promotes if state.work_file(file.table, file.partition) != file]
    if change.only_if_needed and not said and not promotes:
        return StagingReport((), (), state.head)
    draft = Draft(
        kind="landing",
        business_date=today,
        posted_at=clock.now,
        run_id=run_id,
        promotes=tuple(promotes),
        identity=digest(journal.scope, [file.sha256 for file in promotes], state.head),
        details={
            "files": [asdict(record) for record in said],
            "resolved_until": today.isoformat(),
            "next_due": next_due.isoformat() if next_due else None,
            **change.details,
        },
    )
    commit = journal.append(draft, state.head)
    months = sorted(file.partition for file in promotes if file.table == "sales_documents")
    feeds = {record.feed for record in said} | {file.table for file in promotes}
    return StagingReport(said, tuple(months), commit.number, frozenset(feeds))


def _with(state: SourceState, readings: Readings) -> SourceState:
    """The state as it will be once the readings are committed."""
    records = {record.arrival_id: record for record in (*state.files, *readings.records)}
    files = {(file.table, file.partition): file for file in readings.files}
    return replace(state, files=in_order(records.values()), promoted={**state.promoted, **files})


def delivered_between(before: SourceState, after: SourceState) -> Delivered:
    """All staged sales and payments, and which of them are not as they were."""
    sales_before, sales = _sales(before), _sales(after)
    tenders_before, tenders = _tenders(before), _tenders(after)
    return Delivered(
        sales=tuple(
            replace(file, is_new=sales_before.get(content) != file)
            for content, file in sales.items()
        ),
        tenders=tuple(
            replace(file, is_new=tenders_before.get(file_id) != file)
            for file_id, file in tenders.items()
        ),
        retracted=tuple(
            file for content, file in sales_before.items() if sales.get(content) != file
        ),
        retracted_tenders=tuple(
            file.lines for file_id, file in tenders_before.items() if tenders.get(file_id) != file
        ),
    )


def _sales(state: SourceState) -> dict[Content, SalesFile]:
    return {
        record.content: SalesFile(
            record=record,
            lines=state.promoted["sales_lines", file_partition(record.file_id)],
            documents=state.promoted["sales_file_documents", file_partition(record.file_id)],
            quarantine=state.work_file("sales_quarantine", file_partition(record.file_id)),
            is_new=False,
        )
        for record in state.staged("sales")
    }


def _tenders(state: SourceState) -> dict[str, TenderFile]:
    return {
        record.file_id: TenderFile(
            record=record,
            lines=state.promoted["tenders_lines", file_partition(record.file_id)],
            is_new=False,
        )
        for record in state.staged("tenders")
    }


def _write_dimensions(
    duckdb: Engine, source_id: str, before: SourceState, after: SourceState
) -> list[WorkFile]:
    """The current tables of the feeds without documents whose files are not as they were."""
    return [
        _write_dimension(duckdb, source_id, after, feed)
        for feed in sorted(staged_tables.FEED_LINES)
        if feed not in _OF_DOCUMENTS and _feed_files(before, feed) != _feed_files(after, feed)
    ]


def _feed_files(state: SourceState, feed: str) -> list[tuple[FileRecord, WorkFile]]:
    return [
        (record, state.promoted[f"{feed}_lines", file_partition(record.file_id)])
        for record in state.told(feed)
    ]


def _write_dimension(duckdb: Engine, source_id: str, state: SourceState, feed: str) -> WorkFile:
    """The current table of a feed without documents, from all of its files."""
    files = _feed_files(state, feed)
    table = f"{feed}_lines"
    unlike = dict.fromkeys(file for _, file in files)  # bytes that are said again are read once
    duckdb.files(table, list(unlike), staged_tables.FEED_LINES[feed], filename=True)
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
            for rank, (record, file) in enumerate(files, start=1)
        ],
    )
    return duckdb.write(source_scope(source_id), feed, "all", f"staging/{feed}")


def _raw_lines(home: Home, source_id: str) -> Callable[[str, Sequence[int]], list[str]]:
    """Reads lines of a landed file by their numbers, the header being line 1."""

    def read(file_id: str, wanted: Sequence[int]) -> list[str]:
        found = landed_lines(home, source_id, file_id, set(wanted))
        return [found[number] for number in wanted]

    return read
