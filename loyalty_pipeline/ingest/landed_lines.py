"""Lines of landed files as they can be read, whatever the files are wrapped in.

Belongs here: finding lines again that were read before, for people to see. Not here: reading a
file to stage it (`read_feed`).

How a file was wrapped is kept beside its bytes, as it was when the file was staged: readers of
what came of it need not know the program file, which may say something else by now.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from itertools import islice
from pathlib import Path

from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.ingest.plain_text import UnreadableError, Wrapping, plain_text
from loyalty_pipeline.program.file_format import FileFormat
from loyalty_pipeline.warehouse.files import seal, temporary_path
from loyalty_pipeline.warehouse.home import Home


def remember(home: Home, source_id: str, file_id: str, wrapping: Wrapping) -> None:
    """Note how a file was wrapped when it was staged; of plain text there is nothing to note."""
    note = _note(home, source_id, file_id)
    if wrapping.is_plain:
        note.unlink(missing_ok=True)
        return
    value = {
        "form": wrapping.form.model_dump(mode="json"),
        "dates": sorted(wrapping.dates),
        "max_bytes": wrapping.max_bytes,
    }
    temporary = temporary_path(note.parent)
    temporary.write_text(json.dumps(value, sort_keys=True), encoding="ascii")
    # On the disk before the commit that counts on it: of a file without its note nothing is read.
    seal(temporary, note)


def landed_lines(
    home: Home, source_id: str, file_id: str, numbers: Collection[int]
) -> dict[int, str]:
    """Those of these lines that a landed file has, the header being line 1.

    Raises:
        FileNotFoundError: its bytes are no longer there.
        UnreadableError: it could be read before, and now cannot.
    """
    path = LandingStore(home, source_id).path_of(file_id)
    wrapping = _wrapping(_note(home, source_id, file_id))
    if wrapping is None:
        return _lines(path, numbers)
    with plain_text(path, wrapping, home, f"source/{source_id}", file_id) as plain:
        return _lines(plain, numbers)


def landed_header(home: Home, source_id: str, file_id: str) -> str | None:
    """The header of a landed file; None if its bytes are gone, or can no longer be read."""
    try:
        return landed_lines(home, source_id, file_id, [1]).get(1)
    except (FileNotFoundError, UnreadableError):
        return None


def _lines(path: Path, numbers: Collection[int]) -> dict[int, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            return {
                number: text.rstrip("\r\n")
                for number, text in enumerate(islice(file, max(numbers, default=0)), start=1)
                if number in numbers
            }
    except UnicodeDecodeError:  # it was read once: the bytes are others by now
        raise UnreadableError(
            f"the landed bytes of {path.name} are damaged: restore them"
        ) from None


def _note(home: Home, source_id: str, file_id: str) -> Path:
    return home.landing(source_id) / "wrappings" / f"{file_id}.json"


def _wrapping(note: Path) -> Wrapping | None:
    try:
        value = json.loads(note.read_bytes())
    except FileNotFoundError:
        return None
    form = FileFormat.model_validate(value["form"])
    return Wrapping(form, frozenset(value["dates"]), value["max_bytes"])
