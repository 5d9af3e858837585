"""A slow, obvious model of reading a sheet, with the whole of it in memory.

It shares no code with the product, so that both being wrong in the same way is unlikely.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree


def text_of_sheet(xml: bytes, shared: list[str], date_styles: set[int], dates: set[str], form):
    """The text that a sheet stands for; None where it must be refused."""
    try:
        sheet = ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    if b"<!DOCTYPE" in xml:
        return None
    rows: dict[int, dict[int, str]] = {}
    last = 0
    header: list[str] = []
    for data in sheet.iter("sheetData"):
        if any(is_misplaced(parent) for parent in data.iter()):
            return None
        for row in data.findall("row"):
            number = whole(row.get("r", str(last + 1)))
            if number is None or number <= last or number > 1_048_576:
                return None
            last, column, fields = number, 0, {}
            for cell in row.findall("c"):
                name = cell.get("r", f"{letters(column + 1)}{number}")
                match = re.fullmatch(r"([A-Z]{1,3})([1-9][0-9]*)", name)
                if match is None or int(match[2]) != number:
                    return None
                here = sum((ord(c) - 64) * 26**place for place, c in enumerate(reversed(match[1])))
                if here <= column or here > 16_384:
                    return None
                column = here
                title = header[here - 1] if here <= len(header) else ""
                text = text_of_cell(cell, shared, date_styles, title in dates or not header, form)
                if text is None:
                    return None
                if text:
                    fields[here] = text
            if fields:
                rows[number] = fields
                if number == 1:
                    header = [fields.get(n, "") for n in range(1, max(fields) + 1)]
    lines = []
    for number in range(1, max(rows, default=0) + 1):
        fields = rows.get(number, {})
        width = max(len(header), *fields) if fields else 0
        lines.append(
            form.delimiter.join(quoted(fields.get(n, ""), form) for n in range(1, width + 1))
        )
    return "".join(f"{line}\n" for line in lines).encode()


CHILDREN = {
    "sheetData": {"row"},
    "row": {"c", "extLst"},
    "c": {"f", "v", "is", "extLst"},
    "is": {"t", "r", "rPh", "phoneticPr"},
    "r": {"t", "rPr"},
    "rPh": {"t"},
    "v": set(),
    "f": set(),
    "t": set(),
}


def is_misplaced(element) -> bool:
    allowed = CHILDREN.get(element.tag)
    if allowed is None:
        return False
    tags = [child.tag for child in element]
    doubled = element.tag == "c" and len(set(tags)) < len(tags)
    around = [element.text, *(child.tail for child in element)] if allowed else []
    return bool(set(tags) - allowed) or doubled or any((text or "").strip() for text in around)


def letters(column: int) -> str:
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def whole(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def quoted(text: str, form) -> str:
    if '"' in text or form.delimiter in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def text_of_cell(cell, shared, date_styles, may_be_date, form) -> str | None:
    kind, values = cell.get("t", "n"), ["".join(v.itertext()) for v in cell.findall("v")]
    raw = "".join(values)
    strange = "\x01" + raw.replace("\n", "\x0b")
    texts = [e.text or "" for e, spoken in walk(cell, spoken=False) if e.tag == "t" and not spoken]
    rich = unescaped("".join(texts)).replace("\r", "\x0b").replace("\n", "\x0b")
    if kind == "inlineStr":
        return f"\x01{rich}{raw}" if raw else rich
    if rich:
        return f"\x01{rich}{raw}"
    if not values or (raw == "" and kind != "str"):
        return "\x01formula without a result" if cell.find("f") is not None else ""
    if kind == "s":
        place = whole(raw)
        return None if place is None or place >= len(shared) else shared[place]
    if kind == "str":
        return unescaped(raw).replace("\r", "\x0b").replace("\n", "\x0b")
    if kind == "b":
        return "\x01" + {"0": "FALSE", "1": "TRUE"}.get(raw, raw)
    if kind == "n":
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,4})?", raw):
            return strange
        number = Decimal(raw)
        if abs(number.adjusted()) > 40:
            return strange
        if (whole(cell.get("s", "0")) or 0) in date_styles:
            if not 61 <= number <= 2_958_465:
                return strange
            seconds = int((number * 86400).to_integral_value())
            day = datetime(1899, 12, 30) + timedelta(seconds=seconds)  # noqa: DTZ001
            return dated(day, may_be_date, form)
        return shortest(number).replace(".", form.decimal_mark)
    if kind == "d":
        try:
            return dated(datetime.fromisoformat(raw).replace(tzinfo=None), may_be_date, form)
        except ValueError:
            return strange
    return strange


def walk(element, *, spoken: bool):
    for child in element:
        yield child, spoken or child.tag == "rPh"
        yield from walk(child, spoken=spoken or child.tag == "rPh")


def dated(day: datetime, may_be_date: bool, form) -> str:
    text = day.strftime(form.date_format.replace("%Y", f"{day.year:04}"))
    if (day.hour, day.minute, day.second, day.microsecond) != (0, 0, 0, 0):
        text += f" {day.hour:02}:{day.minute:02}:{day.second:02}"
    return text if may_be_date else "\x01" + text


def shortest(number: Decimal) -> str:
    """By rounding the digits themselves, as text."""
    if number == number.to_integral_value() or abs(number) >= 10**12:
        text = f"{number:f}"
    else:
        text = f"{Decimal(f'{number:.14e}'):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def unescaped(text: str) -> str:
    text = re.sub("_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)
    return "".join("\x01" if "\ud800" <= c <= "\udfff" else c for c in text)
