"""Verbs about files that came: files, and approving what waits.

Belongs here: arguments and output. Not here: what makes a file refused or wait, which is
`ingest`; rows that were kept out (`quarantine`).
"""

from __future__ import annotations

from datetime import datetime

import click

from loyalty_pipeline.cli.common import (
    as_of_option,
    asked,
    clock_for,
    explained,
    new_run_id,
    one_source,
    source_option,
)
from loyalty_pipeline.cli.coverage import coverage
from loyalty_pipeline.cli.output import format_option, say, show
from loyalty_pipeline.ingest.decisions import approve as approve_files
from loyalty_pipeline.ingest.decisions import files_named
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse.home import Home


@click.group(invoke_without_command=True)
@click.option("--status", help="Only files of this status, like refused or waiting.")
@format_option
@click.pass_context
@explained
def files(context: click.Context, status: str | None, output: str) -> None:
    """Every file that came, whether it counts, and where its rows went.

    Example: loyalty files --status refused
    """
    if context.invoked_subcommand is None:
        answer = asked("explain/files", status=status)
        show(answer.columns, answer.rows, output)


files.add_command(coverage)


@files.command()
@click.argument("names", nargs=-1, required=True)
@source_option
@click.option("--by", "approver", required=True, help="Who approves; kept with the approval.")
@click.option("--reason", required=True, help="Why; kept with the approval.")
@as_of_option
@explained
def approve(
    names: tuple[str, ...],
    source_id: str | None,
    approver: str,
    reason: str,
    as_of: datetime | None,
) -> None:
    """Let files count that wait because they change documents already counted.

    NAMES are names on the server, as `loyalty files --status waiting` shows them. The next run
    posts the differences.

    Example: loyalty files approve sales_2025-04_2.csv --by asha --reason "credit notes of May"
    """
    home = Home.from_environment()
    source, readers = one_source(home, source_id)
    file_ids = files_named(home, source.id, names, "waiting")
    clock = clock_for(readers[0], as_of)
    report = approve_files(source, home, clock, new_run_id(), file_ids, approver, reason)
    publish(home, readers, clock.today)
    months = ", ".join(report.months) or "no month"
    say(f"{len(file_ids)} files count now; changed: {months}. The next run posts the differences.")
