"""The whole earning model against a slow one: any program, any history, to the point.

CI compares the same 200 worlds each time, so that a change is judged by what it changes.
LOYALTY_LONG=1 compares 5,000 new ones, in parts that `-n` spreads over processes; LOYALTY_SEED is
where they start, to try the same again. LOYALTY_EXAMPLES is how many; LOYALTY_FEATURES=slabs,tiers
takes only programs with those features, LOYALTY_WITHOUT=campaigns all but those; LOYALTY_SHRINK=1
looks for the smallest world that fails.
"""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.properties.earning.compared import differences
from tests.properties.earning.drawing import FEATURES
from tests.properties.earning.shown import as_text
from tests.properties.earning.worlds import World, worlds

IS_LONG = bool(os.environ.get("LOYALTY_LONG"))
EXAMPLES = int(os.environ.get("LOYALTY_EXAMPLES", "5000" if IS_LONG else "200"))
IN_A_PART = 25
# A world takes seconds, so a smaller one that fails is looked for when somebody wants it.
PHASES = [Phase.generate, *([Phase.shrink] if os.environ.get("LOYALTY_SHRINK") else [])]
PARTS = range(-(-EXAMPLES // IN_A_PART))

pytestmark = pytest.mark.usefixtures("the_same_worlds_whatever_is_loaded")


@pytest.fixture(scope="session")
def first_seed() -> int:
    """Of a long run the time it started, near enough to be new."""
    return int(os.environ.get("LOYALTY_SEED", time.time() * 1000 if IS_LONG else 0))


def _features() -> frozenset[str]:
    only = [name for name in os.environ.get("LOYALTY_FEATURES", "").split(",") if name]
    without = [name for name in os.environ.get("LOYALTY_WITHOUT", "").split(",") if name]
    unknown = {*only, *without} - FEATURES
    if unknown:
        raise ValueError(f"unknown features: {', '.join(sorted(unknown))}")
    return frozenset(only or FEATURES) - frozenset(without)


@pytest.mark.parametrize("part", PARTS)
def test_points_tiers_and_balances_equal_the_model_after_every_step(
    part: int, first_seed: int
) -> None:
    start = first_seed + part

    @seed(start)
    @settings(
        max_examples=min(IN_A_PART, EXAMPLES - part * IN_A_PART),
        deadline=None,
        database=None,
        phases=PHASES,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(world=worlds(_features()))
    def compare(world: World) -> None:
        found = differences(world)
        told = f"LOYALTY_SEED={start} LOYALTY_EXAMPLES={IN_A_PART}"
        assert not found, "\n".join([told, *found, as_text(world)])

    compare()
