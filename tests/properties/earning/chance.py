"""Chance: what every part of a random history is drawn with.

Belongs here: numbers, choices, days, and what the parts share. Not here: any feed.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.properties.earning.deliveries import Claim, Doc, Redemption
from tests.properties.earning.drawing import Features
from tests.properties.earning.figures import Calendar
from tests.properties.earning.programs import Drawn

FIRST_DAY = date(2025, 4, 1)
PARTNERS = ("P1", "P2", "P3")


class Chance:
    """Draws, and remembers what was drawn."""

    def __init__(self, draw: st.DrawFn, features: Features, drawn: Drawn) -> None:
        self._draw = draw
        self._allowed = features
        self._drawn = drawn
        self._calendar = Calendar.of(drawn.program)
        self.used: set[str] = set()
        self._invoices: list[Doc] = []
        self._enrolled: dict[str, date | None] = {}
        self._numbers = 0
        self._claimed: list[Claim] = []
        self._spent: list[Redemption] = []

    def _one_of(self, choices: Any) -> Any:
        return self._draw(st.sampled_from(choices))

    def _number(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def has(self, feature: str, *, one_in: int = 2) -> bool:
        if feature not in self._allowed or self._number(0, one_in - 1):
            return False
        self.used.add(feature)
        return True

    def _day(self, last: date) -> date:
        day = FIRST_DAY + timedelta(days=self._number(0, (last - FIRST_DAY).days))
        if "growth" in self._drawn.features and self._number(0, 1):
            return day.replace(year=day.year - 1)  # what growth is measured against
        return day
