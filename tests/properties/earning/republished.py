"""The same program with other figures: what a manager publishes later under the same dates.

Belongs here: what changes between two files of one program. Not here: the first one (`programs`).
"""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from tests.properties.earning.drawing import Drawing, Features
from tests.properties.earning.figures import Calendar


def republished(
    program: dict[str, Any], features: Features
) -> st.SearchStrategy[tuple[dict[str, Any], frozenset[str]]]:
    """A program file that replaces versions of one, and the features it turned out to have."""
    return st.composite(lambda draw: _Changing(draw, features).change(program))()


def rewritten(program: dict[str, Any], other: dict[str, Any]) -> dict[str, Any] | None:
    """A program file with all rules of another one; None if those cannot replace its own.

    A version that a file leaves out stays in force, and cycles do not change, nor the first one.
    """
    dates = {version["effective_from"] for version in other["versions"]}
    replaces = {version["effective_from"] for version in program["versions"]} <= dates
    if not replaces or Calendar.of(program) != Calendar.of(other):
        return None
    return {**other, "sources": program["sources"]}


def restored(program: dict[str, Any], since: dict[str, Any]) -> dict[str, Any] | None:
    """The first file again; None if versions that came since would stay in force beside its own."""
    dates = {version["effective_from"] for version in since["versions"]}
    return program if dates == {one["effective_from"] for one in program["versions"]} else None


class _Changing(Drawing):
    """Changes some figures of every version alike."""

    def change(self, program: dict[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
        changed = copy.deepcopy(program)
        last = changed["versions"][-1]
        chosen = [last] if self.one_of([True, False]) else changed["versions"]
        for version in chosen:
            self._strategies(version)
            self._rules(version)
            self._caps_dropped(version)
            for cap in version.get("caps", ()):
                if self.number(0, 2) == 0:
                    cap["points"] += self.number(0, 30)
            for band in version.get("slabs", {}).get("bands", ()):
                if "rate" in band and self.number(0, 1):
                    band["rate"] = self.percent()
        return changed, frozenset(self.used)

    def _caps_dropped(self, version: dict[str, Any]) -> None:
        caps = version.get("caps", ())
        if caps and self.has("caps_dropped", one_in=4):
            caps.pop(self.number(0, len(caps) - 1))
            if not caps:
                del version["caps"]

    def _strategies(self, version: dict[str, Any]) -> None:
        for one in version.get("strategies", ()):
            if one["type"] == "prorated" and "per" not in one and self.number(0, 1):
                one["value"] = self.percent()
        delays = [one for one in version.get("strategies", ()) if "delayed_accrual" in one]
        if delays and self.number(0, 1):
            days = self.number(0, 20)
            for one in delays:
                one["delayed_accrual"] = days

    def _rules(self, version: dict[str, Any]) -> None:
        for ruleset in version.get("rulesets", ()):
            if len(ruleset["rules"]) > 1 and self.has("rules_dropped", one_in=4):
                ruleset["rules"].pop(self.number(0, len(ruleset["rules"]) - 1))
