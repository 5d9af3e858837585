"""Real SFTP servers that misbehave on command, and a bench to land from them."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import paramiko

from loyalty_pipeline.demo.server import ADDRESS, OpenFile, ServedFolder, SftpServer
from loyalty_pipeline.ingest.landing import LandingReport, LandingStore, land
from loyalty_pipeline.ingest.remote import Patience
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home

IMPATIENT = Patience(seconds=2, attempts=3, back_off=0.02)
BASE_TIME = 1_712_000_000  # April 2024: long ago


class Trouble:
    """What a server does wrong; a test replaces the methods it needs."""

    def on_read(self, path: Path, offset: int, length: int) -> bytes | int | None:
        """Before a part is read; bytes or an error code replace the answer."""

    def on_entry(self, entry: paramiko.SFTPAttributes) -> None:
        """Before an entry is told, listed or asked for; may change it."""

    def on_list(self) -> int | None:
        """Before a folder is listed; an error code replaces the answer."""


def troubled(trouble: Trouble) -> type[ServedFolder]:
    """A folder with that trouble."""

    class TroubledFile(OpenFile):
        def read(self, offset: int, length: int) -> bytes | int:
            answer = trouble.on_read(self.path, offset, length)
            return super().read(offset, length) if answer is None else answer

    class TroubledFolder(ServedFolder):
        def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
            answer = trouble.on_list()
            found = super().list_folder(path) if answer is None else answer
            if not isinstance(found, int):
                for entry in found:
                    trouble.on_entry(entry)
            return found

        def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
            found = super().lstat(path)
            if not isinstance(found, int):
                found.filename = Path(path).name
                trouble.on_entry(found)
            return found

        def open(
            self, path: str, flags: int, attr: paramiko.SFTPAttributes
        ) -> paramiko.SFTPHandle | int:
            found = super().open(path, flags, attr)
            if isinstance(found, OpenFile) and not flags & os.O_CREAT:
                found.close()
                return TroubledFile(self.local(path))
            return found

    return TroubledFolder


@dataclass
class Bench:
    """A drop folder, a home, and the environment a source is read with."""

    root: Path

    def __post_init__(self) -> None:
        self.drop = self.root / "drop"
        self.drop.mkdir()
        self.home = Home(self.root / "home")
        self.store = LandingStore(self.home, "dms")
        self.said: list[str] = []

    def serve(
        self, trouble: Trouble | None = None, port: int = 0, writable: Sequence[str] = ()
    ) -> SftpServer:
        """The drop folder's server, with or without trouble; writable folders are made."""
        for name in writable:
            (self.drop / name).mkdir(exist_ok=True)
        return SftpServer(
            self.drop, port=port, folder_class=troubled(trouble or Trouble()), writable=writable
        )

    def put(
        self, name: str, content: bytes = b"a,b\n1,2\n", control: str | None = "", age: int = 0
    ) -> Path:
        """A file of long ago, and its control file."""
        path = self.drop / name
        path.write_bytes(content)
        os.utime(path, (BASE_TIME + age, BASE_TIME + age))
        if control is not None:
            (self.drop / f"{name}.ctl").write_text(control)
        return path

    def source(self, server: SftpServer, **changes: object) -> Source:
        """The source as a program file would give it, its password in the environment."""
        os.environ["TEST_DMS_PASSWORD"] = server.password
        known_hosts = server.write_known_hosts(self.root / f"known_hosts_{server.port}")
        return Source.model_validate(
            {
                "id": "dms",
                "host": ADDRESS,
                "port": str(server.port),
                "user": server.user,
                "password": {"env": "TEST_DMS_PASSWORD"},
                "known_hosts": str(known_hosts),
                "feeds": {
                    "sales": {"pattern": r"sales_(?P<period>\d{4}-\d{2})(_(?P<sequence>\d+))?\.csv"}
                },
                **changes,
            }
        )

    def land(self, source: Source, patience: Patience = IMPATIENT) -> LandingReport:
        """Land once, on a set business date."""
        return land(source, self.home, Clock.on(date(2024, 5, 1)), self.said.append, patience)

    def temporaries(self) -> list[Path]:
        """What should not be left behind."""
        return list(self.home.landing("dms").glob("**/.tmp/*"))

    def kept(self) -> dict[str, bytes]:
        """Landed bytes by remote name."""
        return {
            arrival.remote_name: self.store.path_of(arrival.file_id).read_bytes()
            for arrival in self.store.arrivals()
        }


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[tuple[int, str]]:
    """A server that is not SSH at all; gives its port and a known_hosts line for it."""
    over = threading.Event()
    with socket.create_server((ADDRESS, 0)) as listener:
        listener.settimeout(0.05)

        def accept() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(0.05)
                    while not over.is_set():
                        try:
                            talk(connection)
                        except TimeoutError:
                            continue
                        except OSError:
                            break

        thread = threading.Thread(target=accept)
        thread.start()
        port = listener.getsockname()[1]
        key = paramiko.ECDSAKey.generate()
        try:
            yield port, f"[{ADDRESS}]:{port} {key.get_name()} {key.get_base64()}\n"
        finally:
            over.set()
            thread.join()
