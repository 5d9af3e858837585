"""Rules of `delayed_accrual`: which due promises are released, and what happens then (SPEC 5).

Belongs here: asking the rules of each promise's accrual date, and keeping their messages, coupons
and tiers. Not here: what is due, or the releases themselves (`releases`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.matching import columns_in, decorate, match_rules
from loyalty_pipeline.earning.notice_fields import fields_named
from loyalty_pipeline.earning.tiers import keep_granted
from loyalty_pipeline.ledger.known import (
    InForce,
    conditions_of,
    in_force,
    show_known,
    show_tiers,
    tiers_on,
)
from loyalty_pipeline.ledger.state import ProgramState, program_scope
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.rulesets import Ruleset
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

ASKED_RANGES = (("first_day", "date"), ("last_day", "date"))
_ACCRUED = (
    ("position", "bigint"),
    ("holder_id", "varchar"),
    ("owner_id", "varchar"),
    ("event_group", "varchar"),
    ("accrual_date", "date"),
)
_RULE_ACTIONS = (
    ("rule_no", "integer"),
    ("place", "integer"),
    ("rule", "varchar"),
    ("action", "varchar"),
    ("target", "varchar"),
)
_HAPPEN = ("message", "coupon", "upgrade_tier")
# Columns that are told by the day of the event: of the accrual date, not of the day of asking.
_OF_THE_DATE = ("event_date", "event_month", "event_month_day")


@dataclass(frozen=True)
class Asked:
    """The rules that promises of some accrual dates are asked for."""

    days: InForce
    ruleset: Ruleset


def asked_rules(program: Program) -> list[Asked]:
    """The rulesets of `delayed_accrual`, each with the accrual dates its version is in force."""
    return [
        Asked(days, ruleset)
        for days in in_force(program.versions)
        for ruleset in days.version.rulesets
        if ruleset.event == "delayed_accrual"
    ]


def show_ranges(engine: Engine, program: Program) -> None:
    """Give SQL the accrual dates whose promises are asked for: asked_ranges."""
    rows = [(asked.days.first_day, asked.days.last_day) for asked in asked_rules(program)]
    engine.values("asked_ranges", ASKED_RANGES, rows)


def ask(
    engine: Engine, inputs: StagedInputs, state: ProgramState, day: date, today: date
) -> tuple[WorkFile, ...]:
    """Ask rules for what is due on a day; returns the files that the releases promote.

    Reads due_promises and homes; keeps accrued_events, those that are released.
    """
    due = engine.table("due_events", "ledger/due_events", day=day)
    asked = asked_rules(inputs.program) if due else []
    accrued, actions = [], []
    for number, rules in enumerate(asked):
        if engine.table(
            "asked_events",
            "ledger/due_events_of_version",
            first_day=rules.days.first_day,
            last_day=rules.days.last_day,
        ):
            _ask_one(engine, inputs, state, rules, day, today, number)
            accrued.append(f"accrued_{number}")
            actions.append(f"release_actions_{number}")
    if not accrued:
        engine.values("accrued_events", _ACCRUED, [])
        return ()
    engine.stack("accrued_events", accrued)
    engine.stack("release_actions", actions)
    return _keep(engine, inputs, state, day) if engine.count("release_actions") else ()


def _ask_one(
    engine: Engine,
    inputs: StagedInputs,
    state: ProgramState,
    asked: Asked,
    day: date,
    today: date,
    number: int,
) -> None:
    version, rules = asked.days.version, asked.ruleset.rules
    conditions, known = conditions_of(
        inputs.program, version, "delayed_accrual", [rule.when for rule in rules]
    )
    # What is read of balances was posted before today: a run never sees its own result.
    show_known(
        engine,
        inputs,
        state,
        version,
        day,
        as_of=day - timedelta(days=1),
        posted_by=today - timedelta(days=1),
    )
    named = fields_named(version, asked.ruleset.messages, known)
    columns = {one.name: one for one in (*columns_in(conditions, known), *named.columns)}.values()
    told = decorate(
        engine, "asked_told", "asked_events", [c for c in columns if c.name not in _OF_THE_DATE]
    )
    engine.view("asked_accrued", "ledger/events_accrued", {"events_in": told})
    seen = decorate(
        engine, "asked_seen", "asked_accrued", [c for c in columns if c.name in _OF_THE_DATE]
    )
    engine.derive("asked_named", seen, {"fields": named.expression})
    match_rules(engine, "asked_matches", "asked_named", conditions, asked.ruleset.match)
    engine.values(
        "accruing_rules",
        (("rule_no", "integer"),),
        [(no,) for no, rule in enumerate(rules, 1) if any(a.accrue for a in rule.then)],
    )
    engine.values(
        "rule_actions",
        _RULE_ACTIONS,
        [
            (no, place, rule.id, action.kind, getattr(action, action.kind))
            for no, rule in enumerate(rules, 1)
            for place, action in enumerate(rule.then)
            if action.kind in _HAPPEN
        ],
    )
    engine.table(f"accrued_{number}", "ledger/accrued_events", reads={"matches": "asked_matches"})
    engine.table(
        f"release_actions_{number}",
        "ledger/release_actions",
        reads={"matches": "asked_matches", "accrued": f"accrued_{number}"},
        program=inputs.program.program,
        version=version.label,
    )


def _keep(
    engine: Engine, inputs: StagedInputs, state: ProgramState, day: date
) -> tuple[WorkFile, ...]:
    program = inputs.program
    scope, number = program_scope(program.program), f"{state.head + 1:08d}"
    files = [engine.write(scope, "release_actions", number, "ledger/all_release_actions")]
    show_tiers(engine, inputs, state, day)
    before = day - timedelta(days=1)
    if engine.table("grants", "ledger/release_grants", day=day, granted_on=before):
        cycle = program.calendar.cycle_of(day)
        keep_granted(engine, tiers_on(program, day), program.calendar, cycle)
        files.append(
            engine.write(
                scope,
                "tier_grants",
                f"{cycle.name}-{number}",  # what it grants bears on this cycle and later ones
                "ledger/tier_grants",
                program=program.program,
                cycle=cycle.name,
            )
        )
    return tuple(files)
