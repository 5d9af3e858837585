from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_pipeline.program.loader import ProgramFileError
from loyalty_pipeline.program.model import Program, Slabs, Tiers, Version
from loyalty_pipeline.program.relations import Relation, relations_of
from loyalty_pipeline.program.versions import (
    EffectiveRules,
    NoRulesError,
    PublishedRules,
    effective_rules,
    merge_published,
    version_from_json,
    version_to_json,
    with_published,
)

Load = Callable[..., Program]

FROM_16_MAY = """\
  - effective_from: 2025-05-16
    applies: {applies}
    cycle: quarter
    slabs: {{mode: whole, delayed_accrual: 7, bands: [{{id: b, from: 500000, rate: 0.25%}}]}}
"""


Row = tuple[Any, ...]  # a relation's row: each column has its own type


def rules_of(program: Program, cycle: str) -> EffectiveRules:
    return effective_rules(program, program.calendar.parse(cycle))


def hashes(program: Program) -> dict[str, str]:
    calendar = program.calendar
    cycles = calendar.cycles(calendar.first, calendar.parse("2026-01"))
    return {cycle.name: effective_rules(program, cycle).hash for cycle in cycles}


def touched(old: Program, new: Program) -> list[str]:
    before, after = hashes(old), hashes(new)
    return [cycle for cycle in before if before[cycle] != after[cycle]]


def segments(rules: EffectiveRules) -> list[tuple[str, str, str]]:
    return [
        (part.start.isoformat(), part.end_exclusive.isoformat(), part.version.label)
        for part in rules.segments
    ]


def points_of_the_worked_number(program: Program) -> Decimal:
    """10,00,000 in the quarter, of which 6,00,000 before 16 May; the whole sum picks the band."""
    total, sales = Decimal(0), {date(2025, 5, 15): 600_000, date(2025, 5, 16): 400_000}
    rows: tuple[Row, ...] = relations_of(rules_of(program, "2025-04"))["bands"].rows
    for row in rows:
        _, start, end, _, lower, upper, _, rate, *_ = row
        reaches = (lower is None or lower <= 1_000_000) and (upper is None or upper > 1_000_000)
        if reaches:
            total += sum(amount * rate for day, amount in sales.items() if start <= day < end)
    return total


@pytest.mark.parametrize(
    ("applies", "points"),
    [("by_cycle_start", 2000), ("retro_with_delta", 2500), ("by_document_date", 2200)],
)
def test_a_rate_change_inside_a_cycle_gives_the_worked_numbers(
    load: Load, applies: str, points: int
) -> None:
    program = load({"rate: 0.3%": "rate: 0.2%"}, FROM_16_MAY.format(applies=applies))
    assert points_of_the_worked_number(program) == points


def test_a_version_inside_a_cycle_governs_as_applies_says(load: Load) -> None:
    old, new = "2024-04-01", "2025-05-16"
    start, day, end = "2025-04-01", "2025-05-16", "2025-07-01"
    for applies, expected, governing in [
        ("by_cycle_start", [(start, end, old)], old),
        ("retro_with_delta", [(start, end, new)], new),
        ("by_document_date", [(start, day, old), (day, end, new)], new),
    ]:
        program = load(more=FROM_16_MAY.format(applies=applies))
        rules = rules_of(program, "2025-04")
        assert (segments(rules), rules.version) == (expected, governing)
        assert segments(rules_of(program, "2025-01")) == [("2025-01-01", "2025-04-01", old)]
        assert segments(rules_of(program, "2025-07")) == [("2025-07-01", "2025-10-01", new)]


def test_a_version_from_a_cycle_start_governs_whole_cycles_whatever_applies(load: Load) -> None:
    for applies in ("by_cycle_start", "retro_with_delta", "by_document_date"):
        more = FROM_16_MAY.format(applies=applies).replace("2025-05-16", "2025-04-01")
        program = load(more=more)
        assert segments(rules_of(program, "2025-04")) == [
            ("2025-04-01", "2025-07-01", "2025-04-01")
        ]
        assert rules_of(program, "2025-01").version == "2024-04-01"


def test_a_retroactive_version_takes_over_what_an_earlier_one_split(load: Load) -> None:
    split = FROM_16_MAY.format(applies="by_document_date")
    retro = FROM_16_MAY.format(applies="retro_with_delta").replace("05-16", "06-01")
    assert segments(rules_of(load(more=split + retro), "2025-04")) == [
        ("2025-04-01", "2025-07-01", "2025-06-01")
    ]


def test_a_cycle_before_the_first_version_has_no_rules(load: Load) -> None:
    program = load()
    with pytest.raises(NoRulesError, match="no rules at the start of cycle 2024-01"):
        effective_rules(program, program.calendar.cycle_of(date(2024, 3, 31)))


