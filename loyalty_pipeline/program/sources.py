"""What a source is: where a dealer management system drops its files, and their contract.

Belongs here: the `sources` part of a program file (SPEC 2 and 3). Not here: connecting to a
server, which is `ingest.sftp`, or reading a file, which is `ingest.read_feed`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from loyalty_pipeline.program.base import FromEnvironment, Identifier, Part, Rate, Setting

FeedName = Literal["sales", "partners", "distributors", "redemptions"]

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
    "redemptions": ("redemption_id", "partner_id", "redeemed_on", "points", "reverses"),
}


class ControlFile(Part):
    """A file is complete when its control file is there and every total it gives agrees."""

    by: Literal["control_file"]
    suffix: str = Field(".ctl", description="Added to the data file's name, for example .ctl.")


class SettleTime(Part):
    """A file is complete when its size and modification time have not changed for a while."""

    by: Literal["settle_time"]
    seconds: int = Field(60, ge=0, le=86_400)


Completeness = Annotated[ControlFile | SettleTime, Field(discriminator="by")]


class Feed(Part):
    """One feed of a source: which files, and how their columns map to the canonical ones."""

    pattern: str = Field(
        description="Regular expression a whole file name must match. Named groups period "
        "(2025-04), date (2025-04-30) and sequence (digits) decide which file is later."
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Canonical column: name in the file's header. Unlisted ones have one name.",
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            groups = set(re.compile(value).groupindex)
        except re.error as error:
            raise ValueError(f"'{value}' is no regular expression: {error}") from None
        unknown = groups - {"period", "date", "sequence"}
        if unknown:
            raise ValueError(
                f"unknown group {', '.join(sorted(unknown))}: use period, date or sequence"
            )
        return value


class Source(Part):
    """Where files are dropped, how they are authenticated, complete and written."""

    id: Identifier
    host: Setting
    port: Setting = "22"
    user: Setting
    password: FromEnvironment | None = Field(None, description="Only ever from the environment.")
    key_file: Setting | None = Field(None, description="Path of a private key, mode 0600.")
    key_passphrase: FromEnvironment | None = None
    known_hosts: Setting = Field(description="Path of a known_hosts file that pins the host key.")
    path: str = Field("/", description="Folder on the server; only its files are looked at.")
    complete: Completeness = Field(default=ControlFile(by="control_file", suffix=".ctl"))
    max_file_bytes: int = Field(20_000_000_000, gt=0)
    delimiter: str = Field(",", description="One character, between columns.")
    date_format: str = Field("%Y-%m-%d", description="strftime format; dates are never guessed.")
    fiscal_start: int = Field(4, ge=1, le=12, description="First month of the fiscal year (1-12).")
    returns_signed: Literal["negative", "positive"] = Field(
        "negative", description="How the DMS signs amounts of returns and credit notes."
    )
    max_reject_rate: Rate | None = Field(
        None, description="Share of bad rows above which a whole file is refused; none by default."
    )
    feeds: dict[FeedName, Feed] = Field(min_length=1)

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        if len(value) != 1 or value in '"\r\n':
            raise ValueError(f"{value!r} is no single character that can stand between columns")
        return value

    @field_validator("date_format")
    @classmethod
    def _a_day(cls, value: str) -> str:
        if value == "%F" or all(re.search(part, value) for part in ("%[Yy]", "%[mbB]", "%d")):
            return value
        raise ValueError(f"'{value}' gives no day: write it with %Y, %m and %d, like %d/%m/%Y")

    @model_validator(mode="after")
    def _one_way_in(self) -> Source:
        if self.password is None and self.key_file is None:
            raise ValueError("give password (from the environment) or key_file, so we can log in")
        return self
