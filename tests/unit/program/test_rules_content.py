from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_pipeline.program.diff import diff_in_words
from loyalty_pipeline.program.limits import in_stage_order
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.relations import relations_of, slab_relations
from loyalty_pipeline.program.versions import (
    EffectiveRules,
    effective_rules,
    rules_of_version,
    version_from_json,
    version_to_json,
)
from tests.unit.program.rules_text import BASE, SLABS, load
from tests.unit.program.test_rules_errors import WITH_SLABS


def rules_of(program: Program, cycle: str = "2025-04") -> EffectiveRules:
    return effective_rules(program, program.calendar.parse(cycle))


def test_a_version_with_lists_and_codes_comes_back_from_its_json(tmp_path: Path) -> None:
    version = load(tmp_path, WITH_SLABS).versions[0]
    again = version_from_json(version_to_json(version))
    assert again == version
    assert again.coupons[0].pool == ("AB1", "AB2")
    assert version_to_json(again) == version_to_json(version)


@pytest.mark.parametrize(
    "changes",
    [
        {'"amount >= 100"': '"amount>=100"'},
        {'"amount >= 100"': '"AMOUNT >= 100"'},
        {"value: 10,": "value: 10.0,"},
        {BASE: "{Platinum: 15%, Gold: 10.0%, Silver: 5%}"},
        {"type: prorated, value: {": "basis: document_amount, type: prorated, value: {"},
        {"on: 2025-06-15": "on: 2025-06-16"},
        {"{accrue: true}": "{accrue: true}, {upgrade_tier: Gold}"},
        {"from: 30, to: 100": "from: 31, to: 100"},
        {"id: visits, per: strategy": "id: visits, per: strategy, period: cycle"},
        {"zone: text": "zone: text, region: text"},
    ],
)
def test_the_hash_stays_where_a_cycle_earns_the_same(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    before = rules_of(load(tmp_path)).hash
    assert rules_of(load(tmp_path, changes)).hash == before


@pytest.mark.parametrize(
    "changes",
    [
        {"amount >= 100": "amount >= 101"},
        {"category = 'tea'": "category = 'te  a'"},
        {"value: 10,": "value: 11,"},
        {BASE: "{Silver: 5%, Gold: 10%, Platinum: 16%}"},
        {"stacking: best": "stacking: additive"},
        {"unroll: tenders\n        match: first": "unroll: tenders\n        match: all"},
        {"points: 500}": "points: 501}"},
        {"when_exhausted: stop": "when_exhausted: prorate"},
        {"of: [visit], points": "of: [visit, tea], points"},
        {"{points} points": "{points} new points"},
        {"valid_days: 30": "valid_days: 31"},
        {"upgrade_tier: Gold": "set_tier: Gold"},
        {"thresholds: {Gold: 10": "thresholds: {Gold: 11"},
        {"{allocate: base}, {allocate: by_size}": "{allocate: by_size}, {allocate: base}"},
        {"    stacking": "    rounding: {grain: line}\n    stacking"},
    ],
)
def test_the_hash_moves_where_a_cycle_may_earn_something_else(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    before = rules_of(load(tmp_path)).hash
    assert rules_of(load(tmp_path, changes)).hash != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("measures: growth", "measures: target"),
        ("points: 100", "points: 101"),
        ("Gold: 2%", "Gold: 2.5%"),
        ("measures: growth", "measures: growth\n        categories: [tea]"),
        ("measures: growth", "measures: growth\n        delayed_accrual: 3"),
    ],
)
def test_the_hash_covers_every_slab_table(tmp_path: Path, old: str, new: str) -> None:
    before = rules_of(load(tmp_path, WITH_SLABS)).hash
    assert rules_of(load(tmp_path, {"    lists:": SLABS.replace(old, new)})).hash != before


def test_values_of_lists_and_codes_count(tmp_path: Path) -> None:
    before = rules_of(load(tmp_path)).hash
    assert rules_of(load(tmp_path, vip="x\nP2\nP1\n")).hash == before  # a list has no order
    assert rules_of(load(tmp_path, vip="x\nP1\n")).hash != before
    assert rules_of(load(tmp_path, codes="x\nAB2\nAB1\n")).hash != before  # codes have one


