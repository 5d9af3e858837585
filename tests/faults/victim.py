"""A run that may be killed at any moment: the demo's steps, each on its own business date.

Not a test: `test_kill.py` starts it, kills it and starts it again, in processes forked from one
that has imported everything, so that kills fall into the work and not into the start of Python.
"""

from __future__ import annotations

from datetime import date
from multiprocessing.synchronize import Event
from pathlib import Path

from loyalty_pipeline import pipeline
from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse.home import Home

SOURCE = "dms"
STEPS = (
    (date(2024, 7, 10), ["sales_2024-04.csv", "sales_2024-05.csv", "sales_2024-06.csv"]),
    (date(2024, 10, 20), ["sales_2024-07.csv", "sales_2024-08.csv", "sales_2024-09.csv"]),
    (date(2024, 10, 21), ["sales_2024-05_2.csv", "redemptions_2024-10.csv"]),
)


def take_step(program_file: Path, home: Home, drop: Path, today: date, names: list[str]) -> None:
    """Land what is new and run everything: the same whether it is the first or the tenth try."""
    clock, report = Clock.on(today), RunReport()
    program = pipeline.take_in_rules(load_program(program_file), home, clock, "run", report)
    landed = {arrival.remote_name for arrival in LandingStore(home, SOURCE).arrivals()}
    missing = [(drop / name, name.split("_")[0]) for name in names if name not in landed]
    for file in missing:
        land_local([file], SOURCE, home, clock)
    pipeline.stage_files(program.sources[0], home, clock, "run", report, lambda text: None)
    pipeline.earn(program, home, clock, "run", report)
    publish(home, [program])


def perform(begun: Event, program_files: list[Path], home: Home, drop: Path) -> None:
    """Tell that the work begins, and play."""
    begun.set()
    play(program_files, home, drop)


def play(program_files: list[Path], home: Home, drop: Path) -> None:
    """The steps not yet done, then the rule change with its backfill.

    Days do not come twice: a step that was finished is not taken again, one that was killed is.
    """
    masters = ["partners_2024-04-01.csv", "distributors_2024-04-01.csv"]
    done = home.root / "steps-done"
    for number, (today, names) in enumerate(STEPS):
        if not (done / str(number)).exists():
            take_step(program_files[0], home, drop, today, [*masters, *names])
            (done / str(number)).mkdir(parents=True)
    last = Clock.on(STEPS[-1][0])
    program = load_program(program_files[1])
    cycles = [program.calendar.parse("2024-04"), program.calendar.parse("2024-07")]
    pipeline.backfill(program, home, last, "run", cycles)
