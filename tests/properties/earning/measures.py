"""What earns a tier, and the document that crosses a threshold.

Belongs here: slab, cycle sales, points earned, trailing windows, the three ways of crossing. Not
here: how long a tier is held (`tiers`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from tests.properties.earning import tiers
from tests.properties.earning.awards import Part
from tests.properties.earning.events import Event
from tests.properties.earning.figures import ZERO
from tests.properties.earning.sales_moves import SalesMove
from tests.properties.earning.tiers import Holdings, Lifted, Moment
from tests.properties.earning.view import CycleView, total


def thresholds_reached(view: CycleView, level: Decimal) -> list[tuple[int, Decimal]]:
    """Ranks that a level earns with their thresholds, from low to high; by slab its bands'.

    Who sells on through a gap between slabs has passed the threshold of the lower one.
    """
    if view.tiers["from"] == "slab":
        lowest: dict[int, Decimal] = {}
        for band in view.version["slabs"]["bands"]:
            start = Decimal(str(band["from"]))
            if band.get("tier") is not None and start <= level:
                lowest.setdefault(view.order.index(band["tier"]), start)
        return sorted(pair for pair in lowest.items() if pair[0] > 0)
    found = [
        (view.order.index(tier), Decimal(str(threshold)))
        for tier, threshold in view.tiers["thresholds"].items()
    ]
    return sorted(pair for pair in found if pair[1] <= level)


def rank_of_band(view: CycleView, band: dict[str, Any] | None) -> int:
    name = band.get("tier") if band is not None else None
    return view.order.index(name) if name is not None else 0


def sold_before(view: CycleView, partner: str) -> Decimal:
    """Of a trailing window, the cycles before this one, all as long as it; else nothing."""
    source = view.tiers.get("from")
    if not isinstance(source, dict):
        return ZERO
    alike = view.calendar.alike(view.cycle)
    earlier = [alike.later(view.cycle, -back) for back in range(1, source["window"])]
    return sum((total(view.sales_of(cycle), partner) for cycle in earlier), ZERO)


def earned_rank(view: CycleView, partner: str, points: Decimal, before: date | None = None) -> int:
    """The tier the cycle earned, by its own measure; or its days before one."""
    source = view.tiers.get("from")
    if source is None:
        return 0
    if source == "slab":
        return rank_of_band(view, view.band(partner, before))
    level = sold_before(view, partner) + view.net_sales(partner, before)
    found = thresholds_reached(view, points if source == "points_earned" else level)
    return found[-1][0] if found else 0


class Standing:
    """Where partners stand while a cycle's events go by, one after the other."""

    def __init__(self, view: CycleView, holdings: Mapping[str, Holdings]) -> None:
        self._view = view
        self._holdings = holdings
        self._sold: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self._points: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self._reached: dict[str, int] = defaultdict(int)  # the highest rank so far

    @property
    def _immediate(self) -> bool:
        return self._view.tiers.get("upgrade") == "immediate"

    def rank(self, partner: str, moment: Moment) -> int:
        """The tier held at a moment; an instruction says it whatever is earned."""
        said = self._told(partner, moment)
        return self._holdings[partner].rank_at(moment) if said is None else said

    def _told(self, partner: str, moment: Moment) -> int | None:
        view = self._view
        return tiers.told(view.homes, partner, moment[0], view.order)

    def parts(self, event: Event) -> list[Part]:
        """The event at its tier, or on both sides of the threshold that it crosses."""
        view, moment = self._view, (event.day, event.position)
        if not view.order:
            return [Part(None, event.amount)]
        before = self.rank(event.partner, moment)
        whole = [Part(view.tier(before), event.amount)]
        if not (self._immediate and event.is_document):
            return whole
        crossed = self.cross(view.sales_moves[event.order])
        crossing = view.tiers["crossing"]
        if not crossed or crossing == "issue_then_upgrade":
            return whole
        if crossing == "upgrade_then_issue":
            return [Part(view.tier(self.rank(event.partner, moment)), event.amount)]
        return (
            whole
            if self._told(event.partner, moment) is not None
            else self._sides(event, before, crossed)
        )

    def _sides(self, event: Event, rank: int, crossed: list[tuple[int, Decimal]]) -> list[Part]:
        """What lies below a threshold at the tier before, what lies above at the one reached."""
        level = sold_before(self._view, event.partner)
        level += self._sold[event.partner] - self._view.sales_moves[event.order].amount
        left, parts = event.amount, []
        for higher, threshold in crossed:
            if higher <= rank:
                continue
            below = min(max(threshold - level, ZERO), left)
            if below > 0:
                parts.append(Part(self._view.tier(rank), below))
            level, left, rank = level + below, left - below, higher
        return [*parts, Part(self._view.tier(rank), left)] if left > 0 or not parts else parts

    def cross(self, move: SalesMove) -> list[tuple[int, Decimal]]:
        """The thresholds that sales reach with a document, the highest of them granted.

        Also with one of which nothing is left by now: it was sold in this cycle all the same.
        """
        partner, view = move.partner, self._view
        if not self._immediate:
            return []
        self._sold[partner] += move.amount
        if view.tiers["from"] == "points_earned":
            return []
        if move.amount <= 0:  # what is taken reaches nothing
            return []
        level = sold_before(view, partner) + self._sold[partner]
        reached = self._reached[partner]
        crossed = [pair for pair in thresholds_reached(view, level) if pair[0] > reached]
        if crossed:
            self._reached[partner] = crossed[-1][0]
            late = view.tiers["crossing"] == "issue_then_upgrade"
            place = tiers.after(move.position) if late else move.position
            self._grant(partner, crossed[-1][0], (move.day, place))
        return crossed

    def silent_turns(self) -> list[tuple[tuple[object, ...], Callable[[], object]]]:
        """Documents that are no events may reach a threshold, each in its turn."""
        silent = [move for move in self._view.sales_moves.values() if not move.is_event]
        return [(move.order, partial(self.cross, move)) for move in silent]

    def count_points(self, partner: str, points: Decimal, after: Moment) -> None:
        """Points earned up to a moment may reach a tier, too."""
        self._points[partner] += points
        if not self._immediate or self._view.tiers["from"] != "points_earned":
            return
        found = thresholds_reached(self._view, self._points[partner])
        if found and found[-1][0] > self._reached[partner]:
            self._reached[partner] = found[-1][0]
            self._grant(partner, found[-1][0], after)

    def act(self, event: Event, actions: list[tuple[str, str]]) -> None:
        """What rules do to the tier, from right after the event."""
        view, moment = self._view, (event.day, tiers.after(event.position))
        for kind, name in actions:
            rank = view.order.index(name)
            if kind == "set_tier":
                self._holdings[event.partner].set_to(rank, moment, view.cycle, view.tiers)
            elif rank > 0:
                self._grant(event.partner, rank, moment)

    def lift(self, one: Lifted) -> None:
        """What rules of releases do to the tier, from the morning on."""
        rank = self._view.order.index(one.tier)
        self._holdings[one.partner].grant(rank, (one.day, ()), self._view.cycle, one.terms)

    def _grant(self, partner: str, rank: int, start: Moment) -> None:
        self._holdings[partner].grant(rank, start, self._view.cycle, self._view.tiers)

    def close(self, points: Mapping[str, Decimal]) -> dict[str, int]:
        """What the cycle earned comes into force when it has ended; all ranks are returned."""
        view = self._view
        partners = {*view.partners, *points}
        if isinstance(view.tiers.get("from"), dict):  # a window may be reached without a sale
            partners |= {one.partner for one in view.counted}
        ranks = {
            partner: earned_rank(view, partner, points.get(partner, ZERO))
            for partner in sorted(partners)
        }
        if view.ended:
            for partner, rank in ranks.items():
                # Also what documents crossed into: a rule may have set another tier since.
                if rank > 0:
                    self._grant(partner, rank, (view.cycle.end, ()))
        return ranks
