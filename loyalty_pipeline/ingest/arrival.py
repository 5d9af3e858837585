"""What is known about one file that came: the record of its arrival and its control file.

Belongs here: the two records that landing writes and staging reads. Not here: how a file comes
(`ingest.landing`) or what is in it (`ingest.read_feed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Control:
    """What a control file says; the totals that are given are enforced by staging."""

    rows: int | None
    amount: Decimal | None
    sha256: str | None
    period: str | None = None  # the last four stand for what the name does not say
    distributor: str | None = None
    sequence: int | None = None
    date: date | None = None


@dataclass(frozen=True)
class Arrival:
    """One file as it came; stored as sealed JSON."""

    source: str
    feed: str
    remote_name: str
    size: int
    mtime: int  # seconds since 1970
    file_id: str  # SHA-256 of the bytes, 64 hex digits
    landed_at: datetime
    vouched_by: str  # control_file, marker, rename, settle_time or case
    control: Control | None
    order: tuple[str, ...]  # decides which of two versions is later
    file_date: date
    arrival_id: str  # SHA-256 of name, size, mtime and control: the same is never fetched twice
    period: str | None = None  # the month it covers (2025-04), by its name or control file
    distributor: str | None = None  # whose rows it holds, by its name or control file
    sequence: int | None = None  # its number, by its name or control file
