"""Files that are refused whole, before or after reading their rows."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest
from feed_files import SALES, Reader, a_source, an_arrival, sales

from loyalty_pipeline.ingest.arrival import Control
from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile, read_feed

ROW = "D1,invoice,1,2025-04-01,P1,1,A,10.00"
OTHER = "D1,invoice,2,2025-04-01,P1,1,A,5.00"
GOOD = sales(ROW, OTHER).encode()


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.mark.parametrize(
    ("data", "told"),
    {
        "empty": (b"", "the file is empty"),
        "only a byte order mark": (b"\xef\xbb\xbf", "no line end"),
        "no final line end": (GOOD[:-1], "the last line has no line end"),
        "cut in the middle of a line": (GOOD[:-5], "the last line has no line end"),
        "Latin-1": (GOOD.replace(b",P1,", ",Pé,".encode("latin-1"), 1), "line 2: byte 0xE9"),
        "UTF-16": (GOOD.decode().encode("utf-16"), "is not UTF-8"),
        "NUL": (GOOD.replace(b"P1", b"P\0", 1), "line 2: a NUL byte"),
        "end of file mark": (GOOD + b"\x1a\n", "line 4: a 0x1A"),
        "mixed line ends": (GOOD.replace(b"10.00\n", b"10.00\r\n"), "line 2: mixed line ends"),
        "CR LF and once LF": (
            GOOD.replace(b"\n", b"\r\n").replace(b"10.00\r\n", b"10.00\n"),
            "line 2: mixed line ends",
        ),
        "CR alone": (GOOD.replace(b"\n", b"\r"), "a CR inside a line"),
        "CR inside a line": (GOOD.replace(b"P1", b"P\r", 1), "line 2: mixed line ends"),
        "blank line": (sales(ROW, "", OTHER).encode(), "line 3: blank"),
        "blank last line": (GOOD + b"\n", "line 4: blank"),
        "blank lines with CR LF": (
            sales(ROW, "", OTHER).replace("\n", "\r\n").encode(),
            "line 3: blank",
        ),
        "byte order mark inside": (GOOD + b"\xef\xbb\xbf" + ROW.encode() + b"\n", "line 4: a mark"),
        "second header": (GOOD + GOOD, "line 4: the header again"),
        "second header, quoted": (
            GOOD + ",".join(f'"{name}"' for name in SALES.split(",")).encode() + b"\n",
            "line 4: the header again",
        ),
        "endless line": (GOOD + b"x" * 3_000_000 + b"\n", "line 4: longer than"),
    }.values(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrecked_file_is_refused_with_its_line(reader: Reader, data: bytes, told: str) -> None:
    for block_bytes in (64, 1 << 24):
        outcome = reader.read(data, block_bytes=block_bytes)
        if told.endswith("longer than") and block_bytes > 64:
            continue  # inside a block such a line is a bad row
        assert isinstance(outcome, RefusedFile)
        assert any(told in reason for reason in outcome.reasons), outcome.reasons
        assert all(reason.startswith("sales.csv: ") for reason in outcome.reasons)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (SALES.replace("amount", "amt"), "unknown column 'amt'"),
        (SALES.replace("amount", "amt"), "'amount' is missing"),
        (SALES.replace(",", ";"), "unknown column"),
        (SALES + ",sku", "names 'sku' twice"),
        (SALES.replace("sku", " sku"), "unknown column ' sku'"),
        (SALES.replace("sku", ""), "unknown column ''"),
        ('"' + SALES, "the header cannot be read"),
        (SALES.replace("partner_id,", ""), "'partner_id' is missing"),
        (ROW, "'amount' is missing"),
    ],
)
def test_a_wrong_header_is_refused(reader: Reader, header: str, told: str) -> None:
    outcome = reader.read(sales(ROW, header=header))
    assert isinstance(outcome, RefusedFile)
    assert any(f"sales.csv: line 1: {told}" in r or told in r for r in outcome.reasons)


def test_every_defect_is_told_at_once(reader: Reader) -> None:
    data = sales("\0", "é", header="oops,amount").encode("latin-1")[:-1]
    outcome = reader.read(data)
    assert isinstance(outcome, RefusedFile)
    told = "\n".join(outcome.reasons)
    for expected in ("no line end", "NUL", "UTF-8", "'oops'", "'partner_id' is missing"):
        assert expected in told


@pytest.mark.parametrize(
    ("control", "told"),
    [
        (Control(3, None, None), "2 rows, the control file says 3"),
        (Control(None, Decimal("15.01"), None), "is 15.00, the control file says 15.01"),
        (Control(None, None, "f" * 64), "the control file says fff"),
    ],
)
def test_a_control_file_that_disagrees_refuses_the_file(
    reader: Reader, control: Control, told: str
) -> None:
    outcome = reader.read(GOOD, control=control)
    assert isinstance(outcome, RefusedFile)
    assert told in outcome.reasons[0]


def test_a_control_file_that_agrees_is_enforced_without_harm(reader: Reader) -> None:
    control = Control(2, Decimal("15.0"), hashlib.sha256(GOOD).hexdigest().upper())
    assert isinstance(reader.read(GOOD, control=control), StagedFile)


def test_control_totals_are_all_told_at_once(reader: Reader) -> None:
    outcome = reader.read(GOOD, control=Control(9, Decimal(9), "0" * 64))
    assert isinstance(outcome, RefusedFile)
    assert len(outcome.reasons) == 3


def test_an_amount_that_is_no_number_leaves_no_total_to_compare(reader: Reader) -> None:
    data = sales(ROW, OTHER.replace("5.00", '"1,000"'))
    outcome = reader.read(data, control=Control(2, Decimal("1010"), None))
    assert isinstance(outcome, StagedFile)
    assert outcome.rows_quarantined == 1
    assert outcome.amount_total == Decimal(10)


def test_a_total_for_a_feed_without_amounts_must_be_zero(reader: Reader) -> None:
    data = "distributor_id,name\nD1,One\n"
    assert isinstance(
        reader.read(data, "distributors", control=Control(1, Decimal(0), None)), StagedFile
    )
    outcome = reader.read(data, "distributors", control=Control(1, Decimal(1), None))
    assert isinstance(outcome, RefusedFile)


@pytest.mark.parametrize(
    ("control", "accepted"),
    [(None, True), (Control(0, None, None), True), (Control(None, Decimal(0), None), False)],
)
def test_a_file_without_rows_is_accepted_only_if_that_is_meant(
    reader: Reader, control: Control | None, accepted: bool
) -> None:
    outcome = reader.read(sales(), control=control)
    assert isinstance(outcome, StagedFile) is accepted
    if isinstance(outcome, StagedFile):
        assert outcome.lines.rows == 0
        assert outcome.documents is not None
        assert outcome.documents.rows == 0
        assert outcome.quarantine is None


def test_landed_bytes_that_changed_are_refused(reader: Reader) -> None:
    reader.path.write_bytes(GOOD)
    outcome = read_feed(an_arrival(GOOD + b" "), reader.path, a_source(), reader.home)
    assert isinstance(outcome, RefusedFile)
    assert "the landed bytes" in outcome.reasons[0]


@pytest.mark.parametrize("bad", [1, 2])
def test_more_bad_rows_than_the_source_allows_refuse_the_file(reader: Reader, bad: int) -> None:
    rows = [f"D1,invoice,{n},2025-04-01,P1,1,A,{'x' if n < bad else 1}" for n in range(10)]
    outcome = reader.read(sales(*rows), source=a_source(max_reject_rate="10%"))
    if bad == 1:
        assert isinstance(outcome, StagedFile)
    else:
        assert isinstance(outcome, RefusedFile)
        assert outcome.rows_in == 10
        assert "2 of 10 rows are bad" in outcome.reasons[0]
        assert "10%" in outcome.reasons[0]
        assert "line 2: amount_format; line 3: amount_format" in outcome.reasons[0]


def test_nothing_is_left_behind_by_a_refused_file(reader: Reader) -> None:
    reader.read(GOOD + b"\n")
    assert [path for path in reader.home.root.rglob("*") if path.is_file()] == []
