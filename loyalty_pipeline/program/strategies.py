"""Strategies of a program file: how many points an event is worth.

Belongs here: what one key may hold, alone. Not here: what keys mean together (`checks`), when a
strategy is used (`rulesets`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from loyalty_pipeline.program.base import (
    Award,
    Identifier,
    Part,
    Points,
    Rate,
    TierName,
    WholeNumber,
    plain,
    shown,
)

_FIGURE = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?\s*%?")


def _figure(value: object) -> object:
    """Digits, or digits with a percent sign, kept as they are written."""
    text = plain(value) if isinstance(value, Decimal) else str(value)
    if isinstance(value, bool | float) or not _FIGURE.fullmatch(text.strip()):
        raise ValueError(f"{shown(value)} is no figure: write points like 10 or a rate like 0.2%")
    return text.replace(" ", "")


Figure = Annotated[
    str,
    BeforeValidator(_figure),
    WithJsonSchema(
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{_FIGURE.pattern}$"}]}
    ),
]


def figure_of(text: str) -> Decimal:
    """The number a figure stands for; a rate as a fraction: 0.2% is 0.002."""
    return Decimal(text[:-1]) / 100 if text.endswith("%") else Decimal(text)


class FieldBasis(Part):
    """A custom field as a basis; exactly one of the three. Whole numbers only (SPEC 2)."""

    partner: Identifier | None = Field(None, description="A custom field of the partner.")
    document: Identifier | None = Field(None, description="A custom field of the document.")
    store: Identifier | None = Field(None, description="A custom field of the document's store.")


class Tranche(Part):
    """One part of an award that is paid in parts."""

    share: Rate = Field(description="Share of the rounded points; all shares make 100%.")
    delay: Annotated[WholeNumber, Field(ge=0, le=3650)] = Field(
        description="0: direct; else days the part stays promised."
    )


BasisName = Literal[
    "document_amount", "line_amount", "tender_amount", "quantity", "line_quantity", "net_sales"
]


class Strategy(Part):
    """A named way to points; rules allocate by it."""

    id: Identifier = Field(description="Rules, caps and reports name it.")
    module: Literal["loyalty", "campaign"] = Field(
        "loyalty", description="Whether rules or campaigns use it."
    )
    type: Literal["fixed", "prorated", "multiplier", "round_up"] = Field(
        description="Points per event, a share of a basis, a multiple of other points, or a lift "
        "to a balance (only campaigns)."
    )
    value: Figure | dict[TierName, Figure] = Field(
        description="Points (fixed), a rate (prorated), points per step (prorated with per), the "
        "multiple (multiplier), or the balance to reach (round_up): for all tiers, or by tier."
    )
    basis: BasisName | FieldBasis | None = Field(
        None, description="What prorated is a share of; the document's amount unless stated."
    )
    per: Annotated[Points, Field(gt=0)] | None = Field(
        None, description="Step of the basis: value is paid for every full one."
    )
    minimum: Annotated[Award, Field(ge=0)] | None = Field(
        None, description="Least points per event, before multipliers and rounding."
    )
    maximum: Annotated[Award, Field(ge=0)] | None = Field(
        None, description="Most points per event, before multipliers and rounding."
    )
    of: tuple[Identifier, ...] | None = Field(
        None, min_length=1, description="Strategies whose points a multiplier multiplies."
    )
    delayed_accrual: Annotated[WholeNumber, Field(ge=0, le=3650)] | None = Field(
        None, description="Days points stay promised; without it they are direct."
    )
    delay_from: Literal["event_date", "posting"] = Field(
        "event_date", description="What the days of a delay are counted from."
    )
    tranches: tuple[Tranche, ...] | None = Field(
        None, min_length=2, description="Parts paid at several times, in place of delayed_accrual."
    )
    from_: Points | None = Field(
        None, alias="from", description="Lowest balance that a round_up lifts, included."
    )
    to: Points | None = Field(None, description="Highest balance that a round_up lifts, included.")

    def by_tier(self, tiers: Sequence[str]) -> Mapping[str | None, Decimal]:
        """The number of each tier; under None the one of all tiers. Tiers without are not in it."""
        if isinstance(self.value, str):
            return {None: figure_of(self.value)}
        return {tier: figure_of(self.value[tier]) for tier in tiers if tier in self.value}

    @property
    def is_delayed(self) -> bool:
        """Whether any of its points are promised first."""
        return self.delayed_accrual is not None or any(t.delay for t in self.tranches or ())
