"""Which slab tables a cycle has, which times they pay for, and which earlier cycles they look at.

Belongs here: answers from the rules alone, and showing them to SQL. Not here: what sales reach in
a table (`slabs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from loyalty_pipeline.earning.allocations import RAW_DECIMALS
from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.relations import Relation, relations_of
from loyalty_pipeline.program.slabs import Slabs
from loyalty_pipeline.program.tier_rules import Window
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse.engine import Engine

MAIN = "slabs"  # the main table's name in allocation keys


@dataclass(frozen=True)
class Until:
    """A time for which slabs pay: the cycle, or with interim awards one of its months."""

    end: date  # exclusive
    key: str | None  # the month's name in allocation keys; None of the cycle
    is_projected: bool
    first_on: date | None  # the day its award is, or was first, posted


def slab_tables(rules: EffectiveRules) -> list[tuple[str, Slabs]]:
    """The slab tables of the cycle with their names; the main one is first."""
    version = rules.governing
    main = [(MAIN, version.slabs)] if version.slabs else []
    return [*main, *((table.id, table) for table in version.further_slabs)]


def earlier_cycles(rules: EffectiveRules, inputs: StagedInputs) -> list[Cycle]:
    """The earlier cycles whose net sales decide this one: of a window, or a year before."""
    found = cycles_of_window(rules, inputs)
    if any(slabs.measures == "growth" for _, slabs in slab_tables(rules)):
        found += a_year_before(rules, inputs)
    return list(dict.fromkeys(found))


def a_year_before(rules: EffectiveRules, inputs: StagedInputs) -> list[Cycle]:
    """What growth is measured against: the same months a year before, none before the program.

    Where cycles have another length now, those are several cycles, or a part of one.
    """
    calendar, start = inputs.program.calendar, rules.cycle.start
    alike = calendar.as_on(start)
    before = alike.cycle_of(start.replace(year=start.year - 1))
    return calendar.parts(before) if before.start >= calendar.first.start else []


def cycles_of_window(rules: EffectiveRules, inputs: StagedInputs) -> list[Cycle]:
    """The cycles before this one whose net sales count for its tier: as many months as written,
    counted in cycles of its own length."""
    tiers, found = rules.governing.tiers, list[Cycle]()
    if tiers is None or not isinstance(tiers.from_, Window):
        return found
    calendar, cycle = inputs.program.calendar, rules.cycle
    alike = calendar.as_on(cycle.start)
    for _ in range(tiers.from_.window - 1):
        cycle = alike.previous(cycle)
        found += calendar.parts(cycle)
    return [cycle for cycle in found if cycle.start >= calendar.first.start]


def show_rules(engine: Engine, rules: EffectiveRules) -> None:
    """Give SQL the rules of the cycle as tables: bands, band_rates, tiers, caps, segments."""
    show_relations(engine, relations_of(rules))
    engine.values(
        "segments",
        (("segment_no", "integer"), ("segment_from", "date"), ("segment_to", "date")),
        [(number, s.start, s.end_exclusive) for number, s in enumerate(rules.segments)],
    )


def show_relations(engine: Engine, relations: dict[str, Relation]) -> None:
    """Give SQL relations of the rules, each under its name."""
    for name, relation in relations.items():
        engine.values(name, relation.columns, relation.rows)


def show_categories(engine: Engine, slabs: Slabs | None) -> None:
    """Give SQL the categories whose lines a table counts: categories; all if there is none."""
    names = slabs.categories or () if slabs else ()
    engine.values("categories", (("category", "varchar"),), [(name,) for name in names])


def show_counted(engine: Engine, slabs: Slabs) -> str:
    """Give SQL the documents of the cycle that a table counts; the name of the relation."""
    if slabs.categories is None:
        return "cycle_documents"
    show_categories(engine, slabs)
    engine.table("category_documents", "earning/category_documents")
    return "category_documents"


def key_of(rules: EffectiveRules, name: str, until: Until) -> str:
    """The key of what a table pays for a time: 2025-04/slabs, 2025-04/slabs/more/2025-05."""
    parts = [rules.cycle.name, MAIN]
    parts += [name] if name != MAIN else []
    parts += [until.key] if until.key else []
    return "/".join(parts)


def rounding_of(rules: EffectiveRules) -> dict[str, Any]:
    """The parameters of SQL that rounds."""
    rounding = rules.governing.rounding
    return {"step": 10 ** (RAW_DECIMALS - rounding.decimals), "rounding_mode": rounding.mode}
