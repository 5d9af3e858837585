"""`loyalty explain` for awards of events: every figure of an award in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from loyalty_pipeline.reporting.explain import as_text, explain
from loyalty_pipeline.warehouse import tables
from tests.unit.reporting.granting import Granted, held
from tests.unit.reporting.test_summaries import CYCLE, entry
from tests.unit.reporting.world import RULES

EVENT_RULES = (
    RULES.split("    slabs:")[0]
    + """\
    tiers: {order: [Base, Silver, Gold], from: cycle_sales, thresholds: {Silver: 1000, Gold: 3000,
      Platinum: 9000}}
    strategies:
      - id: rate
        type: prorated
        value: {Base: 5%, Silver: 7.5%, Gold: 10%, Platinum: 10%}
        basis: document_amount
      - {id: bounded, type: prorated, value: 1%, maximum: 10}
      - {id: steps, type: prorated, value: 2, per: 100, basis: line_amount}
      - id: visit
        type: fixed
        value: 25
        tranches: [{share: 50%, delay: 0}, {share: 50%, delay: 7}]
      - {id: double, type: multiplier, value: 2, of: [rate]}
    stacking: best
    rulesets:
      - event: transaction
        match: all
        rules:
          - {id: every, when: "true", then: [{allocate: rate}, {multiply: double}]}
          - {id: small, when: "true", then: [{allocate: bounded}]}
          - {id: open, when: "true", then: [{forward: by_line}]}
      - id: by_line
        unroll: lines
        match: all
        rules: [{id: each, when: "true", then: [{allocate: steps}]}]
      - event: registration
        match: all
        rules: [{id: hello, when: "true", then: [{allocate: visit}]}]
    caps:
      - {id: c1, per: document, points: 60}
      - {id: c2, per: partner, period: cycle, points: 100}
    campaigns:
      - {id: lift, type: round_up, on: 2024-05-20, from: 30, to: 100, value: 100}
