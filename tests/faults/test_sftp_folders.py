"""What we take in one look, what we move away, what we put back; else a drop is only read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import paramiko
import pytest
from pydantic import ValidationError
from servers import BASE_TIME, IMPATIENT, Bench, Trouble

from loyalty_pipeline.ingest.reject_folder import put_reject
from loyalty_pipeline.ingest.remote import ServerRefusedError, SftpError
from loyalty_pipeline.program.sources import Source

NAME = "sales_2024-04.csv"
FOLDERS = ("archive", "rejects")
ASKED = {"archive_to": "/archive", "rejects_to": "/rejects"}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def state(folder: Path) -> dict[str, tuple[bytes | None, int, int]]:
    return {
        str(path.relative_to(folder)): (
            path.read_bytes() if path.is_file() else None,
            stat.S_IMODE(path.lstat().st_mode),
            path.lstat().st_mtime_ns if path.is_file() else 0,
        )
        for path in folder.rglob("*")
    }


def test_without_being_asked_we_change_nothing_in_the_drop_folder(bench: Bench) -> None:
    bench.put(NAME, b"x" * 100_000)
    bench.put("sales_2024-05.csv", control="rows=many")
    bench.put("hello.txt", control=None)
    before = state(bench.drop)
    with bench.serve() as server:
        bench.land(bench.source(server))
        bench.land(bench.source(server))
    assert state(bench.drop) == before


def test_one_look_takes_no_more_files_than_it_may_and_the_earliest_first(bench: Bench) -> None:
    for sequence in (11, 2, 30, 1, 100):
        bench.put(f"sales_2024-04_{sequence}.csv", control=f"rows={sequence}\n")
    with bench.serve() as server:
        source = bench.source(server, max_files=2)
        looks = [bench.land(source) for _ in range(4)]
    assert [[arrival.sequence for arrival in look.landed] for look in looks] == [
        [1, 2], [11, 30], [100], []
    ]  # fmt: skip
    assert [look.known for look in looks] == [0, 2, 4, 5]
    assert looks[0].waiting == [
        f"sales_2024-04_{sequence}.csv: left for the next look: one look takes at most 2 files "
        f"(max_files)"
        for sequence in (11, 30, 100)
    ]


def test_one_look_takes_no_more_bytes_than_it_may_unless_one_file_has_more(bench: Bench) -> None:
    for sequence, size in ((1, 50), (2, 5000), (3, 10), (4, 60), (5, 40)):
        bench.put(f"sales_2024-04_{sequence}.csv", b"x" * size)
    with bench.serve() as server:
        source = bench.source(server, max_bytes=100)
        looks = [bench.land(source) for _ in range(5)]
    assert [[arrival.sequence for arrival in look.landed] for look in looks] == [
        [1], [2], [3, 4], [5], []
    ]  # fmt: skip
    assert "at most 100 bytes (max_bytes)" in looks[0].waiting[0]


def test_a_file_that_never_gets_complete_does_not_starve_the_others(bench: Bench) -> None:
    bench.put("sales_2024-04_1.csv", control=None)
    bench.put("sales_2024-04_2.csv", control="nonsense")
    bench.put("sales_2024-04_3.csv")
    with bench.serve() as server:
        report = bench.land(bench.source(server, max_files=1))
    assert [arrival.sequence for arrival in report.landed] == [3]


@pytest.mark.parametrize("by", ["control_file", "marker", "rename"])
def test_landed_files_are_archived_with_what_vouched_for_them(bench: Bench, by: str) -> None:
    beside = {"control_file": f"{NAME}.ctl", "marker": f"{NAME}.done"}.get(by)
    content = os.urandom(100_000)
    path = bench.put(NAME, content, control=None)
    bench.put("sales_2024-05.csv.part", control=None)
    if beside:
        (bench.drop / beside).touch()
    with bench.serve(writable=FOLDERS) as server:
        source = bench.source(server, complete={"by": by}, **ASKED)
        first = bench.land(source)
        second = bench.land(source)
    assert (len(first.landed), first.archived, first.waiting) == (1, 1, [])
    assert (second.landed, second.known, second.archived, second.waiting) == ([], 0, 0, [])
    assert names(bench.drop) == ["sales_2024-05.csv.part"]
    assert names(bench.drop / "archive") == [NAME, *([beside] if beside else [])]
    assert (bench.drop / "archive" / NAME).read_bytes() == content
    assert (bench.drop / "archive" / NAME).stat().st_mtime == BASE_TIME
    assert not path.exists()
    assert bench.kept() == {NAME: content}


def test_a_later_version_is_archived_beside_the_earlier_one(bench: Bench) -> None:
    with bench.serve(writable=FOLDERS) as server:
        source = bench.source(server, **ASKED)
        for age, content in enumerate((b"one\n", b"two\n", b"three\n")):
            bench.put(NAME, content, age=age)
            assert bench.land(source).archived == 1
    archived = {path.read_bytes() for path in (bench.drop / "archive").glob("*[!l]")}
    assert {b"one\n", b"two\n", b"three\n"} <= archived
    assert len(names(bench.drop / "archive")) == 6
    assert names(bench.drop) == []


def test_an_archive_that_refuses_is_told_and_harms_nothing(bench: Bench) -> None:
    bench.put(NAME)
    with bench.serve() as server:  # no folder may be written
        (bench.drop / "archive").mkdir()
        source = bench.source(server, **ASKED)
        first, second = bench.land(source), bench.land(source)
    assert (len(first.landed), len(second.landed), second.known) == (1, 0, 1)
    for report in (first, second):
        assert report.archived == 0
        (why,) = report.waiting
        assert why.startswith(f"{NAME}: landed, but not archived: ")
        assert f"refuses to move {NAME} to /archive" in why
    with bench.serve(writable=FOLDERS) as server:
        assert bench.land(bench.source(server, **ASKED)).archived == 1
    assert names(bench.drop) == []


def test_a_file_written_anew_after_it_landed_is_not_moved_away(bench: Bench) -> None:
    class Busy(Trouble):
        looks = 0

        def on_entry(self, entry: paramiko.SFTPAttributes) -> None:
            if entry.filename == NAME:
                self.looks += 1
                if self.looks == 4:  # after it was listed, and looked at around its reading
                    entry.st_size = (entry.st_size or 0) + 1

    bench.put(NAME)
    with bench.serve(Busy(), writable=FOLDERS) as server:
        report = bench.land(bench.source(server, **ASKED))
    assert len(report.landed) == 1
    assert report.archived == 0
    assert "not archived" in report.waiting[0]
    assert names(bench.drop / "archive") == []


def test_killed_between_the_two_moves_the_next_look_moves_the_control_file(bench: Bench) -> None:
    bench.put(NAME, control="rows=1\n")
    with bench.serve(writable=FOLDERS) as server:
        source = bench.source(server, **ASKED)
        bench.land(source)
        (bench.drop / "archive" / f"{NAME}.ctl").rename(bench.drop / f"{NAME}.ctl")
        (bench.drop / "sales_2024-05.csv.ctl").write_text("rows=1\n")
        report = bench.land(source)
    assert names(bench.drop) == ["sales_2024-05.csv.ctl"]
    assert names(bench.drop / "archive") == [NAME, f"{NAME}.ctl"]
    assert report.waiting == ["sales_2024-05.csv.ctl: the file it vouches for is not there"]


def test_a_connection_lost_right_after_the_move_is_no_failure(bench: Bench) -> None:
    class Hasty(Trouble):
        moved = False

        def on_entry(self, entry: paramiko.SFTPAttributes) -> None:
            if not self.moved and names(bench.drop / "archive"):
                self.moved = True
                server.hang_up()

    bench.put(NAME)
    trouble = Hasty()
    with bench.serve(trouble, writable=FOLDERS) as server:
        report = bench.land(bench.source(server, **ASKED))
    assert trouble.moved
    assert (len(report.landed), report.archived, report.waiting) == (1, 1, [])
    assert names(bench.drop / "archive") == [NAME, f"{NAME}.ctl"]


def test_a_reject_file_is_put_whole_and_once(bench: Bench) -> None:
    content = b"line,reason\n" * 10_000
    with bench.serve(writable=FOLDERS) as server:
        source = bench.source(server, **ASKED)
        (bench.drop / "rejects" / ".r.csv.part").write_bytes(b"half of a dead run's" * 20_000)
        assert put_reject(source, "r.csv", content, bench.said.append, IMPATIENT)
        assert not put_reject(source, "r.csv", content, bench.said.append, IMPATIENT)
        with pytest.raises(ServerRefusedError, match=r"another file named r\.csv"):
            put_reject(source, "r.csv", b"other", bench.said.append, IMPATIENT)
        with pytest.raises(SftpError, match="starts with a dot"):
            put_reject(source, "../r.csv", content, bench.said.append, IMPATIENT)
        with pytest.raises(SftpError, match="names no folder for reject files"):
            put_reject(bench.source(server), "r.csv", content, bench.said.append, IMPATIENT)
    assert names(bench.drop / "rejects") == ["r.csv"]
    assert (bench.drop / "rejects" / "r.csv").read_bytes() == content
    assert names(bench.drop) == []


def test_the_folders_of_a_source_are_three_different_ones(bench: Bench) -> None:
    with bench.serve() as server:
        given = bench.source(server, path="/out").model_dump(exclude_none=True)
    for wrong, told in (
        ({"archive_to": "/out/"}, "archive_to is the drop folder itself"),
        ({"rejects_to": "/x/../out"}, "rejects_to is the drop folder itself"),
        ({"archive_to": "/a", "rejects_to": "/a"}, "are one folder"),
    ):
        with pytest.raises(ValidationError, match=told):
            Source.model_validate({**given, **wrong})
