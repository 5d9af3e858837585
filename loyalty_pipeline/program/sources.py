"""What a source is: where a dealer management system drops its files, and their contract.

Belongs here: the `sources` part of a program file (SPEC 2 and 3). Not here: its feeds (`feeds`),
how files are written (`file_format`), connecting to a server, which is `ingest.sftp`.
"""

from __future__ import annotations

import posixpath
from typing import Literal

from pydantic import Field, model_validator

from loyalty_pipeline.program.base import FromEnvironment, Identifier, Rate, Setting
from loyalty_pipeline.program.completeness import (
    Completeness,
    ControlFile,
    Marker,
    Rename,
    SettleTime,
)
from loyalty_pipeline.program.feeds import PERSONAL_COLUMNS, Feed, FeedName
from loyalty_pipeline.program.file_format import FileFormat

__all__ = [
    "Completeness",
    "ControlFile",
    "Feed",
    "FeedName",
    "FileFormat",
    "Marker",
    "Rename",
    "SettleTime",
    "Source",
]


class Source(FileFormat):
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
    archive_to: str | None = Field(
        None, description="Folder on the server that landed files are moved to; none by default."
    )
    rejects_to: str | None = Field(
        None, description="Folder on the server that reject files are put in; none by default."
    )
    complete: Completeness = Field(default=ControlFile(by="control_file", suffix=".ctl"))
    max_file_bytes: int = Field(20_000_000_000, gt=0)
    max_files: int = Field(100_000, gt=0, description="New files one look into the folder takes.")
    max_bytes: int = Field(
        200_000_000_000, gt=0, description="Bytes one look takes, unless one file has more."
    )
    fiscal_start: int = Field(4, ge=1, le=12, description="First month of the fiscal year (1-12).")
    returns_signed: Literal["negative", "positive"] = Field(
        "negative", description="How the DMS signs amounts of returns and credit notes."
    )
    delivers: Literal["increments", "full_period"] = Field(
        "increments",
        description="full_period: a sales file replaces what it covers, the period and "
        "distributor of its name or control file, else the distributors and months of its rows.",
    )
    supersede: Literal["auto", "approve"] = Field(
        "auto",
        description="approve: a file that changes documents already counted waits for "
        "`loyalty files approve`.",
    )
    max_reject_rate: Rate | None = Field(
        None, description="Share of bad rows above which a whole file is refused; none by default."
    )
    feeds: dict[FeedName, Feed] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_way_in(self) -> Source:
        if self.password is None and self.key_file is None:
            raise ValueError("give password (from the environment) or key_file, so we can log in")
        return self

    @model_validator(mode="after")
    def _folders_apart(self) -> Source:
        drop = _plain_folder(self.path)
        others = [
            (name, _plain_folder(folder))
            for name, folder in (("archive_to", self.archive_to), ("rejects_to", self.rejects_to))
            if folder is not None
        ]
        for name, folder in others:
            if folder == drop:
                raise ValueError(f"{name} is the drop folder itself: name another folder")
        if len(others) == 2 and others[0][1] == others[1][1]:
            raise ValueError("archive_to and rejects_to are one folder: name two")
        return self

    def format_of(self, feed: str) -> FileFormat:
        """How files of a feed are written: as the source says, unless the feed says otherwise."""
        names = list(FileFormat.model_fields)
        contract = self._feed(feed)
        own = {name: getattr(contract, name) for name in names} if contract else {}
        values = {
            name: getattr(self, name) if own.get(name) is None else own[name] for name in names
        }
        return FileFormat.model_construct(**values)

    def personal_columns(self, feed: str) -> tuple[str, ...]:
        """Canonical columns of a feed whose values are shown masked."""
        contract = self._feed(feed)
        if contract is not None and contract.personal is not None:
            return contract.personal
        return next((names for name, names in PERSONAL_COLUMNS.items() if name == feed), ())

    def _feed(self, feed: str) -> Feed | None:
        return next((contract for name, contract in self.feeds.items() if name == feed), None)


def _plain_folder(folder: str) -> str:
    """A folder as its server understands it, for telling two apart."""
    return posixpath.normpath(f"/{folder}")
