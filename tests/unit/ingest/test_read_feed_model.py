"""The fast reader against the slow model, on files as messy as we can think of."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from feed_files import Reader, a_source
from hypothesis import given, settings
from hypothesis import strategies as st
from read_feed_model import COLUMNS, expect

from loyalty_pipeline.ingest.read_feed import RefusedFile
from loyalty_pipeline.program.feeds import WITH_CUSTOM_FIELDS
from loyalty_pipeline.program.sources import Source

ODD_TEXT = st.sampled_from(
    [
        "",
        " ",
        "A ",
        " A",
        "a b",
        "\tA",
        "A\x0b",
        "A\u200dB",
        "\u00a0A",
        "ü",
        "प्रिया",
        "\x7f",
        "x" * 100,
        "x" * 101,
        "é" * 100,
        '"',
        'A"B',
        '""',
        '"A,B"',
        '"A ""b"" c"',
        '""""',
        "A,B",
        '"A',
        "#",
        "=1+1",
        "distributor_id",
        "null",
        "\x85",
        "\ufeffA",
        "-",
        "0",
    ]
)
ODD_NUMBER = st.sampled_from(
    [
        "",
        "0",
        "-0.00",
        "1,000",
        '"1,000"',
        '"10,00,000.5"',
        '"1,0,000"',
        "1.000",
        "10.00.000,5",
        "1.00,5",
        "1'000",
        "12 345,50",
        "1,5",
        "1e3",
        "+5",
        " 5",
        "5 ",
        "5.",
        ".5",
        "--5",
        "5-",
        "1.239",
        "1.2345",
        "12",
        "４",
        "999999999.999",
        "1000000000",
        "999999999999.99",
        "-1000000000000",
        "999999999999999.99",
        "-999999999999999.99",
        "9" * 16,
        "9" * 40,
        "NaN",
        "inf",
        "0x10",
        "1_0",
        "4.0",
        "007",
        "9" * 10,
    ]
)
ODD_DATE = st.sampled_from(
    [
        "",
        "2025-02-29",
        "2024-02-29",
        "2025-4-1",
        "01/04/2025",
        "20250401",
        "+2025-04-01",
        "1989-12-31",
        "2200-01-01",
        "2199-12-31",
        "1990-01-01",
        "0001-01-01",
        "9999-12-31",
        "2025-03-31 ",
        "2025-13-01",
        "٢٠٢٥-٠٤-٠١",
        "2025-04-01T00:00",
    ]
)


