"""The same table in every wrapping, and a keyring, for tests."""

from __future__ import annotations

import csv
import gzip
import io
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import openpyxl
import pytest

needs_gpg = pytest.mark.skipif(
    shutil.which("gpg") is None, reason="OpenPGP needs the program gpg (package gnupg)"
)


def zipped(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def workbook_of(text: bytes | str, cell: Callable[[str, str], object] | None = None) -> bytes:
    """A workbook with the rows of a CSV file; `cell` (header, text) says what a cell holds."""
    text = text if isinstance(text, str) else text.decode()
    rows = list(csv.reader(io.StringIO(text)))
    book = openpyxl.Workbook()
    sheet = book.active
    for number, row in enumerate(rows):
        sheet.append(
            [
                cell(name, field) if cell and number else field
                for name, field in zip(rows[0], row, strict=False)
            ]
            + row[len(rows[0]) :]
        )
    return saved(book)


def as_people_type(name: str, text: str) -> object:
    """Dates as dates and amounts as numbers, the rest as text."""
    if text and name.endswith(("_date", "_on")):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    if text and name in ("amount", "quantity", "points", "line_no", "target"):
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text
    return text or None


def saved(book: openpyxl.Workbook) -> bytes:
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def bare_workbook(rows: str, *, parts: dict[str, str] | None = None, extra: str = "") -> bytes:
    """A workbook whose sheet has exactly this XML inside its sheetData."""
    written = {
        "_rels/.rels": f'<Relationships><Relationship Id="r1" Type="{_RELATION}/officeDocument" '
        f'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns:r="{_RELATION}">{extra}<sheets>'
        f'<sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": "<Relationships>"
        f'<Relationship Id="r1" Type="{_RELATION}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_RELATION}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="r3" Type="{_RELATION}/styles" Target="/xl/styles.xml"/>'
        "</Relationships>",
        "xl/sharedStrings.xml": "<sst/>",
        "xl/styles.xml": '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="dd/mm/yyyy"/>'
        '</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/>'
        '<xf numFmtId="2"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>",
        **(parts or {}),
    }
    return zipped(*((name, text.encode()) for name, text in written.items()))


def cells(*texts: str) -> str:
    """Cells with these texts."""
    return "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)


BEFORE, LATER = "20240101T000000!", "20240201T000000!"  # as gpg is told what time it is


class Keyring:
    """A GnuPG home with our key, that of a distributor and that of a stranger."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.us = self._new_key("us", "secret")
        self.them = self._new_key("them", "")
        self.stranger = self._new_key("stranger", "")

    def run(self, *words: str, data: bytes = b"", faked: str | None = None) -> bytes:
        fake = ("--faked-system-time", faked) if faked else ()
        command = ["gpg", "--homedir", self.home, *fake, "--batch", "--no-tty", "--quiet"]
        command += ["--pinentry-mode", "loopback", "--trust-model", "always", *words]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    def _new_key(self, name: str, passphrase: str, until: str = "never") -> str:
        words = ("--passphrase", passphrase, "--quick-gen-key", name)
        self.run(*words, "future-default", "default", until, faked=BEFORE)
        return self.fingerprint(name)

    def fingerprint(self, name: str) -> str:
        listed = self.run("--with-colons", "--list-keys", f"={name}").decode()
        return next(line for line in listed.split("\n") if line.startswith("fpr")).split(":")[9]

    def expired(self) -> str:
        """The key of a distributor that was good when it signed, and is no longer."""
        return self._new_key("expired", "", "2024-06-01")

    def encrypted(self, data: bytes, *words: str, signer: str | None = None, faked=None) -> bytes:
        sign = ("--local-user", signer, "--sign") if signer else ()
        return self.run(*words, *sign, "--recipient", self.us, "--encrypt", data=data, faked=faked)

    def contract(self, **changes: object) -> dict:
        passphrase = {"env": "LOYALTY_TEST_PASSPHRASE"}
        return {"home": str(self.home), "passphrase": passphrase, **changes}


@contextmanager
def a_keyring() -> Iterator[Keyring]:
    # Not below pytest's folder: the agent's socket has to fit into 107 characters.
    home = Path(tempfile.mkdtemp(prefix="gpg"))
    before = os.environ.get("LOYALTY_TEST_PASSPHRASE")
    os.environ["LOYALTY_TEST_PASSPHRASE"] = "secret"
    try:
        yield Keyring(home)
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)
        if before is None:
            del os.environ["LOYALTY_TEST_PASSPHRASE"]
