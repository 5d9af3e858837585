"""A drop folder on some server, whatever the protocol: what is asked of it, and what can go wrong.

Belongs here: the errors, reading and moving a file so that it is known to have held still, the
patience with a server, and trying again when a connection is lost.
Not here: the protocol (`sftp`), or which files are wanted (`landing`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

_T = TypeVar("_T")


class SftpError(Exception):
    """Something about the server that a person has to look at."""


class HostKeyError(SftpError):
    """The server is not known to be the one it should be; nothing secret was sent."""


class LoginError(SftpError):
    """The server refuses our credentials, or we refuse to use them."""


class ConnectionLostError(SftpError):
    """The server cannot be reached, or was lost and did not come back in time."""


class ServerRefusedError(SftpError):
    """The server answered, and the answer was no."""


class TooLargeError(SftpError):
    """A file is larger than the source allows."""


class ChangedWhileReadError(SftpError):
    """A file was not the same before, during and after it was read."""


class LostError(Exception):
    """The connection is gone, and a new one may do; never leaves a `Drop`."""


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for."""

    seconds: float = 30.0  # without any answer
    attempts: int = 4  # for one operation, the first included
    back_off: float = 1.0  # before the second attempt; doubled for each after it
    slowest: int = 10_000  # bytes a second; a file slower than that counts as stalled


PATIENT = Patience()


@dataclass(frozen=True)
class RemoteFile:
    """A regular file with an acceptable name, as the server lists it."""

    name: str
    size: int
    mtime: int


@dataclass(frozen=True)
class Listing:
    """What is in the folder; whatever is not a plain file with a plain name is in `refused`."""

    files: list[RemoteFile]
    refused: list[str]


@dataclass(frozen=True)
class Fetched:
    """A file read whole and found unchanged."""

    path: Path
    sha256: str


class Session(Protocol):
    """One connection. Its methods raise LostError when it is gone, SftpError when that is final."""

    def list_folder(self) -> Listing:
        """The folder's files."""

    def look(self, name: str, folder: str | None = None) -> RemoteFile | str | None:
        """A file's size and time now, why it cannot be read, or None if nothing has the name.

        Without another folder, the name is one of the drop folder.
        """

    def blocks(
        self, name: str, size: int, folder: str | None = None
    ) -> Generator[bytes, None, None]:
        """A file's bytes in order, up to one more than `size`."""

    def rename(self, old: tuple[str | None, str], new: tuple[str | None, str]) -> None:
        """Give a file another folder and name, which nothing may have."""

    def write(self, folder: str, name: str, content: bytes) -> None:
        """Write a small file, in place of one that has the name."""

    def close(self) -> None:
        """End the connection."""


class Drop:
    """A source's folder on its server; a lost connection is opened anew, a few times."""

    def __init__(
        self,
        address: str,
        open_session: Callable[[], Session],
        progress: Callable[[str], None],
        patience: Patience,
    ) -> None:
        self._address = address
        self._open_session = open_session
        self._progress = progress
        self._patience = patience
        self._session: Session | None = None

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def list_folder(self) -> Listing:
        """The folder's files. A folder that cannot be listed is an error, never an empty one."""
        return self._persist("listing the folder", lambda session: session.list_folder())

    def fetch(self, file: RemoteFile, temporary: Callable[[], Path], limit: int) -> Fetched:
        """Read a file to a temporary file; every attempt starts anew, under a new name."""

        def read(session: Session) -> Fetched:
            path = temporary()
            try:
                with path.open("xb", buffering=1024 * 1024) as local:
                    digest = _read(session, file, limit, local.write)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            return Fetched(path, digest)

        return self._persist(f"reading {file.name}", read)

    def fetch_small(self, file: RemoteFile, limit: int) -> bytes:
        """Read a small file into memory."""

        def read(session: Session) -> bytes:
            blocks: list[bytes] = []
            _read(session, file, limit, blocks.append)
            return b"".join(blocks)

        return self._persist(f"reading {file.name}", read)

    def look(self, name: str, folder: str) -> RemoteFile | None:
        """A regular file of another folder; None if it is not there, or something else is."""
        found = self._persist(f"looking for {name}", lambda session: session.look(name, folder))
        return found if isinstance(found, RemoteFile) else None

    def move(self, file: RemoteFile, folder: str, spare_name: str) -> None:
        """Move a file that is still what it was to another folder, never over another one there.

        Raises:
            ServerRefusedError: the server does not let us, or both names are taken.
            ChangedWhileReadError: it is another file by now, and stays.
        """
        self._persist(
            f"moving {file.name}", lambda session: _move(session, file, folder, spare_name)
        )

    def put(self, folder: str, name: str, content: bytes) -> bool:
        """Put a small file into another folder, whole or not at all; false if it was there.

        Raises:
            ServerRefusedError: the server does not let us, or has another file of that name.
        """
        return self._persist(
            f"writing {name}", lambda session: _put(session, folder, name, content)
        )

    def _persist(self, what: str, operation: Callable[[Session], _T]) -> _T:
        wait, lost = self._patience.back_off, ""
        for attempt in range(1, self._patience.attempts + 1):
            if attempt > 1:
                self._progress(f"{lost}; trying again in {wait:g} s")
                time.sleep(wait)
                wait *= 2
            try:
                if self._session is None:
                    self._session = self._open_session()
                return operation(self._session)
            except LostError as error:
                self.close()
                lost = f"{self._address}, {what}: {error}"
        raise ConnectionLostError(
            f"{lost}; given up after {self._patience.attempts} attempts. Nothing half-read was "
            f"kept: check that the server is up and can be reached, then run again"
        )


