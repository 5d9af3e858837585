"""Caps, budgets and campaigns of random programs.

Belongs here: what `caps` and `campaigns` say. Not here: what they limit.
"""

from __future__ import annotations

from typing import Any

from tests.properties.earning.drawing import Drawing


class CapsAndCampaigns(Drawing):
    """Writes caps and campaigns."""

    def write_caps(self, version: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if "lines" in self.used and self.has("line_caps", one_in=3):
            found.append({"per": "line", "points": self.number(1, 20)})
        if self.has("document_caps", one_in=4):
            found.append({"per": "document", "points": self.number(1, 40)})
        if self.strategies and self.has("strategy_caps", one_in=4):
            cap: dict[str, Any] = {"per": "strategy", "points": self.number(1, 60)}
            if self.one_of([True, False]):
                cap["of"] = [self.one_of([one["id"] for one in self.strategies])]
            if self.one_of([True, False]):
                cap["period"] = self.one_of(["day", "week", "month", "cycle", "year"])
            found.append(cap)
        if version.get("slabs") and self.has("slab_caps", one_in=4):
            cap = {"per": "slab", "points": self.number(1, 60)}
            if self.one_of([True, False]):
                cap["of"] = [version["slabs"]["bands"][0]["id"]]
            found.append(cap)
        if self.tiers and self.has("tier_caps", one_in=4):
            cap = {"per": "tier", "points": self.number(1, 80)}
            if self.one_of([True, False]):
                cap["of"] = [self.one_of(self.tiers)]
            found.append(cap)
        if self.has("partner_caps", one_in=3):
            period = self.one_of(["day", "month", "cycle"])
            found.append({"per": "partner", "period": period, "points": self.number(1, 80)})
        if self.has("long_caps", one_in=4):
            period = self.one_of(["week", "year"])
            found.append({"per": "partner", "period": period, "points": self.number(1, 120)})
        if self._may_have_budget(version) and self.has("budgets", one_in=4):
            found.append(
                {
                    "per": "program",
                    "points": self.number(1, 150),
                    "when_exhausted": self.one_of(["stop", "prorate"]),
                }
            )
        least = 0
        for cap in found:  # a wider one lets more through, or the narrower one would never matter
            cap["points"] = least = least + self.number(1, 40)
        return [{"id": f"c{place}", **cap} for place, cap in enumerate(found, start=1)]

    def _may_have_budget(self, version: dict[str, Any]) -> bool:
        """Not where a budget would decide over the tier that decides over the budget."""
        tiers = version.get("tiers", {})
        if tiers.get("from") == "points_earned" and tiers.get("upgrade") == "immediate":
            return False
        periods = version.get("slabs") or "cycle_close" in self.used
        return not periods or self.has("slab_budgets")

    def write_campaign(self) -> dict[str, Any]:
        campaign: dict[str, Any] = {"id": "lift", "on": self._date()}
        if self.number(0, 3) == 0:
            campaign["on"] = sorted({self._date(), self._date()})
        if self.number(0, 2) == 0:
            conditions = ["current_points > 0", "event_date >= '2025-05-15'"]
            conditions += [f"tier = '{self.one_of(self.tiers)}'"] if self.tiers else []
            campaign["when"] = self.one_of(conditions)
        if self.one_of([True, False]):
            return campaign | {"type": "fixed", "value": self._by_tier(self.number(1, 20))}
        low = self.number(1, 30)
        return campaign | {
            "type": "round_up",
            "from": low,
            "to": low + self.number(0, 60),
            "value": self._by_tier(low + self.number(10, 80)),
        }

    def _date(self) -> str:
        return f"2025-0{self.number(4, 7)}-{self.number(10, 28)}"

    def _by_tier(self, value: int) -> int | dict[str, int]:
        """The value for all tiers, or more for each higher one; perhaps nothing for the lowest."""
        if len(self.tiers) < 2 or self.number(0, 2):
            return value
        values = {tier: value + 5 * rank for rank, tier in enumerate(self.tiers)}
        if self.one_of([True, False]):
            del values[self.tiers[0]]
        return values
