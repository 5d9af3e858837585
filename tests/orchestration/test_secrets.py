"""No secret reaches what Dagster keeps: events, logs, run config, metadata, errors."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from tests.orchestration.shop import shop


def kept_by_dagster(folder: Path) -> bytes:
    """Every byte of run storage, event logs and captured output."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def on_disk(tmp_path: Path) -> Path:
    folder = tmp_path / "dagster_home"
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return folder


def test_the_password_is_in_nothing_that_dagster_keeps(tmp_path: Path, on_disk: Path) -> None:
    instance = dg.DagsterInstance.from_config(str(on_disk))
    with shop(tmp_path / "shop", instance) as found:
        canary = found.server.password
        found.deliver_three_quarters()
        found.drop()
        found.cycle("2024-04")
        wrong = f"wrong-{canary}"
        os.environ["DMS_PASSWORD"] = wrong
        refused = found.drop(succeeds=False)
        assert "refuses" in str(failure(refused))
        kept = kept_by_dagster(on_disk)
        assert b"sales_2024-04.csv" in kept
        assert canary.encode() not in kept


def test_no_person_is_named_in_what_dagster_keeps(tmp_path: Path, on_disk: Path) -> None:
    instance = dg.DagsterInstance.from_config(str(on_disk))
    with shop(tmp_path / "shop", instance) as found:
        rows = [["P1", "Asha Canary", "2024-01-01", "active", "asha@canary.example", "900001"],
                ["P2", "Ravi Canary", "never", "active", "ravi@canary.example", "900002"],
                ["P3", "Short Canary"]]  # fmt: skip
        columns = ("partner_id", "name", "enrolled_on", "status", "email", "mobile")
        found.deliver_three_quarters()
        found.deliver("partners_2024-05-01.csv", columns, rows)
        found.drop()
        found.cycle("2024-04")
        kept = kept_by_dagster(on_disk)
        assert b"partners_2024-05-01.csv" in kept
        assert b"anary" not in kept


def failure(result: dg.ExecuteInProcessResult) -> str:
    """What a failed step said."""
    return "\n".join(
        str(event.step_failure_data.error) for event in result.all_events if event.is_step_failure
    )
