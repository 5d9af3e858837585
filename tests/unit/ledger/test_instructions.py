"""Holds, early releases and cancellations: each acts once, when it fits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_pipeline.ledger.holds import Holds
from loyalty_pipeline.ledger.instructions import Instruction, Promise, act
from tests.unit.ledger.shop import EVERYBODY, RULES, Shop, sale, told

DAY = date(2025, 5, 10)
APRIL = ("2025-05-01", sale(1, "2025-04-10", "P1", 3000))  # 300 promised, accruing on 10 May


def promise(points: int, accrues: int, document: str = "1", partner: str = "P1") -> Promise:
    return Promise(partner, partner, "2025-04", f"key/{document}/{accrues}",
                   date(2025, 6, accrues), date(2025, 5, 1), Decimal(points), document)  # fmt: skip


def instruction(
    kind: str, points: int | None = None, document: str | None = None, number: str = "I1"
) -> Instruction:
    wanted = None if points is None else Decimal(points)
    return Instruction(date(2025, 5, 5), number, "dms", kind, "P1", wanted, document, "agreed")


def acts(*instructions: Instruction, holds: Holds | None = None) -> list[tuple[str, int, int]]:
    """Kind, points and day of accrual of what they move of three promises."""
    promises = [promise(30, 1), promise(20, 2, "2"), promise(10, 3), promise(99, 1, partner="P2")]
    _, moves = act(instructions, promises, holds or Holds(()), DAY)
    return [(move.kind, int(move.points), move.promise.accrual_date.day) for move in moves]


@pytest.mark.parametrize(
    ("told_so", "moves"),
    [
        (instruction("release"), [("release", 30, 1), ("release", 20, 2), ("release", 10, 3)]),
        (instruction("release", 35), [("release", 30, 1), ("release", 5, 2)]),
        (instruction("cancel_promise", 25), [("forfeit", 10, 3), ("forfeit", 15, 2)]),
        (instruction("cancel_promise", None, "1"), [("forfeit", 10, 3), ("forfeit", 30, 1)]),
        (instruction("release", 61), []),  # more than there is: it waits
        (instruction("release", None, "7"), []),
    ],
)
def test_an_instruction_moves_what_it_names(
    told_so: Instruction, moves: list[tuple[str, int, int]]
) -> None:
    assert acts(told_so) == moves


def test_later_instructions_get_what_earlier_ones_left() -> None:
    first, second = instruction("cancel_promise", 50), instruction("release", number="I2")
    assert acts(first, second)[-1] == ("release", 10, 1)


def test_a_release_waits_while_its_partner_is_on_hold_and_a_cancellation_does_not() -> None:
    held = Holds.of([(date(2025, 5, 8), "P1", "hold")])
    assert acts(instruction("release"), holds=held) == []
    assert len(acts(instruction("cancel_promise"), holds=held)) == 3


def test_holds_are_stretches_of_days() -> None:
    days = [date(2025, 5, day) for day in range(1, 9)]
    kinds = ["unhold", "hold", "hold", "unhold", "unhold", "hold", "unhold", "hold"]
    holds = Holds.of(zip(days, ["P1"] * 8, kinds, strict=True))
    assert holds.rows == (
        ("P1", days[1], days[3]),
        ("P1", days[5], days[6]),
        ("P1", days[7], None),
    )
    assert holds.free_from("P1", days[2]) == days[3]
    assert holds.free_from("P1", days[4]) == days[4]
    assert holds.free_from("P1", date(2026, 1, 1)) is None
    assert holds.free_from("P2", days[2]) == days[2]


def test_of_one_day_the_last_instruction_counts() -> None:
    assert Holds.of([(DAY, "P1", "hold"), (DAY, "P1", "unhold")]).rows == ()


def opened(folder: Path, *instructions: str) -> Shop:
    shop = Shop(folder)
    shop.day(APRIL[0], partners=EVERYBODY, sales=APRIL[1:], instructions=instructions)
    assert shop.balances() == (300, 0)
    return shop


def test_a_partner_on_hold_keeps_its_promise_until_the_hold_ends(tmp_path: Path) -> None:
    shop = opened(tmp_path, told("I1", "hold", "P1", "2025-05-05"))
    assert shop.idle("2025-05-10") == []
    assert shop.balances() == (300, 0)
    shop.day("2025-05-12", instructions=[told("I2", "unhold", "P1", "2025-05-14")])
    shop.day("2025-05-20")
    assert shop.entries("release") == [("P1", 300, "2025-05-14", "promise accrued")]
    assert shop.idle("2025-05-20") == []
    assert shop.is_whole()


def test_what_accrued_before_the_hold_is_released_by_a_late_run(tmp_path: Path) -> None:
    shop = opened(tmp_path, told("I1", "hold", "P1", "2025-05-11"))
    shop.day("2025-05-20")
    assert shop.entries("release") == [("P1", 300, "2025-05-10", "promise accrued")]


def test_an_early_release_acts_once(tmp_path: Path) -> None:
    shop = opened(tmp_path, told("I1", "release", "P1", "2025-05-03", 100))
    assert shop.idle("2025-05-02") == []
    assert shop.idle("2025-05-06") == ["instruction"]
    assert shop.idle("2025-05-06") == []
    assert shop.balances() == (200, 100)
    shop.day("2025-05-10")
    assert shop.entries("release") == [
        ("P1", 100, "2025-05-03", "released early: I1 as agreed"),
        ("P1", 200, "2025-05-10", "promise accrued"),
    ]
    assert shop.is_whole()


def test_a_cancelled_promise_stays_gone_when_sales_change(tmp_path: Path) -> None:
    shop = opened(tmp_path, told("I1", "cancel_promise", "P1", "2025-05-04", 120))
    shop.day("2025-05-04")
    assert shop.balances() == (180, 0)
    shop.day("2025-05-05", sales=[sale(2, "2025-04-11", "P1", 100)])
    assert shop.balances() == (190, 0)
    shop.day("2025-05-10")
    shop.day("2025-05-11", sales=[sale(1, "2025-04-10", "P1", 1000)])
    assert shop.balances() == (0, 110)
    assert shop.entries("forfeit") == [("P1", 120, "2025-05-04", "cancelled: I1 as agreed")]
    assert shop.idle("2025-05-11") == []
    assert shop.is_whole()


def test_an_instruction_that_does_not_fit_waits(tmp_path: Path) -> None:
    shop = opened(tmp_path, told("I1", "release", "P1", "2025-05-02", 310))
    assert shop.idle("2025-05-03") == []
    shop.day("2025-05-04", sales=[sale(2, "2025-04-11", "P1", 200)])
    assert shop.balances() == (10, 310)
    assert shop.idle("2025-05-04") == []


def test_an_instruction_amended_before_it_acted_does_not_act(tmp_path: Path) -> None:
    shop = opened(tmp_path, told("I1", "release", "P1", "2025-05-06"))
    shop.day("2025-05-04", instructions=[told("I1", "release", "P2", "2025-05-06")])
    assert shop.idle("2025-05-07") == []
    assert shop.balances() == (300, 0)


def test_an_instruction_amended_after_it_acted_stays(tmp_path: Path) -> None:
    shop = opened(tmp_path, told("I1", "release", "P1", "2025-05-06", 100))
    shop.day("2025-05-06")
    shop.day("2025-05-07", instructions=[told("I1", "cancel_promise", "P1", "2025-05-06")])
    assert shop.idle("2025-05-08") == []
    assert shop.balances() == (200, 100)


def test_an_instruction_about_a_merged_partner_concerns_the_one_it_became(tmp_path: Path) -> None:
    shop = opened(tmp_path, told("I1", "merge", "P1", "2025-05-02", to="P2"))
    shop.day("2025-05-02")
    assert shop.balances("P2") == (300, 0)
    shop.day("2025-05-03", instructions=[told("I2", "release", "P1", "2025-05-03", 50),
                                         told("I3", "hold", "P1", "2025-05-04")])  # fmt: skip
    assert shop.balances("P2") == (250, 50)
    assert shop.idle("2025-05-10") == []
    shop.day("2025-05-11", instructions=[told("I4", "unhold", "P2", "2025-05-11")])
    assert (shop.balances("P1"), shop.balances("P2")) == ((0, 0), (0, 300))
    assert shop.is_whole()


def test_days_missed_are_gone_through_in_their_order(tmp_path: Path) -> None:
    """The promise accrues on 10 May: what is cancelled from the 12th on is current by then."""
    late = opened(tmp_path, told("I1", "cancel_promise", "P1", "2025-05-12", 100))
    late.day("2025-05-20")
    assert late.balances() == (0, 300)


# A program of events alone: half of the points at once, half after 30 days.
EVENTS = """\
    strategies:
      - id: base
        type: prorated
        value: 10%
        tranches: [{share: 50%, delay: 0}, {share: 50%, delay: 30}]
    rulesets:
      - {event: transaction, match: all, rules: [{id: r1, when: "true", then: [{allocate: base}]}]}
"""


def test_of_documents_only_the_one_that_is_named_is_cancelled(tmp_path: Path) -> None:
    """Two documents of 13 direct and 12 promised points; then the second is halved."""
    rules = RULES[: RULES.index("    slabs:")] + EVENTS
    shop = Shop(tmp_path, rules)
    cancel = "I1,cancel_promise,P1,2025-05-03,,5,1,as agreed,maker,checker"
    sales = [sale(number, "2025-05-01", "P1", 250) for number in (1, 2)]
    shop.day("2025-05-02", partners=EVERYBODY, sales=sales, instructions=[cancel])
    assert shop.balances() == (24, 26)
    shop.day("2025-05-03")
    assert shop.balances() == (19, 26)
    shop.day("2025-05-04", sales=[sale(2, "2025-05-01", "P1", 120)])
    assert shop.balances() == (7, 25)  # of document 2: 12 are left, all of them current
    shop.day("2025-06-05")
    assert shop.balances() == (0, 32)
    assert shop.idle("2025-06-05") == []
    assert shop.is_whole()
