"""An SFTP server inside this process: what the demo lands from, and what tests misuse.

Belongs here: a real server over a real socket, on this machine alone, for one user; read-only, but
for the folders one names.
Not here: what is served (`drop`), nor misbehaving, which tests add by their own `folder_class`.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)
from paramiko.sftp import SFTP_FAILURE, SFTP_NO_SUCH_FILE, SFTP_OK, SFTP_PERMISSION_DENIED

ADDRESS = "127.0.0.1"
_POLL_SECONDS = 0.05  # how soon the accepting thread notices that it is over


class SftpServer:
    """Serves a folder while the block lasts; the host key is made anew every time."""

    def __init__(
        self,
        root: Path,
        user: str = "loyalty",
        password: str | None = None,
        port: int = 0,
        folder_class: type[ServedFolder] | None = None,
        host_key: paramiko.PKey | None = None,
        writable: Sequence[str] = (),
    ) -> None:
        self.user = user
        self.password = password or secrets.token_urlsafe(18)
        self.root = root.resolve()
        self.login_attempts = 0
        self.host_key = host_key or paramiko.ECDSAKey.generate()
        self._folder_class = folder_class or ServedFolder
        self._writable = tuple(writable)  # folders of the root to which files may be moved
        self.port = port  # any free one if 0; known once the block is entered
        self._over = threading.Event()
        self._transports: list[paramiko.Transport] = []
        self._handlers: list[paramiko.SFTPServer] = []

    @property
    def known_hosts_line(self) -> str:
        """The line that pins this server's key."""
        return f"[{ADDRESS}]:{self.port} {self.host_key.get_name()} {self.host_key.get_base64()}\n"

    def write_known_hosts(self, path: Path) -> Path:
        """Write a known_hosts file that trusts this server alone."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.known_hosts_line, encoding="ascii")
        return path

    def __enter__(self) -> SftpServer:
        self._listener = socket.create_server((ADDRESS, self.port))
        self.port = int(self._listener.getsockname()[1])
        self._listener.settimeout(_POLL_SECONDS)
        self._acceptor = threading.Thread(target=self._accept, name="sftp-server", daemon=True)
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._acceptor.join()
        self._listener.close()
        self.hang_up()
        for transport in self._transports:
            transport.join()
        for handler in self._handlers:
            handler.join()

    def hang_up(self) -> None:
        """Cut every connection; new ones are still accepted."""
        for transport in list(self._transports):
            transport.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport = self.transport_of(connection)
            transport.add_server_key(self.host_key)
            # Known before it starts: on a busy machine a guest had logged in before that.
            self._transports = [kept for kept in self._transports if kept.is_alive()]
            self._transports.append(transport)
            # The event makes the handshake run in the connection's own thread.
            transport.start_server(event=threading.Event(), server=_Guest(self))

    def transport_of(self, connection: socket.socket) -> paramiko.Transport:
        """The SSH side of a connection, with what it offers."""
        return paramiko.Transport(connection)

    def admits(self, user: str, password: str) -> bool:
        """Whether that is the user's password, taking equally long to say yes and no."""
        self.login_attempts += 1
        given, right = f"{user}\n{password}", f"{self.user}\n{self.password}"
        return secrets.compare_digest(given.encode(), right.encode())

    def start_sftp(self, channel: paramiko.Channel, guest: _Guest) -> None:
        """Serve the folder on a channel of a guest who has logged in."""
        handler = paramiko.SFTPServer(
            channel, "sftp", guest, self._folder_class, self.root, self._writable
        )
        self._handlers = [kept for kept in self._handlers if kept.is_alive()]
        self._handlers.append(handler)
        handler.start()


class _Guest(paramiko.ServerInterface):
    """What one connection may do: log in with the password, and open SFTP."""

    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def get_allowed_auths(self, username: str) -> str:
        """No key, no agent, no questions."""
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        """Let the one user in."""
        return AUTH_SUCCESSFUL if self._server.admits(username, password) else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """Sessions only, no forwarding."""
        if kind == "session":
            return OPEN_SUCCEEDED
        return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        """SFTP only, no shell."""
        if name != "sftp":
            return False
        self._server.start_sftp(channel, self)
        return True


