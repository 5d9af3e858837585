"""Texts that read each other are put together in order, and only those that are needed."""

from __future__ import annotations

import duckdb
import pytest

from loyalty_pipeline.warehouse.composed import Composed


@pytest.fixture
def composed() -> Composed:
    texts = Composed()
    texts.put("doubled", "select number * 2 as number from numbers")
    texts.put("named", "select number, 'first' as name from doubled -- from forgotten")
    texts.put("numbers", "select unnest([1, 2]) as number")
    texts.put("forgotten", "from nowhere")
    return texts


def rows(sql: str) -> list[tuple[object, ...]]:
    return duckdb.connect().execute(sql).fetchall()


def test_what_is_read_comes_before_what_reads_it(composed: Composed) -> None:
    assert rows(composed.query("select number from named order by number")) == [(2,), (4,)]


def test_only_what_is_needed_is_put_in(composed: Composed) -> None:
    text = composed.query("select count(*) from named")
    assert "nowhere" not in text
    assert composed.query("select 1") == "select 1"


def test_a_text_is_read_as_it_is_when_it_is_asked(composed: Composed) -> None:
    composed.put("numbers", "select 10 as number")
    assert rows(composed.query("from named")) == [(20, "first")]
    composed.drop("doubled")
    with pytest.raises(duckdb.CatalogException, match="doubled"):
        rows(composed.query("from named"))


def test_a_name_inside_a_query_hides_the_text(composed: Composed) -> None:
    inside = "with numbers as (select 7 as number) select numbers.number from numbers join doubled"
    assert rows(composed.query(f"{inside} on true order by doubled.number")) == [(7,), (7,)]


def test_statements_read_them_too(composed: Composed) -> None:
    connection = duckdb.connect()
    connection.execute("create table kept (number integer)")
    connection.execute(composed.statement("insert into kept select number from doubled"))
    assert connection.execute("from kept order by number").fetchall() == [(2,), (4,)]


def test_texts_that_name_each_other_by_chance_do_not_stop_it() -> None:
    texts = Composed()
    texts.put("first", "select extract(year from second) as year from days")
    texts.put("second", "select year from first")
    texts.put("days", "select date '2025-04-01' as second")
    assert rows(texts.query("from second")) == [(2025,)]
