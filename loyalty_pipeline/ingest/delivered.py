"""All that documents are resolved from, as SQL reads it.

Belongs here: staged files of sales and payments, which of them are new, what each replaces, and
giving them to SQL as relations, payments with the invoice that they belong to. Not here: what
counts of them (`documents`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from loyalty_pipeline.ingest.register import FileRecord
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

_SCOPE = (
    ("path", "varchar"),
    ("replaces", "boolean"),
    ("scope_month", "varchar"),
    ("scope_distributor", "varchar"),
)


@dataclass(frozen=True)
class SalesFile:
    """A staged sales file and its work files."""

    record: FileRecord
    lines: WorkFile
    documents: WorkFile
    quarantine: WorkFile | None
    is_new: bool

    @property
    def replaces(self) -> bool:
        """Whether the file holds all there is of what it covers."""
        return self.record.delivers == "full_period"


@dataclass(frozen=True)
class TenderFile:
    """A staged file of payments; `earlier` is what it was before it was read again."""

    record: FileRecord
    lines: WorkFile
    is_new: bool


@dataclass(frozen=True)
class Delivered:
    """All that documents are resolved from, each kind from earlier to later.

    `retracted` are earlier readings of files that were read again, or count no longer.
    """

    sales: tuple[SalesFile, ...]
    tenders: tuple[TenderFile, ...] = ()
    retracted: tuple[SalesFile, ...] = ()
    retracted_tenders: tuple[WorkFile, ...] = ()

    @property
    def is_of_documents(self) -> bool:
        """Whether there are, or were, documents or their payments."""
        return bool(self.sales or self.tenders or self.retracted or self.retracted_tenders)

    @property
    def lines(self) -> list[WorkFile]:
        """The lines of all sales files, in the order of their ranks."""
        return [file.lines for file in self.sales]


def show_versions(engine: Engine, delivered: Delivered) -> None:
    """Every version ever delivered, and what each file replaces."""
    sales, root = delivered.sales, engine.home.root
    engine.files(
        "file_documents",
        [file.documents for file in sales],
        staged_tables.SALES_FILE_DOCUMENTS,
        filename=True,
    )
    engine.values(
        "document_files",
        (
            *_SCOPE,
            ("lines_path", "varchar"),
            ("file_id", "varchar"),
            ("file_rank", "integer"),
            ("is_new", "boolean"),
        ),
        [
            (*_scope_of(engine, file), str(root / file.lines.path), record.file_id, rank, is_new)
            for rank, (file, record, is_new) in enumerate(
                ((file, file.record, file.is_new) for file in sales), start=1
            )
        ],
    )
    engine.view("versions", "staging/versions")
    unread = [
        (file.quarantine, rank)
        for rank, file in enumerate(sales, start=1)
        if file.replaces and file.quarantine is not None
    ]
    engine.files(
        "file_quarantine", [file for file, _ in unread], staged_tables.QUARANTINE, filename=True
    )
    engine.values(
        "quarantine_files",
        (("path", "varchar"), ("file_rank", "integer")),
        [(str(root / file.path), rank) for file, rank in unread],
    )
    engine.table("unread_documents", "staging/unread_documents")
    engine.table("replaced_scopes", "staging/replaced_scopes")
    engine.files(
        "retracted",
        [file.documents for file in delivered.retracted],
        staged_tables.SALES_FILE_DOCUMENTS,
        filename=True,
    )
    scopes = [_scope_of(engine, file) for file in delivered.retracted]
    engine.values("retracted_files", _SCOPE, scopes)


def _scope_of(engine: Engine, file: SalesFile) -> tuple[str, bool, str | None, str | None]:
    path = str(engine.home.root / file.documents.path)
    return (path, file.replaces, file.record.period, file.record.distributor)


def show_tenders(engine: Engine, delivered: Delivered, today: date) -> None:
    """What the payments of each invoice add up to, and which numbers new files pay.

    After `show_versions`: whose payments they are, the dates of all invoices say.
    """
    root = engine.home.root
    new = [file.lines for file in delivered.tenders if file.is_new]
    engine.files(
        "tenders_lines",
        [*new, *delivered.retracted_tenders],
        staged_tables.TENDERS_LINES,
        filename=True,
    )
    engine.table("touched_numbers", "staging/touched_numbers")
    engine.files(
        "tenders_lines",
        [file.lines for file in delivered.tenders],
        staged_tables.TENDERS_LINES,
        filename=True,
    )
    engine.values(
        "feed_files",
        (("path", "varchar"), ("file_rank", "integer"), ("file_date", "date")),
        [
            (str(root / file.lines.path), rank, file.record.file_date)
            for rank, file in enumerate(delivered.tenders, start=1)
        ],
    )
    engine.table("tender_totals", "staging/tender_totals")
    engine.table("tendered_invoices", "staging/tendered_invoices", today=today)
