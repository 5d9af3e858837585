"""Verbs that ask the published copy: sql, report.

Belongs here: arguments and output. Not here: the reports, which are `sql/finance`.
"""

from __future__ import annotations

import sys
from datetime import datetime

import click

from loyalty_pipeline.cli.output import UsageProblem, format_option, show
from loyalty_pipeline.reporting.finance import describe_report, report_names, run_report
from loyalty_pipeline.reporting.query import QueryRefusedError, run_query
from loyalty_pipeline.warehouse.home import Home

_DATE = click.DateTime(["%Y-%m-%d"])


# A query may begin with a comment, which looks like an option.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("query", required=False)
@format_option
def sql(query: str | None, output: str) -> None:
    """Ask one question in SQL, or many at a prompt; read-only, also while a run is writing.

    Example: loyalty sql "select * from liability_rollforward"
    """
    home = Home.from_environment()
    if query is not None:
        _answer(home, query, output)
        return
    if not sys.stdin.isatty():
        _answer(home, sys.stdin.read(), output)
        return
    click.echo("One SELECT a line; 'show tables' lists what there is; an empty line ends it.")
    while line := click.prompt("sql", default="", show_default=False).strip():
        try:
            _answer(home, line, output)
        except UsageProblem as error:
            click.echo(error.format_message(), err=True)


@click.command()
@click.argument("name", required=False)
@click.option("--program", help="Only this program.")
@click.option("--as-of", type=_DATE, help="At the end of this day.")
@click.option("--known-at", type=_DATE, help="As it was known at the end of this day.")
@click.option("--describe", is_flag=True, help="Say what the report means instead.")
@format_option
def report(
    name: str | None,
    program: str | None,
    as_of: datetime | None,
    known_at: datetime | None,
    describe: bool,
    output: str,
) -> None:
    """One of the finance reports; without a name, which there are.

    Example: loyalty report liability --as-of 2025-03-31
    """
    if name is None:
        rows = [(one, describe_report(one).splitlines()[0]) for one in report_names()]
        show(("report", "what it says"), rows, output)
        return
    if describe:
        click.echo(describe_report(name))
        return
    try:
        answer = run_report(
            Home.from_environment(),
            name,
            program=program,
            as_of=as_of.date() if as_of else None,
            known_at=known_at.date() if known_at else None,
        )
    except KeyError as error:
        raise UsageProblem(str(error.args[0])) from None
    except FileNotFoundError as error:
        raise UsageProblem(str(error)) from None
    show(answer.columns, answer.rows, output)


def _answer(home: Home, query: str, output: str) -> None:
    statement = "from (show tables)" if query.strip().rstrip(";") == "show tables" else query
    try:
        answer = run_query(home, statement)
    except (QueryRefusedError, FileNotFoundError) as error:
        raise UsageProblem(str(error)) from None
    show(answer.columns, answer.rows, output)
