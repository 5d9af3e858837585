"""What the date makes due, day by day: instructions, releases, campaigns (SPEC 5).

Belongs here: the days on which something is due since the last run, and the order inside a day.
Not here: any of the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from loyalty_pipeline.earning.inputs import StagedInputs, staged_inputs
from loyalty_pipeline.journal.commits import Commit
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.accruals import asked_rules, show_ranges
from loyalty_pipeline.ledger.campaigns import (
    Due,
    due_campaigns,
    run_campaign,
    withdraw_campaign,
    withdrawn_campaigns,
)
from loyalty_pipeline.ledger.instructions import Told, act_on_instructions, read_instructions
from loyalty_pipeline.ledger.known import show_tiers
from loyalty_pipeline.ledger.releases import release_due, show_open_promises
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home

_A_DAY = timedelta(days=1)


def post_due(program: Program, home: Home, clock: Clock, run_id: str) -> list[Commit]:
    """Do what is due up to today under the published rules; empty if that is nothing.

    A run that comes late goes day by day, so that it does what a run on each day would have done.
    Asked twice, it does everything once.

    Raises:
        MovedError: other runs were faster five times in a row.
    """
    journal = program_journal(home, program.program)
    state = program_state(journal)
    if not state.published:
        return []
    published = state.with_published(program)
    campaigns = due_campaigns(published, state, clock.today)
    gone = withdrawn_campaigns(published, state)
    if not (state.has_promises or campaigns or gone):
        return []  # points are direct: not worth opening the entries every day
    inputs = staged_inputs(published, home, state.latest_day(clock.today))
    commits = [withdraw_campaign(journal, clock, run_id, run) for run in gone]
    commits += list(_day_by_day(journal, inputs, state, clock, run_id, campaigns))
    return [commit for commit in commits if commit]


def post_all_due(program: Program, home: Home, clock: Clock, run_id: str) -> None:
    """The same until no release gives a tier any more, where nothing is computed in between.

    Raises:
        MovedError: other runs were faster five times in a row.
    """
    while gave_tiers(post_due(program, home, clock, run_id)):
        pass


def gave_tiers(commits: Iterable[Commit]) -> bool:
    """Whether releases among these gave a tier, by which rules may release what they held back."""
    return any(file.table == "tier_grants" for one in commits for file in one.draft.promotes)


def _day_by_day(
    journal: Journal,
    inputs: StagedInputs,
    state: ProgramState,
    clock: Clock,
    run_id: str,
    campaigns: list[Due],
) -> Iterator[Commit | None]:
    since = max(commit.draft.business_date for commit in state.commits)
    told = read_instructions(inputs, state, inputs.today)
    days = _days(inputs, state, told, since, clock.today, campaigns)
    asks = bool(asked_rules(inputs.program))
    while days:
        day, has_moved = days.pop(0), False
        for commit in _one_day(journal, inputs, state, clock, run_id, told, since, day, campaigns):
            has_moved = has_moved or commit is not None
            yield commit
        tomorrow = day + _A_DAY
        if asks and has_moved and tomorrow <= clock.today and tomorrow not in days:
            days.insert(0, tomorrow)  # rules read the balances that this day left


def _one_day(
    journal: Journal,
    inputs: StagedInputs,
    state: ProgramState,
    clock: Clock,
    run_id: str,
    told: Told,
    since: date,
    day: date,
    campaigns: list[Due],
) -> Iterator[Commit | None]:
    """What a run on one day would have done: instructions, releases, campaigns."""
    if state.has_promises and (day > since or day == clock.today):
        begins = day in _beginning(inputs, told)
        if begins and day - _A_DAY > since:
            yield release_due(journal, inputs, clock, run_id, day - _A_DAY)
        if told.upto(day):
            yield act_on_instructions(journal, inputs, clock, run_id, day)
        yield release_due(journal, inputs, clock, run_id, day)
    for due in campaigns:
        if due.day == day:
            yield run_campaign(journal, inputs, clock, run_id, due)


def _days(
    inputs: StagedInputs,
    state: ProgramState,
    told: Told,
    since: date,
    today: date,
    campaigns: list[Due],
) -> list[date]:
    """The days to go through: today, and those after the last run that something begins on.

    Releases that ask nobody need no day of their own: each says when it takes effect.
    """
    days = {today, *(due.day for due in campaigns)}
    begun = _beginning(inputs, told)
    if asked_rules(inputs.program) and state.has_promises and since < today:
        begun.add(since + _A_DAY)  # the balances of the last run's evening
        begun |= {held_to for _, _, held_to in told.holds.rows if held_to is not None}
        begun |= _asking_days(inputs, state, since, today)
    return sorted(days | {day for day in begun if since < day <= today})


def _beginning(inputs: StagedInputs, told: Told) -> set[date]:
    """Days from which on instructions act, or a partner is another one."""
    acting = {instruction.effective_on for instruction in told.pending}
    return acting | {merge.effective_on for merge in inputs.merges}


def _asking_days(inputs: StagedInputs, state: ProgramState, since: date, today: date) -> set[date]:
    """Days on which rules could answer otherwise than the day before."""
    with engine(inputs.home) as duckdb:
        show_open_promises(duckdb, state, today)
        show_ranges(duckdb, inputs.program)
        show_tiers(duckdb, inputs, state, today)
        duckdb.files("partners", inputs.tables("partners"), staged_tables.PARTNERS)
        return {day for (day,) in duckdb.rows("ledger/asking_days", since=since, today=today)}
