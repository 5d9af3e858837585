"""Tiers by the days they are in force, and by when that was known: `tier_history`.

Belongs here: what each moment of posting made known. Not here: which tier a cycle earned, which
is `earning`, or the stretches themselves, which are `sql/marts/tiers_believed.sql`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from loyalty_pipeline.journal.commits import Commit
from loyalty_pipeline.program.calendar import Calendar, Cycle
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.tier_rules import Tiers
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.reporting.snapshot import Heads, ProgramFacts, Snapshot
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.published_file import Successor
from loyalty_pipeline.warehouse.work_files import WorkFile

_INPUTS = ("slab_rows", "earlier_slabs", "later_slabs", "partner_rows", "sales_rows")
Files = Mapping[str, WorkFile]  # by cycle


@dataclass(frozen=True)
class Moment:
    """What a program knew once the commits of one posting time were there."""

    known_at: datetime
    calendar: Calendar
    current: Cycle  # the cycle of the latest business date
    slabs: Files  # of closed cycles
    sales: Files  # of all cycles
    tiers: Mapping[str, Tiers | None]  # of closed cycles and of the current one
    before_enrolment: str
    partners: tuple[WorkFile, ...]
    documents: tuple[WorkFile, ...]
    claims: tuple[WorkFile, ...]
    merged: tuple[WorkFile, ...]

    @property
    def base(self) -> str | None:
        """The tier that everyone holds; None for a program without tiers."""
        tiers = self.tiers[self.current.name]
        return tiers.base if tiers else None

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The running numbers of cycles, up to the one after the current."""
        calendar = self.calendar
        cycles = calendar.cycles(calendar.first, calendar.next(self.current))
        return {cycle.name: number for number, cycle in enumerate(cycles)}


def write(db: Successor, snapshot: Snapshot, before: Heads) -> dict[str, date]:
    """Bring the history up to the snapshot, one moment of posting after the other.

    Returns, by program, the first day from which partners with points hold another tier.
    """
    changed: dict[str, date] = {}
    for facts in snapshot.programs:
        shown, _ = before.get(f"program/{facts.id}", (0, ""))
        earlier: Moment | None = None
        for is_new, moment in _moments(facts, snapshot, shown):
            if is_new:
                day = _apply(db, facts.id, earlier, moment)
                if day is not None:
                    changed[facts.id] = min(day, changed.get(facts.id, day))
            earlier = moment
    return changed


def _moments(facts: ProgramFacts, snapshot: Snapshot, shown: int) -> Iterator[tuple[bool, Moment]]:
    """The moments the file does not show yet, after the last one it does.

    Commits of one posting time are one moment. Time does not run backwards: a run for an
    earlier day than one before it is known when that one was.
    """
    groups: list[tuple[datetime, Commit]] = []  # posting time, last commit of it
    for commit in facts.commits:
        if commit.draft.kind != "posting":
            continue
        known_at = max(groups[-1][0], commit.draft.posted_at) if groups else commit.draft.posted_at
        if groups and groups[-1][0] == known_at and (groups[-1][1].number > shown):
            groups.pop()
        groups.append((known_at, commit))
    first_new = next((i for i, (_, c) in enumerate(groups) if c.number > shown), len(groups))
    for position in range(max(first_new - 1, 0), len(groups)):
        known_at, last = groups[position]
        yield position >= first_new, _moment(facts, snapshot, known_at, last)


def _moment(facts: ProgramFacts, snapshot: Snapshot, known_at: datetime, last: Commit) -> Moment:
    commits = facts.commits[: last.number]
    promoted: dict[tuple[str, str], WorkFile] = {}
    postings: dict[str, Commit] = {}
    for commit in commits:
        promoted |= {(file.table, file.partition): file for file in commit.draft.promotes}
        if commit.draft.kind == "posting":
            postings[commit.draft.cycles[0]] = commit
    program = facts.rules_at(last.number)
    assert program is not None, "rules are published before anything is posted"
    calendar = program.calendar
    current = calendar.cycle_of(max(commit.draft.business_date for commit in commits))
    slabs = {
        cycle: promoted["slab_assignments", cycle]
        for cycle, commit in postings.items()
        if commit.draft.details["closed"]
    }
    tiers = {cycle: _tiers(facts.rules_at(postings[cycle].number), cycle) for cycle in slabs}
    tiers[current.name] = _tiers(program, current.name)
    staged = _staged(snapshot, last.draft.details["sources"])
    return Moment(
        known_at,
        calendar,
        current,
        slabs,
        {cycle: file for (table, cycle), file in promoted.items() if table == "cycle_sales"},
        tiers,
        program.before_enrolment,
        tuple(file for file in staged if file.table == "partners"),
        tuple(
            file
            for file in staged
            if file.table == "sales_documents" and file.partition >= program.first_cycle
        ),
        tuple(file for (table, _), file in promoted.items() if table == "month_claims"),
        tuple(file for (table, _), file in promoted.items() if table == "merged_partners"),
    )


