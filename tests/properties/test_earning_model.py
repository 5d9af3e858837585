"""The slow model by itself: the worked numbers of the SPEC and of the vendors it learnt from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import yaml

from tests.properties.earning.deliveries import Doc, Line, Partner, Step, Target
from tests.properties.earning.figures import rounded, shares
from tests.properties.earning.oracle import Oracle

HEAD = """
program: model
name: Model
currency: INR
time_zone: Asia/Kolkata
fiscal_start: april
first_cycle: 2025-01
point_value: 1.00
"""


def oracle(version: str, cycle: str = "quarter") -> Oracle:
    program = yaml.safe_load(HEAD)
    rules = yaml.safe_load(version)
    for campaign in rules.get("campaigns", ()):
        campaign["on"] = campaign.pop(True)  # YAML 1.1 reads the bare key as a truth value
    program["versions"] = [{"effective_from": "2025-01-01", "cycle": cycle, **rules}]
    return Oracle(program)


def bill(
    number: str, day: date, *amounts: str, original: str | None = None, kind: str = "", **line: Any
) -> Doc:
    """A document of one partner, a line an amount."""
    lines = tuple(
        Line(place, Decimal(amount), **line) for place, amount in enumerate(amounts, start=1)
    )
    kind = kind or ("return" if original else "invoice")
    return Doc("D1", kind, number, day, "P1", lines, original)


def points(model: Oracle) -> list[Decimal]:
    """The points of every allocation in the order of their event dates and keys."""
    found = [one for rows in model.allocations().values() for one in rows]
    ordered = sorted(found, key=lambda one: (one.event_date, one.document_no or "~"))
    return [one.points for one in ordered]


def held(model: Oracle) -> tuple[object, object]:
    return model.balances().get("P1", (Decimal(0), Decimal(0)))


def decimals(*numbers: str | int) -> list[Decimal]:
    return [Decimal(number) for number in numbers]


ONE_RULE = """
rulesets:
  - event: transaction
    match: all
    rules: [{id: r1, when: "true", then: [{allocate: base}]}]
"""
TEN_PERCENT = 'strategies: [{id: base, type: prorated, value: "10%"}]' + ONE_RULE


@pytest.mark.parametrize(
    ("mode", "figures"),
    [
        ("half_up", ["50", "50.3", "50.35", "50.346"]),
        ("floor", ["50", "50.3", "50.34", "50.345"]),
    ],
)
def test_the_printed_roundings(mode: str, figures: list[str]) -> None:
    raw = Decimal("50.3458")
    assert [rounded(raw, places, mode) for places in range(4)] == decimals(*figures)


def test_rounding_is_on_the_magnitude() -> None:
    assert rounded(Decimal("-2.5"), 0, "half_up") == -3
    assert rounded(Decimal("-2.3"), 0, "floor") == -2


def test_shares_add_up_by_largest_remainder() -> None:
    one = Decimal(1)
    assert shares(Decimal(25), decimals("0.5", "0.5"), one) == decimals(13, 12)
    assert shares(Decimal(30), decimals(100, 200), one) == decimals(10, 20)
    assert shares(Decimal(-25), decimals("0.5", "0.5"), one) == decimals(-13, -12)
    assert shares(Decimal(2), decimals(1, 1, 1), one) == decimals(1, 1, 0)
    assert shares(Decimal(3), decimals(10, -5), one) == decimals(6, -3)


BANDS = """
slabs:
  mode: {mode}
  bands:
    - {{id: a, from: 0, to: 5000000, rate: 1%}}
    - {{id: b, from: 5000000, to: 10000000, rate: 1.5%}}
    - {{id: c, from: 10000000, rate: 2%}}
"""


@pytest.mark.parametrize(("mode", "paid"), [("whole", 240000), ("marginal", 165000)])
def test_whole_and_marginal(mode: str, paid: int) -> None:
    model = oracle(BANDS.format(mode=mode))
    model.step(Step(date(2025, 4, 2), (bill("1", date(2025, 1, 5), "12000000"),)))
    assert points(model) == [Decimal(paid)]


SEED = """
slabs:
  mode: whole
  gaps: carry_lower
  delayed_accrual: 7
  bands:
    - {id: s1, from: 500000, to: 800000, rate: 0.2%, tier: Silver}
    - {id: s2, from: 800000, to: 1200000, rate: 0.3%, tier: Gold}
    - {id: s3, from: 2000000, rate: 0.4%, tier: Platinum, cap: 10000}
