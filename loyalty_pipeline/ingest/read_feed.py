"""One landed file: either staged as sealed Parquet and quarantine, or refused whole.

Belongs here: the way a file goes, from bytes to sealed work files, and the promises of its control
file. Not here: each step, which is a module of its own (`byte_gate`, `blocks`, `quarantine`,
`file_documents`, `across_blocks`).

A file is read once, in blocks: one thread reads, hashes and checks bytes, two workers turn blocks
into good and bad rows, and the good ones stream into one Parquet file. The result does not depend
on where blocks are cut.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from loyalty_pipeline.ingest.across_blocks import Settled, settle, with_raw
from loyalty_pipeline.ingest.arrival import Arrival
from loyalty_pipeline.ingest.block_worker import BlockWorker, StagedBlock
from loyalty_pipeline.ingest.byte_gate import BLOCK_BYTES, ByteGate
from loyalty_pipeline.ingest.dialect import Dialect
from loyalty_pipeline.ingest.file_documents import REPEATED, identity_hash
from loyalty_pipeline.ingest.landed_lines import remember
from loyalty_pipeline.ingest.layout import Layout, read_header
from loyalty_pipeline.ingest.outcome import RefusedFile, StagedFile
from loyalty_pipeline.ingest.parsing import document_schema, staged_schema
from loyalty_pipeline.ingest.parts import Parts
from loyalty_pipeline.ingest.plain_text import UnreadableError, Wrapping, plain_text
from loyalty_pipeline.ingest.tally import Tally, tally_of
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile, seal_work_file, temporary_work_file

__all__ = ["RefusedFile", "StagedFile", "read_feed"]

_WORKERS = 2
_ROW_GROUP = 250_000
_SHOWN = 3  # bad lines that a refusal quotes


def read_feed(
    arrival: Arrival, path: Path, source: Source, home: Home, *, block_bytes: int = BLOCK_BYTES
) -> StagedFile | RefusedFile:
    """Stage one landed file, or say why it is refused whole."""
    dialect, wrapping = Dialect.of(source, arrival.feed), Wrapping.of(source, arrival.feed)
    try:
        with plain_text(path, wrapping, home, f"source/{source.id}", arrival.file_id) as plain:
            # The bytes that were delivered are vouched for, not the text that is in them.
            sha256 = None if wrapping.is_plain else arrival.file_id
            gate = ByteGate(plain, dialect.delimiter, block_bytes, sha256)
            outcome = _read(arrival, plain, gate, dialect, source, home)
    except UnreadableError as error:
        return RefusedFile((f"{arrival.remote_name}: {error}",), None)
    if isinstance(outcome, StagedFile):
        remember(home, source.id, arrival.file_id, wrapping)
    return outcome


def _read(
    arrival: Arrival, path: Path, gate: ByteGate, dialect: Dialect, source: Source, home: Home
) -> StagedFile | RefusedFile:
    layout, reasons = _layout(gate, dialect)
    if layout is None:
        for _ in gate.blocks():
            pass  # so that every other defect is told at once
        return _refused(arrival, [*gate.reasons, *reasons], gate)
    scope = f"source/{source.id}"
    parts = Parts(temporary_work_file(home, scope).with_suffix(".parts"))
    try:
        worker = BlockWorker.of(dialect, layout, parts)
        reading = _Reading(arrival, path, home, scope, gate, worker, source.max_reject_rate)
        return reading.result()
    finally:
        shutil.rmtree(parts.folder)


def _layout(gate: ByteGate, dialect: Dialect) -> tuple[Layout | None, list[str]]:
    """How the file's columns stand; or why that cannot be told."""
    header = gate.header()
    return (None, []) if header is None else read_header(header, dialect)


def _refused(arrival: Arrival, reasons: list[str], gate: ByteGate) -> RefusedFile:
    rows = max(gate.lines - 1, 0)
    return RefusedFile(tuple(f"{arrival.remote_name}: {reason}" for reason in reasons), rows)


