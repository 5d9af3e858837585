"""What verbs about programs share: the program, its cycles, today, and errors.

Belongs here: turning options into values. Not here: any one verb, or printing (`output`).
"""

from __future__ import annotations

import functools
import os
import uuid
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from loyalty_pipeline.cli.output import UsageProblem
from loyalty_pipeline.ingest.decisions import DecisionError
from loyalty_pipeline.ingest.remote import SftpError
from loyalty_pipeline.journal.sequence import BusinessDateError, MovedError
from loyalty_pipeline.journal.witness import DamagedJournalError
from loyalty_pipeline.ledger.program_files import programs_folder, programs_in
from loyalty_pipeline.program.base import MissingSettingError
from loyalty_pipeline.program.calendar import Cycle, CycleNameError
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import ProgramFileError
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.program.versions import CutCyclesError, NoRulesError
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Answer, open_reader

P = ParamSpec("P")
R = TypeVar("R")


def explained(verb: Callable[P, R]) -> Callable[P, R]:
    """Turn errors that a user can mend into a message and exit code 2, without a traceback."""

    @functools.wraps(verb)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return verb(*args, **kwargs)
        except (
            ProgramFileError,
            MissingSettingError,
            CycleNameError,
            CutCyclesError,
            NoRulesError,
            SftpError,
            DecisionError,
            MovedError,
            BusinessDateError,
            DamagedJournalError,
        ) as error:
            raise UsageProblem(str(error)) from None
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
            if error.filename is None or error.strerror is None:
                raise
            raise UsageProblem(f"{error.filename}: {error.strerror.lower()}") from None

    return wrapped


program_option = click.option(
    "--program", "program_id", help="Which program; may be left out when there is only one."
)
as_of_option = click.option(
    "--as-of",
    "as_of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The business date to take for today, like 2025-07-10. Default: LOYALTY_TODAY, else the "
    "clock.",
)


source_option = click.option(
    "--source", "source_id", help="Which source; may be left out when there is only one."
)


def all_programs(home: Home, folder: Path | None = None) -> dict[str, Program]:
    """The programs of the folder; versions already published may be missing in their files."""
    return programs_in(folder or programs_folder(), home)


def one_program(home: Home, program_id: str | None) -> Program:
    """The named program, or the only one."""
    programs = all_programs(home)
    if program_id is None:
        if len(programs) != 1:
            raise UsageProblem(f"say which program with --program: {', '.join(sorted(programs))}")
        return next(iter(programs.values()))
    if program_id not in programs:
        raise UsageProblem(
            f"there is no program {program_id} in {programs_folder()}: it has "
            f"{', '.join(sorted(programs)) or 'none'}"
        )
    return programs[program_id]


def all_sources(home: Home) -> dict[str, tuple[Source, list[Program]]]:
    """Every source of the programs, with the programs that read it."""
    found: dict[str, tuple[Source, list[Program]]] = {}
    for program in all_programs(home).values():
        for source in program.sources:
            found.setdefault(source.id, (source, []))[1].append(program)
    return found


def one_source(home: Home, source_id: str | None) -> tuple[Source, list[Program]]:
    """The named source, or the only one, with the programs that read it."""
    sources = all_sources(home)
    if source_id is None and len(sources) == 1:
        return next(iter(sources.values()))
    if source_id is None:
        raise UsageProblem(f"say which source with --source: {', '.join(sorted(sources))}")
    if source_id not in sources:
        raise UsageProblem(
            f"no program reads a source {source_id}: there is {', '.join(sorted(sources))}"
        )
    return sources[source_id]


def asked(question: str, **values: object) -> Answer:
    """What a SQL file answers from the published copy."""
    try:
        with open_reader(Home.from_environment()) as reader:
            return reader.ask_file(question, **values)
    except FileNotFoundError as error:
        raise UsageProblem(str(error)) from None


def clock_for(program: Program, as_of: datetime | None) -> Clock:
    """Today: as asked for, else LOYALTY_TODAY, else the machine's clock in the program's zone."""
    if as_of is not None:
        return Clock.on(as_of.date())
    configured = os.environ.get("LOYALTY_TODAY")
    if configured:
        try:
            return Clock.on(date.fromisoformat(configured))
        except ValueError:
            raise UsageProblem(f"LOYALTY_TODAY is '{configured}': write it 2025-07-10") from None
    return Clock.system(program.time_zone)


def cycles_in(program: Program, text: str) -> list[Cycle]:
    """The cycles of A..B, or of one name.

    Raises:
        CycleNameError: a name that is no cycle of the program.
    """
    first, _, last = text.partition("..")
    start = program.calendar.parse(first)
    end = program.calendar.parse(last or first)
    if end < start:
        raise UsageProblem(f"{text}: the last cycle lies before the first")
    return program.calendar.cycles(start, end)


def new_run_id() -> str:
    """The identity of a run from the command line, kept with everything it commits."""
    return f"cli-{uuid.uuid4().hex[:12]}"
