"""Random programs that the loader takes: small, and with the features that are asked for.

Belongs here: a whole program file, drawn at random. Not here: its parts (`program_slabs`,
`program_rules`, `program_caps`), or what happens under it (`worlds`).

Every feature can be left out, so that a part of the product that is not there yet, or is known to
be wrong, does not hide the others. Amounts in worlds are 1 to 400, and so are thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.properties.earning.deliveries import SECOND_SOURCE, SOURCE
from tests.properties.earning.drawing import FEATURES, Features
from tests.properties.earning.program_caps import CapsAndCampaigns
from tests.properties.earning.program_rules import StrategiesAndRules
from tests.properties.earning.program_slabs import SlabsAndTiers


@dataclass(frozen=True)
class Drawn:
    """A program as its file spells it, and the features it turned out to have."""

    program: dict[str, Any]
    features: Features


def programs(features: Features = FEATURES) -> st.SearchStrategy[Drawn]:
    """Programs with some of these features."""
    return st.composite(lambda draw: _Writer(draw, features).program())()


class _Plain(yaml.SafeDumper):
    """Without anchors: program files may not have them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(program: dict[str, Any]) -> str:
    return yaml.dump(program, Dumper=_Plain, sort_keys=False, width=100)


class _Writer(SlabsAndTiers, StrategiesAndRules, CapsAndCampaigns):
    """Writes one program; every choice is drawn."""

    def program(self) -> Drawn:
        partners = self.has("partners")
        if partners:
            self.has("inactive", one_in=3)
            self.has("before_enrolment", one_in=4)
        self.has("merges", one_in=6)
        stores = self.has("stores", one_in=4)
        self.has("claims", one_in=4)
        version = self._version()
        if "growth" in self.used:
            version["effective_from"] = "2024-04-01"
        versions = [version]
        first_cycle = "2024-04" if "growth" in self.used else "2025-04"
        fiscal_start, month = "april", 4
        if version["cycle"] != "half_year" and self.has("lengths", one_in=8):
            # Where months and quarters both start, early enough for short worlds.
            fiscal_start, month = "february", 2
            if version["cycle"] == "quarter":
                first_cycle = first_cycle.replace("-04", "-02")
            version["effective_from"] = f"{first_cycle}-01"
            versions.append(self._other_length(version))
        elif self.has("versions", one_in=4):
            versions.append(self._later(version))
        for one in versions:
            if "in chosen" in str(one):
                one["lists"] = {"chosen": ["P1", "P3"]}
        feeds: dict[str, Any] = {
            "sales": {
                "pattern": "sales.*",
                "custom": {"channel": "text", "cartons": "whole_number"},
            },
            "scans": {"pattern": "scans.*"},
            "targets": {"pattern": "targets.*"},
            "instructions": {"pattern": "instructions.*"},
            "tenders": {"pattern": "tenders.*"},
            "claims": {"pattern": "claims.*"},
            "redemptions": {"pattern": "redemptions.*"},
        }
        if partners:
            feeds["partners"] = {
                "pattern": "partners.*",
                "custom": {"region": "text", "level": "whole_number"},
            }
        if stores:
            feeds["stores"] = {
                "pattern": "stores.*",
                "custom": {"zone": "text", "area": "whole_number"},
            }
        program = {
            "program": "model",
            "name": "Model",
            "currency": "INR",
            "time_zone": "Asia/Kolkata",
            "fiscal_start": fiscal_start,
            "first_cycle": first_cycle,
            "point_value": "1.00",
            "sources": [
                {
                    "id": source,
                    "host": "localhost",
                    "user": "nobody",
                    "key_file": "unused",
                    "known_hosts": "unused",
                    "fiscal_start": month,
                    "feeds": feeds,
                }
                for source, feeds in self._feeds_of_sources(feeds).items()
            ],
            "versions": versions,
        }
        if "before_enrolment" in self.used:
            program["before_enrolment"] = "earn"
        return Drawn(program, frozenset(self.used))

    def _feeds_of_sources(self, feeds: dict[str, Any]) -> dict[str, dict[str, Any]]:
        if not self.has("sources", one_in=6):
            return {SOURCE: feeds}
        return {SOURCE: feeds, SECOND_SOURCE: {name: feeds[name] for name in ("sales", "tenders")}}

    def _later(self, version: dict[str, Any]) -> dict[str, Any]:
        """A second version: the same but for the values of its strategies."""
        later = {**version, "effective_from": self.one_of(["2025-04-20", "2025-05-01"])}
        if "strategies" in version:
            later["strategies"] = [
                {**found, "value": self.percent()}
                if found["type"] == "prorated" and "per" not in found
                else found
                for found in version["strategies"]
            ]
        later.pop("campaigns", None)
        if self.has("applies"):
            later["applies"] = self.one_of(["retro_with_delta", "by_document_date"])
            if "slabs" in later:
                later["slabs"] = self._other_rates(later["slabs"])
            if "further_slabs" in later:
                later["further_slabs"] = [self._other_rates(one) for one in later["further_slabs"]]
            if "caps" in later:
                more = self.number(0, 20)
                later["caps"] = [{**cap, "points": cap["points"] + more} for cap in later["caps"]]
        return later

    def _other_length(self, version: dict[str, Any]) -> dict[str, Any]:
        """A second version: the same, but for how long cycles are."""
        cycle = "month" if version["cycle"] == "quarter" else "quarter"
        later = {**version, "effective_from": "2025-05-01", "cycle": cycle}
        later.pop("campaigns", None)
        return later

    def _other_rates(self, table: dict[str, Any]) -> dict[str, Any]:
        """The same bands, worth something else."""
        bands = [
            {**band, "rate": self.percent()} if "rate" in band else band for band in table["bands"]
        ]
        return {**table, "bands": bands}

    def _version(self) -> dict[str, Any]:
        version: dict[str, Any] = {
            "effective_from": "2025-04-01",
            "cycle": "half_year"
            if self.has("half_years", one_in=12)
            else self.one_of(["month", "month", "quarter"]),
        }
        rounding = self._rounding()
        slabs = self.has("slabs")
        self.write_tiers(version, slabs)
        if slabs:
            self.write_slabs(version)
        self.write_strategies(version)
        if self.strategies:
            version |= {"strategies": self.strategies, "rulesets": self.rulesets}
            if any(found["type"] == "multiplier" for found in self.strategies):
                version["stacking"] = self.one_of(["best", "additive", "multiplicative"])
        by_line = "categories" in self.used  # which returns without lines have none of
        if not by_line and self.has("own_cycle", one_in=4):
            version["restate"] = "own_cycle"
        version["rounding"] = rounding
        caps = self.write_caps(version)
        if caps:
            version["caps"] = caps
        if self.has("campaigns", one_in=4):
            version["campaigns"] = [self.write_campaign()]
        return version

    def _rounding(self) -> dict[str, Any]:
        self.decimals = self.one_of([0, 0, 1, 2, 3])
        rounding = {
            "decimals": self.decimals,
            "mode": self.one_of(["half_up", "half_up", "half_even", "floor", "ceil"]),
        }
        if self.has("line_grain", one_in=4):
            rounding["grain"] = "line"
        elif self.has("cycle_grain", one_in=4):
            rounding["grain"] = "cycle"
        elif self.one_of([True, False]):
            rounding["grain"] = "document"
        return rounding
