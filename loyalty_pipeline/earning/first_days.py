"""The days on which events of a cycle were first evaluated, where none were kept of them.

Belongs here: asking the cycle's earlier postings, each with what it knew under the rules of its
day, where rules begin to read what days, or balances, decide; or begin to do so again. Not here:
reading (`event_stages`), which finds the days kept from then on.

An event is first evaluated by the first posting under rules that ask for its kind; one that was
gone for a while is looked at anew, as with days that were kept.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from loyalty_pipeline.earning.carried import Carried, Evaluated
from loyalty_pipeline.earning.event_awards import events_needed, keeps_reads
from loyalty_pipeline.earning.events import show_events
from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.matching import show_fields
from loyalty_pipeline.earning.sales import show_documents
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.work_files import WorkFile


def earlier_reads(inputs: StagedInputs, rules: EffectiveRules, carried: Carried) -> list[WorkFile]:
    """What was kept of the cycle's events, and the days that postings tell which kept nothing.

    Files of `tables.EVENT_READS`; balances are null where nobody read them yet.
    """
    kept = carried.reads(rules.cycle)

    def has_kept(posting: Evaluated) -> bool:
        return bool(kept) and keeps_reads(posting.rules, inputs)

    postings = list(takewhile(lambda posting: not has_kept(posting), carried.evaluated()))
    if not postings:
        return kept
    with engine(inputs.home) as duckdb:
        duckdb.files("kept_reads", kept, tables.EVENT_READS)
        duckdb.view("reads_before", "events/reads_before")
        relations = ["reads_before"]
        for number, posting in enumerate(reversed(postings)):
            relations += _evaluated(duckdb, posting, number)
        duckdb.stack("evaluated", relations)
        return [
            duckdb.write(
                f"program/{rules.program}",
                "first_days",
                rules.cycle.name,
                "events/first_days",
                last=len(postings) - 1,
            )
        ]


def _evaluated(duckdb: Engine, posting: Evaluated, number: int) -> list[str]:
    """What a posting evaluated, and which awards of the cycle it came to."""
    rules, inputs, promoted = posting.rules, posting.inputs(), posting.promoted()

    def show(name: str, table: str, columns: tables.Columns) -> None:
        file = promoted.get((table, rules.cycle.name))
        duckdb.files(name, [file] if file else [], columns)

    told: dict[str, Any] = {"place": number, "first_on": inputs.today}
    show("posted_awards", "point_allocations", tables.POINT_ALLOCATIONS)
    duckdb.table(f"awards_{number}", "events/awards_posted", **told)
    needed = events_needed(rules)
    if not needed:
        return [f"awards_{number}"]
    show_documents(duckdb, inputs, rules, rules.cycle)
    show_fields(duckdb, inputs)
    show("cycle_sales", "cycle_sales", tables.CYCLE_SALES)
    show("slab_assignments", "slab_assignments", tables.SLAB_ASSIGNMENTS)
    show_events(duckdb, inputs, rules, needed, rules.cycle.last_day)
    duckdb.table(f"events_{number}", "events/evaluated", reads={"events_in": "events"}, **told)
    return [f"awards_{number}", f"events_{number}"]
