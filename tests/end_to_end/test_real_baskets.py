"""The main job on real input: 1.47 million lines of grocery baskets, from an SFTP drop to balances.

A quarterly and a monthly program read the same drop, run by Dagster. Every figure of every
household and cycle is compared with an independent computation, exactly: after the year was
delivered, after March was delivered again with other amounts, returns and other rates, and after
the last promises were released. Running once more posts nothing.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from loyalty_pipeline.demo.server import ADDRESS, SftpServer
from loyalty_pipeline.warehouse.home import Home
from tests.end_to_end.baskets import read_lines, write_drop, write_second_march
from tests.end_to_end.operations import Operations
from tests.end_to_end.oracle_documents import Basket, fates, read_baskets, resolve
from tests.end_to_end.oracle_points import Expected, Rules, compute
from tests.end_to_end.published import differences, open_published
from tests.end_to_end.second_delivery import Document, march_baskets, plan_second_march

PROGRAMS = Path(__file__).parent / "programs"
NAMES = ("baskets_monthly", "baskets_quarterly")
# All cycles of 2017 have ended; the last quarter's points are promised until 8 January.
FIRST, SECOND, RELEASED = date(2018, 1, 3), date(2018, 1, 5), date(2018, 1, 8)


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that a DMS fills; the programs find it served by SFTP.

    Runs compute with every core, as they do where nobody says otherwise.
    """
    monkeypatch.delenv("LOYALTY_THREADS", raising=False)
    folder = tmp_path / "drop"
    folder.mkdir()
    with SftpServer(folder) as server:
        known_hosts = server.write_known_hosts(tmp_path / "known_hosts")
        for name, value in {
            "HOST": ADDRESS,
            "PORT": str(server.port),
            "USER": server.user,
            "PASSWORD": server.password,
            "KNOWN_HOSTS": str(known_hosts),
        }.items():
            monkeypatch.setenv(f"BASKETS_{name}", value)
        yield folder


@pytest.fixture
def operations(tmp_path: Path) -> Iterator[Operations]:
    """Dagster at work on a folder of program files that can be edited.

    It keeps its own events in memory: writing them took half the time of a run, and that Dagster
    finds them again on disk is for the tests of orchestration to show.
    """
    folder = tmp_path / "programs"
    folder.mkdir()
    edit_rules(folder, "first")
    with dg.DagsterInstance.ephemeral() as instance:
        yield Operations(instance, folder, Home(tmp_path / "home"), FIRST)


def edit_rules(folder: Path, rules: str) -> None:
    for name in NAMES:
        shutil.copyfile(PROGRAMS / rules / f"{name}.yaml", folder / f"{name}.yaml")


def expected_figures(
    baskets: Sequence[Basket], rules: str, day: date, second: Sequence[Document] = ()
) -> dict[str, Expected]:
    counted = resolve(baskets, second).counted.values()
    return {
        name: compute(counted, Rules.read(PROGRAMS / rules / f"{name}.yaml"), day) for name in NAMES
    }


def assert_published(home: Home, expected: dict[str, Expected]) -> None:
    """Every figure of every household and cycle."""
    found = []
    with open_published(home.published) as published:
        for program, figures in expected.items():
            shown = published.figures(program)
            for table in fields(Expected):
                wanted = getattr(figures, table.name)
                if table.name == "balances":
                    wanted = {name: parts for name, parts in wanted.items() if any(parts)}
                elif table.name == "projected":
                    wanted = {name: points for name, points in wanted.items() if points}
                found += differences(f"{program} {table.name}", wanted, getattr(shown, table.name))
    assert not found, "\n".join(found)


