from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from loyalty_pipeline.cases import report, run_case, run_cases
from loyalty_pipeline.cases import runner as case_runner
from loyalty_pipeline.cases.workers import WorkerError, run_in_workers
from loyalty_pipeline.warehouse import engine, sql_files
from tests.unit.cases.small_case import CASE, LEDGER, PROGRAM, SALES, WriteCase

LATE = SALES.replace("INV-1", "INV-2").replace("600000", "300000")
NEXT_STEP = "  - on: 2025-07-20\n    {}\nexpect:"
Plant = pytest.MonkeyPatch


def with_step(text: str) -> str:
    """The small case with one more step before what is expected at the end."""
    return CASE.replace("expect:", NEXT_STEP.format(text.replace("\n", "\n    ")), 1)


def told(folder: Path) -> list[str]:
    """The differences of a case, with file names relative to its folder."""
    return [text.replace(f"{folder}/", "") for text in run_case(folder).differences]


def plant(monkeypatch: Plant, file: str, good: str, bad: str) -> None:
    """Put a bug into one of the product's SQL files."""
    text = sql_files.sql_text(file)
    assert good in text
    changed = text.replace(good, bad)
    monkeypatch.setattr(
        engine, "sql_text", lambda name: changed if name == file else sql_files.sql_text(name)
    )


def test_a_case_that_comes_out_as_expected_passes(write_case: WriteCase) -> None:
    result = run_case(write_case())
    assert (result.passed, result.differences, result.title) == (True, (), "Six lakh earn 1,200")


def test_a_wrong_expectation_fails_with_a_readable_difference(write_case: WriteCase) -> None:
    folder = write_case({"expected/ledger.csv": LEDGER.replace("1200", "1201")})
    assert told(folder) == [
        "case.yaml:6: expect.ledger_entries: differs from expected/ledger.csv:\n"
        "  line 2 (partner_id R1, kind promise): points: expected 1201, found 1200"
    ]


@pytest.mark.parametrize(
    ("file", "good", "bad"),
    [
        ("earning/slab_points_whole", "value >= bands", "value > bands"),
        ("earning/slab_points_whole", "value < bands", "value <= bands"),
    ],
)
def test_a_bug_in_the_product_is_caught_at_a_boundary(
    write_case: WriteCase, monkeypatch: Plant, file: str, good: str, bad: str
) -> None:
    sales = (
        SALES + "INV-2,invoice,2025-05-10,R2,D1,1,500000\nINV-3,invoice,2025-05-10,R3,D1,1,800000\n"
    )
    ledger = "partner_id,points\nR1,1200\nR2,1000\nR3,2400\n"
    folder = write_case({"sales.csv": sales, "expected/ledger.csv": ledger})
    assert run_case(folder).passed
    plant(monkeypatch, file, good, bad)
    assert not run_case(folder).passed


def test_a_second_run_that_posts_again_is_caught(write_case: WriteCase, monkeypatch: Plant) -> None:
    case = with_step("run_again: true") + "expect_sql: []\n"
    ledger = LEDGER + "R1,release,1200\n"
    folder = write_case({"case.yaml": case, "expected/ledger.csv": ledger})
    assert run_case(folder).passed
    released = "sum(case when kind = 'release' then points else 0 end)"
    plant(monkeypatch, "ledger/open_promises", f"{released} as released", "0 as released")
    found = told(folder)
    assert found[0] == (
        "case.yaml:5: steps[#2] on 2025-07-20: run_again: the second run posted a commit of kind "
        "release (2025-04, 1 entries)"
    )


def test_what_is_due_comes_before_what_arrives(write_case: WriteCase) -> None:
    # On 20 July the promise has been due since the 8th: the credit note takes current points.
    note = SALES.replace("INV-1,invoice", "CN-1,credit_note").replace("600000", "-50000")
    ledger = "kind,from_account,points\npromise,issued,1200\nrelease,promised,1200\n"
    folder = write_case(
        {
            "case.yaml": with_step("land: [sales_note.csv]"),
            "sales_note.csv": note,
            "expected/ledger.csv": ledger + "reversal,current,100\n",
        }
    )
    assert told(folder) == []


def test_new_rules_are_backfilled_with_what_arrives_the_same_day(write_case: WriteCase) -> None:
    # 9,00,000 at the new 0.4% are 3,600: one difference of 2,400, not one for each reason.
    folder = write_case(
        {
            "case.yaml": with_step("land: [sales_late.csv]\nrules: program_v2.yaml"),
            "program_v2.yaml": PROGRAM.replace("0.3%", "0.4%"),
            "sales_late.csv": LATE,
            "expected/ledger.csv": "kind,points\npromise,1200\nrelease,1200\npromise,2400\n"
            "release,2400\n",
        }
    )
    assert told(folder) == []