"""
)
INVOICE = "dms/D1/invoice/A%2F1/2024"


def award(key: str, points: int, rounded: int, raw: str, **more: Any) -> dict[str, Any]:
    parts = key.split("/")
    forgone = more.pop("forgone_points", 0)
    return {
        "program": "rewards", "cycle": CYCLE, "partner_id": "R1",
        "allocation_key": f"{CYCLE}/{key}",
        "event": parts[0], "event_date": date(2024, 5, 2), "rule": parts[1], "strategy": parts[2],
        "tier": "Silver", "raw_points": raw, "rounded_points": rounded, "points": points,
        "forgone_points": forgone, "multiplier": 1, "tranche": 1, "rules_version": "2024-04-01",
        **more,
    }  # fmt: skip


POSTED = [
    award(f"transaction/every/rate/-/-/1/{INVOICE}", 40, 90, "90", basis_amount=1200, rate="0.075",
          forgone_points=50, capped_by="c1, c2", forgone_by="c1=30, c2=20"),
    award(f"transaction/every/rate/double/-/1/{INVOICE}", 0, 90, "180", rule="double", multiplier=2,
          forgone_points=90, capped_by="c1", forgone_by="c1=90"),
    award(f"transaction/small/bounded/-/-/1/{INVOICE}", 10, 10, "10", basis_amount=1200,
          rate="0.01"),
    award(f"transaction/each/steps/-/2/1/{INVOICE}", 4, 4, "4", basis_amount=250, line_no=2),
    award("registration/hello/visit/-/-/1/R1", 13, 13, "25", event_date=date(2024, 4, 1),
          tier="Base"),
    award("registration/hello/visit/-/-/2/R1", 12, 12, "25", event_date=date(2024, 4, 1),
          tier="Base",
          tranche=2, accrual_date=date(2024, 4, 9)),
    award("campaign/lift/2024-05-20/R1", 33, 33, "33", event_date=date(2024, 5, 20), rule="lift",
          strategy="lift", basis_amount=67, tier="Base"),
]  # fmt: skip
ENTRIES = [
    entry("R1", 40, "award", f"transaction/every/rate/-/-/1/{INVOICE}"),
    entry("R1", 10, "award", f"transaction/small/bounded/-/-/1/{INVOICE}"),
    entry("R1", 4, "award", f"transaction/each/steps/-/2/1/{INVOICE}"),
    entry("R1", 13, "award", "registration/hello/visit/-/-/1/R1"),
    {**entry("R1", 12, "promise", "registration/hello/visit/-/-/2/R1"),
     "accrual_date": date(2024, 4, 9)},
    entry("R1", 5, "forfeit", "registration/hello/visit/-/-/2/R1", "C1: closed"),
    entry("R1", 33, "campaign", "campaign/lift/2024-05-20/R1", "campaign lift"),
]  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    granted = Granted.create(tmp_path_factory.mktemp("explained"), EVENT_RULES)
    files = [
        granted.file("point_allocations", CYCLE, tables.POINT_ALLOCATIONS, POSTED),
        granted.file("tier_holdings", CYCLE, tables.TIER_HOLDINGS, []),
    ]
    granted.commit("posting", "2024-05-21", files, cycle=CYCLE, entries=ENTRIES, closed=False)
    silver = held("R1", "Silver", "2024-05-01", "2024-05-19", "action", "reached on 1 May")
    granted.release("2024-05-22", [silver])
    world = granted.world
    return as_text(explain(world.home, world.program, "R1", CYCLE))


def part(told: str, title: str) -> list[str]:
    [found] = [text for text in told.split("\n\n") if text.startswith(title)]
    return [line[2:] for line in found.splitlines()[1:]]


def test_an_invoice_is_told_rule_by_rule_with_what_each_cap_took(told: str) -> None:
    assert part(told, "Points for invoice A/1, 2 May 2024") == [
        "Tier Silver: reached on 1 May.",
        "Rule every: strategy rate, the document's amount, 1,200.00 × 7.5% = 90 for tier Silver",
        "  Rounded half up to 0 decimals, over the cycle so far: 90",
        "  Capped by c1, c2: 50 forgone",
        "    c1 took 30",
        "    c2 took 20",
        "  Points: 40, direct",
        "Rule small: strategy bounded, the document's amount, 1,200.00 × 1% = 10, the most it pays",
        "  Rounded half up to 0 decimals, over the cycle so far: 10",
        "  Points: 10, direct",
        "Rule each, line 2: strategy steps, 2 for every full 100 of the line's amount, 250 = 4",
        "  Rounded half up to 0 decimals, over the cycle so far: 4",
        "  Points: 4, direct",
        "Promotion double: makes the points of rate 2 times as many",
        "  Rounded half up to 0 decimals, over the cycle so far: 90",
        "  Capped by c1: 90 forgone",
        "  Points: 0, direct",
        "Together: 54",
    ]


def test_parts_are_told_with_the_day_they_accrue(told: str) -> None:
    assert part(told, "Points for registration, 1 Apr 2024") == [
        "Tier Base: base tier from enrolment.",
        "Rule hello: strategy visit, 25 points",
        "  Rounded half up to 0 decimals, over the cycle so far: 25",
        "  Part 1: 13, direct",
        "  Part 2: 12, promised, to accrue on 9 Apr 2024",
        "Together: 25",
    ]


def test_a_campaign_is_told_with_the_balance_it_lifts(told: str) -> None:
    assert part(told, "Points for campaign lift, 20 May 2024") == [
        "Tier Base: base tier: Silver was not earned again.",
        "Campaign lift: lifts 67 points to 100, which adds 33",
        "  Rounded half up to 0 decimals, over the cycle so far: 33",
        "  Points: 33, direct",
    ]


def test_the_tiers_of_the_cycle_are_told_with_their_reasons(told: str) -> None:
    assert part(told, "Tier in force") == [
        "Base from 1 Apr 2024 to 30 Apr 2024: base tier from enrolment",
        "Silver from 1 May 2024 to 18 May 2024: reached on 1 May",
        "Base from 19 May 2024 on: base tier: Silver was not earned again",
    ]


def test_the_ledger_of_events_says_what_each_entry_is_for(told: str) -> None:
    assert part(told, "Promise and release") == [
        "12 promised for registration on 21 May 2024, to accrue on 9 Apr 2024",
        "5 forfeited for registration on 21 May 2024: C1: closed",
        "Still promised: 7",
    ]
    ledger = part(told, "Ledger")
    assert ledger[0] == "Posted 112, allocated 112: they agree."
    assert ledger[1] == (
        "Of it current 100, promised 7, forfeited 5. Corrections since the first posting: 0."
    )
    assert ledger[3].endswith("invoice A/1")
    assert ledger[-1].endswith("campaign lift  campaign lift")
    assert not any(text.startswith(("Slab", "Next slab")) for text in told.split("\n\n"))


def test_another_tier_than_that_of_the_days_end_is_said(tmp_path: Path) -> None:
    granted = Granted.create(tmp_path, EVENT_RULES)
    row = {**POSTED[0], "tier": "Gold"}
    file = granted.file("point_allocations", CYCLE, tables.POINT_ALLOCATIONS, [row])
    granted.commit("posting", "2024-05-21", [file], cycle=CYCLE, entries=ENTRIES[:1], closed=False)
    world = granted.world
    said = "Tier Gold at that moment; Base at the end of the day."
    assert said in as_text(explain(world.home, world.program, "R1", CYCLE))


@pytest.mark.parametrize(
    ("forfeited", "said"),
    [
        (5, "Posted 52, allocated 40: THEY DISAGREE."),
        (12, "Posted 52, allocated 40: they agree, since what was forfeited stays posted."),
    ],
)
def test_no_more_than_was_forfeited_may_be_posted_beyond_what_is_allocated(
    forfeited: int, said: str, tmp_path: Path
) -> None:
    granted = Granted.create(tmp_path, EVENT_RULES)
    file = granted.file("point_allocations", CYCLE, tables.POINT_ALLOCATIONS, POSTED[:1])
    entries = [ENTRIES[0], ENTRIES[4], {**ENTRIES[5], "points": forfeited}]
    granted.commit("posting", "2024-05-21", [file], cycle=CYCLE, entries=entries, closed=False)
    world = granted.world
    assert part(as_text(explain(world.home, world.program, "R1", CYCLE)), "Ledger")[0] == said
