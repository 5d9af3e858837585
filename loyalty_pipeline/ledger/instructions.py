"""Instructions about promises: early release and cancellation, each acting once (SPEC 2).

Belongs here: which instruction fits, what it moves, and committing that. Not here: holds, which
only keep others from acting (`holds`), or merges of partners (`merges`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.merges import HOMES, Homes
from loyalty_pipeline.journal.commits import Commit, Draft, digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.entries import seal_moves
from loyalty_pipeline.ledger.holds import Holds
from loyalty_pipeline.ledger.state import ProgramState, program_state
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.engine import Engine, engine

_ACCOUNTS = {"release": "current", "forfeit": "forfeited"}
ASKED_PARTNERS = (("partner_id", "varchar"),)


@dataclass(frozen=True)
class Instruction:
    """One instruction about a partner's promises; `partner_id` is the one it became, if merged."""

    effective_on: date
    instruction_id: str
    source: str
    kind: str  # hold, unhold, release or cancel_promise
    partner_id: str
    points: Decimal | None
    document_no: str | None
    reason: str

    @property
    def identity(self) -> tuple[str, str]:
        """By what it is known to have acted."""
        return self.source, self.instruction_id


@dataclass
class Promise:
    """One open part of a promise; `points` is what is left of it while instructions act."""

    partner_id: str  # who holds it
    home_id: str  # whose it is by now
    cycle: str
    allocation_key: str
    accrual_date: date
    posted_on: date
    points: Decimal
    document_no: str | None


@dataclass(frozen=True)
class Move:
    """Points of a promise that an instruction moves."""

    kind: str  # release or forfeit
    promise: Promise
    points: Decimal
    day: date  # on which they move in the partner's account
    reason: str


@dataclass(frozen=True)
class Told:
    """The instructions known by a day: those that have not acted, and the holds."""

    pending: tuple[Instruction, ...]  # to release and to cancel, in the order in which they act
    holds: Holds

    def upto(self, day: date) -> tuple[Instruction, ...]:
        """Those that are to act by a day."""
        return tuple(found for found in self.pending if found.effective_on <= day)


def act(
    instructions: Iterable[Instruction], promises: Sequence[Promise], holds: Holds, day: date
) -> tuple[list[Instruction], list[Move]]:
    """Let instructions act one after the other, as far as they fit on a day.

    One fits if its partner has open promises (of its document, if it names one), at least as many
    points as it names; one to release waits while its partner is on hold. One that does not fit
    waits as a whole.

    Args:
        promises: by accrual date; the points of each are reduced by what is moved.
    """
    acted: list[Instruction] = []
    moves: list[Move] = []
    for instruction in instructions:
        is_release = instruction.kind == "release"
        if is_release and holds.free_from(instruction.partner_id, day) != day:
            continue
        found = [promise for promise in promises if _concerns(instruction, promise)]
        left = sum((promise.points for promise in found), Decimal(0))
        wanted = left if instruction.points is None else instruction.points
        if not found or wanted > left:
            continue
        acted.append(instruction)
        for promise in found if is_release else reversed(found):
            points = min(promise.points, wanted)
            if points > 0:
                moves.append(_move(instruction, promise, points, holds))
                promise.points -= points
                wanted -= points
    return acted, moves


def _concerns(instruction: Instruction, promise: Promise) -> bool:
    return (
        promise.points > 0
        and promise.home_id == instruction.partner_id
        and instruction.document_no in (None, promise.document_no)
    )


def _move(instruction: Instruction, promise: Promise, points: Decimal, holds: Holds) -> Move:
    """It takes effect when it was to act, or once the promise was posted: a late run moves nothing.

    What is released was not on hold on that day.
    """
    wanted = max(instruction.effective_on, promise.posted_on)
    day: date | None = wanted
    is_release = instruction.kind == "release"
    if is_release:
        day = holds.free_from(instruction.partner_id, wanted)
    assert day is not None, "a partner on hold was left out"
    said = "released early" if is_release else "cancelled"
    reason = f"{said}: {instruction.instruction_id} {instruction.reason}".rstrip()
    return Move("release" if is_release else "forfeit", promise, points, day, reason)


