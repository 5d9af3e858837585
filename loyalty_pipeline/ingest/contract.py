"""What a file of each feed must look like: its columns, its header, what one thing in it is.

Belongs here: the columns of a feed and how a file's header is matched with them. Not here: what a
value may be (`schemas`), or how bytes become columns (`blocks`).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "id",
    "text",
    "choice",
    "date",
    "month",
    "money",
    "quantity",
    "points",  # above zero
    "signed_points",
    "integer",
]


@dataclass(frozen=True)
class Column:
    """A canonical column of a feed."""

    name: str
    kind: Kind
    required: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeedContract:
    """What a feed's files hold.

    `key` names one thing; in feeds of documents a thing has several lines, told apart by `line`,
    that agree on `header`. Elsewhere a thing is one line.
    """

    feed: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    amount: str | None = None  # what a control file's amount is the total of
    line: str | None = None
    header: tuple[str, ...] = ()

    @property
    def has_documents(self) -> bool:
        """Whether the lines of this feed make up documents that stand or fall as a whole."""
        return self.line is not None

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


DOCUMENT_TYPES = ("invoice", "return", "credit_note", "cancellation")

SALES = FeedContract(
    "sales",
    (
        Column("distributor_id", "id"),
        Column("document_type", "choice", choices=DOCUMENT_TYPES),
        Column("document_no", "id"),
        Column("document_date", "date"),
        Column("partner_id", "id"),
        Column("store_id", "id", required=False),
        Column("line_no", "integer"),
        Column("sku", "id", required=False),
        Column("category", "id", required=False),
        Column("quantity", "quantity", required=False),
        Column("amount", "money"),
        Column("original_document_no", "id", required=False),
        Column("original_document_date", "date", required=False),
        Column("original_line_no", "integer", required=False),
        Column("tender_type", "id", required=False),
    ),
    key=("distributor_id", "document_type", "document_no", "fiscal_year"),
    amount="amount",
    line="line_no",
    header=(
        "document_date",
        "partner_id",
        "store_id",
        "original_document_no",
        "original_document_date",
    ),
)
PARTNERS = FeedContract(
    "partners",
    (
        Column("partner_id", "id"),
        Column("name", "text"),
        Column("enrolled_on", "date", required=False),
        Column("status", "choice", required=False, choices=("active", "inactive")),
        Column("email", "text", required=False),
        Column("mobile", "text", required=False),
    ),
    key=("partner_id",),
)
DISTRIBUTORS = FeedContract(
    "distributors",
    (Column("distributor_id", "id"), Column("name", "text")),
    key=("distributor_id",),
)
REDEMPTIONS = FeedContract(
    "redemptions",
    (
        Column("redemption_id", "id"),
        Column("partner_id", "id"),
        Column("redeemed_on", "date"),
        Column("points", "points"),
        Column("reverses", "id", required=False),
    ),
    key=("redemption_id",),
    amount="points",
)
STORES = FeedContract("stores", (Column("store_id", "id"),), key=("store_id",))
# A payment has no number of its own: two equal lines of a file are one payment (SPEC 2).
TENDERS = FeedContract(
    "tenders",
    (
        Column("distributor_id", "id"),
        Column("document_no", "id"),
        Column("tender_type", "id"),
        Column("amount", "money"),
    ),
    key=("distributor_id", "document_no", "tender_type", "amount"),
    amount="amount",
)
TARGETS = FeedContract(
    "targets",
    (
        Column("partner_id", "id"),
        Column("cycle", "month"),
        Column("category", "id", required=False),
        Column("target", "money"),
    ),
    key=("partner_id", "cycle", "category"),
    amount="target",
)
SCANS = FeedContract(
    "scans",
    (
        Column("scan_id", "id"),
        Column("partner_id", "id"),
        Column("scanned_on", "date"),
        Column("code", "id"),
        Column("sku", "id"),
        Column("points", "points", required=False),
    ),
    key=("scan_id",),
)
CLAIMS = FeedContract(
    "claims",
    (
        Column("claim_id", "id"),
        Column("partner_id", "id"),
        Column("distributor_id", "id", required=False),
        Column("document_no", "id"),
        Column("document_date", "date"),
        Column("amount", "money"),
        Column("status", "choice", choices=("submitted", "approved", "rejected")),
        Column("reviewed_on", "date", required=False),
        Column("reviewer", "text", required=False),
    ),
    key=("claim_id",),
    amount="amount",
)
INSTRUCTIONS = FeedContract(
    "instructions",
    (
        Column("instruction_id", "id"),
        Column(
            "kind",
            "choice",
            choices=(
                "import_points",
                "adjust",
                "transfer",
                "merge",
                "extend",
                "release",
                "cancel_promise",
                "hold",
                "unhold",
                "set_tier",
            ),
        ),
        Column("partner_id", "id"),
        Column("effective_on", "date"),
        Column("to_partner_id", "id", required=False),
        Column("points", "signed_points", required=False),
        Column("document_no", "id", required=False),
        Column("tier", "text", required=False),
        Column("until", "date", required=False),
        Column("reason", "text"),
        Column("maker", "id"),
        Column("checker", "id"),
    ),
    key=("instruction_id",),
)
CONTRACTS = {
    contract.feed: contract
    for contract in (
        SALES,
        PARTNERS,
        DISTRIBUTORS,
        STORES,
        TENDERS,
        TARGETS,
        REDEMPTIONS,
        SCANS,
        CLAIMS,
        INSTRUCTIONS,
    )
}


@dataclass(frozen=True)
class Layout:
    """How one file's columns stand: the header's names in order, and where each column is."""

    names: tuple[str, ...]
    places: Mapping[str, int]  # canonical column -> position in the file; absent ones are not here

    @property
    def width(self) -> int:
        """How many fields a line has."""
        return len(self.names)


def read_header(
    line: str, delimiter: str, contract: FeedContract, column_map: Mapping[str, str]
) -> tuple[Layout | None, list[str]]:
    """Match a header line with the contract: a layout, or every reason why there is none."""
    reasons: list[str] = []
    try:
        names = tuple(next(csv.reader([line], delimiter=delimiter, strict=True), []))
    except csv.Error as error:
        return None, [f"line 1: the header cannot be read ({error}): mend its quotes"]
    names_of = {
        column.name: column_map.get(column.name, column.name) for column in contract.columns
    }
    for name in sorted({name for name in names if names.count(name) > 1}):
        reasons.append(f"line 1: the header names {name!r} twice: name every column once")
    known = set(names_of.values())
    expected = ", ".join(
        f"[{names_of[c.name]}]" if not c.required else names_of[c.name] for c in contract.columns
    )
    for name in dict.fromkeys(names):
        if name not in known:
            reasons.append(
                f"line 1: unknown column {name!r}, expected {expected} separated by "
                f"{delimiter!r}: correct the file, or the source's columns and delimiter"
            )
    for column in contract.columns:
        if column.required and names_of[column.name] not in names:
            reasons.append(
                f"line 1: the column {names_of[column.name]!r} is missing from the header: "
                f"add it to the file, or map {column.name} to its name in the source's columns"
            )
    if reasons:
        return None, reasons
    places = {name: names.index(shown) for name, shown in names_of.items() if shown in names}
    return Layout(names, places), []
