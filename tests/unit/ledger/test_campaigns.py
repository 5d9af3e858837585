"""Campaigns: on a date, once, after that morning's releases; final until withdrawn."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home
from tests.unit.ledger.shop import DIRECT, EVERYBODY, RULES, Shop, sale, told


def with_campaigns(*campaigns: str, rules: str = DIRECT) -> str:
    return rules + "    campaigns:\n" + "".join(f"      - {{{text}}}\n" for text in campaigns)


LIFT = "id: lift, type: round_up, on: 2025-05-10, from: 30, to: 100, value: 100"
# 1 May: P1 has 40, P2 has 29, P3 has 100 points.
SALES = (
    sale(1, "2025-04-10", "P1", 400),
    sale(2, "2025-04-10", "P2", 290),
    sale(3, "2025-04-10", "P3", 1000),
)
PARTNERS = (*EVERYBODY, "P3,Shop P3,2025-04-01,active,open")


def opened(folder: Path, rules: str) -> Shop:
    shop = Shop(folder, rules)
    shop.day("2025-05-01", partners=PARTNERS, sales=SALES)
    return shop


def current(shop: Shop) -> tuple[int, ...]:
    return tuple(shop.balances(partner)[1] for partner in ("P1", "P2", "P3"))


def test_a_lift_reaches_its_value_and_runs_once(tmp_path: Path) -> None:
    shop = opened(tmp_path, with_campaigns(LIFT))
    assert shop.idle("2025-05-09") == []
    assert shop.idle("2025-05-10") == ["campaign"]
    assert current(shop) == (100, 29, 100)
    assert shop.idle("2025-05-10") == []
    assert shop.idle("2025-05-11") == []
    key = "2025-05/campaign/lift/2025-05-10/P1"
    columns = "cycle, partner_id, allocation_key, strategy, rule, basis_amount, points"
    assert shop.promoted("campaign_awards", columns) == [
        ("2025-05", "P1", key, "lift", "lift", 40, 60)
    ]
    assert shop.is_whole()


def test_later_corrections_do_not_change_an_award(tmp_path: Path) -> None:
    shop = opened(tmp_path, with_campaigns(LIFT))
    shop.day("2025-05-10")
    shop.day("2025-05-11", sales=[sale(1, "2025-04-10", "P1", 300)])
    assert current(shop) == (90, 29, 100)
    assert shop.is_whole()


def test_a_late_run_reads_the_points_of_the_date(tmp_path: Path) -> None:
    """What was posted on the 12th does not count on the 10th, nor for the lift of the 11th."""
    both = with_campaigns(LIFT.replace("2025-05-10", "[2025-05-11, 2025-05-10]"))
    shop = opened(tmp_path, DIRECT)
    shop.day("2025-05-12", sales=[sale(4, "2025-04-12", "P2", 100)])
    shop.rules(both)
    assert shop.idle("2025-05-13") == ["rules", "campaign", "campaign"]
    assert current(shop) == (100, 39, 100)
    assert shop.entries("campaign") == [("P1", 60, "2025-05-13", "campaign lift")]
    assert shop.idle("2025-05-13") == []


def test_a_campaign_comes_after_the_releases_of_its_morning(tmp_path: Path) -> None:
    """300 points accrue on 10 May, so that nobody has less than 100 when it runs."""
    lift = LIFT.replace("from: 30", "from: 0")
    shop = Shop(tmp_path, with_campaigns(lift, rules=RULES))
    shop.day("2025-05-01", partners=EVERYBODY, sales=[sale(1, "2025-04-10", "P1", 3000)])
    shop.day("2025-05-15")
    assert current(shop) == (300, 100, 0)
    assert shop.is_whole()


def test_who_takes_part(tmp_path: Path) -> None:
    """Active and enrolled by the date, of a tier with a value, if the condition holds."""
    campaign = (
        "id: gift, type: fixed, on: 2025-05-10, value: {Base: 5, Gold: 9}, "
        "when: \"partner_kyc = 'open' and current_points < 900\""
    )
    shop = Shop(tmp_path, with_campaigns(campaign))
    shop.day(
        "2025-05-01",
        partners=[
            "P1,Base,2025-04-01,active,open",
            "P2,Inactive,2025-04-01,inactive,open",
            "P3,Later,2025-05-11,active,open",
            "P4,Other,2025-04-01,active,shut",
            "P5,Rich,2025-04-01,active,open",
            "P6,Of the file,,active,open",
        ],
        sales=[sale(1, "2025-04-10", "P5", 9000)],
    )
    shop.day("2025-05-10")
    assert shop.entries("campaign") == [
        ("P1", 5, "2025-05-10", "campaign gift"),
        ("P6", 5, "2025-05-10", "campaign gift"),
    ]


def test_a_merged_partner_takes_part_as_the_one_it_became(tmp_path: Path) -> None:
    gift = "id: gift, type: fixed, on: 2025-05-10, value: 5"
    shop = opened(tmp_path, with_campaigns(gift, LIFT))
    shop.day("2025-05-05", instructions=[told("I1", "merge", "P1", "2025-05-05", to="P2")])
    shop.day("2025-05-10")
    assert current(shop) == (0, 100, 105)  # 40 and 29, then 5, then up to 100
    assert shop.is_whole()


def test_a_recurring_campaign_runs_on_each_of_its_dates(tmp_path: Path) -> None:
    gift = (
        "id: gift, type: fixed, value: 5, on: {every: month, from: 2025-04-30, until: 2025-07-15}"
    )
    shop = opened(tmp_path, with_campaigns(gift))
    shop.day("2025-07-20")
    days = [row[0] for row in shop.promoted("campaign_awards", "distinct event_date")]
    assert sorted(f"{day}" for day in days) == ["2025-04-30", "2025-05-30", "2025-06-30"]


@pytest.mark.parametrize(
    ("balance", "lifted"), [(-5, None), (0, 100), (30, 70), (99, 1), (100, None), (101, None)]
)
def test_whose_balance_is_lifted(tmp_path: Path, balance: int, lifted: int | None) -> None:
    """From 0 to 100 to a value of 100; a negative balance is below every lowest one."""
    with engine(Home(tmp_path)) as duckdb:
        takers = (("partner_id", "varchar"), ("event_date", "date"), ("tier", "varchar"),
                  ("current_points", "decimal(18, 3)"))  # fmt: skip
        duckdb.values("takers", takers, [("P1", date(2025, 5, 10), "Base", balance)])
        values = (("tier", "varchar"), ("value", "decimal(18, 8)"))
        duckdb.values("campaign_values", values, [("Base", 100), ("Gold", 200)])
        rows = duckdb.rows(
            "ledger/campaign_points", type="round_up", lowest=Decimal(-50), highest=Decimal(100),
            step=10**8, rounding_mode="half_up", program="p", cycle="2025-05", campaign="lift",
            strategy="lift", rules_version="v", rules_hash="h",
        )  # fmt: skip
        points = [row[19] for row in rows]
    assert points == ([] if lifted is None else [lifted])


@pytest.mark.parametrize("merged", [False, True])
def test_a_withdrawn_campaign_is_taken_back_and_may_come_again(
    tmp_path: Path, merged: bool
) -> None:
    shop = opened(tmp_path, with_campaigns(LIFT))
    shop.day("2025-05-10")
    if merged:
        shop.day("2025-05-11", instructions=[told("I1", "merge", "P1", "2025-05-11", to="P2")])
    whose = "P2" if merged else "P1"
    before = shop.balances(whose)[1]
    shop.rules(DIRECT)
    shop.day("2025-05-12")
    assert shop.balances(whose)[1] == before - 60
    assert shop.promoted("campaign_awards", "*") == []
    assert shop.idle("2025-05-12") == []
    shop.rules(with_campaigns(LIFT.replace("2025-05-10", "[2025-05-10, 2025-05-12]")))
    shop.day("2025-05-13")
    assert shop.is_whole()
    assert len(shop.promoted("campaign_awards", "distinct event_date")) == 1


def test_a_draft_is_not_due_before_it_is_published(tmp_path: Path) -> None:
    gift = "id: gift, type: fixed, on: 2025-04-20, value: 5"
    shop = Shop(tmp_path, with_campaigns(gift))
    shop.day("2025-05-01", partners=EVERYBODY)
    assert current(shop) == (5, 5, 0)
    assert shop.idle("2025-05-01") == []


@pytest.mark.parametrize("first_run", ["2025-05-01", "2025-05-03"])
def test_a_tier_is_in_force_from_the_day_after_its_cycle(tmp_path: Path, first_run: str) -> None:
    """The campaign runs before April is posted that morning, and reads the tier it earned."""
    gift = "id: gift, type: fixed, on: 2025-05-01, value: {Base: 0, Gold: 9}"
    shop = Shop(tmp_path, with_campaigns(gift))
    shop.day("2025-04-29", partners=EVERYBODY, sales=[sale(1, "2025-04-10", "P1", 6000)])
    report = shop.day(first_run)
    assert report.commits[0].draft.kind == "campaign"
    assert shop.entries("campaign") == [("P1", 9, first_run, "campaign gift")]
    assert shop.is_whole()
