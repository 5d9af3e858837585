"""What a row of the matrix says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from loyalty_pipeline.ingest.arrival import Control
from tests.unit.ingest.feed_files import SALES, sales
from tests.unit.ingest.wrapped_files import Keyring


@dataclass(frozen=True)
class Accepted:
    """Every row counts; of the rows, these values."""

    rows: int
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """The whole file, with reasons that contain this."""

    told: str


@dataclass(frozen=True)
class Quarantined:
    """These lines, for these reasons; the other rows count."""

    lines: Mapping[int, str]


@dataclass(frozen=True)
class File:
    """One file and what must become of it."""

    data: bytes | str | Callable[[Keyring], bytes]
    outcome: Accepted | Refused | Quarantined
    feed: str = "sales"
    form: Mapping[str, object] | Callable[[Keyring], Mapping[str, object]] = field(
        default_factory=dict
    )
    control: Control | None = None


ROW = "D1,invoice,1,2025-04-01,P1,1,A,10.00"
OTHER = "D1,invoice,2,2025-04-01,P2,1,A,5.00"
GOOD = sales(ROW, OTHER)
BYTES = GOOD.encode()
PARTNERS = "partner_id,name,email\nP1,Asha,a@example.com\n"


def line(**fields: str) -> str:
    """A file with one row that has these fields, and a good one after it."""
    row = dict(zip(SALES.split(","), ROW.split(","), strict=True)) | fields
    quoted = (f'"{value}"' if "," in value else value for value in row.values())
    return sales(",".join(quoted), OTHER, header=",".join(row))


def one(reasons: str, **fields: str) -> File:
    """A row that must be quarantined while the other one counts."""
    return File(line(**fields), Quarantined({2: reasons}))


def fine(**fields: str) -> File:
    """A row that must count as it is."""
    return File(line(**fields), Accepted(2, fields))


@dataclass(frozen=True)
class History:
    """Files by their day, and what must have become of them after the last day."""

    days: Mapping[str, Mapping[str, str]]
    documents: set[str]  # type, number, net amount and status
    held: Mapping[str, str] = field(default_factory=dict)  # raw line: reason
    files: Mapping[str, str] = field(default_factory=dict)  # only those not staged
    form: Mapping[str, object] = field(default_factory=dict)