@pytest.mark.parametrize(
    "changes",
    [
        {"name: Rewards\n": "name: Other  # a comment\n"},
        {"currency: INR\n": "", "point_value: 1.00": "point_value: 0.5\ncurrency: USD"},
        {"{decimals: 0, mode: half_up, grain: document}": "{grain: document, decimals: 0}"},
        {"rounding: {decimals: 0, mode: half_up, grain: document}": "rounding: {grain: document}"},
        {"from: 500000,": "from: 500000.00,", "rate: 0.3%": "rate: 0.30 %"},
        {"cycle: quarter": "cycle: quarter\n    restate: original_cycle"},
        {"from: slab": "from: slab, kept: 1, grace_days: 0"},
    ],
)
def test_what_does_not_change_points_does_not_change_the_hash(
    load: Load, changes: dict[str, str]
) -> None:
    assert touched(load(), load(changes)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"rate: 0.3%": "rate: 0.31%"},
        {"from: 500000": "from: 500000.01"},
        {"mode: whole": "mode: marginal"},
        {"gaps: carry_lower": "gaps: no_award"},
        {"delayed_accrual: 7": "delayed_accrual: 8"},
        {"      delayed_accrual: 7\n": ""},
        {"decimals: 0": "decimals: 1"},
        {"mode: half_up": "mode: floor"},
        {"grain: document": "grain: cycle"},
        {"points: 5000": "points: 5001"},
        {"cap: 10000": "cap: 9999"},
        {"from: slab": "from: slab, kept: 2"},
        {"id: s2": "id: s2b"},
        {"point_value: 1.00": "point_value: 1.00\nbefore_enrolment: earn"},
        {"cycle: quarter": "cycle: quarter\n    restate: own_cycle"},
    ],
)
def test_what_changes_points_changes_the_hash_of_every_cycle_it_governs(
    load: Load, changes: dict[str, str]
) -> None:
    old = load()
    assert touched(old, load(changes)) == list(hashes(old))


def test_a_gap_rule_without_a_gap_changes_nothing(load: Load) -> None:
    closed = {"to: 1200000": "to: 2000000"}
    assert touched(load(closed), load({**closed, "carry_lower": "no_award"})) == []


@pytest.mark.parametrize(
    ("applies", "cycles"),
    [
        ("by_cycle_start", ["2025-07", "2025-10", "2026-01"]),
        ("by_document_date", ["2025-04", "2025-07", "2025-10", "2026-01"]),
        ("retro_with_delta", ["2025-04", "2025-07", "2025-10", "2026-01"]),
    ],
)
def test_a_new_version_changes_exactly_the_cycles_it_touches(
    load: Load, applies: str, cycles: list[str]
) -> None:
    assert touched(load(), load(more=FROM_16_MAY.format(applies=applies))) == cycles


def test_an_edit_of_the_later_version_leaves_the_cycles_before_it_alone(load: Load) -> None:
    later = FROM_16_MAY.format(applies="by_document_date")
    edited = later.replace("0.25%", "0.26%")
    cycles = ["2025-04", "2025-07", "2025-10", "2026-01"]
    assert touched(load(more=later), load(more=edited)) == cycles


def test_an_edit_of_the_earlier_version_reaches_the_cycle_that_both_govern(load: Load) -> None:
    later = FROM_16_MAY.format(applies="by_document_date")
    cycles = touched(load(more=later), load({"rate: 0.3%": "rate: 0.1%"}, later))
    assert cycles == ["2024-04", "2024-07", "2024-10", "2025-01", "2025-04"]
    # Tier and cap are those of the last day, so here the earlier version's do not count.
    cycles = touched(load(more=later), load({"cap: 10000": "cap: 1"}, later))
    assert cycles == ["2024-04", "2024-07", "2024-10", "2025-01"]


def test_a_version_that_says_the_same_again_is_no_boundary(load: Load) -> None:
    program = load()
    again = program.versions[0].model_copy(
        update={"effective_from": date(2025, 5, 16), "applies": "by_document_date"}
    )
    assert touched(program, with_published(program, [again])) == []


def test_the_hash_of_an_old_rule_never_changes_with_the_product(load: Load) -> None:
    expected = "17dbb4a1a1f521447722b34b3f7343977551b87b6f8a00135a1c6fe9dc1296a4"
    assert rules_of(load(), "2024-04").hash == expected


def test_a_version_goes_to_json_and_back(load: Load) -> None:
    program = load(more=FROM_16_MAY.format(applies="by_document_date"))
    for version in program.versions:
        text = version_to_json(version)
        assert version_from_json(text) == version
        assert version_to_json(version_from_json(text)) == text
    text = version_to_json(program.versions[0])
    assert '"rate":"0.2%"' in text
    assert '"from":"500000"' in text


def test_publishing_replaces_the_version_of_the_same_day_and_removes_none(load: Load) -> None:
    first = load(more=FROM_16_MAY.format(applies="by_document_date"))
    edited = load({"rate: 0.3%": "rate: 0.35%"})
    merged = merge_published(first.versions, edited.versions)
    assert merged == [edited.versions[0], first.versions[1]]
    program = with_published(edited, first.versions)
    assert program.versions == tuple(merged)


