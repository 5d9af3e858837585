"""Files as a source writes them: names, constants, value maps, custom fields, numbers."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from feed_files import SALES, Reader, a_source, sales

from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile

ROW = "D1,invoice,1,2025-04-01,P1,1,A,10"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def read(reader: Reader, data: str, feed: str = "sales", **options) -> StagedFile:
    outcome = reader.read(data, feed, a_source(feed, **options))
    assert isinstance(outcome, StagedFile), outcome
    return outcome


def refusal(reader: Reader, data: str, feed: str = "sales", **options) -> str:
    outcome = reader.read(data, feed, a_source(feed, **options))
    assert isinstance(outcome, RefusedFile), outcome
    return "\n".join(outcome.reasons)


def test_a_feed_is_read_in_its_own_format(reader: Reader) -> None:
    data = "partner_id;name;enrolled_on\nP1;Asha, Pune;01.04.2025\n"
    said = {"delimiter": ";", "date_format": "%d.%m.%Y"}
    (row,) = reader.rows(read(reader, data, "partners", said=said).lines)
    assert (row["name"], str(row["enrolled_on"])) == ("Asha, Pune", "2025-04-01")


def test_a_blank_line_refuses_also_a_file_of_which_no_column_is_read(reader: Reader) -> None:
    said = {"constants": {"store_id": "S1"}, "ignored": ["printed_by"]}
    assert "line 3: blank" in refusal(reader, "printed_by\nme\n\nyou\n", "stores", said=said)


def test_a_constant_stands_in_every_row(reader: Reader) -> None:
    header = "document_type,document_no,document_date,partner_id,line_no,amount"
    data = sales("invoice,1,2025-04-01,P1,1,10", "invoice,1,2025-04-01,P1,2,5", header=header)
    constants = {"distributor_id": "D9", "tender_type": "credit"}
    outcome = read(reader, data, said={"constants": constants})
    rows = reader.rows(outcome.lines)
    assert [(row["distributor_id"], row["tender_type"]) for row in rows] == [("D9", "credit")] * 2
    (document,) = reader.rows(outcome.documents)
    assert (document["distributor_id"], document["amount"]) == ("D9", Decimal(15))


@pytest.mark.parametrize(
    ("constants", "reason"),
    [
        ({"tender_type": " cash"}, "tender_type_whitespace"),
        ({"tender_type": "ca\u200dsh"}, "tender_type_control"),
        ({"quantity": "many"}, "quantity_format"),
    ],
)
def test_a_constant_passes_the_rules_of_its_column(
    reader: Reader, constants: dict[str, str], reason: str
) -> None:
    outcome = read(reader, sales(ROW), said={"constants": constants})
    assert [row["reasons"] for row in reader.rows(outcome.quarantine)] == [reason]


def test_a_constant_for_a_column_of_the_file_is_refused(reader: Reader) -> None:
    said: dict[str, object] = {"constants": {"sku": "A"}}
    told = refusal(reader, sales(ROW), said=said)
    assert "line 1: the file has a column 'sku', for which the source gives a constant" in told
    (row,) = reader.rows(read(reader, sales(ROW), said={**said, "ignored": ["sku"]}).lines)
    assert row["sku"] == "A"


def test_values_are_mapped_before_the_rules(reader: Reader) -> None:
    data = sales(
        "D1,RE,1,2025-04-01,P1,1,,10",
        "D1,GU,2,2025-04-01,P1,1,?,-10",
        "D1,invoice,3,2025-04-01,P1,1,B,10",
        "D1,XX,4,2025-04-01,P1,1,B,10",
    )
    values = {"document_type": {"RE": "invoice", "GU": "credit_note"}, "sku": {"": "none", "?": ""}}
    outcome = read(reader, data, said={"values": values})
    assert [(row["document_type"], row["sku"]) for row in reader.rows(outcome.lines)] == [
        ("invoice", "none"),
        ("credit_note", None),
        ("invoice", "B"),
    ]
    (bad,) = reader.rows(outcome.quarantine)
    assert (bad["reasons"], bad["raw"]) == ("document_type_value", data.splitlines()[4])


def test_a_mapped_value_passes_the_rules_whatever_the_file_holds(reader: Reader) -> None:
    """Rules of rare characters are skipped for files without them: a map may bring them in."""
    outcome = read(reader, sales(ROW), said={"values": {"sku": {"A": "A\u200d"}}})
    assert [row["reasons"] for row in reader.rows(outcome.quarantine)] == ["sku_control"]


def test_ignored_columns_are_not_read_and_unknown_ones_refuse(reader: Reader) -> None:
    data = sales(f"{ROW},me", header="distributor_id,document_type,document_no,document_date,"
                 "partner_id,line_no,sku,amount,printed_by")  # fmt: skip
    assert read(reader, data, said={"ignored": ["printed_by"]}).lines.rows == 1
    assert "unknown column 'printed_by'" in refusal(reader, data)


def test_custom_fields_become_one_column(reader: Reader) -> None:
    header = "store_id,Region,cartons,note"
    rows = ['S1,north,012,"a ""b"" \\ ü"', "S2,,,", "S3,south,-5,"]
    custom = {"region": "text", "cartons": "whole_number", "note": "text"}
    outcome = read(
        reader,
        "\n".join([header, *rows, ""]),
        "stores",
        columns={"region": "Region"},
        said={"custom": custom},
    )
    texts = [row["custom"] for row in reader.rows(outcome.lines)]
    assert texts[1:] == ["{}", '{"cartons":"-5","region":"south"}']
    assert json.loads(texts[0]) == {"cartons": "12", "note": 'a "b" \\ ü', "region": "north"}
    assert list(json.loads(texts[0])) == ["cartons", "note", "region"]


def test_without_custom_fields_there_is_no_object(reader: Reader) -> None:
    (row,) = reader.rows(read(reader, "store_id\nS1\n", "stores").lines)
    assert row == {"file_line": 2, "store_id": "S1", "custom": None}


@pytest.mark.parametrize("text", ["1.5", "1,5", "many", "+3", "1e3", "1000000000000000"])
def test_a_field_that_must_be_whole_quarantines_its_row(reader: Reader, text: str) -> None:
    data = f'partner_id,name,cartons\nP1,Asha,"{text}"\nP2,Priya,7\n'
    outcome = read(reader, data, "partners", said={"custom": {"cartons": "whole_number"}})
    assert [(row["reasons"], row["subject"]) for row in reader.rows(outcome.quarantine)] == [
        ("cartons_not_whole", "P1")
    ]
    assert [row["custom"] for row in reader.rows(outcome.lines)] == ['{"cartons":"7"}']


def test_a_file_without_a_custom_field_of_the_contract_is_refused(reader: Reader) -> None:
    told = refusal(reader, "store_id\nS1\n", "stores", said={"custom": {"region": "text"}})
    assert "the column 'region' is missing from the header" in told


def test_lines_of_a_document_agree_on_its_custom_fields(reader: Reader) -> None:
    header = (
        "distributor_id,document_type,document_no,document_date,partner_id,line_no,amount,route"
    )
    data = sales(
        "D1,invoice,1,2025-04-01,P1,1,10,north",
        "D1,invoice,1,2025-04-01,P1,2,10,south",
        "D1,invoice,2,2025-04-01,P1,1,10,west",
        header=header,
    )
    outcome = read(reader, data, said={"custom": {"route": "text"}})
    assert [row["reasons"] for row in reader.rows(outcome.quarantine)] == ["header_differs"] * 2
    (document,) = reader.rows(outcome.documents)
    assert document["custom"] == '{"route":"west"}'


def test_custom_fields_may_have_any_name(reader: Reader) -> None:
    names = ["custom", "file_line", "fiscal_year", "reasons", "shape", "sku_too", "amount_format"]
    header = f"{'distributor_id,document_type,document_no,document_date,partner_id,line_no,amount'}"
    data = sales(
        f"D1,invoice,1,2025-04-01,P1,1,10,{','.join(names)}",
        f"D1,invoice,2,2025-04-01,P1,1,x,{'y' * 501}" + "," * 6,
        header=f"{header},{','.join(names)}",
    )
    outcome = read(reader, data, said={"custom": dict.fromkeys(names, "text")})
    (row,) = reader.rows(outcome.lines)
    assert json.loads(row["custom"]) == {name: name for name in names}
    (bad,) = reader.rows(outcome.quarantine)
    assert bad["reasons"] == "amount_format, custom_too_long"


def test_reasons_of_more_rules_than_a_mask_has_bits(reader: Reader) -> None:
    names = [f"f{number:02}" for number in range(70)]
    data = f"store_id,{','.join(names)}\n,{','.join(['x'] * 70)}\n"
    outcome = read(reader, data, "stores", said={"custom": dict.fromkeys(names, "whole_number")})
    (bad,) = reader.rows(outcome.quarantine)
    assert bad["reasons"] == ", ".join(["store_id_missing", *(f"{n}_not_whole" for n in names)])


@pytest.mark.parametrize(
    ("decimal_mark", "grouping", "text", "amount"),
    [
        (",", "none", "1234,50", "1234.50"),
        (",", "none", "1234", "1234"),
        (",", "none", "1234.50", None),
        (",", ".", "1.234.567,8", "1234567.80"),
        (",", ".", "12.34.567,80", "1234567.80"),
        (",", ".", "1.234", "1234"),
        (",", ".", "1.23", None),
        (",", ".", "1234567,80", "1234567.80"),
        (".", ",", "1,000,000.50", "1000000.50"),
        (".", ",", "10,00,000.50", "1000000.50"),
        (".", ",", "-1,000", "-1000"),
        (".", ",", "1,00,0000", None),
        (".", ",", "1,0000", None),
        (".", ",", "100,00,000", None),
        (".", ",", "1,000,00", None),
        (".", ",", ",100", None),
        (".", ",", "1000,000", None),
        (".", ",", "1 000", None),
        (".", ",", "100,000,000,000.99", "100000000000.99"),
        (".", ",", "1,000,000,000,000,000", None),
        (".", ",", "10,00,00,00,000", "10000000000"),
        (".", ",", "1,00,00,00,00,000", "100000000000"),
        (".", " ", "1 000.5", "1000.50"),
        (".", "'", "1'000.5", "1000.50"),
        (".", "none", "1,000", None),
    ],
)
def test_numbers_are_read_as_the_source_writes_them(
    reader: Reader, decimal_mark: str, grouping: str, text: str, amount: str | None
) -> None:
    kind = "return" if text.startswith("-") else "invoice"
    row = f"D1;{kind};1;2025-04-01;P1;1;A;{text}"
    data = sales(row, header=SALES.replace(",", ";"))
    outcome = read(reader, data, delimiter=";", decimal_mark=decimal_mark, grouping=grouping)
    if amount is None:
        assert [row["reasons"] for row in reader.rows(outcome.quarantine)] == ["amount_format"]
        assert outcome.amount_total == 0
    else:
        assert [row["amount"] for row in reader.rows(outcome.lines)] == [Decimal(amount)]
        assert outcome.amount_total == Decimal(amount)


def test_amounts_add_up_as_the_file_writes_them(reader: Reader) -> None:
    data = sales(
        "D1,invoice,1,2025-04-01,P1,1,A,10",
        "D1,return,2,2025-04-01,P1,1,A,4",
        "D1,return,2,2025-04-01,P1,1,A,4",
        "D1,return,3,2025-04-01,P1,1,A,7",
        "D1,return,3,2025-04-01,P2,2,A,1",
        "D1,invoice,4,2025-04-01,,1,A,2",
        "D1,invoice,5,2025-04-01,P1,1,A,x",
    )
    for block_bytes in (1 << 24, 60):
        outcome = reader.read(
            data, source=a_source(returns_signed="positive"), block_bytes=block_bytes
        )
        assert isinstance(outcome, StagedFile)
        assert outcome.amount_total == Decimal(28)
        assert outcome.amount_quarantined == Decimal(10)
        assert outcome.amount_repeated == Decimal(4)
        assert sum(abs(row["amount"]) for row in reader.rows(outcome.lines)) == 14
