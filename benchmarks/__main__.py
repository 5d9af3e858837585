"""`python -m benchmarks [--lines N]`: all ratios of the targets, in one run.

Targets (issue "The spine"): first load at most 6 times the bare script, nothing changed at most
0.05 of the first load, a late file of 1% at most 0.2 of it, a backfill of twelve quarters at most
twice twelve times the script on Parquet; peak memory at most 3 GB; one cycle of assets at most
1.5 seconds; a look into a folder of 20,000 files at most 3 times a plain listing. Reading alone: at
most 2.5 times what Polars takes to write the text of the same file as Parquet, with half of the
rows bad at most 1.5 times as long, within 1 GB. Ratios are medians of three interleaved runs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import earning, reading
from benchmarks.data import write_month, write_quarter
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.warehouse.home import Home

ROUNDS = 3
PROGRAM = Path(__file__).parent / "program.yaml"


def phase(name: str, home: Path, *arguments: object) -> dict[str, Any]:
    """Run one phase in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.phases", name, str(home), *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def show(what: str, ratio: float, limit: float, detail: str) -> None:
    """One line of the result."""
    verdict = "ok" if ratio <= limit else "MISSED"
    print(f"{what:<42} {ratio:>8.3f}  (target {limit:g})  {verdict:<7} {detail}", flush=True)


def one_quarter(root: Path, lines: int) -> None:
    """First load, nothing changed, late file: interleaved with the script, three times."""
    served = root / "server"
    csv = write_quarter(served / "drop", date(2025, 4, 1), lines)
    late_folder = root / "late"
    late = write_month(late_folder, date(2025, 6, 1), lines // 100, sequence=1)
    results: dict[str, list[float]] = {key: [] for key in ("first", "again", "late")}
    seconds: dict[str, list[float]] = {key: [] for key in ("script", "load", "transfer")}
    peak = 0
    for round_number in range(ROUNDS):
        home = root / f"home{round_number}"
        home.mkdir()
        script = phase("script", home, *csv)
        seconds["transfer"].append(phase("transfer", home, PROGRAM, served)["transfer"])
        first = phase("load", home, PROGRAM)
        again = phase("load", home, PROGRAM)
        for file in (late, late.with_name(late.name + ".ctl")):
            shutil.copy2(file, served / "drop" / file.name)
        phase("transfer", home, PROGRAM, served)
        after = phase("load", home, PROGRAM)
        for file in (late, late.with_name(late.name + ".ctl")):
            (served / "drop" / file.name).unlink()
        results["first"].append(first["load"] / script["script"])
        results["again"].append(again["load"] / first["load"])
        results["late"].append(after["load"] / first["load"])
        seconds["script"].append(script["script"])
        seconds["load"].append(first["load"])
        peak = max(peak, first["peak_mb"], after["peak_mb"])
        assert again["entries"] == 0, "nothing changed, yet something was posted"
        if round_number < ROUNDS - 1:
            shutil.rmtree(home)
    size = sum(path.stat().st_size for path in csv) / 1e6
    print(f"{lines:,} lines, {size:,.0f} MB of CSV")
    transferred = median(seconds["transfer"])
    print(f"SFTP transfer, apart: {transferred:.1f} s, {size / transferred:.0f} MB/s")
    show(
        "first load / script",
        median(results["first"]),
        6,
        f"{median(seconds['load']):.2f} s / {median(seconds['script']):.2f} s",
    )
    show("nothing changed / first load", median(results["again"]), 0.05, "")
    show("late file of 1% / first load", median(results["late"]), 0.2, "")
    show("peak memory, GB", peak / 1000, 3, "")


def twelve_quarters(root: Path, lines: int) -> None:
    """Load twelve quarters, change the rates, backfill; against the script on their Parquet."""
    home = root / "home_of_years"
    home.mkdir()
    served = root / "years"
    for number in range(12):
        first = date(2022 + (3 + 3 * number) // 12, (3 + 3 * number) % 12 + 1, 1)
        folder = served / f"{number:02d}" / "drop"
        write_quarter(folder, first, lines)
        phase("transfer", home, PROGRAM, folder.parent)
        phase("load", home, PROGRAM)
        shutil.rmtree(folder)
    promoted = Journal(Home(home), "source/dms").promoted()
    files = [
        str(home / file.path) for (table, _), file in promoted.items() if table == "sales_lines"
    ]
    groups = [",".join(files[position : position + 3]) for position in range(0, len(files), 3)]
    text = PROGRAM.read_text(encoding="utf-8")
    ratios, seconds, peak = [], [], 0
    for rate in ("0.25%", "0.35%", "0.3%"):
        changed = root / "changed.yaml"
        changed.write_text(text.replace("rate: 0.3%", f"rate: {rate}"), encoding="utf-8")
        if rate == "0.3%":
            changed.write_text(text, encoding="utf-8")
        script = phase("script_by_quarter", home, *groups)["script"]
        found = phase("backfill", home, changed)
        assert found["entries"] > 0, "the rate changed, yet nothing was posted"
        ratios.append(found["backfill"] / script)
        seconds.append(found["backfill"])
        peak = max(peak, found["peak_mb"])
    show(
        "backfill of 12 quarters / 12 scripts",
        median(ratios),
        2,
        f"{median(seconds):.2f} s, {lines:,} lines a quarter",
    )
    show("peak memory of the backfill, GB", peak / 1000, 3, "")


def orchestration(root: Path) -> None:
    """One cycle of assets in process on SQLite storage, after import."""
    folder = root / "orchestration"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.orchestration", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    show("one cycle of assets, seconds", median(json.loads(done.stdout.splitlines()[-1])), 1.5, "")


def listing(root: Path) -> None:
    """A look into a folder of 20,000 files, over a plain listing of it."""
    folder = root / "listing"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.listing", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    for line in done.stdout.splitlines():
        found = json.loads(line)
        plain = found["listing"]
        for key, what in (("nothing_new", "nothing new"), ("ten_new", "ten new files")):
            show(
                f"look, {what} / listing, {found['server']}",
                found[key] / plain,
                3,
                f"{found[key]:.2f} s / {plain:.2f} s",
            )


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--backfill-lines", type=int, default=10_000_000)
    parts = ["reading", "load", "backfill", "orchestration", "listing", "earning"]
    parser.add_argument("--only", choices=parts)
    chosen = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="loyalty-benchmark-"))
    try:
        if chosen.only in (None, "reading"):
            reading.measure(root, chosen.lines, show)
        if chosen.only in (None, "load"):
            one_quarter(root, chosen.lines)
        if chosen.only in (None, "backfill"):
            twelve_quarters(root, chosen.backfill_lines)
        if chosen.only in (None, "orchestration"):
            orchestration(root)
        if chosen.only in (None, "listing"):
            listing(root)
        if chosen.only in (None, "earning"):
            earning.measure(chosen.lines, ROUNDS, show)
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
