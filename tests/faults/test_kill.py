"""Killed at random moments, a run that is started again ends with the same ledger."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from victim import perform, play

from loyalty_pipeline.demo.drop import write_drop
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.journal.verify import verify_chain
from loyalty_pipeline.ledger.audit import verify_program
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader
from tests.properties import reading

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("LOYALTY_KILLS", "50"))
PROGRAM = "retailer_rewards"
FORKED = multiprocessing.get_context("forkserver")
# Python 3.11 preloads only what is installed, not what lies beside the test (its path is ignored).
FORKED.set_forkserver_preload(["loyalty_pipeline.pipeline"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    folder = tmp_path_factory.mktemp("world")
    write_drop(folder / "drop")
    rules = ROOT / "data" / "programs" / f"{PROGRAM}.yaml"
    changed = folder / "changed.yaml"
    changed.write_text(rules.read_text().replace("rate: 0.3%", "rate: 0.35%"))
    return folder / "drop", [rules, changed]


def start(home: Path, drop: Path, programs: list[Path]) -> BaseProcess:
    begun = FORKED.Event()
    victim = FORKED.Process(target=perform, args=(begun, programs, Home(home), drop))
    victim.start()
    assert begun.wait(timeout=60)
    return victim


def ledger(home: Path) -> object:
    return reading.entries(Home(home), PROGRAM)


def published(home: Path) -> object:
    with open_reader(Home(home)) as reader:
        return (
            reader.ask(
                "select partner_id, promised, current from partner_balances order by all"
            ).rows,
            reader.ask(
                "select remote_name, status, rows_staged, rows_superseded from landed_files "
                "order by all"
            ).rows,
        )


def test_a_run_killed_at_random_moments_ends_with_the_ledger_of_an_undisturbed_one(
    world: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    drop, programs = world
    calm = tmp_path / "calm"
    began = time.monotonic()
    play(programs, Home(calm), drop)
    duration = time.monotonic() - began
    moments = random.Random(20240401)
    kills, rounds, killed_late = 0, 0, 0
    while kills < KILLS:
        rounds += 1
        home = tmp_path / f"home{rounds}"
        while True:
            victim = start(home, drop, programs)
            victim.join(moments.uniform(0, duration / 2) if kills < KILLS else None)
            if victim.exitcode == 0:
                break
            assert victim.exitcode is None, "it failed without being killed"
            victim.kill()
            victim.join()
            kills += 1
            killed_late += (home / "journal").exists()
        assert ledger(home) == ledger(calm)
        assert published(home) == published(calm)
        assert verify_program(Home(home), PROGRAM) == []
        assert verify_chain(Journal(Home(home), "source/dms")) == []
    assert killed_late > KILLS // 3, "most kills fell before anything was committed"
