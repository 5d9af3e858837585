"""The verbs as their user meets them, on the home a demo left behind."""

from __future__ import annotations

import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loyalty_pipeline.cli import main
from loyalty_pipeline.cli.common import all_programs
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse.home import Home

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = "retailer_rewards"
TODAY = "2025-10-12"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home in which the demo was told, and what it printed."""
    home = tmp_path_factory.mktemp("demo") / "home"
    patch = pytest.MonkeyPatch()
    patch.setenv("LOYALTY_HOME", str(home))
    patch.setenv("LOYALTY_PROGRAMS", str(ROOT / "data" / "programs"))
    result = CliRunner().invoke(main, ["demo"])
    patch.undo()
    assert result.exit_code == 0, result.output
    return home, result.output


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of program files that may be edited."""
    folder = tmp_path / "programs"
    shutil.copytree(ROOT / "data" / "programs", folder)
    return folder


@pytest.fixture
def home(
    told: tuple[Path, str], tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of the demo's home, published there, its own programs, and a business date."""
    copy = tmp_path / "home"
    shutil.copytree(told[0], copy)
    known = [all_programs(Home(copy), programs)[PROGRAM]]
    assert publish(Home(copy), known, date.fromisoformat(TODAY))
    monkeypatch.setenv("LOYALTY_HOME", str(copy))
    monkeypatch.setenv("LOYALTY_PROGRAMS", str(programs))
    monkeypatch.setenv("LOYALTY_TODAY", TODAY)
    return copy


def loyalty(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def rows(*words: str) -> list[dict[str, object]]:
    result = loyalty(*words, "--format", "json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_the_demo_tells_the_whole_way_from_the_drop_to_the_liability(
    told: tuple[Path, str],
) -> None:
    text = told[1]
    for word in (
        "files on an SFTP server",
        "fetching sales_2024-04.csv",
        "the same bytes are staged already",
        "late file came for the first",
        "exceeds_balance",
        "Band s3 changes from 0.35%",
        "rules changed",
        "The backfill posts only differences",
        "Liability",
        "dagster dev",
    ):
        assert word in text


def test_the_demo_refuses_a_home_that_holds_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    monkeypatch.setenv("LOYALTY_HOME", str(tmp_path))
    result = loyalty("demo")
    assert result.exit_code == 2
    assert "holds data that no demo wrote" in result.output
    assert (tmp_path / "precious.txt").exists()


def test_explain_says_every_figure_of_the_credit_note(home: Path) -> None:
    text = loyalty("explain", "--partner", "P0008", "--cycle", "2024-04").output
    for word in (
        "took 40,000.00 from INV-2406-0009",
        "Net sales of the cycle: 7,80,000.00",
        "7,80,000.00 × 0.2% = 1,560",
        "2,460 promised on 10 Jul 2024, to accrue on 8 Jul 2024",
        "current → issued    900",
        "Posted 1,560, allocated 1,560: they agree.",
        "20,000.00 more sales reach s2 and tier Gold, which pays 2,400 points.",
    ):
        assert word in text


def test_explain_finds_an_award_by_its_entry(home: Path) -> None:
    [entry] = rows(
        "sql",
        "select entry_id from ledger_entries where partner_id = 'P0008' and kind = 'reversal'",
    )
    text = loyalty("explain", "--entry", str(entry["entry_id"])).output
    assert "cycle 2024-04, partner P0008" in text


def test_explain_of_a_cycle_that_does_not_exist_names_those_around_it(home: Path) -> None:
    result = loyalty("explain", "--partner", "P0008", "--cycle", "2024-05")
    assert result.exit_code == 2
    assert "2024-04" in result.output
    assert "2024-07" in result.output


def test_explain_of_a_partner_nobody_knows_says_so(home: Path) -> None:
    result = loyalty("explain", "--partner", "P9999", "--cycle", "2024-04")
    assert result.exit_code == 2
    assert "nothing of partner P9999" in result.output


def test_a_statement_closes_with_the_balance(home: Path, tmp_path: Path) -> None:
    text = loyalty("statement", "--partner", "P0008", "--format", "csv").stdout
    [balance] = rows("sql", "select current from partner_balances where partner_id = 'P0008'")
    closing = text.strip().splitlines()[-1].split(",")[-1]
    assert Decimal(closing) == Decimal(str(balance["current"]))
    page = tmp_path / "page.html"
    assert loyalty("statement", "--partner", "P0008", "--page", str(page)).exit_code == 0
    assert "Nair Lights" in page.read_text()


def test_figures_of_a_statement_are_grouped_as_everywhere(home: Path) -> None:
    result = loyalty("statement", "--partner", "P0008")
    assert "2,460" in result.output
    assert "Promised, not part of the balance: 0\n" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--page", "/nowhere/p8.html"), "/nowhere/p8.html: no such file or directory"),
        (("--from", "2025-05-01", "--to", "2025-04-30"), "--to 2025-04-30 lies before --from"),
    ],
)
def test_a_slip_is_told_in_one_line(home: Path, words: tuple[str, ...], said: str) -> None:
    result = loyalty("statement", "--partner", "P0008", *words)
    assert result.exit_code == 2
    assert said in result.output


