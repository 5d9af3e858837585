"""What is computed already: the work files that came of a stage's inputs.

Belongs here: remembering them, so that equal inputs are computed once, whoever asks. Not here:
deciding anything: a memory that is lost, or says something of files that are gone, costs time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.warehouse.files import temporary_path
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.sql_files import texts_below
from loyalty_pipeline.warehouse.work_files import WorkFile


class Computed:
    """The memory of one cycle of a program."""

    def __init__(self, home: Home, program: str, cycle: Cycle) -> None:
        self._home = home
        self._cycle = cycle
        self._folder = home.work(f"program/{program}") / ".computed"

    def files(self, stage: str, inputs: str) -> list[WorkFile]:
        """The files that came of these inputs, if all are still there; none otherwise."""
        path = self._folder / self._name(stage, inputs)
        try:
            known = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError):  # never noted, or torn by a kill
            return []
        files = [WorkFile.from_json(value) for value in known]
        return files if all((self._home.root / file.path).exists() for file in files) else []

    def note(self, stage: str, inputs: str, files: Sequence[WorkFile]) -> None:
        """Remember what came of these inputs."""
        temporary = temporary_path(self._folder, ".json")
        temporary.write_text(json.dumps([file.as_json() for file in files]), encoding="utf-8")
        temporary.replace(self._folder / self._name(stage, inputs))

    def _name(self, stage: str, inputs: str) -> str:
        """Another release computes with other SQL: what the one before came to is forgotten."""
        key = digest(stage, self._cycle.name, inputs, _sql_digest())
        return f"{self._cycle.name}.{stage}.{key[:32]}.json"


@cache
def _sql_digest() -> str:
    folders = ("earning", "tiers", "events", "awards", "caps", "ledger")
    return digest([texts_below(folder) for folder in folders])
