"""What a cycle is computed from: staged documents, claims, partners and instructions.

Belongs here: collecting the work files in force. Not here: telling whether they changed
(`fingerprints`), or computing anything from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from loyalty_pipeline.earning.claims import Delivered, claims_by_month
from loyalty_pipeline.earning.merges import Homes, Merge, homes_of, read_merges
from loyalty_pipeline.ingest.register import file_partition, source_state
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.calendar import Cycle, parse_month
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.tier_rules import Window
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import engine
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
        return tuple(merge for merge in self.all_merges if merge.effective_on <= self.today)

    @cached_property
    def all_merges(self) -> tuple[Merge, ...]:
        """With those that take effect later."""
        return self._merges_in(self.tables("instructions"))

    def merges_ever(self, heads: Iterable[Mapping[str, int]]) -> tuple[Merge, ...]:
        """Also those that instructions said as of earlier commits of the sources."""
        if not self.tables("instructions"):
            return ()
        known = [self.heads, *heads]
        files = {
            file.sha256: file
            for source in self.heads
            for file in _files_ever(
                Journal(self.home, f"source/{source}"),
                ("instructions", "all"),
                {seen[source] for seen in known if source in seen},
            )
        }
        return self._merges_in(list(files.values()))

    def _merges_in(self, instructions: list[WorkFile]) -> tuple[Merge, ...]:
        return read_merges(
            self.home,
            instructions,
            self.tables("partners"),
            has_partner_feed=self.has_partner_feed,
        )

    def homes(self, period: Cycle | None = None) -> Homes:
        """Where merges lead by now; for a cycle, or one of its months, those up to its end.

        A merge moves the sales of the whole cycle that holds its date, and of no earlier one.
        """
        if period is None:
            return homes_of(self.merges)
        cycle = self.program.calendar.cycle_of(period.start)
        return homes_of(merge for merge in self.merges if merge.effective_on < cycle.end)

    def homes_on(self, day: date) -> Homes:
        """Where merges lead by the end of a day."""
        return homes_of(merge for merge in self.merges if merge.effective_on <= day)

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
        kinds = self._kinds_of_events
        if kinds & {"registration", "customer_update", "scan"}:
            months |= {
                f"{day:%Y-%m}"
                for event, day in self._days_of_events
                if event in kinds and day <= self.today
            }
        if self._has_windows and months:
            # A cycle without a sale earns a tier, too, by the sales of those before it.
            first = calendar.cycle_of(_first_day(max(min(months), calendar.first_cycle)))
            last = calendar.cycle_of(self.today)
            months |= {cycle.name for cycle in calendar.cycles(first, last)}
        if self._has_tiers:
            months |= {f"{row[2]:%Y-%m}" for row in self.set_tiers}
            # Tiers end in idle cycles, too. The close of a cycle tells of the one after it.
            now = calendar.cycle_of(self.today)
            if months and calendar.next(calendar.cycle_of(_first_day(max(months)))) < now:
                months.add(now.name)
        return sorted(
            {calendar.cycle_of(_first_day(m)) for m in months if m >= calendar.first_cycle}
        )

    @property
    def _has_windows(self) -> bool:
        """Whether any version earns tiers by a window of cycles."""
        return any(
            version.tiers is not None and isinstance(version.tiers.from_, Window)
            for version in self.program.versions
        )

    @property
    def _has_tiers(self) -> bool:
        return any(version.tiers is not None for version in self.program.versions)

    @property
    def _kinds_of_events(self) -> set[str | None]:
        """The events for which any version has rules."""
        return {ruleset.event for version in self.program.versions for ruleset in version.rulesets}

    @cached_property
    def set_tiers(self) -> tuple[tuple[object, ...], ...]:
        """The instructions that set tiers by hand, in effect by today."""
        files = self.tables("instructions")
        if not files:
            return ()
        with engine(self.home) as duckdb:
            duckdb.files("instructions", files, staged_tables.INSTRUCTIONS)
            return tuple(duckdb.rows("tiers/set_by_hand", today=self.today))

    @cached_property
    def _days_of_events(self) -> tuple[tuple[str, date], ...]:
        """The days on which partners enrol, change or scan, by the kind of event."""
        with engine(self.home) as duckdb:
            duckdb.files("partners", self.tables("partners"), staged_tables.PARTNERS)
            duckdb.files("scans", self.tables("scans"), staged_tables.SCANS)
            return tuple((str(event), day) for event, day in duckdb.rows("events/days"))

    def waits_for(self, kinds: Set[str | None], cycle: Cycle) -> bool:
        """Whether events of the cycle lie after today, so that another day knows more."""
        return cycle.end > self.today and any(
            event in kinds and self.today < day < cycle.end for event, day in self._days_of_events
        )


def staged_inputs(
    program: Program, home: Home, today: date, heads: Mapping[str, int] | None = None
) -> StagedInputs:
    """What the program's sources have staged, each as of its own last commit, or an earlier one.

    `heads` may name a source that the program has no more: an earlier posting read it.
    """
    if heads is None:
        heads = {source.id: Journal(home, f"source/{source.id}").head for source in program.sources}
    promoted = {
        source: Journal(home, f"source/{source}").promoted(head) for source, head in heads.items()
    }
    return StagedInputs(program, home, heads, promoted, today)


def _files_ever(journal: Journal, key: tuple[str, str], heads: Set[int]) -> Iterator[WorkFile]:
    """The files of a table and partition that were in force at some of the commits."""
    file: WorkFile | None = None
    for number, commit in enumerate(journal.commits()[: max(heads, default=0)], start=1):
        found = [one for one in commit.draft.promotes if (one.table, one.partition) == key]
        file = found[-1] if found else file
        if file is not None and number in heads:
            yield file


def _first_day(month: str) -> date:
    return parse_month(month).start
