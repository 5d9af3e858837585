"""Landing from the embedded server: what comes, what waits, and who is trusted."""

from __future__ import annotations

import logging
import os
import threading
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import paramiko
import pytest
from servers import BASE_TIME, IMPATIENT, Bench, Trouble

from loyalty_pipeline.demo.drop import write_drop
from loyalty_pipeline.ingest.landing import Control
from loyalty_pipeline.ingest.remote import HostKeyError, LoginError, ServerRefusedError
from loyalty_pipeline.ingest.sftp import connect

SETTLE = {"by": "settle_time", "seconds": 60}


def test_a_complete_file_lands_with_its_control_totals_and_a_second_look_finds_it_known(
    bench: Bench,
) -> None:
    content = b"document_no,amount\nA1,10.50\n"
    digest = sha256(content).hexdigest()
    bench.put("sales_2024-04.csv", content, f"rows=1\namount=10.50\nsha256={digest.upper()}\n")
    with bench.serve() as server:
        source = bench.source(server)
        first = bench.land(source)
        second = bench.land(source)

    (arrival,) = first.landed
    assert (first.waiting, first.ignored, first.known) == ([], [], 0)
    assert (second.landed, second.known) == ([], 1)
    assert bench.store.arrivals() == [arrival]
    assert arrival.file_id == digest
    assert arrival.control == Control(1, Decimal("10.50"), digest)
    assert (arrival.feed, arrival.vouched_by, arrival.size) == ("sales", "control_file", 28)
    assert arrival.mtime == BASE_TIME
    assert arrival.file_date == date(2024, 4, 30)
    path = bench.store.path_of(digest)
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o444
    assert bench.temporaries() == []


def test_the_whole_sample_drop_lands_once_byte_by_byte(bench: Bench) -> None:
    write_drop(bench.drop)
    pattern = {"sales": {"pattern": r"sales_(?P<period>\d{4}-\d{2})(?:_(?P<sequence>\d+))?\.csv"}}
    with bench.serve() as server:
        report = bench.land(bench.source(server, feeds=pattern))
    sent = {path.name: path.read_bytes() for path in bench.drop.glob("sales_*.csv")}
    assert bench.kept() == sent
    assert len(report.landed) == len(sent)
    assert report.waiting == []
    assert all(name.startswith(("partners", "dist", "redemptions")) for name in report.ignored)
    names = [arrival.remote_name for arrival in bench.store.arrivals()]
    assert names.index("sales_2024-05_2.csv") > names.index("sales_2024-09.csv")


def test_a_file_without_its_control_file_waits_and_lands_once_that_is_there(bench: Bench) -> None:
    bench.put("sales_2024-04.csv", control=None)
    with bench.serve() as server:
        source = bench.source(server)
        before = bench.land(source)
        (bench.drop / "sales_2024-04.csv.ctl").touch()
        after = bench.land(source)
    assert before.waiting == ["sales_2024-04.csv: its control file is not there"]
    assert before.landed == []
    assert [arrival.control for arrival in after.landed] == [Control(None, None, None)]


def test_a_control_file_that_cannot_be_understood_keeps_its_file_waiting_until_corrected(
    bench: Bench,
) -> None:
    bench.put("sales_2024-04.csv", control="rows=many\n")
    with bench.serve() as server:
        source = bench.source(server)
        (why,) = bench.land(source).waiting
        (bench.drop / "sales_2024-04.csv.ctl").write_text("rows=1234\n")  # the same size
        healed = bench.land(source)
    assert "sales_2024-04.csv.ctl, line 1: rows='many' is not a whole number" in why
    assert len(healed.landed) == 1


def test_a_corrected_control_file_is_a_new_arrival_of_the_same_bytes(bench: Bench) -> None:
    bench.put("sales_2024-04.csv", control="rows=1\n")
    with bench.serve() as server:
        source = bench.source(server)
        bench.land(source)
        (bench.drop / "sales_2024-04.csv.ctl").write_text("rows=2\n")
        bench.land(source)
    first, second = bench.store.arrivals()
    assert first.file_id == second.file_id
    assert {first.control, second.control} == {Control(1, None, None), Control(2, None, None)}


def test_a_control_file_whose_file_is_missing_is_told(bench: Bench) -> None:
    (bench.drop / "sales_2024-04.csv.ctl").touch()
    with bench.serve() as server:
        report = bench.land(bench.source(server))
    assert report.waiting == ["sales_2024-04.csv.ctl: the file it vouches for is not there"]