tiers: {order: [Base, Silver, Gold, Platinum], from: slab}
"""


def test_the_table_of_the_first_seed() -> None:
    model = oracle(SEED)
    model.step(Step(date(2025, 4, 2), (bill("1", date(2025, 1, 5), "600000"),)))
    assert points(model) == [Decimal(1200)]
    assert held(model) == (1200, 0)
    model.step(Step(date(2025, 4, 8)))  # 31 March and 7 days and 1
    assert held(model) == (0, 1200)
    assert model.tier_on("P1", date(2025, 3, 31)) == "Base"
    assert model.tier_on("P1", date(2025, 4, 1)) == "Silver"
    assert model.tier_on("P1", date(2025, 7, 1)) == "Base"


def test_the_gap_carries_the_lower_band_and_the_top_is_capped() -> None:
    model = oracle(SEED)
    model.step(Step(date(2025, 4, 2), (bill("1", date(2025, 1, 5), "1500000"),)))
    assert points(model) == [Decimal(4500)]
    model.step(Step(date(2025, 4, 3), (bill("2", date(2025, 1, 5), "1500000"),)))
    assert points(model) == [Decimal(10000)]
    (row,) = model.allocations()["2025-01/slabs"]
    assert row.forgone == 2000


def test_a_credit_note_moves_the_partner_to_a_lower_slab() -> None:
    model = oracle(SEED)
    model.step(Step(date(2025, 4, 20), (bill("1", date(2025, 1, 5), "820000"),)))
    assert held(model) == (0, 2460)
    model.step(Step(date(2025, 4, 21), (bill("2", date(2025, 4, 20), "-40000", original="1"),)))
    assert held(model) == (0, 1560)


def test_a_late_sale_restores_the_tier() -> None:
    model = oracle("tiers: {order: [Base, Silver], from: cycle_sales, thresholds: {Silver: 60000}}")
    model.step(Step(date(2025, 4, 2), (bill("1", date(2025, 1, 5), "55000"),)))
    assert model.tier_on("P1", date(2025, 4, 5)) == "Base"
    model.step(Step(date(2025, 4, 6), (bill("2", date(2025, 1, 5), "10000"),)))
    assert model.tier_on("P1", date(2025, 4, 5)) == "Silver"


INTERIM = """
interim: monthly
slabs:
  mode: whole
  bands:
    - {id: a, from: 5000, to: 25000, rate: 2%}
    - {id: b, from: 25000, rate: 4%}
"""


@pytest.mark.parametrize(
    ("caps", "paid"),
    [("", [140, 940]), ("caps: [{id: c1, per: partner, period: cycle, points: 500}]", [140, 360])],
)
def test_interim_pays_what_the_months_before_did_not(caps: str, paid: list[int]) -> None:
    model = oracle(INTERIM + caps)
    bills = [
        bill("1", date(2025, 1, 5), "3000"),
        bill("2", date(2025, 2, 5), "4000"),
        bill("3", date(2025, 3, 5), "20000"),
    ]
    model.step(Step(date(2025, 4, 2), tuple(bills)))
    assert points(model) == decimals(*paid)
    assert set(model.allocations()) == {"2025-01/slabs/2025-02", "2025-01/slabs/2025-03"}


PROMOTIONS = """
stacking: {stacking}
strategies:
  - {{id: base, type: prorated, value: "{value}"}}
  - {{id: m1, type: multiplier, value: 2, of: [base]}}
  - {{id: m2, type: multiplier, value: 1.5, of: [base]}}
rulesets:
  - event: transaction
    match: all
    rules:
      - {{id: r1, when: "true", then: [{{allocate: base}}]}}
      - {{id: r2, when: "true", then: [{actions}]}}
