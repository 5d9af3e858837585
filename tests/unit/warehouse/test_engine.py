from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.staged_tables import REDEMPTIONS
from loyalty_pipeline.warehouse.work_files import WorkFile

ROW = ("R1", "P1", "2025-04-01", "10.000", None, "f", 2)


def written(duckdb: Engine) -> WorkFile:
    return duckdb.write("program/p", "copies", "all", "staging/redemptions")


def show(duckdb: Engine, *, from_file: bool) -> None:
    """The same row, once as a table and once read back from a Parquet file."""
    kept = [position for position, (name, _) in enumerate(REDEMPTIONS) if name != "file_id"]
    columns = (*(REDEMPTIONS[position] for position in kept), ("filename", "varchar"))
    duckdb.values("plain", columns, [(*(ROW[position] for position in kept), "a")])
    if from_file:
        path = duckdb.home.root / "plain.parquet"
        duckdb.connection.execute("copy plain to $path (format parquet)", {"path": str(path)})
        duckdb.files("redemptions_lines", [path], columns)
    else:
        duckdb.alias("redemptions_lines", "plain")
    duckdb.values(
        "feed_files",
        (("path", "varchar"), ("file_rank", "integer"), ("file_id", "varchar")),
        [("a", 1, "f")],
    )


def test_equal_rows_are_equal_bytes_whatever_they_were_read_from(tmp_path: Path) -> None:
    files = []
    for name, from_file in (("one", False), ("two", True)):
        with engine(Home(tmp_path / name)) as duckdb:
            show(duckdb, from_file=from_file)
            files.append(written(duckdb))
    assert files[0] == files[1]


def test_a_table_may_be_filled_from_its_own_predecessor(tmp_path: Path) -> None:
    with engine(Home(tmp_path)) as duckdb:
        duckdb.values("moves", (("cycle", "varchar"),), [("2025-04",), ("2025-04",)])
        assert duckdb.table("moves", "ledger/moved_cycles") == 1


def test_an_engine_is_given_back_empty(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with engine(home) as first:
        first.values("moves", (("cycle", "varchar"),), [("2025-04",)])
    with engine(home) as second:
        left = second.connection.execute(
            "select table_name from information_schema.tables"
        ).fetchall()
        assert left == []


def test_engines_in_use_at_the_same_time_are_separate(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with engine(home) as first, engine(home) as second:
        assert first.connection is not second.connection


def test_a_missing_parameter_is_named(tmp_path: Path) -> None:
    with engine(Home(tmp_path)) as duckdb, pytest.raises(KeyError, match="month"):
        duckdb.rows("earning/monthly_sales", program="p")


@pytest.mark.parametrize("name", ["", "a b", 'x"', "a;b", "A"])
def test_names_in_sql_come_from_code(tmp_path: Path, name: str) -> None:
    with engine(Home(tmp_path)) as duckdb, pytest.raises(ValueError, match="not a name"):
        duckdb.values(name, (("a", "integer"),), [])


def test_what_does_not_fit_into_memory_is_spilled(tmp_path: Path) -> None:
    with engine(Home(tmp_path / "not" / "there" / "yet")) as duckdb:
        duckdb.connection.execute("set memory_limit = '60MB'")
        found = duckdb.connection.execute(
            "select count(*) from (select range as a, md5(range::varchar) as b "
            "from range(1500000) order by b)"
        ).fetchone()
        duckdb.connection.execute("set memory_limit = '1500MB'")
    assert found == (1_500_000,)


SPILLING = """
import os, signal, sys
from pathlib import Path
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home
with engine(Home(Path(sys.argv[1]))) as duckdb:
    duckdb.connection.execute("set memory_limit = '40MB'")
    duckdb.connection.execute(
        "create temp table t as select range as a, sha256(range::varchar) as b from range(1200000)"
    )
    if sys.argv[2] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_spilled_is_cleared_by_the_next_that_spills(tmp_path: Path) -> None:
    # Each process had a folder of its own, which nobody cleared after it was dead.
    def spilled(end: str) -> int:
        subprocess.run([sys.executable, "-c", SPILLING, str(tmp_path), end], check=False)
        return sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())

    assert spilled("killed") > 10_000_000
    assert spilled("done") < 1_000_000
