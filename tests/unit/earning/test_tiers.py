"""Tiers by day: how long a grant is held, and which of several holdings is the tier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_pipeline.earning import tiers as subject
from loyalty_pipeline.earning.merges import NOBODY_MERGED, Homes, Merge, homes_of
from loyalty_pipeline.program.calendar import Calendar, CycleLength
from loyalty_pipeline.program.tier_rules import Tiers
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home

ORDER = ("Base", "Silver", "Gold", "Platinum")
FIRST = date(2025, 1, 1)
DAYS = 24
TIERS = (("tier", "varchar"), ("tier_rank", "integer"), ("threshold", "decimal(18, 2)"))


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine(Home(tmp_path_factory.mktemp("tiers"))) as opened:
        thresholds = (None, Decimal(100), Decimal(500), Decimal(900))
        opened.values("tiers", TIERS, [(t, n, thresholds[n]) for n, t in enumerate(ORDER)])
        yield opened


def quarters(length: CycleLength = "quarter") -> Calendar:
    return Calendar(length, 4, "2024-04")


def rules(**given: Any) -> Tiers:
    return Tiers.model_validate({"order": list(ORDER), "from": "slab", **given})


def steps(tiers: Tiers, calendar: Calendar, cycle: str) -> list[tuple[int, str, str]]:
    return [
        (step.steps_down, step.valid_from.isoformat(), step.valid_to.isoformat())
        for step in subject.held_until(tiers, calendar, calendar.parse(cycle))
    ]


def test_a_tier_is_held_for_the_kept_cycles_after_its_own() -> None:
    assert steps(rules(), quarters(), "2025-04") == [(0, "2025-07-01", "2025-10-01")]
    assert steps(rules(kept=3), quarters("month"), "2025-11") == [(0, "2025-12-01", "2026-03-01")]


def test_grace_days_come_after_the_kept_time() -> None:
    tiers = rules(kept=2, grace_days=14)
    assert steps(tiers, quarters(), "2025-04") == [(0, "2025-07-01", "2026-01-15")]


def test_one_step_falls_through_every_tier_above_the_base() -> None:
    assert steps(rules(downgrade="one_step"), quarters(), "2025-04") == [
        (0, "2025-07-01", "2025-10-01"),
        (1, "2025-10-01", "2026-01-01"),
        (2, "2026-01-01", "2026-04-01"),
    ]


def test_a_lower_tier_is_kept_counted_with_the_cycle_of_its_first_day() -> None:
    tiers = rules(downgrade="one_step", kept=2, grace_days=10)
    assert steps(tiers, quarters(), "2025-04") == [
        (0, "2025-07-01", "2026-01-11"),  # to the end of December, and ten days
        (1, "2026-01-11", "2026-07-11"),  # January to June, and ten days
        (2, "2026-07-11", "2027-01-11"),
    ]


def test_grace_that_outlasts_a_cycle_counts_from_the_cycle_it_ends_in() -> None:
    tiers = rules(downgrade="one_step", grace_days=100)
    assert steps(tiers, quarters(), "2025-04")[:2] == [
        (0, "2025-07-01", "2026-01-09"),
        (1, "2026-01-09", "2026-07-10"),  # of the first quarter, and 100 days
    ]


def kept(duckdb: Engine, name: str) -> list[tuple[Any, ...]]:
    columns = ", ".join(column for column, _ in subject.HOLDING)
    return duckdb.connection.execute(f"select {columns} from {name} order by all").fetchall()


def test_a_closed_cycle_grants_the_tier_it_earned_and_what_it_falls_to(duckdb: Engine) -> None:
    calendar = quarters()
    columns = (("partner_id", "varchar"), ("tier", "varchar"), ("reason", "varchar"))
    duckdb.values("earned", columns, [("R1", "Gold", "because"), ("R2", "Base", "because")])
    cycle = calendar.parse("2025-04")
    subject.keep_earned(duckdb, rules(downgrade="one_step"), calendar, cycle)
    july, october, january = date(2025, 7, 1), date(2025, 10, 1), date(2026, 1, 1)
    granted = date(2025, 6, 30)
    fallen = "a step down from Gold, because"
    assert kept(duckdb, "earned_holdings") == [
        ("R1", "Gold", 2, july, october, "earned", "because", granted),
        ("R1", "Silver", 1, october, january, "earned", fallen, granted),
    ]
    subject.keep_earned(duckdb, None, calendar, cycle)
    assert kept(duckdb, "earned_holdings") == []


def test_an_event_grants_from_its_date_and_only_a_tier_that_is_set_is_of_kind_set(
    duckdb: Engine,
) -> None:
    calendar = quarters()
    may = date(2025, 5, 15)
    grants = [("R1", 2, may, may, "set", "rule"), ("R2", 0, may, may, "set", "rule")]
    duckdb.values("grants", subject.GRANT, grants)
    tiers = rules(downgrade="one_step", grace_days=5)
    subject.keep_granted(duckdb, tiers, calendar, calendar.parse("2025-04"))
    end, last = date(2025, 10, 6), date(2026, 1, 6)
    assert kept(duckdb, "granted_holdings") == [
        ("R1", "Gold", 2, may, end, "set", "rule", may),
        ("R1", "Silver", 1, end, last, "action", "a step down from Gold, rule", may),
        ("R2", "Base", 0, may, end, "set", "rule", may),
    ]


@pytest.mark.parametrize(
    ("amount", "tier", "next_tier", "gap"),
    [
        ("-5", "Base", "Silver", "105"),
        ("99.999", "Base", "Silver", "0.001"),
        ("100", "Silver", "Gold", "400"),
        ("899.5", "Gold", "Platinum", "0.5"),
        ("900", "Platinum", None, None),
    ],
)
def test_the_highest_tier_whose_threshold_is_reached(
    duckdb: Engine, amount: str, tier: str, next_tier: str | None, gap: str | None
) -> None:
    columns = (("partner_id", "varchar"), ("amount", "decimal(18, 3)"))
    duckdb.values("measured", columns, [("R1", Decimal(amount))])
    subject.keep_reached(duckdb)
    expected = ("R1", tier, ORDER.index(tier), next_tier, Decimal(gap) if gap else None)
    assert duckdb.connection.execute("from reached").fetchall() == [expected]


def instruction(
    number: int, partner: str, day: date, tier: str, until: date | None
) -> Sequence[Any]:
    known = {
        "instruction_id": f"I{number}",
        "kind": "set_tier",
        "partner_id": partner,
        "effective_on": day,
        "tier": tier,
        "until": until,
        "reason": "by hand" if number % 2 else None,
    }
    return [known.get(column) for column, _ in staged_tables.INSTRUCTIONS]


def overrides(
    duckdb: Engine, given: Sequence[Sequence[Any]], homes: Homes = NOBODY_MERGED
) -> list[tuple[Any, ...]]:
    duckdb.values("instructions", staged_tables.INSTRUCTIONS, given)
    subject.keep_overrides(duckdb, homes)
    return [row[:2] + row[3:5] + (row[6],) for row in kept(duckdb, "override_holdings")]


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def test_a_tier_set_by_hand_ends_with_until_or_with_the_next_one_for_good(duckdb: Engine) -> None:
    given = [
        instruction(1, "R1", day(0), "Gold", None),
        instruction(2, "R1", day(5), "Silver", day(7)),
        instruction(3, "R2", day(5), "Base", day(5)),
    ]
    assert overrides(duckdb, given) == [
        ("R1", "Gold", day(0), day(5), "set by I1: by hand"),
        ("R1", "Silver", day(5), day(8), "set by I2"),
        ("R2", "Base", day(5), day(6), "set by I3: by hand"),
    ]


def test_of_one_day_the_higher_instruction_counts_and_an_unknown_tier_does_nothing(
    duckdb: Engine,
) -> None:
    given = [
        instruction(1, "R1", day(0), "Gold", None),
        instruction(2, "R1", day(0), "Silver", None),
        instruction(3, "R1", day(3), "Diamond", None),
    ]
    assert overrides(duckdb, given) == [("R1", "Silver", day(0), None, "set by I2")]


def test_a_merged_partners_tier_is_the_homes_from_the_merge_on(duckdb: Engine) -> None:
    given = [instruction(1, "OLD", day(0), "Gold", None)]
    merged = homes_of([Merge(day(10), "M1", "OLD", "HOME")])
    assert overrides(duckdb, given, merged) == [
        ("HOME", "Gold", day(10), None, "set by I1: by hand"),
        ("OLD", "Gold", day(0), day(10), "set by I1: by hand"),
    ]
    # What the home was given later counts, and what has ended before the merge ends nothing.
    given.append(instruction(2, "HOME", day(5), "Silver", None))
    assert overrides(duckdb, given, merged)[:1] == [("HOME", "Silver", day(5), None, "set by I2")]
    given = [
        instruction(1, "HOME", day(1), "Silver", None),
        instruction(2, "OLD", day(2), "Gold", day(4)),
    ]
    assert overrides(duckdb, given, merged)[0] == (
        ("HOME", "Silver", day(1), None, "set by I1: by hand")
    )


def test_a_tier_set_by_hand_goes_with_who_the_partner_is_on_the_day(duckdb: Engine) -> None:
    chain = homes_of([Merge(day(4), "M1", "A", "B"), Merge(day(8), "M2", "B", "C")])
    given = [instruction(1, "A", day(2), "Gold", None)]
    assert sorted(overrides(duckdb, given, chain)) == [
        ("A", "Gold", day(2), day(4), "set by I1: by hand"),
        ("B", "Gold", day(4), day(8), "set by I1: by hand"),
        ("C", "Gold", day(8), None, "set by I1: by hand"),
    ]
    circle = homes_of([Merge(day(4), "M1", "A", "B"), Merge(day(8), "M2", "B", "A")])
    # In between it stood behind what B was given later; it is A's again from the second merge on.
    given.append(instruction(2, "B", day(6), "Silver", day(6)))
    assert sorted(overrides(duckdb, given, circle)) == [
        ("A", "Gold", day(2), day(4), "set by I1: by hand"),
        ("A", "Gold", day(8), None, "set by I1: by hand"),
        ("B", "Gold", day(4), day(6), "set by I1: by hand"),
        ("B", "Silver", day(6), day(7), "set by I2"),
    ]


# One holding as the model sees it: rank, first day, day after the last, kind, number, granted on.
Held = tuple[int, int, int | None, str, int, int]


@st.composite
def holdings(draw: st.DrawFn) -> list[Held]:
    found: list[Held] = []
    for number in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(("earned", "action", "set", "override")))
        start = draw(st.integers(0, DAYS - 2))
        end = draw(st.one_of(st.none(), st.integers(start, DAYS)))
        rank = draw(st.integers(0 if kind in ("set", "override") else 1, 3))
        late = draw(st.integers(0, 5)) if kind == "earned" else 0  # granted before it begins
        found.append((rank, start, end, kind, number, start - late))
    if draw(st.booleans()) and found:
        found.append(found[0])  # written by two cycles
    return found


def model(given: Sequence[Held], on: int) -> tuple[int, int] | None:
    """Rank and number of the holding that is the tier of a day, told as the rules are."""
    covering = [h for h in given if h[1] <= on and (h[2] is None or on < h[2])]
    by_hand = [h for h in covering if h[3] == "override"]
    if by_hand:
        best = max(by_hand, key=lambda h: (h[1], h[0], h[5], h[2] or 10**6, h[4]))
        return best[0], best[4]
    days_set = [h[1] for h in given if h[3] == "set" and h[1] <= on and h[1] != h[2]]
    standing = [h for h in covering if not any(set_on > h[5] for set_on in days_set)]
    if not standing:
        return None

    # A holding that a set ends later is shorter; ties are for the reason alone.
    def end(h: Held) -> int:
        ends = [x[1] for x in given if x[3] == "set" and x[1] != x[2] and x[1] > h[5]]
        return min([h[2] or 10**6, *ends])

    best = max(standing, key=lambda h: (h[0], h[5], end(h), h[4]))
    return best[0], best[4]


@settings(max_examples=120, deadline=None)
@given(each=st.lists(holdings(), min_size=1, max_size=4))
def test_stretches_are_the_tier_of_every_day(duckdb: Engine, each: list[list[Held]]) -> None:
    rows = [
        (
            f"P{partner}", ORDER[rank], rank, day(start), None if end is None else day(end),
            kind, f"reason {number}", day(granted),
        )
        for partner, held in enumerate(each)
        for rank, start, end, kind, number, granted in held
    ]  # fmt: skip
    duckdb.values("holdings", subject.HOLDING, rows)
    subject.keep_stretches(duckdb)
    found = duckdb.connection.execute("from stretches order by partner_id, valid_from").fetchall()
    by_day: dict[tuple[str, int], tuple[str, int, str]] = {}
    for partner_id, tier, rank, valid_from, valid_to, reason, _ in found:
        assert valid_to is None or valid_from < valid_to
        for on in range(DAYS + 1):
            if valid_from <= day(on) and (valid_to is None or day(on) < valid_to):
                assert (partner_id, on) not in by_day, "stretches do not overlap"
                by_day[partner_id, on] = (tier, rank, reason)
    for partner, held in enumerate(each):
        for on in range(DAYS + 1):
            expected = model(held, on)
            answer = by_day.get((f"P{partner}", on))
            if expected is None:
                assert answer is None
            else:
                rank, number = expected
                assert answer == (ORDER[rank], rank, f"reason {number}")
    for (partner_id, tier, _, _, end, reason, _), following in pairwise(found):
        same = (partner_id, tier, end, reason) == (*following[:2], following[3], following[5])
        assert not same, "equal neighbours are one stretch"


def test_a_tier_that_is_set_ends_also_what_would_begin_later(duckdb: Engine) -> None:
    fall = [
        ("R1", "Platinum", 3, day(0), day(10), "earned", "earned", day(-1)),
        ("R1", "Gold", 2, day(10), day(20), "earned", "a step down", day(-1)),
        ("R1", "Silver", 1, day(5), day(15), "set", "set", day(5)),
    ]
    duckdb.values("holdings", subject.HOLDING, fall)
    subject.keep_stretches(duckdb)
    found = duckdb.connection.execute("from stretches order by valid_from").fetchall()
    assert [(tier, start, end) for _, tier, _, start, end, *_ in found] == [
        ("Platinum", day(0), day(5)),
        ("Silver", day(5), day(15)),
    ]


def test_the_file_of_a_cycle_has_every_holding_once(duckdb: Engine, tmp_path: Path) -> None:
    april, july = date(2025, 4, 1), date(2025, 7, 1)
    row = ("R1", "Gold", 2, april, None, "override", "set by I1", april)
    others = [
        ("R2", "Gold", 2, july, None, "override", "set by I2", july),  # begins later
        ("R3", "Gold", 2, FIRST, april, "override", "set by I3", FIRST),  # has ended
    ]
    duckdb.values("override_holdings", subject.HOLDING, [row, row, *others])
    subject.keep_no_holdings(duckdb, ["earned_holdings", "granted_holdings"])
    path = tmp_path / "holdings.parquet"
    of_cycle = {"program": "p", "cycle": "2025-04", "cycle_start": april, "cycle_end": july}
    assert duckdb.copy("tiers/tier_holdings", path, **of_cycle) == 1
    duckdb.files("written", [path], tables.TIER_HOLDINGS)
    assert duckdb.connection.execute("from written").fetchall() == [("p", "2025-04", *row)]
    described = duckdb.connection.execute("describe written").fetchall()
    types = [(name, kind.lower().replace(",", ", ")) for name, kind, *_ in described]
    assert types == list(tables.TIER_HOLDINGS)
