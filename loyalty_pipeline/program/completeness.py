"""When a file is complete, and which files a period must have.

Belongs here: the `complete`, `expected` and `gapless_from` keys of a source (SPEC 3). Not here:
looking at the drop folder (`ingest.landing`) or at what has come (`ingest.coverage`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from loyalty_pipeline.program.base import Part
from loyalty_pipeline.program.calendar import CycleNameError, parse_month


class ControlFile(Part):
    """A file is complete when its control file is there and every total it gives agrees."""

    by: Literal["control_file"]
    suffix: str = Field(".ctl", description="Added to the data file's name, for example .ctl.")


class Marker(Part):
    """A file is complete when an empty file beside it says so."""

    by: Literal["marker"]
    suffix: str = Field(".done", description="Added to the data file's name, for example .done.")


class Rename(Part):
    """A file is complete as soon as it has its name: the DMS writes under another one."""

    by: Literal["rename"]


class SettleTime(Part):
    """A file is complete when its size and modification time have not changed for a while."""

    by: Literal["settle_time"]
    seconds: int = Field(60, ge=0, le=86_400)


Completeness = Annotated[ControlFile | Marker | Rename | SettleTime, Field(discriminator="by")]

IfMissing = Literal["wait", "proceed"]


class Expected(Part):
    """Which files every period must have; a month has ended before its files are missed."""

    per: Literal["month", "distributor_and_month"]
    first_period: str = Field(description="The first month of which files are expected: 2025-04.")
    distributors: tuple[str, ...] = Field(
        (),
        description="Whose files, with distributor_and_month; all of the distributors feed by "
        "default.",
    )
    days_after: int = Field(
        5, ge=0, le=366, description="Days after a month's end from which a file is overdue."
    )

    @field_validator("first_period")
    @classmethod
    def _a_month(cls, value: str) -> str:
        try:
            parse_month(value)
        except CycleNameError as error:
            raise ValueError(str(error)) from None
        return value
