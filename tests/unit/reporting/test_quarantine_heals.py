"""Rows that were kept out: what heals them, what the register and reject files say of them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.reporting.masks import Masks
from loyalty_pipeline.reporting.rejects import neutralised, reject_files, write_rejects
from loyalty_pipeline.warehouse.published_file import open_reader
from tests.unit.reporting.world import PARTNERS, SALES, World, invoice

BAD = "B1,invoice,,2024-05-02,P1,D1,1,12.345"  # three decimals


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A program with one good and two bad documents and a bad partner."""
    world = World.create(tmp_path)
    bad_partner = "P2,=HYPERLINK(1),2024-13-01,active"
    world.day(
        "2024-06-01",
        [
            ("partners_1.csv", PARTNERS, ["P1,One,2024-04-01,active", bad_partner]),
            (
                "sales_1.csv",
                SALES,
                [invoice("A1", "2024-05-01", "P1", 100), BAD, "C1,invoice,,2024-05-03,P1,D1,1"],
            ),
        ],
    )
    return world


def statuses(world: World) -> list[tuple[str, int, str]]:
    return world.ask("select remote_name, line_no, status from quarantine order by all")


def test_a_row_heals_when_a_later_file_brings_a_good_one_about_its_subject(world: World) -> None:
    assert statuses(world) == [
        ("partners_1.csv", 3, "open"),
        ("sales_1.csv", 3, "open"),
        ("sales_1.csv", 4, "open"),
    ]
    world.day("2024-06-02", [("sales_2.csv", SALES, [invoice("B1", "2024-05-02", "P1", 50)])])
    assert statuses(world) == [
        ("partners_1.csv", 3, "open"),
        ("sales_1.csv", 3, "healed"),
        ("sales_1.csv", 4, "open"),
    ]
    world.day("2024-06-03", [("partners_2.csv", PARTNERS, ["P2,Two,2024-04-01,active"])])
    assert statuses(world)[0] == ("partners_1.csv", 3, "healed")
    assert world.ask(
        "select remote_name, rows_quarantined, rows_healed from landed_files order by 1"
    ) == [
        ("partners_1.csv", 1, 1),
        ("partners_2.csv", 0, 0),
        ("sales_1.csv", 2, 1),
        ("sales_2.csv", 0, 0),
    ]


@pytest.mark.parametrize(
    "other",
    ["B1,invoice,,2025-05-02,P1,D1,1,50", "B1,return,,2024-05-02,P1,D1,1,-50"],
    ids=["of the next fiscal year", "of another type"],
)
def test_another_document_of_the_same_number_heals_nothing(world: World, other: str) -> None:
    world.day("2025-06-02", [("sales_2.csv", SALES, [other])])
    assert ("sales_1.csv", 3, "open") in statuses(world)


def test_a_row_whose_type_could_not_be_told_heals_by_its_number(world: World) -> None:
    world.day("2024-06-02", [("sales_2.csv", SALES, ["B2,bill,,2024-05-02,P1,D1,1,50"])])
    world.day("2024-06-03", [("sales_3.csv", SALES, [invoice("B2", "2024-05-02", "P1", 50)])])
    assert ("sales_2.csv", 2, "healed") in statuses(world)


def test_a_good_row_that_came_before_heals_nothing(world: World) -> None:
    world.day("2024-06-02", [("sales_2.csv", SALES, ["A1,invoice,,2024-05-01,P1,D1,1,x"])])
    assert ("sales_2.csv", 2, "open") in statuses(world)


def test_bytes_that_say_again_how_things_are_count_and_are_quarantined_once(world: World) -> None:
    first = ["P1,One,2024-04-01,active", "P2,=HYPERLINK(1),2024-13-01,active"]
    world.day("2024-06-02", [("partners_2.csv", PARTNERS, ["P1,One,2024-04-01,inactive"])])
    world.day("2024-06-03", [("partners_3.csv", PARTNERS, first)])
    world.day("2024-06-04", [("partners_4.csv", PARTNERS, first)])
    assert world.ask(
        "select remote_name, status, rows_in, rows_staged, rows_quarantined, rows_superseded"
        " from landed_files where feed = 'partners' order by 1"
    ) == [
        ("partners_1.csv", "counted", 2, 1, 0, 1),
        ("partners_2.csv", "counted", 1, 1, 0, 0),
        ("partners_3.csv", "counted", 2, 1, 1, 0),
        ("partners_4.csv", "duplicate", 2, 0, 0, 2),
    ]
    assert statuses(world)[0] == ("partners_3.csv", 3, "open")
    with open_reader(world.home) as reader:
        shown = reader.ask_file("figures/open_rows", source="dms", most=9).rows
    assert [row[0] for row in shown] == ["partners_3.csv", "sales_1.csv", "sales_1.csv"]
    assert world.ask("select status from partners order by valid_from") == [
        ("active",),
        ("inactive",),
        ("active",),
    ]


