"""Deliveries in any order, and what counts of them, against the slow model."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty_pipeline.ingest.decisions import approve, reprocess
from loyalty_pipeline.program.clock import Clock
from tests.properties.deliveries_model import Document, File, Line, Payments, outcome
from tests.unit.ingest.deliveries import TODAY, Deliveries

EXAMPLES = int(os.environ.get("LOYALTY_EXAMPLES", "25"))
relaxed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
HEADER = (
    "document_no,document_type,document_date,partner_id,distributor_id,line_no,amount,sku,quantity,"
    "original_document_no,original_line_no"
)
TENDERS = "document_no,distributor_id,tender_type,amount"
MONTHS = ("2025-05", "2025-06")
MEMORY = Path("/dev/shm")

days = st.integers(0, 60).map(lambda number: date(2025, 5, 1) + timedelta(days=number))
distributors = st.sampled_from(["D1", "D2"])
goods = st.sampled_from(["SOAP", "OIL"])
lines = st.builds(Line, goods=goods, amount=st.integers(1, 40), pieces=st.integers(1, 6))
invoices = st.builds(
    Document,
    distributor=distributors,
    kind=st.just("invoice"),
    number=st.sampled_from(["1", "2", "3"]),
    day=days,
    lines=st.lists(lines, min_size=1, max_size=3).map(tuple),
)
returns = st.builds(
    Document,
    distributor=distributors,
    kind=st.just("return"),
    number=st.sampled_from(["7", "8"]),
    day=days,
    lines=st.builds(
        Line,
        goods=st.none() | goods,
        amount=st.integers(1, 25),
        pieces=st.integers(1, 4),
        original_line=st.none() | st.integers(1, 2),
    ).map(lambda line: (line,)),
    original=st.sampled_from(["1", "2", "3"]),
)
contents = st.lists(
    st.one_of(invoices, invoices, returns),
    max_size=4,
    unique_by=lambda document: document.identity,
).map(tuple)
payments = st.lists(
    st.tuples(distributors, st.sampled_from(["1", "2"]), st.integers(1, 40)), max_size=2
).map(tuple)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[File], list[Payments]]:
    """Files at places 1, 2, 3 … of which no two have the same bytes."""
    sales = [
        File(place, documents, draw(st.none() | st.sampled_from(MONTHS)))
        for place, documents in enumerate(draw(st.lists(contents, min_size=1, max_size=4)), start=1)
    ]
    paid = [
        Payments(place, rows)
        for place, rows in enumerate(draw(st.lists(payments, max_size=2)), start=len(sales) + 1)
    ]
    return sales, paid


def rows_of(document: Document) -> list[str]:
    sign = 1 if document.kind == "invoice" else -1
    return [
        f"{document.number},{document.kind},{document.day},P1,{document.distributor},{number},"
        f"{sign * line.amount},{line.goods or ''},{sign * line.pieces},{document.original or ''},"
        f"{line.original_line or ''}"
        for number, line in enumerate(document.lines, start=1)
    ]


def land(shop: Deliveries, file: File | Payments) -> None:
    if isinstance(file, Payments):
        rows = [
            f"{number},{distributor},CASH,{amount}" for distributor, number, amount in file.paid
        ]
        # A row of its own makes files of equal contents two files.
        shop.land(file.place, *rows, f"X,X,CASH,{file.place}", header=TENDERS, feed="tenders")
        return
    scope = {"period": file.month} if file.month else {}
    own = f"own-{file.place},invoice,2024-05-01,P9,D9,1,{file.place},,,,"
    documents = [row for document in file.documents for row in rows_of(document)]
    shop.land(file.place, *documents, own, header=HEADER, **scope)


def play(root: Path, files: Sequence[File | Payments], seed: int, delivers: str) -> Deliveries:
    """Land the files in some order, staging now and then."""
    shop, chance = Deliveries(root, delivers=delivers), random.Random(seed)
    for file in chance.sample(list(files), len(files)):
        land(shop, file)
        if chance.random() < 0.5:
            shop.stage()
    shop.stage()
    return shop


def found(shop: Deliveries) -> tuple[set[tuple[object, ...]], dict[tuple[str, str], Decimal]]:
    rows = shop.rows(
        "sales_documents", "distributor_id, document_type, document_no, document_date, amount"
    )
    invoices = shop.rows(
        "sales_documents", "distributor_id, document_no, net_amount, document_type"
    )
    return (
        {row for row in rows if row[0] != "D9"},
        {(row[0], row[1]): row[2] for row in invoices if row[3] == "invoice" and row[0] != "D9"},
    )


@relaxed
@given(
    history=histories(),
    seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)),
    delivers=st.sampled_from(["increments", "full_period"]),
)
def test_any_order_of_arrival_gives_what_the_model_says_and_the_same_bytes(
    history: tuple[list[File], list[Payments]], seeds: tuple[int, int], delivers: str
) -> None:
    sales, paid = history
    expected = outcome(sales, paid, TODAY, full_period=delivers == "full_period")
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        shops = [
            play(Path(folder) / str(number), [*sales, *paid], seed, delivers)
            for number, seed in enumerate(seeds)
        ]
        documents, nets = found(shops[0])
        assert shops[1].facts() == shops[0].facts()
    assert documents == {
        (d.distributor, d.kind, d.number, d.day, d.amount if d.kind == "invoice" else -d.amount)
        for d in expected.standing.values()
    }
    assert nets == {
        (identity[0], identity[2]): sum(left)
        for identity, left in expected.left.items()
        if identity in expected.standing
    }


@relaxed
@given(history=histories(), seed=st.integers(0, 99))
def test_reading_again_under_another_contract_is_as_if_it_had_been_read_so_at_first(
    history: tuple[list[File], list[Payments]], seed: int
) -> None:
    sales, _ = history
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        shop = play(Path(folder) / "again", sales, seed, "increments")
        named = [record.file_id for record in shop.state.files]
        fixed = Deliveries(Path(folder) / "fresh", delivers="full_period", fiscal_start=1)
        shop.source = fixed.source
        report = reprocess(shop.source, shop.home, Clock.on(TODAY), "run", named)
        shop.every_row_is_accounted_for()
        again = reprocess(shop.source, shop.home, Clock.on(TODAY), "run", named)
        assert again.commit == report.commit
        for file in sales:
            land(fixed, file)
        fixed.stage()
        assert shop.facts() == fixed.facts()
        assert shop.states() == fixed.states()


def counted_invoices(shop: Deliveries) -> set[tuple[object, ...]]:
    rows = shop.rows(
        "sales_documents", "document_type, distributor_id, document_no, document_date, amount"
    )
    return {row for row in rows if row[0] == "invoice"}


@relaxed
@given(
    history=histories(),
    seed=st.integers(0, 99),
    delivers=st.sampled_from(["increments", "full_period"]),
)
def test_nothing_that_counts_changes_unasked_and_once_all_is_agreed_it_is_as_if_unasked(
    history: tuple[list[File], list[Payments]], seed: int, delivers: str
) -> None:
    sales, _ = history
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        unasked = play(Path(folder) / "unasked", sales, seed, delivers)
        asked = Deliveries(Path(folder) / "asked", delivers=delivers, supersede="approve")
        for file in random.Random(seed).sample(sales, len(sales)):
            before = counted_invoices(asked)
            land(asked, file)
            asked.stage()
            assert before <= counted_invoices(asked)
        waiting = [r.file_id for r in asked.state.files if r.status == "waiting"]
        if waiting:
            clock = Clock.on(TODAY)
            approve(asked.source, asked.home, clock, "run", waiting, "Asha", "agreed by phone")
            asked.every_row_is_accounted_for()
        assert asked.facts() == unasked.facts()
        assert asked.states() == unasked.states()
