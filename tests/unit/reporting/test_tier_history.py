"""`tier_history`: what cycles and releases grant, as every posting knew it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from loyalty_pipeline.reporting.publish import rebuild
from tests.unit.reporting.granting import Granted, Holding, held
from tests.unit.reporting.world import PARTNERS, RULES, SALES, World, invoice

ENROLLED = "base tier from enrolment"


@pytest.fixture
def granted(tmp_path: Path) -> Granted:
    return Granted.create(tmp_path)


def test_an_end_inside_the_current_cycle_is_shown_and_a_later_one_is_not(granted: Granted) -> None:
    granted.post(
        "2024-07-02",
        "2024-04",
        [
            held("R1", "Gold", "2024-07-01", "2024-09-15"),
            held("R2", "Gold", "2024-07-01", "2024-10-15"),
        ],
    )
    assert granted.known("R1") == [
        ("Base", "2024-04-01", "2024-07-01", ENROLLED),
        ("Gold", "2024-07-01", "2024-09-15", "earned"),
        ("Base", "2024-09-15", None, "base tier: Gold was not earned again"),
    ]
    assert granted.known("R2")[-1] == ("Gold", "2024-07-01", None, "earned")
    assert granted.known("R3") == [("Base", "2024-04-03", None, ENROLLED)]
    # The next cycle begins: now the end of R2's is inside.
    granted.post("2024-10-01", "2024-07", [])
    assert granted.known("R2")[-2:] == [
        ("Gold", "2024-07-01", "2024-10-15", "earned"),
        ("Base", "2024-10-15", None, "base tier: Gold was not earned again"),
    ]
    assert len(granted.known("R1")) == 3


def test_a_tier_that_is_renewed_is_one_row_and_one_step_down_is_the_next(granted: Granted) -> None:
    first = [
        held("R1", "Gold", "2024-07-01", "2024-10-01", reason="first"),
        held("R2", "Gold", "2024-07-01", "2024-10-01", reason="first"),
        held(
            "R2",
            "Silver",
            "2024-10-01",
            "2025-01-01",
            reason="a step down",
            granted_on="2024-06-30",
        ),
    ]
    granted.post("2024-07-02", "2024-04", first)
    granted.post("2024-10-02", "2024-07", [held("R1", "Gold", "2024-10-01", "2025-01-01")])
    assert granted.known("R1")[-1] == ("Gold", "2024-07-01", None, "first")
    assert granted.known("R2")[-2:] == [
        ("Gold", "2024-07-01", "2024-10-01", "first"),
        ("Silver", "2024-10-01", None, "a step down"),
    ]


def test_a_tier_of_an_open_cycle_is_taken_back_and_both_beliefs_stay(granted: Granted) -> None:
    crossing = held("R1", "Gold", "2024-05-15", "2024-10-01", "immediate", "crossed by I1")
    granted.post("2024-05-16", "2024-04", [crossing])
    granted.post("2024-05-20", "2024-04", [])
    rows = granted.world.ask(
        "select tier, valid_from, valid_to, known_from, known_to from tier_history "
        "where partner_id = 'R1' order by known_from, valid_from"
    )
    told = [(tier, str(a), b and str(b), f"{c:%d}", d and f"{d:%d}") for tier, a, b, c, d in rows]
    assert told == [
        ("Base", "2024-04-01", "2024-05-15", "16", "20"),
        ("Gold", "2024-05-15", None, "16", "20"),
        ("Base", "2024-04-01", None, "20", None),
    ]  # fmt: skip


def test_a_tier_set_by_hand_is_the_tier_whatever_is_earned(granted: Granted) -> None:
    by_hand = held("R1", "Silver", "2024-07-10", "2024-08-01", "override", "set by I1: a test")
    granted.post("2024-07-02", "2024-04", [held("R1", "Gold", "2024-07-01", "2024-09-01")])
    granted.post("2024-07-11", "2024-07", [by_hand])
    assert granted.known("R1")[1:] == [
        ("Gold", "2024-07-01", "2024-07-10", "earned"),
        ("Silver", "2024-07-10", "2024-08-01", "set by I1: a test"),
        ("Gold", "2024-08-01", "2024-09-01", "earned"),
        ("Base", "2024-09-01", None, "base tier: Gold was not earned again"),
    ]


def test_a_tier_set_by_hand_ends_as_the_latest_cycle_says(granted: Granted) -> None:
    for_good = held("R1", "Gold", "2024-05-01", None, "override", "set by I1")
    ended = held("R1", "Gold", "2024-05-01", "2024-07-20", "override", "set by I1")
    granted.post("2024-05-02", "2024-04", [for_good])
    assert granted.known("R1")[-1] == ("Gold", "2024-05-01", None, "set by I1")
    granted.post("2024-07-02", "2024-07", [ended])
    assert granted.known("R1")[-2:] == [
        ("Gold", "2024-05-01", "2024-07-20", "set by I1"),
        ("Base", "2024-07-20", None, "base tier: Gold was set until the day before"),
    ]


def test_a_tier_that_was_set_ends_others_also_after_it_has_ended_itself(granted: Granted) -> None:
    granted.post(
        "2024-04-20", "2024-04", [held("R1", "Platinum", "2024-04-15", "2025-04-01", "action")]
    )
    granted.post("2024-07-02", "2024-07", [held("R1", "Silver", "2024-07-01", "2024-07-31", "set")])
    granted.post(
        "2024-10-02", "2024-10", [held("R1", "Gold", "2024-10-02", "2025-01-01", "action")]
    )
    assert granted.known("R1")[1:] == [
        ("Platinum", "2024-04-15", "2024-07-01", "action"),
        ("Silver", "2024-07-01", "2024-07-31", "set"),
        ("Base", "2024-07-31", "2024-10-02", "base tier: Silver was not earned again"),
        ("Gold", "2024-10-02", None, "action"),
    ]


def test_what_a_release_grants_is_known_from_the_release_on(granted: Granted) -> None:
    granted.post("2024-05-02", "2024-04", [])
    granted.release("2024-05-09", [held("R1", "Silver", "2024-05-09", "2024-10-01", "action")])
    assert granted.known("R1")[-1] == ("Silver", "2024-05-09", None, "action")
    [(known_from,)] = granted.world.ask("select known_from from tier_history where tier = 'Silver'")
    assert f"{known_from:%Y-%m-%d}" == "2024-05-09"


def test_a_tier_before_the_partners_first_day_begins_with_it(granted: Granted) -> None:
    granted.post(
        "2024-05-02", "2024-04", [held("R4", "Gold", "2024-04-02", "2024-04-20", "action")]
    )
    assert granted.known("R4") == [
        ("Gold", "2024-04-04", "2024-04-20", "action"),
        ("Base", "2024-04-20", None, "base tier: Gold was not earned again"),
    ]


def test_a_partner_without_enrolment_holds_the_base_tier_from_its_file_or_first_act(
    tmp_path: Path,
) -> None:
    scans = RULES.replace(
        "redemptions.*'}\n", "redemptions.*'}\n      scans: {pattern: 'scans.*'}\n"
    )
    world = World.create(tmp_path, scans)
    header = "partner_id,name,enrolled_on,status"
    rows = ["A,A,,active", "B,B,,active", "C,C,,active", "D,D,2024-05-01,active"]
    sales = [invoice("I1", "2024-04-20", "A", "10"), invoice("I2", "2024-06-20", "B", "10")]
    codes = ["S1,C,2024-04-25,c1,x,", "S2,D,2024-04-26,c2,x,", "S3,E,2024-04-26,c3,x,"]
    world.day("2024-05-10", [("partners_1.csv", header, rows)])
    world.day(
        "2024-06-25",
        [
            ("sales_1.csv", SALES, sales),
            ("scans_1.csv", "scan_id,partner_id,scanned_on,code,sku,points", codes),
        ],
    )
    found = world.ask(
        "select partner_id, valid_from, reason from tier_history where known_to is null "
        "order by all"
    )
    named = "base tier from the first file that names the partner"
    assert found == [
        ("A", date(2024, 4, 20), "base tier from the first document"),
        ("B", date(2024, 5, 10), named),
        ("C", date(2024, 4, 25), "base tier from the first scan"),
        ("D", date(2024, 5, 1), ENROLLED),
    ]


def test_liability_moves_to_the_next_tier_on_its_day_and_not_before(tmp_path: Path) -> None:
    rules = RULES.replace("from: slab}", "from: slab, grace_days: 10}")
    world = World.create(tmp_path, rules)
    partners = ["P1,A,2024-04-01,active", "P2,B,2024-04-01,active"]
    sales = [invoice("I1", "2024-04-20", "P1", "2000")]
    world.day("2024-05-02", [("partners.csv", PARTNERS, partners), ("sales_1.csv", SALES, sales)])
    world.day("2024-07-01")
    world.day("2024-07-08")
    world.day("2024-10-01", [("sales_2.csv", SALES, [invoice("I2", "2024-09-20", "P2", "10")])])
    by_tier = (
        "select date, tier, current from liability_daily where date >= '2024-10-01' order by 1, 2"
    )
    assert world.ask(by_tier) == []
    assert world.ask(
        "select tier, valid_from from tier_history where known_to is null and partner_id = 'P1' "
        "order by 2 desc limit 1"
    ) == [("Base", date(2024, 10, 11))]
    # Anything that is posted three days after the grace has ended.
    world.day("2024-10-14", [("sales_3.csv", SALES, [invoice("I3", "2024-10-12", "P2", "10")])])
    found = [(f"{day:%m-%d}", tier, int(current)) for day, tier, current in world.ask(by_tier)]
    assert found == [("10-11", "Base", 200), ("10-11", "Silver", 0)]
    kept = world.ask("from liability_daily order by all")
    rebuild(world.home, [world.program])
    assert world.ask("from liability_daily order by all") == kept


DAYS = [date(2024, 4, 1) + timedelta(days=n) for n in range(0, 365, 9)]
CYCLES = ("2024-04", "2024-07", "2024-10", "2025-01")


def some_holdings(chance: random.Random) -> list[Holding]:
    found = []
    for number in range(chance.randrange(6)):
        start, end = sorted(chance.sample(DAYS, 2))
        kind = chance.choice(("earned", "action", "immediate", "set"))
        tier = chance.choice(("Silver", "Gold", "Platinum"))
        until = None if chance.random() < 0.2 else str(end)
        found.append(
            held(f"R{chance.randrange(1, 4)}", tier, str(start), until, kind, f"r{number}")
        )
    return found


def tier_of(holdings: list[Holding], on: date) -> str:
    day = str(on)
    sets = [h[2] for h in holdings if h[4] == "set" and h[2] <= day]
    tiers = [
        ("Base", "Silver", "Gold", "Platinum").index(h[1])
        for h in holdings
        if h[2] <= day and (h[3] is None or day < h[3]) and not any(s > h[6] for s in sets)
    ]
    return ("Base", "Silver", "Gold", "Platinum")[max(tiers, default=0)]


@pytest.mark.parametrize("seed", range(6))
def test_any_history_of_grants_is_what_a_day_by_day_model_says(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    granted = Granted.create(tmp_path)
    files: dict[str, list[Holding]] = {}
    today = date(2024, 4, 15)
    for _ in range(5):
        today += timedelta(days=chance.randrange(1, 80))
        cycle = chance.choice([c for c in CYCLES if c <= f"{today:%Y-%m}"])
        files[cycle] = some_holdings(chance)
        granted.post(str(today), cycle, files[cycle], shown=chance.random() < 0.7)
    rebuilt_from = granted.world.ask("from tier_history order by all")
    granted.post(str(today), "2024-04", files.get("2024-04", []))
    before = granted.world.ask("from tier_history order by all")
    assert len(before) >= len(rebuilt_from)
    ends = granted.world.program.calendar.cycle_of(today).end
    for number in (1, 2, 3):
        partner = f"R{number}"
        mine = [h for holdings in files.values() for h in holdings if h[0] == partner]
        rows = granted.known(partner)
        assert all(row[2] == following[1] for row, following in pairwise(rows))
        assert rows[-1][2] is None
        on = date(2024, 4, number)
        while on < ends:
            [tier] = [r[0] for r in rows if r[1] <= str(on) and (r[2] is None or str(on) < r[2])]
            assert tier == tier_of(mine, on), (partner, on)
            on += timedelta(days=1)
    rebuild(granted.world.home, [granted.world.program])
    assert granted.world.ask("from tier_history order by all") == before
