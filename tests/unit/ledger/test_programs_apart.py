"""Two programs over the same sales do not see each other's rules, caps, tiers or balances."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from loyalty_pipeline import pipeline
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from tests.properties import reading
from tests.unit.ledger.shop import EVERYBODY, RULES, Shop, sale

EVENTS = """\
    tiers: {order: [Base, Gold], from: cycle_sales, upgrade: immediate,
            crossing: issue_then_upgrade, thresholds: {Gold: 1000}}
    strategies:
      - {id: base, type: prorated, value: RATES}
      - {id: rich, type: fixed, value: 7}
    rulesets:
      - event: transaction
        match: all
        rules:
          - {id: earn, when: "true", then: [{allocate: base}]}
          - {id: richer, when: "current_points >= 50", then: [{allocate: rich}]}
    caps:
      - {id: most, per: partner, period: cycle, points: CAP}
"""


def rules(program: str, rates: str, cap: int) -> str:
    """The shop's file with rules of events in place of its slabs."""
    head = RULES[: RULES.index("    slabs:")].replace("program: shop", f"program: {program}")
    return head + EVENTS.replace("RATES", rates).replace("CAP", str(cap))


def test_programs_over_the_same_sales_are_apart(tmp_path: Path) -> None:
    shop = Shop(tmp_path, rules("first", "{Base: 10%, Gold: 20%}", 1000))
    other_file = tmp_path / "other.yaml"
    other_file.write_text(rules("second", "{Base: 1%, Gold: 2%}", 15), encoding="utf-8")
    other = load_program(other_file)

    def run(today: str, *sales: str) -> None:
        partners = EVERYBODY if today == "2025-04-02" else ()
        shop.day(today, **({"partners": partners} if partners else {}), sales=sales)
        clock, report = Clock.on(date.fromisoformat(today)), RunReport()
        published = pipeline.take_in_rules(other, shop.home, clock, today, report)
        pipeline.earn(published, shop.home, clock, today, report)

    run("2025-04-02", sale(1, "2025-04-02", "P1", 1000))
    run("2025-04-03", sale(2, "2025-04-03", "P1", 1000))
    found = []
    for program in ("first", "second"):
        promoted = program_state(program_journal(shop.home, program)).promoted
        rows = reading.rows(
            shop.home,
            [promoted["point_allocations", "2025-04"]],
            "program, document_no, rule, tier, points, capped_by",
        )
        found += [(p, d, r, t, int(points), c) for p, d, r, t, points, c in rows]
    assert sorted(found, key=str) == [
        ("first", "1", "earn", "Base", 100, None),
        ("first", "2", "earn", "Gold", 200, None),
        ("first", "2", "richer", "Gold", 7, None),  # 100 current; the other program has 10
        ("second", "1", "earn", "Base", 10, None),
        ("second", "2", "earn", "Gold", 5, "most"),
    ]
