"""Files that are packed, encrypted, encoded or made of cells, wrongly or with ill intent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.faults.bad_input.kinds import (
    BYTES,
    GOOD,
    OTHER,
    ROW,
    File,
    Quarantined,
    Refused,
    line,
)
from tests.unit.ingest.feed_files import SALES
from tests.unit.ingest.wrapped_files import (
    LATER,
    Keyring,
    bare_workbook,
    cells,
    gzipped,
    workbook_of,
    zipped,
)


def signed(**contract: str) -> Callable[[Keyring], Mapping[str, object]]:
    """Files are encrypted and signed by the distributor."""
    return lambda keys: {"openpgp": keys.contract(signed_by=keys.them)}


GZIP, ZIP, XLSX = {"compression": "gzip"}, {"compression": "zip"}, {"file": "xlsx"}
HEADER_ROW = f"<row>{cells(*SALES.split(','))}</row>"

WRAPPINGS = {
    "gzip bomb": File(gzipped(b"a,b\n" * 5_000_000), Refused("bytes come out of it"), form=GZIP),
    "gzip cut off": File(gzipped(BYTES)[:-6], Refused("cut off"), form=GZIP),
    "gzip damaged": File(
        gzipped(BYTES)[:-8] + bytes(4) + gzipped(BYTES)[-4:], Refused("is damaged"), form=GZIP
    ),
    "gzip and more": File(gzipped(BYTES) + b"x", Refused("bytes follow the end"), form=GZIP),
    "no gzip": File(BYTES, Refused("the file is not gzip"), form=GZIP),
    "gzip where text is named": File(gzipped(BYTES), Refused("is not UTF-8")),
    "zip bomb": File(
        zipped(("a.csv", b"a,b\n" * 5_000_000)), Refused("bytes come out of it"), form=ZIP
    ),
    "zip with two members": File(
        zipped(("a.csv", BYTES), ("b.csv", BYTES)), Refused("has 2 members"), form=ZIP
    ),
    "empty zip": File(zipped(), Refused("has 0 members"), form=ZIP),
    "zip in a zip": File(
        zipped(("a.csv", zipped(("b.csv", BYTES)))), Refused("is a ZIP again"), form=ZIP
    ),
    "member with ../": File(
        zipped(("../../etc/passwd", BYTES)), Refused("starts with a dot"), form=ZIP
    ),
    "member with a path": File(zipped(("a/b.csv", BYTES)), Refused("path separator"), form=ZIP),
    "encrypted zip": File(
        bytes(zipped(("a.csv", BYTES)))
        .replace(b"PK\x03\x04\x14\0\0", b"PK\x03\x04\x14\0\1")
        .replace(b"PK\x01\x02\x14\x03\x14\0\0", b"PK\x01\x02\x14\x03\x14\0\1"),
        Refused("has a password"),
        form=ZIP,
    ),
    "two zips joined": File(
        zipped(("a.csv", BYTES)) * 2, Refused("before or after the ZIP"), form=ZIP
    ),
    "cp1252 with a byte it does not have": File(
        BYTES.replace(b",A,", b",\x81,", 1),
        Refused("line 2: byte 0x81"),
        form={"encoding": "cp1252"},
    ),
    "UTF-8 where cp1252 is named": File(
        b"\xef\xbb\xbf" + BYTES, Refused("the mark of UTF-8"), form={"encoding": "cp1252"}
    ),
    "UTF-16 without a mark": File(
        GOOD.encode("utf-16-le"), Refused("no mark of byte order"), form={"encoding": "utf-16"}
    ),
    "workbook where text is named": File(workbook_of(GOOD), Refused("is not UTF-8")),
    "text where a workbook is named": File(BYTES, Refused("is no ZIP"), form=XLSX),
    "old workbook, or with a password": File(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Refused("without a password"), form=XLSX
    ),
    "workbook with an error": File(
        bare_workbook(
            HEADER_ROW
            + f"<row>{cells(*ROW.split(',')[:7])}<c t='e'><v>#N/A</v></c></row>"
            + f"<row>{cells(*OTHER.split(','))}</row>"
        ),
        Quarantined({2: "amount_format"}),
        form=XLSX,
    ),
    "workbook with a formula never calculated": File(
        bare_workbook(
            HEADER_ROW
            + f"<row>{cells(*ROW.split(',')[:6])}<c><f>A1</f></c>{cells('10')}</row>"
            + f"<row>{cells(*OTHER.split(','))}</row>"
        ),
        Quarantined({2: "sku_control"}),
        form=XLSX,
    ),
    "workbook with a row twice": File(
        bare_workbook(HEADER_ROW + HEADER_ROW.replace("<row>", '<row r="1">')),
        Refused("comes twice"),
        form=XLSX,
    ),
    "workbook with XML entities": File(
        bare_workbook("", parts={"xl/sharedStrings.xml": '<!DOCTYPE a [<!ENTITY b "c">]><sst/>'}),
        Refused("XML entities"),
        form=XLSX,
    ),
    "not encrypted": File(BYTES, Refused("is not encrypted"), form=signed()),
    "encrypted, not signed": File(
        lambda keys: keys.encrypted(BYTES), Refused("is not signed"), form=signed()
    ),
    "signed by somebody else": File(
        lambda keys: keys.encrypted(BYTES, signer="stranger"), Refused("not by"), form=signed()
    ),
    "signature that has expired": File(
        lambda keys: keys.encrypted(
            BYTES, "--default-sig-expire", "1d", signer="them", faked=LATER
        ),
        Refused("signature has expired"),
        form=signed(),
    ),
    "encrypted, cut off": File(
        lambda keys: keys.encrypted(BYTES, signer="them")[:-20], Refused("cut off"), form=signed()
    ),
    "encrypted, signed, bad rows": File(
        lambda keys: keys.encrypted(line(amount="x").encode(), signer="them"),
        Quarantined({2: "amount_format"}),
        form=signed(),
    ),
}  # fmt: skip
