"""What operations do in Dagster: jobs, and the runs that sensors and schedules ask for.

Belongs here: driving the definitions the way daemon and UI do, in this process. Not
here: what must come of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg

from loyalty_pipeline.defs.location import location
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.warehouse.home import Home

ZONE = ZoneInfo("America/New_York")
QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


@dataclass
class Operations:
    """An instance of Dagster at work on the programs of a folder, on a business date."""

    instance: dg.DagsterInstance
    programs: Path
    home: Home
    today: date

    def __post_init__(self) -> None:
        self.definitions = location(self.programs, self.home)

    def run(self, job: str, cycle: str | None = None) -> dg.ExecuteInProcessResult:
        """Run a job; it raises what goes wrong."""
        return self.definitions.resolve_job_def(job).execute_in_process(
            run_config=QUIET,
            instance=self.instance,
            partition_key=cycle,
            tags={"loyalty/today": self.today.isoformat()},
        )

    def land(self, source: str) -> dg.ExecuteInProcessResult:
        """Land and stage what was dropped."""
        return self.run(f"drop_{source}")

    def asked_for(self, program: str) -> list[str]:
        """The cycles for which the sensor on changes asks for a run."""
        loyalty = Loyalty(
            home=str(self.home.root), programs=str(self.programs), today=self.today.isoformat()
        )
        tick = self.definitions.resolve_sensor_def(f"changes_{program}").evaluate_tick(
            dg.build_sensor_context(
                instance=self.instance,
                definitions=self.definitions,
                resources={"loyalty": loyalty},
            )
        )
        for event in tick.asset_events:
            self.instance.report_runless_asset_event(event)
        return [str(request.partition_key) for request in tick.run_requests or []]

    def backfill(self, program: str, cycles: Sequence[str]) -> int:
        """Run the program's job for cycles, in order; how many the last run still calls stale."""
        stale = 0
        for cycle in cycles:
            stale = _stale(self.run(f"cycles_{program}", cycle))
        return stale

    def morning(self, program: str) -> None:
        """The run of the daily schedule of releases."""
        schedule = self.definitions.resolve_schedule_def(f"releases_{program}_daily")
        moment = datetime.combine(self.today, time(5), ZONE)
        asked = schedule.evaluate_tick(
            dg.build_schedule_context(
                instance=self.instance,
                scheduled_execution_time=moment,
                repository_def=self.definitions.get_repository_def(),
            )
        )
        for request in asked.run_requests or []:
            self.run(f"releases_{program}", request.partition_key)


def _stale(result: dg.ExecuteInProcessResult) -> int:
    """How many stale cycles the check on them counts."""
    (check,) = [
        found
        for found in result.get_asset_check_evaluations()
        if found.check_name == "no_cycle_is_stale"
    ]
    count = check.metadata["stale_cycles"].value
    assert isinstance(count, int)
    assert check.passed == (count == 0)
    return count
