"""The published file follows the journals, whole or not at all, and can be built anew."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from loyalty_pipeline.journal.witness import DamagedJournalError
from loyalty_pipeline.ledger.audit import verify_program
from loyalty_pipeline.ledger.rules import publish_rules
from loyalty_pipeline.ledger.state import program_journal
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.reporting.publish import publish, rebuild
from loyalty_pipeline.reporting.snapshot import journal_heads
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader
from tests.unit.reporting.world import RULES, SALES, STORY, World, invoice, tell

ROOT = Path(__file__).resolve().parents[3]
TABLES = (
    "select schema_name || '.' || table_name from duckdb_tables() union all "
    "select schema_name || '.' || view_name from duckdb_views() where not internal order by 1"
)

TOLD = ("main.ledger_entries", "main.partner_balances", "main.point_allocations")


DOCUMENTS = "select program, document_no, status from billing_transactions order by all"


def contents(home: Home) -> dict[str, Counter[str]]:
    """Every row of every table and view."""
    with open_reader(home) as reader:
        names = [str(name) for (name,) in reader.ask(TABLES).rows]
        return {name: Counter(map(repr, reader.ask(f"from {name}").rows)) for name in names}


def comments(home: Home) -> list[tuple[Any, ...]]:
    with open_reader(home) as reader:
        return reader.ask(
            "select table_name, column_name, comment from duckdb_columns() "
            "where not internal and schema_name = 'main' order by 1, 2"
        ).rows


def test_building_anew_gives_what_publishing_day_by_day_gave(told: World, tmp_path: Path) -> None:
    home = Home(told.home.root)
    before, told_comments = contents(home), comments(home)
    kept = tmp_path / "kept.duckdb"
    shutil.copyfile(home.published, kept)
    published = rebuild(home, [told.program])
    assert published is not None
    assert published.rebuilt
    after = contents(home)
    assert before.keys() == after.keys()
    for table, rows in before.items():
        assert rows == after[table], table
    assert comments(home) == told_comments
    assert sum(before["main.tier_history"].values()) > 20
    assert sum(before["main.liability_daily"].values()) > 20


def test_publishing_only_at_the_end_gives_the_same(told: World, tmp_path: Path) -> None:
    world = World.create(tmp_path)
    tell(world, publish=False)
    once, daily = contents(world.home), contents(told.home)
    for table in daily:
        if table.startswith("main.") and table != "main.journal_heads":
            assert once[table] == daily[table], table


def test_nothing_is_published_when_the_journals_have_not_moved(told: World) -> None:
    before = told.home.published.stat()
    assert publish(told.home, [told.program]) is None
    assert told.home.published.stat().st_mtime_ns == before.st_mtime_ns


def test_the_file_shows_the_heads_of_all_journals(told: World) -> None:
    shown = {scope: (number, sha) for scope, number, sha in told.ask("from journal_heads")}
    assert shown == journal_heads(told.home)
    assert set(shown) == {"program/rewards", "source/dms"}


def test_a_program_whose_file_is_not_at_hand_keeps_all_it_had(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    for today, files in STORY[:2]:
        world.day(today, files)
    documents = world.ask(DOCUMENTS)
    world.day("2024-07-08", publish=False)
    assert publish(world.home, []) is not None
    assert documents == world.ask(DOCUMENTS)
    other = RULES.replace("program: rewards", "program: second").replace("id: dms", "id: pos")
    second = World(tmp_path / "second", world.home, world.program)
    second.folder.mkdir()
    second.rules(other)
    publish_rules(second.program, second.home, Clock.on(date(2024, 7, 9)), "run")
    publish(world.home, [second.program])
    assert world.ask("select program from programs order by 1") == [("rewards",), ("second",)]
    assert documents == world.ask(DOCUMENTS)


DAMAGES = ("missing", "not a database", "elsewhere", "old format")


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The beginning of the story."""
    world = World.create(tmp_path_factory.mktemp("short"))
    for today, files in STORY[:4]:
        world.day(today, files)
    return world


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_cannot_be_continued_is_built_anew(short: World, damage: str) -> None:
    world, home = short, short.home
    before = contents(home)
    if damage == "missing":
        home.published.unlink()
    elif damage == "not a database":
        home.published.write_bytes(b"no database at all" * 1000)
    elif damage == "elsewhere":
        change(home.published, "update work.publication set root = '/elsewhere'")
    else:
        change(home.published, "update work.publication set format = 'old'")
    published = publish(home, [world.program])
    assert published is not None
    assert published.rebuilt
    assert contents(home) == before


