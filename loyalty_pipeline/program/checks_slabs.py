"""What the slab tables of one version mean: bands alone, together, and with the tiers.

Belongs here: gaps, overlaps, what a band awards. It works on drafts: a part that is wrong by
itself is None. Not here: tiers alone (`checks_tiers`), other caps (`checks_caps`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from loyalty_pipeline.program.base import plain
from loyalty_pipeline.program.checks_strategies import unknown_tier
from loyalty_pipeline.program.draft import Draft, Table
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
    if gaps == "no_award" and 0 < band.from_ - below.to <= 1:
        message = (
            f"to is the first amount above the band, so sales of {end} would earn nothing: write "
            f"'to: {start}', and no gap is left"
        )
        return [Finding((*where[:-1], int(where[-1]) - 1, "to"), message)]
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


def table_findings(draft: Draft) -> Iterator[Finding]:
    """All that is wrong with the slab tables of a version, each and together."""
    bands: set[str] = set()
    tables: set[str] = set()
    for table in draft.tables:
        where: Path = (*table.path, "bands")
        yield from bands_findings(table.bands, table.raw.get("gaps"), where)
        if table.id is None and draft.knows_tiers:
            yield from band_tier_findings(table.bands, draft.tiers, where)
        yield from _award_of_bands(table, draft)
        if table.raw.get("mode") == "marginal" and table.raw.get("gaps") == "no_award":
            message = (
                "with 'mode: marginal' it is not clear whether who ends in a gap keeps what the "
                "bands below it earned: say carry_lower, or give the gap a band with 'rate: 0%'"
            )
            yield Finding((*table.path, "gaps"), message)
        if table.raw.get("categories") and draft.raw.get("restate") == "own_cycle":
            message = (
                "a return without lines takes of all categories of its original, so it counts in "
                "the original's cycle: with 'restate: own_cycle' leave categories out"
            )
            yield Finding((*table.path, "categories"), message)
        for number, band in enumerate(table.raw["bands"]):
            name = _id_in(band)
            if name in bands:
                message = f"two bands have the id {name}: give each its own"
                yield Finding((*where, number, "id"), message)
            bands |= {name} if name else set()
        if table.id is not None and table.id in tables:
            message = f"two slab tables have the id {table.id}: give each its own"
            yield Finding((*table.path, "id"), message)
        tables |= {table.id} if table.id else set()
    yield from _interim(draft)
    yield from _caps_named_as_bands(draft)


def _id_in(band: object) -> str | None:
    name = band.get("id") if isinstance(band, Mapping) else None
    return name if isinstance(name, str) else None


def _award_of_bands(table: Table, draft: Draft) -> Iterator[Finding]:
    in_percent = table.measures in ("growth", "target")
    # Then bands of an earlier version pay under the caps of this one.
    is_split = draft.raw.get("applies") == "by_document_date"
    marginal = table.raw.get("mode") == "marginal"
    if in_percent and marginal:
        message = f"bands of {table.measures} are percentages, and sales do not lie inside them: "
        yield Finding((*table.path, "mode"), f"{message}say whole")
    for number, band in enumerate(table.bands):
        if band is None:
            continue
        here = (*table.path, "bands", number)
        given = [key for key in ("rate", "rates", "points") if getattr(band, key) is not None]
        if len(given) != 1:
            words = " and ".join(given) or "nothing"
            message = f"a band awards a rate, rates by tier or points, here is {words}: give one"
            yield Finding((*here, given[-1] if given else "rate"), message)
        if band.points is not None and marginal:
            message = "a fixed amount is paid once the slab is reached: say 'mode: whole'"
            yield Finding((*here, "points"), message)
        if table.id is not None and band.tier is not None:
            message = "only the bands of the main slab table give a tier: leave it out"
            yield Finding((*here, "tier"), message)
        most = _most(table, number)
        if band.cap is not None and most is not None and band.cap >= most and not is_split:
            message = f"can never take anything: {band.id} pays at most {plain(most)}; leave it out"
            yield Finding((*here, "cap"), message)
        for tier in band.rates or {}:
            if draft.knows_tiers and tier not in draft.tier_names:
                yield Finding((*here, "rates", tier), unknown_tier(tier, draft))
        if in_percent and band.from_ >= 100_000:
            message = f"{plain(band.from_)} is a percentage of {table.measures}: write it as 110"
            yield Finding((*here, "from"), message)
    paths = [(*table.path, "bands", number) for number in range(len(table.bands))]
    for key in ("cap", "points"):
        yield from cap_decimals_findings(
            [(*path, key) for path in paths],
            [getattr(band, key) if band else None for band in table.bands],
            draft.rounding,
        )


def _most(table: Table, number: int) -> Decimal | None:
    """The most that a band can pay, below which its award lies; None where that is not known."""
    band, *above = table.bands[number:]
    if band is None or table.raw.get("mode") != "whole":
        return None
    if band.points is not None:
        return band.points
    end = band.to
    if table.raw.get("gaps") is not None:  # the band may go on into a gap
        end = above[0].from_ if above and above[0] is not None else None
    rates = [band.rate, *(band.rates or {}).values()]
    highest = max((rate for rate in rates if rate is not None), default=None)
    if highest is None or end is None or table.measures != "net_sales":
        return None
    return highest * end


def _interim(draft: Draft) -> Iterator[Finding]:
    if draft.raw.get("interim") != "monthly":
        return
    main = draft.main_table
    message = None
    if draft.raw.get("slabs") is None:
        message = "pays slabs after every month, and the version has none: leave it out"
    elif draft.raw.get("cycle") == "month":
        message = "a cycle of one month has no months inside: leave it out"
    elif main is not None and main.measures != "net_sales":
        message = f"{main.measures} is known when the cycle has ended: leave it out"
    if message is not None:
        yield Finding(("interim",), message)


def _caps_named_as_bands(draft: Draft) -> Iterator[Finding]:
    capped = {
        band.id for table in draft.tables for band in table.bands if band and band.cap is not None
    }
    for path, cap in draft.caps:
        if cap.id in capped:
            message = f"a band with a cap is called {cap.id}, too: forgone points name both by id"
            yield Finding((*path, "id"), message)
