"""A missing file holds up the close of a cycle, everywhere alike, until it comes."""

from __future__ import annotations

from datetime import date

from click.testing import CliRunner, Result

from loyalty_pipeline import pipeline
from loyalty_pipeline.cli import main
from loyalty_pipeline.ledger.posting import outlook, stale_cycles
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader
from tests.orchestration.shop import PROGRAM, Shop, answers
from tests.properties import reading

PATTERN = r"pattern: 'sales_(?P<period>\d{4}-\d{2})(?:_(?P<sequence>\d+))?\.csv'"
BY_DISTRIBUTOR = (
    r"pattern: 'sales_(?P<period>\d{4}-\d{2})_(?P<distributor>D\d)(?:_(?P<sequence>\d+))?\.csv'"
)
EXPECTED = "expected: {per: distributor_and_month, first_period: 2024-04, distributors: [D1, D2]}"


def expect(shop: Shop, more: str, pattern: str = BY_DISTRIBUTOR) -> Program:
    """Rules whose sales feed says which files to expect."""
    shop.write_rules()
    path = shop.programs / f"{PROGRAM}.yaml"
    text = path.read_text()
    assert PATTERN in text
    path.write_text(text.replace(PATTERN, f"{pattern}, {more}"))
    return load_program(path)


def deliver_first_quarter(shop: Shop, *, but_for: tuple[str, ...] = ()) -> None:
    partners = [["P1", "One", "2024-01-01"], ["P2", "Two", "2024-01-01"]]
    shop.deliver("partners_2024-04-01.csv", ("partner_id", "name", "enrolled_on"), partners)
    for month in ("04", "05", "06"):
        for distributor in ("D1", "D2"):
            name = f"sales_2024-{month}_{distributor}.csv"
            if name not in but_for:
                number = f"{distributor}{month}"
                shop.deliver_sales(name, f"{number} 2024-{month}-10 P1 2000")


def run_on(shop: Shop, program: Program, day: str, said: list[str] | None = None) -> RunReport:
    clock = Clock.on(date.fromisoformat(day))
    progress = (said if said is not None else []).append
    return pipeline.run(program, shop.home, clock, f"run of {day}", progress=progress)


def is_closed(home: Home) -> bool:
    return program_state(program_journal(home, PROGRAM)).is_closed("2024-04")


def covered(home: Home) -> list[tuple[object, ...]]:
    with open_reader(home) as reader:
        return reader.ask(
            "select period, distributor, sequence, status, blocks from coverage "
            "where status <> 'arrived' order by all"
        ).rows


def test_a_cycle_waits_with_its_close_for_the_file_that_is_missing(open_shop: Shop) -> None:
    program = expect(open_shop, EXPECTED)
    deliver_first_quarter(open_shop, but_for=("sales_2024-05_D2.csv",))
    said: list[str] = []
    report = run_on(open_shop, program, "2024-07-01", said)
    assert [posting.closed for posting in report.postings] == [False]
    assert report.entries == 0
    told = "2024-04 waits for sales of D2, 2024-05 (expected since 5 June)"
    assert [waiting.in_words for waiting in report.held_up] == [told]
    assert f"{PROGRAM} {told}" in said
    assert not is_closed(open_shop.home)
    assert covered(open_shop.home) == [
        ("2024-05", "D2", None, "overdue", date(2024, 5, 31)),
        # the month before the run's has ended, and its file is not late yet
    ]
    again = run_on(open_shop, program, "2024-07-02")
    assert again.postings == []
    assert stale_cycles(program, open_shop.home, date(2024, 7, 2)) == []

    open_shop.deliver_sales("sales_2024-05_D2.csv", "D205 2024-05-10 P1 2000")
    after = run_on(open_shop, program, "2024-07-03")
    assert [posting.closed for posting in after.postings] == [True]
    assert after.held_up == []
    assert is_closed(open_shop.home)
    assert covered(open_shop.home) == []


def test_a_file_that_changes_no_sale_still_lets_the_cycle_close(open_shop: Shop) -> None:
    """Bytes that came before have no effect, but the file has come."""
    program = expect(open_shop, EXPECTED)
    deliver_first_quarter(open_shop, but_for=("sales_2024-05_D2.csv",))
    run_on(open_shop, program, "2024-07-10")
    assert not is_closed(open_shop.home)
    for end in ("", ".ctl"):
        content = (open_shop.folder / f"sales_2024-05_D1.csv{end}").read_bytes()
        (open_shop.folder / f"sales_2024-05_D2.csv{end}").write_bytes(content)
    run_on(open_shop, program, "2024-07-11")
    assert is_closed(open_shop.home)


