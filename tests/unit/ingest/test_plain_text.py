"""Wrapped files: whatever the same table is wrapped in, the same lines are staged."""

from __future__ import annotations

import gzip
import io
import stat
import threading
import zipfile
from pathlib import Path

import pytest
from feed_files import Reader, a_source, an_arrival, sales
from hypothesis import given, settings
from hypothesis import strategies as st
from wrapped_files import as_people_type, gzipped, workbook_of, zipped

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
    ("data", "told"),
    {
        "no gzip": (GOOD, "the file is not gzip"),
        "empty": (b"", "the file is empty"),
        "cut off": (gzipped(GOOD)[:-9], "cut off"),
        "cut in the header": (gzipped(GOOD)[:4], "cut off"),
        "wrong sum": (gzipped(GOOD)[:-8] + b"\1\2\3\4" + gzipped(GOOD)[-4:], "damaged"),
        "bytes after the end": (gzipped(GOOD) + b"junk", "bytes follow the end"),
        "zeros after the end": (gzipped(GOOD) + bytes(512), "bytes follow the end"),
        "second member cut off": (gzipped(GOOD) + gzipped(GOOD)[:-3], "cut off"),
        "one file after the other": (gzipped(GOOD) + gzipped(GOOD), "the header again"),
        "gzip twice": (gzipped(gzipped(GOOD)), "is not UTF-8"),
    }.values(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrecked_gzip_file_is_refused(reader: Reader, data: bytes, told: str) -> None:
    outcome = reader.read(data, source=a_source(compression="gzip"))
    assert isinstance(outcome, RefusedFile)
    assert told in "; ".join(outcome.reasons)


def member(data: bytes = GOOD, name: str = "sales.csv", **changes: object) -> bytes:
    """A ZIP whose one member has these attributes in its directory."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    packed = io.BytesIO()
    for key, value in changes.items():
        setattr(info, key, value)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(info, data, changes.get("compress_type"))
    return packed.getvalue()


def patched(data: bytes, at: bytes, offset: int, value: bytes) -> bytes:
    place = data.index(at) + offset
    return data[:place] + value + data[place + len(value) :]


DIRECTORY, LOCAL = b"PK\x01\x02", b"PK\x03\x04"


@pytest.mark.parametrize(
    ("data", "told"),
    {
        "no zip": (GOOD, "the file is no ZIP"),
        "empty": (b"", "the file is no ZIP"),
        "no members": (zipped(), "has 0 members"),
        "two members": (
            zipped(("a.csv", GOOD), ("b.csv", GOOD)),
            "has 2 members ('a.csv', 'b.csv')",
        ),
        "nested": (zipped(("a.zip", zipped(("b.csv", GOOD)))), "packed again"),
        "nested by content": (zipped(("a.csv", zipped(("b.csv", GOOD)))), "is a ZIP again"),
        "gzip inside": (zipped(("a.csv.gz", gzipped(GOOD))), "packed again"),
        "parent folder": (zipped(("../a.csv", GOOD)), "starts with a dot"),
        "absolute": (zipped(("/etc/passwd", GOOD)), "path separator"),
        "windows path": (zipped(("out\\a.csv", GOOD)), "path separator"),
        "NUL in the name": (patched(member(), b"s.csv", 1, b"\0"), "damaged"),
        "hidden": (zipped((".a.csv", GOOD)), "starts with a dot"),
        "folder": (zipped(("a/", b"")), "path separator"),
        "link": (member(external_attr=(stat.S_IFLNK | 0o777) << 16), "is a link"),
        "device": (member(external_attr=(stat.S_IFCHR | 0o666) << 16), "is a link"),
        "password": (
            patched(patched(member(), DIRECTORY, 8, b"\1"), LOCAL, 6, b"\1"),
            "has a password",
        ),
        "bzip2": (member(compress_type=zipfile.ZIP_BZIP2), "packed by method 12"),
        "lzma": (member(compress_type=zipfile.ZIP_LZMA), "packed by method 14"),
        "wrong sum": (patched(member(), DIRECTORY, 16, b"\1\2\3\4"), "is damaged"),
        "size too small": (patched(member(), DIRECTORY, 24, b"\x05\0\0\0"), "is damaged"),
        "size too big": (patched(member(), DIRECTORY, 24, b"\xff\xff\xff\x7f"), "is damaged"),
        "packed size too big": (patched(member(), DIRECTORY, 20, b"\xff\xff\xff\x7f"), "damaged"),
        "packed size too small": (patched(member(), DIRECTORY, 20, b"\x05\0\0\0"), "is damaged"),
        "zip64 that is none": (patched(member(), DIRECTORY, 24, b"\xff\xff\xff\xff"), "damaged"),
        "cut off": (member()[:-30], "the file is no ZIP"),
        "two zips": (member() + member(), "bytes stand before or after"),
        "bytes before": (b"junk" + member(), "bytes stand before or after"),
        "bytes after": (member() + b"junk", "bytes stand before or after"),
        "other name in its own header": (patched(member(), b"sales", 0, b"other"), "damaged"),
        "damaged data": (patched(member(), LOCAL, 45, b"\xff\xff\xff"), "is damaged"),
    }.values(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrecked_zip_file_is_refused(reader: Reader, data: bytes, told: str) -> None:
    assert told in refused(reader, data, compression="zip")


def test_hidden_bytes_in_a_zip_are_refused(reader: Reader) -> None:
    data = member()
    at = data.index(DIRECTORY)
    hidden = data[:at] + b"hidden" + data[at:]
    end = hidden.index(b"PK\x05\x06") + 16
    hidden = hidden[:end] + (at + 6).to_bytes(4, "little") + hidden[end + 4 :]
    assert "in none of its members" in refused(reader, hidden, compression="zip")


def test_a_member_whose_sizes_follow_its_bytes_is_taken(reader: Reader) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    packed = Pipe()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sales.csv", GOOD)
    data = packed.getvalue()
    assert isinstance(reader.read(data, source=a_source(compression="zip")), StagedFile)


@pytest.mark.parametrize("compression", ["gzip", "zip"])
def test_a_bomb_is_refused_before_it_fills_the_disk(
    reader: Reader, compression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 2_000_000)
    bomb = b"a,b\n" * 10_000_000
    data = gzip.compress(bomb) if compression == "gzip" else zipped(("a.csv", bomb))
    assert len(bomb) / len(data) > 900
    told = refused(reader, data, compression=compression)
    assert "bytes come out of it" in told
    assert "as in a file made to fill the disk" in told


def test_what_comes_out_is_bounded_by_the_size_a_file_may_have(reader: Reader) -> None:
    source = a_source(compression="gzip", max_file_bytes=100)
    outcome = reader.read(gzipped(GOOD), source=source)
    assert isinstance(outcome, RefusedFile)
    assert "more than 100 bytes come out of it" in outcome.reasons[0]


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
    from loyalty_pipeline.ingest import plain_text as module

    text = sales(*(ROWS[0] for _ in range(50))).encode("utf-16-le")
    broken = text[:-20] + b"\x00\xd8" + text[-18:]  # half of a character
    for block in (7, 64, 1 << 20):
        monkeypatch.setattr(module, "BLOCK", block)
        assert "line 51: byte" in refused(reader, broken, encoding="utf-16-le")
