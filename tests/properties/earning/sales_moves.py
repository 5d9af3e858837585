"""What moves the running sales of a cycle, with which documents reach thresholds.

Belongs here: what each document moves, and from which place on. Not here: what is reached
(`measures`), or the net sales of a whole cycle (`documents`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.properties.earning.documents import Counted
from tests.properties.earning.events import Position, place
from tests.properties.earning.figures import ZERO, Cycle
from tests.properties.earning.homes import Homes


@dataclass(frozen=True)
class SalesMove:
    """What one document moves its partner's sales by."""

    partner: str
    day: date
    position: Position
    amount: Decimal
    is_event: bool

    @property
    def order(self) -> tuple[object, ...]:
        return (self.day, *self.position)


def sales_moves(
    documents: Iterable[Counted], restate: str, cycle: Cycle, homes: Homes
) -> list[SalesMove]:
    """The moves of a cycle, in no particular order.

    With own_cycle a document counts with what returns of its own cycle leave of it, and a return of
    an earlier cycle's document on its own date; else a document counts with what is left of it.
    """
    found = []
    for one in documents:
        is_here = _is_in(cycle, one.doc.day)
        elsewhere = ZERO
        for taking, took in one.returned if restate == "own_cycle" else ():
            amount = sum(took.values(), ZERO)
            if not _is_in(cycle, taking.day):
                elsewhere += amount
            elif not is_here:
                partner = homes.in_cycle(one.doc.partner, taking.day)
                where = place(taking, one.year)
                found.append(SalesMove(partner, taking.day, where, -amount, is_event=False))
        if is_here:
            where = place(one.doc, one.year)
            amount = one.net + elsewhere
            found.append(SalesMove(one.partner, one.doc.day, where, amount, one.net != 0))
    return found


def _is_in(cycle: Cycle, day: date) -> bool:
    return cycle.start <= day < cycle.end
