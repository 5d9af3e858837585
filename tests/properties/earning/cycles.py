"""Going through the cycles in order: every event, slab award and tier, each in its turn.

Belongs here: the order of the stages, what earns a tier, crossings, and the finished allocations.
Not here: any one stage, nor what was posted of it (`promises`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.properties.earning import caps, documents, events, slabs, tiers
from tests.properties.earning.awards import Earned, Part, earned, split_weights
from tests.properties.earning.conditions import Value
from tests.properties.earning.deliveries import Arrived
from tests.properties.earning.documents import Sale
from tests.properties.earning.events import Event
from tests.properties.earning.figures import ZERO, Calendar, Cycle, figure, shares
from tests.properties.earning.rounding import Grain, Row, RunningSums, rows_of
from tests.properties.earning.rules import Rules, Version, day_of, strategy


@dataclass(frozen=True)
class Allocation:
    """One row of point_allocations, and what shares its promises (`group`)."""

    key: str
    group: tuple[str, ...]
    cycle: str
    partner: str
    event: str
    event_date: date
    document_no: str | None
    tier: str | None
    slab: str | None
    rounded: Decimal
    forgone: Decimal
    points: Decimal
    accrual_date: date | None
    taken: tuple[tuple[str, Decimal], ...]
    due: date  # the first day on which it may be posted


@dataclass
class Memory:
    """What is kept with an event from the first time it was looked at."""

    first_days: dict[tuple[str, ...], date] = field(default_factory=dict)
    balances: dict[tuple[str, ...], tuple[Decimal, Decimal]] = field(default_factory=dict)


@dataclass
class Outcome:
    """Everything that today's knowledge comes to."""

    allocations: list[Allocation]
    holdings: dict[str, tiers.Holdings]
    assignments: dict[tuple[str, str], tuple[Decimal, str | None, str | None]]
    starts: dict[str, date]  # since when a partner has a tier at all


Balances = Callable[[str, date], tuple[Decimal, Decimal]]  # promised and current at a day's end


def outcome(
    rules: Rules, arrived: Arrived, today: date, memory: Memory, balances: Balances
) -> Outcome:
    """From all that arrived to all that is allocated."""
    return _Pass(rules, arrived, today, memory, balances).go()


@dataclass
class _Finished:
    """A row with the event it came from, before it is split over lines and tranches."""

    row: Row
    event: Event
    version: Version | None
    group: tuple[str, ...]
    order: tuple[object, ...]
    first_day: date
    due: date


class _Pass:
    """One pass over all cycles."""

    def __init__(
        self, rules: Rules, arrived: Arrived, today: date, memory: Memory, balances: Balances
    ) -> None:
        self.rules = rules
        self.calendar: Calendar = rules.calendar
        self.arrived = arrived
        self.today = today
        self.memory = memory
        self.balances = balances
        self.counted = [
            one
            for one in documents.counted(arrived, today, self.calendar)
            if one.doc.day >= self.calendar.first
        ]
        self.sums = RunningSums()
        self.running = caps.Running(self.calendar)
        self.holdings: dict[str, tiers.Holdings] = defaultdict(
            lambda: tiers.Holdings(self.calendar)
        )
        self.result = Outcome([], self.holdings, {}, {})

    def go(self) -> Outcome:
        for cycle in self.calendar.up_to(self.today):
            _CycleOfPass(self, cycle).go()
        self.result.starts = self._starts()
        return self.result

    def sales_of(self, cycle: Cycle) -> list[Sale]:
        restate = self.rules.of(cycle).get("restate", "original_cycle")
        found = documents.sales(self.counted, restate)
        return [sale for sale in found if cycle.start <= sale.day < cycle.end]

    def _starts(self) -> dict[str, date]:
        starts: dict[str, date] = {}
        if self.arrived.has_partners:
            for partner in {row.partner for _, file in self.arrived.partners for row in file}:
                day = events.enrolment(self.arrived, partner)
                if day is not None:
                    starts[partner] = day
            return starts
        for one in self.counted:
            starts[one.partner] = min(one.doc.day, starts.get(one.partner, one.doc.day))
        return starts