def test_a_refusal_must_be_announced(write_case: WriteCase) -> None:
    folder = write_case({"sales.csv": SALES.replace("amount", "amt")})
    found = told(folder)[0]
    assert found.startswith(
        "case.yaml:3: steps[#1] on 2025-07-01: refused, which the step does not expect: sales.csv: "
    )


def test_an_announced_refusal_must_come_and_say_so(write_case: WriteCase) -> None:
    case = CASE.replace("land: [sales.csv]", 'land: [sales.csv]\n    refused: ["amt", "line 9"]')
    assert told(write_case({"case.yaml": case})) == [
        "case.yaml:3: steps[#1] on 2025-07-01: nothing was refused; expected a refusal that says: "
        "amt, line 9"
    ]
    bad = SALES.replace("amount", "amt")
    found = told(write_case({"case.yaml": case, "sales.csv": bad, "expected/ledger.csv": "kind\n"}))
    assert len(found) == 1
    assert "expected a message that contains 'line 9', it says: sales.csv: line 1" in found[0]


def test_refused_rules_leave_the_ones_in_force(write_case: WriteCase) -> None:
    case = with_step('rules: program_bad.yaml\nrefused: ["program_bad.yaml:15", "0.2%"]')
    ledger = LEDGER + "R1,release,1200\n"
    bad = PROGRAM.replace("rate: 0.2%", "rate: 0.2")
    files = {"case.yaml": case, "program_bad.yaml": bad, "expected/ledger.csv": ledger}
    assert told(write_case(files)) == []


def test_a_case_without_any_good_rules_compares_nothing_silently(write_case: WriteCase) -> None:
    case = CASE.replace("land: [sales.csv]", 'refused: ["currency"]')
    folder = write_case({"case.yaml": case, "program.yaml": PROGRAM.replace("INR", "rupees")})
    [found] = told(folder)
    assert "no rules are in force" in found


def test_rules_of_another_program_are_refused(write_case: WriteCase) -> None:
    case = with_step('rules: program_b.yaml\nrefused: ["is another program"]')
    other = PROGRAM.replace("retailer_rewards", "dealer_club")
    ledger = LEDGER + "R1,release,1200\n"
    files = {"case.yaml": case, "program_b.yaml": other, "expected/ledger.csv": ledger}
    assert told(write_case(files)) == []


def test_sources_of_the_program_file_are_replaced_by_the_cases_own(write_case: WriteCase) -> None:
    sources = """\
sources:
  - id: dms
    host: sftp.example.org
    user: loyalty
    password: {env: NOT_SET_ANYWHERE}
    known_hosts: nowhere
    feeds: {sales: {pattern: '.*[.]txt'}, partners: {pattern: 'p.*'}}
versions:"""
    # The case has no partners file, so every partner is known, whatever that source says.
    assert told(write_case({"program.yaml": PROGRAM.replace("versions:", sources)})) == []


def test_queries_and_texts_are_expected_too(write_case: WriteCase) -> None:
    asked = """\
expect_sql:
  - {query: "select count(*) as n from ledger_entries", rows: expected/n.csv}
  - {query: "select no_such_column from ledger_entries", rows: expected/n.csv}
  - {query: "drop table ledger_entries", rows: expected/n.csv}
expect_text:
  - {command: "explain --partner R1 --cycle 2025-04", contains: ["1,200", "no such words"]}
  - {command: "statement --partner R1", contains: ["Opening balance"]}
  - {command: "statement --partner NOBODY", contains: ["x"]}
  - {command: "dance --partner R1", contains: ["x"]}
  - {command: "explain --partner R1", contains: ["x"]}
"""
    files = {"case.yaml": CASE + asked, "expected/n.csv": "n\n1\n"}
    found = told(write_case(files))
    assert "expect_sql[#2]: the query does not run" in found[0]
    assert "expect_sql[#3]: the query does not run: only SELECT" in found[1]
    assert (
        "expect_text[#1]: 'explain --partner R1 --cycle 2025-04' does not say 'no such words'"
        in (found[2])
    )
    assert "expect_text[#3]: 'statement --partner NOBODY': " in found[3]
    assert "expect_text[#4]: 'dance' is no command that a case can run" in found[4]
    assert "expect_text[#5]: 'explain --partner R1': write it like explain --partner" in found[5]
    assert len(found) == 6


