"""What a message says: its text in the partner's language, values in the place of their names.

Belongs here: choosing the language and putting values in. Not here: what values there are
(`earning.notice_fields`), or when a message is written (`notices`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loyalty_pipeline.program.notices import PLACEHOLDER, Message


@dataclass(frozen=True)
class Worded:
    """A message by one channel, as it is sent."""

    channel: str
    language: str
    subject: str | None
    text: str


def worded(message: Message, values: Mapping[str, str | None]) -> list[Worded]:
    """A message in each of its channels, in the order in which these are written."""
    asked = values.get(message.language_column) if message.language_column else None
    found = []
    for channel, texts in message.templates.items():
        language = asked if asked in texts else next(iter(texts))
        subject = None
        if channel == "email" and message.subject:
            # A header is one line, whatever a value holds.
            subject = " ".join(filled(message.subject[language], values).split())
        found.append(Worded(channel, language, subject, filled(texts[language], values)))
    return found


def filled(template: str, values: Mapping[str, str | None]) -> str:
    """A template with values in the place of their names.

    Braces inside a value are text: what came in a file never names anything. What is not known of
    the event is left out.
    """
    return PLACEHOLDER.sub(lambda found: values.get(found[1]) or "", template)
