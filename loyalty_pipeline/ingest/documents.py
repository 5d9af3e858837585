"""Which version of each document counts, and what returns leave of each invoice (SPEC 2).

Belongs here: identity, amendments, returns, parked and held documents, over all files of a
source. Only families of documents that new files (or time) touch are resolved again; the rest
of a month is kept as it was. Not here: reading a file, or what a program makes of a document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from loyalty_pipeline.ingest.register import FileRecord, SourceState, source_scope
from loyalty_pipeline.program.calendar import parse_month
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

_CLAIM_COLUMNS = (
    ("distributor_id", "varchar"),
    ("document_type", "varchar"),
    ("document_no", "varchar"),
    ("fiscal_year", "smallint"),
    ("taken", "decimal(18, 2)"),
)
# Reference amendments link families into chains; a chain longer than this is not a chain of
# amendments but a mistake in the closure below.
_CHAIN_LIMIT = 50

# Lines of a landed file as they came, by file and line numbers.
RawLines = Callable[[str, Sequence[int]], Sequence[str]]


@dataclass(frozen=True)
class Resolution:
    """The work files that resolving made, and when the next held document becomes due."""

    promotes: tuple[WorkFile, ...]
    next_due: date | None


@dataclass(frozen=True)
class SalesFile:
    """A staged sales file and its work files."""

    record: FileRecord
    lines: WorkFile
    documents: WorkFile
    is_new: bool


def resolve_documents(
    engine: Engine,
    source_id: str,
    state: SourceState,
    sales_files: Sequence[SalesFile],
    raw_lines: RawLines,
    today: date,
) -> Resolution:
    """Resolve what the new files among `sales_files` and the date touch.

    `sales_files` are all staged sales files from earlier to later. Returns the months that
    changed (`sales_documents`), `sales_document_states` and `sales_held`.
    """
    scope = source_scope(source_id)
    _show_versions(engine, sales_files)
    _find_candidates(engine, state, today, everything=all(file.is_new for file in sales_files))
    _choose_versions(engine, sales_files, today)
    _set_returns_against_invoices(engine)
    promotes = [
        _write_month(engine, scope, state, month)
        for (month,) in engine.rows("staging/affected_months")
    ]
    earlier = state.work_file("sales_document_states")
    engine.files("earlier_states", [earlier] if earlier else [], tables.SALES_DOCUMENT_STATES)
    engine.table("document_states", "staging/document_states", today=today)
    promotes.append(_write_states(engine, scope, state))
    held_files = dict(engine.rows("staging/files_held"))
    concerned = [file for file in sales_files if file.record.file_id in held_files]
    promotes.append(_write_held_lines(engine, scope, state, concerned, raw_lines))
    next_due = min((due for due in held_files.values() if due), default=None)
    return Resolution(tuple(file for file in promotes if file), next_due)


def _show_versions(engine: Engine, sales_files: Sequence[SalesFile]) -> None:
    engine.files(
        "file_documents",
        [file.documents for file in sales_files],
        tables.SALES_FILE_DOCUMENTS,
        filename=True,
    )
    root = engine.home.root
    engine.values(
        "document_files",
        (
            ("path", "varchar"),
            ("lines_path", "varchar"),
            ("file_id", "varchar"),
            ("file_rank", "integer"),
            ("is_new", "boolean"),
        ),
        [
            (
                str(root / file.documents.path),
                str(root / file.lines.path),
                file.record.file_id,
                rank,
                file.is_new,
            )
            for rank, file in enumerate(sales_files, start=1)
        ],
    )
    engine.view("versions", "staging/versions")


def _find_candidates(engine: Engine, state: SourceState, today: date, *, everything: bool) -> None:
    """Fill touched_families and candidates: closed under 'some version is in this family'."""
    if everything:
        engine.values(
            "touched_families", (("distributor_id", "varchar"), ("family_no", "varchar")), []
        )
        engine.view("candidates", "staging/versions")
        return
    resolved_until = state.resolved_until or date.min
    engine.table(
        "touched_identities",
        "staging/touched_identities",
        resolved_until=resolved_until,
        today=today,
    )
    families = engine.table("touched_families", "staging/touched_families")
    for _ in range(_CHAIN_LIMIT):
        engine.table("touched_identities", "staging/family_identities")
        before, families = families, engine.table("touched_families", "staging/touched_families")
        if before == families:
            engine.table("candidates", "staging/candidates")
            return
    raise AssertionError("families of documents do not close: a chain of references has no end")


def _choose_versions(engine: Engine, sales_files: Sequence[SalesFile], today: date) -> None:
    """Fill in_force with the version of each document that counts, and version_states."""
    repeated = engine.table("repeated_versions", "staging/repeated_versions", today=today)
    ranks = [int(rank) for (rank,) in engine.rows("staging/compared_files")]
    compared = [(rank, sales_files[rank - 1]) for rank in ranks]
    root = engine.home.root
    engine.files(
        "sales_lines", [file.lines for _, file in compared], tables.SALES_LINES, filename=True
    )
    engine.values(
        "line_files",
        (("path", "varchar"), ("file_rank", "integer")),
        [(str(root / file.lines.path), rank) for rank, file in compared],
    )
    engine.table("repeated_lines", "staging/repeated_lines")
    engine.table("changed_lines", "staging/changed_lines")
    engine.table("version_states", "staging/version_states")
    [(ahead,)] = engine.rows("staging/future_dated", today=today)
    if repeated or ahead:
        engine.table("in_force", "staging/in_force", today=today)
    else:
        engine.view("in_force", "staging/all_in_force")


def _set_returns_against_invoices(engine: Engine) -> None:
    """Fill applied_returns: what each return takes, or that it is parked or takes too much."""
    engine.table("return_claims", "staging/return_claims")
    contested = engine.rows("staging/contested_claims")
    engine.values("judged_claims", _CLAIM_COLUMNS, judge_claims(contested))
    engine.table("applied_returns", "staging/applied_returns")


def judge_claims(
    claims: Iterable[tuple[Any, ...]],
) -> list[tuple[str, str, str, int, Decimal | None]]:
    """Grant claims on invoices one after the other (SPEC 2, Returns).

    Args:
        claims: rows of `staging/contested_claims`, ordered by invoice and then by date.

    Returns:
        One row a claim with what it takes; None where it asks for more than is left.
    """
    judged: list[tuple[str, str, str, int, Decimal | None]] = []
    for _, invoice_claims in groupby(claims, key=lambda row: (row[0], row[4], row[5])):
        left: Decimal | None = None
        for distributor, kind, number, year, _, _, takes_all, claimed, original in invoice_claims:
            left = original if left is None else left
            taken = left if takes_all else (claimed if claimed <= left else None)
            left -= taken or 0
            judged.append((distributor, kind, number, year, taken))
    return judged


def _write_month(engine: Engine, scope: str, state: SourceState, month: str) -> WorkFile | None:
    earlier = state.work_file("sales_documents", month)
    engine.files("earlier_documents", [earlier] if earlier else [], tables.SALES_DOCUMENTS)
    engine.view("kept_documents", "staging/kept_documents")
    window = parse_month(month)
    file = engine.write(
        scope,
        "sales_documents",
        month,
        "staging/resolved_month",
        month_start=window.start,
        month_end=window.end,
    )
    return None if file == earlier else file


def _write_states(engine: Engine, scope: str, state: SourceState) -> WorkFile | None:
    states = engine.write(scope, "sales_document_states", "all", "staging/all_states")
    return None if states == state.work_file("sales_document_states") else states


def _write_held_lines(
    engine: Engine,
    scope: str,
    state: SourceState,
    concerned: Sequence[SalesFile],
    raw_lines: RawLines,
) -> WorkFile | None:
    """The lines of future-dated and over-returned documents, as they came."""
    engine.files(
        "sales_lines", [file.lines for file in concerned], tables.SALES_LINES, filename=True
    )
    rows: list[tuple[str, int, str, str]] = []
    for file_id, lines in groupby(engine.rows("staging/held_lines"), key=lambda row: str(row[0])):
        wanted = [(int(line_no), str(reason)) for _, line_no, reason in lines]
        raw = raw_lines(file_id, [line_no for line_no, _ in wanted])
        rows += [
            (file_id, line_no, reason, text)
            for (line_no, reason), text in zip(wanted, raw, strict=True)
        ]
    engine.values("held", tables.SALES_HELD, rows)
    held = engine.write(scope, "sales_held", "all", "staging/held_quarantine")
    return None if held == state.work_file("sales_held") else held
