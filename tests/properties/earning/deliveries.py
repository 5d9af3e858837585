"""What arrives: the rows of the feeds, as facts.

Belongs here: the shapes of what a step lands. Not here: what counts of it (`documents`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

T = TypeVar("T")


SOURCE = "dms"
SECOND_SOURCE = "erp"  # after the other one in the total order, though of the first distributor


@dataclass(frozen=True)
class Line:
    """A line of a document; of a return, what it takes is negative."""

    number: int
    amount: Decimal
    quantity: Decimal | None = None
    sku: str | None = None
    category: str | None = None
    tender: str | None = None
    original_line: int | None = None


@dataclass(frozen=True)
class Doc:
    """One version of a document."""

    distributor: str
    kind: str  # invoice, return, credit_note, cancellation
    number: str
    day: date
    partner: str
    lines: tuple[Line, ...]
    original: str | None = None
    store: str | None = None
    fields: tuple[tuple[str, str], ...] = ()  # custom fields, as text
    source: str = SOURCE

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


@dataclass(frozen=True)
class Partner:
    """One row of a partners file."""

    partner: str
    name: str
    enrolled_on: date | None = None
    fields: tuple[tuple[str, str], ...] = ()
    status: str | None = None  # active, unless the file says something else


@dataclass(frozen=True)
class Claim:
    """An uploaded invoice and its review."""

    claim: str
    partner: str
    distributor: str | None
    number: str
    day: date
    amount: Decimal
    status: str  # submitted, approved, rejected
    reviewed_on: date | None = None


@dataclass(frozen=True)
class Payments:
    """How an invoice was paid: all rows of a tenders file about it."""

    distributor: str
    number: str
    modes: tuple[tuple[str, Decimal], ...]
    source: str = SOURCE

    @property
    def amount(self) -> Decimal:
        return sum((amount for _, amount in self.modes), Decimal(0))


@dataclass(frozen=True)
class Store:
    """One row of a stores file."""

    store: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Scan:
    """One scan of a code."""

    scan: str
    partner: str
    day: date
    code: str
    sku: str
    points: Decimal | None = None


@dataclass(frozen=True)
class Target:
    """What a partner is to sell in a cycle."""

    partner: str
    cycle: str
    category: str | None
    target: Decimal


@dataclass(frozen=True)
class Redemption:
    """Points that a partner spends, or gets back of what it spent."""

    redemption: str
    partner: str
    day: date
    points: Decimal
    reverses: str | None = None


@dataclass(frozen=True)
class Instruction:
    """One instruction; maker and checker are always two."""

    instruction: str
    kind: str
    partner: str
    effective_on: date
    tier: str | None = None
    until: date | None = None
    document_no: str | None = None
    points: Decimal | None = None
    to_partner: str | None = None


@dataclass(frozen=True)
class Step:
    """A business day and what lands on it, of each feed at most one file.

    `program` is a file that is published that day, before anything lands; `again` runs the day a
    second time, which must change nothing.
    """

    today: date
    sales: tuple[Doc, ...] = ()
    partners: tuple[Partner, ...] = ()
    scans: tuple[Scan, ...] = ()
    targets: tuple[Target, ...] = ()
    instructions: tuple[Instruction, ...] = ()
    stores: tuple[Store, ...] = ()
    payments: tuple[Payments, ...] = ()
    claims: tuple[Claim, ...] = ()
    redemptions: tuple[Redemption, ...] = ()
    program: dict[str, Any] | None = None
    again: bool = False

    def of(self, source: str) -> Step:
        """What one source delivers of it: the second one only sales, and how they were paid."""
        sales = tuple(doc for doc in self.sales if doc.source == source)
        payments = tuple(one for one in self.payments if one.source == source)
        if source != SOURCE:
            return Step(self.today, sales, payments=payments)
        return replace(self, sales=sales, payments=payments)


@dataclass
class Arrived:
    """Everything that ever arrived: (day of arrival, file), in order."""

    partners_feed: bool = False  # whether the program has such a feed, be it that none came yet
    earns_before_enrolment: bool = False

    sales: list[tuple[date, tuple[Doc, ...]]] = field(default_factory=list)
    partners: list[tuple[date, tuple[Partner, ...]]] = field(default_factory=list)
    scans: list[tuple[date, tuple[Scan, ...]]] = field(default_factory=list)
    targets: list[tuple[date, tuple[Target, ...]]] = field(default_factory=list)
    instructions: list[tuple[date, tuple[Instruction, ...]]] = field(default_factory=list)
    stores: list[tuple[date, tuple[Store, ...]]] = field(default_factory=list)
    payments: list[tuple[date, tuple[Payments, ...]]] = field(default_factory=list)
    claims: list[tuple[date, tuple[Claim, ...]]] = field(default_factory=list)
    redemptions: list[tuple[date, tuple[Redemption, ...]]] = field(default_factory=list)

    @property
    def has_partners(self) -> bool:
        return self.partners_feed or bool(self.partners)

    @property
    def named(self) -> set[str]:
        """The partners that some file of the feed names."""
        return {row.partner for _, file in self.partners for row in file}

    def take_in(self, step: Step) -> None:
        """The same file again changes nothing, even if newer ones came between.

        One of partners, stores or targets counts again if another file had changed what it says.
        """
        _keep(self.sales, step.today, step.sales)
        _say(self.partners, step.today, step.partners)
        _keep(self.scans, step.today, step.scans)
        _say(self.targets, step.today, step.targets)
        _keep(self.instructions, step.today, step.instructions)
        _say(self.stores, step.today, step.stores)
        _keep(self.payments, step.today, step.payments)
        _keep(self.claims, step.today, step.claims)
        _keep(self.redemptions, step.today, step.redemptions)


def _keep(known: list[tuple[date, T]], today: date, content: T) -> None:
    if content and all(before != content for _, before in known):
        known.append((today, content))


def _say(known: list[tuple[date, T]], today: date, content: T) -> None:
    if content:
        known.append((today, content))
