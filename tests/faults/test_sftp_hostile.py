"""Servers that lie about files, names and themselves: nothing is believed, nothing hangs."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import paramiko
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers import BASE_TIME, IMPATIENT, Bench, Trouble, raw_server, troubled

from loyalty_pipeline.demo.server import OpenFile, SftpServer
from loyalty_pipeline.ingest import sftp
from loyalty_pipeline.ingest.remote import (
    ConnectionLostError,
    HostKeyError,
    LoginError,
    Patience,
    ServerRefusedError,
)
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.program.clock import Clock

NAME = "sales_2024-04.csv"
MEGABYTE = 1024 * 1024
HASTY = Patience(seconds=0.4, attempts=2, back_off=0.02)
EXAMPLES = int(os.environ.get("LOYALTY_EXAMPLES", "40"))


class Says(Trouble):
    """Tells something else about the one file, from the n-th time it is asked."""

    def __init__(self, change: Callable[[paramiko.SFTPAttributes], None], after: int = 0) -> None:
        self.change = change
        self.left = after

    def on_entry(self, entry: paramiko.SFTPAttributes) -> None:
        if entry.filename == NAME:
            self.left -= 1
            if self.left < 0:
                self.change(entry)


def leave_out(*names: str) -> Callable[[paramiko.SFTPAttributes], None]:
    def change(entry: paramiko.SFTPAttributes) -> None:
        for name in names:
            setattr(entry, name, None)

    return change


@pytest.mark.parametrize("missing", ["st_size", "st_mode", "st_mtime"])
def test_a_file_of_unknown_size_kind_or_time_is_told_and_not_taken(
    bench: Bench, missing: str
) -> None:
    bench.put(NAME)
    bench.put("sales_2024-05.csv")
    with bench.serve(Says(leave_out(missing))) as server:
        report = bench.land(bench.source(server))
    assert [arrival.remote_name for arrival in report.landed] == ["sales_2024-05.csv"]
    assert f"'{NAME}': the server does not tell its kind, size and time" in report.ignored


@pytest.mark.parametrize("missing", ["st_size", "st_mode", "st_mtime"])
@pytest.mark.parametrize("after", [1, 2])
def test_a_server_that_stops_telling_while_a_file_is_read_gets_it_not_taken(
    bench: Bench, missing: str, after: int
) -> None:
    bench.put(NAME, b"x" * 100_000)
    with bench.serve(Says(leave_out(missing), after)) as server:
        report = bench.land(bench.source(server))
    assert report.landed == []
    assert "the server does not tell its kind, size and time" in report.waiting[0]
    assert bench.temporaries() == []


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.parametrize("by", [-1, 1, 86_400 * 365 * 30, -BASE_TIME])
def test_a_server_that_changes_its_mind_about_a_time_gets_the_file_not_taken(
    bench: Bench, after: int, by: int
) -> None:
    def change(entry: paramiko.SFTPAttributes) -> None:
        entry.st_mtime = (entry.st_mtime or 0) + by

    bench.put(NAME)
    with bench.serve(Says(change, after)) as server:
        report = bench.land(bench.source(server))
    assert report.landed == []
    assert "changed" in report.waiting[0]


def test_an_equal_size_rewrite_within_the_second_is_caught_by_the_hash(tmp_path: Path) -> None:
    """Neither size nor time shows it: what a control file is for."""
    bench = Bench(tmp_path)
    old, new = b"a" * 3 * MEGABYTE, b"b" * 3 * MEGABYTE
    path = bench.put(NAME, old, control=f"sha256={sha256(old).hexdigest()}\n")

    class Rewrites(Trouble):
        done = False

        def on_read(self, asked: Path, offset: int, length: int) -> None:
            if asked == path and offset >= MEGABYTE and not self.done:
                self.done = True
                path.write_bytes(new)
                os.utime(path, (BASE_TIME, BASE_TIME))

    with bench.serve(Rewrites()) as server:
        source = bench.source(server)
        (arrival,) = bench.land(source).landed
        clock = Clock.on(date(2024, 5, 1))
        (record,) = stage(source, bench.home, clock, "run", bench.said.append).files
        assert arrival.file_id != sha256(old).hexdigest()
        assert record.status == "refused"
        path.write_bytes(old)
        os.utime(path, (BASE_TIME + 2, BASE_TIME + 2))
        assert len(bench.land(source).landed) == 1
    assert old in bench.kept().values()


SALES = (
    b"document_no,document_type,document_date,partner_id,distributor_id,line_no,amount\n"
    b"A1,invoice,2024-04-03,P1,D1,1,10.50\n"
)


@pytest.mark.parametrize(
    ("control", "status"),
    [
        (f"rows=1\namount=10.50\nsha256={sha256(SALES).hexdigest()}\n", "staged"),
        ("rows=2\n", "refused"),
        ("amount=10.51\n", "refused"),
        (f"sha256={sha256(b'another file').hexdigest()}\n", "refused"),
    ],
)
def test_a_control_file_of_another_content_gets_the_file_refused_whole(
    tmp_path: Path, control: str, status: str
) -> None:
    bench = Bench(tmp_path)
    bench.put(NAME, SALES, control=control)
    with bench.serve() as server:
        source = bench.source(server)
        bench.land(source)
    clock = Clock.on(date(2024, 5, 1))
    (record,) = stage(source, bench.home, clock, "run", bench.said.append).files
    assert record.status == status
    assert bool(record.reasons) == (status == "refused")


@pytest.mark.parametrize("byte", [0, 1, 32 * 1024, 100_000, MEGABYTE, 2 * MEGABYTE - 1])
def test_a_connection_that_drops_at_any_byte_costs_one_more_attempt(
    bench: Bench, byte: int
) -> None:
    content = os.urandom(2 * MEGABYTE)
    path = bench.put(NAME, content)
    dropped = threading.Event()

    class Cut(Trouble):
        """Sends what lies before that byte, and hangs up when asked for the rest."""

        def on_read(self, asked: Path, offset: int, length: int) -> bytes | None:
            if asked != path or dropped.is_set() or not offset <= byte < offset + length:
                return None
            if byte == offset:
                dropped.set()
                server.hang_up()
            return content[offset:byte] or None

    with bench.serve(Cut()) as server:
        report = bench.land(bench.source(server))
    assert dropped.is_set()
    assert len(report.landed) == 1
    assert bench.kept() == {NAME: content}
    assert bench.temporaries() == []
    assert "trying again" in " ".join(bench.said)


@pytest.mark.parametrize("where", ["stat", "open", "login", "subsystem"])
def test_a_server_that_stalls_anywhere_is_given_up_in_bounded_time(
    bench: Bench, where: str
) -> None:
    over = threading.Event()
    base = troubled(Trouble())

    class Slow(base):  # type: ignore[misc, valid-type]
        def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
            if where == "stat":
                over.wait(10)
            return super().lstat(path)

        def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> Any:
            if where == "open":
                over.wait(10)
            return super().open(path, flags, attr)

    class Server(SftpServer):
        def admits(self, user: str, password: str) -> bool:
            if where == "login":
                over.wait(10)
            return super().admits(user, password)

        def start_sftp(self, channel: paramiko.Channel, guest: Any) -> None:
            if where == "subsystem":
                over.wait(10)
            super().start_sftp(channel, guest)

    bench.put(NAME)
    started = time.monotonic()
    with Server(bench.drop, folder_class=Slow) as server:
        with pytest.raises(ConnectionLostError, match="given up after 2 attempts"):
            bench.land(bench.source(server), HASTY)
        taken = time.monotonic() - started
        over.set()
    assert taken < HASTY.attempts * 6 * HASTY.seconds + 1
    assert bench.temporaries() == []


def test_a_flood_before_the_greeting_is_cut_off(bench: Bench) -> None:
    sent = 0

    def flood(connection: socket.socket) -> None:
        nonlocal sent
        sent += connection.send(b"x" * 65_536)

    with bench.serve() as server, raw_server(flood) as (port, line):
        source = bench.source(server, port=str(port))
        Path(str(source.known_hosts)).write_text(line)
        started = time.monotonic()
        with pytest.raises(ConnectionLostError, match="no SSH session"):
            bench.land(source, HASTY)
    assert time.monotonic() - started < HASTY.attempts * 6 * HASTY.seconds + 1
    assert sent < 200 * MEGABYTE


@pytest.mark.parametrize("weak", [{"digests": ("hmac-md5",)}, {"ciphers": ("3des-cbc",)}])
def test_a_server_with_broken_algorithms_alone_never_gets_the_password(
    tmp_path: Path, weak: dict[str, tuple[str, ...]]
) -> None:
    bench = Bench(tmp_path)  # paramiko's own timer of the handshake ends some seconds later

    class Old(SftpServer):
        def transport_of(self, connection: socket.socket) -> paramiko.Transport:
            transport = super().transport_of(connection)
            options = transport.get_security_options()
            for name, values in weak.items():
                setattr(options, name, values)
            return transport

    bench.put(NAME)
    with Old(bench.drop) as server:
        with pytest.raises(HostKeyError, match="offers nothing that is considered safe"):
            bench.land(bench.source(server))
        assert server.login_attempts == 0


def test_a_refused_key_is_not_followed_by_the_password(bench: Bench) -> None:
    key = bench.root / "key"
    paramiko.RSAKey.generate(2048).write_private_key_file(str(key))
    key.chmod(0o600)
    bench.put(NAME)
    with bench.serve() as server:
        with pytest.raises(LoginError, match="check user and key"):
            bench.land(bench.source(server, key_file=str(key)))
        assert server.login_attempts == 0  # with a password


def entry(name: bytes, kind: int = stat.S_IFREG) -> paramiko.SFTPAttributes:
    found = paramiko.SFTPAttributes()
    found.filename = name
    found.st_size, found.st_mode = 8, kind | 0o644
    found.st_atime = found.st_mtime = BASE_TIME
    found._flags = found.FLAG_SIZE | found.FLAG_PERMISSIONS | found.FLAG_AMTIME
    found.asbytes = lambda: b"?"  # type: ignore[method-assign]
    return found


class Names(Trouble):
    """A folder of whatever names; whatever is asked for is a small file."""

    def __init__(self) -> None:
        self.listed: list[paramiko.SFTPAttributes] = []
        self.asked: set[str] = set()

    def folder(self) -> type[Any]:
        base, trouble = troubled(self), self

        class Folder(base):  # type: ignore[misc, valid-type]
            def list_folder(self, path: str) -> list[paramiko.SFTPAttributes]:
                return trouble.listed

            def lstat(self, path: str) -> paramiko.SFTPAttributes:
                trouble.asked.add(path)
                return entry(b"")

            def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> OpenFile:
                trouble.asked.add(path)
                return OpenFile(self.root / "content")

        return Folder


HOSTILE = (
    b"../../../escape.csv", b"..", b"/etc/passwd", b"/tmp/x.csv", b"a\0b.csv", b"a\nb.csv",
    b"a\\b.csv", b"x" * 300, b"\xff\xfe.csv", "e\u0301.csv".encode(), "\u202efdp.csv".encode(),
    b"", b".", b".hidden", b"-rf", b"sales_2024-04.csv/../../x", b"landing/.tmp/x",
)  # fmt: skip


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Names, Any]]:
    """One server for all examples; its folder matches every name there can be."""
    bench, names = Bench(tmp_path_factory.mktemp("names")), Names()
    (bench.drop / "content").write_bytes(b"a,b\n1,2\n")
    with SftpServer(bench.drop, folder_class=names.folder()) as server:
        everything = {"sales": {"pattern": r"(?s).*"}}
        yield bench, names, bench.source(server, feeds=everything, complete={"by": "rename"})
    os.environ.pop("TEST_DMS_PASSWORD", None)


def check_names(anywhere: tuple[Bench, Names, Any], given_names: list[bytes]) -> None:
    bench, names, source = anywhere
    names.listed, names.asked = [entry(name) for name in given_names], set()
    report = bench.land(source, IMPATIENT)
    landing = bench.home.landing("dms")
    made = {path.relative_to(bench.root) for path in bench.root.rglob("*") if path.is_file()}
    inside = landing.relative_to(bench.root)
    for path in made - {Path("drop/content"), Path(f"known_hosts_{source.port}")}:
        assert path.is_relative_to(inside) or path.parts[:2] == ("home", "locks"), path
        if path.is_relative_to(inside):
            local = path.relative_to(inside)
            plain = local.name.removesuffix(".json")
            is_hash = len(plain) == 64 and set(plain) <= set("0123456789abcdef")
            assert is_hash or str(local) == "observed.json", local
            assert len(local.parts) <= 2
    for asked in names.asked:
        assert asked.startswith("/")
        assert "/" not in asked[1:]
        assert "\\" not in asked
        assert asked.isprintable()
        assert len(asked.encode()) <= 129
    told = len(report.landed) + report.known + len(report.ignored) + len(report.waiting)
    assert told >= len(set(given_names) - {b".", b".."})  # the folder itself and the one above
    assert all(line.isprintable() for line in [*report.ignored, *report.waiting])


def test_hostile_names_in_a_listing_never_become_a_path(
    anywhere: tuple[Bench, Names, Any],
) -> None:
    check_names(anywhere, list(HOSTILE))
    bench, names, _ = anywhere
    assert names.asked == set()
    assert bench.store.arrivals() == []


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    given_names=st.lists(
        st.one_of(
            st.binary(max_size=300),
            st.text(max_size=140).map(lambda text: text.encode("utf-8", "surrogatepass")),
            st.text(st.sampled_from("./\\\0\n- a\u202e\u0301")).map(str.encode),
            st.sampled_from(HOSTILE),
        ),
        max_size=8,
    )
)
def test_no_name_whatever_its_bytes_makes_a_path_outside_landing(
    anywhere: tuple[Bench, Names, Any], given_names: list[bytes]
) -> None:
    check_names(anywhere, given_names)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFSOCK, 0])
def test_what_is_no_regular_file_is_never_opened(
    anywhere: tuple[Bench, Names, Any], kind: int
) -> None:
    bench, names, source = anywhere
    before = len(bench.store.arrivals())
    names.listed, names.asked = [entry(b"x.csv", kind)], set()
    report = bench.land(source)
    assert (report.landed, names.asked) == ([], set())
    assert len(report.ignored) == 1
    assert len(bench.store.arrivals()) == before


def test_a_name_listed_twice_is_told_and_not_taken(anywhere: tuple[Bench, Names, Any]) -> None:
    bench, names, source = anywhere
    twin = entry(b"twin.csv")
    twin.st_size = 9
    names.listed = [entry(b"twin.csv"), twin]
    report = bench.land(source)
    assert report.landed == []
    assert "the server lists it twice" in report.waiting[0]


def test_a_listing_that_never_ends_is_cut_off(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp, "_MAX_NAMES", 2000)

    class Endless(list[paramiko.SFTPAttributes]):
        given = 0

        def __getitem__(self, part: Any) -> Any:
            if part.start is not None:
                return self
            Endless.given += 16
            return [entry(b"sales_%d.csv" % number) for number in range(16)]

    class Folder(troubled(Trouble())):  # type: ignore[misc]
        def list_folder(self, path: str) -> list[paramiko.SFTPAttributes]:
            return Endless()

    with (
        SftpServer(bench.drop, folder_class=Folder) as server,
        pytest.raises(ServerRefusedError, match="more than 2000 entries: have old files archived"),
    ):
        bench.land(bench.source(server))
    assert Endless.given <= 2000 + 64


@pytest.mark.parametrize(
    "name",
    ["sales_2024-04.csv.filepart", "sales_2024-04.csv.tmp", "sales_2024-04.csv.part",
     "SALES_2024-04.CSV", "sales_2024-04.csv.gz.csv", "sales_2024-04.csv "],
)  # fmt: skip
def test_names_that_almost_match_are_told_and_not_taken(bench: Bench, name: str) -> None:
    bench.put(name, control=None)
    with bench.serve() as server:
        report = bench.land(bench.source(server))
    assert report.landed == []
    assert report.ignored == [f"{name}: its name matches the pattern of no feed"]


def test_a_look_with_nothing_new_opens_no_file(bench: Bench) -> None:
    opened: list[str] = []
    base = troubled(Trouble())

    class Counting(base):  # type: ignore[misc, valid-type]
        def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> Any:
            opened.append(path)
            return super().open(path, flags, attr)

    def put(number: int) -> None:
        path = bench.put(f"sales_2024-04_{number}.csv", control="rows=1\n")
        os.utime(f"{path}.ctl", (BASE_TIME, BASE_TIME))

    for number in range(50):
        put(number)
    with SftpServer(bench.drop, folder_class=Counting) as server:
        source = bench.source(server)
        bench.land(source)
        opened.clear()
        assert bench.land(source).known == 50
        assert opened == []
        put(99)
        bench.land(source)
    assert sorted(opened) == ["/sales_2024-04_99.csv", "/sales_2024-04_99.csv.ctl"]
