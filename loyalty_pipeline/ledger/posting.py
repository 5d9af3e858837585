"""Difference posting: what a cycle should have earned, less what is posted (SPEC 7).

Belongs here: the fence around one cycle's commit. Not here: the difference itself, which is
`sql/ledger/cycle_difference.sql`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from loyalty_pipeline.earning.carried import Carried, Evaluated
from loyalty_pipeline.earning.cycle import Earning, earn_cycle
from loyalty_pipeline.earning.earned import Earned
from loyalty_pipeline.earning.fingerprints import input_hash, read_parts, what_changed
from loyalty_pipeline.earning.inputs import StagedInputs, staged_inputs
from loyalty_pipeline.earning.merges import HOMES, KIN, kin_of
from loyalty_pipeline.journal.commits import Commit, Draft, digest, in_force
from loyalty_pipeline.journal.sequence import Journal, MovedError
from loyalty_pipeline.ledger.entries import Sealed, seal_moves
from loyalty_pipeline.ledger.held_up import HeldUp, held_up, missing_files
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import EffectiveRules, effective_rules
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile


@dataclass(frozen=True)
class Posting:
    """What posting a cycle came to. `commit` is None when there was nothing to do."""

    cycle: str
    commit: Commit | None
    closed: bool
    head: int  # the commit of the journal as of which the cycle is what it should be

    @property
    def entries(self) -> int:
        """How many entries were posted."""
        return self.commit.entry_count if self.commit else 0


def post_cycle(program: Program, cycle: Cycle, home: Home, clock: Clock, run_id: str) -> Posting:
    """Compute a cycle and commit the difference to what is posted, if there is any.

    The commit says what it was computed from. If the journal, or a source, moved meanwhile, all
    of it is computed again: a slow run never overwrites a newer one.

    Raises:
        MovedError: other runs were faster five times in a row.
    """
    journal = program_journal(home, program.program)
    return journal.commit(
        lambda: _attempt(home, clock, run_id, journal, _basis(program, cycle, journal, clock)),
        f"cycle {cycle.name} was being computed",
    )


@contextmanager
def in_the_making(program: Program, cycle: Cycle, home: Home, clock: Clock) -> Iterator[Earning]:
    """A cycle as it would be posted now, stage by stage. What is computed need not be again.

    Nothing is posted: the files are candidates, which no reader sees before a commit promotes them.
    """
    basis = _basis(program, cycle, program_journal(home, program.program), clock)
    with engine(home) as duckdb:
        yield Earning(duckdb, basis.inputs, basis.rules, basis.carried, closed=basis.closed)


@dataclass(frozen=True)
class _Basis:
    """What a cycle is computed from and compared with, as the journals are now."""

    state: ProgramState
    inputs: StagedInputs
    rules: EffectiveRules
    carried: Carried
    closed: bool


def _basis(program: Program, cycle: Cycle, journal: Journal, clock: Clock) -> _Basis:
    state = program_state(journal)
    today = state.latest_day(clock.today)
    inputs = staged_inputs(state.with_published(program), journal.home, today)
    # After the inputs: whatever came in between, the fence sees that a source moved.
    missing = missing_files(inputs.program, journal.home, clock.today)
    closed = missing.closes(cycle, state)
    rules = effective_rules(inputs.program, cycle)
    return _Basis(state, inputs, rules, carried_to(state, inputs, cycle), closed)


def carried_to(state: ProgramState, inputs: StagedInputs, cycle: Cycle) -> Carried:
    """What the journal holds for a cycle besides what is staged."""
    postings = _postings(state, cycle)
    closing = [commit for commit in postings if commit.draft.details["closed"]]
    return Carried(
        state.promoted,
        tuple(state.entries()),
        closing[0].draft.business_date if closing else None,
        lambda: (_evaluated(state, inputs, cycle, posting) for posting in reversed(postings)),
    )


def _postings(state: ProgramState, cycle: Cycle) -> list[Commit]:
    return [
        commit
        for commit in state.commits
        if commit.draft.kind == "posting" and commit.draft.cycles[0] == cycle.name
    ]


def _evaluated(
    state: ProgramState, inputs: StagedInputs, cycle: Cycle, posting: Commit
) -> Evaluated:
    """What an earlier posting of a cycle knew."""
    program = state.as_of(inputs.program, posting.number)
    heads, day = posting.draft.details["sources"], posting.draft.business_date
    return Evaluated(
        effective_rules(program, cycle),
        lambda: staged_inputs(program, inputs.home, day, heads),
        lambda: in_force(state.commits[: posting.number]),
    )


def _attempt(home: Home, clock: Clock, run_id: str, journal: Journal, basis: _Basis) -> Posting:
    state, inputs, rules, closed = basis.state, basis.inputs, basis.rules, basis.closed
    cycle, carried = rules.cycle, basis.carried
    hash_of_inputs = input_hash(inputs, rules, carried, closed=closed)
    last = state.postings.get(cycle.name)
    if last and last.draft.details["inputs"] == hash_of_inputs:
        return Posting(cycle.name, None, closed, state.head)
    with engine(home) as duckdb:
        earned = earn_cycle(duckdb, inputs, rules, carried, closed=closed)
        sealed = _difference(duckdb, journal, basis, earned, clock.today)
    draft = Draft(
        kind="posting",
        business_date=clock.today,
        posted_at=clock.now,
        run_id=run_id,
        cycles=(cycle.name,),
        promotes=_changed(state, earned),
        retires=_retired(state, earned),
        entries=sealed.file,
        identity=digest(
            journal.scope,
            cycle.name,
            "posting",
            _sha256(earned),
            last.number if last else 0,
        ),
        rules_version=rules.version,
        rules_hash=rules.hash,
        totals=sealed.totals,
        details={
            "inputs": hash_of_inputs,
            "read": dict(earned.read),
            "closed": closed,
            "sources": dict(inputs.heads),
            "desired": _sha256(earned),
        },
    )
    if staged_inputs(inputs.program, home, inputs.today).heads != inputs.heads:
        raise MovedError("a source was staged while this cycle was computing")
    commit = journal.append(draft, state.head)
    return Posting(cycle.name, commit, closed, commit.number)


def _sha256(earned: Earned) -> str | None:
    return earned.allocations.sha256 if earned.allocations else None


def _difference(
    duckdb: Engine, journal: Journal, basis: _Basis, earned: Earned, posted_on: date
) -> Sealed:
    """The moves that are missing: none if desired is what it was."""
    cycle, state = earned.cycle.name, basis.state
    last = state.postings.get(cycle)
    if (last.draft.details["desired"] if last else None) == _sha256(earned):
        return Sealed(None, {}, (cycle,))
    desired = [earned.allocations] if earned.allocations else []
    duckdb.files("desired", desired, tables.POINT_ALLOCATIONS)
    duckdb.files("entries", state.entries(cycle), tables.ENTRIES)
    duckdb.values("homes", HOMES, basis.inputs.homes().rows)
    duckdb.values("cycle_homes", HOMES, basis.inputs.homes(earned.cycle).rows)
    # A merge that was amended may have taken a sale to somebody else before.
    earlier = [one.draft.details["sources"] for one in _postings(state, earned.cycle)]
    duckdb.values("kin", KIN, kin_of(basis.inputs.merges_ever(earlier)))
    duckdb.table(
        "cycle_difference",
        "ledger/cycle_difference",
        cycle=cycle,
        posted_on=posted_on,
        event_date=earned.cycle.last_day,
        cause=_cause(last, earned),
        rules_version=earned.rules.version,
    )
    return seal_moves(duckdb, journal, state.head, "cycle_difference")


def _cause(last: Commit | None, earned: Earned) -> str:
    """Why a cycle that was posted before comes out differently, for statements and explain."""
    if last is None:
        return "cycle award"
    causes = what_changed(last.draft.details["read"], earned.read)
    if last.draft.rules_hash != earned.rules.hash:
        causes.append("rules")
    return f"{' and '.join(causes)} changed" if causes else "cycle award"


def _changed(state: ProgramState, earned: Earned) -> tuple[WorkFile, ...]:
    return tuple(
        file for file in earned.files if state.promoted.get((file.table, file.partition)) != file
    )


# What was read for events is read again whatever the rules ask for meanwhile, and notices that
# nothing asks for any more are withdrawn by a file that says so.
_KEPT = {"event_reads", "event_actions"}


def _retired(state: ProgramState, earned: Earned) -> tuple[tuple[str, str], ...]:
    """What earlier postings of the cycle promoted and this one has none of.

    Awards of rules that are gone, projections of a cycle that closed, levels of a cap that was
    dropped: a table would go on showing them, and later cycles starting from them.
    """
    now = {(file.table, file.partition) for file in earned.files}
    before = {
        (file.table, file.partition)
        for commit in _postings(state, earned.cycle)
        for file in commit.draft.promotes
        if file.table not in _KEPT
    }
    return tuple(sorted(before & state.promoted.keys() - now))


@dataclass(frozen=True)
class Stale:
    """A cycle whose posting is not what would be computed now, and why."""

    cycle: Cycle
    rules: EffectiveRules
    reasons: tuple[str, ...]
    fingerprint: str  # another one as soon as the inputs are others, or something was posted

    @property
    def only_rules(self) -> bool:
        """Stale for its rules alone: left until somebody backfills it (SPEC 6)."""
        return self.reasons == ("rules changed",)


@dataclass(frozen=True)
class Outlook:
    """What a program's cycles need: computing, or files that have not come."""

    stale: tuple[Stale, ...]
    waiting: tuple[HeldUp, ...]  # ended, and not closed


