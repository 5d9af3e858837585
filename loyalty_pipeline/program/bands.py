"""The slab table made complete: every amount lies in exactly one band.

Belongs here: what lies below the first band and in the gaps. Not here: whether the bands of a
file are well formed (`checks`), nor the calculation, which is SQL over `relations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from loyalty_pipeline.program.model import Slabs, Tiers


@dataclass(frozen=True)
class CompleteBand:
    """A band as the calculation sees it; `slab` is None where nothing is awarded."""

    lower: Decimal | None  # included; None: unbounded below
    upper: Decimal | None  # excluded; None: open
    slab: str | None
    rate: Decimal
    tier: str | None
    cap: Decimal | None


def complete_bands(slabs: Slabs | None, tiers: Tiers | None) -> tuple[CompleteBand, ...]:
    """Bands that cover every amount exactly once, ascending.

    Tiers are named only where the slab decides them: the base tier where nothing is awarded, and
    in a band that names none. Where cycle sales decide, or there are no tiers, it is None.
    """
    base = tiers.base if tiers is not None and tiers.from_ == "slab" else None
    if slabs is None:
        return (CompleteBand(None, None, None, Decimal(0), base, None),)
    found = [CompleteBand(None, slabs.bands[0].from_, None, Decimal(0), base, None)]
    for band in slabs.bands:
        below = found[-1]
        if below.upper is not None and below.upper < band.from_:  # a gap, which `gaps` fills
            if slabs.gaps == "carry_lower":
                found.append(
                    CompleteBand(
                        below.upper, band.from_, below.slab, below.rate, below.tier, below.cap
                    )
                )
            else:
                found.append(CompleteBand(below.upper, band.from_, None, Decimal(0), base, None))
        tier = (band.tier or base) if base is not None else None
        found.append(CompleteBand(band.from_, band.to, band.id, band.rate, tier, band.cap))
    return tuple(found)
