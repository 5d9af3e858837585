"""Going through the cycles in order: every event and slab award, each in its turn.

Belongs here: the order of the stages. Not here: any one stage, nor what was posted of it
(`promises`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from tests.properties.earning import caps, documents, events, measures, slabs, tiers
from tests.properties.earning.awards import earned
from tests.properties.earning.conditions import Value
from tests.properties.earning.deliveries import Arrived
from tests.properties.earning.documents import Counted
from tests.properties.earning.events import Event
from tests.properties.earning.figures import ZERO, Cycle
from tests.properties.earning.finished import Allocation, Finished, allocations
from tests.properties.earning.homes import Homes
from tests.properties.earning.rounding import Grain, Row, RunningSums, rows_of
from tests.properties.earning.rules import Rules
from tests.properties.earning.view import CycleView

RELEASES = 0  # come before all events of a day
Turn = Callable[[], object]
# Promised and current, as an event of a partner on a day reads them.
Balances = Callable[[str, date], tuple[Decimal, Decimal]]


@dataclass
class Memory:
    """What is kept with an event from the first time it was looked at, as long as there is one."""

    first_days: dict[tuple[str, ...], date] = field(default_factory=dict)
    balances: dict[tuple[str, ...], tuple[Decimal, Decimal]] = field(default_factory=dict)

    def forget_all_but(self, seen: set[tuple[str, ...]]) -> None:
        """A document that comes back, to its date or partner, is looked at anew."""
        for kept in (self.first_days, self.balances):
            for gone in kept.keys() - seen:
                del kept[gone]


@dataclass
class Outcome:
    """Everything that today's knowledge comes to."""

    allocations: list[Allocation] = field(default_factory=list)
    holdings: dict[str, tiers.Holdings] = field(default_factory=dict)
    # Of each cycle and partner: net sales, slab, tier.
    assignments: dict[tuple[str, str], tuple[Decimal, str | None, str | None]] = field(
        default_factory=dict
    )
    starts: dict[str, date] = field(default_factory=dict)  # since when one has a tier at all


@dataclass
class Pass:
    """One pass over all cycles, and what goes on from one to the next."""

    rules: Rules
    arrived: Arrived
    today: date
    memory: Memory
    balances: Balances
    homes: Homes
    lifted: list[tiers.Lifted]

    def outcome(self) -> Outcome:
        """From all that arrived to all that is allocated."""
        calendar = self.rules.calendar
        counted = tuple(
            one
            for one in documents.counted(self.arrived, self.today, self.homes)
            if one.doc.day >= calendar.first
        )
        self.seen: set[tuple[str, ...]] = set()
        self.sums = RunningSums()
        self.running = caps.Running(calendar)
        self.holdings: dict[str, tiers.Holdings] = defaultdict(lambda: tiers.Holdings(calendar))
        result = Outcome(holdings=self.holdings)
        for cycle in calendar.up_to(self.today):
            view = CycleView(self.rules, self.arrived, counted, self.today, cycle, self.homes)
            _CycleOfPass(self, view, result).go()
        self.memory.forget_all_but(self.seen)
        result.starts = self._starts(counted, {partner for _, partner in result.assignments})
        return result

    def _starts(self, counted: tuple[Counted, ...], selling: set[str]) -> dict[str, date]:
        """The base tier is held from enrolment, or else from the first that is known of one.

        `selling`: who has sales in some cycle. What a return takes from a sale of another is not.
        """
        starts: dict[str, date] = {}
        for one in counted:
            for doc in (one.doc, *(taking for taking, _ in one.returned)):
                partner = self.homes.in_cycle(one.doc.partner, doc.day)
                if partner in selling:
                    starts[partner] = min(doc.day, starts.get(partner, doc.day))
        for scan in events.scans(self.arrived, self.today, self.homes):
            if scan.day >= self.rules.calendar.first:
                starts[scan.partner] = min(scan.day, starts.get(scan.partner, scan.day))
        for partner in self.arrived.named:
            row = documents.latest_row(self.arrived, partner)
            first = documents.first_named(self.arrived, partner) or date.max
            known = row.enrolled_on if row is not None else None
            if known is not None and not self.arrived.earns_before_enrolment:
                starts[partner] = known
            else:
                starts[partner] = min(known or first, starts.get(partner, known or first))
        return starts


