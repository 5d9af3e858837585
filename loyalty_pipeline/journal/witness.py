"""What readers were shown is a witness of what the journals held.

Belongs here: asking it whether a journal has lost its end. Not here: publishing, which is
`reporting.publish`, or the chain itself, which shows every other damage (`sequence`).

A journal that was put back from an older copy is whole in itself. Beside the published file lies a
note of the commits it shows; what was shown must still be there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from loyalty_pipeline.journal.commits import Commit
from loyalty_pipeline.warehouse.home import Home

Head = tuple[int, str]  # number and hash of a commit


class DamagedJournalError(Exception):
    """Commits were sealed that are not there any more, or are others: nothing may follow them."""


def shown_heads(home: Home) -> dict[str, Head]:
    """The last commit of each scope that readers were shown; empty where nothing is noted."""
    try:
        note = json.loads(home.published_note.read_text(encoding="utf-8"))
        return {str(scope): (int(head[0]), str(head[1])) for scope, head in note["heads"].items()}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}


def check_shown(
    home: Home, commits: Mapping[str, Sequence[Commit]], shown: Mapping[str, Head] | None = None
) -> None:
    """See that scopes have what readers were shown of them.

    Raises:
        DamagedJournalError: one ends before it, or has another commit under its number.
    """
    for scope, (number, sha256) in (shown_heads(home) if shown is None else shown).items():
        if scope not in commits:
            continue
        there = commits[scope]
        if len(there) < number or there[number - 1].sha256 != sha256:
            what = "has another one" if len(there) >= number else f"ends at {len(there)}"
            raise DamagedJournalError(
                f"{home.published.name} shows commit {number} of {scope}, and the journal {what}: "
                f"put {home.journal(scope)} back from a newer copy. If it is to go on from here "
                f"all the same, delete {home.published} and {home.published_note.name} first"
            )
