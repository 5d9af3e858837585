"""Payments must add up to their document, or it is held (SPEC 2)."""

from __future__ import annotations

from pathlib import Path

from tests.unit.ingest.deliveries import TODAY, Deliveries

TENDERS = "document_no,distributor_id,tender_type,amount"
INVOICE = "I-1,invoice,2025-05-01,P1,D1,1,100"


def paid(shop: Deliveries, place: int, *rows: str) -> None:
    shop.land(place, *rows, header=TENDERS, feed="tenders")
    shop.stage()


def test_payments_that_do_not_add_up_hold_their_document_until_corrected(tmp_path: Path) -> None:
    shop = Deliveries(tmp_path)
    shop.land(1, INVOICE, "I-2,invoice,2025-05-01,P1,D1,1,70")
    shop.stage()
    paid(shop, 2, "I-1,D1,CASH,60", "I-1,D1,CARD,30")
    assert shop.counted() == {"I-2": "70.00"}
    assert shop.states() == [("I-1", "tenders_differ")]
    assert shop.rows("sales_held", "line_no, reasons") == [(2, "tenders_differ")]
    paid(shop, 3, "I-1,D1,CASH,60", "I-1,D1,CARD,40")
    assert shop.counted() == {"I-1": "100.00", "I-2": "70.00"}
    assert shop.states() == []


def test_a_corrected_document_heals_too(tmp_path: Path) -> None:
    shop = Deliveries(tmp_path)
    shop.land(1, INVOICE)
    paid(shop, 2, "I-1,D1,CASH,90")
    assert shop.counted() == {}
    shop.land(3, "I-1,invoice,2025-05-01,P1,D1,1,90")
    shop.stage()
    assert shop.counted() == {"I-1": "90.00"}
    assert shop.states() == [("I-1", "superseded")]


def test_an_amendment_that_is_not_paid_for_leaves_the_earlier_version_in_force(
    tmp_path: Path,
) -> None:
    shop = Deliveries(tmp_path)
    shop.land(1, INVOICE)
    paid(shop, 2, "I-1,D1,CASH,100")
    shop.land(3, "I-1,invoice,2025-05-01,P1,D1,1,120")
    shop.stage()
    assert shop.counted() == {"I-1": "100.00"}
    assert shop.states() == [("I-1", "tenders_differ")]
    paid(shop, 4, "I-1,D1,CASH,120")
    assert shop.counted() == {"I-1": "120.00"}


def test_payments_before_their_document_wait_for_it(tmp_path: Path) -> None:
    shop = Deliveries(tmp_path)
    paid(shop, 1, "I-1,D1,CASH,90")
    assert shop.rows("tenders", "document_no, fiscal_year") == [("I-1", None)]
    shop.land(2, INVOICE)
    report = shop.stage()
    assert shop.states() == [("I-1", "tenders_differ")]
    assert shop.rows("tenders", "document_no, fiscal_year") == [("I-1", 2025)]
    assert "tenders" in report.feeds  # they are others than before, though no file of them came


def test_payments_belong_to_the_invoice_that_there_was_when_they_were_written(
    tmp_path: Path,
) -> None:
    shop = Deliveries(tmp_path)
    shop.land(1, INVOICE)
    paid(shop, 2, "I-1,D1,CASH,100")
    shop.land(3, "I-1,invoice,2026-05-01,P1,D1,1,70")
    shop.stage(TODAY.replace(year=2026))
    assert shop.rows("sales_documents", "document_no, fiscal_year") == [
        ("I-1", 2025),
        ("I-1", 2026),
    ]
    assert shop.rows("tenders", "document_no, fiscal_year") == [("I-1", 2025)]
