"""Control files: what a DMS says about a file it has finished writing.

Belongs here: the format. Not here: comparing the totals with the file, which is staging.

A control file is text, one `key=value` a line: `rows=` data lines, `amount=` their sum, `sha256=`
of the file's bytes. Each is optional; an empty control file only says that the file is complete.
"""

from __future__ import annotations

import re
from decimal import Decimal

from loyalty_pipeline.ingest.arrival import Control

MAX_CONTROL_BYTES = 64 * 1024
_FORMATS = {
    "rows": (re.compile(r"[0-9]{1,18}"), "a whole number like 1200"),
    "amount": (re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,2})?"), "a plain number like 184500.50"),
    "sha256": (re.compile(r"[0-9a-fA-F]{64}"), "64 hexadecimal digits"),
}


class ControlFileError(Exception):
    """A control file is there but cannot be understood."""


def parse_control(name: str, text: str) -> Control:
    """Read a control file strictly: a total that is not understood must not go unchecked.

    Raises:
        ControlFileError: names the file, the line, what was expected and the remedy.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not line.strip():
            continue
        key, _, value = (part.strip() for part in line.partition("="))
        if key not in _FORMATS:
            raise ControlFileError(
                f"{name}, line {number}: {line[:60]!a} is no total: "
                f"write rows=, amount= or sha256= and a value"
            )
        if key in found:
            raise ControlFileError(f"{name}, line {number}: {key} is given twice: give it once")
        pattern, meaning = _FORMATS[key]
        if not pattern.fullmatch(value):
            raise ControlFileError(
                f"{name}, line {number}: {key}={value[:60]!a} is not {meaning}: correct it"
            )
        found[key] = value
    return Control(
        rows=int(found["rows"]) if "rows" in found else None,
        amount=Decimal(found["amount"]) if "amount" in found else None,
        sha256=found["sha256"].lower() if "sha256" in found else None,
    )
