"""A program whose cycles change their length, as Dagster runs it (ADR 0016)."""

from __future__ import annotations

import dagster as dg
import pytest

from tests.orchestration.shop import PROGRAM, Shop, reported
from tests.orchestration.test_ticks import asked, in_india


def keys(shop: Shop, table: str = "ledger") -> list[str]:
    graph = shop.defs.resolve_asset_graph()
    partitions = graph.get(dg.AssetKey([PROGRAM, table])).partitions_def
    assert partitions is not None
    return list(partitions.get_partition_keys())


def become(shop: Shop, cycle: str, later: str) -> None:
    shop.write_rules(later={"2024-10-01": "10%"}, cycle=cycle, later_cycle=later)


def test_partitions_are_the_cycles_of_both_lengths(open_shop: Shop) -> None:
    become(open_shop, "quarter", "month")
    assert keys(open_shop)[:6] == ["2024-04", "2024-07", "2024-10", "2024-11", "2024-12", "2025-01"]
    become(open_shop, "month", "quarter")
    assert keys(open_shop)[:9] == [
        "2024-04", "2024-05", "2024-06", "2024-07", "2024-08", "2024-09", "2024-10", "2025-01",
        "2025-04",
    ]  # fmt: skip
    assert keys(open_shop, "monthly_sales")[6:9] == ["2024-10", "2024-11", "2024-12"]


def test_a_published_length_counts_where_the_file_leaves_it_out(open_shop: Shop) -> None:
    open_shop.deliver_three_quarters()
    open_shop.drop()
    become(open_shop, "quarter", "month")
    open_shop.cycle("2024-04")
    open_shop.write_rules()
    assert keys(open_shop)[2:5] == ["2024-10", "2024-11", "2024-12"]
    assert ("ledger", "2024-11") in reported(open_shop.cycle("2024-11"))
    assert open_shop.shown("redemptions", "2024-11")["refused_redemptions"] == 0


def test_a_cycle_that_has_not_begun_is_not_run(open_shop: Shop) -> None:
    become(open_shop, "month", "quarter")
    assert "2025-04" in keys(open_shop)
    result = open_shop.run(f"cycles_{PROGRAM}", partition_key="2025-04", succeeds=False)
    assert reported(result) == []
    failure = result.get_step_failure_events()[0]
    told = "begins on 2025-04-01, and the business date is 2025-01-20"
    assert told in str(failure.event_specific_data)


def test_cycles_of_either_length_are_closed_when_they_end(open_shop: Shop) -> None:
    close = f"close_{PROGRAM}"
    become(open_shop, "month", "quarter")
    assert asked(open_shop, close, in_india("2024-09-01T06:00")) == ["2024-08"]
    assert asked(open_shop, close, in_india("2024-10-01T06:00")) == ["2024-09"]
    assert asked(open_shop, close, in_india("2024-11-01T06:00")) == []
    assert asked(open_shop, close, in_india("2025-01-01T06:00")) == ["2024-10"]


@pytest.mark.parametrize(
    ("cycle", "later", "cycles"),
    [
        ("quarter", "month", ["2024-04", "2024-07", "2024-10", "2024-12"]),
        ("month", "quarter", ["2024-04", "2024-08", "2024-10"]),
    ],
)
def test_cycles_of_both_lengths_run_and_their_months_are_reported(
    open_shop: Shop, cycle: str, later: str, cycles: list[str]
) -> None:
    become(open_shop, cycle, later)
    open_shop.deliver_three_quarters()
    open_shop.deliver_sales("sales_2024-12.csv", "D1 2024-12-10 P1 1500")
    open_shop.drop()
    requests = open_shop.tick().run_requests or []
    asked_for = sorted(str(request.partition_key) for request in requests)
    assert asked_for == cycles
    months = {name: months_of(open_shop.cycle(name)) for name in asked_for}
    quarter = ["2024-10", "2024-11", "2024-12"]
    assert months["2024-10"] == (quarter if later == "quarter" else ["2024-10"])
    assert open_shop.tick().run_requests == []
    for month in ("2024-10", "2024-12"):
        assert months_of(open_shop.run(f"months_{PROGRAM}", partition_key=month)) == [month]


def months_of(result: dg.ExecuteInProcessResult) -> list[str | None]:
    return [partition for table, partition in reported(result) if table == "monthly_sales"]
