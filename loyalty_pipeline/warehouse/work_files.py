"""Work files: immutable Parquet files named by what they hold and the hash of their bytes.

Belongs here: sealing a finished Parquet file under its name, and finding it again. Not here:
what makes a work file visible to readers, which is a commit (`journal`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from loyalty_pipeline.warehouse.files import seal, sha256_of, temporary_path
from loyalty_pipeline.warehouse.home import Home

_SAFE = re.compile(r"[a-z0-9_\-]{1,80}")


@dataclass(frozen=True)
class WorkFile:
    """A sealed Parquet file: `work/<scope>/<table>/<partition>.<hash>.parquet` under the home."""

    table: str
    partition: str
    path: str  # relative to the home, so that a home can be moved or restored elsewhere
    sha256: str
    rows: int

    def as_json(self) -> dict[str, object]:
        """The form in which a commit's header names it."""
        return {
            "table": self.table,
            "partition": self.partition,
            "path": self.path,
            "sha256": self.sha256,
            "rows": self.rows,
        }

    @classmethod
    def from_json(cls, value: dict[str, object]) -> WorkFile:
        """The reverse of `as_json`."""
        return cls(
            str(value["table"]),
            str(value["partition"]),
            str(value["path"]),
            str(value["sha256"]),
            int(str(value["rows"])),
        )


def temporary_work_file(home: Home, scope: str) -> Path:
    """A temporary name on the file system of the scope's work files."""
    return temporary_path(home.work(scope), ".parquet")


def seal_work_file(
    home: Home,
    scope: str,
    table: str,
    partition: str,
    temporary: Path,
    rows: int,
    folder: Path | None = None,
) -> WorkFile:
    """Seal a finished Parquet file of `rows` rows; equal content gets the equal name.

    It lies in the scope's folder of that table, or in `folder`.
    """
    for part in (table, partition):
        if not _SAFE.fullmatch(part):
            raise ValueError(f"{part!r} cannot be part of a work file's name")
    digest = sha256_of(temporary)
    final = (folder or home.work(scope) / table) / f"{partition}.{digest[:20]}.parquet"
    # Its bytes are not read again; one that a crash cut short is mended.
    if final.exists() and final.stat().st_size == temporary.stat().st_size:
        temporary.unlink()
    else:
        seal(temporary, final)
    return WorkFile(table, partition, str(final.relative_to(home.root)), digest, rows)
