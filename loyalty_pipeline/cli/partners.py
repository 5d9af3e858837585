"""Verbs about one partner: explain, statement.

Belongs here: arguments and output. Not here: the words and figures, which are `reporting`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click

from loyalty_pipeline import pipeline
from loyalty_pipeline.cli.common import explained, one_program, program_option
from loyalty_pipeline.cli.output import UsageProblem, say, show
from loyalty_pipeline.reporting.explain import NothingToExplainError, as_text, explain_entry
from loyalty_pipeline.reporting.explain import explain as explain_cycle
from loyalty_pipeline.reporting.statement import COLUMNS, UnknownPartnerError, statement_of
from loyalty_pipeline.reporting.statement_page import as_html
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


@click.command()
@program_option
@click.option("--partner", required=True, help="Partner identity.")
@click.option("--from", "first", type=_DATE, help="First day. Default: the beginning.")
@click.option("--to", "last", type=_DATE, help="Last day. Default: the business date.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page here.")
@click.option("--format", "output", type=click.Choice(["table", "csv"]), default="table")
@explained
def statement(
    program_id: str | None,
    partner: str,
    first: datetime | None,
    last: datetime | None,
    page: Path | None,
    output: str,
) -> None:
    """A partner's account: opening balance, every credit and debit with its reason, closing.

    Example: loyalty statement --program retailer_rewards --partner P0008 --page p0008.html
    """
    home = Home.from_environment()
    program = one_program(home, program_id)
    if first and last and last < first:
        raise UsageProblem(f"--to {last:%Y-%m-%d} lies before --from {first:%Y-%m-%d}")
    try:
        found = statement_of(
            home,
            program.program,
            partner,
            first.date() if first else None,
            last.date() if last else None,
        )
    except (UnknownPartnerError, FileNotFoundError) as error:
        raise UsageProblem(str(error)) from None
    if page:
        page.write_text(as_html(found), encoding="utf-8")
        say(f"Wrote {page}")
    elif output == "csv":
        click.echo(found.as_csv(), nl=False)
    else:
        lines = [
            (day, text, *(Decimal(figure) if figure else None for figure in figures))
            for day, text, *figures in found.rows()
        ]
        show(COLUMNS, lines)
        say(f"Promised, not part of the balance: {found.promised.normalize():,f}")
