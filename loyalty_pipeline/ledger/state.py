"""The state of a program's ledger, told by its journal.

Belongs here: folding commits into published rules, the last posting of each cycle and the files
of entries. Not here: writing anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from loyalty_pipeline.journal.commits import Commit
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.calendar import Calendar, parse_month
from loyalty_pipeline.program.model import Program, Version
from loyalty_pipeline.program.versions import NOT_PUBLISHED, PublishedRules, version_from_json
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile


def program_scope(program_id: str) -> str:
    """The journal and work folder of a program."""
    return f"program/{program_id}"


def program_journal(home: Home, program_id: str) -> Journal:
    """The journal of a program."""
    return Journal(home, program_scope(program_id))


@dataclass(frozen=True)
class ProgramState:
    """What the journal says up to a commit."""

    head: int
    published: tuple[Version, ...]
    published_program: Mapping[str, object]
    postings: Mapping[str, Commit]  # cycle: its last posting
    promoted: Mapping[tuple[str, str], WorkFile]
    commits: tuple[Commit, ...]

    def is_closed(self, cycle: str) -> bool:
        """Whether the cycle's awards have been posted, not only projected."""
        posting = self.postings.get(cycle)
        return posting is not None and bool(posting.draft.details["closed"])

    def latest_day(self, today: date) -> date:
        """Today, or the latest day a run took for it: what counted once does not wait again."""
        return max([today, *(commit.draft.business_date for commit in self.commits)])

    def entries(self, cycle: str | None = None) -> list[WorkFile]:
        """The files of entries: all, or those of commits that post to a cycle."""
        return [
            commit.draft.entries
            for commit in self.commits
            if commit.draft.entries and (cycle is None or cycle in commit.draft.cycles)
        ]

    def entries_of(self, *kinds: str) -> list[WorkFile]:
        """The files of entries of some kinds of commit."""
        return [
            commit.draft.entries
            for commit in self.commits
            if commit.draft.entries and commit.draft.kind in kinds
        ]

    def promise_entries(self) -> list[WorkFile]:
        """The files of entries that may touch promised points."""
        return self.entries_of("posting", "release", "instruction")

    @property
    def has_promises(self) -> bool:
        """Whether points were ever promised; without, entries need not be opened every day."""
        return any("promise" in commit.draft.totals for commit in self.commits)

    @property
    def was_merged(self) -> bool:
        """Whether points were ever moved from a merged partner to another."""
        return any(
            commit.draft.kind == "instruction" and "acted" not in commit.draft.details
            for commit in self.commits
        )

    @cached_property
    def acted(self) -> frozenset[tuple[str, str]]:
        """The instructions that have acted, by source and id: each does so once."""
        return frozenset(
            (told["source"], told["instruction"])
            for commit in self.commits
            for told in commit.draft.details.get("acted", ())
        )

    @property
    def campaign_runs(self) -> Mapping[tuple[str, date], Commit]:
        """The last commit of each campaign and date."""
        return {
            (commit.draft.details["campaign"], date.fromisoformat(commit.draft.details["date"])):
            commit for commit in self.commits if commit.draft.kind == "campaign"
        }  # fmt: skip

    @property
    def published_rules(self) -> PublishedRules:
        """The versions that are published, and the cycles posted under them."""
        if not self.published:
            return NOT_PUBLISHED
        lengths = [(version.effective_from, version.cycle) for version in self.published]
        said = self.published_program
        calendar = Calendar.of(lengths, str(said["fiscal_start"]), str(said["first_cycle"]))
        cycles = (calendar.cycle_of(parse_month(name).start) for name in self.postings)
        return PublishedRules(self.published, tuple(sorted(cycles)))

    def as_of(self, program: Program, number: int) -> Program:
        """The program under the rules that a commit found published."""
        rules = [commit for commit in self.commits[:number] if commit.draft.kind == "rules"]
        details = rules[-1].draft.details
        return program.model_copy(
            update={
                "versions": tuple(version_from_json(text) for text in details["versions"]),
                "before_enrolment": details["program"]["before_enrolment"],
            }
        )

    def with_published(self, program: Program) -> Program:
        """The program as published: its versions, which a file cannot take back."""
        if not self.published:
            return program
        return program.model_copy(update={"versions": self.published})


def program_state(journal: Journal) -> ProgramState:
    """Fold the program's commits."""
    commits = journal.commits()
    postings: dict[str, Commit] = {}
    published: tuple[Version, ...] = ()
    settings: Mapping[str, object] = {}
    for commit in commits:
        if commit.draft.kind == "posting":
            postings[commit.draft.cycles[0]] = commit
        elif commit.draft.kind == "rules":
            published = tuple(
                version_from_json(value) for value in commit.draft.details["versions"]
            )
            settings = commit.draft.details["program"]
    return ProgramState(
        len(commits),
        published,
        settings,
        postings,
        journal.promoted(len(commits)),
        tuple(commits),
    )
