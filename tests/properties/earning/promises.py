"""What is promised and what is current: posting, releasing and taking back.

Belongs here: the difference between what should have been earned and what was posted, day by day,
and every move with the day on which it counts. Not here: what should have been earned.

Points of one event (or of a cycle's slabs) stand together: what is released stays released as long
as the event is still worth it, and a decrease takes the event's open promises first, the latest
accrual first, before it takes current points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.properties.earning.figures import ZERO
from tests.properties.earning.finished import Allocation
from tests.properties.earning.holds import Holds
from tests.properties.earning.homes import Homes


@dataclass(frozen=True)
class Move:
    """Points that come into a partner's promised or current points, or (negative) leave them."""

    partner: str
    bucket: str
    points: Decimal
    effective: date
    posted_on: date
    asked_from: date  # conditions read an award of a campaign from its date on


@dataclass
class Held:
    """What lies under one allocation key of one partner."""

    current: Decimal = ZERO
    promised: Decimal = ZERO
    accrual: date | None = None
    promised_on: date | None = None  # the posting date of the promise
    forfeited: Decimal = ZERO  # what an instruction cancelled is gone for good
    document_no: str | None = None
    event_date: date | None = None

    @property
    def due_on(self) -> date:
        """Not before it was posted."""
        return max(self.accrual or date.max, self.promised_on or date.min)


Group = tuple[str, ...]
# Of a partner and day: whether rules release what is due of an event, by accrual date, the date of
# the event, and points; None where there are no such rules. And the tiers that they lift it to.
Ask = Callable[[str, date, date, date, Decimal], tuple[bool | None, list[str]]]


