"""Feeds without documents: the same table whatever the order in which files were fetched."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.ingest.register import source_scope
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home
from tests.unit.ingest.feed_files import a_source, an_arrival

TODAY = date(2025, 7, 1)
# The files of a feed from earlier to later; each says something else of something said before.
FILES = {
    "partners": ("partner_id,name,status", ("R1,Asha,", "R1,Asha,inactive", "R1,Asha,\nR2,Bala,")),
    "distributors": ("distributor_id,name", ("D1,North", "D1,Nord\nD2,South", "D2,Sud")),
    "stores": ("store_id", ("S1", "S2\nS1", "S3")),
    "tenders": (
        "distributor_id,document_no,tender_type,amount",
        ("D1,1,card,60\nD1,1,cash,40", "D1,1,card,100", "D1,2,card,5\nD1,2,cash,5"),
    ),
    "targets": (
        "partner_id,cycle,category,target",
        ("R1,2025-04,,5", "R1,2025-04,,6", "R1,2025-04,A,1"),
    ),
    "redemptions": (
        "redemption_id,partner_id,redeemed_on,points",
        ("X1,R1,2025-05-01,10", "X1,R1,2025-05-01,20", "X2,R1,2025-05-01,5"),
    ),
    "scans": (
        "scan_id,partner_id,scanned_on,code,sku",
        ("N1,R1,2025-05-03,Q1,A", "N2,R2,2025-05-02,Q1,A", "N1,R1,2025-05-01,Q1,A"),
    ),
    "claims": (
        "claim_id,partner_id,document_no,document_date,amount,status",
        (
            "C1,R1,7,2025-05-01,100,submitted",
            "C1,R1,7,2025-05-01,100,approved",
            "C2,R1,8,2025-05-01,100,submitted",
        ),
    ),
    "instructions": (
        "instruction_id,kind,partner_id,effective_on,to_partner_id,points,reason,maker,checker",
        (
            "I1,merge,R1,2025-05-01,R2,,same shop,mira,john",
            "I1,merge,R1,2025-05-02,R2,,same shop,mira,john",
            "I2,adjust,R1,2025-05-01,,5,goodwill,mira,john",
        ),
    ),
}  # fmt: skip


def land(source: Source, home: Home, feed: str, number: int, text: str) -> None:
    """One file of a given place among the files, whenever it is fetched."""
    store = LandingStore(home, source.id)
    arrival = replace(
        an_arrival(text.encode(), feed, name=f"{feed}_{number}.csv"),
        order=(str(number),),
        file_date=date(2025, 6, number),
        arrival_id=f"{number:064d}",
    )
    with store.alone(lambda _: None):
        temporary = store.temporary()
        temporary.write_text(text, encoding="utf-8")
        store.keep(temporary, arrival)


@pytest.mark.parametrize("feed", FILES)
def test_files_fetched_in_any_order_give_the_same_bytes(feed: str, tmp_path: Path) -> None:
    header, contents = FILES[feed]
    source = a_source(feed)
    found = set()
    for turn, order in enumerate(permutations(range(len(contents)))):
        home = Home(tmp_path / str(turn))
        for place in order:
            land(source, home, feed, place + 1, f"{header}\n{contents[place]}\n")
            stage(source, home, Clock.on(TODAY), "run", lambda text: None)
        promoted = Journal(home, source_scope(source.id)).promoted()
        found.add((promoted[feed, "all"].sha256, promoted[feed, "all"].rows))
    assert len(found) == 1
    [(_, rows)] = found
    assert rows > 0


@pytest.mark.parametrize("feed", FILES)
def test_a_file_that_says_the_same_again_changes_nothing(feed: str, tmp_path: Path) -> None:
    header, contents = FILES[feed]
    source, home = a_source(feed), Home(tmp_path / "home")
    for number, content in enumerate(contents, start=1):
        land(source, home, feed, number, f"{header}\n{content}\n")
    journal = Journal(home, source_scope(source.id))
    stage(source, home, Clock.on(TODAY), "run", lambda text: None)
    before = journal.promoted()[feed, "all"]
    # The last content once more in another file: in quotes, so that the bytes are others.
    lines = [
        ",".join(f'"{value}"' for value in line.split(",")) for line in contents[-1].split("\n")
    ]
    land(source, home, feed, 9, "\n".join([header, *lines, ""]))
    report = stage(source, home, Clock.on(TODAY), "run", lambda text: None)
    assert [record.status for record in report.files] == ["staged"]
    after = journal.promoted()[feed, "all"]
    provenance = feed == "redemptions"  # which file asked last: a refused one is tried again
    assert (after.sha256 == before.sha256) is not provenance


@pytest.mark.parametrize(
    ("feed", "header", "first", "other"),
    [
        ("partners", "partner_id,name,size", "R1,Asha,5", "R1,Asha,7"),
        ("stores", "store_id,size", "S1,5", "S1,7"),
    ],
)
def test_a_custom_field_that_changes_is_a_change_of_that_day(
    feed: str, header: str, first: str, other: str, tmp_path: Path
) -> None:
    plain, home = a_source(feed), Home(tmp_path / "home")
    contract = plain.feeds[feed].model_copy(update={"custom": {"size": "whole_number"}})
    source = plain.model_copy(update={"feeds": {feed: contract}})
    # The second file says the same in other bytes: quoted.
    for number, line in enumerate((first, f'"{first[:2]}"{first[2:]}', other), start=1):
        land(source, home, feed, number, f"{header}\n{line}\n")
    report = stage(source, home, Clock.on(TODAY), "run", lambda text: None)
    assert [record.status for record in report.files] == ["staged"] * 3
    file = Journal(home, source_scope(source.id)).promoted()[feed, "all"]
    rows = pl.read_parquet(home.root / file.path).to_dicts()
    assert [(row["valid_from"].day, row["valid_to"], row["custom"]) for row in rows] == [
        (1, date(2025, 6, 3), '{"size":"5"}'),
        (3, None, '{"size":"7"}'),
    ]


# How things are, as it was before, is said again by the bytes of the first file.
SAID_AGAIN = {
    "partners": [("R1", date(2025, 6, 1), "active"), ("R1", date(2025, 6, 2), "inactive"),
                 ("R1", date(2025, 6, 3), "active"), ("R2", date(2025, 6, 4), "active")],
    "distributors": [("D1", "North"), ("D2", "Sud")],
    "targets": [("R1", Decimal(5), None), ("R1", Decimal(1), "A")],
}  # fmt: skip
SHOWN = {
    "partners": ["partner_id", "valid_from", "status"],
    "distributors": ["distributor_id", "name"],
    "targets": ["partner_id", "target", "category"],
}


@pytest.mark.parametrize("feed", SAID_AGAIN)
def test_how_things_are_may_be_said_again_in_the_same_bytes(feed: str, tmp_path: Path) -> None:
    header, (first, second, third) = FILES[feed]
    third = {"partners": "R2,Bala,"}.get(feed, third)
    numbered = {1: first, 2: second, 3: first, 4: third}
    found = set()
    for order in permutations((1, 2, 3)):
        home, source = Home(tmp_path / "".join(map(str, order))), a_source(feed)
        for number in (*order, 4):
            land(source, home, feed, number, f"{header}\n{numbered[number]}\n")
            stage(source, home, Clock.on(TODAY), "run", lambda text: None)
        file = Journal(home, source_scope(source.id)).promoted()[feed, "all"]
        found.add(file.sha256)
    assert len(found) == 1
    rows = pl.read_parquet(home.root / file.path).select(SHOWN[feed]).rows()
    assert rows == SAID_AGAIN[feed]


@pytest.mark.parametrize("feed", ["redemptions", "claims", "tenders"])
def test_what_happened_is_not_said_again_by_the_same_bytes(feed: str, tmp_path: Path) -> None:
    header, (first, second, _) = FILES[feed]
    home, source = Home(tmp_path), a_source(feed)
    for number, text in ((1, first), (2, second)):
        land(source, home, feed, number, f"{header}\n{text}\n")
        stage(source, home, Clock.on(TODAY), "run", lambda text: None)
    before = Journal(home, source_scope(source.id)).promoted()[feed, "all"]
    land(source, home, feed, 3, f"{header}\n{first}\n")
    stage(source, home, Clock.on(TODAY), "run", lambda text: None)
    assert Journal(home, source_scope(source.id)).promoted()[feed, "all"] == before
