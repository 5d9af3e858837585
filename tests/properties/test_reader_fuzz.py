"""Mutated files of all feeds and wrappings: never an unhandled exception or an accepted wreck."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.properties.fuzzing import run

# The long run sets this to 100,000.
FILES = int(os.environ.get("LOYALTY_FUZZ_FILES", "600"))
SHARES = 6


@pytest.mark.parametrize("share", range(SHARES))
def test_mutated_files_are_read_as_the_model_reads_them_or_refused(
    share: int, tmp_path: Path
) -> None:
    first, last = (FILES * n // SHARES for n in (share, share + 1))
    counts = run(first, last, tmp_path)
    # A fuzz run that only ever refuses shows nothing.
    assert min(counts.get(word, 0) for word in ("staged", "quarantined", "refused")) > 0
