"""Asking the published file: the prompt, the finance reports, statements."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from loyalty_pipeline.reporting.finance import describe_report, report_names, run_report
from loyalty_pipeline.reporting.query import QueryRefusedError, run_query
from loyalty_pipeline.reporting.statement import UnknownPartnerError, statement_of
from loyalty_pipeline.reporting.statement_page import as_html
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.sql_files import sql_text
from tests.unit.reporting.world import World

HOSTILE = (
    "copy ledger_entries to '{work}/stolen.csv'",
    "explain analyze copy ledger_entries to '{work}/stolen.csv'",
    "explain (analyze) copy ledger_entries to '{work}/stolen.csv'",
    "-- innocent\nexplain /* and */ analyze copy ledger_entries to '{work}/stolen.csv'",
    "explain analyze insert into partner_balances values ('p', 'x', 1, 1, 2)",
    "attach '{work}/other.duckdb'",
    "detach finance",
    "pragma database_list",
    "pragma enable_external_access = true",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "reset enable_external_access",
    "set memory_limit = '100GB'",
    "select * from read_csv('/etc/passwd')",
    "select * from '/etc/passwd'",
    "select * from read_text('/etc/hostname')",
    "select * from glob('/etc/*')",
    "select * from read_parquet('{home}/journal/program/rewards/*.parquet')",
    "select * from read_text('{work}/../journal/program/rewards/00000001.json')",
    "select * from read_csv('https://example.com/x.csv')",
    "select 1; select 2",
    "select 1; copy ledger_entries to '{work}/stolen.csv'",
    "create table t (i integer)",
    "create temp table t as select 1",
    "insert into partner_balances values ('p', 'x', 1, 1, 2)",
    "update partner_balances set current = 1000000",
    "delete from ledger_entries",
    "drop table ledger_entries",
    "call pragma_version()",
    "prepare a as select 1",
    "export database '{work}/out'",
    "import database '{work}/out'",
    "checkpoint",
    "vacuum",
    "begin",
    "use memory",
    "",
    "-- only a comment",
    "selec 1",
    "select * from no_such_table",
)


@pytest.mark.parametrize("query", HOSTILE)
def test_the_prompt_refuses_what_does_more_than_read(told: World, query: str) -> None:
    work = told.home.root / "work"
    text = query.replace("{work}", str(work)).replace("{home}", str(told.home.root))
    before = {path.name for path in work.iterdir()}
    with pytest.raises(QueryRefusedError) as refused:
        run_query(told.home, text)
    assert str(refused.value)
    assert {path.name for path in work.iterdir()} == before


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) from ledger_entries",
        "from ledger_entries limit 1",
        "with x as (select 1 as a) select a from x;",
        "-- what there is\nshow tables",
        "describe billing_transactions",
        "summarize ledger_entries",
        "explain select * from billing_transactions",
        "explain analyze select count(*) from billing_transactions",
        "select * from billing_transactions",  # a view over work files, which are allowed
        "select * from balances_as_of('2024-07-10', null)",
    ],
)
def test_the_prompt_answers_what_only_reads(told: World, query: str) -> None:
    answer = run_query(told.home, query)
    assert answer.columns
    assert answer.rows


def test_a_mistake_in_a_query_is_told_with_its_place(told: World) -> None:
    with pytest.raises(QueryRefusedError, match="no_such_table"):
        run_query(told.home, "select * from no_such_table")


def test_before_the_first_run_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing is published yet"):
        run_query(Home(tmp_path), "select 1")


@pytest.mark.parametrize("name", report_names())
def test_every_finance_query_runs_as_it_is(told: World, name: str) -> None:
    answer = run_query(told.home, sql_text(f"finance/{name}"))
    assert answer.columns
    assert "Grain:" in describe_report(name)
    assert answer.rows == run_report(told.home, name).rows
    assert answer.rows == run_report(told.home, name, program="rewards").rows
    assert run_report(told.home, name, program="another").rows == []


def test_the_liability_report_can_be_asked_as_of_a_date_and_as_known_then(told: World) -> None:
    then = run_report(told.home, "liability", as_of=date(2024, 7, 10), known_at=date(2024, 7, 31))
    assert [(row["tier"], row["current"]) for row in then.as_dicts()] == [
        ("Silver", Decimal("630")),
        ("Gold", Decimal("300")),
    ]


def test_ages_add_up_to_the_balances(told: World) -> None:
    for day in (date(2024, 6, 30), date(2024, 7, 20), date(2024, 9, 30), date(2025, 1, 20)):
        aged = run_report(told.home, "ageing", as_of=day).as_dicts()
        [(promised, current)] = told.ask(
            "select sum(promised), sum(greatest(current, 0)) from balances_as_of($day, null)",
            day=day,
        )
        by_bucket = {
            bucket: sum(row["points"] for row in aged if row["bucket"] == bucket)
            for bucket in ("promised", "current")
        }
        assert by_bucket == {"promised": promised, "current": current}


def test_the_roll_forward_report_leaves_nothing_unexplained(told: World) -> None:
    rows = run_report(told.home, "rollforward").as_dicts()
    assert {row["unexplained"] for row in rows} == {Decimal(0)}


def test_a_rule_change_shows_who_moved_most(told: World) -> None:
    rows = run_report(told.home, "rule_change_movers").as_dicts()
    assert rows[0]["partner_id"] == "P3"
    assert (rows[0]["points_before"], rows[0]["points_after"]) == (Decimal("400"), Decimal("480"))


def test_an_unknown_report_or_setting_is_told(told: World) -> None:
    with pytest.raises(KeyError, match="there are ageing, allocated_redeemed"):
        run_report(told.home, "profit")
    with pytest.raises(KeyError, match="cannot be asked by as_of"):
        run_report(told.home, "rollforward", as_of=date(2024, 7, 1))


def test_a_statement_opens_runs_and_closes(told: World) -> None:
    statement = statement_of(told.home, "rewards", "P3", date(2024, 7, 9), date(2024, 8, 31))
    assert statement.opening == 1500
    assert [(move.credit, move.debit, move.balance) for move in statement.moves] == [
        (None, Decimal("1200"), Decimal("300")),
        (None, Decimal("1100"), Decimal("-800")),
    ]
    assert statement.closing == Decimal("-800")
    assert statement.moves[1].description == (
        "Points of cycle 2024-04 taken back: sales and partners changed"
    )


def test_statements_without_bounds_close_with_the_balances(told: World) -> None:
    for partner, current in told.ask("select partner_id, current from partner_balances"):
        statement = statement_of(told.home, "rewards", partner)
        assert statement.closing == current
        assert statement.opening == 0
        moved = sum((m.credit or 0) - (m.debit or 0) for m in statement.moves)
        assert moved == statement.closing


def test_a_range_without_moves_keeps_the_balance_it_opened_with(told: World) -> None:
    statement = statement_of(told.home, "rewards", "P2", date(2024, 8, 1), date(2024, 8, 2))
    assert statement.moves == ()
    assert statement.opening == statement.closing == 320


def test_promised_points_are_told_apart_from_the_balance(told: World) -> None:
    statement = statement_of(told.home, "rewards", "P1", None, date(2024, 7, 5))
    assert statement.closing == 0
    assert statement.promised == 150 + 24  # 24 by the later change of rules


def test_a_statement_as_csv_has_every_line(told: World) -> None:
    text = statement_of(told.home, "rewards", "P3").as_csv()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["description"] == "Opening balance"
    assert rows[-1] | {"date": ""} == {
        "program": "rewards", "partner_id": "P3", "date": "", "description": "Closing balance",
        "credit": "", "debit": "", "balance": rows[-2]["balance"],
    }  # fmt: skip


class Page(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_a_printed_statement_escapes_what_came_from_a_file(told: World) -> None:
    page = as_html(statement_of(told.home, "rewards", "P2"))
    assert "&lt;b&gt;Bharat&lt;/b&gt;" in page
    parser = Page()
    parser.feed(page)
    assert not {"b", "script", "link", "img"} & set(parser.tags)
    assert parser.tags.count("tr") == 2 + 1 + len(statement_of(told.home, "rewards", "P2").moves)


def test_a_statement_of_an_unknown_partner_or_program_is_refused(told: World) -> None:
    with pytest.raises(UnknownPartnerError, match="knows no partner NOBODY"):
        statement_of(told.home, "rewards", "NOBODY")
    with pytest.raises(UnknownPartnerError):
        statement_of(told.home, "nothing", "P1")
