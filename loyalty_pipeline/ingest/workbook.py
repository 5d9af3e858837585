"""The parts of an XLSX workbook: its sheets, shared texts and which formats are dates.

Belongs here: the package and everything in it but a sheet's rows (`worksheet`). Not here: ZIP
itself (`unpacking`).

Read by ourselves, streaming, since the libraries lose rows in silence: of two rows with one
number openpyxl 3.1.5 gives one and calamine 0.9.1 mixes them, and both give an error or a formula
that was never calculated as an empty cell (seen). Namespaces are not looked at, as there are two
sets of them.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from loyalty_pipeline.ingest.unpacking import Budget, UnreadableError, member_blocks, opened

MAX_SHARED_BYTES = 256 * 1024 * 1024
# Formats of dates and times that have a number only: 14 is a day in the reader's own order.
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
# What in a format's text is no letter of a date: texts, escapes, colours and conditions.
_NO_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

Attributes = dict[str, str]


class Texts:
    """The shared texts of a workbook, as bytes one after the other: few bytes more than they."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        """Keep the next text."""
        self._data += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._data))
        if len(self._data) > MAX_SHARED_BYTES:
            raise UnreadableError(
                f"its texts have more than {MAX_SHARED_BYTES:,} bytes: deliver it as CSV"
            )

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> str:
        if not 0 <= place < len(self):
            raise UnreadableError("it names a text that it does not hold: save the workbook again")
        found = self._data[self._ends[place] : self._ends[place + 1]]
        return found.decode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class Workbook:
    """An open workbook."""

    file: BinaryIO
    archive: zipfile.ZipFile
    budget: Budget
    sheets: dict[str, str]  # name and part, in order
    since_1904: bool  # days are counted from 1904, as old Macs did
    texts: Texts
    date_styles: frozenset[int]

    def sheet(self, name: str | None) -> str:
        """The part of the sheet that is meant."""
        told = ", ".join(f"'{sheet}'" for sheet in self.sheets)
        if name is None:
            if len(self.sheets) != 1:
                raise UnreadableError(
                    f"the workbook has {len(self.sheets)} sheets ({told}): name one as sheet in "
                    f"the program file, or deliver it with one"
                )
            return next(iter(self.sheets.values()))
        if name not in self.sheets:
            raise UnreadableError(
                f"the workbook has no sheet '{name}', it has {told}: correct the workbook, or "
                f"sheet in the program file"
            )
        return self.sheets[name]


@contextmanager
def open_workbook(path: Path, budget: Budget) -> Iterator[Workbook]:
    """Open a workbook and read all but its rows."""
    with path.open("rb") as file:
        if file.read(4) == b"\xd0\xcf\x11\xe0":
            raise UnreadableError(
                "it is an .xls workbook, or one with a password: save it as .xlsx without a "
                "password"
            )
        file.seek(0)
        with opened(file) as archive:
            budget.check(sum(member.file_size for member in archive.infolist()))
            yield _read(file, archive, budget)


def _read(file: BinaryIO, archive: zipfile.ZipFile, budget: Budget) -> Workbook:
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise UnreadableError("the workbook has a part twice: save it again")
    targets = _targets(file, archive, "_rels/.rels", "")
    main = next((part for kind, part in targets.values() if kind == "officeDocument"), None)
    if main is None or main not in names:
        raise UnreadableError("it is no .xlsx workbook: save it as one, or correct file")
    folder, base = posixpath.split(main)
    related = _targets(file, archive, f"{folder}/_rels/{base}.rels", folder)
    sheets: dict[str, str] = {}
    since_1904 = False

    def start(name: str, attributes: Attributes) -> None:
        nonlocal since_1904
        if name == "workbookPr":
            since_1904 = attributes.get("date1904") in ("1", "true", "on")
        elif name == "sheet":
            sheets[attributes.get("name", "")] = related.get(attributes.get("id", ""), ("", ""))[1]

    parse(file, archive, main, start)
    parts = dict(related.values())
    return Workbook(
        file,
        archive,
        budget,
        sheets,
        since_1904,
        _texts(file, archive, parts.get("sharedStrings")),
        _date_styles(file, archive, parts.get("styles")),
    )


class _Local(dict[str, str]):
    """Names without their namespaces; a sheet has a dozen, millions of times."""

    def __missing__(self, name: str) -> str:
        self[name] = name.rpartition(" ")[2]
        return self[name]


def parse(
    file: BinaryIO,
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Walk through the XML of a part; names come without their namespaces."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    local = _Local()

    def no_doctype(*_: object) -> None:
        raise UnreadableError("it declares XML entities, as no workbook does: save it again")

    parser.StartDoctypeDeclHandler = no_doctype
    parser.StartElementHandler = lambda name, found: start(
        local[name], {local[key]: value for key, value in found.items()}
    )
    if end is not None:
        parser.EndElementHandler = lambda name: end(local[name])
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        for block in member_blocks(file, archive.getinfo(part)):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except (KeyError, expat.ExpatError, UnicodeError) as error:
        raise UnreadableError(
            f"the workbook's part {part} is missing or damaged ({error}): save it again"
        ) from None


def _targets(
    file: BinaryIO, archive: zipfile.ZipFile, part: str, folder: str
) -> dict[str, tuple[str, str]]:
    """What a part is related to: by id, the kind and the name of the other part."""
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            found[attributes.get("Id", "")] = (kind, target.lstrip("/"))

    parse(file, archive, part, start)
    return found


def unescaped(text: str) -> str:
    """A text as it is meant: XML cannot hold some characters, which stand as _x000D_."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


class RichText:
    """Collects a text that may come in runs of several looks; how it is read aloud is left out."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._inside = self._spoken = False

    def start(self, name: str) -> None:
        """An element begins."""
        self._spoken |= name == "rPh"
        self._inside = name == "t" and not self._spoken

    def end(self, name: str) -> None:
        """An element ends."""
        self._inside = False
        self._spoken &= name != "rPh"

    def add(self, text: str) -> None:
        """Characters come."""
        if self._inside:
            self.pieces.append(text)

    def take(self) -> str:
        """The text so far, which is then begun anew."""
        text = unescaped("".join(self.pieces))
        self.pieces.clear()
        return text


def _texts(file: BinaryIO, archive: zipfile.ZipFile, part: str | None) -> Texts:
    texts, rich = Texts(), RichText()

    def end(name: str) -> None:
        rich.end(name)
        if name == "si":
            texts.add(rich.take())

    if part is not None:
        parse(file, archive, part, lambda name, _: rich.start(name), end, rich.add)
    return texts


def _date_styles(file: BinaryIO, archive: zipfile.ZipFile, part: str | None) -> frozenset[int]:
    """The numbers of the cell styles that show a number as a date or time."""
    own: dict[str, bool] = {}
    styles: list[bool] = []
    within: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        number = attributes.get("numFmtId", "0")
        if name == "numFmt":
            own[number] = is_date_format(attributes.get("formatCode", ""))
        elif name == "xf" and within and within[-1] == "cellXfs":
            known = number.isdigit() and int(number) in _DATE_FORMATS
            styles.append(own.get(number, known))
        within.append(name)

    def end(_: str) -> None:
        within.pop()

    if part is not None:
        parse(file, archive, part, start, end)
    return frozenset(number for number, is_date in enumerate(styles) if is_date)


def is_date_format(code: str) -> bool:
    """Whether a number format shows days or times."""
    return any(letter in "ymdhs" for letter in _NO_LETTERS.sub("", code).lower())
