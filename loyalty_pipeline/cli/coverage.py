"""The verb about files that should have come: files coverage.

Belongs here: arguments and output. Not here: what is missing, which is `ingest.coverage`.
"""

from __future__ import annotations

import click

from loyalty_pipeline.cli.common import explained
from loyalty_pipeline.cli.output import UsageProblem, format_option, say, show
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader


@click.command()
@click.option("--status", help="Only these: arrived, missing, overdue, refused or waiting.")
@format_option
@explained
def coverage(status: str | None, output: str) -> None:
    """Which files of which period and distributor have come, and which are missing.

    As of the last run. What is expected stands in the contract: `expected` and `gapless_from`.

    Example: loyalty files coverage --status overdue
    """
    try:
        with open_reader(Home.from_environment()) as reader:
            answer = reader.ask_file("explain/coverage", status=status)
    except FileNotFoundError as error:
        raise UsageProblem(str(error)) from None
    show(answer.columns, answer.rows, output)
    if not answer.rows and output == "table" and status is None:
        say("No source says which files to expect: give `expected` or `gapless_from` to a feed.")