"""
BOTH = "{multiply: m1}, {multiply: m2}"


def test_the_extra_is_the_rounded_total_less_the_rounded_regular_points() -> None:
    model = oracle(PROMOTIONS.format(stacking="best", value="5%", actions="{multiply: m1}"))
    model.step(Step(date(2025, 1, 6), (bill("1", date(2025, 1, 5), "1010"),)))
    assert sorted(points(model)) == decimals(50, 51)


@pytest.mark.parametrize(
    ("stacking", "paid"),
    [
        ("multiplicative", [100, 100, 100]),
        ("additive", [100, 100, 50]),
        ("best", [100, 100]),
    ],
)
def test_several_promotions(stacking: str, paid: list[int]) -> None:
    model = oracle(PROMOTIONS.format(stacking=stacking, value="10%", actions=BOTH))
    model.step(Step(date(2025, 1, 6), (bill("1", date(2025, 1, 5), "1000"),)))
    assert sorted(points(model)) == sorted(decimals(*paid))


def test_caps_come_after_multipliers_and_cut_the_extra_first() -> None:
    model = oracle(
        PROMOTIONS.format(stacking="best", value="10%", actions="{multiply: m1}")
        + "caps: [{id: c1, per: document, points: 1200}]"
    )
    model.step(Step(date(2025, 1, 6), (bill("1", date(2025, 1, 5), "10000"),)))
    assert sorted(points(model)) == decimals(200, 1000)


PROPORTIONS = """
strategies: [{id: base, type: prorated, value: "10%"}]
rulesets:
  - event: transaction
    match: all
    rules: [{id: r1, when: "true", then: [{forward: split}]}]
  - id: split
    unroll: lines
    use_proportions: true
    match: all
    rules: [{id: s1, when: "true", then: [{allocate: base}]}]
"""


def test_proportions_split_a_bill_over_its_lines() -> None:
    model = oracle(PROPORTIONS)
    model.step(Step(date(2025, 1, 6), (bill("1", date(2025, 1, 5), "100", "200"),)))
    assert {key: rows[0].points for key, rows in model.allocations().items()} == {
        "2025-01/transaction/s1/base/-/1/1/dms/D1/invoice/1/2024": 10,
        "2025-01/transaction/s1/base/-/2/1/dms/D1/invoice/1/2024": 20,
    }


def test_the_same_goods_on_two_lines_are_multiplied_once_each() -> None:
    model = oracle(
        """
stacking: best
strategies:
  - {id: base, type: prorated, basis: line_amount, value: "10%"}
  - {id: m1, type: multiplier, value: 2, of: [base]}
rulesets:
  - event: transaction
    match: all
    rules: [{id: r1, when: "true", then: [{forward: lines}]}]
  - id: lines
    unroll: lines
    match: all
    rules:
      - {id: l1, when: "true", then: [{allocate: base}]}
      - {id: l2, when: "sku = 'A'", then: [{multiply: m1}]}
"""
    )
    model.step(Step(date(2025, 1, 6), (bill("1", date(2025, 1, 5), "100", "100", sku="A"),)))
    assert sum(points(model)) == 40


@pytest.mark.parametrize(
    ("grain", "paid"), [("line", "41.98"), ("document", "41.97"), ("cycle", "41.97")]
)
def test_rounding_once_at_the_grain(grain: str, paid: str) -> None:
    model = oracle(
        f"""
rounding: {{decimals: 2, grain: {grain}}}
strategies: [{{id: base, type: prorated, basis: line_amount, value: "0.1%"}}]
rulesets:
  - event: transaction
    match: all
    rules: [{{id: r1, when: "true", then: [{{forward: lines}}]}}]
  - id: lines
    unroll: lines
    match: all
    rules: [{{id: l1, when: "true", then: [{{allocate: base}}]}}]
"""
    )
    model.step(Step(date(2025, 1, 6), (bill("1", date(2025, 1, 5), "20987", "20987"),)))
    assert sum(points(model)) == Decimal(paid)


@pytest.mark.parametrize(("grain", "paid"), [("document", []), ("cycle", [1, 1])])
def test_small_bills_at_cycle_grain(grain: str, paid: list[int]) -> None:
    """0.48 each: 0, 1, 0, 1, 0."""
    model = oracle(
        f"rounding: {{decimals: 0, grain: {grain}}}\n"
        + 'strategies: [{id: base, type: prorated, value: "0.2%"}]'
        + ONE_RULE
    )
    bills = [bill(str(number), date(2025, 1, number), "240") for number in range(1, 6)]
    model.step(Step(date(2025, 1, 6), tuple(bills)))
    assert points(model) == decimals(*paid)


def test_a_wider_cap_gives_no_headroom_back() -> None:
    model = oracle(
        TEN_PERCENT
        + """
