"""Moving what a merged partner has to the partner it became (SPEC 2 and 7).

Belongs here: committing those moves. Not here: which partner it became (`earning.merges`), or what
is to be moved, which is `sql/ledger/merge_moves.sql`.
"""

from __future__ import annotations

from loyalty_pipeline.earning.inputs import StagedInputs, staged_inputs
from loyalty_pipeline.earning.merges import HOMES
from loyalty_pipeline.journal.commits import Commit, Draft, digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.entries import seal_moves
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home


def move_merged(program: Program, home: Home, clock: Clock, run_id: str) -> Commit | None:
    """Bring points and promises of merged partners to where merges lead; None if all are there.

    Asked again, it moves what was posted for a merged partner since. A merge that was withdrawn or
    amended is moved back, or on.

    Raises:
        MovedError: other runs were faster five times in a row.
    """
    journal = program_journal(home, program.program)

    def attempt() -> Commit | None:
        state = program_state(journal)
        inputs = staged_inputs(program, home, state.latest_day(clock.today))
        # One that was put off may have been in effect before: promises then lie with the home,
        # though no move was ever needed.
        if not inputs.all_merges and not state.was_merged:
            return None  # nobody was ever merged
        draft = _draft(program, home, clock, run_id, journal, state, inputs)
        return journal.append(draft, state.head) if draft else None

    return journal.commit(attempt, "partners were being merged")


def _draft(
    program: Program,
    home: Home,
    clock: Clock,
    run_id: str,
    journal: Journal,
    state: ProgramState,
    inputs: StagedInputs,
) -> Draft | None:
    with engine(home) as duckdb:
        duckdb.files("entries", state.entries(), tables.ENTRIES)
        duckdb.values("homes", HOMES, inputs.homes().rows)
        duckdb.table(
            "merge_moves",
            "ledger/merge_moves",
            posted_on=clock.today,
            cycle=program.calendar.cycle_of(clock.today).name,
        )
        sealed = seal_moves(duckdb, journal, state.head, "merge_moves")
    if sealed.file is None:
        return None
    return Draft(
        kind="instruction",
        business_date=clock.today,
        posted_at=clock.now,
        run_id=run_id,
        cycles=sealed.cycles,
        entries=sealed.file,
        identity=digest(journal.scope, "merge", sealed.file.sha256, state.head),
        totals=sealed.totals,
        details={"sources": dict(inputs.heads)},
    )