def test_a_fresh_file_settles_before_it_lands_and_a_change_starts_the_wait_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bench.put("sales_2024-04.csv", control=None)
    start = int(path.stat().st_mtime)
    moments = iter([start + 5, start + 40, start + 70, start + 140])
    monkeypatch.setattr("loyalty_pipeline.ingest.landing_store.LandingStore.moment",
                        lambda _: next(moments))  # fmt: skip
    with bench.serve() as server:
        source = bench.source(server, complete=SETTLE)
        assert "unchanged for 0 s of the 60 s" in bench.land(source).waiting[0]
        assert "unchanged for 35 s of the 60 s" in bench.land(source).waiting[0]
        path.write_bytes(b"a,b\n1,2\n3,4\n")
        os.utime(path, (start, start))
        assert "unchanged for 0 s of the 60 s" in bench.land(source).waiting[0]
        (arrival,) = bench.land(source).landed
    assert (arrival.vouched_by, arrival.control) == ("settle_time", None)


def test_a_file_that_is_days_old_has_settled_at_first_sight(bench: Bench) -> None:
    bench.put("sales_2024-04.csv", control=None)
    with bench.serve() as server:
        assert len(bench.land(bench.source(server, complete=SETTLE)).landed) == 1


def test_the_same_bytes_under_another_name_arrive_again_but_are_kept_once(bench: Bench) -> None:
    bench.put("sales_2024-04.csv")
    bench.put("sales_2024-04_2.csv", age=5)
    with bench.serve() as server:
        assert len(bench.land(bench.source(server)).landed) == 2
    first, second = bench.store.arrivals()
    assert first.file_id == second.file_id
    assert first.order < second.order


def test_new_bytes_under_the_same_name_are_a_later_arrival_beside_the_first(bench: Bench) -> None:
    with bench.serve() as server:
        source = bench.source(server)
        bench.put("sales_2024-04.csv", b"one\n")
        bench.land(source)
        bench.put("sales_2024-04.csv", b"two\n", age=60)
        bench.land(source)
    first, second = bench.store.arrivals()
    assert bench.store.path_of(first.file_id).read_bytes() == b"one\n"
    assert bench.store.path_of(second.file_id).read_bytes() == b"two\n"


def test_hostile_names_links_and_folders_are_told_and_never_touched(bench: Bench) -> None:
    secret = bench.root / "secret"
    secret.write_text("x")
    (bench.drop / "sales_2024-01.csv").symlink_to(secret)
    (bench.drop / "sales_2024-02.csv").mkdir()
    os.mkfifo(bench.drop / "sales_2024-03.csv")
    for name in (b".hidden", b"-rf", b"a\nb.csv", b"caf\xe9.csv", b"back\\slash", b"x" * 200,
                 "e\u0301.csv".encode(), "\u202efdp.csv".encode()):  # fmt: skip
        Path(os.fsdecode(os.fsencode(bench.drop) + b"/" + name)).touch()
    bench.put("sales_2024-13.csv")
    bench.put("sales_2024-04.csv")
    with bench.serve() as server:
        report = bench.land(bench.source(server))
    assert [arrival.remote_name for arrival in report.landed] == ["sales_2024-04.csv"]
    told = "\n".join(report.ignored)
    for reason in (
        "it is a link", "it is a folder", "no regular file", "'.hidden': its name starts",
        "'-rf': its name starts", "'a\\nb.csv'", "not UTF-8", "path separator",
        "has 200 bytes", "composed form", "invisible", "'2024-13' in its name",
    ):  # fmt: skip
        assert reason in told
    assert all(line.isprintable() for line in report.ignored)


def test_a_file_larger_than_the_limit_waits_with_the_remedy(bench: Bench) -> None:
    bench.put("sales_2024-04.csv", b"x" * 100)
    with bench.serve() as server:
        (why,) = bench.land(bench.source(server, max_file_bytes=99)).waiting
    assert "100 bytes, more than the 99 accepted" in why
    assert "max_file_bytes" in why


def test_a_folder_that_cannot_be_listed_fails_the_run(bench: Bench) -> None:
    class Locked(Trouble):
        def on_list(self) -> int:
            return int(paramiko.sftp.SFTP_PERMISSION_DENIED)

    bench.put("sales_2024-04.csv")
    with bench.serve(Locked()) as server, pytest.raises(ServerRefusedError, match="to list /"):
        bench.land(bench.source(server))
    with bench.serve() as server, pytest.raises(ServerRefusedError, match="to list /nowhere"):
        bench.land(bench.source(server, path="/nowhere"))


