"""The gate every byte passes before any parser sees it, since parsers accept wrecked files.

Belongs here: encoding, forbidden bytes, line ends, size of lines, SHA-256, and cutting a file
into blocks of whole lines. Not here: fields and values (`blocks`, `schemas`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from loyalty_pipeline.ingest.blocks import Block

BLOCK_BYTES = 16 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024
_CUT_BYTES = 256 * 1024  # so far back a place to cut is looked for
BOM = b"\xef\xbb\xbf"
_CONTROLS = tuple(bytes([code]) for code in (*range(9), 11, 12, *range(14, 32), 127))
_TAB = b"\t"

Cut = Callable[[bytes], int]


def cut_at_line(data: bytes) -> int:
    """How many of the bytes, which end a line, to take: all."""
    return len(data)


class ByteGate:
    """Reads a file once, in blocks; `reasons` says afterwards why it must be refused, if so."""

    def __init__(
        self,
        path: Path,
        delimiter: str,
        block_bytes: int = BLOCK_BYTES,
        delivered_sha256: str | None = None,
    ) -> None:
        self._path = path
        self._delivered_sha256 = delivered_sha256
        self._delimiter = delimiter.encode()
        self._block_bytes = block_bytes
        self._digest = hashlib.sha256()
        self._found: dict[str, str] = {}
        self._crlf = False
        self.lines = 0  # the header's included

    @property
    def reasons(self) -> list[str]:
        """Why the file must be refused; of each kind of defect the first."""
        return list(self._found.values())

    @property
    def sha256(self) -> str:
        """Of all bytes as they were delivered, once all blocks were read."""
        return self._delivered_sha256 or self._digest.hexdigest()

    def header(self) -> str | None:
        """The first line, without mark of byte order and line end; None if there is no text."""
        with self._path.open("rb") as file:
            line = file.readline(MAX_LINE_BYTES)
        self._crlf = line.endswith(b"\r\n")
        try:
            return line.removeprefix(BOM).rstrip(b"\r\n").decode() if line else None
        except UnicodeDecodeError:
            return None

    def blocks(self, cut: Cut = cut_at_line) -> Iterator[Block]:
        """The lines after the header, in blocks; `header` must have been read before.

        After a defect no more blocks come, but the rest is still looked at for other defects.
        """
        number = 0
        for data in self._whole_lines(cut):
            block = self._checked(number, data)
            if block is not None and not self._found:
                yield block
                number += 1
        if self.lines == 0:
            self._refuse("empty", "the file is empty: a day without rows still needs its header")

    def _whole_lines(self, cut: Cut) -> Iterator[bytes]:
        """The bytes of the file in pieces that end a line, each read once, without a copy."""
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            size, at = os.fstat(descriptor).st_size, 0
            while at < size:
                length = self._length(descriptor, at, size, cut)
                data = os.pread(descriptor, length, at)
                if len(data) < length:
                    raise OSError(f"{self._path} shrank while it was read")
                self._digest.update(data)
                at += length
                yield data if data.endswith(b"\n") else self._ended(data)
        finally:
            os.close(descriptor)

    def _length(self, descriptor: int, at: int, size: int, cut: Cut) -> int:
        """How many bytes the next piece has: about a block, ending where `cut` says."""
        end = at + self._block_bytes
        if end >= size:
            return size - at
        start = max(at, end - _CUT_BYTES)
        tail = os.pread(descriptor, end - start, start)
        whole = tail.rfind(b"\n") + 1
        if whole:
            return start - at + cut(tail[:whole])
        following = os.pread(descriptor, MAX_LINE_BYTES, end)
        found = following.find(b"\n") + 1
        if not found and end + len(following) < size:
            self._refuse_long_line(descriptor, at, end)
        return end - at + (found or len(following))

    def _ended(self, data: bytes) -> bytes:
        self._refuse(
            "end",
            "the last line has no line end, so the file may be cut off: deliver it again, whole "
            "and ended by a line end",
        )
        return data + b"\n"

    def _checked(self, number: int, data: bytes) -> Block | None:
        """A block of these lines if they are sound, with what was found noted in any case."""
        first = self.lines + 1
        if first == 1:
            data = data.removeprefix(BOM)
        lines = data.count(b"\n")
        self.lines += lines
        self._check_line_ends(data, lines, first)
        self._check_encoding(data, first)
        if self._crlf:
            data = data.replace(b"\r\n", b"\n")
        ascii_only = data.isascii()
        holds = {"space", "control"} if not ascii_only else set()
        found = [code for code in _CONTROLS if code in data]
        # Between columns it is no part of a field, unless it may stand in quotes.
        if _TAB in data and (self._delimiter != _TAB or b'"' in data):
            found.append(_TAB)
        for code, name in ((b"\0", "NUL"), (b"\x1a", "0x1A (end of file)")):
            if code in found:
                self._refuse(
                    name,
                    f"line {_line_of(data, data.index(code), first)}: a {name} byte, which "
                    f"no text has: deliver the file again as plain text",
                )
        if found:
            holds |= {"space", "control"}
        if b" " in data:
            holds.add("space")
        if first == 1:
            cut = data.index(b"\n") + 1
            data, first, lines = data[cut:], 2, lines - 1
        self._check_blank_lines(data, first)
        if b'"' in data:
            holds.add("quote")
        return Block(number, first, lines, data, frozenset(holds)) if lines else None

    def _check_line_ends(self, data: bytes, lines: int, first: int) -> None:
        if self._crlf:
            if data.count(b"\r") == lines == data.count(b"\r\n"):
                return
            wrong = next(
                place
                for place, line in enumerate(data.split(b"\n"))
                if not line.endswith(b"\r") or line.count(b"\r") > 1
            )
            line = first + wrong
        elif b"\r" in data:
            line = _line_of(data, data.index(b"\r"), first)
        else:
            return
        expected = "CR LF as in line 1" if self._crlf else "LF alone, as in line 1"
        self._refuse(
            "line ends",
            f"line {line}: mixed line ends, or a CR inside a line; expected "
            f"{expected}: write the whole file with one kind, LF or CR LF",
        )

    def _check_blank_lines(self, data: bytes, first: int) -> None:
        """One column could read a blank line as a row that has nothing to say."""
        if data.startswith(b"\n"):
            line = first
        elif b"\n\n" in data:
            line = _line_of(data, data.index(b"\n\n") + 1, first)
        else:
            return
        self._refuse("blank", f"line {line}: blank; remove blank lines from the file")

    def _check_encoding(self, data: bytes, first: int) -> None:
        if data.isascii():
            return
        try:
            data.decode()
        except UnicodeDecodeError as error:
            line = _line_of(data, error.start, first)
            self._refuse(
                "encoding",
                f"line {line}: byte 0x{data[error.start]:02X} is not UTF-8: export "
                f"the file in the encoding UTF-8",
            )
        if BOM in data:
            line = _line_of(data, data.index(BOM), first)
            self._refuse(
                "bom",
                f"line {line}: a mark of byte order inside the file, as when two files are "
                f"joined: deliver them one by one",
            )

    def _refuse_long_line(self, descriptor: int, at: int, end: int) -> None:
        line = self.lines + 1 + os.pread(descriptor, end - at, at).count(b"\n")
        self._refuse(
            "long line",
            f"line {line}: longer than {MAX_LINE_BYTES:,} bytes, or line "
            f"ends are missing (CR alone is none): end every line by LF or CR LF",
        )

    def refuse_second_header(self, line: int) -> None:
        """Note a line that repeats the header."""
        self._refuse(
            "header",
            f"line {line}: the header again, as when two files are joined: deliver them one by one",
        )

    def _refuse(self, kind: str, reason: str) -> None:
        self._found.setdefault(kind, reason)


def _line_of(data: bytes, position: int, first: int) -> int:
    return first + data.count(b"\n", 0, position)
