"""Verbs that compute and post: run, backfill, stale.

Belongs here: arguments and what is printed of a run. Not here: the flow, which is `pipeline`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import click

from loyalty_pipeline import pipeline
from loyalty_pipeline.cli.common import (
    as_of_option,
    clock_for,
    cycles_in,
    explained,
    new_run_id,
    one_program,
    program_option,
)
from loyalty_pipeline.cli.output import format_option, say, show
from loyalty_pipeline.ledger.posting import outlook
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.warehouse.home import Home


@click.command()
@program_option
@click.option("--cycles", help="Only these, A..B or one: 2025-04..2025-10.")
@as_of_option
@format_option
@explained
def run(program_id: str | None, cycles: str | None, as_of: datetime | None, output: str) -> None:
    """The whole flow once: what is due, rules, files, changed cycles, releases, publishing.

    Cycles that are stale for their rules alone are left for `loyalty backfill`.

    Example: loyalty run --program retailer_rewards --as-of 2025-07-10
    """
    home = Home.from_environment()
    program = one_program(home, program_id)
    wanted = cycles_in(pipeline.as_if_published(program, home), cycles) if cycles else []
    clock = clock_for(program, as_of)
    report = pipeline.run(program, home, clock, new_run_id(), cycles=wanted, progress=say)
    show_postings(report, output)
    _mention_stale(report, program.program)


@click.command()
@program_option
@click.option("--cycles", required=True, help="A..B or one: 2025-04..2025-10.")
@as_of_option
@format_option
@explained
def backfill(program_id: str | None, cycles: str, as_of: datetime | None, output: str) -> None:
    """Recompute cycles in order under the rules as they are now and post the differences.

    Example: loyalty backfill --program retailer_rewards --cycles 2024-04..2025-01
    """
    home = Home.from_environment()
    program = one_program(home, program_id)
    wanted = cycles_in(pipeline.as_if_published(program, home), cycles)
    clock = clock_for(program, as_of)
    report = pipeline.backfill(program, home, clock, new_run_id(), wanted, progress=say)
    show_postings(report, output)


@click.command()
@program_option
@as_of_option
@format_option
@explained
def stale(program_id: str | None, as_of: datetime | None, output: str) -> None:
    """Which cycles are not what would be computed now, and why; which wait for files.

    The rules are those of the program file, as if it were published.

    Example: loyalty stale --program retailer_rewards
    """
    home = Home.from_environment()
    program = one_program(home, program_id)
    program = pipeline.as_if_published(program, home)
    now = outlook(program, home, clock_for(program, as_of).today)
    found = now.stale
    show(
        ("cycle", "starts", "ends", "why"),
        [(s.cycle.name, s.cycle.start, s.cycle.last_day, ", ".join(s.reasons)) for s in found],
        output,
    )
    for waiting in now.waiting:
        say(waiting.in_words)
    if found and output == "table":
        first, last = found[0].cycle.name, found[-1].cycle.name
        say(f"Recompute: loyalty backfill --program {program.program} --cycles {first}..{last}")


def show_postings(report: RunReport, output: str = "table") -> None:
    """What each cycle came to."""
    rows: list[tuple[object, ...]] = []
    for posting in report.postings:
        totals = posting.commit.draft.totals if posting.commit else {}
        rows.append(
            (
                posting.cycle,
                "posted" if posting.closed else "projected",
                posting.entries,
                *(_points(totals.get(kind)) for kind in ("award", "promise", "reversal")),
            )
        )
    for commit in report.commits:
        if commit.draft.kind in ("release", "redemption"):
            moved = [
                f"{_points(total):,f} {kind.replace('_', ' ')}"
                for kind, total in commit.draft.totals.items()
            ]
            state = ", ".join(moved) or "none fits the balance"
            rows.append((commit.draft.kind, state, commit.entry_count, None, None, None))
    if rows or output != "table":
        show(("cycle", "state", "entries", "awarded", "promised", "taken back"), rows, output)
    else:
        say("Nothing changed: no cycle was computed, nothing was posted.")


def _points(total: str | None) -> Decimal | None:
    return None if total is None else Decimal(total).normalize()


def _mention_stale(report: RunReport, program_id: str) -> None:
    if report.left_stale:
        first, last = report.left_stale[0].cycle.name, report.left_stale[-1].cycle.name
        say(
            f"{len(report.left_stale)} cycles are stale because rules changed. To post the "
            f"differences: loyalty backfill --program {program_id} --cycles {first}..{last}"
        )
