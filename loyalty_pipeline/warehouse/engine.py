"""The one place that opens DuckDB.

Belongs here: connections, running SQL files with bound parameters, giving them their inputs as
relations, and writing results as work files. Not here: SQL text, which lives in `sql/`, or
what it means.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from loyalty_pipeline.warehouse.composed import Composed, check_identifier, reading
from loyalty_pipeline.warehouse.files import temporary_path
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.sql_files import parameters_of, sql_text
from loyalty_pipeline.warehouse.work_files import WorkFile, seal_work_file

# Every connection has a limit, so that a run next to others cannot take the whole machine.
_MEMORY_LIMIT = "1500MB"
# So many rows took 99 ms in a statement each, and 16 ms in one.
_ROWS_A_STATEMENT = 200


class Engine:
    """A private, in-memory DuckDB that reads work files and writes new ones."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, home: Home) -> None:
        self.connection = connection
        self.home = home
        self._kinds: dict[str, str] = {}  # relation that DuckDB knows: table or view
        self._composed = Composed()  # those that are put together where they are read
        self._columns: dict[str, list[str]] = {}  # of relations that were asked for theirs
        self._given: dict[str, tuple[object, ...]] = {}  # what it is of, where that was given

    def rows(self, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows a SQL file answers."""
        return self._execute(self._composed.query(sql_text(name)), parameters).fetchall()

    def run(self, name: str, **parameters: Any) -> None:
        """Run a SQL file for its effect, like filling a temporary table."""
        self._execute(self._composed.statement(sql_text(name)), parameters)

    def table(
        self, name: str, query: str, *, reads: Mapping[str, str] | None = None, **parameters: Any
    ) -> int:
        """Keep what a SQL file answers as a temporary table; returns its number of rows.

        `reads` gives it relations under the names it uses, as `view` explains.
        """
        check_identifier(name)
        return self._fill(name, reading(sql_text(query), reads), parameters)

    def view(self, name: str, query: str, reads: Mapping[str, str] | None = None) -> None:
        """Let later SQL read what a SQL file without parameters answers, without keeping it.

        `reads` tells under which of its names the SQL file sees which relation, so that one file
        can be a stage of several chains: {"rows_in": "awards_2"}.
        """
        self._compose(name, reading(sql_text(query), reads))

    def derive(self, name: str, relation: str, columns: Mapping[str, str]) -> None:
        """A relation with further columns, each an expression that code has rendered.

        The texts of program files never get here: conditions are rendered from their parsed trees.
        """
        for identifier in (name, relation, *columns):
            check_identifier(identifier)
        added = "".join(f", {expression} as {column}" for column, expression in columns.items())
        self._compose(name, f"select *{added} from {relation}")

    def match(self, name: str, relation: str, conditions: Sequence[str], *, every: bool) -> None:
        """The rows of a relation with the number (from 1) of the condition that holds.

        Of several the first one, or with `every` a row for each; rows without are left out.
        """
        check_identifier(name)
        check_identifier(relation)
        branches = [f"when {sql} then {number}" for number, sql in enumerate(conditions, start=1)]
        if every:
            numbers = ", ".join(f"case {branch} end" for branch in branches)
            matched = f"unnest(list_filter([{numbers}], lambda rule: rule is not null))"
        else:
            matched = f"case {' '.join(branches)} end"
        numbered = f"select *, {matched} as rule_no from {relation}"
        self._compose(name, f"select * from ({numbered}) where rule_no is not null")

    def stack(self, name: str, relations: Sequence[str]) -> None:
        """All rows of relations with the same columns, as one."""
        for identifier in (name, *relations):
            check_identifier(identifier)
        self._compose(name, " union all by name ".join(f"from {one}" for one in relations))

    def keep(self, name: str) -> None:
        """Make a view a temporary table, for what is read several times."""
        if self._kinds.get(name) == "table":
            return
        check_identifier(name)
        self._fill(name, f"from {name}", {})

    def columns(self, name: str) -> list[str]:
        """The names of a relation's columns."""
        check_identifier(name)
        if name not in self._columns:
            sql = self._composed.query(f"from {name}")
            described = self.connection.execute(f"describe {sql}").fetchall()
            self._columns[name] = [str(row[0]) for row in described]
        return self._columns[name]

    def count(self, name: str) -> int:
        """How many rows a relation has."""
        check_identifier(name)
        # Fetched to its end: a connection refuses other work while a result is unfinished.
        sql = self._composed.query(f"select count(*) from {name}")
        [(rows,)] = self.connection.execute(sql).fetchall()
        return int(rows)

    def values(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Sequence[Sequence[Any]],
    ) -> None:
        """Give SQL a small relation of plain values: rules, periods, a list of files.

        What is there already is left: stages show the rules again, and a cycle has 100 relations.
        """
        check_identifier(name)
        given = (tuple(columns), tuple(tuple(row) for row in rows))
        if self._given.get(name) == given:
            return
        for column, _ in columns:
            check_identifier(column)
        described = ", ".join(f"{column} {kind}" for column, kind in columns)
        self._forget(name)
        self.connection.execute(f"create temp table {name} ({described})")
        self._kinds[name] = "table"
        marks = f"({', '.join('?' for _ in columns)})"
        for start in range(0, len(rows), _ROWS_A_STATEMENT):
            some = rows[start : start + _ROWS_A_STATEMENT]
            self.connection.execute(
                f"insert into {name} values {', '.join([marks] * len(some))}",
                [value for row in some for value in row],
            )
        self._given[name] = given

    def frame(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Sequence[Sequence[Any]],
    ) -> None:
        """Give SQL a relation of plain values that may be many: `values` takes 1 ms a row.

        For few rows `values` is faster: the first frame loads Arrow, which takes 0.1 s.
        """
        self.values(name, columns, [])
        if rows:
            names = [column for column, _ in columns]
            frame = pl.DataFrame(rows, names, orient="row", infer_schema_length=None)
            del self._given[name]
            self.connection.register("given_rows", frame)
            self.connection.execute(f"insert into {name} select * from given_rows").fetchall()
            self.connection.unregister("given_rows")

    def files(
        self,
        name: str,
        files: Sequence[WorkFile | Path],
        columns: Sequence[tuple[str, str]],
        *,
        filename: bool = False,
    ) -> None:
        """Give SQL the rows of Parquet files under a name; no files is an empty relation.

        Like `values` it leaves what is there: a work file never changes.
        """
        check_identifier(name)
        paths = [str(f if isinstance(f, Path) else self.home.root / f.path) for f in files]
        if not paths:
            named = [*columns, ("filename", "varchar")] if filename else columns
            self.values(name, named, [])
            return
        given = (filename, *paths)
        if self._given.get(name) == given:
            return
        self._forget(name)
        self.connection.read_parquet(paths, filename=filename).create_view(name)
        self._kinds[name] = "view"
        self._given[name] = given

    def alias(self, name: str, relation: str) -> None:
        """Let later SQL read a relation under another name."""
        check_identifier(relation)
        self._compose(name, f"from {relation}")

    def write(
        self,
        scope: str,
        table: str,
        partition: str,
        query: str,
        *,
        beside_journal: bool = False,
        reads: Mapping[str, str] | None = None,
        **parameters: Any,
    ) -> WorkFile:
        """Write what a SQL file answers as a sealed work file. The SQL orders by its full key.

        Entries lie beside the journal they belong to, so that the record is one folder.
        """
        folder = self.home.journal(scope) if beside_journal else self.home.work(scope) / table
        temporary = temporary_path(folder, ".parquet")
        rows = self.copy(query, temporary, reads=reads, **parameters)
        return seal_work_file(self.home, scope, table, partition, temporary, rows, folder)

    def copy(
        self, query: str, path: Path, *, reads: Mapping[str, str] | None = None, **parameters: Any
    ) -> int:
        """Write what a SQL file answers to a Parquet file; returns the number of rows.

        DuckDB marks a column REQUIRED where it can tell from statistics that no value is null.
        Those differ by the path to equal rows, and equal rows must be equal bytes: without them
        every column is OPTIONAL.
        """
        self.connection.execute("set disabled_optimizers = 'statistics_propagation'")
        sql = self._composed.query(reading(sql_text(query), reads))
        [(copied,)] = self._execute(
            f"copy ({sql}) to $target_path "
            "(format parquet, compression zstd, compression_level 1, row_group_size 122880)",
            {**parameters, "target_path": str(path)},
        ).fetchall()
        self.connection.execute("set disabled_optimizers = ''")
        return int(copied)

    def forget_all(self) -> None:
        """Drop every relation, views first since they read tables."""
        self._composed.clear()
        for name in sorted(self._kinds, key=lambda name: self._kinds[name], reverse=True):
            self._forget(name)

    def _compose(self, name: str, sql: str) -> None:
        check_identifier(name)
        self._forget(name)
        self._composed.put(name, sql)

    def _fill(self, name: str, query: str, parameters: Mapping[str, Any]) -> int:
        """Make a table of what SQL answers, which may read the relation it takes the name of."""
        sql = self._composed.query(query)
        if self._kinds.get(name) == "view":  # which a table cannot replace
            create = f"create temp table next_{name} as {sql}"
            [(rows,)] = self._execute(create, parameters).fetchall()
            self._forget(name)
            self.connection.execute(f"alter table next_{name} rename to {name}")
        else:
            create = f"create or replace temp table {name} as {sql}"
            [(rows,)] = self._execute(create, parameters).fetchall()
        self._columns.clear()  # also of what reads it
        self._given.pop(name, None)
        self._composed.drop(name)
        self._kinds[name] = "table"
        return int(rows)

    def _forget(self, name: str) -> None:
        """Drop a relation, whether it is a table or a view: DuckDB wants to be told which."""
        self._columns.clear()  # also of what reads it
        self._given.pop(name, None)
        self._composed.drop(name)
        kind = self._kinds.pop(name, None)
        if kind:
            self.connection.execute(f"drop {kind} {name}")

    def _execute(self, sql: str, parameters: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        wanted = parameters_of(sql)
        missing = wanted - parameters.keys()
        if missing:
            raise KeyError(
                f"SQL needs parameters that were not given: {', '.join(sorted(missing))}"
            )
        return self.connection.execute(sql, {name: parameters[name] for name in wanted})


# Opening DuckDB takes 10 to 15 ms, a third of a small posting, so engines of a home that were given
# back are used again, emptied. Engines in use at the same time are separate: a stage that asks for
# another one while it has one made that two of three had to be opened.
_idle: list[Engine] = []
_MOST_IDLE = 3


@contextmanager
def engine(home: Home) -> Iterator[Engine]:
    """An engine for one piece of work; given back empty, or closed if the work failed."""
    current = _idle_of(home) or _open(home)
    try:
        yield current
    except BaseException:
        current.connection.close()
        raise
    current.forget_all()
    if len(_idle) < _MOST_IDLE:
        _idle.append(current)
    else:
        current.connection.close()


def _idle_of(home: Home) -> Engine | None:
    """An engine that was given back; those of another home are closed."""
    while _idle:
        current = _idle.pop()
        if current.home == home:
            return current
        current.connection.close()
    return None


def _open(home: Home) -> Engine:
    spill = home.root / "work" / ".spill"
    spill.mkdir(parents=True, exist_ok=True)  # DuckDB makes one folder, not the one above it
    config: dict[str, Any] = {
        "memory_limit": _MEMORY_LIMIT,
        "temp_directory": str(spill),  # one for all: DuckDB removes what a dead process left there
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    threads = os.environ.get("LOYALTY_THREADS")
    connection = duckdb.connect(config=config | ({"threads": threads} if threads else {}))
    connection.execute(sql_text("earning/rounding"))
    connection.execute(sql_text("earning/bands"))
    connection.execute(sql_text("awards/worth"))
    connection.execute(sql_text("ledger/keys"))
    return Engine(connection, home)
