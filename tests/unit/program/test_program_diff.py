from __future__ import annotations

from collections.abc import Callable

from loyalty_pipeline.program.diff import diff_in_words
from loyalty_pipeline.program.model import Program

Load = Callable[..., Program]
FIRST = "Version of 2024-04-01"
LATER = "  - {effective_from: 2025-04-01, cycle: quarter, applies: retro_with_delta}\n"


def test_equal_programs_have_no_difference(load: Load) -> None:
    assert diff_in_words(load(), load({"name: Rewards": "name: Rewards # said again"})) == []


def test_differences_are_said_in_the_order_program_then_versions(load: Load) -> None:
    new = load(
        {
            "point_value: 1.00": "point_value: 0.25",
            "rate: 0.3%": "rate: 0.35%",
            "delayed_accrual: 7": "delayed_accrual: 30",
            "      gaps: carry_lower\n": "",
            "to: 1200000": "to: 2000000",
            "cap: 10000": "cap: 8000",
            "id: c1": "id: c2",
        }
    )
    assert diff_in_words(load(), new) == [
        "The money a point is worth changes from 1 to 0.25.",
        f"{FIRST}: What sales between two bands earn is dropped (was carry_lower).",
        f"{FIRST}: The days points stay promised changes from 7 to 30.",
        f"{FIRST}: Band s2 changes from 0.3% (800000 to 1200000, Gold) "
        "to 0.35% (800000 to 2000000, Gold).",
        f"{FIRST}: Band s3 changes from 0.4% (2000000 and above, Platinum, at most 10000 points) "
        "to 0.4% (2000000 and above, Platinum, at most 8000 points).",
        f"{FIRST}: Cap c1 is dropped (was 5000 points per partner and cycle).",
        f"{FIRST}: Cap c2 is new: 5000 points per partner and cycle.",
    ]


def test_a_new_version_is_compared_with_the_one_before_it(load: Load) -> None:
    said = diff_in_words(load(), load(more=LATER))
    assert said[0] == "Version of 2025-04-01: new, in place of the version of 2024-04-01."
    assert (
        "Version of 2025-04-01: How the version applies inside a cycle changes from "
        "by_cycle_start to retro_with_delta." in said
    )
    assert (
        "Version of 2025-04-01: Band s1 is dropped (was 0.2% (500000 to 800000, Silver))." in said
    )


def test_a_version_left_out_is_said_to_stay(load: Load) -> None:
    assert diff_in_words(load(more=LATER), load()) == [
        "The version of 2025-04-01 is left out; where it is published it stays in force."
    ]
