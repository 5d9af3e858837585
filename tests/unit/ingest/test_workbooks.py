"""Workbooks: what each kind of cell becomes, and workbooks that are refused."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from feed_files import SALES, Reader, a_source, sales
from openpyxl.styles import Alignment
from wrapped_files import as_people_type, bare_workbook, cells, saved, workbook_of, zipped

from loyalty_pipeline.ingest.landed_lines import landed_lines
from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile
from loyalty_pipeline.ingest.workbook import is_date_format
from loyalty_pipeline.ingest.worksheet import shortest

ROW = "D1,invoice,1,2025-04-01,P1,1,A,10.5"
HEADER = f"<row>{cells(*SALES.split(','))}</row>"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def read(reader: Reader, data: bytes, feed: str = "sales", **form: object) -> StagedFile:
    outcome = reader.read(data, feed, a_source(feed, file="xlsx", **form))
    assert isinstance(outcome, StagedFile), outcome
    return outcome


def refused(reader: Reader, data: bytes, **form: object) -> str:
    outcome = reader.read(data, source=a_source(file="xlsx", **form))
    assert isinstance(outcome, RefusedFile), outcome
    return "; ".join(outcome.reasons)


def reasons(reader: Reader, outcome: StagedFile) -> dict[int, str]:
    return {row["line_no"]: row["reasons"] for row in reader.rows(outcome.quarantine)}


def test_numbers_and_dates_are_read_as_people_type_them(reader: Reader) -> None:
    rows = [
        f"D1,invoice,{n},2025-{n % 12 + 1:02}-{n % 28 + 1:02},P1,1,A,{n / 7:.2f}"
        for n in range(1, 400)
    ]
    data = workbook_of(sales(*rows), as_people_type)
    for date_format in ("%Y-%m-%d", "%d-%b-%Y", "%d/%m/%y", "%d %B %Y"):
        outcome = read(reader, data, date_format=date_format)
        assert outcome.quarantine is None
        assert outcome.lines.sha256 == reader.read(sales(*rows)).lines.sha256


def test_ids_keep_their_leading_zeros_where_they_are_text(reader: Reader) -> None:
    book = openpyxl.Workbook()
    book.active.append(["store_id"])
    for value in ("007", 7, "1e5", 100000, "=1+1x", " 1"):
        book.active.append([value])
    book.active["A6"].data_type = "s"
    outcome = read(reader, saved(book), "stores")
    stores = [row["store_id"] for row in reader.rows(outcome.lines)]
    assert stores == ["007", "7", "1e5", "100000", "=1+1x"]
    assert reasons(reader, outcome) == {7: "store_id_whitespace"}


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("5", "5"),
        ("5.0", "5"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("100", "100"),
        ("1E2", "100"),
        ("0.30000000000000004", "0.3"),
        ("8.2000000000000003E-2", "0.082"),
        ("1234.5600000000002", "1234.56"),
        ("-1234.5599999999999", "-1234.56"),
        ("4.9999999999999996", "5"),
        ("99.999999999999", "99.999999999999"),
        ("12345678901234567", "12345678901234567"),
        ("1.2345678901234567E+19", "12345678901234567000"),
        ("123456789012345.67", "123456789012345.67"),
        ("999999999999.99", "999999999999.99"),
        ("0.000001", "0.000001"),
        ("1E-30", "0." + "0" * 29 + "1"),
    ],
)
def test_a_number_is_the_shortest_text_of_what_a_cell_holds(raw: str, text: str) -> None:
    assert shortest(Decimal(raw)) == text


@pytest.mark.parametrize("count", [2, 3, 10, 50])
def test_sums_of_binary_fractions_are_exact_amounts_again(count: int) -> None:
    total = sum(0.1 for _ in range(count))
    assert shortest(Decimal(repr(total))) == str(Decimal(count) / 10).removesuffix(".0")


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("General", False),
        ("0.00", False),
        ('#,##0.00 "days"', False),
        ("[Red]0.00", False),
        ("[$-409]0", False),
        ("0.00E+00", False),
        ("@", False),
        ("dd/mm/yyyy", True),
        ("[$-14009]dd mmmm yyyy;@", True),
        ("mmm-yy", True),
        ("[h]:mm", True),
        ("h:mm", True),
        (r"\d0", False),
    ],
)
def test_a_format_of_dates_is_told_from_one_of_numbers(code: str, is_date: bool) -> None:
    assert is_date_format(code) is is_date


CELLS = {
    "an error": ('<c t="e"><v>#N/A</v></c>', "sku_control"),
    "a truth value": ('<c t="b"><v>1</v></c>', "sku_control"),
    "a formula that was never calculated": ("<c><f>A1</f><v></v></c>", "sku_control"),
    "a formula without a place for its result": ("<c><f>A1</f></c>", "sku_control"),
    "a date where none belongs": ('<c s="1"><v>45748</v></c>', "sku_control"),
    "a line break": ("<c t='inlineStr'><is><t>A\nB</t></is></c>", "sku_control"),
    "an escaped line break": ("<c t='inlineStr'><is><t>A_x000D_B</t></is></c>", "sku_control"),
    "half a character": ("<c t='inlineStr'><is><t>A_xD800_B</t></is></c>", "sku_control"),
    "no number": ("<c><v>1_0</v></c>", "sku_control"),
    "another kind": ('<c t="x"><v>1</v></c>', "sku_control"),
    "an endless number": ("<c><v>1E+900</v></c>", "sku_control"),
    "a long number": (f"<c><v>{'9' * 60}</v></c>", "sku_control"),
    "a text that says it is a number": ("<c><is><t>A</t></is></c>", "sku_control"),
    "a value that says it is a text": ("<c t='inlineStr'><v>5</v></c>", "sku_control"),
    "a space": ("<c t='inlineStr'><is><t> A</t></is></c>", "sku_whitespace"),
}


@pytest.mark.parametrize(("cell", "reason"), CELLS.values(), ids=CELLS)
def test_what_is_no_text_number_or_date_quarantines_its_row(
    reader: Reader, cell: str, reason: str
) -> None:
    bad = cells("D1", "invoice", "1", "2025-04-01", "P1", "1") + cell + cells("10")
    good = cells("D1", "invoice", "2", "2025-04-01", "P1", "1", "A", "10")
    data = bare_workbook(f"{HEADER}<row>{bad}</row><row>{good}</row>")
    outcome = read(reader, data)
    assert reasons(reader, outcome) == {2: reason}
    assert outcome.lines.rows == 1


@pytest.mark.parametrize(
    ("cell", "sku"),
    [
        ('<c t="s"><v>1</v></c>', 'Soap, "large"'),
        ('<c t="str"><f>B1</f><v>abc</v></c>', "abc"),
        ('<c t="str"><f>B1</f><v></v></c>', None),
        ("<c><f>1+1</f><v>2</v></c>", "2"),
        ("<c/>", None),
        ("<c><v/></c>", None),
        ('<c s="3"><v>0.30000000000000004</v></c>', "0.3"),
        ("<c t='inlineStr'><is><r><t>Rich </t></r><r><t>text</t></r></is></c>", "Rich text"),
        ("<c t='inlineStr'><is><t>漢字</t><rPh sb='0' eb='2'><t>かんじ</t></rPh></is></c>", "漢字"),
        ("<c t='inlineStr'><is><t>_x005F_x000D_</t></is></c>", "_x000D_"),
        ("<c t='inlineStr'><is><t>a &amp; b</t></is></c>", "a & b"),
    ],
)
def test_each_kind_of_cell_has_its_text(reader: Reader, cell: str, sku: str | None) -> None:
    texts = '<sst><si><t>zero</t></si><si><r><t>Soap, </t></r><r><t>"large"</t></r></si></sst>'
    row = cells("D1", "invoice", "1", "2025-04-01", "P1", "1") + cell + cells("10")
    data = bare_workbook(f"{HEADER}<row>{row}</row>", parts={"xl/sharedStrings.xml": texts})
    outcome = read(reader, data)
    assert [line["sku"] for line in reader.rows(outcome.lines)] == [sku]


@pytest.mark.parametrize(
    ("cell", "book", "day"),
    [
        ('<c s="1"><v>45748</v></c>', "", date(2025, 4, 1)),
        ('<c s="2"><v>45748.0</v></c>', "", date(2025, 4, 1)),
        ('<c s="1"><v>44286</v></c>', '<workbookPr date1904="1"/>', date(2025, 4, 1)),
        ('<c t="d"><v>2025-04-01</v></c>', "", date(2025, 4, 1)),
        ('<c t="d"><v>2025-04-01T00:00:00</v></c>', "", date(2025, 4, 1)),
        ('<c s="1"><v>45748.5</v></c>', "", "document_date_format"),  # noon of that day
        ('<c s="1"><v>0.5</v></c>', "", "document_date_format"),
        ('<c s="1"><v>60</v></c>', "", "document_date_format"),
        ('<c s="1"><v>-5</v></c>', "", "document_date_format"),
        ('<c s="1"><v>99999999</v></c>', "", "document_date_format"),
        ("<c><v>45748</v></c>", "", "document_date_format"),
        ('<c s="0"><v>45748</v></c>', "", "document_date_format"),
        ('<c t="d"><v>1 April</v></c>', "", "document_date_format"),
        ('<c t="e"><v>#REF!</v></c>', "", "document_date_format"),
    ],
)
def test_dates_are_dates_and_nothing_is_guessed(
    reader: Reader, cell: str, book: str, day: date | str
) -> None:
    row = cells("D1", "invoice", "1") + cell + cells("P1", "1", "A", "10")
    outcome = read(reader, bare_workbook(f"{HEADER}<row>{row}</row>", extra=book))
    found = [line["document_date"] for line in reader.rows(outcome.lines)]
    assert [*found, *reasons(reader, outcome).values()] == [day]


def test_a_date_in_a_custom_field_is_text(reader: Reader) -> None:
    book = openpyxl.Workbook()
    book.active.append(["partner_id", "name", "Birthday"])
    book.active.append(["P1", "Asha", datetime(1990, 4, 1)])  # noqa: DTZ001 - a cell's
    source = a_source("partners", {"born": "Birthday"}, file="xlsx")
    feed = source.feeds["partners"].model_copy(update={"custom": {"born": "text"}})
    source = source.model_copy(update={"feeds": {"partners": feed}})
    reader.read(saved(book), "partners", source)
    lines = _lines(reader, saved(book), source, "partners")
    assert lines == ["partner_id,name,Birthday", "P1,Asha,1990-04-01"]


def _lines(reader: Reader, data: bytes, source, feed: str) -> list[str]:
    """The text that a workbook becomes."""
    from feed_files import an_arrival

    from loyalty_pipeline.ingest.landed_lines import remember
    from loyalty_pipeline.ingest.plain_text import Wrapping

    file_id = an_arrival(data).file_id
    path = LandingStore(reader.home, "dms").path_of(file_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    remember(reader.home, "dms", file_id, Wrapping.of(source, feed))
    return list(landed_lines(reader.home, "dms", file_id, range(1, 100)).values())


def test_a_delimiter_that_cells_hold_is_quoted(reader: Reader) -> None:
    row = "D1;invoice;1;2025-04-01;P1;1;Soap, x;10"
    book = openpyxl.Workbook()
    book.active.append(SALES.split(","))
    book.active.append([*row.split(";")[:6], 'A; "b"', "10"])
    outcome = read(reader, saved(book), delimiter=";")
    assert [line["sku"] for line in reader.rows(outcome.lines)] == ['A; "b"']


def test_numbers_have_the_decimal_mark_of_the_source(reader: Reader) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1.5, -1234.25])
    source = a_source(file="xlsx", decimal_mark=",", delimiter=";")
    assert _lines(reader, saved(book), source, "sales") == ["a;b", "1,5;-1234,25"]


def test_a_named_sheet_is_read_and_several_need_a_name(reader: Reader) -> None:
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    other = book.create_sheet("Verkäufe")
    other.append(SALES.split(","))
    other.append(ROW.split(","))
    assert read(reader, saved(book), sheet="Verkäufe").lines.rows == 1
    told = refused(reader, saved(book))
    assert "has 2 sheets ('Sheet', 'Verkäufe'): name one as sheet" in told
    told = refused(reader, saved(book), sheet="Sales")
    assert "has no sheet 'Sales', it has 'Sheet', 'Verkäufe'" in told


def test_hidden_sheets_count_as_sheets(reader: Reader) -> None:
    book = openpyxl.Workbook()
    book.active.append(SALES.split(","))
    book.create_sheet("Hidden").sheet_state = "hidden"
    assert "has 2 sheets" in refused(reader, saved(book))


def test_empty_rows_are_left_out_at_the_end_only(reader: Reader) -> None:
    book = openpyxl.Workbook()
    book.active.append(SALES.split(","))
    book.active.append(ROW.split(","))
    for row in (5, 900):
        book.active.cell(row, 2).alignment = Alignment(wrap_text=True)  # a look without a value
    assert read(reader, saved(book)).rows_in == 1
    book.active.cell(7, 1).value = "D1"
    assert "line 3: blank" in refused(reader, saved(book))


def test_the_header_is_row_1(reader: Reader) -> None:
    book = openpyxl.Workbook()
    book.active.append([])
    book.active.append(SALES.split(","))
    assert "line 1: " in refused(reader, saved(book))


def test_a_row_of_another_width_is_quarantined_or_filled_up(reader: Reader) -> None:
    long = f"<row>{cells(*ROW.split(','), 'more')}</row>"
    short = f"<row>{cells(*ROW.split(',')[:6])}</row>"
    outcome = read(reader, bare_workbook(HEADER + long + short))
    assert reasons(reader, outcome) == {2: "field_count", 3: "amount_missing"}


def test_a_sheet_without_rows_is_an_empty_file(reader: Reader) -> None:
    assert "the file is empty" in refused(reader, bare_workbook(""))


SHEET = "xl/worksheets/sheet1.xml"
GOOD_ROW = f"<row>{cells(*ROW.split(','))}</row>"
WRECKS = {
    "a csv file": (sales(ROW).encode(), "the file is no ZIP"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "with a password"),
    "any other zip": (zipped(("a.csv", b"x")), "part _rels/.rels is missing"),
    "cut off": (bare_workbook(HEADER)[:-40], "the file is no ZIP"),
    "two joined": (bare_workbook(HEADER) * 2, "bytes stand before or after"),
    "a row twice": (
        bare_workbook(HEADER + GOOD_ROW.replace("<row>", '<row r="1">')),
        "row 1 of the sheet comes twice",
    ),
    "rows out of order": (
        bare_workbook(HEADER + GOOD_ROW.replace("<row>", '<row r="5">') + '<row r="3"/>'),
        "row 3 of the sheet",
    ),
    "a row beyond the end": (
        bare_workbook(HEADER + GOOD_ROW.replace("<row>", '<row r="1048577">')),
        "row 1048577 of the sheet",
    ),
    "a row at the end": (
        bare_workbook(HEADER + GOOD_ROW.replace("<row>", '<row r="1048576">')),
        "line 2: blank",
    ),
    "no row number": (bare_workbook('<row r="x"/>'), "row x of the sheet"),
    "a cell twice": (
        bare_workbook('<row r="1"><c r="A1"/><c r="A1"/></row>'),
        "cell A1 of row 1 comes twice",
    ),
    "a cell of another row": (bare_workbook('<row r="1"><c r="A2"/></row>'), "cell A2 of row 1"),
    "a cell beyond the end": (bare_workbook('<row r="1"><c r="XFE1"/></row>'), "cell XFE1"),
    "a cell without a row": (bare_workbook('<c r="A1"/>'), "a c inside a sheetData"),
    "a value twice": (bare_workbook("<row><c><v>1</v><v>1</v></c></row>"), "two v in a cell"),
    "a cell in a cell": (bare_workbook("<row><c><c/></c></row>"), "a c inside a c"),
    "a value in a row": (bare_workbook("<row><v>1</v></row>"), "a v inside a row"),
    "a value by another name": (bare_workbook("<row><c><w>1</w></c></row>"), "a w inside a c"),
    "a value by no name": (bare_workbook("<row><c>1</c></row>"), "text inside a c"),
    "a text that is not there": (
        bare_workbook('<row><c t="s"><v>0</v></c></row>'),
        "a text that it does not hold",
    ),
    "a text of no number": (
        bare_workbook('<row><c t="s"><v>-1</v></c></row>'),
        "a text that it does not hold",
    ),
    "XML that stops": (bare_workbook("<row>"), f"part {SHEET} is missing or damaged"),
    "no XML": (bare_workbook("", parts={SHEET: "hello"}), f"part {SHEET} is missing or damaged"),
    "entities": (
        bare_workbook("", parts={SHEET: '<!DOCTYPE x [<!ENTITY a "b">]><w>&a;</w>'}),
        "declares XML entities",
    ),
    "an outside entity": (
        bare_workbook("", parts={SHEET: '<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>'}),
        "declares XML entities",
    ),
    "a sheet outside": (
        bare_workbook(
            "",
            parts={
                "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" '
                'Type="x/worksheet" Target="../../../etc/passwd"/></Relationships>'
            },
        ),
        "part etc/passwd is missing",
    ),
    "a part twice": (
        zipped(("aaaa", b"x"), ("bbbb", b"x")).replace(b"bbbb", b"aaaa"),
        "has a part twice",
    ),
    "a word document": (
        bare_workbook("", parts={"_rels/.rels": "<Relationships/>"}),
        "it is no .xlsx workbook",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "told"), WRECKS.values(), ids=WRECKS)
def test_a_wrecked_workbook_is_refused(reader: Reader, data: bytes, told: str) -> None:
    assert told in refused(reader, data)


def test_a_workbook_made_to_fill_memory_is_refused(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loyalty_pipeline.ingest import unpacking, workbook

    blown = f"<row>{cells('a' * 3_000_000)}</row>"
    monkeypatch.setattr(workbook, "MAX_SHARED_BYTES", 1000)
    texts = {"xl/sharedStrings.xml": f"<sst>{'<si><t>abcdefghij</t></si>' * 101}</sst>"}
    assert "its texts have more than 1,000" in refused(reader, bare_workbook("", parts=texts))
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1_000_000)
    assert "bytes come out of it" in refused(reader, bare_workbook(blown))
    # Blank rows take no place in the workbook, but one each in its text.
    rows = HEADER + GOOD_ROW.replace("<row>", '<row r="1048576">')
    assert "bytes come out of it" in refused(reader, bare_workbook(rows))
