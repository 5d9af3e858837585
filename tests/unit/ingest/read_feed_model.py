"""A slow, obvious model of reading a feed, line by line in plain Python.

It shares no code with the product, so that both being wrong in the same way is unlikely.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

WHITE = set(" \t\n\v\f\r\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {
    chr(c) for c in range(0x2000, 0x200B)
}
TYPES = ("invoice", "return", "credit_note", "cancellation")
COLUMNS = {  # name: (kind, required)
    "sales": {
        "distributor_id": ("id", True),
        "document_type": (TYPES, True),
        "document_no": ("id", True),
        "document_date": ("date", True),
        "partner_id": ("id", True),
        "store_id": ("id", False),
        "line_no": ("integer", True),
        "sku": ("id", False),
        "category": ("id", False),
        "quantity": (3, False),
        "amount": (2, True),
        "original_document_no": ("id", False),
        "original_document_date": ("date", False),
        "original_line_no": ("integer", False),
        "tender_type": ("id", False),
    },
    "partners": {
        "partner_id": ("id", True),
        "name": ("text", True),
        "enrolled_on": ("date", False),
        "status": (("active", "inactive"), False),
        "email": ("text", False),
        "mobile": ("text", False),
    },
    "distributors": {"distributor_id": ("id", True), "name": ("text", True)},
    "redemptions": {
        "redemption_id": ("id", True),
        "partner_id": ("id", True),
        "redeemed_on": ("date", True),
        "points": ("points", True),
        "reverses": ("id", False),
    },
}
HEADER = (
    "document_date",
    "partner_id",
    "store_id",
    "original_document_no",
    "original_document_date",
)


@dataclass
class Expected:
    refused: bool = False
    lines: list[dict] = field(default_factory=list)
    documents: list[dict] = field(default_factory=list)
    quarantine: list[tuple[int, str, str]] = field(default_factory=list)
    repeated: int = 0
    rows: int = 0


def split(line: str, delimiter: str) -> list[str] | None:
    """The fields of a line; None where its quotes are misplaced."""
    fields, at = [], 0
    while True:
        if line[at : at + 1] == '"':
            value, at = "", at + 1
            while True:
                end = line.find('"', at)
                if end < 0:
                    return None
                value += line[at:end]
                at = end + 1
                if line[at : at + 1] != '"':
                    break
                value, at = value + '"', at + 1
        else:
            end = line.find(delimiter, at)
            end = len(line) if end < 0 else end
            value, at = line[at:end], end
            if '"' in value:
                return None
        fields.append(value)
        if at == len(line):
            return fields
        if line[at] != delimiter:
            return None
        at += 1


def wrecked(data: bytes) -> bool:
    """Whether bytes break the contract as a whole, the header's names aside."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.endswith(b"\n") or b"\0" in data or b"\x1a" in data or b"\xef\xbb\xbf" in data:
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    lines = data.split(b"\n")[:-1]
    if lines[0].endswith(b"\r"):
        if not all(line.endswith(b"\r") and line.count(b"\r") == 1 for line in lines):
            return True
    elif b"\r" in data:
        return True
    return any(line.rstrip(b"\r") == b"" for line in lines[1:])


def value_of(kind: object, required: bool, name: str, text: str, date_format: str):
    """(value, reasons) of one field."""
    if text == "":
        return None, [f"{name}_missing"] if required else []
    reasons = []
    if kind in ("id", "text"):
        invisible = {"Cc"} if kind == "text" else {"Cc", "Cf", "Zl", "Zp"}
        if len(text) > (100 if kind == "id" else 500):
            reasons.append(f"{name}_too_long")
        if kind == "id" and (text[0] in WHITE or text[-1] in WHITE):
            reasons.append(f"{name}_whitespace")
        if any(unicodedata.category(c) in invisible for c in text):
            reasons.append(f"{name}_control")
        return text, reasons
    if isinstance(kind, tuple):
        return text, [] if text in kind else [f"{name}_value"]
    if kind == "date":
        try:
            day = datetime.strptime(text, date_format).date()  # noqa: DTZ007 - a business date
        except ValueError:
            return None, [f"{name}_format"]
        exact = date_format.replace("%Y", f"{day.year:04}")  # glibc prints year 1 as 1
        if day.strftime(exact).lower() != text.lower():
            return None, [f"{name}_format"]
        ok = date(1990, 1, 1) <= day <= date(2199, 12, 31)
        return day, [] if ok else [f"{name}_range"]
    if kind == "integer":
        ok = re.fullmatch("[0-9]{1,9}", text)
        return (int(text), []) if ok else (None, [f"{name}_format"])
    scale = kind if isinstance(kind, int) else 3
    if not re.fullmatch(rf"-?[0-9]{{1,15}}(\.[0-9]{{1,{scale}}})?", text):
        return None, [f"{name}_format"]
    number = Decimal(text)
    wrong = kind == "points" and number <= 0
    return number, [f"{name}_not_positive"] if wrong else []