@dataclass
class Ledger:
    """All that was ever posted."""

    held: dict[Group, dict[str, Held]] = field(default_factory=lambda: defaultdict(dict))
    moves: list[Move] = field(default_factory=list)

    def release(self, day: date, today: date, holds: Holds, ask: Ask) -> list[tuple[str, str]]:
        """Every promise that is due by a day becomes current, once, unless it is held back.

        Rules are asked about all that is due of one event at once, if there are any. Returns whom
        they lift to which tier.
        """
        lifted = []
        for group, keys in self.held.items():
            due: dict[date, list[Held]] = defaultdict(list)
            for held in keys.values():
                if held.accrual is not None and held.promised and held.due_on <= day:
                    due[held.accrual].append(held)
            for accrual, promises in due.items():
                points = sum((held.promised for held in promises), ZERO)
                promised_on = min(held.event_date for held in promises if held.event_date)
                answer, upgrades = ask(group[0], day, accrual, promised_on, points)
                released = False
                for held in promises:
                    since = held.due_on if answer is None else day
                    free = holds.free_from(group[0], since)
                    if answer is not False and free is not None and free <= day:
                        self.accrue(group[0], held, held.promised, free, today)
                        released = True
                if released:
                    lifted += [(group[0], tier) for tier in upgrades]
        return lifted

    def accrue(self, partner: str, held: Held, points: Decimal, day: date, today: date) -> None:
        """Promised points become current on a day."""
        self._move(partner, "promised", -points, day, today)
        self._move(partner, "current", points, day, today)
        held.current += points
        held.promised -= points

    def forfeit(self, partner: str, held: Held, points: Decimal, day: date, today: date) -> None:
        """Promised points are cancelled on a day, and never promised again."""
        self._move(partner, "promised", -points, day, today)
        held.promised -= points
        held.forfeited += points

    def open_promises(
        self, homes: Homes, partner: str, document_no: str | None
    ) -> list[tuple[str, Held]]:
        """What a partner is promised, of one document or of all, the earliest accrual first.

        With what was promised to whom has become the same; each with whom it was promised to.
        """
        home = homes.now(partner)
        found = [
            (held.accrual or date.min, key, group[0], held)
            for group, keys in self.held.items()
            for key, held in keys.items()
            if homes.now(group[0]) == home
            and held.promised > 0
            and document_no in (None, held.document_no)
        ]
        return [(whose, held) for _, _, whose, held in sorted(found, key=lambda one: one[:3])]

    def post(self, allocations: Iterable[Allocation], homes: Homes, today: date) -> None:
        """Write the difference between what should be and what is, event by event."""
        wanted: dict[Group, dict[str, Allocation]] = defaultdict(dict)
        for one in allocations:
            if one.due <= today:
                wanted[one.partner, *one.group][one.key] = one
        released = self._pass_on(wanted, homes)
        for group in {*wanted, *self.held}:
            self._post_group(group, wanted.get(group, {}), released.get(group, {}), today)

    def _pass_on(
        self, wanted: dict[Group, dict[str, Allocation]], homes: Homes
    ) -> dict[Group, dict[str, Decimal]]:
        """What was cancelled of a sale stays so when it counts for who its partner is by now.

        Returns what was released of such sales, which stays released there.
        """
        released: dict[Group, dict[str, Decimal]] = {}
        for (partner, *event), keys in list(self.held.items()):
            for key, held in keys.items():
                if key in wanted.get((partner, *event), {}):
                    continue
                if len(event) == 2:  # of a cycle, which names no sale
                    whose = {homes.in_cycle(partner, held.event_date or date.min)}
                else:
                    whose = {other for other, *_ in wanted if homes.are_kin(partner, other)}
                for home in sorted(whose):
                    group = (home, *event)
                    if home != partner and key in wanted.get(group, {}):
                        self.held[group].setdefault(key, Held()).forfeited += held.forfeited
                        held.forfeited = ZERO
                        passed = released.setdefault(group, defaultdict(Decimal))
                        passed[key] += max(held.current, ZERO)
        return released

    def _post_group(
        self,
        group: Group,
        wanted: dict[str, Allocation],
        released: dict[str, Decimal],
        today: date,
    ) -> None:
        keys = self.held[group]
        for key in wanted:
            keys.setdefault(key, Held())
        current, promised, surplus = {}, {}, {}
        for key, held in keys.items():
            points = to_come = wanted[key].points if key in wanted else ZERO
            if held.forfeited:  # neither promised again nor taken from current points
                to_come = max(points - held.forfeited, ZERO)
            if key in wanted:
                held.document_no = wanted[key].document_no
                held.event_date = wanted[key].event_date
            direct = key not in wanted or wanted[key].accrual_date is None
            kept = held.current
            if kept < 0:  # what took from current points gives back to them
                kept = max(kept, min(points, ZERO))
            if direct:
                kept = max(kept, to_come)
            kept += min(max(to_come - kept, ZERO), released.get(key, ZERO))
            current[key] = kept
            promised[key] = max(to_come - kept, ZERO)
            surplus[key] = max(kept - points, ZERO)
        gained = sum((max(current[key] - held.current, ZERO) for key, held in keys.items()), ZERO)
        self._take_back(wanted, current, promised, surplus, gained)
        for key, held in keys.items():
            accrual = wanted[key].accrual_date if key in wanted else held.accrual
            event_date = wanted[key].event_date if key in wanted else today
            self._change(group[0], held, current[key], promised[key], accrual, event_date, today)

    def _take_back(
        self,
        wanted: dict[str, Allocation],
        current: dict[str, Decimal],
        promised: dict[str, Decimal],
        surplus: dict[str, Decimal],
        gained: Decimal,
    ) -> None:
        """What is held beyond its worth: from the event's open promises, then from current.

        What the event gains in current points is set off before that.
        """
        from_current = min(sum(surplus.values(), ZERO), gained)
        to_take = sum(surplus.values(), ZERO) - from_current
        for key in sorted(
            (key for key in promised if promised[key] > 0),
            key=lambda key: (wanted[key].accrual_date or date.min, key),
            reverse=True,
        ):
            taken = min(to_take, promised[key])
            promised[key] -= taken
            to_take -= taken
        to_take += from_current
        for key in surplus:
            taken = min(to_take, surplus[key])
            current[key] -= taken
            to_take -= taken

    def _change(
        self,
        partner: str,
        held: Held,
        current: Decimal,
        promised: Decimal,
        accrual: date | None,
        event_date: date,
        today: date,
    ) -> None:
        self._move(partner, "current", current - held.current, today, today)
        if accrual != held.accrual and held.promised:
            self._move(partner, "promised", -held.promised, today, today)
            held.promised = ZERO
        more = promised - held.promised
        self._move(partner, "promised", more, event_date if more > 0 else today, today)
        if more > 0:
            held.promised_on = today
        held.current, held.promised, held.accrual = current, promised, accrual

    def _move(
        self, partner: str, bucket: str, points: Decimal, effective: date, today: date
    ) -> None:
        if points:
            self.moves.append(Move(partner, bucket, points, effective, today, effective))

    def give(self, partner: str, points: Decimal, day: date, today: date) -> None:
        """An award that is final: a campaign's. Conditions read it from the campaign's date on;
        it is there to be spent, or below zero is gone, from today on.
        """
        self.moves.append(Move(partner, "current", points, today, today, day))

    def spend(self, partner: str, points: Decimal, day: date, today: date) -> None:
        """A redemption, or below zero its reversal: it moves on its own day."""
        self._move(partner, "current", -points, day, today)

    def balance_of(
        self, homes: Homes, partner: str, asked_on: date, day: date, posted_before: date
    ) -> tuple[Decimal, Decimal]:
        """What conditions read: promised and current at the end of a day, from what was posted
        before another, of all who are a partner when it is asked.
        """
        return _sums(
            move
            for move in self._moves_of(homes, partner, asked_on)
            if move.asked_from <= day and move.posted_on < posted_before
        )

    def spendable(self, homes: Homes, partner: str, day: date) -> Decimal:
        """Current at the end of a day, of all who are the partner by then."""
        return _sums(move for move in self._moves_of(homes, partner, day) if move.effective <= day)[
            1
        ]

    def _moves_of(self, homes: Homes, partner: str, day: date) -> list[Move]:
        """Of all who are a partner on a day."""
        holders = {
            holder
            for holder in {move.partner for move in self.moves}
            if homes.on(holder, day) == partner
        }
        return [move for move in self.moves if move.partner in holders]

    def balances(self, homes: Homes) -> dict[str, tuple[Decimal, Decimal]]:
        """Of every partner with either; what was a merged partner's lies with who it became."""
        moves: defaultdict[str, list[Move]] = defaultdict(list)
        for move in self.moves:
            moves[homes.now(move.partner)].append(move)
        found = {partner: _sums(of_one) for partner, of_one in sorted(moves.items())}
        return {partner: pair for partner, pair in found.items() if pair != (ZERO, ZERO)}


def _sums(moves: Iterable[Move]) -> tuple[Decimal, Decimal]:
    """Promised and current points of moves."""
    sums = {"promised": ZERO, "current": ZERO}
    for move in moves:
        sums[move.bucket] += move.points
    return sums["promised"], sums["current"]
