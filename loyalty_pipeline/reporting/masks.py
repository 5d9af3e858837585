"""Lines in quarantine as people may see them: personal data masked, file by file.

Belongs here: finding the header a line belongs to, which says where its personal columns are. Not
here: masking a line (`ingest.masking`).
"""

from __future__ import annotations

from collections.abc import Mapping

from loyalty_pipeline.ingest.landed_lines import landed_header
from loyalty_pipeline.ingest.masking import MASK, masked
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home


class Masks:
    """Masks lines of the files of some sources; of a file that is not theirs it shows nothing."""

    def __init__(self, home: Home, sources: Mapping[str, Source]) -> None:
        self._home = home
        self._sources = sources
        self._headers: dict[str, str | None] = {}

    def of(self, source_id: str, feed: str, file_id: str, raw: str | None) -> str | None:
        """A line as it may be shown; null stays null."""
        source = self._sources.get(source_id)
        if raw is None:
            return None
        if source is None:
            return MASK
        if not source.personal_columns(feed):
            return raw
        if file_id not in self._headers:
            self._headers[file_id] = landed_header(self._home, source_id, file_id)
        header = self._headers[file_id]
        return MASK if header is None else masked(raw, header, source, feed)
