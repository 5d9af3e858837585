"""Sample sales: eighteen months of invoices of sixty retailers at five distributors.

Belongs here: who sells how much, invoice by invoice, from a seed alone. Not here: files, and what
goes wrong in them (`drop`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from random import Random

PARTNERS = 60
DISTRIBUTORS = 5
MONTHS = tuple(
    f"{2024 + (3 + number) // 12}-{(3 + number) % 12 + 1:02d}" for number in range(18)
)  # 2024-04 to 2025-09: six quarters
_LAKH = 100_000 * 100  # in paise, as every amount here

# A quarter's sales by group of partners: below the slabs, Silver, Gold, the gap, Platinum.
_LEVELS = ((150, 460), (530, 760), (840, 1160), (1250, 1900), (2100, 3200))  # hundredths of a lakh
# First quarter, to the paisa: just below and at a slab's start, and the worked credit note.
EXACT = {
    1: 5 * _LAKH - 1,
    6: 5 * _LAKH,
    2: 8 * _LAKH - 1,
    3: 8 * _LAKH,
    8: 8 * _LAKH + 20_000 * 100,
}
_GOODS = (
    ("LED-9W", "lamps"),
    ("LED-12W", "lamps"),
    ("TUBE-20W", "lamps"),
    ("FAN-1200", "fans"),
    ("SWITCH-6A", "switches"),
    ("WIRE-90M", "wires"),
    ("PUMP-1HP", "pumps"),
)
_TENDERS = ("bank", "cash", "upi")


@dataclass(frozen=True)
class Line:
    """One line of a document."""

    line_no: int
    sku: str
    category: str
    quantity: int
    paise: int


@dataclass(frozen=True)
class Document:
    """One document as the DMS knows it."""

    kind: str
    number: str
    day: date
    partner: str
    distributor: str
    tender: str
    lines: tuple[Line, ...]
    original: tuple[str, date] | None = None

    @property
    def paise(self) -> int:
        """The document's total."""
        return sum(line.paise for line in self.lines)

    def reverse(self, kind: str, number: str, day: date, lines: tuple[Line, ...]) -> Document:
        """A document that takes back `lines` of this one and refers to it."""
        taken = tuple(
            replace(line, line_no=at, quantity=-line.quantity, paise=-line.paise)
            for at, line in enumerate(lines, 1)
        )
        return replace(
            self, kind=kind, number=number, day=day, lines=taken, original=(self.number, self.day)
        )


def partner_id(number: int) -> str:
    """The id of the n-th partner."""
    return f"P{number:04d}"


def distributor_id(number: int) -> str:
    """The distributor of the n-th partner."""
    return f"D{(number - 1) * DISTRIBUTORS // PARTNERS + 1:02d}"


def regular_sales(random: Random) -> dict[str, list[Document]]:
    """Every month's invoices, nothing wrong with any of them."""
    months: dict[str, list[Document]] = {month: [] for month in MONTHS}
    for first in range(0, len(MONTHS), 3):
        for number in range(1, PARTNERS + 1):
            total = _quarter_total(random, number, first // 3)
            for month, part in zip(
                MONTHS[first : first + 3], _split(random, total, 3), strict=True
            ):
                for amount in _split(random, part, random.randint(2, 4)):
                    months[month].append(_invoice(random, number, month, amount))
    return {month: _numbered(documents) for month, documents in months.items()}


def _quarter_total(random: Random, number: int, quarter: int) -> int:
    if quarter == 0 and number in EXACT:
        return EXACT[number]
    grown = quarter >= 4 and number % 7 == 0  # these move up a slab in the second fiscal year
    low, high = _LEVELS[min((number - 1) % 5 + grown, 4)]
    return random.randint(low, high) * (_LAKH // 100) + random.randint(0, 99)


def _split(random: Random, total: int, parts: int) -> list[int]:
    """Positive parts that add up, in whole rupees but for the last."""
    weights = [random.randint(2, 6) for _ in range(parts)]
    shares = [total * weight // sum(weights) // 100 * 100 for weight in weights[:-1]]
    return [*shares, total - sum(shares)]


def _invoice(random: Random, number: int, month: str, amount: int) -> Document:
    goods = random.sample(_GOODS, random.randint(1, 4))
    lines = tuple(
        Line(at, sku, category, random.randint(1, 40), paise)
        for at, ((sku, category), paise) in enumerate(
            zip(goods, _split(random, amount, len(goods)), strict=True), 1
        )
    )
    day = date.fromisoformat(f"{month}-{random.randint(1, 28):02d}")
    tender = random.choice(_TENDERS)
    return Document("invoice", "", day, partner_id(number), distributor_id(number), tender, lines)


def _numbered(documents: list[Document]) -> list[Document]:
    """Number a month's invoices for each distributor apart, so that numbers repeat among them."""
    counters: dict[str, int] = {}
    numbered = []
    for document in sorted(documents, key=lambda one: (one.day, one.distributor, one.partner)):
        count = counters[document.distributor] = counters.get(document.distributor, 0) + 1
        number = f"INV-{document.day:%y%m}-{count:04d}"
        numbered.append(replace(document, number=number))
    return numbered
