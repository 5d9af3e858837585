"""The one place that reads the clock.

Everything else is given a `Clock`, so that a run can be repeated for any business date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Clock:
    """What a run takes for now: the business date, and the posting time in UTC without a zone."""

    today: date
    now: datetime

    @classmethod
    def system(cls, time_zone: str) -> Clock:
        """The machine's time; the business date is that of the program's time zone."""
        moment = datetime.now(UTC)
        return cls(moment.astimezone(ZoneInfo(time_zone)).date(), moment.replace(tzinfo=None))

    @classmethod
    def on(cls, today: date) -> Clock:
        """A set business date; the posting time is that day's midnight, so runs repeat exactly."""
        return cls(today, datetime.combine(today, time()))


def furthest_date(after: date) -> date:
    """The last business date that is believed, where there were runs until `after`.

    A year after it, or after the machine's date if that is later. A run for 2062 in place of 2026
    would end the program: no run goes back before the last one.
    """
    return max(after, datetime.now(UTC).date()) + timedelta(days=366)
