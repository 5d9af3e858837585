"""What texts of messages name of an event, kept with the event that sends them.

Belongs here: which columns messages name, and their values as people read them. Not here:
putting columns together (`matching`), or the text itself, which is `ledger.wording`.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from loyalty_pipeline.program.columns import MONEY, POINTS, QUANTITY, Column
from loyalty_pipeline.program.model import Version

# Told with the event itself: `points` is what the event earned, not what a scan's file says.
_NOT_OF_THE_EVENT = frozenset({"points", "program", "rule", "event"})


@dataclass(frozen=True)
class Named:
    """The columns that messages name, and the SQL of their values as one JSON object."""

    columns: tuple[Column, ...]
    expression: str


def named_by(version: Version, sent: Set[str]) -> frozenset[str]:
    """What the messages that are sent name of their event."""
    found = frozenset[str]().union(
        *(message.names for message in version.messages if message.id in sent)
    )
    return found - _NOT_OF_THE_EVENT


def fields_named(version: Version, sent: Set[str], known: Mapping[str, Column]) -> Named:
    """The columns that the messages that are sent name, of those that their events have."""
    columns = tuple(known[name] for name in sorted(named_by(version, sent) & known.keys()))
    if not columns:
        return Named((), "cast(null as varchar)")
    pairs = ", ".join(f"'{column.name}', {_read(column)}" for column in columns)
    return Named(columns, f"cast(json_object({pairs}) as varchar)")


def _read(column: Column) -> str:
    """A value as people read it: 100 and 12.5 points, 1500 and 12.50 of money, ISO dates."""
    if column.type in (POINTS, QUANTITY):
        return f"rtrim(rtrim(cast(cast({column.name} as decimal(18, 3)) as varchar), '0'), '.')"
    if column.type == MONEY:
        return f"replace(cast(cast({column.name} as decimal(18, 2)) as varchar), '.00', '')"
    return f"cast({column.name} as varchar)"