class ServedFolder(paramiko.SFTPServerInterface):
    """A folder's files to list and to read; what would change something is refused.

    Into the folders named as writable files may be moved and written, never over another one.
    """

    def __init__(
        self,
        server: paramiko.ServerInterface,
        root: Path,
        writable: Sequence[str] = (),
        *rest: Any,
    ) -> None:
        super().__init__(server, *rest)
        self.root = root
        self.writable = tuple(root / name.strip("/") for name in writable)

    def local(self, path: str) -> Path:
        """The local file of a remote path, which cannot leave the root."""
        return self.root / self.canonicalize(path).lstrip("/")

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        """What is in a folder, links not followed."""
        try:
            return [_attributes(found) for found in sorted(self.local(path).iterdir())]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        """One entry, a link not followed."""
        try:
            return _attributes(self.local(path))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        """One entry, a link followed inside the root."""
        found = self._inside(path)
        return found if isinstance(found, int) else self.lstat(str(found.relative_to(self.root)))

    def open(
        self, path: str, flags: int, attr: paramiko.SFTPAttributes
    ) -> paramiko.SFTPHandle | int:
        """Open a file to read it, or to write one in a writable folder."""
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND):
            if flags & os.O_APPEND or not self._is_writable(path):
                return SFTP_PERMISSION_DENIED
            return OpenFile(self.local(path), os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW)
        found = self._inside(path)
        if isinstance(found, int):
            return found
        return OpenFile(found) if found.is_file() else SFTP_FAILURE

    def rename(self, oldpath: str, newpath: str) -> int:
        """Move a file to a writable folder, or out of one; a name that is taken stays."""
        if not (self._is_writable(oldpath) or self._is_writable(newpath)):
            return SFTP_PERMISSION_DENIED
        old, new = self._inside(oldpath), self.local(newpath)
        if isinstance(old, int):
            return old
        try:
            os.link(self.local(oldpath), new, follow_symlinks=False)
            self.local(oldpath).unlink()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return SFTP_OK

    def _is_writable(self, path: str) -> bool:
        return self.local(path).parent.resolve() in self.writable

    def _inside(self, path: str) -> Path | int:
        """Where a path leads, unless a link leads out of the root."""
        found = self.local(path).resolve()
        if not found.is_relative_to(self.root):
            return SFTP_PERMISSION_DENIED
        return found if found.exists() else SFTP_NO_SUCH_FILE


class OpenFile(paramiko.SFTPHandle):
    """One open file."""

    def __init__(self, path: Path, flags: int = os.O_RDONLY) -> None:
        super().__init__()
        self.path = path
        self._descriptor = os.open(path, flags, 0o644)
        self._is_open = True

    def read(self, offset: int, length: int) -> bytes | int:
        """Part of the file."""
        return os.pread(self._descriptor, length, offset)

    def write(self, offset: int, data: Any) -> int:
        """Part of the file, where it was opened for that."""
        try:
            os.pwrite(self._descriptor, data, offset)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return SFTP_OK

    def stat(self) -> paramiko.SFTPAttributes:
        """Size and time."""
        return paramiko.SFTPAttributes.from_stat(os.fstat(self._descriptor))

    def close(self) -> None:
        """Let go of the file; paramiko may ask twice."""
        if self._is_open:
            self._is_open = False
            os.close(self._descriptor)


def _attributes(path: Path) -> paramiko.SFTPAttributes:
    found = paramiko.SFTPAttributes.from_stat(path.lstat(), path.name)
    if not path.name.isprintable():
        # Names are bytes; one that is not UTF-8 would otherwise break the whole listing.
        found.filename = os.fsencode(path.name)  # type: ignore[assignment]  # sent as it is
    return found
