"""The SQL that rounds points against Python's decimal, for any amount, rate and mode."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Decimal,
    localcontext,
)
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home

MODES = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "floor": ROUND_FLOOR,
    "ceil": ROUND_CEILING,
}


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine(Home(tmp_path_factory.mktemp("home"))) as opened:
        yield opened


def points(duckdb: Engine, amount: Decimal, rate: Decimal, decimals: int, mode: str) -> Decimal:
    found = duckdb.connection.execute(
        "select units_as_points(cast(rounded_units("
        "raw_units($amount::decimal(18,2), $rate::decimal(9,6)), $step::bigint, $mode) as bigint))",
        {"amount": amount, "rate": rate, "step": 10 ** (8 - decimals), "mode": mode},
    ).fetchone()
    assert found is not None
    return Decimal(found[0])


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    amount=st.integers(-(10**11), 10**11).map(lambda cents: Decimal(cents) / 100),
    rate=st.integers(0, 10**6).map(lambda millionths: Decimal(millionths) / 10**6),
    decimals=st.integers(0, 3),
    mode=st.sampled_from(sorted(MODES)),
)
def test_points_are_rounded_on_the_magnitude_as_decimal_does_it(
    duckdb: Engine, amount: Decimal, rate: Decimal, decimals: int, mode: str
) -> None:
    with localcontext(prec=50):
        raw = amount * rate
        unit = Decimal(1).scaleb(-decimals)
        expected = abs(raw).quantize(unit, MODES[mode]).copy_sign(raw)
    assert points(duckdb, amount, rate, decimals, mode) == expected


@pytest.mark.parametrize(
    ("decimals", "half_up", "floor"),
    [(0, "50", "50"), (1, "50.3", "50.3"), (2, "50.35", "50.34"), (3, "50.346", "50.345")],
)
def test_50_3458_is_rounded_as_the_spec_prints_it(
    duckdb: Engine, decimals: int, half_up: str, floor: str
) -> None:
    amount, rate = Decimal("50345.80"), Decimal("0.001")
    assert points(duckdb, amount, rate, decimals, "half_up") == Decimal(half_up)
    assert points(duckdb, amount, rate, decimals, "floor") == Decimal(floor)


@pytest.mark.parametrize(
    ("amount", "mode", "expected"),
    [("-2.50", "half_up", "-3"), ("-2.30", "floor", "-2"), ("2.50", "half_even", "2")],
)
def test_the_sign_is_put_back_after_rounding(
    duckdb: Engine, amount: str, mode: str, expected: str
) -> None:
    assert points(duckdb, Decimal(amount), Decimal(1), 0, mode) == Decimal(expected)


def test_an_unknown_mode_is_an_error_and_not_a_number(duckdb: Engine, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unknown rounding mode"):
        points(duckdb, Decimal(1), Decimal(1), 0, "banker")
