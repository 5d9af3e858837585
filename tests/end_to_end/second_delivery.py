"""What the second delivery of March says: amended baskets and returns, as plain values.

Belongs here: choosing, by a seed, what changes and how. Not here: writing files (`baskets`), or
what the changes come to (`oracle_documents`); both are given these values.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

import polars as pl

SEED = 2017_03
AMENDED_SHARE = 100  # one basket in a hundred
RETURNED = 50
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """One line of a document, as the DMS signs it."""

    sku: str | None  # None: a return of nothing in particular
    quantity: int
    amount: Decimal


@dataclass(frozen=True)
class Document:
    """One document as a file delivers it."""

    kind: str  # invoice or return
    number: str
    day: date
    household: str
    store: str
    lines: tuple[Line, ...]
    original: str | None = None
    original_day: date | None = None

    @property
    def total(self) -> Decimal:
        """What the lines add up to."""
        return sum((line.amount for line in self.lines), Decimal(0))


def march_baskets(lines: pl.DataFrame) -> list[Document]:
    """The baskets of March as they were delivered first."""
    march = lines.filter(pl.col("document_date").is_between(date(2017, 3, 1), date(2017, 3, 31)))
    baskets: dict[str, Document] = {}
    for row in march.iter_rows(named=True):
        line = Line(row["sku"], row["quantity"], Decimal(row["cents"]).scaleb(-2))
        known = baskets.get(row["document_no"])
        baskets[row["document_no"]] = (
            replace(known, lines=(*known.lines, line))
            if known
            else Document(
                "invoice",
                row["document_no"],
                row["document_date"],
                row["partner_id"],
                row["distributor_id"],
                (line,),
            )
        )
    return list(baskets.values())


def plan_second_march(march: list[Document]) -> list[Document]:
    """Amended baskets, then returns: 1% of the baskets amended, 50 baskets returned.

    Not every change can count: two amendments and three returns are of a kind that has to be
    kept out, see `_wrecked` and `_returns`.
    """
    chance = random.Random(SEED)  # a fixed plan, not a secret
    sold = [basket for basket in march if basket.total > 1]
    worthless = [basket for basket in march if basket.total <= 0]
    chosen = chance.sample(sold, len(march) // AMENDED_SHARE - 3)
    mended = chance.sample(worthless[:-1], 3)
    amended = [*_amended(chosen, chance), *_mended(mended)]
    later = {basket.number: basket for basket in amended if basket.total > 0}
    now = [later.get(basket.number, basket) for basket in sold]
    wrecked = {basket.number for basket in amended if basket.total <= 0}
    returnable = [basket for basket in now if basket.number not in wrecked and basket.total > 5]
    again = [basket for basket in returnable if basket.number in later]
    once = [basket for basket in returnable if basket.number not in later]
    returned = [*chance.sample(again, 10), *chance.sample(once, RETURNED - 10)]
    return [*amended, *_returns(returned, worthless[-1], chance)]


def _amended(baskets: list[Document], chance: random.Random) -> Iterator[Document]:
    """Mostly other amounts; some baskets get another day, another household, more or less lines."""
    households = sorted({basket.household for basket in baskets})
    for number, basket in enumerate(baskets):
        if number < 2:
            yield _wrecked(basket)
        elif number < 10:
            yield replace(basket, day=date(2017, 4, 1) + timedelta(days=chance.randrange(30)))
        elif number < 18:
            others = [name for name in households if name != basket.household]
            yield replace(basket, household=chance.choice(others))
        elif number < 26:
            extra = Line("coffee", 1, Decimal(chance.randint(200, 1500)).scaleb(-2))
            yield replace(basket, lines=(*basket.lines, extra))
        elif number < 34 and basket.total > basket.lines[-1].amount:
            yield replace(basket, lines=basket.lines[:-1])
        else:
            percent = chance.choice([40, 75, 90, 101, 115, 180, 400])
            yield replace(basket, lines=tuple(_repriced(line, percent) for line in basket.lines))


def _wrecked(basket: Document) -> Document:
    """All amounts zero: no invoice, so it is quarantined and the earlier version stays in force."""
    return replace(basket, lines=tuple(replace(line, amount=Decimal(0)) for line in basket.lines))


def _mended(baskets: list[Document]) -> Iterator[Document]:
    """Baskets that were quarantined for coming to nothing now have their price."""
    for basket in baskets:
        priced = replace(basket.lines[0], amount=Decimal("12.34"))
        yield replace(basket, lines=(priced, *basket.lines[1:]))


def _repriced(line: Line, percent: int) -> Line:
    return replace(line, amount=(line.amount * percent / 100).quantize(_CENT))


def _returns(
    baskets: list[Document], worthless: Document, chance: random.Random
) -> Iterator[Document]:
    """Full returns, partial ones, some in two parts; then three that cannot be applied.

    Two take more than their basket has (over_returned), one refers to a basket that never became
    an invoice (parked).
    """
    for number, basket in enumerate(baskets):
        if number % 5 < 2:
            yield _return(basket, 1, basket.total, chance)
            continue
        if number % 5 == 2:
            dearest = max(basket.lines, key=lambda line: line.amount)
            part = (dearest.amount / 2).quantize(_CENT, ROUND_DOWN)
            yield _return(basket, 1, part, chance, dearest.sku)
            continue
        part = (basket.total * chance.randint(5, 45) / 100).quantize(_CENT)
        yield _return(basket, 1, part, chance)
        if number % 5 == 4:
            yield _return(basket, 2, part, chance)
    for basket in baskets[2:4]:
        yield _return(basket, 3, basket.total + _CENT, chance)
    yield _return(worthless, 1, Decimal("3.00"), chance)


def _return(
    basket: Document, part: int, amount: Decimal, chance: random.Random, sku: str | None = None
) -> Document:
    """A return of April or May; every other one gives the date of its original.

    A part is of one product, or of nothing in particular: then of all that is left.
    """
    day = date(2017, 5, 1) + timedelta(
        days=chance.randrange(-30 if basket.day.month == 3 else 0, 31)
    )
    whole = amount == basket.total
    return Document(
        "return",
        f"R{part}-{basket.number}",
        day,
        basket.household,
        basket.store,
        tuple(replace(line, amount=-line.amount) for line in basket.lines)
        if whole
        else (Line(sku, 1, -amount),),
        basket.number,
        chance.choice([None, basket.day]),
    )
