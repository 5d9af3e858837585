"""Wrapped files: whatever the same table is wrapped in, the same lines are staged."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from feed_files import Reader, a_source, an_arrival, sales
from hypothesis import given, settings
from hypothesis import strategies as st
from wrapped_files import as_people_type, gzipped, workbook_of, zipped

from loyalty_pipeline.ingest import plain_text as module
from loyalty_pipeline.ingest import unpacking
from loyalty_pipeline.ingest.arrival import Control
from loyalty_pipeline.ingest.landed_lines import landed_lines
from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.ingest.plain_text import Wrapping, plain_text
from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile

ROWS = ("D1,invoice,1,2025-04-01,P1,1,A,10.5", 'D1,invoice,2,2025-04-02,P2,1,"Soap, large",7')
BAD = "D1,invoice,3,2025-04-03,P3,1,Söap,x"
GOOD = sales(*ROWS, BAD).encode()


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def refused(reader: Reader, data: bytes, **form: object) -> str:
    outcome = reader.read(data, source=a_source(**form))
    assert isinstance(outcome, RefusedFile), outcome
    assert [path for path in reader.home.root.rglob("*") if path.is_file()] in ([], [lock(reader)])
    (reason,) = outcome.reasons
    return reason


def lock(reader: Reader) -> Path:
    return reader.home.locks / "plain-source-dms.lock"


def content(outcome: StagedFile | RefusedFile) -> object:
    """What was staged, by the bytes of the work files, apart from whose they are."""
    assert isinstance(outcome, StagedFile), outcome
    files = (outcome.lines, outcome.documents, outcome.quarantine)
    counts = (outcome.rows_in, outcome.rows_quarantined, outcome.rows_repeated)
    return *counts, outcome.amount_total, *(file and (file.sha256, file.rows) for file in files)


WRAPPINGS = {
    "gzip": ({"compression": "gzip"}, gzipped),
    "gzip in two members": (
        {"compression": "gzip"},
        lambda data: gzipped(data[:50]) + gzipped(data[50:]),
    ),
    "zip": ({"compression": "zip"}, lambda data: zipped(("sales.csv", data))),
    "cp1252": ({"encoding": "cp1252"}, lambda data: data.decode().encode("cp1252")),
    "latin-1, gzip": (
        {"encoding": "latin-1", "compression": "gzip"},
        lambda data: gzipped(data.decode().encode("latin-1")),
    ),
    "utf-16": ({"encoding": "utf-16"}, lambda data: data.decode().encode("utf-16")),
    "utf-16-be": ({"encoding": "utf-16-be"}, lambda data: data.decode().encode("utf-16-be")),
    "utf-16-le with a mark": (
        {"encoding": "utf-16-le"},
        lambda data: b"\xff\xfe" + data.decode().encode("utf-16-le"),
    ),
    "utf-8 with a mark": ({"encoding": "utf-8"}, lambda data: b"\xef\xbb\xbf" + data),
    "xlsx, all text": ({"file": "xlsx"}, workbook_of),
    "xlsx in a zip": (
        {"file": "xlsx", "compression": "zip"},
        lambda data: zipped(("sales.xlsx", workbook_of(data))),
    ),
}


@pytest.mark.parametrize(("form", "wrap"), WRAPPINGS.values(), ids=WRAPPINGS)
def test_the_same_table_in_any_wrapping_gives_the_same_bytes(
    reader: Reader, form: dict, wrap
) -> None:
    plain = content(reader.read(GOOD))
    assert content(reader.read(wrap(GOOD), source=a_source(**form))) == plain


TEXT = st.text(
    st.characters(codec="cp1252", exclude_categories=["Cc", "Cs"], exclude_characters='"'),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=6), crlf=st.booleans())
def test_any_table_in_any_wrapping_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], crlf: bool
) -> None:
    lines = ["partner_id,name,email", *(",".join(f'"{field}"' for field in row) for row in rows)]
    data = "".join(line + "\n" for line in lines).encode()
    subject = Reader(tmp_path_factory.mktemp("any"))
    files = [
        ("none", "utf-8", data.replace(b"\n", b"\r\n") if crlf else data),
        ("gzip", "cp1252", gzipped(data.decode().encode("cp1252"))),
        ("zip", "utf-16", zipped(("a.csv", data.decode().encode("utf-16")))),
    ]
    outcomes = [
        content(subject.read(d, "partners", a_source("partners", compression=c, encoding=e)))
        for c, e, d in files
    ]
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_raw_content_of_a_row_is_its_text_in_utf_8(reader: Reader) -> None:
    data = gzipped(GOOD.decode().encode("cp1252"))
    source = a_source(compression="gzip", encoding="cp1252")
    outcome = reader.read(data, source=source)
    assert [row["raw"] for row in reader.rows(outcome.quarantine)] == [BAD]


def test_a_control_file_is_about_the_bytes_that_were_delivered(reader: Reader) -> None:
    data, source = gzipped(GOOD), a_source(compression="gzip")
    ours = an_arrival(data).file_id
    assert isinstance(reader.read(data, source=source, control=Control(3, None, ours)), StagedFile)
    outcome = reader.read(data, source=source, control=Control(3, None, an_arrival(GOOD).file_id))
    assert isinstance(outcome, RefusedFile)
    assert f"SHA-256 is {ours}, the control file says" in outcome.reasons[0]


def test_landed_bytes_that_changed_are_refused_before_they_are_opened(reader: Reader) -> None:
    wrapping = Wrapping.of(a_source(compression="gzip"), "sales")
    reader.path.write_bytes(gzipped(GOOD))
    with (
        pytest.raises(unpacking.UnreadableError, match="the landed bytes have SHA-256"),
        plain_text(reader.path, wrapping, reader.home, "source/dms", "0" * 64),
    ):
        pass


def test_plain_text_is_ours_alone_and_gone_afterwards(reader: Reader) -> None:
    data = gzipped(GOOD)
    reader.path.write_bytes(data)
    wrapping = Wrapping.of(a_source(compression="gzip"), "sales")
    arrival = an_arrival(data)
    with plain_text(reader.path, wrapping, reader.home, "source/dms", arrival.file_id) as plain:
        assert plain.read_bytes() == GOOD
        assert stat.S_IMODE(plain.parent.stat().st_mode) == 0o700
    assert not plain.parent.exists()


def test_what_a_killed_run_left_goes_but_not_what_another_one_reads(reader: Reader) -> None:
    data = gzipped(GOOD)
    reader.path.write_bytes(data)
    wrapping, file_id = Wrapping.of(a_source(compression="gzip"), "sales"), an_arrival(data).file_id
    left = reader.home.work("source/dms") / ".tmp" / "dead.plain"
    left.mkdir(parents=True)
    with plain_text(reader.path, wrapping, reader.home, "source/dms", file_id) as plain:
        assert not left.exists()
        outcomes = []
        other = threading.Thread(
            target=lambda: outcomes.append(reader.read(data, source=a_source(compression="gzip")))
        )
        other.start()
        other.join()
        assert isinstance(outcomes[0], StagedFile)
        assert plain.read_bytes() == GOOD


def test_lines_are_found_again_as_they_were_read(reader: Reader) -> None:
    store = LandingStore(reader.home, "dms")
    data = workbook_of(GOOD, as_people_type)
    file_id = an_arrival(data).file_id
    assert isinstance(reader.read(data, source=a_source(file="xlsx")), StagedFile)
    store.path_of(file_id).write_bytes(data)
    found = landed_lines(reader.home, "dms", file_id, {1, 3, 4, 99})
    assert found == {1: sales().rstrip(), 3: ROWS[1], 4: BAD}
    # Read again by another contract, it is that one which counts.
    assert isinstance(reader.read(data, source=a_source()), RefusedFile)
    assert landed_lines(reader.home, "dms", file_id, {3}) == {3: ROWS[1]}


@pytest.mark.parametrize(
    ("data", "encoding", "told"),
    [
        (GOOD.replace(b"x\n", b"\x81\n"), "cp1252", "line 4: byte 0x81 is not cp1252"),
        (GOOD, "ascii", "line 4: byte 0xC3 is not ascii"),
        (GOOD.decode().encode("utf-16")[:-1], "utf-16", "line 4: byte 0x0A is not utf-16"),
        (GOOD.decode().encode("utf-16-le"), "utf-16", "line 1: no mark of byte order"),
        (GOOD, "utf-16", "line 1: no mark of byte order"),
        (GOOD.decode().encode("utf-16-be")[:41], "utf-16-be", "line 1: byte 0x00 is not utf-16"),
        (b"\xef\xbb\xbf" + GOOD, "cp1252", "starts with the mark of UTF-8"),
        (
            GOOD.decode().encode("shift_jis", "replace") + b"\xff\n",
            "shift_jis",
            "line 5: byte 0xFF",
        ),
        (b"", "cp1252", "the file is empty"),
    ],
)
def test_bytes_of_another_encoding_are_refused_with_their_line(
    reader: Reader, data: bytes, encoding: str, told: str
) -> None:
    assert told in refused(reader, data, encoding=encoding)


def test_an_encoding_error_far_into_a_file_has_its_line(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = sales(*(ROWS[0] for _ in range(50))).encode("utf-16-le")
    broken = text[:-20] + b"\x00\xd8" + text[-18:]  # half of a character
    for block in (7, 64, 1 << 20):
        monkeypatch.setattr(module, "BLOCK", block)
        assert "line 51: byte" in refused(reader, broken, encoding="utf-16-le")


@pytest.mark.filterwarnings("ignore:invalid escape")
@pytest.mark.parametrize(
    "encoding",
    ["shift_jis", "gb18030", "big5", "iso2022_jp", "euc_kr", "utf-7", "utf-8-sig", "utf-32-be",
     "hz", "unicode_escape", "punycode", "idna", "undefined"],
)  # fmt: skip
def test_every_encoding_that_a_contract_can_name_ends_in_rows_or_a_reason(
    reader: Reader, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for block in (3, 1 << 20):
        monkeypatch.setattr(module, "BLOCK", block)
        for data in (GOOD, GOOD.replace(b"S", b"\xff\xfe\x80\\"), GOOD[:-1] + b"\x81", b"~{~"):
            outcome = reader.read(data, source=a_source(encoding=encoding))
            assert outcome.rows_in is not None or outcome.reasons
    text = sales(ROWS[0])
    if encoding not in ("punycode", "idna", "undefined"):
        outcome = reader.read(text.encode(encoding), source=a_source(encoding=encoding))
        assert isinstance(outcome, StagedFile)
        assert outcome.lines.sha256 == reader.read(text).lines.sha256
