"""What the summary says of the cycle of today is what comes of it, on random programs.

What is missing to the next slab or tier is what it takes: sold, it is reached; a cent less, not.
What is projected is posted once the cycle has ended, if nothing else arrives.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.tier_rules import Window
from tests.properties.earning.deliveries import Doc, Line, Step
from tests.properties.earning.drawing import FEATURES
from tests.properties.earning.product import Product, product
from tests.properties.earning.shown import as_text
from tests.properties.earning.worlds import World, worlds

CENT = Decimal("0.01")
EXAMPLES = int(os.environ.get("LOYALTY_EXAMPLES", "20"))
SEED = int(os.environ.get("LOYALTY_SEED", "0"))
# Rules of several versions in a cycle, partners whose sales do not count, and two under one name.
APART = {"applies", "versions", "lengths", "inactive", "merges"}
# What days to come change themselves: campaigns, tiers and balances that releases change, and
# tiers that are set from a day on.
STILL_TO_COME = {"campaigns", "accrual_upgrades", "balances", "overrides"}
SUMMED = "select partner_id, points, projected_points from partner_summary where cycle = "

pytestmark = pytest.mark.usefixtures("the_same_worlds_whatever_is_loaded")


@dataclass(frozen=True)
class Missing:
    """What is missing to a slab or tier, and what reaching the slab pays, as the summary says."""

    cycle: str
    partner: str
    what: str  # slab or tier
    to: str
    amount: Decimal
    pays: Decimal | None


def told(subject: Product, today: date) -> list[Missing]:
    """What the summary says is missing, of the partners in the cycle of today."""
    cycle = subject.program.calendar.cycle_of(today).name
    tiers = subject.program.versions[0].tiers
    by_sales = tiers is not None and (
        tiers.from_ in ("cycle_sales", "slab") or isinstance(tiers.from_, Window)
    )
    found = []
    for row in subject.ask(f"select * from partner_summary where cycle = '{cycle}'"):
        partner = row["partner_id"]
        if row["next_slab"] is not None:
            gap, pays = row["gap_to_next_slab"], row["points_at_next_slab"]
            found.append(Missing(cycle, partner, "slab", row["next_slab"], gap, pays))
        if row["gap_to_next_tier"] is not None and by_sales:
            gap = row["gap_to_next_tier"].quantize(CENT)
            found.append(Missing(cycle, partner, "tier", row["next_tier"], gap, None))
    return found


@contextmanager
def copied(subject: Product) -> Iterator[None]:
    """The product as it is, and as it was afterwards."""
    kept = subject.home.root.with_name("kept")
    shutil.copytree(subject.home.root, kept)
    try:
        yield
    finally:
        shutil.rmtree(subject.home.root)
        kept.rename(subject.home.root)


def untrue(subject: Product, said: Missing, today: date) -> list[str]:
    """What is not so when the partner sells what is missing, or a cent less."""
    found = []
    for amount in (said.amount, said.amount - CENT):
        if amount <= 0:
            continue
        with copied(subject):
            version = subject.program.versions[0]
            subject.step(Step(today, (sale(said.partner, amount, today, version),)))
            where = f"where cycle = '{said.cycle}' and partner_id = '{said.partner}'"
            (row,) = subject.ask(f"select slab, tier from partner_summary {where}")
            is_reached = row[said.what] == said.to
            if is_reached != (amount == said.amount):
                found.append(f"{said}: with {amount} it is {row[said.what]}")
            elif is_reached and said.pays is not None and pays_whole(version):
                (paid,) = subject.ask(
                    "select coalesce(sum(points), 0) as points from (from point_allocations "
                    f"union all by name from projected_allocations) {where} and strategy = 'slabs'"
                )
                if paid["points"] != said.pays:
                    found.append(f"{said}: it pays {paid['points']}")
    return found


def sale(partner: str, amount: Decimal, day: date, version: Version) -> Doc:
    """An invoice that the main slab table counts."""
    categories = version.slabs.categories if version.slabs else None
    category = categories[0] if categories else None
    lines = (Line(1, amount, category=category),)
    fields = (("channel", ""), ("cartons", ""))
    return Doc("D2", "invoice", "extra", day, partner, lines, fields=fields)


def pays_whole(version: Version) -> bool:
    """Whether a slab pays by itself, and is rounded as a whole."""
    return not version.caps and version.rounding.grain != "document"


def random_worlds(without: set[str], *, with_one_of: set[str]) -> st.SearchStrategy[World]:
    """Worlds of a few days, the last of which is far away."""
    return worlds(FEATURES - without).filter(lambda world: bool(world.features & with_one_of))


def on_random_worlds(test: Callable[..., None]) -> Callable[..., None]:
    """The same worlds each time, as few as are worth their seconds."""
    found = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(test)
    return seed(SEED)(found)


@on_random_worlds
@given(world=random_worlds(APART, with_one_of={"slabs", "tiers"}), place=st.integers(0, 11))
def test_what_is_missing_is_what_it_takes(world: World, place: int) -> None:
    with product(world.program) as subject:
        for step in world.steps[:-1]:
            subject.step(step)
        today = world.steps[-2].today
        said = told(subject, today)
        found = untrue(subject, said[place % len(said)], today) if said else []
    if found:
        raise AssertionError("\n".join([*found, as_text(world)]))


def cancels_later(world: World) -> bool:
    """Whether promises are cancelled after the last day on which something arrives."""
    told = [one for step in world.steps[:-1] for one in step.instructions]
    today = world.steps[-2].today
    return any(one.kind == "cancel_promise" and one.effective_on > today for one in told)


@on_random_worlds
@given(world=random_worlds(APART | STILL_TO_COME, with_one_of={"slabs", "rules"}))
def test_what_is_projected_is_posted(world: World) -> None:
    assume(not cancels_later(world))
    with product(world.program) as subject:
        for step in world.steps[:-1]:
            subject.step(step)
        cycle = subject.program.calendar.cycle_of(world.steps[-2].today)
        ask = f"{SUMMED} '{cycle.name}'"
        said = {
            row["partner_id"]: row["points"] + row["projected_points"] for row in subject.ask(ask)
        }
        subject.step(Step(cycle.end))
        posted = {row["partner_id"]: row["points"] for row in subject.ask(ask)}
    if said != posted:
        raise AssertionError(f"{cycle.name}: said {said}, posted {posted}\n{as_text(world)}")
