"""The connection to a source's SFTP server: listing, reading and moving files, verified.

Belongs here: all of paramiko, what is trusted, which answers mean a lost connection. Not here:
trying again (`remote`), which files are wanted and when they are complete (`landing`).

The server is identified by a pinned host key before anything secret is sent, and there is no way
to turn that off. Every wait has an end.
"""

from __future__ import annotations

import logging
import socket
import stat
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import paramiko
from paramiko.hostkeys import InvalidHostKey
from paramiko.sftp import CMD_DATA, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READ, CMD_READDIR, int64

from loyalty_pipeline.ingest.access import Access, access_of
from loyalty_pipeline.ingest.naming import fault_of, shown
from loyalty_pipeline.ingest.remote import (
    PATIENT,
    Drop,
    HostKeyError,
    Listing,
    LoginError,
    LostError,
    Patience,
    RemoteFile,
    ServerRefusedError,
    SftpError,
)
from loyalty_pipeline.ingest.window import UnexpectedAnswerError, Window
from loyalty_pipeline.program.sources import Source

# Without a handler of its own paramiko prints every lost connection with a traceback.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

# Offered by paramiko for old servers' sake; broken, and never needed by one from this decade.
_WEAK = {
    "ciphers": ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"],
    "macs": ["hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96"],
}
_MAX_NAMES = 200_000


@contextmanager
def connect(
    source: Source, progress: Callable[[str], None], patience: Patience = PATIENT
) -> Iterator[Drop]:
    """A source's drop folder, for as long as the block lasts.

    Raises:
        HostKeyError, LoginError, ConnectionLostError: at the first question asked.
    """
    access = access_of(source)
    drop = Drop(access.address, lambda: _Session(access, patience), progress, patience)
    try:
        yield drop
    finally:
        drop.close()


