"""Publishing what a program file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_pipeline.ledger.state import program_journal
from loyalty_pipeline.program.versions import CutCyclesError
from tests.unit.ledger.shop import RULES, Shop, sale

LATER = RULES[RULES.index("  - effective_from") :]


def quarters_from(day: str) -> str:
    later = LATER.replace("2025-04-01", day).replace("cycle: month", "cycle: quarter")
    return RULES + later.lstrip("\n")


def test_a_cycle_that_was_posted_since_the_file_was_loaded_keeps_its_length(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.day("2025-08-01", sales=[sale(1, "2025-07-10", "P1", 1000)])
    shop.rules(quarters_from("2025-07-01"))  # loaded without what is published
    before = program_journal(shop.home, "shop").head
    with pytest.raises(CutCyclesError, match="2025-07 would not be the same days any more"):
        shop.day("2025-08-02")
    assert program_journal(shop.home, "shop").head == before
    shop.rules(quarters_from("2025-10-01"))
    shop.day("2025-08-02")
    assert program_journal(shop.home, "shop").head > before
    assert shop.is_whole()