@pytest.mark.parametrize("case", ["missing file", "unknown host", "changed key", "unreadable"])
def test_a_server_that_cannot_be_verified_is_refused_before_the_password_is_sent(
    bench: Bench, case: str
) -> None:
    bench.put("sales_2024-04.csv")
    with bench.serve() as server, bench.serve() as other:
        source = bench.source(server)
        pinned = Path(str(source.known_hosts))
        if case == "missing file":
            pinned.unlink()
        elif case == "unknown host":
            pinned.write_text(other.known_hosts_line)
        elif case == "changed key":
            pinned.write_text(other.known_hosts_line.replace(str(other.port), str(server.port)))
        else:
            pinned.write_text("@revoked 127.0.0.1 ssh-ed25519 AAAA\n")
        with pytest.raises(HostKeyError) as refusal:
            bench.land(source)
        assert server.login_attempts == 0
    told = str(refusal.value)
    assert "127.0.0.1" in told
    assert str(pinned) in told
    assert f"ssh-keyscan -p {server.port} 127.0.0.1" in told
    assert ("SHA256:" in told) == (case == "changed key")


def test_a_wrong_password_is_refused_at_once_and_told_nowhere(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = "-".join(("canary", "3141"))  # not in one piece, as a traceback quotes this file
    with bench.serve() as server, caplog.at_level(logging.DEBUG):
        source = bench.source(server)
        monkeypatch.setenv("TEST_DMS_PASSWORD", canary)
        with pytest.raises(LoginError, match="refuses the login of user loyalty") as refusal:
            bench.land(source)
        assert server.login_attempts == 1
    everything = f"{refusal.getrepr(showlocals=False)} {refusal.value!r} {caplog.text} {bench.said}"
    assert canary not in everything
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_a_key_file_that_others_can_read_is_not_used(bench: Bench) -> None:
    key = bench.root / "key"
    key.write_text("none")
    with bench.serve() as server:
        source = bench.source(server, key_file=str(key))
        key.chmod(0o644)
        with pytest.raises(LoginError, match="chmod 600"):
            bench.land(source)
        key.chmod(0o600)
        with pytest.raises(LoginError, match="no private key"):
            bench.land(source)
        key.unlink()
        with pytest.raises(LoginError, match="cannot be read"):
            bench.land(source)
        assert server.login_attempts == 0


def test_the_server_lets_nobody_write_or_leave_its_folder(bench: Bench) -> None:
    bench.put("sales_2024-04.csv")
    (bench.drop / "out").symlink_to("/etc/passwd")
    with bench.serve() as server:
        source = bench.source(server)
        client = paramiko.SSHClient()
        client.load_system_host_keys(str(source.known_hosts))
        with client:
            client.connect("127.0.0.1", server.port, server.user, server.password,
                           allow_agent=False, look_for_keys=False)  # fmt: skip
            with client.open_sftp() as sftp:
                for refused in (
                    lambda: sftp.open("/new", "w"),
                    lambda: sftp.open("/out", "r"),
                    lambda: sftp.open("/../../etc/passwd", "r"),
                    lambda: sftp.remove("/sales_2024-04.csv"),
                    lambda: sftp.rename("/sales_2024-04.csv", "/x"),
                    lambda: sftp.mkdir("/folder"),
                ):
                    with pytest.raises(OSError, match=r".+"):
                        refused()
    assert {path.name for path in bench.drop.iterdir()} == {
        "out", "sales_2024-04.csv", "sales_2024-04.csv.ctl"
    }  # fmt: skip


def test_two_runs_at_once_land_each_file_once(bench: Bench) -> None:
    for month in range(1, 7):
        bench.put(f"sales_2024-{month:02d}.csv", os.urandom(50_000))
    reports = []
    with bench.serve() as server:
        source = bench.source(server)
        runs = [
            threading.Thread(target=lambda: reports.append(bench.land(source))) for _ in range(3)
        ]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
    assert sorted(len(report.landed) for report in reports) == [0, 0, 6]
    assert len(bench.store.arrivals()) == 6


def test_many_requests_in_flight_still_give_the_bytes_in_order(bench: Bench) -> None:
    class Short(Trouble):
        def on_read(self, path: Path, offset: int, length: int) -> bytes | None:
            if length > 10_000:  # a server may answer with less than was asked for
                with path.open("rb") as file:
                    file.seek(offset)
                    return file.read(10_000)
            return None

    content = os.urandom(3_000_001)
    bench.put("sales_2024-04.csv", content)
    for trouble in (Trouble(), Short()):
        with bench.serve(trouble) as server, connect(
            bench.source(server), bench.said.append, IMPATIENT
        ) as drop:  # fmt: skip
            file = next(one for one in drop.list_folder().files if one.size > 100)
            assert drop.fetch_small(file, 10**7) == content
