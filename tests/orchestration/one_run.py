"""One run of a cycle in a process of its own, started when a file appears."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import dagster as dg

from loyalty_pipeline.defs.location import location
from loyalty_pipeline.defs.resources import TODAY_TAG
from loyalty_pipeline.warehouse.home import Home


def main(home: str, programs: str, cycle: str, today: str, gate: str, ready: str) -> None:
    job = location(Path(programs), Home(Path(home))).resolve_job_def("cycles_shop")
    instance = dg.DagsterInstance.get()
    Path(ready).touch()
    while not Path(gate).exists():
        time.sleep(0.01)
    job.execute_in_process(instance=instance, partition_key=cycle, tags={TODAY_TAG: today})


if __name__ == "__main__":
    main(*sys.argv[1:])
