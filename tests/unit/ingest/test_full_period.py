"""Files that hold all of what they cover: what is missing in one is removed (SPEC 2)."""

from __future__ import annotations

from pathlib import Path

from loyalty_pipeline.ingest.decisions import approve
from loyalty_pipeline.program.clock import Clock
from tests.unit.ingest.deliveries import TODAY, Deliveries

APRIL = ("A-1,invoice,2025-04-01,P1,D1,1,100", "A-2,invoice,2025-04-02,P1,D1,1,200")
MAY = "M-1,invoice,2025-05-01,P1,D1,1,300"


def shop_of(root: Path) -> Deliveries:
    return Deliveries(root, delivers="full_period")


def test_a_document_that_was_there_and_is_missing_now_is_removed(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    shop.land(1, *APRIL)
    shop.land(2, MAY)
    shop.stage()
    shop.land(3, APRIL[0], "A-3,invoice,2025-04-03,P1,D1,1,50")
    shop.stage()
    assert shop.counted() == {"A-1": "100.00", "A-3": "50.00", "M-1": "300.00"}
    assert shop.states() == [("A-1", "superseded"), ("A-2", "removed")]


def test_a_document_that_comes_back_counts_again(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    for place, rows in enumerate((APRIL, APRIL[:1], (*APRIL, MAY)), start=1):
        shop.land(place, *rows)
        shop.stage()
    assert shop.counted() == {"A-1": "100.00", "A-2": "200.00", "M-1": "300.00"}


def test_a_file_whose_scope_is_given_replaces_exactly_that(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    shop.land(1, *APRIL, "A-1,invoice,2025-04-05,P1,D2,1,70", period="2025-04")
    shop.land(2, MAY, period="2025-05")
    shop.stage()
    shop.land(3, period="2025-04", distributor="D1")
    shop.stage()
    assert shop.counted() == {"A-1": "70.00", "M-1": "300.00"}
    assert shop.states() == [("A-1", "removed"), ("A-2", "removed")]


def test_files_without_rows_are_the_same_only_if_they_cover_the_same(tmp_path: Path) -> None:
    deliveries: tuple[tuple[int, tuple[str, ...], dict[str, str]], ...] = (
        (1, APRIL, {"period": "2025-04"}),
        (2, (MAY,), {"period": "2025-05"}),
        (3, (), {"period": "2025-04"}),
        (4, (), {"period": "2025-05"}),
        (5, (), {"period": "2025-05"}),
    )
    for turn, order in enumerate(((0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (3, 4, 0, 2, 1))):
        shop = shop_of(tmp_path / str(turn))
        for place, rows, scope in (deliveries[number] for number in order):
            shop.land(place, *rows, **scope)
            shop.stage()
        assert shop.counted() == {}
        assert [record.status for record in shop.state.files] == ["staged"] * 4 + ["duplicate"]


def test_each_file_without_rows_waits_for_approval_where_it_removes(tmp_path: Path) -> None:
    shop = Deliveries(tmp_path, delivers="full_period", supersede="approve")
    shop.land(1, period="2025-03")
    shop.land(2, *APRIL, period="2025-04")
    shop.stage()
    empty = shop.land(3, period="2025-04")
    shop.stage()
    assert [record.status for record in shop.state.files] == ["staged", "staged", "waiting"]
    assert shop.counted() == {"A-1": "100.00", "A-2": "200.00"}
    approve(shop.source, shop.home, Clock.on(TODAY), "run", [empty], "Asha", "April was a test")
    assert shop.counted() == {}


def test_a_row_outside_the_given_scope_is_held_with_its_document(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    shop.land(1, MAY)
    shop.stage()
    shop.land(2, *APRIL, "M-1,invoice,2025-05-01,P1,D1,1,999", period="2025-04")
    shop.stage()
    assert shop.counted() == {"A-1": "100.00", "A-2": "200.00", "M-1": "300.00"}
    assert shop.states() == [("M-1", "outside_scope")]
    assert shop.rows("sales_held", "line_no, reasons, subject") == [(4, "outside_scope", "D1/M-1")]


def test_an_earlier_file_that_comes_late_does_not_remove_what_a_later_one_brought(
    tmp_path: Path,
) -> None:
    shop = shop_of(tmp_path)
    shop.land(2, *APRIL)
    shop.stage()
    shop.land(1, "A-9,invoice,2025-04-09,P1,D1,1,10")
    shop.stage()
    assert shop.counted() == {"A-1": "100.00", "A-2": "200.00"}
    assert shop.states() == [("A-9", "removed")]


def test_a_document_with_a_bad_line_is_not_missing(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    shop.land(1, *APRIL)
    shop.stage()
    shop.land(2, APRIL[0], "A-2,invoice,2025-04-02,P1,D1,1,two hundred")
    shop.stage()
    assert shop.counted() == {"A-1": "100.00", "A-2": "200.00"}


def test_a_file_with_a_row_of_no_known_document_removes_nothing(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    shop.land(1, *APRIL)
    shop.stage()
    shop.land(2, APRIL[0], ",invoice,2025-04-02,P1,D1,1,200")
    shop.stage()
    assert shop.counted() == {"A-1": "100.00", "A-2": "200.00"}


def test_a_removed_invoice_leaves_its_return_parked(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    header = "document_no,document_type,document_date,partner_id,distributor_id,line_no,amount"
    header += ",original_document_no"
    shop.land(1, "A-1,invoice,2025-04-01,P1,D1,1,100,", header=header)
    shop.land(2, "R-1,return,2025-05-01,P1,D1,1,-40,A-1", header=header)
    shop.stage()
    assert shop.counted() == {"A-1": "60.00", "R-1": "0.00"}
    shop.land(3, "A-2,invoice,2025-04-01,P1,D1,1,70,", header=header)
    shop.stage()
    assert shop.rows("sales_documents", "document_no, status") == [
        ("A-2", "counted"),
        ("R-1", "parked"),
    ]


def test_files_keep_what_they_meant_when_the_contract_changes(tmp_path: Path) -> None:
    shop = Deliveries(tmp_path)
    shop.land(1, APRIL[0])
    shop.land(2, APRIL[1])
    shop.stage()
    shop.source = shop.source.model_copy(update={"delivers": "full_period"})
    shop.land(3, MAY)
    shop.stage()
    assert len(shop.counted()) == 3