class _CycleOfPass:
    """One cycle of a pass."""

    def __init__(self, run: _Pass, cycle: Cycle) -> None:
        self.run = run
        self.rules = run.rules
        self.cycle = cycle
        self.version = run.rules.of(cycle)
        self.order = run.rules.tiers(cycle)
        self.decimals, self.mode = run.rules.rounding(cycle)
        self.unit = run.rules.unit(cycle)
        self.caps: list[dict[str, Any]] = list(self.version.get("caps", ()))
        self.sales = run.sales_of(cycle)
        self.partners = sorted({sale.partner for sale in self.sales})
        self.finished: list[_Finished] = []
        self.reached: dict[str, int] = defaultdict(int)  # immediate: the highest rank so far
        self.sold: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self.points: dict[str, Decimal] = defaultdict(lambda: ZERO)

    @property
    def tier_rules(self) -> dict[str, Any]:
        found: dict[str, Any] = self.version.get("tiers") or {}
        return found

    @property
    def immediate(self) -> bool:
        return self.tier_rules.get("upgrade") == "immediate"

    def go(self) -> None:
        turns: list[tuple[tuple[object, ...], Callable[[], None]]] = []
        for event in self._events():
            turns.append((event.order, self._turn_of_event(event)))
        for partner in self.partners:
            turns += self._slab_turns(partner)
        for _, turn in sorted(turns, key=lambda pair: pair[0]):
            turn()
        for budget in (cap for cap in self.caps if cap["per"] == "program"):
            caps.spend(
                budget,
                [caps.Served(one.row, one.first_day, one.order) for one in self.finished],
                self.unit,
            )
        self._close()
        for one in self.finished:
            self.run.result.allocations += self._allocations(one)

    # Events, in the total order.

    def _events(self) -> list[Event]:
        arrived, today = self.run.arrived, self.run.today
        found = events.transactions(self.run.counted, arrived)
        found += events.registrations(arrived, today)
        found += events.customer_updates(arrived)
        found += events.scans(arrived, today)
        slab_names = {partner: self._slab_of(partner) for partner in self.partners}
        found += events.closes(self.cycle, self.sales, slab_names, arrived)
        here = [event for event in found if self.cycle.start <= event.day < self.cycle.end]
        return sorted(here, key=lambda event: event.order)

    def _turn_of_event(self, event: Event) -> Callable[[], None]:
        return lambda: self._event(event)

    def _event(self, event: Event) -> None:
        version = self.rules.on(event.day)
        if version is None:
            return
        self.sold[event.partner] += event.amount if event.is_document else ZERO
        identity = (event.kind, *event.identity)
        first_day = self.run.memory.first_days.setdefault(identity, self.run.today)
        if event.kind == "cycle_close" and first_day < self.cycle.end:
            first_day = self.cycle.end  # projected until then
        parts = self._parts(event)
        columns = self._columns(event, identity, parts[0].tier)
        told = Event(**{**event.__dict__, "columns": columns})
        result = earned(told, version, parts)
        grain = Grain(
            self.rules.grain(self.cycle) or "document",
            self.decimals,
            self.mode,
            self.run.sums,
            (event.partner, self.cycle.start),
        )
        document = identity if event.is_document else None
        for number, row in enumerate(rows_of(result.awards, result.promotions, version, grain)):
            self.run.running.let_through(row, self.caps, event.partner, event.day, document)
            self.points[event.partner] += row.points
            self.finished.append(
                _Finished(
                    row,
                    told,
                    version,
                    (self.cycle.name, *identity),
                    (*event.order, number),
                    first_day,
                    self.cycle.end if event.kind == "cycle_close" else event.day,
                )
            )
        self._cross_by_points(event.partner, (event.day, tiers.after(event.position)))
        self._tier_actions(event, result)

    def _columns(
        self, event: Event, identity: tuple[str, ...], tier: str | None
    ) -> dict[str, Value]:
        """The event's own columns, the tier it is judged at, and the balances it first met."""
        if identity not in self.run.memory.balances:
            self.run.memory.balances[identity] = self.run.balances(
                event.partner, event.day - timedelta(days=1)
            )
        promised, current = self.run.memory.balances[identity]
        return event.columns | {
            "tier": tier,
            "promised_points": promised,
            "current_points": current,
            "total_points": promised + current,
        }

    # Tiers.

    def _rank(self, partner: str, moment: tiers.Moment) -> int:
        said = tiers.told(self.run.arrived, partner, moment[0], self.run.today, self.order)
        return said if said is not None else self.run.holdings[partner].rank_at(moment)

    def _tier(self, rank: int) -> str | None:
        return self.order[rank] if self.order else None

    def _parts(self, event: Event) -> list[Part]:
        """The event at its tier, or on both sides of the threshold that it crosses."""
        moment = (event.day, event.position)
        if not self.order:
            return [Part(None, event.amount)]
        before = self._rank(event.partner, moment)
        whole = [Part(self._tier(before), event.amount)]
        if not (self.immediate and event.is_document):
            return whole
        crossed = self._cross_by_sales(event)
        crossing = self.tier_rules["crossing"]
        if not crossed or crossing == "issue_then_upgrade":
            return whole
        if crossing == "upgrade_then_issue":
            return [Part(self._tier(self._rank(event.partner, moment)), event.amount)]
        said = tiers.told(self.run.arrived, event.partner, event.day, self.run.today, self.order)
        if said is not None:
            return whole  # an instruction says the tier, whatever is earned
        return self._two_sides(event, before, crossed)

    def _two_sides(
        self, event: Event, before: int, crossed: list[tuple[int, Decimal]]
    ) -> list[Part]:
        """What lies below the threshold at the old tier, what lies above at the new one."""
        base = self._sold_before_the_cycle(event.partner)
        level = base + self.sold[event.partner] - event.amount
        parts, rank, left = [], before, event.amount
        for crossed_rank, threshold in crossed:
            if crossed_rank <= rank:
                continue
            below = min(max(threshold - level, ZERO), left)
            if below > 0:
                parts.append(Part(self._tier(rank), below))
                level += below
                left -= below
            rank = crossed_rank
        return [*parts, Part(self._tier(rank), left)] if left > 0 or not parts else parts

    def _cross_by_sales(self, event: Event) -> list[tuple[int, Decimal]]:
        """The thresholds that the partner's sales reach with this document, each granted."""
        if self.tier_rules["from"] == "points_earned":
            return []
        level = self._sold_before_the_cycle(event.partner) + self.sold[event.partner]
        crossed = []
        for rank, threshold in self._thresholds_up_to(level):
            if rank > self.reached[event.partner]:
                self.reached[event.partner] = rank
                crossed.append((rank, threshold))
        if crossed:
            late = self.tier_rules["crossing"] == "issue_then_upgrade"
            place = tiers.after(event.position) if late else event.position
            self.run.holdings[event.partner].grant(
                crossed[-1][0], (event.day, place), self.cycle, self.tier_rules
            )
        return crossed

    def _thresholds_up_to(self, level: Decimal) -> list[tuple[int, Decimal]]:
        """Ranks whose threshold a level reaches, from low to high; by slab those of its band."""
        if self.tier_rules["from"] == "slab":
            table = self.version["slabs"]
            found = [
                (self.order.index(band["tier"]), Decimal(str(band["from"])))
                for band in table["bands"]
                if band.get("tier") is not None and Decimal(str(band["from"])) <= level
            ]
            top = self._rank_of_band(slabs.band_at(table, Fraction(level)))
            lowest = dict(reversed(found))
            return sorted(
                (rank, threshold) for rank, threshold in lowest.items() if 0 < rank <= top
            )
        return [
            (self.order.index(tier), Decimal(str(threshold)))
            for tier, threshold in sorted(
                self.tier_rules["thresholds"].items(), key=lambda pair: self.order.index(pair[0])
            )
            if Decimal(str(threshold)) <= level
        ]

    def _rank_of_band(self, band: dict[str, Any] | None) -> int:
        name = band.get("tier") if band is not None else None
        return self.order.index(name) if name is not None else 0

    def _sold_before_the_cycle(self, partner: str) -> Decimal:
        """Of a trailing window, the cycles before this one."""
        source = self.tier_rules["from"]
        if not isinstance(source, dict):
            return ZERO
        total = ZERO
        for back in range(1, source["window"]):
            earlier = self.run.calendar.later(self.cycle, -back)
            if earlier.start >= self.run.calendar.first:
                total += _total(self.run.sales_of(earlier), partner)
        return total

    def _cross_by_points(self, partner: str, moment: tiers.Moment) -> None:
        if not self.immediate or self.tier_rules["from"] != "points_earned":
            return
        ranks = [rank for rank, _ in self._thresholds_up_to(self.points[partner])]
        if ranks and ranks[-1] > self.reached[partner]:
            self.reached[partner] = ranks[-1]
            self.run.holdings[partner].grant(ranks[-1], moment, self.cycle, self.tier_rules)

    def _tier_actions(self, event: Event, result: Earned) -> None:
        moment = (event.day, tiers.after(event.position))
        own = self.run.holdings[event.partner]
        for kind, name in result.tiers:
            rank = self.order.index(name)
            if kind == "set_tier":
                own.set_to(rank, moment, self.cycle, self.tier_rules)
            elif rank > 0:
                own.grant(rank, moment, self.cycle, self.tier_rules)

    def _earned_rank(self, partner: str) -> int:
        """The tier the cycle earned, by its own measure."""
        source = self.tier_rules.get("from")
        if source is None:
            return 0
        if source == "slab":
            table = self.version["slabs"]
            level = slabs.level_of(table, self._measured(table, partner, self.cycle.end))
            return self._rank_of_band(slabs.band_at(table, level))
        if source == "points_earned":
            level_ = sum(
                (one.row.points for one in self.finished if one.event.partner == partner), ZERO
            )
        else:
            level_ = self._sold_before_the_cycle(partner) + _total(self.sales, partner)
        ranks = [rank for rank, _ in self._thresholds_up_to(level_)]
        return ranks[-1] if ranks else 0

    def _close(self) -> None:
        """What the cycle earned comes into force when it has ended."""
        partners = set(self.partners) | {one.event.partner for one in self.finished}
        if isinstance(self.tier_rules.get("from"), dict):
            partners |= {one.partner for one in self.run.counted}
        for partner in sorted(partners):
            rank = self._earned_rank(partner)
            if partner in self.partners:
                net = _total(self.sales, partner)
                name = (self.cycle.name, partner)
                self.run.result.assignments[name] = (net, self._slab_of(partner), self._tier(rank))
            ended = self.cycle.end <= self.run.today
            if ended and rank > 0 and self.order and not self.immediate:
                self.run.holdings[partner].grant(
                    rank, (self.cycle.end, ()), self.cycle, self.tier_rules
                )

    # Slabs.

    def _measured(self, table: dict[str, Any], partner: str, before: date) -> slabs.Measured:
        own = [sale for sale in self.sales if sale.partner == partner and sale.day < before]
        a_year_before = None
        earlier = self.run.calendar.later(self.cycle, -(12 // self.run.calendar.length))
        if earlier.start >= self.run.calendar.first:
            past = [sale for sale in self.run.sales_of(earlier) if sale.partner == partner]
            if past:
                a_year_before = sum((sale.amount(table.get("categories")) for sale in past), ZERO)
        return slabs.Measured(own, a_year_before, self._target(table, partner))

    def _target(self, table: dict[str, Any], partner: str) -> Decimal | None:
        """Of the table's categories together; without categories the row without one."""
        newest: dict[tuple[str, str, str | None], Decimal] = {}
        for _, file in self.run.arrived.targets:
            for row in file:
                newest[row.partner, row.cycle, row.category] = row.target
        wanted = table.get("categories") or [None]
        found = [
            newest[partner, self.cycle.name, name]
            for name in wanted
            if (partner, self.cycle.name, name) in newest
        ]
        return sum(found, ZERO) if found else None

    def _slab_of(self, partner: str) -> str | None:
        table = self.version.get("slabs")
        if table is None:
            return None
        level = slabs.level_of(table, self._measured(table, partner, self.cycle.end))
        band = slabs.band_at(table, level)
        return band["id"] if band else None

    def _slab_turns(self, partner: str) -> list[tuple[tuple[object, ...], Callable[[], None]]]:
        """An award a table, on the cycle's last day; interim, one a month."""
        turns: list[tuple[tuple[object, ...], Callable[[], None]]] = []
        tables = [("slabs", self.version["slabs"])] if self.version.get("slabs") else []
        tables += [(f"slabs/{one['id']}", one) for one in self.version.get("further_slabs", ())]
        interim = self.version.get("interim") == "monthly"
        for number, (name, table) in enumerate(tables):
            months = self.run.calendar.months(self.cycle)
            stretches = months if interim and number == 0 else [self.cycle]
            for stretch in stretches:
                key = f"{name}/{stretch.name}" if interim and number == 0 else name
                position = (events.SLABS, "", "", partner, "", number)
                turns.append(
                    (
                        (stretch.last_day, *position),
                        self._turn_of_slab(partner, key, table, stretch, position),
                    )
                )
        return turns

    def _turn_of_slab(
        self,
        partner: str,
        name: str,
        table: dict[str, Any],
        stretch: Cycle,
        position: tuple[object, ...],
    ) -> Callable[[], None]:
        return lambda: self._slab(partner, name, table, stretch, position)

    def _slab(
        self,
        partner: str,
        name: str,
        table: dict[str, Any],
        stretch: Cycle,
        position: tuple[object, ...],
    ) -> None:
        """The award of all sales so far, less that of the sales before this stretch."""
        now = self._slab_award(partner, table, stretch.end)
        before = self._slab_award(partner, table, stretch.start)
        tier = None
        if self.order:
            points_earned = self.tier_rules["from"] == "points_earned"
            tier = None if points_earned else self._tier(self._earned_rank(partner))
        row = Row(
            None, 0, None, None, 0, None, 1, tier, now.rounded - before.rounded, slab=now.slab
        )
        for cap in {**now.taken, **before.taken}:
            row.taken[cap] = now.taken.get(cap, ZERO) - before.taken.get(cap, ZERO)
        if not row.rounded and not any(row.taken.values()):
            return
        event = Event("slabs", stretch.last_day, partner, (partner,), position, {})
        identity = ("slabs", self.cycle.name, name, partner)
        first_day = self.run.memory.first_days.setdefault(identity, self.run.today)
        narrow = [cap for cap in self.caps if cap["per"] not in ("slab", "program")]
        self.run.running.let_through(row, narrow, partner, stretch.last_day, None)
        self.points[partner] += row.points
        self.finished.append(
            _Finished(
                row,
                event,
                None,
                (self.cycle.name, "slabs", partner),
                (stretch.last_day, *position),
                max(first_day, stretch.end),
                stretch.end,
            )
        )
        self._cross_by_points(partner, (stretch.last_day, tiers.after(position)))

    def _slab_award(self, partner: str, table: dict[str, Any], before: date) -> slabs.SlabAward:
        if before == self.cycle.start:
            return slabs.SlabAward(None)
        grain = self.rules.grain(self.cycle) or "cycle"
        of_slabs = [cap for cap in self.caps if cap["per"] == "slab"]
        tier = None
        if self.order and self.tier_rules["from"] != "points_earned":
            tier = self._tier(self._earned_rank(partner))
        return slabs.award(
            table,
            self._measured(table, partner, before),
            tier,
            "document" if grain == "line" else grain,
            self.decimals,
            self.mode,
            of_slabs,
        )

    # Finished rows.

    def _allocations(self, one: _Finished) -> list[Allocation]:
        """A finished row, split over lines if its rule says so, and over tranches."""
        row, event = one.row, one.event
        if one.version is None:
            key, due = self._slab_key(one), self._slab_due(one)
            return [self._allocation(one, key, row.rounded, row.points, due)]
        found = []
        for place, rounded, points in self._over_lines(row, event):
            found += self._over_tranches(one, place, rounded, points)
        return found

    def _slab_key(self, one: _Finished) -> str:
        name = "slabs"
        number = one.order[-1]
        tables = self.version.get("further_slabs", ())
        has_main = bool(self.version.get("slabs"))
        if isinstance(number, int) and (number > 0 or not has_main):
            name = f"slabs/{tables[number - (1 if has_main else 0)]['id']}"
        elif self.version.get("interim") == "monthly":
            name = f"slabs/{one.event.day:%Y-%m}"
        return f"{self.cycle.name}/{name}"

    def _slab_due(self, one: _Finished) -> date | None:
        number = one.order[-1]
        tables = [self.version["slabs"]] if self.version.get("slabs") else []
        tables += list(self.version.get("further_slabs", ()))
        table = tables[number if isinstance(number, int) else 0]
        delay = table.get("delayed_accrual")
        return None if delay is None else one.event.day + timedelta(days=delay + 1)

    def _over_lines(self, row: Row, event: Event) -> list[tuple[object, Decimal, Decimal]]:
        if not row.split_over_lines:
            return [(row.place, row.rounded, row.points)]
        lines = split_weights(event)
        weights = [amount for _, amount in lines]
        return [
            (number, rounded, points)
            for (number, _), rounded, points in zip(
                lines,
                shares(row.rounded, weights, self.unit),
                shares(row.points, weights, self.unit),
                strict=True,
            )
        ]

    def _over_tranches(
        self, one: _Finished, place: object, rounded: Decimal, points: Decimal
    ) -> list[Allocation]:
        """Shares of the points; what was forgone lies with the first."""
        assert one.version is not None
        terms = strategy(one.version, str(one.row.strategy))
        start = one.event.day
        if terms.get("delay_from") == "posting":
            start = one.first_day
        if not terms.get("tranches"):
            delay = terms.get("delayed_accrual")
            due = None if delay is None else start + timedelta(days=delay + 1)
            key = self._event_key(one, place, "1")
            return [self._allocation(one, key, rounded, points, due)]
        found = []
        parts = shares(
            points, [figure(tranche["share"]) for tranche in terms["tranches"]], self.unit
        )
        for number, (tranche, part) in enumerate(
            zip(terms["tranches"], parts, strict=True), start=1
        ):
            due = start + timedelta(days=tranche["delay"] + 1) if tranche["delay"] else None
            forgone = rounded - points if number == 1 else ZERO
            key = self._event_key(one, place, str(number))
            found.append(self._allocation(one, key, part + forgone, part, due))
        return found

    def _event_key(self, one: _Finished, place: object, tranche: str) -> str:
        row = one.row
        part = f"~{row.part}" if row.part > 1 else ""
        return "/".join(
            [
                self.cycle.name,
                one.event.kind,
                str(row.rule),
                str(row.strategy),
                row.promotion or "-",
                "-" if place is None else str(place),
                tranche + part,
                *one.event.identity,
            ]
        )

    def _allocation(
        self, one: _Finished, key: str, rounded: Decimal, points: Decimal, due: date | None
    ) -> Allocation:
        return Allocation(
            key,
            one.group,
            self.cycle.name,
            one.event.partner,
            one.event.kind,
            one.event.day,
            one.event.document_no,
            one.row.tier,
            one.row.slab,
            rounded,
            rounded - points,
            points,
            due,
            tuple(one.row.taken.items()),
            one.due,
        )


def _total(sales: list[Sale], partner: str) -> Decimal:
    return sum((sale.amount() for sale in sales if sale.partner == partner), ZERO)


def governed_from(version: Version) -> date:
    """The first day of a version."""
    return day_of(version["effective_from"])