VERSION_2 = """\
  - effective_from: 2025-05-16
    cycle: quarter
    applies: {applies}
    tiers:
      order: [Silver, Gold, Platinum]
      from: cycle_sales
      thresholds: {{Gold: 10, Platinum: 50}}
    strategies:
      - {{id: base, type: fixed, value: 1}}
    rulesets:
      - event: transaction
        match: all
        rules:
          - {{id: r1, when: "true", then: [{{allocate: base}}]}}
"""


@pytest.mark.parametrize("applies", ["by_cycle_start", "by_document_date", "retro_with_delta"])
def test_an_event_goes_by_the_version_of_its_date_whatever_applies_says(
    tmp_path: Path, applies: str
) -> None:
    end = "Gold: 2, Platinum: 3}}\n"
    program = load(tmp_path, {end: end + VERSION_2.format(applies=applies)})
    rules = rules_of(program)
    assert [
        (part.start, part.end_exclusive, part.version.label) for part in rules.event_segments
    ] == [
        (date(2025, 4, 1), date(2025, 5, 16), "2025-04-01"),
        (date(2025, 5, 16), date(2025, 7, 1), "2025-05-16"),
    ]
    assert [part.version.label for part in rules_of(program, "2025-07").event_segments] == [
        "2025-05-16"
    ]
    before = rules_of(load(tmp_path)).hash
    assert rules.hash != before  # events from 16 May on earn otherwise


def test_a_version_that_repeats_the_rules_of_events_makes_nothing_stale(tmp_path: Path) -> None:
    program = load(tmp_path)
    version = program.versions[0]
    again = version.model_copy(update={"effective_from": date(2025, 5, 16)})
    both = program.model_copy(update={"versions": (version, again)})
    assert rules_of(both).hash == rules_of(program).hash
    assert rules_of_version(program, version).hash == rules_of(program).hash


def test_caps_come_in_the_order_of_their_stages(tmp_path: Path) -> None:
    program = load(
        tmp_path,
        {
            "      - {id: each, per: document, points: 500}\n": "",
            "when_exhausted: stop}\n": "when_exhausted: stop}\n"
            "      - {id: each, per: document, points: 500}\n",
            "of: [visit], points": "of: [visit, tea], points",
        },
    )
    order = [cap.id for cap in in_stage_order(program.versions[0].caps)]
    assert order == ["each", "visits", "daily", "monthly", "budget"]
    assert relations_of(rules_of(program))["caps"].rows == (
        (0, "each", "document", None, None, 500, None),
        (1, "visits", "strategy", "cycle", "visit", 100, None),
        (1, "visits", "strategy", "cycle", "tea", 100, None),
        (2, "daily", "partner", "day", None, 1000, None),
        (3, "monthly", "partner", "month", None, 9000, None),
        (4, "budget", "program", "cycle", None, 100000, "stop"),
    )


def test_slab_tables_are_relations_each(tmp_path: Path) -> None:
    rules = rules_of(load(tmp_path, WITH_SLABS))
    main = relations_of(rules)
    assert [row[3:] for row in main["bands"].rows] == [
        (0, None, 5, None, 0, None, None, None),
        (1, 5, 10, "b1", Decimal("0.01"), None, None, None),
        (2, 10, None, "b2", 0, None, None, None),
    ]
    assert main["band_rates"].rows == (
        (0, 2, "Silver", Decimal("0.01")),
        (0, 2, "Gold", Decimal("0.02")),
        (0, 2, "Platinum", Decimal("0.03")),
    )
    growing = slab_relations(rules, "growing")
    assert [row[6:] for row in growing["bands"].rows] == [
        (None, 0, None, None, None),
        ("g1", 0, None, None, 100),
    ]
    assert growing["band_rates"].rows == ()
    for relation in (*main.values(), *growing.values()):
        assert all(len(row) == len(relation.columns) for row in relation.rows)
    assert [row[6] for row in slab_relations(rules, "unknown")["bands"].rows] == [None]


