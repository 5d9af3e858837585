"""Strategies and rulesets of random programs.

Belongs here: what rules say, and the conditions they say it in. Not here: caps (`program_caps`),
actions on tiers and rules of releases (`program_actions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from loyalty_pipeline.program.condition_values import always_meets, exclusion
from tests.properties.earning.drawing import Named
from tests.properties.earning.program_actions import ActionsAndReleases


class StrategiesAndRules(ActionsAndReleases):
    """Writes strategies and rulesets."""

    def _value(self, plain: object) -> object:
        """A value, or one for each tier, perhaps nothing for some."""
        if not (self.tiers and self.has("values_by_tier")):
            return plain
        percent = isinstance(plain, str)
        some: dict[str, object] = {
            tier: self.percent() if percent else self.number(1, 20) for tier in self.tiers
        }
        if self.number(0, 3) == 0:
            some[self.one_of(self.tiers)] = "0%" if percent else 0
        if len(some) > 1 and self.number(0, 3) == 0:
            del some[self.one_of(self.tiers)]
        return some

    def write_strategies(self, version: dict[str, Any]) -> None:
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
            self._transactions(alone=split and not self.has("beside_split"))
        if "partners" in self.used and self.has("registration", one_in=3):
            self._simple("registration", ["true", "partner_region = 'north'"], "welcome")
        if "partners" in self.used and self.has("customer_update", one_in=4):
            self._simple("customer_update", ["true", "partner_region = 'south'"], "changed")
        if "claims" in self.used and self.has("claim_rules"):
            found = {"id": "claimed", "type": "prorated", "value": self._value(self.percent())}
            self.strategies.append(found)
            conditions = ["true", "amount >= 50", "distributor_id is null"]
            self.add_ruleset("claim", [(self.one_of(conditions), [{"allocate": "claimed"}])])
        if self.has("scans", one_in=4):
            self._simple("scan", ["true", "sku = 'A1'", "code <> 'C1'"], "scanned")
        promises = self.used & {"tranches", "delays", "slab_delays"}
        if promises and self.has("accrual_rules", one_in=3):
            self.write_accrual_rules()
        if self.has("cycle_close", one_in=4):
            conditions = ["net_sales >= 100", "net_sales > 0 and documents >= 2", "true"]
            self.strategies.append(
                {
                    "id": "closing",
                    "type": "prorated",
                    "basis": "net_sales",
                    "value": self.percent(),
                }
            )
            actions: list[dict[str, Any]] = [{"allocate": "closing"}]
            if self.number(0, 2) == 0:
                value = self._value(self.number(1, 20))
                self.strategies.append({"id": "closed", "type": "fixed", "value": value})
                actions.append({"allocate": "closed"})
            self.add_ruleset("cycle_close", [(self.one_of(conditions), actions)])

    def _simple(self, event: str, conditions: list[str], name: str) -> None:
        value = self._value(self.number(1, 30))
        self.strategies.append({"id": name, "type": "fixed", "value": value})
        actions: list[dict[str, Any]] = [{"allocate": name}]
        if self.may_act(3):
            actions.append(self.tier_action())
        self.add_ruleset(event, [(self.one_of(conditions), actions)])

    def _allocating(self, name: str, **terms: Any) -> dict[str, Any]:
        """A strategy of transactions: all of an event promise alike."""
        found = {"id": name, **terms, **self.terms}
        if found["type"] == "prorated" and self.has("bounds", one_in=5):
            found["minimum"] = self.number(1, 5)
            found["maximum"] = self.number(5, 40)
        self.strategies.append(found)
        return found

    def _transactions(self, *, alone: bool) -> None:
        names = ["base"]
        self._allocating("base", type="prorated", value=self._value(self.percent()))
        if not alone and self.one_of([True, False]):
            names.append("visit")
            self._allocating("visit", type="fixed", value=self._value(self.number(1, 20)))
        if not alone and self.has("per", one_in=4):
            names.append("steps")
            basis = self.one_of(["document_amount", "quantity"])
            per = self.number(1, 3) if basis == "quantity" else self.number(5, 60)
            self._allocating(
                "steps", type="prorated", basis=basis, per=per, value=self.number(1, 5)
            )
        if not alone and self.has("fields", one_in=4):
            names.append("field")
            basis_of = [{"document": "cartons"}]
            basis_of += [{"partner": "level"}] if "partners" in self.used else []
            basis_of += [{"store": "area"}] * 2 if "stores" in self.used else []
            self._allocating("field", type="prorated", basis=self.one_of(basis_of), value="50%")
        rules = [
            (self._condition("transaction"), [{"allocate": name}])
            for name in [*names, *([self.one_of(names)] if self.number(0, 1) else [])]
        ]
        sets = [] if alone else self._sets()
        for name in [*sets, *([self.one_of(sets)] if sets and self.number(0, 3) == 0 else [])]:
            rules.append((self._condition("transaction"), [{"forward": name}]))
        if self.has("multipliers", one_in=3) and self._may_multiply():
            for name in self._multipliers("m", names + [f"of_{name}" for name in sets]):
                rules.append((self._condition("transaction"), [{"multiply": name}]))
        if self.may_act(5):
            for _ in range(self.number(1, 2)):
                rules.append((self._condition("transaction"), [self.tier_action()]))
        rules = self.draw(st.permutations(rules))
        match = "first" if self.has("first", one_in=4) else "all"
        if match == "first":
            rules = _each_may_act([self._beside_its_base(rule, names) for rule in rules])
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

    def _beside_its_base(self, rule: Named, names: Sequence[str]) -> Named:
        """With match first no other rule acts: what multiplies allocates what it multiplies."""
        when, then = rule
        of = {one["id"]: one["of"] for one in self.strategies if one["type"] == "multiplier"}
        bases = [name for name in of.get(str(then[0].get("multiply")), []) if name in names]
        return when, [*then, *([{"allocate": bases[0]}] if bases else [])]

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
            chosen = self.draw(st.sets(st.sampled_from(multiplied), min_size=1))
            self.strategies.append(
                {"id": name, "type": "multiplier", "value": value, "of": sorted(chosen)}
            )
            made.append(name)
        return made

    def _sets(self) -> list[str]:
        """Sets that rules forward to: lines, tenders, a split by proportions, the whole again."""
        made = []
        if self.has("lines", one_in=3):
            terms: dict[str, Any] = {"type": "prorated", "basis": "line_amount"}
            if self.one_of([True, True, False]):
                terms["value"] = self._value(self.percent())
            else:
                terms = {"type": "fixed", "value": self._value(self.number(1, 9))}
            self._set("lines", {"unroll": "lines"}, terms)
            made.append("lines")
        if self.has("tenders", one_in=4):
            terms = {"type": "prorated", "basis": "tender_amount", "value": self.percent()}
            self._set("tenders", {"unroll": "tenders"}, terms)
            made.append("tenders")
        if self.has("proportions", one_in=4):
            terms = {"type": "prorated", "value": self.percent()}
            self._set("shared", {"unroll": "lines", "use_proportions": True}, terms)
            made.append("shared")
        if self.has("plain_sets", one_in=4):
            terms = {"type": "prorated", "value": self._value(self.percent())}
            # What another set is forwarded to from here it is not forwarded to from the event.
            further = [made.pop()] if made and self.one_of([True, False]) else []
            self._set("whole", {}, terms, further)
            made.append("whole")
        return made

    def _set(
        self, name: str, keys: dict[str, Any], terms: dict[str, Any], further: Sequence[str] = ()
    ) -> None:
        self._allocating(f"of_{name}", **terms)
        kind = "transaction" if keys.get("use_proportions") else keys.get("unroll", "transaction")
        rules: list[Named] = [(self._condition(kind), [{"allocate": f"of_{name}"}])]
        if self.one_of([True, False]):
            rules.append((self._condition(kind), [{"allocate": f"of_{name}"}]))
        rules += [(self._condition(kind), [{"forward": other}]) for other in further]
        if kind == "lines" and self.has("line_multipliers", one_in=3) and self._may_multiply():
            for promotion in self._multipliers("lm", [f"of_{name}"]):
                rules.append((self._condition(kind), [{"multiply": promotion}]))
        if kind == "lines" and self.may_act(4):
            rules.append((self._condition(kind), [self.tier_action()]))
        match = "first" if self.has("first", one_in=3) else "all"
        if match == "first":
            rules = _each_may_act([self._beside_its_base(rule, [f"of_{name}"]) for rule in rules])
        ruleset: dict[str, Any] = {
            "id": name,
            **keys,
            "match": match,
            "rules": [
                {"id": f"{name[0]}{place}", "when": when, "then": then}
                for place, (when, then) in enumerate(rules, start=1)
            ],
        }
        self.rulesets.append(ruleset)

    def _condition(self, kind: str) -> str:
        simple = [self._simple_condition(kind) for _ in range(self.number(1, 2))]
        if self.number(0, 3) == 0:
            return "true"
        if len(simple) == 1:
            return simple[0]
        joined = [
            f"{simple[0]} and {simple[1]}",
            f"{simple[0]} or {simple[1]}",
            f"not ({simple[0]}) or {simple[1]}",
        ]
        return str(self.one_of([text for text in joined if not exclusion(text)]))

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
        if "stores" in self.used:
            choices += ["store_zone = 'east'", "store_zone is not null", "store_id = 'S1'"]
        if "partners" in self.used:
            choices += ["partner_region = 'north'", "partner_region in ('south', 'east')"]
        if "inactive" in self.used:  # of events before the first file its status is told
            choices.append(f"partner_status {self.one_of(['=', '<>'])} 'active'")
        if self.has("lists", one_in=8):
            return f"partner_id {self.one_of(['in', 'not in'])} chosen"
        if self.tiers and self.has("tier_conditions", one_in=3):
            return f"tier {self.one_of(['=', '<>'])} '{self.one_of(self.tiers)}'"
        if self.has("balances", one_in=6):
            name = self.one_of(["current_points", "promised_points", "total_points"])
            return f"{name} >= {self.number(1, 40)}"
        return str(self.one_of(choices))


def _each_may_act(rules: Sequence[Named]) -> list[Named]:
    """Where only the first acts: none that an earlier one meets too, and only the last always."""
    found: list[Named] = []
    for place, (when, then) in enumerate(rules, start=1):
        last = place == len(rules)
        is_met = any(known == when or always_meets(when, known) for known, _ in found)
        if is_met or (when == "true" and not last):
            when = f"not (amount < -{1000 + place})"
        found.append((when, then))
    return found
