"""Files that come into being whole or not at all, and never change afterwards.

Belongs here: hashing, sealing (fsync, rename, read-only) and put-if-absent. Not here: what is
in the files.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

_BLOCK_BYTES = 4 * 1024 * 1024


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256", _bufsize=_BLOCK_BYTES).hexdigest()


def temporary_path(folder: Path, suffix: str = "") -> Path:
    """A name nobody else uses, in a folder of temporary names on the same file system."""
    hidden = folder / ".tmp"
    hidden.mkdir(parents=True, exist_ok=True)
    return hidden / f"{uuid.uuid4().hex}{suffix}"


def sync_file(path: Path) -> None:
    """Force a file's bytes, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_room(folder: Path, size: int) -> None:
    """See that a file of so many bytes can be written here, before something that must be noted.

    Raises:
        OSError: it cannot: the disk is full, or not to be written.
    """
    temporary = temporary_path(folder)
    try:
        temporary.write_bytes(bytes(size))
        sync_file(temporary)
    finally:
        temporary.unlink(missing_ok=True)


def seal(temporary: Path, final: Path) -> Path:
    """Give a finished file its final name, durably and read-only; returns the final path.

    The name carries the content's hash, so a file already there has the same bytes.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary.chmod(0o444)
    sync_file(temporary)
    temporary.replace(final)
    sync_file(final.parent)
    return final


def put_if_absent(content: bytes, final: Path) -> bool:
    """Write a file only if nobody has; true if it was us. Two callers never both get true.

    `link` fails when the name exists, which is what makes a commit number belong to one writer.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(final.parent)
    temporary.write_bytes(content)
    temporary.chmod(0o444)
    sync_file(temporary)
    try:
        os.link(temporary, final)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    sync_file(final.parent)
    return True
