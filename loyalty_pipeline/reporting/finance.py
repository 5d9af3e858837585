"""The finance reports: the queries of `sql/finance`, asked of the published file.

Belongs here: which reports there are, and asking one for another date. Not here: their SQL,
which any DuckDB client runs as it is.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time

from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Answer, open_reader
from loyalty_pipeline.warehouse.sql_files import bundled, sql_text

# Each file of sql/finance begins with the values a reader may edit, in this form, null meaning
# no restriction. Here they are bound instead, never pasted.
_KINDS = {"program": "varchar", "as_of": "date", "known_at": "timestamp"}


def report_names() -> tuple[str, ...]:
    """The reports there are, like `liability`."""
    return tuple(sorted(path.stem for path in (bundled("sql") / "finance").glob("*.sql")))


def run_report(
    home: Home,
    name: str,
    *,
    program: str | None = None,
    as_of: date | None = None,
    known_at: date | None = None,
) -> Answer:
    """What a report says, optionally for one program, as of a date, as known at the end of one.

    Raises:
        KeyError: there is no such report, or it cannot be asked as of a date; the text says so.
        FileNotFoundError: nothing was published yet.
    """
    if name not in report_names():
        raise KeyError(f"no report '{name}': there are {', '.join(report_names())}")
    sql = sql_text(f"finance/{name}")
    known_until = None if known_at is None else datetime.combine(known_at, time.max)
    given = {"program": program, "as_of": as_of, "known_at": known_until}
    for setting, value in given.items():
        empty = f"cast(null as {_KINDS[setting]}) as {setting}"
        if value is not None and empty not in sql:
            raise KeyError(f"the report '{name}' cannot be asked by {setting}")
        sql = sql.replace(empty, f"cast(${setting} as {_KINDS[setting]}) as {setting}")
    with open_reader(home) as reader:
        return reader.ask(sql, given)


def describe_report(name: str) -> str:
    """The header of a report's file, as text: grain, meaning, how to run it."""
    lines = sql_text(f"finance/{name}").splitlines()
    header = []
    for line in lines:
        if not line.startswith("--"):
            break
        header.append(re.sub(r"^-- ?", "", line))
    return "\n".join(header)