def _tiers(program: Program | None, cycle: str) -> Tiers | None:
    assert program is not None, "rules are published before anything is posted"
    return effective_rules(program, program.calendar.parse(cycle)).governing.tiers


def _staged(snapshot: Snapshot, heads: Mapping[str, int]) -> list[WorkFile]:
    """What sources had promoted at the heads a posting read."""
    found: dict[tuple[str, str, str], WorkFile] = {}
    for source in snapshot.sources:
        for commit in source.commits[: heads.get(source.id, 0)]:
            for file in commit.draft.promotes:
                found[source.id, file.table, file.partition] = file
    return list(found.values())


def _apply(db: Successor, program: str, earlier: Moment | None, moment: Moment) -> date | None:
    """Write what a moment made known; returns the first day that changed for liability."""
    everyone = earlier is None or not _same_rules(earlier, moment)
    slabs_changed = earlier is None or earlier.slabs != moment.slabs
    new_cycle = earlier is None or earlier.current != moment.current
    partners_changed = (
        earlier is None or earlier.sales != moment.sales or earlier.partners != moment.partners
    )
    if not (everyone or slabs_changed or new_cycle or partners_changed):
        return None
    _show(db, program, earlier, moment)
    parameters: dict[str, Any] = {"program": program, "known_at": moment.known_at}
    db.table(
        "tier_affected",
        "marts/tier_affected",
        everyone=everyone,
        new_cycle=new_cycle,
        current_no=moment.numbers[moment.current.name],
        **parameters,
    )
    day = None
    if db.count("tier_affected"):
        db.run("marts/tiers_forget_moment", **parameters)
        db.run("marts/tiers_reopen_moment", **parameters)
        db.table("tier_standing", "marts/tier_standing", **parameters)
        db.table(
            "tiers_believed",
            "marts/tiers_believed",
            current_no=moment.numbers[moment.current.name],
            base=moment.base,
        )
        db.table("tiers_changed", "marts/tiers_changed")
        db.run("marts/tiers_close", **parameters)
        db.run("marts/tiers_open", **parameters)
        [(day,)] = db.rows("marts/tiers_first_changed", **parameters)
    for name in _INPUTS:
        db.forget_files(name)
    return day


def _show(db: Successor, program: str, earlier: Moment | None, moment: Moment) -> None:
    """Give SQL what a moment knew, and what of it is not as it was."""
    before = earlier.slabs if earlier else {}
    cycles = {*before, *moment.slabs}
    differing = [cycle for cycle in cycles if before.get(cycle) != moment.slabs.get(cycle)]
    columns = tables.SLAB_ASSIGNMENTS
    db.read_files("slab_rows", list(moment.slabs.values()), columns)
    db.read_files("earlier_slabs", [before[c] for c in differing if c in before], columns)
    db.read_files("later_slabs", [moment.slabs[c] for c in differing if c in moment.slabs], columns)
    db.read_files("partner_rows", moment.partners, tables.PARTNERS)
    db.read_files("sales_rows", list(moment.sales.values()), tables.CYCLE_SALES)
    seen = (
        ("document_rows", moment.documents, tables.SALES_DOCUMENTS),
        ("claim_rows", moment.claims, tables.MONTH_CLAIMS),
        ("merged_rows", moment.merged, tables.MERGED_PARTNERS),
    )
    for name, files, described in seen:
        db.read_files(name, files, described)
    db.table("tier_starts", "marts/tier_starts", before_enrolment=moment.before_enrolment)
    for name, _, _ in seen:
        db.forget_files(name)
    db.values(
        "tier_cycles",
        (("cycle", "varchar"), ("cycle_no", "integer"), ("starts_on", "date"), ("ends_on", "date")),
        [
            (cycle.name, moment.numbers[cycle.name], cycle.start, cycle.last_day)
            for cycle in map(moment.calendar.parse, moment.numbers)
        ],
    )
    db.values(
        "tier_files",
        (("path", "varchar"), ("cycle_no", "integer"), ("kept", "integer")),
        [
            (str(db.home.root / file.path), moment.numbers[cycle], tiers.kept)
            for cycle, file in moment.slabs.items()
            if (tiers := moment.tiers[cycle])
        ],
    )
    db.values(
        "tier_ranks",
        (("cycle_no", "integer"), ("tier", "varchar"), ("tier_rank", "integer")),
        [
            (moment.numbers[cycle], tier, rank)
            for cycle in moment.slabs
            if (tiers := moment.tiers[cycle])
            for rank, tier in enumerate(tiers.order)
        ],
    )


def _same_rules(earlier: Moment, moment: Moment) -> bool:
    """Whether rules decide tiers as they did, apart from what cycles earned."""
    both = earlier.tiers.keys() & moment.tiers.keys()
    return (
        earlier.base == moment.base
        and earlier.before_enrolment == moment.before_enrolment
        and all(earlier.tiers[cycle] == moment.tiers[cycle] for cycle in both)
    )