caps:
  - {id: s, per: strategy, points: 100}
  - {id: d, per: partner, period: day, points: 60}
"""
    )
    bills = [bill("1", date(2025, 1, 5), "1000"), bill("2", date(2025, 1, 6), "500")]
    model.step(Step(date(2025, 1, 7), tuple(bills)))
    assert points(model) == decimals(60, 0)


def test_headroom_goes_by_the_total_order_and_a_return_frees_it() -> None:
    model = oracle(TEN_PERCENT + "caps: [{id: c, per: partner, period: cycle, points: 300}]")
    bills = [bill(number, date(2025, 1, 5), "2000") for number in ("1", "2", "3")]
    model.step(Step(date(2025, 1, 7), tuple(bills)))
    assert points(model) == decimals(200, 100, 0)
    model.step(Step(date(2025, 1, 8), (bill("9", date(2025, 1, 8), "-1000", original="1"),)))
    assert points(model) == decimals(100, 200, 0)


@pytest.mark.parametrize(("exhausted", "paid"), [("stop", [200, 50]), ("prorate", [125, 125])])
def test_a_budget(exhausted: str, paid: list[int]) -> None:
    model = oracle(
        TEN_PERCENT + f"caps: [{{id: b, per: program, points: 250, when_exhausted: {exhausted}}}]"
    )
    bills = [bill(number, date(2025, 1, 5), "2000") for number in ("2", "3")]
    model.step(Step(date(2025, 1, 7), tuple(bills)))
    assert points(model) == decimals(*paid)
    # A late document gets what is left and takes nothing from the others.
    model.step(Step(date(2025, 1, 8), (bill("1", date(2025, 1, 4), "2000"),)))
    assert points(model) == [Decimal(0), *decimals(*paid)]


CROSSING = """
strategies: [{id: base, type: prorated, value: {Silver: 10%, Gold: 15%}}]
tiers:
  order: [Silver, Gold]
  from: cycle_sales
  thresholds: {Gold: 10000}
  upgrade: immediate
  crossing: CROSSING
"""


@pytest.mark.parametrize(
    ("crossing", "paid"),
    [("issue_then_upgrade", 300), ("upgrade_then_issue", 450), ("split", 400)],
)
def test_the_document_that_crosses(crossing: str, paid: int) -> None:
    model = oracle(CROSSING.replace("CROSSING", crossing) + ONE_RULE)
    bills = [bill("1", date(2025, 1, 5), "9000"), bill("2", date(2025, 1, 6), "3000")]
    model.step(Step(date(2025, 1, 7), tuple(bills)))
    assert sum(points(model)) == 900 + paid
    model.step(Step(date(2025, 1, 8), (bill("3", date(2025, 1, 6), "1000"),)))
    assert sum(points(model)) == 900 + paid + 150


@pytest.mark.parametrize(("upgrade", "may"), [("at_close", 10), ("immediate", 15)])
def test_gold_from_the_crossing_or_from_the_next_cycle(upgrade: str, may: int) -> None:
    crossing = "crossing: issue_then_upgrade" if upgrade == "immediate" else ""
    model = oracle(
        f"""
strategies: [{{id: base, type: prorated, value: {{Silver: 10%, Gold: 15%}}}}]
tiers:
  order: [Silver, Gold]
  from: cycle_sales
  thresholds: {{Gold: 800000}}
  upgrade: {upgrade}
  {crossing}
"""
        + ONE_RULE
    )
    bills = [
        bill("1", date(2025, 5, 15), "800000"),
        bill("2", date(2025, 5, 20), "100"),
        bill("3", date(2025, 7, 10), "100"),
        bill("4", date(2025, 10, 10), "100"),
    ]
    model.step(Step(date(2025, 10, 20), tuple(bills)))
    assert points(model) == decimals(80000, may, 15, 10)


def test_one_step_down_at_a_time_with_grace() -> None:
    model = oracle(
        """
