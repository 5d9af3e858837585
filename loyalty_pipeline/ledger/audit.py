"""The ledger's invariants, each a SQL file in `sql/audits` that answers with the offenders.

Belongs here: running them over the journal of a program, chain first. Not here: the invariants
themselves.
"""

from __future__ import annotations

from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.journal.verify import Finding, verify_chain
from loyalty_pipeline.ledger.state import ProgramState, program_scope, program_state
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home

AUDITS = (
    "lines_have_gaps",
    "totals_differ",
    "entries_move_between_wrong_accounts",
    "entries_of_another_cycle",
    "promises_overdrawn",
    "released_early",
    "redemptions_overdrawn",
    "transfers_do_not_balance",
    "awards_differ_from_allocations",
    "campaigns_differ_from_awards",
)


def verify_program(home: Home, program_id: str, expected_head: int | None = None) -> list[Finding]:
    """Everything wrong with a program's ledger, first offender first; empty if it is whole.

    The chain comes first: the invariants are not asked of a journal that was tampered with.
    """
    journal = Journal(home, program_scope(program_id))
    findings = verify_chain(journal, expected_head)
    if findings:
        return findings
    state = program_state(journal)
    with engine(home) as duckdb:
        _show_entries(duckdb, state)
        for audit in AUDITS:
            for number, line, message in duckdb.rows(f"audits/{audit}"):
                where = f"entry {line}: " if line else ""
                findings.append(Finding(journal.scope, int(number), f"{where}{message} ({audit})"))
    return findings


def _show_entries(duckdb: Engine, state: ProgramState) -> None:
    commits = [commit for commit in state.commits if commit.draft.entries]
    files = [commit.draft.entries for commit in commits if commit.draft.entries]
    duckdb.files("rows_of_files", files, tables.ENTRIES, filename=True)
    root = duckdb.home.root
    duckdb.values(
        "entry_files",
        (("path", "varchar"), ("commit_number", "bigint"), ("commit_kind", "varchar")),
        [
            (str(root / file.path), c.number, c.draft.kind)
            for file, c in zip(files, commits, strict=True)
        ],
    )
    duckdb.view("entries", "audits/entries")
    duckdb.values(
        "header_totals",
        (("commit_number", "bigint"), ("kind", "varchar"), ("points", "decimal(18, 3)")),
        [(c.number, kind, points) for c in commits for kind, points in c.draft.totals.items()],
    )
    for relation, promoted, columns in (
        ("allocations", "point_allocations", tables.POINT_ALLOCATIONS),
        ("campaign_awards", "campaign_awards", tables.CAMPAIGN_AWARDS),
    ):
        files = [file for (table, _), file in state.promoted.items() if table == promoted]
        duckdb.files(relation, files, columns)
