"""What a check between keys finds.

Belongs here: the value that all checks give back. Not here: any check.
"""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """One thing wrong, at a part of a program file."""

    path: Path
    message: str
