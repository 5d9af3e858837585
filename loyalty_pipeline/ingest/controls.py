"""Control files: what a DMS says about a file it has finished writing.

Belongs here: the format. Not here: comparing the totals with the file, which is staging.

A control file is text, one `key=value` a line: `rows=` data lines, `amount=` their sum, `sha256=`
of the file's bytes, `file=` its name; `period=`, `distributor=`, `sequence=` and `date=` say what
its name may not. Each is optional; an empty one only says that the file is complete.
"""

from __future__ import annotations

import re
from decimal import Decimal

from loyalty_pipeline.ingest.arrival import Control
from loyalty_pipeline.ingest.naming import day_of

MAX_CONTROL_BYTES = 64 * 1024
_FORMATS = {
    "rows": (re.compile(r"[0-9]{1,18}"), "a whole number like 1200"),
    "amount": (re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,2})?"), "a plain number like 184500.50"),
    "sha256": (re.compile(r"[0-9a-fA-F]{64}"), "64 hexadecimal digits"),
    "file": (re.compile(r".{1,128}"), "the name of the file"),
    "period": (re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])"), "a month like 2025-04"),
    "distributor": (re.compile(r"[^\s=](.{0,62}[^\s])?"), "at most 64 characters"),
    "sequence": (re.compile(r"[0-9]{1,18}"), "a whole number like 17"),
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "a day like 2025-04-30"),
}


class ControlFileError(Exception):
    """A control file is there but cannot be understood."""


def control_text(name: str, content: bytes) -> str:
    """A control file's text.

    Raises:
        ControlFileError: it is not text.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ControlFileError(f"{name}, line {line}: not UTF-8: have it written so") from None


def parse_control(name: str, text: str, vouches_for: str | None = None) -> Control:
    """Read a control file strictly: a total that is not understood must not go unchecked.

    Raises:
        ControlFileError: names the file, the line, what was expected and the remedy.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not line.strip():
            continue
        key, _, value = (part.strip() for part in line.partition("="))
        where = f"{name}, line {number}"
        if key not in _FORMATS:
            *some, last = (f"{known}=" for known in _FORMATS)
            raise ControlFileError(
                f"{where}: {line[:60]!a} is no total: write {', '.join(some)} or {last} and a value"
            )
        if key in found:
            raise ControlFileError(f"{where}: {key} is given twice: give it once")
        pattern, meaning = _FORMATS[key]
        if not pattern.fullmatch(value) or not value.isprintable() or not _is_day(key, value):
            raise ControlFileError(f"{where}: {key}={value[:60]!a} is not {meaning}: correct it")
        if key == "file" and vouches_for not in (None, value):
            raise ControlFileError(
                f"{where}: it is about {value!a}, not about {vouches_for!a}: have the right one put"
            )
        found[key] = value
    return Control(
        rows=int(found["rows"]) if "rows" in found else None,
        amount=Decimal(found["amount"]) if "amount" in found else None,
        sha256=found["sha256"].lower() if "sha256" in found else None,
        period=found.get("period"),
        distributor=found.get("distributor"),
        sequence=int(found["sequence"]) if "sequence" in found else None,
        date=day_of(found["date"]) if "date" in found else None,
    )


def _is_day(key: str, value: str) -> bool:
    if key != "date":
        return True
    try:
        day_of(value)
    except ValueError:
        return False
    return True
