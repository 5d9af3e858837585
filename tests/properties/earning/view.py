"""One cycle as everything else looks at it: its rules, its sales, what partners are held to.

Belongs here: reading what is known of a cycle. Not here: any award.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from tests.properties.earning import documents, slabs
from tests.properties.earning.deliveries import Arrived
from tests.properties.earning.documents import Counted, Sale
from tests.properties.earning.figures import ZERO, Calendar, Cycle
from tests.properties.earning.homes import Homes
from tests.properties.earning.rules import Rules, Version
from tests.properties.earning.sales_moves import SalesMove, sales_moves


@dataclass(frozen=True)
class CycleView:
    """What is known of one cycle today."""

    rules: Rules
    arrived: Arrived
    counted: tuple[Counted, ...]
    today: date
    cycle: Cycle
    homes: Homes

    @property
    def calendar(self) -> Calendar:
        return self.rules.calendar

    @property
    def ended(self) -> bool:
        return self.cycle.end <= self.today

    @cached_property
    def version(self) -> Version:
        return self.rules.of(self.cycle)

    @cached_property
    def tiers(self) -> dict[str, Any]:
        """How tiers are earned; empty where there are none."""
        found: dict[str, Any] = self.version.get("tiers") or {}
        return found

    @cached_property
    def asked(self) -> set[str]:
        """The kinds of events that rules of the cycle ask for, or whose sales cross into tiers."""
        kinds = {
            ruleset["event"]
            for version in self.rules.of_events(self.cycle)
            for ruleset in version.get("rulesets", ())
            if "event" in ruleset
        }
        crossed = self.tiers.get("upgrade") == "immediate"
        if "claim" in kinds or (crossed and self.tiers["from"] != "points_earned"):
            kinds.add("transaction")
        return kinds

    @cached_property
    def order(self) -> list[str]:
        """The tiers from the base upwards."""
        return list(self.tiers.get("order", ()))

    def tier(self, rank: int) -> str | None:
        return self.order[rank] if self.order else None

    @cached_property
    def caps(self) -> list[dict[str, Any]]:
        return list(self.version.get("caps", ()))

    @cached_property
    def tables(self) -> list[tuple[str, dict[str, Any]]]:
        """Slab tables with their part of the allocation key, the main one first."""
        main = self.version.get("slabs")
        found = [("slabs", main)] if main else []
        return found + [
            (f"slabs/{one['id']}", one) for one in self.version.get("further_slabs", ())
        ]

    @cached_property
    def sales(self) -> list[Sale]:
        """What adds to the cycle's net sales, in the total order."""
        return self.sales_of(self.cycle)

    @cached_property
    def sales_moves(self) -> dict[tuple[object, ...], SalesMove]:
        """What moves running sales, by the place in the total order."""
        restate = self.version.get("restate", "original_cycle")
        found = sales_moves(self.counted, restate, self.cycle, self.homes)
        return {move.order: move for move in found}

    @cached_property
    def partners(self) -> list[str]:
        """Who sold in the cycle."""
        return sorted({sale.partner for sale in self.sales})

    def sales_of(self, cycle: Cycle) -> list[Sale]:
        restate = self.rules.of(cycle).get("restate", "original_cycle")
        found = documents.sales(self.counted, restate, self.homes)
        return [sale for sale in found if cycle.start <= sale.day < cycle.end]

    def net_sales(self, partner: str, before: date | None = None) -> Decimal:
        """Of the whole cycle, or of its days before one."""
        end = before or self.cycle.end
        return total([sale for sale in self.sales if sale.day < end], partner)

    def measured(self, table: dict[str, Any], partner: str, before: date) -> slabs.Measured:
        """A partner's sales up to a day, with last year's and the target."""
        own = [sale for sale in self.sales if sale.partner == partner and sale.day < before]
        alike = self.calendar.alike(self.cycle)
        earlier = alike.later(self.cycle, -(12 // alike.length))  # maybe of other cycles then
        past = [sale for sale in self.sales_of(earlier) if sale.partner == partner]
        if earlier.start < self.calendar.first:
            past = []
        last_year = None
        if past:
            last_year = sum((sale.amount(table.get("categories")) for sale in past), ZERO)
        versions = [self.rules.of_sale(self.cycle, sale.day) for sale in own]
        same = [_same_table(version, table) for version in versions]
        return slabs.Measured(own, last_year, self._target(table, partner), same)

    def band(self, partner: str, before: date | None = None) -> dict[str, Any] | None:
        """The band of the main table that the cycle reaches, all of it or up to a day."""
        table = self.version.get("slabs")
        if table is None:
            return None
        level = slabs.level_of(table, self.measured(table, partner, before or self.cycle.end))
        return slabs.band_at(table, level)

    def slab(self, partner: str) -> str | None:
        band = self.band(partner)
        return band["id"] if band else None

    def _target(self, table: dict[str, Any], partner: str) -> Decimal | None:
        """Of the table's categories together; without categories the row without one.

        Of partners who are one by the cycle's end theirs together.
        """
        newest: dict[tuple[str, str, str | None], Decimal] = {}
        for _, file in self.arrived.targets:
            for row in file:
                newest[row.partner, row.cycle, row.category] = row.target
        wanted = table.get("categories") or [None]
        found = [
            target
            for (whose, cycle, name), target in newest.items()
            if self.homes.in_cycle(whose, self.cycle.last_day) == partner
            and cycle == self.cycle.name
            and name in wanted
        ]
        return sum(found, ZERO) if found else None


def _same_table(version: Version, table: dict[str, Any]) -> dict[str, Any]:
    """The table of another version that one stands for: by its id, the main one by having none."""
    if table.get("id") is None:
        return version.get("slabs") or table
    found = [one for one in version.get("further_slabs", ()) if one["id"] == table["id"]]
    return found[0] if found else table


def total(sales: list[Sale], partner: str) -> Decimal:
    return sum((sale.amount() for sale in sales if sale.partner == partner), ZERO)