def _read(session: Session, file: RemoteFile, limit: int, sink: Callable[[bytes], object]) -> str:
    """Hand a file's bytes to `sink` and return their SHA-256, sure that it held still meanwhile.

    Truncation is not noticed by SFTP itself: an end of file is an end of file.
    """
    if file.size > limit:
        raise TooLargeError(
            f"{file.name} has {file.size} bytes, more than the {limit} accepted: "
            f"have it split, or raise max_file_bytes of the source"
        )
    _must_be(session, file, "between being listed and being read")
    digest, count = hashlib.sha256(), 0
    with closing(session.blocks(file.name, file.size)) as blocks:
        for block in blocks:
            count += len(block)
            if count > file.size:
                break
            digest.update(block)
            sink(block)
    if count != file.size:
        raise ChangedWhileReadError(
            f"{file.name} has {'fewer' if count < file.size else 'more'} bytes than the "
            f"{file.size} its server tells; it is read again in the next run"
        )
    _must_be(session, file, "while it was read")
    return digest.hexdigest()


def _move(session: Session, file: RemoteFile, folder: str, spare_name: str) -> None:
    """Move a file; one that was moved already, by an attempt whose answer was lost, is fine."""
    now = session.look(file.name)
    if now is None and _lies_there(session, file, folder, spare_name):
        return
    _must_equal(now, file, "before it was moved")
    name = file.name if session.look(file.name, folder) is None else spare_name
    session.rename((None, file.name), (folder, name))
    moved = session.look(name, folder)
    if isinstance(moved, RemoteFile) and (moved.size, moved.mtime) != (file.size, file.mtime):
        session.rename((folder, name), (None, file.name))
        raise ChangedWhileReadError(
            f"{file.name} was written anew while it was moved, and is back where it was"
        )


def _lies_there(session: Session, file: RemoteFile, folder: str, spare_name: str) -> bool:
    found = [session.look(name, folder) for name in (file.name, spare_name)]
    is_it = (file.size, file.mtime)
    return any(isinstance(one, RemoteFile) and (one.size, one.mtime) == is_it for one in found)


def _put(session: Session, folder: str, name: str, content: bytes) -> bool:
    there = session.look(name, folder)
    if there is not None:
        is_long = isinstance(there, RemoteFile) and there.size == len(content)
        if is_long and b"".join(session.blocks(name, len(content), folder)) == content:
            return False
        raise ServerRefusedError(
            f"{folder} has another file named {name}: it is not overwritten, have it removed"
        )
    unfinished = f".{name}.part"
    session.write(folder, unfinished, content)
    session.rename((folder, unfinished), (folder, name))
    return True


def _must_be(session: Session, file: RemoteFile, when: str) -> None:
    try:
        now = session.look(file.name)
    except ServerRefusedError as error:
        now = str(error)
    _must_equal(now, file, when)


def _must_equal(now: RemoteFile | str | None, file: RemoteFile, when: str) -> None:
    if now == file:
        return
    if isinstance(now, RemoteFile):
        now = (
            f"{file.size} bytes of {_moment(file.mtime)} became {now.size} of {_moment(now.mtime)}"
        )
    raise ChangedWhileReadError(
        f"{file.name} changed {when} ({now or 'it is gone'}); it is read again in the next run"
    )


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
