"""Mutated files: whatever the bytes, a file is staged or refused, and rows add up."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from feed_files import Reader, a_source, sales
from read_feed_model import expect

from loyalty_pipeline.ingest.read_feed import RefusedFile

ROWS = [
    f"D{n % 2},"
    f"{('invoice', 'return')[n % 3 == 0]},{n // 2},2025-0{n % 5 + 1}-0{n % 9 + 1},P{n % 4},"
    f"{n % 2},{('A', 'Soap', '')[n % 3]},{'-' if n % 3 == 0 else ''}{n}.50"
    for n in range(30)
]
FILE = sales(*ROWS).encode()
QUOTED = sales(*(row.replace(",P", ',"P').replace(",A,", '",A,') for row in ROWS)).encode()
PIECES = [
    *(
        b"\0",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b'"',
        b'""',
        b",",
        b",,",
        b" ",
        b"\t",
        b"\x1a",
        b"\x7f",
    ),
    *(
        b"\xff",
        b"\xc3",
        b"\xc3\xa9",
        b"\xef\xbb\xbf",
        b"\xe2\x80\x8d",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x99",
    ),
    *(b"-", b"+", b".", b"e9", b"9" * 30, b"2025-02-30", b"0000-00-00", b"invoice", b"x" * 300),
    FILE[:95],
    FILE[-60:],
]


def mutated(chance: random.Random) -> bytes:
    data = chance.choice([FILE, FILE, QUOTED, FILE.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + FILE])
    for _ in range(chance.choice([1, 1, 2, 5])):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[at + chance.randrange(1, 40) :]
        elif kind == 2:
            data = data[:at]
        elif kind == 3:
            data = data[:at] + chance.choice(PIECES) + data[at:]
        else:
            other = chance.randrange(len(data) + 1)
            data = data[:at] + data[other : other + 80] + data[at:]
    return data


@pytest.mark.parametrize("seed", range(100))
def test_a_mutated_file_is_read_as_the_model_reads_it(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    data = mutated(chance)
    reader = Reader(tmp_path)
    outcome = reader.read(data, block_bytes=chance.choice([120, 1 << 24]))
    expected = expect(data, "sales", a_source())
    assert isinstance(outcome, RefusedFile) is expected.refused
    if isinstance(outcome, RefusedFile):
        assert outcome.reasons
        return
    assert outcome.rows_in == expected.rows
    assert [row["file_line"] for row in reader.rows(outcome.lines)] == [
        row["file_line"] for row in expected.lines
    ]
    assert [
        (row["line_no"], row["reasons"], row["raw"], row["subject"])
        for row in reader.rows(outcome.quarantine)
    ] == expected.quarantine


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_refused(seed: int, tmp_path: Path) -> None:
    data = random.Random(seed).randbytes(seed * 37)
    assert isinstance(Reader(tmp_path).read(data), RefusedFile)
