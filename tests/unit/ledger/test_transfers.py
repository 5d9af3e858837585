"""The audit of transfers: what leaves one partner comes to another one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home

COLUMNS = (
    ("commit_number", "bigint"),
    ("line", "bigint"),
    ("kind", "varchar"),
    ("from_account", "varchar"),
    ("to_account", "varchar"),
    ("points", "decimal(18, 3)"),
    ("allocation_key", "varchar"),
)
LEAVES = (3, 1, "transfer", "current", "transfer", Decimal(250), "merge/R1")


@pytest.mark.parametrize(
    ("comes", "findings"),
    [
        ([(3, 2, "transfer", "transfer", "current", Decimal(250), "merge/R1")], []),
        (
            [(3, 2, "transfer", "transfer", "current", Decimal(240), "merge/R1")],
            [(3, 1, "merge/R1: 250.000 left, 240.000 came")],
        ),
        ([], [(3, 1, "merge/R1: 250.000 left, 0.000 came")]),
        # In another commit it is another move.
        (
            [(4, 1, "transfer", "transfer", "current", Decimal(250), "merge/R1")],
            [
                (3, 1, "merge/R1: 250.000 left, 0.000 came"),
                (4, 1, "merge/R1: 0.000 left, 250.000 came"),
            ],
        ),
    ],
)
def test_a_transfer_that_does_not_balance_is_found(
    comes: list[tuple[object, ...]], findings: list[tuple[object, ...]], tmp_path: Path
) -> None:
    with engine(Home(tmp_path)) as duckdb:
        duckdb.values("entries", COLUMNS, [LEAVES, *comes])
        assert duckdb.rows("audits/transfers_do_not_balance") == findings
