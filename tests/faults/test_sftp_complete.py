"""When a file is complete, who vouched for it, and what name and control file say together."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from servers import BASE_TIME, Bench

from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.ingest.register import FileRecord

NAME = "sales_2024-04.csv"
MARKER = {"by": "marker", "suffix": ".done"}
LOOSE = {"sales": {"pattern": r"(?P<distributor>[A-Z]\d+)?sales.*\.csv"}}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seconds of our own clock, one after the other: append before each look."""
    moments: list[int] = []
    monkeypatch.setattr(LandingStore, "moment", lambda _: moments[-1])
    return moments


def mark(bench: Bench, name: str, age: int = 0) -> Path:
    path = bench.drop / f"{name}.done"
    path.touch()
    os.utime(path, (BASE_TIME + age, BASE_TIME + age))
    return path


def test_a_marker_vouches_for_its_file_once_it_is_there(bench: Bench) -> None:
    bench.put(NAME, control=None)
    with bench.serve() as server:
        source = bench.source(server, complete=MARKER)
        before = bench.land(source)
        mark(bench, NAME)
        (arrival,) = bench.land(source).landed
        again = bench.land(source)
    assert before.waiting == [f"{NAME}: its marker file is not there"]
    assert list(before.left_there()) == [f"waiting: {NAME}: its marker file is not there"]
    assert (arrival.vouched_by, arrival.control) == ("marker", None)
    assert FileRecord.of(arrival, "staged").vouched_by == "marker"
    assert (again.landed, again.known, again.waiting, again.ignored) == ([], 1, [], [])


def test_a_marker_older_than_its_file_is_one_of_an_earlier_version(bench: Bench) -> None:
    mark(bench, NAME, age=-1)
    bench.put(NAME, control=None)
    with bench.serve() as server:
        source = bench.source(server, complete=MARKER)
        (why,) = bench.land(source).waiting
        mark(bench, NAME, age=0)
        assert len(bench.land(source).landed) == 1
    assert "its marker file is older than it" in why
    assert "have it put again" in why


def test_a_file_that_is_renamed_when_complete_is_taken_at_first_sight(bench: Bench) -> None:
    now = (bench.root / "clock").touch() or (bench.root / "clock").stat().st_mtime
    for name in (NAME, f"{NAME}.filepart", f"{NAME}.tmp", f"{NAME}.part", f".{NAME}.x1"):
        os.utime(bench.put(name, control=None), (now, now))
    with bench.serve() as server:
        report = bench.land(bench.source(server, complete={"by": "rename"}))
    assert [(a.remote_name, a.vouched_by) for a in report.landed] == [(NAME, "rename")]
    assert len(report.ignored) == 4


def test_what_is_not_complete_tells_for_how_many_hours_it_has_waited(
    bench: Bench, at: list[int]
) -> None:
    bench.put(NAME, control=None)
    (bench.drop / "sales_2024-05.csv.ctl").touch()
    with bench.serve() as server:
        source = bench.source(server)
        said = []
        for hours in (0, 1, 26.9):
            at.append(1_800_000_000 + int(hours * 3600))
            said.append(bench.land(source).waiting)
        (bench.drop / f"{NAME}.ctl").touch()
        assert len(bench.land(source).landed) == 1
        (bench.drop / f"{NAME}.ctl").unlink()
        again = bench.land(source).waiting[0]
    missing, early = "its control file is not there", "the file it vouches for is not there"
    assert said == [
        [f"{NAME}: {missing}{age}", f"sales_2024-05.csv.ctl: {early}{age}"]
        for age in ("", " (for 1 hour)", " (for 26 hours)")
    ]
    assert again == f"{NAME}: {missing}"


def test_two_control_files_of_one_file_are_told_and_none_is_believed(bench: Bench) -> None:
    bench.put(NAME)
    (bench.drop / f"{NAME}.CTL").touch()
    with bench.serve() as server:
        source = bench.source(server)
        (why,) = bench.land(source).waiting
        (bench.drop / f"{NAME}.ctl").unlink()
        (alone,) = bench.land(source).waiting
    assert f"it has two control files, {NAME}.CTL and {NAME}.ctl: have all but one" in why
    assert f"its control file is named {NAME}.CTL, not {NAME}.ctl: have it renamed" in alone


def test_files_that_differ_in_case_alone_each_have_their_own_control_file(bench: Bench) -> None:
    feeds = {"sales": {"pattern": r"(?i)sales_(?P<period>\d{4}-\d{2})\.csv"}}
    for name in ("sales_2024-04.csv", "SALES_2024-04.CSV"):
        bench.put(name)
    with bench.serve() as server:
        report = bench.land(bench.source(server, feeds=feeds))
    assert len(report.landed) == 2
    assert report.waiting == []


