"""What conditions may ask of partners on a day, outside of cycles: for campaigns and releases.

Belongs here: giving SQL fields, lists, tiers and balances as of a day. Not here: asking
(`earning.matching`), or what the answers lead to (`campaigns`, `accruals`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.matching import parse_conditions, show_fields, show_lists
from loyalty_pipeline.earning.merges import HOMES
from loyalty_pipeline.earning.tiers import keep_overrides, keep_stretches
from loyalty_pipeline.ledger.posting import in_the_making
from loyalty_pipeline.ledger.state import ProgramState
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.columns import Column, custom_fields
from loyalty_pipeline.program.conditions import Condition
from loyalty_pipeline.program.model import Program, Version
from loyalty_pipeline.program.tier_rules import Tiers
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile

_TIERS = (("tier", "varchar"), ("tier_rank", "integer"))


@dataclass(frozen=True)
class InForce:
    """A version with the days whose events are judged by it: `last_day` is one of them."""

    version: Version
    first_day: date
    last_day: date


def in_force(versions: Sequence[Version]) -> list[InForce]:
    """Every version with its days: until the day before the next one's first."""
    ordered = sorted(versions, key=lambda version: version.effective_from)
    ends = [version.effective_from - timedelta(days=1) for version in ordered[1:]]
    return [
        InForce(version, version.effective_from, end)
        for version, end in zip(ordered, [*ends, date.max], strict=True)
    ]


def conditions_of(
    program: Program, version: Version, event: str, texts: Iterable[str]
) -> tuple[list[Condition], dict[str, Column]]:
    """Conditions on an event, parsed, and the columns that the event has."""
    return parse_conditions(texts, event, None, version, custom_fields(program))


def tiers_on(program: Program, day: date) -> Tiers | None:
    """The tiers that there are on a day: those of the version that governs its cycle."""
    return effective_rules(program, program.calendar.cycle_of(day)).governing.tiers


def show_known(
    engine: Engine,
    inputs: StagedInputs,
    state: ProgramState,
    version: Version,
    day: date,
    *,
    as_of: date,
    posted_by: date,
) -> None:
    """Give SQL what conditions name on a day: fields, lists, tiers and balances.

    Args:
        as_of: balances are those at the end of this day,
        posted_by: by the entries posted up to this one.
    """
    show_fields(engine, inputs)
    show_lists(engine, version)
    show_tiers(engine, inputs, state, day)
    engine.files("ledger_entries", state.entries(), tables.ENTRIES)
    engine.table(
        "balances_read", "ledger/balances_on", asked_on=day, as_of=as_of, posted_by=posted_by
    )


def show_tiers(engine: Engine, inputs: StagedInputs, state: ProgramState, day: date) -> None:
    """Give SQL the tiers there are on a day, and who holds which when: tiers, tier_stretches.

    What cycles and releases granted by now, and what instructions set by hand. A tier is in force
    from the day after its cycle: of cycles that have ended by then and are posted later in this
    run, what they would grant.
    """
    tiers = tiers_on(inputs.program, day)
    order = tiers.order if tiers else ()
    engine.values("tiers", _TIERS, [(tier, rank) for rank, tier in enumerate(order)])
    granted = {
        (file.table, file.partition): file
        for file in state.promoted.values()
        if file.table in ("tier_holdings", "tier_grants")
    }
    if tiers:
        granted |= {(file.table, file.partition): file for file in _ahead(inputs, state, day)}
    files = [granted[name] for name in sorted(granted)]
    engine.files("earlier_holdings", files, tables.TIER_HOLDINGS)
    engine.files("instructions", inputs.tables("instructions"), staged_tables.INSTRUCTIONS)
    homes = inputs.homes_on(day)
    engine.values("homes", HOMES, homes.rows)
    keep_overrides(engine, homes)
    engine.table("holdings", "tiers/known_holdings")
    keep_stretches(engine)
    engine.alias("tier_stretches", "stretches")


def _ahead(inputs: StagedInputs, state: ProgramState, day: date) -> list[WorkFile]:
    """The tiers that cycles which have ended by a day would grant if they were posted now."""
    found = []
    for cycle in inputs.cycles():
        if cycle.end > day or state.is_closed(cycle.name):
            continue
        with in_the_making(inputs.program, cycle, inputs.home, Clock.on(inputs.today)) as earning:
            if earning.closed:  # it waits for no file
                found += [file for file in earning.awards if file.table == "tier_holdings"]
    return found
