"""What lines of one file make up: documents, repeats, contradictions, wherever blocks are cut."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from feed_files import SALES, Reader, a_source, sales

from loyalty_pipeline.ingest.read_feed import StagedFile

A1, A2 = "D1,invoice,A,2025-04-01,P1,1,X,10", "D1,invoice,A,2025-04-01,P1,2,Y,5"
B1 = "D1,invoice,B,2025-04-01,P1,1,X,7"


@pytest.fixture(params=[90, 1 << 24], ids=["small blocks", "one block"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Reader:
    return _Blocks(tmp_path, request.param)


class _Blocks(Reader):
    def __init__(self, folder: Path, block_bytes: int) -> None:
        super().__init__(folder)
        self.block_bytes = block_bytes

    def staged(self, *rows: str, header: str = SALES, **settings) -> StagedFile:
        outcome = self.read(
            sales(*rows, header=header),
            source=a_source(**settings),
            block_bytes=self.block_bytes,
        )
        assert isinstance(outcome, StagedFile), outcome
        return outcome

    def reasons(self, *rows: str, **settings) -> dict[int, str]:
        quarantine = self.staged(*rows, **settings).quarantine
        return {row["line_no"]: row["reasons"] for row in self.rows(quarantine)}

    def amounts(self, *rows: str, **settings) -> list[tuple[str, Decimal, int]]:
        documents = self.rows(self.staged(*rows, **settings).documents)
        return [(d["document_no"], d["amount"], d["line_count"]) for d in documents]


def test_a_document_is_the_sum_of_its_lines(reader: _Blocks) -> None:
    documents = reader.rows(reader.staged(A1, A2, B1).documents)
    assert [
        (d["document_no"], d["amount"], d["line_count"], d["first_line"]) for d in documents
    ] == [
        ("A", Decimal(15), 2, 2),
        ("B", Decimal(7), 1, 4),
    ]


def test_lines_of_a_document_need_not_follow_each_other(reader: _Blocks) -> None:
    assert reader.amounts(A1, B1, A2) == [("A", Decimal(15), 2), ("B", Decimal(7), 1)]
    assert reader.amounts(A2, B1, A1) == [("A", Decimal(15), 2), ("B", Decimal(7), 1)]


def test_one_bad_line_quarantines_its_whole_document(reader: _Blocks) -> None:
    bad = A2.replace("5", "five").replace("202five", "2025")
    assert reader.reasons(A1, bad, B1) == {2: "other_line", 3: "amount_format"}
    assert reader.reasons(A1, B1, bad) == {2: "other_line", 4: "amount_format"}
    assert reader.amounts(bad, B1, A1) == [("B", Decimal(7), 1)]


@pytest.mark.parametrize(
    "bad",
    [
        "D1,invoice,A,01/04/2025,P1,2,Y,5",  # its fiscal year cannot be told
        "D1,INVOICE,A,2025-04-01,P1,2,Y,5",  # nor its type
        "D1,invoice,A,2025-04-01,P1,2,Soap, large,5",  # its last fields are displaced
        "D1,invoice,A,2025-04-01,P1",
    ],
)
def test_a_bad_line_harms_every_document_it_may_belong_to(reader: _Blocks, bad: str) -> None:
    assert reader.reasons(A1, B1, bad)[2] == "other_line"
    assert 3 not in reader.reasons(A1, B1, bad)


@pytest.mark.parametrize(
    "bad", ["D1,invoice,,2025-04-01,P1,2,Y,5", 'D1,invoice,A,2025-04-01,P1,2,"Y,5', "D1"]
)
def test_a_line_that_names_no_document_is_quarantined_alone(reader: _Blocks, bad: str) -> None:
    assert list(reader.reasons(A1, bad, B1)) == [3]


def test_bad_lines_do_not_harm_the_same_number_elsewhere(reader: _Blocks) -> None:
    other_year = A1.replace("2025-04-01", "2025-03-31")
    other_distributor = A1.replace("D1", "D2")
    bad = A2.replace(",5", ",x")
    assert list(reader.reasons(other_year, other_distributor, bad)) == [4]


@pytest.mark.parametrize(
    ("column", "value"),
    [("document_date", "2025-04-02"), ("partner_id", "P2"), ("store_id", "S2"), ("store_id", "")],
)
def test_lines_that_disagree_on_the_header_quarantine_the_document(
    reader: _Blocks, column: str, value: str
) -> None:
    header = (
        "distributor_id,document_type,document_no,document_date,partner_id,store_id,line_no,amount"
    )
    first = dict(
        zip(
            header.split(","),
            ["D1", "invoice", "A", "2025-04-01", "P1", "S1", "1", "10"],
            strict=True,
        )
    )
    second = first | {"line_no": "2", column: value}
    rows = [",".join(line.values()) for line in (first, second)]
    assert reader.reasons(*rows, header=header) == {2: "header_differs", 3: "header_differs"}


def test_identical_lines_count_once(reader: _Blocks) -> None:
    outcome = reader.staged(A1, A1, A2, B1, A1.replace(",10", ",10.00"))
    assert outcome.rows_repeated == 2
    assert outcome.lines.rows == 3
    assert outcome.quarantine is None
    assert [row["file_line"] for row in reader.rows(outcome.lines)] == [2, 4, 5]


def test_a_line_number_with_other_content_quarantines_the_document(reader: _Blocks) -> None:
    assert reader.reasons(A1, A1.replace(",10", ",11"), A2, B1) == {
        2: "line_differs",
        3: "line_differs",
        4: "other_line",
    }
    assert reader.reasons(A2, A1, B1, A1.replace("X", "Z")) == {
        2: "other_line",
        3: "line_differs",
        5: "line_differs",
    }


def test_repeats_in_a_bad_document_are_quarantined_too(reader: _Blocks) -> None:
    outcome = reader.staged(A1, A1, A2.replace(",5", ",x"), B1)
    assert (outcome.rows_quarantined, outcome.rows_repeated, outcome.lines.rows) == (3, 0, 1)


@pytest.mark.parametrize(
    ("kind", "amounts", "good"),
    [
        ("invoice", ("10", "-3"), True),
        ("invoice", ("10", "-10"), False),
        ("invoice", ("-1", "0"), False),
        ("return", ("-10", "3"), True),
        ("return", ("10", "3"), False),
        ("credit_note", ("-0.01", "0"), True),
        ("cancellation", ("0", "0"), False),
    ],
)
def test_a_total_must_have_the_sign_of_its_type(
    reader: _Blocks, kind: str, amounts: tuple[str, str], good: bool
) -> None:
    rows = [f"D1,{kind},A,2025-04-01,P1,{n},X,{a}" for n, a in enumerate(amounts)]
    expected = {} if good else dict.fromkeys((2, 3), "sign_contradicts_type")
    assert reader.reasons(*rows) == expected


def test_a_source_may_sign_returns_positive(reader: _Blocks) -> None:
    rows = (A1, "D1,return,R,2025-04-01,P1,1,X,4", "D1,credit_note,C,2025-04-01,P1,1,X,-4")
    outcome = reader.staged(*rows, returns_signed="positive")
    assert [row["amount"] for row in reader.rows(outcome.lines)] == [Decimal(10), Decimal(-4)]
    assert reader.rows(outcome.quarantine)[0]["reasons"] == "sign_contradicts_type"
    assert outcome.amount_total == Decimal(10)  # as written: 10 + 4 - 4


def test_a_total_of_too_many_digits_is_quarantined(reader: _Blocks) -> None:
    most = "99999999999.99"
    rows = [f"D1,invoice,A,2025-04-01,P1,{n},X,{most}" for n in range(11)]
    assert set(reader.reasons(*rows, B1).values()) == {"amount_range"}
    assert reader.reasons(*rows[:10], B1) == {}


def test_the_same_number_is_another_document_elsewhere(reader: _Blocks) -> None:
    rows = (
        A1,
        A1.replace("D1", "D2"),
        A1.replace("2025-04", "2026-04"),
        A1.replace("invoice", "return").replace(",10", ",-10"),
    )
    assert [amount for _, amount, _ in reader.amounts(*rows)] == [10, 10, 10, -10]


@pytest.mark.parametrize(
    ("feed", "header", "row", "other"),
    [
        ("partners", "partner_id,name", "P1,Asha", "P1,Usha"),
        ("distributors", "distributor_id,name", "D1,One", "D1,Two"),
        (
            "redemptions",
            "redemption_id,partner_id,redeemed_on,points",
            "R,P,2025-04-01,1",
            "R,P,2025-04-01,2",
        ),
    ],
)
def test_other_feeds_count_a_thing_once_and_refuse_to_choose(
    reader: _Blocks, feed: str, header: str, row: str, other: str
) -> None:
    outcome = reader.read(f"{header}\n{row}\n{row}\n", feed, block_bytes=40)
    assert isinstance(outcome, StagedFile)
    assert (outcome.lines.rows, outcome.rows_repeated) == (1, 1)
    outcome = reader.read(f"{header}\n{row}\n{other}\n{row}\n", feed, block_bytes=40)
    assert isinstance(outcome, StagedFile)
    assert outcome.lines.rows == 0
    code = f"{header.partition(',')[0]}_differs"
    assert {r["reasons"] for r in reader.rows(outcome.quarantine)} == {code}
