"""Commands that a case may run for their text: `explain --partner P1 --cycle 2025-04`.

Belongs here: which commands there are, and their options. Not here: what they say, which is
`reporting`.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping

from loyalty_pipeline.program.calendar import CycleNameError
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.reporting import explain, statement
from loyalty_pipeline.warehouse.home import Home

Command = Callable[[Program, Home, Mapping[str, str]], str]


class CommandError(Exception):
    """A command that cannot be run as it is written."""


def said_by(command: str, program: Program, home: Home) -> str:
    """What a command prints, asked of a home where everything is published.

    Raises:
        CommandError: there is no such command, or it has nothing to tell.
    """
    name, *words = shlex.split(command)
    if name not in _COMMANDS:
        known = ", ".join(sorted(_COMMANDS))
        raise CommandError(f"'{name}' is no command that a case can run, only {known}")
    run, needed = _COMMANDS[name]
    options = _options(words)
    options.pop("program", None)  # a case has one program
    if set(options) != set(needed):
        wanted = " ".join(f"--{option} …" for option in needed)
        raise CommandError(f"'{command}': write it like {name} {wanted}")
    try:
        return run(program, home, options)
    except (
        explain.NothingToExplainError,
        statement.UnknownPartnerError,
        CycleNameError,
    ) as error:
        raise CommandError(f"'{command}': {error}") from None


def _explain(program: Program, home: Home, options: Mapping[str, str]) -> str:
    return explain.as_text(explain.explain(home, program, options["partner"], options["cycle"]))


def _statement(program: Program, home: Home, options: Mapping[str, str]) -> str:
    found = statement.statement_of(home, program.program, options["partner"])
    return "\n".join("  ".join(row) for row in (statement.COLUMNS, *found.rows()))


# What a command is called, what runs it, and the options it needs.
_COMMANDS: dict[str, tuple[Command, tuple[str, ...]]] = {
    "explain": (_explain, ("partner", "cycle")),
    "statement": (_statement, ("partner",)),
}


def _options(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    given = iter(words)
    for word in given:
        name, _, value = word.removeprefix("--").partition("=")
        if not word.startswith("--"):
            raise CommandError(f"'{word}' is no option: write it like --partner P1")
        found[name] = value or next(given, "")
    return found
