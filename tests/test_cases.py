"""Every example case is a test, named by its folder: `pytest -k caps/slab_cap`."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_pipeline.cases import run_case
from loyalty_pipeline.cases.runner import case_folders

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize(
    "folder", case_folders(CASES), ids=lambda folder: folder.relative_to(CASES).as_posix()
)
def test_case(folder: Path) -> None:
    result = run_case(folder)
    if result.differences:
        pytest.fail("\n".join([result.title, *result.differences]), pytrace=False)
