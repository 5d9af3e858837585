"""CSV files beside a program file: the values of lists, and pools of coupon codes.

Belongs here: reading them while the program is loaded, so that a published version is complete.
Not here: what lists and coupons are for (`conditions`, `notices`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loyalty_pipeline.program.finding import Finding
from loyalty_pipeline.program.finding import Path as Place

MAX_VALUES = 100_000
MAX_BYTES = 20_000_000
MAX_LENGTH = 200


@dataclass(frozen=True)
class FileTrouble:
    """Something wrong inside such a file."""

    file: Path
    line: int
    field: Place
    message: str


def read_beside(
    raw: Mapping[str, Any], folder: Path
) -> tuple[dict[str, Any], list[Finding], list[FileTrouble]]:
    """A raw program with the values of its files, what names them wrongly, and what is in them."""
    reading = _Reading(folder, [], [])
    versions = raw.get("versions")
    if not isinstance(versions, list | tuple):
        return dict(raw), [], []
    filled = [
        reading.version(version, ("versions", number)) if isinstance(version, Mapping) else version
        for number, version in enumerate(versions)
    ]
    return {**raw, "versions": filled}, reading.findings, reading.troubles


@dataclass
class _Reading:
    folder: Path
    findings: list[Finding]
    troubles: list[FileTrouble]

    def version(self, raw: Mapping[str, Any], where: Place) -> dict[str, Any]:
        filled = dict(raw)
        lists = raw.get("lists")
        if isinstance(lists, Mapping):
            filled["lists"] = {
                name: self._values(given, (*where, "lists", name), unique=False)
                if isinstance(given, str)
                else given
                for name, given in lists.items()
            }
        coupons = raw.get("coupons")
        if isinstance(coupons, list | tuple):
            filled["coupons"] = [
                self._coupon(coupon, (*where, "coupons", number))
                if isinstance(coupon, Mapping)
                else coupon
                for number, coupon in enumerate(coupons)
            ]
        return filled

    def _coupon(self, raw: Mapping[str, Any], where: Place) -> Mapping[str, Any]:
        if "pool" in raw:
            message = "is filled from the file of codes: leave it out, and name the file in codes"
            self.findings.append(Finding((*where, "pool"), message))
            return raw
        codes = raw.get("codes", "generated")
        if not isinstance(codes, str) or codes == "generated":
            return raw
        return {**raw, "pool": self._values(codes, (*where, "codes"), unique=True)}

    def _values(self, name: str, where: Place, *, unique: bool) -> tuple[str, ...]:
        """The first column of a file; what is wrong with it is noted."""
        path = self._path(name, where)
        if path is None:
            return ()
        try:
            content = path.read_bytes()
        except OSError as error:
            self.findings.append(Finding(where, f"{name} cannot be read: {error.strerror}"))
            return ()
        if len(content) > MAX_BYTES:
            self.findings.append(Finding(where, f"{name} has more than {MAX_BYTES:,} bytes"))
            return ()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._trouble(path, line, where, "a byte is not UTF-8: save the file in UTF-8")
            return ()
        return self._first_column(text, path, where, unique=unique)

    def _path(self, name: str, where: Place) -> Path | None:
        """The file of a name, which must lie beside the program or below it."""
        if Path(name).is_absolute() or ".." in Path(name).parts or "\\" in name or "\0" in name:
            message = f"'{name}' leads out of the program's folder: name a CSV file beside it"
            self.findings.append(Finding(where, message))
            return None
        path = self.folder / name
        if not path.is_file():
            message = f"there is no file '{name}' beside the program"
            self.findings.append(Finding(where, message))
            return None
        if not path.resolve().is_relative_to(self.folder.resolve()):
            message = f"'{name}' is a link out of the program's folder: put the file itself there"
            self.findings.append(Finding(where, message))
            return None
        return path

    def _first_column(
        self, text: str, path: Path, where: Place, *, unique: bool
    ) -> tuple[str, ...]:
        found: dict[str, int] = {}
        header = False
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            for row in rows:
                value = row[0].strip() if row else ""
                if not header:
                    header = True
                    if not value:
                        self._trouble(
                            path, 1, where, "the first line, which names the column, is empty"
                        )
                elif not row:
                    continue  # an empty line
                elif message := _wrong(value, found, unique=unique):
                    self._trouble(path, rows.line_num, where, message)
                else:
                    found.setdefault(value, rows.line_num)
                if len(found) > MAX_VALUES:
                    message = f"there are more than {MAX_VALUES:,} values"
                    self._trouble(path, rows.line_num, where, message)
                    return ()
        except csv.Error as error:
            self._trouble(path, max(rows.line_num, 1), where, f"this is no CSV: {error}")
            return ()
        if not found and not any(trouble.file == path for trouble in self.troubles):
            message = "there is no value: the first line is the header, values stand below it"
            self._trouble(path, max(rows.line_num, 1), where, message)
        return tuple(found)

    def _trouble(self, path: Path, line: int, where: Place, message: str) -> None:
        self.troubles.append(FileTrouble(path, line, where, message))


def _wrong(value: str, found: Mapping[str, int], *, unique: bool) -> str | None:
    if not value:
        return "the first column is empty"
    if len(value) > MAX_LENGTH or not value.isprintable():
        return f"the value is longer than {MAX_LENGTH} characters, or cannot be printed"
    if unique and value in found:
        return f"the code {value} is there twice, first on line {found[value]}"
    return None
