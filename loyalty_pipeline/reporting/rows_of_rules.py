"""Rows the rules give: programs, point values, rule versions and the calendar of cycles.

Belongs here: the tables told by `rules` and `posting` commits. Not here: points.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from loyalty_pipeline.program.calendar import Cycle, parse_month
from loyalty_pipeline.program.model import Program, Version
from loyalty_pipeline.program.versions import (
    EffectiveRules,
    NoRulesError,
    effective_rules,
    rules_of_version,
)
from loyalty_pipeline.reporting import tier_aims
from loyalty_pipeline.reporting.snapshot import ProgramFacts, Snapshot, rules_of
from loyalty_pipeline.warehouse.published_file import Successor

Row = tuple[Any, ...]

_SETTINGS = (
    ("program", "varchar"),
    ("before_enrolment", "varchar"),
    ("has_partner_feed", "boolean"),
)
_PROGRAMS = (
    ("program", "varchar"),
    ("name", "varchar"),
    ("currency", "varchar"),
    ("point_value", "decimal(18, 6)"),
    ("cycle_length", "varchar"),
    ("first_cycle", "varchar"),
    ("business_date", "date"),
)
_POINT_VALUES = (
    ("program", "varchar"),
    ("valid_from", "date"),
    ("valid_to", "date"),
    ("point_value", "decimal(18, 6)"),
)
_CYCLES = (
    ("program", "varchar"),
    ("cycle", "varchar"),
    ("starts_on", "date"),
    ("ends_on", "date"),
    ("state", "varchar"),
    ("rules_version", "varchar"),
    ("rules_hash", "varchar"),
    ("posted_at", "timestamp"),
)
_RULE_VERSIONS = (
    ("program", "varchar"),
    ("effective_from", "date"),
    ("rules_version", "varchar"),
    ("rules_hash", "varchar"),
    ("published_at", "timestamp"),
    ("author", "varchar"),
    ("approver", "varchar"),
    ("reason", "varchar"),
    ("replaced_at", "timestamp"),
    ("commit_number", "bigint"),
)


def write(db: Successor, snapshot: Snapshot) -> dict[str, date]:
    """Write all of them anew: they are small.

    Returns, by program, the first day on which a point is worth something else than before.
    """
    programs = snapshot.programs
    values = {facts.id: list(_point_values(facts)) for facts in programs}
    revalued = _revalued(db, values)
    last_months = _last_months(snapshot)
    db.replace(
        "work.program_sources",
        (("program", "varchar"), ("scope", "varchar")),
        [(facts.id, scope) for facts in programs for scope in facts.wiring.scopes],
    )
    db.replace("work.program_settings", _SETTINGS, [_settings(facts) for facts in programs])
    db.replace("programs", _PROGRAMS, [_program(facts) for facts in programs])
    db.replace("point_values", _POINT_VALUES, [row for rows in values.values() for row in rows])
    db.replace("rule_versions", _RULE_VERSIONS, [r for f in programs for r in _versions(f)])
    cycles = [(facts, cycle) for facts in programs for cycle in cycles_of(facts, last_months)]
    db.replace("cycles", _CYCLES, [_cycle(facts, cycle) for facts, cycle in cycles])
    months = ("program", "month", "cycle", "restate")
    db.replace(
        "work.cycle_months",
        tuple((name, "varchar") for name in months),
        [row for facts, cycle in cycles for row in _months(facts, cycle)],
    )
    db.replace(
        "work.tier_aims",
        tier_aims.COLUMNS,
        [row for facts, cycle in cycles for row in _aims(facts, cycle)],
    )
    return revalued


def _revalued(db: Successor, values: dict[str, list[Row]]) -> dict[str, date]:
    """Values are only ever added, so the first one the file does not have tells the day."""
    known = dict(db.answer("select program, count(*) from point_values group by program"))
    return {
        program: rows[known[program]][1]
        for program, rows in values.items()
        if 0 < known.get(program, 0) < len(rows)
    }


def business_date(facts: ProgramFacts) -> date:
    """The latest day a run of the program took for today."""
    return max(commit.draft.business_date for commit in facts.commits)


def cycles_of(facts: ProgramFacts, last_months: dict[str, str]) -> list[Cycle]:
    """Every cycle from the first to that of the business date, or of the last document."""
    program = facts.program
    if program is None:
        return []
    last_day = business_date(facts)
    for scope in facts.wiring.scopes:
        if scope in last_months:
            last_day = max(last_day, parse_month(last_months[scope]).start)
    calendar = program.calendar
    return calendar.cycles(calendar.first, calendar.cycle_of(last_day))


def posted_rules(facts: ProgramFacts, cycle: Cycle) -> EffectiveRules | None:
    """The rules a cycle was last computed under; those in force now if it never was."""
    posting = facts.state.postings.get(cycle.name)
    program = facts.rules_at(posting.number if posting else facts.state.head)
    try:
        return effective_rules(program, cycle) if program else None
    except NoRulesError:
        return None


def _last_months(snapshot: Snapshot) -> dict[str, str]:
    return {
        source.scope: source.state.months()[-1]
        for source in snapshot.sources
        if source.state.months()
    }


def _settings(facts: ProgramFacts) -> Row:
    before_enrolment = facts.program.before_enrolment if facts.program else "ignore"
    return facts.id, before_enrolment, facts.wiring.has_partner_feed


def _program(facts: ProgramFacts) -> Row:
    program = facts.program
    if program is None:
        return facts.id, None, None, None, None, None, business_date(facts)
    return (
        facts.id,
        program.name,
        program.currency,
        program.point_value,
        program.calendar.length_on(business_date(facts)),
        program.first_cycle,
        business_date(facts),
    )


def _point_values(facts: ProgramFacts) -> Iterator[Row]:
    """What a point was worth from which business date on; the first value counts before, too."""
    values: list[tuple[date | None, Any]] = []
    for _, program, published_on in _publications(facts):
        if not values:
            values.append((None, program.point_value))
        elif values[-1][1] != program.point_value:
            values.append((published_on, program.point_value))
    for (valid_from, value), following in zip(values, [*values[1:], (None, None)], strict=True):
        yield facts.id, valid_from, following[0], value


def _publications(facts: ProgramFacts) -> Iterator[tuple[int, Program, date]]:
    for commit in facts.commits:
        if commit.draft.kind == "rules":
            yield commit.number, rules_of(facts.id, commit), commit.draft.business_date


def _versions(facts: ProgramFacts) -> Iterator[Row]:
    """Every version ever published; a later one of the same date replaced it."""
    rows: list[list[Any]] = []
    for number, program, _ in _publications(facts):
        commit = facts.commits[number - 1].draft
        for version in program.versions:
            if version.label not in commit.details["changed"]:
                continue
            for row in rows:
                if row[2] == version.label and row[8] is None:
                    row[8] = commit.posted_at
            rows.append(
                [
                    facts.id,
                    version.effective_from,
                    version.label,
                    _whole_cycle_hash(program, version),
                    commit.posted_at,
                    commit.details["author"] or None,
                    commit.details["approver"] or None,
                    commit.details["reason"] or None,
                    None,
                    number,
                ]
            )
    return (tuple(row) for row in rows)


def _whole_cycle_hash(program: Program, version: Version) -> str:
    """The hash that the allocations of cycles which this version alone governs carry."""
    return rules_of_version(program, version).hash


def _cycle(facts: ProgramFacts, cycle: Cycle) -> Row:
    posting = facts.state.postings.get(cycle.name)
    ends_on = cycle.end - timedelta(days=1)
    if posting is None:
        return facts.id, cycle.name, cycle.start, ends_on, "empty", None, None, None
    return (
        facts.id,
        cycle.name,
        cycle.start,
        ends_on,
        "closed" if facts.is_closed(cycle.name) else "open",
        posting.draft.rules_version,
        posting.draft.rules_hash,
        posting.draft.posted_at,
    )


def _months(facts: ProgramFacts, cycle: Cycle) -> Iterator[Row]:
    rules = posted_rules(facts, cycle)
    restate = rules.governing.restate if rules else "original_cycle"
    assert facts.program is not None
    for month in facts.program.calendar.months(cycle):
        yield facts.id, month.name, cycle.name, restate


def _aims(facts: ProgramFacts, cycle: Cycle) -> Iterator[Row]:
    rules = posted_rules(facts, cycle)
    assert facts.program is not None
    return tier_aims.aims_of(facts.program.calendar, rules) if rules else iter(())
