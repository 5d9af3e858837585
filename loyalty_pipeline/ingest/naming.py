"""What a remote file's name may look like, and what it says: feed, file date, which is later.

Belongs here: judging names, which are somebody else's text and never become a local path, and
what a name and a control file say together. Not here: looking at the file behind a name.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from loyalty_pipeline.ingest.arrival import Control
from loyalty_pipeline.program.sources import FeedName, Source

MAX_NAME_BYTES = 128
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_SEQUENCE = re.compile(r"[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class DisagreementError(Exception):
    """A file's name and its control file contradict each other."""


@dataclass(frozen=True)
class NamedFile:
    """What the name (and, where it says nothing, the modification time) tells about a file."""

    feed: FeedName
    name: str
    mtime: int
    period: str | None = None
    day: date | None = None
    sequence: int | None = None
    distributor: str | None = None

    @property
    def order(self) -> tuple[str, ...]:
        """Later files sort later as plain text; one without a number is the first delivery."""
        return (
            str(self.sequence or 0).zfill(20),
            self.period or "",
            self.day.isoformat() if self.day else "",
            str(self.mtime).zfill(20),
            self.name,
        )

    @property
    def file_date(self) -> date:
        """The day it is about: its date, its period's last day, or when it was written."""
        if self.day:
            return self.day
        if self.period:
            year, month = int(self.period[:4]), int(self.period[5:])
            return date(year, month, monthrange(year, month)[1])
        return datetime.fromtimestamp(self.mtime, UTC).date()

    def with_control(self, control: Control | None) -> NamedFile:
        """What name and control file say together.

        Raises:
            DisagreementError: both say something, and not the same.
        """
        if control is None:
            return self
        said: dict[str, object] = {}
        for key in ("period", "date", "sequence", "distributor"):
            field = "day" if key == "date" else key
            ours, theirs = getattr(self, field), getattr(control, key)
            if ours is not None and theirs is not None and ours != theirs:
                raise DisagreementError(
                    f"its name says {key} {ours}, its control file {theirs}: "
                    f"have one of the two corrected"
                )
            said[field] = theirs if ours is None else ours
        return replace(self, **said)  # type: ignore[arg-type]  # each is of its field's type


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
    sequence, period, day, distributor = (
        groups.get(key) for key in ("sequence", "period", "date", "distributor")
    )
    if sequence and not _SEQUENCE.fullmatch(sequence):
        return f"the sequence '{sequence}' in its name is not digits, at most 18"
    if period and not _PERIOD.fullmatch(period):
        return f"the period '{period}' in its name is not a month like 2025-04"
    try:
        named = NamedFile(
            feed=feed,
            name=name,
            mtime=mtime,
            period=period or None,
            day=day_of(day) if day else None,
            sequence=int(sequence) if sequence else None,
            distributor=distributor or None,
        )
        named.file_date  # noqa: B018  a time that is no date shows here
    except ValueError:
        return f"the date '{day}' in its name is not a day like 2025-04-30"
    except (OverflowError, OSError):
        return f"its time, {mtime} seconds since 1970, is no date"
    return named


def day_of(text: str) -> date:
    """A day written as 2025-04-30 and in no other way.

    Raises:
        ValueError: it is written otherwise, or is no day.
    """
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)
