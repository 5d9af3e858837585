"""However the same rows are delivered, they are staged as the same facts, and none is lost.

Cutting a delivery where documents end, joining the pieces again, sending them in another order and
reading in blocks of any size must not change a byte of what is staged, but for line numbers, which
say where a fact was read.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
import pytest
from feed_files import Reader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from read_feed_model import COLUMNS, key_of
from test_read_feed_model import files, sources

from loyalty_pipeline.ingest.outcome import StagedFile
from loyalty_pipeline.program.sources import Source

Facts = list[tuple[object, ...]]


def read(folder: Path, data: bytes, feed: str, source: Source, block_bytes: int) -> StagedFile:
    outcome = Reader(folder).read(data, feed, source, block_bytes=block_bytes)
    assert isinstance(outcome, StagedFile), outcome
    return outcome


def facts(folder: Path, outcome: StagedFile) -> Facts:
    """The staged rows without where they were read, in one order."""
    lines = pl.read_parquet(folder / "home" / outcome.lines.path).drop("file_line")
    return sorted(lines.rows(), key=repr)


def accounted(outcome: StagedFile) -> int:
    return outcome.lines.rows + outcome.rows_quarantined + outcome.rows_repeated


@pytest.mark.parametrize("feed", list(COLUMNS))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_the_bytes_do_not_depend_on_where_blocks_are_cut(feed: str, data: st.DataObject) -> None:
    source = data.draw(sources(feed))
    content = data.draw(files(feed, source))
    hashes = []
    for block_bytes in (30, 170, 1 << 24):
        with tempfile.TemporaryDirectory() as name:
            outcome = Reader(Path(name)).read(content, feed, source, block_bytes=block_bytes)
            if not isinstance(outcome, StagedFile):
                hashes.append(outcome.reasons)
                continue
            assert outcome.rows_in == accounted(outcome)
            sealed = (outcome.lines, outcome.documents, outcome.quarantine)
            hashes.append(tuple(file.sha256 if file else None for file in sealed))
    assert len(set(hashes)) == 1


@pytest.mark.parametrize("feed", list(COLUMNS))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_facts_do_not_depend_on_how_rows_are_shared_among_files(
    feed: str, data: st.DataObject
) -> None:
    """The rows of a thing that counts (a document, a scan, …) go into one file, in any order."""
    source = data.draw(sources(feed))
    content = data.draw(files(feed, source))
    with tempfile.TemporaryDirectory() as name:
        whole = Reader(Path(name)).read(content, feed, source)
        if not isinstance(whole, StagedFile):
            return
        expected = facts(Path(name), whole)
        lines = pl.read_parquet(Path(name) / "home" / whole.lines.path)
        things = lines.select("file_line", thing=pl.struct(key_of(feed) if feed != "sales" else [
            "distributor_id", "document_type", "document_no", "fiscal_year"])).rows()  # fmt: skip
    header, *rows = content.splitlines(keepends=True)
    shares: dict[str, int] = {}
    parts: list[list[bytes]] = [[], []]
    for file_line, thing in data.draw(st.permutations(things)):
        share = shares.setdefault(repr(thing), data.draw(st.integers(0, 1)))
        parts[share].append(rows[file_line - 2])
    found: Facts = []
    for part in parts:
        with tempfile.TemporaryDirectory() as name:
            outcome = read(Path(name), header + b"".join(part), feed, source, 120)
            assert outcome.rows_in == len(part) == accounted(outcome)
            found += facts(Path(name), outcome)
    assert sorted(found, key=repr) == expected
