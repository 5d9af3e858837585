"""What people decide: a file that waits may count, and files are read again (SPEC 2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_pipeline.ingest.arrival import Control
from loyalty_pipeline.ingest.decisions import DecisionError, approve, reprocess
from loyalty_pipeline.ingest.staging import StagingReport
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.clock import Clock
from tests.unit.ingest.deliveries import TODAY, Deliveries

INVOICES = ("I-1,invoice,2025-05-01,P1,D1,1,100", "I-2,invoice,2025-05-02,P1,D1,1,200")
CHANGED = "I-1,invoice,2025-05-01,P1,D1,1,120"
NEW = "I-3,invoice,2025-05-03,P1,D1,1,300"


def shop_of(root: Path, **settings: str) -> Deliveries:
    shop = Deliveries(root, supersede="approve", **settings)
    shop.land(1, *INVOICES)
    shop.stage()
    return shop


def agree(shop: Deliveries, *file_ids: str) -> StagingReport:
    report = approve(
        shop.source, shop.home, Clock.on(TODAY), "run", file_ids, "Asha", "the DMS corrected it"
    )
    shop.every_row_is_accounted_for()
    return report


def again(shop: Deliveries, file_ids: Sequence[str] | None = None) -> StagingReport:
    report = reprocess(shop.source, shop.home, Clock.on(TODAY), "run", file_ids)
    shop.every_row_is_accounted_for()
    return report


def test_a_file_that_changes_what_counts_waits_and_the_others_go_on(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    changing = shop.land(2, CHANGED, "I-4,invoice,2025-05-04,P1,D1,1,10")
    shop.land(3, NEW, INVOICES[1])
    shop.stage()
    record = shop.record(changing)
    assert record.status == "waiting"
    assert "invoice I-1 of D1" in record.reasons[0]
    assert f"loyalty files approve {record.remote_name} --by" in record.reasons[0]
    assert shop.counted() == {"I-1": "100.00", "I-2": "200.00", "I-3": "300.00"}


def test_an_approval_lets_it_count_and_says_who_agreed_and_why(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    changing = shop.land(2, CHANGED)
    shop.stage()
    agree(shop, changing)
    assert shop.record(changing).status == "staged"
    assert shop.counted()["I-1"] == "120.00"
    details = Journal(shop.home, "source/dms").commits()[-1].draft.details
    [approval] = details["approvals"]
    assert (approval["by"], approval["reason"]) == ("Asha", "the DMS corrected it")
    with pytest.raises(DecisionError, match="does not wait for approval: it is staged"):
        agree(shop, changing)


@pytest.mark.parametrize(("by", "reason"), [("", "why"), (" ", "why"), ("Asha", "")])
def test_nobody_agrees_without_a_name_and_a_reason(tmp_path: Path, by: str, reason: str) -> None:
    shop = shop_of(tmp_path)
    changing = shop.land(2, CHANGED)
    shop.stage()
    with pytest.raises(DecisionError, match="name"):
        approve(shop.source, shop.home, Clock.on(TODAY), "run", [changing], by, reason)


def test_of_two_new_files_that_contradict_each_other_the_later_one_waits(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    second = shop.land(3, "I-3,invoice,2025-05-03,P1,D1,1,301")
    first = shop.land(2, NEW)
    shop.stage()
    assert shop.record(first).status == "staged"
    assert shop.record(second).status == "waiting"


def test_a_change_that_counts_from_a_later_day_waits_too(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    changing = shop.land(2, "I-1,invoice,2025-08-20,P1,D1,1,999")
    shop.stage()
    assert shop.record(changing).status == "waiting"
    shop.stage(date(2025, 8, 21))
    assert shop.counted()["I-1"] == "100.00"
    agree(shop, changing)
    shop.stage(date(2025, 8, 22))
    assert shop.counted()["I-1"] == "999.00"


@pytest.mark.parametrize("at_once", [True, False])
def test_what_does_not_count_yet_can_be_corrected_unasked(tmp_path: Path, at_once: bool) -> None:
    shop = shop_of(tmp_path)
    shop.land(2, "I-7,invoice,2025-08-20,P1,D1,1,70")
    if not at_once:
        shop.stage()
    shop.land(3, "I-7,invoice,2025-08-20,P1,D1,1,77")
    shop.stage()
    shop.stage(date(2025, 8, 21))
    assert shop.counted()["I-7"] == "77.00"


def test_an_older_file_that_comes_late_changes_nothing_and_does_not_wait(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    shop.land(0, CHANGED)
    shop.stage()
    assert shop.counted()["I-1"] == "100.00"
    assert shop.states() == [("I-1", "superseded")]


def test_a_file_that_removes_what_counts_waits(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, delivers="full_period")
    removing = shop.land(2, INVOICES[0], period="2025-05")
    shop.stage()
    assert shop.record(removing).status == "waiting"
    agree(shop, removing)
    assert shop.counted() == {"I-1": "100.00"}


def test_a_correction_of_what_is_held_does_not_wait(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    header = "document_no,document_type,document_date,partner_id,distributor_id,line_no,amount"
    header += ",original_document_no"
    shop.land(2, "R-1,return,2025-05-05,P1,D1,1,-500,I-1", header=header)
    shop.stage()
    shop.land(3, "R-1,return,2025-05-05,P1,D1,1,-50,I-1", header=header)
    shop.stage()
    assert shop.counted()["I-1"] == "50.00"


def test_files_are_read_again_under_the_contract_as_it_is_now(tmp_path: Path) -> None:
    shop = Deliveries(tmp_path / "shop", max_reject_rate="10%")
    good, bad = INVOICES[0], "I-2,invoice,2025-05-02,P1,D1,1,oops"
    file_id = shop.land(1, good, bad)
    shop.stage()
    assert shop.record(file_id).status == "refused"
    shop.source = Deliveries(tmp_path, max_reject_rate="60%").source
    report = again(shop)
    assert [record.status for record in report.files] == ["staged"]
    assert shop.counted() == {"I-1": "100.00"}
    head = shop.state.head
    assert again(shop).commit == head, "nothing is different the second time"


def test_what_an_earlier_reading_brought_is_taken_back(tmp_path: Path) -> None:
    shop = Deliveries(tmp_path / "shop")
    kept = "I-9,invoice,2025-06-09,P1,D1,1,90"
    shop.land(1, kept)
    file_id = shop.land(2, *INVOICES, "R-1,return,2025-06-05,P1,D1,1,-5")
    shop.stage()
    shop.source = shop.source.model_copy(update={"returns_signed": "positive"})
    again(shop, [file_id])
    fresh = Deliveries(tmp_path / "fresh", returns_signed="positive")
    fresh.land(1, kept)
    fresh.land(2, *INVOICES, "R-1,return,2025-06-05,P1,D1,1,-5")
    fresh.stage()
    assert shop.facts() == fresh.facts()
    assert shop.counted() == {"I-1": "100.00", "I-2": "200.00", "I-9": "90.00"}
    shop.source = shop.source.model_copy(update={"max_reject_rate": Decimal(0)})
    again(shop, [file_id])
    assert shop.record(file_id).status == "refused"
    assert shop.counted() == {"I-9": "90.00"}


def test_the_same_bytes_with_a_control_file_that_is_wrong_are_refused(tmp_path: Path) -> None:
    shop = Deliveries(tmp_path / "shop")
    shop.land(1, *INVOICES)
    shop.stage()
    wrong = Control(rows=9, amount=Decimal("300.00"), sha256=None)
    shop.land(2, *INVOICES, control=wrong)
    shop.stage()
    last = shop.state.files[-1]
    assert last.status == "refused"
    assert [reason.count("the control file says 9") for reason in last.reasons] == [1]
    shop.land(3, *INVOICES, control=Control(rows=2, amount=Decimal("300.00"), sha256=None))
    shop.stage()
    assert shop.state.files[-1].status == "duplicate"


def test_a_file_that_is_not_known_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(DecisionError, match="has no file 123"):
        again(Deliveries(tmp_path), ["123"])


def test_the_same_bytes_stand_where_they_come_first_in_the_order(tmp_path: Path) -> None:
    orders = {}
    for name, places in (("forth", (1, 2, 3)), ("back", (3, 2, 1))):
        shop = Deliveries(tmp_path / name)
        for place in places:
            shop.land(place, CHANGED if place == 2 else INVOICES[0])
            shop.stage()
        orders[name] = shop.facts()
        assert [r.status for r in shop.state.files] == ["staged", "staged", "duplicate"]
    assert orders["forth"] == orders["back"]
