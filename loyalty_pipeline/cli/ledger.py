"""Verbs about the ledger itself: verify.

Belongs here: arguments and output. Not here: the invariants, which are `sql/audits`.
"""

from __future__ import annotations

import click

from loyalty_pipeline.cli.common import explained
from loyalty_pipeline.cli.output import fail, say
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.journal.verify import verify_chain
from loyalty_pipeline.ledger.audit import verify_program
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader


@click.group()
def ledger() -> None:
    """The ledger of every program."""


@ledger.command()
@explained
def verify() -> None:
    """Check every journal from its first commit: chain, files and invariants.

    Names the first commit and entry that fail; exit code 1 if any does.

    Example: loyalty ledger verify
    """
    home = Home.from_environment()
    scopes = sorted(
        f"{kind.name}/{scope.name}"
        for kind in (home.root / "journal").glob("*")
        for scope in kind.iterdir()
    )
    heads = _published_heads(home)
    failed = False
    for scope in scopes:
        kind, name = scope.split("/")
        expected = heads.get(scope)
        if kind == "program":
            findings = verify_program(home, name, expected)
        else:
            findings = verify_chain(Journal(home, scope), expected)
        for finding in findings[:20]:
            click.echo(str(finding))
        failed = failed or bool(findings)
        state = f"{len(findings)} findings" if findings else "whole"
        say(f"{scope}: {len(Journal(home, scope).numbers())} commits, {state}")
    if failed:
        fail("The ledger does not verify.")
    say(f"{len(scopes)} journals verify." if scopes else "There is no journal yet.")


def _published_heads(home: Home) -> dict[str, int]:
    """The heads that were shown to readers: a journal that ends before them has lost commits."""
    if not home.published.exists():
        return {}
    with open_reader(home) as reader:
        return dict(reader.ask_file("explain/heads").rows)
