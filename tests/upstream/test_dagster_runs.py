"""What we rely on in Dagster's runs, checks and ticks. A failure here means: Dagster changed."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

MONTHS = dg.TimeWindowPartitionsDefinition(
    start="2024-04", fmt="%Y-%m", cron_schedule="0 0 1 * *", timezone="UTC"
)
RANGE = {
    "dagster/asset_partition_range_start": "2024-04",
    "dagster/asset_partition_range_end": "2024-06",
}


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as found:
        yield found


def versions(instance: dg.DagsterInstance, key: str) -> dict[str, str]:
    records = instance.fetch_materializations(dg.AssetKey(key), limit=20).records
    found = {}
    for record in records:
        materialization = record.asset_materialization
        assert materialization is not None
        tags = materialization.tags or {}
        found.setdefault(str(record.partition_key), tags["dagster/data_version"])
    return found


def single_run_asset(**arguments: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.asset(
            name="months",
            partitions_def=MONTHS,
            backfill_policy=dg.BackfillPolicy.single_run(),
            **arguments,
        )


def test_one_run_over_a_range_gives_all_partitions_one_version(
    instance: dg.DagsterInstance,
) -> None:
    @single_run_asset()
    def months() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(data_version=dg.DataVersion("same"))

    dg.materialize([months], instance=instance, tags=RANGE)
    assert set(versions(instance, "months").values()) == {"same"}


def test_a_step_without_required_output_may_report_each_partition_with_its_own(
    instance: dg.DagsterInstance,
) -> None:
    @single_run_asset(output_required=False)
    def months(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        for key in context.partition_keys:
            tags = {"dagster/data_version": f"of {key}"}
            context.log_event(dg.AssetMaterialization("months", partition=key, tags=tags))
        yield from ()

    result = dg.materialize([months], instance=instance, tags=RANGE)
    assert result.success
    keys = ("2024-04", "2024-05", "2024-06")
    assert versions(instance, "months") == {key: f"of {key}" for key in keys}
    assert set(MONTHS.get_partition_keys()) >= set(
        instance.get_materialized_partitions(dg.AssetKey("months"))
    )


def test_a_result_that_was_yielded_is_stored_before_what_is_logged_after_it(
    instance: dg.DagsterInstance,
) -> None:
    """So an event logged after it has it as an input it was made of."""
    seen: list[int] = []

    @dg.asset
    def first(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        seen.append(len(context.instance.fetch_materializations(context.asset_key, 5).records))
        yield dg.MaterializeResult()
        seen.append(len(context.instance.fetch_materializations(context.asset_key, 5).records))

    dg.materialize([first], instance=instance)
    assert seen == [0, 1]


def test_a_skippable_output_that_is_not_yielded_is_no_event(
    instance: dg.DagsterInstance,
) -> None:
    @dg.multi_asset(specs=[dg.AssetSpec("always"), dg.AssetSpec("news", skippable=True)])
    def landing() -> Iterator[dg.MaterializeResult[Any]]:
        yield dg.MaterializeResult(asset_key="always")

    assert dg.materialize([landing], instance=instance).success
    assert instance.get_latest_materialization_event(dg.AssetKey("news")) is None


def test_a_check_without_partitions_answers_for_the_whole_in_a_run_of_one_partition(
    instance: dg.DagsterInstance,
) -> None:
    """The run plans it for its partition and the answer has none; the answer is what shows."""

    @dg.asset(partitions_def=MONTHS)
    def ledger() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult()

    @dg.asset_check(asset=ledger)
    def is_whole() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    defs = dg.Definitions(
        assets=[ledger], asset_checks=[is_whole], jobs=[dg.define_asset_job("every")]
    )
    defs.resolve_job_def("every").execute_in_process(instance=instance, partition_key="2024-04")
    history = instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(dg.AssetKey("ledger"), "is_whole"), limit=5
    )
    assert [(one.status.value, one.partition) for one in history] == [
        ("SUCCEEDED", None),
        ("PLANNED", "2024-04"),
    ]


def test_a_sensor_may_report_versions_and_checks_without_asking_for_a_run(
    instance: dg.DagsterInstance,
) -> None:
    events = [
        dg.AssetMaterialization("rules", partition="2024-04"),
        dg.AssetCheckEvaluation(asset_key=dg.AssetKey("rules"), check_name="c", passed=False),
    ]

    @dg.sensor(name="changes")
    def changes() -> dg.SensorResult:
        return dg.SensorResult(asset_events=events, cursor="1")

    found = changes.evaluate_tick(dg.build_sensor_context(instance=instance))
    assert list(found.asset_events) == events


def test_a_sensor_may_give_a_reason_and_move_its_cursor(instance: dg.DagsterInstance) -> None:
    @dg.sensor(name="journals")
    def journals() -> dg.SensorResult:
        return dg.SensorResult(skip_reason="2 commits shown", cursor="2")

    found = journals.evaluate_tick(dg.build_sensor_context(instance=instance))
    assert (found.skip_message, found.cursor) == ("2 commits shown", "2")


def test_an_unknown_partition_is_refused_by_a_launch(instance: dg.DagsterInstance) -> None:
    @dg.asset(partitions_def=MONTHS)
    def months() -> None: ...

    with pytest.raises(dg.DagsterUnknownPartitionError):
        dg.materialize([months], instance=instance, partition_key="2024-4")


def test_run_tags_reach_the_step(instance: dg.DagsterInstance) -> None:
    seen: dict[str, str] = {}

    @dg.asset
    def tagged(context: dg.AssetExecutionContext) -> None:
        seen.update(context.run.tags)

    dg.materialize([tagged], instance=instance, tags={"loyalty/today": "2025-01-20"})
    assert seen["loyalty/today"] == "2025-01-20"


def test_a_module_of_assets_cannot_postpone_its_annotations() -> None:
    """Why modules in defs that define steps do not import annotations from __future__."""

    def step(context: "dg.AssetExecutionContext") -> None: ...

    with pytest.raises(dg.DagsterInvalidDefinitionError, match="Cannot annotate `context`"):
        dg.asset(name="step")(step)
