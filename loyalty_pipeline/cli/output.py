"""How verbs print: tables for people, CSV and JSON for programs.

Belongs here: turning values into text, and usage errors. Not here: anything that reads programs
or journals (`common`), so that `loyalty sql` starts fast.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

# Without a terminal (a pipe, CI) sentences and rules are this long; tables are what they need.
CONSOLE = Console() if Console().is_terminal else Console(width=180)
_NUMBERS = (int, Decimal)
_LONG_TEXT = 40  # characters; longer texts are folded
_WIDEST = 100_000  # characters; a table is measured on a console that is no limit to it
_MONEY_PLACES = 2


class UsageProblem(click.ClickException):
    """Bad usage or configuration: exit code 2."""

    exit_code = 2


format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="A table for people, csv or json for programs.",
)


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
        table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
        for position, column in enumerate(columns):
            numeric = any(isinstance(row[position], _NUMBERS) for row in rows)
            longest = max((len(_for_people(row[position])) for row in rows), default=0)
            table.add_column(
                column,
                justify="right" if numeric else "left",
                no_wrap=longest <= _LONG_TEXT,
                min_width=max(len(column), min(longest, _LONG_TEXT)),
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(_for_people(value) for value in row))
        _print_whole(table)


def _print_whole(table: Table) -> None:
    """Wider than the terminal where it must be: a figure cut off looks like another figure."""
    needed = Console(width=_WIDEST).measure(table).minimum
    console = CONSOLE if needed <= CONSOLE.width else Console(width=needed)
    console.print(table)


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
        # Money keeps its two places; points and rates lose the zeros that say nothing.
        text = f"{value:,f}"
        is_money = value.as_tuple().exponent == -_MONEY_PLACES
        return text if is_money or "." not in text else text.rstrip("0").rstrip(".")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def fail(text: str) -> None:
    """A check or a case failed: exit code 1."""
    click.echo(text, err=True)
    sys.exit(1)
