"""What Dagster adds: one cycle of assets through `execute_in_process` on SQLite storage.

`python -m benchmarks.orchestration FOLDER` prints the seconds of each cycle's run as JSON, after
import and after the drop has been staged.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

import dagster as dg

from loyalty_pipeline.defs.location import location
from loyalty_pipeline.demo.drop import write_drop
from loyalty_pipeline.demo.server import ADDRESS, SftpServer
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.sql_files import bundled

PROGRAM = "retailer_rewards"
CYCLES = ("2024-04", "2024-07", "2024-10", "2025-01", "2025-04")
TAGS = {"loyalty/today": "2025-10-10"}
QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


def seconds_of_cycles(folder: Path) -> list[float]:
    """The time of each cycle's run, the first one left out: it still opens storage."""
    write_drop(folder / "server" / "drop")
    programs = folder / "programs"
    programs.mkdir()
    shutil.copy(bundled("programs") / f"{PROGRAM}.yaml", programs)
    storage = folder / "dagster"
    storage.mkdir()
    with (
        SftpServer(folder / "server") as server,
        dg.DagsterInstance.from_config(str(storage)) as instance,
    ):
        os.environ |= {
            "DMS_HOST": ADDRESS,
            "DMS_PORT": str(server.port),
            "DMS_USER": server.user,
            "DMS_PASSWORD": server.password,
            "DMS_KNOWN_HOSTS": str(server.write_known_hosts(folder / "known_hosts")),
        }
        definitions = location(programs, Home(folder / "home"))

        def run(job: str, cycle: str | None = None) -> float:
            start = time.perf_counter()
            definitions.resolve_job_def(job).execute_in_process(
                run_config=QUIET, instance=instance, partition_key=cycle, tags=TAGS
            )
            return time.perf_counter() - start

        run("drop_dms")
        return [run(f"cycles_{PROGRAM}", cycle) for cycle in CYCLES][1:]


if __name__ == "__main__":
    print(json.dumps(seconds_of_cycles(Path(sys.argv[1]))))
