"""Verbs about rows that were kept out: quarantine, its reject files, and trying again.

Belongs here: arguments and output. Not here: why a row is kept out, which is `ingest`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from loyalty_pipeline.cli.common import (
    all_sources,
    as_of_option,
    clock_for,
    explained,
    new_run_id,
    one_program,
    one_source,
    program_option,
    source_option,
)
from loyalty_pipeline.cli.output import UsageProblem, format_option, say, show, show_answer
from loyalty_pipeline.ingest.masking import masked
from loyalty_pipeline.ledger.redemptions import forget_refusals
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.reporting.rejects import write_rejects
from loyalty_pipeline.warehouse.home import Home


@click.group(invoke_without_command=True)
@click.option("--file", "remote_name", help="Only rows of this file.")
@click.option("--status", help="Only rows of this status: open, waiting, healed, …")
@click.option("--unmasked", is_flag=True, help="Show names, e-mail and mobile numbers too.")
@format_option
@click.pass_context
@explained
def quarantine(
    context: click.Context,
    remote_name: str | None,
    status: str | None,
    unmasked: bool,
    output: str,
) -> None:
    """Every row that was kept out, with its reasons, as it came.

    Values of personal columns are shown as *** unless asked for.

    Example: loyalty quarantine --file sales_2024-10.csv
    """
    if context.invoked_subcommand is not None:
        return
    home = Home.from_environment()
    sources = {} if unmasked else all_sources(home)
    answer = ask("explain/quarantine", remote_name=remote_name, status=status)
