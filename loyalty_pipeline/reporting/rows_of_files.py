"""Rows that arrivals give: landed files with their counts, and what refused redemptions were.

Belongs here: the register of files as readers see it. Not here: the quarantine's rows, which
stay in their files (`sql/marts/quarantine.sql`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from loyalty_pipeline.ingest.landed_lines import landed_lines
from loyalty_pipeline.ingest.plain_text import UnreadableError
from loyalty_pipeline.ingest.register import FileRecord, SourceState
from loyalty_pipeline.program.base import plain
from loyalty_pipeline.reporting.snapshot import Heads, ProgramFacts, Snapshot, SourceFacts
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Successor

Row = tuple[Any, ...]

_RECORDS = (
    ("file_id", "varchar"),
    ("source", "varchar"),
    ("remote_name", "varchar"),
    ("feed", "varchar"),
    ("size", "bigint"),
    ("landed_at", "timestamp"),
    ("status", "varchar"),
    ("rows_in", "bigint"),
    ("rows_quarantined", "bigint"),
    ("rows_repeated", "bigint"),
    ("file_date", "date"),
    ("vouched_by", "varchar"),
    ("reasons", "varchar"),
    ("replaced_by", "varchar"),
    ("arrival_id", "varchar"),
    ("file_rank", "bigint"),
    ("period", "varchar"),
    ("distributor", "varchar"),
    ("control_rows", "bigint"),
    ("control_amount", "decimal(18, 3)"),
    ("amount_in", "decimal(18, 3)"),
    ("amount_quarantined", "decimal(18, 3)"),
    ("amount_repeated", "decimal(18, 3)"),
    ("returns_signed", "varchar"),
)
_REFUSED = (
    ("program", "varchar"),
    ("source", "varchar"),
    ("file_id", "varchar"),
    ("line_no", "bigint"),
    ("reasons", "varchar"),
    ("raw", "varchar"),
    ("detail", "varchar"),
)


def write(db: Successor, snapshot: Snapshot, before: Heads) -> None:
    """Write them anew where a journal moved."""
    heads = snapshot.heads
    if any(heads.get(source.scope) != before.get(source.scope) for source in snapshot.sources):
        rows = [row for source in snapshot.sources for row in _records(source)]
        db.values("file_records", _RECORDS, rows)
        db.clear("landed_files")
        db.run("marts/landed_files")
        db.run("marts/healed_rows")
    refused = [row for facts in snapshot.programs for row in _refused(db, facts, snapshot.sources)]
    db.replace("work.refused_redemptions", _REFUSED, refused)


def _records(source: SourceFacts) -> Iterator[Row]:
    """One row an arrival, in the order that decides which file is later."""
    files = _as_counted(source.state)
    read = ("staged", "waiting")
    staged_rows = {r.file_id: r.rows_in for r in files if r.status in read}
    later: dict[tuple[str, str], str] = {}
    rows: list[Row] = []
    for rank, record in reversed(list(enumerate(files, start=1))):
        name = (record.feed, record.remote_name)
        told = _record(source.id, record, staged_rows, later.get(name))
        rows.append((*told, rank, *_sums(record)))
        if record.status == "staged":
            later[name] = record.file_id
    return reversed(rows)


def _as_counted(state: SourceState) -> list[FileRecord]:
    """The arrivals; those that say again what came before, and count, as staged ones."""
    arrivals: dict[tuple[str, str], list[FileRecord]] = {}
    for feed in {record.feed for record in state.files}:
        for record in state.told(feed):
            arrivals.setdefault((feed, record.file_id), []).append(record)
    said_again = {
        record.arrival_id: _said_again(record, records[0], is_last=record is records[-1])
        for records in arrivals.values()
        if len(records) > 1
        for record in records
    }
    return [said_again.get(record.arrival_id, record) for record in state.files]


def _said_again(record: FileRecord, read: FileRecord, *, is_last: bool) -> FileRecord:
    """One of several arrivals of the same bytes that all count.

    Bad rows are in quarantine once, under the last arrival; elsewhere they are superseded, as
    rows repeated in a file are.
    """
    if is_last:
        bad_rows, repeated = read.rows_quarantined, read.rows_repeated
        bad_amount, repeated_amount = read.amount_quarantined, read.amount_repeated
    else:
        bad_rows, repeated = 0, read.rows_repeated + read.rows_quarantined
        bad_amount = _sum() if read.amount_in else None
        repeated_amount = _sum(read.amount_quarantined, read.amount_repeated)
    return replace(
        record,
        status="staged",
        rows_in=read.rows_in,
        rows_quarantined=bad_rows,
        rows_repeated=repeated,
        amount_in=read.amount_in,
        amount_quarantined=bad_amount,
        amount_repeated=repeated_amount,
    )


def _sum(*amounts: str | None) -> str | None:
    """Null where one of them is not known."""
    known = [Decimal(amount) for amount in amounts if amount is not None]
    return f"{sum(known, Decimal(0)):f}" if len(known) == len(amounts) else None


def _record(
    source_id: str, record: FileRecord, staged_rows: dict[str, int | None], replaced_by: str | None
) -> Row:
    is_duplicate = record.status == "duplicate"
    return (
        record.file_id,
        source_id,
        record.remote_name,
        record.feed,
        record.size,
        datetime.fromisoformat(record.landed_at),
        record.status,
        staged_rows.get(record.file_id) if is_duplicate else record.rows_in,
        record.rows_quarantined,
        record.rows_repeated,
        date.fromisoformat(record.file_date),
        record.vouched_by,
        "; ".join(record.reasons) or None,
        replaced_by,
        record.arrival_id,
    )


def _sums(record: FileRecord) -> Row:
    """What the file covers, what its control file says, and its amounts as the file writes them."""
    return (
        record.period,
        record.distributor,
        record.control_rows,
        *(
            None if text is None else Decimal(text)
            for text in (
                record.control_amount,
                record.amount_in,
                record.amount_quarantined,
                record.amount_repeated,
            )
        ),
        record.returns_signed,
    )


def _refused(db: Successor, facts: ProgramFacts, sources: Sequence[SourceFacts]) -> Iterator[Row]:
    """The redemptions a program refused, with the balance each met."""
    file = facts.state.promoted.get(("redemption_refusals", "all"))
    if file is None or file.rows == 0:
        return
    db.read_files("refusals", [file], tables.REDEMPTION_REFUSALS)
    refusals = db.rows("marts/redemption_refusals")
    db.forget_files("refusals")
    scopes = facts.wiring.scopes
    source_of = {
        record.file_id: source.id
        for source in sources
        if source.scope in scopes
        for record in source.state.staged("redemptions")
    }
    wanted: dict[str, set[int]] = {}
    for file_id, line, *_ in refusals:
        wanted.setdefault(file_id, set()).add(int(line))
    raw = {
        file_id: _lines(db.home, source_of.get(file_id), file_id, numbers)
        for file_id, numbers in wanted.items()
    }
    for file_id, line, redemption_id, partner, day, points, reason, balance in refusals:
        yield (
            facts.id,
            source_of.get(file_id),
            file_id,
            line,
            reason,
            raw[file_id].get(int(line)),
            f"redemption {redemption_id} of partner {partner} on {day.isoformat()}: asked for "
            f"{plain(points)} points, the balance was {plain(balance)}",
        )


def _lines(home: Home, source: str | None, file_id: str, numbers: set[int]) -> dict[int, str]:
    """Lines of a landed file as they came; none if it is archived, or can no longer be opened."""
    try:
        return landed_lines(home, source, file_id, numbers) if source else {}
    except (FileNotFoundError, UnreadableError):
        return {}
