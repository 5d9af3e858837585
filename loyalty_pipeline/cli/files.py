"""Verbs about what came: files, quarantine.

Belongs here: arguments and output. Not here: what makes a file refused, which is `ingest`.
"""

from __future__ import annotations

from datetime import datetime

import click

from loyalty_pipeline.cli.common import (
    as_of_option,
    clock_for,
    explained,
    new_run_id,
    one_program,
    program_option,
)
from loyalty_pipeline.cli.coverage import coverage
from loyalty_pipeline.cli.output import UsageProblem, format_option, say, show
from loyalty_pipeline.ledger.redemptions import forget_refusals
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader


@click.group(invoke_without_command=True)
@click.option("--status", help="Only files of this status, like refused.")
@format_option
@click.pass_context
@explained
def files(context: click.Context, status: str | None, output: str) -> None:
    """Every file that came, whether it counts, and where its rows went.

    Example: loyalty files --status refused
    """
    if context.invoked_subcommand is None:
        _show("explain/files", output, status=status)


files.add_command(coverage)


@click.group(invoke_without_command=True)
@click.option("--file", "remote_name", help="Only lines of this file.")
@format_option
@click.pass_context
@explained
def quarantine(context: click.Context, remote_name: str | None, output: str) -> None:
    """Every line that was kept out, with its reasons, as it came.

    Example: loyalty quarantine --file sales_2024-10.csv
    """
    if context.invoked_subcommand is None:
        _show("explain/quarantine", output, remote_name=remote_name)


@quarantine.command()
@program_option
@as_of_option
@explained
def retry(program_id: str | None, as_of: datetime | None) -> None:
    """Let the next run try every refused redemption again.

    Example: loyalty quarantine retry --program retailer_rewards
    """
    home = Home.from_environment()
    program = one_program(home, program_id)
    count = forget_refusals(program, home, clock_for(program, as_of), new_run_id())
    publish(home, [program])
    say(f"{count} refused redemptions will be tried again by the next run")


def _show(question: str, output: str, **asked: str | None) -> None:
    try:
        with open_reader(Home.from_environment()) as reader:
            answer = reader.ask_file(question, **asked)
    except FileNotFoundError as error:
        raise UsageProblem(str(error)) from None
    show(answer.columns, answer.rows, output)
