"""What we rely on in Dagster's partitions. A failure here means: Dagster changed."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.definitions.partitions.subset.time_window import TimeWindowPartitionsSubset

ZONE = "Asia/Kolkata"
QUARTERS = dg.TimeWindowPartitionsDefinition(
    start="2024-04", fmt="%Y-%m", cron_schedule="0 0 1 1,4,7,10 *", timezone=ZONE, end_offset=1
)
MONTHS = dg.TimeWindowPartitionsDefinition(
    start="2024-04", fmt="%Y-%m", cron_schedule="0 0 1 * *", timezone=ZONE, end_offset=1
)


def test_keys_are_first_months_and_the_open_cycle_is_one_of_them() -> None:
    now = datetime(2025, 1, 15, tzinfo=UTC)
    assert QUARTERS.get_partition_keys(now) == ["2024-04", "2024-07", "2024-10", "2025-01"]
    assert MONTHS.get_partition_keys(now)[-2:] == ["2024-12", "2025-01"]


def test_a_new_cycle_appears_at_midnight_of_the_time_zone() -> None:
    before = datetime(2024, 12, 31, 18, 29, tzinfo=UTC)  # 23:59 in India
    after = datetime(2024, 12, 31, 18, 30, tzinfo=UTC)
    assert "2025-01" not in QUARTERS.get_partition_keys(before)
    assert "2025-01" in QUARTERS.get_partition_keys(after)


def test_a_month_whose_first_midnight_the_clock_skips_is_a_partition_too() -> None:
    skipped = dg.TimeWindowPartitionsDefinition(
        start="2023-07", fmt="%Y-%m", cron_schedule="0 0 1 1,4,7,10 *", timezone="America/Asuncion"
    )  # 1 October 2023 began there at 1:00
    keys = skipped.get_partition_keys(datetime(2024, 3, 1, tzinfo=UTC))
    assert keys == ["2023-07", "2023-10"]


def test_a_key_that_names_no_cycle_is_rounded_up_so_we_parse_keys_ourselves() -> None:
    window = QUARTERS.time_window_for_partition_key("2024-05")
    assert window.start == QUARTERS.time_window_for_partition_key("2024-07").start


def test_months_map_to_their_cycle_and_back_by_default() -> None:
    mapping = dg.TimeWindowPartitionMapping()
    up = mapping.get_upstream_mapped_partitions_result_for_partitions(
        QUARTERS.subset_with_partition_keys(["2024-07"]), QUARTERS, MONTHS
    )
    assert sorted(up.partitions_subset.get_partition_keys()) == ["2024-07", "2024-08", "2024-09"]
    down = mapping.get_upstream_mapped_partitions_result_for_partitions(
        MONTHS.subset_with_partition_keys(["2024-08"]), MONTHS, QUARTERS
    )
    assert list(down.partitions_subset.get_partition_keys()) == ["2024-07"]


def test_a_start_that_is_left_out_does_not_make_the_window_before_it_longer() -> None:
    """Why a cycle that is longer than others is one month to Dagster (ADR 0016)."""
    quarters = dg.TimeWindowPartitionsDefinition(
        start="2024-04",
        fmt="%Y-%m",
        cron_schedule="0 0 1 * *",
        timezone=ZONE,
        end_offset=1,
        exclusions=[datetime(2024, month, 1, tzinfo=UTC) for month in (5, 6, 8, 9)],
    )
    assert quarters.get_partition_keys(datetime(2024, 4, 15, tzinfo=UTC)) == ["2024-04"]
    early = quarters.get_partition_keys(datetime(2024, 5, 15, tzinfo=UTC))
    assert early == ["2024-04", "2024-07"]
    up = dg.TimeWindowPartitionMapping().get_upstream_mapped_partitions_result_for_partitions(
        quarters.subset_with_partition_keys(["2024-04"]), quarters, MONTHS
    )
    assert list(up.partitions_subset.get_partition_keys()) == ["2024-04"]


def test_months_and_cycles_of_two_time_zones_cannot_depend_on_each_other() -> None:
    other = dg.TimeWindowPartitionsDefinition(
        start="2024-04", fmt="%Y-%m", cron_schedule="0 0 1 * *", timezone="UTC"
    )

    @dg.asset(partitions_def=other)
    def months() -> None: ...

    @dg.asset(deps=[months], partitions_def=QUARTERS)
    def cycles() -> None: ...

    with pytest.raises(
        dg.DagsterInvalidDefinitionError, match="Invalid partition mapping from cycles to months"
    ):
        dg.Definitions.validate_loadable(dg.Definitions(assets=[months, cycles]))


def test_equal_ranges_can_be_unequal_so_a_cycle_is_no_inseparable_multi_asset() -> None:
    """`!=` of ranges compares a count that is filled in lazily, `==` does not.

    The web server compares with `!=` the ranges of a backfill over an inseparable multi-asset,
    and refuses it at random. When this fails, Dagster has mended it.
    """
    counted = QUARTERS.subset_with_partition_keys(["2024-04", "2024-07"])
    assert isinstance(counted, TimeWindowPartitionsSubset)
    uncounted = TimeWindowPartitionsSubset(QUARTERS, None, counted.included_time_windows)
    assert counted == uncounted
    assert counted != uncounted
