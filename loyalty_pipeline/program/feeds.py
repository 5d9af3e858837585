"""What a feed of a source is: which files, and how their columns map to the canonical ones.

Belongs here: the `feeds` part of a source (SPEC 2). Not here: the rules of each column, which
are `ingest.contract` and `ingest.schemas`.
"""

from __future__ import annotations

import re
import warnings
from typing import Literal

from pydantic import Field, field_validator

from loyalty_pipeline.program.completeness import Expected, IfMissing
from loyalty_pipeline.program.file_format import FormatOverride

FeedName = Literal[
    "sales",
    "partners",
    "distributors",
    "stores",
    "tenders",
    "targets",
    "redemptions",
    "scans",
    "claims",
    "instructions",
]

# The columns of each feed as the product names them (SPEC 2); a source maps its own to these.
CANONICAL_COLUMNS: dict[FeedName, tuple[str, ...]] = {
    "sales": (
        "document_no",
        "document_type",
        "original_document_no",
        "original_document_date",
        "original_line_no",
        "document_date",
        "partner_id",
        "distributor_id",
        "store_id",
        "line_no",
        "sku",
        "category",
        "quantity",
        "amount",
        "tender_type",
    ),
    "partners": ("partner_id", "name", "enrolled_on", "status", "email", "mobile"),
    "distributors": ("distributor_id", "name"),
    "stores": ("store_id",),
    "tenders": ("document_no", "distributor_id", "tender_type", "amount"),
    "targets": ("partner_id", "cycle", "category", "target"),
    "redemptions": ("redemption_id", "partner_id", "redeemed_on", "points", "reverses"),
    "scans": ("scan_id", "partner_id", "scanned_on", "code", "sku", "points"),
    "claims": (
        "claim_id",
        "partner_id",
        "distributor_id",
        "document_no",
        "document_date",
        "amount",
        "status",
        "reviewed_on",
        "reviewer",
    ),
    "instructions": (
        "instruction_id",
        "kind",
        "partner_id",
        "effective_on",
        "to_partner_id",
        "points",
        "document_no",
        "tier",
        "until",
        "reason",
        "maker",
        "checker",
    ),
}

# Feeds that may carry columns of their own, named by the program (SPEC 2).
WITH_CUSTOM_FIELDS: frozenset[FeedName] = frozenset({"sales", "partners", "distributors", "stores"})

# Whose values are shown masked where people look at rows that were kept out.
PERSONAL_COLUMNS: dict[FeedName, tuple[str, ...]] = {"partners": ("name", "email", "mobile")}

NAME_GROUPS = frozenset({"period", "date", "sequence", "distributor"})


class Feed(FormatOverride):
    """One feed of a source: which files, and how their columns map to the canonical ones."""

    pattern: str = Field(
        description="Regular expression a whole file name must match. Named groups period "
        "(2025-04), date (2025-04-30) and sequence (digits) decide which file is later; period "
        "and distributor say whose rows a file holds."
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Canonical column or custom field: name in the file's header. Unlisted ones "
        "have one name.",
    )
    constants: dict[str, str] = Field(
        default_factory=dict,
        description="Canonical column: the value of every row, for columns that files lack.",
    )
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Canonical column: what the DMS writes, and what it means, as in "
        "{document_type: {CR: credit_note}}. Other values stay as they are.",
    )
    custom: dict[str, Literal["text", "whole_number"]] = Field(
        default_factory=dict,
        description="Custom fields of the document, partner, distributor or store. Only whole "
        "numbers can be a basis of points.",
    )
    ignored: tuple[str, ...] = Field(
        (), description="Columns of the header that are known and not read."
    )
    personal: tuple[str, ...] | None = Field(
        None,
        description="Canonical columns shown masked; name, email and mobile of partners by "
        "default.",
    )
    gapless_from: int | None = Field(
        None,
        ge=0,
        description="Sequence numbers start here and have no gaps: a missing one is a missing "
        "file.",
    )
    expected: Expected | None = Field(None, description="Which files every period must have.")
    if_missing: IfMissing = Field(
        "wait",
        description="Whether a cycle with a missing file waits with its close, or proceeds.",
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        unknown = groups_of(value) - NAME_GROUPS
        if unknown:
            raise ValueError(
                f"unknown group {', '.join(sorted(unknown))}: use {', '.join(sorted(NAME_GROUPS))}"
            )
        return value


def groups_of(pattern: str) -> set[str]:
    """The named groups of a pattern.

    Raises:
        ValueError: it is no regular expression, or one that Python will read otherwise some day.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            return set(re.compile(pattern).groupindex)
    except (re.error, FutureWarning) as error:
        raise ValueError(f"'{pattern}' is no regular expression: {error}") from None
