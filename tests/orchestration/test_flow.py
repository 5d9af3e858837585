"""From the drop to liability, as Dagster runs it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.warehouse.home import Home
from tests.orchestration.shop import PROGRAM, Shop, answers, metadata_of, reported
from tests.properties import reading

QUARTERS = ("2024-04", "2024-07", "2024-10")


def command_line_ledger(shop: Shop, home: Path) -> list[tuple[object, ...]]:
    """What `loyalty run` posts of the same drop, in another home."""
    program = load_program(shop.programs / f"{PROGRAM}.yaml")
    clock = Clock.on(date.fromisoformat(shop.today))
    pipeline.run(program, Home(home), clock, "cli")
    return reading.entries(Home(home), PROGRAM)


def test_a_drop_reports_what_landed_and_each_month_it_touched(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    result = open_shop.drop()
    assert reported(result) == [
        ("landing", None),
        ("partners", None),
        ("redemptions", None),
        ("sales", "2024-04"),
        ("sales", "2024-08"),
        ("sales", "2024-10"),
        ("reconciliation", None),
    ]
    landing = metadata_of(result, "landing")
    assert (landing["files"], landing["rows_in"], landing["rejected_rows"]) == (5, 9, 0)
    april = open_shop.shown("dms/sales", "2024-04")
    assert (april["dagster/partition_row_count"], april["net_amount"]) == (2, 8000.0)
    assert "select" in str(april["sql"])


def test_the_same_drop_again_reports_nothing_of_its_feeds(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.drop()
    assert reported(open_shop.drop()) == [("landing", None)]


def test_a_cycle_goes_from_rules_to_liability_and_shows_its_figures(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.drop()
    result = open_shop.cycle("2024-04")
    own = [table for table, partition in reported(result) if partition == "2024-04"]
    assert own == [
        "rules", "cycle_sales", "monthly_sales", "slab_assignments", "point_allocations",
        "ledger", "releases", "redemptions", "statements", "liability",
    ]  # fmt: skip
    assert metadata_of(result, "cycle_sales")["net_sales"] == 8000.0
    assert metadata_of(result, "slab_assignments")["partners_in_a_slab"] == 2
    assert metadata_of(result, "point_allocations")["points"] == 1400.0
    ledger = metadata_of(result, "ledger")
    assert (ledger["entries_posted"], ledger["state"]) == (2, "posted")
    assert ledger["rules_version"] == "2024-04-01"
    assert metadata_of(result, "releases")["points"] == 1400.0
    liability = metadata_of(result, "liability")
    assert (liability["as_of"], liability["liability"]) == ("2024-06-30", 700.0)
    for table in ("cycle_sales", "slab_assignments", "point_allocations", "ledger", "statements"):
        assert "select" in str(metadata_of(result, table)["sql"])


def test_a_cycle_run_again_posts_nothing(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.drop()
    open_shop.cycle("2024-04")
    before = reading.entries(open_shop.home, PROGRAM)
    again = open_shop.cycle("2024-04")
    assert metadata_of(again, "ledger")["entries_posted"] == 0
    assert reading.entries(open_shop.home, PROGRAM) == before
    assert open_shop.stale() == {}


@pytest.mark.parametrize("order", [QUARTERS, QUARTERS[::-1]], ids=["in order", "backwards"])
def test_cycles_in_any_order_give_the_ledger_of_the_command_line(
    open_shop: Shop, order: tuple[str, ...], tmp_path: Path
) -> None:
    open_shop.deliver_three_quarters()
    dropped = open_shop.drop()
    for name in order:
        last = open_shop.cycle(name)
    asked = {**answers(dropped), **answers(last)}
    assert {name for name, answer in asked.items() if answer.passed} == {
        "rows_accounted_for", "no_file_refused", "nothing_quarantined", "no_file_missing",
        "nothing_waits_for_approval", "reconciled", "no_cycle_is_stale", "every_document_counts",
        "ledger_is_whole",
    }  # fmt: skip
    found = reading.entries(open_shop.home, PROGRAM)
    assert found == command_line_ledger(open_shop, tmp_path / "other")
    assert any("redemption/R1" in row for row in found)


def test_the_open_cycle_is_projected_and_not_posted(open_shop: Shop) -> None:
    open_shop.today = "2024-05-01"
    open_shop.deliver_three_quarters()
    open_shop.drop()
    result = open_shop.cycle("2024-04")
    assert metadata_of(result, "point_allocations")["points"] == 1400.0
    assert metadata_of(result, "ledger")["state"] == "projected: the cycle is open"
    assert reading.entries(open_shop.home, PROGRAM) == []


def test_an_allocation_alone_is_a_preview_that_posts_nothing(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.drop()
    open_shop.cycle("2024-04")
    open_shop.write_rules("15%")
    selection = [dg.AssetKey([PROGRAM, t]) for t in ("slab_assignments", "point_allocations")]
    repository = open_shop.defs.get_repository_def()
    job = repository.get_implicit_job_def_for_assets(selection)
    assert job is not None
    before = reading.entries(open_shop.home, PROGRAM)
    open_shop.cycle("2024-07")  # publishes the new rules
    result = job.execute_in_process(
        instance=open_shop.instance,
        partition_key="2024-04",
        tags={"loyalty/today": open_shop.today},
        asset_selection=selection,
    )
    assert metadata_of(result, "point_allocations")["points"] == 1500.0
    cycle_of = [row for row in reading.entries(open_shop.home, PROGRAM) if row[1] == "2024-04"]
    assert cycle_of == before
    assert open_shop.stale()[f"{PROGRAM}/ledger"] == ["2024-04"]


def test_months_are_reported_with_their_cycle_and_alone_in_one_run(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.drop()
    result = open_shop.cycle("2024-07")
    months = [partition for table, partition in reported(result) if table == "monthly_sales"]
    assert months == ["2024-07", "2024-08", "2024-09"]
    assert open_shop.shown("monthly_sales", "2024-08")["net_sales"] == 3500.0
    job = open_shop.defs.resolve_job_def(f"months_{PROGRAM}")
    alone = job.execute_in_process(
        instance=open_shop.instance,
        tags={
            "dagster/asset_partition_range_start": "2024-07",
            "dagster/asset_partition_range_end": "2024-10",
            "loyalty/today": open_shop.today,
        },
    )
    assert [partition for _, partition in reported(alone)] == [
        "2024-07", "2024-08", "2024-09", "2024-10",
    ]  # fmt: skip


def test_a_month_in_which_no_cycle_starts_is_no_partition(open_shop: Shop) -> None:
    with pytest.raises(dg.DagsterUnknownPartitionError):
        open_shop.cycle("2024-05")


def test_the_business_date_comes_from_tag_config_or_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOYALTY_TODAY", "2024-06-03")
    configured = Loyalty(home=None, programs=None, today="2024-06-02")
    unset = Loyalty(home=None, programs=None, today=None)
    tag = {"loyalty/today": "2024-06-01"}
    found = [configured.clock("UTC", tag), configured.clock("UTC"), unset.clock("UTC")]
    assert [str(clock.today) for clock in found] == ["2024-06-01", "2024-06-02", "2024-06-03"]
    monkeypatch.setenv("LOYALTY_TODAY", "June")
    with pytest.raises(dg.Failure, match="LOYALTY_TODAY is 'June'"):
        unset.clock("UTC")


def test_a_cycle_without_a_sale_runs_and_posts_nothing(open_shop: Shop) -> None:
    result = open_shop.cycle("2024-04")
    assert metadata_of(result, "cycle_sales")["dagster/partition_row_count"] == 0
    assert metadata_of(result, "ledger")["entries_posted"] == 0


def test_a_file_that_leaves_out_published_versions_runs_as_a_whole_one(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.write_rules(later={"2024-10-01": "10%"})
    open_shop.drop()
    for name in QUARTERS:
        open_shop.cycle(name)
    file = open_shop.programs / f"{PROGRAM}.yaml"
    head, versions = file.read_text().split("versions:\n")
    later = versions[versions.index("  - effective_from: 2024-10-01") :]
    file.write_text(f"{head}versions:\n{later}")
    open_shop.deliver_sales("sales_2024-09.csv", "E1 2024-09-10 P1 1000")
    open_shop.drop()
    open_shop.cycle("2024-07")
    assert open_shop.shown("redemptions", "2025-01")["points"] == 450.0
