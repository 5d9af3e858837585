"""Checks report bad data, and say what to do about it."""

from __future__ import annotations

import dagster as dg
import duckdb
import pytest

from loyalty_pipeline.journal.witness import DamagedJournalError
from tests.orchestration.shop import PROGRAM, SALES, Shop, answers, metadata_of


def test_an_empty_drop_passes(open_shop: Shop) -> None:
    assert all(one.passed for one in answers(open_shop.drop()).values())


def test_a_bad_row_is_reported_and_the_run_goes_on(open_shop: Shop) -> None:
    bad = [["A1", "invoice", "10/04/2024", "P1", "D1", "1", "1,000"]]
    open_shop.deliver("sales_2024-04.csv", SALES, bad)
    result = open_shop.drop()
    assert metadata_of(result, "landing")["rejected_rows"] == 1
    found = answers(result)["nothing_quarantined"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "reject files" in str(found.description)
    assert answers(result)["rows_accounted_for"].passed


def test_a_refused_file_is_reported_until_a_corrected_one_comes(open_shop: Shop) -> None:
    open_shop.deliver("sales_2024-04.csv", ("document", "amount"), [["A1", "10"]])
    result = open_shop.drop()
    assert metadata_of(result, "landing")["refused_files"] == 1
    found = answers(result)["no_file_refused"]
    assert not found.passed
    assert "sales_2024-04.csv" in str(found.metadata["refused files"].value)
    open_shop.deliver_sales("sales_2024-04.csv", "A1 2024-04-10 P1 2000")
    assert answers(open_shop.drop())["no_file_refused"].passed


def test_a_sale_of_an_unknown_partner_is_reported(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.deliver_sales("sales_2024-05.csv", "X1 2024-05-02 P9 900")
    open_shop.drop()
    found = answers(open_shop.cycle("2024-04"))["every_document_counts"]
    assert not found.passed
    assert found.metadata["unmatched"].value == 1
    assert "wait for their partner" in str(found.description)


def test_cycles_that_are_stale_are_named_with_the_job_to_backfill(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.drop()
    found = answers(open_shop.cycle("2024-04"))["no_cycle_is_stale"]
    assert not found.passed
    assert "backfill 2024-07 to 2024-10 with the job cycles_shop" in str(found.description)
    assert found.metadata["stale_cycles"].value == 2


def test_a_ledger_that_was_touched_is_reported(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.drop()
    open_shop.cycle("2024-04")
    entries, *_ = sorted((open_shop.home.root / "journal" / "program").rglob("*.parquet"))
    entries.chmod(0o644)
    with duckdb.connect() as connection:  # the same rows, written anew
        connection.execute(f"create table rows_of as from '{entries}'")
        connection.execute(f"copy rows_of to '{entries}' (format parquet, compression gzip)")
    found = answers(open_shop.cycle("2024-04"))["ledger_is_whole"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "was changed after sealing" in str(found.description)


def test_no_run_goes_on_from_a_journal_that_was_touched(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.drop()
    open_shop.cycle("2024-04")
    header = open_shop.home.root / "journal" / "program" / "shop" / "00000001.json"
    header.chmod(0o644)
    header.write_text(header.read_text().replace('"author":""', '"author":"nobody"'))
    with pytest.raises(DamagedJournalError, match="commit 2: the chain is broken"):
        open_shop.cycle("2024-04")


def test_coupons_without_a_code_are_reported_until_there_are_more(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.drop()
    assert "every_coupon_has_a_code" not in answers(open_shop.cycle("2024-04"))
    codes = open_shop.programs / "codes.csv"
    rules = open_shop.programs / f"{PROGRAM}.yaml"
    large = "{id: large, when: 'amount >= 1000', then: [{coupon: gift}]}"
    with rules.open("a", encoding="utf-8") as file:
        file.write(f"""
    coupons: [{{id: gift, codes: codes.csv, valid_days: 30}}]
    rulesets: [{{event: transaction, match: all, rules: [{large}]}}]
""")
    codes.write_text("code\nA-1\n", encoding="utf-8")
    found = answers(open_shop.cycle("2024-04"))["every_coupon_has_a_code"]
    assert not found.passed
    assert "coupon gift has no code left: 1 events wait for one" in str(found.description)
    codes.write_text("code\nA-1\nA-2\n", encoding="utf-8")
    assert answers(open_shop.cycle("2024-04"))["every_coupon_has_a_code"].passed
