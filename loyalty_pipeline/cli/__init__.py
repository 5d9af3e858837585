"""The `loyalty` command: one file a group of verbs (SPEC 11).

Belongs here: arguments, output and exit codes. Not here: anything a run or a report decides.
Exit codes: 0 done, 1 a check or case failed, 2 bad usage or configuration.
"""

from __future__ import annotations

import click

from loyalty_pipeline.cli import demo, files, flow, ledger, partners, query, rules


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Sales from a dealer management system in, loyalty points finance can sign off out.

    Everything is written below LOYALTY_HOME (default: .loyalty in this folder); programs are read
    from LOYALTY_PROGRAMS (default: data/programs).
    """


for verb in (
    demo.demo,
    flow.run,
    flow.backfill,
    flow.stale,
    rules.rules,
    partners.explain,
    partners.statement,
    query.report,
    query.sql,
    ledger.ledger,
    files.files,
    files.quarantine,
):
    main.add_command(verb)
