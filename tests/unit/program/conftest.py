"""A small valid program as text, which tests change line by line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from loyalty_pipeline.program.loader import ProgramFileError, RuleError, load_program
from loyalty_pipeline.program.model import Program

TEXT = """\
program: rewards
name: Rewards
currency: INR
time_zone: Asia/Kolkata
fiscal_start: april
first_cycle: 2024-04
point_value: 1.00
versions:
  - effective_from: 2024-04-01
    cycle: quarter
    rounding: {decimals: 0, mode: half_up, grain: document}
    slabs:
      mode: whole
      gaps: carry_lower
      delayed_accrual: 7
      bands:
        - {id: s1, from: 500000, to: 800000, rate: 0.2%, tier: Silver}
        - {id: s2, from: 800000, to: 1200000, rate: 0.3%, tier: Gold}
        - {id: s3, from: 2000000, rate: 0.4%, tier: Platinum, cap: 10000}
    tiers: {order: [Base, Silver, Gold, Platinum], from: slab}
    caps:
      - {id: c1, per: partner, period: cycle, points: 5000}
"""

Changes = dict[str, str]


def changed(changes: Changes) -> str:
    """The valid text with pieces replaced, each of which must be there once."""
    text = TEXT
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="session")
def text() -> str:
    """The valid program as it is."""
    return TEXT


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Program]:
    """Load the valid program with pieces replaced and text added at its end."""

    def loading(changes: Changes | None = None, more: str = "", **options: object) -> Program:
        path = tmp_path / "rewards.yaml"
        path.write_text(changed(changes or {}) + more, encoding="utf-8")
        return load_program(path, **options)  # type: ignore[arg-type]  # passed on as given

    return loading


@pytest.fixture
def errors_of(load: Callable[..., Program]) -> Callable[..., list[RuleError]]:
    """The errors of the valid program with pieces replaced."""

    def errors(
        changes: Changes | None = None, more: str = "", **options: object
    ) -> list[RuleError]:
        with pytest.raises(ProgramFileError) as caught:
            load(changes, more, **options)
        return list(caught.value.errors)

    return errors
