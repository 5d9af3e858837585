"""Mutated files of every feed in every wrapping, and what a slow model says must come of them.

`trial` reads one such file. The model knows what a sound text means; what is wrapped around a text
is undone by Python's own modules, and what they cannot undo must be refused.
"""

from __future__ import annotations

import gzip
import io
import random
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile
from loyalty_pipeline.program.sources import Source
from tests.unit.ingest.feed_files import Reader, a_source
from tests.unit.ingest.read_feed_model import COLUMNS, Expected, expect
from tests.unit.ingest.workbook_model import text_of_sheet
from tests.unit.ingest.wrapped_files import bare_workbook, gzipped, zipped

SHEET = "xl/worksheets/sheet1.xml"
SHARED = ["A", "B", "P1", "x, y"]
DATE_STYLES = {1, 2}  # of bare_workbook
WITH_CUSTOM = ("sales", "partners", "distributors", "stores")
DELIMITED = {
    "plain": {},
    "semicolon, comma in decimals": {"delimiter": ";", "decimal_mark": ",", "grouping": "."},
    "days first": {"date_format": "%d/%m/%Y", "fiscal_start": 1},
    "names of months, returns positive": {
        "date_format": "%d-%b-%Y",
        "returns_signed": "positive",
        "delimiter": "\t",
    },
}
PIECES = [
    *(b"\0", b"\n", b"\r", b"\r\n", b"\n\n", b'"', b'""', b",", b";", b",,", b" ", b"\t", b"\x1a"),
    *(b"\x7f", b"\xff", b"\xc3", b"\xc3\xa9", b"\xef\xbb\xbf", b"\xe2\x80\x8d", b"\xed\xa0\x80"),
    *(b"\xf0\x9f\x99", b"-", b"+", b".", b"e9", b"9" * 30, b"2025-02-30", b"0000-00-00", b"\x01"),
    *(b"invoice", b"x" * 300, b"=1+1", b"\xc2\x85", b"\xe2\x80\xa8", b"0", b"NaN", b"1,000"),
    *(b"_x000D_", b"&amp;", b"<v>", b"</c>", b'<c t="e">', b' t="b"', b' r="A2"', b"<f>A1</f>"),
]


@dataclass(frozen=True)
class Trial:
    """A file, what it is, and what must come of it."""

    feed: str
    source: Source
    data: bytes
    expected: Expected | None  # None: it must be refused
    may_refuse: bool  # its wrapping was harmed, if only where nobody looks


def value(name: str, kind: object, chance: random.Random, form: dict[str, object]) -> str:
    """A usual value of a column."""
    if kind == "date":
        year, month, day = 2025, chance.choice([3, 4, 12]), chance.choice([1, 9, 28, 31])
        day = min(day, 30) if month == 4 else day
        shown = {"%d/%m/%Y": f"{day:02}/{month:02}/{year}"}
        name_of_month = {3: "Mar", 4: "APR", 12: "Dec"}[month]
        shown["%d-%b-%Y"] = f"{day:02}-{name_of_month}-{year}"
        return shown.get(str(form.get("date_format")), f"{year}-{month:02}-{day:02}")
    if isinstance(kind, tuple):
        return chance.choice(kind)
    if kind == "month":
        return chance.choice(["2025-04", "2025-05"])
    if kind == "integer":
        return chance.choice(["1", "2", "3"])
    if kind in (2, 3, "points", "unsigned"):
        text = chance.choice(["10", "5.50", "0.1", "1234.25", "7", "-3" if kind in (2, 3) else "3"])
        return text.replace(".", str(form.get("decimal_mark", ".")))
    usual = {"text": ["Asha", "Prïya", "a b", "Soap, 5"], "id": ["A", "B", "P1", "P2", "007", "é"]}
    return chance.choice(usual[str(kind)])


def a_table(feed: str, chance: random.Random, form: dict[str, object]) -> list[list[str]]:
    """A header and rows, some of them twice."""
    columns = COLUMNS[feed]
    names = [n for n, (_, required) in columns.items() if required or chance.random() < 0.4]
    if chance.random() < 0.3:
        chance.shuffle(names)
    rows = [
        [
            ""
            if not columns[name][1] and chance.random() < 0.4
            else value(name, columns[name][0], chance, form)
            for name in names
        ]
        for _ in range(chance.randrange(1, 12))
    ]
    rows += [list(chance.choice(rows)) for _ in range(chance.choice([0, 0, 1, 2]))]
    return [names, *rows]


