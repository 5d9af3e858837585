"""Caps and budgets of a program file.

Belongs here: what one key may hold, alone. Not here: what keys mean together (`checks`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from loyalty_pipeline.program.base import Identifier, Part, Points

Scope = Literal["line", "document", "strategy", "slab", "tier", "partner", "program"]
Period = Literal["day", "week", "month", "cycle", "year"]
# Narrow to wide (SPEC 5): each takes in what the narrower ones left.
SCOPES: tuple[Scope, ...] = ("line", "document", "strategy", "slab", "tier", "partner", "program")
PERIODS: tuple[Period, ...] = ("day", "week", "month", "cycle", "year")


class Cap(Part):
    """A limit on points; what it takes away is kept as forgone."""

    id: Identifier = Field(description="Named in forgone points.")
    per: Scope = Field(
        description="Whose points are limited: one line's, one document's, a partner's by one "
        "strategy, in one slab or tier, all of a partner's, or everybody's (a budget)."
    )
    period: Period | None = Field(
        None,
        description="Over which time: a partner's needs one, a strategy's is the cycle unless "
        "stated; of a slab, tier or program it is the cycle; lines and documents have none.",
    )
    of: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Only these strategies, slabs or tiers, each by itself; without it every one.",
    )
    points: Annotated[Points, Field(ge=0)] = Field(description="The most there can be.")
    when_exhausted: Literal["stop", "prorate"] | None = Field(
        None,
        description="Of a budget: who comes first is served, or all of one day share what is "
        "left. Only with 'per: program', which needs it.",
    )

    @property
    def over(self) -> Period | None:
        """Its period: the cycle where none is written; None of a line or a document."""
        return None if self.per in ("line", "document") else self.period or "cycle"

    @property
    def stage(self) -> tuple[int, int]:
        """Where it stands among the stages, from narrow to wide."""
        return SCOPES.index(self.per), PERIODS.index(self.over) if self.over else 0


def in_stage_order(caps: Iterable[Cap]) -> list[Cap]:
    """Caps as points go through them; those of one scope and period as they are listed."""
    return sorted(caps, key=lambda cap: cap.stage)
