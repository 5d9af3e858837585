"""The product on a home of its own, and what it published.

Belongs here: landing a step, a run without a server, reading the published tables. Not here:
comparing them.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.pipeline import RunReport, earn, take_in_rules
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader
from tests.properties.earning.deliveries import Step
from tests.properties.earning.programs import as_yaml
from tests.properties.earning.shown import files_of


class Product:
    """The product, driven day by day."""

    def __init__(self, root: Path, program: dict[str, Any]) -> None:
        self.home = Home(root / "home")
        self._drop = root / "drop"
        self._drop.mkdir()
        self._file = root / "model.yaml"
        self._read(program)
        self._number = 0

    def _read(self, program: dict[str, Any]) -> None:
        self._file.write_text(as_yaml(program), encoding="utf-8")
        self.program: Program = load_program(self._file)

    def step(self, step: Step) -> RunReport:
        """Due, rules, files, every stale cycle, what that made due; then publish."""
        if step.program is not None:
            self._read(step.program)
        clock, report = Clock.on(step.today), RunReport()
        self._number += 1
        run_id = f"run-{self._number}"
        program = take_in_rules(self.program, self.home, clock, run_id, report)
        for source in program.sources:
            self._deliver(step.of(source.id), source, clock, run_id)
        calendar = program.calendar
        cycles = calendar.cycles(calendar.first, calendar.cycle_of(step.today))
        earn(program, self.home, clock, run_id, report, cycles=cycles)
        publish(self.home, [program], clock.today)
        return report

    def _deliver(self, step: Step, source: Source, clock: Clock, run_id: str) -> None:
        landing = []
        for feed, text in files_of(step).items():
            path = self._drop / f"{feed}_{source.id}_{self._number}.csv"
            path.write_text(text, encoding="utf-8")
            landing.append((path, feed))
        if landing:
            land_local(landing, source.id, self.home, clock)
        staged = stage(source, self.home, clock, run_id, lambda text: None)
        refused = [file for file in staged.files if file.status == "refused"]
        assert not refused, [file.reasons for file in refused]

    def ask(self, sql: str) -> list[dict[str, Any]]:
        with open_reader(self.home) as reader:
            return reader.ask(sql).as_dicts()

    def allocations(self, table: str = "point_allocations") -> list[dict[str, Any]]:
        return [
            row
            for row in self.ask(f"select * from {table}")
            if row["points"] or row["forgone_points"]
        ]

    def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        return {
            row["partner_id"]: (row["promised"], row["current"])
            for row in self.ask("select * from partner_balances")
            if row["promised"] or row["current"]
        }

    def tiers(self) -> dict[str, list[tuple[date, date | None, str]]]:
        """Of each partner the stretches now believed, in order."""
        found: dict[str, list[tuple[date, date | None, str]]] = {}
        for row in self.ask(
            "select * from tier_history where known_to is null order by partner_id, valid_from"
        ):
            stretch = (row["valid_from"], row["valid_to"], row["tier"])
            found.setdefault(row["partner_id"], []).append(stretch)
        return found


@contextmanager
def product(program: dict[str, Any]) -> Iterator[Product]:
    """A product in memory where the machine has a memory file system: fsync is then free."""
    shared = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None, prefix="loyalty-"))
    try:
        yield Product(root, program)
    finally:
        shutil.rmtree(root)
