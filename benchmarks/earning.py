"""From staged Parquet to allocations: our stages against the SQL somebody would write by hand.

Targets (issue "The whole earning model"): at most 1.5 times the hand-written SQL for exactly this
program, ten more rules that match nothing at most 1.3 times as long, at most 4 GB.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from loyalty_pipeline.earning.carried import Carried
from loyalty_pipeline.earning.cycle import Earning
from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile, seal_work_file, temporary_work_file

MONTHS = ("2025-04", "2025-05", "2025-06")
BY_HAND = Path(__file__).with_name("earning_by_hand.sql")


def program(idle_rules: int) -> Program:
    """Per-tier prorating, two rules, a running cap, 7-day promises; and rules nothing matches."""
    rules = [
        {"id": "earn", "when": "amount >= 100", "then": [{"allocate": "base"}]},
        {
            "id": "large",
            "when": "amount >= 9000 and document_date >= '2025-06-01'",
            "then": [{"allocate": "extra"}],
        },
    ]
    rules += [
        {
            "id": f"idle_{number}",
            "when": f"amount > {99_000_000 + number} and store_id = 'S{number}'",
            "then": [{"allocate": "base"}],
        }
        for number in range(idle_rules)
    ]
    return Program.model_validate(
        {
            "program": "bench",
            "name": "Bench",
            "currency": "INR",
            "time_zone": "Asia/Kolkata",
            "fiscal_start": "april",
            "first_cycle": "2025-01",
            "point_value": 1,
            "versions": [
                {
                    "effective_from": "2025-01-01",
                    "cycle": "quarter",
                    "rounding": {"decimals": 0, "grain": "document"},
                    "tiers": {
                        "order": ["Base", "Silver", "Gold"],
                        "from": "cycle_sales",
                        "thresholds": {"Silver": 100000, "Gold": 500000},
                    },
                    "strategies": [
                        {
                            "id": "base",
                            "type": "prorated",
                            "value": {"Base": "1%", "Silver": "1.2%", "Gold": "1.5%"},
                            "delayed_accrual": 7,
                        },
                        {"id": "extra", "type": "fixed", "value": 10, "delayed_accrual": 7},
                    ],
                    "rulesets": [{"event": "transaction", "match": "all", "rules": rules}],
                    "caps": [{"id": "monthly", "per": "partner", "period": "month", "points": 500}],
                }
            ],
        }
    )


def stage(home: Home, documents: int) -> None:
    """Write a quarter of staged documents and the tiers that 60,000 of 200,000 partners hold."""
    connection = duckdb.connect()
    for number, month in enumerate(MONTHS):
        first, last = number * documents // 3, (number + 1) * documents // 3
        temporary = temporary_work_file(home, "source/dms")
        connection.execute(
            f"""copy (
                select 'D' || (i % 50) as distributor_id, 'invoice' as document_type,
                    'INV' || lpad(i::varchar, 9, '0') as document_no,
                    2025::smallint as fiscal_year,
                    date '{month}-01' + (hash(i) % 30)::integer as document_date,
                    'P' || lpad((hash(i * 7) % 200000)::varchar, 7, '0') as partner_id,
                    'S' || (i % 300) as store_id,
                    ((hash(i * 3) % 1000000) * 0.01 + 1)::decimal(18, 2) as amount,
                    ((hash(i * 3) % 1000000) * 0.01 + 1)::decimal(18, 2) as net_amount,
                    0::integer as returned_documents, 'counted' as status,
                    null::varchar as original_document_no, null::date as original_date,
                    null::varchar as original_partner_id, null::decimal(18, 2) as taken,
                    1::integer as line_count, null::varchar as custom
                from range({first}, {last}) as t(i) order by document_no
            ) to '{temporary}' (format parquet, compression zstd, compression_level 1)"""
        )
        _seal(home, "source/dms", "sales_documents", month, temporary, last - first)
    temporary = temporary_work_file(home, "program/bench")
    connection.execute(
        f"""copy (
            select 'bench' as program, '2025-01' as cycle,
                'P' || lpad(i::varchar, 7, '0') as partner_id,
                case when i % 2 = 0 then 'Silver' else 'Gold' end as tier,
                (1 + i % 2)::integer as tier_rank, date '2025-04-01' as valid_from,
                date '2025-07-01' as valid_to, 'earned' as kind, 'earned' as reason,
                date '2025-03-31' as granted_on
            from range(60000) as t(i)
        ) to '{temporary}' (format parquet, compression zstd, compression_level 1)"""
    )
    _seal(home, "program/bench", "tier_holdings", "2025-01", temporary, 60000)


def _seal(home: Home, scope: str, table: str, partition: str, file: Path, rows: int) -> None:
    folder = home.work(scope) / table
    sealed = seal_work_file(home, scope, table, partition, file, rows, folder)
    (home.root / f"{table}.{partition}.json").write_text(json.dumps(sealed.as_json()))


def _sealed(home: Home, table: str, partition: str) -> WorkFile:
    text = (home.root / f"{table}.{partition}.json").read_text(encoding="utf-8")
    return WorkFile.from_json(json.loads(text))


def ours(home: Home, idle_rules: int) -> list[Path]:
    """Allocations by the stages of the product: their files."""
    rules_of = program(idle_rules)
    promoted = {
        ("sales_documents", month): _sealed(home, "sales_documents", month) for month in MONTHS
    }
    inputs = StagedInputs(rules_of, home, {}, {"dms": promoted}, date(2025, 7, 1))
    holdings = _sealed(home, "tier_holdings", "2025-01")
    carried = Carried({("tier_holdings", "2025-01"): holdings}, (), None, tuple)
    cycle = rules_of.calendar.parse("2025-04")
    with engine(home) as opened:
        rules = effective_rules(rules_of, cycle)
        files = Earning(opened, inputs, rules, carried, closed=True).awards
    return [home.root / file.path for file in files if file.table == "point_allocations"]


def by_hand(home: Home) -> list[Path]:
    """The same allocations by one SQL file: theirs."""
    connection = duckdb.connect(config={"memory_limit": "1500MB", "threads": 2})
    connection.execute(f"set temp_directory = '{home.root}/spill'")
    paths = [str(home.root / _sealed(home, "sales_documents", month).path) for month in MONTHS]
    connection.read_parquet(paths).create_view("documents")
    holdings = home.root / _sealed(home, "tier_holdings", "2025-01").path
    connection.read_parquet(str(holdings)).create_view("holdings")
    text = BY_HAND.read_text(encoding="utf-8")
    written = home.root / "by_hand.parquet"
    connection.execute(
        f"copy ({text}) to '{written}' (format parquet, compression zstd, compression_level 1)"
    ).fetchall()
    return [written]


def _came_to(files: list[Path]) -> list[str]:
    """What allocations come to, to tell whether two ways have the same."""
    totals = duckdb.read_parquet([str(file) for file in files]).aggregate(
        "count(*), sum(points), sum(forgone_points), "
        "sum(hash(allocation_key, points, accrual_date))"
    )
    return [str(total) for total in totals.fetchall()[0]]


def measure(documents: int, rounds: int, show: Callable[[str, float, float, str], None]) -> None:
    """Three ratios, of interleaved runs, each in a process and a home of its own."""
    import tempfile

    seconds: dict[str, list[float]] = {"hand": [], "ours": [], "idle": []}
    memory: list[float] = []
    results: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "staged"
        stage(Home(root), documents)
        for _ in range(rounds):
            for name in seconds:
                found = _in_a_process(root, name)
                seconds[name].append(found["seconds"])
                results.append(found["came_to"])
                if name == "ours":
                    memory.append(found["gigabytes"])
    assert all(result == results[0] for result in results), f"not the same points: {results[:3]}"
    hand, own, idle = (median(seconds[name]) for name in ("hand", "ours", "idle"))
    show("events, ours / SQL by hand", own / hand, 1.5, f"{own:.1f} s / {hand:.1f} s")
    show("ten rules that match nothing", idle / own, 1.3, f"{idle:.1f} s / {own:.1f} s")
    show("events, peak memory in GB", max(memory), 4, "")


def _in_a_process(root: Path, name: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.earning", str(root), name],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """One measured run: hand, ours or idle."""
    home, name = Home(Path(sys.argv[1])), sys.argv[2]
    for note in (home.root / "work" / "program" / "bench" / ".computed").glob("*.json"):
        note.unlink()  # what is computed already would not be computed again
    started = time.perf_counter()
    files = by_hand(home) if name == "hand" else ours(home, 10 if name == "idle" else 0)
    seconds = time.perf_counter() - started
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    found = {"seconds": seconds, "gigabytes": gigabytes, "came_to": _came_to(files)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
