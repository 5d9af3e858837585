"""What a cycle is computed from: staged documents, partners and rules, with their hashes.

Belongs here: collecting the work files in force and telling whether they changed. Not here:
computing anything from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.calendar import Cycle, parse_month
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile


@dataclass(frozen=True)
class StagedInputs:
    """The staged tables of a program's sources, as of their journal heads."""

    program: Program
    heads: Mapping[str, int]  # source id: number of its last commit
    promoted: Mapping[str, Mapping[tuple[str, str], WorkFile]]

    @property
    def has_partner_feed(self) -> bool:
        """Without a partners feed a program knows every partner (SPEC 2)."""
        return any("partners" in source.feeds for source in self.program.sources)

    def documents(self, cycle: Cycle) -> list[tuple[str, WorkFile]]:
        """The months of staged documents of a cycle, with their source."""
        months = [month.name for month in self.program.calendar.months(cycle)]
        return [
            (source, files["sales_documents", month])
            for source, files in sorted(self.promoted.items())
            for month in months
            if ("sales_documents", month) in files
        ]

    def tables(self, table: str) -> list[WorkFile]:
        """The files in force of an unpartitioned table, one a source that has it."""
        return [
            files[table, "all"]
            for _, files in sorted(self.promoted.items())
            if (table, "all") in files
        ]

    def cycles(self) -> list[Cycle]:
        """The cycles with documents, from the program's first one on, in order."""
        calendar = self.program.calendar
        months = {
            month
            for files in self.promoted.values()
            for table, month in files
            if table == "sales_documents" and month >= calendar.first_cycle
        }
        return sorted({calendar.cycle_of(_first_day(month)) for month in months})

    def staged_hash(self, cycle: Cycle) -> str:
        """Changes exactly when something staged that the cycle depends on does."""
        return digest(
            "staged",
            cycle.name,
            [(source, file.sha256) for source, file in self.documents(cycle)],
            [file.sha256 for file in self.tables("partners")],
            self.has_partner_feed,
        )

    def sales_hash(self, cycle: Cycle, rules: EffectiveRules) -> str:
        """Changes exactly when something that net sales of the cycle depend on does."""
        return digest(
            "sales",
            self.staged_hash(cycle),
            rules.governing.restate,
            self.program.before_enrolment,
        )

    def input_hash(self, cycle: Cycle, rules: EffectiveRules, *, closed: bool) -> str:
        """Changes exactly when the cycle has to be computed again."""
        return digest("cycle", self.sales_hash(cycle, rules), rules.hash, closed)


def staged_inputs(program: Program, home: Home) -> StagedInputs:
    """What the program's sources have staged, each as of its own last commit."""
    journals = {source.id: Journal(home, f"source/{source.id}") for source in program.sources}
    heads = {source: journal.head for source, journal in journals.items()}
    return StagedInputs(
        program,
        heads,
        {source: journal.promoted(heads[source]) for source, journal in journals.items()},
    )


def _first_day(month: str) -> date:
    return parse_month(month).start
