"""Slab tables of a program file: their keys, types and defaults.

Belongs here: what one key may hold, alone. Not here: what keys mean together (`checks`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from loyalty_pipeline.program.base import (
    Award,
    Identifier,
    Money,
    Part,
    Points,
    Rate,
    TierName,
    WholeNumber,
)


class Band(Part):
    """One slab: the net sales of a cycle from an amount, included, up to another, excluded."""

    id: Identifier = Field(description="Stays when the band is reworded; reports show it.")
    from_: Annotated[Money, Field(ge=0)] = Field(
        alias="from",
        description="Lowest net sales of the band, included; a percentage without its sign where "
        "bands measure growth or a target.",
    )
    to: Money | None = Field(None, description="First amount above the band; the top has none.")
    rate: Rate | None = Field(
        None, description="Points per unit of money, as a percentage; the same for all tiers."
    )
    rates: dict[TierName, Rate] | None = Field(
        None, description="The same, one for each tier that the cycle earned."
    )
    points: Annotated[Award, Field(gt=0)] | None = Field(
        None, description="A fixed amount of points, in place of a rate."
    )
    tier: TierName | None = Field(None, description="Tier that reaching the band earns.")
    cap: Annotated[Points, Field(ge=0)] | None = Field(
        None, description="Most points a partner in this band gets in a cycle."
    )


class Slabs(Part):
    """The slab table: which rate the net sales of a cycle earn."""

    measures: Literal["net_sales", "growth", "target"] = Field(
        "net_sales",
        description="What bands are about: net sales, their growth against the same cycle last "
        "year, or how much of the partner's target they are; the last two in percent.",
    )
    categories: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Only the sales lines of these categories count; without it all do.",
    )
    mode: Literal["whole", "marginal"] = Field(
        description="Reached rate on all sales, or each band's rate on the sales inside it."
    )
    gaps: Literal["carry_lower", "no_award"] | None = Field(
        None, description="What sales between two bands earn; without it gaps are refused."
    )
    delayed_accrual: Annotated[WholeNumber, Field(ge=0, le=3650)] | None = Field(
        None, description="Days points stay promised; without it they are direct."
    )
    bands: tuple[Band, ...] = Field(min_length=1, description="The slabs, from low to high.")


class FurtherSlabs(Slabs):
    """A slab table beside the main one: points of its own, and no tier."""

    id: Identifier = Field(description="Names the table in reports and allocation keys.")