def test_a_sale_that_does_not_count_is_explained_with_nothing(home: Path) -> None:
    lines = loyalty("explain", "--partner", "P9999", "--cycle", "2024-07").output.splitlines()
    (found,) = [line for line in lines if "unmatched" in line]
    assert found.count("79,222.31") == 1
    assert " 0.00 " in found


def test_a_query_may_begin_with_a_comment(home: Path) -> None:
    assert rows("sql", "-- The least there is.\nselect 1 as one") == [{"one": 1}]


def test_every_report_runs_as_it_is(home: Path) -> None:
    reports = rows("report")
    assert {"liability", "rollforward"} <= {str(report["report"]) for report in reports}
    for report in reports:
        assert loyalty("report", str(report["report"])).exit_code == 0


@pytest.mark.parametrize(
    "query", ["delete from ledger_entries", "copy ledger_entries to 'x.csv'", "select 1; select 2"]
)
def test_the_prompt_only_reads(home: Path, query: str) -> None:
    result = loyalty("sql", query)
    assert result.exit_code == 2


def test_files_and_quarantine_show_what_did_not_count_and_why(home: Path) -> None:
    [duplicate] = rows("files", "--status", "duplicate")
    assert duplicate["file"] == "sales_2024-08_2.csv"
    lines = rows("quarantine", "--file", "sales_2024-10.csv")
    assert {line["reasons"] for line in lines} == {
        "document_date_format",
        "amount_format",
        "amount_missing",
        "other_line",
    }


def test_every_row_of_every_file_is_accounted_for(home: Path) -> None:
    for file in rows("files"):
        parts = [file[part] for part in ("staged", "quarantined", "superseded")]
        assert file["in"] == sum(int(str(part)) for part in parts)


def test_a_rule_is_changed_checked_backfilled_and_only_differences_are_posted(
    home: Path, programs: Path
) -> None:
    file = programs / f"{PROGRAM}.yaml"
    before = rows("sql", "select max(seq) as seq, sum(points) as points from ledger_entries")
    assert rows("stale", "--program", PROGRAM) == []
    file.write_text(file.read_text().replace("rate: 0.2%", "rate: 0.25%"))
    checked = loyalty("rules", "check", str(file))
    assert checked.exit_code == 0
    assert "stale: 2024-04, 2024-07, 2024-10, 2025-01, 2025-04, 2025-07" in checked.output
    stale = rows("stale", "--program", PROGRAM)
    assert {str(row["why"]) for row in stale} == {"rules changed"}
    done = loyalty("backfill", "--program", PROGRAM, "--cycles", "2024-04..2025-07")
    assert done.exit_code == 0, done.output
    assert rows("stale", "--program", PROGRAM) == []
    posted = rows(
        "sql",
        f"select distinct kind, reason from ledger_entries where seq > {before[0]['seq']}",
    )
    assert {str(row["reason"]) for row in posted} <= {"rules changed", "promise accrued"}
    again = loyalty("backfill", "--program", PROGRAM, "--cycles", "2024-04..2025-07")
    assert again.exit_code == 0
    assert loyalty("ledger", "verify").exit_code == 0


def test_rules_that_read_more_of_what_is_staged_leave_cycles_to_a_backfill(
    home: Path, programs: Path
) -> None:
    """Rules of events read stores, lines and tenders besides: no sales have changed by that."""
    file = programs / f"{PROGRAM}.yaml"
    file.write_text(
        file.read_text()
        + """    strategies:
      - {id: piece, type: prorated, basis: quantity, value: 1, per: 1}
    rulesets:
      - event: transaction
        match: all
        rules:
          - {id: r1, when: "document_type = 'invoice'", then: [{allocate: piece}]}
"""
    )
    stale = rows("stale", "--program", PROGRAM)
    assert {str(row["why"]) for row in stale} == {"rules changed"}


