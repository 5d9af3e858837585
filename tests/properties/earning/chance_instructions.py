"""Random instructions: about promises, tiers and merges.

Belongs here: what instructions say. Not here: what they come to (`instructed`, `holds`, `tiers`,
`homes`).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

from tests.properties.earning.chance import FIRST_DAY, PARTNERS, Chance
from tests.properties.earning.deliveries import Instruction
from tests.properties.earning.drawing import TIERS


class ChanceOfInstructions(Chance):
    """Draws files of instructions."""

    def _promise_instructions(self, today: date) -> tuple[Instruction, ...]:
        """To hold and let go, to release and to cancel, where anything is promised."""
        if not self._drawn.features & {"delays", "tranches", "slab_delays"}:
            return ()
        found = []
        for feature, kinds in (
            ("holds", ["hold", "hold", "unhold"]),
            ("early_releases", ["release"]),
            ("cancelled_promises", ["cancel_promise"]),
        ):
            if not self.has(feature, one_in=3):
                continue
            for _ in range(self._number(1, 2)):
                self._numbers += 1
                kind = self._one_of(kinds)
                of_promises = feature != "holds"
                number = points = None
                if of_promises and self._invoices and self._number(0, 2) == 0:
                    number = self._one_of(self._invoices).number
                if of_promises and self._number(0, 2) == 0:
                    points = Decimal(self._number(1, 12))
                start = self._day(today + timedelta(days=25))
                found.append(
                    Instruction(
                        f"I{self._numbers}",
                        kind,
                        self._one_of(PARTNERS),
                        start,
                        document_no=number,
                        points=points,
                    )
                )
        return tuple(found)

    def _merges(self, today: date) -> tuple[Instruction, ...]:
        """One partner into another, now or soon; told late, amended, in chains and in circles."""
        if "merges" not in self._drawn.features or self._number(0, 2) == 0:
            return ()
        name = self._one_of(["M1", "M1", "M2", "M3"])
        partner, target = self._one_of(list(permutations(PARTNERS, 2)))
        start = FIRST_DAY + timedelta(days=self._number(0, (today - FIRST_DAY).days + 25))
        return (Instruction(name, "merge", partner, start, to_partner=target),)

    def _tier_instructions(self, today: date) -> tuple[Instruction, ...]:
        if not self._drawn.program["versions"][0].get("tiers"):
            return ()
        if not self.has("overrides", one_in=5):
            return ()
        self._numbers += 1
        start = self._day(today + timedelta(days=20))
        until = start + timedelta(days=self._number(0, 40)) if self._number(0, 1) else None
        tier = self._one_of(TIERS)
        return (
            Instruction(
                f"I{self._numbers}", "set_tier", self._one_of(PARTNERS), start, tier, until
            ),
        )