def test_a_control_file_gives_what_the_name_does_not_say(bench: Bench) -> None:
    says = "rows=1\nperiod=2024-03\ndistributor=D7\nsequence=12\n"
    bench.put("sales.csv", control=says)
    bench.put("sales2.csv", control=says.replace("12", "9"), age=60)
    bench.put("sales3.csv", control="date=2024-02-29\n")
    with bench.serve() as server:
        landed = bench.land(bench.source(server, feeds=LOOSE)).landed
    found = {arrival.remote_name: arrival for arrival in landed}
    first = found["sales.csv"]
    assert (first.period, first.distributor, first.sequence) == ("2024-03", "D7", 12)
    assert first.file_date == date(2024, 3, 31)
    assert found["sales3.csv"].file_date == date(2024, 2, 29)
    later = [arrival.remote_name for arrival in bench.store.arrivals()]
    assert later == ["sales3.csv", "sales2.csv", "sales.csv"]
    assert bench.store.arrivals()[-1] == first
    record = FileRecord.of(first, "staged")
    assert (record.period, record.distributor, record.sequence) == ("2024-03", "D7", 12)


def test_name_and_control_file_may_say_the_same_in_their_own_ways(bench: Bench) -> None:
    bench.put("sales_2024-04_007.csv", control="sequence=7\nperiod=2024-04\n")
    with bench.serve() as server:
        (arrival,) = bench.land(bench.source(server)).landed
    assert (arrival.sequence, arrival.period) == (7, "2024-04")


@pytest.mark.parametrize(
    ("name", "control", "told"),
    [
        ("D7sales.csv", "distributor=D8", "its name says distributor D7, its control file D8"),
        ("sales_2024-04.csv", "period=2024-05", "says period 2024-04, its control file 2024-05"),
        ("sales_2024-04_7.csv", "sequence=8", "its name says sequence 7, its control file 8"),
    ],
)
def test_a_file_whose_name_and_control_file_disagree_waits_until_one_is_corrected(
    bench: Bench, name: str, control: str, told: str
) -> None:
    bench.put(name, control=control)
    with bench.serve() as server:
        source = bench.source(server, **({"feeds": LOOSE} if name.startswith("D") else {}))
        report = bench.land(source)
        (bench.drop / f"{name}.ctl").write_text("")
        healed = bench.land(source)
    assert report.landed == []
    assert told in report.waiting[0]
    assert "have one of the two corrected" in report.waiting[0]
    assert len(healed.landed) == 1


@pytest.mark.parametrize(
    ("control", "told"),
    [
        (b"file=sales_2024-05.csv\n", "it is about 'sales_2024-05.csv', not about 'sales_2024-04"),
        (b"rows=1\nperiod=2024-13\n", "line 2: period='2024-13' is not a month like 2025-04"),
        (b"date=2024-02-30\n", "date='2024-02-30' is not a day like 2025-04-30"),
        (b"sequence=-1\n", "sequence='-1' is not a whole number"),
        (b"distributor=\n", "distributor='' is not at most 64 characters"),
        (b"distributor=D\xe2\x80\xae1\n", "is not at most 64 characters"),
        (b"rows=1\ndistributor=D\xe9\n", "line 2: not UTF-8"),
        (b"hello", "write rows=, amount=, sha256=, file=, period=, distributor=, sequence= or"),
    ],
)
def test_a_control_file_that_is_wrong_keeps_its_file_waiting_and_says_why(
    bench: Bench, control: bytes, told: str
) -> None:
    bench.put(NAME)
    (bench.drop / f"{NAME}.ctl").write_bytes(control)
    with bench.serve() as server:
        report = bench.land(bench.source(server))
    assert report.landed == []
    assert told in report.waiting[0]
    assert report.waiting[0].isprintable()


@pytest.mark.parametrize("seconds", [0, 2_000_000_000])
def test_a_time_of_1970_or_of_the_future_does_not_make_a_file_look_settled(
    bench: Bench, at: list[int], seconds: int
) -> None:
    path = bench.put(NAME, control=None)
    os.utime(path, (seconds, seconds))
    with bench.serve() as server:
        source = bench.source(server, complete={"by": "settle_time", "seconds": 60})
        at.append(1_800_000_000)
        assert "unchanged for 0 s of the 60 s" in bench.land(source).waiting[0]
        at.append(1_800_000_060)
        (arrival,) = bench.land(source).landed
    assert arrival.mtime == seconds
