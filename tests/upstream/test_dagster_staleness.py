"""What we rely on in Dagster's data versions. A failure here means: Dagster changed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

MONTHS = dg.TimeWindowPartitionsDefinition(
    start="2024-04", fmt="%Y-%m", cron_schedule="0 0 1 * *", timezone="UTC"
)
QUARTERS = dg.TimeWindowPartitionsDefinition(
    start="2024-04", fmt="%Y-%m", cron_schedule="0 0 1 1,4,7,10 *", timezone="UTC"
)
VERSIONS: dict[str, str] = {}


@dg.asset
def whole() -> dg.MaterializeResult[Any]:
    return dg.MaterializeResult(data_version=dg.DataVersion(VERSIONS.get("whole", "1")))


@dg.asset(partitions_def=MONTHS, deps=[whole], output_required=False)
def months() -> Iterator[dg.MaterializeResult[Any]]:
    yield from ()


@dg.asset(partitions_def=QUARTERS)
def rules(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    version = VERSIONS.get(f"rules {context.partition_key}", "1")
    return dg.MaterializeResult(data_version=dg.DataVersion(version))


@dg.asset(partitions_def=QUARTERS, deps=[months, rules])
def sales(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    version = VERSIONS.get(f"sales {context.partition_key}", "1")
    return dg.MaterializeResult(data_version=dg.DataVersion(version))


@dg.asset(partitions_def=QUARTERS, deps=[sales])
def slabs() -> dg.MaterializeResult[Any]:
    return dg.MaterializeResult(data_version=dg.DataVersion("1"))


DEFS = dg.Definitions(assets=[whole, months, rules, sales, slabs])


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    VERSIONS.clear()
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as found:
        yield found


def run(instance: dg.DagsterInstance, *assets: dg.AssetsDefinition, cycle: str) -> None:
    every = [whole, months, rules, sales, slabs]
    dg.materialize(every, selection=list(assets), partition_key=cycle, instance=instance)


def report(
    instance: dg.DagsterInstance,
    key: str,
    partition: str,
    version: str,
    inputs: Mapping[str, tuple[str, str]] | None = None,
) -> None:
    tags = {
        "dagster/data_version": version,
        "dagster/data_version_is_user_provided": "true",
        "dagster/code_version": "none",
    }
    for upstream, (seen, pointer) in (inputs or {}).items():
        tags[f"dagster/input_data_version/{upstream}"] = seen
        tags[f"dagster/input_event_pointer/{upstream}"] = pointer
    instance.report_runless_asset_event(
        dg.AssetMaterialization(key, partition=partition, tags=tags)
    )


def status(instance: dg.DagsterInstance, key: str, partition: str | None = None) -> str:
    graph = DEFS.resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    return str(resolver.get_status(dg.AssetKey(key), partition).value)


def test_a_reported_rule_version_makes_its_cycle_stale_and_no_other(
    instance: dg.DagsterInstance,
) -> None:
    for cycle in ("2024-04", "2024-07"):
        run(instance, rules, sales, cycle=cycle)
    report(instance, "rules", "2024-04", "2")
    assert (status(instance, "sales", "2024-04"), status(instance, "sales", "2024-07")) == (
        "STALE",
        "FRESH",
    )
    report(instance, "rules", "2024-04", "1")
    assert status(instance, "sales", "2024-04") == "FRESH"


def test_equal_content_leaves_what_is_made_of_it_fresh(instance: dg.DagsterInstance) -> None:
    run(instance, rules, sales, slabs, cycle="2024-04")
    run(instance, sales, cycle="2024-04")
    assert status(instance, "slabs", "2024-04") == "FRESH"
    VERSIONS["sales 2024-04"] = "2"
    run(instance, sales, cycle="2024-04")
    assert status(instance, "slabs", "2024-04") == "STALE"


def test_a_month_reported_anew_makes_its_cycle_stale(instance: dg.DagsterInstance) -> None:
    report(instance, "months", "2024-05", "1", {"whole": ("1", "NULL")})
    run(instance, rules, sales, cycle="2024-04")
    assert status(instance, "sales", "2024-04") == "FRESH"
    report(instance, "months", "2024-06", "1", {"whole": ("1", "NULL")})
    assert status(instance, "sales", "2024-04") == "STALE"


def test_a_reported_event_is_compared_by_version_with_what_has_no_partitions(
    instance: dg.DagsterInstance,
) -> None:
    dg.materialize([whole], instance=instance)
    report(instance, "months", "2024-05", "1", {"whole": ("1", "NULL")})
    dg.materialize([whole], instance=instance)
    assert status(instance, "months", "2024-05") == "FRESH"
    VERSIONS["whole"] = "2"
    dg.materialize([whole], instance=instance)
    assert status(instance, "months", "2024-05") == "STALE"


def test_a_reported_event_is_compared_from_its_pointer_on_with_what_has_partitions(
    instance: dg.DagsterInstance,
) -> None:
    report(instance, "months", "2024-05", "1", {"whole": ("NULL", "NULL")})
    report(instance, "rules", "2024-04", "1")
    pointer = str(instance.event_log_storage.get_maximum_record_id())
    inputs = {"months": ("any", pointer), "rules": ("any", pointer)}
    report(instance, "sales", "2024-04", "1", inputs)
    assert status(instance, "sales", "2024-04") == "FRESH"  # also without April and June
    report(instance, "rules", "2024-04", "1")
    assert status(instance, "sales", "2024-04") == "FRESH"
    report(instance, "rules", "2024-04", "2")
    assert status(instance, "sales", "2024-04") == "STALE"


def test_without_inputs_told_a_reported_event_with_a_missing_input_would_be_stale(
    instance: dg.DagsterInstance,
) -> None:
    report(instance, "rules", "2024-04", "1")
    instance.report_runless_asset_event(dg.AssetMaterialization("sales", partition="2024-04"))
    assert status(instance, "sales", "2024-04") == "STALE"


def test_an_asset_as_a_whole_never_shows_its_stale_partitions(
    instance: dg.DagsterInstance,
) -> None:
    run(instance, rules, sales, cycle="2024-04")
    report(instance, "rules", "2024-04", "2")
    assert status(instance, "sales") == "FRESH"