class _CycleOfPass:
    """One cycle of a pass."""

    def __init__(self, run: Pass, view: CycleView, result: Outcome) -> None:
        self._run = run
        self._view = view
        self._result = result
        self._standing = measures.Standing(view, run.holdings)
        self._decimals, self._mode = view.rules.rounding(view.cycle)
        self._unit = view.rules.unit(view.cycle)
        self._finished: list[Finished] = []

    def go(self) -> None:
        turns = [(event.order, self._turn_of_event(event)) for event in self._events()]
        turns += self._slab_turns() + self._turns_of_releases() + self._standing.silent_turns()
        for _, turn in sorted(turns, key=lambda pair: pair[0]):
            turn()
        for budget in (cap for cap in self._view.caps if cap["per"] == "program"):
            queue = [caps.Served(one.row, one.first_day, one.order) for one in self._finished]
            caps.spend(budget, queue, self._unit)
        self._close()
        for one in self._finished:
            self._result.allocations += allocations(one, self._unit)

    def _close(self) -> None:
        view = self._view
        points: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for one in self._finished:
            points[one.event.partner] += one.row.points
        ranks = self._standing.close(points)
        for partner in view.partners:
            self._result.assignments[view.cycle.name, partner] = (
                view.net_sales(partner),
                view.slab(partner),
                view.tier(ranks[partner]),
            )

    # Events.

    def _events(self) -> list[Event]:
        view, cycle = self._view, self._view.cycle
        found = events.transactions(list(view.counted), view.arrived)
        found += events.registrations(view.arrived, view.today, view.homes)
        found += events.customer_updates(view.arrived, view.homes)
        found += events.scans(view.arrived, view.today, view.homes)
        reached = {partner: view.slab(partner) for partner in view.partners}
        found += events.closes(cycle, view.sales, reached, view.arrived)
        return [event for event in found if cycle.start <= event.day < cycle.end]

    def _turn_of_event(self, event: Event) -> Turn:
        return lambda: self._event(event)

    def _event(self, event: Event) -> None:
        view = self._view
        version = view.rules.on(event.day)
        if version is None:
            return
        # A document that was amended to another date or partner is looked at anew; under whichever
        # rules a claim comes, it is the same event.
        seen = (event.kind, *event.identity, event.day.isoformat(), event.partner)
        if event.columns.get("document_type") == "claim" and any(
            found.get("event") == "claim" for found in version.get("rulesets", ())
        ):
            event = replace(event, kind="claim")  # there are rules of its own
        identity = (event.kind, *event.identity)
        at_close = event.kind == "cycle_close"  # projected until then
        parts = self._standing.parts(event)
        event = replace(event, columns=self._columns(event, seen, parts[0].tier))
        result = earned(event, version, parts)
        grain = Grain(
            view.rules.grain(view.cycle) or "document",
            self._decimals,
            self._mode,
            self._run.sums,
            (event.partner, view.cycle.start),
        )
        # Two partners may claim the same invoice.
        document = (*identity, event.partner) if event.is_document else None
        after = (event.day, tiers.after(event.position))
        rows = list(rows_of(result.awards, result.promotions, version, grain))
        due = view.cycle.end if at_close else event.day
        # What a close pays has its turn when it first pays: a partner may earn it only later.
        is_seen = not at_close or any(row.rounded for row in rows)
        first_day = self._first_day(seen, due) if is_seen else due
        for number, row in enumerate(rows):
            self._run.running.let_through(row, view.caps, event.partner, event.day, document)
            self._finished.append(
                Finished(
                    row,
                    event,
                    version,
                    view.cycle.name,
                    (view.cycle.name, *identity),
                    (*event.order, number),
                    first_day,
                    due,
                )
            )
        self._standing.count_points(event.partner, sum((row.points for row in rows), ZERO), after)
        self._standing.act(event, result.tiers)

    def _first_day(self, seen: tuple[str, ...], due: date) -> date:
        """The business day that first posted something; what is projected has its turn to come."""
        if self._view.today < due:
            return due
        self._see(seen)
        return self._run.memory.first_days.setdefault(seen, self._view.today)

    def _see(self, seen: tuple[str, ...]) -> None:
        """What no rule asks for is not evaluated, and nothing is kept of it."""
        if seen[0] == "slabs" or seen[0] in self._view.asked:
            self._run.seen.add(seen)

    def _columns(self, event: Event, seen: tuple[str, ...], tier: str | None) -> dict[str, Value]:
        """The event's own columns, the tier it is judged at, and the balances it first met."""
        kept = self._run.memory.balances
        self._see(seen)
        if seen not in kept:
            kept[seen] = self._run.balances(event.partner, event.day)
        promised, current = kept[seen]
        return event.columns | {
            "tier": tier,
            "promised_points": promised,
            "current_points": current,
            "total_points": promised + current,
        }

    def _turns_of_releases(self) -> list[tuple[tuple[object, ...], Turn]]:
        """Releases come in the morning: what else happens on the day sees the tier they gave."""
        view = self._view
        return [
            ((one.day, RELEASES), partial(self._standing.lift, one))
            for one in self._run.lifted
            if one.tier in view.order and view.cycle.start <= one.day < view.cycle.end
        ]

    # Slabs.

    def _slab_turns(self) -> list[tuple[tuple[object, ...], Turn]]:
        """An award a table, on the cycle's last day; if interim, one a month."""
        view = self._view
        turns: list[tuple[tuple[object, ...], Turn]] = []
        for partner in view.partners:
            for number, (name, table) in enumerate(view.tables):
                interim = view.version.get("interim") == "monthly"
                stretches = view.calendar.months(view.cycle) if interim else [view.cycle]
                for stretch in stretches:
                    key = f"{name}/{stretch.name}" if interim else name
                    position = (events.SLABS, "", "", partner, "", number)
                    event = Event("slabs", stretch.last_day, partner, (partner,), position, {})
                    turns.append((event.order, self._turn_of_slab(event, key, table, stretch)))
        return turns

    def _turn_of_slab(self, event: Event, name: str, table: dict[str, Any], stretch: Cycle) -> Turn:
        return lambda: self._slab(event, name, table, stretch)

    def _slab(self, event: Event, name: str, table: dict[str, Any], stretch: Cycle) -> None:
        """The award of all sales so far, less that of the sales before this stretch."""
        view, partner = self._view, event.partner
        now = self._slab_award(partner, table, stretch.end)
        before = self._slab_award(partner, table, stretch.start)
        tier = self._earned_tier(partner, stretch.end)
        row = Row(
            None, 0, None, None, 0, None, 1, tier, now.rounded - before.rounded, slab=now.slab
        )
        for cap in {**now.taken, **before.taken}:
            row.taken[cap] = now.taken.get(cap, ZERO) - before.taken.get(cap, ZERO)
        if not row.rounded and not any(row.taken.values()):
            return
        identity = ("slabs", view.cycle.name, name, partner)
        first_day = self._first_day(identity, stretch.end)
        wider = [cap for cap in view.caps if cap["per"] not in ("slab", "program")]
        self._run.running.let_through(row, wider, partner, event.day, None)
        self._finished.append(
            Finished(
                row,
                event,
                None,
                view.cycle.name,
                (view.cycle.name, f"{view.cycle.name}/{name}"),  # an event of its own
                event.order,
                first_day,
                stretch.end,
                f"{view.cycle.name}/{name}",
                table.get("delayed_accrual"),
            )
        )

    def _earned_tier(self, partner: str, before: date) -> str | None:
        """The tier that the sales before a day earn; where points decide it is not known yet."""
        if not self._view.order or self._view.tiers["from"] == "points_earned":
            return self._view.tier(0)
        return self._view.tier(measures.earned_rank(self._view, partner, ZERO, before))

    def _slab_award(self, partner: str, table: dict[str, Any], before: date) -> slabs.SlabAward:
        view = self._view
        if before == view.cycle.start:
            return slabs.SlabAward(None)
        grain = view.rules.grain(view.cycle) or "cycle"
        return slabs.award(
            table,
            view.measured(table, partner, before),
            self._earned_tier(partner, before),
            "document" if grain == "line" else grain,
            self._decimals,
            self._mode,
            [cap for cap in view.caps if cap["per"] == "slab"],
        )