class _Reading:
    """The reading of one file: what was counted on the way, and its end."""

    def __init__(
        self,
        arrival: Arrival,
        path: Path,
        home: Home,
        scope: str,
        gate: ByteGate,
        worker: BlockWorker,
        max_reject_rate: Decimal | None,
    ) -> None:
        self._arrival, self._path, self._home, self._scope = arrival, path, home, scope
        self._gate, self._worker, self._parts = gate, worker, worker.parts
        self._contract = worker.contract
        self._max_reject_rate = max_reject_rate
        self._all = self._quarantined = self._repeated = Tally()

    def result(self) -> StagedFile | RefusedFile:
        """Read the file, settle what several blocks have a say in, seal what counts."""
        lines = self._file("lines")
        schema = staged_schema(self._contract)
        _sink(register_io_source(lambda *_: self._frames(), schema=dict(schema)), lines)
        reasons = self._gate.reasons or self._broken_promises()
        if reasons:
            return _refused(self._arrival, reasons, self._gate)
        settled = self._settle(lines)
        if settled is not None:
            lines = self._settled_lines(lines, settled)
        quarantine = self._quarantine(settled)
        if self._rejects_too_many():
            return _refused(self._arrival, [self._too_many(quarantine)], self._gate)
        return self._sealed(lines, self._documents(settled), quarantine)

    def _file(self, name: str) -> Path:
        return self._parts.folder / f"{name}.all.parquet"

    def _frames(self) -> Iterator[pl.DataFrame]:
        """The lines that count, in file order; at most three blocks are in memory."""
        waiting: deque[Future[StagedBlock]] = deque()
        with ThreadPoolExecutor(_WORKERS) as workers:
            for block in self._gate.blocks(self._worker.cut):
                waiting.append(workers.submit(self._worker.stage, block))
                if len(waiting) > _WORKERS:
                    yield self._noted(waiting.popleft().result())
            while waiting:
                yield self._noted(waiting.popleft().result())

    def _noted(self, block: StagedBlock) -> pl.DataFrame:
        """Count a block, and give its lines."""
        self._all += block.all
        self._quarantined += block.quarantined
        self._repeated += block.repeated
        self._worker.index.note(block.documents)
        if block.second_header is not None:
            self._gate.refuse_second_header(block.second_header)
        return block.kept

    def _broken_promises(self) -> list[str]:
        """What a sound file's control file says and the file does not hold."""
        control, rows, sha256 = self._arrival.control, self._gate.lines - 1, self._gate.sha256
        again = "deliver the file and its control file again"
        broken = []
        if sha256 != self._arrival.file_id:
            broken.append(
                f"the landed bytes have SHA-256 {sha256}, not {self._arrival.file_id} as when "
                f"they were landed: restore the file or deliver it again"
            )
        if control is None:
            return broken
        if control.sha256 is not None and control.sha256.lower() != sha256:
            broken.append(f"SHA-256 is {sha256}, the control file says {control.sha256}: {again}")
        if control.rows is not None and control.rows != rows:
            broken.append(f"{rows} rows, the control file says {control.rows}: {again}")
        if control.rows is None and rows == 0:
            broken.append(f"no rows, and the control file does not say rows=0: {again}")
        # With an amount that is no number, which is quarantined, there is no total to compare.
        told = control.amount
        if told is not None and not self._all.unreadable and told != self._all.amount:
            what = self._contract.amount or "amount, which this feed has none of,"
            broken.append(
                f"the total of {what} is {self._all.amount}, the control file says {told}: {again}"
            )
        return broken

    def _settle(self, lines: Path) -> Settled | None:
        """Decide again on documents in several blocks, and put the counts right."""
        withheld = self._parts.scan("withheld")
        settled = settle(self._worker.index, pl.scan_parquet(lines), self._parts)
        if settled is None:
            return None
        left_out = self._quarantined + self._repeated + settled.taken_back
        self._repeated = settled.repeated
        if withheld is not None:
            before = withheld.filter(pl.col("reasons") == REPEATED)
            others = before.join(settled.lines.lazy(), on="file_line", how="anti").collect()
            self._repeated += tally_of(others, self._worker.dialect)
        self._quarantined = left_out - self._repeated
        return settled

    def _settled_lines(self, lines: Path, settled: Settled) -> Path:
        if not settled.removed.height and not settled.restored.height:
            return lines
        final = self._file("settled-lines")
        left = pl.scan_parquet(lines).join(
            settled.removed.lazy(), on="file_line", how="anti", maintain_order="left"
        )
        restored = self._worker.completed(settled.restored)
        _sink(left.merge_sorted(restored.lazy(), key="file_line"), final)
        return final

    def _documents(self, settled: Settled | None) -> Path | None:
        """All documents of the file, by their first line."""
        if not self._contract.has_documents:
            return None
        final, schema = self._file("all-documents"), document_schema(self._contract)
        documents = self._parts.scan("documents")
        if documents is None:
            documents = pl.LazyFrame(schema=schema)
        if settled is not None:
            key = list(self._contract.key)
            documents = (
                documents.with_columns(identity_hash(key))
                .join(settled.identities.lazy(), on="identity", how="anti", maintain_order="left")
                .drop("identity")
            )
            if settled.documents is not None:
                late = settled.documents.pipe(_completed, schema)
                documents = documents.pipe(_completed, schema).merge_sorted(late, "first_line")
        _sink(documents.pipe(_completed, schema), final)
        return final

    def _quarantine(self, settled: Settled | None) -> Path | None:
        """All rows that do not count and should be sent again, by line."""
        rows = self._parts.scan("quarantine")
        if settled is not None:
            late = with_raw(settled.withheld, self._path)
            if rows is not None:
                rows = rows.join(
                    settled.lines.lazy().rename({"file_line": "line_no"}),
                    on="line_no",
                    how="anti",
                    maintain_order="left",
                ).merge_sorted(late.lazy(), key="line_no")
            elif late.height:
                rows = late.lazy()
        if rows is None:
            return None
        final = self._file("all-quarantine")
        _sink(rows, final)
        found = pl.scan_parquet(final).select(pl.len()).collect().item()
        assert found == self._quarantined.rows, f"{found} rows of {self._quarantined} are kept"
        return final if found else None

    def _rejects_too_many(self) -> bool:
        limit, rows = self._max_reject_rate, self._gate.lines - 1
        return limit is not None and self._quarantined.rows > limit * rows

    def _too_many(self, quarantine: Path | None) -> str:
        limit, rows = self._max_reject_rate, self._gate.lines - 1
        assert quarantine is not None
        assert limit is not None
        first = pl.scan_parquet(quarantine).head(_SHOWN).collect()
        shown = "; ".join(f"line {line}: {why}" for line, why, *_ in first.iter_rows())
        return (
            f"{self._quarantined.rows} of {rows} rows are bad, more than max_reject_rate "
            f"{(limit * 100).normalize():f}% allows; the first are {shown}: "
            f"correct and deliver the file again"
        )

    def _sealed(self, lines: Path, documents: Path | None, quarantine: Path | None) -> StagedFile:
        feed, rows_in = self._contract.feed, self._gate.lines - 1
        has_amount = self._contract.amount is not None
        return StagedFile(
            rows_in=rows_in,
            rows_quarantined=self._quarantined.rows,
            rows_repeated=self._repeated.rows,
            amount_total=self._all.amount if has_amount else None,
            amount_quarantined=self._quarantined.amount if has_amount else None,
            amount_repeated=self._repeated.amount if has_amount else None,
            lines=self._seal(f"{feed}_lines", lines),
            documents=self._seal(f"{feed}_file_documents", documents) if documents else None,
            quarantine=self._seal(f"{feed}_quarantine", quarantine) if quarantine else None,
        )

    def _seal(self, table: str, file: Path) -> WorkFile:
        rows = pl.scan_parquet(file).select(pl.len()).collect().item()
        partition = self._arrival.file_id[:32]
        return seal_work_file(self._home, self._scope, table, partition, file, rows)


def _completed(frame: pl.LazyFrame, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """A frame with all columns of a schema in order; those it lacks are null."""
    names = frame.collect_schema().names()
    return frame.select(
        pl.col(name).cast(dtype) if name in names else pl.lit(None, dtype).alias(name)
        for name, dtype in schema.items()
    )


def _sink(frame: pl.LazyFrame, file: Path) -> None:
    """Write a frame in its order; the bytes depend on its rows only, not on how it comes."""
    frame.sink_parquet(
        file,
        compression="zstd",
        compression_level=1,
        row_group_size=_ROW_GROUP,
        statistics=False,  # a seventh of the time, and nobody filters by ranges of these files
        maintain_order=True,
    )
