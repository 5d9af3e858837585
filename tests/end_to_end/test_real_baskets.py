"""The main job on real input: 1.47 million lines of grocery baskets, from an SFTP drop to balances.

A quarterly and a monthly program read the same drop. Every figure of every household and cycle is
compared with an independent computation, exactly: after the year was delivered, after March was
delivered again with other amounts, returns and other rates, and after running once more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from loyalty_pipeline import pipeline
from loyalty_pipeline.demo.server import ADDRESS, SftpServer
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_programs
from loyalty_pipeline.warehouse.home import Home
from tests.end_to_end.baskets import read_lines, write_drop, write_second_march
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
    """The folder that a DMS fills; the programs find it served by SFTP."""
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
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def run_all(home: Home, rules: str, day: date) -> int:
    """Run every program on a business date and backfill what only other rules made stale.

    Answers with the number of entries posted.
    """
    entries = 0
    for program in load_programs(PROGRAMS / rules).values():
        report = pipeline.run(program, home, Clock.on(day), f"run-{day}")
        entries += report.entries
        if report.left_stale:
            cycles = [stale.cycle for stale in report.left_stale]
            entries += pipeline.backfill(
                program, home, Clock.on(day), f"backfill-{day}", cycles
            ).entries
    return entries


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


def test_real_baskets_earn_what_an_independent_computation_says(drop: Path, home: Home) -> None:
    lines = read_lines()
    write_drop(drop, lines)
    baskets = read_baskets()
    nothing = {name: Expected() for name in NAMES}

    assert run_all(home, "first", FIRST) > 0
    first = expected_figures(baskets, "first", FIRST)
    assert_published(home, first)
    assert_rows_add_up(home, baskets)
    assert_only_differences_posted(home, FIRST, nothing, first)

    second = plan_second_march(march_baskets(lines))
    write_second_march(drop, lines, second)
    assert run_all(home, "changed", SECOND) > 0
    changed = expected_figures(baskets, "changed", SECOND, second)
    assert_published(home, changed)
    assert_rows_add_up(home, baskets, second)
    assert_only_differences_posted(home, SECOND, first, changed)

    assert run_all(home, "changed", SECOND) == 0

    promises = sum(promised > 0 for promised, _ in changed["baskets_quarterly"].balances.values())
    assert run_all(home, "changed", RELEASED) == promises
    released = expected_figures(baskets, "changed", RELEASED, second)
    assert not any(promised for promised, _ in released["baskets_quarterly"].balances.values())
    assert_published(home, released)
