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
    asked,
    clock_for,
    explained,
    new_run_id,
    one_program,
    one_source,
    program_option,
    source_option,
)
from loyalty_pipeline.cli.output import UsageProblem, format_option, say, show
from loyalty_pipeline.ingest.decisions import files_named
from loyalty_pipeline.ingest.decisions import reprocess as reprocess_files
from loyalty_pipeline.ledger.redemptions import forget_refusals
from loyalty_pipeline.reporting.masks import Masks
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.reporting.rejects import send_rejects, write_rejects
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
    answer = asked("explain/quarantine", remote_name=remote_name, status=status)
    sources = {} if unmasked else {name: source for name, (source, _) in all_sources(home).items()}
    masks = Masks(home, sources)
    rows = [
        (*told, raw if unmasked else masks.of(told[0], told[3], file_id, raw), status_now)
        for *told, raw, status_now, file_id in answer.rows
    ]
    show(answer.columns[:-1], rows, output)


@quarantine.command()
@source_option
@click.option("--file", "remote_name", help="Only of this file.")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write into. Default: rejects below LOYALTY_HOME.",
)
@click.option("--send", is_flag=True, help="Put them into the source's rejects_to folder instead.")
@explained
def rejects(
    source_id: str | None, remote_name: str | None, folder: Path | None, send: bool
) -> None:
    """Write what waits for a correction into reject files: original columns, every reason.

    Example: loyalty quarantine rejects --file sales_2024-10.csv --to /tmp
    """
    home = Home.from_environment()
    source, _ = one_source(home, source_id)
    only = [remote_name] if remote_name else None
    try:
        if send:
            say(
                f"{send_rejects(home, source, say, only)} reject files put into {source.rejects_to}"
            )
            return
        written = write_rejects(home, source, folder or home.root / "rejects" / source.id, only)
    except FileNotFoundError as error:
        raise UsageProblem(str(error)) from None
    for path in written:
        click.echo(path)
    if not written:
        say("nothing waits for a correction")


@quarantine.command()
@source_option
@click.option("--file", "remote_names", multiple=True, help="Only this file; may be repeated.")
@as_of_option
@explained
def reprocess(source_id: str | None, remote_names: tuple[str, ...], as_of: datetime | None) -> None:
    """Read refused files, and files with rows in quarantine, again under the contract as it is now.

    For when the contract was wrong and not the file: nothing has to be delivered again. The next
    run posts the differences.

    Example: loyalty quarantine reprocess --file sales_2024-10.csv
    """
    home = Home.from_environment()
    source, readers = one_source(home, source_id)
    file_ids = files_named(home, source.id, remote_names) if remote_names else None
    clock = clock_for(readers[0], as_of)
    report = reprocess_files(source, home, clock, new_run_id(), file_ids)
    publish(home, readers, clock.today)
    for file in report.files:
        count = f"{file.rows_in or 0:,} rows, {file.rows_quarantined:,} quarantined"
        say(f"{file.remote_name}: {file.status}, {count}")
    if not report.files:
        say("nothing came out differently")


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
    clock = clock_for(program, as_of)
    count = forget_refusals(program, home, clock, new_run_id())
    publish(home, [program], clock.today)
    say(f"{count} refused redemptions will be tried again by the next run")
