"""A ledger of a few entries in a DuckDB of its own: what SQL about moves is tested with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from loyalty_pipeline.earning.merges import HOMES, KIN
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home

CYCLE = "2025-04"
LAST_DAY = date(2025, 6, 30)
SALE = date(2025, 4, 10)
TODAY = date(2025, 4, 20)


@dataclass(frozen=True)
class Award:
    """What one allocation says; what a test does not care about is left out."""

    key: str
    points: int
    accrues: date | None = None
    partner: str = "P1"


@dataclass
class Ledger:
    """Entries, to which differences are added as a commit would."""

    duckdb: Engine
    homes: list[tuple[str, str, date]] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def want(self, *awards: Award, on: date = TODAY) -> list[str]:
        """Post the difference to these awards; returns its moves in words."""
        cells = [name for name, _ in tables.POINT_ALLOCATIONS]
        given = [
            {
                "cycle": CYCLE,
                "partner_id": award.partner,
                "allocation_key": award.key,
                "event_date": SALE,
                "points": Decimal(award.points),
                "accrual_date": award.accrues,
            }
            for award in awards
        ]
        self.duckdb.values(
            "desired", tables.POINT_ALLOCATIONS, [[row.get(c) for c in cells] for row in given]
        )
        self.duckdb.values("homes", HOMES, self.homes)
        self.duckdb.values("cycle_homes", HOMES, [])
        self.duckdb.values("kin", KIN, [])
        self._show()
        self.duckdb.table(
            "difference",
            "ledger/cycle_difference",
            cycle=CYCLE,
            posted_on=on,
            event_date=LAST_DAY,
            cause="sales changed",
            rules_version="2025-01-01",
        )
        return self.post("difference")

    def post(self, moves: str) -> list[str]:
        """Add the rows of a relation; returns them in words."""
        self.duckdb.alias("moves", moves)
        found = self.duckdb.rows("ledger/all_moves")
        self.rows += found
        return [in_words(row) for row in found]

    def move(self, award: Award, kind: str, points: int, on: date = TODAY) -> None:
        """Add an entry that something else than a difference posts."""
        accounts = {
            "release": ("promised", "current"),
            "forfeit": ("promised", "forfeited"),
        }[kind]
        row = (1, award.partner, CYCLE, kind, *accounts, Decimal(points), on, on, on,
               award.accrues, on, award.key, kind, None)  # fmt: skip
        self.rows.append(row)

    def balances(self, partner: str = "P1") -> tuple[int, int]:
        """Current and promised points."""
        found = {"current": Decimal(0), "promised": Decimal(0)}
        for row in self.rows:
            for account, sign in ((row[5], 1), (row[4], -1)):
                if row[1] == partner and account in found:
                    found[account] += sign * row[6]
        return int(found["current"]), int(found["promised"])

    def _show(self) -> None:
        self.duckdb.values("entries", tables.ENTRIES, self.rows)


def in_words(row: tuple[Any, ...]) -> str:
    """An entry as a line: who, what, how many points of which key."""
    _, partner, _, kind, source, target, points, *_ = row
    return f"{partner} {kind} {points:f} {source} to {target}"


@contextmanager
def ledger(folder: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with engine(Home(folder)) as duckdb:
        yield Ledger(duckdb)
