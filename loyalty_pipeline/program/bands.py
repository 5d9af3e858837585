"""The slab table made complete: every amount lies in exactly one band.

Belongs here: what lies below the first band and in the gaps. Not here: whether the bands of a
file are well formed (`checks`), nor the calculation, which is SQL over `relations`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from loyalty_pipeline.program.slabs import Band, FurtherSlabs, Slabs
from loyalty_pipeline.program.tier_rules import Tiers


@dataclass(frozen=True)
class CompleteBand:
    """A band as the calculation sees it; `slab` is None where nothing is awarded."""

    lower: Decimal | None  # included; None: unbounded below
    upper: Decimal | None  # excluded; None: open
    slab: str | None
    rate: Decimal  # 0 where rates by tier or fixed points are given in its place
    tier: str | None
    cap: Decimal | None
    points: Decimal | None = None
    rates: tuple[tuple[str, Decimal], ...] = ()  # by tier, in the order of the file


def complete_bands(slabs: Slabs | None, tiers: Tiers | None) -> tuple[CompleteBand, ...]:
    """Bands that cover every amount exactly once, ascending.

    Tiers are named only where the slab decides them: the base tier where nothing is awarded, and
    in a band that names none. Where something else decides, there are no tiers, or the table is
    one beside the main one, it is None.
    """
    decides = tiers is not None and tiers.from_ == "slab" and not isinstance(slabs, FurtherSlabs)
    base = tiers.base if tiers is not None and decides else None
    nothing = CompleteBand(None, None, None, Decimal(0), base, None)
    if slabs is None:
        return (nothing,)
    found = [replace(nothing, upper=slabs.bands[0].from_)]
    for band in slabs.bands:
        below = found[-1]
        if below.upper is not None and below.upper < band.from_:  # a gap, which `gaps` fills
            filling = below if slabs.gaps == "carry_lower" else nothing
            found.append(replace(filling, lower=below.upper, upper=band.from_))
        found.append(_complete(band, base))
    return tuple(found)


def _complete(band: Band, base: str | None) -> CompleteBand:
    return CompleteBand(
        band.from_,
        band.to,
        band.id,
        band.rate or Decimal(0),
        (band.tier or base) if base is not None else None,
        band.cap,
        band.points,
        tuple((band.rates or {}).items()),
    )
