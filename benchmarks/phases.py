"""One phase of the benchmark a process, so that its time and peak memory are its own.

`python -m benchmarks.phases PHASE HOME [arguments]` prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import script
from benchmarks.reading import peak_mb
from loyalty_pipeline import pipeline
from loyalty_pipeline.demo.server import ADDRESS, SftpServer
from loyalty_pipeline.ingest.landing import land
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse.home import Home

TODAY = date(2025, 7, 20)


def quiet(text: str) -> None:
    """Progress is not what is measured."""


def seconds_of(work: Any) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def transfer(home: Home, program: Program, folder: Path) -> dict[str, Any]:
    """Land everything in the folder over SFTP from a server in this process."""
    with SftpServer(folder) as server:
        os.environ |= {
            "DMS_HOST": ADDRESS,
            "DMS_PORT": str(server.port),
            "DMS_USER": server.user,
            "DMS_PASSWORD": server.password,
            "DMS_KNOWN_HOSTS": str(server.write_known_hosts(home.root / "known_hosts")),
        }
        clock = Clock.on(TODAY)
        return {"transfer": seconds_of(lambda: land(program.sources[0], home, clock, quiet))}


def load(home: Home, program: Program) -> dict[str, Any]:
    """From landed files to the posted ledger and the published copy."""
    report = RunReport()

    def work() -> None:
        clock = Clock.on(TODAY)
        published = pipeline.take_in_rules(program, home, clock, "bench", report)
        pipeline.stage_files(program.sources[0], home, clock, "bench", report, quiet)
        pipeline.earn(published, home, clock, "bench", report, progress=quiet)
        publish(home, [published])

    return {"load": seconds_of(work), "entries": report.entries}


def backfill(home: Home, program: Program) -> dict[str, Any]:
    """Recompute and post all twelve quarters."""
    cycles = program.calendar.cycles(program.calendar.first, program.calendar.parse("2025-01"))
    reports: list[RunReport] = []
    taken = seconds_of(
        lambda: reports.append(
            pipeline.backfill(program, home, Clock.on(TODAY), "bench", cycles, quiet)
        )
    )
    return {"backfill": taken, "entries": reports[0].entries}


def main() -> None:
    """Run one phase and print what it took."""
    phase, root, *rest = sys.argv[1:]
    home = Home(Path(root))
    if phase == "script":
        paths = [Path(path) for path in rest]
        by = script.from_csv if paths[0].suffix == ".csv" else script.from_parquet
        found: dict[str, Any] = {"script": seconds_of(lambda: by(paths))}
    elif phase == "script_by_quarter":
        quarters = [[Path(p) for p in group.split(",")] for group in rest]
        found = {"script": sum(seconds_of(lambda q=q: script.from_parquet(q)) for q in quarters)}
    else:
        program = load_program(Path(rest[0]))
        if phase == "transfer":
            found = transfer(home, program, Path(rest[1]))
        else:
            found = {"load": load, "backfill": backfill}[phase](home, program)
    found["peak_mb"] = peak_mb()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