V = "Version of 2025-04-01: "


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({"value: 10,": "value: 11,"}, ["Strategy visit changes from type fixed, value 10, "
          "delayed_accrual 7 to type fixed, value 11, delayed_accrual 7."]),
        ({"amount >= 100": "amount >= 200"}, ["Rule r1 of transaction changes from when amount >= "
          "100: allocate base, allocate by_size to when amount >= 200: allocate base, allocate "
          "by_size."]),
        ({"{accrue: true}": "{accrue: true}, {upgrade_tier: Gold}"}, ["Rule d1 of delayed_accrual "
          "changes from when points > 0: accrue to when points > 0: accrue, upgrade_tier Gold."]),
        ({"unroll: tenders\n        match: first": "unroll: tenders\n        match: all"},
         ["Ruleset by_payment changes from unroll tenders, match first to unroll tenders, "
          "match all."]),
        ({"points: 500}": "points: 400}"}, ["Cap each changes from 500 points per document to 400 "
          "points per document."]),
        ({"when_exhausted: stop": "when_exhausted: prorate"}, ["Cap budget changes from 100000 "
          "points per program and cycle, then stop to 100000 points per program and cycle, then "
          "prorate."]),
        ({"stacking: best": "stacking: additive"}, ["What several promotions of one event come to "
          "changes from best to additive."]),
        ({"on: 2025-06-15": "on: {every: month, from: 2025-06-15, until: 2025-12-31}"},
         ["Campaign june changes from on 2025-06-15, when tier = 'Silver', strategy lift to "
          "on.every month, on.from 2025-06-15, on.until 2025-12-31, when tier = 'Silver', "
          "strategy lift."]),
        ({"valid_days: 30": "valid_days: 60"}, ["Coupon gift changes from codes codes.csv, "
          "valid_days 30 to codes codes.csv, valid_days 60."]),
        ({"{Gold: 10, Platinum: 50}": "{Gold: 20, Platinum: 50}"}, ["Tiers.thresholds.Gold changes "
          "from 10 to 20."]),
        ({}, []),
    ],
)  # fmt: skip
def test_every_part_is_told_by_its_id(
    tmp_path: Path, changes: dict[str, str], sentences: list[str]
) -> None:
    assert diff_in_words(load(tmp_path), load(tmp_path, changes)) == [
        f"{V}{sentence}" for sentence in sentences
    ]


def test_slab_tables_and_lists_are_told(tmp_path: Path) -> None:
    old = load(tmp_path, WITH_SLABS)
    new = load(
        tmp_path,
        {"    lists:": SLABS.replace("points: 100", "points: 90").replace("Gold: 2%", "Gold: 4%")},
        vip="x\nP1\nP3\nP4\nP5\nP6\n",
        codes="x\nAB1\n",
    )
    assert diff_in_words(old, new) == [
        f"{V}Band b2 changes from Gold 2%, Platinum 3%, Silver 1% (10 and above) to Gold 4%, "
        "Platinum 3%, Silver 1% (10 and above).",
        f"{V}Band g1 of slab table growing changes from 100 points (10% and above) to 90 points "
        "(10% and above).",
        f"{V}Codes of coupon gift: 1 removed (AB2).",
        f"{V}List vip: 4 added (P3, P4, P5, …) and 1 removed (P2).",
    ]


def test_a_published_version_reads_as_the_file_it_came_from(tmp_path: Path) -> None:
    program = load(tmp_path, WITH_SLABS)
    version = version_from_json(version_to_json(program.versions[0]))
    published = program.model_copy(update={"versions": (version,)})
    assert diff_in_words(published, program) == []
    assert rules_of(published).hash == rules_of(program).hash


def test_the_first_language_of_a_message_stays_the_first(tmp_path: Path) -> None:
    written = '{en: "{partner_name}: {points} points"}'
    subjects = {'{en: "Hi"}': '{hi: "1", en: "2"}'}
    first = subjects | {written: '{hi: "नमस्ते", en: "{points}"}'}
    version = load(tmp_path, first).versions[0]
    again = version_from_json(version_to_json(version))
    assert list(again.messages[0].templates["email"]) == ["hi", "en"]
    turned = subjects | {written: '{en: "{points}", hi: "नमस्ते"}'}
    assert rules_of(load(tmp_path, turned)).hash != rules_of(load(tmp_path, first)).hash