tiers:
  order: [Base, Silver, Gold]
  from: cycle_sales
  thresholds: {Silver: 100, Gold: 200}
  grace_days: 5
  downgrade: one_step
"""
    )
    model.step(Step(date(2025, 12, 31), (bill("1", date(2025, 1, 5), "200"),)))
    seen = {
        date(2025, 3, 31): "Base",
        date(2025, 4, 1): "Gold",
        date(2025, 7, 5): "Gold",  # June and five days
        date(2025, 7, 6): "Silver",
        date(2025, 10, 5): "Silver",
        date(2025, 10, 6): "Base",
    }
    assert {day: model.tier_on("P1", day) for day in seen} == seen


def test_a_return_takes_back_at_the_tier_of_its_original() -> None:
    model = oracle(
        """
strategies: [{id: base, type: prorated, value: {Silver: 10%, Gold: 15%}}]
tiers: {order: [Silver, Gold], from: cycle_sales, thresholds: {Gold: 500}}
"""
        + ONE_RULE
    )
    model.step(Step(date(2025, 1, 6), (bill("1", date(2025, 1, 5), "1000"),)))
    assert held(model) == (0, 100)
    model.step(Step(date(2025, 4, 6), (bill("2", date(2025, 4, 5), "-400", original="1"),)))
    assert model.tier_on("P1", date(2025, 4, 5)) == "Gold"
    assert held(model) == (0, 60)


DELAYED = 'strategies: [{id: base, type: prorated, value: "10%", delayed_accrual: DAYS}]'


@pytest.mark.parametrize(
    ("event", "delay", "accrual"),
    [
        (date(2025, 4, 1), 7, date(2025, 4, 9)),
        (date(2025, 9, 28), 1, date(2025, 9, 30)),
    ],
)
def test_promises_accrue_on_the_morning_after(event: date, delay: int, accrual: date) -> None:
    model = oracle(DELAYED.replace("DAYS", str(delay)) + ONE_RULE)
    model.step(Step(event, (bill("1", event, "200"),)))
    assert held(model) == (20, 0)
    (row,) = [one for rows in model.allocations().values() for one in rows]
    assert row.accrual_date == accrual
    model.step(Step(accrual.replace(day=accrual.day - 1)))
    assert held(model) == (20, 0)
    model.step(Step(accrual))
    assert held(model) == (0, 20)


def test_a_return_in_the_meantime_reduces_the_promise_only() -> None:
    model = oracle(DELAYED.replace("DAYS", "7") + ONE_RULE)
    model.step(Step(date(2025, 4, 1), (bill("1", date(2025, 4, 1), "200"),)))
    model.step(Step(date(2025, 4, 5), (bill("2", date(2025, 4, 5), "-100", original="1"),)))
    assert held(model) == (10, 0)
    model.step(Step(date(2025, 4, 9)))
    assert held(model) == (0, 10)


TRANCHES = """
strategies:
  - id: base
    type: prorated
    value: 10%
    tranches: [{share: 50%, delay: 0}, {share: 50%, delay: 30}]
"""


def test_tranches_and_a_decrease_that_takes_the_promise_first() -> None:
    model = oracle(TRANCHES + ONE_RULE)
    model.step(Step(date(2025, 4, 1), (bill("1", date(2025, 4, 1), "250"),)))
    assert held(model) == (12, 13)
    model.step(Step(date(2025, 4, 2), (bill("2", date(2025, 4, 2), "-100", original="1"),)))
    assert held(model) == (2, 13)  # 15 in halves is 8 and 7; what is current stays
    model.step(Step(date(2025, 4, 3), (bill("3", date(2025, 4, 3), "-150", original="1"),)))
    assert held(model) == (0, 0)


def test_round_up_lifts_what_lies_between() -> None:
    model = oracle(
        'strategies: [{id: base, type: prorated, value: "10%"}]\n'
        + "campaigns: [{id: lift, type: round_up, on: 2025-04-15, from: 30, to: 100, value: 100}]"
        + ONE_RULE
    )
    for partner, amount in (("P1", "400"), ("P2", "290"), ("P3", "1000"), ("P4", "300")):
        doc = Doc("D1", "invoice", partner, date(2025, 4, 1), partner, (Line(1, Decimal(amount)),))
        step_on = date(2025, 4, int(partner[1]))
        model.step(Step(step_on, (doc,)))
    model.step(Step(date(2025, 4, 20)))
    found = {partner: current for partner, (_, current) in model.balances().items()}
    assert found == {"P1": 100, "P2": 29, "P3": 100, "P4": 100}
    model.step(Step(date(2025, 4, 21)))
    assert model.balances()["P1"][1] == 100


def test_conditions_read_balances_of_the_evening_before_and_keep_them() -> None:
    model = oracle(
        """
