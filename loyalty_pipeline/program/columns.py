"""What conditions of each event may ask: its columns with their SQL types.

Belongs here: the list of columns and where each one's value is found. Not here: values, which the
calculation of each event puts into these columns; the language of conditions (`conditions`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from loyalty_pipeline.program.feeds import FeedName
from loyalty_pipeline.program.model import Program

Of = Literal["event", "partner", "store", "document"]
CustomFields = Mapping[FeedName, Mapping[str, str]]  # feed: field: text or whole_number

TEXT = "VARCHAR"
DATE = "DATE"
MONEY = "DECIMAL(18,2)"
POINTS = "DECIMAL(18,3)"
QUANTITY = "DECIMAL(18,3)"
WHOLE = "BIGINT"


@dataclass(frozen=True)
class Column:
    """A column of conditions; `field` is the custom field whose value it has, else None."""

    name: str
    type: str
    of: Of
    field: str | None = None


# What every event has. Balances are those of the end of the day before.
_ALL: dict[str, tuple[str, Of]] = {
    "event_date": (DATE, "event"),
    "event_month": (TEXT, "event"),  # 04
    "event_month_day": (TEXT, "event"),  # 04-15
    "partner_id": (TEXT, "event"),
    "partner_name": (TEXT, "partner"),
    "partner_status": (TEXT, "partner"),
    "enrolled_on": (DATE, "partner"),
    "tier": (TEXT, "event"),
    "current_points": (POINTS, "event"),
    "promised_points": (POINTS, "event"),
    "total_points": (POINTS, "event"),
}
_DOCUMENT: dict[str, tuple[str, Of]] = {
    "amount": (MONEY, "document"),
    "quantity": (QUANTITY, "document"),
    "document_no": (TEXT, "document"),
    "document_type": (TEXT, "document"),
    "document_date": (DATE, "document"),
    "distributor_id": (TEXT, "document"),
    "store_id": (TEXT, "document"),
}
_OF_EVENT: dict[str, dict[str, tuple[str, Of]]] = {
    "transaction": _DOCUMENT,
    "claim": _DOCUMENT,
    "registration": {},
    "customer_update": {},
    "scan": {
        "scan_id": (TEXT, "event"),
        "scanned_on": (DATE, "event"),
        "code": (TEXT, "event"),
        "sku": (TEXT, "event"),
        "points": (POINTS, "event"),
    },
    "delayed_accrual": {"points": (POINTS, "event"), "promised_on": (DATE, "event")},
    "cycle_close": {
        "net_sales": (MONEY, "event"),
        "documents": (WHOLE, "event"),
        "slab": (TEXT, "event"),
    },
    "campaign": {},
}
_UNROLLED: dict[str | None, dict[str, tuple[str, Of]]] = {
    None: {},
    "lines": {
        "line_no": (WHOLE, "event"),
        "sku": (TEXT, "event"),
        "category": (TEXT, "event"),
        "line_amount": (MONEY, "event"),
        "line_quantity": (QUANTITY, "event"),
    },
    "tenders": {"tender_type": (TEXT, "event"), "tender_amount": (MONEY, "event")},
}
EVENTS_WITH_DOCUMENT = ("transaction", "claim")
DOCUMENT_TYPES = ("invoice", "return", "credit_note", "cancellation")


def seen_in(column: str) -> str | None:
    """What rules must see to ask a column: lines or tenders; None where neither has it alone."""
    return next((unroll for unroll, found in _UNROLLED.items() if column in found), None)


def columns_of(event: str, unroll: str | None, custom: CustomFields) -> dict[str, Column]:
    """The columns that conditions of an event may name.

    Args:
        event: an event of rulesets, or campaign.
        unroll: lines or tenders, in a set that sees them.
        custom: the program's custom fields by feed.

    A custom field never takes the place of a column of the product; `fields_in_the_way` says
    which would.
    """
    found = {**_ALL, **_OF_EVENT[event], **_UNROLLED[unroll]}
    columns = {name: Column(name, sql_type, of) for name, (sql_type, of) in found.items()}
    for feed, field, kind in _custom(custom, event):
        name, of = _column_of_field(feed, field)
        columns.setdefault(name, Column(name, WHOLE if kind == "whole_number" else TEXT, of, field))
    return columns


def custom_fields(program: Program) -> CustomFields:
    """All custom fields of a program's sources; text where two sources differ."""
    found: dict[FeedName, dict[str, str]] = {}
    for source in program.sources:
        for feed, said in source.feeds.items():
            for field, kind in said.custom.items():
                same = found.setdefault(feed, {}).setdefault(field, kind)
                if same != kind:
                    found[feed][field] = "text"
    return found


def fields_in_the_way(custom: CustomFields) -> dict[tuple[FeedName, str], str]:
    """Custom fields whose column another one has already: feed and field, and that column."""
    taken = {*_ALL, *(name for columns in _OF_EVENT.values() for name in columns)}
    taken |= {name for columns in _UNROLLED.values() for name in columns}
    found = {}
    for feed, field, _ in _custom(custom, "transaction"):
        name, _of = _column_of_field(feed, field)
        if name in taken:
            found[feed, field] = name
        taken.add(name)
    return found


def _custom(custom: CustomFields, event: str) -> list[tuple[FeedName, str, str]]:
    """The custom fields that an event has: the partner's, and the document's and its store's."""
    feeds: list[FeedName] = ["partners"]
    if event in EVENTS_WITH_DOCUMENT:
        feeds += ["stores", "sales"]
    return [
        (feed, field, kind)
        for feed in feeds
        for field, kind in sorted(custom.get(feed, {}).items())
    ]


def _column_of_field(feed: FeedName, field: str) -> tuple[str, Of]:
    if feed == "partners":
        return f"partner_{field}", "partner"
    return (f"store_{field}", "store") if feed == "stores" else (field, "document")


_WORD = re.compile(r"[a-z][a-z0-9_]*")


def forgotten_fields(text: str, known: Mapping[str, Column], kind: str) -> dict[str, Column]:
    """Custom fields that a condition may name and no source declares any more, as one type.

    A version stays what it was published as: where a source drops a field, nobody has it, and
    the condition is asked as before.
    """
    found = {}
    for name in _WORD.findall(text):
        if name not in known:
            prefix, _, field = name.partition("_")
            of: Of = "document"
            if field and prefix in ("partner", "store"):
                of = "partner" if prefix == "partner" else "store"
            found[name] = Column(name, kind, of, name if of == "document" else field)
    return found
