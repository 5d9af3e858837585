"""The events of a cycle in their total order, with what conditions may ask of each.

Belongs here: which events there are, their order, tiers and what was read for them. Not here:
what rules make of them (`event_awards`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.rulesets import EventName
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.engine import Engine

_FILES = (("path", "varchar"), ("source", "varchar"))
_LINE_FILES = (*_FILES, ("file_id", "varchar"))
# What SQL asks of every event; where a kind of event has no such thing it is null.
_OF_EVERY_EVENT = {
    "amount": "cast(null as decimal(18, 2))",
    "full_amount": "cast(null as decimal(18, 2))",
    "store_id": "cast(null as varchar)",
    "custom": "cast(null as varchar)",
    "sku": "cast(null as varchar)",
    "points": "cast(null as decimal(18, 3))",
    "net_sales": "cast(null as decimal(18, 2))",
}


def show_events(
    engine: Engine,
    inputs: StagedInputs,
    rules: EffectiveRules,
    kinds: Iterable[EventName],
    last_day: date,
) -> None:
    """Give SQL the events of some kinds dated in the cycle: `events`, numbered in their order.

    Needs cycle_documents and what it reads, partner_history; of cycle_close also cycle_sales and
    slab_assignments.
    """
    asked = set(kinds)
    found = []
    cycle = rules.cycle
    period: dict[str, Any] = {
        "cycle_start": cycle.start,
        "cycle_end": cycle.end,
        "today": inputs.today,
    }
    if asked & {"transaction", "claim"}:
        engine.view("document_events", "events/documents")
        found.append("document_events")
    for kind, query in (
        ("registration", "events/registrations"),
        ("customer_update", "events/customer_updates"),
        ("scan", "events/scans"),
    ):
        if kind in asked:
            if kind == "scan":
                _show_with_source(engine, inputs, "scans", staged_tables.SCANS, "scan_files")
            engine.table(f"{kind}_said", query, **period)
            engine.table(
                f"{kind}_events", "events/of_partners_who_earn", reads={"events_in": f"{kind}_said"}
            )
            found.append(f"{kind}_events")
    if "cycle_close" in asked:
        engine.table("cycle_close_events", "events/closes", event_date=last_day)
        found.append("cycle_close_events")
    engine.stack("all_events", found)
    there = engine.columns("all_events")
    missing = {name: null for name, null in _OF_EVERY_EVENT.items() if name not in there}
    engine.derive("whole_events", "all_events", missing)
    engine.view("events", "events/numbered", {"events_in": "whole_events"})


def show_lines(engine: Engine, inputs: StagedInputs, cycle: Cycle) -> None:
    """Give SQL the lines of documents that are events, net of returns: event_lines."""
    lines = inputs.lines()
    root = engine.home.root
    engine.files(
        "sales_lines", [file for _, _, file in lines], staged_tables.SALES_LINES, filename=True
    )
    engine.values(
        "line_files", _LINE_FILES, [(str(root / f.path), source, fid) for source, fid, f in lines]
    )
    _show_with_source(
        engine, inputs, "sales_document_states", staged_tables.SALES_DOCUMENT_STATES, "state_files"
    )
    returned = inputs.by_month("sales_returned_lines", cycle)
    engine.files(
        "sales_returned_lines",
        [file for _, file in returned],
        staged_tables.SALES_RETURNED_LINES,
        filename=True,
    )
    engine.values(
        "returned_files", _FILES, [(str(root / file.path), source) for source, file in returned]
    )
    engine.table("event_lines", "events/lines")


def show_tenders(engine: Engine, inputs: StagedInputs) -> None:
    """Give SQL the payment modes of documents that are events: event_tenders."""
    _show_with_source(engine, inputs, "tenders", staged_tables.TENDERS, "tender_files")
    engine.table("event_tenders", "events/tenders")


def _show_with_source(
    engine: Engine, inputs: StagedInputs, table: str, columns: tables.Columns, files: str
) -> None:
    found = inputs.of_sources(table)
    root = engine.home.root
    engine.files(table, [file for _, file in found], columns, filename=True)
    engine.values(files, _FILES, [(str(root / file.path), source) for source, file in found])
