"""Sealing moves as the entries of a commit.

Belongs here: writing the file of entries and telling its totals. Not here: deciding which moves
there are.
"""

from __future__ import annotations

from dataclasses import dataclass

from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.work_files import WorkFile


@dataclass(frozen=True)
class Sealed:
    """A sealed file of entries with its totals by kind and the cycles it posts to."""

    file: WorkFile | None
    totals: dict[str, str]
    cycles: tuple[str, ...]


def seal_moves(engine: Engine, journal: Journal, seen: int, moves: str) -> Sealed:
    """Seal the relation `moves` as entries beside the journal; no moves is no file.

    The file carries the number of the commit that is to follow `seen`, so that equal moves of two
    commits are two files.
    """
    count = engine.count(moves)
    if count == 0:
        return Sealed(None, {}, ())
    engine.alias("moves", moves)
    number = f"{seen + 1:08d}"
    file = engine.write(journal.scope, "entries", number, "ledger/all_moves", beside_journal=True)
    totals = {str(kind): str(points) for kind, points, _ in engine.rows("ledger/move_totals")}
    cycles = tuple(str(cycle) for (cycle,) in engine.rows("ledger/moved_cycles"))
    return Sealed(file, totals, cycles)