def test_what_is_missing_changes_by_the_mere_passing_of_days(open_shop: Shop) -> None:
    program = expect(open_shop, EXPECTED)
    deliver_first_quarter(open_shop, but_for=("sales_2024-06_D2.csv",))
    seen = []
    for day in ("2024-06-30", "2024-07-01", "2024-07-04", "2024-07-05"):
        run_on(open_shop, program, day)
        seen.append([row[3] for row in covered(open_shop.home)])
    assert seen == [[], ["missing"], ["missing"], ["overdue"]]


def test_a_closed_cycle_is_not_opened_again_by_what_is_found_missing_later(
    open_shop: Shop,
) -> None:
    program = expect(open_shop, "if_missing: proceed")
    deliver_first_quarter(open_shop, but_for=("sales_2024-05_D2.csv",))
    run_on(open_shop, program, "2024-07-01")
    assert is_closed(open_shop.home)
    posted = reading.entries(open_shop.home, PROGRAM)
    strict = expect(open_shop, EXPECTED)
    report = run_on(open_shop, strict, "2024-07-02")
    assert report.entries == 0
    assert is_closed(open_shop.home)
    open_shop.deliver_sales("sales_2024-04_D1_2.csv", "X1 2024-04-20 P1 4000")
    report = run_on(open_shop, strict, "2024-07-03")
    assert [posting.closed for posting in report.postings] == [True]
    assert reading.entries(open_shop.home, PROGRAM) != posted


def test_where_the_contract_says_proceed_the_cycle_closes_without_the_file(
    open_shop: Shop,
) -> None:
    program = expect(open_shop, f"{EXPECTED}, if_missing: proceed")
    deliver_first_quarter(open_shop, but_for=("sales_2024-05_D2.csv",))
    run_on(open_shop, program, "2024-07-01")
    assert is_closed(open_shop.home)
    assert covered(open_shop.home)[0][3:] == ("overdue", None)


def test_by_default_files_are_expected_of_the_distributors_that_are_known(
    open_shop: Shop,
) -> None:
    """Of those in the first file of all months, of later ones since they joined."""
    expect(open_shop, "expected: {per: distributor_and_month, first_period: 2024-04}")
    path = open_shop.programs / f"{PROGRAM}.yaml"
    feed = r"distributors: {pattern: 'distributors_(?P<date>\d{4}-\d{2}-\d{2})\.csv'}"
    path.write_text(
        path.read_text().replace("      partners: {", f"      {feed}\n      partners: {{")
    )
    program = load_program(path)
    columns, first = ("distributor_id", "name"), [["D1", "One"]]
    open_shop.deliver("distributors_2024-05-20.csv", columns, first)
    open_shop.deliver("distributors_2024-06-02.csv", columns, [*first, ["D2", "Two"]])
    open_shop.deliver_sales("sales_2024-04_D1.csv", "A1 2024-04-10 P1 2000")
    run_on(open_shop, program, "2024-07-01")
    assert [row[:4] for row in covered(open_shop.home)] == [
        ("2024-05", "D1", None, "overdue"),
        ("2024-06", "D1", None, "missing"),
        ("2024-06", "D2", None, "missing"),
    ]


def test_a_gap_in_the_numbers_holds_up_the_cycles_it_may_belong_to(open_shop: Shop) -> None:
    program = expect(open_shop, "gapless_from: 1", PATTERN)
    open_shop.deliver_sales("sales_2024-04_1.csv", "A1 2024-04-10 P1 2000")
    open_shop.deliver_sales("sales_2024-06_3.csv", "A3 2024-06-10 P1 2000")
    open_shop.deliver_sales("sales_2024-07_4.csv", "A4 2024-07-10 P1 2000")
    report = run_on(open_shop, program, "2024-10-01")
    assert [(posting.cycle, posting.closed) for posting in report.postings] == [
        ("2024-04", False),
        ("2024-07", True),
    ]
    assert [one.in_words for one in report.held_up] == [
        "2024-04 waits for sales number 2 (a later one has come)"
    ]
    open_shop.deliver_sales("sales_2024-05_2.csv", "A2 2024-05-10 P1 2000")
    run_on(open_shop, program, "2024-10-02")
    assert is_closed(open_shop.home)


