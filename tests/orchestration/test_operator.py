"""A new operator: from a red check to the cause and the remedy, in the UI and in a terminal."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner, Result

from loyalty_pipeline.cli import main
from tests.orchestration.shop import SALES, TODAY, Shop, answers, metadata_of

PARTNERS = ("partner_id", "name", "enrolled_on", "mobile")
MOBILE = "+91 98450 12345"


@pytest.fixture
def careful_shop(open_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose source wants approvals, and its reject files back on the server."""
    edit(
        open_shop,
        "    path: /drop\n",
        "    path: /drop\n    supersede: approve\n    rejects_to: /rejects\n",
    )
    (open_shop.folder.parent / "rejects").mkdir()
    monkeypatch.setenv("LOYALTY_HOME", str(open_shop.home.root))
    monkeypatch.setenv("LOYALTY_PROGRAMS", str(open_shop.programs))
    monkeypatch.setenv("LOYALTY_TODAY", TODAY)
    return open_shop


def edit(shop: Shop, old: str, new: str) -> None:
    path = shop.programs / "shop.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def loyalty(*words: str) -> Result:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == 0, result.output
    return result


def told(*words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(loyalty(*words, "--format", "json").stdout)
    return found


def test_a_wrong_contract_is_mended_without_a_new_delivery(careful_shop: Shop) -> None:
    rows = [["A1", "invoice", "10-04-2024", "P1", "D1", "1", "2000"]]
    careful_shop.deliver("sales_2024-04.csv", SALES, rows)
    careful_shop.deliver("partners_2024-04-01.csv", PARTNERS, [["P1", "One", "01-01-2024", MOBILE]])
    result = careful_shop.drop()
    check = answers(result)["nothing_quarantined"]
    assert not check.passed
    assert "loyalty quarantine reprocess" in str(check.description)
    shown = str(check.metadata["lines in quarantine"].value)
    assert "A1,invoice,10-04-2024" in shown
    assert "***" in shown
    assert MOBILE not in shown
    assert MOBILE not in loyalty("quarantine").stdout
    assert MOBILE in loyalty("quarantine", "--unmasked").stdout

    edit(careful_shop, "    path: /drop\n", "    path: /drop\n    date_format: '%d-%m-%Y'\n")
    careful_shop.run("reprocess_dms")
    assert told("quarantine", "--status", "open") == []
    assert [file["quarantined"] for file in told("files")] == [0, 0]
    assert answers(careful_shop.drop())["nothing_quarantined"].passed


def test_reject_files_go_back_to_the_server_and_heal(careful_shop: Shop) -> None:
    careful_shop.deliver("partners_2024-04-01.csv", PARTNERS, [["P1", "One", "2024-01-01", MOBILE]])
    good = ["A1", "invoice", "2024-04-10", "P1", "D1", "1", "2000"]
    bad = ["A2", "invoice", "2024-04-10", "=1+1", "D1", "1", "20,00"]
    careful_shop.deliver("sales_2024-04.csv", SALES, [good, bad])
    careful_shop.drop()
    [path] = (careful_shop.folder.parent / "rejects").iterdir()
    [row] = list(csv.DictReader(io.StringIO(path.read_text())))
    assert (row["document_no"], row["partner_id"]) == ("A2", "'=1+1")
    assert row["rejected_because"] == "amount_format"
    [written] = loyalty("quarantine", "rejects").stdout.split()
    assert written.endswith(path.name)

    careful_shop.deliver_sales("sales_2024-04_2.csv", "A2 2024-04-10 P1 20")
    result = careful_shop.drop()
    assert answers(result)["nothing_quarantined"].passed
    assert [row["status"] for row in told("quarantine")] == ["healed"]
    healed = {row["file"]: row["healed"] for row in told("files")}
    assert healed["sales_2024-04.csv"] == 1


def test_a_reject_file_of_what_is_left_is_put_beside_the_one_before(careful_shop: Shop) -> None:
    # It had the same name and other bytes: it was refused, and kept back all behind it.
    careful_shop.deliver("partners_2024-04-01.csv", PARTNERS, [["P1", "One", "2024-01-01", MOBILE]])
    bad = [
        [number, "invoice", "2024-04-10", "P1", "D1", "1", "20,00"] for number in ("A1", "A2", "A3")
    ]
    careful_shop.deliver("sales_2024-04.csv", SALES, bad[:2])
    careful_shop.drop()
    careful_shop.deliver_sales("sales_2024-04_2.csv", "A1 2024-04-10 P1 20")
    careful_shop.deliver("sales_2024-04_3.csv", SALES, bad[2:])
    careful_shop.drop()
    loyalty("quarantine", "rejects", "--source", "dms", "--send")
    found = [
        [row["document_no"] for row in csv.DictReader(io.StringIO(path.read_text()))]
        for path in (careful_shop.folder.parent / "rejects").iterdir()
    ]
    assert sorted(found) == [["A1", "A2"], ["A2"], ["A3"]]


def test_a_changed_file_waits_until_somebody_approves_it(careful_shop: Shop) -> None:
    careful_shop.deliver_three_quarters()
    careful_shop.drop()
    careful_shop.deliver_sales("sales_2024-04_2.csv", "A1 2024-04-10 P1 4000")
    check = answers(careful_shop.drop())["nothing_waits_for_approval"]
    assert not check.passed
    assert "sales_2024-04_2.csv" in str(check.metadata["waiting files"].value)
    assert [file["file"] for file in told("files", "--status", "waiting")] == [
        "sales_2024-04_2.csv"
    ]
    said = loyalty("files", "approve", "sales_2024-04_2.csv", "--by", "asha", "--reason", "typing")
    assert "2024-04" in said.stderr
    assert told("files", "--status", "waiting") == []
    careful_shop.cycle("2024-04")
    counted = (
        "select amount from billing_transactions where document_no = 'A1' and status = 'counted'"
    )
    assert told("sql", counted) == [{"amount": "4000.00"}]
    assert answers(careful_shop.drop())["nothing_waits_for_approval"].passed


def test_a_changed_file_is_approved_from_the_launchpad(careful_shop: Shop) -> None:
    careful_shop.deliver_three_quarters()
    careful_shop.drop()
    careful_shop.deliver_sales("sales_2024-04_2.csv", "A1 2024-04-10 P1 4000")
    careful_shop.drop()
    config = {"files": ["sales_2024-04_2.csv"], "by": "asha", "reason": "typing"}
    careful_shop.run("approve_dms", config={"ops": {"approve_files_of_dms": {"config": config}}})
    assert told("files", "--status", "waiting") == []


def test_the_page_of_a_source_reconciles_files_and_months(careful_shop: Shop) -> None:
    careful_shop.deliver_three_quarters()
    careful_shop.drop()
    careful_shop.cycle("2024-04")
    result = careful_shop.drop()
    page = metadata_of(result, "reconciliation")
    assert page["files_that_do_not_agree"] == page["months_that_do_not_agree"] == 0
    assert "sales_2024-04.csv" in str(page["files"])
    assert "2024-08" in str(page["months"])
    assert answers(result)["reconciled"].passed
    report = told("report", "reconciliation")
    assert {row["agrees"] for row in report} == {True}
    [april] = [row for row in report if row["remote_name"] == "sales_2024-04.csv"]
    assert (april["control_rows"], april["rows_counted"]) == (2, 2)
    assert (april["amount_in"], april["amount_counted"]) == ("8000.000", "8000.000")
