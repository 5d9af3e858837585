"""Messages and coupons of a program file: what rules may send or issue.

Belongs here: what one key may hold, alone. Not here: rendering or sending.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from loyalty_pipeline.program.base import Day, Identifier, Part, WholeNumber, shown

Channel = Literal["sms", "email", "push", "wechat"]
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _language(value: object) -> object:
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise ValueError(f"{shown(value)} is no language: write it as en, or as en-IN")
    return value


Language = Annotated[
    str,
    BeforeValidator(_language),
    WithJsonSchema({"type": "string", "pattern": f"^{_LANGUAGE.pattern}$"}),
]


class Message(Part):
    """A text in every channel and language it may be sent in."""

    id: Identifier = Field(description="Rules name it.")
    templates: dict[Channel, dict[Language, str]] = Field(
        min_length=1,
        description="Channel: language: text. {name} stands for a value of the event.",
    )
    subject: dict[Language, str] | None = Field(None, description="Subject of e-mails.")
    language: Identifier | None = Field(
        None,
        description="Custom field of the partner that names the language; the first one written "
        "where it names none.",
    )

    @property
    def names(self) -> frozenset[str]:
        """What its texts name, and the column that says in which language it is written."""
        texts = [text for languages in self.templates.values() for text in languages.values()]
        texts += (self.subject or {}).values()
        named = {name for text in texts for name in PLACEHOLDER.findall(text)}
        return frozenset(named | ({self.language_column} if self.language_column else set()))

    @property
    def language_column(self) -> str | None:
        """The column of events that has the partner's language, if the message asks for one."""
        return f"partner_{self.language}" if self.language else None


class Coupon(Part):
    """Codes that rules may issue, one an event."""

    id: Identifier = Field(description="Rules name it.")
    codes: Literal["generated"] | str = Field(
        "generated", description="A CSV file of codes beside the program, or 'generated'."
    )
    pool: tuple[str, ...] | None = Field(
        None, description="The codes of that file; filled when the program is loaded."
    )
    prefix: Annotated[str, Field(pattern=r"^[A-Z0-9-]{0,12}$")] = Field(
        "", description="What generated codes start with."
    )
    valid_days: Annotated[WholeNumber, Field(ge=0, le=3650)] | None = Field(
        None, description="Days after the day of issue until which a code is valid."
    )
    valid_until: Day | None = Field(None, description="The same as a date.")
