"""Publishing: the one file finance reads, brought up to the heads of the journals.

Belongs here: when to publish, from what to start, and that the new file appears whole or not at
all. Not here: what its tables hold, which is `contents`.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from loyalty_pipeline.program.model import Program
from loyalty_pipeline.reporting import contents, rows_of_coverage
from loyalty_pipeline.reporting.rows_of_coverage import Expectations
from loyalty_pipeline.reporting.snapshot import Snapshot, Wiring, journal_heads, take_snapshot
from loyalty_pipeline.warehouse.files import sync_file
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import DatabaseError, open_successor


@dataclass(frozen=True)
class Published:
    """A publication: the file, what it shows, and whether it was built from nothing."""

    path: Path
    heads: Mapping[str, tuple[int, str]]
    rebuilt: bool


def publish(home: Home, programs: Sequence[Program], today: date | None = None) -> Published | None:
    """Show what the journals hold; None if the published file shows it already.

    Everything ever journaled in the home is shown, not only `programs`; those say which sources
    they read and which files these should have delivered by `today`, or by the latest business
    date of the journals. The file before stays readable until the new one takes its name in one
    step.
    """
    with _publishing(home):
        expected = rows_of_coverage.expectations(home, programs, today)
        if _is_shown(_shown(home), home, programs, expected):
            return None
        return _publish(home, programs, expected)


def rebuild(home: Home, programs: Sequence[Program], today: date | None = None) -> Published | None:
    """Build the published file from the journals alone; None if there are none yet."""
    with _publishing(home):
        return _build(home, programs, rows_of_coverage.expectations(home, programs, today))


def _publish(home: Home, programs: Sequence[Program], expected: Expectations) -> Published | None:
    if home.published.exists():
        path = _temporary(home)
        shutil.copyfile(home.published, path)
        try:
            with open_successor(path, home) as db:
                snapshot = contents.continue_from(db, programs)
                if snapshot is not None:
                    contents.bring_up_to(db, snapshot)
                    rows_of_coverage.write(db, expected)
        except DatabaseError:
            snapshot = None  # unreadable: nothing in it is needed
        if snapshot is not None:
            return _reveal(home, path, snapshot, expected, rebuilt=False)
    return _build(home, programs, expected)


def _build(home: Home, programs: Sequence[Program], expected: Expectations) -> Published | None:
    snapshot = take_snapshot(home, programs, {})
    if not snapshot.heads:
        return None
    path = _temporary(home)
    contents.start(path)
    with open_successor(path, home) as db:
        contents.claim(db)
        contents.bring_up_to(db, snapshot)
        rows_of_coverage.write(db, expected)
    return _reveal(home, path, snapshot, expected, rebuilt=True)


def _reveal(
    home: Home, path: Path, snapshot: Snapshot, expected: Expectations, *, rebuilt: bool
) -> Published:
    sync_file(path)
    path.replace(home.published)
    sync_file(home.root)
    _note_shown(home, snapshot, expected, rebuilt=rebuilt)
    return Published(home.published, snapshot.heads, rebuilt)


@contextmanager
def _publishing(home: Home) -> Iterator[None]:
    """One publisher at a time; the next one sees what this one published.

    Whoever holds the lock knows that every temporary file is a dead publisher's.
    """
    home.locks.mkdir(parents=True, exist_ok=True)
    with (home.locks / "publish.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            shutil.rmtree(_workshop(home), ignore_errors=True)


def _workshop(home: Home) -> Path:
    """The folder of unfinished files, on the file system of the published one."""
    return home.root / ".publish"


def _temporary(home: Home) -> Path:
    folder = _workshop(home) / uuid.uuid4().hex
    folder.mkdir(parents=True)
    return folder / home.published.name


# What the published file shows is noted beside it, so that a run that posted nothing need not
# open it. The note is written after the file: after a kill it says less than is shown, never more.


def _is_shown(
    note: Mapping[str, Any], home: Home, programs: Sequence[Program], expected: Expectations
) -> bool:
    heads = {scope: list(head) for scope, head in journal_heads(home).items()}
    wired = all(
        note.get("sources", {}).get(program.program) == _wiring(Wiring.of(program))
        for program in programs
        if f"program/{program.program}" in heads
    )
    shown = note.get("expected", {})
    wired = wired and all(
        shown.get(source, "") == fingerprint
        for source, fingerprint in expected.fingerprints.items()
    )
    return wired and (note.get("format"), note.get("heads")) == (contents.file_format(), heads)


def _wiring(wiring: Wiring) -> list[Any]:
    return [list(wiring.scopes), wiring.has_partner_feed]


def _shown(home: Home) -> dict[str, Any]:
    """What the note says, if it is about the very file that lies there."""
    try:
        stat = home.published.stat()
    except FileNotFoundError:
        return {}
    note = _any_note(home)
    is_about = note.get("file") == [str(home.published), stat.st_size, stat.st_mtime_ns]
    return note if is_about else {}


def _any_note(home: Home) -> dict[str, Any]:
    """The note that is there, whatever file it is about."""
    try:
        return dict(json.loads(home.published_note.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}


def _note_shown(home: Home, snapshot: Snapshot, expected: Expectations, *, rebuilt: bool) -> None:
    stat = home.published.stat()
    # Rows of sources whose contract is not at hand were copied, unless all was built anew.
    others = {} if rebuilt else _any_note(home).get("expected", {})
    note = {
        "expected": {**others, **expected.fingerprints},
        "format": contents.file_format(),
        "file": [str(home.published), stat.st_size, stat.st_mtime_ns],
        "heads": {scope: list(head) for scope, head in snapshot.heads.items()},
        "sources": {facts.id: _wiring(facts.wiring) for facts in snapshot.programs},
    }
    temporary = _temporary(home)
    temporary.write_text(json.dumps(note), encoding="utf-8")
    temporary.replace(home.published_note)
