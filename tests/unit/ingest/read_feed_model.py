"""A slow, obvious model of reading a feed, line by line in plain Python.

It shares no code with the product, so that both being wrong in the same way is unlikely.
"""

from __future__ import annotations

import json
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
    "stores": {"store_id": ("id", True)},
    "tenders": {
        "distributor_id": ("id", True),
        "document_no": ("id", True),
        "tender_type": ("id", True),
        "amount": (2, True),
    },
    "targets": {
        "partner_id": ("id", True),
        "cycle": ("month", True),
        "category": ("id", False),
        "target": ("unsigned", True),
    },
    "scans": {
        "scan_id": ("id", True),
        "partner_id": ("id", True),
        "scanned_on": ("date", True),
        "code": ("id", True),
        "sku": ("id", True),
        "points": ("points", False),
    },
    "claims": {
        "claim_id": ("id", True),
        "partner_id": ("id", True),
        "distributor_id": ("id", False),
        "document_no": ("id", True),
        "document_date": ("date", True),
        "amount": (2, True),
        "status": (("submitted", "approved", "rejected"), True),
        "reviewed_on": ("date", False),
        "reviewer": ("text", False),
    },
    "instructions": {
        "instruction_id": ("id", True),
        "kind": (
            (
                "import_points",
                "adjust",
                "transfer",
                "merge",
                "extend",
                "release",
                "cancel_promise",
                "hold",
                "unhold",
                "set_tier",
            ),
            True,
        ),
        "partner_id": ("id", True),
        "effective_on": ("date", True),
        "to_partner_id": ("id", False),
        "points": (3, False),
        "document_no": ("id", False),
        "tier": ("text", False),
        "until": ("date", False),
        "reason": ("text", True),
        "maker": ("id", True),
        "checker": ("id", True),
    },
}
KEYS = {
    "tenders": ("distributor_id", "document_no", "tender_type", "amount"),
    "targets": ("partner_id", "cycle", "category"),
}
SUBJECTS = {
    "sales": ("distributor_id", "document_no"),
    "tenders": ("distributor_id", "document_no"),
}
AMOUNTS = {
    "sales": "amount",
    "redemptions": "points",
    "tenders": "amount",
    "targets": "target",
    "claims": "amount",
}
HEADER = (
    "document_date",
    "partner_id",
    "store_id",
    "original_document_no",
    "original_document_date",
    "custom",
)


def key_of(feed: str) -> tuple[str, ...]:
    return KEYS.get(feed, tuple(COLUMNS[feed])[:1])


@dataclass
class Expected:
    refused: bool = False
    lines: list[dict] = field(default_factory=list)
    documents: list[dict] = field(default_factory=list)
    quarantine: list[tuple[int, str, str, str | None]] = field(default_factory=list)
    repeated: int = 0
    repeats: list[int] = field(default_factory=list)  # their lines
    rows: int = 0
    amounts: tuple[Decimal, Decimal, Decimal] | None = None  # total, quarantined, repeated


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


def digits_of(text: str, most: int, grouping: str) -> str | None:
    """The digits of a whole number, its groups being well-formed or not there; else None."""
    groups = text.split(grouping) if grouping != "none" else [text]
    if not all(re.fullmatch("[0-9]+", group) for group in groups):
        return None
    sizes = [len(group) for group in groups]
    if len(groups) > 1:
        western = sizes[0] <= 3 and all(size == 3 for size in sizes[1:])
        indian = sizes[0] <= 2 and all(size == 2 for size in sizes[1:-1]) and sizes[-1] == 3
        if not western and not indian:
            return None
    return "".join(groups) if sum(sizes) <= most else None


def number_of(text: str, *, signed: bool, most: int, scale: int, form) -> Decimal | None:
    minus = signed and text.startswith("-")
    whole, mark, fraction = text[minus:].partition(form.decimal_mark)
    if mark and (not scale or not re.fullmatch(rf"[0-9]{{1,{scale}}}", fraction)):
        return None
    digits = digits_of(whole, most, form.grouping)
    if digits is None:
        return None
    number = Decimal(f"{digits}.{fraction or 0}")
    return -number if minus else number


