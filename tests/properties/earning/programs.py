"""Random programs that the loader takes: small, and with the features that are asked for.

Belongs here: what a program file may say, drawn at random. Not here: what happens under it
(`worlds`).

Every feature can be left out, so that a part of the product that is not there yet, or is known to
be wrong, does not hide the others. Amounts in worlds are 1 to 400, and so are thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st

Features = frozenset[str]
Named = tuple[str, list[dict[str, Any]]]  # a condition and what happens
TIERS = ("Base", "Silver", "Gold")
CATEGORIES = ("lamps", "wires")

FEATURES: Features = frozenset(
    {
        "rules",  # transaction rulesets with fixed and prorated strategies
        "first",  # match: first
        "per",  # points per step, also of quantities
        "bounds",  # minimum and maximum of a strategy
        "fields",  # custom fields as a basis
        "lines",  # rulesets that see lines
        "tenders",  # rulesets that see payment modes
        "proportions",  # document points split over lines
        "multipliers",
        "line_multipliers",  # promotions that rules for lines apply
        "delays",
        "posting_delays",  # delays that start with posting
        "tranches",
        "slabs",
        "marginal",
        "gaps",
        "further_slabs",
        "points_bands",  # fixed points once a slab is reached
        "rates_by_tier",
        "categories",
        "growth",
        "targets",
        "interim",
        "slab_delays",
        "tiers",
        "values_by_tier",
        "tier_conditions",
        "window",
        "points_earned",
        "immediate",
        "split",
        "kept",
        "one_step",
        "actions_beside_immediate",
        "actions",  # rules that set or upgrade the tier
        "overrides",  # instructions that set the tier
        "line_grain",
        "cycle_grain",
        "cycle_grain_multipliers",
        "band_caps",
        "line_caps",
        "document_caps",
        "strategy_caps",
        "slab_caps",
        "tier_caps",
        "partner_caps",
        "long_caps",  # a partner's caps over a week or a year, which go over cycle ends
        "budgets",
        "slab_budgets",  # budgets beside slabs
        "registration",
        "customer_update",
        "scans",
        "cycle_close",
        "balances",  # conditions on points
        "campaigns",
        "versions",
        "partners",  # a partners feed
        "returns",
        "unreferenced",
        "own_cycle",
        "amendments",
        "negative_lines",
    }
)


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


class _Writer:
    """Writes one program; every choice is drawn."""

    def __init__(self, draw: st.DrawFn, features: Features) -> None:
        self._draw = draw
        self._allowed = features
        self.used: set[str] = set()
        self.tiers: tuple[str, ...] = ()
        self.decimals = 0
        self.strategies: list[dict[str, Any]] = []
        self.rulesets: list[dict[str, Any]] = []
        self.terms: dict[str, Any] = {}

    def has(self, feature: str, *, one_in: int = 2) -> bool:
        """Draw a feature, if it is allowed; what is drawn is remembered."""
        if feature not in self._allowed:
            return False
        if self._draw(st.integers(0, one_in - 1)):
            return False
        self.used.add(feature)
        return True

    def one_of(self, choices: Sequence[Any]) -> Any:
        return self._draw(st.sampled_from(choices))

    def number(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def program(self) -> Drawn:
        partners = self.has("partners")
        version = self._version()
        if "growth" in self.used:
            version["effective_from"] = "2024-04-01"
        versions = [version]
        if self.rulesets and self.has("versions", one_in=4):
            versions.append(self._later(version))
        feeds: dict[str, Any] = {
            "sales": {
                "pattern": "sales.*",
                "custom": {"channel": "text", "cartons": "whole_number"},
            },
            "scans": {"pattern": "scans.*"},
            "targets": {"pattern": "targets.*"},
            "instructions": {"pattern": "instructions.*"},
        }
        if partners:
            feeds["partners"] = {
                "pattern": "partners.*",
                "custom": {"region": "text", "level": "whole_number"},
            }
        program = {
            "program": "model",
            "name": "Model",
            "currency": "INR",
            "time_zone": "Asia/Kolkata",
            "fiscal_start": "april",
            "first_cycle": "2024-04" if "growth" in self.used else "2025-04",
            "point_value": "1.00",
            "sources": [
                {
                    "id": "dms",
                    "host": "localhost",
                    "user": "nobody",
                    "key_file": "unused",
                    "known_hosts": "unused",
                    "feeds": feeds,
                }
            ],
            "versions": versions,
        }
        return Drawn(program, frozenset(self.used))

    def _later(self, version: dict[str, Any]) -> dict[str, Any]:
        """A second version: the same but for the values of its strategies."""
        later = {**version, "effective_from": self.one_of(["2025-04-20", "2025-05-01"])}
        later["strategies"] = [
            {**found, "value": self._percent()}
            if found["type"] == "prorated" and "per" not in found
            else found
            for found in version["strategies"]
        ]
        later.pop("campaigns", None)
        return later

    def _version(self) -> dict[str, Any]:
        version: dict[str, Any] = {
            "effective_from": "2025-04-01",
            "cycle": self.one_of(["month", "month", "quarter"]),
        }
        rounding = self._rounding()
        slabs = self.has("slabs")
        self._tiers(version, slabs)
        if slabs:
            self._slabs(version)
        self._strategies(version)
        if self.strategies:
            version |= {"strategies": self.strategies, "rulesets": self.rulesets}
            if any(found["type"] == "multiplier" for found in self.strategies):
                version["stacking"] = self.one_of(["best", "additive", "multiplicative"])
        immediate = version.get("tiers", {}).get("upgrade") == "immediate"
        if not immediate and self.has("own_cycle", one_in=4):
            version["restate"] = "own_cycle"
        version["rounding"] = rounding
        caps = self._caps(version)
        if caps:
            version["caps"] = caps
        if self.has("campaigns", one_in=4):
            version["campaigns"] = [self._campaign()]
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

    # Tiers and slabs.

    def _tiers(self, version: dict[str, Any], slabs: bool) -> None:
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

    def _slabs(self, version: dict[str, Any]) -> None:
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
                    band["rates"] = {tier: self._percent() for tier in chosen or self.tiers[:1]}
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
        starts = sorted(self._draw(st.sets(st.integers(1, 500), min_size=1, max_size=3)))
        bands: list[dict[str, Any]] = []
        for place, start in enumerate(starts):
            band: dict[str, Any] = {"id": f"{prefix}{place + 1}", "from": start}
            if place + 1 < len(starts):
                band["to"] = starts[place + 1]
            if mode == "whole" and self.has("points_bands", one_in=5):
                band["points"] = self.number(1, 50)
            else:
                band["rate"] = self._percent()
            if self.has("band_caps", one_in=4):
                band["cap"] = self.number(1, 60)
            bands.append(band)
        table: dict[str, Any] = {"mode": mode, "bands": bands}
        if measures:
            table["measures"] = measures
        if not plain and self.has("categories", one_in=5):
            table["categories"] = [self.one_of(CATEGORIES)]
        if mode == "whole" and len(bands) > 1 and self.has("gaps", one_in=3):
            bands[0]["to"] = bands[0]["from"] + max(1, (bands[0]["to"] - bands[0]["from"]) // 2)
            table["gaps"] = self.one_of(["carry_lower", "no_award"])
        if self.has("slab_delays", one_in=3):
            table["delayed_accrual"] = self.number(0, 20)
        return table

    # Strategies and rules.

    def _percent(self) -> str:
        return f"{self._draw(st.integers(1, 3000)) / 100:.2f}%"

    def _value(self, plain: object) -> object:
        """A value, or one for each tier, perhaps nothing for some."""
        if not (self.tiers and self.has("values_by_tier")):
            return plain
        percent = isinstance(plain, str)
        some: dict[str, object] = {
            tier: self._percent() if percent else self.number(1, 20) for tier in self.tiers
        }
        if self.number(0, 3) == 0:
            some[self.one_of(self.tiers)] = "0%" if percent else 0
        return some

    def _strategies(self, version: dict[str, Any]) -> None:
        if self.has("tranches", one_in=5):
            first = self.number(1, 9) * 10
            delays = sorted([self.one_of([0, 0, self.number(1, 10)]), self.number(11, 40)])
            self.terms = {
                "tranches": [
                    {"share": f"{first}%", "delay": delays[0]},
                    {"share": f"{100 - first}%", "delay": delays[1]},
                ]
            }
        elif self.has("delays", one_in=3):
            self.terms = {"delayed_accrual": self.number(0, 20)}
            if self.has("posting_delays", one_in=3):
                self.terms["delay_from"] = "posting"
        split = version.get("tiers", {}).get("crossing") == "split"
        if self.has("rules", one_in=1):
            self._transactions(split)
        if "partners" in self.used and self.has("registration", one_in=3):
            self._simple("registration", ["true", "partner_region = 'north'"], "welcome")
        if "partners" in self.used and self.has("customer_update", one_in=4):
            self._simple("customer_update", ["true", "partner_region = 'south'"], "changed")
        if self.has("scans", one_in=4):
            self._simple("scan", ["true", "sku = 'A1'", "code <> 'C1'"], "scanned")
        if self.has("cycle_close", one_in=4):
            conditions = ["net_sales >= 100", "net_sales > 0 and documents >= 2"]
            self.strategies.append(
                {
                    "id": "closing",
                    "type": "prorated",
                    "basis": "net_sales",
                    "value": self._percent(),
                }
            )
            self._ruleset("cycle_close", [(self.one_of(conditions), [{"allocate": "closing"}])])

    def _simple(self, event: str, conditions: list[str], name: str) -> None:
        self.strategies.append({"id": name, "type": "fixed", "value": self.number(1, 30)})
        actions: list[dict[str, Any]] = [{"allocate": name}]
        if self._may_act(3):
            actions.append(self._tier_action())
        self._ruleset(event, [(self.one_of(conditions), actions)])

    def _may_act(self, one_in: int) -> bool:
        if not self.tiers:
            return False
        if "immediate" in self.used and "actions_beside_immediate" not in self._allowed:
            return False
        return self.has("actions", one_in=one_in)

    def _tier_action(self) -> dict[str, Any]:
        if self.one_of([True, False]):
            return {"set_tier": self.one_of(self.tiers)}
        return {"upgrade_tier": self.one_of(self.tiers[1:])}

    def _ruleset(self, event: str, rules: list[tuple[str, list[dict[str, Any]]]]) -> None:
        self.rulesets.append(
            {
                "event": event,
                "match": "all",
                "rules": [
                    {"id": f"{event}_{place}", "when": when, "then": then}
                    for place, (when, then) in enumerate(rules, start=1)
                ],
            }
        )

    def _allocating(self, name: str, **terms: Any) -> dict[str, Any]:
        """A strategy of transactions: all of an event promise alike."""
        found = {"id": name, **terms, **self.terms}
        if found["type"] == "prorated" and self.has("bounds", one_in=5):
            found["minimum"] = self.number(1, 5)
            found["maximum"] = self.number(5, 40)
        self.strategies.append(found)
        return found

    def _transactions(self, split: bool) -> None:
        names = ["base"]
        self._allocating("base", type="prorated", value=self._value(self._percent()))
        if not split and self.one_of([True, False]):
            names.append("visit")
            self._allocating("visit", type="fixed", value=self._value(self.number(1, 20)))
        if not split and self.has("per", one_in=4):
            names.append("steps")
            basis = self.one_of(["document_amount", "quantity"])
            per = self.number(1, 3) if basis == "quantity" else self.number(5, 60)
            self._allocating(
                "steps", type="prorated", basis=basis, per=per, value=self.number(1, 5)
            )
        if not split and self.has("fields", one_in=4):
            names.append("field")
            basis_of = [{"document": "cartons"}]
            basis_of += [{"partner": "level"}] if "partners" in self.used else []
            self._allocating("field", type="prorated", basis=self.one_of(basis_of), value="50%")
        rules = [
            (self._condition("transaction"), [{"allocate": name}])
            for name in [*names, *([self.one_of(names)] if self.number(0, 1) else [])]
        ]
        sets = [] if split else self._unrolled_sets()
        for name in sets:
            rules.append((self._condition("transaction"), [{"forward": name}]))
        if self.has("multipliers", one_in=3) and self._may_multiply():
            for name in self._multipliers("m", names + [f"of_{name}" for name in sets]):
                rules.append((self._condition("transaction"), [{"multiply": name}]))
        if self._may_act(5):
            rules.append((self._condition("transaction"), [self._tier_action()]))
        rules = self._draw(st.permutations(rules))
        match = "first" if self.has("first", one_in=4) else "all"
        if match == "first":
            rules = _each_may_act(rules)
        self.rulesets.insert(
            0,
            {
                "event": "transaction",
                "match": match,
                "rules": [
                    {"id": f"r{place}", "when": when, "then": then}
                    for place, (when, then) in enumerate(rules, start=1)
                ],
            },
        )

    def _may_multiply(self) -> bool:
        return "cycle_grain" not in self.used or self.has("cycle_grain_multipliers", one_in=1)

    def _multipliers(self, prefix: str, names: list[str]) -> list[str]:
        made = []
        known = [found["id"] for found in self.strategies]
        multiplied = [name for name in names if name in known]
        for place in range(1, self.number(1, 2) + 1):
            name = f"{prefix}{place}"
            value: object = self.one_of([2, 3, "1.5"])
            if self.tiers and self.has("values_by_tier", one_in=3):
                value = {tier: self.one_of([1, 2, 3, "1.5"]) for tier in self.tiers[:-1]}
                value |= {self.tiers[-1]: 2}
            chosen = self._draw(st.sets(st.sampled_from(multiplied), min_size=1))
            self.strategies.append(
                {"id": name, "type": "multiplier", "value": value, "of": sorted(chosen)}
            )
            made.append(name)
        return made

    def _unrolled_sets(self) -> list[str]:
        """Sets that rules forward to: lines, tenders, or a split by proportions."""
        made = []
        if self.has("lines", one_in=3):
            terms: dict[str, Any] = {"type": "prorated", "basis": "line_amount"}
            if self.one_of([True, True, False]):
                terms["value"] = self._value(self._percent())
            else:
                terms = {"type": "fixed", "value": self._value(self.number(1, 9))}
            self._set("lines", "lines", terms)
            made.append("lines")
        if self.has("tenders", one_in=4):
            terms = {"type": "prorated", "basis": "tender_amount", "value": self._percent()}
            self._set("tenders", "tenders", terms)
            made.append("tenders")
        if self.has("proportions", one_in=4):
            terms = {"type": "prorated", "value": self._percent()}
            self._set("shared", None, terms)
            made.append("shared")
        return made

    def _set(self, name: str, unroll: str | None, terms: dict[str, Any]) -> None:
        self._allocating(f"of_{name}", **terms)
        kind = "transaction" if unroll is None else unroll
        rules = [(self._condition(kind), [{"allocate": f"of_{name}"}])]
        if self.one_of([True, False]):
            rules.append((self._condition(kind), [{"allocate": f"of_{name}"}]))
        if unroll == "lines" and self.has("line_multipliers", one_in=3) and self._may_multiply():
            for promotion in self._multipliers("lm", [f"of_{name}"]):
                rules.append((self._condition(kind), [{"multiply": promotion}]))
        match = "first" if self.has("first", one_in=3) else "all"
        if match == "first":
            rules = _each_may_act(rules)
        ruleset: dict[str, Any] = {
            "id": name,
            "unroll": unroll or "lines",
            "match": match,
            "rules": [
                {"id": f"{name[0]}{place}", "when": when, "then": then}
                for place, (when, then) in enumerate(rules, start=1)
            ],
        }
        if unroll is None:
            ruleset["use_proportions"] = True
        self.rulesets.append(ruleset)

    def _condition(self, kind: str) -> str:
        simple = [self._simple_condition(kind) for _ in range(self.number(1, 2))]
        if self.number(0, 3) == 0:
            return "true"
        if len(simple) == 1:
            return simple[0]
        return str(
            self.one_of(
                [
                    f"{simple[0]} and {simple[1]}",
                    f"{simple[0]} or {simple[1]}",
                    f"not ({simple[0]}) or {simple[1]}",
                ]
            )
        )

    def _simple_condition(self, kind: str) -> str:
        choices = [
            f"amount >= {self.number(1, 300)}",
            f"amount between {self.number(1, 100)} and {self.number(100, 400)}",
            "distributor_id = 'D1'",
            "channel = 'online'",
            "channel is not null",
            "document_type in ('invoice', 'return')",
            f"event_date >= '2025-0{self.number(4, 6)}-{self.number(10, 28)}'",
            f"event_month = '0{self.number(4, 6)}'",
        ]
        if kind == "lines":
            choices += [
                f"line_amount > {self.number(1, 200)}",
                "category = 'lamps'",
                "sku like 'A%'",
                "line_no = 1",
            ]
        if kind == "tenders":
            choices += ["tender_type = 'cash'", f"tender_amount >= {self.number(1, 200)}"]
        if "partners" in self.used:
            choices += ["partner_region = 'north'", "partner_region in ('south', 'east')"]
        if self.tiers and self.has("tier_conditions", one_in=3):
            return f"tier {self.one_of(['=', '<>'])} '{self.one_of(self.tiers)}'"
        if self.has("balances", one_in=6):
            name = self.one_of(["current_points", "promised_points", "total_points"])
            return f"{name} >= {self.number(1, 40)}"
        return str(self.one_of(choices))

    # Caps and campaigns.

    def _caps(self, version: dict[str, Any]) -> list[dict[str, Any]]:
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
                cap["period"] = self.one_of(["day", "month", "cycle"])
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

    def _campaign(self) -> dict[str, Any]:
        campaign: dict[str, Any] = {
            "id": "lift",
            "on": f"2025-0{self.number(4, 7)}-{self.number(10, 28)}",
        }
        if self.one_of([True, False]):
            return campaign | {"type": "fixed", "value": self.number(1, 20)}
        low = self.number(1, 30)
        return campaign | {
            "type": "round_up",
            "from": low,
            "to": low + self.number(0, 60),
            "value": low + self.number(10, 80),
        }


def _each_may_act(rules: Sequence[Named]) -> list[Named]:
    """Where only the first acts: no condition twice, and only the last may always hold."""
    found: list[Named] = []
    for place, (when, then) in enumerate(rules, start=1):
        last = place == len(rules)
        if when in [known for known, _ in found] or (when == "true" and not last):
            when = f"amount > -{1000 + place}"
        found.append((when, then))
    return found
