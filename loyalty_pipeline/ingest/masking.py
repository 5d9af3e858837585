"""Raw lines as they are shown to people: personal data replaced by `***`.

Belongs here: masking one line of a landed file for display. Not here: which columns are personal,
which is the source's contract; what is kept, which stays as it came.
"""

from __future__ import annotations

import re

from loyalty_pipeline.ingest.dialect import Dialect
from loyalty_pipeline.ingest.layout import read_header
from loyalty_pipeline.program.sources import Source

MASK = "***"


def masked(raw: str, header: str, source: Source, feed: str) -> str:
    """A line of a file with that header line, as it may be shown.

    Values of the feed's personal columns become `***`; empty ones stay empty. A line whose fields
    cannot be told apart is masked whole, since anything may stand in it.
    """
    personal = source.personal_columns(feed)
    if not personal:
        return raw
    dialect = Dialect.of(source, feed)
    layout, _ = read_header(header.removeprefix("\ufeff").rstrip("\r\n"), dialect)
    line = raw.rstrip("\r\n")
    fields = _fields(line, dialect.delimiter) if layout else None
    if layout is None or fields is None or len(fields) != layout.width:
        return MASK
    named = {column.name for column in dialect.contract.columns if column.field in personal}
    for name in named & layout.places.keys():
        place = layout.places[name]
        fields[place] = MASK if fields[place] not in ("", '""') else fields[place]
    return dialect.delimiter.join(fields)


def _fields(line: str, delimiter: str) -> list[str] | None:
    """The fields of a line as they are written, quotes included; None where they are misplaced."""
    field = re.compile(f'(?:"(?:[^"]|"")*"|[^"{re.escape(delimiter)}]*)')
    fields, at = [], 0
    while True:
        found = field.match(line, at)
        assert found is not None, "a field may be empty"
        fields.append(found.group())
        at = found.end()
        if at == len(line):
            return fields
        if line[at] != delimiter:
            return None
        at += 1
