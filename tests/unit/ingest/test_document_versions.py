"""Which version of a document counts where more than sales lines decide it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from loyalty_pipeline.program.sources import Feed
from tests.unit.ingest.deliveries import SALES, Deliveries


def test_a_changed_custom_field_is_an_amendment_and_an_equal_one_a_repetition(
    tmp_path: Path,
) -> None:
    shop = Deliveries(tmp_path)
    feeds = {**shop.source.feeds, "sales": Feed(pattern="sales.*", custom={"channel": "text"})}
    shop.source = shop.source.model_copy(update={"feeds": feeds})
    header = SALES + ",channel"
    files = [
        ("web", ("I-1", "I-2")),
        ("web", ("I-1", "I-3")),
        ("shop", ("I-1", "I-4")),
    ]
    states = []
    for place, (channel, numbers) in enumerate(files, start=1):
        rows = [f"{number},invoice,2025-05-01,P1,D1,1,100,{channel}" for number in numbers]
        shop.land(place, *rows, header=header)
        shop.stage()
        states.append(len(shop.states()))
    assert shop.rows("sales_documents", "document_no, custom")[0] == ("I-1", '{"channel":"shop"}')
    assert states == [0, 1, 2]


def test_a_version_of_the_future_that_a_later_file_corrected_no_longer_waits(
    tmp_path: Path,
) -> None:
    shop = Deliveries(tmp_path)
    shop.land(1, "I-1,invoice,2025-09-01,P1,D1,1,100")
    shop.stage()
    assert shop.states() == [("I-1", "future_dated")]
    assert shop.state.next_due == date(2025, 9, 1)
    shop.land(2, "I-1,invoice,2025-07-01,P1,D1,1,100")
    shop.stage()
    assert shop.states() == [("I-1", "superseded")]
    assert shop.state.next_due is None


def test_an_amendment_of_the_future_leaves_the_earlier_version_in_force_until_its_date(
    tmp_path: Path,
) -> None:
    shop = Deliveries(tmp_path)
    shop.land(1, "I-1,invoice,2025-07-01,P1,D1,1,100")
    shop.land(2, "I-1,invoice,2025-09-01,P1,D1,1,150")
    shop.stage()
    assert shop.counted() == {"I-1": "100.00"}
    shop.stage(date(2025, 9, 1))
    assert shop.counted() == {"I-1": "150.00"}
    assert shop.states() == [("I-1", "superseded")]


def test_two_rounds_of_returns_that_take_too_much_each_fall_back(tmp_path: Path) -> None:
    header = SALES + ",original_document_no"
    shop = Deliveries(tmp_path)
    shop.land(
        1,
        "I-1,invoice,2025-05-01,P1,D1,1,100,",
        "R-1,return,2025-05-02,P1,D1,1,-60,I-1",
        "R-2,return,2025-05-03,P1,D1,1,-10,I-1",
        header=header,
    )
    shop.land(
        2,
        "R-1,return,2025-05-02,P1,D1,1,-500,I-1",
        "R-2,return,2025-05-03,P1,D1,1,-90,I-1",
        header=header,
    )
    shop.stage()
    # R-1 of 500 falls back to 60; then the 90 of R-2, which fitted before, fall back to 10.
    assert shop.counted()["I-1"] == "30.00"
    assert shop.states() == [("R-1", "over_returned"), ("R-2", "over_returned")]
