"""What slabs, tiers and caps of one version mean together.

Belongs here: gaps, overlaps, tiers that nobody can hold. It works on drafts: a part that is
wrong by itself is None. Not here: what is wrong between versions (`checks_versions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise

from loyalty_pipeline.program.base import plain
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.rounding import Rounding
from loyalty_pipeline.program.slabs import Band
from loyalty_pipeline.program.tier_rules import Tiers


def bands_findings(bands: Sequence[Band | None], gaps: object, where: Path) -> list[Finding]:
    """Bands that are empty, overlap, leave gaps or end at the top."""
    found = []
    for number, band in enumerate(bands):
        if band is not None and band.to is not None and band.to <= band.from_:
            message = f"must be above from, {plain(band.from_)}: a band is [from, to)"
            found.append(Finding((*where, number, "to"), message))
    for number, (below, band) in enumerate(pairwise(bands), start=1):
        if below is not None and band is not None:
            found += _neighbours(below, band, gaps, (*where, number))
    top = bands[-1] if bands else None
    if top is not None and top.to is not None:
        message = (
            f"the top band must be open, or sales from {plain(top.to)} on would have no band: "
            f"leave to out, or add a band from {plain(top.to)}"
        )
        found.append(Finding((*where, len(bands) - 1, "to"), message))
    return found


def _neighbours(below: Band, band: Band, gaps: object, where: Path) -> list[Finding]:
    start = plain(band.from_)
    if band.from_ <= below.from_:
        message = (
            f"bands must go from low to high: {band.id} from {start} comes after "
            f"{below.id} from {plain(below.from_)}"
        )
        return [Finding((*where, "from"), message)]
    if below.to is None:
        message = (
            f"overlaps {below.id}, which is open upwards: "
            f"give {below.id} the upper end 'to: {start}'"
        )
        return [Finding((*where, "from"), message)]
    end = plain(below.to)
    if below.to <= below.from_:  # reported at the band below; its end says nothing
        return []
    if band.from_ < below.to:
        message = (
            f"{band.id} from {start} overlaps {below.id}, which goes to {end}: "
            f"an amount must lie in one band only; start {band.id} at {end} or end {below.id} "
            f"at {start}"
        )
        return [Finding((*where, "from"), message)]
    if band.from_ > below.to and gaps not in ("carry_lower", "no_award"):
        message = (
            f"sales from {end} to {start} lie in no band, between {below.id} and {band.id}: "
            f"say 'gaps: carry_lower' (rate, tier and cap of {below.id}) or 'gaps: no_award' "
            f"(nothing, base tier) under slabs, or close the gap"
        )
        return [Finding((*where, "from"), message)]
    return []


def band_tier_findings(
    bands: Sequence[Band | None], tiers: Tiers | None, where: Path
) -> list[Finding]:
    """Tiers of bands that are unknown, out of place or fall with higher sales."""
    found = []
    highest: tuple[int, Band] | None = None
    for number, band in enumerate(bands):
        here: Path = (*where, number, "tier")
        if band is None:
            continue
        if tiers is None:
            if band.tier is not None:
                message = f"'{band.tier}' is no known tier: the version has no tiers; add tiers"
                found.append(Finding(here, message))
        elif tiers.from_ != "slab":
            if band.tier is not None:
                message = "a band gives a tier only when tiers come 'from: slab': leave it out"
                found.append(Finding(here, message))
        elif band.tier is not None and band.tier not in tiers.order:
            message = f"'{band.tier}' is not one of the tiers {', '.join(tiers.order)}"
            found.append(Finding(here, message))
        else:
            rank = tiers.order.index(band.tier) if band.tier is not None else 0
            if highest is not None and rank < highest[0]:
                message = (
                    f"{band.tier or 'no tier'} is below {highest[1].tier} of the lower band "
                    f"{highest[1].id}: more sales must not mean a lower tier"
                )
                found.append(Finding(here, message))
            else:
                highest = (rank, band)
    return found


def cap_decimals_findings(
    paths: Iterable[Path], caps: Iterable[Decimal | None], rounding: Rounding | None
) -> list[Finding]:
    """Caps finer than points are."""
    found = []
    for path, cap in zip(paths, caps, strict=True):
        if cap is not None and rounding is not None and cap != round(cap, rounding.decimals):
            message = (
                f"{plain(cap)} has more decimals than points have: rounding gives them "
                f"{rounding.decimals}"
            )
            found.append(Finding(path, message))
    return found


def tiers_findings(tiers: Tiers, slabs_given: bool) -> list[Finding]:
    """Tiers that are there twice, and thresholds that do not fit them."""
    found = []
    for number, tier in enumerate(tiers.order):
        if tier in tiers.order[:number]:
            found.append(Finding(("tiers", "order", number), f"the tier {tier} is there twice"))
    here: Path = ("tiers", "thresholds")
    if tiers.from_ == "slab":
        if tiers.thresholds is not None:
            message = "belong to 'from: cycle_sales'; with 'from: slab' each band names its tier"
            found.append(Finding(here, message))
        if not slabs_given:
            message = "the version has no slabs to take tiers from: add slabs, or say cycle_sales"
            found.append(Finding(("tiers", "from"), message))
        return found
    thresholds = tiers.thresholds or {}
    missing = [tier for tier in tiers.order[1:] if tier not in thresholds]
    if missing:
        message = f"'from: cycle_sales' needs the net sales that earn {', '.join(missing)}"
        found.append(Finding(here, message))
    for tier in thresholds:
        if tier == tiers.base:
            message = f"{tier} is the base tier, which everyone holds: leave it out"
            found.append(Finding((*here, tier), message))
        elif tier not in tiers.order:
            message = f"'{tier}' is not one of the tiers {', '.join(tiers.order)}"
            found.append(Finding((*here, tier), message))
    given = [tier for tier in tiers.order[1:] if tier in thresholds]
    for lower, higher in pairwise(given):
        if thresholds[higher] <= thresholds[lower]:
            message = f"must be above that of {lower}, {plain(thresholds[lower])}"
            found.append(Finding((*here, higher), message))
    return found
