"""The rows of a sheet as lines of delimited text: row n is line n.

Belongs here: what each kind of cell becomes. Not here: the workbook around the sheet
(`workbook`), or whether a value is one that its column may have, which is the row rules' part.

A cell becomes the text of what it holds, not of how it looks: 0.1+0.2 is 0.3, 5 is never 5.0, and
a date is written in the source's date format. What is no text, number or date (an error, a truth
value, a formula without its result, a date in a column that has none) is written behind the
control character U+0001, which no column accepts, so that its row is quarantined with the column
in its reason, and the other rows go on. So is a line break in a cell, written as U+000B.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import BinaryIO

from loyalty_pipeline.ingest.unpacking import UnreadableError
from loyalty_pipeline.ingest.workbook import Attributes, RichText, Workbook, parse, unescaped
from loyalty_pipeline.program.file_format import FileFormat

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384  # of any workbook
NO_VALUE = "\x01"
_BREAKS = str.maketrans("\r\n", "\x0b\x0b")
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,4})?")
_NO_CHARACTER = re.compile("[\ud800-\udfff]")  # halves of one, which only escapes can bring
_MOST_DIGITS = 40
# What may be inside what: anything else would be left out in silence.
_CHILDREN = {
    "sheetData": ("row",),
    "row": ("c", "extLst"),
    "c": ("f", "v", "is", "extLst"),
    "is": ("t", "r", "rPh", "phoneticPr"),
    "r": ("t", "rPr"),
    "rPh": ("t",),
    **dict.fromkeys(("v", "f", "t"), ()),
}
_WITHOUT_TEXT = ("sheetData", "row", "c", "is", "r", "rPh")
_KNOWN_DIGITS, _WHOLE_DIGITS = 15, 12
_SECONDS_OF_A_DAY = 86_400
_LAST_DAY = 2_958_465  # 31 December 9999


@dataclass
class _Cell:
    """A cell while it is read."""

    column: int
    kind: str
    style: int
    value: list[str] = field(default_factory=list)
    parts: set[str] = field(default_factory=set)


def write_lines(
    workbook: Workbook, part: str, form: FileFormat, dates: Collection[str] | None, target: BinaryIO
) -> None:
    """Write the rows of a sheet; `dates` are the headers of columns with dates, None: any."""
    rows = _Rows(workbook, form, dates, target)
    parse(workbook.file, workbook.archive, part, rows.start, rows.end, rows.text)


class _Rows:
    """Takes a sheet's XML and writes its rows, those that are empty only when others follow."""

    def __init__(
        self,
        workbook: Workbook,
        form: FileFormat,
        dates: Collection[str] | None,
        target: BinaryIO,
    ) -> None:
        self._workbook, self._form, self._dates, self._target = workbook, form, dates, target
        self._path: list[str] = []
        self._row = 0
        self._written = 0
        self._fields: dict[int, str] = {}
        self._header: list[str] = []
        self._cell: _Cell | None = None
        self._column = 0
        self._rich = RichText()
        self._in_data = False

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""
        within = self._path[-1] if self._path else ""
        self._path.append(name)
        if not self._in_data:
            self._in_data = name == "sheetData"
            return
        if name not in _CHILDREN.get(within, (name,)):
            raise self._misplaced(f"a {name} inside a {within}")
        if within == "sheetData":
            self._begin_row(attributes.get("r"))
        elif within == "row" and name == "c":
            self._cell = self._new_cell(attributes)
        elif within == "c" and self._cell is not None:
            self._begin_part(self._cell, name)
        elif self._cell is not None:
            self._rich.start(name)

    def _begin_part(self, cell: _Cell, name: str) -> None:
        if name in cell.parts:
            raise self._misplaced(f"two {name} in a cell")
        cell.parts.add(name)

    def _misplaced(self, what: str) -> UnreadableError:
        return UnreadableError(f"row {self._row} of the sheet has {what}: save the workbook again")

    def text(self, text: str) -> None:
        """Characters come."""
        if not self._in_data:
            return
        within = self._path[-1]
        if within == "v" and self._cell is not None:
            self._cell.value.append(text)
        elif within == "t":
            self._rich.add(text)
        elif within in _WITHOUT_TEXT and not text.isspace():
            raise self._misplaced(f"text inside a {within}")

    def end(self, name: str) -> None:
        """An element ends."""
        self._path.pop()
        within = self._path[-1] if self._path else ""
        if name == "sheetData":
            self._in_data = False
        elif name == "row" and within == "sheetData":
            self._end_row()
        elif name == "c" and within == "row" and self._cell is not None:
            text = self._text_of(self._cell)
            if text:
                self._fields[self._cell.column] = text
            self._cell = None
        elif self._cell is not None:
            self._rich.end(name)

    def _begin_row(self, number: str | None) -> None:
        row = self._row + 1 if number is None else _whole(number, MAX_ROWS)
        if row is None or row <= self._row:
            raise UnreadableError(
                f"row {number} of the sheet comes twice, out of order or beyond its end: save "
                f"the workbook again"
            )
        self._row, self._column = row, 0

    def _new_cell(self, attributes: Attributes) -> _Cell:
        name = attributes.get("r")
        column = self._column + 1 if name is None else _column_of(name, self._row)
        if column is None or not self._column < column <= MAX_COLUMNS or self._row == 0:
            raise UnreadableError(
                f"cell {name} of row {self._row} comes twice, out of order or in another row: "
                f"save the workbook again"
            )
        self._column = column
        self._rich.take()
        style = _whole(attributes.get("s", "0"), 1_000_000)
        return _Cell(column, attributes.get("t", "n"), style or 0)

    def _end_row(self) -> None:
        if not self._fields:
            return
        if self._row == 1:
            self._header = [self._fields.get(n, "") for n in range(1, max(self._fields) + 1)]
        self._target.write(b"\n" * (self._row - 1 - self._written))
        width = max(len(self._header), *self._fields)
        fields = (self._quoted(self._fields.get(n, "")) for n in range(1, width + 1))
        line = _NO_CHARACTER.sub(NO_VALUE, self._form.delimiter.join(fields))
        self._target.write(f"{line}\n".encode())
        self._written = self._row
        self._workbook.budget.check(self._target.tell())
        self._fields = {}

    def _quoted(self, text: str) -> str:
        if '"' in text or self._form.delimiter in text:
            return '"' + text.replace('"', '""') + '"'
        return text

    def _text_of(self, cell: _Cell) -> str:
        """What stands for a cell in its line; empty for an empty one."""
        raw, rich = "".join(cell.value), self._rich.take()
        if (rich if cell.kind != "inlineStr" else raw) != "":
            return NO_VALUE + f"{rich}{raw}".translate(_BREAKS)  # of another kind than it says
        if cell.kind == "inlineStr":
            return rich.translate(_BREAKS)
        if "v" not in cell.parts or (raw == "" and cell.kind != "str"):
            return f"{NO_VALUE}formula without a result" if "f" in cell.parts else ""
        if cell.kind == "s":
            place = _whole(raw, len(self._workbook.texts))
            return self._workbook.texts[-1 if place is None else place].translate(_BREAKS)
        if cell.kind == "str":
            return unescaped(raw).translate(_BREAKS)
        if cell.kind == "n":
            return self._number(cell, raw)
        if cell.kind == "d":
            return self._date(cell, _iso(raw), raw)
        if cell.kind == "b":
            return NO_VALUE + {"0": "FALSE", "1": "TRUE"}.get(raw, raw)
        return NO_VALUE + raw.translate(_BREAKS)

    def _number(self, cell: _Cell, raw: str) -> str:
        number = Decimal(raw) if _NUMBER.fullmatch(raw) else None
        if number is None or abs(number.adjusted()) > _MOST_DIGITS:
            return NO_VALUE + raw.translate(_BREAKS)
        if cell.style in self._workbook.date_styles:
            return self._date(cell, _moment(number, self._workbook.since_1904), raw)
        return shortest(number).replace(".", self._form.decimal_mark)

    def _date(self, cell: _Cell, moment: datetime | None, raw: str) -> str:
        if moment is None:
            return NO_VALUE + raw.translate(_BREAKS)
        text = written(moment.date(), self._form.date_format)
        if moment.time() != datetime.min.time():
            text = f"{text} {moment.time().isoformat('seconds')}"
        name = self._header[cell.column - 1] if cell.column <= len(self._header) else ""
        is_expected = self._dates is None or name in self._dates
        return text if is_expected else NO_VALUE + text