def as_text(table: list[list[str]], chance: random.Random, delimiter: str) -> bytes:
    """A table as delimited text, in one of the ways to write it."""
    quote_all = chance.random() < 0.15
    end, mark = chance.choice(["\n", "\n", "\r\n"]), chance.choice(["", "", "", "\ufeff"])

    def field(text: str) -> str:
        needed = quote_all or delimiter in text or '"' in text
        return '"' + text.replace('"', '""') + '"' if needed else text

    lines = (delimiter.join(field(text) for text in row) for row in table)
    return (mark + "".join(line + end for line in lines)).encode()


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, cut, spliced, doubled, put in; or lines and columns moved about."""
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(10)
        if kind == 0:
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        elif kind == 1 and at < len(data):
            data = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        elif kind == 2:
            data = data[:at] + data[at + chance.randrange(1, 40) :]
        elif kind == 3:
            data = data[:at]
        elif kind in (4, 5):
            data = data[:at] + chance.choice(PIECES) + data[at:]
        elif kind == 6:
            other = chance.randrange(len(data) + 1)
            data = data[:at] + data[other : other + 80] + data[at:]
        else:
            data = moved(data, kind, chance)
    return data


def moved(data: bytes, kind: int, chance: random.Random) -> bytes:
    """The same lines, doubled, shuffled or with two columns swapped in one of them."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    place = chance.randrange(len(lines))
    if kind == 7:
        lines.insert(chance.randrange(len(lines) + 1), lines[place])
    elif kind == 8:
        other = chance.randrange(len(lines))
        lines[place], lines[other] = lines[other], lines[place]
    else:
        fields = lines[place].split(b",")
        one, two = chance.randrange(len(fields)), chance.randrange(len(fields))
        fields[one], fields[two] = fields[two], fields[one]
        lines[place] = b",".join(fields)
    return b"".join(lines)


def a_trial(seed: int) -> Trial:
    """The file of that number."""
    chance = random.Random(seed)
    feed = chance.choice(list(COLUMNS))
    settings = dict(chance.choice(list(DELIMITED.values())))
    table = a_table(feed, chance, settings)
    wrapping = chance.choice(["text"] * 6 + ["gzip", "zip", "encoded", "workbook", "workbook"])
    if wrapping == "workbook":
        return _workbook(feed, settings, table, chance)
    text = as_text(table, chance, str(settings.get("delimiter", ",")))
    if chance.random() < 0.85:
        text = mutated(text, chance)
    if wrapping == "encoded":
        return _encoded(feed, settings, text, chance)
    if wrapping == "text":
        source = a_source(feed, **settings)
        return Trial(feed, source, text, _expected(text, feed, source), may_refuse=False)
    source = a_source(feed, compression=wrapping, **settings)
    data = gzipped(text) if wrapping == "gzip" else zipped(("a.csv", text))
    harmed = chance.random() < 0.5
    data = mutated(data, chance) if harmed else data
    inner = _unpacked(data, wrapping)
    expected = None if inner is None else _expected(inner, feed, source)
    hidden = wrapping == "zip" and text.startswith(b"PK\x03\x04")
    return Trial(feed, source, data, expected, may_refuse=harmed or hidden)


def _expected(text: bytes, feed: str, source: Source) -> Expected | None:
    if not text:
        return None
    expected = expect(text, feed, source)
    return None if expected.refused else expected


def _unpacked(data: bytes, wrapping: str) -> bytes | None:
    """What Python makes of it, or None."""
    try:
        if wrapping == "gzip":
            return gzip.decompress(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (name,) = archive.namelist()
            return archive.read(name)
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError):
        return None
    except (zipfile.BadZipFile, zlib.error):
        return None


def _encoded(feed: str, settings: dict[str, object], text: bytes, chance: random.Random) -> Trial:
    encoding = chance.choice(["cp1252", "utf-16", "utf-16-le", "latin-1", "ascii", "shift_jis"])
    data = text.decode("utf-8", "replace").encode(encoding, "replace")
    if chance.random() < 0.5:
        data = mutated(data, chance)
    source = a_source(feed, encoding=encoding, **settings)
    marked = data.startswith(b"\xef\xbb\xbf") and not encoding.startswith("utf")
    unmarked = encoding == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        inner = None if marked or unmarked else data.decode(encoding).encode()
    except UnicodeError:
        inner = None
    expected = None if inner is None else _expected(inner, feed, source)
    return Trial(feed, source, data, expected, may_refuse=False)