def test_rows_heal_for_the_arrival_that_counts(world: World) -> None:
    bad = ["P1,One,2024-04-01,active", "P2,=HYPERLINK(1),2024-13-01,active"]
    world.day("2024-06-02", [("partners_2.csv", PARTNERS, bad)])  # the same bytes
    world.day("2024-06-03", [("partners_3.csv", PARTNERS, ["P2,Two,2024-04-01,active"])])
    assert world.ask(
        "select status, rows_quarantined, rows_healed from landed_files"
        " where feed = 'partners' order by remote_name"
    ) == [("counted", 1, 1), ("duplicate", 0, 0), ("counted", 0, 0)]


def test_a_reject_file_has_the_original_columns_and_every_reason(world: World) -> None:
    [partners, sales] = list(reject_files(world.home, world.program.sources[0]))
    assert sales.name.startswith("sales_1.csv.")
    rows = list(csv.DictReader(sales.content.decode().splitlines()))
    assert [row["document_no"] for row in rows] == ["B1", ""]
    assert [row["rejected_line"] for row in rows] == ["3", "4"]
    assert rows[0]["rejected_because"] == "amount_format"
    assert rows[1]["rejected_because"] == "field_count"
    assert rows[1]["rejected_text"] == "C1,invoice,,2024-05-03,P1,D1,1"
    [row] = list(csv.DictReader(partners.content.decode().splitlines()))
    assert row["name"] == "'=HYPERLINK(1)"


def test_a_landed_file_that_is_gone_hides_lines_and_stops_no_reject_file(world: World) -> None:
    source = world.program.sources[0]
    [(file_id, raw)] = world.ask("select file_id, raw from quarantine where feed = 'partners'")
    path = LandingStore(world.home, source.id).path_of(file_id)
    path.chmod(0o600)
    path.write_bytes(b"\xff\xfe")  # damaged on the disk
    assert Masks(world.home, {source.id: source}).of(source.id, "partners", file_id, raw) == "***"
    path.unlink()
    assert Masks(world.home, {source.id: source}).of(source.id, "partners", file_id, raw) == "***"
    [partners, _] = list(reject_files(world.home, source))
    [row] = list(csv.DictReader(partners.content.decode().splitlines()))
    assert row == {
        "rejected_line": "3",
        "rejected_because": "enrolled_on_format",
        "rejected_text": raw,
    }


def test_reject_files_leave_out_what_has_healed(world: World, tmp_path: Path) -> None:
    world.day("2024-06-02", [("sales_2.csv", SALES, [invoice("B1", "2024-05-02", "P1", 50)])])
    source = world.program.sources[0]
    written = write_rejects(world.home, source, tmp_path / "rejects", ["sales_1.csv"])
    [path] = written
    assert [row["rejected_line"] for row in csv.DictReader(path.read_text().splitlines())] == ["4"]
    before = path.read_bytes()
    assert write_rejects(world.home, source, tmp_path / "rejects", ["sales_1.csv"]) == [path]
    assert path.read_bytes() == before


def test_a_file_refused_whole_says_its_reasons(tmp_path: Path) -> None:
    world = World.create(tmp_path)
    world.day("2024-06-01", [("sales_1.csv", "document_no,amount", ["A1,5"])])
    [reject] = list(reject_files(world.home, world.program.sources[0]))
    lines = list(csv.reader(reject.content.decode().splitlines()))
    assert lines[0] == ["rejected_because"]
    assert "document_type" in lines[1][0]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+44 20 7946 0000", "+44 20 7946 0000"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2,50.00", "-2,50.00"),
        ("-2+3", "'-2+3"),
        ("@cmd", "'@cmd"),
        ("\tx", "'\tx"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula_and_numbers_stay_numbers(cell: str, safe: str) -> None:
    assert neutralised(cell) == safe
