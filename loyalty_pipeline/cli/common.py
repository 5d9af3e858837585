"""What every verb shares: the instance, the program, today, output and errors.

Belongs here: turning options into values and values into text. Not here: any one verb.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import sys
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
from rich.console import Console
from rich.table import Table

from loyalty_pipeline.ingest.remote import SftpError
from loyalty_pipeline.journal.sequence import MovedError
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.base import MissingSettingError
from loyalty_pipeline.program.calendar import Cycle, CycleNameError
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import ProgramFileError, load_programs
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import NoRulesError
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.sql_files import bundled

P = ParamSpec("P")
R = TypeVar("R")

CONSOLE = Console(soft_wrap=True)
_NUMBERS = (int, Decimal)


class UsageProblem(click.ClickException):
    """Bad usage or configuration: exit code 2."""

    exit_code = 2


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
            NoRulesError,
            SftpError,
            MovedError,
        ) as error:
            raise UsageProblem(str(error)) from None

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
format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="A table for people, csv or json for programs.",
)


def programs_folder() -> Path:
    """Where program files are read from."""
    configured = os.environ.get("LOYALTY_PROGRAMS")
    if configured:
        return Path(configured)
    here = Path("data/programs")
    return here if here.is_dir() else bundled("programs")


def all_programs(home: Home, folder: Path | None = None) -> dict[str, Program]:
    """The programs of the folder; versions already published may be missing in their files."""
    journals = home.root / "journal" / "program"
    known = [path.name for path in journals.iterdir()] if journals.is_dir() else []
    published = {name: program_state(program_journal(home, name)).published for name in known}
    return load_programs(folder or programs_folder(), published)


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


def show(columns: Sequence[str], rows: Sequence[Sequence[Any]], output: str = "table") -> None:
    """Print rows for people or for programs."""
    if output == "json":
        records = [dict(zip(columns, map(_plain, row), strict=True)) for row in rows]
        click.echo(json.dumps(records, ensure_ascii=False, indent=1))
    elif output == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([["" if v is None else _plain(v) for v in row] for row in rows])
        click.echo(text.getvalue(), nl=False)
    else:
        table = Table(header_style="bold", show_edge=False, pad_edge=False)
        for position, column in enumerate(columns):
            numeric = any(isinstance(row[position], _NUMBERS) for row in rows)
            table.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_for_people(value) for value in row))
        CONSOLE.print(table)


def say(text: str) -> None:
    """One line of progress, on standard error so that output can be piped."""
    click.echo(text, err=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | date | datetime):
        return str(value)
    return value


def _for_people(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:,}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def fail(text: str) -> None:
    """A check or a case failed: exit code 1."""
    click.echo(text, err=True)
    sys.exit(1)
