"""The base of every model in a program file, and the small value types they share.

Belongs here: what all parts of a program file have in common. Not here: any one part.
"""

from __future__ import annotations

import os
import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    StrictInt,
    Tag,
    ValidationInfo,
    WithJsonSchema,
)

from loyalty_pipeline.program.calendar import FIRST_YEAR, LAST_YEAR


class Part(BaseModel):
    """A part of a program file: immutable, and unknown keys are errors, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)


def _as_text(value: object) -> object:
    """A port is written 22 as often as "22": both are meant."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_as_text)]


class FromEnvironment(Part):
    """A value taken from the environment when it is needed, so that no file holds a secret."""

    env: str = Field(description="Name of the environment variable.")
    default: Text | None = Field(None, description="Used when the variable is not set.")


def _which_setting(value: object) -> str:
    return "environment" if isinstance(value, dict | FromEnvironment) else "text"


Setting = Annotated[
    Annotated[Text, Tag("text")] | Annotated[FromEnvironment, Tag("environment")],
    Discriminator(_which_setting),
]


def resolve(setting: Setting | None, what: str) -> str | None:
    """The text of a setting; reads the environment only now.

    Raises:
        MissingSettingError: the variable is not set and has no default.
    """
    if setting is None or isinstance(setting, str):
        return setting
    value = os.environ.get(setting.env, setting.default)
    if value is None:
        raise MissingSettingError(
            f"{what} is taken from the environment variable {setting.env}, which is not set: "
            f"set it; what is no secret may have a default in the program file"
        )
    return value


class MissingSettingError(Exception):
    """A setting names an environment variable that is not set."""


_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_PERCENT = re.compile(r"(0|[1-9][0-9]{0,4})(\.[0-9]+)?\s*%")


def plain(value: Decimal) -> str:
    """The one way a decimal is written: no exponent, no trailing zeros."""
    return format(value.normalize(), "f") if value else "0"


def percent(rate: Decimal) -> str:
    """A rate as rules write it: 0.002 is 0.2%."""
    return f"{plain(rate * 100)}%"


def _exact(value: object) -> Decimal | int:
    """Digits become the decimal they spell; floats, grouped digits and exponents are refused.

    A float is refused because 0.1 has no exact binary form, `1_000` and `1,000` because YAML
    and people disagree about what they mean.
    """
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    raise ValueError(f"{shown(value)} is no number: write digits only, like 500000 or 500000.50")


# What figures stay below: points are computed in hundred-millionths, of which 64 bits hold 9.2e10
# points and a DECIMAL(18,8) ten thousand millions.
MAX_AMOUNT, MAX_POINTS = 10**12, 10**9


def _in_file(info: ValidationInfo) -> bool:
    """Whether this is a file that somebody can mend, and not what was published."""
    return bool(info.context and info.context.get("in_file"))


def too_large(figure: str, most: int) -> str:
    """Why a figure is refused."""
    return f"{figure} is too large: it must be below {most}"


def _below(most: int) -> BeforeValidator:
    def limited(value: Decimal | int, info: ValidationInfo) -> Decimal | int:
        if _in_file(info) and not -most < value < most:
            raise ValueError(too_large(shown(value), most))
        return value

    return BeforeValidator(limited)


def _percent(value: object, info: ValidationInfo) -> object:
    if isinstance(value, Decimal) and not _in_file(info):
        return value
    if not isinstance(value, str) or not _PERCENT.fullmatch(value.strip()):
        raise ValueError(
            f"{shown(value)} is no percentage: write it with a percent sign, like 0.2%"
        )
    digits = value.strip()[:-1].strip()
    if len(digits.partition(".")[2].rstrip("0")) > 4:
        raise ValueError(f"'{value}' has more than 4 decimals: rates are kept as 6-digit fractions")
    return Decimal(digits) / 100


def _iso_date(value: object) -> date:
    """Only a date or YYYY-MM-DD: pydantic would take 86400 for the second day of 1970."""
    if type(value) is date:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"'{value}' is no day of the calendar") from None
    raise ValueError(f"{shown(value)} is no date: write it as year-month-day, like 2025-04-01")


def _of_calendar(day: date, info: ValidationInfo) -> date:
    if _in_file(info) and not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"{day} is no day of the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


def shown(value: object) -> str:
    """A value as a message shows it: as it was written, not as Python holds it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"'{str(value).lower()}'"
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    return f"'{text if len(text) <= 60 else text[:57] + '...'}'"


_DIGITS = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{_NUMBER.pattern}$"}]}
_AS_DIGITS = PlainSerializer(plain, return_type=str, when_used="json")

# The validator that is listed last is the first one.
Money = Annotated[
    Decimal,
    _below(MAX_AMOUNT),
    BeforeValidator(_exact),
    Field(max_digits=18, decimal_places=2),
    _AS_DIGITS,
    WithJsonSchema(_DIGITS),
]
Points = Annotated[
    Decimal,
    _below(MAX_AMOUNT),
    BeforeValidator(_exact),
    Field(max_digits=18, decimal_places=3),
    _AS_DIGITS,
    WithJsonSchema(_DIGITS),
]
Award = Annotated[
    Decimal,
    _below(MAX_POINTS),
    BeforeValidator(_exact),
    Field(max_digits=18, decimal_places=3),
    _AS_DIGITS,
    WithJsonSchema(_DIGITS),
]
PointValue = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(gt=0, max_digits=12, decimal_places=6),
    _AS_DIGITS,
    WithJsonSchema(_DIGITS),
]
Rate = Annotated[
    Decimal,
    BeforeValidator(_percent),
    Field(ge=0, max_digits=9, decimal_places=6),
    PlainSerializer(percent, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{_PERCENT.pattern}$"}),
]
Day = Annotated[
    date,
    BeforeValidator(_of_calendar),
    BeforeValidator(_iso_date),
    WithJsonSchema({"type": "string", "format": "date"}),
]
WholeNumber = StrictInt
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
TierName = Annotated[str, Field(pattern=r"^\S(.{0,38}\S)?$")]
