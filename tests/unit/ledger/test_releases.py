"""Rules of delayed_accrual: what they release, when they are asked again, what happens then."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.unit.ledger.shop import EVERYBODY, RULES, Shop, sale, told

ASKED = (
    RULES
    + """\
    messages:
      - {id: thanks, templates: {sms: {en: "{points} points are yours"}}}
    rulesets:
      - event: delayed_accrual
        match: MATCH
        rules:
          - {id: known, when: "CONDITION", then: [{accrue: true}, {message: thanks}]}
          - {id: big, when: "points >= 300", then: [{upgrade_tier: Gold}]}
"""
)
KYC = "partner_kyc = 'open' and event_date = date '2025-05-10'"


def opened(folder: Path, condition: str = KYC, match: str = "all", p2: str = "shut") -> Shop:
    """P1 and P2 are promised 300 points each, which accrue on 10 May."""
    shop = Shop(folder, ASKED.replace("CONDITION", condition).replace("MATCH", match))
    partners = [EVERYBODY[0], EVERYBODY[1].replace("open", p2)]
    sales = [sale(number, "2025-04-10", f"P{number}", 3000) for number in (1, 2)]
    shop.day("2025-05-01", partners=partners, sales=sales)
    return shop


def test_what_no_rule_releases_stays_promised_and_is_asked_again(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    assert shop.idle("2025-05-10") == ["release", "notices"]
    assert shop.idle("2025-05-10") == []
    assert (shop.balances("P1"), shop.balances("P2")) == ((0, 300), (300, 0))
    assert shop.idle("2025-05-11") == []
    shop.day("2025-05-15", partners=["P2,Shop P2,2025-04-01,active,open"])
    assert shop.entries("release") == [
        ("P1", 300, "2025-05-10", "promise accrued"),
        ("P2", 300, "2025-05-15", "promise accrued"),
    ]
    assert shop.is_whole()


def test_a_late_run_asks_on_each_day_that_could_answer_otherwise(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    shop.day("2025-05-20")
    assert shop.entries("release") == [("P1", 300, "2025-05-10", "promise accrued")]


def test_what_happens_on_a_release_happens_once(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    shop.day("2025-05-10")
    shop.day("2025-05-11")
    columns = "event_key, partner_id, rule, action, target, points, version, event_date"
    key = "delayed_accrual/2025-05-10/2025-04/slabs/P1"
    assert shop.promoted("release_actions", columns) == [
        (key, "P1", "known", "message", "thanks", 300, "2025-04-01", date(2025, 5, 10)),
        (key, "P1", "big", "upgrade_tier", "Gold", 300, "2025-04-01", date(2025, 5, 10)),
    ]
    assert shop.promoted("tier_grants", "partner_id, tier, valid_from, valid_to, kind, reason") == [
        ("P1", "Gold", date(2025, 5, 10), date(2025, 7, 1), "action", "rule big")
    ]


def test_of_several_rules_the_first_may_be_the_only_one(tmp_path: Path) -> None:
    shop = opened(tmp_path, match="first")
    shop.day("2025-05-10")
    assert shop.promoted("release_actions", "rule") == [("known",)]


def test_balances_are_those_of_the_day_before(tmp_path: Path) -> None:
    """Both become current on one morning: neither sees the other one's, nor its own."""
    shop = opened(tmp_path, "current_points = 0 and promised_points = 300", p2="open")
    shop.day("2025-05-10")
    assert (shop.balances("P1"), shop.balances("P2")) == ((0, 300), (0, 300))


def test_the_tier_that_a_release_grants_is_seen_on_later_days(tmp_path: Path) -> None:
    """P1 gets Gold by the release of April's points, those of May need it."""
    april = "tier = 'Gold' or event_date < date '2025-06-01'"
    shop = opened(tmp_path, april)
    may = [sale(3, "2025-05-10", "P1", 100), sale(4, "2025-05-10", "P3", 50)]
    shop.day("2025-06-01", sales=may, partners=["P3,Shop P3,2025-04-01,active,open"])
    shop.day("2025-06-15")
    assert (shop.balances("P1"), shop.balances("P3")) == ((0, 310), (5, 0))


def test_a_partner_on_hold_is_not_asked_for(tmp_path: Path) -> None:
    shop = opened(tmp_path)
    hold = [told("I1", "hold", "P1", "2025-05-05"), told("I2", "unhold", "P1", "2025-05-12")]
    shop.day("2025-05-05", instructions=hold)
    assert shop.idle("2025-05-10") == []
    shop.day("2025-05-20")
    assert shop.entries("release") == [("P1", 300, "2025-05-12", "promise accrued")]
    assert len(shop.promoted("release_actions", "rule")) == 2


def test_rules_of_the_accrual_date_are_asked(tmp_path: Path) -> None:
    """From 10 May on rules are asked; what accrued on the day before needs none."""
    shop = Shop(tmp_path)
    shop.day("2025-05-01", partners=EVERYBODY, sales=[sale(1, "2025-04-10", "P1", 3000)])
    later = ASKED.replace("CONDITION", "points < 0").replace("MATCH", "all")
    version = later[later.index("  - effective_from") :].replace("2025-04-01", "2025-05-DAY")
    shop.rules(RULES + version.replace("DAY", "11"))
    shop.day("2025-05-10")
    assert shop.balances() == (0, 300)
    shop.rules(
        RULES + version.replace("DAY", "11").replace("delayed_accrual: 9", "delayed_accrual: 20")
    )
    shop.day("2025-06-01", sales=[sale(2, "2025-05-10", "P1", 100)])
    shop.day("2025-06-30")
    assert shop.balances() == (10, 300)
