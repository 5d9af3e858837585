"""Which rules an event matches: its columns put together, conditions asked of them.

Belongs here: giving conditions the columns they name, and the matches. Not here: what a
condition may say (`program.conditions`), or what a match is worth (`awards`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.program.columns import (
    TEXT,
    WHOLE,
    Column,
    CustomFields,
    columns_of,
    forgotten_fields,
)
from loyalty_pipeline.program.conditions import Condition, ConditionError, parse_condition
from loyalty_pipeline.program.model import Version
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import Engine

LIST_MEMBERS = (("list_id", "varchar"), ("value", "varchar"))
BALANCES_READ = (
    ("partner_id", "varchar"),
    ("event_date", "date"),
    ("current_points", "decimal(18, 3)"),
    ("promised_points", "decimal(18, 3)"),
)
TIER_STRETCHES = (
    ("partner_id", "varchar"),
    ("tier", "varchar"),
    ("tier_rank", "integer"),
    ("valid_from", "date"),
    ("valid_to", "date"),
    ("is_override", "boolean"),
)

_BALANCES = frozenset({"current_points", "promised_points", "total_points"})
_EXPRESSIONS = {
    "event_month": "strftime(event_date, '%m')",
    "event_month_day": "strftime(event_date, '%m-%d')",
    "document_date": "event_date",
    "scanned_on": "event_date",
}


def parse_conditions(
    texts: Iterable[str],
    event: str,
    unroll: str | None,
    version: Version,
    custom: CustomFields,
) -> tuple[list[Condition], dict[str, Column]]:
    """The conditions of a published version on an event, and the columns they may name."""
    known = columns_of(event, unroll, custom)
    conditions = []
    for text in texts:
        condition, columns = _parsed(text, known, version)
        conditions.append(condition)
        known |= {name: columns[name] for name in condition.columns}
    return conditions, known


def _parsed(
    text: str, known: Mapping[str, Column], version: Version
) -> tuple[Condition, Mapping[str, Column]]:
    for kind in (TEXT, WHOLE):
        columns = {**known, **forgotten_fields(text, known, kind)}
        types = {name: column.type for name, column in columns.items()}
        try:
            return parse_condition(text, types, version.lists), columns
        except ConditionError:
            if kind == WHOLE:
                raise
    raise AssertionError("a condition parses, or says why not")


def show_fields(engine: Engine, inputs: StagedInputs) -> None:
    """Give SQL what is known of partners and stores by date: partner_history, store_history."""
    engine.files("partners", inputs.tables("partners"), staged_tables.PARTNERS)
    engine.files("stores", inputs.tables("stores"), staged_tables.STORES)
    engine.table("partner_history", "events/partner_history")
    engine.table("store_history", "events/store_history")


def show_lists(engine: Engine, version: Version) -> None:
    """Give SQL the membership lists of a version: list_members."""
    rows = [(name, value) for name, values in version.lists.items() for value in values]
    engine.frame("list_members", LIST_MEMBERS, rows)


def decorate(
    engine: Engine,
    name: str,
    relation: str,
    columns: Iterable[Column],
    *,
    fields: Iterable[str] = (),
) -> str:
    """Events with the columns that conditions name; returns the relation that has them.

    `relation` has partner_id, event_date and the event's own columns; what else it has is left
    as it is. Only what is asked for is joined: partner_history, store_history, tier_stretches with
    tiers, balances_read. `fields` (partner, store) are joined in any case, for a basis.
    """
    there = set(engine.columns(relation))
    wanted = [column for column in columns if column.name not in there]
    needed = {_needs(column) for column in wanted} | set(fields)
    for kind, query, step in (
        ("partner", "events/with_partner", "fields"),
        ("store", "events/with_store", "stores"),
        ("tier", "events/with_tier", "tiers"),
        ("balances", "events/with_balances", "balances"),
    ):
        if kind in needed:
            engine.view(f"{name}_{step}", query, {"events_in": relation})
            relation = f"{name}_{step}"
    added = {column.name: sql for column in wanted if (sql := _expression(column)) is not None}
    if added:
        engine.derive(name, relation, added)
        relation = name
    return relation


def _needs(column: Column) -> str | None:
    if column.name == "tier":
        return "tier"
    if column.name in _BALANCES:
        return "balances"
    return column.of if column.of in ("partner", "store") else None


def _expression(column: Column) -> str | None:
    """How a column that is not there by itself is computed; a field's name is an identifier."""
    if column.field is None:
        return _EXPRESSIONS.get(column.name)
    custom = "custom" if column.of == "document" else f"{column.of}_custom"
    text = f"({custom} ->> '$.{column.field}')"
    return f"cast({text} as bigint)" if column.type == WHOLE else text


def columns_in(conditions: Iterable[Condition], known: Mapping[str, Column]) -> list[Column]:
    """The columns that conditions name, each once."""
    names = sorted({name for condition in conditions for name in condition.columns})
    return [known[name] for name in names]


def match_rules(
    engine: Engine, name: str, relation: str, conditions: Sequence[Condition], match: str
) -> None:
    """The events of a relation with rule_no, the number from 1 of a rule whose condition holds.

    match: `first`, only the first such rule; `all`, a row for each. Events without are left out.
    """
    engine.match(name, relation, [c.sql for c in conditions], every=match == "all")
