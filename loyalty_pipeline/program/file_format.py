"""How a source writes its files: wrapping, encoding, delimiter, dates and numbers.

Belongs here: the keys that a source gives and a feed may override (SPEC 2). Not here: undoing
the wrapping (`ingest.plain_text`) or reading text (`ingest.blocks`).
"""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from loyalty_pipeline.program.base import FromEnvironment, Part, Setting


class OpenPgp(Part):
    """Files are encrypted with OpenPGP; `gpg` has to be installed where they are read."""

    home: Setting = Field(description="GnuPG home folder with our private key, mode 0700.")
    passphrase: FromEnvironment | None = Field(None, description="Of our private key.")
    signed_by: str | None = Field(
        None,
        pattern=r"^[0-9A-F]{40}$",
        description="Fingerprint whose valid signature every file must bear; 40 hex digits.",
    )


def _one_character(value: str) -> str:
    if len(value) != 1 or value in '"\r\n\0' or not value.isascii():
        raise ValueError(f"{value!r} is no single character that can stand between columns")
    return value


def _a_day(value: str) -> str:
    """Exactly what can be read without guessing: day, month and year, once each."""
    directives = re.findall(r"%(.)", value.replace("%F", "%Y-%m-%d"))
    meant = sorted({"y": "Y", "b": "m", "B": "m"}.get(name, name) for name in directives)
    if meant != ["Y", "d", "m"]:
        raise ValueError(
            f"'{value}' cannot be read without guessing: use %d, one of %m, %b (Apr) and %B "
            f"(April), and one of %Y and %y, once each, like %d/%m/%Y"
        )
    return value


def _text_encoding(value: str) -> str:
    try:
        known = codecs.lookup(value)
    except (LookupError, ValueError):
        known = None
    # Codecs like base64 or rot13 turn bytes into bytes: they are no encoding of text.
    if known is None or not getattr(known, "_is_text_encoding", True):
        raise ValueError(f"'{value}' is no known encoding: write one like utf-8 or cp1252")
    return known.name


Delimiter = Annotated[str, AfterValidator(_one_character)]
DateFormat = Annotated[str, AfterValidator(_a_day)]
Encoding = Annotated[str, AfterValidator(_text_encoding)]
FileKind = Literal["csv", "xlsx"]
Compression = Literal["none", "gzip", "zip"]
DecimalMark = Literal[".", ","]
Grouping = Literal["none", ",", ".", " ", "'"]


class FileFormat(Part):
    """What every file of a source looks like; a feed may say otherwise, key by key."""

    file: FileKind = Field("csv", description="csv (any delimited text) or xlsx (a workbook).")
    sheet: str | None = Field(None, description="Sheet of a workbook; its only one by default.")
    compression: Compression = Field("none", description="gzip, or zip with exactly one member.")
    openpgp: OpenPgp | None = Field(None, description="Files are encrypted, outermost of all.")
    encoding: Encoding = Field("utf-8", description="Of delimited text, like utf-8 or cp1252.")
    delimiter: Delimiter = Field(",", description="One character, between columns.")
    date_format: DateFormat = Field(
        "%Y-%m-%d", description="strftime format; dates are never guessed."
    )
    decimal_mark: DecimalMark = Field(".", description="Between units and their fraction.")
    grouping: Grouping = Field(
        "none", description="Between groups of digits, as in 1,00,000.50; none by default."
    )


class FormatOverride(Part):
    """What is different about the files of one feed; what is left out is as the source says."""

    file: FileKind | None = None
    sheet: str | None = None
    compression: Compression | None = None
    openpgp: OpenPgp | None = None
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    date_format: DateFormat | None = None
    decimal_mark: DecimalMark | None = None
    grouping: Grouping | None = None