def _workbook(
    feed: str, settings: dict[str, object], table: list[list[str]], chance: random.Random
) -> Trial:
    source = a_source(feed, file="xlsx", **settings)
    rows = "".join(_row(number, row, table[0], chance) for number, row in enumerate(table, 1))
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()
    if chance.random() < 0.8:
        sheet = mutated(sheet, chance)
    texts = "".join(f"<si><t>{text}</t></si>" for text in SHARED)
    data = bare_workbook("", parts={"xl/sharedStrings.xml": f"<sst>{texts}</sst>"})
    data = _with_sheet(data, sheet)
    harmed = chance.random() < 0.1
    data = mutated(data, chance) if harmed else data
    dates = {name for name, (kind, _) in COLUMNS[feed].items() if kind == "date"}
    form = source.format_of(feed)
    text = text_of_sheet(sheet, SHARED, DATE_STYLES, dates, form)
    expected = None if text is None else _expected(text, feed, source)
    return Trial(feed, source, data, expected, may_refuse=harmed)


def _with_sheet(data: bytes, sheet: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped(*(parts | {SHEET: sheet}).items())


def _row(number: int, fields: list[str], names: list[str], chance: random.Random) -> str:
    """A row of a sheet, its cells of several kinds."""
    with_names = chance.random() < 0.5
    cells = []
    for place, text in enumerate(fields):
        name = f' r="{chr(65 + place)}{number}"' if with_names else ""
        kind = chance.randrange(8)
        if text in SHARED and kind < 6:
            cells.append(f'<c{name} t="s"><v>{SHARED.index(text)}</v></c>')
        elif names[place].endswith(("_date", "_on")) and number > 1 and text and kind:
            days = chance.choice(["45748", "45747.0", "45778", "45748.25"])
            cells.append(f'<c{name} s="{chance.choice([1, 2])}"><v>{days}</v></c>')
        elif text.replace(".", "", 1).isdigit() and text.isascii() and kind < 6:
            style = chance.choice(["", "", ' s="3"'])
            noise = chance.choice(["", "", "0000000000000003"]) if "." in text else ""
            cells.append(f"<c{name}{style}><v>{text}{noise}</v></c>")
        else:
            cells.append(f'<c{name} t="inlineStr"><is><t>{text}</t></is></c>')
    return f"<row>{''.join(cells)}</row>"


def check(trial: Trial, reader: Reader, block_bytes: int) -> str:
    """Read a trial's file; what came of it, in a word, if that is right."""
    outcome = reader.read(trial.data, trial.feed, trial.source, block_bytes=block_bytes)
    if isinstance(outcome, RefusedFile):
        assert outcome.reasons
        assert trial.expected is None or trial.may_refuse, outcome.reasons
        return "refused"
    assert trial.expected is not None, "a wreck was accepted"
    _check_rows(trial, reader, outcome, trial.expected)
    return "quarantined" if outcome.rows_quarantined else "staged"


def _check_rows(trial: Trial, reader: Reader, outcome: StagedFile, expected: Expected) -> None:
    names = [*COLUMNS[trial.feed], *(["custom"] if trial.feed in WITH_CUSTOM else [])]
    if trial.feed == "sales":
        names.append("fiscal_year")
        found = reader.rows(outcome.documents)
        assert found == sorted(expected.documents, key=lambda row: row["first_line"])
    staged = reader.rows(outcome.lines)
    assert staged == [{name: row.get(name) for name in staged[0]} for row in expected.lines], (
        "other rows are staged"
    )
    assert not staged or set(staged[0]) == {"file_line", *names}
    quarantine = [
        (row["line_no"], row["reasons"], row["raw"], row["subject"])
        for row in reader.rows(outcome.quarantine)
    ]
    assert quarantine == expected.quarantine
    assert outcome.rows_repeated == expected.repeated
    assert outcome.rows_in == expected.rows == len(staged) + len(quarantine) + expected.repeated
    told = (outcome.amount_total, outcome.amount_quarantined, outcome.amount_repeated)
    assert told == (expected.amounts or (None, None, None))


def run(first: int, last: int, folder: Path) -> dict[str, int]:
    """Trials of these numbers; what came of how many."""
    counts: dict[str, int] = {}
    for seed in range(first, last):
        reader = Reader(folder / f"{seed // 500}")
        reader.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            trial = a_trial(seed)
            word = check(trial, reader, random.Random(seed).choice([120, 400, 1 << 24]))
        except Exception as error:
            raise AssertionError(f"file {seed}: {type(error).__name__}: {error}") from error
        counts[word] = counts.get(word, 0) + 1
    return counts
