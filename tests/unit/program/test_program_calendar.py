from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_pipeline.program.calendar import (
    MONTH_NAMES,
    MONTHS_IN,
    Calendar,
    Cycle,
    CycleLength,
    CycleNameError,
    fiscal_year,
    month_of,
    next_month,
    parse_month,
)

INDIAN_QUARTERS = Calendar("quarter", 4, "2024-04")


def test_a_cycle_starts_on_its_first_day_and_excludes_its_end() -> None:
    cycle = INDIAN_QUARTERS.cycle_of(date(2025, 5, 16))
    assert cycle == Cycle(date(2025, 4, 1), date(2025, 7, 1))
    assert (cycle.name, cycle.last_day) == ("2025-04", date(2025, 6, 30))
    assert date(2025, 4, 1) in cycle
    assert date(2025, 7, 1) not in cycle


@pytest.mark.parametrize(
    ("length", "start", "day", "name"),
    [
        ("month", 4, date(2024, 2, 29), "2024-02"),
        ("quarter", 4, date(2024, 2, 29), "2024-01"),
        ("quarter", 4, date(2024, 3, 31), "2024-01"),
        ("quarter", 4, date(2024, 4, 1), "2024-04"),
        ("quarter", 2, date(2024, 1, 31), "2023-11"),
        ("half_year", 4, date(2024, 2, 29), "2023-10"),
        ("half_year", 1, date(2024, 12, 31), "2024-07"),
        ("year", 4, date(2024, 3, 31), "2023-04"),
        ("year", 4, date(2024, 4, 1), "2024-04"),
        ("year", 1, date(2024, 2, 29), "2024-01"),
    ],
)
def test_every_length_and_fiscal_start_names_the_cycle_of_a_day(
    length: CycleLength, start: int, day: date, name: str
) -> None:
    assert Calendar(length, start, "2024-04").cycle_of(day).name == name


@given(
    day=st.dates(date(1901, 1, 1), date(2199, 12, 31)),
    length=st.sampled_from(sorted(MONTHS_IN)),
    start=st.integers(1, 12),
)
def test_cycles_cover_every_day_exactly_once(day: date, length: CycleLength, start: int) -> None:
    calendar = Calendar(length, start, "2024-04")
    cycle = calendar.cycle_of(day)
    assert day in cycle
    assert (cycle.start.month - start) % MONTHS_IN[length] == 0
    assert calendar.previous(cycle).end == cycle.start
    assert calendar.next(cycle).start == cycle.end
    assert calendar.next(calendar.previous(cycle)) == cycle
    assert calendar.cycle_of(cycle.last_day) == cycle
    months = calendar.months(cycle)
    assert len(months) == MONTHS_IN[length]
    assert sum((month.end - month.start for month in months), timedelta()) == (
        cycle.end - cycle.start
    )


CHANGES = st.lists(
    st.tuples(st.integers(0, 8), st.sampled_from(sorted(MONTHS_IN))),
    max_size=4,
    unique_by=lambda change: change[0],
)


@given(
    day=st.dates(date(2015, 1, 1), date(2035, 12, 31)),
    length=st.sampled_from(sorted(MONTHS_IN)),
    start=st.integers(1, 12),
    changes=CHANGES,
)
def test_cycles_that_change_their_length_cover_every_day_exactly_once(
    day: date, length: CycleLength, start: int, changes: list[tuple[int, CycleLength]]
) -> None:
    # A fiscal year starts a cycle of every length.
    versions = [(date(2010, start, 1), length)]
    versions += [(date(2020 + after, start, 1), other) for after, other in changes]
    calendar = Calendar.of(versions, MONTH_NAMES[start - 1], f"2010-{start:02}")
    cycle = calendar.cycle_of(day)
    assert day in cycle
    assert calendar.previous(cycle).end == cycle.start
    assert calendar.next(cycle).start == cycle.end
    assert calendar.cycle_of(cycle.last_day) == cycle == calendar.as_on(day).cycle_of(day)
    in_force = max(version for version in versions if version[0] <= day)[1]
    assert len(calendar.months(cycle)) == MONTHS_IN[in_force]
    assert fiscal_year(cycle.start, start) == fiscal_year(cycle.last_day, start)
    for other in MONTHS_IN:
        stretch = calendar.with_length(other).cycle_of(day)
        parts = calendar.parts(stretch)
        assert (parts[0].start, parts[-1].end) == (stretch.start, stretch.end)
        assert parts == [stretch] or all(part == calendar.cycle_of(part.start) for part in parts)


def test_only_a_day_on_which_cycles_of_both_start_lets_one_length_follow_the_other() -> None:
    assert INDIAN_QUARTERS.starts_both(date(2025, 7, 1), "month", "quarter")
    assert not INDIAN_QUARTERS.starts_both(date(2025, 7, 1), "quarter", "half_year")
    assert not INDIAN_QUARTERS.starts_both(date(2025, 8, 1), "month", "quarter")
    assert not INDIAN_QUARTERS.starts_both(date(2025, 7, 2), "month", "quarter")


def test_february_of_a_leap_year_ends_on_the_29th() -> None:
    assert month_of(date(2024, 2, 10)).last_day == date(2024, 2, 29)
    assert month_of(date(2023, 2, 10)).last_day == date(2023, 2, 28)
    assert next_month(month_of(date(2024, 12, 31))).name == "2025-01"


def test_a_name_is_parsed_strictly_and_never_rounded_to_a_neighbour() -> None:
    assert INDIAN_QUARTERS.parse("2025-01").start == date(2025, 1, 1)
    with pytest.raises(CycleNameError, match=r"no quarter starts in 2025-05: .* named 2025-04"):
        INDIAN_QUARTERS.parse("2025-05")


@pytest.mark.parametrize(
    "name",
    ["2025-4", "2025-00", "2025-13", "25-04", "2025-04-01", " 2025-04", "", "2025/04", "٢٠٢٥-04"],
)
def test_a_text_that_is_no_month_is_refused(name: str) -> None:
    with pytest.raises(CycleNameError, match="is no month"):
        parse_month(name)


def test_a_cycle_before_the_first_one_is_refused_by_name_and_known_by_day() -> None:
    with pytest.raises(CycleNameError, match="before the program's first cycle, 2024-04"):
        INDIAN_QUARTERS.parse("2024-01")
    assert not INDIAN_QUARTERS.covers(date(2024, 3, 31))
    assert INDIAN_QUARTERS.covers(date(2024, 4, 1))


def test_a_range_of_cycles_includes_both_ends() -> None:
    first, last = INDIAN_QUARTERS.parse("2024-10"), INDIAN_QUARTERS.parse("2025-04")
    names = [cycle.name for cycle in INDIAN_QUARTERS.cycles(first, last)]
    assert names == ["2024-10", "2025-01", "2025-04"]
    assert INDIAN_QUARTERS.cycles(last, first) == []


def test_a_fiscal_year_is_named_by_the_year_it_starts_in() -> None:
    assert fiscal_year(date(2025, 3, 31), 4) == 2024
    assert fiscal_year(date(2025, 4, 1), 4) == 2025
    assert fiscal_year(date(2025, 1, 1), 1) == 2025
