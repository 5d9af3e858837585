from __future__ import annotations

import pytest

from loyalty_pipeline.cases.case_file import CASE_FILE, CaseFileError, read_case
from tests.unit.cases.small_case import CASE, SALES, WriteCase


def mistakes(write_case: WriteCase, case: str, **files: str) -> str:
    folder = write_case({CASE_FILE: case, **files})
    with pytest.raises(CaseFileError) as error:
        read_case(folder)
    return str(error.value).replace(f"{folder}/", "")


def test_every_key_of_the_specification_is_understood(write_case: WriteCase) -> None:
    case = """\
title: Everything a step can say
steps:
  - on: 2025-04-02
    land: [sales.csv]
    run_again: true
    expect: {ledger_entries: expected/ledger.csv}
    expect_sql: [{query: select 1, rows: expected/ledger.csv}]
  - on: 2025-04-02
    rules: program.yaml
    refused: ["header", "line 1"]
    as_of: {effective: 2025-03-31, known: 2025-05-09}
    expect: {partner_balances: expected/ledger.csv}
expect_text: [{command: "explain --partner R1 --cycle 2025-04", contains: ["1,200"]}]
"""
    found = read_case(write_case({CASE_FILE: case}))
    assert [step.refused for step in found.case.steps] == [(), ("header", "line 1")]
    assert found.where("steps", 1, "as_of").endswith("case.yaml:11: steps[#2].as_of")


def test_a_feed_is_there_when_the_case_has_a_file_of_it(write_case: WriteCase) -> None:
    assert read_case(write_case()).feeds == ["sales"]
    with_partners = write_case({"partners_april.csv": "partner_id,name\nR1,Asha\n"})
    assert read_case(with_partners).feeds == ["sales", "partners"]


def test_all_mistakes_come_at_once_with_file_line_and_key(write_case: WriteCase) -> None:
    case = CASE.replace("on: 2025-07-01", "on: July").replace("land", "lands").replace("title", "t")
    assert mistakes(write_case, case).splitlines() == [
        "case.yaml:1: t: unknown key: known here are custom, expect, expect_sql, expect_text, "
        "steps, title",
        "case.yaml:1: title: is missing",
        "case.yaml:3: steps[#1].on: 'July' is no date: write it as year-month-day, like 2025-04-01",
        "case.yaml:4: steps[#1].lands: unknown key: did you mean land?",
    ]


def test_files_that_are_not_there_are_named(write_case: WriteCase) -> None:
    case = """\
title: Files are missing
steps:
  - on: 2025-07-01
    land: [sales.csv, sales_late.csv, invoices.csv]
    rules: program_v2.yaml
    expect: {ledger_entries: expected/then.csv}
expect_sql:
  - {query: select 1, rows: expected/one.csv}
"""
    assert mistakes(write_case, case, **{"invoices.csv": SALES}).splitlines() == [
        "case.yaml:4: steps[#1].land[#2]: there is no file 'sales_late.csv' in the case's folder",
        "case.yaml:4: steps[#1].land[#3]: 'invoices.csv' names no feed: start the file's name with "
        "one of sales, partners, distributors, stores, tenders, targets, redemptions, scans, "
        "claims, instructions",
        "case.yaml:5: steps[#1].rules: there is no file 'program_v2.yaml' in the case's folder",
        "case.yaml:6: steps[#1].expect.ledger_entries: there is no file 'expected/then.csv' in the "
        "case's folder",
        "case.yaml:8: expect_sql[#1].rows: there is no file 'expected/one.csv' in the case's "
        "folder",
    ]


def test_a_case_needs_its_rules(write_case: WriteCase) -> None:
    folder = write_case()
    (folder / "program.yaml").unlink()
    with pytest.raises(CaseFileError, match=r"there is no program\.yaml beside it"):
        read_case(folder)


def test_steps_go_forward(write_case: WriteCase) -> None:
    case = CASE.replace("expect:", "  - on: 2025-06-30\nexpect:", 1)
    assert mistakes(write_case, case) == (
        "case.yaml:5: steps[#2].on: 2025-06-30 is before the step of 2025-07-01: steps go forward"
    )


def test_an_as_of_without_a_table_and_a_refusal_of_nothing_are_mistakes(
    write_case: WriteCase,
) -> None:
    later = "  - on: 2025-07-02\n    as_of: {known: 2025-07-01}\n    refused: [x]\nexpect:"
    found = mistakes(write_case, CASE.replace("expect:", later, 1))
    assert found.splitlines() == [
        "case.yaml:6: steps[#2].as_of: says when, and the step expects no table: add expect",
        "case.yaml:7: steps[#2].refused: nothing can be refused: the step has neither land nor "
        "rules",
    ]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("", "case.yaml:1: the file is empty"),
        ("- on: 2025-07-01\n", "case.yaml:1: a case is a group of keys: title, steps, expect …"),
        ("title: [\n", "case.yaml:2: this is no YAML"),
        ("title: X\nsteps: []\n", "case.yaml:2: steps: needs at least one"),
        (
            "title: X\nsteps: [{on: 2025-07-01, land: sales.csv}]\n",
            "case.yaml:2: steps[#1].land: expected a list (lines that start with -), got "
            "'sales.csv'",
        ),
    ],
)
def test_what_is_no_case_says_so(write_case: WriteCase, case: str, message: str) -> None:
    assert mistakes(write_case, case).startswith(message)


def test_custom_fields_of_a_case_belong_to_feeds_that_have_them(write_case: WriteCase) -> None:
    custom = "custom: {sales: {size: whole_number}, partners: {city: text}}\n"
    found = read_case(write_case({CASE_FILE: custom + CASE}))
    assert found.case.custom == {"sales": {"size": "whole_number"}, "partners": {"city": "text"}}
    wrong = "custom: {scans: {size: text}}\n" + CASE
    assert mistakes(write_case, wrong).splitlines() == [
        "case.yaml:1: custom.scans: scans has no custom fields: only distributors, partners, "
        "sales, stores have",
    ]
    wrong = "custom: {sales: {size: number}}\n" + CASE
    assert "custom.sales.size: 'number' is not one of" in mistakes(write_case, wrong)
