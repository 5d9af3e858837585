"""Claims against the invoices of all sources of a program."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loyalty_pipeline.earning.inputs import staged_inputs
from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.ledger.posting import stale_cycles
from loyalty_pipeline.pipeline import RunReport, earn, take_in_rules
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse.home import Home
from tests.properties import reading
from tests.properties.histories import program_of
from tests.properties.model import Band, Rules

TODAY = date(2026, 3, 1)
RULES = Rules((Band(Decimal(0), None, Decimal("0.1")),), "whole", 0, "half_up", "cycle", None, None,
              "original_cycle")  # fmt: skip
CLAIMS = "claim_id,partner_id,distributor_id,document_no,document_date,amount,status\n"
SALES = "document_no,document_type,document_date,partner_id,distributor_id,line_no,amount\n"


def a_source(name: str, fiscal_start: int = 4) -> dict[str, Any]:
    feeds = {"sales": {"pattern": "sales.*"}, "claims": {"pattern": "claims.*"}}
    access = {"host": "localhost", "user": "nobody", "key_file": "k", "known_hosts": "h"}
    return {"id": name, "fiscal_start": fiscal_start, "feeds": feeds, **access}


class Shop:
    """A program of two systems and a portal where invoices are uploaded."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, Home(folder / "home")
        content = program_of(RULES).model_dump(mode="json", by_alias=True, exclude_none=True)
        sources = [a_source("east"), a_source("west", fiscal_start=1), a_source("portal")]
        self.program = Program.model_validate({**content, "sources": sources})

    def land(self, source: str, feed: str, *rows: str, today: date = TODAY) -> None:
        path = self.folder / f"{feed}.csv"
        header = CLAIMS if feed == "claims" else SALES
        path.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        land_local([(path, feed)], source, self.home, Clock.on(today))

    def run(self, today: date = TODAY) -> RunReport:
        clock, report = Clock.on(today), RunReport()
        program = take_in_rules(self.program, self.home, clock, "run", report)
        for source in program.sources:
            stage(source, self.home, clock, "run", lambda text: None)
        earn(program, self.home, clock, "run", report)
        return report

    def sales(self) -> dict[tuple[str, str], tuple[Decimal, int]]:
        found = reading.cycle_sales(self.home, "model")
        return {(f"{start:%Y-%m}", partner): row for (start, partner), row in found.items()}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_the_invoice_may_come_from_any_source_of_the_program(shop: Shop) -> None:
    shop.land("portal", "claims", "C1,P1,,7,2025-05-01,100,approved")
    shop.run()
    assert shop.sales() == {("2025-04", "P1"): (Decimal(100), 1)}
    shop.land("west", "sales", "7,invoice,2025-05-02,P1,D9,1,90")
    shop.run()
    assert shop.sales() == {("2025-04", "P1"): (Decimal(90), 1)}


def test_the_fiscal_year_is_that_of_the_source_of_the_invoice(shop: Shop) -> None:
    """February 2026 is in one fiscal year with May 2025 in the east, not in the west."""
    shop.land("portal", "claims", "C1,P1,,7,2025-05-01,100,approved")
    shop.land("west", "sales", "7,invoice,2026-02-01,P1,D9,1,90")
    shop.run()
    assert shop.sales()["2025-04", "P1"] == (Decimal(100), 1)
    shop.land("east", "sales", "7,invoice,2026-02-02,P1,D1,1,80")
    shop.run()
    assert ("2025-04", "P1") not in shop.sales()
    assert shop.sales()["2026-01", "P1"] == (Decimal(170), 2)


def test_only_the_cycles_whose_claims_changed_are_computed_again(shop: Shop) -> None:
    shop.land("east", "sales", "1,invoice,2025-02-01,P1,D1,1,10", "2,invoice,2025-08-01,P1,D1,1,10")
    shop.land("portal", "claims", "C1,P1,,7,2025-05-01,100,approved")
    first = shop.run()
    assert [posting.cycle for posting in first.postings] == ["2025-01", "2025-04", "2025-07"]
    shop.land("portal", "claims", "C2,P2,,8,2025-08-05,100,approved")
    assert [posting.cycle for posting in shop.run().postings] == ["2025-07"]
    assert shop.run().postings == []


def test_a_run_for_an_earlier_day_does_not_let_a_claim_wait_again(shop: Shop) -> None:
    shop.land("portal", "claims", "C1,P1,,7,2026-02-20,100,approved")
    shop.run(date(2026, 2, 19))
    assert shop.sales() == {}
    shop.run(date(2026, 2, 20))
    assert shop.sales() == {("2026-01", "P1"): (Decimal(100), 1)}
    assert shop.run(date(2026, 2, 19)).postings == []
    assert stale_cycles(shop.program, shop.home, date(2026, 2, 19)) == []


def test_files_fetched_in_another_order_give_the_same_claims(tmp_path: Path) -> None:
    rows = ["C1,P1,,7,2025-05-01,100,approved", "C2,P1,D1,7,2025-05-01,90,approved"]
    found = []
    for name, order in (("one", rows), ("other", rows[::-1])):
        folder = tmp_path / name
        folder.mkdir()
        shop = Shop(folder)
        for row in order:
            shop.land("portal", "claims", row)
            shop.run()
        inputs = staged_inputs(shop.program, shop.home, TODAY)
        cycle = shop.program.calendar.parse("2025-04")
        found.append([file.sha256 for file in inputs.claims(cycle)])
    assert found[0] == found[1]
