"""Awards on dates: who takes part, and what each gets.

Belongs here: dates, audience, fixed and round_up. Not here: posting them (`promises`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from tests.properties.earning.conditions import Value, holds
from tests.properties.earning.deliveries import Arrived
from tests.properties.earning.documents import is_inactive
from tests.properties.earning.events import common_columns, enrolment
from tests.properties.earning.figures import ZERO, rounded
from tests.properties.earning.homes import Homes
from tests.properties.earning.rules import Rules, Version, day_of, number_for, strategy


def planned(rules: Rules, today: date) -> list[tuple[date, str]]:
    """Dates from the first cycle up to today, each with its campaign, in order."""
    found = []
    for version in rules.versions:
        for campaign in version.get("campaigns", ()):
            said = campaign["on"]
            for day in [day_of(one) for one in (said if isinstance(said, list) else [said])]:
                if rules.calendar.first <= day <= today and rules.on(day) is version:
                    found.append((day, campaign["id"]))
    return sorted(found)


def audience(arrived: Arrived, ever_moved: set[str], homes: Homes, day: date) -> list[str]:
    """Of the feed who is enrolled by the date and active; without a feed whoever has entries.

    `homes`: of the day. Who has become another takes part as the other one.
    """
    if not arrived.has_partners:
        return sorted({homes.now(partner) for partner in ever_moved})
    return sorted(
        partner
        for partner in arrived.named
        if homes.now(partner) == partner
        and (enrolment(arrived, partner) or date.max) <= day
        and not is_inactive(arrived, partner, day)
    )


def points(
    version: Version,
    name: str,
    partner: str,
    day: date,
    arrived: Arrived,
    tier: str | None,
    balance: Callable[[str, date], tuple[Decimal, Decimal]],
) -> Decimal:
    """What a campaign gives one partner; nothing where its condition does not hold."""
    campaign = next(found for found in version["campaigns"] if found["id"] == name)
    promised, current = balance(partner, day)
    columns: dict[str, Value] = common_columns(arrived, partner, day) | {
        "tier": tier,
        "promised_points": promised,
        "current_points": current,
        "total_points": promised + current,
    }
    if not holds(campaign.get("when", "true"), columns, version.get("lists", {})):
        return ZERO
    terms: dict[str, Any] = campaign
    if campaign.get("strategy"):
        terms = strategy(version, campaign["strategy"])
    value = number_for(terms["value"], tier)
    if value is None:
        return ZERO
    rounding = version.get("rounding", {})
    if terms["type"] != "fixed":
        low, high = Decimal(str(terms["from"])), Decimal(str(terms["to"]))
        value = value - current if low <= current <= high and current < value else ZERO
    return rounded(value, rounding.get("decimals", 0), rounding.get("mode", "half_up"))
