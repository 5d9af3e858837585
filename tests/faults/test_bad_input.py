"""Every kind of bad input gets the outcome that it must have."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from loyalty_pipeline.ingest import unpacking
from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ingest.read_feed import RefusedFile, StagedFile
from loyalty_pipeline.ingest.register import source_state
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.base import plain
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home
from tests.faults.bad_input import FILES, HISTORIES
from tests.faults.bad_input.kinds import Accepted, File, History, Quarantined, Refused
from tests.properties import reading
from tests.unit.ingest.feed_files import Reader, a_source
from tests.unit.ingest.wrapped_files import Keyring, a_keyring, gzipped, workbook_of


@pytest.fixture(scope="module")
def keyring() -> Iterator[Keyring]:
    with a_keyring() as keys:
        yield keys


def test_the_matrix_is_as_large_as_it_must_be() -> None:
    assert len(FILES) + len(HISTORIES) >= 90


@pytest.mark.parametrize("name", FILES)
def test_a_file_gets_its_outcome(
    name: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    case: File = FILES[name]
    data, form = case.data, case.form
    if callable(form) or callable(data):
        if shutil.which("gpg") is None:
            pytest.skip("OpenPGP needs the program gpg (package gnupg)")
        keys = request.getfixturevalue("keyring")
        data = data(keys) if callable(data) else data
        form = form(keys) if callable(form) else form
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1_000_000)
    reader = Reader(tmp_path)
    outcome = reader.read(data, case.feed, a_source(case.feed, **form), case.control)
    expected = case.outcome
    if isinstance(expected, Refused):
        assert isinstance(outcome, RefusedFile), outcome
        assert expected.told in "; ".join(outcome.reasons)
        assert all(reason.startswith("sales.csv: ") for reason in outcome.reasons)
        assert not list((reader.home.root / "work").rglob("*.parquet"))
        return
    assert isinstance(outcome, StagedFile), outcome
    quarantine = {row["line_no"]: row["reasons"] for row in reader.rows(outcome.quarantine)}
    lines = reader.rows(outcome.lines)
    if isinstance(expected, Quarantined):
        assert quarantine == expected.lines
        assert not {row["file_line"] for row in lines} & set(quarantine)
        assert len(lines) + len(quarantine) + outcome.rows_repeated == outcome.rows_in
    elif isinstance(expected, Accepted):
        assert quarantine == {}
        assert len(lines) == expected.rows
        assert {key: str(lines[0][key]) for key in expected.values} == dict(expected.values)


@pytest.mark.parametrize("name", HISTORIES)
def test_files_one_after_the_other_get_their_outcome(name: str, tmp_path: Path) -> None:
    case: History = HISTORIES[name]
    home, source = Home(tmp_path / "home"), a_source(**case.form)
    for day, files in case.days.items():
        clock = Clock.on(date.fromisoformat(day))
        paths = [(written(tmp_path / f"{f}.csv", text, source), f.split("_")[0])
                 for f, text in files.items()]  # fmt: skip
        land_local(paths, source.id, home, clock)
        stage(source, home, clock, "run", lambda text: None)
    state = source_state(Journal(home, f"source/{source.id}"))
    statuses = {record.remote_name.removesuffix(".csv"): record.status for record in state.files}
    assert {f: status for f, status in statuses.items() if status != "staged"} == case.files
    documents = [file for (table, _), file in state.promoted.items() if table == "sales_documents"]
    found = reading.rows(home, documents, "document_type, document_no, net_amount, status")
    assert sorted(shown(*row) for row in found) == sorted(text.rstrip() for text in case.documents)
    held = state.work_file("sales_held")
    rows = reading.rows(home, [held] if held else [], "raw, reasons")
    assert dict(rows) == case.held
    for record in state.files:
        if record.status == "staged":
            assert record.rows_in is not None


def written(path: Path, text: str, source: Source) -> Path:
    """A file as the source writes it."""
    if source.compression == "gzip":
        path.write_bytes(gzipped(text.encode()))
    elif source.file == "xlsx":
        path.write_bytes(workbook_of(text))
    else:
        path.write_text(text, newline="")
    return path


def shown(kind: str, number: str, net: Decimal, status: str) -> str:
    """A document as the table writes it."""
    return f"{kind} {number} {plain(net)} {status}"
