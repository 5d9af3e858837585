"""The base of every model in a program file, and the small value types they share.

Belongs here: what all parts of a program file have in common. Not here: any one part.
"""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Part(BaseModel):
    """A part of a program file: immutable, and unknown keys are errors, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)


class FromEnvironment(Part):
    """A value taken from the environment when it is needed, so that no file holds a secret."""

    env: str = Field(description="Name of the environment variable.")
    default: str | None = Field(None, description="Used when the variable is not set.")


Setting = str | FromEnvironment


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
            f"set it, or give it a default in the program file"
        )
    return value


class MissingSettingError(Exception):
    """A setting names an environment variable that is not set."""


def _exact(value: object) -> object:
    """Refuse YAML floats: 0.1 has no exact binary form, so write it as it is meant, in quotes."""
    if isinstance(value, float):
        try:
            return Decimal(repr(value))
        except InvalidOperation:  # inf and nan, which YAML can write
            return value
    return value


def _percent(value: object) -> object:
    if isinstance(value, str):
        text = value.strip()
        if not text.endswith("%"):
            raise ValueError(f"'{value}' is no percentage: write it with a percent sign, like 0.2%")
        try:
            return Decimal(text[:-1].strip()) / 100
        except InvalidOperation:
            raise ValueError(f"'{value}' is no percentage: write it like 0.2%") from None
    if isinstance(value, Decimal):
        return value
    raise ValueError(f"{value!r} is no percentage: write it with a percent sign, like 0.2%")


Money = Annotated[Decimal, BeforeValidator(_exact), Field(max_digits=18, decimal_places=2)]
Points = Annotated[Decimal, BeforeValidator(_exact), Field(max_digits=18, decimal_places=3)]
Rate = Annotated[Decimal, BeforeValidator(_percent), Field(ge=0, max_digits=9, decimal_places=6)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
