"""Campaigns of a program file: awards on dates, not for events.

Belongs here: what one key may hold, alone. Not here: what keys mean together (`checks`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from loyalty_pipeline.program.base import Day, Identifier, Part, Points, TierName
from loyalty_pipeline.program.calendar import add_months
from loyalty_pipeline.program.rulesets import Action, ConditionText
from loyalty_pipeline.program.strategies import Figure


class Recurring(Part):
    """Dates that come again: every day, every month or every year from a first one."""

    every: Literal["day", "month", "year"] = Field(description="How often.")
    from_: Day = Field(alias="from", description="The first date; months have its day.")
    until: Day = Field(description="The last day on which it may run.")


class Campaign(Part):
    """An award on one or several dates to everybody a condition holds for."""

    id: Identifier = Field(description="Stays when the campaign is reworded.")
    on: Day | tuple[Day, ...] | Recurring = Field(description="The date, or the dates.")
    when: ConditionText = Field("true", description="Who takes part, like \"tier = 'Base'\".")
    strategy: Identifier | None = Field(
        None, description="A strategy of module campaign, in place of type, value, from and to."
    )
    type: Literal["fixed", "round_up"] | None = Field(
        None, description="Points for everyone, or a lift of current points to a value."
    )
    value: Figure | dict[TierName, Figure] | None = Field(
        None, description="Points, or the balance to reach: for all tiers, or by tier."
    )
    from_: Points | None = Field(
        None, alias="from", description="Lowest balance that a round_up lifts, included."
    )
    to: Points | None = Field(None, description="Highest balance that a round_up lifts, included.")
    then: tuple[Action, ...] | None = Field(
        None, min_length=1, description="What else who gets points gets: messages and coupons."
    )

    @property
    def messages(self) -> frozenset[str]:
        """The messages that it sends."""
        return frozenset(action.message for action in self.then or () if action.message)

    def dates(self, first: date, last: date) -> Iterator[date]:
        """Its dates from one day to another, both included, in order."""
        if isinstance(self.on, Recurring):
            yield from _recurring(self.on, first, last)
        else:
            given = self.on if isinstance(self.on, tuple) else (self.on,)
            yield from sorted(day for day in set(given) if first <= day <= last)


def _recurring(on: Recurring, first: date, last: date) -> Iterator[date]:
    last = min(last, on.until)
    if on.every == "day":
        day = max(first, on.from_)
        while day <= last:
            yield day
            day += timedelta(days=1)
        return
    months = 1 if on.every == "month" else 12
    month = on.from_.replace(day=1)
    while month <= last:
        length = (add_months(month, 1) - month).days
        day = month.replace(day=min(on.from_.day, length))  # the 31st is the 28th in February
        if first <= day <= last:
            yield day
        month = add_months(month, months)
