"""The sequence of commits of one scope: append by put-if-absent, read, replay.

Belongs here: numbers, the chain, and the state that a prefix of the sequence promotes. Not
here: what is committed.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar

from loyalty_pipeline.journal.commits import (
    GENESIS,
    Commit,
    Draft,
    faults_of,
    header_bytes,
    in_force,
    parse_header,
)
from loyalty_pipeline.journal.witness import DamagedJournalError, check_shown, noted_head
from loyalty_pipeline.program.clock import furthest_date
from loyalty_pipeline.warehouse.files import put_if_absent
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

ATTEMPTS = 5

Done = TypeVar("Done")


class MovedError(Exception):
    """Somebody else committed first; compute again from the journal as it is now."""


class BusinessDateError(Exception):
    """A run for a business date before that of the last commit, or far beyond it.

    History is not rewritten, so a slip of the pen would be the last date a scope is run for.
    """


class Journal:
    """The commits of one scope, `program/<id>` or `source/<id>`; headers are read once each."""

    def __init__(self, home: Home, scope: str) -> None:
        self.home = home
        self.scope = scope
        self.folder = home.journal(scope)
        self._commits: list[Commit] = []

    def commits(self) -> list[Commit]:
        """Every commit so far, in order. Commits never change, so only new ones are read.

        Raises:
            DamagedJournalError: a header is missing, cannot be read, or names another predecessor.
        """
        furthest = 0 if self._commits else max(self.numbers(), default=0)
        found = list(self._commits)
        while (path := self.path_of(len(found) + 1)).exists():
            found.append(self._next(path, found[-1] if found else None))
        if len(found) < furthest:
            raise DamagedJournalError(
                f"{self.scope}: commit {len(found) + 1} is missing, and {furthest} is there: put "
                f"{path} back from a copy. What follows a gap would be counted twice"
            )
        self._commits = found
        return list(found)

    def numbers(self) -> list[int]:
        """The numbers there are headers of, in order, whatever is missing between them.

        A file that is not named as a header is none: `00000001 (copy).json` is somebody's copy.
        """
        named = (path for path in self.folder.glob("*.json") if path.stem.isdecimal())
        return sorted(int(path.stem) for path in named if self.path_of(int(path.stem)) == path)

    def _next(self, path: Path, last: Commit | None) -> Commit:
        number, previous = (last.number + 1, last.sha256) if last else (1, GENESIS)
        try:
            commit = parse_header(path.read_bytes())
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedJournalError(
                f"{self.scope}: the header of commit {number} cannot be read ({error}): put {path} "
                f"back from a copy"
            ) from None
        if fault := next(faults_of(commit, self.scope, number, previous), None):
            raise DamagedJournalError(
                f"{self.scope} commit {number}: {fault}; put {self.folder} back from a copy, and "
                f"see  loyalty ledger verify"
            )
        return commit

    @property
    def head(self) -> int:
        """The number of the last commit; 0 when there is none."""
        return len(self.commits())

    def path_of(self, number: int) -> Path:
        """Where the header of a commit lies."""
        return self.folder / f"{number:08d}.json"

    def refuse_far(self, day: date) -> None:
        """See that a business date is no slip of the pen.

        Raises:
            BusinessDateError: more than a year after that of the last commit and the machine's.
        """
        commits = self.commits()
        if not commits:
            return  # a scope that never ran can be begun anew
        last = commits[-1].draft.business_date
        if day > (furthest := furthest_date(last)):
            raise BusinessDateError(
                f"{self.scope} is at business date {last}, and this run is for {day}, after which "
                f"no run could be for an earlier date: correct it; if it is meant, come there by a "
                f"run for {furthest} or before"
            )

    def append(self, draft: Draft, seen: int) -> Commit:
        """Seal the draft as commit `seen + 1`.

        Raises:
            MovedError: the journal is no longer where the caller saw it.
            BusinessDateError: its business date lies before that of the last commit, or more than
                a year after both that and the machine's date.
            DamagedJournalError: it has lost commits that readers were shown.
        """
        commits = self.commits()
        check_shown(self.home, self.scope, commits, noted_head(self.home, self.scope))
        if len(commits) != seen:
            raise MovedError(f"{self.scope}: saw commit {seen}, the journal is at {len(commits)}")
        last = commits[-1] if commits else None
        if last and draft.business_date < last.draft.business_date:
            raise BusinessDateError(
                f"{self.scope} is at business date {last.draft.business_date}, and this run is for "
                f"{draft.business_date}: what was known then is not rewritten; run it for the same "
                f"date or a later one"
            )
        self.refuse_far(draft.business_date)
        previous = last.sha256 if last else GENESIS
        first_seq = last.first_seq + last.entry_count if last else 1
        content = header_bytes(self.scope, seen + 1, previous, first_seq, draft)
        if not put_if_absent(content, self.path_of(seen + 1)):
            raise MovedError(f"{self.scope}: commit {seen + 1} was taken by another writer")
        return self.commits()[seen]

    def promoted(self, upto: int | None = None) -> dict[tuple[str, str], WorkFile]:
        """The work files in force after a commit (default: the last), by table and partition."""
        return in_force(self.commits()[:upto])

    def commit(self, attempt: Callable[[], Done], doing: str) -> Done:
        """Compute and append, again from the start whenever another writer was faster.

        `attempt` reads the journal anew each time; `doing` completes "other runs committed while".

        Raises:
            MovedError: other writers were faster five times in a row.
        """
        with self.writing():
            for _ in range(ATTEMPTS):
                try:
                    return attempt()
                except MovedError:
                    continue
        raise MovedError(
            f"{self.scope}: other runs committed {ATTEMPTS} times while {doing}; run it again when "
            f"they are done"
        )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Wait for other writers of this scope. Saves wasted work; correctness is `append`'s."""
        self.home.locks.mkdir(parents=True, exist_ok=True)
        path = self.home.locks / (self.scope.replace("/", ".") + ".lock")
        with path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
