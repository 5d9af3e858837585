"""From arrivals to records of the register: each is staged, refused or a duplicate.

Belongs here: reading files, two at a time, and which of several arrivals of the same bytes
stands for them. Not here: how one file is read (`read_feed`), or what of it counts (`documents`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from loyalty_pipeline.ingest.arrival import Arrival
from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.ingest.quarantine import QUARANTINE_SCHEMA
from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile, read_feed
from loyalty_pipeline.ingest.register import (
    Content,
    FileRecord,
    SourceState,
    file_partition,
    source_scope,
)
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile, seal_work_file, temporary_work_file

_FILES_AT_A_TIME = 2


@dataclass(frozen=True)
class Readings:
    """What reading some arrivals said: records, new or instead of earlier ones, and work files."""

    records: tuple[FileRecord, ...]
    files: tuple[WorkFile, ...]


def read_arrivals(
    source: Source,
    home: Home,
    state: SourceState,
    arrivals: Sequence[Arrival],
    progress: Callable[[str], None],
) -> Readings:
    """Read arrivals, for the first time or again.

    The same bytes are read once: where they stand first in the order of files, whichever of them
    comes first. The others are duplicates (what those may still say is `SourceState.told`). Sales
    files without rows are all alike: two of them are the same only if their names say of what.
    """
    arrivals = sorted(arrivals, key=_place)
    read_now = {arrival.arrival_id for arrival in arrivals}
    holders = {
        record.content: record
        for record in reversed(state.files)
        if record.status in ("staged", "waiting") and record.arrival_id not in read_now
    }
    records: list[FileRecord] = []
    files: list[WorkFile] = []
    for arrival, read in zip(
        arrivals, _read_side_by_side(source, home, arrivals, holders), strict=True
    ):
        holder = _holder(holders, arrival)
        if holder is not None and (read is None or _place(holder) < _place(arrival)):
            broken = _broken_promises(arrival, holder)
            if broken:
                records.append(
                    FileRecord.of(arrival, "refused", reasons=broken, rows_in=holder.rows_in)
                )
                progress(f"{arrival.remote_name}: refused: {'; '.join(broken)}")
                continue
            records.append(FileRecord.of(arrival, "duplicate"))
            progress(f"{arrival.remote_name}: the same bytes are staged already")
            continue
        assert read is not None, "bytes that are not read have a holder"
        if isinstance(read, RefusedFile):
            records.append(
                FileRecord.of(arrival, "refused", reasons=read.reasons, rows_in=read.rows_in)
            )
            progress(f"{arrival.remote_name}: refused: {'; '.join(read.reasons)}")
            continue
        if holder is not None:
            records.append(_duplicate(holder))
        record = _staged(source, arrival, read)
        holders[record.content] = record
        records.append(record)
        files += _work_files(source, home, state, arrival, read)
        progress(
            f"{arrival.remote_name}: {read.rows_in:,} rows, {read.rows_quarantined:,} quarantined"
        )
    return Readings(tuple(records), tuple(files))


def _broken_promises(arrival: Arrival, holder: FileRecord) -> tuple[str, ...]:
    """What the control file of bytes that are staged already says and they do not hold."""
    control = arrival.control
    if control is None:
        return ()
    amount = None if holder.amount_in is None else Decimal(holder.amount_in)
    compared = (
        ("SHA-256 is", arrival.file_id, control.sha256),
        ("rows are", holder.rows_in, control.rows),
        ("the total is", amount, control.amount),
    )
    return tuple(
        f"{arrival.remote_name}: {what} {found}, the control file says {said}: deliver the file "
        f"and its control file again"
        for what, found, said in compared
        if said is not None and found is not None and found != said
    )


def _place(file: Arrival | FileRecord) -> tuple[tuple[str, ...], str]:
    return (file.order, file.arrival_id)


def _holder(holders: Mapping[Content, FileRecord], arrival: Arrival) -> FileRecord | None:
    """The record of a file that says the same."""
    scope = (arrival.period, arrival.distributor)
    return holders.get((arrival.file_id, None)) or holders.get((arrival.file_id, scope))


def _read_side_by_side(
    source: Source, home: Home, arrivals: Sequence[Arrival], holders: Mapping[Content, FileRecord]
) -> Iterator[StagedFile | RefusedFile | None]:
    """What each arrival holds, in their order; None where its bytes are staged already.

    Two at a time: while one file is sealed, which keeps one core busy, the other one is parsed.
    """
    store = LandingStore(home, source.id)

    def read(arrival: Arrival) -> StagedFile | RefusedFile | None:
        holder = _holder(holders, arrival)
        if holder is not None and _place(holder) < _place(arrival):
            return None
        return read_feed(arrival, store.path_of(arrival.file_id), source, home)

    with ThreadPoolExecutor(_FILES_AT_A_TIME) as readers:
        yield from readers.map(read, arrivals)


def _staged(source: Source, arrival: Arrival, read: StagedFile) -> FileRecord:
    return FileRecord.of(
        arrival,
        "staged",
        rows_in=read.rows_in,
        rows_quarantined=read.rows_quarantined,
        rows_repeated=read.rows_repeated,
        amount_in=_text(read.amount_total),
        amount_quarantined=_text(read.amount_quarantined),
        amount_repeated=_text(read.amount_repeated),
        delivers=source.delivers if arrival.feed == "sales" else "increments",
        returns_signed=source.returns_signed,
    )


def _duplicate(record: FileRecord) -> FileRecord:
    """The record of an arrival whose bytes came again and stand earlier in the order."""
    return replace(
        record,
        status="duplicate",
        reasons=(),
        rows_in=None,
        rows_quarantined=0,
        rows_repeated=0,
        amount_in=None,
        amount_quarantined=None,
        amount_repeated=None,
        delivers="increments",
    )


def _work_files(
    source: Source, home: Home, state: SourceState, arrival: Arrival, read: StagedFile
) -> list[WorkFile]:
    """The work files of a reading; where an earlier one had bad rows and this has none, no rows."""
    files = [file for file in (read.lines, read.documents, read.quarantine) if file is not None]
    table, partition = f"{arrival.feed}_quarantine", file_partition(arrival.file_id)
    earlier = state.work_file(table, partition)
    if read.quarantine is None and earlier is not None:
        scope = source_scope(source.id)
        temporary = temporary_work_file(home, scope)
        pl.DataFrame(schema=QUARANTINE_SCHEMA).write_parquet(temporary, compression="zstd")
        files.append(seal_work_file(home, scope, table, partition, temporary, 0))
    return files


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
