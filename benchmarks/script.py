"""The bare DuckDB script: what somebody would write who only needs the numbers once.

It reads the same files, sums by partner and quarter and applies the slabs. It checks nothing,
keeps nothing and posts nothing: the ratios say what all that costs.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

_COLUMNS = {
    "document_no": "varchar",
    "document_type": "varchar",
    "document_date": "date",
    "partner_id": "varchar",
    "distributor_id": "varchar",
    "line_no": "integer",
    "sku": "varchar",
    "quantity": "decimal(18, 3)",
    "amount": "decimal(18, 2)",
}
_SLABS = """
create or replace table points as
select
    partner_id, quarter, net_sales,
    case
        when net_sales >= 1200000 then least(round(net_sales * $rate::decimal(9, 6)), 10000)
        when net_sales >= 800000 then round(net_sales * 0.003::decimal(9, 6))
        when net_sales >= 500000 then round(net_sales * 0.002::decimal(9, 6))
        else 0
    end as points
from (
    select partner_id, date_trunc('quarter', document_date) as quarter, sum(amount) as net_sales
    from sales
    group by all
)
"""


def from_csv(paths: list[Path]) -> int:
    """Sum and slab straight from CSV; returns the number of partner-quarters."""
    with duckdb.connect() as connection:
        described = ", ".join(f"'{name}': '{kind}'" for name, kind in _COLUMNS.items())
        files = ", ".join(f"'{path}'" for path in paths)
        connection.execute(
            f"create view sales as select * from read_csv([{files}], header = true, "
            f"columns = {{{described}}})"
        )
        return _points(connection)


def from_parquet(paths: list[Path]) -> int:
    """Sum and slab from Parquet."""
    with duckdb.connect() as connection:
        connection.read_parquet([str(path) for path in paths]).create_view("sales")
        return _points(connection)


def _points(connection: duckdb.DuckDBPyConnection) -> int:
    connection.execute(_SLABS, {"rate": "0.004"})
    found = connection.execute("select count(*) from points").fetchone()
    assert found is not None
    return int(found[0])
