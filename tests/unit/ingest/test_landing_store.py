"""The landing store, and landing local files for example cases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from loyalty_pipeline.demo.drop import write_drop, write_late_file
from loyalty_pipeline.ingest.landing import LandingStore, land_local
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.warehouse.files import sha256_of
from loyalty_pipeline.warehouse.home import Home

CLOCK = Clock.on(date(2024, 5, 1))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_local_files_land_in_the_order_they_are_given_across_calls(
    home: Home, tmp_path: Path
) -> None:
    later = write(tmp_path / "a.csv", "later\n")
    first = write(tmp_path / "z.csv", "first\n")
    landed = land_local([(first, "sales"), (later, "sales")], "dms", home, CLOCK)
    landed += land_local([(first, "sales")], "dms", home, CLOCK)
    store = LandingStore(home, "dms")
    assert store.arrivals() == landed
    assert [arrival.remote_name for arrival in landed] == ["z.csv", "a.csv", "z.csv"]
    assert landed[0].file_id == landed[2].file_id == sha256_of(first)
    assert {arrival.vouched_by for arrival in landed} == {"case"}
    assert {arrival.file_date for arrival in landed} == {date(2024, 5, 1)}
    assert all(store.has(arrival.arrival_id) for arrival in landed)
    assert store.path_of(landed[1].file_id).read_text() == "later\n"


def test_landed_bytes_are_the_stores_own_and_read_only(home: Home, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "one\n")
    (arrival,) = land_local([(path, "sales")], "dms", home, CLOCK)
    path.write_text("two\n")
    kept = LandingStore(home, "dms").path_of(arrival.file_id)
    assert kept.read_text() == "one\n"
    assert kept.stat().st_mode & 0o222 == 0


def test_what_a_dead_run_left_half_written_is_swept_away(home: Home, tmp_path: Path) -> None:
    store = LandingStore(home, "dms")
    stale = write(store.temporary(), "half")
    land_local([(write(tmp_path / "a.csv", "x"), "sales")], "dms", home, CLOCK)
    assert not stale.exists()


def test_a_memo_that_cannot_be_read_is_like_none(home: Home) -> None:
    store = LandingStore(home, "dms")
    assert store.memo() == {}
    store.note({"a": {"seen": [1, 2]}})
    assert store.memo() == {"a": {"seen": [1, 2]}}
    (home.landing("dms") / "observed.json").write_text('{"a":')
    assert store.memo() == {}


def test_the_sample_drop_is_the_same_for_the_same_seed_and_tells_what_it_planted(
    tmp_path: Path,
) -> None:
    summary = write_drop(tmp_path / "one")
    write_drop(tmp_path / "two")
    write_drop(tmp_path / "three", seed=2)
    files = {path.name: path for path in (tmp_path / "one").iterdir()}
    assert len(files) == 2 * len(summary.files)
    for name, path in files.items():
        again = tmp_path / "two" / name
        assert path.read_bytes() == again.read_bytes()
        assert path.stat().st_mtime == again.stat().st_mtime
    other = tmp_path / "three" / "sales_2024-04.csv"
    assert other.read_bytes() != files["sales_2024-04.csv"].read_bytes()
    assert files["sales_2024-08.csv"].read_bytes() == files["sales_2024-08_2.csv"].read_bytes()
    assert any("sent again, unchanged" in line for line in summary.in_words())
    (late,) = write_late_file(tmp_path / "one").files
    assert (tmp_path / "one" / f"{late}.ctl").read_text().startswith("rows=3\namount=30000.00\n")


def test_bytes_that_the_disk_damaged_are_mended_by_delivering_them_again(
    home: Home, tmp_path: Path
) -> None:
    # They were kept, since a file of that name was there, and refused however often they came.
    path = write(tmp_path / "a.csv", "one\n")
    (arrival,) = land_local([(path, "sales")], "dms", home, CLOCK)
    kept = LandingStore(home, "dms").path_of(arrival.file_id)
    kept.chmod(0o644)
    kept.write_text("o")
    land_local([(path, "sales")], "dms", home, CLOCK)
    assert kept.read_text() == "one\n"
    assert kept.stat().st_mode & 0o222 == 0
