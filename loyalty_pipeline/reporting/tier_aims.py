"""The tier of partners without sales, and what is missing to the next: thresholds of a cycle.

Belongs here: which amount earns tiers, and from where the next one is reached. Not here: the
amounts themselves, which `sql/marts/partner_summary.sql` has at hand; partners with sales, whose
next tier is computed with their slab unless the slab is what earns it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from loyalty_pipeline.program.calendar import Calendar, Cycle
from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.tier_rules import Tiers, Window
from loyalty_pipeline.program.versions import EffectiveRules

COLUMNS = (
    ("program", "varchar"),
    ("cycle", "varchar"),
    ("tier", "varchar"),
    ("starts_at", "decimal(18, 3)"),
    ("next_tier", "varchar"),
    ("next_at", "decimal(18, 3)"),
    ("measured", "varchar"),
    ("window_from", "varchar"),
)


def aims_of(calendar: Calendar, rules: EffectiveRules) -> Iterator[tuple[Any, ...]]:
    """A row for each tier there is a way to: what reaches it, the next one, what reaches that.

    `measured` says which amount: the cycle's `sales`, the sales of a `window` of months, the
    `points` of the cycle, or `other`: what slabs measure besides, which no sales have a share of.
    """
    version, cycle = rules.governing, rules.cycle
    tiers = version.tiers
    if tiers is None:
        return
    measured = _measured(version, tiers)
    window_from = None
    if isinstance(tiers.from_, Window):
        window_from = f"{_first_day(calendar, cycle, tiers.from_.window - 1):%Y-%m}"
    steps = _steps(version, tiers)
    for (tier, start), (next_tier, next_start) in zip(
        steps, [*steps[1:], (None, None)], strict=True
    ):
        yield (
            rules.program, cycle.name, tier, start, next_tier, next_start, measured, window_from,
        )  # fmt: skip


def _measured(version: Version, tiers: Tiers) -> str:
    if isinstance(tiers.from_, Window):
        return "window"
    if tiers.from_ == "slab":
        slabs = version.slabs
        plain = slabs is not None and slabs.measures == "net_sales" and slabs.categories is None
        return "sales" if plain else "other"
    return {"cycle_sales": "sales", "points_earned": "points"}[tiers.from_]


def _steps(version: Version, tiers: Tiers) -> list[tuple[str, Decimal | None]]:
    """The tiers that amounts reach, each with the lowest one; the base tier has none."""
    found: list[tuple[str, Decimal | None]] = [(tiers.base, None)]
    if tiers.from_ != "slab":
        thresholds = tiers.thresholds or {}
        return found + [(tier, thresholds[tier]) for tier in tiers.order[1:]]
    for band in version.slabs.bands if version.slabs else ():
        if band.tier is not None and band.tier != found[-1][0]:  # bands go up, and so do tiers
            found.append((band.tier, band.from_))
    return found


def _first_day(calendar: Calendar, cycle: Cycle, cycles: int) -> date:
    """Where a window begins; its cycles are as long as the one it ends with."""
    alike = calendar.as_on(cycle.start)
    for _ in range(cycles):
        cycle = alike.previous(cycle)
    return max(cycle.start, calendar.first.start)
