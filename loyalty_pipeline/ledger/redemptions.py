"""Redemptions and their reversals, served in order against the balance (SPEC 7).

Belongs here: which redemption fits, and committing those that do with those that do not. Not
here: which lots they consume.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from loyalty_pipeline.earning.inputs import StagedInputs, staged_inputs
from loyalty_pipeline.earning.merges import IDENTITIES, NOBODY_MERGED, Homes
from loyalty_pipeline.journal.commits import Commit, Draft, digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.entries import seal_moves
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home


@dataclass(frozen=True)
class Request:
    """One redemption, or with `reverses` a reversal, as a file asks for it."""

    redemption_id: str
    partner_id: str
    redeemed_on: date
    points: Decimal
    reverses: str | None
    file_id: str
    file_line: int
    is_inactive: bool
    is_changed: bool  # posted before with other figures

    @property
    def key(self) -> str:
        """The allocation key its entry is posted under."""
        own = key_part(self.redemption_id)
        if self.reverses is None:
            return f"redemption/{own}"
        return f"redemption/{key_part(self.reverses)}/reversal/{own}"


def key_part(identity: str) -> str:
    """An identity as a part of an allocation key, whose parts `/` separates (`ledger/keys`)."""
    return identity.replace("%", "%25").replace("/", "%2F")


@dataclass(frozen=True)
class Refusal:
    """A request that does not fit, with the balance it met."""

    request: Request
    reason: str
    balance: Decimal


class Balances:
    """Current points of partners by the day they move, as far as requests need them.

    From the day of its merge on, a partner spends from the balance of the one it became. Points are
    their owner's: what a merge moves from one balance to another is no move here.
    """

    def __init__(
        self, moves: Iterable[tuple[str, date, Decimal]], homes: Homes = NOBODY_MERGED
    ) -> None:
        self._days: dict[str, dict[date, Decimal]] = defaultdict(dict)
        self._homes = homes
        for partner, day, points in moves:
            self._days[partner][day] = points

    def at(self, partner: str, day: date) -> Decimal:
        """Current points at the end of a day."""
        return sum(
            (
                points
                for account in self._homes.accounts(partner, day)
                for moved, points in self._days[account].items()
                if moved <= day
            ),
            Decimal(0),
        )

    def move(self, partner: str, day: date, points: Decimal) -> None:
        """Add points (or take, when negative) on a day."""
        days = self._days[partner]
        days[day] = days.get(day, Decimal(0)) + points


def serve(
    requests: Sequence[Request],
    balances: Balances,
    redeemed: dict[str, tuple[str, Decimal]],
    today: date,
    *,
    more_to_come: bool = False,
) -> tuple[list[Request], list[Refusal]]:
    """Grant requests one after the other.

    A redemption must fit the current points both on its date and today; what was posted is never
    changed, only reversed; a reversal must name a redemption of the same partner with that much
    left of it.

    Args:
        requests: ordered by date, then identity.
        redeemed: partner and unreversed points of every posted redemption; kept up to date.
        more_to_come: awards of an ended cycle are not posted yet. Then what exceeds the balance
            waits, and so does all that its partner asked for later.
    """
    granted: list[Request] = []
    refused: list[Refusal] = []
    waiting: set[str] = set()
    for request in requests:
        if request.partner_id in waiting:
            continue
        met = min(
            balances.at(request.partner_id, request.redeemed_on),
            balances.at(request.partner_id, today),
        )
        reason = _objection(request, met, redeemed)
        if more_to_come and reason == "exceeds_balance":
            waiting.add(request.partner_id)
            continue
        if reason:
            refused.append(Refusal(request, reason, met))
            continue
        granted.append(request)
        sign = 1 if request.reverses else -1
        balances.move(request.partner_id, request.redeemed_on, sign * request.points)
        if request.reverses:
            partner, left = redeemed[request.reverses]
            redeemed[request.reverses] = (partner, left - request.points)
        else:
            redeemed[request.redemption_id] = (request.partner_id, request.points)
    return granted, refused


def _objection(
    request: Request, met: Decimal, redeemed: dict[str, tuple[str, Decimal]]
) -> str | None:
    if request.is_changed:
        return "differs_from_posted"
    if request.reverses is not None:
        partner, left = redeemed.get(request.reverses, ("", Decimal(0)))
        if partner != request.partner_id:
            return "reverses_unknown_redemption"
        return "reverses_too_much" if request.points > left else None
    if request.is_inactive:
        return "partner_inactive"
    return "exceeds_balance" if request.points > met else None


def post_redemptions(
    program: Program, home: Home, clock: Clock, run_id: str, *, more_to_come: bool = False
) -> Commit | None:
    """Serve every staged redemption that is new; None if there is none, or all have to wait.

    What does not fit is kept as refused with the balance it met and is not tried again until
    another file brings it or somebody asks for it (`forget_refusals`).
    """
    journal = program_journal(home, program.program)

    def attempt() -> Commit | None:
        state = program_state(journal)
        inputs = staged_inputs(program, home, state.latest_day(clock.today))
        if not inputs.tables("redemptions"):
            return None
        draft = _draft(
            program, home, clock, run_id, journal, state, inputs, more_to_come=more_to_come
        )
        return journal.append(draft, state.head) if draft else None

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
