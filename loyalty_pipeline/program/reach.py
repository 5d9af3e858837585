"""Which rulesets an event comes to: its own, and those that rules forward to.

Belongs here: the walk from events through forwards. Not here: what is wrong with them (`checks`).
Only sales have lines and payment modes: no other event comes to a set that sees them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Path
from loyalty_pipeline.program.rulesets import Action, Rule, Ruleset

UNROLLED_EVENT = "transaction"


@dataclass(frozen=True)
class Reached:
    """A ruleset that an event comes to."""

    event: str
    path: Path
    ruleset: Ruleset

    @property
    def unroll(self) -> str | None:
        """What its rules see: lines or tenders, or None where they see the event as a whole."""
        return unrolled(self.ruleset)

    def actions(self) -> Iterator[tuple[Path, Rule, Action]]:
        """All actions of its rules, each with its place."""
        for number, rule in enumerate(self.ruleset.rules):
            for place, action in enumerate(rule.then):
                yield (*self.path, "rules", number, "then", place), rule, action


def reached_by(draft: Draft) -> list[Reached]:
    """Every ruleset for every event that comes to it, events in the order of the file."""
    sets = {rules.id: (path, rules) for path, rules in draft.rulesets if rules.id is not None}
    found = []
    for path, ruleset in draft.rulesets:
        if ruleset.event is None:
            continue
        waiting, seen = [(path, ruleset)], {path}
        while waiting:
            here, current = waiting.pop(0)
            found.append(Reached(ruleset.event, here, current))
            for target in forwards(current):
                if target not in sets or sets[target][0] in seen:
                    continue
                if ruleset.event == UNROLLED_EVENT or unrolled(sets[target][1]) is None:
                    seen.add(sets[target][0])
                    waiting.append(sets[target])
    return found


def unrolled(ruleset: Ruleset) -> str | None:
    """What rules of a set see: lines or tenders, or None where they see the event as a whole."""
    return None if ruleset.use_proportions else ruleset.unroll


def forwards(ruleset: Ruleset) -> list[str]:
    """The sets that a ruleset forwards to, each once."""
    targets = [action.forward for rule in ruleset.rules for action in rule.then]
    return list(dict.fromkeys(target for target in targets if target is not None))
