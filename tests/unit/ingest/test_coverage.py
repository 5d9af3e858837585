"""Which files have come, which are missing, since when, and what waits for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from loyalty_pipeline.ingest.coverage import Coverage, coverage
from loyalty_pipeline.ingest.register import FileRecord, SourceState
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.sources import Source

QUARTER = Cycle(date(2025, 4, 1), date(2025, 7, 1))
NEXT_QUARTER = Cycle(date(2025, 7, 1), date(2025, 10, 1))
BOTH = {"D1": "", "D2": ""}


def source(**feed: Any) -> Source:
    groups = r"(?P<distributor>D\d)?_?(?P<period>\d{4}-\d{2})?_?(?P<sequence>\d+)?"
    return Source.model_validate(
        {
            "id": "dms", "host": "h", "user": "u", "key_file": "k", "known_hosts": "n",
            "feeds": {"sales": {"pattern": groups, **feed}},
        }
    )  # fmt: skip


def state(*records: FileRecord) -> SourceState:
    return SourceState(len(records), tuple(records), {}, None, None)


def came(name: str, status: str = "staged", day: str = "2025-05-31", **said: Any) -> FileRecord:
    return FileRecord(
        file_id=f"id of {name}", arrival_id=name, feed="sales", remote_name=name, size=1,
        landed_at="2025-06-01T00:00:00.000000", vouched_by="rename", order=(name,),
        file_date=day, status=status, **said,
    )  # fmt: skip


def per_distributor(**more: Any) -> Source:
    return source(expected={"per": "distributor_and_month", "first_period": "2025-04", **more})


def shape(files: list[Coverage]) -> list[tuple[Any, ...]]:
    return [(file.period, file.distributor, file.status) for file in files]


def test_files_of_a_month_are_expected_once_it_ended_and_overdue_some_days_after() -> None:
    given = state(came("D1_4", period="2025-04", distributor="D1"))
    asked = per_distributor(distributors=["D1", "D2"], days_after=5)
    assert coverage(asked, given, date(2025, 4, 30), {}) == []
    after = coverage(asked, given, date(2025, 5, 1), {})
    assert shape(after) == [("2025-04", "D1", "arrived"), ("2025-04", "D2", "missing")]
    assert after[0].file_id == "id of D1_4"
    assert after[0].blocks is None
    assert after[1].expected_by == date(2025, 5, 5)
    assert after[1].in_words == "sales of D2, 2025-04 (expected by 5 May)"
    assert coverage(asked, given, date(2025, 5, 4), {})[1].status == "missing"
    late = coverage(asked, given, date(2025, 5, 5), {})[1]
    assert late.status == "overdue"
    assert late.in_words == "sales of D2, 2025-04 (expected since 5 May)"


def test_a_distributor_that_joined_later_is_not_waited_for_in_the_months_before() -> None:
    found = coverage(per_distributor(), state(), date(2025, 6, 1), {"D1": "", "D2": "2025-05"})
    assert shape(found) == [
        ("2025-04", "D1", "overdue"),
        ("2025-05", "D1", "missing"),
        ("2025-05", "D2", "missing"),
    ]


def test_one_file_a_month_whatever_distributor_its_name_gives() -> None:
    asked = source(expected={"per": "month", "first_period": "2025-05"})
    given = state(came("x", period="2025-05", distributor="D9"))
    (found,) = coverage(asked, given, date(2025, 6, 1), {})
    assert (found.distributor, found.status, found.remote_name) == (None, "arrived", "x")


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        (["refused"], "refused"),
        (["waiting"], "waiting"),
        (["refused", "staged"], "arrived"),
        (["staged", "refused"], "arrived"),
        (["duplicate"], "arrived"),
        (["refused", "waiting"], "waiting"),
    ],
)
def test_a_file_has_arrived_once_one_that_counts_has(statuses: list[str], shown: str) -> None:
    asked = source(expected={"per": "month", "first_period": "2025-05"})
    records = [
        came(f"n{number}", status, period="2025-05") for number, status in enumerate(statuses)
    ]
    (found,) = coverage(asked, state(*records), date(2025, 6, 1), {})
    assert found.status == shown
    assert found.holds_up(QUARTER) == (shown != "arrived")


def test_a_missing_period_holds_up_exactly_the_cycles_that_hold_it() -> None:
    asked = source(expected={"per": "month", "first_period": "2025-06"})
    (found,) = coverage(asked, state(), date(2025, 7, 1), {})
    assert found.blocks == date(2025, 6, 30)
    june = Cycle(date(2025, 6, 1), date(2025, 7, 1))
    assert found.holds_up(QUARTER)
    assert found.holds_up(june)
    assert not found.holds_up(NEXT_QUARTER)
    assert not found.holds_up(Cycle(date(2025, 5, 1), date(2025, 6, 1)))


def test_a_number_is_missing_once_a_higher_one_has_come() -> None:
    asked = source(gapless_from=3)
    given = state(
        came("a", sequence=1, day="2025-04-01"),
        came("b", sequence=4, day="2025-05-03"),
        came("c", sequence=7, day="2025-08-09"),
    )
    found = coverage(asked, given, date(2025, 9, 1), {})
    assert [(file.sequence, file.status, file.blocks) for file in found] == [
        (3, "missing", date(2025, 5, 3)),
        (4, "arrived", None),
        (5, "missing", date(2025, 8, 9)),
        (6, "missing", date(2025, 8, 9)),
        (7, "arrived", None),
    ]
    assert found[0].holds_up(QUARTER)
    assert not found[0].holds_up(NEXT_QUARTER)
    assert found[2].holds_up(QUARTER)
    assert found[2].holds_up(NEXT_QUARTER)
    assert found[2].in_words == "sales number 5 (a later one has come)"


def test_numbers_are_counted_for_each_distributor_by_itself() -> None:
    given = state(
        came("a", sequence=1, distributor="D1"),
        came("b", sequence=3, distributor="D2", period="2025-05"),
        came("c", "refused", sequence=4, distributor="D2", day="2025-06-30"),
    )
    found = coverage(source(gapless_from=1), given, date(2025, 9, 1), {})
    assert [(file.distributor, file.sequence, file.status) for file in found] == [
        ("D1", 1, "arrived"),
        ("D2", 1, "missing"),
        ("D2", 2, "missing"),
        ("D2", 3, "arrived"),
        ("D2", 4, "refused"),
    ]
    assert found[-1].blocks == date(2025, 6, 30)
    assert found[-1].in_words == "sales number 4 of D2 (c was refused)"


def test_where_the_contract_says_so_nothing_waits_for_what_is_missing() -> None:
    asked = source(
        gapless_from=1, expected={"per": "month", "first_period": "2025-04"}, if_missing="proceed"
    )
    found = coverage(asked, state(came("b", sequence=2)), date(2025, 9, 1), {})
    assert {file.status for file in found} == {"overdue", "missing", "arrived"}
    assert all(file.blocks is None for file in found)


def test_a_number_that_is_a_date_by_mistake_opens_no_gap_of_millions() -> None:
    found = coverage(source(gapless_from=1), state(came("a", sequence=20250401)), date.max, {})
    assert len(found) == 1001
    assert found[-1].sequence == 20250401


def test_a_day_in_another_year_is_told_with_it() -> None:
    asked = source(expected={"per": "month", "first_period": "2025-12"})
    (found,) = coverage(asked, state(), date(2026, 1, 9), {})
    assert found.in_words == "sales, 2025-12 (expected since 5 January 2026)"
