"""Runs of the same cycles at the same time give the ledger of one run after the other."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg

from loyalty_pipeline.ledger.audit import verify_program
from tests.orchestration.shop import PROGRAM, Shop, shop
from tests.properties import reading

ROOT = Path(__file__).resolve().parents[2]


def at_once(found: Shop, cycles: list[str], dagster_home: Path) -> None:
    """Run cycles in a process each, let go together."""
    gate = found.root / "gate"
    ready = [found.root / f"ready_{number}" for number in range(len(cycles))]
    environment = {**os.environ, "DAGSTER_HOME": str(dagster_home)}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.orchestration.one_run", str(found.home.root),
             str(found.programs), cycle, found.today, str(gate), str(sign)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for cycle, sign in zip(cycles, ready, strict=True)
    ]  # fmt: skip
    deadline = time.monotonic() + 120
    while not all(sign.exists() for sign in ready) and time.monotonic() < deadline:
        assert all(process.poll() is None for process in running), running[0].communicate()[0]
        time.sleep(0.05)
    gate.touch()
    for process in running:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output[-3000:]


def test_two_runs_of_one_cycle_at_once_post_it_once(tmp_path: Path) -> None:
    dagster_home = tmp_path / "dagster_home"
    dagster_home.mkdir()
    (dagster_home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    instance = dg.DagsterInstance.from_config(str(dagster_home))
    with shop(tmp_path / "shop", instance) as found:
        found.deliver_three_quarters()
        found.drop()
        at_once(found, ["2024-04", "2024-04"], dagster_home)
        posted = reading.entries(found.home, PROGRAM)
        assert [(row[0], row[3], str(row[6])) for row in posted] == [
            ("P1", "promise", "200.000"),
            ("P1", "release", "200.000"),
            ("P2", "promise", "1200.000"),
            ("P2", "release", "1200.000"),
        ]
        assert verify_program(found.home, PROGRAM) == []
        assert found.stale() == {}