def shortest(number: Decimal) -> str:
    """The shortest text of a number: whole ones keep all digits, others what a workbook knows.

    A workbook counts in binary fractions with 15 decimal digits; what files hold beyond is noise,
    as in 0.30000000000000004. With more than 12 digits before its point a number stays as it is:
    there 15 digits would touch decimals that count.
    """
    if number.adjusted() < _WHOLE_DIGITS and number != number.to_integral_value():
        digits = _KNOWN_DIGITS - 1 - max(number.adjusted(), -_MOST_DIGITS // 2)
        number = number.quantize(Decimal(1).scaleb(-digits))
    if number == number.to_integral_value():
        return format(number.to_integral_value(), "f") if number else "0"
    return format(number, "f").rstrip("0")


def written(day: date, date_format: str) -> str:
    """A day in a date format, with English names, as it will be read."""
    parts = {
        "Y": f"{day.year:04}",
        "y": f"{day.year % 100:02}",
        "m": f"{day.month:02}",
        "d": f"{day.day:02}",
        "B": calendar.month_name[day.month],
        "b": calendar.month_abbr[day.month],
    }
    pieces = re.split(r"%(.)", date_format.replace("%F", "%Y-%m-%d"))
    return "".join(
        parts.get(piece, piece) if place % 2 else piece for place, piece in enumerate(pieces)
    )


def _moment(number: Decimal, since_1904: bool) -> datetime | None:
    """The moment that a number of days means; None for those that mean none.

    Counted from 1900, day 60 is the 29 February that 1900 did not have, and what comes before it
    is a day off: such early days are none of ours.
    """
    if not (0 if since_1904 else 61) <= number <= _LAST_DAY:
        return None
    first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
    seconds = int((number * _SECONDS_OF_A_DAY).to_integral_value())
    try:
        return first + timedelta(seconds=seconds)
    except OverflowError:
        return None


def _iso(raw: str) -> datetime | None:
    try:
        return datetime.fromisoformat(raw).replace(tzinfo=None)
    except ValueError:
        return None


def _whole(text: str, most: int) -> int | None:
    """A number from 0 to `most`, or None."""
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        return None
    return int(text) if int(text) <= most else None


def _column_of(name: str, row: int) -> int | None:
    """The column of a cell's name like AB12, which must be in that row."""
    match = _CELL.fullmatch(name)
    if match is None or int(match[2]) != row:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return column
