"""What a cycle is computed from: staged documents, claims, partners and rules, with their hashes.

Belongs here: collecting the work files in force and telling whether they changed. Not here:
computing anything from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from loyalty_pipeline.earning.claims import Delivered, claims_by_month
from loyalty_pipeline.earning.merges import Homes, Merge, homes_of, read_merges
from loyalty_pipeline.ingest.register import file_partition, source_state
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.calendar import Cycle, parse_month
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile


@dataclass(frozen=True)
class StagedInputs:
    """The staged tables of a program's sources, as of their journal heads and a business date."""

    program: Program
    home: Home
    heads: Mapping[str, int]  # source id: number of its last commit
    promoted: Mapping[str, Mapping[tuple[str, str], WorkFile]]
    today: date  # claims dated later, and merges that take effect later, wait

    @property
    def has_partner_feed(self) -> bool:
        """Without a partners feed a program knows every partner (SPEC 2)."""
        return any("partners" in source.feeds for source in self.program.sources)

    def documents(self, cycle: Cycle) -> list[tuple[str, WorkFile]]:
        """The months of staged documents of a cycle, with their source."""
        return self.by_month("sales_documents", cycle)

    def by_month(self, table: str, cycle: Cycle) -> list[tuple[str, WorkFile]]:
        """The months of a table that lie in a cycle, with their source."""
        months = [month.name for month in self.program.calendar.months(cycle)]
        return [
            (source, files[table, month])
            for source, files in sorted(self.promoted.items())
            for month in months
            if (table, month) in files
        ]

    def lines(self) -> list[tuple[str, str, WorkFile]]:
        """The lines of sales files that count: source, file and work file."""
        return [
            (source, file_id, files["sales_lines", file_partition(file_id)])
            for source, files in sorted(self.promoted.items())
            for file_id in self._sales_files[source]
        ]

    @cached_property
    def _sales_files(self) -> Mapping[str, list[str]]:
        """The sales files of each source that are staged, by their hash."""
        found = {}
        for source, head in self.heads.items():
            state = source_state(Journal(self.home, f"source/{source}"), head)
            found[source] = list(dict.fromkeys(record.file_id for record in state.staged("sales")))
        return found

    def tables(self, table: str) -> list[WorkFile]:
        """The files in force of an unpartitioned table, one a source that has it."""
        return [file for _, file in self.of_sources(table)]

    def of_sources(self, table: str) -> list[tuple[str, WorkFile]]:
        """The same, with their source."""
        return [
            (source, files[table, "all"])
            for source, files in sorted(self.promoted.items())
            if (table, "all") in files
        ]

    @cached_property
    def merges(self) -> tuple[Merge, ...]:
        """The merges of partners in effect, by date."""
        merges = read_merges(
            self.home,
            self.tables("instructions"),
            self.tables("partners"),
            has_partner_feed=self.has_partner_feed,
        )
        return tuple(merge for merge in merges if merge.effective_on <= self.today)

    def homes(self, period: Cycle | None = None) -> Homes:
        """Where merges lead by now; for a cycle, or one of its months, those up to its end.

        A merge moves the sales of the whole cycle that holds its date, and of no earlier one.
        """
        if period is None:
            return homes_of(self.merges)
        cycle = self.program.calendar.cycle_of(period.start)
        return homes_of(merge for merge in self.merges if merge.effective_on < cycle.end)

    @cached_property
    def _claims(self) -> Mapping[str, WorkFile]:
        return claims_by_month(
            self.program,
            self.home,
            Delivered(self._delivered("claims")),
            Delivered(self._delivered("sales_documents")),
            self.homes(),
            self.today,
        )

    def claims(self, cycle: Cycle) -> list[WorkFile]:
        """The claims of a cycle by month, as far as it has some."""
        months = [month.name for month in self.program.calendar.months(cycle)]
        return [self._claims[month] for month in months if month in self._claims]

    def _delivered(self, table: str) -> tuple[tuple[str, WorkFile], ...]:
        return tuple(
            (source, file)
            for source, files in sorted(self.promoted.items())
            for (name, _), file in sorted(files.items())
            if name == table
        )

    def cycles(self) -> list[Cycle]:
        """The cycles with documents, claims or merges, from the program's first one, in order."""
        calendar = self.program.calendar
        months = {
            month
            for files in self.promoted.values()
            for table, month in files
            if table == "sales_documents"
        }
        months |= {month for month, file in self._claims.items() if file.rows}
        months |= {f"{merge.effective_on:%Y-%m}" for merge in self.merges}
        return sorted(
            {calendar.cycle_of(_first_day(m)) for m in months if m >= calendar.first_cycle}
        )

    def staged_hash(self, cycle: Cycle) -> str:
        """Changes exactly when something staged that the cycle depends on does."""
        return digest(
            "staged",
            cycle.name,
            [(source, file.sha256) for source, file in self.documents(cycle)],
            [file.sha256 for file in self.tables("partners")],
            self.has_partner_feed,
            [file.sha256 for file in self.claims(cycle)],
            self.homes(cycle).rows,
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


def staged_inputs(program: Program, home: Home, today: date) -> StagedInputs:
    """What the program's sources have staged, each as of its own last commit."""
    journals = {source.id: Journal(home, f"source/{source.id}") for source in program.sources}
    heads = {source: journal.head for source, journal in journals.items()}
    promoted = {source: journal.promoted(heads[source]) for source, journal in journals.items()}
    return StagedInputs(program, home, heads, promoted, today)


def _first_day(month: str) -> date:
    return parse_month(month).start
