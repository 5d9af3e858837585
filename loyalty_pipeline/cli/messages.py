"""Verbs about messages: list those of the outbox, and send those that wait.

Belongs here: arguments and output. Not here: what is sent (`ledger.sending`).
"""

from __future__ import annotations

import os
from datetime import datetime

import click

from loyalty_pipeline.cli.common import (
    as_of_option,
    asked,
    clock_for,
    explained,
    new_run_id,
    one_program,
    program_option,
)
from loyalty_pipeline.cli.output import UsageProblem, fail, format_option, say, show
from loyalty_pipeline.ledger.channels import NAMES, ChannelError, switched_on
from loyalty_pipeline.ledger.sending import BATCH, SendReport, send_pending
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse.home import Home

_MOST_FAILURES = 20  # told one by one


@click.group()
def messages() -> None:
    """Messages to partners: what rules wrote into the outbox, and sending it."""


@messages.command("list")
@program_option
@click.option(
    "--status",
    type=click.Choice(["pending", "sent", "withdrawn"]),
    help="Only those of this status.",
)
@format_option
@explained
def list_messages(program_id: str | None, status: str | None, output: str) -> None:
    """The messages that rules wrote, with their state. Texts name partners.

    Example: loyalty messages list --program retailer_rewards --status pending
    """
    program = one_program(Home.from_environment(), program_id)
    answer = asked("notices/listed", program=program.program, status=status or "")
    show(answer.columns, answer.rows, output)


@messages.command()
@program_option
@click.option("--channel", type=click.Choice(NAMES), help="Only by this channel.")
@click.option(
    "--batch",
    type=click.IntRange(1, 1000),
    default=BATCH,
    show_default=True,
    help="Noted as sent so many at a time: a run that is killed sends at most these twice.",
)
@as_of_option
@explained
def send(program_id: str | None, channel: str | None, batch: int, as_of: datetime | None) -> None:
    """Send the messages that wait, by each channel that has a gateway. Off by default.

    A channel is switched on by its variable: LOYALTY_NOTIFY_EMAIL, LOYALTY_NOTIFY_SMS,
    LOYALTY_NOTIFY_PUSH, LOYALTY_NOTIFY_WECHAT, an address of the library apprise with {to} where
    the recipient stands. What is not taken stays pending; exit code 1 if there is such.

    Example: LOYALTY_NOTIFY_EMAIL='mailto://smtp.example.com?from=club@example.com&to={to}'
    loyalty messages send --program retailer_rewards
    """
    home = Home.from_environment()
    program = one_program(home, program_id)
    try:
        channels = switched_on(os.environ)
    except ChannelError as error:
        raise UsageProblem(str(error)) from None
    wanted = {name: one for name, one in channels.items() if channel in (None, name)}
    if not wanted:
        variables = [f"LOYALTY_NOTIFY_{name.upper()}" for name in NAMES if channel in (None, name)]
        raise UsageProblem(
            f"nothing is sent: no channel is switched on; set {' or '.join(variables)}, see "
            f"docs/operations.md"
        )
    clock = clock_for(program, as_of)
    report = send_pending(program, home, clock, new_run_id(), wanted, batch=batch, progress=say)
    publish(home, [program], clock.today)
    _tell(report)


def _tell(report: SendReport) -> None:
    click.echo(f"{report.sent.total():,} sent")
    for channel, count in sorted(report.unreachable.items()):
        say(f"{channel}: {count:,} wait, since their partners have no address that can be used")
    for channel, partner, why in report.failed[:_MOST_FAILURES]:
        say(f"{channel} to partner {partner}: not sent, stays pending: {why}")
    if len(report.failed) > _MOST_FAILURES:
        say(f"and {len(report.failed) - _MOST_FAILURES:,} more")
    for channel, count in sorted(report.behind.items()):
        say(f"{channel}: {count:,} more wait, to addresses that were refused")
    for channel, why in sorted(report.stopped.items()):
        say(
            f"{channel}: stopped, since its gateway refused many addresses one after another: {why}"
        )
    if report.failed:
        fail(f"{len(report.failed):,} not sent; once that is mended: loyalty messages send")
