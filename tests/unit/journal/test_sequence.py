from __future__ import annotations

import multiprocessing
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_pipeline.journal.commits import GENESIS, Draft, header_bytes, parse_header
from loyalty_pipeline.journal.sequence import BusinessDateError, Journal, MovedError
from loyalty_pipeline.journal.verify import verify_chain
from loyalty_pipeline.journal.witness import DamagedJournalError
from loyalty_pipeline.program.clock import Clock, furthest_date
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.files import put_if_absent
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

SCOPE = "program/p"
DRAFT = Draft(
    kind="posting",
    business_date=date(2025, 7, 1),
    posted_at=Clock.on(date(2025, 7, 1)).now,
    run_id="r1",
    cycles=("2025-04",),
    retires=(("cap_levels", "2025-04-c"),),
    totals={"award": "12.000"},
    details={"inputs": "abc", "nested": {"one": 1}},
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def entries(home: Home, number: int) -> WorkFile:
    """Two entries, other ones for each number."""
    day = date(2025, 7, 1)
    row = ("P1", "2025-04", "award", "issued", "current", Decimal(number + 1), day, day, day, None,
           day, "2025-04/slabs", "cycle award", "2025-04-01")  # fmt: skip
    with engine(home) as duckdb:
        duckdb.values("moves", tables.ENTRIES, [(1, *row), (2, *row)])
        return duckdb.write(
            SCOPE, "entries", f"{number:08d}", "ledger/all_moves", beside_journal=True
        )


def filled(home: Home, commits: int = 3) -> Journal:
    journal = Journal(home, SCOPE)
    for number in range(commits):
        journal.append(replace(DRAFT, entries=entries(home, number)), number)
    return journal


def test_a_header_is_read_back_as_it_was_written() -> None:
    commit = parse_header(header_bytes(SCOPE, 7, GENESIS, 19, DRAFT))
    assert (commit.number, commit.previous, commit.first_seq) == (7, GENESIS, 19)
    assert commit.draft == DRAFT


def test_numbers_and_the_running_number_of_entries_have_no_gaps(home: Home) -> None:
    commits = filled(home).commits()
    assert [commit.number for commit in commits] == [1, 2, 3]
    assert [commit.first_seq for commit in commits] == [1, 3, 5]
    assert [commit.previous for commit in commits] == [
        GENESIS,
        commits[0].sha256,
        commits[1].sha256,
    ]


def test_what_a_commit_retires_is_in_force_no_more_until_it_is_promoted_again(home: Home) -> None:
    journal, file = Journal(home, SCOPE), entries(home, 0)
    promoting, key = replace(DRAFT, promotes=(file,), retires=()), (file.table, file.partition)
    journal.append(promoting, 0)
    journal.append(replace(DRAFT, retires=(key,)), 1)
    journal.append(promoting, 2)
    assert [journal.promoted(upto) for upto in range(4)] == [{}, {key: file}, {}, {key: file}]


def test_a_commit_says_one_thing_of_a_partition(home: Home) -> None:
    """A cycle in rounds promoted the levels of a cap of each round: the last one did not win."""
    file = entries(home, 0)
    with pytest.raises(AssertionError, match="one thing of a partition"):
        replace(DRAFT, promotes=(file, file))


def test_a_writer_that_saw_an_older_head_is_refused(home: Home) -> None:
    journal = filled(home, 2)
    stale = Journal(home, SCOPE)
    journal.append(DRAFT, 2)
    with pytest.raises(MovedError, match="saw commit 2, the journal is at 3"):
        stale.append(DRAFT, 2)


def test_a_business_date_does_not_go_back(home: Home) -> None:
    journal = filled(home, 1)
    with pytest.raises(BusinessDateError, match="2025-07-01, and this run is for 2025-06-30"):
        journal.append(replace(DRAFT, business_date=date(2025, 6, 30)), 1)


def _claim(path: Path, name: bytes, gate: object, won: object) -> None:
    gate.wait()  # type: ignore[attr-defined]  # a Barrier of the context
    if put_if_absent(name, path):
        won.put(name)  # type: ignore[attr-defined]  # a SimpleQueue of the context


def test_a_business_date_far_ahead_is_a_slip_of_the_pen(home: Home) -> None:
    # A run for 2062 ended a program: each later run was before it.
    journal = filled(home, commits=1)
    with pytest.raises(BusinessDateError, match="for 2162-07-01, after which no run could"):
        journal.append(replace(DRAFT, business_date=date(2162, 7, 1)), 1)
    assert journal.head == 1
    far = furthest_date(DRAFT.business_date)
    journal.append(replace(DRAFT, business_date=far), 1)
    journal.append(replace(DRAFT, business_date=far + timedelta(days=366)), 2)


def test_of_many_writers_exactly_one_gets_a_number(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    gate, won = context.Barrier(4), context.SimpleQueue()
    path = tmp_path / "00000001.json"
    writers = [
        context.Process(target=_claim, args=(path, f"w{n}".encode(), gate, won)) for n in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    winner = won.get()
    assert won.empty()
    assert path.read_bytes() == winner


def test_an_untouched_journal_verifies(home: Home) -> None:
    assert verify_chain(filled(home), expected_head=3) == []


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (lambda j: _rewrite(j, 2, b'"award":"12.000"', b'"award":"99.000"'), "chain is broken"),
        (lambda j: _rewrite(j, 2, b'"kind":"posting"', b'"kind":"pos'), "cannot be read"),
        (lambda j: j.path_of(2).unlink(), "commit 2: the header is missing"),
        (lambda j: j.path_of(3).unlink(), "missing: commit 3 was published"),
        (lambda j: _first_entries(j).unlink(), "is missing"),
        (lambda j: _flip_a_byte(_first_entries(j)), "commit 1: journal/program/p/"),
        (lambda j: _rewrite(j, 3, b'"first_seq":5', b'"first_seq":6'), "gap"),
    ],
    ids=["total", "torn", "hole", "tail", "entries gone", "entries changed", "numbering"],
)
def test_every_damage_is_found_at_its_commit(home: Home, damage: object, finding: str) -> None:
    journal = filled(home)
    damage(journal)  # type: ignore[operator]  # the lambdas above
    found = verify_chain(Journal(home, SCOPE), expected_head=3)
    assert found
    assert finding in str(found[0])


@pytest.mark.parametrize("name", ["00000001 (copy).json", "4.json", "9 old.json", "².json"])
def test_a_file_not_named_as_a_header_is_none(home: Home, name: str) -> None:
    # A copy made by hand ended every run with "invalid literal for int()".
    journal = filled(home)
    (journal.folder / name).write_bytes(journal.path_of(1).read_bytes())
    again = Journal(home, SCOPE)
    assert again.numbers() == [1, 2, 3]
    assert again.head == 3
    assert verify_chain(again, expected_head=3) == []


def _rewrite(journal: Journal, number: int, old: bytes, new: bytes) -> None:
    path = journal.path_of(number)
    content = path.read_bytes()
    assert old in content
    path.chmod(0o644)
    path.write_bytes(content.replace(old, new))


def _first_entries(journal: Journal) -> Path:
    file = journal.commits()[0].draft.entries
    assert file is not None
    return journal.home.root / file.path


def _flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("gone", "commit 2 is missing, and 3 is there: put .*00000002.json back from a copy"),
        ("empty", "the header of commit 2 cannot be read"),
        ("of another", "commit 2: the chain is broken"),
    ],
)
def test_nothing_is_read_or_appended_over_a_damaged_header(
    home: Home, damage: str, said: str
) -> None:
    # A gap was filled, and what had been posted behind it counted twice.
    path = filled(home).path_of(2)
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(
            b"" if damage == "empty" else content.replace(b'"previous":"', b'"previous":"f')
        )
    for _ in range(2):
        with pytest.raises(DamagedJournalError, match=said):
            Journal(home, SCOPE).append(DRAFT, 1)
    assert path.exists() == (damage != "gone")
