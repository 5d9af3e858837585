"""Every example case is a test, named by its folder: `pytest -k caps/slab_cap`.

Those of the sample programs, too: `pytest -k consumer_rewards`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_pipeline.cases import run_case
from loyalty_pipeline.cases.runner import case_folders

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases"
OF_SAMPLES = ROOT / "data" / "programs" / "cases"


@pytest.mark.parametrize(
    "folder",
    [*case_folders(CASES), *case_folders(OF_SAMPLES)],
    ids=lambda folder: "/".join(folder.parts[-2:]),
)
def test_case(folder: Path) -> None:
    result = run_case(folder)
    if result.differences:
        pytest.fail("\n".join([result.title, *result.differences]), pytrace=False)
