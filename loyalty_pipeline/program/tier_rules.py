"""Tiers of a program file: their keys, types and defaults.

Belongs here: what one key may hold, alone. Not here: what keys mean together (`checks`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from loyalty_pipeline.program.base import Money, Part, TierName, WholeNumber


class Window(Part):
    """A trailing window of cycles whose net sales earn a tier; the closing cycle is in it."""

    window: Annotated[WholeNumber, Field(ge=2, le=60)] = Field(
        description="How many cycles are summed."
    )


class Tiers(Part):
    """The ordered tiers; the first is the base tier that everyone holds."""

    order: tuple[TierName, ...] = Field(min_length=1, description="From the base tier upwards.")
    from_: Literal["slab", "cycle_sales", "points_earned"] | Window = Field(
        alias="from",
        description="What earns a tier: the reached slab, net sales of a cycle, points earned in "
        "it, or net sales of the last cycles, {window: 4}.",
    )
    thresholds: dict[TierName, Annotated[Money, Field(gt=0)]] | None = Field(
        None, description="Net sales (or points) that earn each tier but the base; not with slab."
    )
    upgrade: Literal["at_close", "immediate"] = Field(
        "at_close",
        description="When a tier comes into force: the day after its cycle, or from the document "
        "that crosses the threshold.",
    )
    crossing: Literal["issue_then_upgrade", "upgrade_then_issue", "split"] | None = Field(
        None,
        description="What the crossing document earns: the old tier's points, the new one's, or "
        "each on its side of the threshold. Only with 'upgrade: immediate', which needs it.",
    )
    kept: Annotated[WholeNumber, Field(ge=1, le=120)] = Field(
        1, description="Cycles that a tier, once earned, is in force."
    )
    grace_days: Annotated[WholeNumber, Field(ge=0, le=366)] = Field(
        0, description="Days a tier outlasts its kept time."
    )
    downgrade: Literal["direct", "one_step"] = Field(
        "direct",
        description="Where a tier that ends falls to: the one earned meanwhile, or one step lower "
        "for another kept time.",
    )

    @property
    def base(self) -> str:
        """The tier that everyone holds."""
        return self.order[0]

    @property
    def crossed_by_sales(self) -> bool:
        """Whether a document whose sales reach a threshold comes into its tier at once."""
        return self.upgrade == "immediate" and self.from_ != "points_earned"

    @property
    def crossed_by_points(self) -> bool:
        """Whether points that reach a threshold bring its tier at once."""
        return self.upgrade == "immediate" and self.from_ == "points_earned"
