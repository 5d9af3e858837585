"""What several files do to each other."""

from __future__ import annotations

from tests.faults.bad_input.kinds import OTHER, History
from tests.unit.ingest.feed_files import SALES, sales

REFERENCE = f"{SALES},original_document_no"


def returns(*rows: str) -> str:
    """A file of documents that refer to others."""
    return sales(*rows, header=REFERENCE)


SALE = "D1,invoice,1,2025-04-01,P1,1,A,100"
RETURN = "D1,return,R,2025-04-03,P1,1,A,-40,1"
HISTORIES = {
    "future date": History(
        {"2025-04-02": {"sales": sales(SALE.replace("04-01", "04-20"))}},
        set(),
        held={SALE.replace("04-01", "04-20"): "future_dated"},
    ),
    "future date, and then it is": History(
        {"2025-04-02": {"sales": sales(SALE.replace("04-01", "04-20"))}, "2025-04-20": {}},
        {"invoice 1 100 counted"},
    ),
    "the same file again": History(
        {"2025-04-02": {"sales_a": sales(SALE)}, "2025-04-03": {"sales_b": sales(SALE)}},
        {"invoice 1 100 counted"},
        files={"sales_b": "duplicate"},
    ),
    "the same document in another file": History(
        {
            "2025-04-02": {"sales_a": sales(SALE)},
            "2025-04-03": {"sales_b": sales(SALE, OTHER)},
        },
        {"invoice 1 100 counted", "invoice 2 5 counted"},
    ),
    "number used again with another amount": History(
        {
            "2025-04-02": {"sales_a": sales(SALE)},
            "2025-04-03": {"sales_b": sales(SALE.replace("100", "90"))},
        },
        {"invoice 1 90 counted"},
    ),
    "number used by another distributor": History(
        {"2025-04-02": {"sales": sales(SALE, SALE.replace("D1", "D2"))}},
        {"invoice 1 100 counted", "invoice 1 100 counted "},
    ),
    "number used in another fiscal year": History(
        {"2025-04-02": {"sales": sales(SALE, SALE.replace("2025-04-01", "2025-03-31"))}},
        {"invoice 1 100 counted", "invoice 1 100 counted "},
    ),
    "bad correction keeps what counts": History(
        {
            "2025-04-02": {"sales_a": sales(SALE)},
            "2025-04-03": {"sales_b": sales(SALE.replace("100", "x"))},
        },
        {"invoice 1 100 counted"},
    ),
    "refused file changes nothing": History(
        {"2025-04-02": {"sales_a": sales(SALE)}, "2025-04-03": {"sales_b": sales(OTHER)[:-1]}},
        {"invoice 1 100 counted"},
        files={"sales_b": "refused"},
    ),
    "return before its sale": History(
        {"2025-04-03": {"sales": returns(RETURN)}},
        {"return R 0 parked"},
    ),
    "return before its sale, which comes": History(
        {"2025-04-03": {"sales_a": returns(RETURN)}, "2025-04-04": {"sales_b": sales(SALE)}},
        {"invoice 1 60 counted", "return R 0 counted"},
    ),
    "return of more than was sold": History(
        {
            "2025-04-03": {
                "sales_a": sales(SALE),
                "sales_b": returns(RETURN.replace("-40", "-100.01")),
            }
        },
        {"invoice 1 100 counted"},
        held={RETURN.replace("-40", "-100.01"): "over_returned"},
    ),
    "returns that add up to more than was sold": History(
        {
            "2025-04-05": {
                "sales_a": sales(SALE),
                "sales_b": returns(RETURN.replace("-40", "-70")),
                "sales_c": returns("D1,return,S,2025-04-04,P1,1,A,-31,1"),
            }
        },
        {"invoice 1 30 counted", "return R 0 counted"},
        held={"D1,return,S,2025-04-04,P1,1,A,-31,1": "over_returned"},
    ),
    "cancellation of nothing": History(
        {"2025-04-03": {"sales": sales("D1,cancellation,1,2025-04-02,P1,1,A,-1")}},
        {"cancellation 1 0 parked"},
    ),
    "held row of a gzip file is shown as text": History(
        {"2025-04-02": {"sales": sales(SALE.replace("04-01", "04-20"))}},
        set(),
        held={SALE.replace("04-01", "04-20"): "future_dated"},
        form={"compression": "gzip"},
    ),
    "held row of a workbook is shown as text": History(
        {"2025-04-02": {"sales": sales(OTHER, SALE.replace("04-01", "04-20"))}},
        {"invoice 2 5 counted"},
        held={SALE.replace("04-01", "04-20"): "future_dated"},
        form={"file": "xlsx"},
    ),
    # SPEC knows no list of allowed distributors or items: their sales count under their ids.
    "unknown distributor and item": History(
        {
            "2025-04-02": {
                "distributors": "distributor_id,name\nD2,Two\n",
                "sales": sales(SALE.replace(",A,", ",never heard of,")),
            }
        },
        {"invoice 1 100 counted"},
    ),
}
