"""A folder of 20,000 files: what one look costs, over a plain listing of the folder.

`python -m benchmarks.listing FOLDER` prints one JSON line a server: seconds of a plain listing,
of a look with nothing new, and of one with ten new files; the embedded server runs in a process
of its own, OpenSSH's where it is installed.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from loyalty_pipeline.demo.server import SftpServer
from loyalty_pipeline.ingest.arrival import Arrival, Control
from loyalty_pipeline.ingest.landing import LandingStore, land
from loyalty_pipeline.ingest.landing_store import arrival_id_of
from loyalty_pipeline.ingest.sftp import connect
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home

FILES = 10_000  # each with its control file
NEW = 10
ROUNDS = 3
LONG_AGO = 1_712_000_000
CONTENT, TOTALS = b"a,b\n1,2\n", "rows=1\n"
CLOCK = Clock.on(date(2024, 5, 1))


def write_folder(folder: Path) -> None:
    """The drop folder."""
    folder.mkdir(parents=True)
    for number in range(FILES):
        write_file(folder, number)


def write_file(folder: Path, number: int) -> None:
    """One file and its control file, of long ago."""
    for name, content in ((name_of(number), CONTENT), (f"{name_of(number)}.ctl", TOTALS.encode())):
        (folder / name).write_bytes(content)
        os.utime(folder / name, (LONG_AGO, LONG_AGO))


def name_of(number: int) -> str:
    """The name of a file."""
    return f"sales_2024-04_{number:06d}.csv"


def write_known(home: Home) -> None:
    """A store in which all of them have landed, as ten thousand downloads would leave it."""
    store = LandingStore(home, "dms")
    records = home.landing("dms") / "arrivals"
    records.mkdir(parents=True)
    notes: dict[str, Any] = {}
    for number in range(FILES):
        name = name_of(number)
        arrival = Arrival(
            source="dms", feed="sales", remote_name=name, size=len(CONTENT), mtime=LONG_AGO,
            file_id=sha256(CONTENT).hexdigest(), landed_at=CLOCK.now, vouched_by="control_file",
            control=Control(1, None, None), order=(name,), file_date=CLOCK.today,
            arrival_id=arrival_id_of(name, len(CONTENT), LONG_AGO, TOTALS),
        )  # fmt: skip
        (records / f"{arrival.arrival_id}.json").touch()
        notes[f"{name}.ctl"] = {"seen": [len(TOTALS), LONG_AGO], "text": TOTALS}
    store.note(notes)


def looks(source: Source, home: Home, folder: Path, server: str) -> None:
    """Measure, several times, and print."""
    seconds: dict[str, list[float]] = {key: [] for key in ("listing", "nothing_new", "ten_new")}
    number = FILES
    for _ in range(ROUNDS):
        started = time.perf_counter()
        with connect(source, lambda _: None) as drop:
            listed = len(drop.list_folder().files)
        seconds["listing"].append(time.perf_counter() - started)
        for key, new in (("nothing_new", 0), ("ten_new", NEW)):
            for _ in range(new):
                write_file(folder, number)
                number += 1
            started = time.perf_counter()
            report = land(source, home, CLOCK, lambda _: None)
            seconds[key].append(time.perf_counter() - started)
            assert (len(report.landed), report.waiting) == (new, []), report.waiting[:3]
            assert report.known >= FILES
            assert listed >= 2 * FILES
    print(json.dumps({"server": server} | {key: median(each) for key, each in seconds.items()}))


def serve(root: Path, pipe: Connection) -> None:
    """The embedded server, in a process of its own."""
    with SftpServer(root) as server:
        pipe.send((server.port, server.password, server.known_hosts_line))
        pipe.recv()


@contextmanager
def embedded(root: Path, known_hosts: Path) -> Iterator[dict[str, Any]]:
    """How to enter the embedded server."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(root, theirs))
    process.start()
    port, password, line = ours.recv()
    known_hosts.write_text(line)
    os.environ["BENCHMARK_PASSWORD"] = password
    try:
        yield {"port": str(port), "user": "loyalty", "password": {"env": "BENCHMARK_PASSWORD"}}
    finally:
        ours.send("over")
        process.join()


@contextmanager
def openssh(root: Path, known_hosts: Path) -> Iterator[dict[str, Any]]:
    """How to enter OpenSSH's server."""
    from tests.faults.sshd import sshd

    with sshd(root) as server:
        known_hosts.write_text(server.known_hosts_line)
        yield {"port": str(server.port), "user": server.user, "key_file": str(server.client_key)}


def main() -> None:
    """Measure on every server there is."""
    from tests.faults.sshd import SSHD

    root = Path(sys.argv[1])
    drop = root / "served" / "drop"
    write_folder(drop)
    known_hosts = root / "known_hosts"
    common = {
        "id": "dms",
        "host": "127.0.0.1",
        "known_hosts": str(known_hosts),
        "feeds": {
            "sales": {"pattern": r"sales_(?P<period>\d{4}-\d{2})_(?P<sequence>\d+)\.csv"},
            "partners": {"pattern": r"partners_.*\.csv"},
        },
    }
    write_known(Home(root / "home"))
    with embedded(root / "served", known_hosts) as entry:
        source = Source.model_validate({**common, **entry, "path": "/drop"})
        looks(source, Home(root / "home"), drop, "embedded")
    if SSHD:
        for number in range(FILES, FILES + NEW * ROUNDS):
            for end in ("", ".ctl"):
                (drop / f"{name_of(number)}{end}").unlink()
        write_known(Home(root / "home2"))
        with openssh(root / "sshd", known_hosts) as entry:
            source = Source.model_validate({**common, **entry, "path": str(drop)})
            looks(source, Home(root / "home2"), drop, "OpenSSH")


if __name__ == "__main__":
    main()
