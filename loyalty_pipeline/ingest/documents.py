"""Which version of each document counts, and what returns leave of each invoice (SPEC 2).

Belongs here: identity, amendments, removals, parked and held documents, over all files of a
source. Only families of documents that new files (or time) touch are resolved again; the rest
of a month is kept as it was. Not here: reading a file, granting returns (`claims`), or what a
program makes of a document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from loyalty_pipeline.ingest.claims import set_returns_against_invoices, show_lines
from loyalty_pipeline.ingest.delivered import Delivered, SalesFile
from loyalty_pipeline.ingest.register import SourceState, source_scope
from loyalty_pipeline.program.calendar import parse_month
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

# Reference amendments link families into chains; a chain longer than this is not a chain of
# amendments but a mistake in the closure below.
_CHAIN_LIMIT = 50

_REFUSED = (
    ("file_rank", "integer"),
    ("distributor_id", "varchar"),
    ("document_type", "varchar"),
    ("document_no", "varchar"),
    ("fiscal_year", "smallint"),
    ("is_repetition", "boolean"),
)

# Lines of a landed file as they came, by file and line numbers.
RawLines = Callable[[str, Sequence[int]], Sequence[str]]


@dataclass(frozen=True)
class Resolution:
    """The work files that resolving made, and when the next held document becomes due."""

    promotes: tuple[WorkFile, ...]
    next_due: date | None


def resolve_documents(
    engine: Engine,
    source_id: str,
    state: SourceState,
    delivered: Delivered,
    raw_lines: RawLines,
    today: date,
) -> Resolution:
    """Resolve what the new files and the date touch; after `show_versions` and `show_tenders`.

    Returns the months that changed (`sales_documents` and `sales_returned_lines`),
    `sales_document_states` and `sales_held`.
    """
    scope = source_scope(source_id)
    _find_candidates(engine, state, delivered, today)
    _choose_versions(engine, delivered, today)
    promotes = [
        file
        for (month,) in engine.rows("staging/affected_months")
        for file in (
            _write_month(engine, scope, state, month),
            _write_returned_lines(engine, scope, state, month),
        )
    ]
    earlier = state.work_file("sales_document_states")
    engine.files(
        "earlier_states", [earlier] if earlier else [], staged_tables.SALES_DOCUMENT_STATES
    )
    engine.table("document_states", "staging/document_states")
    promotes.append(_write_states(engine, scope, state))
    held_files = dict(engine.rows("staging/files_held"))
    concerned = [file for file in delivered.sales if file.record.file_id in held_files]
    promotes.append(_write_held_lines(engine, scope, state, concerned, raw_lines))
    next_due = min((due for due in held_files.values() if due), default=None)
    return Resolution(tuple(file for file in promotes if file), next_due)


def _find_candidates(engine: Engine, state: SourceState, delivered: Delivered, today: date) -> None:
    """Fill touched_families and candidates: closed under 'some version is in this family'."""
    is_first = not state.months() and state.work_file("sales_document_states") is None
    if is_first and not delivered.retracted:
        engine.values(
            "touched_families", (("distributor_id", "varchar"), ("family_no", "varchar")), []
        )
        engine.view("candidates", "staging/versions")
        return
    resolved_until = state.resolved_until or date.min
    engine.table("touched_scopes", "staging/touched_scopes")
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


def _choose_versions(engine: Engine, delivered: Delivered, today: date) -> None:
    """Fill in_force with the version of each document that counts, and judge returns.

    A return that takes too much leaves its earlier version in force, which then is judged with
    the others; each round sets at least one version aside, so that there is a last round.
    """
    engine.table("split_headers", "staging/split_headers")
    held = engine.table("held_versions", "staging/held_versions", today=today)
    engine.values("refused_versions", _REFUSED, [])
    refused = 0
    while True:
        _choose_newest(engine, delivered, all_count=not (held or refused))
        set_returns_against_invoices(engine, delivered.lines)
        if not engine.rows("staging/over_returned"):
            return
        before, refused = refused, engine.table("refused_versions", "staging/refused_versions")
        if before == refused:
            return


def _choose_newest(engine: Engine, delivered: Delivered, *, all_count: bool) -> None:
    """Fill in_force with the newest version of each document that can count."""
    if all_count:
        engine.alias("acceptable", "candidates")
    else:
        engine.table("acceptable", "staging/acceptable")
    repeated = engine.table("repeated_versions", "staging/repeated_versions")
    ranks = [int(rank) for (rank,) in engine.rows("staging/compared_files")]
    show_lines(engine, delivered.lines, ranks)
    engine.table("repeated_lines", "staging/repeated_lines")
    engine.table("changed_lines", "staging/changed_lines")
    engine.table("version_states", "staging/version_states")
    if repeated or not all_count:
        engine.table("chosen", "staging/chosen")
    else:
        engine.view("chosen", "staging/all_chosen")
    if engine.table("ended_versions", "staging/ended_versions"):
        engine.table("in_force", "staging/in_force")
    else:
        engine.alias("in_force", "chosen")


def _write_month(engine: Engine, scope: str, state: SourceState, month: str) -> WorkFile | None:
    earlier = state.work_file("sales_documents", month)
    engine.files("earlier_documents", [earlier] if earlier else [], staged_tables.SALES_DOCUMENTS)
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


def _write_returned_lines(
    engine: Engine, scope: str, state: SourceState, month: str
) -> WorkFile | None:
    """What is taken of lines of the month's invoices; no file where it never was anything."""
    earlier = state.work_file("sales_returned_lines", month)
    if earlier is None and not engine.count("returned_lines"):
        return None
    engine.files(
        "earlier_returned_lines", [earlier] if earlier else [], staged_tables.SALES_RETURNED_LINES
    )
    engine.view("kept_returned_lines", "staging/kept_returned_lines")
    window = parse_month(month)
    file = engine.write(
        scope,
        "sales_returned_lines",
        month,
        "staging/returned_lines_of_month",
        month_start=window.start,
        month_end=window.end,
    )
    return None if file == earlier or (earlier is None and not file.rows) else file


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
    """The lines of held documents, as they came."""
    engine.files(
        "sales_lines", [file.lines for file in concerned], staged_tables.SALES_LINES, filename=True
    )
    rows: list[tuple[str, int, str, str, str]] = []
    for file_id, lines in groupby(engine.rows("staging/held_lines"), key=lambda row: str(row[0])):
        wanted = [(int(number), str(reason), str(subject)) for _, number, reason, subject in lines]
        raw = raw_lines(file_id, [number for number, _, _ in wanted])
        rows += [
            (file_id, number, reason, text, subject)
            for (number, reason, subject), text in zip(wanted, raw, strict=True)
        ]
    engine.values("held", staged_tables.SALES_HELD, rows)
    held = engine.write(scope, "sales_held", "all", "staging/held_quarantine")
    return None if held == state.work_file("sales_held") else held
