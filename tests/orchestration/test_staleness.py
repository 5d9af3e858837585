"""What Dagster shows as stale: exactly the cycles that would come out differently."""

from __future__ import annotations

from datetime import date

import dagster as dg
import pytest

from loyalty_pipeline import pipeline
from loyalty_pipeline.ledger.posting import stale_cycles
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from tests.orchestration.shop import PROGRAM, Shop, metadata_of
from tests.properties import reading

QUARTERS = ("2024-04", "2024-07", "2024-10")
BY_RULES = ("cycle_sales", "slab_assignments", "point_allocations")


@pytest.fixture
def posted(open_shop: Shop) -> Shop:
    """Three quarters, all posted."""
    open_shop.deliver_three_quarters()
    open_shop.drop()
    for name in QUARTERS:
        open_shop.cycle(name)
    return open_shop


def test_a_rule_change_makes_exactly_the_cycles_it_touches_stale_and_costs_the_differences(
    posted: Shop,
) -> None:
    assert posted.stale() == {}
    before = reading.entries(posted.home, PROGRAM)
    posted.write_rules(later={"2024-07-01": "12%"})
    posted.tick()
    assert posted.stale() == {f"{PROGRAM}/{table}": ["2024-07", "2024-10"] for table in BY_RULES}
    program = pipeline.as_if_published(load_program(posted.programs / "shop.yaml"), posted.home)
    found = stale_cycles(program, posted.home, date.fromisoformat(posted.today))
    assert [one.cycle.name for one in found] == ["2024-07", "2024-10"]

    first = posted.cycle("2024-07")
    # P1: 3,000 at 12% is 360 instead of 300; P2 stays below the slab.
    assert metadata_of(first, "ledger")["entries_posted"] == 1
    assert posted.stale() == {f"{PROGRAM}/{table}": ["2024-10"] for table in BY_RULES}
    posted.cycle("2024-10")
    assert posted.stale() == {}
    added = [row for row in reading.entries(posted.home, PROGRAM) if row not in before]
    assert sorted(str(row[6]) for row in added if row[3] != "release") == ["20.000", "60.000"]


def test_rules_that_say_the_same_or_go_back_make_nothing_stale(posted: Shop) -> None:
    file = posted.programs / "shop.yaml"
    file.write_text("# reviewed\n" + file.read_text())
    assert [type(event) for event in posted.tick().asset_events] == [dg.AssetCheckEvaluation]
    posted.write_rules("12%")
    posted.tick()
    assert posted.stale() != {}
    posted.write_rules("10%")
    posted.tick()
    assert posted.stale() == {}


def test_a_run_under_new_rules_shows_the_other_cycles_they_touch(posted: Shop) -> None:
    posted.write_rules("12%")
    posted.cycle("2024-04")
    assert posted.stale() == {f"{PROGRAM}/{table}": ["2024-07", "2024-10"] for table in BY_RULES}
    # Runs of Dagster are not told again by the sensor that tells of others.
    assert "no commits of others" in str(posted.tick("journals").skip_message)


def test_a_late_file_makes_its_cycle_stale_and_the_run_stops_where_nothing_differs(
    posted: Shop,
) -> None:
    posted.deliver_sales("sales_2024-08_2.csv", "B9 2024-08-30 P2 100")
    posted.drop()
    assert posted.stale() == {f"{PROGRAM}/cycle_sales": ["2024-07"]}
    # P2 has 600 now and is still below the first slab: no points, and the ledger stays fresh.
    ledger_before = posted.shown("ledger", "2024-07")["commit"]
    result = posted.cycle("2024-07")
    assert metadata_of(result, "cycle_sales")["net_sales"] == 3600.0
    assert metadata_of(result, "ledger")["entries_posted"] == 0
    assert posted.shown("ledger", "2024-07")["commit"] != ledger_before
    assert posted.stale() == {}


def test_what_the_command_line_did_is_shown_and_what_comes_after_makes_it_stale(
    open_shop: Shop,
) -> None:
    open_shop.deliver_three_quarters()
    program = load_program(open_shop.programs / "shop.yaml")
    pipeline.run(program, open_shop.home, Clock.on(date.fromisoformat(open_shop.today)), "cli-1")
    assert "commits of others shown" in str(open_shop.tick("journals").skip_message)
    assert open_shop.stale() == {}
    assert open_shop.shown("ledger", "2024-04")["state"] == "posted"
    assert open_shop.shown("liability", "2024-10")["as_of"] == "2024-12-31"
    assert open_shop.shown("dms/sales", "2024-08")["documents"] == 2
    assert "no commits of others" in str(open_shop.tick("journals").skip_message)

    open_shop.drop()
    assert open_shop.stale() == {}
    open_shop.deliver_sales("sales_2024-08_2.csv", "B9 2024-08-30 P2 100")
    open_shop.drop()
    assert open_shop.stale() == {f"{PROGRAM}/cycle_sales": ["2024-07"]}
    open_shop.cycle("2024-07")
    assert open_shop.stale() == {}


def test_a_source_that_no_program_reads_any_more_keeps_nothing_from_being_shown(
    open_shop: Shop,
) -> None:
    open_shop.deliver_three_quarters()
    file = open_shop.programs / "shop.yaml"
    program = load_program(file)
    pipeline.run(program, open_shop.home, Clock.on(date.fromisoformat(open_shop.today)), "cli-1")
    loaded, text = open_shop.defs, file.read_text(encoding="utf-8")
    file.write_text(text.replace("id: dms", "id: another"), encoding="utf-8")
    told = open_shop.tick("journals", loaded=loaded)
    assert "commits of others shown" in str(told.skip_message)
    assert open_shop.shown("ledger", "2024-04")["state"] == "posted"


def test_what_the_command_line_met_is_red_here_too(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.deliver_sales("sales_2024-09.csv", "B7 2024-09-31 P1 100", "B8 2024-09-30 P1 100")
    program = load_program(open_shop.programs / "shop.yaml")
    pipeline.run(program, open_shop.home, Clock.on(date.fromisoformat(open_shop.today)), "cli-1")
    open_shop.tick("journals")
    keys = {
        name: dg.AssetCheckKey(dg.AssetKey(["dms", "landing"]), name)
        for name in ("rows_accounted_for", "no_file_refused", "nothing_quarantined", "reconciled")
    }
    found = open_shop.instance.event_log_storage.get_latest_asset_check_execution_by_key(
        list(keys.values())
    )
    told = {name: found[key].status.value for name, key in keys.items()}
    assert told.pop("nothing_quarantined") == "FAILED"  # September has no 31st
    assert set(told.values()) == {"SUCCEEDED"}
