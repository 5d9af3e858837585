"""What the code location consists of, for one program file and for several."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import dagster as dg
import pytest
import yaml

from loyalty_pipeline.defs.location import location
from loyalty_pipeline.program.loader import ProgramFileError
from tests.orchestration.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
BY_CYCLE = (
    "rules", "cycle_sales", "slab_assignments", "point_allocations", "ledger", "releases",
    "redemptions", "statements", "liability",
)  # fmt: skip


def test_the_sample_program_loads_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dg.Definitions.validate_loadable(location(ROOT / "data" / "programs"))


def test_each_program_is_a_group_in_the_order_of_the_data(open_shop: Shop) -> None:
    graph = open_shop.defs.resolve_asset_graph()
    ordered = ["/".join(key.path) for key in graph.toposorted_asset_keys]
    flow = ["dms/drop", "dms/landing", "dms/sales", *(f"shop/{table}" for table in BY_CYCLE[1:-1])]
    assert sorted(flow, key=ordered.index) == flow
    groups = {"/".join(key.path): graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert {group for key, group in groups.items() if key.startswith("shop/")} == {"shop"}
    assert {group for key, group in groups.items() if key.startswith("dms/")} == {"dms"}
    assert "backfill: job cycles_shop" in str(
        graph.get(dg.AssetKey(["shop", "ledger"])).description
    )


def test_cycles_and_months_are_partitions_with_the_open_one_included(open_shop: Shop) -> None:
    graph = open_shop.defs.resolve_asset_graph()
    for table in BY_CYCLE:
        cycles = graph.get(dg.AssetKey(["shop", table])).partitions_def
        assert isinstance(cycles, dg.TimeWindowPartitionsDefinition)
        assert cycles.timezone == "Asia/Kolkata"
        assert cycles.get_partition_keys()[:3] == ["2024-04", "2024-07", "2024-10"]
        assert cycles.end_offset == 1
    months = graph.get(dg.AssetKey(["shop", "monthly_sales"])).partitions_def
    assert months is not None
    assert months.get_partition_keys()[:2] == ["2024-04", "2024-05"]


def test_runs_stay_in_one_process_and_writers_share_a_pool(open_shop: Shop) -> None:
    repository = open_shop.defs.get_repository_def()
    job = repository.get_job("cycles_shop")
    assert job.executor_def is dg.in_process_executor
    pools = {node.name: node.definition.pool for node in job.nodes if hasattr(node, "definition")}
    assert pools["shop__ledger"] == pools["shop__releases"] == "program_shop"


def test_two_programs_share_the_assets_of_their_source(open_shop: Shop) -> None:
    open_shop.write_rules(redeems=False)
    open_shop.write_rules(program="second", redeems=False)
    repository = open_shop.defs.get_repository_def()
    assert sorted(job.name for job in repository.get_all_jobs() if job.name[0] != "_") == [
        "approve_dms", "cycles_second", "cycles_shop", "drop_dms", "months_second", "months_shop",
        "releases_second", "releases_shop", "reprocess_dms",
    ]  # fmt: skip
    graph = repository.asset_graph
    readers = graph.get(dg.AssetKey(["dms", "sales"])).child_keys
    assert {key.path[0] for key in readers} == {"shop", "second"}


@pytest.mark.parametrize(
    ("zone", "expected"), [("Asia/Kolkata", "Asia/Kolkata"), ("Europe/Berlin", "UTC")]
)
def test_programs_that_share_a_source_have_partitions_of_one_time_zone(
    open_shop: Shop, zone: str, expected: str
) -> None:
    open_shop.write_rules(redeems=False)
    open_shop.write_rules(program="second", zone=zone, redeems=False)
    open_shop.write_rules(program="third", zone="America/New_York", source="other")
    graph = open_shop.defs.resolve_asset_graph()

    def zone_of(*path: str) -> str:
        found = graph.get(dg.AssetKey(path)).partitions_def
        assert isinstance(found, dg.TimeWindowPartitionsDefinition)
        return found.timezone

    assert {zone_of("dms", "sales"), zone_of("shop", "ledger"), zone_of("second", "ledger")} == {
        expected
    }
    assert zone_of("third", "ledger") == zone_of("other", "sales") == "America/New_York"


def test_a_program_named_like_a_source_is_refused(open_shop: Shop) -> None:
    open_shop.write_rules(redeems=False)
    open_shop.write_rules(program="dms", redeems=False)
    with pytest.raises(ValueError, match="dms is the name of a program and of a source"):
        _ = open_shop.defs


def test_a_broken_program_file_says_file_line_and_remedy(open_shop: Shop) -> None:
    file = open_shop.programs / "shop.yaml"
    file.write_text(file.read_text().replace("mode: whole", "mode: hole"))
    with pytest.raises(ProgramFileError, match=r"shop\.yaml:\d+: .*mode"):
        _ = open_shop.defs


def test_workspace_and_project_file_name_the_same_location() -> None:
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text())
    module = workspace["load_from"][0]["python_module"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    assert module["location_name"] == project["code_location_name"]
    assert module["module_name"] == f"{project['root_module']}.definitions"


def test_dagster_loads_the_workspace_as_it_is(open_shop: Shop, tmp_path: Path) -> None:
    """Another process, as webserver and daemon start one: `dagster definitions validate`."""
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"],
        cwd=ROOT,
        env={"PATH": "", "DAGSTER_HOME": "", "LOYALTY_HOME": str(tmp_path / "home"),
             "LOYALTY_PROGRAMS": str(open_shop.programs)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Validation successful for code location loyalty_pipeline" in done.stderr + done.stdout