def stale_cycles(program: Program, home: Home, today: date) -> list[Stale]:
    """The cycles to compute, in order: never computed, sales or rules changed, or ended since."""
    return list(outlook(program, home, today).stale)


def outlook(program: Program, home: Home, today: date) -> Outlook:
    """The cycles to compute, in order, and those whose close waits for files.

    `program` may be a draft: its versions count as if they were published.
    """
    state = program_state(program_journal(home, program.program))
    inputs = staged_inputs(program, home, state.latest_day(today))
    missing = missing_files(program, home, today)
    known = {inputs.program.calendar.parse(name) for name in state.postings}
    cycles = [cycle for cycle in sorted({*inputs.cycles(), *known}) if cycle.start <= today]
    found = []
    for cycle in cycles:
        rules = effective_rules(program, cycle)
        closed = missing.closes(cycle, state)
        carried = carried_to(state, inputs, cycle)
        reasons = _stale_reasons(state, inputs, rules, carried, closed=closed)
        if reasons:
            last = state.postings.get(cycle.name)
            inputs_now = input_hash(inputs, rules, carried, closed=closed)
            fingerprint = digest(cycle.name, inputs_now, last.number if last else 0)
            found.append(Stale(cycle, rules, reasons, fingerprint))
    return Outlook(tuple(found), tuple(held_up(missing, cycles, state)))


def waiting_cycles(program: Program, home: Home, today: date) -> list[HeldUp]:
    """The cycles that have ended and whose close waits for files."""
    if not missing_files(program, home, today).files:
        return []
    return list(outlook(program, home, today).waiting)


def _stale_reasons(
    state: ProgramState,
    inputs: StagedInputs,
    rules: EffectiveRules,
    carried: Carried,
    *,
    closed: bool,
) -> tuple[str, ...]:
    cycle = rules.cycle
    posting = state.postings.get(cycle.name)
    if posting is None:
        return ("never computed",)
    details = posting.draft.details
    changed = what_changed(details["read"], read_parts(inputs, rules, carried))
    reasons = [f"{name} changed" for name in changed]
    if posting.draft.rules_hash != rules.hash:
        reasons.append("rules changed")
    if closed and not details["closed"]:
        reasons.append("cycle ended")
    if not reasons and details["inputs"] != input_hash(inputs, rules, carried, closed=closed):
        reasons.append("month ended")
    return tuple(reasons)