def test_a_file_is_checked_with_what_is_published(load: Load) -> None:
    monthly = (
        load().versions[0].model_copy(update={"effective_from": date(2025, 5, 1), "cycle": "month"})
    )
    with pytest.raises(ProgramFileError) as caught:
        load(published=PublishedRules((monthly,)))
    assert "start the version on 2025-04-01 or 2025-07-01" in str(caught.value)


def bands_of(version: Version) -> Relation:
    program = Program.model_validate(
        {
            "program": "p",
            "name": "P",
            "currency": "INR",
            "time_zone": "UTC",
            "fiscal_start": "april",
            "first_cycle": "2024-04",
            "point_value": 1,
            "versions": [version],
        }
    )
    return relations_of(rules_of(program, "2024-04"))["bands"]


@st.composite
def slab_tables(draw: st.DrawFn) -> Slabs:
    amounts = st.decimals(0, 10_000, places=2, allow_nan=False)
    edges = sorted(draw(st.lists(amounts, min_size=1, max_size=8, unique=True)))
    bands: list[dict[str, object]] = []
    for number, edge in enumerate(edges):
        skip = bands and number + 1 < len(edges) and draw(st.booleans())  # leaves a gap
        if not skip:
            upper = edges[number + 1] if number + 1 < len(edges) else None
            rate = f"{draw(st.integers(0, 50))}%"
            bands.append({"id": f"s{number}", "from": edge, "to": upper, "rate": rate})
    gaps = draw(st.sampled_from(["carry_lower", "no_award"]))
    return Slabs.model_validate({"mode": "whole", "gaps": gaps, "bands": bands})


@given(
    slabs=slab_tables(),
    amount=st.decimals(-100, 10_100, places=2, allow_nan=False),
)
def test_bands_hold_every_amount_exactly_once(slabs: Slabs, amount: Decimal) -> None:
    tiers = Tiers.model_validate({"order": ["Base"], "from": "slab"})
    version = Version(effective_from=date(2024, 4, 1), cycle="quarter", slabs=slabs, tiers=tiers)
    at_edges = [band.from_ for band in slabs.bands]
    for value in [amount, *at_edges, *(edge - Decimal("0.01") for edge in at_edges)]:
        rows: tuple[Row, ...] = bands_of(version).rows
        holding = [
            row
            for row in rows
            if (row[4] is None or row[4] <= value) and (row[5] is None or value < row[5])
        ]
        assert len(holding) == 1
        (row,) = holding
        listed = [
            band for band in slabs.bands if band.from_ <= value and (not band.to or value < band.to)
        ]
        below = [band for band in slabs.bands if band.from_ <= value]
        carried = below[-1:] if slabs.gaps == "carry_lower" else []
        band = next(iter(listed or carried), None)
        assert row[6:8] == ((band.id, band.rate) if band else (None, 0))
        assert row[8] == "Base"


def test_the_sample_gap_carries_rate_tier_and_cap_of_the_band_below(load: Load) -> None:
    rows = relations_of(rules_of(load(), "2024-04"))["bands"].rows
    assert [row[3:] for row in rows] == [
        (0, None, 500000, None, 0, "Base", None, None),
        (1, 500000, 800000, "s1", Decimal("0.002"), "Silver", None, None),
        (2, 800000, 1200000, "s2", Decimal("0.003"), "Gold", None, None),
        (3, 1200000, 2000000, "s2", Decimal("0.003"), "Gold", None, None),
        (4, 2000000, None, "s3", Decimal("0.004"), "Platinum", 10000, None),
    ]
    rows = relations_of(rules_of(load({"carry_lower": "no_award"}), "2024-04"))["bands"].rows
    assert rows[3][3:] == (3, 1200000, 2000000, None, 0, "Base", None, None)


def test_rows_have_the_columns_they_announce(load: Load) -> None:
    relations = relations_of(rules_of(load(), "2024-04"))
    assert list(relations) == ["bands", "band_rates", "tiers", "caps"]
    for relation in relations.values():
        assert all(len(row) == len(relation.columns) for row in relation.rows)
    assert relations["tiers"].rows == (
        ("Base", 0, None),
        ("Silver", 1, None),
        ("Gold", 2, None),
        ("Platinum", 3, None),
    )
    assert relations["caps"].rows == ((0, "c1", "partner", "cycle", None, Decimal(5000), None),)


def test_tiers_from_sales_have_thresholds_and_leave_the_bands_without_tiers(load: Load) -> None:
    program = load(
        {
            ", tier: Silver": "",
            ", tier: Gold": "",
            ", tier: Platinum": "",
            "from: slab": "from: cycle_sales, thresholds: {Silver: 1, Gold: 2.5, Platinum: 3}",
        }
    )
    relations = relations_of(rules_of(program, "2024-04"))
    assert [row[2] for row in relations["tiers"].rows] == [None, 1, Decimal("2.5"), 3]
    assert {row[8] for row in relations["bands"].rows} == {None}


def test_a_version_without_slabs_still_has_a_band_for_every_amount() -> None:
    rows = bands_of(Version(effective_from=date(2024, 4, 1), cycle="quarter")).rows
    assert [row[3:] for row in rows] == [(0, None, None, None, 0, None, None, None)]
