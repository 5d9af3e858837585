"""The register of files: what each arrival became, told by the source's journal.

Belongs here: the state of a source as its `landing` commits promote it. Not here: deciding
anything about a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from loyalty_pipeline.ingest.arrival import Arrival
from loyalty_pipeline.journal.commits import Commit
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.warehouse.work_files import WorkFile

# The bytes; and of sales files without rows, which are all alike, the month and distributor that
# they say have no sales.
Content = tuple[str, tuple[str | None, str | None] | None]

# Feeds whose files tell how things are, not what happened: the same bytes may become true again.
_STANDING = frozenset({"distributors", "partners", "stores", "targets"})


def source_scope(source_id: str) -> str:
    """The journal and work folder of a source."""
    return f"source/{source_id}"


def file_partition(file_id: str) -> str:
    """The partition of a file's work files: enough of its hash to tell all files apart."""
    return file_id[:32]


@dataclass(frozen=True)
class FileRecord:
    """One arrival and what staging made of it. status: staged, refused, duplicate or waiting.

    A file that waits for approval has been read; nothing of it counts. Amounts are totals as the
    file writes them, null for feeds that have none or where one cannot be read. `delivers` is
    what the source delivered when the file was read: what it meant then, it means later too.
    """

    file_id: str
    arrival_id: str
    feed: str
    remote_name: str
    size: int
    landed_at: str
    vouched_by: str
    order: tuple[str, ...]
    file_date: str
    status: str
    reasons: tuple[str, ...] = ()
    rows_in: int | None = None
    rows_quarantined: int = 0
    rows_repeated: int = 0
    period: str | None = None
    distributor: str | None = None
    sequence: int | None = None
    control_rows: int | None = None
    control_amount: str | None = None
    amount_in: str | None = None
    amount_quarantined: str | None = None
    amount_repeated: str | None = None
    delivers: str = "increments"
    returns_signed: str = "negative"  # by the contract it was read under

    @property
    def content(self) -> Content:
        """What the file says, for telling whether another one says the same."""
        is_empty = self.feed == "sales" and self.rows_in == 0
        return (self.file_id, (self.period, self.distributor) if is_empty else None)

    @classmethod
    def of(cls, arrival: Arrival, status: str, **found: Any) -> FileRecord:
        """The record of an arrival."""
        control = arrival.control
        return cls(
            file_id=arrival.file_id,
            arrival_id=arrival.arrival_id,
            feed=arrival.feed,
            remote_name=arrival.remote_name,
            size=arrival.size,
            landed_at=arrival.landed_at.isoformat(timespec="microseconds"),
            vouched_by=arrival.vouched_by,
            order=arrival.order,
            file_date=arrival.file_date.isoformat(),
            status=status,
            period=arrival.period,
            distributor=arrival.distributor,
            sequence=arrival.sequence,
            control_rows=control.rows if control else None,
            control_amount=str(control.amount) if control and control.amount is not None else None,
            **found,
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FileRecord:
        """The reverse of `dataclasses.asdict`."""
        record = cls(**value)
        return replace(record, order=tuple(record.order), reasons=tuple(record.reasons))


@dataclass(frozen=True)
class SourceState:
    """Everything staged so far: files by order, and the work files in force."""

    head: int
    files: tuple[FileRecord, ...]  # in the order that decides which version is later
    promoted: Mapping[tuple[str, str], WorkFile]
    resolved_until: date | None  # the latest business date documents were resolved for
    next_due: date | None  # the first date on which a future-dated document counts

    def staged(self, feed: str) -> list[FileRecord]:
        """The files of a feed that count, from earlier to later."""
        return [
            record for record in self.files if record.feed == feed and record.status == "staged"
        ]

    def told(self, feed: str) -> list[FileRecord]:
        """What files of a feed without documents say and when, from earlier to later.

        The same bytes again change nothing. Only where a feed tells how things are, and another
        file said so meanwhile, bytes that came before are said again, from their new date on:
        active, inactive, active.
        """
        staged = {record.file_id for record in self.staged(feed)}
        told: list[FileRecord] = []
        for record in self.files:
            if record.feed != feed or record.file_id not in staged:
                continue
            is_said_again = (
                record.status == "duplicate"
                and feed in _STANDING
                and bool(told)
                and told[-1].file_id != record.file_id
            )
            if record.status == "staged" or is_said_again:
                told.append(record)
        return told

    def work_file(self, table: str, partition: str = "all") -> WorkFile | None:
        """The file in force of a table's partition."""
        return self.promoted.get((table, partition))

    def months(self) -> list[str]:
        """The months that hold documents."""
        return sorted(month for table, month in self.promoted if table == "sales_documents")


def source_state(journal: Journal, head: int | None = None) -> SourceState:
    """Fold the source's commits, all or those up to a number.

    Of an arrival that was decided on again the last word counts.
    """
    commits: list[Commit] = journal.commits()[:head]
    files = [
        FileRecord.from_json(value) for commit in commits for value in commit.draft.details["files"]
    ]
    details = commits[-1].draft.details if commits else {}
    return SourceState(
        head=len(commits),
        files=in_order({record.arrival_id: record for record in files}.values()),
        promoted=journal.promoted(len(commits)),
        resolved_until=_date(details.get("resolved_until")),
        next_due=_date(details.get("next_due")),
    )


def in_order(records: Iterable[FileRecord]) -> tuple[FileRecord, ...]:
    """Records from earlier to later, in the order that decides which version is later."""
    return tuple(sorted(records, key=lambda record: (record.order, record.arrival_id)))


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