def expect(data: bytes, feed: str, source, column_map: dict[str, str]) -> Expected:
    columns = COLUMNS[feed]
    if wrecked(data):
        return Expected(refused=True)
    shown = [line.removesuffix("\r") for line in data.decode("utf-8-sig").split("\n")[:-1]]
    header = split(shown[0], source.delimiter)
    names = {name: column_map.get(name, name) for name in columns}
    if header is None or len(set(header)) < len(header) or set(header) - set(names.values()):
        return Expected(refused=True)
    if any(required and names[n] not in header for n, (_, required) in columns.items()):
        return Expected(refused=True)
    if any(split(line, source.delimiter) == header for line in shown[1:]):
        return Expected(refused=True)
    places = {
        name: header.index(as_shown) for name, as_shown in names.items() if as_shown in header
    }
    good, reasons_of, poison = [], {}, []
    for number, line in enumerate(shown[1:], start=2):
        fields, shape = split(line, source.delimiter), None
        if fields is None:
            fields, shape = [], "quote_format"
        elif len(fields) != len(header):
            fields, shape = line.split(source.delimiter), "field_count"
        row, reasons = {"file_line": number}, {}
        for name, place in places.items():
            kind, required = columns[name]
            text = fields[place] if place < len(fields) else ""
            row[name], reasons[name] = value_of(kind, required, name, text, source.date_format)
        codes = [shape] if shape else ordered(reasons, columns)
        if not codes:
            good.append(normalised(row, feed, source))
            continue
        reasons_of[number] = codes
        if feed == "sales" and not reasons["distributor_id"] and not reasons["document_no"]:
            kind = None if reasons["document_type"] else row["document_type"]
            undated = reasons["document_date"] or reasons.get("original_document_date")
            year = None if undated else fiscal_year(row, source)
            poison.append((row["distributor_id"], row["document_no"], kind, year))
    if feed == "sales":
        expected = documents(good, reasons_of, poison)
    else:
        expected = things(good, reasons_of, next(iter(columns)))
    expected.rows = len(shown) - 1
    expected.quarantine = [
        (number, ", ".join(codes), shown[number - 1])
        for number, codes in sorted(reasons_of.items())
    ]
    return expected


def ordered(reasons: dict[str, list[str]], columns) -> list[str]:
    """Reasons of the text first, then of the values, each in the order of columns."""
    of_values = ("_range", "_not_positive")
    texts = [c for name in columns for c in reasons.get(name, []) if not c.endswith(of_values)]
    return texts + [c for name in columns for c in reasons.get(name, []) if c.endswith(of_values)]


def fiscal_year(row, source) -> int:
    day = row["document_date"]
    old, number = row.get("original_document_date"), row.get("original_document_no")
    if old is not None and number is None and row["document_type"] != "cancellation":
        day = old  # a version that moved into another fiscal year
    return day.year if day.month >= source.fiscal_start else day.year - 1


def normalised(row, feed, source):
    if feed == "sales":
        row["fiscal_year"] = fiscal_year(row, source)
        if source.returns_signed == "positive" and row["document_type"] != "invoice":
            row["amount"] = -row["amount"]
    if feed == "partners":
        row["status"] = row.get("status") or "active"
    return row


def content(row) -> tuple:
    return tuple(value for name, value in sorted(row.items()) if name != "file_line")


def without_repeats(rows) -> list[dict]:
    seen: dict[tuple, dict] = {}
    for row in rows:
        seen.setdefault(content(row), row)
    return list(seen.values())


def documents(good, reasons_of, poison) -> Expected:
    expected, groups = Expected(), {}
    for row in good:
        key = tuple(row[n] for n in ("distributor_id", "document_type", "document_no"))
        groups.setdefault((*key, row["fiscal_year"]), []).append(row)
    for (distributor, kind, number, year), rows in groups.items():
        once = without_repeats(rows)
        bad = any(
            (distributor, number) == (d, n) and k in (None, kind) and y in (None, year)
            for d, n, k, y in poison
        )
        headers = {tuple(row.get(name) for name in HEADER) for row in rows}
        line_nos = [row["line_no"] for row in once]
        differing = {n for n in line_nos if line_nos.count(n) > 1}
        total = sum(row["amount"] for row in once)
        for row in rows:
            codes = []
            if len(headers) > 1:
                codes.append("header_differs")
            if row["line_no"] in differing:
                codes.append("line_differs")
            if not bad and len(headers) == 1 and not differing:
                if (total <= 0) if kind == "invoice" else (total >= 0):
                    codes.append("sign_contradicts_type")
                if abs(total) >= 10**16:
                    codes.append("amount_range")
            if not codes and (bad or differing):
                codes.append("other_line")
            if codes:
                reasons_of[row["file_line"]] = codes
        if rows[0]["file_line"] in reasons_of:
            continue
        expected.repeated += len(rows) - len(once)
        expected.lines += once
        expected.documents.append(
            {
                "distributor_id": distributor,
                "document_type": kind,
                "document_no": number,
                "fiscal_year": year,
                **{name: once[0].get(name) for name in HEADER},
                "amount": total,
                "line_count": len(once),
                "first_line": once[0]["file_line"],
            }
        )
    expected.lines.sort(key=lambda row: row["file_line"])
    return expected


def things(good, reasons_of, key) -> Expected:
    expected, groups = Expected(), {}
    for row in good:
        groups.setdefault(row[key], []).append(row)
    for rows in groups.values():
        once = without_repeats(rows)
        if len(once) > 1:
            reasons_of.update({row["file_line"]: [f"{key}_differs"] for row in rows})
        else:
            expected.lines += once
            expected.repeated += len(rows) - 1
    expected.lines.sort(key=lambda row: row["file_line"])
    return expected
