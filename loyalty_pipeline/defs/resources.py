"""What a run is given: where files are kept, which programs there are, what today is.

Belongs here: turning run config, tags and the environment into `Home`, `Program` and `Clock`. Not
here: secrets, which a source reads from the environment when it connects and nobody else does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import dagster as dg
from pydantic import Field

from loyalty_pipeline.ledger.program_files import programs_folder, programs_in
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home

TODAY_TAG = "loyalty/today"


class Loyalty(dg.ConfigurableResource[None]):
    """The instance a run works on. What is not configured comes from the environment."""

    home: str | None = Field(None, description="Folder of everything written: LOYALTY_HOME.")
    programs: str | None = Field(None, description="Folder of program files: LOYALTY_PROGRAMS.")
    today: str | None = Field(
        None, description="Business date, like 2025-07-10: LOYALTY_TODAY, else the clock."
    )

    @property
    def place(self) -> Home:
        """Where everything is kept."""
        return Home(Path(self.home).absolute()) if self.home else Home.from_environment()

    def all_programs(self) -> dict[str, Program]:
        """Every program, as its file is now: an edited rule needs no restart."""
        folder = Path(self.programs) if self.programs else programs_folder()
        return programs_in(folder, self.place)

    def program(self, program_id: str) -> Program:
        """A program, as its file is now."""
        programs = self.all_programs()
        if program_id not in programs:
            raise dg.Failure(
                f"program {program_id} has no file any more: put it back, or reload the code "
                f"location so that its assets go too"
            )
        return programs[program_id]

    def readers(self, source_id: str) -> list[Program]:
        """The programs that read a source."""
        return [
            program
            for program in self.all_programs().values()
            if any(source.id == source_id for source in program.sources)
        ]

    def source(self, source_id: str) -> Source:
        """A source, as the files of its programs say now."""
        for program in self.readers(source_id):
            for source in program.sources:
                if source.id == source_id:
                    return source
        raise dg.Failure(
            f"no program reads a source {source_id} any more: reload the code location"
        )

    def clock(self, time_zone: str, tags: Mapping[str, str] | None = None) -> Clock:
        """Today: the run's tag, else its config, else LOYALTY_TODAY, else the machine's clock."""
        tagged = (tags or {}).get(TODAY_TAG)
        for where, text in (
            (f"the tag {TODAY_TAG}", tagged),
            ("today in the run config", self.today),
            ("LOYALTY_TODAY", os.environ.get("LOYALTY_TODAY")),
        ):
            if text:
                try:
                    return Clock.on(date.fromisoformat(text))
                except ValueError:
                    raise dg.Failure(f"{where} is '{text}': write it like 2025-07-10") from None
        return Clock.system(time_zone)
