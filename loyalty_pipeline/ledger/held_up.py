"""Cycles that have ended and are not closed, because files they need are missing.

Belongs here: what a missing file holds up in a program. Not here: which files are missing
(`ingest.coverage`), or what closing a cycle posts (`posting`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from loyalty_pipeline.ingest.coverage import Coverage, coverage_now
from loyalty_pipeline.ledger.state import ProgramState
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse.home import Home

_MOST_NAMED = 5


@dataclass(frozen=True)
class HeldUp:
    """A cycle whose close waits, and for which files."""

    cycle: Cycle
    files: tuple[Coverage, ...]

    @property
    def in_words(self) -> str:
        """What it waits for: 2025-04 waits for sales of D2, 2025-05 (expected since 5 June)."""
        named = [file.in_words for file in self.files[:_MOST_NAMED]]
        if len(self.files) > _MOST_NAMED:
            named.append(f"and {len(self.files) - _MOST_NAMED} more files")
        return f"{self.cycle.name} waits for {', '.join(named)}"


@dataclass(frozen=True)
class Missing:
    """Files that close of cycles waits for, over all sources of a program."""

    files: tuple[Coverage, ...]
    today: date

    def closes(self, cycle: Cycle, state: ProgramState) -> bool:
        """Whether a cycle is to be posted, not projected; a closed one is never opened again."""
        if state.is_closed(cycle.name):
            return True
        return self.today >= cycle.end and not self.of(cycle)

    def of(self, cycle: Cycle) -> tuple[Coverage, ...]:
        """The files that a cycle which is not closed waits for."""
        return tuple(file for file in self.files if file.holds_up(cycle))


def missing_files(program: Program, home: Home, today: date) -> Missing:
    """The files that the program's sources should have delivered by today and have not."""
    found = [
        file
        for source in program.sources
        for file in coverage_now(source, home, today)
        if file.blocks is not None
    ]
    return Missing(tuple(found), today)


def held_up(missing: Missing, cycles: Sequence[Cycle], state: ProgramState) -> list[HeldUp]:
    """Of some cycles, those that have ended and wait with their close."""
    return [
        HeldUp(cycle, missing.of(cycle))
        for cycle in cycles
        if cycle.end <= missing.today and not missing.closes(cycle, state)
    ]