def test_redemptions_that_fit_are_served_while_a_cycle_waits_and_others_wait_with_it(
    open_shop: Shop,
) -> None:
    program = expect(open_shop, EXPECTED)
    deliver_first_quarter(open_shop)
    run_on(open_shop, program, "2024-07-10")
    open_shop.deliver_sales("sales_2024-07_D1.csv", "B1 2024-07-10 P1 4000")
    open_shop.deliver(
        "redemptions_2024-10.csv",
        ("redemption_id", "partner_id", "redeemed_on", "points"),
        [["R1", "P1", "2024-10-10", "100"], ["R2", "P1", "2024-10-20", "2600"],
         ["R3", "P1", "2024-10-20", "1"]],
    )  # fmt: skip
    waits = run_on(open_shop, program, "2024-10-20")
    assert [one.cycle.name for one in waits.held_up] == ["2024-07"]
    assert redeemed(open_shop.home) == [100]
    assert refusals(open_shop.home) == []
    for month, distributor in (("07", "D2"), ("08", "D1"), ("08", "D2"), ("09", "D1")):
        name = f"sales_2024-{month}_{distributor}.csv"
        open_shop.deliver_sales(name, f"X{month}{distributor} 2024-{month}-15 P2 1000")
    open_shop.deliver_sales("sales_2024-09_D2.csv", "B2 2024-09-10 P1 6000")
    run_on(open_shop, program, "2024-10-20")
    assert redeemed(open_shop.home) == [1, 100, 2600]


def redeemed(home: Home) -> list[int]:
    with open_reader(home) as reader:
        rows = reader.ask(
            "select points from ledger_entries where kind = 'redemption' order by points"
        ).rows
    return [int(points) for (points,) in rows]


def refusals(home: Home) -> list[tuple[object, ...]]:
    with open_reader(home) as reader:
        return reader.ask("select reasons from quarantine").rows


def test_the_check_of_the_source_turns_red_with_the_files_named_and_the_remedy(
    open_shop: Shop,
) -> None:
    expect(open_shop, EXPECTED)
    deliver_first_quarter(open_shop, but_for=("sales_2024-05_D2.csv", "sales_2024-06_D2.csv"))
    open_shop.today = "2024-07-02"
    found = answers(open_shop.drop())["no_file_missing"]
    assert not found.passed
    told = str(found.description)
    assert "Missing: sales of D2, 2024-05 (expected since 5 June)" in told
    assert "Cycles that need them are not closed" in told
    assert "if_missing: proceed" in told
    assert found.metadata["expected_files"].value == 1
    result = open_shop.cycle("2024-04")
    stale = answers(result)["no_cycle_is_stale"]
    assert stale.passed
    assert "2024-04 waits for sales of D2, 2024-05" in str(stale.description)
    assert not is_closed(open_shop.home)
    assert open_shop.tick().run_requests == []
    for month in ("05", "06"):
        open_shop.deliver_sales(f"sales_2024-{month}_D2.csv", f"Y{month} 2024-{month}-10 P1 2000")
    assert answers(open_shop.drop())["no_file_missing"].passed
    assert [one.partition_key for one in open_shop.tick().run_requests or []] == ["2024-04"]
    open_shop.cycle("2024-04")
    assert is_closed(open_shop.home)


def test_the_command_line_says_what_is_missing_and_what_waits_for_it(open_shop: Shop) -> None:
    program = expect(open_shop, EXPECTED)
    deliver_first_quarter(open_shop, but_for=("sales_2024-05_D2.csv",))
    run_on(open_shop, program, "2024-07-01")
    assert outlook(program, open_shop.home, date(2024, 7, 1)).waiting != ()
    stale = command(open_shop, "stale", "--as-of", "2024-07-01")
    assert "2024-04 waits for sales of D2, 2024-05 (expected since 5 June)" in stale.output
    files = command(open_shop, "files", "coverage", "--status", "overdue", "--format", "csv")
    assert "dms,sales,2024-05,D2,,overdue,2024-06-05,,2024-05-31" in files.output
    every = command(open_shop, "files", "coverage", "--format", "csv")
    assert every.output.count("arrived") == 5
    assert "sales_2024-06_D1.csv" in command(open_shop, "files").output


def command(shop: Shop, *words: str) -> Result:
    environment = {"LOYALTY_HOME": str(shop.home.root), "LOYALTY_PROGRAMS": str(shop.programs)}
    result = CliRunner().invoke(main, words, env=environment)
    assert result.exit_code == 0, result.output
    return result
