from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_pipeline.cases.tables import Column, ExpectedFileError, Table, differences

COLUMNS = (
    Column("partner_id", "text"),
    Column("points", "number"),
    Column("event_date", "date"),
    Column("posted_at", "timestamp"),
    Column("is_open", "boolean"),
)
MORNING = datetime.fromisoformat("2025-07-01 10:30:00")


def row(
    partner: str | None = "R1",
    points: str | None = "1200.000",
    day: date | None = date(2025, 6, 30),
    posted: datetime | None = MORNING,
    is_open: bool | None = True,
) -> tuple[object, ...]:
    return partner, None if points is None else Decimal(points), day, posted, is_open


def compared(tmp_path: Path, expected: str, *rows: tuple[object, ...]) -> list[str]:
    path = tmp_path / "expected.csv"
    path.write_text(expected, encoding="utf-8")
    return differences(Table(COLUMNS, rows), path)


def test_only_the_named_columns_count(tmp_path: Path) -> None:
    assert compared(tmp_path, "points,partner_id\n1200,R1\n", row()) == []


def test_numbers_are_compared_as_numbers_and_ids_as_text(tmp_path: Path) -> None:
    assert compared(tmp_path, "partner_id,points\n007,1200.0\n", row(partner="007")) == []
    assert compared(tmp_path, "partner_id\n7\n", row(partner="007")) != []
    assert compared(tmp_path, "points\n1200.001\n", row()) != []


def test_an_empty_field_is_null_and_not_zero(tmp_path: Path) -> None:
    assert compared(tmp_path, "partner_id,points\nR1,\n", row(points=None)) == []
    assert compared(tmp_path, "partner_id,points\nR1,\n", row(points="0")) == [
        "line 2 (partner_id R1): points: expected (empty), found 0"
    ]
    assert compared(tmp_path, 'partner_id\n""\n', row(partner="")) == []


def test_a_date_matches_a_timestamp_of_that_day(tmp_path: Path) -> None:
    assert compared(tmp_path, "posted_at\n2025-07-01\n", row()) == []
    assert compared(tmp_path, "posted_at\n2025-07-01 10:30:00\n", row()) == []
    assert compared(tmp_path, "posted_at\n2025-07-02\n", row()) != []
    assert compared(tmp_path, "posted_at\n2025-07-01 10:31:00\n", row()) != []


def test_a_row_twice_must_be_expected_twice(tmp_path: Path) -> None:
    once, twice = "points\n1200\n", "points\n1200\n1200\n"
    assert compared(tmp_path, twice, row(), row()) == []
    assert compared(tmp_path, once, row(), row()) == ["not expected: points 1200"]
    assert compared(tmp_path, twice, row()) == ["line 3 is missing: points 1200"]


def test_the_order_of_rows_does_not_count(tmp_path: Path) -> None:
    rows = row(partner="R2"), row(partner="R1")
    assert compared(tmp_path, "partner_id\nR1\nR2\n", *rows) == []


def test_all_rows_of_the_table_count(tmp_path: Path) -> None:
    rows = row(partner="R1"), row(partner="R2")
    assert compared(tmp_path, "partner_id,points\nR1,1200\n", *rows) == [
        "not expected: partner_id R2, points 1200"
    ]
    assert compared(tmp_path, "partner_id\n") == []
    assert compared(tmp_path, "partner_id\n", row()) != []


def test_a_wrong_figure_is_told_beside_the_right_one(tmp_path: Path) -> None:
    expected = "partner_id,points,event_date\nR1,1000,2025-06-30\nR2,500,2025-06-30\n"
    rows = row(partner="R2", points="500"), row(partner="R1")
    assert compared(tmp_path, expected, *rows) == [
        "line 2 (partner_id R1): points: expected 1000, found 1200"
    ]


def test_a_missing_row_is_not_paired_with_another_partners(tmp_path: Path) -> None:
    found = compared(tmp_path, "partner_id,points\nR1,1200\n", row(partner="R2"))
    assert found == [
        "line 2 is missing: partner_id R1, points 1200",
        "not expected: partner_id R2, points 1200",
    ]


def test_many_differences_are_cut_short(tmp_path: Path) -> None:
    rows = [row(partner=f"R{number}") for number in range(50)]
    found = compared(tmp_path, "partner_id\n", *rows)
    assert len(found) == 21
    assert found[-1] == "… and 30 more"


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ("", ":1: the file is empty: name the columns in line 1"),
        ("partner,points\n", ":1: there is no column 'partner', only partner_id, points"),
        ("points,points\n", ":1: the column 'points' is there twice"),
        ("partner_id,points\nR1\n", ":2: 1 fields, the header names 2 columns"),
        ('points\n"1,200"\n', ":2: points: '1,200' is not a number, in digits only"),
        ("event_date\n30/06/2025\n", ":2: event_date: '30/06/2025' is not a date"),
        ("event_date\n2025-02-30\n", ":2: event_date: '2025-02-30' is not a date"),
        ("posted_at\nJuly\n", ":2: posted_at: 'July' is not a date or a time"),
        ("is_open\nyes\n", ":2: is_open: 'yes' is not true or false"),
    ],
)
def test_a_file_that_cannot_be_compared_says_where_and_why(
    tmp_path: Path, expected: str, message: str
) -> None:
    with pytest.raises(ExpectedFileError) as error:
        compared(tmp_path, expected, row())
    assert f"expected.csv{message}" in str(error.value)
