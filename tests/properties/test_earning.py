"""The whole earning model against a slow one: any program, any history, to the point.

LOYALTY_LONG=1 tries 5,000 worlds; LOYALTY_FEATURES=slabs,tiers only programs with those features,
LOYALTY_WITHOUT=campaigns all but those.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings

from tests.properties.earning.compared import differences
from tests.properties.earning.drawing import FEATURES
from tests.properties.earning.shown import as_text
from tests.properties.earning.worlds import World, worlds

# What SPEC leaves open or the product does not do yet; each has to leave this list.
OPEN: frozenset[str] = frozenset()
EXAMPLES = int(
    os.environ.get("LOYALTY_EXAMPLES", "5000" if os.environ.get("LOYALTY_LONG") else "200")
)


def _features() -> frozenset[str]:
    only = [name for name in os.environ.get("LOYALTY_FEATURES", "").split(",") if name]
    without = [name for name in os.environ.get("LOYALTY_WITHOUT", "").split(",") if name]
    unknown = {*only, *without} - FEATURES
    if unknown:
        raise ValueError(f"unknown features: {', '.join(sorted(unknown))}")
    return frozenset(only or FEATURES - OPEN) - frozenset(without)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=worlds(_features()))
def test_points_tiers_and_balances_equal_the_model_after_every_step(world: World) -> None:
    found = differences(world)
    assert not found, "\n".join([*found, as_text(world)])
