"""One look into a drop folder: what is taken now, what waits and why, what is moved away.

Belongs here: when a file is complete, how much one look takes, and archiving. Not here: which
name is what (`vouching`), the connection (`sftp`), what is kept (`landing_store`).

A file is complete when its control or marker file is there, under `rename` as soon as it has its
name, or when it has been left alone for the source's settle time. For the last two runs have to
see the same size and time, at least that many seconds apart by our own clock: a server's clock
may be wrong, and by it a file that is being written could look old. A file that looks older than a
day on top of the settle time is beyond every such error, and is taken at first sight; one from
before 1980 comes from a server that does not know. In any case it must hold still while it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from loyalty_pipeline.ingest.arrival import Arrival, Control
from loyalty_pipeline.ingest.controls import (
    MAX_CONTROL_BYTES,
    ControlFileError,
    control_text,
    parse_control,
)
from loyalty_pipeline.ingest.landing_store import LandingStore, arrival_id_of
from loyalty_pipeline.ingest.naming import DisagreementError, NamedFile
from loyalty_pipeline.ingest.remote import (
    ChangedWhileReadError,
    Drop,
    Listing,
    RemoteFile,
    ServerRefusedError,
    TooLargeError,
)
from loyalty_pipeline.ingest.vouching import Candidate, view_of
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import ControlFile, Marker, SettleTime, Source

_TOLD = 20  # files left in the folder that a run names; a folder may hold thousands
_WRONG_CLOCKS = 86_400  # seconds by which a server's clock may be off
_NO_TIME = 315_532_800  # 1980: earlier times are those of servers that do not know
_SAME_SECOND = 60  # a control file this young is read again: times are whole seconds
_HOUR = 3600


@dataclass(frozen=True)
class LandingReport:
    """What one look into the drop folder brought."""

    landed: list[Arrival]
    waiting: list[str]  # not complete, or not fit to be taken, and why; looked at again next time
    ignored: list[str]  # none of the source's files, and why
    known: int  # landed before
    archived: int = 0  # moved away on the server, each with the file that vouched for it

    def left_there(self) -> Iterator[str]:
        """What was not taken and why, a line each; of many the first ones."""
        for state, files in (("waiting", self.waiting), ("not taken", self.ignored)):
            yield from (f"{state}: {file}" for file in files[:_TOLD])
            if len(files) > _TOLD:
                yield f"{state}: {len(files) - _TOLD} more"


@dataclass(frozen=True)
class _Vouched:
    """Why a file counts as complete."""

    by: str
    control: Control | None = None
    text: str | None = None  # of the control file


class Visit:
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
        self._known = store.arrival_ids()
        self._notes: dict[str, Any] = {}  # by remote name; what the next visit should know
        self._landed: list[Arrival] = []
        self._landed_bytes = 0
        self._is_full: str | None = None  # why this look takes no more
        self._waiting: list[str] = []
        self._done: list[tuple[Candidate, str]] = []  # landed now or before, with their arrivals

    def take_all(self, listing: Listing) -> LandingReport:
        """Go through the folder, the earlier file first, so that a limit starves none."""
        view = view_of(self._source, listing.files)
        listed = {file.name for file in listing.files}
        self._notes = {name: note for name, note in self._store.memo().items() if name in listed}
        known = archived = 0
        try:
            for candidate in view.candidates:
                known += self._take(candidate)
            for orphan in view.orphans:
                if not self._archived_with_its_file(orphan):
                    self._wait(orphan.name, "the file it vouches for is not there")
            if self._source.archive_to:
                archived = self._archive(self._source.archive_to)
        finally:
            self._store.note(self._notes)
        ignored = sorted([*listing.refused, *view.ignored])
        return LandingReport(self._landed, self._waiting, ignored, known, archived)

    def _take(self, candidate: Candidate) -> bool:
        """Land a file if it is complete and new; true if it had landed before."""
        file = candidate.file
        try:
            vouched = self._vouched(candidate)
            arrival_id = arrival_id_of(file.name, file.size, file.mtime, vouched.text)
            is_known = arrival_id in self._known
            if not is_known:
                named = candidate.named.with_control(vouched.control)
                if isinstance(self._source.complete, SettleTime):
                    self._must_have_settled(file, self._source.complete.seconds)
                self._must_have_room(file)
                self._fetch(file, named, vouched, arrival_id)
        except _UNFIT as reason:
            self._wait(file.name, str(reason))
            return False
        self._notes.get(file.name, {}).pop("waits", None)
        self._done.append((candidate, arrival_id))
        return is_known

    def _wait(self, name: str, why: str) -> None:
        """Report a file that is not taken, and for how long we have seen it wait."""
        note = self._notes.setdefault(name, {})
        hours = (self._moment - int(note.setdefault("waits", self._moment))) // _HOUR
        waited = f" (for {hours} hour{'s' if hours > 1 else ''})" if hours > 0 else ""
        self._waiting.append(f"{name}: {why}{waited}")

    def _must_have_room(self, file: RemoteFile) -> None:
        """Keep to what one look may take; once one file does not fit, the later ones wait too."""
        source = self._source
        if len(self._landed) >= source.max_files:
            self._is_full = f"one look takes at most {source.max_files} files (max_files)"
        elif self._landed and self._landed_bytes + file.size > source.max_bytes:
            self._is_full = f"one look takes at most {source.max_bytes} bytes (max_bytes)"
        if self._is_full:
            raise _NotYetError(f"left for the next look: {self._is_full}")

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
            period=named.period,
            distributor=named.distributor,
            sequence=named.sequence,
        )
        self._store.keep(fetched.path, arrival)
        self._landed.append(arrival)
        self._landed_bytes += file.size

    def _vouched(self, candidate: Candidate) -> _Vouched:
        complete, file, beside = self._source.complete, candidate.file, candidate.companion
        if candidate.lacks:
            raise _NotYetError(candidate.lacks)
        if isinstance(complete, ControlFile) and beside:
            return self._by_control_file(file, beside)
        if isinstance(complete, Marker) and beside and beside.mtime < file.mtime:
            raise _NotYetError(
                "its marker file is older than it: a marker is put once its file is written, "
                "so have it put again"
            )
        return _Vouched(complete.by)

    def _by_control_file(self, file: RemoteFile, control: RemoteFile) -> _Vouched:
        """What the control file says; one that is known and no longer fresh is not read again."""
        seen, note = [control.size, control.mtime], self._notes.get(control.name, {})
        if note.get("seen") == seen:
            text = str(note["text"])
        elif self._is_full:
            raise _NotYetError(f"left for the next look: {self._is_full}")
        else:
            content = self._drop.fetch_small(control, MAX_CONTROL_BYTES)
            text = control_text(control.name, content)
        parsed = parse_control(control.name, text, file.name)
        if self._moment - control.mtime > _SAME_SECOND:
            self._notes[control.name] = {"seen": seen, "text": text}
        return _Vouched("control_file", parsed, text)

    def _must_have_settled(self, file: RemoteFile, seconds: int) -> None:
        seen, since = [file.size, file.mtime], self._moment
        note = self._notes.setdefault(file.name, {})
        if note.get("seen") == seen:
            since = min(since, int(note["since"]))
        note.update({"seen": seen, "since": since})
        unchanged, age = self._moment - since, self._moment - file.mtime
        is_old = file.mtime > _NO_TIME and age >= seconds + _WRONG_CLOCKS
        if unchanged < seconds and not is_old:
            raise _NotYetError(f"unchanged for {unchanged} s of the {seconds} s it has to settle")

    def _archive(self, folder: str) -> int:
        """Move away what has landed; what cannot be moved stays, and is known the next time."""
        moved = 0
        for candidate, arrival_id in self._done:
            if moved == self._source.max_files:
                break
            for file in (candidate.file, candidate.companion):
                if file is None:
                    continue
                try:
                    self._drop.move(file, folder, f"{file.name}.{arrival_id[:12]}")
                except (ServerRefusedError, ChangedWhileReadError) as error:
                    self._wait(file.name, f"landed, but not archived: {error}")
                    break
            else:
                moved += 1
        if moved:
            self._progress(f"archived {moved} files to {folder}")
        return moved

    def _archived_with_its_file(self, orphan: RemoteFile) -> bool:
        """Move a companion whose file is archived: a run was killed between the two."""
        complete, folder = self._source.complete, self._source.archive_to
        if not folder or not isinstance(complete, ControlFile | Marker):
            return False
        name = orphan.name[: -len(complete.suffix)]
        try:
            file = self._drop.look(name, folder)
            if file is None:
                return False
            text = None
            if isinstance(complete, ControlFile):
                content = self._drop.fetch_small(orphan, MAX_CONTROL_BYTES)
                text = control_text(orphan.name, content)
            arrival_id = arrival_id_of(name, file.size, file.mtime, text)
            if arrival_id not in self._known:
                return False
            self._drop.move(orphan, folder, f"{orphan.name}.{arrival_id[:12]}")
        except _UNFIT as reason:
            self._wait(orphan.name, f"its file is archived, it is not: {reason}")
        return True


class _NotYetError(Exception):
    """A file is not complete."""


_UNFIT = (
    _NotYetError,
    ControlFileError,
    DisagreementError,
    ChangedWhileReadError,
    ServerRefusedError,
    TooLargeError,
)
