"""The journals of a home as they are at one moment: what a publication shows.

Belongs here: finding every scope ever journaled and folding its commits. Not here: writing
anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from loyalty_pipeline.ingest.register import SourceState, source_scope, source_state
from loyalty_pipeline.journal.commits import Commit
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import version_from_json
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

Heads = dict[str, tuple[int, str]]  # scope: number and hash of its last commit


@dataclass(frozen=True)
class Wiring:
    """Which sources a program reads, and whether one of them brings partners."""

    scopes: tuple[str, ...]
    has_partner_feed: bool

    @classmethod
    def of(cls, program: Program) -> Wiring:
        """As the program file says."""
        return cls(
            tuple(sorted(source_scope(source.id) for source in program.sources)),
            any("partners" in source.feeds for source in program.sources),
        )


@dataclass(frozen=True)
class ProgramFacts:
    """A program as its journal tells it."""

    id: str
    state: ProgramState
    wiring: Wiring

    @property
    def commits(self) -> tuple[Commit, ...]:
        """All its commits, in order."""
        return self.state.commits

    @cached_property
    def program(self) -> Program | None:
        """Settings and rules as published last; None before any were."""
        return self.rules_at(self.state.head)

    def rules_at(self, number: int) -> Program | None:
        """Settings and rules as published by a commit."""
        published = [c for c in self.commits[:number] if c.draft.kind == "rules"]
        return rules_of(self.id, published[-1]) if published else None

    @property
    def business_dates(self) -> list[str]:
        """The business dates of its commits."""
        return [commit.draft.business_date.isoformat() for commit in self.commits]

    def is_closed(self, cycle: str) -> bool:
        """Whether the cycle's awards were posted."""
        return self.state.is_closed(cycle)


def rules_of(program_id: str, commit: Commit) -> Program:
    """The program that a `rules` commit published, without its sources."""
    details = commit.draft.details
    settings = {
        key: value for key, value in details["program"].items() if key in Program.model_fields
    }
    versions = tuple(version_from_json(text) for text in details["versions"])
    return Program.model_validate(
        {**settings, "program": program_id, "sources": (), "versions": versions}
    )


@dataclass(frozen=True)
class SourceFacts:
    """A source as its journal tells it."""

    id: str
    commits: tuple[Commit, ...]
    state: SourceState

    @property
    def scope(self) -> str:
        """Its scope."""
        return source_scope(self.id)


@dataclass(frozen=True)
class Snapshot:
    """Every program and source of a home."""

    programs: tuple[ProgramFacts, ...]
    sources: tuple[SourceFacts, ...]

    @property
    def heads(self) -> Heads:
        """The last commit of every scope."""
        scopes = {f"program/{facts.id}": facts.commits for facts in self.programs}
        scopes |= {facts.scope: facts.commits for facts in self.sources}
        return {
            scope: (len(commits), commits[-1].sha256)
            for scope, commits in sorted(scopes.items())
            if commits
        }

    def promoted(self, table: str) -> list[tuple[str, WorkFile]]:
        """The files in force of a table, with their scope, over all scopes."""
        found = [
            (f"program/{facts.id}", file)
            for facts in self.programs
            for (name, _), file in sorted(facts.state.promoted.items())
            if name == table
        ]
        found += [
            (facts.scope, file)
            for facts in self.sources
            for (name, _), file in sorted(facts.state.promoted.items())
            if name == table
        ]
        return found


def take_snapshot(
    home: Home, programs: Sequence[Program], recorded: Mapping[str, Wiring]
) -> Snapshot:
    """Read every journal. Programs come first, so that sources are not behind what they used.

    Args:
        programs: programs whose files are at hand; they say which sources they read.
        recorded: the same for other programs, as published before.
    """
    given = {program.program: Wiring.of(program) for program in programs}
    states = {
        name: program_state(program_journal(home, name)) for name in _journals(home, "program")
    }
    sources = []
    for name in _journals(home, "source"):
        journal = Journal(home, source_scope(name))
        state = source_state(journal)
        sources.append(SourceFacts(name, tuple(journal.commits()[: state.head]), state))
    facts = [
        ProgramFacts(name, state, given.get(name) or recorded.get(name) or _published_wiring(state))
        for name, state in states.items()
    ]
    return Snapshot(tuple(facts), tuple(sources))


def _published_wiring(state: ProgramState) -> Wiring:
    """As the rules were published last, for a program whose file is not at hand."""
    settings: Mapping[str, Any] = state.published_program
    scopes = tuple(source_scope(source) for source in settings.get("sources", []))
    return Wiring(scopes, bool(settings.get("has_partner_feed", False)))


def journal_heads(home: Home) -> Heads:
    """The last commit of every scope, without reading more than its bytes."""
    heads: Heads = {}
    for kind in ("program", "source"):
        for name in _journals(home, kind):
            folder = home.journal(f"{kind}/{name}")
            last = max(folder.glob("[0-9]*.json"), default=None)
            if last is not None:
                heads[f"{kind}/{name}"] = (
                    int(last.stem),
                    hashlib.sha256(last.read_bytes()).hexdigest(),
                )
    return heads


def _journals(home: Home, kind: str) -> list[str]:
    folder = home.journal(kind)
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
