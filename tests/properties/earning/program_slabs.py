"""Tiers and slab tables of random programs.

Belongs here: what `tiers`, `slabs` and `further_slabs` say. Not here: rules (`program_rules`).
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.earning.drawing import CATEGORIES, TIERS, Drawing


class SlabsAndTiers(Drawing):
    """Writes tiers and slabs."""

    def write_tiers(self, version: dict[str, Any], slabs: bool) -> None:
        if not self.has("tiers"):
            return
        self.tiers = TIERS[: self.number(2, 3)]
        sources: list[object] = ["cycle_sales"]
        sources += ["slab"] if slabs else []
        if self.has("window", one_in=4):
            sources = [{"window": self.number(2, 3)}]
        elif self.has("points_earned", one_in=4):
            sources = ["points_earned"]
        source = self.one_of(sources)
        tiers: dict[str, Any] = {"order": list(self.tiers), "from": source}
        if source != "slab":
            steps = 20 if source == "points_earned" else 200
            tiers["thresholds"] = {
                tier: place * steps + self.number(1, steps)
                for place, tier in enumerate(self.tiers[1:])
            }
        if self.has("immediate", one_in=3):
            tiers["upgrade"] = "immediate"
            crossings = ["issue_then_upgrade"]
            if source != "points_earned":
                crossings.append("upgrade_then_issue")
                if self.has("split"):
                    crossings = ["split"]
            tiers["crossing"] = self.one_of(crossings)
        if self.has("kept", one_in=3):
            tiers["kept"] = self.number(1, 3)
            tiers["grace_days"] = self.number(0, 12)
        if self.has("one_step", one_in=3):
            tiers["downgrade"] = "one_step"
        version["tiers"] = tiers

    def write_slabs(self, version: dict[str, Any]) -> None:
        tiers = version.get("tiers", {})
        from_slab = tiers.get("from") == "slab"
        immediate = tiers.get("upgrade") == "immediate" and from_slab
        table = self._table("s", main=True, plain=immediate)
        if from_slab:
            rank = 0
            for band in table["bands"]:
                rank = min(rank + self.number(0, 1), len(self.tiers) - 1)
                band["tier"] = self.tiers[rank]
        if tiers.get("from") not in (None, "points_earned") and self.has("rates_by_tier"):
            for band in table["bands"]:
                if "rate" in band:
                    band.pop("rate")
                    chosen = [tier for tier in self.tiers if self.number(0, 4)]
                    band["rates"] = {tier: self.percent() for tier in chosen or self.tiers[:1]}
        quarter = version["cycle"] == "quarter"
        if quarter and table.get("measures") is None and self.has("interim"):
            version["interim"] = "monthly"
        version["slabs"] = table
        if self.has("further_slabs", one_in=3):
            version["further_slabs"] = [{"id": "more", **self._table("f", main=False)}]

    def _table(self, prefix: str, *, main: bool, plain: bool = False) -> dict[str, Any]:
        mode = "whole"
        measures = None
        if not plain and self.has("growth", one_in=6):
            measures = "growth"
        elif not plain and self.has("targets", one_in=5):
            measures = "target"
        elif self.has("marginal"):
            mode = "marginal"
        starts = sorted(self.draw(st.sets(st.integers(1, 500), min_size=1, max_size=3)))
        bands: list[dict[str, Any]] = []
        for place, start in enumerate(starts):
            band: dict[str, Any] = {"id": f"{prefix}{place + 1}", "from": start}
            if place + 1 < len(starts):
                band["to"] = starts[place + 1]
            if mode == "whole" and self.has("points_bands", one_in=5):
                band["points"] = self.number(1, 50)
            else:
                band["rate"] = self.percent()
            if self.has("band_caps", one_in=4):
                band["cap"] = self.number(1, 60)
            bands.append(band)
        table: dict[str, Any] = {"mode": mode, "bands": bands}
        if measures:
            table["measures"] = measures
        if not plain and self.has("categories", one_in=5):
            table["categories"] = [self.one_of(CATEGORIES)]
        if len(bands) > 1 and self.has("gaps", one_in=3):
            bands[0]["to"] = bands[0]["from"] + max(1, (bands[0]["to"] - bands[0]["from"]) // 2)
            choices = ["carry_lower", *(["no_award"] if mode == "whole" else [])]
            table["gaps"] = self.one_of(choices)
        if self.has("slab_delays", one_in=3):
            table["delayed_accrual"] = self.number(0, 20)
        return table
