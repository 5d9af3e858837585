"""What a case came to, and the report of many.

Belongs here: results and their text. Not here: finding differences (`tables`, `runner`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CaseResult:
    """A case that passed (no differences), or everything in which it differs, in words."""

    folder: Path
    title: str
    differences: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.differences


def report(results: Sequence[CaseResult]) -> str:
    """One line a case, its differences below it, and a last line with the counts."""
    lines = []
    for result in results:
        state = "passed" if result.passed else "FAILED"
        title = f": {result.title}" if result.title else ""
        lines.append(f"{state}  {result.folder}{title} ({result.seconds:.1f} s)")
        for difference in result.differences:
            lines += [f"    {line}" for line in difference.splitlines()]
    failed = sum(not result.passed for result in results)
    lines.append(f"{len(results) - failed} passed, {failed} failed")
    return "\n".join(lines)
