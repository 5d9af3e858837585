"""Undoing gzip and ZIP, byte by byte and within a budget.

Belongs here: compressed containers, and the limit on what may come out of them. Not here: what
the content is (`plain_text`, `workbook`) or encryption (`openpgp`).

Nothing a container says about itself is believed: sizes are counted while bytes come out, sums
are computed, and every byte of the container must belong to it. A bomb of gzip gives 1,029 bytes
for one (measured), text of sales 5 to 30.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from loyalty_pipeline.ingest.naming import fault_of, shown

BLOCK = 1024 * 1024
MAX_RATIO = 200  # plain bytes for one that was delivered
FREE_BYTES = 64 * 1024 * 1024  # so much may come out of any file, however small

_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
_END = struct.Struct("<4sHHHHIIH")
_MAX_COMMENT = 65_535
_ENCRYPTED = 0x1
_STORED, _DEFLATED = 0, 8


class UnreadableError(Exception):
    """The wrapping of a file cannot be undone; the text is the reason of its refusal."""


class Budget:
    """How many bytes may come out of a file, all layers taken by themselves."""

    def __init__(self, delivered: int, max_bytes: int) -> None:
        self.limit = min(max_bytes, max(FREE_BYTES, MAX_RATIO * delivered))

    def check(self, size: int) -> None:
        """Raise when more came out than may."""
        if size > self.limit:
            raise UnreadableError(
                f"more than {self.limit:,} bytes come out of it, which is more than "
                f"max_file_bytes or {MAX_RATIO} times its size, as in a file made to fill the "
                f"disk: deliver it in smaller files, or without compression"
            )


def gunzip(packed: Path, plain: Path, budget: Budget) -> None:
    """Undo gzip. Several members follow each other as gzip allows; nothing else may."""
    size, members = 0, 0
    with packed.open("rb") as source, plain.open("wb") as target:
        data = source.read(BLOCK)
        if not data:
            raise UnreadableError("the file is empty and not gzip: deliver it again, whole")
        while data:
            inflate = zlib.decompressobj(wbits=31)
            if members and not b"\x1f\x8b".startswith(data[:2]):
                raise UnreadableError(
                    "bytes follow the end of the gzip data: deliver the file as gzip wrote it"
                )
            while not inflate.eof:
                if not data:
                    raise UnreadableError("the gzip data is cut off: deliver the file again, whole")
                try:
                    text = inflate.decompress(data, BLOCK)
                except zlib.error as error:
                    raise UnreadableError(_broken_gzip(error)) from None
                size += len(text)
                budget.check(size)
                target.write(text)
                data = inflate.unconsumed_tail or (b"" if inflate.eof else source.read(BLOCK))
            members += 1
            data = inflate.unused_data or source.read(BLOCK)


def _broken_gzip(error: zlib.error) -> str:
    if "incorrect header" in str(error):
        return (
            "the file is not gzip: deliver it as the source's compression says, or correct "
            "compression in the program file"
        )
    return f"the gzip data is damaged ({error}): deliver the file again"


def unzip(packed: Path, plain: Path, budget: Budget, inner_is_zip: bool) -> None:
    """Undo a ZIP with exactly one member, which fills it from the first byte to the directory."""
    with packed.open("rb") as file, opened(file) as archive:
        members = archive.infolist()
        if len(members) != 1:
            names = ", ".join(shown(m.orig_filename.encode()) for m in members[:3])
            raise UnreadableError(
                f"the ZIP has {len(members)} members{f' ({names})' if names else ''}, expected "
                f"exactly one: put one file into it"
            )
        member = members[0]
        _check_member(member)
        size = 0
        with plain.open("wb") as target:
            for text in member_blocks(file, member):
                if size == 0 and text.startswith(b"PK\x03\x04") and not inner_is_zip:
                    raise UnreadableError(
                        "the member of the ZIP is a ZIP again: deliver the file packed once"
                    )
                size += len(text)
                budget.check(size)
                target.write(text)
        _check_filled(file, member, archive.start_dir)


def opened(file: BinaryIO) -> zipfile.ZipFile:
    """The directory of a ZIP that is all of a file."""
    try:
        archive = zipfile.ZipFile(file)
        first = min((member.header_offset for member in archive.infolist()), default=0)
    # The module reads hostile numbers before it checks them.
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError) as error:
        raise UnreadableError(
            f"the file is no ZIP, or is damaged or cut off ({error}): deliver it again, whole"
        ) from None
    if first != 0 or not _ends_with_directory(file):
        archive.close()
        raise UnreadableError(
            "bytes stand before or after the ZIP in the file, as when two files are joined: "
            "deliver them one by one"
        )
    return archive


def _ends_with_directory(file: BinaryIO) -> bool:
    end = file.seek(0, 2)
    file.seek(max(0, end - _MAX_COMMENT - _END.size))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        return False
    comment: int = _END.unpack_from(tail, at)[-1]
    return at + _END.size + comment == len(tail)


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename.encode("utf-8", "surrogateescape")
    told = f"the member {shown(name)} of the ZIP"
    fault = fault_of(name)
    if fault is not None:
        raise UnreadableError(f"{told} cannot be taken, {fault}: give it a plain file name")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or member.is_dir():
        raise UnreadableError(f"{told} is a link or folder: put the file itself into the ZIP")
    if name.lower().endswith((b".zip", b".gz", b".7z", b".rar")):
        raise UnreadableError(f"{told} is packed again: deliver the file packed once")


def member_blocks(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The plain bytes of a member; complete and undamaged, or an error at the end."""
    told = f"the member {shown(member.orig_filename.encode('utf-8', 'surrogateescape'))} of the ZIP"
    damaged = UnreadableError(f"{told} is damaged: deliver the file again")
    if member.flag_bits & _ENCRYPTED:
        raise UnreadableError(f"{told} has a password: deliver it without one, or with OpenPGP")
    if member.compress_type not in (_STORED, _DEFLATED):
        raise UnreadableError(
            f"{told} is packed by method {member.compress_type}: use the usual one, deflate"
        )
    file.seek(_data_start(file, member, damaged))
    left, size, crc = member.compress_size, 0, 0
    inflate = zlib.decompressobj(-15) if member.compress_type == _DEFLATED else None
    packed = b""
    while True:
        if not packed:
            packed = file.read(min(left, BLOCK))
            left -= len(packed)
        if inflate is None:
            text, packed = packed, b""
        else:
            try:
                text = inflate.decompress(packed, BLOCK)
            except zlib.error:
                raise damaged from None
            packed = inflate.unconsumed_tail
        size += len(text)
        crc = zlib.crc32(text, crc)
        if size > member.file_size:
            raise damaged
        if text:
            yield text
        elif not packed:
            break
    whole = inflate is None or (inflate.eof and not inflate.unused_data)
    if not whole or left or size != member.file_size or crc != member.CRC:
        raise damaged


def _data_start(file: BinaryIO, member: zipfile.ZipInfo, damaged: UnreadableError) -> int:
    """Where a member's bytes start, by its own header, which must agree with the directory."""
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size:
        raise damaged
    signature, _, flags, method, *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    encoding = "utf-8" if flags & 0x800 else "cp437"
    name = file.read(name_length)
    agrees = (
        signature == b"PK\x03\x04"
        and method == member.compress_type
        and flags & _ENCRYPTED == member.flag_bits & _ENCRYPTED
        and name == member.orig_filename.encode(encoding, "replace")
    )
    if not agrees:
        raise damaged
    return file.tell() + int(extra_length)


def _check_filled(file: BinaryIO, member: zipfile.ZipInfo, directory: int) -> None:
    """Nothing lies between the member and the directory but sizes written after its bytes."""
    start = _data_start(file, member, UnreadableError("the ZIP is damaged: deliver it again"))
    gap = directory - start - member.compress_size
    if gap not in ((12, 16, 20, 24) if member.flag_bits & 0x8 else (0,)):
        raise UnreadableError(
            "the ZIP holds bytes that are in none of its members: deliver it again, as a ZIP "
            "program writes it"
        )
