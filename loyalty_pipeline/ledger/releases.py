"""Releases: promised points whose accrual date has come become current, once (SPEC 5).

Belongs here: committing what is due on a day. Not here: which part of a promise is due, which is
`sql/ledger/due_promises.sql`, or what rules say of it (`accruals`).
"""

from __future__ import annotations

from datetime import date

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.merges import HOMES
from loyalty_pipeline.journal.commits import Commit, Draft, digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.accruals import ask, show_ranges
from loyalty_pipeline.ledger.entries import seal_moves
from loyalty_pipeline.ledger.holds import HOLDS
from loyalty_pipeline.ledger.instructions import ASKED_PARTNERS, read_instructions
from loyalty_pipeline.ledger.state import ProgramState, program_state
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine


def release_due(
    journal: Journal, inputs: StagedInputs, clock: Clock, run_id: str, day: date
) -> Commit | None:
    """Release what is due up to a day; None if that is nothing.

    Asked twice, it releases once: what was released is no longer open. What rules do not release,
    and what belongs to a partner on hold, stays promised and is asked for again.

    Raises:
        MovedError: other runs were faster five times in a row.
    """
    return journal.commit(
        lambda: _attempt(journal, inputs, clock, run_id, day), "points were being released"
    )


def show_open_promises(engine: Engine, state: ProgramState, day: date) -> None:
    """Give SQL what is still promised with an accrual date up to a day: open_promises."""
    engine.values("asked_partners", ASKED_PARTNERS, [])
    engine.files("entries", state.promise_entries(), tables.ENTRIES)
    engine.table("open_promises", "ledger/open_promises", due_by=day)


def _attempt(
    journal: Journal, inputs: StagedInputs, clock: Clock, run_id: str, day: date
) -> Commit | None:
    state = program_state(journal)
    holds = read_instructions(inputs, state, day).holds
    with engine(journal.home) as duckdb:
        show_open_promises(duckdb, state, day)
        duckdb.values("homes", HOMES, inputs.homes_on(day).rows)
        duckdb.values("holds", HOLDS, holds.rows)
        show_ranges(duckdb, inputs.program)
        if not duckdb.table("due_promises", "ledger/due_promises", day=day):
            return None
        promotes = ask(duckdb, inputs, state, day, clock.today)
        duckdb.table("due_releases", "ledger/due_releases", posted_on=clock.today)
        sealed = seal_moves(duckdb, journal, state.head, "due_releases")
    if sealed.file is None:
        return None
    draft = Draft(
        kind="release",
        business_date=clock.today,
        posted_at=clock.now,
        run_id=run_id,
        cycles=sealed.cycles,
        promotes=promotes,
        entries=sealed.file,
        identity=digest(journal.scope, "release", sealed.file.sha256, state.head),
        totals=sealed.totals,
    )
    return journal.append(draft, state.head)
