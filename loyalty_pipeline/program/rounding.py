"""How a program file says that points are rounded.

Belongs here: what one key may hold, alone. Not here: what keys mean together (`checks`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from loyalty_pipeline.program.base import Part, WholeNumber


class Rounding(Part):
    """How points are rounded: once, at one grain, on the magnitude."""

    decimals: Annotated[WholeNumber, Field(ge=0, le=3)] = Field(
        0, description="Decimals points have, 0 to 3."
    )
    mode: Literal["half_up", "half_even", "floor", "ceil"] = Field(
        "half_up", description="What happens at a half, or always (floor, ceil)."
    )
    grain: Literal["line", "document", "cycle"] | None = Field(
        None,
        description="What is rounded: each line's points, each document's, or the cycle's sum; "
        "left out, each award as a whole.",
    )

    @property
    def slab_grain(self) -> Literal["document", "cycle"]:
        """The grain of a slab award, which as a whole is the cycle's sum."""
        return "document" if self.grain == "line" else self.grain or "cycle"

    @property
    def event_grain(self) -> Literal["line", "document", "cycle"]:
        """The grain of an award for an event, which as a whole is the document."""
        return self.grain or "document"
