from __future__ import annotations

from pathlib import Path

from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.program.notes import notes_on
from tests.unit.program.rules_text import BASE, SLABS, TEXT, TIERS, load

NO_SCANS = "versions[2025-04-01].rulesets[scan]: no source has a feed scans, so its rules never act"
VERSIONS = (
    TEXT.partition("sources:")[0]
    + """\
versions:
  - effective_from: 2025-04-01
    cycle: quarter
    strategies: [{id: visit, type: fixed, value: 1}]
    rulesets: [{event: transaction, match: all, rules: [{id: r, when: "true", then: [{allocate: visit}]}]}]
    campaigns: [{id: xmas, on: [2025-05-01, 2025-12-25], type: fixed, value: 5}]
  - effective_from: 2025-05-16
    cycle: quarter
    caps: [{id: most, per: strategy, of: [visit], points: 5}]
    strategies: [{id: visit, type: fixed, value: 1}]
    rulesets: [{event: transaction, match: all, rules: [{id: r, when: "true", then: [{allocate: visit}]}]}]
"""  # noqa: E501
)


def test_tiers_without_a_value_are_told(tmp_path: Path) -> None:
    program = load(tmp_path, {BASE: "{Gold: 10%}"})
    assert notes_on(program) == [
        "versions[2025-04-01].strategies[base].value: no value for Silver, Platinum: who holds it "
        "earns nothing by it",
        NO_SCANS,
    ]
    slabs = SLABS.replace("Silver: 1%, Gold: 2%, Platinum: 3%", "Silver: 1%")
    assert notes_on(load(tmp_path, {"    lists:": slabs})) == [
        "versions[2025-04-01].slabs.bands[b2].rates: no value for Gold, Platinum: who holds it "
        "earns nothing by it",
        NO_SCANS,
    ]


def test_a_tier_that_no_slab_gives_is_told(tmp_path: Path) -> None:
    by_tier = "rates: {Silver: 1%, Gold: 2%, Platinum: 3%}"
    changes = {
        TIERS: "from: slab",
        "    lists:": SLABS.replace(by_tier, "rate: 1%, tier: Gold"),
    }
    program = load(tmp_path, changes)
    assert notes_on(program) == [
        "versions[2025-04-01].tiers.order: no band and no rule gives Platinum: only the "
        "instruction set_tier does",
        NO_SCANS,
    ]
    changes["{upgrade_tier: Gold}"] = "{upgrade_tier: Platinum}"
    assert notes_on(load(tmp_path, changes)) == [NO_SCANS]


def test_a_band_without_a_rate_for_its_own_tier_is_told(tmp_path: Path) -> None:
    changes = {
        TIERS: "from: slab",
        "    lists:": SLABS.replace("rates: {Silver: 1%, Gold: 2%,", "tier: Gold, rates: {"),
        "{upgrade_tier: Gold}": "{upgrade_tier: Platinum}",
    }
    assert notes_on(load(tmp_path, changes)) == [
        "versions[2025-04-01].slabs.bands[b2].rates: no value for Gold: it is the tier of who "
        "reaches the band, which pays nothing",
        NO_SCANS,
    ]


def test_what_a_version_inside_a_cycle_leaves_for_later_is_told(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(VERSIONS, encoding="utf-8")
    gone = (
        "versions[2025-04-01].campaigns[xmas].on: the version of 2025-05-16 or a later one is in "
        "force then, without it: it does not run on 2025-12-25"
    )
    assert notes_on(load_program(path)) == [
        gone,
        "versions[2025-05-16].applies: its rules of events act from 2025-05-16, its caps from "
        "2025-07-01: start it on that day, or say 'applies: retro_with_delta', to have both at "
        "once",
    ]
    for other in ("2025-07-01\n", "2025-05-16\n    applies: retro_with_delta\n"):
        path.write_text(VERSIONS.replace("2025-05-16\n", other), encoding="utf-8")
        (found,) = notes_on(load_program(path))
        assert "campaigns[xmas]" in found


def test_bands_of_targets_need_the_feed(tmp_path: Path) -> None:
    slabs = SLABS.replace("measures: growth", "measures: target")
    found = notes_on(load(tmp_path, {"    lists:": slabs}))
    assert "slabs: bands of targets, and no source has a feed targets: nobody" in found[-1]


def test_a_version_that_pays_nothing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    version = "versions: [{effective_from: 2025-04-01, cycle: quarter}]\n"
    path.write_text(TEXT.partition("sources:")[0] + version, encoding="utf-8")
    assert notes_on(load_program(path)) == [
        "versions[2025-04-01].effective_from: without slabs, rulesets and campaigns nothing is paid"
    ]
