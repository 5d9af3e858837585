"""Cycles that depend on earlier ones are posted after them, in the same run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from loyalty_pipeline import pipeline
from loyalty_pipeline.ledger.posting import Outlook, Posting, Stale
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.versions import effective_rules
from tests.unit.ledger.shop import Shop

CLOCK = Clock.on(date(2025, 8, 15))


@dataclass
class Chain:
    """Cycles of which each becomes stale when the one before is posted, as under a carried cap."""

    shop: Shop
    stale: dict[str, tuple[str, ...]]
    ends: str = "2025-08"
    posted: list[str] = field(default_factory=list)

    def outlook(self, program: Any, home: Any, today: date) -> Outlook:
        found = []
        for name, reasons in sorted(self.stale.items()):
            cycle = program.calendar.parse(name)
            found.append(Stale(cycle, effective_rules(program, cycle), reasons, name))
        return Outlook(tuple(found), ())

    def post(self, program: Any, cycle: Cycle, *rest: Any) -> Posting:
        self.posted.append(cycle.name)
        del self.stale[cycle.name]
        following = program.calendar.next(cycle).name
        if following <= self.ends:
            self.stale.setdefault(following, ("an earlier cycle changed",))
        commit: Any = object()
        return Posting(cycle.name, commit, True, 1)


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chain:
    chain = Chain(Shop(tmp_path), {})
    monkeypatch.setattr(pipeline, "outlook", chain.outlook)
    monkeypatch.setattr(pipeline, "post_cycle", chain.post)
    monkeypatch.setattr(Posting, "entries", 0)
    return chain


def earn(chain: Chain, *cycles: str) -> RunReport:
    program, report = chain.shop.program, RunReport()
    named = [program.calendar.parse(name) for name in cycles]
    pipeline.earn(program, chain.shop.home, CLOCK, "run", report, cycles=named)
    return report


def test_a_change_reaches_the_last_cycle_in_one_run(chain: Chain) -> None:
    chain.stale["2025-05"] = ("sales changed",)
    earn(chain)
    assert chain.posted == ["2025-05", "2025-06", "2025-07", "2025-08"]
    assert chain.stale == {}


def test_what_depends_on_a_named_cycle_follows_and_what_was_stale_before_does_not(
    chain: Chain,
) -> None:
    chain.stale |= {"2025-04": ("sales changed",), "2025-06": ("sales changed",)}
    earn(chain, "2025-04")
    assert chain.posted == ["2025-04", "2025-05"]
    assert chain.stale == {"2025-06": ("sales changed",)}


def test_cycles_that_are_stale_for_their_rules_alone_are_left(chain: Chain) -> None:
    chain.stale |= {"2025-04": ("sales changed",), "2025-05": ("rules changed",)}
    report = earn(chain)
    assert chain.posted == ["2025-04"]
    assert [stale.cycle.name for stale in report.left_stale] == ["2025-05"]


def test_a_circle_ends(chain: Chain) -> None:
    """More rounds than cycles would never end: a cycle that makes itself stale is a fault."""
    chain.stale["2025-08"] = ("sales changed",)
    again = chain.post

    def post(program: Any, cycle: Cycle, *rest: Any) -> Posting:
        posting = again(program, cycle, *rest)
        chain.stale[cycle.name] = ("an earlier cycle changed",)
        return posting

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "post_cycle", post)
        earn(chain)
    assert len(chain.posted) == 6  # once, and a round for each cycle from April to August