class _Session:
    """One SSH connection with SFTP on it."""

    def __init__(self, access: Access, patience: Patience) -> None:
        self._access = access
        self._patience = patience
        self._client = _client_of(access)
        self._sftp: Any = None
        try:
            self._socket = socket.create_connection((access.host, access.port), patience.seconds)
        except OSError as error:
            raise LostError(f"cannot connect: {access.told(error)}") from None
        try:
            # 1 MB/s without, 70 and more with: small requests wait for each other's answers.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._at_most(4 * patience.seconds):
                self._log_in()
                self._sftp = self._open_sftp()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection and its thread."""
        transport = self._client.get_transport()
        self._client.close()
        self._socket.close()
        if transport is not None and transport.is_alive():
            transport.join(self._patience.seconds)

    def _log_in(self) -> None:
        access, seconds = self._access, self._patience.seconds
        key = _load_key(access)
        try:
            self._client.connect(
                access.host,
                access.port,
                access.user,
                access.password if key is None else None,  # one way in: no falling back
                pkey=key,
                sock=self._socket,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
                channel_timeout=seconds,
                allow_agent=False,
                look_for_keys=False,
                disabled_algorithms=_WEAK,
            )
        except paramiko.BadHostKeyException as error:
            raise HostKeyError(
                f"{access.address} shows the host key {_fingerprint(error.key)}, but "
                f"{access.known_hosts} pins {_fingerprint(error.expected_key)}. Nothing was sent. "
                f"Somebody may be in between: ask the server's owner. If the key was replaced on "
                f"purpose, delete the old line, {access.remedy}"
            ) from None
        except paramiko.AuthenticationException as error:
            if str(error).endswith(("saw EOF", "timeout.")):  # paramiko's words for no answer
                raise LostError(f"no answer to the login: {access.told(error)}") from None
            raise LoginError(
                f"{access.address} refuses the login of user {access.user} "
                f"({access.told(error)}): check user and "
                f"{'password' if key is None else 'key'}"
            ) from None
        except paramiko.ssh_exception.IncompatiblePeer as error:
            raise HostKeyError(
                f"{access.address} offers nothing that is considered safe "
                f"({access.told(error)}). Nothing was sent: its owner has to update the server"
            ) from None
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise LostError(f"no SSH session: {access.told(error)}") from None

    def _open_sftp(self) -> paramiko.SFTPClient:
        with self._asking("to open SFTP"):
            transport = self._client.get_transport()
            assert transport is not None
            transport.set_keepalive(15)
            channel = transport.open_session(timeout=self._patience.seconds)
            channel.settimeout(self._patience.seconds)
            channel.invoke_subsystem("sftp")
            return paramiko.SFTPClient(channel)

    def list_folder(self) -> Listing:
        """Names, sizes and times; links, folders and hostile names are told apart, not followed."""
        files: list[RemoteFile] = []
        refused: list[str] = []
        folder = self._access.folder
        with self._at_most(20 * self._patience.seconds), self._asking(f"to list {folder}"):
            for name, entry in self._names(folder):
                found = fault_of(name) or self._judge(name.decode(), entry)
                if isinstance(found, RemoteFile):
                    files.append(found)
                else:
                    refused.append(f"{shown(name)}: {found}")
        return Listing(sorted(files, key=lambda file: file.name), sorted(refused))

    def _names(self, folder: str) -> Iterator[tuple[bytes, paramiko.SFTPAttributes]]:
        """The folder's entries, names as bytes: `listdir_attr` fails on one that is not UTF-8."""
        kind, answer = self._sftp._request(CMD_OPENDIR, folder)
        if kind != CMD_HANDLE:
            raise paramiko.SFTPError("expected a handle")
        handle, seen = answer.get_binary(), 0
        while True:
            try:
                kind, answer = self._sftp._request(CMD_READDIR, handle)
            except EOFError:
                return
            if kind != CMD_NAME:
                raise paramiko.SFTPError("expected names")
            for _ in range(answer.get_int()):
                seen += 1
                if seen > _MAX_NAMES:
                    raise ServerRefusedError(
                        f"{folder} on {self._access.host} has more than {_MAX_NAMES} entries: "
                        f"have old files archived, or name a folder of this source alone"
                    )
                name = answer.get_binary()
                answer.get_binary()  # the long form meant for people
                entry = paramiko.SFTPAttributes._from_msg(answer)  # type: ignore[attr-defined]
                if name not in (b".", b".."):
                    yield name, entry

    def look(self, name: str, folder: str | None = None) -> RemoteFile | str | None:
        """A file's size and time now, why it cannot be read, or None if nothing has the name."""
        with self._at_most(2 * self._patience.seconds), self._asking(f"to show {name}"):
            try:
                return self._judge(name, self._sftp.lstat(self._path(name, folder)))
            except FileNotFoundError:
                return None

    def rename(self, old: tuple[str | None, str], new: tuple[str | None, str]) -> None:
        """Give a file another folder and name, which nothing may have.

        The protocol's own rename refuses a name that is taken; some servers overwrite, so we look.
        """
        (old_folder, old_name), (new_folder, new_name) = old, new
        with self._at_most(3 * self._patience.seconds):
            if self.look(new_name, new_folder) is not None:
                raise ServerRefusedError(f"{new_folder} has a file named {new_name} already")
            with self._asking(f"to move {old_name} to {new_folder}"):
                self._sftp.rename(
                    self._path(old_name, old_folder), self._path(new_name, new_folder)
                )

    def write(self, folder: str, name: str, content: bytes) -> None:
        """Write a small file, in place of one that has the name."""
        seconds = 2 * self._patience.seconds + len(content) / self._patience.slowest
        with (
            self._at_most(seconds),
            self._asking(f"to write {name} to {folder}"),
            self._sftp.open(self._path(name, folder), "wb") as file,
        ):
            file.write(content)
        written = self.look(name, folder)
        if not isinstance(written, RemoteFile) or written.size != len(content):
            raise ServerRefusedError(
                f"{self._access.address} did not keep what was written to {folder}/{name}"
            )

    def blocks(
        self, name: str, size: int, folder: str | None = None
    ) -> Generator[bytes, None, None]:
        """A file's bytes in order, up to one more than `size`."""
        with self._at_most(2 * self._patience.seconds + size / self._patience.slowest):
            with self._asking(f"to open {name}"):
                file = self._sftp.open(self._path(name, folder), "rb", 0)
            blocks = _Reader(self._sftp, file.handle, size).window.blocks()
            while True:
                with self._asking(f"to read {name}"):
                    block = next(blocks, b"")
                    if not block:
                        file.close()
                        return
                yield block

    def _judge(self, name: str, entry: paramiko.SFTPAttributes) -> RemoteFile | str:
        if entry.st_mode is None:  # a server may leave out of a listing what it likes
            entry = self._sftp.lstat(self._path(name))
        if entry.st_mode is None or entry.st_size is None or entry.st_mtime is None:
            return "the server does not tell its kind, size and time"
        if stat.S_ISREG(entry.st_mode):
            return RemoteFile(name, entry.st_size, entry.st_mtime)
        if stat.S_ISLNK(entry.st_mode):
            return "it is a link, and links are not followed"
        return "it is a folder" if stat.S_ISDIR(entry.st_mode) else "it is no regular file"

    def _path(self, name: str, folder: str | None = None) -> str:
        """A path of accepted names alone; without a folder, one of the drop folder."""
        return f"{(self._access.folder if folder is None else folder).rstrip('/')}/{name}"

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Tell a lost connection from an answer of no; paramiko raises OSError for both."""
        try:
            yield
        except (SftpError, LostError):
            raise
        except TimeoutError:
            raise LostError(f"no answer for {self._patience.seconds:g} s") from None
        except OSError as error:
            if self._is_alive():
                raise ServerRefusedError(
                    f"{self._access.address} refuses {what}: {self._access.told(error)}"
                ) from None
            raise LostError(self._access.told(error)) from None
        except (
            ValueError,  # text that is not UTF-8
            paramiko.SSHException,
            paramiko.SFTPError,
            UnexpectedAnswerError,
            EOFError,
        ) as error:
            raise LostError(self._access.told(error)) from None

    def _is_alive(self) -> bool:
        transport, channel = self._client.get_transport(), self._sftp and self._sftp.get_channel()
        return bool(transport and transport.is_active() and channel and not channel.closed)

    @contextmanager
    def _at_most(self, seconds: float) -> Iterator[None]:
        """Cut the connection when a whole operation takes too long, however busy the server is.

        Some of paramiko's waits (for a subsystem) have no timeout, and a server that sends a
        byte now and then outlives every timeout there is.
        """

        def cut() -> None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


class _Reader:
    """Connects a window to paramiko's client, which knows the answers' receiver by one method."""

    def __init__(self, sftp: Any, handle: bytes, size: int) -> None:
        self._sftp = sftp
        self._handle = handle
        self.window = Window(self._ask, sftp._read_response, size)

    def _ask(self, offset: int, length: int) -> int:
        number = self._sftp._async_request(self, CMD_READ, self._handle, int64(offset), length)
        return int(number)

    def _async_response(self, kind: int, message: paramiko.Message, number: int) -> None:
        data = b""
        if kind == CMD_DATA:
            data = message.get_binary()
            if not data:
                raise UnexpectedAnswerError("no bytes came, and no end of the file")
        else:
            with suppress(EOFError):  # the end of the file; any other status raises
                self._sftp._convert_status(message)
                raise UnexpectedAnswerError("neither bytes nor the end of the file came")
        self.window.came(number, data)


def _client_of(access: Access) -> paramiko.SSHClient:
    """A client that trusts the pinned keys and nothing else."""
    path = access.known_hosts
    try:
        pinned = paramiko.HostKeys(str(path)).lookup(access.host_name)
        client = paramiko.SSHClient()
        client.load_system_host_keys(str(path))
    except FileNotFoundError:
        raise HostKeyError(
            f"the known_hosts file {path} does not exist, so {access.host} cannot be verified: "
            f"{access.remedy}"
        ) from None
    except (OSError, ValueError, InvalidHostKey):
        raise HostKeyError(
            f"the known_hosts file {path} cannot be read, so {access.host} cannot be verified: "
            f"give it plain lines of host, key type and key; {access.remedy}"
        ) from None
    if not pinned:
        raise HostKeyError(
            f"{access.host_name} is not in {path}, so it cannot be verified and was not "
            f"contacted: {access.remedy}"
        )
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    return client


def _load_key(access: Access) -> paramiko.PKey | None:
    if access.key_file is None:
        return None
    try:
        # Whatever its signature says, from text it makes "password must be bytes" (5.0).
        passphrase: Any = None if access.passphrase is None else access.passphrase.encode()
        return paramiko.PKey.from_path(access.key_file, passphrase)
    except Exception:  # noqa: BLE001  a dozen kinds by format, some quoting what they read
        raise LoginError(
            f"the key file {access.key_file} is no private key, or its passphrase is wrong or "
            f"missing: try `ssh-keygen -y -f {access.key_file}`"
        ) from None


def _fingerprint(key: paramiko.PKey) -> str:
    return f"{key.get_name()} {key.fingerprint}"
