"""What conditions ask of their columns: those that never hold, and those others always meet."""

from __future__ import annotations

from itertools import product

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_pipeline.program.condition_values import always_meets, exclusion


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("amount > 10 and amount < 5", ("amount > 10", "amount < 5")),
        ("amount < 5 and tier = 'Gold' and 10 <= amount", ("amount < 5", "10 <= amount")),
        ("amount > 5 and amount <= 5", ("amount > 5", "amount <= 5")),
        ("amount between 500 and 100", ("amount BETWEEN 500 AND 100",)),
        ("tier = 'Gold' and tier = 'Silver'", ("tier = 'Gold'", "tier = 'Silver'")),
        ("tier in ('a', 'b') and tier = 'c'", ("tier IN ('a', 'b')", "tier = 'c'")),
        ("(amount > -1 and (amount < -2))", ("amount > -1", "amount < -2")),
        (
            "event_date >= date '2025-05-01' and event_date < '2025-04-01'",
            ("event_date >= CAST('2025-05-01' AS DATE)", "event_date < '2025-04-01'"),
        ),
        # One branch that can never be is a mistake, whatever the other one is.
        ("tier = 'a' or (amount = 1 and amount = 2)", ("amount = 1", "amount = 2")),
    ],
)
def test_values_that_exclude_each_other_are_told(text: str, parts: tuple[str, ...]) -> None:
    assert exclusion(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "amount >= 5 and amount <= 5",
        "amount > 10 or amount < 5",
        "amount > 5 and amount < 6",
        "amount > 10 and points < 5",
        "not (amount > 10 and amount < 5)",  # holds always, which is said of no rule alone
        "amount > points and amount < 5",
        "tier in ('a', 'b') and tier <> 'a'",
        "amount in (1, points) and amount = 2",
        "partner_id in trial and partner_id = 'P1'",
        "true",
    ],
)
def test_what_may_hold_is_let_be(text: str) -> None:
    assert exclusion(text) == ()


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("amount >= 500", "amount >= 100"),
        ("amount > 100", "amount >= 100"),
        ("amount between 20 and 30 and tier = 'Gold'", "amount < 50"),
        ("tier = 'Gold'", "tier in ('Gold', 'Silver')"),
        ("tier in ('b', 'c') and amount > 7 and lower(channel) = 'x'", "amount > 5 and tier > 'a'"),
    ],
)
def test_a_narrower_condition_always_meets_a_wider_one(narrow: str, wide: str) -> None:
    assert always_meets(narrow, wide)
    assert not always_meets(wide, narrow)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("amount >= 100", "amount > 100"),
        ("amount >= 500", "amount >= 100 and tier = 'Gold'"),
        ("amount >= 500", "amount >= 100 and not (tier = 'Gold')"),
        ("amount >= 500 or tier = 'Gold'", "amount >= 100"),
        ("tier > 'a'", "tier in ('b', 'c')"),
        ("amount > 5", "true"),  # told by itself
    ],
)
def test_what_is_not_sure_is_not_said(narrow: str, wide: str) -> None:
    assert not always_meets(narrow, wide)


_NUMBERS = st.integers(-2, 2)
_COMPARISONS = st.one_of(
    st.builds(
        "{} {} {}".format,
        st.sampled_from("ab"),
        st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]),
        _NUMBERS,
    ),
    st.builds("{} {} {}".format, _NUMBERS, st.sampled_from(["<", ">="]), st.sampled_from("ab")),
    st.builds("{} between {} and {}".format, st.sampled_from("ab"), _NUMBERS, _NUMBERS),
    st.builds("{} in ({}, {})".format, st.sampled_from("ab"), _NUMBERS, _NUMBERS),
    st.builds("not ({} > {})".format, st.sampled_from("ab"), _NUMBERS),
)
_CONDITIONS = st.recursive(
    _COMPARISONS,
    lambda parts: st.builds(
        "({} {} {})".format, parts, st.sampled_from(["and", "and", "or"]), parts
    ),
    max_leaves=5,
)


def _truths(text: str) -> list[bool]:
    """Whether a condition holds for every pair of halves from -3 to 3, and without values."""
    halves = [None, *(number / 2 for number in range(-6, 7))]
    rows = ", ".join(
        f"({'null' if a is None else a}, {'null' if b is None else b})"
        for a, b in product(halves, halves)
    )
    found = duckdb.sql(f"select coalesce({text}, false) from (values {rows}) as t(a, b)").fetchall()
    return [bool(holds) for (holds,) in found]


@given(_CONDITIONS, _CONDITIONS)
def test_what_is_said_of_conditions_is_so(one: str, other: str) -> None:
    if always_meets(one, other):
        assert all(
            wide for narrow, wide in zip(_truths(one), _truths(other), strict=True) if narrow
        )
    parts = exclusion(one)
    if parts:
        assert not any(_truths(" and ".join(parts)))
