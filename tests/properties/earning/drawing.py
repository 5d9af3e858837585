"""What a random program may have, and drawing it.

Belongs here: the list of features, and the choices every part of a program is drawn with. Not
here: what a program says (`programs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
        "stores",  # fields of the store, in conditions and as a basis
        "lines",  # rulesets that see lines
        "tenders",  # rulesets that see payment modes
        "payments",  # a tenders feed, whose files come later or say something else
        "proportions",  # document points split over lines
        "plain_sets",  # rules that forward the event as a whole, and on from there
        "lists",  # conditions about a membership list
        "multipliers",
        "line_multipliers",  # promotions that rules for lines apply
        "delays",
        "posting_delays",  # delays that start with posting
        "tranches",
        "accrual_rules",  # rules that say which promises are released
        "accrual_upgrades",  # ... and lift the tier with the release
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
        "beside_split",  # ... with what is no share of the document's amount
        "kept",
        "one_step",
        "actions_beside_immediate",
        "actions",  # rules that set or upgrade the tier
        "overrides",  # instructions that set the tier
        "holds",  # ... that hold promises back, and let them go
        "merges",  # ... that make one partner of two
        "early_releases",  # ... that release promises early
        "cancelled_promises",  # ... that cancel them
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
        "claims",  # uploaded invoices, which count until the invoice comes
        "claim_rules",  # rules of their own for them
        "registration",
        "customer_update",
        "scans",
        "cycle_close",
        "balances",  # conditions on points
        "campaigns",
        "half_years",  # cycles of them
        "lengths",  # a version with cycles of another length
        "versions",
        "applies",  # a version inside a cycle that governs all of it, or by document date
        "republished",  # a later step brings the file with other figures
        "rules_dropped",  # ... or without some of its rules
        "caps_dropped",  # ... or without one of its caps
        "rewritten",  # ... or the file with the rules of quite another program
        "restored",  # ... and a step after that the first file again
        "again",  # a step that is run twice
        "sources",  # a second source, with the sales of one of the distributors
        "partners",  # a partners feed
        "inactive",  # ... that says who is inactive, and active again
        "before_enrolment",  # ... and sales before a partner enrolled earn
        "redemptions",  # ... and their reversals
        "returns",
        "unreferenced",
        "own_cycle",
        "amendments",
        "numbers",  # one number for documents of two distributors, or of two kinds
        "negative_lines",
        "mixed_returns",  # without their sale, with a line that sells
    }
)


class Drawing:
    """A program while it is drawn: the parts share what they know of each other."""

    def __init__(self, draw: st.DrawFn, features: Features) -> None:
        self.draw = draw
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
        if self.draw(st.integers(0, one_in - 1)):
            return False
        self.used.add(feature)
        return True

    def one_of(self, choices: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(choices))

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def percent(self) -> str:
        return f"{self.draw(st.integers(1, 3000)) / 100:.2f}%"
