"""Opening the published file: to write its successor, to read it, or to let somebody ask it.

Belongs here: how DuckDB is opened for each, and views over promoted files. Not here: what the
tables hold, which is `reporting`.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from loyalty_pipeline.warehouse.composed import check_identifier
from loyalty_pipeline.warehouse.engine import Engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.sql_files import parameters_of, sql_text
from loyalty_pipeline.warehouse.tables import Columns
from loyalty_pipeline.warehouse.work_files import WorkFile

# Readers of one release before ours can open what we write.
_STORAGE_VERSION = "v1.5.0"
_WRITER_MEMORY = "1500MB"
_READER_MEMORY = "1GB"
# The schema of views over files, which the tables for people are built on.
FILES_SCHEMA = "work"

DatabaseError = duckdb.Error


class QueryRefusedError(Exception):
    """The prompt takes one statement that only reads; this is not one, or it does not run."""


class Successor(Engine):
    """The next published file while it is being written. Its tables and views stay in it."""

    def script(self, name: str) -> None:
        """Run a SQL file of several statements without parameters."""
        self.connection.execute(sql_text(name))

    def published_view(self, name: str, query: str) -> None:
        """Keep a SQL file as a view that readers find under a name."""
        check_identifier(name)
        self.connection.execute(f"create or replace view {name} as {sql_text(query)}")

    def promoted_view(self, name: str, files: Sequence[WorkFile], columns: Columns) -> None:
        """Keep a view over exactly these files, by absolute path, in the schema of files.

        It also has `filename`. The text of the view is DuckDB's own, so no path is ever pasted.
        """
        check_identifier(name)
        if not files:
            named = ", ".join(f"cast(null as {kind}) as {column}" for column, kind in columns)
            self.connection.execute(
                f"create or replace view {FILES_SCHEMA}.{name} as "
                f"select {named}, cast(null as varchar) as filename limit 0"
            )
            return
        paths = [str(self.home.root / file.path) for file in files]
        self.connection.execute(f"use {FILES_SCHEMA}")
        self.connection.read_parquet(paths, filename=True).create_view(name, replace=True)
        self.connection.execute("use main")

    def answer(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a short text of SQL without values."""
        return self.connection.execute(sql).fetchall()

    def replace(
        self, table: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Let a small table hold exactly these rows."""
        self.values("replacement", columns, rows)
        self.refill(table, "replacement")

    def refill(self, table: str, relation: str) -> None:
        """Let a table hold exactly the rows of a relation, by the names of its columns."""
        check_identifier(relation)
        self.clear(table)
        insert = f"insert into {table} by name from {relation}"
        self.connection.execute(self._composed.statement(insert))

    def clear(self, table: str) -> None:
        """Take every row from a table."""
        for name in table.split("."):
            check_identifier(name)
        self.connection.execute(f"delete from {table}")

    def read_files(self, name: str, files: Sequence[WorkFile], columns: Columns) -> None:
        """Give SQL the rows of files under a name, for this publication only."""
        check_identifier(name)
        hidden = f"read_{name}"
        self.promoted_view(hidden, files, columns)
        self.connection.execute(
            f"create or replace temp view {name} as from {FILES_SCHEMA}.{hidden}"
        )

    def forget_files(self, name: str) -> None:
        """Drop what `read_files` gave, so that nothing of it stays in the file."""
        check_identifier(name)
        self.connection.execute(f"drop view {name}")
        self.connection.execute(f"drop view {FILES_SCHEMA}.read_{name}")


@contextmanager
def open_successor(path: Path, home: Home) -> Iterator[Successor]:
    """Open a file that becomes the published one; all of it is on disk when this returns.

    Raises:
        DatabaseError: the file is there and is no readable database.
    """
    spill = path.parent / "spill"
    connection = duckdb.connect(
        str(path),
        config={
            "storage_compatibility_version": _STORAGE_VERSION,
            "memory_limit": _WRITER_MEMORY,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    try:
        connection.execute("begin")
        yield Successor(connection, home)
        connection.execute("commit")
        connection.execute("checkpoint")
    finally:
        connection.close()
    leftover = path.with_name(path.name + ".wal")
    assert not leftover.exists(), "a checkpoint leaves no log behind"


@dataclass(frozen=True)
class Answer:
    """The columns and rows of a question."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def as_dicts(self) -> list[dict[str, Any]]:
        """The rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Reader:
    """The published file, read-only, as it was when it was opened."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        """What a text of SQL answers; the product's own texts, with values as `$parameters`."""
        wanted = parameters_of(sql)
        values = {name: value for name, value in (parameters or {}).items() if name in wanted}
        done = self._connection.execute(sql, values) if values else self._connection.execute(sql)
        return _answer(done)

    def ask_file(self, name: str, **parameters: Any) -> Answer:
        """What a SQL file answers."""
        return self.ask(sql_text(name), parameters)

    def ask_stranger(self, sql: str) -> Answer:
        """What one statement that only reads answers.

        Raises:
            QueryRefusedError: it is not one statement, does more than read, or does not run.
        """
        try:
            statement = _only_reading(self._connection, sql)
            return _answer(self._connection.execute(statement))
        except duckdb.Error as error:
            raise QueryRefusedError(str(error)) from None


def _answer(done: duckdb.DuckDBPyConnection) -> Answer:
    described = done.description or []
    return Answer(
        tuple(str(column[0]) for column in described),
        tuple(str(column[1]) for column in described),
        done.fetchall(),
    )


@contextmanager
def open_reader(home: Home) -> Iterator[Reader]:
    """Open the published file to ask, and close it.

    It is attached to a private instance: DuckDB shares one instance among the connections of a
    process to a file, and would show a later reader the file an earlier one still has open.

    Raises:
        FileNotFoundError: nothing was published yet, or what was names the files of another place.
    """
    if not home.published.exists():
        raise FileNotFoundError(
            f"nothing is published yet: {home.published} does not exist; "
            f"run the pipeline once, for example  loyalty run --program P"
        )
    with tempfile.TemporaryDirectory(prefix="loyalty-ask-") as spill:
        connection = duckdb.connect(
            config={
                "memory_limit": _READER_MEMORY,
                "temp_directory": spill,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            }
        )
        try:
            path = str(home.published).replace("'", "''")
            # Told its type, DuckDB opens the file once. Not told, 2.0 reads the header, closes it
            # and opens it again: 27 of 400 such readers met another publication in between.
            connection.execute(f"attach '{path}' as finance (read_only, type duckdb)")
            connection.execute("use finance")
            _check_place(connection, home)
            yield Reader(connection)
        finally:
            connection.close()


def _check_place(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """A copied home would read the files of the one it was copied from, or none."""
    [(root,)] = connection.execute("select root from work.publication").fetchall()
    if not (Path(root).exists() and home.root.samefile(root)):
        raise FileNotFoundError(
            f"{home.published} was published for {root} and reads its files there; publish it "
            f"here by a run, for example  loyalty run --program P"
        )


@contextmanager
def open_prompt(home: Home) -> Iterator[Reader]:
    """Like `open_reader`, for text a person typed: nothing outside the work files can be reached.

    The order matters: folders are allowed first, then everything else is shut, then locked.
    """
    with open_reader(home) as reader:
        folder = str(home.root / "work").replace("'", "''")
        reader.ask(f"set allowed_directories = ['{folder}']")
        reader.ask("set enable_external_access = false")
        reader.ask("set lock_configuration = true")
        yield reader


_EXPLAIN = re.compile(r"\s*explain(\s+analyze)?(\s*\([^)]*\))?", re.IGNORECASE)


def _only_reading(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The statement of a text, if it is one SELECT, or an EXPLAIN of one."""
    found = connection.extract_statements(sql)
    if len(found) != 1:
        raise QueryRefusedError(f"one statement at a time: this is {len(found)}")
    statement = found[0]
    explained = sql
    if statement.type == duckdb.StatementType.EXPLAIN:
        # EXPLAIN ANALYZE runs what it explains, also a COPY into a folder that is allowed.
        explained = _EXPLAIN.sub("", _without_comments(sql), count=1)
    inner = connection.extract_statements(explained)
    if len(inner) != 1 or inner[0].type != duckdb.StatementType.SELECT:
        kind = str(statement.type).rsplit(".", 1)[-1]
        raise QueryRefusedError(
            f"only SELECT (also FROM, WITH, DESCRIBE) and EXPLAIN of it can be asked, not {kind}"
        )
    return statement


def _without_comments(sql: str) -> str:
    """The text without comments before its first word."""
    return re.sub(r"\A(\s+|--[^\n]*(\n|\Z)|/\*.*?\*/)*", "", sql, flags=re.DOTALL)
