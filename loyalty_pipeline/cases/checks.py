"""What is expected after a step, asked of the published file (SPEC 9).

Belongs here: `expect`, `expect_sql` and `expect_text`, with their place in the case. Not here:
comparing a table with its file (`tables`), or what a command says (`commands`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from loyalty_pipeline.cases.case_file import (
    AsOf,
    CaseFile,
    Expectations,
    SqlExpectation,
    Step,
    TextExpectation,
)
from loyalty_pipeline.cases.commands import CommandError, said_by
from loyalty_pipeline.cases.tables import Column, ExpectedFileError, Table, differences
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.yaml_text import Path as Place
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import (
    Answer,
    QueryRefusedError,
    Reader,
    open_prompt,
)

# The tables that can be asked as of another day, and how.
_AS_OF = {
    "partner_balances": "from balances_as_of($effective, $known)",
    "liability_daily": (
        "select cast($effective as date) as date, * from liability_as_of($effective, $known)"
    ),
    "ledger_entries": (
        "from ledger_entries where posted_at <= known_until($known) "
        "and effective_date <= coalesce(cast($effective as date), date '9999-12-31')"
    ),
}
_TABLES = "select table_name from information_schema.tables where table_schema = 'main'"
_KINDS = {"DATE": "date", "TIMESTAMP": "timestamp", "BOOLEAN": "boolean", "VARCHAR": "text"}
_NUMBERS = ("DECIMAL", "BIGINT", "INTEGER", "SMALLINT", "HUGEINT", "DOUBLE", "FLOAT", "UBIGINT")


class _ExpectationError(Exception):
    """An expectation that cannot be checked: it asks for what is not there."""


def differences_after(
    expected: Expectations,
    place: Place,
    found: CaseFile,
    program: Program,
    home: Home,
) -> list[str]:
    """What is not as expected; `place` is where in the case the expectations stand."""
    if expected.is_empty:
        return []
    publish(home, [program])
    told = []
    with open_prompt(home) as reader:
        as_of = expected.as_of if isinstance(expected, Step) else None
        for table, name in expected.expect.items():
            where = found.where(*place, "expect", table)
            told += _told(where, name, _of_table(reader, table, found, name, as_of))
        for number, query in enumerate(expected.expect_sql):
            where = found.where(*place, "expect_sql", number)
            told += _told(where, query.rows, _of_query(reader, query, found))
    for number, text in enumerate(expected.expect_text):
        where = found.where(*place, "expect_text", number)
        told += [f"{where}: {difference}" for difference in _of_text(text, program, home)]
    return told


def _told(where: str, name: str, lines: Iterator[str]) -> list[str]:
    try:
        found = list(lines)
    except (ExpectedFileError, _ExpectationError) as error:
        return [f"{where}: {error}"]
    if not found:
        return []
    return ["\n".join([f"{where}: differs from {name}:", *(f"  {line}" for line in found)])]


def _of_table(
    reader: Reader, table: str, found: CaseFile, name: str, as_of: AsOf | None
) -> Iterator[str]:
    known = sorted(str(row[0]) for row in reader.ask(_TABLES).rows)
    if table not in known:
        raise _ExpectationError(f"there is no table '{table}', only {', '.join(known)}")
    if as_of is None:
        answer = reader.ask(f'from "{table}"')  # a name from the catalog, checked above
    elif table in _AS_OF:
        days: dict[str, date | None] = {"effective": as_of.effective, "known": as_of.known}
        answer = reader.ask(_AS_OF[table], days)
    else:
        raise _ExpectationError(
            f"'{table}' cannot be asked as of another day: {', '.join(sorted(_AS_OF))} can"
        )
    yield from differences(_as_table(answer), found.folder / name)


def _of_query(reader: Reader, expected: SqlExpectation, found: CaseFile) -> Iterator[str]:
    try:
        answer = reader.ask_stranger(expected.query)
    except QueryRefusedError as error:
        raise _ExpectationError(f"the query does not run: {error}") from None
    yield from differences(_as_table(answer), found.folder / expected.rows)


def _of_text(expected: TextExpectation, program: Program, home: Home) -> Iterator[str]:
    try:
        said = said_by(expected.command, program, home)
    except CommandError as error:
        yield str(error)
        return
    for text in expected.contains:
        if text not in said:
            yield f"'{expected.command}' does not say '{text}'; it says:\n{said}"


def _as_table(answer: Answer) -> Table:
    columns = [
        Column(name, _kind(kind)) for name, kind in zip(answer.columns, answer.types, strict=True)
    ]
    return Table(tuple(columns), tuple(answer.rows))


def _kind(sql_type: str) -> str:
    if sql_type.startswith(_NUMBERS):
        return "number"
    return _KINDS.get(sql_type, "text")
