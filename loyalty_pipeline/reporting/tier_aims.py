"""What is missing to the next tier: the thresholds of a cycle's rules, for `partner_summary`.

Belongs here: which amount earns tiers, and from where the next one is reached. Not here: the
amounts themselves, which `sql/marts/partner_summary.sql` has at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

from loyalty_pipeline.program.calendar import Calendar, Cycle
from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.slabs import Slabs
from loyalty_pipeline.program.tier_rules import Tiers, Window
from loyalty_pipeline.program.versions import EffectiveRules

COLUMNS = (
    ("program", "varchar"),
    ("cycle", "varchar"),
    ("tier", "varchar"),
    ("starts_at", "decimal(18, 3)"),
    ("next_tier", "varchar"),
    ("next_at", "decimal(18, 3)"),
    ("next_slab", "varchar"),
    ("measured", "varchar"),
    ("window_from", "varchar"),
)


def aims_of(calendar: Calendar, rules: EffectiveRules) -> Iterator[tuple[Any, ...]]:
    """A row for each tier but the highest: the next one, and the amount that reaches it.

    `measured` says which amount: the cycle's `sales`, the sales of a `window` of cycles, the
    `points` of the cycle, or, where a slab decides by something else, what `slab` tables measure.
    """
    version, cycle = rules.governing, rules.cycle
    tiers = version.tiers
    if tiers is None:
        return
    measured = _measured(version, tiers)
    window_from = None
    if isinstance(tiers.from_, Window):
        window_from = _back(calendar, cycle, tiers.from_.window - 1).name
    starts = [_start(version, tiers, rank) for rank in range(len(tiers.order))]
    for rank, (tier, following) in enumerate(pairwise(tiers.order)):
        (at, _), (next_at, slab) = starts[rank], starts[rank + 1]
        yield (
            rules.program, cycle.name, tier, at, following, next_at, slab, measured, window_from,
        )  # fmt: skip


def _measured(version: Version, tiers: Tiers) -> str:
    if isinstance(tiers.from_, Window):
        return "window"
    if tiers.from_ == "slab":
        slabs = version.slabs
        plain = slabs is not None and slabs.measures == "net_sales" and slabs.categories is None
        return "sales" if plain else "slab"
    return {"cycle_sales": "sales", "points_earned": "points"}[tiers.from_]


def _start(version: Version, tiers: Tiers, rank: int) -> tuple[Decimal | None, str | None]:
    """The lowest amount that earns a tier, or a higher one; and the slab, where slabs decide."""
    if rank == 0:
        return None, None
    if tiers.from_ != "slab":
        return (tiers.thresholds or {}).get(tiers.order[rank]), None
    return _lowest_band(version.slabs, tiers.order[rank:])


def _lowest_band(slabs: Slabs | None, wanted: tuple[str, ...]) -> tuple[Decimal | None, str | None]:
    bands = slabs.bands if slabs else ()
    return next(((band.from_, band.id) for band in bands if band.tier in wanted), (None, None))


def _back(calendar: Calendar, cycle: Cycle, cycles: int) -> Cycle:
    for _ in range(cycles):
        if cycle > calendar.first:
            cycle = calendar.previous(cycle)
    return cycle
