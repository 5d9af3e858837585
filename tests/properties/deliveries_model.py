"""The slow, obviously right model of which document counts: removals, payments, lines of returns.

Written from the SPEC: no SQL, no files of the product. All files are looked at anew each time, in
the order of their places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

Identity = tuple[str, str, str]  # distributor, type, number: all dates are in one fiscal year


@dataclass(frozen=True)
class Line:
    """A line: a whole amount and pieces; of a return both are what it takes."""

    goods: str | None
    amount: int
    pieces: int
    original_line: int | None = None


@dataclass(frozen=True)
class Document:
    """One version of a document."""

    distributor: str
    kind: str
    number: str
    day: date
    lines: tuple[Line, ...]
    original: str | None = None

    @property
    def identity(self) -> Identity:
        return (self.distributor, self.kind, self.number)

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True)
class File:
    """A sales file; with a month it says what it covers."""

    place: int
    documents: tuple[Document, ...]
    month: str | None = None


@dataclass(frozen=True)
class Payments:
    """A file of payments: what each (distributor, number) was paid."""

    place: int
    paid: tuple[tuple[str, str, int], ...]


@dataclass
class Outcome:
    """Documents that count or are parked, and what returns left of each invoice's lines."""

    standing: dict[Identity, Document]
    left: dict[Identity, list[int]]


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def outcome(
    files: Sequence[File], payments: Sequence[Payments], today: date, *, full_period: bool
) -> Outcome:
    """What counts of all these files on a day."""
    files = sorted(files, key=lambda file: file.place)
    paid: dict[tuple[str, str], int] = {}
    for file_of_payments in sorted(payments, key=lambda file: file.place):
        named: dict[tuple[str, str], int] = defaultdict(int)
        for distributor, number, amount in file_of_payments.paid:
            named[distributor, number] += amount
        paid |= named
    versions: dict[Identity, list[tuple[int, Document]]] = defaultdict(list)
    for file in files:
        for document in file.documents:
            outside = full_period and file.month not in (None, month_of(document.day))
            asked = paid.get((document.distributor, document.number))
            unpaid = document.kind == "invoice" and asked not in (None, document.amount)
            if not outside and not unpaid and document.day <= today:
                versions[document.identity].append((file.place, document))
    while True:
        standing = {}
        for identity, said in versions.items():
            if said and not (full_period and _is_missing_later(files, *said[-1])):
                standing[identity] = said[-1][1]
        left, refused = _set_off(standing)
        again = []
        for identity in refused:
            latest = versions[identity][-1][1]
            if any(document != latest for _, document in versions[identity]):
                again.append(identity)
                while versions[identity][-1][1] == latest:
                    versions[identity].pop()
            else:
                del standing[identity]
        if not again:
            return Outcome(standing, left)


def _is_missing_later(files: Sequence[File], place: int, document: Document) -> bool:
    for file in files:
        if file.place <= place:
            continue
        if file.month is not None:
            covers = file.month == month_of(document.day)
        else:
            covers = (document.distributor, month_of(document.day)) in {
                (other.distributor, month_of(other.day)) for other in file.documents
            }
        if covers and document.identity not in {other.identity for other in file.documents}:
            return True
    return False


def _set_off(
    standing: dict[Identity, Document],
) -> tuple[dict[Identity, list[int]], list[Identity]]:
    """What returns leave of the lines of each invoice, and the returns that ask for too much."""
    left = {i: [line.amount for line in d.lines] for i, d in standing.items() if i[1] == "invoice"}
    pieces = {
        i: [line.pieces for line in d.lines] for i, d in standing.items() if i[1] == "invoice"
    }
    refused = []
    returns = [d for d in standing.values() if d.kind == "return" and d.original is not None]
    for document in sorted(returns, key=lambda d: (d.day, d.number)):
        invoice_id = (document.distributor, "invoice", str(document.original))
        invoice = standing.get(invoice_id)
        if invoice is None or invoice.day > document.day:
            continue
        (line,) = document.lines
        places = list(range(len(invoice.lines)))
        if line.original_line is not None:
            places = [place for place in places if place + 1 == line.original_line]
        elif line.goods is not None:
            places = [place for place in places if invoice.lines[place].goods == line.goods]
        amounts = _shared(line.amount, [left[invoice_id][place] for place in places])
        named = line.original_line is not None or line.goods is not None
        goods = [pieces[invoice_id][place] for place in places]
        taken = _shared(line.pieces, goods) if named else [0] * len(places)
        if amounts is None or taken is None:
            refused.append(document.identity)
            continue
        for place, amount, count in zip(places, amounts, taken, strict=True):
            left[invoice_id][place] -= amount
            pieces[invoice_id][place] -= count
    return left, refused


def _shared(total: int, weights: Sequence[int]) -> list[int] | None:
    """In proportion, the largest remainders first; None if there is not so much."""
    if total > sum(weights):
        return None
    if total == 0:
        return [0] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    shares = [int(part) for part in exact]
    order = sorted(range(len(weights)), key=lambda place: (shares[place] - exact[place], place))
    for place in order[: total - sum(shares)]:
        shares[place] += 1
    return shares
