"""The slow, obviously right model of staging, earning and posting, in plain Python.

Written from the SPEC: no SQL, no files, nothing of the product. Every document ever delivered is
looked at anew for every question.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

ROUNDING = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "floor": ROUND_FLOOR,
    "ceil": ROUND_CEILING,
}
ZERO = Decimal(0)


@dataclass(frozen=True)
class Doc:
    """One version of a document; amount is its total, negative for all but invoices."""

    distributor: str
    kind: str
    number: str
    day: date
    partner: str
    amount: Decimal
    original: str | None = None

    @property
    def identity(self) -> tuple[str, str, str, int]:
        return (self.distributor, self.kind, self.number, fiscal_year(self.day))


@dataclass(frozen=True)
class Band:
    start: Decimal
    end: Decimal | None
    rate: Decimal
    cap: Decimal | None = None


@dataclass(frozen=True)
class Rules:
    bands: tuple[Band, ...]
    mode: str
    decimals: int
    rounding: str
    grain: str
    delay: int | None
    cap: Decimal | None
    restate: str


def fiscal_year(day: date) -> int:
    return day.year if day.month >= 4 else day.year - 1


def quarter_of(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarter_end(start: date) -> date:
    return date(start.year + 1, 1, 1) if start.month == 10 else date(start.year, start.month + 3, 1)


@dataclass
class Standing:
    """The documents in force, and what each invoice has left."""

    invoices: dict[tuple[str, str, str, int], Doc] = field(default_factory=dict)
    left: dict[tuple[str, str, str, int], Decimal] = field(default_factory=dict)
    taken_by: dict[tuple[str, str, str, int], list[Doc]] = field(
        default_factory=lambda: defaultdict(list)
    )
    taken: dict[tuple[str, str, str, int], Decimal] = field(default_factory=dict)
    alone: list[Doc] = field(default_factory=list)
    parked: list[Doc] = field(default_factory=list)
    over_returned: list[Doc] = field(default_factory=list)


def standing(files: list[list[Doc]], today: date) -> Standing:
    """Newest versions first; a return of too much leaves its earlier version in force."""
    versions: dict[tuple[str, str, str, int], list[Doc]] = defaultdict(list)
    for file in files:
        for doc in file:
            if doc.day <= today:
                versions[doc.identity].append(doc)
    while True:
        result = judged({identity: said[-1] for identity, said in versions.items()})
        again = [doc.identity for doc in result.over_returned]
        earlier = [i for i in again if any(doc != versions[i][-1] for doc in versions[i])]
        if not earlier:
            return result
        for identity in earlier:
            refused = versions[identity][-1]
            while versions[identity][-1] == refused:
                versions[identity].pop()


def judged(latest: dict[tuple[str, str, str, int], Doc]) -> Standing:
    """What the returns among these documents leave of the invoices."""
    result = Standing()
    for identity, doc in latest.items():
        if doc.kind == "invoice":
            result.invoices[identity] = doc
            result.left[identity] = doc.amount
    others = sorted(
        (doc for doc in latest.values() if doc.kind != "invoice"),
        key=lambda doc: (doc.day, doc.kind, doc.number),
    )
    for doc in others:
        if doc.original is None and doc.kind != "cancellation":
            result.alone.append(doc)
            continue
        wanted = [
            identity
            for identity, invoice in result.invoices.items()
            if invoice.distributor == doc.distributor
            and invoice.number == (doc.original or doc.number)
            and invoice.day <= doc.day
        ]
        if not wanted:
            result.parked.append(doc)
            continue
        invoice_id = max(wanted, key=lambda identity: result.invoices[identity].day)
        left = result.left[invoice_id]
        takes = left if doc.original is None else -doc.amount
        if takes > left:
            result.over_returned.append(doc)
            continue
        result.left[invoice_id] = left - takes
        result.taken_by[invoice_id].append(doc)
        result.taken[doc.identity] = takes
    return result


def counted(
    files: list[list[Doc]], today: date, restate: str
) -> list[tuple[date, str, str, str, str, Decimal, int]]:
    """(day, distributor, number, type, partner, net sales, documents) of all that counts."""
    state = standing(files, today)
    rows = []
    for identity, invoice in state.invoices.items():
        own = restate == "own_cycle"
        net = invoice.amount if own else state.left[identity]
        documents = 1 if own else 1 + len(state.taken_by[identity])
        rows.append((invoice, invoice.partner, net, documents))
        if own:
            rows += [
                (doc, invoice.partner, -state.taken[doc.identity], 1)
                for doc in state.taken_by[identity]
            ]
    rows += [(doc, doc.partner, doc.amount, 1) for doc in state.alone]
    return [
        (doc.day, doc.distributor, doc.number, doc.kind, partner, net, documents)
        for doc, partner, net, documents in rows
    ]


def cycle_sales(
    files: list[list[Doc]], today: date, restate: str
) -> dict[tuple[date, str], tuple[Decimal, int]]:
    sums: dict[tuple[date, str], tuple[Decimal, int]] = {}
    for day, _, _, _, partner, net, documents in counted(files, today, restate):
        key = (quarter_of(day), partner)
        before, count = sums.get(key, (ZERO, 0))
        sums[key] = (before + net, count + documents)
    return sums


def rounded(raw: Decimal, rules: Rules) -> Decimal:
    unit = Decimal(1).scaleb(-rules.decimals)
    return abs(raw).quantize(unit, ROUNDING[rules.rounding]).copy_sign(raw)


def band_of(net: Decimal, rules: Rules) -> Band | None:
    """Bands leave no gaps here; below the first one there is none."""
    for band in rules.bands:
        if net >= band.start and (band.end is None or net < band.end):
            return band
    return None


def marginal(level: Decimal, rules: Rules) -> Decimal:
    return sum(
        (
            max(min(level, band.end if band.end is not None else level) - band.start, ZERO)
            * band.rate
            for band in rules.bands
        ),
        ZERO,
    )


def allocations(
    files: list[list[Doc]], today: date, rules: Rules
) -> dict[tuple[date, str], tuple[Decimal, Decimal]]:
    """(points, forgone) by cycle and partner, for those that reached a slab."""
    documents: dict[tuple[date, str], list[tuple[date, str, str, str, str, Decimal, int]]]
    documents = defaultdict(list)
    for row in counted(files, today, rules.restate):
        documents[quarter_of(row[0]), row[4]].append(row)
    result = {}
    for key, rows in documents.items():
        net = sum((row[5] for row in rows), ZERO)
        band = band_of(net, rules)
        if band is None:
            continue
        parts, level = [], ZERO
        for row in sorted(rows, key=lambda row: (row[0], row[1], row[2], row[3])):
            if rules.mode == "whole":
                parts.append(row[5] * band.rate)
            else:
                parts.append(marginal(level + row[5], rules) - marginal(level, rules))
                level += row[5]
        if rules.grain == "document":
            points = sum((rounded(part, rules) for part in parts), ZERO)
        else:
            points = rounded(sum(parts, ZERO), rules)
        points = max(points, ZERO)
        capped = min([points, *(cap for cap in (band.cap, rules.cap) if cap is not None)])
        result[key] = (capped, points - capped)
    return result


@dataclass
class Account:
    """What is held under one award of a cycle: current points, and promises by accrual date."""

    current: Decimal = ZERO
    promised: dict[date, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))


class Ledger:
    """Posts differences and releases what is due, the way SPEC 7 tells it."""

    def __init__(self) -> None:
        self.accounts: dict[tuple[date, str], Account] = defaultdict(Account)

    def release(self, today: date) -> None:
        for account in self.accounts.values():
            for accrual in list(account.promised):
                if accrual <= today:
                    account.current += account.promised.pop(accrual)

    def post(self, files: list[list[Doc]], today: date, rules: Rules) -> None:
        wanted = allocations(files, today, rules)
        for key in {*wanted, *self.accounts}:
            cycle, _ = key
            if today < quarter_end(cycle):
                continue
            points = wanted.get(key, (ZERO, ZERO))[0]
            account = self.accounts[key]
            if rules.delay is None or key not in wanted:
                account.promised.clear()
                account.current = points
                continue
            accrual = quarter_end(cycle) - timedelta(days=1) + timedelta(days=rules.delay + 1)
            account.promised.clear()
            if points > account.current:
                account.promised[accrual] = points - account.current
            else:
                account.current = points

    def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for (_, partner), account in self.accounts.items():
            promised, current = sums.get(partner, (ZERO, ZERO))
            sums[partner] = (
                promised + sum(account.promised.values(), ZERO),
                current + account.current,
            )
        return {partner: pair for partner, pair in sums.items() if pair != (ZERO, ZERO)}
