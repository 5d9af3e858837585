"""Merged partners: who a partner has become.

Belongs here: which merges are in force, and where they lead. Not here: what moves with them
(`promises`), or whose sale is whose (`cycles`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from tests.properties.earning.deliveries import Arrived, Instruction
from tests.properties.earning.figures import Calendar


@dataclass
class Homes:
    """What is known today of merges that have taken effect."""

    arrived: Arrived
    today: date
    calendar: Calendar

    @cached_property
    def _merges(self) -> list[Instruction]:
        """Those in effect, in their order."""
        return [one for one in self._told if one.effective_on <= self.today]

    @cached_property
    def _told(self) -> list[Instruction]:
        """The newest rows of all, in the order in which they take effect.

        One into a partner whom no file names waits.
        """
        newest = {one.instruction: one for one in self._ever}
        return sorted(
            (one for one in newest.values() if self._leads(one)),
            key=lambda one: (one.effective_on, one.instruction),
        )

    @property
    def _ever(self) -> list[Instruction]:
        return [one for _, file in self.arrived.instructions for one in file]

    def _leads(self, one: Instruction) -> bool:
        is_there = not self.arrived.has_partners or one.to_partner in self.arrived.named
        return one.kind == "merge" and is_there

    def are_kin(self, partner: str, other: str) -> bool:
        """Whether merges, of whatever days, lead from one to the other, forth and back.

        Also those that were amended since: they may have taken a sale there.
        """
        merges = [one for one in self._ever if self._leads(one)]
        reached, more = {partner}, True
        while more:
            pairs = [{one.partner, str(one.to_partner)} for one in merges]
            found = reached.union(*(pair for pair in pairs if pair & reached))
            more, reached = found != reached, found
        return other in reached

    def now(self, partner: str) -> str:
        """Where all that a partner holds lies."""
        return self._end(partner, date.max)

    def in_cycle(self, partner: str, day: date) -> str:
        """Whose a sale of a day is: a merge counts from the start of the cycle that holds it."""
        return self._end(partner, self.calendar.cycle_of(day).last_day)

    def on(self, partner: str, day: date) -> str:
        """Who a partner was on a day."""
        return self._end(partner, day)

    def _end(self, partner: str, last: date) -> str:
        """Of several merges of one partner the latest counts; one that closes a circle undoes
        that of the partner it leads to."""
        into: dict[str, str] = {}
        for one in self._merges:
            if one.effective_on > last:
                break
            target = str(one.to_partner)
            into[one.partner] = target
            seen = target
            while seen in into and seen != one.partner:
                seen = into[seen]
            if seen == one.partner:
                del into[target]
        while partner in into:
            partner = into[partner]
        return partner