strategies: [{id: base, type: fixed, value: 10}, {id: more, type: fixed, value: 5}]
rulesets:
  - event: transaction
    match: all
    rules:
      - {id: r1, when: "true", then: [{allocate: base}]}
      - {id: r2, when: "current_points >= 10", then: [{allocate: more}]}
"""
    )
    model.step(Step(date(2025, 4, 1), (bill("1", date(2025, 4, 1), "1"),)))
    model.step(Step(date(2025, 4, 3), (bill("2", date(2025, 4, 2), "1"),)))
    assert held(model) == (0, 25)
    model.step(Step(date(2025, 4, 5)))
    assert held(model) == (0, 25)


def test_fixed_points_and_rates_by_the_tier_the_cycle_earned() -> None:
    model = oracle(
        """
slabs: {mode: whole, bands: [{id: a, from: 100, rates: {Base: 1%, Gold: 2%}}]}
further_slabs: [{id: bonus, mode: whole, bands: [{id: b, from: 100, points: 7}]}]
tiers: {order: [Base, Gold], from: cycle_sales, thresholds: {Gold: 1000}}
"""
    )
    model.step(Step(date(2025, 4, 1), (bill("1", date(2025, 1, 1), "1000"),)))
    assert {key: rows[0].points for key, rows in model.allocations().items()} == {
        "2025-01/slabs": 20,
        "2025-01/slabs/bonus": 7,
    }


def test_growth_against_the_same_cycle_a_year_before() -> None:
    model = oracle("slabs: {mode: whole, measures: growth, bands: [{id: g, from: 10, rate: 1%}]}")
    bills = [
        bill("1", date(2025, 1, 5), "1000"),
        bill("2", date(2025, 4, 5), "1000"),
        bill("3", date(2026, 1, 5), "1100"),
        bill("4", date(2026, 4, 5), "1099.99"),
    ]
    model.step(Step(date(2026, 7, 1), tuple(bills)))
    assert {key: rows[0].points for key, rows in model.allocations().items()} == {
        "2026-01/slabs": 11
    }


def test_percent_of_the_target_of_some_categories() -> None:
    model = oracle(
        """
slabs:
  mode: whole
  measures: target
  categories: [lamps]
  bands: [{id: half, from: 50, to: 100, rate: 1%}, {id: all, from: 100, rate: 2%}]
"""
    )
    target = Target("P1", "2025-01", "lamps", Decimal(1000))
    bills = [
        bill("1", date(2025, 1, 5), "900", category="lamps"),
        bill("2", date(2025, 1, 6), "900", category="wires"),
    ]
    model.step(Step(date(2025, 4, 1), tuple(bills), targets=(target,)))
    assert points(model) == [Decimal(9)]
    model.step(Step(date(2025, 4, 2), (bill("3", date(2025, 1, 5), "100", category="lamps"),)))
    assert points(model) == [Decimal(20)]


def test_registration_earns_once() -> None:
    model = oracle(
        """
strategies: [{id: welcome, type: fixed, value: 50}]
rulesets:
  - event: registration
    match: first
    rules: [{id: w, when: "partner_region = 'north'", then: [{allocate: welcome}]}]
"""
    )
    new = Partner("P1", "One", date(2025, 1, 4), (("region", "north"),))
    model.step(Step(date(2025, 1, 5), partners=(new,)))
    assert held(model) == (0, 50)
