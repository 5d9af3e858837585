"""What a remote file's name may look like, and what it says: feed, file date, which is later.

Belongs here: judging names, which are somebody else's text and never become a local path. Not
here: looking at the file behind a name.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime

from loyalty_pipeline.program.sources import FeedName, Source

MAX_NAME_BYTES = 128
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_SEQUENCE = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True)
class NamedFile:
    """What the name (and, where it says nothing, the modification time) tells about a file."""

    feed: FeedName
    order: tuple[str, ...]
    file_date: date


def shown(name: bytes) -> str:
    """A name as it may be printed: hostile bytes escaped, long ones cut."""
    text = ascii(name.decode("utf-8", "backslashreplace"))
    return text if len(text) <= 100 else f"{text[:97]}...'"


def fault_of(name: bytes) -> str | None:
    """Why a name cannot be accepted, or None; asked before the name is used for anything."""
    if not 1 <= len(name) <= MAX_NAME_BYTES:
        return f"its name has {len(name)} bytes, at most {MAX_NAME_BYTES} are accepted"
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return "its name is not UTF-8"
    if text != unicodedata.normalize("NFC", text):
        return "its name is not in Unicode's composed form (NFC)"
    if text.startswith((".", "-")):
        return "its name starts with a dot or a dash"
    if "/" in text or "\\" in text:
        return "its name contains a path separator"
    if any(unicodedata.category(letter).startswith("C") for letter in text):
        return "its name contains control or invisible characters"
    return None


def read_name(name: str, mtime: int, source: Source) -> NamedFile | str:
    """What an accepted name says by the source's patterns, or why it is none of its files."""
    matches = {
        feed: found
        for feed, contract in source.feeds.items()
        if (found := re.fullmatch(contract.pattern, name))
    }
    if not matches:
        return "its name matches the pattern of no feed"
    if len(matches) > 1:
        return f"its name matches the patterns of several feeds: {', '.join(sorted(matches))}"
    ((feed, match),) = matches.items()
    groups = match.groupdict()
    sequence, period, day = (groups.get(key) or "" for key in ("sequence", "period", "date"))
    if sequence and not _SEQUENCE.fullmatch(sequence):
        return f"the sequence '{sequence}' in its name is not digits"
    if period and not _PERIOD.fullmatch(period):
        return f"the period '{period}' in its name is not a month like 2025-04"
    try:
        file_date = _file_date(period, day, mtime)
    except ValueError:
        return f"the date '{day}' in its name is not a day like 2025-04-30"
    return NamedFile(feed, _order(sequence, period, day, mtime, name), file_date)


def _order(sequence: str, period: str, day: str, mtime: int, name: str) -> tuple[str, ...]:
    """Later files sort later as plain text: a missing sequence number is the first delivery."""
    return (sequence.zfill(20), period, day, str(mtime).zfill(20), name)


def _file_date(period: str, day: str, mtime: int) -> date:
    if day:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
            raise ValueError(day)
        return date.fromisoformat(day)
    if period:
        year, month = int(period[:4]), int(period[5:])
        return date(year, month, monthrange(year, month)[1])
    return datetime.fromtimestamp(mtime, UTC).date()
