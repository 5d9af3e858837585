"""Coverage: which files of which period and distributor have come, and which are missing.

Belongs here: comparing the register with what the contract expects (`expected`, `gapless_from`).
Not here: what a missing file holds up in a program, which is `ledger.held_up`.

A file is expected of every month (and distributor) once the month has ended. A number is missing
when a higher one has come. Both are told of every feed; with a distributor in the name numbers
are counted for each by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from loyalty_pipeline.ingest.register import (
    FileRecord,
    SourceState,
    file_partition,
    source_scope,
    source_state,
)
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.calendar import MONTH_NAMES, Cycle, next_month, parse_month
from loyalty_pipeline.program.completeness import Expected
from loyalty_pipeline.program.feeds import Feed
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home

# A name that is misread can open a gap of millions: it holds up as much as its first thousand.
_MOST_MISSING = 1000
_BECAME = {"staged": "arrived", "duplicate": "arrived", "waiting": "waiting", "refused": "refused"}
_BEST_FIRST = ("arrived", "waiting", "refused")


@dataclass(frozen=True)
class Coverage:
    """One file that should be there. status: arrived, missing, overdue, refused or waiting.

    A waiting file has come and counts once it is approved. Where `sequence` is given, the file is
    known by its number; else it is the one a period should have.
    """

    source: str
    feed: str
    period: str | None
    distributor: str | None
    sequence: int | None
    expected_by: date | None  # from then on it is overdue
    status: str
    file_id: str | None
    remote_name: str | None
    # The close of cycles that start on or before this day waits for it: those that hold its
    # period, or, for a number, all that are not closed yet. None: none waits.
    blocks: date | None

    def holds_up(self, cycle: Cycle) -> bool:
        """Whether the close of a cycle that is not closed yet waits for this file."""
        if self.blocks is None or cycle.start > self.blocks:
            return False
        if self.sequence is not None or self.period is None:
            return True
        return parse_month(self.period).start < cycle.end

    @property
    def in_words(self) -> str:
        """What it is and what became of it: sales of D2, 2025-05 (expected since 5 June)."""
        number = f" number {self.sequence}" if self.sequence is not None else ""
        of = f" of {self.distributor}" if self.distributor else ""
        period = f", {self.period}" if self.period and self.sequence is None else ""
        return f"{self.feed}{number}{of}{period} ({self._state})"

    @property
    def _state(self) -> str:
        if self.status == "refused":
            return f"{self.remote_name} was refused"
        if self.status == "waiting":
            return f"{self.remote_name} waits to be approved"
        if self.status == "arrived":
            return f"{self.remote_name} has come"
        if self.expected_by is None:
            return "a later one has come"
        word = "since" if self.status == "overdue" else "by"
        day = f"{self.expected_by.day} {MONTH_NAMES[self.expected_by.month - 1].capitalize()}"
        year = "" if (self.period or "")[:4] == f"{self.expected_by:%Y}" else self.expected_by.year
        return f"expected {word} {day} {year}".rstrip()


def coverage(
    source: Source, state: SourceState, today: date, distributors: Mapping[str, str]
) -> list[Coverage]:
    """What has come of what the contract expects, feed by feed.

    Args:
        distributors: those of the distributors feed, each with the first month of which its
            files are expected; asked only where the contract does not list them.
    """
    found: list[Coverage] = []
    for feed, contract in source.feeds.items():
        records = [record for record in state.files if record.feed == feed]
        if contract.expected:
            slots = _slots(contract.expected, today, distributors)
            found += _expected(source.id, feed, contract, contract.expected, slots, records, today)
        if contract.gapless_from is not None:
            found += _numbers(source.id, feed, contract, contract.gapless_from, records)
    return found


def coverage_now(source: Source, home: Home, today: date) -> list[Coverage]:
    """The same, with what is staged now."""
    wanted = [c for c in source.feeds.values() if c.expected or c.gapless_from is not None]
    if not wanted:
        return []
    state = source_state(Journal(home, source_scope(source.id)))
    by_feed = any(_asks_for_distributors(contract.expected) for contract in wanted)
    return coverage(source, state, today, _known_distributors(home, state) if by_feed else {})


def _asks_for_distributors(expected: Expected | None) -> bool:
    return expected is not None and expected.per != "month" and not expected.distributors


def _slots(
    expected: Expected, today: date, distributors: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    """Every period that has ended and has a file to come, with whose file it is."""
    month = parse_month(expected.first_period)
    listed = dict.fromkeys(expected.distributors, expected.first_period)
    while month.end <= today:
        if expected.per == "month":
            yield month.name, None
        else:
            for name, first in sorted((listed or distributors).items()):
                if first <= month.name:
                    yield month.name, name
        month = next_month(month)


def _expected(
    source_id: str,
    feed: str,
    contract: Feed,
    expected: Expected,
    slots: Iterator[tuple[str, str | None]],
    records: Sequence[FileRecord],
    today: date,
) -> Iterator[Coverage]:
    came: dict[tuple[str | None, str | None], list[FileRecord]] = defaultdict(list)
    for one in records:
        whose = None if expected.per == "month" else one.distributor
        came[one.period, whose].append(one)
    for period, distributor in slots:
        last_day = parse_month(period).end - timedelta(days=1)
        expected_by = last_day + timedelta(days=expected.days_after)
        status, record = _best(came[period, distributor])
        if record is None:
            status = "overdue" if today >= expected_by else "missing"
        waits = status != "arrived" and contract.if_missing == "wait"
        yield Coverage(
            source=source_id,
            feed=feed,
            period=period,
            distributor=distributor,
            sequence=None,
            expected_by=expected_by,
            status=status,
            file_id=record.file_id if record else None,
            remote_name=record.remote_name if record else None,
            blocks=last_day if waits else None,
        )


def _numbers(
    source_id: str, feed: str, contract: Feed, first: int, records: Sequence[FileRecord]
) -> Iterator[Coverage]:
    """Every number up to the highest that has come; what lies before a come one and has not."""
    came: dict[str | None, dict[int, list[FileRecord]]] = defaultdict(lambda: defaultdict(list))
    for one in records:
        if one.sequence is not None and one.sequence >= first:
            came[one.distributor][one.sequence].append(one)
    for distributor, files in sorted(came.items(), key=lambda item: item[0] or ""):
        expected, named = first, 0
        for number in sorted(files):
            status, record = _best(files[number])
            assert record is not None
            about = max(date.fromisoformat(file.file_date) for file in files[number])
            shown = range(expected, min(number, expected + _MOST_MISSING - named))
            for missing in shown:
                yield _number(source_id, feed, contract, distributor, missing, None, about)
            named += len(shown)
            yield _number(source_id, feed, contract, distributor, number, record, about, status)
            expected = number + 1


def _number(
    source_id: str,
    feed: str,
    contract: Feed,
    distributor: str | None,
    number: int,
    record: FileRecord | None,
    about: date,
    status: str = "missing",
) -> Coverage:
    waits = status in ("missing", "refused") and contract.if_missing == "wait"
    return Coverage(
        source=source_id,
        feed=feed,
        period=record.period if record else None,
        distributor=distributor,
        sequence=number,
        expected_by=None,
        status=status,
        file_id=record.file_id if record else None,
        remote_name=record.remote_name if record else None,
        blocks=about if waits else None,
    )


def _best(records: Sequence[FileRecord]) -> tuple[str, FileRecord | None]:
    """What became of the files of one place: the latest of those that came furthest."""
    for status in _BEST_FIRST:
        for record in reversed(records):
            if _BECAME.get(record.status) == status:
                return status, record
    return "missing", None


def _known_distributors(home: Home, state: SourceState) -> dict[str, str]:
    """Distributors with the month from which their files are expected.

    Those of the first file were there before it, the others since the month of the file that
    named them first: nobody waits for what a distributor would have sent before it joined.
    """
    records = state.staged("distributors")
    if not records:
        return {}
    files = [
        state.promoted["distributors_lines", file_partition(record.file_id)] for record in records
    ]
    with engine(home) as duckdb:
        duckdb.files(
            "distributors_lines", files, staged_tables.FEED_LINES["distributors"], filename=True
        )
        duckdb.values(
            "feed_files",
            (("path", "varchar"), ("file_rank", "integer"), ("file_date", "date")),
            [
                (str(home.root / file.path), rank, date.fromisoformat(record.file_date))
                for rank, (record, file) in enumerate(zip(records, files, strict=True))
            ],
        )
        rows = duckdb.rows("staging/distributors_first_named")
    return {str(name): "" if rank == 0 else f"{day:%Y-%m}" for name, rank, day in rows}
