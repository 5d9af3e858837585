"""The whole model: steps go in, allocations, tiers and balances come out.

Belongs here: what a run does, in its order (SPEC 9): what is due, files, every cycle, what that
made due. Not here: any of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from tests.properties.earning import campaigns, tiers
from tests.properties.earning.conditions import holds
from tests.properties.earning.cycles import Memory, Outcome, Pass
from tests.properties.earning.deliveries import Arrived, Step
from tests.properties.earning.events import common_columns
from tests.properties.earning.figures import ZERO
from tests.properties.earning.finished import Allocation
from tests.properties.earning.holds import Holds
from tests.properties.earning.homes import Homes
from tests.properties.earning.instructed import Instructed, all_of
from tests.properties.earning.promises import Ledger
from tests.properties.earning.redeemed import Redeemed
from tests.properties.earning.rules import Rules


class Oracle:
    """A program from its first business day on."""

    def __init__(self, program: dict[str, Any]) -> None:
        feeds = [name for source in program.get("sources", ()) for name in source["feeds"]]
        self.arrived = Arrived(partners_feed="partners" in feeds)
        self._take_in_rules(program)
        self.memory = Memory()
        self.ledger = Ledger()
        self.instructed = Instructed()
        self.today = date.min
        self.homes = self._homes(self.today)
        self.outcome = Outcome()
        self.lifted: list[tiers.Lifted] = []
        self.redeemed = Redeemed()
        self.campaigns_run: dict[tuple[date, str], dict[str, Decimal]] = {}  # who got what

    def _take_in_rules(self, program: dict[str, Any]) -> None:
        self.rules = Rules(program)
        self.arrived.earns_before_enrolment = program.get("before_enrolment") == "earn"

    def step(self, step: Step) -> None:
        """One business day."""
        before, self.today = self.today, step.today
        self._due(before, with_campaigns=before != date.min)
        if step.program is not None:
            self._take_in_rules(step.program)
        self.arrived.take_in(step)
        self.homes = self._homes(self.today)
        while True:
            self.outcome = self._outcome(self.today, self.memory)
            self.ledger.post(self.outcome.allocations, self.homes, self.today)
            known = len(self.lifted)
            self._due(self.today - timedelta(days=1))
            if len(self.lifted) == known:  # a release of today may lift the tier of today's events
                break
        self._campaigns()  # of rules that came today, or are gone
        self.redeemed.serve(self.arrived, self.ledger, self.homes, self.today)

    def _due(self, before: date, *, with_campaigns: bool = False) -> None:
        """What every day after one would have done: instructions, then releases, then campaigns."""
        day = max(before, self.rules.calendar.first) if before != date.min else self.today
        while day < self.today:
            day += timedelta(days=1)
            self.homes = self._homes(day)
            first_of_cycle = day == self.rules.calendar.cycle_of(day).start
            if first_of_cycle and self.rules.versions[0].get("tiers"):  # what a run then granted
                self.outcome = self._outcome(day, deepcopy(self.memory))
            held_back = Holds.of(all_of(self.arrived), self.homes, self.today)
            self.instructed.act(self.arrived, self.ledger, held_back, self.homes, day, self.today)
            found = self.ledger.release(day, self.today, held_back, self._is_accrued)
            if found:
                # As the rules are by now: later ones change nothing of what a release has done.
                terms = self.rules.of(self.rules.calendar.cycle_of(day)).get("tiers")
                lifted = [
                    tiers.Lifted(self.homes.now(who), day, tier, terms) for who, tier in found
                ]
                self.lifted += [one for one in lifted if one not in self.lifted]
                self.outcome = self._outcome(day, deepcopy(self.memory))
            if with_campaigns:
                self._run_campaigns(day)

    def _is_accrued(
        self, partner: str, day: date, accrual: date, promised_on: date, points: Decimal
    ) -> tuple[bool | None, list[str]]:
        """What rules of the accrual date say on a morning of what is due; None without rules.

        And the tiers that they lift who it is released to.
        """
        partner = self.homes.now(partner)
        version = self.rules.on(accrual) or {}
        chosen = [
            found
            for found in version.get("rulesets", ())
            if found.get("event") == "delayed_accrual"
        ]
        if not chosen:
            return None, []
        promised, current = self.ledger.balance_of(self.homes, partner, day, _eve(day), self.today)
        columns = common_columns(self.arrived, partner, day) | {
            "event_date": accrual,
            "event_month": f"{accrual:%m}",
            "event_month_day": f"{accrual:%m-%d}",
            "points": points,
            "promised_on": promised_on,
            "tier": self.tier_on(partner, day, at_start=True),
            "promised_points": promised,
            "current_points": current,
            "total_points": promised + current,
        }
        lists = version.get("lists", {})
        actions = [
            action
            for rule in chosen[0]["rules"]
            if holds(rule["when"], columns, lists)
            for action in rule["then"]
        ]
        upgrades = [action["upgrade_tier"] for action in actions if "upgrade_tier" in action]
        return {"accrue": True} in actions, upgrades

    def _homes(self, day: date) -> Homes:
        return Homes(self.arrived, day, self.rules.calendar)

    def _outcome(self, today: date, memory: Memory) -> Outcome:
        known = self.ledger.balance_of
        return Pass(
            self.rules,
            self.arrived,
            today,
            memory,
            lambda partner, day: known(self.homes, partner, day, _eve(day), today),
            self.homes,
            self.lifted,
        ).outcome()

    def _campaigns(self) -> None:
        """Take back what rules plan no more; run once what they plan for a date that has come."""
        planned = campaigns.planned(self.rules, self.today)
        for run in self.campaigns_run.keys() - planned:
            for partner, points in self.campaigns_run.pop(run).items():
                self.ledger.give(partner, -points, run[0], self.today)
        self._run_campaigns(self.today)

    def _run_campaigns(self, until: date) -> None:
        """Run once what rules plan for dates up to a day, by what is known on its morning."""
        for run in campaigns.planned(self.rules, until):
            if run not in self.campaigns_run:
                self.campaigns_run[run] = self._campaign(*run)

    def _campaign(self, day: date, name: str) -> dict[str, Decimal]:
        version = self.rules.on(day)
        assert version is not None
        moved = {move.partner for move in self.ledger.moves}
        homes = self._homes(day)
        found: dict[str, Decimal] = {}
        for partner in campaigns.audience(self.arrived, moved, homes, day):
            points = campaigns.points(
                version,
                name,
                partner,
                day,
                self.arrived,
                self.tier_on(partner, day, at_start=True),
                partial(self._balance_then, homes),
            )
            if points:
                found[partner] = points
                self.ledger.give(partner, points, day, self.today)
        return found

    def _balance_then(self, homes: Homes, partner: str, day: date) -> tuple[Decimal, Decimal]:
        """The balance at the end of a day, as it is known by now."""
        return self.ledger.balance_of(homes, partner, day, day, date.max)

    # What it answers.

    def allocations(self) -> dict[str, list[Allocation]]:
        """What is posted, by key; several partners may share a key of a cycle."""
        return _by_key(
            one
            for one in self.outcome.allocations
            if one.due <= self.today and (one.points or one.forgone)
        )

    def projected(self) -> dict[str, list[Allocation]]:
        """What the open cycle would pay."""
        return _by_key(
            one
            for one in self.outcome.allocations
            if one.due > self.today and (one.points or one.forgone)
        )

    def tier_on(self, partner: str, day: date, *, at_start: bool = False) -> str | None:
        """The tier at the end of a day, or at its start."""
        order = self.rules.tiers(self.rules.calendar.cycle_of(day))
        if not order:
            return None
        said = tiers.told(self.homes, partner, day, order)
        if said is not None:
            return order[said]
        holdings = self.outcome.holdings.get(partner)
        moment = (day, () if at_start else tiers.END_OF_DAY)
        return order[holdings.rank_at(moment) if holdings else 0]

    def tiers_by_day(self, partner: str, first: date, last: date) -> dict[date, str | None]:
        days = (last - first).days + 1
        return {
            first + timedelta(days=number): self.tier_on(partner, first + timedelta(days=number))
            for number in range(days)
        }

    def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Promised and current of every partner with either."""
        return self.ledger.balances(self.homes)

    def points_of(self, partner: str) -> Decimal:
        """All that is posted for a partner, campaigns apart."""
        return sum(
            (
                one.points
                for found in self.allocations().values()
                for one in found
                if one.partner == partner
            ),
            ZERO,
        )


def _eve(day: date) -> date:
    return day - timedelta(days=1)


def _by_key(allocations: Iterable[Allocation]) -> dict[str, list[Allocation]]:
    found: dict[str, list[Allocation]] = {}
    for one in allocations:
        found.setdefault(one.key, []).append(one)
    return found
