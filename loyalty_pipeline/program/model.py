"""The model of a program file: its keys, their types and their defaults.

Belongs here: what one key may hold, alone. Not here: sources (`sources`), what keys mean
together (`checks`), reading a file (`loader`). Keys of the SPEC that this version of the
product does not know yet are refused by name in `messages`.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator

from loyalty_pipeline.program.base import (
    Day,
    Identifier,
    Money,
    Part,
    Points,
    PointValue,
    Rate,
    WholeNumber,
)
from loyalty_pipeline.program.calendar import (
    MONTH_NAMES,
    Calendar,
    CycleLength,
    CycleNameError,
    parse_month,
)
from loyalty_pipeline.program.sources import Source

TierName = Annotated[str, Field(pattern=r"^\S(.{0,38}\S)?$")]
MonthName = Literal[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Rounding(Part):
    """How points are rounded: once, at one grain, on the magnitude."""

    decimals: Annotated[WholeNumber, Field(ge=0, le=3)] = Field(
        0, description="Decimals points have, 0 to 3."
    )
    mode: Literal["half_up", "half_even", "floor", "ceil"] = Field(
        "half_up", description="What happens at a half, or always (floor, ceil)."
    )
    grain: Literal["document", "cycle"] | None = Field(
        None,
        description="What is rounded: each document's points, or the cycle's sum; left out, each "
        "award as a whole.",
    )

    @property
    def slab_grain(self) -> Literal["document", "cycle"]:
        """The grain of a slab award, which as a whole is the cycle's sum."""
        return self.grain or "cycle"


class Band(Part):
    """One slab: the net sales of a cycle from an amount, included, up to another, excluded."""

    id: Identifier = Field(description="Stays when the band is reworded; reports show it.")
    from_: Annotated[Money, Field(ge=0)] = Field(
        alias="from", description="Lowest net sales of the band, included."
    )
    to: Money | None = Field(None, description="First amount above the band; the top has none.")
    rate: Rate = Field(description="Points per unit of money, as a percentage.")
    tier: TierName | None = Field(None, description="Tier that reaching the band earns.")
    cap: Annotated[Points, Field(ge=0)] | None = Field(
        None, description="Most points a partner in this band gets in a cycle."
    )


class Slabs(Part):
    """The slab table: which rate the net sales of a cycle earn."""

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


class Tiers(Part):
    """The ordered tiers; the first is the base tier that everyone holds."""

    order: tuple[TierName, ...] = Field(min_length=1, description="From the base tier upwards.")
    from_: Literal["slab", "cycle_sales"] = Field(
        alias="from", description="What earns a tier: the reached slab, or net sales of a cycle."
    )
    thresholds: dict[TierName, Annotated[Money, Field(gt=0)]] | None = Field(
        None, description="Net sales that earn each tier but the base; only with cycle_sales."
    )
    upgrade: Literal["at_close"] = Field(
        "at_close", description="When a tier comes into force: the day after its cycle."
    )
    kept: Annotated[WholeNumber, Field(ge=1, le=120)] = Field(
        1, description="Cycles that a tier, once earned, is in force."
    )
    grace_days: Literal[0] = Field(0, description="Days a tier outlasts its kept time.")
    downgrade: Literal["direct"] = Field(
        "direct", description="Where a tier that ends falls to: the one last earned."
    )

    @property
    def base(self) -> str:
        """The tier that everyone holds."""
        return self.order[0]


class Cap(Part):
    """A limit on the points of a partner in a cycle."""

    id: Identifier = Field(description="Named in forgone points.")
    per: Literal["partner"] = Field(description="Whose points are limited.")
    period: Literal["cycle"] = Field(description="Over which time.")
    points: Annotated[Points, Field(ge=0)] = Field(description="The most there can be.")


class Version(Part):
    """The rules from a date on."""

    effective_from: Day = Field(description="First day of these rules, and the version's name.")
    applies: Literal["by_cycle_start", "by_document_date", "retro_with_delta"] = Field(
        "by_cycle_start",
        description="Inside a cycle: from the next cycle, by each sale's date, or all of it.",
    )
    cycle: CycleLength = Field(description="Length of the evaluation cycle.")
    interim: Literal["none"] = Field("none", description="Awards before the cycle has ended.")
    restate: Literal["original_cycle", "own_cycle"] = Field(
        "original_cycle", description="Whose sales a referenced return reduces."
    )
    rounding: Rounding = Field(default=Rounding(decimals=0, mode="half_up", grain=None))
    slabs: Slabs | None = None
    tiers: Tiers | None = None
    caps: tuple[Cap, ...] = Field((), description="Limits, applied in the listed order.")
    clawback: Literal["allow_negative"] = Field(
        "allow_negative", description="What a decrease may take: all, also below zero."
    )
    expiry: Literal["none"] = Field("none", description="When points end: never.")

    @property
    def label(self) -> str:
        """How the version is called in tables: the day it is effective from."""
        return self.effective_from.isoformat()


class Program(Part):
    """A loyalty program: its calendar, its sources and the versions of its rules."""

    program: Identifier = Field(description="Identifier in every table.")
    name: str = Field(min_length=1, max_length=200, description="For people.")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code.")
    time_zone: str = Field(description="IANA zone of business dates, like Asia/Kolkata.")
    fiscal_start: Annotated[MonthName, BeforeValidator(_lower)] = Field(
        description="First month of the fiscal year."
    )
    first_cycle: str = Field(description="First month of the first cycle, like 2024-04.")
    point_value: PointValue = Field(description="Money a point, for finance.")
    before_enrolment: Literal["ignore", "earn"] = Field(
        "ignore", description="Whether sales dated before a partner's enrolment earn."
    )
    sources: tuple[Source, ...] = Field((), description="Where the feeds come from.")
    versions: tuple[Version, ...] = Field(min_length=1, description="The rules by date.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"'{value}' is no time zone: use one like Asia/Kolkata") from None
        return value

    @field_validator("first_cycle", mode="before")
    @classmethod
    def _a_month(cls, value: object) -> object:
        try:
            parse_month(str(value))
        except CycleNameError as error:
            raise ValueError(str(error)) from None
        return value

    @property
    def fiscal_start_month(self) -> int:
        """1 for January to 12 for December."""
        return MONTH_NAMES.index(self.fiscal_start) + 1

    @property
    def calendar(self) -> Calendar:
        """The program's cycles; all versions have one length (`checks`)."""
        return Calendar(self.versions[0].cycle, self.fiscal_start_month, self.first_cycle)
