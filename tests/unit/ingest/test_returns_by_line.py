"""What returns leave of lines: by line, by goods, in proportion, and never too much."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_pipeline.ingest.returns import ClaimLine, InvoiceLine, largest_remainder, take
from tests.unit.ingest.deliveries import RETURNS, Deliveries

INVOICE = (
    "I-1,invoice,2025-05-01,P1,D1,1,100,SOAP,10,,",
    "I-1,invoice,2025-05-01,P1,D1,2,50,OIL,5,,",
    "I-1,invoice,2025-05-01,P1,D1,3,60,SOAP,6,,",
)


def delivered(root: Path, *returns: str) -> Deliveries:
    shop = Deliveries(root)
    shop.land(1, *INVOICE, *returns, header=RETURNS)
    shop.stage()
    return shop


def taken(shop: Deliveries) -> list[tuple[object, ...]]:
    return shop.rows("sales_returned_lines", "return_no, line_no, amount, quantity")


def test_a_return_of_a_line_takes_of_that_line(tmp_path: Path) -> None:
    shop = delivered(tmp_path, "R-1,return,2025-05-02,P1,D1,1,-40,OIL,-4,I-1,2")
    assert taken(shop) == [("R-1", 2, Decimal("40.00"), Decimal("4.000"))]
    assert shop.counted()["I-1"] == "170.00"


def test_a_return_of_goods_takes_of_their_lines_in_proportion(tmp_path: Path) -> None:
    shop = delivered(tmp_path, "R-1,return,2025-05-02,P1,D1,1,-80,SOAP,-8,I-1,")
    assert taken(shop) == [
        ("R-1", 1, Decimal("50.00"), Decimal("5.000")),
        ("R-1", 3, Decimal("30.00"), Decimal("3.000")),
    ]


def test_without_either_a_return_takes_of_all_lines_in_proportion_to_what_is_left(
    tmp_path: Path,
) -> None:
    shop = delivered(
        tmp_path,
        "R-1,return,2025-05-02,P1,D1,1,-50,,,I-1,2",
        "R-2,return,2025-05-03,P1,D1,1,-16.01,,,I-1,",
    )
    assert taken(shop) == [
        ("R-1", 2, Decimal("50.00"), Decimal("0.000")),
        ("R-2", 1, Decimal("10.01"), None),
        ("R-2", 3, Decimal("6.00"), None),
    ]


@pytest.mark.parametrize(
    "too_much",
    [
        pytest.param("R-2,return,2025-05-03,P1,D1,1,-11,OIL,-1,I-1,2", id="amount of the line"),
        pytest.param("R-2,return,2025-05-03,P1,D1,1,-5,OIL,2,I-1,2", id="quantity of the line"),
        pytest.param("R-2,return,2025-05-03,P1,D1,1,-5,SOAP,-17,I-1,", id="quantity of the goods"),
        pytest.param("R-2,return,2025-05-03,P1,D1,1,-161,SOAP,-1,I-1,", id="amount of the goods"),
        pytest.param("R-2,return,2025-05-03,P1,D1,1,-5,,,I-1,4", id="a line it does not have"),
        pytest.param("R-2,return,2025-05-03,P1,D1,1,-5,TEA,-1,I-1,", id="goods it does not have"),
    ],
)
def test_a_return_of_more_than_is_left_of_what_it_names_is_held_whole(
    tmp_path: Path, too_much: str
) -> None:
    shop = delivered(tmp_path, "R-1,return,2025-05-02,P1,D1,1,-40,OIL,-4,I-1,2", too_much)
    assert shop.counted() == {"I-1": "170.00", "R-1": "0.00"}
    assert shop.states() == [("R-2", "over_returned")]


def test_a_credit_note_gives_money_back_and_no_goods(tmp_path: Path) -> None:
    shop = delivered(
        tmp_path,
        "C-1,credit_note,2025-05-02,P1,D1,1,-5,OIL,5,I-1,2",
        "R-1,return,2025-05-03,P1,D1,1,-45,OIL,-5,I-1,2",
    )
    assert shop.states() == []
    assert shop.counted()["I-1"] == "160.00"


def test_a_cancellation_takes_what_is_left_of_every_line(tmp_path: Path) -> None:
    shop = delivered(
        tmp_path,
        "R-1,return,2025-05-02,P1,D1,1,-40,OIL,-4,I-1,2",
        "I-1,cancellation,2025-05-04,P1,D1,1,-1,,,,",
    )
    assert taken(shop)[:3] == [
        ("I-1", 1, Decimal("100.00"), Decimal("10.000")),
        ("I-1", 2, Decimal("10.00"), Decimal("1.000")),
        ("I-1", 3, Decimal("60.00"), Decimal("6.000")),
    ]


def test_an_invoice_that_names_no_goods_is_reduced_as_a_whole(tmp_path: Path) -> None:
    shop = Deliveries(tmp_path)
    shop.land(
        1,
        "I-1,invoice,2025-05-01,P1,D1,1,100,,,,",
        "R-1,return,2025-05-02,P1,D1,1,-40,SOAP,-4,I-1,",
        header=RETURNS,
    )
    shop.stage()
    assert shop.counted() == {"I-1": "60.00", "R-1": "0.00"}


def test_what_is_taken_of_lines_is_forgotten_when_the_return_is_amended(tmp_path: Path) -> None:
    shop = delivered(tmp_path, "R-1,return,2025-05-02,P1,D1,1,-40,OIL,-4,I-1,2")
    shop.land(2, "R-1,return,2025-05-02,P1,D1,1,-10,OIL,-1,I-1,2", header=RETURNS)
    shop.stage()
    assert taken(shop) == [("R-1", 2, Decimal("10.00"), Decimal("1.000"))]


def test_a_return_that_takes_too_much_leaves_its_earlier_version_in_force(tmp_path: Path) -> None:
    shop = delivered(tmp_path, "R-1,return,2025-05-02,P1,D1,1,-40,OIL,-4,I-1,2")
    facts = shop.facts()
    shop.land(2, "R-1,return,2025-05-02,P1,D1,1,-40,OIL,-6,I-1,2", header=RETURNS)
    shop.stage()
    assert shop.facts() == facts
    assert shop.states() == [("R-1", "over_returned")]
    shop.land(3, "R-1,return,2025-05-02,P1,D1,1,-50,OIL,-5,I-1,2", header=RETURNS)
    shop.stage()
    assert shop.counted()["I-1"] == "160.00"
    assert shop.states() == [("R-1", "superseded"), ("R-1", "superseded")]


amounts = st.integers(-500, 2_000)
quantities = st.none() | st.integers(0, 20).map(lambda pieces: pieces * 1000)
goods = st.sampled_from([None, "A", "B"])


@given(
    lines=st.lists(st.tuples(goods, amounts, quantities), min_size=1, max_size=4),
    claims=st.lists(
        st.lists(
            st.tuples(st.none() | st.integers(1, 5), goods, st.integers(-50, 400), quantities),
            min_size=1,
            max_size=3,
        ),
        max_size=6,
    ),
    counts_goods=st.booleans(),
)
def test_no_line_is_ever_returned_by_more_than_it_has_nor_less_than_nothing(
    lines: list[tuple[str | None, int, int | None]],
    claims: list[list[tuple[int | None, str | None, int, int | None]]],
    counts_goods: bool,
) -> None:
    invoice = [InvoiceLine(number, *line) for number, line in enumerate(lines, start=1)]
    for parts in claims:
        claim = [ClaimLine(*part) for part in parts]
        before = [(line.left, line.quantity_left) for line in invoice]
        found = take(invoice, claim, takes_all=False, counts_goods=counts_goods)
        after = [(line.left, line.quantity_left) for line in invoice]
        if found is None:
            assert after == before
            continue
        assert sum(part.amount for part in found) == sum(part.amount for part in claim)
        for line in invoice:
            assert min(0, line.amount) <= line.left <= max(0, line.amount)
            assert line.quantity is None or 0 <= (line.quantity_left or 0) <= line.quantity
    take(invoice, [], takes_all=True, counts_goods=True)
    assert all(line.left == 0 and not line.quantity_left for line in invoice)


@given(weights=st.lists(st.integers(-50, 1_000), min_size=1, max_size=6), share=st.floats(0, 1))
def test_shares_add_up_and_each_is_within_a_unit_of_its_part(
    weights: list[int], share: float
) -> None:
    whole = sum(weights)
    if whole <= 0:
        return
    total = int(whole * share)
    shares = largest_remainder(total, weights)
    assert sum(shares) == total
    assert all(
        abs(part * whole - total * weight) < whole
        for part, weight in zip(shares, weights, strict=True)
    )
