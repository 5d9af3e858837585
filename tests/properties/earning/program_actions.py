"""What rules of random programs do to tiers, and which promises they release.

Belongs here: `set_tier`, `upgrade_tier`, rules of `delayed_accrual`. Not here: rules that allocate
(`program_rules`).
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.earning.drawing import Drawing


class ActionsAndReleases(Drawing):
    """Writes rules of releases, and actions on tiers."""

    def write_accrual_rules(self) -> None:
        """Which due promises are released; those that no rule names wait."""
        conditions = [
            f"points >= {self.number(1, 12)}",
            f"points <= {self.number(3, 30)}",
            f"promised_on >= '2025-04-{self.number(10, 28)}'",
            "event_month <> '05'",
        ]
        conditions += ["partner_region = 'north'"] if "partners" in self.used else []
        conditions += [f"tier = '{self.one_of(self.tiers)}'"] if self.tiers else []
        conditions.append(f"current_points >= {self.number(1, 25)}")
        conditions.append(f"total_points < {self.number(20, 60)}")
        chosen = self.draw(st.sets(st.sampled_from(conditions), min_size=1, max_size=2))
        rules: list[tuple[str, list[dict[str, Any]]]] = [
            (when, [{"accrue": True}]) for when in sorted(chosen)
        ]
        if self._may_upgrade():
            lift = {"upgrade_tier": self.one_of(self.tiers[1:])}
            if self.one_of([True, False]):  # what lifts may be another rule than what releases
                rules.append((self.one_of(conditions[:4]), [lift]))
            else:
                rules[0][1].insert(self.number(0, 1), lift)
        self.add_ruleset("delayed_accrual", rules)

    def _may_upgrade(self) -> bool:
        if not self.tiers or not self.has("accrual_upgrades"):
            return False
        return "immediate" not in self.used or self.has("actions_beside_immediate")

    def may_act(self, one_in: int) -> bool:
        if not self.tiers:
            return False
        if "immediate" in self.used and not self.has("actions_beside_immediate", one_in=2):
            return False
        return self.has("actions", one_in=one_in)

    def tier_action(self) -> dict[str, Any]:
        if self.one_of([True, False]):
            return {"set_tier": self.one_of(self.tiers)}
        return {"upgrade_tier": self.one_of(self.tiers[1:])}

    def add_ruleset(self, event: str, rules: list[tuple[str, list[dict[str, Any]]]]) -> None:
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
