"""The product against the model, and what differs in words.

Belongs here: which columns are compared, and how. Not here: drawing worlds.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.properties.earning.deliveries import Step
from tests.properties.earning.finished import Allocation
from tests.properties.earning.oracle import Oracle
from tests.properties.earning.product import Product, product
from tests.properties.earning.shown import as_text
from tests.properties.earning.worlds import World

WHAT = frozenset({"allocations", "tiers", "balances"})

Shown = tuple[object, ...]


def differences(world: World, what: Collection[str] = WHAT) -> list[str]:
    """Runs a world on both; the first step after which they differ, in words."""
    with product(world.program) as subject:
        model = Oracle(world.program)
        for step in world.steps:
            model.step(step)
            try:
                subject.step(step)
                again = subject.step(Step(step.today)).commits if step.again else []
            except Exception as error:  # a stop is a difference like any other
                error.add_note(as_text(world))
                raise
            found: list[str] = [
                f"run again, it committed {one.draft.kind} of {', '.join(one.draft.cycles)}"
                for one in again
            ]
            if "tiers" in what:
                found += _tiers(model, subject)
            if "allocations" in what:
                found += _rows("point_allocations", model.allocations(), subject)
            if "balances" in what:
                found += _balances(model, subject)
            if found:
                return [f"after {step.today}", *found]
    return []


def _rows(table: str, expected: dict[str, list[Allocation]], subject: Product) -> list[str]:
    model = sorted((_of_model(one) for rows in expected.values() for one in rows), key=str)
    told = sorted(
        (_of_product(row) for row in subject.allocations(table) if row["event"] != "campaign"),
        key=str,
    )
    found = [f"{table}: the model has {row}" for row in model if row not in told]
    found += [f"{table}: the product has {row}" for row in told if row not in model]
    if not found and len(model) != len(told):
        found.append(f"{table}: {len(model)} rows in the model, {len(told)} in the product")
    return found


def _of_model(one: Allocation) -> Shown:
    return (
        one.key,
        one.partner,
        one.event_date.isoformat(),
        one.tier,
        one.slab,
        _plain(one.rounded),
        _plain(one.forgone),
        _plain(one.points),
        one.accrual_date.isoformat() if one.accrual_date else None,
        ", ".join(cap for cap, _ in one.taken) or None,
        ", ".join(f"{cap}={_plain(taken)}" for cap, taken in one.taken) or None,
    )


def _of_product(row: dict[str, Any]) -> Shown:
    return (
        row["allocation_key"],
        row["partner_id"],
        row["event_date"].isoformat(),
        row["tier"],
        row["slab"],
        _plain(row["rounded_points"]),
        _plain(row["forgone_points"]),
        _plain(row["points"]),
        row["accrual_date"].isoformat() if row["accrual_date"] else None,
        row["capped_by"],
        row["forgone_by"],
    )


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"


def _balances(model: Oracle, subject: Product) -> list[str]:
    expected, told = model.balances(), subject.balances()
    return [
        f"balances of {partner} (promised, current): the model has "
        f"{_pair(expected.get(partner))}, the product {_pair(told.get(partner))}"
        for partner in sorted({*expected, *told})
        if expected.get(partner) != told.get(partner)
    ]


def _pair(pair: tuple[Decimal, Decimal] | None) -> str:
    return "nothing" if pair is None else f"{_plain(pair[0])}, {_plain(pair[1])}"


def _tiers(model: Oracle, subject: Product) -> list[str]:
    """Every day from the first on which a partner has a tier up to today."""
    if not any(version.get("tiers") for version in model.rules.versions):
        return []
    found = []
    told = subject.tiers()
    starts = {partner: day for partner, day in model.outcome.starts.items() if day <= model.today}
    for partner in sorted({*starts, *told}):
        stretches = told.get(partner, [])
        first = stretches[0][0] if stretches else None
        if first != starts.get(partner):
            found.append(
                f"tiers of {partner} start on {starts.get(partner)} in the model, "
                f"on {first} in the product"
            )
            continue
        day = starts[partner]
        while day <= model.today:
            expected = model.tier_on(partner, day)
            here = [
                tier for start, end, tier in stretches if start <= day and (not end or day < end)
            ]
            if here != [expected]:
                found.append(f"tier of {partner} on {day}: the model has {expected}, not {here}")
                break
            day += timedelta(days=1)
    return found
