"""What the published tables say, in the shapes of the independent computation.

Belongs here: reading `finance.duckdb` as any client would, and telling where two results differ.
Not here: what they should say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from tests.end_to_end.oracle_points import Allocation, Expected

Rows = list[tuple[Any, ...]]
Name = TypeVar("Name")
_SHOWN = 5


class Published:
    """The published file, open while questions are asked."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, query: str, *values: object) -> Rows:
        """What a query answers."""
        return self._connection.execute(query, values).fetchall()

    def figures(self, program: str) -> Expected:
        """A program's tables; balances without the partners that have none."""
        sales = self.rows(
            "select cycle, partner_id, net_sales, documents from cycle_sales where program = ?",
            program,
        )
        slabs = self.rows(
            "select cycle, partner_id, net_sales, slab, rate, tier from slab_assignments"
            " where program = ?",
            program,
        )
        allocations = self.rows(
            "select cycle, partner_id, slab, tier, basis_amount, rate, raw_points, rounded_points,"
            " forgone_points, capped_by, points, event_date, accrual_date from point_allocations"
            " where program = ?",
            program,
        )
        projected = self.rows(
            "select cycle, partner_id, projected_points from partner_summary"
            " where program = ? and projected_points <> 0",
            program,
        )
        balances = self.rows(
            "select partner_id, promised, current from partner_balances"
            " where program = ? and (promised <> 0 or current <> 0)",
            program,
        )
        return Expected(
            cycle_sales=_by_key([(row[:2], (row[2], row[3])) for row in sales]),
            slabs=_by_key([(row[:2], row[2:]) for row in slabs]),
            allocations=_by_key([(row[:2], Allocation(*row[2:])) for row in allocations]),
            projected=_by_key([(row[:2], row[2]) for row in projected]),
            balances=_by_key([(row[0], row[1:]) for row in balances]),
        )

    def posted(self, program: str, day: date) -> dict[tuple[str, str], list[Decimal]]:
        """The points that entries of a day give to (or take from) each partner and cycle, entry
        by entry; releases, which only move them, left out.
        """
        found: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
        for cycle, partner, points in self.rows(
            "select cycle, partner_id, case when from_account = 'issued' then points else -points"
            " end from ledger_entries where program = ? and kind <> 'release'"
            " and cast(posted_at as date) = ?",
            program,
            day,
        ):
            found[cycle, partner].append(points)
        return dict(found)

    def quarantined(self) -> dict[str, Counter[str]]:
        """The lines in quarantine by file and reason."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for name, reasons, lines in self.rows(
            "select remote_name, reasons, count(*) from quarantine group by all"
        ):
            found[name][reasons] = lines
        return dict(found)


@contextmanager
def open_published(path: Path) -> Iterator[Published]:
    """Open, ask, close: a publication replaces the file."""
    connection = duckdb.connect(str(path), read_only=True)
    try:
        yield Published(connection)
    finally:
        connection.close()


def _by_key(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs), "a table has two rows of one partner and cycle"
    return found


def differences(
    what: str, wanted: Mapping[Name, object], found: Mapping[Name, object]
) -> list[str]:
    """Every key whose values differ, the first few shown."""
    differing = sorted(
        (name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)),
        key=str,
    )
    shown = [
        f"{what} {name}: wanted {wanted.get(name)}, found {found.get(name)}"
        for name in differing[:_SHOWN]
    ]
    more = len(differing) - len(shown)
    return [*shown, f"{what}: {more} more of {len(wanted)}"] if more > 0 else shown
