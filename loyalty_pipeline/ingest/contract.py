"""What a file of each feed holds: its columns, and what one thing in it is.

Belongs here: the columns of every feed. Not here: how a source names and writes them (`dialect`),
what a value may be (`schemas`), or how bytes become columns (`blocks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loyalty_pipeline.program.columns import DOCUMENT_TYPES
from loyalty_pipeline.program.feeds import WITH_CUSTOM_FIELDS

Kind = Literal[
    "id",
    "text",
    "choice",
    "date",
    "month",
    "money",
    "unsigned_money",  # zero or more
    "quantity",
    "points",  # above zero
    "signed_points",
    "integer",
    "whole_number",
]

# Custom fields get a name that no column of ours can have: a program names them as it likes.
_CUSTOM = "custom."


@dataclass(frozen=True)
class Column:
    """A canonical column of a feed, or a custom field."""

    name: str
    kind: Kind
    required: bool = True
    choices: tuple[str, ...] = ()
    default: str | None = None  # what an empty text stands for

    @classmethod
    def of_custom_field(cls, field: str, kind: Literal["text", "whole_number"]) -> Column:
        """The column of a custom field."""
        return cls(f"{_CUSTOM}{field}", kind, required=False)

    @property
    def is_custom(self) -> bool:
        """Whether it is a custom field."""
        return self.name.startswith(_CUSTOM)

    @property
    def field(self) -> str:
        """Its name in program files and in reasons."""
        return self.name.removeprefix(_CUSTOM)


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

    @property
    def has_custom_fields(self) -> bool:
        """Whether its things may carry custom fields, staged as one column `custom`."""
        return self.feed in WITH_CUSTOM_FIELDS

    @property
    def custom_fields(self) -> tuple[Column, ...]:
        """The columns of the custom fields that a source names."""
        return tuple(column for column in self.columns if column.is_custom)

    @property
    def thing(self) -> str:
        """What the rows of a file are rows of, in reasons."""
        return self.key[0] if len(self.key) == 1 else self.feed.removesuffix("s")

    @property
    def subject(self) -> tuple[str, ...]:
        """The columns that tell what a row is about, when it has to be delivered again."""
        if self.feed in ("sales", "tenders"):
            return ("distributor_id", "document_no")
        return self.key

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


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
        "custom",
    ),
)
PARTNERS = FeedContract(
    "partners",
    (
        Column("partner_id", "id"),
        Column("name", "text"),
        Column("enrolled_on", "date", required=False),
        Column(
            "status", "choice", required=False, choices=("active", "inactive"), default="active"
        ),
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
        Column("target", "unsigned_money"),
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
