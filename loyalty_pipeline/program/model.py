"""The model of a program file: its keys, their types and their defaults.

Belongs here: what one key may hold, alone. Not here: sources (`sources`), what keys mean
together (`checks`), reading a file (`loader`). Keys of the SPEC that this version of the
product does not know yet are refused by name in `messages`.
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator

from loyalty_pipeline.program.base import Day, Identifier, Part, PointValue
from loyalty_pipeline.program.calendar import (
    MONTH_NAMES,
    Calendar,
    CycleLength,
    CycleNameError,
    MonthName,
    parse_month,
)
from loyalty_pipeline.program.campaigns import Campaign
from loyalty_pipeline.program.limits import Cap
from loyalty_pipeline.program.notices import Coupon, Message
from loyalty_pipeline.program.rounding import Rounding
from loyalty_pipeline.program.rulesets import Ruleset
from loyalty_pipeline.program.slabs import FurtherSlabs, Slabs
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.program.strategies import Strategy
from loyalty_pipeline.program.tier_rules import Tiers


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Version(Part):
    """The rules from a date on."""

    effective_from: Day = Field(description="First day of these rules, and the version's name.")
    applies: Literal["by_cycle_start", "by_document_date", "retro_with_delta"] = Field(
        "by_cycle_start",
        description="Inside a cycle: from the next cycle, by each sale's date, or all of it.",
    )
    cycle: CycleLength = Field(description="Length of the evaluation cycle.")
    interim: Literal["none", "monthly"] = Field(
        "none", description="Whether slabs pay only at the end, or after every month."
    )
    restate: Literal["original_cycle", "own_cycle"] = Field(
        "original_cycle", description="Whose sales a referenced return reduces."
    )
    rounding: Rounding = Field(default=Rounding(decimals=0, mode="half_up", grain=None))
    slabs: Slabs | None = Field(None, description="The slab table that shows and gives tiers.")
    further_slabs: tuple[FurtherSlabs, ...] = Field((), description="Slab tables beside it.")
    tiers: Tiers | None = None
    lists: dict[Identifier, str | tuple[str, ...]] = Field(
        default_factory=dict,
        description="Name: a CSV file beside the program, whose first column conditions ask with "
        "'partner_id in NAME'.",
    )
    strategies: tuple[Strategy, ...] = Field((), description="Ways to points, for rules.")
    stacking: Literal["best", "additive", "multiplicative"] | None = Field(
        None, description="What several promotions of one event come to; needed by multipliers."
    )
    rulesets: tuple[Ruleset, ...] = Field((), description="Which events get what.")
    messages: tuple[Message, ...] = Field((), description="What rules may send.")
    coupons: tuple[Coupon, ...] = Field((), description="What rules may issue.")
    caps: tuple[Cap, ...] = Field((), description="Limits, from narrow to wide scopes.")
    campaigns: tuple[Campaign, ...] = Field((), description="Awards on dates.")
    clawback: Literal["allow_negative"] = Field(
        "allow_negative", description="What a decrease may take: all, also below zero."
    )
    expiry: Literal["none"] = Field("none", description="When points end: never.")

    @property
    def label(self) -> str:
        """How the version is called in tables: the day it is effective from."""
        return self.effective_from.isoformat()

    def slab_table(self, table_id: str) -> FurtherSlabs | None:
        """The slab table of that id beside the main one, if this version has it."""
        return next((table for table in self.further_slabs if table.id == table_id), None)


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
        """The program's cycles, as these versions say: ask a program with the published ones."""
        lengths = [(version.effective_from, version.cycle) for version in self.versions]
        return Calendar.of(lengths, self.fiscal_start, self.first_cycle)
