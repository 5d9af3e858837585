"""The verb demo: the main job on sample data from nothing, and where to look next.

Belongs here: what is printed. Not here: what happens, which is `demo.story`.
"""

from __future__ import annotations

import signal
from pathlib import Path

import click

from loyalty_pipeline.cli.common import explained
from loyalty_pipeline.cli.flow import show_postings
from loyalty_pipeline.cli.output import CONSOLE, UsageProblem, show
from loyalty_pipeline.demo.story import (
    LAST_DATE,
    PROGRAM_FILE,
    RUN_DATES,
    NotADemoError,
    Story,
    begin,
)
from loyalty_pipeline.ledger.posting import stale_cycles
from loyalty_pipeline.ledger.program_files import programs_folder
from loyalty_pipeline.program.diff import diff_in_words
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader


@click.command()
@click.option("--serve", is_flag=True, help="Keep the SFTP server running afterwards.")
@click.option("--port", default=0, help="Port of the SFTP server; any free one by default.")
@explained
def demo(serve: bool, port: int) -> None:
    """Run the main job on sample data from nothing.

    Example: loyalty demo
    """
    home = Home.from_environment()
    try:
        with begin(home, programs_folder() / PROGRAM_FILE, port) as story:
            _tell(story)
            if serve:
                _keep_serving(story)
    except NotADemoError as error:
        raise UsageProblem(str(error)) from None


def _tell(story: Story) -> None:
    _chapter("A dealer management system drops files on an SFTP server")
    for sentence in story.summary.in_words():
        CONSOLE.print(f"  {sentence}", highlight=False)
    for today in RUN_DATES:
        _chapter(f"Run on {today}: land, stage, aggregate, slabs and tiers, allocate, post")
        show_postings(story.quarter(today, _progress))
    _chapter(f"Run on {LAST_DATE}: the last quarter has ended; a late file came for the first")
    late, report = story.late_file(_progress)
    for planted in late.planted:
        CONSOLE.print(f"  {planted.count} {planted.what}", highlight=False)
    show_postings(report)
    _files(story.home)
    _change_rules(story)
    _results(story.home)
    _where_to_look(story.home)


def _change_rules(story: Story) -> None:
    _chapter("A program manager changes a rule: these cycles are now stale")
    program = story.changed_rules()
    for sentence in diff_in_words(story.first_rules(), program):
        CONSOLE.print(f"  {sentence}", highlight=False)
    stale = stale_cycles(program, story.home, LAST_DATE)
    show(("cycle", "why"), [(one.cycle.name, ", ".join(one.reasons)) for one in stale])
    _chapter("The backfill posts only differences; nothing posted before is rewritten")
    show_postings(story.backfill(program, [one.cycle for one in stale], _progress))


def _files(home: Home) -> None:
    _chapter("What came, and what was not accepted")
    with open_reader(home) as reader:
        files = reader.ask_file("explain/notable_files")
        show(files.columns, files.rows)
        quarantine = reader.ask_file("explain/quarantine", remote_name=None, status=None)
        show(quarantine.columns, quarantine.rows)


def _results(home: Home) -> None:
    with open_reader(home) as reader:
        _chapter("Points of each cycle")
        cycles = reader.ask_file("finance/cost_per_cycle")
        show(cycles.columns, cycles.rows)
        _chapter("Liability")
        liability = reader.ask_file("finance/liability")
        show(liability.columns, liability.rows)


def _where_to_look(home: Home) -> None:
    _chapter("Where to look next")
    shown = home.root
    if home.root.is_relative_to(Path.cwd()):
        shown = home.root.relative_to(Path.cwd())
    for text in (
        "loyalty explain --program retailer_rewards --partner P0008 --cycle 2024-04",
        "loyalty statement --program retailer_rewards --partner P0008",
        'loyalty sql "select * from liability_rollforward"',
        "loyalty report liability",
        "loyalty ledger verify",
        "dagster dev        # the same flow as assets, http://localhost:3000",
    ):
        CONSOLE.print(f"  {text}", highlight=False)
    CONSOLE.print(f"Everything was written below {shown}; {shown}/finance.duckdb is plain DuckDB.")


def _keep_serving(story: Story) -> None:
    server = story.server
    known_hosts = story.home.root / "demo" / "known_hosts"
    _chapter("The SFTP server keeps running; in another terminal")
    CONSOLE.print(
        f"  export DMS_HOST=127.0.0.1 DMS_PORT={server.port} DMS_USER={server.user} "
        f"DMS_PASSWORD={server.password} DMS_KNOWN_HOSTS={known_hosts}",
        highlight=False,
    )
    CONSOLE.print("Ctrl-C ends it.")
    signal.sigwait({signal.SIGINT, signal.SIGTERM})


def _chapter(title: str) -> None:
    CONSOLE.print()
    CONSOLE.rule(f"[bold]{title}", align="left")


def _progress(text: str) -> None:
    CONSOLE.print(f"  [dim]{text}[/dim]", highlight=False)
