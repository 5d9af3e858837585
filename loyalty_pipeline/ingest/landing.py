"""Landing: from a source's drop folder to bytes kept as they came, each arrival exactly once.

Belongs here: which files of a folder are wanted, when one is complete, and what is reported. Not
here: the connection (`sftp`), what is kept (`landing_store`), what is in a file (`staging`).

A file is complete when its control file is there (`complete: {by: control_file}`), or when it has
been left alone for the source's settle time. For the latter two runs have to see the same size
and time, at least that many seconds apart by our own clock: a server's clock may be wrong, and by
it a file that is being written could look old. A file that looks older than a day on top of the
settle time is beyond every such error, and is taken at first sight. In both cases it must hold
still while it is read.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loyalty_pipeline.ingest.arrival import Arrival, Control
from loyalty_pipeline.ingest.controls import MAX_CONTROL_BYTES, ControlFileError, parse_control
from loyalty_pipeline.ingest.landing_store import LandingStore, arrival_id_of
from loyalty_pipeline.ingest.naming import NamedFile, read_name
from loyalty_pipeline.ingest.remote import (
    PATIENT,
    ChangedWhileReadError,
    Drop,
    Listing,
    Patience,
    RemoteFile,
    ServerRefusedError,
    TooLargeError,
)
from loyalty_pipeline.ingest.sftp import connect
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import ControlFile, SettleTime, Source
from loyalty_pipeline.warehouse.files import sha256_of
from loyalty_pipeline.warehouse.home import Home

__all__ = ["Arrival", "Control", "LandingReport", "LandingStore", "land", "land_local"]

_WRONG_CLOCKS = 86_400  # seconds by which a server's clock may be off
_SAME_SECOND = 60  # a control file this young is read again: times are whole seconds


@dataclass(frozen=True)
class LandingReport:
    """What one look into the drop folder brought."""

    landed: list[Arrival]
    waiting: list[str]  # not complete, or not fit to be taken, and why; looked at again next time
    ignored: list[str]  # none of the source's files, and why
    known: int  # landed before


@dataclass(frozen=True)
class _Vouched:
    """Why a file counts as complete."""

    by: str
    control: Control | None = None
    text: str | None = None  # of the control file


def land(
    source: Source,
    home: Home,
    clock: Clock,
    progress: Callable[[str], None],
    patience: Patience = PATIENT,
) -> LandingReport:
    """Take every complete file that has not landed yet.

    Raises:
        SftpError: the server cannot be trusted, entered, reached or listed. What landed before
            that stays landed; the next run goes on from there.
    """
    store = LandingStore(home, source.id)
    with store.alone(progress), connect(source, progress, patience) as drop:
        return _Visit(source, store, clock, drop, progress).take_all(drop.list_folder())


def land_local(
    files: Sequence[tuple[Path, str]], source_id: str, home: Home, clock: Clock
) -> list[Arrival]:
    """Take local files, each with its feed; later is whatever is landed later."""
    store, landed = LandingStore(home, source_id), []
    with store.alone(lambda _: None):
        number = len(store.arrivals())
        for path, feed in files:
            number += 1
            temporary = store.temporary()
            shutil.copyfile(path, temporary)
            order = (str(number).zfill(20),)
            landed.append(
                Arrival(
                    source=source_id,
                    feed=feed,
                    remote_name=path.name,
                    size=temporary.stat().st_size,
                    mtime=int(path.stat().st_mtime),
                    file_id=sha256_of(temporary),
                    landed_at=clock.now,
                    vouched_by="case",
                    control=None,
                    order=order,
                    file_date=clock.today,
                    arrival_id=arrival_id_of(path.name, number, 0, "case"),
                )
            )
            store.keep(temporary, landed[-1])
    return landed


class _Visit:
    """One look into the drop folder."""

    def __init__(
        self,
        source: Source,
        store: LandingStore,
        clock: Clock,
        drop: Drop,
        progress: Callable[[str], None],
    ) -> None:
        self._source = source
        self._store = store
        self._clock = clock
        self._drop = drop
        self._progress = progress
        self._moment = store.moment()
        self._notes: dict[str, Any] = {}  # by remote name; what the next visit should know
        self._landed: list[Arrival] = []
        self._waiting: list[str] = []

    def take_all(self, listing: Listing) -> LandingReport:
        """Go through the folder in the order of the names."""
        files = {file.name: file for file in listing.files}
        ignored, known = list(listing.refused), 0
        self._notes = {name: note for name, note in self._store.memo().items() if name in files}
        try:
            for file in listing.files:
                controlled = self._controlled_by(file.name)
                if controlled is not None:
                    if controlled not in files:
                        self._waiting.append(f"{file.name}: the file it vouches for is not there")
                    continue
                named = read_name(file.name, file.mtime, self._source)
                if isinstance(named, str):
                    ignored.append(f"{file.name}: {named}")
                else:
                    known += self._take(file, named, files)
        finally:
            self._store.note(self._notes)
        return LandingReport(self._landed, self._waiting, ignored, known)

    def _controlled_by(self, name: str) -> str | None:
        """The file for which a name's file is the control file, if it is one."""
        complete = self._source.complete
        if not isinstance(complete, ControlFile) or not name.endswith(complete.suffix):
            return None
        file = name.removesuffix(complete.suffix)
        return file if isinstance(read_name(file, 0, self._source), NamedFile) else None

    def _take(self, file: RemoteFile, named: NamedFile, files: dict[str, RemoteFile]) -> bool:
        """Land a file if it is complete and new; true if it had landed before."""
        complete = self._source.complete
        try:
            if isinstance(complete, ControlFile):
                vouched = self._by_control_file(files.get(file.name + complete.suffix))
            else:
                vouched = _Vouched("settle_time")
            arrival_id = arrival_id_of(file.name, file.size, file.mtime, vouched.text)
            if self._store.has(arrival_id):
                return True
            if isinstance(complete, SettleTime):
                self._must_have_settled(file, complete.seconds)
            self._fetch(file, named, vouched, arrival_id)
        except _UNFIT as reason:
            self._waiting.append(f"{file.name}: {reason}")
        return False

    def _fetch(
        self, file: RemoteFile, named: NamedFile, vouched: _Vouched, arrival_id: str
    ) -> None:
        self._progress(f"fetching {file.name}, {file.size} bytes")
        fetched = self._drop.fetch(file, self._store.temporary, self._source.max_file_bytes)
        arrival = Arrival(
            source=self._source.id,
            feed=named.feed,
            remote_name=file.name,
            size=file.size,
            mtime=file.mtime,
            file_id=fetched.sha256,
            landed_at=self._clock.now,
            vouched_by=vouched.by,
            control=vouched.control,
            order=named.order,
            file_date=named.file_date,
            arrival_id=arrival_id,
        )
        self._store.keep(fetched.path, arrival)
        self._landed.append(arrival)

    def _by_control_file(self, control: RemoteFile | None) -> _Vouched:
        """What the control file says; one that is known and no longer fresh is not read again."""
        if control is None:
            raise _NotYetError("its control file is not there")
        seen, note = [control.size, control.mtime], self._notes.get(control.name, {})
        if note.get("seen") == seen:
            text = str(note["text"])
        else:
            text = self._drop.fetch_small(control, MAX_CONTROL_BYTES).decode("latin-1")
        parsed = parse_control(control.name, text)
        if self._moment - control.mtime > _SAME_SECOND:
            self._notes[control.name] = {"seen": seen, "text": text}
        return _Vouched("control_file", parsed, text)

    def _must_have_settled(self, file: RemoteFile, seconds: int) -> None:
        seen, since = [file.size, file.mtime], self._moment
        note = self._notes.get(file.name, {})
        if note.get("seen") == seen:
            since = min(since, int(note["since"]))
        self._notes[file.name] = {"seen": seen, "since": since}
        unchanged = self._moment - since
        if unchanged < seconds and self._moment - file.mtime < seconds + _WRONG_CLOCKS:
            raise _NotYetError(f"unchanged for {unchanged} s of the {seconds} s it has to settle")


class _NotYetError(Exception):
    """A file is not complete."""


_UNFIT = (
    _NotYetError,
    ControlFileError,
    ChangedWhileReadError,
    ServerRefusedError,
    TooLargeError,
)