def test_a_journal_that_lost_commits_readers_were_shown_is_not_continued(tmp_path: Path) -> None:
    # It had been, and was whole by its chain: what was lost left no trace.
    world = World.create(tmp_path)
    for today, files in STORY[:3]:
        world.day(today, files)
    journal = program_journal(world.home, "rewards")
    lost = journal.path_of(journal.head)
    kept = lost.read_bytes()
    lost.unlink()
    asked = f"commit {journal.head} of program/rewards, and the journal ends at {journal.head - 1}"
    with pytest.raises(DamagedJournalError, match=asked):
        world.day(*STORY[3], publish=False)
    with pytest.raises(DamagedJournalError, match=asked):
        publish(world.home, [world.program])
    assert not lost.exists()
    lost.write_bytes(kept)
    world.day(*STORY[3])
    assert verify_program(world.home, "rewards") == []


def test_a_journal_is_continued_from_an_older_copy_once_somebody_says_so(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    for today, files in STORY[:3]:
        world.day(today, files)
    journal = program_journal(world.home, "rewards")
    journal.path_of(journal.head).unlink()
    world.home.published.unlink()
    world.home.published_note.unlink()
    world.day(*STORY[3])
    assert verify_program(world.home, "rewards") == []


def test_a_copied_home_says_so_until_it_is_published_there(short: World, tmp_path: Path) -> None:
    before = contents(short.home)
    copied = Home(tmp_path / "copied")
    shutil.copytree(short.home.root, copied.root)
    with pytest.raises(FileNotFoundError, match=r"was published for .* publish it here by a run"):
        contents(copied)
    assert publish(copied, [short.program]) is not None
    after = contents(copied)
    assert {name: after[name] for name in TOLD} == {name: before[name] for name in TOLD}


def change(path: Path, sql: str) -> None:
    code = f"import duckdb\nduckdb.connect({str(path)!r}).execute({sql!r})"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_publication_continues_the_file_and_does_not_build_it_anew(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    world.day(*STORY[0])
    world.day(*STORY[1], publish=False)
    published = publish(world.home, [world.program])
    assert published is not None
    assert not published.rebuilt


PUBLISHER = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from loyalty_pipeline.reporting.publish import publish, rebuild
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.warehouse.home import Home
home, program = Home(Path({home!r})), load_program(Path({rules!r}))
print("ready", flush=True)
while True:
    {action}(home, [program])
"""


def start_publisher(world: World, action: str) -> subprocess.Popen[str]:
    code = PUBLISHER.format(
        root=str(ROOT),
        home=str(world.home.root),
        rules=str(world.folder / "rewards.yaml"),
        action=action,
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_a_reader_always_sees_one_whole_publication_while_another_process_publishes(
    tmp_path: Path,
) -> None:
    world = World.create(tmp_path)
    world.day(*STORY[0])
    process = start_publisher(world, "rebuild")
    try:
        for number, (today, files) in enumerate(STORY[1:5], start=1):
            world.day(today, files, publish=number % 2 == 0)
            until = time.monotonic() + 0.7
            while time.monotonic() < until:
                # One statement: between two of them another publication may come.
                [(entries, commits, balances, moved)] = world.ask(
                    "select (select count(*) from ledger_entries),"
                    " (select number from journal_heads where scope = 'program/rewards'),"
                    " (select coalesce(sum(total), 0) from partner_balances),"
                    " (select coalesce(sum(total), 0) from balances_as_of(null, null))"
                )
                assert commits >= number
                assert entries == 0 or balances == moved
    finally:
        stop(process)


SWAPPER = """
import os
while True:
    for name in {names!r}:
        os.link(name, {published!r} + ".next")
        os.replace({published!r} + ".next", {published!r})
"""


def test_a_reader_opens_one_file_however_fast_another_takes_its_name(tmp_path: Path) -> None:
    # DuckDB 2.0 opens a file twice to find its type, and may then read the pages of one
    # publication with the header of another.
    counts = "select (select count(*) from ledger_entries), (select sum(number) from journal_heads)"
    world = World.create(tmp_path)
    names, whole = [], set()
    for number, (today, files) in enumerate(STORY[:4]):
        world.day(today, files)
        whole.update(world.ask(counts))
        names.append(str(tmp_path / f"{number}.duckdb"))
        shutil.copyfile(world.home.published, names[-1])
    code = SWAPPER.format(names=names, published=str(world.home.published))
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        seen = {row for _ in range(120) for row in world.ask(counts)}
    finally:
        process.kill()
        process.wait()
    assert len(seen) > 1
    assert seen <= whole


def test_a_publisher_killed_anywhere_leaves_the_file_readable_and_nothing_behind(
    tmp_path: Path,
) -> None:
    world = World.create(tmp_path)
    for today, files in STORY[:3]:
        world.day(today, files)
    expected = contents(world.home)
    for attempt in range(8):
        process = start_publisher(world, "rebuild")
        time.sleep(0.04 * attempt)
        stop(process)
        assert world.ask("select count(*) from ledger_entries") == [(8,)]
    rebuild(world.home, [world.program])
    assert contents(world.home) == expected
    assert not (world.home.root / ".publish").exists()
    names = {path.name for path in world.home.root.iterdir() if path.is_file()}
    assert names == {"finance.duckdb", "finance.heads.json"}


def test_publishers_at_the_same_time_never_go_back(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    world.day(*STORY[0])
    process = start_publisher(world, "publish")
    numbers: list[int] = []

    def watch() -> None:
        while not done.is_set():
            [(number,)] = world.ask("select sum(number) from journal_heads")
            numbers.append(int(number))

    done = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for today, files in STORY[1:6]:
            world.day(today, files)
    finally:
        done.set()
        watcher.join()
        stop(process)
    publish(world.home, [world.program])
    assert numbers == sorted(numbers)
    assert sum(number for number, _ in journal_heads(world.home).values()) == int(
        world.ask("select sum(number) from journal_heads")[0][0]
    )


def test_every_table_and_column_says_what_it_means(told: World) -> None:
    bare = told.ask(
        "select table_name, column_name from duckdb_columns() "
        "where not internal and schema_name = 'main' and comment is null"
    )
    assert bare == []
    tables = told.ask(
        "select table_name from duckdb_tables() where schema_name = 'main' and comment is null "
        "union all select view_name from duckdb_views() "
        "where not internal and schema_name = 'main' and comment is null"
    )
    assert tables == []


def test_any_client_reads_the_file_from_any_working_folder(told: World, tmp_path: Path) -> None:
    """Views hold absolute paths, so that any working folder will do."""
    code = (
        "import duckdb\n"
        f"c = duckdb.connect({str(told.home.published)!r}, read_only=True)\n"
        "assert c.execute('select count(*) from billing_transactions').fetchone()[0] > 10\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env={**os.environ})


def test_a_change_of_the_sources_in_the_program_file_is_published(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    world.day(*STORY[0])
    assert world.ask("select count(*) from billing_transactions where status = 'unmatched'") == [
        (1,)
    ]
    world.rules(RULES.replace("      partners: {pattern: 'partners.*'}\n", ""))
    assert publish(world.home, [world.program]) is not None
    assert world.ask("select count(*) from billing_transactions where status = 'unmatched'") == [
        (0,)
    ]


def test_a_home_without_journals_publishes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert publish(home, []) is None
    assert not home.published.exists()


def test_a_reader_keeps_the_publication_it_opened(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    world.day(*STORY[0])
    with open_reader(world.home) as reader:
        before = reader.ask("select count(*) from billing_transactions").rows
        late = ("sales_9.csv", SALES, (invoice("Z9", "2024-05-02", "P1", "5.00"),))
        world.day("2024-05-03", [late])
        assert reader.ask("select count(*) from billing_transactions").rows == before
    assert world.ask("select count(*) from billing_transactions") == [(before[0][0] + 1,)]
