"""Reading what the product wrote, from its journals, as plain values to compare."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.state import program_state
from loyalty_pipeline.program.calendar import parse_month
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

ENTRY_KEY = (
    "partner_id, cycle, allocation_key, kind, from_account, to_account, points, event_date, "
    "effective_date, accrual_date"
)


def rows(home: Home, files: list[WorkFile], columns: str) -> list[tuple[Any, ...]]:
    """Columns of all rows of some work files."""
    if not files:
        return []
    paths = [str(home.root / file.path) for file in files]
    with duckdb.connect() as connection:
        return connection.execute(
            f"select {columns} from read_parquet($paths)", {"paths": paths}
        ).fetchall()


def cycle_sales(home: Home, program: str) -> dict[tuple[date, str], tuple[Decimal, int]]:
    promoted = Journal(home, f"program/{program}").promoted()
    files = [file for (table, _), file in promoted.items() if table == "cycle_sales"]
    return {
        (parse_month(cycle).start, partner): (net_sales, documents)
        for cycle, partner, net_sales, documents in rows(
            home, files, "cycle, partner_id, net_sales, documents"
        )
    }


def allocations(home: Home, program: str) -> dict[tuple[date, str], tuple[Decimal, Decimal]]:
    """Points and forgone of ended cycles as allocated, of open ones as projected."""
    state = program_state(Journal(home, f"program/{program}"))
    files = [
        file
        for (table, cycle), file in state.promoted.items()
        if (table == "point_allocations" and state.is_closed(cycle))
        or (table == "projected_allocations" and not state.is_closed(cycle))
    ]
    return {
        (parse_month(cycle).start, partner): (points, forgone)
        for cycle, partner, points, forgone in rows(
            home, files, "cycle, partner_id, points, forgone_points"
        )
    }


def entries(home: Home, program: str) -> list[tuple[Any, ...]]:
    """All entries as a sorted multiset, apart from numbering, run and posting time."""
    state = program_state(Journal(home, f"program/{program}"))
    return sorted(rows(home, state.entries(), ENTRY_KEY), key=str)


def balances(home: Home, program: str) -> dict[str, tuple[Decimal, Decimal]]:
    """Promised and current points of every partner with either."""
    sums: dict[str, list[Decimal]] = {}
    for row in entries(home, program):
        partner, source, target, points = row[0], row[4], row[5], row[6]
        pair = sums.setdefault(partner, [Decimal(0), Decimal(0)])
        for account, sign in ((target, 1), (source, -1)):
            if account in ("promised", "current"):
                pair[("promised", "current").index(account)] += sign * points
    return {partner: (p, c) for partner, (p, c) in sums.items() if (p, c) != (0, 0)}


def staged_facts(home: Home, source: str) -> dict[tuple[str, str], str]:
    """The hashes of the staged facts: equal facts are equal bytes."""
    return {
        key: file.sha256
        for key, file in Journal(home, f"source/{source}").promoted().items()
        if key[0] == "sales_documents" and file.rows
    }
