"""Reading alone: from a landed sales file to staged Parquet, against Polars writing its text.

`python -m benchmarks.reading polars|ours CSV` measures one reading in a process of its own and
prints one line of JSON; `measure` runs them in turns and prints ratios. Seconds of CPU stand
beside the clock, since they mean the same on a machine that is not idle.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import polars as pl

from benchmarks.data import LINES_A_DOCUMENT, write_month
from loyalty_pipeline.ingest.arrival import Arrival
from loyalty_pipeline.ingest.read_feed import StagedFile, read_feed
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home

ROUNDS = 3

_BAD = """
copy (
    select * exclude (n) replace (
        case when (n - 1) // $lines % 2 = 0 then 'x' || amount else amount end as amount
    )
    from numbered order by n
) to $path (format csv, header)
"""
_INTERLEAVED = """
copy (select * exclude (n) from numbered order by (n - 1) % $lines, n) to $path (format csv, header)
"""


def write_files(folder: Path, lines: int) -> dict[str, Path]:
    """A clean file, one whose every other document is bad, and one that mixes all documents."""
    clean = write_month(folder, date(2025, 4, 1), lines)
    files = {"clean": clean, "bad": folder / "bad.csv", "interleaved": folder / "interleaved.csv"}
    with duckdb.connect(str(folder / "numbered.duckdb")) as connection:
        connection.execute(
            "create table numbered as select row_number() over () as n, * "
            "from read_csv($path, all_varchar = true, header = true)",
            {"path": str(clean)},
        )
        for name, query in (("bad", _BAD), ("interleaved", _INTERLEAVED)):
            connection.execute(query, {"lines": LINES_A_DOCUMENT, "path": str(files[name])})
    (folder / "numbered.duckdb").unlink()
    return files


def with_polars(path: Path, folder: Path) -> Callable[[], None]:
    """The text as it is, into Parquet."""

    def read() -> None:
        pl.scan_csv(path, infer_schema=False).sink_parquet(
            folder / "text.parquet", compression="zstd", compression_level=1
        )

    return read


def with_ours(path: Path, folder: Path) -> Callable[[], None]:
    """Checked, converted, put together to documents, sealed; landing has told the hash."""
    with path.open("rb") as file:
        file_id = hashlib.file_digest(file, "sha256").hexdigest()
    arrival = Arrival(
        source="dms",
        feed="sales",
        remote_name=path.name,
        size=path.stat().st_size,
        mtime=0,
        file_id=file_id,
        landed_at=datetime(2025, 7, 1),  # noqa: DTZ001 - posting times are UTC without a zone
        vouched_by="case",
        control=None,
        order=("1",),
        file_date=date(2025, 7, 1),
        arrival_id="0" * 64,
    )
    source = Source.model_validate(
        {
            "id": "dms",
            "host": "localhost",
            "user": "loyalty",
            "key_file": "key",
            "known_hosts": "known_hosts",
            "feeds": {"sales": {"pattern": ".*"}},
        }
    )

    def read() -> None:
        outcome = read_feed(arrival, path, source, Home(folder))
        assert isinstance(outcome, StagedFile), outcome

    return read


def peak_mb() -> int:
    """The most memory this process held; getrusage would count that of the process it came from."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024


def one(way: str, path: Path) -> dict[str, Any]:
    """One reading in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.reading", way, str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(root: Path, lines: int, show: Callable[[str, float, float, str], None]) -> None:
    """All readings in turns, medians of them, against their targets."""
    files = write_files(root / "reading", lines)
    size = files["clean"].stat().st_size / 1e6
    print(f"{lines:,} lines, {size:,.0f} MB of CSV")
    found: dict[str, list[dict[str, Any]]] = {"polars": [], **{name: [] for name in files}}
    for _ in range(ROUNDS):
        found["polars"].append(one("polars", files["clean"]))
        for name, path in files.items():
            found[name].append(one("ours", path))

    def of(name: str, what: str) -> float:
        return float(median(result[what] for result in found[name]))

    for what in ("seconds", "cpu"):
        for name, base, limit in (("clean", "polars", 2.5), ("bad", "clean", 1.5)):
            detail = f"{of(name, what):.2f} / {of(base, what):.2f}"
            show(f"reading {name} / {base}, {what}", of(name, what) / of(base, what), limit, detail)
    for name in files:
        show(f"peak memory of {name}, GB", of(name, "peak_mb") / 1000, 1, "")


def main() -> None:
    """Read one file and print what it took."""
    way, path = sys.argv[1], Path(sys.argv[2])
    made = {"polars": with_polars, "ours": with_ours}[way]
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        read = made(path, Path(folder))
        start, cpu = time.perf_counter(), time.process_time()
        read()
        found = {
            "seconds": time.perf_counter() - start,
            "cpu": time.process_time() - cpu,
            "peak_mb": peak_mb(),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
