"""What happens to a partner, in the one order in which everything is evaluated.

Belongs here: the events of a cycle, the columns that conditions see, the total order. Not here:
what an event earns (`awards`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.properties.earning.conditions import Value
from tests.properties.earning.deliveries import SOURCE, Arrived, Doc, Line, Scan
from tests.properties.earning.documents import (
    Counted,
    Sale,
    first_named,
    latest_row,
    may_earn,
    row_on,
)
from tests.properties.earning.figures import ZERO, Cycle, shares
from tests.properties.earning.homes import Homes

STORE_FIELDS = ("zone", "area")
# Where an event stands on its day: releases and campaigns come before all of these.
REGISTRATION, CUSTOMER_UPDATE, DOCUMENT, SLABS, CYCLE_CLOSE = 1, 2, 3, 4, 5

Position = tuple[object, ...]


@dataclass(frozen=True)
class Event:
    """One event; `identity` are the last parts of its allocation keys."""

    kind: str  # transaction, registration, customer_update, scan, cycle_close
    day: date
    partner: str
    identity: tuple[str, ...]
    position: Position  # on its day
    columns: dict[str, Value] = field(hash=False)
    amount: Decimal = ZERO  # net of returns; of a cycle its net sales
    quantity: Decimal | None = None
    lines: tuple[Line, ...] = ()  # net of returns
    document_no: str | None = None
    paid: tuple[tuple[str, Decimal], ...] = ()  # as the tenders feed says, before returns

    @property
    def order(self) -> tuple[object, ...]:
        return (self.day, *self.position)

    @property
    def is_document(self) -> bool:
        return self.kind in ("transaction", "claim")

    @property
    def modes(self) -> dict[str, Decimal]:
        """What was paid how: by the tenders feed, else by the lines that say it."""
        if self.paid:  # returns reduce all in proportion
            told = sorted(self.paid)
            parts = shares(self.amount, [amount for _, amount in told], Decimal("0.01"))
            return {mode: part for (mode, _), part in zip(told, parts, strict=True)}
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for line in self.lines:
            if line.tender is not None:
                sums[line.tender] += line.amount
        return dict(sorted(sums.items()))


def transactions(documents: list[Counted], arrived: Arrived) -> list[Event]:
    """Documents of which something is left."""
    found = []
    for one in documents:
        if one.net == 0:
            continue
        doc = one.doc
        columns = common_columns(arrived, one.partner, doc.day) | {
            "amount": one.net,
            "quantity": one.quantity,
            "document_no": doc.number,
            "document_type": doc.kind,
            "document_date": doc.day,
            "distributor_id": doc.distributor or None,
            "store_id": doc.store,
        }
        columns |= _store_columns(arrived, doc.store, doc.day)
        for name in {name for _, file in arrived.sales for d in file for name, _ in d.fields}:
            columns[name] = dict(doc.fields).get(name) or None
        found.append(
            Event(
                "transaction",
                doc.day,
                one.partner,
                (doc.source, doc.distributor or "-", doc.kind, doc.number, str(one.year)),
                place(doc, one.year),
                columns,
                one.net,
                one.quantity,
                one.lines,
                doc.number,
                one.paid,
            )
        )
    return found


def place(doc: Doc, year: int) -> Position:
    """In the total order; what names no distributor comes after what does."""
    distributor = doc.distributor or chr(0x10FFFF)
    return (DOCUMENT, doc.source, distributor, doc.number, doc.kind, year)


def _store_columns(arrived: Arrived, store: str | None, day: date) -> dict[str, Value]:
    """The store's fields as they were on a day, or the earliest known."""
    rows = [
        (arrived_on, row)
        for arrived_on, file in arrived.stores
        for row in file
        if row.store == store
    ]
    in_force = [row for arrived_on, row in rows if arrived_on <= day] or [
        row for _, row in rows[:1]
    ]
    fields = dict(in_force[-1].fields) if in_force else {}
    return {f"store_{name}": fields.get(name) or None for name in STORE_FIELDS}


