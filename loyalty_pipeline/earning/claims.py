"""Which claims count: approved ones whose invoice no DMS has delivered yet (SPEC 2).

Belongs here: matching the claims of all sources of a program with their invoices, and giving
each month its claims. Not here: which partners earn, which `sql/earning/cycle_documents` judges
of claims as of documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from loyalty_pipeline.earning.computed import Computed
from loyalty_pipeline.earning.merges import HOMES, Homes
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.program.calendar import parse_month
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

_FILES = (("path", "varchar"), ("source", "varchar"), ("fiscal_start", "integer"))


@dataclass(frozen=True)
class Delivered:
    """What sources delivered of one table: source and work file."""

    files: tuple[tuple[str, WorkFile], ...]

    def fingerprint(self) -> list[tuple[str, str]]:
        """Changes when the content does."""
        return [(source, file.sha256) for source, file in self.files]


def claims_by_month(
    program: Program, home: Home, claims: Delivered, documents: Delivered, homes: Homes, today: date
) -> dict[str, WorkFile]:
    """The claims dated up to today by month, each with what became of it; none without a feed."""
    if not claims.files:
        return {}
    calendar = program.calendar
    computed = Computed(home, program.program, calendar.first)
    fiscal_starts = {source.id: source.fiscal_start for source in program.sources}
    inputs = digest(
        "claims",
        claims.fingerprint(),
        documents.fingerprint(),
        homes.rows,
        fiscal_starts,
        program.fiscal_start_month,
        today,
    )
    files: Sequence[WorkFile] = computed.files("claims", inputs)
    if not files:
        with engine(home) as duckdb:
            _show(duckdb, claims, documents, homes, fiscal_starts)
            files = _by_month(duckdb, program, today)
        computed.note("claims", inputs, files)
    return {file.partition: file for file in files}


def _show(
    duckdb: Engine,
    claims: Delivered,
    documents: Delivered,
    homes: Homes,
    fiscal_starts: dict[str, int],
) -> None:
    for name, listed, delivered, columns in (
        ("claims", "claim_files", claims, staged_tables.CLAIMS),
        ("sales_documents", "document_files", documents, staged_tables.SALES_DOCUMENTS),
    ):
        duckdb.files(name, [file for _, file in delivered.files], columns, filename=True)
        duckdb.values(
            listed,
            _FILES,
            [
                (str(duckdb.home.root / file.path), source, fiscal_starts[source])
                for source, file in delivered.files
            ],
        )
    duckdb.values("homes", HOMES, homes.rows)


def _by_month(duckdb: Engine, program: Program, today: date) -> list[WorkFile]:
    """A file a month with claims, and one of the first month, so that there is always one."""
    duckdb.table(
        "resolved_claims",
        "earning/resolved_claims",
        fiscal_start=program.fiscal_start_month,
        today=today,
    )
    first = program.calendar.first.name
    months = {str(month) for (month,) in duckdb.rows("earning/claim_months")}
    return [
        duckdb.write(
            f"program/{program.program}",
            "month_claims",
            month,
            "earning/month_claims",
            program=program.program,
            month=month,
            month_start=parse_month(month).start,
            month_end=parse_month(month).end,
        )
        for month in sorted({first, *months})
        if month >= first
    ]
