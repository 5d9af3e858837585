"""Reject files: what of a file does not count, for whoever has to correct it (SPEC 2).

Belongs here: their content and where they are written. Not here: putting them on a server, which
is `ingest.landing_rejects`, or deciding what does not count, which is `ingest`.

A reject file has the columns of the file it is about, if its bytes are still there, then the line,
every reason, and, where the fields of a line cannot be told apart, the line as it came. It is UTF-8
with the source's delimiter. Cells that a spreadsheet would take for a formula are made text by an
apostrophe.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from loyalty_pipeline.ingest.landed_lines import landed_header
from loyalty_pipeline.ingest.reject_folder import put_reject
from loyalty_pipeline.ingest.remote import ServerRefusedError
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader

LINE, REASONS, RAW = "rejected_line", "rejected_because", "rejected_text"
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,' ]*")
# What spreadsheets start a formula with, and what OWASP lists beside it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class RejectFile:
    """One reject file in the making."""

    name: str
    about: str  # the file's name on the server
    content: bytes
    rows: int


def neutralised(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def reject_files(
    home: Home, source: Source, only: Collection[str] | None = None
) -> Iterator[RejectFile]:
    """A reject file for each file of a source with rows or reasons that wait for a correction.

    Args:
        only: names on the server of the files asked about; all by default.

    Raises:
        FileNotFoundError: nothing was published yet.
    """
    with open_reader(home) as reader:
        rows = reader.ask_file("explain/rejected", source=source.id).rows
    for (file_id, name, feed), lines in groupby(rows, key=lambda row: row[:3]):
        if only is not None and name not in only:
            continue
        found = [(line, str(reasons), raw) for *_, line, reasons, raw in lines]
        yield _reject_file(home, source, str(file_id), str(name), str(feed), found)


def write_rejects(
    home: Home, source: Source, folder: Path, only: Collection[str] | None = None
) -> list[Path]:
    """Write the reject files of a source into a folder; the same ones are written alike."""
    written = []
    for reject in reject_files(home, source, only):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / reject.name
        path.write_bytes(reject.content)
        written.append(path)
    return written


def send_rejects(
    home: Home,
    source: Source,
    progress: Callable[[str], None],
    only: Collection[str] | None = None,
) -> int:
    """Put reject files into the folder that the source's contract names; how many were new there.

    One that the server refuses keeps none of the others back.

    Raises:
        SftpError: the server cannot be reached, or does not let us put some.
        FileNotFoundError: nothing was published yet.
    """
    new, refused = 0, list[str]()
    for reject in reject_files(home, source, only):
        try:
            is_new = put_reject(source, reject.name, reject.content, progress)
        except ServerRefusedError as error:
            refused.append(str(error))
            continue
        if is_new:
            progress(f"{reject.about}: {reject.rows} rejected, {reject.name} put back")
            new += 1
    if refused:
        raise ServerRefusedError("; ".join(dict.fromkeys(refused)))
    return new


def _reject_file(
    home: Home,
    source: Source,
    file_id: str,
    remote_name: str,
    feed: str,
    found: Sequence[tuple[int | None, str, str | None]],
) -> RejectFile:
    delimiter = source.format_of(feed).delimiter
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    if any(line is None for line, _, _ in found):  # refused whole
        writer.writerow([REASONS])
        writer.writerows([neutralised(reasons)] for _, reasons, _ in found)
    else:
        header = landed_header(home, source.id, file_id)
        columns = (_fields(header, delimiter) if header else None) or []
        writer.writerow([neutralised(cell) for cell in (*columns, LINE, REASONS, RAW)])
        for line, reasons, raw in found:
            fields = _fields(raw or "", delimiter)
            whole = fields is not None and len(fields) == len(columns)
            cells = fields if fields is not None and whole else [""] * len(columns)
            rest = (str(line), reasons, "" if whole else raw or "")
            writer.writerow([neutralised(cell) for cell in (*cells, *rest)])
    stem, content = remote_name.rsplit("/", 1)[-1], text.getvalue().encode()
    # Some lines heal and others do not: what is left is another file than the one put back before.
    version = hashlib.sha256(content).hexdigest()[:8]
    name = f"{stem}.{file_id[:12]}.{version}.rejects.csv"
    return RejectFile(name, remote_name, content, len(found))


def _fields(line: str, delimiter: str) -> list[str] | None:
    """The fields of a line; None where they cannot be told apart."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None