def test_tables_that_are_not_there_or_not_as_of_another_day_are_named(
    write_case: WriteCase,
) -> None:
    case = with_step("as_of: {known: 2025-07-02}\nexpect: {cycle_sales: expected/ledger.csv}")
    case = case.replace("  ledger_entries:", "  entries:")
    found = told(write_case({"case.yaml": case}))
    assert "'cycle_sales' cannot be asked as of another day" in found[0]
    assert "expect.entries: there is no table 'entries', only account_statement, " in found[1]


def test_a_case_that_breaks_the_product_is_one_failed_case(
    write_case: WriteCase, monkeypatch: Plant
) -> None:
    plant(monkeypatch, "earning/cycle_sales", "from sales_of_months", "from no_such_table")
    [found] = told(write_case())
    assert found.startswith("case.yaml:3: steps[#1] on 2025-07-01: stopped: CatalogException")


def test_every_case_has_a_home_of_its_own_that_is_removed(
    write_case: WriteCase, tmp_path: Path, monkeypatch: Plant
) -> None:
    homes = tmp_path / "homes"
    homes.mkdir()
    monkeypatch.setattr(case_runner, "_MEMORY", homes)
    write_case(name="b/second")
    write_case(name="a/first")
    assert [result.passed for result in run_cases(tmp_path)] == [True, True]
    assert list(homes.iterdir()) == []


def test_many_cases_run_in_processes_of_their_own_with_the_same_results(
    write_case: WriteCase, tmp_path: Path, monkeypatch: Plant
) -> None:
    write_case(name="a")
    write_case({"expected/ledger.csv": LEDGER.replace("1200", "1,5 “lakh”")}, name="b/ü")
    write_case({"case.yaml": "title: 1\n"}, name="c")
    one_by_one = run_cases(tmp_path)
    monkeypatch.setattr(case_runner, "worthwhile", lambda cases: 2)
    assert [replace(result, seconds=0.0) for result in run_cases(tmp_path)] == [
        replace(result, seconds=0.0) for result in one_by_one
    ]
    assert [result.passed for result in one_by_one] == [True, False, False]


def test_a_worker_that_dies_is_not_taken_for_success(
    write_case: WriteCase, monkeypatch: Plant
) -> None:
    folder = write_case()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(WorkerError, match="a worker ended with code 1"):
        run_in_workers([folder], 1)


def test_the_report_has_a_line_a_case_its_differences_and_the_counts(
    write_case: WriteCase, tmp_path: Path
) -> None:
    write_case(name="one")
    write_case({"expected/ledger.csv": "points\n"}, name="two")
    write_case({"case.yaml": "steps: 1\n"}, name="without_title")
    lines = report(run_cases(tmp_path)).replace(f"{tmp_path}/", "").splitlines()
    assert lines[0].startswith("passed  one: Six lakh earn 1,200 (")
    assert lines[1].startswith("FAILED  two: Six lakh earn 1,200 (")
    assert lines[2:4] == [
        "    two/case.yaml:6: expect.ledger_entries: differs from expected/ledger.csv:",
        "      not expected: points 1200",
    ]
    assert lines[4].startswith("FAILED  without_title (")
    assert lines[-1] == "1 passed, 2 failed"


def test_custom_fields_of_a_case_are_read_and_known_to_its_rules(write_case: WriteCase) -> None:
    program = (
        PROGRAM
        + """\
    strategies: [{id: base, type: prorated, basis: {document: size}, per: 1, value: 2}]
    rulesets:
      - event: transaction
        match: all
        rules: [{id: r1, when: "size > 5", then: [{allocate: base}]}]
"""
    )
    text = "\n".join(run_case(write_case({"program.yaml": program}, "without")).differences)
    assert "size is no custom field of the document" in text
    assert "unknown column size" in text
    # Once it is declared, the rules are taken; a file whose size is no number is kept out.
    custom = "custom: {sales: {size: whole_number}}\n"
    sales = SALES.replace("amount", "amount,size").replace("600000", "600000,large")
    expected = "feed,reasons\nsales,size_not_whole\n"
    case = f"{custom}{CASE.partition('expect:')[0]}expect: {{quarantine: expected/q.csv}}\n"
    files = {"case.yaml": case, "sales.csv": sales, "expected/q.csv": expected}
    assert run_case(write_case({"program.yaml": program, **files}, "with")).passed