def test_five_mistakes_in_a_rules_file_are_told_at_once_with_their_lines(
    home: Path, programs: Path
) -> None:
    file = programs / f"{PROGRAM}.yaml"
    text = file.read_text()
    for old, new in (
        ("cycle: quarter", "cycle: fortnight"),
        ("rate: 0.2%", "rate: 0.2"),
        ("mode: whole", "mode: some"),
        ("currency: INR", "currency: rupees"),
        ("tier: Gold", "tier: Golden"),
    ):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    result = loyalty("rules", "check", str(file))
    assert result.exit_code == 1
    mistakes = [line for line in result.output.splitlines() if line.startswith(str(file))]
    assert len(mistakes) == 5
    assert all(line.removeprefix(f"{file}:").split(":")[0].isdigit() for line in mistakes)


def test_a_tampered_ledger_does_not_verify(home: Path) -> None:
    header = sorted((home / "journal" / "program" / PROGRAM).glob("*.json"))[3]
    header.chmod(0o644)
    header.write_bytes(header.read_bytes().replace(b'"run_id":"demo', b'"run_id":"nemo'))
    result = loyalty("ledger", "verify")
    assert result.exit_code == 1
    assert "commit 5: the chain is broken" in result.output


def test_a_run_for_an_earlier_day_is_refused(home: Path, programs: Path) -> None:
    file = programs / f"{PROGRAM}.yaml"
    file.write_text(file.read_text().replace("rate: 0.2%", "rate: 0.25%"))
    result = loyalty("backfill", "--cycles", "2024-04", "--as-of", "2024-08-01")
    assert result.exit_code == 2
    assert "is at business date 2025-10-10" in result.output


def test_a_run_for_a_mistyped_day_is_refused_and_later_ones_are_not(
    home: Path, programs: Path
) -> None:
    file = programs / f"{PROGRAM}.yaml"
    file.write_text(file.read_text().replace("rate: 0.2%", "rate: 0.25%"))
    result = loyalty("backfill", "--cycles", "2024-04", "--as-of", "2152-10-10")
    assert result.exit_code == 2
    assert "this run is for 2152-10-10, after which no run could be for an earlier" in result.output
    again = loyalty("backfill", "--cycles", "2024-04")
    assert again.exit_code == 0, again.output


def test_rules_new_schema_show_and_diff(home: Path, programs: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "mine.yaml"
    assert loyalty("rules", "new", str(fresh)).exit_code == 0
    assert loyalty("rules", "new", str(fresh)).exit_code == 2
    same = loyalty("rules", "diff", str(programs / f"{PROGRAM}.yaml"), str(fresh))
    assert "They mean the same." in same.output
    assert json.loads(loyalty("rules", "schema").stdout)["title"]
    bands = rows("rules", "show", "--slabs", "--cycle", "2025-04")
    assert [band["slab"] for band in bands] == [None, "s1", "s2", "s2", "s3"]
    said = {row["what"]: row["says"] for row in rows("rules", "show", "--cycle", "2025-04")}
    assert said["the slab mode"] == "whole"
    assert said["band s1"] == "0.2% (500000 to 800000, Silver)"


def test_a_tier_without_a_value_is_told_where_rules_are_checked_and_published(
    home: Path, programs: Path
) -> None:
    file = programs / f"{PROGRAM}.yaml"
    text = file.read_text()
    file.write_text(
        text
        + """    strategies:
      - {id: base, type: prorated, value: {Gold: 1%, Platinum: 2%}}
    rulesets:
      - event: transaction
        match: all
        rules:
          - {id: earn, when: "true", then: [{allocate: base}]}
"""
    )
    note = "Note: versions[2024-04-01].strategies[base].value: no value for Base, Silver: who holds"
    assert note in loyalty("rules", "check", str(file)).output
    assert note in loyalty("rules", "publish", "--program", PROGRAM).output
    said = {row["what"]: row["says"] for row in rows("rules", "show", "--cycle", "2025-04")}
    assert said["rule earn of transaction"] == "when true: allocate base"


def test_a_table_wider_than_the_page_cuts_no_figure(home: Path) -> None:
    wide = ", ".join(f"{points} as points_of_cycle_{points}" for points in range(1560, 1575))
    shown = loyalty("sql", f"select {wide}").stdout.split()
    for points in range(1560, 1575):
        assert {f"{points:,}", f"points_of_cycle_{points}"} <= set(shown)


@pytest.mark.parametrize(
    "verb",
    ["demo", "run", "backfill", "stale", "rules", "explain", "statement", "report", "sql",
     "ledger", "files", "quarantine"],
)  # fmt: skip
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    result = loyalty(verb, "--help")
    assert result.exit_code == 0
    assert "Example:" in result.output or "Commands:" in result.output
