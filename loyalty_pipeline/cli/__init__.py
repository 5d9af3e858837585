"""The `loyalty` command: one file a group of verbs (SPEC 11).

Belongs here: arguments, output and exit codes. Not here: anything a run or a report decides.
Exit codes: 0 done, 1 a check or case failed, 2 bad usage or configuration.
"""

from __future__ import annotations

from importlib import import_module

import click

# Verb: the module that has it. A verb is imported when it is used: `loyalty sql` needs neither
# pandera nor paramiko, whose import takes over a second.
_VERBS = {
    "demo": "demo",
    "run": "flow",
    "backfill": "flow",
    "stale": "flow",
    "rules": "rules",
    "explain": "partners",
    "statement": "partners",
    "report": "query",
    "sql": "query",
    "ledger": "ledger",
    "files": "files",
    "quarantine": "quarantine",
    "messages": "messages",
}


class Verbs(click.Group):
    """Finds verbs by name, without importing those that are not asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a user meets them."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb, or None if there is no such verb."""
        if cmd_name not in _VERBS:
            return None
        module = import_module(f"loyalty_pipeline.cli.{_VERBS[cmd_name]}")
        verb: click.Command = getattr(module, cmd_name)
        return verb


@click.group(
    cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
def main() -> None:
    """Sales from a dealer management system in, loyalty points finance can sign off out.

    Everything is written below LOYALTY_HOME (default: .loyalty in this folder); programs are read
    from LOYALTY_PROGRAMS (default: data/programs).
    """
