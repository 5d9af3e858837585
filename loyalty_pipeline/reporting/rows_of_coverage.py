"""Which files have come and which are missing, as of a business date, for the published file.

Belongs here: asking for it, telling whether it changed, writing the table. Not here: what is
missing, which is `ingest.coverage`.

What is expected stands in the contract, not in a journal, and changes as days pass. Rows of a
source whose contract is not at hand stay as they were published last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date

from loyalty_pipeline.ingest.coverage import Coverage, coverage_now
from loyalty_pipeline.ingest.register import source_scope
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.state import program_journal
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Successor

_COLUMNS = (
    ("source", "varchar"),
    ("feed", "varchar"),
    ("period", "varchar"),
    ("distributor", "varchar"),
    ("sequence", "bigint"),
    ("expected_by", "date"),
    ("status", "varchar"),
    ("file_id", "varchar"),
    ("remote_name", "varchar"),
    ("blocks", "date"),
)


@dataclass(frozen=True)
class Expectations:
    """What the sources at hand should have delivered, and what became of it."""

    by_source: Mapping[str, Sequence[Coverage]]

    @property
    def fingerprints(self) -> dict[str, str]:
        """Changes exactly when a source's rows do; empty where nothing is expected."""
        return {
            source: digest(_texts(files)) if files else ""
            for source, files in self.by_source.items()
        }


def expectations(home: Home, programs: Sequence[Program], today: date | None) -> Expectations:
    """What the programs' sources should have delivered by a date."""
    sources = {source.id: source for program in programs for source in program.sources}
    if not any(_expects(source) for source in sources.values()):
        return Expectations(dict.fromkeys(sources, ()))
    day = today or _latest_business_date(home, programs)
    return Expectations(
        {
            name: coverage_now(source, home, day) if day else ()
            for name, source in sorted(sources.items())
        }
    )


def write(db: Successor, expected: Expectations) -> None:
    """Write anew the rows of the sources at hand."""
    db.values("covered_sources", (("source", "varchar"),), [(name,) for name in expected.by_source])
    rows = [astuple(file) for files in expected.by_source.values() for file in files]
    db.values("covered", _COLUMNS, rows)
    db.run("marts/coverage")


def _expects(source: Source) -> bool:
    return any(feed.expected or feed.gapless_from is not None for feed in source.feeds.values())


def _latest_business_date(home: Home, programs: Sequence[Program]) -> date | None:
    journals = [program_journal(home, program.program) for program in programs]
    journals += [
        Journal(home, source_scope(source.id)) for program in programs for source in program.sources
    ]
    days = [commit.draft.business_date for journal in journals for commit in journal.commits()]
    return max(days, default=None)


def _texts(files: Sequence[Coverage]) -> list[list[str]]:
    return [[str(value) for value in astuple(file)] for file in files]
