"""Redemptions and their reversals, served in order against the balance (SPEC 7).

Belongs here: which are open, and committing those that fit with those that do not. Not here: which
fit (`fitting`), or which lots they consume.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from loyalty_pipeline.earning.inputs import StagedInputs, staged_inputs
from loyalty_pipeline.earning.merges import IDENTITIES
from loyalty_pipeline.journal.commits import Commit, Draft, digest
from loyalty_pipeline.journal.sequence import Journal, MovedError
from loyalty_pipeline.ledger.entries import seal_moves
from loyalty_pipeline.ledger.fitting import Balances, Refusal, Request, serve
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home

# Of ended cycles: all awards are posted, some wait for files, or some are to be posted first.
Awards = Literal["posted", "awaited", "behind"]


def post_redemptions(
    program: Program, home: Home, clock: Clock, run_id: str, awards: Callable[[], Awards]
) -> Commit | None:
    """Serve every staged redemption that is new; None if there is none, or all have to wait.

    What does not fit is kept as refused with the balance it met and is not tried again until
    another file brings it or somebody asks for it (`forget_refusals`). So `awards` says of the very
    journals that are read here what is still to be posted: what was staged since somebody asked
    may hold a sale beside the redemption of its points.

    Raises:
        MovedError: other runs were faster five times in a row.
    """
    journal = program_journal(home, program.program)

    def attempt() -> Commit | None:
        state = program_state(journal)
        inputs = staged_inputs(program, home, state.latest_day(clock.today))
        if not inputs.tables("redemptions"):
            return None
        there = awards()
        if there == "behind":
            return None
        draft = _draft(
            program, home, clock, run_id, journal, state, inputs, more_to_come=there == "awaited"
        )
        if draft is None:
            return None
        if staged_inputs(program, home, inputs.today).heads != inputs.heads:
            raise MovedError("a source was staged while redemptions were being served")
        return journal.append(draft, state.head)

    return journal.commit(attempt, "redemptions were being served")


def _draft(
    program: Program,
    home: Home,
    clock: Clock,
    run_id: str,
    journal: Journal,
    state: ProgramState,
    inputs: StagedInputs,
    *,
    more_to_come: bool,
) -> Draft | None:
    with engine(home) as duckdb:
        requests = _open_requests(duckdb, state, inputs, clock.today)
        if not requests:
            return None
        duckdb.files("entries", state.entries(), tables.ENTRIES)
        balances = Balances(duckdb.rows("ledger/current_by_day"), inputs.homes())
        duckdb.files("entries", state.entries_of("redemption"), tables.ENTRIES)
        redeemed = {
            str(redemption): (str(partner), Decimal(left))
            for redemption, partner, left in duckdb.rows("ledger/redeemed")
        }
        granted, refused = serve(
            requests, balances, redeemed, clock.today, more_to_come=more_to_come
        )
        if not granted and not refused:
            return None
        duckdb.values(
            "redemption_moves",
            tables.ENTRIES,
            [
                _entry(line, request, program, clock.today)
                for line, request in enumerate(granted, start=1)
            ],
        )
        sealed = seal_moves(duckdb, journal, state.head, "redemption_moves")
        refusals = _seal_refusals(duckdb, journal, state, refused, clock.today)
    return Draft(
        kind="redemption",
        business_date=clock.today,
        posted_at=clock.now,
        run_id=run_id,
        cycles=sealed.cycles,
        promotes=tuple(refusals),
        entries=sealed.file,
        identity=digest(journal.scope, "redemption", [r.key for r in requests], state.head),
        totals=sealed.totals,
        details={"granted": len(granted), "refused": len(refused), "sources": dict(inputs.heads)},
    )


def _open_requests(
    duckdb: Engine, state: ProgramState, inputs: StagedInputs, today: date
) -> list[Request]:
    duckdb.files("redemptions", inputs.tables("redemptions"), staged_tables.REDEMPTIONS)
    duckdb.files("partners", inputs.tables("partners"), staged_tables.PARTNERS)
    duckdb.files("entries", state.entries_of("redemption"), tables.ENTRIES)
    known = state.promoted.get(("redemption_refusals", "all"))
    duckdb.files("refusals", [known] if known else [], tables.REDEMPTION_REFUSALS)
    duckdb.values("settings", (("has_partner_feed", "boolean"),), [(inputs.has_partner_feed,)])
    duckdb.values("identities", IDENTITIES, inputs.homes().identities)
    duckdb.table("open_redemptions", "ledger/open_redemptions", today=today)
    return [Request(*row) for row in duckdb.rows("ledger/all_open_redemptions")]


def _entry(line: int, request: Request, program: Program, posted_on: date) -> tuple[Any, ...]:
    """One row of entries; the cycle is that of the day of redemption."""
    is_reversal = request.reverses is not None
    return (
        line,
        request.partner_id,
        program.calendar.cycle_of(request.redeemed_on).name,
        "redemption_reversal" if is_reversal else "redemption",
        "redeemed" if is_reversal else "current",
        "current" if is_reversal else "redeemed",
        request.points,
        request.redeemed_on,
        request.redeemed_on,
        request.redeemed_on,
        None,
        posted_on,
        request.key,
        f"reversal of redemption {request.reverses}"
        if is_reversal
        else f"redemption {request.redemption_id}",
        None,
    )


def _seal_refusals(
    duckdb: Engine,
    journal: Journal,
    state: ProgramState,
    refused: Sequence[Refusal],
    today: date,
) -> list[Any]:
    """The refusals in force: those before, and these instead of earlier ones of the same id."""
    duckdb.values(
        "new_refusals",
        tables.REDEMPTION_REFUSALS,
        [
            (
                refusal.request.redemption_id,
                refusal.request.file_id,
                refusal.request.file_line,
                refusal.request.partner_id,
                refusal.request.redeemed_on,
                refusal.request.points,
                refusal.reason,
                refusal.balance,
                today,
            )
            for refusal in refused
        ],
    )
    file = duckdb.write(journal.scope, "redemption_refusals", "all", "ledger/redemption_refusals")
    return [] if state.promoted.get(("redemption_refusals", "all")) == file else [file]


def forget_refusals(program: Program, home: Home, clock: Clock, run_id: str) -> int:
    """Let every refused redemption be tried again by the next run; returns how many there were."""
    journal = program_journal(home, program.program)
    with journal.writing():
        state = program_state(journal)
        known = state.promoted.get(("redemption_refusals", "all"))
        if known is None or known.rows == 0:
            return 0
        with engine(home) as duckdb:
            duckdb.values("refusals", tables.REDEMPTION_REFUSALS, [])
            duckdb.values("new_refusals", tables.REDEMPTION_REFUSALS, [])
            duckdb.values("open_redemptions", staged_tables.REDEMPTIONS, [])
            file = duckdb.write(
                journal.scope, "redemption_refusals", "all", "ledger/redemption_refusals"
            )
        draft = Draft(
            kind="redemption",
            business_date=clock.today,
            posted_at=clock.now,
            run_id=run_id,
            promotes=(file,),
            identity=digest(journal.scope, "retry", state.head),
            details={"granted": 0, "refused": 0, "retry": known.rows, "sources": {}},
        )
        journal.append(draft, state.head)
        return known.rows
