"""From a landed file to delimited text in UTF-8 in which line n is the file's line n.

Belongs here: the layers that a contract names, undone from outside in: OpenPGP, then gzip or ZIP,
then the encoding of delimited text, or a workbook. Not here: each of them (`openpgp`,
`unpacking`, `workbook`, `worksheet`), or the text itself (`byte_gate` and what follows).

Plain text is kept no longer than it is read: in a folder of ours alone, removed afterwards; what
a killed run left is removed by the next one.
"""

from __future__ import annotations

import codecs
import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from loyalty_pipeline.ingest.contract import CONTRACTS
from loyalty_pipeline.ingest.openpgp import decrypt
from loyalty_pipeline.ingest.unpacking import BLOCK, Budget, UnreadableError, gunzip, unzip
from loyalty_pipeline.ingest.workbook import open_workbook
from loyalty_pipeline.ingest.worksheet import write_lines
from loyalty_pipeline.program.file_format import FileFormat
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.files import sha256_of, temporary_path
from loyalty_pipeline.warehouse.home import Home

__all__ = ["UnreadableError", "Wrapping", "plain_text"]

_UTF8 = codecs.lookup("utf-8").name
_MARKS = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}


@dataclass(frozen=True)
class Wrapping:
    """All that must be known to get at the text of a landed file."""

    form: FileFormat
    dates: frozenset[str]  # headers of the columns in which a workbook may have dates
    max_bytes: int

    @classmethod
    def of(cls, source: Source, feed: str) -> Wrapping:
        """As a source wraps the files of a feed."""
        own = next((contract for name, contract in source.feeds.items() if name == feed), None)
        shown = own.columns if own else {}
        dates = [column.name for column in CONTRACTS[feed].columns if column.kind == "date"]
        dates += own.custom if own else []
        headers = frozenset(shown.get(name, name) for name in dates)
        return cls(source.format_of(feed), headers, source.max_file_bytes)

    @property
    def is_plain(self) -> bool:
        """Whether the landed bytes are the text."""
        form = self.form
        return (form.file, form.compression, form.openpgp) == ("csv", "none", None) and (
            codecs.lookup(form.encoding).name == _UTF8
        )


@contextmanager
def plain_text(
    path: Path, wrapping: Wrapping, home: Home, scope: str, file_id: str
) -> Iterator[Path]:
    """Where the text of a landed file is, for as long as the block runs.

    Raises:
        UnreadableError: why the file must be refused whole.
    """
    if wrapping.is_plain:
        yield path
        return
    digest = sha256_of(path)
    if digest != file_id:
        raise UnreadableError(
            f"the landed bytes have SHA-256 {digest}, not {file_id} as when they were landed: "
            f"restore the file or deliver it again"
        )
    with _folder(home, scope) as folder:
        yield _unwrapped(path, wrapping, folder)


def _unwrapped(path: Path, wrapping: Wrapping, folder: Path) -> Path:
    """Undo layer by layer; of two layers only are the bytes on the disk at once."""
    budget = Budget(path.stat().st_size, wrapping.max_bytes)
    at = path
    for number, layer in enumerate(_layers(wrapping, budget)):
        following = folder / f"layer-{number}"
        layer(at, following)
        if at != path:
            at.unlink()
        at = following
    return at


def _layers(wrapping: Wrapping, budget: Budget) -> Iterator[Callable[[Path, Path], None]]:
    form = wrapping.form
    contract = form.openpgp
    if contract is not None:
        yield lambda packed, plain: decrypt(packed, plain, contract, budget)
    if form.compression == "gzip":
        yield lambda packed, plain: gunzip(packed, plain, budget)
    elif form.compression == "zip":
        yield lambda packed, plain: unzip(packed, plain, budget, form.file == "xlsx")
    if form.file == "xlsx":
        yield lambda packed, plain: _from_workbook(packed, plain, wrapping, budget)
    elif codecs.lookup(form.encoding).name != _UTF8:
        yield lambda packed, plain: transcode(packed, plain, form.encoding, budget)


def _from_workbook(packed: Path, plain: Path, wrapping: Wrapping, budget: Budget) -> None:
    with open_workbook(packed, budget) as workbook, plain.open("wb") as target:
        sheet = workbook.sheet(wrapping.form.sheet)
        write_lines(workbook, sheet, wrapping.form, wrapping.dates, target)


def transcode(packed: Path, plain: Path, encoding: str, budget: Budget) -> None:
    """Turn text of a declared encoding into UTF-8, strictly and block by block."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    name = codecs.lookup(encoding).name
    line = 1
    with packed.open("rb") as source, plain.open("wb") as target:
        _check_mark(source.read(4), name)
        source.seek(0)
        blocks = iter(lambda: source.read(BLOCK), b"")
        for block, following in _with_next(blocks):
            state = decoder.getstate()
            try:
                text = decoder.decode(block, final=following is None)
                data = text.encode()
            except UnicodeError as error:
                decoder.setstate(state)
                raise _not_text(error, decoder, block, line, encoding) from None
            line += text.count("\n")
            target.write(data)
            budget.check(target.tell())


def _with_next(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
    """Each block with the one after it, None after the last."""

    def ended() -> Iterator[bytes | None]:
        yield from blocks
        yield None

    for block, following in pairwise(ended()):
        if block is not None:
            yield block, following


def _check_mark(start: bytes, name: str) -> None:
    """A mark of byte order must be there where the contract needs it, and never contradicts it."""
    marks = _MARKS.get(name)
    if marks is not None and not start.startswith(marks):
        raise UnreadableError(
            f"line 1: no mark of byte order, without which {name} has two meanings: write it, or "
            f"name {name}-le or {name}-be as encoding in the program file"
        )
    if not name.startswith("utf") and start.startswith(codecs.BOM_UTF8):
        raise UnreadableError(
            f"line 1: the file starts with the mark of UTF-8, its source says {name}: export it "
            f"in {name}, or correct encoding in the program file"
        )


def _not_text(
    error: UnicodeError,
    decoder: codecs.IncrementalDecoder,
    block: bytes,
    line: int,
    encoding: str,
) -> UnreadableError:
    """Where the bytes stop being text of that encoding."""
    what = "a byte"
    if isinstance(error, UnicodeDecodeError):
        waiting = decoder.getstate()[0]
        what = f"byte 0x{error.object[error.start]:02X}"
        sound = block[: max(error.start - len(waiting), 0)]
        line += decoder.decode(sound).count("\n")
    return UnreadableError(
        f"line {line}: {what} is not {encoding}: export the file in the encoding {encoding}, or "
        f"correct encoding in the program file"
    )


@contextmanager
def _folder(home: Home, scope: str) -> Iterator[Path]:
    """A folder that only we can look into, gone afterwards, also if the run is killed.

    Every reader holds the lock together; whoever gets it alone knows that the folders that lie
    there belong to nobody.
    """
    folder = temporary_path(home.work(scope), ".plain")
    lock = home.locks / f"plain-{scope.replace('/', '-')}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in folder.parent.glob("*.plain"):
                shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            pass
        fcntl.flock(held, fcntl.LOCK_SH)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)
