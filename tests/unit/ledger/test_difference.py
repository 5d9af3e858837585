"""The difference of awards of events: own promises first, over all keys; forfeits stay gone."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.unit.ledger.moves import SALE, TODAY, Award, Ledger, ledger

JUNE, JULY = date(2025, 6, 10), date(2025, 7, 10)


def key(tranche: object = 1, *, rule: str = "r1", document: str = "1") -> str:
    return f"2025-04/transaction/{rule}/base/-/-/{tranche}/dms/D1/invoice/{document}/2025"


def halves(direct: int, promised: int, accrues: date = JUNE) -> tuple[Award, Award]:
    return Award(key(1), direct), Award(key(2), promised, accrues)


def test_a_decrease_takes_the_promise_of_the_event_before_its_current_points(
    tmp_path: Path,
) -> None:
    with ledger(tmp_path) as book:
        book.want(*halves(13, 12))
        assert book.balances() == (13, 12)
        assert book.want(*halves(6, 6)) == [
            "P1 reversal 1.000 current to issued",
            "P1 reversal 12.000 promised to issued",
        ]
        assert book.balances() == (12, 0)
        assert book.want(*halves(6, 6)) == []
        book.want(*halves(13, 12))
        assert book.balances() == (13, 12)


def test_after_its_release_a_promise_bears_nothing(tmp_path: Path) -> None:
    with ledger(tmp_path) as book:
        first, second = halves(13, 12)
        book.want(first, second)
        book.move(second, "release", 12, JUNE)
        assert book.balances() == (25, 0)
        book.want(*halves(6, 6), on=JUNE)
        assert book.balances() == (12, 0)
        assert book.want(*halves(6, 6), on=JUNE) == []


def test_what_a_promise_bore_is_not_released_again(tmp_path: Path) -> None:
    with ledger(tmp_path) as book:
        book.want(*halves(13, 12))
        book.want(*halves(9, 9))
        assert book.balances() == (13, 5)
        book.move(halves(9, 9)[1], "release", 5, JUNE)
        assert book.want(*halves(9, 9), on=JUNE) == []
        assert book.balances() == (18, 0)


def test_the_latest_accrual_bears_first(tmp_path: Path) -> None:
    def thirds(points: int) -> list[Award]:
        later = [Award(key(number), points, day) for number, day in ((2, JUNE), (3, JULY))]
        return [Award(key(1), points), *later]

    with ledger(tmp_path) as book:
        book.want(*thirds(10))
        assert book.want(*thirds(6)) == [
            "P1 reversal 4.000 promised to issued",  # of June, by itself
            "P1 reversal 8.000 promised to issued",  # of July, 4 of them for what is current
        ]
        assert book.balances() == (10, 8)


def test_a_renamed_rule_moves_nothing_from_promised_to_current(tmp_path: Path) -> None:
    with ledger(tmp_path) as book:
        book.want(*halves(13, 12))
        renamed = (Award(key(1, rule="r2"), 13), Award(key(2, rule="r2"), 12, JUNE))
        book.want(*renamed)
        assert book.balances() == (13, 12)
        assert book.want(*renamed) == []


def test_another_document_and_another_partner_bear_nothing(tmp_path: Path) -> None:
    other = Award(key(document="2"), 20, JUNE)
    neighbour = Award(key(), 20, JUNE, partner="P2")
    with ledger(tmp_path) as book:
        book.want(Award(key(), 10), other, neighbour)
        book.want(Award(key(), 4), other, neighbour)
        assert (book.balances(), book.balances("P2")) == ((4, 20), (0, 20))


def test_promises_of_a_merged_partner_bear_a_decrease_where_they_are_held(tmp_path: Path) -> None:
    with ledger(tmp_path) as book:
        book.homes.append(("P1", "P2", SALE))
        book.want(*halves(13, 12))
        assert (book.balances(), book.balances("P2")) == ((13, 0), (0, 12))
        book.want(*halves(6, 6))
        assert (book.balances(), book.balances("P2")) == ((12, 0), (0, 0))
        assert book.want(*halves(6, 6)) == []


def test_what_was_forfeited_is_neither_promised_again_nor_taken_from_current(
    tmp_path: Path,
) -> None:
    award = Award(key(), 100, JUNE)
    with ledger(tmp_path) as book:
        book.want(award)
        book.move(award, "release", 50)
        book.move(award, "forfeit", 30)
        assert book.want(award) == []
        assert book.balances() == (50, 20)
        book.want(Award(key(), 60, JUNE))  # 50 current and 30 gone are more than 60
        assert book.balances() == (50, 0)
        book.want(Award(key(), 40, JUNE))
        assert book.balances() == (40, 0)
        book.want(award)
        assert book.balances() == (40, 30)
        assert book.want(award) == []


def test_negative_points_are_taken_from_current_and_given_back_to_it(tmp_path: Path) -> None:
    with ledger(tmp_path) as book:
        book.want(Award(key(), -20, JUNE))
        assert book.balances() == (-20, 0)
        book.want(Award(key(), -5, JUNE))
        assert book.balances() == (-5, 0)
        book.want(Award(key(), 30, JUNE))
        assert book.balances() == (0, 30)
        book.want(Award(key(), -5, JUNE))
        assert book.balances() == (-5, 0)
        book.want()
        assert book.balances() == (0, 0)


def test_the_first_award_of_an_event_says_so(tmp_path: Path) -> None:
    with ledger(tmp_path) as book:
        book.want(Award(key(), 5), Award("2025-04/slabs", 7))
        book.want(Award(key(), 6), Award("2025-04/slabs", 7))
        assert [row[13] for row in book.rows] == ["cycle award", "award", "sales changed"]


def test_awards_of_campaigns_are_left_alone(tmp_path: Path) -> None:
    with ledger(tmp_path) as book:
        campaign = "2025-04/campaign/lift/2025-04-15/P1"
        row = [1, "P1", "2025-04", "reversal", "current", "issued", 5, TODAY, TODAY, TODAY, None,
               TODAY, campaign, "withdrawn", None]  # fmt: skip
        book.rows.append(tuple(row))
        assert book.want() == []


@pytest.mark.parametrize("seed", range(12))
def test_posting_again_adds_nothing_and_totals_are_what_is_wanted(
    tmp_path: Path, seed: int
) -> None:
    """Random keys of two events, with releases between the differences."""
    chance = random.Random(seed)
    keys = [key(tranche, rule=rule, document=document)
            for tranche in (1, 2) for rule in ("r1", "r2") for document in ("1", "2")]  # fmt: skip
    with ledger(tmp_path) as book:
        for step in range(6):
            on = TODAY + timedelta(days=step)
            wanted = [
                Award(k, chance.randint(-5, 30), chance.choice([None, JUNE, JULY]))
                for k in chance.sample(keys, chance.randint(0, len(keys)))
            ]
            book.want(*wanted, on=on)
            assert book.want(*wanted, on=on) == []
            current, promised = book.balances()
            assert current + promised == sum(award.points for award in wanted)
            _release_some(book, chance, on)
            book.want(*wanted, on=on)
            current, promised = book.balances()
            assert current + promised == sum(award.points for award in wanted)
            assert promised >= 0


def _release_some(book: Ledger, chance: random.Random, on: date) -> None:
    open_points: dict[tuple[str, date], int] = {}
    for row in book.rows:
        if "promised" in (row[4], row[5]):
            sign = 1 if row[5] == "promised" else -1
            slot = (row[12], row[10])
            open_points[slot] = open_points.get(slot, 0) + sign * int(row[6])
    for (allocation_key, accrues), points in open_points.items():
        assert points >= 0
        if points and chance.random() < 0.4:
            book.move(Award(allocation_key, 0, accrues), "release", points, on)
