"""Tiers by the days they are in force, and by when that was known: `tier_history`.

Belongs here: what each moment of posting made known. Not here: what cycles and events grant, and
which of it is the tier of a day, which is `earning.tiers`, or the stretches that readers see,
which are `sql/marts/tiers_believed.sql`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from loyalty_pipeline.earning.tiers import keep_stretches
from loyalty_pipeline.journal.commits import Commit, in_force
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.reporting.snapshot import Heads, ProgramFacts, Snapshot
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.published_file import Successor
from loyalty_pipeline.warehouse.work_files import WorkFile

_INPUTS = ("holding_rows", "earlier_holdings", "later_holdings")
_TABLES = ("tier_holdings", "tier_grants")  # of cycles, and of a morning's releases
Files = Mapping[tuple[str, str], WorkFile]  # by table and partition


@dataclass(frozen=True)
class Moment:
    """What a program knew once the commits of one posting time were there."""

    known_at: datetime
    current: Cycle  # the cycle of the latest business date; what begins after it is not shown
    holdings: Files
    base: str | None  # the tier that everyone holds; None for a program without tiers
    order: tuple[str, ...]  # every tier there is by now: versions keep them and their order
    before_enrolment: str
    has_partner_feed: bool
    begun: Mapping[str, tuple[WorkFile, ...]]  # from what partners hold a tier, by relation


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
        if not _tells_tiers(commit):
            continue
        known_at = max(groups[-1][0], commit.draft.posted_at) if groups else commit.draft.posted_at
        if groups and groups[-1][0] == known_at and (groups[-1][1].number > shown):
            groups.pop()
        groups.append((known_at, commit))
    first_new = next((i for i, (_, c) in enumerate(groups) if c.number > shown), len(groups))
    for position in range(max(first_new - 1, 0), len(groups)):
        known_at, last = groups[position]
        yield position >= first_new, _moment(facts, snapshot, known_at, last.number)


def _tells_tiers(commit: Commit) -> bool:
    return commit.draft.kind == "posting" or any(
        file.table == "tier_grants" for file in commit.draft.promotes
    )


def _moment(facts: ProgramFacts, snapshot: Snapshot, known_at: datetime, number: int) -> Moment:
    commits = facts.commits[:number]
    promoted = in_force(commits)
    heads: Mapping[str, int] = {}  # of the sources, as the last posting read them
    for commit in commits:
        if commit.draft.kind == "posting":
            heads = commit.draft.details["sources"]
    program = facts.rules_at(number)
    assert program is not None, "rules are published before anything is posted"
    calendar = program.calendar
    current = calendar.cycle_of(max(commit.draft.business_date for commit in commits))
    tiers = effective_rules(program, calendar.parse(current.name)).governing.tiers
    return Moment(
        known_at,
        current,
        {key: file for key, file in promoted.items() if key[0] in _TABLES},
        tiers.base if tiers else None,
        _order(program),
        program.before_enrolment,
        facts.wiring.has_partner_feed,
        _begun(program, promoted, _staged(snapshot, heads)),
    )


def _order(program: Program) -> tuple[str, ...]:
    """All tiers of a program: a later version keeps those of an earlier one and may add others."""
    by_day = sorted(program.versions, key=lambda version: version.effective_from)
    orders = [version.tiers.order for version in by_day if version.tiers]
    return orders[-1] if orders else ()


# From what partners hold the base tier: relation, the table that it shows, its columns.
_BEGUN = (
    ("partner_rows", "partners", staged_tables.PARTNERS),
    ("document_rows", "sales_documents", staged_tables.SALES_DOCUMENTS),
    ("scan_rows", "scans", staged_tables.SCANS),
    ("sales_rows", "cycle_sales", tables.CYCLE_SALES),
    ("claim_rows", "month_claims", tables.MONTH_CLAIMS),
    ("merged_rows", "merged_partners", tables.MERGED_PARTNERS),
)


def _begun(
    program: Program, promoted: Files, staged: list[WorkFile]
) -> Mapping[str, tuple[WorkFile, ...]]:
    files = [
        file
        for file in (*staged, *promoted.values())
        if file.table != "sales_documents" or file.partition >= program.first_cycle
    ]
    return {name: tuple(file for file in files if file.table == table) for name, table, _ in _BEGUN}


def _staged(snapshot: Snapshot, heads: Mapping[str, int]) -> list[WorkFile]:
    """What sources had promoted at the heads a posting read."""
    return [
        file
        for source in snapshot.sources
        for file in in_force(source.commits[: heads.get(source.id, 0)]).values()
    ]


def _apply(db: Successor, program: str, earlier: Moment | None, moment: Moment) -> date | None:
    """Write what a moment made known; returns the first day that changed for liability."""
    everyone = (
        earlier is None
        or earlier.base != moment.base
        or earlier.before_enrolment != moment.before_enrolment
    )
    if earlier is not None and not everyone and _knows_no_more(earlier, moment):
        return None
    _show(db, None if everyone else earlier, moment)
    parameters: dict[str, Any] = {"program": program, "known_at": moment.known_at}
    db.table(
        "tier_affected",
        "marts/tier_affected",
        everyone=everyone,
        shown_to=earlier.current.end if earlier else moment.current.end,
        shows_to=moment.current.end,
        **parameters,
    )
    day = None
    if db.count("tier_affected"):
        db.run("marts/tiers_forget_moment", **parameters)
        db.run("marts/tiers_reopen_moment", **parameters)
        db.table("tier_standing", "marts/tier_standing", **parameters)
        ranked = [(tier, rank) for rank, tier in enumerate(moment.order)]
        db.values("tier_order", (("tier", "varchar"), ("tier_rank", "integer")), ranked)
        db.table("holdings", "marts/tier_holdings_known")
        keep_stretches(db)
        db.table(
            "tiers_believed",
            "marts/tiers_believed",
            shows_to=moment.current.end,
            base=moment.base,
        )
        db.table("tiers_changed", "marts/tiers_changed")
        db.run("marts/tiers_close", **parameters)
        db.run("marts/tiers_open", **parameters)
        [(day,)] = db.rows("marts/tiers_first_changed", **parameters)
    for name in _INPUTS:
        db.forget_files(name)
    return day


def _knows_no_more(earlier: Moment, moment: Moment) -> bool:
    return (
        earlier.holdings == moment.holdings
        and earlier.current == moment.current
        and earlier.begun == moment.begun
    )


def _show(db: Successor, earlier: Moment | None, moment: Moment) -> None:
    """Give SQL what a moment knew, and what of it is not as it was."""
    before: Files = earlier.holdings if earlier else moment.holdings
    differing = [
        key for key in {**before, **moment.holdings} if before.get(key) != moment.holdings.get(key)
    ]
    shown = {
        "holding_rows": moment.holdings.values(),
        "earlier_holdings": [before[key] for key in differing if key in before],
        "later_holdings": [moment.holdings[key] for key in differing if key in moment.holdings],
    }
    for name, files in shown.items():
        db.read_files(name, list(files), tables.TIER_HOLDINGS)
    for name, _, columns in _BEGUN:
        db.read_files(name, moment.begun[name], columns)
    db.table(
        "tier_starts",
        "marts/tier_starts",
        before_enrolment=moment.before_enrolment,
        has_partner_feed=moment.has_partner_feed,
    )
    for name, _, _ in _BEGUN:
        db.forget_files(name)
