"""Releases: promised points whose accrual date has come become current, once (SPEC 5).

Belongs here: committing what is due. Not here: which part of a promise is due, which is
`sql/ledger/due_releases.sql`.
"""

from __future__ import annotations

from loyalty_pipeline.journal.commits import Commit, Draft, digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.entries import seal_moves
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home


def release_due(program_id: str, home: Home, clock: Clock, run_id: str) -> Commit | None:
    """Release every open promise with an accrual date up to today; None if there is none.

    Asked twice, it releases once: what was released is no longer open.
    """
    journal = program_journal(home, program_id)
    return journal.commit(
        lambda: _attempt(journal, home, clock, run_id), "points were being released"
    )


def _attempt(journal: Journal, home: Home, clock: Clock, run_id: str) -> Commit | None:
    state = program_state(journal)
    if not any("promise" in commit.draft.totals for commit in state.commits):
        return None  # points are direct: not worth opening the entries every day
    with engine(home) as duckdb:
        moved = state.entries_of("posting", "release", "instruction")
        duckdb.files("entries", moved, tables.ENTRIES)
        duckdb.table(
            "due_releases", "ledger/due_releases", today=clock.today, posted_on=clock.today
        )
        sealed = seal_moves(duckdb, journal, state.head, "due_releases")
    if sealed.file is None:
        return None
    draft = Draft(
        kind="release",
        business_date=clock.today,
        posted_at=clock.now,
        run_id=run_id,
        cycles=sealed.cycles,
        entries=sealed.file,
        identity=digest(journal.scope, "release", sealed.file.sha256, state.head),
        totals=sealed.totals,
    )
    return journal.append(draft, state.head)
