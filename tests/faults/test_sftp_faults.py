"""Servers that fail while a file is read, and processes killed: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paramiko
import pytest
from servers import BASE_TIME, IMPATIENT, Bench, Trouble, raw_server

from loyalty_pipeline.demo.server import SftpServer
from loyalty_pipeline.ingest.remote import ConnectionLostError, Patience

MEGABYTE = 1024 * 1024
NAME = "sales_2024-04.csv"


class Once(Trouble):
    """Does something in the middle of the first download, once."""

    def __init__(self, act: Callable[[Path], object]) -> None:
        self.act = act
        self.lock = threading.Lock()
        self.done = False

    def on_read(self, path: Path, offset: int, length: int) -> None:
        with self.lock:
            if offset >= MEGABYTE and not self.done:
                self.done = True
                self.act(path)


def test_a_connection_lost_in_mid_download_is_made_again_and_the_file_read_from_its_start(
    bench: Bench,
) -> None:
    content = os.urandom(3 * MEGABYTE)
    bench.put(NAME, content)
    trouble = Once(lambda _: server.hang_up())
    with bench.serve(trouble) as server:
        report = bench.land(bench.source(server))
    assert trouble.done
    assert len(report.landed) == 1
    assert bench.kept() == {NAME: content}
    assert "trying again" in " ".join(bench.said)
    assert bench.temporaries() == []


def test_a_server_that_stays_away_fails_the_run_with_nothing_kept_and_lands_when_it_is_back(
    bench: Bench,
) -> None:
    content = os.urandom(3 * MEGABYTE)
    bench.put("sales_2024-03.csv", b"small\n")
    bench.put(NAME, content)

    class Flaky(Trouble):
        def on_read(self, path: Path, offset: int, length: int) -> None:
            if offset >= MEGABYTE:
                server.hang_up()

    with bench.serve(Flaky()) as server:
        source = bench.source(server)
        with pytest.raises(ConnectionLostError, match="given up after 3 attempts"):
            bench.land(source)
        port, key = server.port, server.host_key
    assert bench.kept() == {"sales_2024-03.csv": b"small\n"}
    assert bench.temporaries() == []
    with pytest.raises(ConnectionLostError, match="cannot connect"):
        bench.land(source)
    with SftpServer(bench.drop, password=server.password, port=port, host_key=key):
        report = bench.land(source)
    assert (len(report.landed), report.known) == (1, 1)
    assert bench.kept()[NAME] == content


def test_a_connection_lost_in_the_login_is_made_again(bench: Bench) -> None:
    class Slow(paramiko.Transport):
        def start_server(self, *settings: Any, **more: Any) -> None:
            super().start_server(*settings, **more)
            time.sleep(0.5)  # a busy machine: the guest may have logged in by now

    class Nervous(SftpServer):
        def transport_of(self, connection: socket.socket) -> paramiko.Transport:
            return Slow(connection)

        def admits(self, user: str, password: str) -> bool:
            admitted = super().admits(user, password)
            if self.login_attempts == 1:
                self.hang_up()
            return admitted

    bench.put(NAME)
    with Nervous(bench.drop) as server:
        assert len(bench.land(bench.source(server)).landed) == 1
        assert server.login_attempts == 2
    assert "no answer to the login" in bench.said[0]


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")
    os.utime(path, (BASE_TIME, BASE_TIME))


def truncate(path: Path) -> None:
    os.truncate(path, 2 * MEGABYTE)
    os.utime(path, (BASE_TIME, BASE_TIME))


def rewrite(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))
    os.utime(path, (BASE_TIME + 1, BASE_TIME + 1))


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"short\n")
    other.replace(path)


@pytest.mark.parametrize("change", [grow, truncate, rewrite, replace, Path.unlink])
def test_a_file_that_changes_while_it_is_read_waits_and_lands_whole_when_it_holds_still(
    bench: Bench, change: Callable[[Path], None]
) -> None:
    path = bench.put(NAME, os.urandom(4 * MEGABYTE))
    trouble = Once(change)
    with bench.serve(trouble) as server:
        source = bench.source(server)
        during = bench.land(source)
        if not path.exists():
            bench.put(NAME, b"back again\n")
        after = bench.land(source)
    assert trouble.done
    assert during.landed == []
    assert NAME in during.waiting[0]
    assert "read again in the next run" in during.waiting[0]
    assert len(after.landed) == 1
    assert bench.kept() == {NAME: path.read_bytes()}
    assert bench.temporaries() == []


@pytest.mark.parametrize("lie", [-1, 1, -MEGABYTE, MEGABYTE])
def test_a_server_that_lies_about_a_size_is_not_believed(bench: Bench, lie: int) -> None:
    class Liar(Trouble):
        def on_entry(self, entry: paramiko.SFTPAttributes) -> None:
            if entry.filename == NAME:
                entry.st_size = (entry.st_size or 0) + lie

    bench.put(NAME, os.urandom(2 * MEGABYTE))
    with bench.serve(Liar()) as server:
        report = bench.land(bench.source(server))
    assert report.landed == []
    assert f"{'fewer' if lie > 0 else 'more'} bytes than" in report.waiting[0]
    assert bench.temporaries() == []


def test_a_file_the_server_will_not_give_waits_and_the_others_land(bench: Bench) -> None:
    class Stingy(Trouble):
        def on_read(self, path: Path, offset: int, length: int) -> int | None:
            return int(paramiko.sftp.SFTP_PERMISSION_DENIED) if path.name == NAME else None

    bench.put(NAME)
    bench.put("sales_2024-05.csv")
    with bench.serve(Stingy()) as server:
        report = bench.land(bench.source(server))
    assert [arrival.remote_name for arrival in report.landed] == ["sales_2024-05.csv"]
    assert "refuses to read sales_2024-04.csv" in report.waiting[0]


@pytest.mark.parametrize("stall", ["in a read", "in the listing", "one byte at a time"])
def test_a_server_that_stalls_is_given_up_in_bounded_time(bench: Bench, stall: str) -> None:
    over = threading.Event()

    class Stalled(Trouble):
        def on_read(self, path: Path, offset: int, length: int) -> bytes | None:
            if stall == "one byte at a time" and path.name == NAME:
                over.wait(0.05)
                return b"x"
            if stall == "in a read":
                over.wait(10)
            return None

        def on_list(self) -> None:
            if stall == "in the listing":
                over.wait(10)

    bench.put(NAME, b"x" * 100)
    patience = Patience(seconds=0.4, attempts=2, back_off=0.02, slowest=1000)
    started = time.monotonic()
    with bench.serve(Stalled()) as server:
        with pytest.raises(ConnectionLostError, match="given up after 2 attempts"):
            bench.land(bench.source(server), patience)
        taken = time.monotonic() - started
        over.set()
    assert taken < 2 * 2 * 3 * patience.seconds
    assert bench.temporaries() == []


@pytest.mark.parametrize("talk", ["silence", "endless banner"])
def test_a_server_that_never_comes_to_the_point_is_given_up_in_bounded_time(
    bench: Bench, talk: str
) -> None:
    def speak(connection: socket.socket) -> None:
        if talk == "silence":
            time.sleep(0.02)
        else:
            connection.sendall(b"welcome\r\n")
            time.sleep(0.01)

    patience = Patience(seconds=0.3, attempts=2, back_off=0.02)
    with bench.serve() as server, raw_server(speak) as (port, line):
        source = bench.source(server, port=str(port))
        Path(str(source.known_hosts)).write_text(line)
        started = time.monotonic()
        with pytest.raises(ConnectionLostError, match="no SSH session"):
            bench.land(source, patience)
    assert time.monotonic() - started < 2 * 5 * patience.seconds + 1


LAND = """
    import sys
    from datetime import date
    from pathlib import Path
    from loyalty_pipeline.ingest.landing import land
    from loyalty_pipeline.program.clock import Clock
    from loyalty_pipeline.program.sources import Source
    from loyalty_pipeline.warehouse.home import Home

    source = Source.model_validate_json(sys.argv[1])
    land(source, Home(Path(sys.argv[2])), Clock.on(date(2024, 5, 1)), lambda _: None)
