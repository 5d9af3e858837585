"""How to reach and enter a source's server: its settings resolved, and what may be said of them.

Belongs here: host, user, secrets, the pinned keys' file, and the words in which errors speak of
them. Not here: the connection (`sftp`).
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

from loyalty_pipeline.ingest.remote import LoginError, SftpError
from loyalty_pipeline.program.base import resolve
from loyalty_pipeline.program.sources import Source


@dataclass(frozen=True)
class Access:
    """Where a source's server is and how to get in; printing it shows no secret."""

    host: str
    port: int
    user: str
    known_hosts: Path
    folder: str
    key_file: Path | None
    password: str | None = field(repr=False)
    passphrase: str | None = field(repr=False)

    @property
    def address(self) -> str:
        """The server, for messages."""
        return f"{self.host}:{self.port}"

    @property
    def host_name(self) -> str:
        """The server's name in a known_hosts file."""
        return self.host if self.port == 22 else f"[{self.host}]:{self.port}"

    @property
    def remedy(self) -> str:
        """How to pin the server's key."""
        return (
            f"run `ssh-keyscan -p {self.port} {self.host}`, compare the key's fingerprint with "
            f"the one its owner tells you, and put the line into {self.known_hosts}"
        )

    def told(self, error: BaseException) -> str:
        """An error's text, which may be the server's words: made harmless, secrets removed."""
        text = str(error) or type(error).__name__
        for secret in (self.password, self.passphrase):
            if secret:
                text = text.replace(secret, "***")
        return "".join(letter if letter.isprintable() else " " for letter in text)[:200]


def access_of(source: Source) -> Access:
    """Resolve a source's settings.

    Raises:
        LoginError: the key file must not be used as it is.
        MissingSettingError: an environment variable is not set.
    """
    where = f"of source {source.id}"
    port = resolve(source.port, f"the port {where}") or ""
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SftpError(f"the port {where} is {port!r}: give a number from 1 to 65535")
    key_file = resolve(source.key_file, f"the key file {where}")
    return Access(
        host=resolve(source.host, f"the host {where}") or "",
        port=int(port),
        user=resolve(source.user, f"the user {where}") or "",
        known_hosts=Path(resolve(source.known_hosts, f"known_hosts {where}") or "").expanduser(),
        folder=source.path.rstrip("/") or "/",
        key_file=None if key_file is None else _private(Path(key_file).expanduser()),
        password=resolve(source.password, f"the password {where}"),
        passphrase=resolve(source.key_passphrase, f"the key passphrase {where}"),
    )


def _private(path: Path) -> Path:
    """Refuse a key that others can read, as OpenSSH does; paramiko does not look."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise LoginError(f"the key file {path} cannot be read: {error.strerror}") from None
    if mode & 0o077:
        raise LoginError(
            f"the key file {path} can be read by others (mode {mode:04o}): run `chmod 600 {path}`"
        )
    return path
