"""Files in gzip and ZIP: whole, single, honest and of bounded size, or refused."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from pathlib import Path

import pytest
from feed_files import Reader, a_source, sales
from wrapped_files import gzipped, zipped

from loyalty_pipeline.ingest import unpacking
from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile

GOOD = sales("D1,invoice,1,2025-04-01,P1,1,A,10.5", "D1,invoice,2,2025-04-02,P2,1,Söap,7").encode()


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
