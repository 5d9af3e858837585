"""What the net sales of a whole cycle earn: the slab, its rate, its points.

Belongs here: bands, gaps, whole and marginal, growth, targets, categories, fixed points, caps of a
slab. Not here: tiers, or the partner's other caps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.properties.earning.documents import Sale
from tests.properties.earning.figures import ZERO, figure, rounded

Table = dict[str, Any]
Band = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """What a table looks at: a partner's sales of a cycle, in order, and what they are held to."""

    sales: Sequence[Sale]
    a_year_before: Decimal | None
    target: Decimal | None
    tables: Sequence[Table]  # of each sale the table of the version in force for it


@dataclass
class SlabAward:
    """What a table gives for some sales."""

    slab: str | None
    rounded: Decimal = ZERO
    taken: dict[str, Decimal] = field(default_factory=dict)

    @property
    def points(self) -> Decimal:
        return self.rounded - sum(self.taken.values(), ZERO)


def net_sales(table: Table, measured: Measured) -> Decimal:
    return sum((sale.amount(table.get("categories")) for sale in measured.sales), ZERO)


def level_of(table: Table, measured: Measured) -> Fraction | None:
    """The figure that bands are about: net sales, or percent of last year or of the target."""
    net = Fraction(net_sales(table, measured))
    measures = table.get("measures", "net_sales")
    if measures == "net_sales":
        return net
    base = measured.a_year_before if measures == "growth" else measured.target
    if base is None or base <= 0:
        return None
    if measures == "growth":
        return (net - Fraction(base)) * 100 / Fraction(base)
    return net * 100 / Fraction(base)


def band_at(table: Table, level: Fraction | None) -> Band | None:
    """Bands are from, included, up to to, excluded; a gap belongs to the band below, or nobody."""
    if level is None:
        return None
    below: Band | None = None
    for band in table["bands"]:
        if level < Fraction(str(band["from"])):
            break
        below = band
    if below is None or below.get("to") is None or level < Fraction(str(below["to"])):
        return below
    return below if table.get("gaps") == "carry_lower" else None


def rate_of(band: Band, tier: str | None) -> Decimal:
    if "rates" in band:
        return figure(band["rates"][tier]) if tier in band["rates"] else ZERO
    return figure(band.get("rate", 0))


def award(
    table: Table,
    measured: Measured,
    tier: str | None,
    grain: str,
    decimals: int,
    mode: str,
    caps: Sequence[dict[str, Any]],
) -> SlabAward:
    """What a table gives; caps are those of scope slab, after the band's own."""
    band = band_at(table, level_of(table, measured))
    if band is None:
        return SlabAward(None)
    found = SlabAward(band["id"])
    if "points" in band:
        found.rounded = rounded(Decimal(str(band["points"])), decimals, mode)
    else:
        parts = _parts(table, measured, tier)
        if grain == "document":
            whole = sum((rounded(part, decimals, mode) for part in parts), ZERO)
        else:
            whole = rounded(sum(parts, ZERO), decimals, mode)
        found.rounded = max(whole, ZERO)  # net sales below zero earn nothing
    limits = [(band["id"], band["cap"])] if band.get("cap") is not None else []
    limits += [
        (cap["id"], cap["points"]) for cap in caps if not cap.get("of") or band["id"] in cap["of"]
    ]
    for name, points in limits:
        over = found.points - Decimal(str(points))
        if over > 0:
            found.taken[name] = over
    return found


def _parts(table: Table, measured: Measured, tier: str | None) -> list[Decimal]:
    """Raw points of each document."""
    amounts = [sale.amount(table.get("categories")) for sale in measured.sales]
    if table["mode"] == "whole":
        level = level_of(table, measured)
        bands = [band_at(own, level) for own in measured.tables]
        return [
            amount * rate_of(own, tier) if own is not None else ZERO
            for amount, own in zip(amounts, bands, strict=True)
        ]
    parts, sum_before = [], ZERO
    for amount, own in zip(amounts, measured.tables, strict=True):
        parts.append(_inside(own, sum_before + amount, tier) - _inside(own, sum_before, tier))
        sum_before += amount
    return parts


def _inside(table: Table, level: Decimal, tier: str | None) -> Decimal:
    """Each band's rate on the sales inside it."""
    total = ZERO
    bands = table["bands"]
    for number, band in enumerate(bands):
        start = Decimal(str(band["from"]))
        end = Decimal(str(band["to"])) if band.get("to") is not None else None
        if table.get("gaps") == "carry_lower" and number + 1 < len(bands):
            end = Decimal(str(bands[number + 1]["from"]))
        top = level if end is None else min(level, end)
        total += max(top - start, ZERO) * rate_of(band, tier)
    return total
