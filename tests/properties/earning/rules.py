"""Asking a program, a plain dictionary, for what is in force.

Belongs here: versions by date, the number of a strategy for a tier, what a key that is left out
means. Not here: what follows from it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tests.properties.earning.figures import Calendar, Cycle, figure

Version = dict[str, Any]


def day_of(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


class Rules:
    """A program and its versions."""

    def __init__(self, program: dict[str, Any]) -> None:
        self.program = program
        self.name = str(program["program"])
        self.calendar = Calendar.of(program)
        self.versions: list[Version] = sorted(
            program["versions"], key=lambda version: day_of(version["effective_from"])
        )

    def on(self, day: date) -> Version | None:
        """The version of an event: the latest that is effective on its date."""
        found = [version for version in self.versions if day_of(version["effective_from"]) <= day]
        return found[-1] if found else None

    def of(self, cycle: Cycle) -> Version:
        """The version that governs a cycle: its caps, tiers, slabs and rounding.

        One that starts inside the cycle does, unless it waits for the next one.
        """
        inside = self._inside(cycle, "retro_with_delta", "by_document_date")
        return inside[-1] if inside else self.on(cycle.start) or self.versions[0]

    def _inside(self, cycle: Cycle, *applies: str) -> list[Version]:
        return [
            version
            for version in self.versions
            if cycle.start < day_of(version["effective_from"]) < cycle.end
            and version.get("applies", "by_cycle_start") in applies
        ]

    def of_events(self, cycle: Cycle) -> list[Version]:
        """The versions by which events of a cycle go."""
        every = ("by_cycle_start", "retro_with_delta", "by_document_date")
        return [self.on(cycle.start) or self.versions[0], *self._inside(cycle, *every)]

    def of_sale(self, cycle: Cycle, day: date) -> Version:
        """The version whose rates a sale of the cycle has."""
        governing = self.of(cycle)
        if governing.get("applies") != "by_document_date":
            return governing
        known = [self.on(cycle.start) or self.versions[0], *self._inside(cycle, "by_document_date")]
        return [version for version in known if day_of(version["effective_from"]) <= day][-1]

    def rounding(self, cycle: Cycle) -> tuple[int, str]:
        """Decimals and mode."""
        said = self.of(cycle).get("rounding", {})
        return said.get("decimals", 0), said.get("mode", "half_up")

    def grain(self, cycle: Cycle) -> str | None:
        grain: str | None = self.of(cycle).get("rounding", {}).get("grain")
        return grain

    def unit(self, cycle: Cycle) -> Decimal:
        """The smallest number of points."""
        return Decimal(1).scaleb(-self.rounding(cycle)[0])

    def tiers(self, cycle: Cycle) -> list[str]:
        """From the base tier upwards; none where the program has none."""
        said = self.of(cycle).get("tiers")
        return list(said["order"]) if said else []


def strategy(version: Version, name: str) -> dict[str, Any]:
    return next(found for found in version.get("strategies", ()) if found["id"] == name)


def number_for(value: object, tier: str | None) -> Decimal | None:
    """One number for all tiers, or the tier's own; a tier without one has none."""
    if isinstance(value, dict):
        return figure(value[tier]) if tier in value else None
    return figure(value)
