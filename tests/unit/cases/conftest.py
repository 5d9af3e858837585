"""Writes the small case of `small_case` into a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.cases.small_case import CASE, LEDGER, PROGRAM, SALES, WriteCase


@pytest.fixture
def write_case(tmp_path: Path) -> WriteCase:
    """Writes the case; files given by name replace or add to its own."""

    def write(files: Mapping[str, str] | None = None, name: str = "six_lakh") -> Path:
        folder = tmp_path / name
        contents = {
            "case.yaml": CASE,
            "program.yaml": PROGRAM,
            "sales.csv": SALES,
            "expected/ledger.csv": LEDGER,
            **(files or {}),
        }
        for file, text in contents.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return write
