"""Figures and dates as people of a program write them.

Belongs here: grouping of digits, percentages and days in sentences. Not here: what is said.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from loyalty_pipeline.program.base import percent


class Words:
    """Writes figures: in lakh and crore grouping where the currency is the rupee."""

    def __init__(self, currency: str) -> None:
        self._lakh = currency == "INR"

    def figure(self, value: Decimal | int, places: int | None = None) -> str:
        """A figure with grouped digits; without `places` no trailing zeros."""
        number = Decimal(value)
        if places is None:
            text = f"{number:f}"
            if "." in text:
                text = text.rstrip("0").rstrip(".")
        else:
            text = f"{number:.{places}f}"
        sign = "−" if text.startswith("-") else ""
        whole, dot, fraction = text.lstrip("-").partition(".")
        return f"{sign}{self._grouped(whole)}{dot}{fraction}"

    def money(self, value: Decimal) -> str:
        """An amount of money, two places."""
        return self.figure(value, 2)

    def rate(self, value: Decimal) -> str:
        """A rate as a percentage."""
        return percent(value)

    @staticmethod
    def day(value: date) -> str:
        """A day, like 8 Jul 2025."""
        return f"{value.day} {value:%b %Y}"

    def _grouped(self, whole: str) -> str:
        if not self._lakh or len(whole) <= 3:
            return f"{int(whole):,}"
        head, tail = whole[:-3], whole[-3:]
        pairs = []
        while head:
            pairs.append(head[-2:])
            head = head[:-2]
        return ",".join([*reversed(pairs), tail])