"""


class Killer(Trouble):
    """Kills the reader at a given request, counted over all its questions."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.patience = 0
        self.lock = threading.Lock()

    def _asked(self) -> None:
        with self.lock:
            self.patience -= 1
            if self.patience == 0 and self.process is not None:
                self.process.send_signal(signal.SIGKILL)

    def on_read(self, path: Path, offset: int, length: int) -> None:
        self._asked()

    def on_list(self) -> None:
        self._asked()


def test_killed_again_and_again_landing_still_brings_every_file_exactly_once(bench: Bench) -> None:
    for month in range(4, 8):
        bench.put(f"sales_2024-{month:02d}.csv", os.urandom(MEGABYTE))
    killer = Killer()
    with bench.serve(killer) as server:
        source = bench.source(server)
        command = [sys.executable, "-c", textwrap.dedent(LAND), source.model_dump_json(),
                   str(bench.home.root)]  # fmt: skip
        half_read = 0
        for requests in (1, 5, 20, 60, 75):
            killer.patience = requests
            killer.process = subprocess.Popen(command)
            assert killer.process.wait(timeout=20) == -signal.SIGKILL
            half_read += len(bench.temporaries())
        killer.process = None
        report = bench.land(source)
    assert half_read > 0, "no kill met a download, so this test shows nothing"
    assert bench.temporaries() == []
    assert bench.kept() == {path.name: path.read_bytes() for path in bench.drop.glob("*.csv")}
    assert len(bench.store.arrivals()) == 4
    assert 0 < report.known < 4
    assert IMPATIENT.attempts * len(bench.said) < 100


def test_killed_between_keeping_the_bytes_and_the_record_the_next_run_completes_it(
    bench: Bench,
) -> None:
    bench.put(NAME)
    with bench.serve() as server:
        source = bench.source(server)
        (arrival,) = bench.land(source).landed
        record = bench.home.landing("dms") / "arrivals" / f"{arrival.arrival_id}.json"
        record.unlink()
        (again,) = bench.land(source).landed
    assert again == arrival
    assert bench.store.arrivals() == [arrival]
