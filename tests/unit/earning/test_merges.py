"""Following merges of partners to their ends."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_pipeline.earning.merges import Merge, homes_of


def merges(*pairs: str) -> list[Merge]:
    """`A>B` on 1 January, the next one on 2 January, and so on."""
    return [
        Merge(date(2025, 1, day), f"I{day}", *pair.split(">"))
        for day, pair in enumerate(pairs, start=1)
    ]


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        ((), ""),
        (("A>B",), "A=B"),
        (("A>B", "C>B"), "A=B C=B"),
        # A chain, told from either end.
        (("A>B", "B>C"), "A=C B=C"),
        (("B>C", "A>B"), "A=C B=C"),
        # Of several merges of one partner the latest counts.
        (("A>B", "A>C"), "A=C"),
        # Back again: everything stays with the one that was said last.
        (("A>B", "B>A"), "B=A"),
        (("A>B", "B>A", "A>B"), "A=B"),
        # A circle of three opens where the last merge leads.
        (("A>B", "B>C", "C>A"), "B=A C=A"),
        (("A>B", "C>D", "B>C", "D>A"), "B=A C=A D=A"),
    ],
)
def test_merges_are_followed_to_their_end(given: tuple[str, ...], ends: str) -> None:
    homes = homes_of(reversed(merges(*given)))
    assert " ".join(f"{partner}={home}" for partner, home, _ in homes.rows) == ends


def test_a_partner_has_merged_on_the_day_of_its_own_merge() -> None:
    homes = homes_of(merges("A>B", "B>C"))
    assert homes.rows == (("A", "C", date(2025, 1, 1)), ("B", "C", date(2025, 1, 2)))
    assert homes.of("A") == "C"
    assert homes.of("C") == "C"


def test_who_a_partner_was_is_known_by_day() -> None:
    first, last = date(1, 1, 1), date(9999, 12, 31)
    one, two = date(2025, 1, 1), date(2025, 1, 2)
    assert homes_of(merges("A>B", "B>C")).identities == (
        ("A", "A", first, one),
        ("A", "B", one, two),
        ("A", "C", two, last),
        ("B", "B", first, two),
        ("B", "C", two, last),
    )
    # There and back again.
    assert homes_of(merges("A>B", "B>A")).identities == (
        ("A", "A", first, one),
        ("A", "B", one, two),
        ("A", "A", two, last),
        ("B", "B", first, two),
        ("B", "A", two, last),
    )


def test_a_chain_leads_on_a_day_only_as_far_as_it_did_then() -> None:
    homes = homes_of(merges("A>B", "B>C"))
    assert homes.of("A", date(2025, 1, 1)) == "B"
    assert homes.accounts("A", date(2025, 1, 1)) == {"A", "B"}
    assert homes.accounts("C", date(2025, 1, 1)) == {"C"}
    assert homes.accounts("A", date(2025, 1, 2)) == {"A", "B", "C"}


_PAIRS = st.lists(
    st.sampled_from([f"{a}>{b}" for a in "ABCD" for b in "ABCD" if a != b]), max_size=7
)


@given(_PAIRS, st.randoms(use_true_random=False))
def test_who_a_partner_was_is_where_the_merges_of_that_day_led(
    pairs: list[str], days: random.Random
) -> None:
    given_merges = [
        Merge(date(2025, 1, days.randint(1, 5)), f"I{number}", *pair.split(">"))
        for number, pair in enumerate(pairs)
    ]
    homes = homes_of(given_merges)
    for day in [date(2024, 12, 31), *(date(2025, 1, number) for number in range(1, 7))]:
        ends = {p: home for p, home, start, end in homes.identities if start <= day < end}
        by_day = homes_of(merge for merge in given_merges if merge.effective_on <= day)
        led = {partner: home for partner, home, _ in by_day.rows}
        assert ends == {
            merge.partner_id: led.get(merge.partner_id, merge.partner_id) for merge in given_merges
        }
