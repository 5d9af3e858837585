"""The main job as a story: a drop that fills over eighteen months, a late file, a rule change.

Belongs here: which files are on the server when, and which rules are in force. Not here: what
is printed of it (`cli.demo`), or anything the product computes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from loyalty_pipeline import pipeline
from loyalty_pipeline.demo.drop import DropSummary, write_drop, write_late_file
from loyalty_pipeline.demo.server import ADDRESS, SftpServer
from loyalty_pipeline.pipeline import Progress, RunReport
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse.home import Home

PROGRAM_FILE = "retailer_rewards.yaml"
# The morning after the last file of each quarter, and one for the late file.
RUN_DATES = (
    date(2024, 7, 10),
    date(2024, 10, 20),
    date(2025, 1, 10),
    date(2025, 4, 10),
    date(2025, 7, 10),
)
LAST_DATE = date(2025, 10, 10)
# Before the rule change Platinum earned a little less than the program file says.
RATE_BEFORE, RATE_NOW = "rate: 0.35%", "rate: 0.4%"
MARK = "demo"


class NotADemoError(Exception):
    """The home holds something else than an earlier demo, which must not be lost."""


@dataclass
class Story:
    """One telling, in a home of its own."""

    home: Home
    program_file: Path
    summary: DropSummary
    server: SftpServer

    @property
    def _written(self) -> Path:
        return self.home.root / MARK / "written"

    @property
    def _served(self) -> Path:
        return self.home.root / MARK / "server" / "drop"

    def quarter(self, today: date, progress: Progress) -> RunReport:
        """Deliver what has been written by then and run, under the rules as they were first."""
        return self._run(self.first_rules(), today, progress)

    def late_file(self, progress: Progress) -> tuple[DropSummary, RunReport]:
        """A file for the first quarter comes after the sixth has ended."""
        late = write_late_file(self._written)
        return late, self._run(self.first_rules(), LAST_DATE, progress)

    def changed_rules(self) -> Program:
        """The program file as it is, which pays Platinum more than the rules before."""
        return pipeline.as_if_published(load_program(self.program_file), self.home)

    def first_rules(self) -> Program:
        """The rules before the change."""
        return load_program(self._first_rules())

    def backfill(self, program: Program, cycles: list[Cycle], progress: Progress) -> RunReport:
        """Recompute the cycles the change made stale."""
        clock = Clock.on(LAST_DATE)
        return pipeline.backfill(program, self.home, clock, "demo-backfill", cycles, progress)

    def _run(self, program: Program, today: date, progress: Progress) -> RunReport:
        self._deliver(today)
        return pipeline.run(program, self.home, Clock.on(today), f"demo-{today}", progress=progress)

    def _deliver(self, today: date) -> None:
        """Put on the server what the DMS has written by now, times of files included."""
        self._served.mkdir(parents=True, exist_ok=True)
        limit = datetime.combine(today, datetime.max.time(), tzinfo=UTC).timestamp()
        for path in sorted(self._written.iterdir()):
            target = self._served / path.name
            if path.stat().st_mtime <= limit and not target.exists():
                shutil.copy2(path, target)

    def _first_rules(self) -> Path:
        path = self.home.root / MARK / "first_rules" / PROGRAM_FILE
        if not path.exists():
            text = self.program_file.read_text(encoding="utf-8")
            assert RATE_NOW in text, f"the demo changes '{RATE_NOW}', which is not in the file"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace(RATE_NOW, RATE_BEFORE), encoding="utf-8")
        return path


@contextmanager
def begin(home: Home, program_file: Path, port: int = 0) -> Iterator[Story]:
    """Start from nothing: an empty home, a written drop, a server, and its credentials.

    Raises:
        NotADemoError: the home holds something else than an earlier demo.
    """
    _empty(home)
    root = home.root / MARK
    summary = write_drop(root / "written")
    (root / "server" / "drop").mkdir(parents=True)
    with SftpServer(root / "server", port=port) as server:
        environment = {
            "DMS_HOST": ADDRESS,
            "DMS_PORT": str(server.port),
            "DMS_USER": server.user,
            "DMS_PASSWORD": server.password,
            "DMS_KNOWN_HOSTS": str(server.write_known_hosts(root / "known_hosts")),
        }
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            yield Story(home, program_file, summary, server)
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def _empty(home: Home) -> None:
    if home.root.exists() and any(home.root.iterdir()):
        if not (home.root / MARK).is_dir():
            raise NotADemoError(
                f"{home.root} holds data that no demo wrote. Set LOYALTY_HOME to another folder, "
                f"or move this one away, and try again."
            )
        shutil.rmtree(home.root)
    home.root.mkdir(parents=True, exist_ok=True)