def assert_rows_add_up(
    home: Home, baskets: Sequence[Basket], second: Sequence[Document] = ()
) -> None:
    """Rows in = staged + quarantined + superseded, as expected line by line, for every file."""
    expected = {
        "partners_2017-01-01.csv": (len({basket.household for basket in baskets}),) * 2 + (0, 0),
        "distributors_2017-01-01.csv": (len({basket.store for basket in baskets}),) * 2 + (0, 0),
    }
    quarantined = {}
    for name, lines in fates(baskets, second).items():
        staged, superseded = lines["staged"], lines["superseded"]
        refused = lines - Counter(staged=staged, superseded=superseded)
        expected[name] = (lines.total(), staged, refused.total(), superseded)
        if refused:
            quarantined[name] = refused
    with open_published(home.published) as published:
        files = published.rows(
            "select remote_name, rows_in, rows_staged, rows_quarantined, rows_superseded"
            " from landed_files"
        )
        reasons = published.quarantined()
    assert len(files) == len(expected)
    found = differences("file", expected, {row[0]: row[1:] for row in files})
    found += differences("quarantine", quarantined, reasons)
    assert not found, "\n".join(found)
    assert all(row[1] == row[2] + row[3] + row[4] for row in files)


def assert_only_differences_posted(
    home: Home, day: date, before: dict[str, Expected], after: dict[str, Expected]
) -> None:
    """One entry for each award that changed, of exactly the change; none for any other."""
    with open_published(home.published) as published:
        for program in NAMES:
            was, now = before[program].allocations, after[program].allocations
            changes = {
                key: (now[key].points if key in now else 0) - (was[key].points if key in was else 0)
                for key in was.keys() | now.keys()
            }
            wanted = {key: [change] for key, change in changes.items() if change}
            found = differences(f"{program} entries", wanted, published.posted(program, day))
            assert not found, "\n".join(found)


def entries_in(home: Home) -> int:
    with open_published(home.published) as published:
        return int(published.rows("select count(*) from ledger_entries")[0][0])


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
def test_real_baskets_earn_what_an_independent_computation_says(
    drop: Path, operations: Operations
) -> None:
    home = operations.home
    lines = read_lines()
    write_drop(drop, lines)
    baskets = read_baskets()
    months, quarters = every_cycle(baskets)

    operations.land("grocer")
    for program, cycles in zip(NAMES, (months, quarters), strict=True):
        assert operations.asked_for(program) == cycles
        assert operations.backfill(program, cycles) == 0
    first = expected_figures(baskets, "first", FIRST)
    assert_published(home, first)
    assert_rows_add_up(home, baskets)
    assert_only_differences_posted(home, FIRST, {name: Expected() for name in NAMES}, first)

    # March again, some baskets now of April, returns in April and May; and other rates, which
    # touch every cycle.
    operations.today = SECOND
    second = plan_second_march(march_baskets(lines))
    write_second_march(drop, lines, second)
    edit_rules(operations.programs, "changed")
    operations.land("grocer")
    for program, cycles, asked in (
        ("baskets_monthly", months, ["2017-03", "2017-04", "2017-05"]),
        ("baskets_quarterly", quarters, ["2017-01", "2017-04"]),
    ):
        assert operations.asked_for(program) == asked
        stale = [cycle for cycle in cycles if cycle not in asked]
        assert operations.backfill(program, asked) == len(stale)
        assert operations.backfill(program, stale) == 0
    changed = expected_figures(baskets, "changed", SECOND, second)
    assert_published(home, changed)
    assert_rows_add_up(home, baskets, second)
    assert_only_differences_posted(home, SECOND, first, changed)

    posted = entries_in(home)
    operations.land("grocer")
    for program in NAMES:
        assert operations.asked_for(program) == []
        operations.backfill(program, ["2017-01"])
    assert entries_in(home) == posted

    operations.today = RELEASED
    for program in NAMES:
        operations.morning(program)
    released = expected_figures(baskets, "changed", RELEASED, second)
    assert not any(promised for promised, _ in released["baskets_quarterly"].balances.values())
    assert_published(home, released)


def every_cycle(baskets: Sequence[Basket]) -> tuple[list[str], list[str]]:
    """The months with baskets, and the quarters."""
    months = sorted({f"{basket.day:%Y-%m}" for basket in baskets})
    return months, [month for month in months if month[5:] in ("01", "04", "07", "10")]
