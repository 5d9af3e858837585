"""Where an instance keeps everything it writes (SPEC 11: LOYALTY_HOME).

Belongs here: the names of the folders. Not here: what is written into them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """One independent instance of the product: a folder and the names inside it."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        """LOYALTY_HOME, or `.loyalty` in the working folder; always absolute."""
        return cls(Path(os.environ.get("LOYALTY_HOME", ".loyalty")).absolute())

    def landing(self, source: str) -> Path:
        """Bytes as they came, named by content hash, and a record of each arrival."""
        return self.root / "landing" / source

    def work(self, scope: str) -> Path:
        """Computed Parquet files of a scope (`source/<id>` or `program/<id>`)."""
        return self.root / "work" / scope

    def journal(self, scope: str) -> Path:
        """Sealed commits of a scope: the system of record."""
        return self.root / "journal" / scope

    @property
    def published(self) -> Path:
        """The one file finance reads."""
        return self.root / "finance.duckdb"

    @property
    def published_note(self) -> Path:
        """What the published file shows, noted beside it."""
        return self.root / "finance.heads.json"

    @property
    def locks(self) -> Path:
        """flock files: they save work, correctness does not depend on them."""
        return self.root / "locks"
