"""Verbs about one partner: explain, statement.

Belongs here: arguments and output. Not here: the words and figures, which are `reporting`.
"""

from __future__ import annotations

from datetime import datetime

import click

from loyalty_pipeline import pipeline
from loyalty_pipeline.cli.common import UsageProblem, explained, one_program, program_option
from loyalty_pipeline.reporting.explain import (
    NothingToExplainError,
    as_text,
    explain_entry,
)
from loyalty_pipeline.reporting.explain import explain as explain_cycle
from loyalty_pipeline.reporting.statement import as_csv, as_html, as_table, statement_of
from loyalty_pipeline.warehouse.home import Home

_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@program_option
@click.option("--partner", help="Partner identity.")
@click.option("--cycle", help="Cycle, like 2025-04.")
@click.option("--entry", type=int, help="Instead: the award that a ledger entry belongs to.")
@explained
def explain(
    program_id: str | None, partner: str | None, cycle: str | None, entry: int | None
) -> None:
    """Every figure from documents to ledger, in words, and what is missing to the next slab.

    Example: loyalty explain --program retailer_rewards --partner P0008 --cycle 2024-04
    """
    home = Home.from_environment()
    program = pipeline.as_if_published(one_program(home, program_id), home)
    try:
        if entry is not None:
            sections = explain_entry(home, program, entry)
        elif partner and cycle:
            sections = explain_cycle(home, program, partner, cycle)
        else:
            raise UsageProblem("give --partner and --cycle, or --entry")
    except (NothingToExplainError, FileNotFoundError) as error:
        raise UsageProblem(str(error)) from None
    click.echo(as_text(sections))
