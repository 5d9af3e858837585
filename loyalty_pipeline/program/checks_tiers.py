"""Tiers and what earns them: thresholds, when they come, and what the slabs must be for it.

Belongs here: the tiers of one version. Not here: bands alone (`checks_slabs`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from loyalty_pipeline.program.base import plain
from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.tier_rules import Tiers, Window


def tier_findings(draft: Draft) -> Iterator[Finding]:
    """All that is wrong with the tiers of a version."""
    tiers = draft.tiers
    if tiers is None:
        return
    for number, tier in enumerate(tiers.order):
        if tier in tiers.order[:number]:
            yield Finding(("tiers", "order", number), f"the tier {tier} is there twice")
    if tiers.from_ == "slab":
        if tiers.thresholds is not None:
            message = (
                "belong to 'from: cycle_sales', 'points_earned' or a window; with 'from: slab' "
                "each band names its tier"
            )
            yield Finding(("tiers", "thresholds"), message)
        if draft.raw.get("slabs") is None:
            message = "the version has no slabs to take tiers from: add slabs, or say cycle_sales"
            yield Finding(("tiers", "from"), message)
    else:
        yield from _thresholds(tiers)
    yield from _crossing(tiers, draft)
    if tiers.from_ == "points_earned":
        yield from _rates_from_points(draft)


def _thresholds(tiers: Tiers) -> Iterator[Finding]:
    here: Path = ("tiers", "thresholds")
    thresholds = tiers.thresholds or {}
    source = f"{{window: {tiers.from_.window}}}" if isinstance(tiers.from_, Window) else tiers.from_
    missing = [tier for tier in tiers.order[1:] if tier not in thresholds]
    if missing:
        what = "points" if tiers.from_ == "points_earned" else "net sales"
        yield Finding(here, f"'from: {source}' needs the {what} that earn {', '.join(missing)}")
    for tier in thresholds:
        if tier == tiers.base:
            message = f"{tier} is the base tier, which everyone holds: leave it out"
            yield Finding((*here, tier), message)
        elif tier not in tiers.order:
            message = f"'{tier}' is not one of the tiers {', '.join(tiers.order)}"
            yield Finding((*here, tier), message)
    given = [tier for tier in tiers.order[1:] if tier in thresholds]
    for lower, higher in pairwise(given):
        if thresholds[higher] <= thresholds[lower]:
            message = f"must be above that of {lower}, {plain(thresholds[lower])}"
            yield Finding((*here, higher), message)


def _crossing(tiers: Tiers, draft: Draft) -> Iterator[Finding]:
    here: Path = ("tiers", "crossing")
    if tiers.upgrade == "at_close":
        if tiers.crossing is not None:
            message = (
                "nothing is crossed before the cycle ends: leave it out, or upgrade: immediate"
            )
            yield Finding(here, message)
        return
    if tiers.crossing is None:
        message = (
            "'upgrade: immediate' must say what the crossing document earns: issue_then_upgrade "
            "(the old tier's), upgrade_then_issue (the new one's) or split"
        )
        yield Finding(here, message)
    elif tiers.from_ == "points_earned" and tiers.crossing != "issue_then_upgrade":
        message = (
            f"the points of a document decide the tier only once they are known: with "
            f"points_earned only issue_then_upgrade is possible, not {tiers.crossing}"
        )
        yield Finding(here, message)
    main = draft.main_table
    other = main is not None and (main.measures != "net_sales" or main.raw.get("categories"))
    if tiers.from_ == "slab" and other:
        message = (
            "a document crosses into a slab only where slabs measure all net sales: "
            "leave measures and categories out, or say at_close"
        )
        yield Finding(("tiers", "upgrade"), message)


def _rates_from_points(draft: Draft) -> Iterator[Finding]:
    for table in draft.tables:
        for number, band in enumerate(table.bands):
            if band is not None and band.rates is not None:
                message = (
                    "points would decide the tier, and the tier the points: "
                    "with 'from: points_earned' give one rate"
                )
                yield Finding((*table.path, "bands", number, "rates"), message)
