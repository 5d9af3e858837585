"""The next slab of the main table: the sales missing to it, and what reaching it would pay.

Belongs here: what SQL is told of the rules for that. Not here: the slab reached (`slabs`), or the
calculation, which is SQL in `sql/earning`.
"""

from __future__ import annotations

from loyalty_pipeline.earning.slab_tables import rounding_of, show_counted
from loyalty_pipeline.program.tier_rules import Tiers
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse.engine import Engine

_NEXTS = (
    ("partner_id", "varchar"),
    ("next_slab", "varchar"),
    ("gap_to_next_slab", "decimal(18, 2)"),
    ("points_at_next_slab", "decimal(18, 3)"),
)


def show_nexts(engine: Engine, rules: EffectiveRules) -> None:
    """Give SQL `slab_nexts`; needs slab_measure, measured and the relations of the rules.

    Where segments of the cycle have tables of their own, it needs its documents, too.
    """
    slabs = rules.governing.slabs
    if slabs is None:
        show_no_nexts(engine)
        return
    if len(rules.segments) > 1:
        query, reads = "by_segment", {"cycle_documents": show_counted(engine, slabs)}
    else:
        query, reads = "by_cycle", {"cycle_sales": "slab_measure"}
    engine.table("segment_sales", f"earning/contributions_{query}", reads=reads)
    engine.table(
        "slab_nexts",
        "earning/slab_nexts",
        measures=slabs.measures,
        mode=slabs.mode,
        tier_from=_earned_by(rules.governing.tiers),
        last_segment=len(rules.segments) - 1,
        **rounding_of(rules),
    )


def show_no_nexts(engine: Engine) -> None:
    """The same, where nobody asks: of months of a cycle, and of tables beside the main one."""
    engine.values("slab_nexts", _NEXTS, [])


def _earned_by(tiers: Tiers | None) -> str:
    """What earns the tier by which slabs pay: bands do not pay by tiers that points earn."""
    if tiers is None or tiers.from_ == "points_earned":
        return "none"
    return "slab" if tiers.from_ == "slab" else "sales"
