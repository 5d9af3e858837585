"""What readers were shown is a witness of what the journals held.

Belongs here: asking it whether a journal has lost its end. Not here: publishing, which is
`reporting.publish`, or the chain itself, which shows every other damage (`sequence`).

A journal that was put back from an older copy is whole in itself. Beside the published file lies a
note of the commits it shows; what was shown must still be there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from loyalty_pipeline.journal.commits import Commit
from loyalty_pipeline.warehouse.home import Home

Head = tuple[int, str]  # number and hash of a commit


class DamagedJournalError(Exception):
    """Commits were sealed that are not there any more, or are others: nothing may follow them."""


def noted_head(home: Home, scope: str) -> Head | None:
    """The last commit of a scope that readers were shown; None where nothing is noted."""
    try:
        note = json.loads(home.published_note.read_text(encoding="utf-8"))
        number, sha256 = note["heads"][scope]
        return int(number), str(sha256)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def check_shown(home: Home, scope: str, commits: Sequence[Commit], shown: Head | None) -> None:
    """See that a journal has what readers were shown of it.

    Raises:
        DamagedJournalError: it ends before that, or has another commit under its number.
    """
    if shown is None:
        return
    number, sha256 = shown
    if len(commits) < number or commits[number - 1].sha256 != sha256:
        what = "has another one" if len(commits) >= number else f"ends at {len(commits)}"
        raise DamagedJournalError(
            f"{home.published.name} shows commit {number} of {scope}, and the journal {what}: "
            f"put {home.journal(scope)} back from a newer copy. If it is to go on from here "
            f"all the same, delete {home.published} and {home.published_note.name} first"
        )
