"""Interim awards: what each month of a cycle pays for the sales so far.

Belongs here: caps of slabs on the award so far, and its difference to that of the months before
(SPEC 4). Not here: the award of a time (`slabs`), wider caps, which follow as of any award.
"""

from __future__ import annotations

from datetime import timedelta

from loyalty_pipeline.earning.allocations import show_cap
from loyalty_pipeline.earning.slab_tables import Until, key_of
from loyalty_pipeline.program.limits import in_stage_order
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse.engine import Engine

_CLOSING = (
    ("event_date", "date"),
    ("first_on", "date"),
    ("rules_version", "varchar"),
    ("period_key", "varchar"),
    ("is_projected", "boolean"),
)


def under_slab_caps(engine: Engine, rules: EffectiveRules, relation: str) -> str:
    """Put awards of all sales so far through the caps of slabs; the name of the relation."""
    caps = [cap for cap in in_stage_order(rules.governing.caps) if cap.per == "slab"]
    for number, cap in enumerate(caps, start=1):
        this_cap, limited = f"{relation}_cap_{number}", f"{relation}_limited_{number}"
        show_cap(engine, this_cap, cap)
        engine.view(limited, "caps/so_far", {"rows_in": relation, "this_cap": this_cap})
        engine.view(f"{relation}_{number}", "caps/passed", {"limited_in": limited})
        relation = f"{relation}_{number}"
    return relation


def less(
    engine: Engine, rules: EffectiveRules, now: str, before: str | None, name: str, until: Until
) -> str:
    """What a month pays: the award up to its end less those of the months before."""
    if before is None:
        engine.view("no_awards", "awards/none", {"rows_in": now})
        before = "no_awards"
    engine.values(
        f"closing_{now}",
        _CLOSING,
        [
            (
                until.end - timedelta(days=1),
                until.first_on,
                rules.version,
                key_of(rules, name, until),
                until.is_projected,
            )
        ],
    )
    engine.table(
        f"interim_{now}",
        "awards/interim",
        reads={"slabs_now": now, "slabs_before": before, "closing": f"closing_{now}"},
    )
    return f"interim_{now}"