def scans(arrived: Arrived, today: date, homes: Homes) -> list[Event]:
    """A code earns once, for its earliest scan, and not at all if that one's partner is unknown."""
    newest = {scan.scan: scan for _, file in arrived.scans for scan in file}
    known = [scan for scan in newest.values() if scan.day <= today]
    first: dict[str, Scan] = {}
    for scan in sorted(known, key=lambda scan: (scan.day, scan.scan)):
        first.setdefault(scan.code, scan)
    return [
        Event(
            "scan",
            scan.day,
            homes.in_cycle(scan.partner, scan.day),
            (SOURCE, scan.scan),
            (DOCUMENT, SOURCE, "", scan.scan, "", 0),
            common_columns(arrived, homes.in_cycle(scan.partner, scan.day), scan.day)
            | {
                "scan_id": scan.scan,
                "scanned_on": scan.day,
                "code": scan.code,
                "sku": scan.sku,
                "points": scan.points,
            },
        )
        for scan in first.values()
        if may_earn(arrived, homes.on(scan.partner, scan.day), scan.day)
    ]


def registrations(arrived: Arrived, today: date, homes: Homes) -> list[Event]:
    """One a partner, on the day of enrolment."""
    found = []
    for partner in sorted(arrived.named):
        day = enrolment(arrived, partner)
        if day is None or day > today:
            continue
        home = homes.in_cycle(partner, day)
        if may_earn(arrived, homes.on(partner, day), day):
            found.append(
                Event(
                    "registration",
                    day,
                    home,
                    (partner,),
                    (REGISTRATION, "", "", partner, "", 0),
                    common_columns(arrived, home, day),
                )
            )
    return found


def customer_updates(arrived: Arrived, homes: Homes) -> list[Event]:
    """A row, not the first, in which a custom field differs from the row before."""
    found = []
    rows: dict[str, dict[date, dict[str, str]]] = defaultdict(dict)
    for day, file in arrived.partners:
        for row in file:
            rows[row.partner][day] = dict(row.fields)
    for partner, by_day in rows.items():
        before: dict[str, str] | None = None
        for day in sorted(by_day):
            changed = before is not None and by_day[day] != before
            home = homes.in_cycle(partner, day)
            if changed and may_earn(arrived, homes.on(partner, day), day):
                found.append(
                    Event(
                        "customer_update",
                        day,
                        home,
                        (partner, day.isoformat()),
                        (CUSTOMER_UPDATE, "", "", partner, "", 0),
                        common_columns(arrived, home, day),
                    )
                )
            before = by_day[day]
    return found


def closes(
    cycle: Cycle, sales: list[Sale], slabs: dict[str, str | None], arrived: Arrived
) -> list[Event]:
    """One a partner who sold in the cycle, on its last day."""
    found = []
    for partner in sorted({sale.partner for sale in sales}):
        own = [sale for sale in sales if sale.partner == partner]
        net = sum((sale.amount() for sale in own), ZERO)
        found.append(
            Event(
                "cycle_close",
                cycle.last_day,
                partner,
                (partner,),
                (CYCLE_CLOSE, "", "", partner, "", 0),
                common_columns(arrived, partner, cycle.last_day)
                | {
                    "net_sales": net,
                    "documents": Decimal(sum(sale.documents for sale in own)),
                    "slab": slabs.get(partner),
                },
                net,
            )
        )
    return found


def enrolment(arrived: Arrived, partner: str) -> date | None:
    """When a partner of the feed came: as the latest row says, else with his first file."""
    row = latest_row(arrived, partner)
    return (row.enrolled_on if row is not None else None) or first_named(arrived, partner)


def common_columns(arrived: Arrived, partner: str, day: date) -> dict[str, Value]:
    """What conditions see of every event; tier and balances are added when it is evaluated."""
    row = row_on(arrived, partner, day)
    columns: dict[str, Value] = {
        "event_date": day,
        "event_month": f"{day:%m}",
        "event_month_day": f"{day:%m-%d}",
        "partner_id": partner,
        "partner_name": row.name if row else None,
        "partner_status": (row.status or "active") if row else None,
    }
    for name in {name for _, file in arrived.partners for r in file for name, _ in r.fields}:
        columns[f"partner_{name}"] = (dict(row.fields).get(name) or None) if row else None
    return columns
