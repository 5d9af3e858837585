"""Redemptions are served against all that is known when they are."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

from loyalty_pipeline import pipeline
from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.ledger.state import program_journal
from loyalty_pipeline.program.clock import Clock
from tests.unit.reporting.world import PARTNERS, REDEMPTIONS, RULES, SALES, World, invoice

NOW = Clock.on(date(2024, 7, 3))


def test_a_sale_that_came_with_its_redemption_is_posted_first_whoever_waits(tmp_path: Path) -> None:
    # A run had seen that nothing was to be posted, and waited for another one. What was staged
    # meanwhile it read: the redemption, and not the points of the sale beside it.
    world = World.create(tmp_path, RULES.replace("      delayed_accrual: 7\n", ""))
    partner, sale = "P1,A,2024-01-10,active", invoice("1", "2024-04-05", "P1", "1000")
    world.day(
        "2024-07-02", [("partners_1.csv", PARTNERS, (partner,)), ("sales_1.csv", SALES, (sale,))]
    )
    program = pipeline.as_if_published(world.program, world.home)
    with program_journal(world.home, "rewards").writing():
        waiting = threading.Thread(
            target=pipeline.serve_redemptions, args=(program, world.home, NOW, "waiting")
        )
        waiting.start()
        waiting.join(0.5)
        deliver(world, "sales_2.csv", SALES, invoice("2", "2024-04-06", "P1", "3000"))
        deliver(world, "redemptions_1.csv", REDEMPTIONS, "R1,P1,2024-07-03,350,")
        stage(world.program.sources[0], world.home, NOW, "staging", lambda text: None)
    waiting.join()
    world.day("2024-07-03")
    world.day("2024-07-04")
    assert world.ask("select partner_id, current from partner_balances") == [("P1", 50)]
    assert world.ask("from quarantine") == []


def deliver(world: World, name: str, header: str, line: str) -> None:
    path = world.folder / name
    path.write_text(f"{header}\n{line}\n", encoding="utf-8")
    land_local([(path, name.partition("_")[0])], "dms", world.home, NOW)
