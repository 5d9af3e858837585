"""The main flow in one place: drop, landing, staging, earning, journal, published copy.

Belongs here: the order of the steps, for the command line, example cases and assets alike. Not
here: any step itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from loyalty_pipeline.ingest.landing import LandingReport, land
from loyalty_pipeline.ingest.remote import SftpError
from loyalty_pipeline.ingest.staging import StagingReport, stage
from loyalty_pipeline.journal.commits import Commit
from loyalty_pipeline.ledger.due import gave_tiers, post_due
from loyalty_pipeline.ledger.held_up import HeldUp
from loyalty_pipeline.ledger.merges import move_merged
from loyalty_pipeline.ledger.notices import note_notices
from loyalty_pipeline.ledger.posting import (
    Posting,
    Stale,
    outlook,
    post_cycle,
    waiting_cycles,
)
from loyalty_pipeline.ledger.redemptions import Awards, post_redemptions
from loyalty_pipeline.ledger.rules import publish_rules
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.program.versions import with_published
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.reporting.rejects import send_rejects
from loyalty_pipeline.warehouse.home import Home

Progress = Callable[[str], None]


@dataclass
class RunReport:
    """What a run did, step by step."""

    landed: dict[str, LandingReport] = field(default_factory=dict)
    staged: dict[str, StagingReport] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)  # all but those of cycles
    left_stale: list[Stale] = field(default_factory=list)
    held_up: list[HeldUp] = field(default_factory=list)  # ended, and waiting for files

    @property
    def entries(self) -> int:
        """How many entries the run posted."""
        posted = [posting.commit for posting in self.postings if posting.commit]
        return sum(commit.entry_count for commit in [*posted, *self.commits])

    def note(self, *commits: Commit | None) -> None:
        """Keep commits; None is where there was nothing to commit."""
        self.commits += [commit for commit in commits if commit]


def run(
    program: Program,
    home: Home,
    clock: Clock,
    run_id: str,
    *,
    cycles: Sequence[Cycle] = (),
    progress: Progress = lambda text: None,
) -> RunReport:
    """The whole flow for a program, in this order: what is due day by day (instructions, releases,
    campaigns), rules, files, changed cycles, merges, what all that made due, redemptions.

    Cycles that are stale for their rules alone are left for a backfill, unless named.
    """
    report = RunReport()
    program = take_in_rules(program, home, clock, run_id, report)
    for source in program.sources:
        take_in_files(source, home, clock, run_id, report, progress)
    earn(program, home, clock, run_id, report, cycles=cycles, progress=progress)
    publish(home, [program], clock.today)
    for source in program.sources:
        put_back_rejects(source, home, report, progress)
    return report


def backfill(
    program: Program,
    home: Home,
    clock: Clock,
    run_id: str,
    cycles: Sequence[Cycle],
    progress: Progress = lambda text: None,
) -> RunReport:
    """Recompute cycles in order under the published rules and post the differences.

    Later cycles that depend on one of them, and were not stale before, follow.
    """
    report = RunReport()
    program = take_in_rules(program, home, clock, run_id, report)
    left = {stale.cycle for stale in outlook(program, home, clock.today).stale} - {*cycles}
    for cycle in sorted(cycles):
        _post(program, cycle, home, clock, run_id, report, progress)
    if any(posting.commit for posting in report.postings):
        _post_what_follows(program, home, clock, run_id, report, left, progress)
    _tell_what_waits(program, home, clock, report, progress)
    _settle(program, home, clock, run_id, report, left, progress)
    _notice(program, home, clock, run_id, report, progress)
    publish(home, [program], clock.today)
    return report


def take_in_rules(
    program: Program, home: Home, clock: Clock, run_id: str, report: RunReport
) -> Program:
    """What is due comes first, under the rules as they were; then the file's rules count."""
    report.note(*post_due(program, home, clock, run_id))
    program, commit = publish_rules(program, home, clock, run_id)
    report.note(commit)
    return program


def take_in_files(
    source: Source,
    home: Home,
    clock: Clock,
    run_id: str,
    report: RunReport,
    progress: Progress,
) -> None:
    """Land what the source dropped and stage what is new."""
    landed = report.landed[source.id] = land(source, home, clock, progress)
    for left in landed.left_there():
        progress(left)
    stage_files(source, home, clock, run_id, report, progress)


def stage_files(
    source: Source,
    home: Home,
    clock: Clock,
    run_id: str,
    report: RunReport,
    progress: Progress,
) -> None:
    """Stage what has landed and is new."""
    report.staged[source.id] = stage(source, home, clock, run_id, progress)


def put_back_rejects(source: Source, home: Home, report: RunReport, progress: Progress) -> None:
    """Put reject files of what was just staged where the source's contract says, if it does.

    That the server does not take them harms nothing that was staged.
    """
    new = report.staged[source.id].files
    names = {file.remote_name for file in new if file.rows_quarantined or file.status == "refused"}
    if source.rejects_to is None or not names:
        return
    try:
        send_rejects(home, source, progress, names)
    except SftpError as error:
        progress(
            f"reject files of {source.id} were not put back: {error}. Once that is mended: "
            f"loyalty quarantine rejects --source {source.id} --send"
        )