def read_instructions(inputs: StagedInputs, state: ProgramState, day: date) -> Told:
    """What sources instruct by now, less what has acted; of partners as they are on a day."""
    files = [
        (source, promoted["instructions", "all"])
        for source, promoted in sorted(inputs.promoted.items())
        if ("instructions", "all") in promoted
    ]
    if not files:
        return Told((), Holds(()))
    with engine(inputs.home) as duckdb:
        duckdb.files(
            "instructions", [file for _, file in files], staged_tables.INSTRUCTIONS, filename=True
        )
        root = inputs.home.root
        duckdb.values(
            "input_files",
            (("path", "varchar"), ("source", "varchar")),
            [(str(root / file.path), source) for source, file in files],
        )
        duckdb.values("homes", HOMES, inputs.homes_on(day).rows)
        rows = duckdb.rows("ledger/instructions", until=inputs.today)
    found = [Instruction(*row) for row in rows]
    return Told(
        tuple(
            instruction
            for instruction in found
            if instruction.kind in ("release", "cancel_promise")
            and instruction.identity not in state.acted
        ),
        Holds.of((told.effective_on, told.partner_id, told.kind) for told in found if _holds(told)),
    )


def _holds(instruction: Instruction) -> bool:
    return instruction.kind in ("hold", "unhold")


def act_on_instructions(
    journal: Journal, inputs: StagedInputs, clock: Clock, run_id: str, day: date
) -> Commit | None:
    """Commit what instructions that take effect up to a day move; None if none of them fits.

    Raises:
        MovedError: other runs were faster five times in a row.
    """

    def attempt() -> Commit | None:
        state = program_state(journal)
        told = read_instructions(inputs, state, day)
        instructions = told.upto(day)
        if not instructions:
            return None
        return _commit(journal, inputs, state, clock, run_id, instructions, told.holds, day)

    return journal.commit(attempt, "instructions were being followed")


def _commit(
    journal: Journal,
    inputs: StagedInputs,
    state: ProgramState,
    clock: Clock,
    run_id: str,
    instructions: Sequence[Instruction],
    holds: Holds,
    day: date,
) -> Commit | None:
    with engine(journal.home) as duckdb:
        homes = inputs.homes_on(day)
        promises = _promises(duckdb, homes, state, {told.partner_id for told in instructions})
        acted, moves = act(instructions, promises, holds, day)
        if not acted:
            return None
        duckdb.frame("instructed_moves", tables.ENTRIES, _entries(moves, clock.today))
        sealed = seal_moves(duckdb, journal, state.head, "instructed_moves")
    draft = Draft(
        kind="instruction",
        business_date=clock.today,
        posted_at=clock.now,
        run_id=run_id,
        cycles=sealed.cycles,
        entries=sealed.file,
        identity=digest(journal.scope, "instructions", [a.identity for a in acted], state.head),
        totals=sealed.totals,
        details={
            "acted": [
                {"source": a.source, "instruction": a.instruction_id, "kind": a.kind} for a in acted
            ],
            "sources": dict(inputs.heads),
        },
    )
    return journal.append(draft, state.head)


def _promises(
    duckdb: Engine, homes: Homes, state: ProgramState, partners: set[str]
) -> list[Promise]:
    """The open promises of some partners, and of those that became them."""
    owners = partners | {merged for merged, home, _ in homes.rows if home in partners}
    duckdb.frame("asked_partners", ASKED_PARTNERS, [(owner,) for owner in sorted(owners)])
    duckdb.values("homes", HOMES, homes.rows)
    duckdb.files("entries", state.promise_entries(), tables.ENTRIES)
    duckdb.table("open_promises", "ledger/open_promises", due_by=date.min)
    return [Promise(*row) for row in duckdb.rows("ledger/asked_promises")]


def _entries(moves: Sequence[Move], posted_on: date) -> list[tuple[Any, ...]]:
    ordered = sorted(
        moves,
        key=lambda move: (move.promise.allocation_key, move.promise.partner_id,
                          move.promise.accrual_date, move.kind, move.day, move.reason),
    )  # fmt: skip
    return [
        (
            line,
            move.promise.partner_id,
            move.promise.cycle,
            move.kind,
            "promised",
            _ACCOUNTS[move.kind],
            move.points,
            move.day,
            move.day,
            move.day,
            move.promise.accrual_date,
            posted_on,
            move.promise.allocation_key,
            move.reason,
            None,
        )
        for line, move in enumerate(ordered, start=1)
    ]
