"""What a row may be, and every reason why it is quarantined."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from feed_files import SALES, Reader, a_source, sales

from loyalty_pipeline.ingest.read_feed import StagedFile

FIELDS = {
    "distributor_id": "D1",
    "document_type": "invoice",
    "document_no": "1",
    "document_date": "2025-04-01",
    "partner_id": "P1",
    "store_id": "",
    "line_no": "1",
    "sku": "A",
    "category": "",
    "quantity": "1",
    "amount": "10.00",
    "original_document_no": "",
    "original_document_date": "",
    "original_line_no": "",
    "tender_type": "",
}

REDEMPTION = "redemption_id,partner_id,redeemed_on,points"
TENDER = "distributor_id,document_no,tender_type,amount"
TARGET = "partner_id,cycle,category,target"
SCAN = "scan_id,partner_id,scanned_on,code,sku,points"
CLAIM = "claim_id,partner_id,document_no,document_date,amount,status"
INSTRUCTION = (
    "instruction_id,kind,partner_id,effective_on,to_partner_id,points,tier,until,reason,maker,"
    "checker"
)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def a_file(**fields: str) -> str:
    row = FIELDS | fields
    return f"{','.join(row)}\n{','.join(row.values())}\n"


def read(reader: Reader, data: str, feed: str = "sales", **settings) -> StagedFile:
    outcome = reader.read(data, feed, a_source(feed, **settings))
    assert isinstance(outcome, StagedFile), outcome
    return outcome


def reasons(reader: Reader, data: str, feed: str = "sales", **settings) -> list[str]:
    return [row["reasons"] for row in reader.rows(read(reader, data, feed, **settings).quarantine)]


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        *[(c, "", f"{c}_missing") for c in SALES.split(",") if c != "sku"],
        *[(c, " A", f"{c}_whitespace") for c in ("partner_id", "document_no", "store_id", "sku")],
        ("partner_id", "A\u00a0", "partner_id_whitespace"),
        ("partner_id", "A\u200d1", "partner_id_control"),
        ("partner_id", "A\x0b1", "partner_id_control"),
        ("partner_id", "x" * 101, "partner_id_too_long"),
        ("document_type", "Invoice", "document_type_value"),
        ("document_type", "bill", "document_type_value"),
        *[
            ("amount", text, "amount_format")
            for text in (
                *('"1,00,000.50"', "1e3", "+5", "5-", "--5", "5.", ".5", "1.239", "NaN", "inf"),
                *("0x10", "1_0", "４", "٤", " 5", "5 ", "₹5", "1" * 16, "-", "(5)", "5.00CR"),
            )
        ],
        *[("quantity", text, "quantity_format") for text in ("1.2345", "1e3", "one", "+1")],
        *[("line_no", t, "line_no_format") for t in ("1.0", "-1", "+1", "1e1", "1" * 10, "１２")],
        *[
            ("amount", t, "amount_range")
            for t in ("8901234567890.00", "1000000000000", "-1" + "0" * 12)
        ],
        *[
            ("quantity", t, "quantity_range")
            for t in ("8901234567890", "1000000000", "-1000000000")
        ],
        ("original_line_no", "x", "original_line_no_format"),
        *[
            ("document_date", text, "document_date_format")
            for text in (
                *("01/04/2025", "2025-4-1", "20250401", "2025-02-29", "2025-13-01", "+2025-04-01"),
                *("2025-04-01T00:00", "2025-04-01 ", "45748", "٢٠٢٥-٠٤-٠١", "1 April 2025"),
            )
        ],
        ("document_date", "1989-12-31", "document_date_range"),
        ("document_date", "2200-01-01", "document_date_range"),
        ("document_date", "0000-01-01", "document_date_range"),
        ("original_document_date", "31/12/2024", "original_document_date_format"),
    ],
)
def test_a_bad_value_is_quarantined_with_its_reason(
    reader: Reader, column: str, text: str, reason: str
) -> None:
    data = a_file(**{column: text})
    outcome = read(reader, data)
    told = column not in ("distributor_id", "document_no")
    assert reader.rows(outcome.quarantine) == [
        {
            "line_no": 2,
            "reasons": reason,
            "raw": data.split("\n")[1],
            "subject": "D1/1" if told else None,
            "document_type": None if column == "document_type" else "invoice",
            "fiscal_year": None if column.endswith("document_date") else 2025,
        }
    ]
    assert outcome.lines.rows == 0


@pytest.mark.parametrize(
    ("feed", "header", "row", "expected"),
    [
        ("partners", "partner_id,name,status", "P1,Asha,Active", "status_value"),
        ("partners", "partner_id,name,enrolled_on", "P1,Asha,2025", "enrolled_on_format"),
        ("partners", "partner_id,name,email", "P1,,a\x01b", "name_missing, email_control"),
        ("partners", "partner_id,name,mobile", f"P1,A,{'9' * 501}", "mobile_too_long"),
        ("distributors", "distributor_id,name", ",One", "distributor_id_missing"),
        ("redemptions", REDEMPTION, "R,P,2025-04-01,0", "points_not_positive"),
        ("redemptions", REDEMPTION, "R,P,2025-04-01,-1", "points_not_positive"),
        ("redemptions", REDEMPTION, "R,P,2025-04-01,-1e3", "points_format"),
        ("redemptions", REDEMPTION, "R,P,2025-04-31,1.0001", "redeemed_on_format, points_format"),
        (
            "redemptions",
            REDEMPTION,
            "R,,1980-01-01,0",
            "partner_id_missing, redeemed_on_range, points_not_positive",
        ),
        ("stores", "store_id", '" S1"', "store_id_whitespace"),
        ("tenders", TENDER, "D1,1,,10.001", "tender_type_missing, amount_format"),
        ("redemptions", REDEMPTION, "R,P,2025-04-01,1000000000", "points_range"),
        ("tenders", TENDER, "D1,1,cash,1000000000000", "amount_range"),
        ("targets", TARGET, "P1,2025-04,,1000000000000", "target_range"),
        ("targets", TARGET, "P1,2025-13,,1", "cycle_format"),
        ("targets", TARGET, "P1,April,,-1", "cycle_format, target_negative"),
        ("scans", SCAN, "S1,P1,2025-04-01,,A,0", "code_missing, points_not_positive"),
        ("claims", CLAIM, "C1,P1,7,2025-04-01,0,approved", "amount_not_positive"),
        ("claims", CLAIM, "C1,P1,7,2025-04-01,-5,paid", "status_value, amount_not_positive"),
        ("claims", CLAIM, "C1,P1,7,2025-04-01,x,approved", "amount_format"),
    ],
)
def test_the_other_feeds_have_their_own_rules(
    reader: Reader, feed: str, header: str, row: str, expected: str
) -> None:
    assert reasons(reader, f"{header}\n{row}\n", feed) == [expected]


@pytest.mark.parametrize(
    ("kind", "to_partner_id", "points", "tier", "until", "expected"),
    [
        ("import_points", "", "10", "", "", None),
        ("import_points", "", "", "", "", "points_needed"),
        ("import_points", "", "0", "", "", "points_not_positive"),
        ("import_points", "", "ten", "", "", "points_format"),
        ("adjust", "", "-10", "", "", None),
        ("adjust", "", "0", "", "", "points_zero"),
        ("adjust", "", "", "", "", "points_needed"),
        ("transfer", "P2", "10", "", "", None),
        ("transfer", "P1", "-1", "", "", "points_not_positive, to_partner_id_is_partner_id"),
        ("transfer", "", "", "", "", "points_needed, to_partner_id_needed"),
        ("merge", "P2", "", "", "", None),
        ("merge", "P1", "", "", "", "to_partner_id_is_partner_id"),
        ("merge", "", "", "", "", "to_partner_id_needed"),
        ("set_tier", "", "", "Gold", "", None),
        ("set_tier", "", "", "", "", "tier_needed"),
        ("extend", "", "", "", "2025-12-31", None),
        ("extend", "", "", "", "", "until_needed"),
        ("release", "", "", "", "", None),
        ("cancel_promise", "", "", "", "", None),
        ("hold", "", "", "", "", None),
        ("unhold", "", "", "", "", None),
    ],
)
def test_an_instruction_says_all_that_its_kind_needs(
    reader: Reader,
    kind: str,
    to_partner_id: str,
    points: str,
    tier: str,
    until: str,
    expected: str | None,
) -> None:
    row = f"I1,{kind},P1,2025-04-01,{to_partner_id},{points},{tier},{until},agreed,M,K"
    found = reasons(reader, f"{INSTRUCTION}\n{row}\n", "instructions")
    assert found == ([expected] if expected else [])


def test_who_makes_an_instruction_does_not_check_it(reader: Reader) -> None:
    header = "instruction_id,kind,partner_id,effective_on,reason,maker,checker"
    rows = ["I1,hold,P1,2025-04-01,agreed,M,M", "I2,transfer,P1,2025-04-01,agreed,M,M"]
    found = reasons(reader, "\n".join([header, *rows, ""]), "instructions")
    # The columns that the file lacks are empty, and needed all the same.
    assert found == ["maker_is_checker", "maker_is_checker, points_needed, to_partner_id_needed"]


@pytest.mark.parametrize(
    ("feed", "data", "reason", "subject"),
    [
        ("targets", f"{TARGET}\nP1,2025-04,,1\nP1,2025-04,,2\n", "target_differs", "P1/2025-04/"),
        (
            "targets",
            "partner_id,cycle,target\nP1,2025-04,1\nP1,2025-04,2\n",
            "target_differs",
            "P1/2025-04/",
        ),
        (
            "scans",
            f"{SCAN}\nS1,P1,2025-04-01,Q,A,\nS1,P2,2025-04-01,Q,A,\n",
            "scan_id_differs",
            "S1",
        ),
    ],
)
def test_one_thing_said_twice_differently_is_kept_out(
    reader: Reader, feed: str, data: str, reason: str, subject: str
) -> None:
    rows = reader.rows(read(reader, data, feed).quarantine)
    assert [(row["reasons"], row["subject"]) for row in rows] == [(reason, subject)] * 2


def test_equal_payments_of_a_file_are_one(reader: Reader) -> None:
    outcome = read(reader, f"{TENDER}\nD1,1,cash,10\nD1,1,cash,10.00\nD1,1,card,-2\n", "tenders")
    assert (outcome.lines.rows, outcome.rows_repeated) == (2, 1)
    assert (outcome.amount_total, outcome.amount_repeated) == (Decimal(18), Decimal(10))


def test_every_reason_of_a_row_is_told_at_once(reader: Reader) -> None:
    data = a_file(partner_id=" ", document_date="1/4/25", amount="ten", line_no="", store_id="S\t")
    assert reasons(reader, data) == [
        "document_date_format, partner_id_whitespace, store_id_whitespace, store_id_control, "
        "line_no_missing, amount_format"
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("D1,invoice,1,2025-04-01,P1,1,Soap, large,10", "field_count"),
        ("D1,invoice,1,2025-04-01,P1,1", "field_count"),
        ("D1", "field_count"),
        ('D1,invoice,1,2025-04-01,P1,1,5" pipe,10', "quote_format"),
        ('D1,invoice,1,2025-04-01,P1,1,"A"x,10', "quote_format"),
        ('D1,invoice,1,2025-04-01,P1,1,"A,10', "quote_format"),
    ],
)
def test_a_line_of_another_shape_is_quarantined_as_it_came(
    reader: Reader, row: str, reason: str
) -> None:
    outcome = read(reader, sales(row, "D1,invoice,2,2025-04-01,P1,1,A,5"))
    told = row != "D1" and reason != "quote_format"
    assert reader.rows(outcome.quarantine) == [
        {
            "line_no": 2,
            "reasons": reason,
            "raw": row,
            "subject": "D1/1" if told else None,
            "document_type": "invoice" if told else None,
            "fiscal_year": 2025 if told else None,
        }
    ]
    assert outcome.lines.rows == 1


def test_a_good_line_is_staged_exactly(reader: Reader) -> None:
    outcome = read(
        reader, a_file(amount="999999999999.99", quantity="2.125", original_line_no="007")
    )
    assert reader.rows(outcome.lines) == [
        {
            "file_line": 2,
            "distributor_id": "D1",
            "document_type": "invoice",
            "document_no": "1",
            "fiscal_year": 2025,
            "document_date": date(2025, 4, 1),
            "partner_id": "P1",
            "store_id": None,
            "line_no": 1,
            "sku": "A",
            "category": None,
            "quantity": Decimal("2.125"),
            "amount": Decimal("999999999999.99"),
            "original_document_no": None,
            "original_document_date": None,
            "original_line_no": 7,
            "tender_type": None,
            "custom": None,
        }
    ]
    assert outcome.amount_total == Decimal("999999999999.99")
    assert outcome.quarantine is None


@pytest.mark.parametrize(
    ("day", "start", "year"),
    [
        ("2025-03-31", 4, 2024),
        ("2025-04-01", 4, 2025),
        ("2025-01-01", 1, 2025),
        ("2025-12-31", 12, 2025),
        ("2025-11-30", 12, 2024),
    ],
)
def test_the_fiscal_year_is_that_in_which_it_starts(
    reader: Reader, day: str, start: int, year: int
) -> None:
    outcome = read(reader, a_file(document_date=day), fiscal_start=start)
    assert reader.rows(outcome.lines)[0]["fiscal_year"] == year


@pytest.mark.parametrize(
    ("fields", "year"),
    [
        ({"original_document_date": "2025-03-31"}, 2024),
        ({"original_document_date": "2025-03-31", "original_document_no": ""}, 2024),
        ({"original_document_date": ""}, 2025),
        # With a reference, and in a cancellation, it is the date of the invoice that is meant.
        ({"original_document_date": "2025-03-31", "original_document_no": "9"}, 2025),
        ({"original_document_date": "2025-03-31", "document_type": "cancellation"}, 2025),
    ],
)
def test_a_version_moved_from_another_fiscal_year_is_named_by_its_old_date(
    reader: Reader, fields: dict[str, str], year: int
) -> None:
    amount = "-10" if "document_type" in fields else "10"
    outcome = read(reader, a_file(document_date="2025-04-02", amount=amount, **fields))
    assert reader.rows(outcome.lines)[0]["fiscal_year"] == year
    assert reader.rows(outcome.documents)[0]["fiscal_year"] == year


def test_columns_are_found_by_name_in_any_order(reader: Reader) -> None:
    straight = sales("D1,invoice,1,2025-04-01,P1,1,A,10")
    turned = sales("10,A,1,P1,2025-04-01,1,invoice,D1", header=",".join(SALES.split(",")[::-1]))
    assert reader.rows(read(reader, straight).lines) == reader.rows(read(reader, turned).lines)


def test_a_column_map_names_the_columns_of_the_file(reader: Reader) -> None:
    columns = {"partner_id": "Dealer Code", "store_id": "Dealer Code", "amount": "NET"}
    header = SALES.replace("partner_id", "Dealer Code").replace("amount", "NET")
    data = sales("D1,invoice,1,2025-04-01,P1,1,A,10", header=header)
    outcome = reader.read(data, source=a_source(columns=columns))
    assert isinstance(outcome, StagedFile)
    row = reader.rows(outcome.lines)[0]
    assert (row["partner_id"], row["store_id"], row["amount"]) == ("P1", "P1", Decimal(10))


def test_a_source_without_the_feed_has_no_column_map(reader: Reader) -> None:
    outcome = reader.read("distributor_id,name\nD1,One\n", "distributors", a_source("sales"))
    assert isinstance(outcome, StagedFile)
    (row,) = reader.rows(outcome.lines)
    assert (row["distributor_id"], row["name"]) == ("D1", "One")


@pytest.mark.parametrize(
    "write",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("D1", '"D1"').encode(),
        lambda text: "".join(
            ",".join(f'"{field}"' for field in line.split(",")) + "\n" for line in text.splitlines()
        ).encode(),
    ],
    ids=["CR LF", "byte order mark", "some quotes", "all quoted"],
)
def test_ways_to_write_a_file_do_not_matter(reader: Reader, write) -> None:
    text = sales("D1,invoice,1,2025-04-01,P1,1,A,10", "D1,invoice,1,2025-04-01,P1,2,,-5.5")
    plain = read(reader, text)
    other = reader.read(write(text))
    assert isinstance(other, StagedFile)
    assert reader.rows(other.lines) == reader.rows(plain.lines)
    assert other.quarantine is None


def test_quoted_fields_may_hold_delimiters_and_quotes(reader: Reader) -> None:
    data = sales('D1,invoice,1,2025-04-01,P1,1,"Pipe 5"", long",10')
    assert reader.rows(read(reader, data).lines)[0]["sku"] == 'Pipe 5", long'


@pytest.mark.parametrize("delimiter", [";", "|", "\t", "^", "]", "-"])
def test_any_delimiter_means_itself(reader: Reader, delimiter: str) -> None:
    rows = ("D1,invoice,1,20250401,P1,1,A,10", "D1,invoice,2,20250401,P1,1,,5", "D1,invoice")
    data = sales(*rows).replace(",", delimiter)
    for text in (data, data.replace(f"{delimiter}A{delimiter}", f'{delimiter}"A"{delimiter}')):
        outcome = read(reader, text, delimiter=delimiter, date_format="%Y%m%d")
        assert [row["sku"] for row in reader.rows(outcome.lines)] == ["A", None]
        assert outcome.rows_quarantined == 1


@pytest.mark.parametrize(
    ("date_format", "text", "good"),
    [
        ("%d/%m/%Y", "31/03/2025", True),
        ("%d/%m/%Y", "03/31/2025", False),
        ("%d-%b-%Y", "31-Mar-2025", True),
        ("%d-%b-%Y", "31-MAR-2025", True),
        ("%d-%b-%Y", "31-March-2025", False),
        ("%d-%b-%Y", "31-03-2025", False),
        ("%d.%m.%Y", "31x03x2025", False),
        ("%d-%b-%Y", "31-Mrz-2025", False),
        ("%d %B %Y", "31 March 2025", True),
        ("%d %B %Y", "31 Mar 2025", False),
        ("%d/%m/%y", "31/03/25", True),
        ("%d/%m/%y", "31/03/2025", False),
        ("%F", "2025-03-31", True),
        ("%Y%m%d", "20250331", True),
        ("%d#%m-%Y.", "31#03-2025.", True),
    ],
)
def test_dates_are_read_by_the_pinned_format_only(
    reader: Reader, date_format: str, text: str, good: bool
) -> None:
    outcome = read(reader, a_file(document_date=text), date_format=date_format)
    assert outcome.lines.rows == good
    if good:
        assert reader.rows(outcome.lines)[0]["document_date"] == date(2025, 3, 31)


def test_partners_are_active_unless_told_otherwise(reader: Reader) -> None:
    data = "partner_id,name,status,enrolled_on\nP1,Asha,,\nP2,Ravi,inactive,2025-04-01\n"
    rows = reader.rows(read(reader, data, "partners").lines)
    assert [(row["status"], row["enrolled_on"], row["email"]) for row in rows] == [
        ("active", None, None),
        ("inactive", date(2025, 4, 1), None),
    ]
    rows = reader.rows(read(reader, "partner_id,name\nP1,Asha\n", "partners").lines)
    assert rows[0]["status"] == "active"


def test_redemptions_keep_three_decimals_and_what_they_reverse(reader: Reader) -> None:
    header = "redemption_id,partner_id,redeemed_on,points,reverses"
    data = f"{header}\nR1,P1,2025-04-01,12.345,\nR2,P1,2025-04-02,12.345,R1\n"
    outcome = read(reader, data, "redemptions")
    assert outcome.amount_total == Decimal("24.690")
    assert outcome.documents is None
    rows = reader.rows(outcome.lines)
    assert [(row["points"], row["reverses"]) for row in rows] == [
        (Decimal("12.345"), None),
        (Decimal("12.345"), "R1"),
    ]


def test_equal_files_give_equal_bytes(reader: Reader, tmp_path: Path) -> None:
    rows = [f"D{n % 3},invoice,{n},2025-04-01,P1,1,A,{n + 1}" for n in range(5000)]
    data = sales(*rows, "D1,invoice,x")
    first = read(reader, data)
    again = Reader(tmp_path / "again")
    again.home.root.parent.mkdir()
    for block_bytes in (1000, 50_000, 1 << 24):
        assert again.read(data, block_bytes=block_bytes) == first


def test_a_column_that_repeats_itself_is_judged_by_its_values(reader: Reader) -> None:
    """Few values are tried instead of all rows; one bad one among them is found in its row."""
    rows = [f"D1,invoice,{n},2025-04-01,P{n},1,A,10" for n in range(400)]
    assert read(reader, sales(*rows)).rows_quarantined == 0
    rows[300] = "D1,invoice,300,2025-04-31,P300,1,A,10"
    (bad,) = reader.rows(read(reader, sales(*rows)).quarantine)
    assert (bad["line_no"], bad["reasons"]) == (302, "document_date_format")
    outcome = read(reader, "store_id\n" + "S1\n" * 50, "stores")
    assert (outcome.lines.rows, outcome.rows_repeated) == (1, 49)
