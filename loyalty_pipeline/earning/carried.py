"""What a cycle takes from the journal besides what is staged: what earlier cycles left.

Belongs here: tiers held, levels of caps, and what was read for events, as the journal has them.
Not here: what is staged (`inputs`), or posting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from loyalty_pipeline.earning.allocations import carries_caps
from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse.work_files import WorkFile

Promoted = Mapping[tuple[str, str], WorkFile]


@dataclass(frozen=True)
class Evaluated:
    """A posting of the cycle: under which rules, and on demand what it was computed from and left.

    Most are only asked for their rules, and to collect the rest reads whole journals.
    """

    rules: EffectiveRules
    inputs: Callable[[], StagedInputs]
    promoted: Callable[[], Promoted]


@dataclass(frozen=True)
class Carried:
    """What a program's journal holds for a cycle."""

    promoted: Promoted
    entries: tuple[WorkFile, ...]  # all of the program
    closed_on: date | None  # the business date of the posting that closed the cycle
    evaluated: Callable[[], Iterable[Evaluated]]  # the cycle's postings so far, the latest first

    def holdings(self, cycle: Cycle) -> list[WorkFile]:
        """The tiers that earlier cycles granted, and releases up to the end of this one."""
        return [
            file
            for (table, partition), file in sorted(self.promoted.items())
            if (table == "tier_holdings" and partition < cycle.name)
            or (table == "tier_grants" and partition[: len(cycle.name)] <= cycle.name)
        ]

    def cap_levels(self, cycle: Cycle) -> list[WorkFile]:
        """What each cap over cycles starts from: what the latest earlier cycle left."""
        found: dict[str, WorkFile] = {}
        for (table, partition), file in sorted(self.promoted.items()):
            if table == "cap_levels":
                earlier, cap = partition[:7], partition[8:]
                if earlier < cycle.name:
                    found[cap] = file
        return list(found.values())

    def reads(self, cycle: Cycle) -> list[WorkFile]:
        """What was read for events of the cycle, if anything was."""
        file = self.promoted.get(("event_reads", cycle.name))
        return [file] if file else []

    def asked_for_notices(self, cycle: Cycle) -> bool:
        """Whether events of the cycle asked for messages or coupons when it was last posted."""
        return ("event_actions", cycle.name) in self.promoted

    def parts(self, cycle: Cycle, rules: EffectiveRules) -> dict[str, str]:
        """What earlier cycles left for this one, by its name: each changes exactly when that does.

        What was read for its own events is not in it: that never changes once it is read.
        """
        found: dict[str, list[WorkFile]] = {}
        if reads_tiers(rules):
            found["tiers of earlier cycles"] = self.holdings(cycle)
        if carries_caps(rules):
            found["caps of earlier cycles"] = self.cap_levels(cycle)
        return {
            name: digest("carried", [file.sha256 for file in files])
            for name, files in found.items()
        }


NOTHING_CARRIED = Carried({}, (), None, tuple)


def reads_tiers(rules: EffectiveRules) -> bool:
    """Whether the cycle goes by tiers held on the dates of events: for awards, or to cross."""
    tiers = rules.governing.tiers
    return tiers is not None and (
        tiers.crossed_by_sales or any(one.version.rulesets for one in rules.event_segments)
    )


def carries_over(rules: EffectiveRules) -> bool:
    """Whether cycles of these rules depend on earlier ones, and are computed in their order."""
    return reads_tiers(rules) or carries_caps(rules)