def often(*usual: str, odd: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Mostly what is usual, so that whole files have sound documents too."""
    return st.integers(0, 24).flatmap(lambda n: odd if n == 0 else st.sampled_from(usual))


FIELDS = {
    "distributor_id": often("D1", "D1", "D2", odd=ODD_TEXT),
    "document_type": often("invoice", "invoice", "return", "credit_note", odd=ODD_TEXT),
    "document_no": often("1", "1", "2", "3", "4", "5", odd=ODD_TEXT),
    "document_date": often(*["2025-04-01"] * 9, "2025-03-31", odd=ODD_DATE),
    "partner_id": often(*["P1"] * 12, "P2", odd=ODD_TEXT),
    "store_id": often(*["S1"] * 12, "", odd=ODD_TEXT),
    "line_no": often("1", "2", "3", "4", "02", odd=ODD_NUMBER),
    "sku": often("A", "B", "", "a sku", "'", odd=ODD_TEXT),
    "category": often("", "C", odd=ODD_TEXT),
    "quantity": often("1", "2.5", "", odd=ODD_NUMBER),
    "amount": often("10", "10.0", "10.00", "-20", "5", "0", odd=ODD_NUMBER),
    "original_document_no": often(*[""] * 12, "1", odd=ODD_TEXT),
    "original_document_date": often(*[""] * 12, "2025-04-01", odd=ODD_DATE),
    "original_line_no": often("", "1", odd=ODD_NUMBER),
    "tender_type": often("", "cash", odd=ODD_TEXT),
    "name": often("Asha", "Priya", odd=ODD_TEXT),
    "enrolled_on": often("", "2025-04-01", odd=ODD_DATE),
    "status": often("", "active", "inactive", odd=ODD_TEXT),
    "email": often("", "a@example.com", odd=ODD_TEXT),
    "mobile": often("", "+91 1", odd=ODD_TEXT),
    "redemption_id": often("R1", "R2", "R3", odd=ODD_TEXT),
    "redeemed_on": often("2025-04-01", odd=ODD_DATE),
    "points": often("1", "2.5", odd=ODD_NUMBER),
    "reverses": often("", "R1", odd=ODD_TEXT),
    "cycle": often("2025-04", "2025-07", odd=ODD_DATE),
    "target": often("1000", "0", "-5", odd=ODD_NUMBER),
    "scan_id": often("S1", "S2", "S3", odd=ODD_TEXT),
    "scanned_on": often("2025-04-01", odd=ODD_DATE),
    "code": often("Q1", "Q2", odd=ODD_TEXT),
    "claim_id": often("C1", "C2", "C3", odd=ODD_TEXT),
    "reviewed_on": often("", "2025-04-02", odd=ODD_DATE),
    "reviewer": often("", "Meera", odd=ODD_TEXT),
    "instruction_id": often("I1", "I2", "I3", odd=ODD_TEXT),
    "kind": often("transfer", "adjust", "merge", "hold", "extend", "set_tier", odd=ODD_TEXT),
    "effective_on": often("2025-04-01", odd=ODD_DATE),
    "to_partner_id": often("", "P2", "P3", odd=ODD_TEXT),
    "tier": often("", "Gold", odd=ODD_TEXT),
    "until": often("", "2025-12-31", odd=ODD_DATE),
    "reason": often("agreed", odd=ODD_TEXT),
    "maker": often("M", "M", "N", odd=ODD_TEXT),
    "checker": often("K", "K", "K", "M", odd=ODD_TEXT),
    "region": often("north", "", 'a "b" c', "a\\\\b", odd=ODD_TEXT),
    "cartons": often("3", "", "-2", odd=ODD_NUMBER),
    "printed_by": often("me", "", odd=ODD_TEXT),
}
# What the status of a feed usually is, and what a source may write for it.
STATUS = {
    "claims": often("approved", "submitted", "rejected", "OK", odd=ODD_TEXT),
    "partners": often("", "active", "inactive", "-", odd=ODD_TEXT),
}
POINTS = often("1", "2.5", "-3", "", odd=ODD_NUMBER)


NOTATIONS = [(".", "none"), (",", "."), (".", ","), (",", " "), (".", "'")]
CUSTOM = {"region": "text", "cartons": "whole_number"}


@st.composite
def sources(draw: st.DrawFn, feed: str) -> Source:
    """A source that writes a feed in its own way, mostly as we do."""
    mark, grouping = draw(st.sampled_from([NOTATIONS[0]] * 3 + NOTATIONS))
    said: dict[str, object] = {}
    if feed in ("sales", "partners", "distributors", "stores") and draw(st.booleans()):
        said["custom"] = draw(st.sampled_from([CUSTOM, {"region": "text"}]))
    if not draw(st.integers(0, 3)):
        constant = draw(st.sampled_from(sorted(COLUMNS[feed])))
        value = draw(FIELDS[constant])
        said["constants"] = {constant: value}
    if not draw(st.integers(0, 2)):
        said["values"] = draw(
            st.sampled_from(
                [
                    {"status": {"OK": "approved", "-": "inactive"}},
                    {"partner_id": {"P1": "P2", "": "P1"}},
                    {"partner_id": {"P2": ""}},
                    {"sku": {"A": "B", "B": " A"}},
                ]
            ).filter(lambda maps: set(maps) <= set(COLUMNS[feed]))
            if {"status", "partner_id", "sku"} & set(COLUMNS[feed])
            else st.just({})
        )
    if not draw(st.integers(0, 3)):
        said["ignored"] = ["printed_by"]
    return a_source(
        feed,
        columns=draw(st.sampled_from([{}, {}, {next(iter(COLUMNS[feed])): "Ihre Nr."}]))
        if "constants" not in said
        else {},
        said=said,
        returns_signed=draw(st.sampled_from(["negative", "positive"])),
        fiscal_start=draw(st.sampled_from([1, 4])),
        decimal_mark=mark,
        grouping=grouping,
        delimiter="," if (mark, grouping) == NOTATIONS[0] else draw(st.sampled_from([";", ","])),
    )


def values_of(name: str, feed: str) -> st.SearchStrategy[str]:
    if name == "status":
        return STATUS[feed]
    return POINTS if (name, feed) == ("points", "instructions") else FIELDS[name]


@st.composite
def files(draw: st.DrawFn, feed: str, source: Source) -> bytes:
    columns, said = COLUMNS[feed], source.feeds[feed]
    optional = [name for name, (_, required) in columns.items() if not required]
    kept = draw(st.lists(st.sampled_from(optional), unique=True)) if optional else []
    there = [n for n in columns if n in kept or n not in optional]
    there = [n for n in there if n not in said.constants] + [*said.custom, *said.ignored]
    names = draw(st.permutations(there))
    if not names:
        return b""
    quoted = draw(st.integers(0, 4)) == 0
    lines = [source.delimiter.join(said.columns.get(name, name) for name in names)]
    row = st.tuples(*(values_of(name, feed) for name in names))
    for fields in draw(st.lists(row, max_size=14)):
        if quoted:
            fields = [f'"{f}"' if '"' not in f else f for f in fields]
        lines.append(source.delimiter.join(fields))
    if len(lines) > 1:  # lines again, elsewhere, as they are or cut
        for line in draw(st.lists(st.sampled_from(lines[1:]), max_size=3)):
            lines.append(line if draw(st.integers(0, 3)) else line.rpartition(",")[0] or "x")
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    mark = draw(st.sampled_from(["", "", "\ufeff"]))
    return (mark + "".join(line + end for line in lines)).encode()


def agrees(data: bytes, feed: str, source, block_bytes: int) -> None:
    expected = expect(data, feed, source)
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(Path(folder))
        outcome = reader.read(data, feed, source, block_bytes=block_bytes)
        if isinstance(outcome, RefusedFile):
            assert expected.refused, outcome.reasons
            return
        assert not expected.refused
        names = [*COLUMNS[feed], *(["custom"] if feed in WITH_CUSTOM_FIELDS else [])]
        lines = [
            {"file_line": row["file_line"], **{name: row.get(name) for name in names}}
            for row in expected.lines
        ]
        staged = reader.rows(outcome.lines)
        years = [row.pop("fiscal_year") for row in staged if feed == "sales"]
        assert staged == lines
        assert years == [row["fiscal_year"] for row in expected.lines if feed == "sales"]
        if feed == "sales":
            found = reader.rows(outcome.documents)
            assert found == sorted(expected.documents, key=lambda d: d["first_line"])
        quarantine = [
            (row["line_no"], row["reasons"], row["raw"], row["subject"])
            for row in reader.rows(outcome.quarantine)
        ]
        assert quarantine == expected.quarantine
        assert outcome.rows_repeated == expected.repeated
        assert outcome.rows_quarantined == len(quarantine)
        assert outcome.rows_in == expected.rows == len(staged) + len(quarantine) + expected.repeated
        told = (outcome.amount_total, outcome.amount_quarantined, outcome.amount_repeated)
        assert told == (expected.amounts or (None, None, None))


@pytest.mark.parametrize("feed", list(COLUMNS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_reader_agrees_with_the_model_wherever_blocks_are_cut(
    feed: str, data: st.DataObject
) -> None:
    source = data.draw(sources(feed))
    block_bytes = data.draw(st.sampled_from([40, 150, 400, 1 << 24]))
    agrees(data.draw(files(feed, source)), feed, source, block_bytes)
