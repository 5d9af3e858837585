"""Work on parts of a file, put aside on disk until the file is through.

Belongs here: writing and finding parts. Not here: what they hold.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl


class Parts:
    """A folder of the parts of one file; they are neither sealed nor kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def put(self, kind: str, number: int, frame: pl.DataFrame | None) -> None:
        """Keep a part; nothing for nothing."""
        if frame is not None and frame.height:
            path = self.folder / f"{kind}-{number:08d}.parquet"
            frame.write_parquet(path, compression="uncompressed", statistics=False)

    def scan(self, kind: str) -> pl.LazyFrame | None:
        """All parts of a kind, in the order of their numbers."""
        paths = sorted(self.folder.glob(f"{kind}-*.parquet"))
        return pl.scan_parquet(paths) if paths else None

    def scan_each(self, kind: str) -> list[pl.LazyFrame]:
        """The same, one by one."""
        return [pl.scan_parquet(path) for path in sorted(self.folder.glob(f"{kind}-*.parquet"))]