def value_of(kind: object, required: bool, name: str, text: str | None, form):
    """(value, reasons) of one field."""
    if text is None:
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
            day = datetime.strptime(text, form.date_format).date()  # noqa: DTZ007 - a business date
        except ValueError:
            return None, [f"{name}_format"]
        exact = form.date_format.replace("%Y", f"{day.year:04}")  # glibc prints year 1 as 1
        if day.strftime(exact).lower() != text.lower():
            return None, [f"{name}_format"]
        ok = date(1990, 1, 1) <= day <= date(2199, 12, 31)
        return day, [] if ok else [f"{name}_range"]
    if kind == "month":
        ok = re.fullmatch("[0-9]{4}-(0[1-9]|1[012])", text)
        return text, [] if ok else [f"{name}_format"]
    if kind == "integer":
        number = number_of(text, signed=False, most=9, scale=0, form=form)
        return (None, [f"{name}_format"]) if number is None else (int(number), [])
    if kind == "whole_number":
        number = number_of(text, signed=True, most=15, scale=0, form=form)
        return (None, [f"{name}_not_whole"]) if number is None else (int(number), [])
    scale = kind if isinstance(kind, int) else 2 if kind == "unsigned" else 3
    number = number_of(text, signed=True, most=15, scale=scale, form=form)
    if number is None:
        return None, [f"{name}_format"]
    if kind == "points" and number <= 0:
        reasons.append(f"{name}_not_positive")
    if kind == "unsigned" and number < 0:
        reasons.append(f"{name}_negative")
    if abs(number) >= 10 ** (12 if scale == 2 else 9):
        reasons.append(f"{name}_range")
    return number, reasons


def across(feed: str, row: dict, wrong: set[str]) -> list[str]:
    """Reasons of columns together; nothing is said of columns that are wrong by themselves."""

    def known(*names: str) -> bool:
        return not wrong & set(names)

    value, codes = row.get, []
    if feed == "claims" and known("amount") and value("amount") <= 0:
        codes.append("amount_not_positive")
    if feed != "instructions":
        return codes
    kind, points = value("kind"), value("points")
    if known("maker", "checker") and value("maker") == value("checker"):
        codes.append("maker_is_checker")
    moves = ("import_points", "transfer")
    if known("kind", "points"):
        if kind in (*moves, "adjust") and points is None:
            codes.append("points_needed")
        if kind in moves and points is not None and points <= 0:
            codes.append("points_not_positive")
        if kind == "adjust" and points == 0:
            codes.append("points_zero")
    names_another = value("to_partner_id") is not None or kind not in ("transfer", "merge")
    if known("kind", "to_partner_id") and not names_another:
        codes.append("to_partner_id_needed")
    if known("partner_id", "to_partner_id") and value("to_partner_id") == value("partner_id"):
        codes.append("to_partner_id_is_partner_id")
    if known("kind", "tier") and kind == "set_tier" and value("tier") is None:
        codes.append("tier_needed")
    if known("kind", "until") and kind == "extend" and value("until") is None:
        codes.append("until_needed")
    return codes


def text_of(name: str, field_name: str, text: str, said) -> str | None:
    if name in said.constants:
        return said.constants[name] or None
    mapped = said.values.get(field_name, {}).get(text, text)
    return mapped or None