def earn(
    program: Program,
    home: Home,
    clock: Clock,
    run_id: str,
    report: RunReport,
    *,
    cycles: Sequence[Cycle] = (),
    progress: Progress = lambda text: None,
) -> None:
    """Post every cycle that changed, move what merges move, what is due, then redemptions.

    With `cycles` only those are posted, and what depends on them.
    """
    wanted = set(cycles)
    left: set[Cycle] = set()
    for stale in outlook(program, home, clock.today).stale:
        if stale.cycle in wanted or not (wanted or stale.only_rules):
            _post(program, stale.cycle, home, clock, run_id, report, progress)
            continue
        left.add(stale.cycle)
        if stale.only_rules:
            report.left_stale.append(stale)
    if any(posting.commit for posting in report.postings):
        _post_what_follows(program, home, clock, run_id, report, left, progress)
    _tell_what_waits(program, home, clock, report, progress)
    _settle(program, home, clock, run_id, report, left, progress)
    report.note(*serve_redemptions(program, home, clock, run_id))
    _notice(program, home, clock, run_id, report, progress)


def _post_what_follows(
    program: Program,
    home: Home,
    clock: Clock,
    run_id: str,
    report: RunReport,
    left: set[Cycle],
    progress: Progress,
) -> None:
    """Post cycles that postings of earlier ones made stale, in order, until none is.

    A cap over several cycles, or a tier, is carried from cycle to cycle: a change of the first one
    can reach the last one in as many rounds as there are cycles, and not in more. Cycles in `left`
    were stale before and are somebody's decision.
    """
    calendar = program.calendar
    for _ in calendar.cycles(calendar.first, calendar.cycle_of(clock.today)):
        posted = [
            _post(program, stale.cycle, home, clock, run_id, report, progress)
            for stale in outlook(program, home, clock.today).stale
            if stale.cycle not in left and not stale.only_rules
        ]
        if not any(posting.commit for posting in posted):
            return


def _settle(
    program: Program,
    home: Home,
    clock: Clock,
    run_id: str,
    report: RunReport,
    left: set[Cycle],
    progress: Progress,
) -> None:
    """Move what merges move, and do what was made due; a tier that is granted counts today.

    Rules may release by it what they held back, so they are asked again: a run on the same day
    would.
    """
    report.note(move_merged(program, home, clock, run_id))
    has_granted = True
    while has_granted:
        due = post_due(program, home, clock, run_id)
        report.note(*due)
        has_granted = gave_tiers(due)
        if has_granted:
            _post_what_follows(program, home, clock, run_id, report, left, progress)
            report.note(move_merged(program, home, clock, run_id))


def _notice(
    program: Program, home: Home, clock: Clock, run_id: str, report: RunReport, progress: Progress
) -> None:
    """Write the messages and coupons that all this asks for; nothing is sent."""
    noticed = note_notices(program, home, clock, run_id)
    report.note(noticed.commit)
    for text in noticed.in_words():
        progress(f"{program.program}: {text}")


def serve_redemptions(
    program: Program, home: Home, clock: Clock, run_id: str
) -> list[Commit | None]:
    """Serve redemptions once every cycle that has ended is posted; until then they wait.

    What a merged partner spent is moved to the one it became, and whatever else lies with it.

    What does not fit is refused for good, so the awards it could be paid from come first,
    whatever the order in which runs compute the cycles. A cycle that is stale for its rules alone
    holds nothing up: when it is computed is somebody's decision. While a cycle waits for files,
    what fits is served, and what does not waits too.
    """

    def awards() -> Awards:
        found = outlook(program, home, clock.today)
        if any(one.cycle.end <= clock.today and not one.only_rules for one in found.stale):
            return "behind"
        return "awaited" if found.waiting else "posted"

    served = post_redemptions(program, home, clock, run_id, awards)
    return [served, move_merged(program, home, clock, run_id)]


def _post(
    program: Program,
    cycle: Cycle,
    home: Home,
    clock: Clock,
    run_id: str,
    report: RunReport,
    progress: Progress,
) -> Posting:
    posting = post_cycle(program, cycle, home, clock, run_id)
    report.postings.append(posting)
    state = "posted" if posting.closed else "projected"
    progress(f"{program.program} {cycle.name}: {state}, {posting.entries:,} entries")
    return posting


def _tell_what_waits(
    program: Program, home: Home, clock: Clock, report: RunReport, progress: Progress
) -> None:
    for waiting in waiting_cycles(program, home, clock.today):
        report.held_up.append(waiting)
        progress(f"{program.program} {waiting.in_words}")


def as_if_published(program: Program, home: Home) -> Program:
    """The program with its published versions and those of its file, nothing being written."""
    return with_published(program, program_state(program_journal(home, program.program)).published)