def expect(data: bytes, feed: str, source) -> Expected:
    said, form = source.feeds[feed], source.format_of(feed)
    columns = dict(COLUMNS[feed])
    columns |= {f"custom {name}": (kind, False) for name, kind in sorted(said.custom.items())}
    fields_of = {name: name.removeprefix("custom ") for name in columns}
    if wrecked(data):
        return Expected(refused=True)
    shown = [line.removesuffix("\r") for line in data.decode("utf-8-sig").split("\n")[:-1]]
    header = split(shown[0], form.delimiter)
    names = {
        name: said.columns.get(field, field)
        for name, field in fields_of.items()
        if name not in said.constants
    }
    known = {*names.values(), *said.ignored}
    if header is None or len(set(header)) < len(header) or set(header) - known:
        return Expected(refused=True)
    needed = [n for n, (_, required) in columns.items() if required or n.startswith("custom ")]
    if any(n in names and names[n] not in header for n in needed):
        return Expected(refused=True)
    if any(split(line, form.delimiter) == header for line in shown[1:]):
        return Expected(refused=True)
    places = {
        name: header.index(as_shown) for name, as_shown in names.items() if as_shown in header
    }
    good, reasons_of, poison, written, subjects = [], {}, [], {}, {}
    for number, line in enumerate(shown[1:], start=2):
        fields, shape = split(line, form.delimiter), None
        if fields is None:
            fields, shape = [], "quote_format"
        elif len(fields) != len(header):
            fields, shape = line.split(form.delimiter), "field_count"
        row, reasons = {"file_line": number}, {}
        for name in columns:
            if name not in places and name not in said.constants:
                continue
            kind, required = columns[name]
            place = places.get(name, 0)
            text = fields[place] if place < len(fields) else ""
            text = text_of(name, fields_of[name], text, said)
            row[name], reasons[name] = value_of(kind, required, fields_of[name], text, form)
        readable = ("_range", "_not_positive", "_negative")
        wrong = {n for n, codes in reasons.items() if any(not c.endswith(readable) for c in codes)}
        codes = [shape] if shape else ordered(reasons, columns) + across(feed, row, wrong)
        codes = list(dict.fromkeys(codes))
        subject = SUBJECTS.get(feed, key_of(feed))
        if not any(reasons.get(name) for name in subject):
            subjects[number] = "/".join(row.get(name) or "" for name in subject)
        amount = AMOUNTS.get(feed)
        if amount and not shape and amount not in wrong:
            written[number] = row[amount]
        if not codes:
            good.append(normalised(row, feed, source, columns))
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
        expected = things(good, reasons_of, feed)
    expected.rows = len(shown) - 1
    expected.quarantine = [
        (number, ", ".join(codes), shown[number - 1], subjects.get(number))
        for number, codes in sorted(reasons_of.items())
    ]
    if feed in AMOUNTS:
        expected.amounts = (
            sum(written.values(), Decimal(0)),
            sum((written.get(number, Decimal(0)) for number in reasons_of), Decimal(0)),
            sum((written[number] for number in expected.repeats), Decimal(0)),
        )
    return expected


def ordered(reasons: dict[str, list[str]], columns) -> list[str]:
    """Reasons of the text first, then of the values, each in the order of columns."""
    of_values = ("_range", "_not_positive", "_negative")
    texts = [c for name in columns for c in reasons.get(name, []) if not c.endswith(of_values)]
    return texts + [c for name in columns for c in reasons.get(name, []) if c.endswith(of_values)]


def fiscal_year(row, source) -> int:
    day = row["document_date"]
    old, number = row.get("original_document_date"), row.get("original_document_no")
    if old is not None and number is None and row["document_type"] != "cancellation":
        day = old  # a version that moved into another fiscal year
    return day.year if day.month >= source.fiscal_start else day.year - 1


def normalised(row, feed, source, columns):
    if feed == "sales":
        row["fiscal_year"] = fiscal_year(row, source)
        if source.returns_signed == "positive" and row["document_type"] != "invoice":
            row["amount"] = -row["amount"]
    if feed == "partners":
        row["status"] = row.get("status") or "active"
    custom = [name for name in columns if name.startswith("custom ")]
    if custom:
        values = {name.removeprefix("custom "): row.pop(name) for name in custom}
        texts = {name: str(value) for name, value in values.items() if value is not None}
        row["custom"] = json.dumps(texts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
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
                if abs(total) >= 10**12:
                    codes.append("amount_range")
            if not codes and (bad or differing):
                codes.append("other_line")
            if codes:
                reasons_of[row["file_line"]] = codes
        if rows[0]["file_line"] in reasons_of:
            continue
        expected.repeated += len(rows) - len(once)
        expected.repeats += repeats_of(rows, once)
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


def things(good, reasons_of, feed) -> Expected:
    expected, groups, key = Expected(), {}, key_of(feed)
    thing = key[0] if len(key) == 1 else feed.removesuffix("s")
    for row in good:
        groups.setdefault(tuple(row.get(name) for name in key), []).append(row)
    for rows in groups.values():
        once = without_repeats(rows)
        if len(once) > 1:
            reasons_of.update({row["file_line"]: [f"{thing}_differs"] for row in rows})
        else:
            expected.lines += once
            expected.repeated += len(rows) - 1
            expected.repeats += repeats_of(rows, once)
    expected.lines.sort(key=lambda row: row["file_line"])
    return expected


def repeats_of(rows, once) -> list[int]:
    return [row["file_line"] for row in rows if row not in once]
