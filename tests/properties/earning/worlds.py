"""Random small histories: a few partners, a few documents, two or three business days.

Belongs here: what arrives when. Not here: the rules it arrives under (`programs`).

Few numbers, partners and days make documents meet: amended, returned, moved to another cycle.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from loyalty_pipeline.program.loader import ProgramFileError, load_program
from tests.properties.earning.deliveries import (
    Doc,
    Instruction,
    Line,
    Partner,
    Payments,
    Scan,
    Step,
    Store,
    Target,
)
from tests.properties.earning.drawing import FEATURES, TIERS, Features
from tests.properties.earning.figures import Calendar
from tests.properties.earning.programs import Drawn, as_yaml, programs
from tests.properties.earning.republished import republished

FIRST_DAY = date(2025, 4, 1)
PARTNERS = ("P1", "P2", "P3")


@dataclass(frozen=True, repr=False)
class World:
    """A program and what happens under it."""

    program: dict[str, Any]
    features: Features
    steps: tuple[Step, ...]

    def __repr__(self) -> str:  # the failing test prints it as files, which is easier to read
        return f"<a world with {', '.join(sorted(self.features))}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


def worlds(features: Features = FEATURES) -> st.SearchStrategy[World]:
    """A random program with some of the features, and a random history."""
    return st.composite(lambda draw: _world(draw, features))()


def refusals(program: dict[str, Any]) -> list[str]:
    """Why the loader would not take a program."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(as_yaml(program))
        file.flush()
        try:
            load_program(Path(file.name))
        except ProgramFileError as error:
            return [str(found) for found in error.errors]
    return []


def _world(draw: st.DrawFn, features: Features) -> World:
    drawn = draw(programs(features))
    assume(not refusals(drawn.program))  # a few say something that could never matter
    chance = _Chance(draw, features, drawn)
    days = sorted(draw(st.lists(st.integers(5, 120), min_size=1, max_size=3, unique=True)))
    if "campaigns" in drawn.features:  # what is dated before the first run does not happen
        days[0] = draw(st.integers(2, 5))
    steps = []
    for number, after in enumerate(days):
        today = FIRST_DAY + timedelta(days=after)
        steps.append(chance.step(today, first=number == 0))
    steps.append(Step(FIRST_DAY + timedelta(days=200), again=chance.has("again", one_in=4)))
    if chance.has("republished", one_in=4):
        program, features_used = draw(republished(drawn.program, features))
        assume(not refusals(program))
        chance.used |= features_used
        place = draw(st.integers(min(1, len(steps) - 1), len(steps) - 1))
        steps[place] = replace(steps[place], program=program)
    return World(drawn.program, drawn.features | frozenset(chance.used), tuple(steps))


class _Chance:
    """Draws what arrives."""

    def __init__(self, draw: st.DrawFn, features: Features, drawn: Drawn) -> None:
        self._draw = draw
        self._allowed = features
        self._drawn = drawn
        self._calendar = Calendar.of(drawn.program)
        self.used: set[str] = set()
        self._invoices: list[Doc] = []
        self._enrolled: dict[str, date | None] = {}
        self._numbers = 0

    def _one_of(self, choices: Any) -> Any:
        return self._draw(st.sampled_from(choices))

    def _number(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def has(self, feature: str, *, one_in: int = 2) -> bool:
        if feature not in self._allowed or self._number(0, one_in - 1):
            return False
        self.used.add(feature)
        return True

    def _day(self, last: date) -> date:
        day = FIRST_DAY + timedelta(days=self._number(0, (last - FIRST_DAY).days))
        if "growth" in self._drawn.features and self._number(0, 1):
            return day.replace(year=day.year - 1)  # what growth is measured against
        return day

    def step(self, today: date, *, first: bool) -> Step:
        features = self._drawn.features
        sales = self._sales(today, first=first)
        return Step(
            today,
            sales,
            self._partners(today, first=first) if "partners" in features else (),
            self._scans(today) if "scans" in features else (),
            self._targets() if "targets" in features else (),
            (*self._tier_instructions(today), *self._promise_instructions(today)),
            self._stores() if "stores" in features else (),
            self._payments(),
        )

    def _sales(self, today: date, *, first: bool) -> tuple[Doc, ...]:
        found: dict[object, Doc] = {}
        for _ in range(self._number(1 if first else 0, 6)):
            doc = self._invoice(today)
            found[doc.distributor, doc.kind, doc.number] = doc
        if self.has("returns", one_in=3) and (self._invoices or found):
            for _ in range(self._number(1, 2)):
                doc = self._return([*self._invoices, *found.values()], today)
                found[doc.distributor, doc.kind, doc.number] = doc
        if self.has("unreferenced", one_in=6) and "fields" not in self._drawn.features:
            doc = self._unreferenced(today)
            found[doc.distributor, doc.kind, doc.number] = doc
        self._invoices += [doc for doc in found.values() if doc.kind == "invoice"]
        return tuple(found.values())

    def _invoice(self, today: date) -> Doc:
        amended = self._invoices and self.has("amendments", one_in=4)
        if amended:
            old = self._one_of(self._invoices)
            number, distributor, day = old.number, old.distributor, old.day
            if self._number(0, 2) == 0:
                day = self._day(today)
            partner = self._one_of([old.partner, old.partner, "P2"])
        else:
            self._numbers += 1
            number, distributor = str(self._numbers), self._one_of(["D1", "D2"])
            day, partner = self._day(today), self._one_of(PARTNERS)
        return Doc(
            distributor,
            "invoice",
            number,
            day,
            partner,
            self._lines(),
            store=self._one_of([None, "S1", "S2"]),
            fields=self._fields(),
        )

    def _fields(self) -> tuple[tuple[str, str], ...]:
        return (
            ("channel", self._one_of(["online", "shop", ""])),
            ("cartons", self._one_of(["", "1", "7", "30"])),
        )

    def _lines(self) -> tuple[Line, ...]:
        lines = []
        for number in range(1, self._number(1, 3) + 1):
            lines.append(
                Line(
                    number,
                    Decimal(self._number(1, 200_00)) / 100
                    if self._number(0, 1)
                    else Decimal(self._number(1, 200)),
                    Decimal(self._number(1, 9)),
                    self._one_of([None, "A1", "A2", "B1"]),
                    self._one_of([None, "lamps", "wires"]),
                    self._one_of([None, "cash", "card"]),
                )
            )
        if len(lines) > 1 and self.has("negative_lines", one_in=6):
            last = lines[-1]
            low = min(last.amount, lines[0].amount / 2).quantize(Decimal("0.01"))
            lines[-1] = Line(last.number, -low, None, last.sku, last.category, last.tender)
        return tuple(lines)

    def _return(self, invoices: list[Doc], today: date) -> Doc:
        invoice = self._one_of([doc for doc in invoices if doc.kind == "invoice"])
        day = self._day(today)
        if day < invoice.day:
            day = invoice.day
        self._numbers += 1
        mixed = any(line.amount < 0 for line in invoice.lines)
        how = self._one_of(["cancel"] if mixed else ["cancel", "line", "share", "share"])
        if how == "cancel":
            lines: tuple[Line, ...] = (Line(1, -invoice.amount),)
            return Doc(
                invoice.distributor,
                "cancellation",
                invoice.number,
                day,
                invoice.partner,
                lines,
                fields=self._fields(),
            )
        kind = self._one_of(["return", "credit_note"])
        if how == "line":
            of = self._one_of(invoice.lines)
            part = self._part_of(of.amount)
            lines = (Line(1, -part, Decimal(1), original_line=of.number),)
        else:
            lines = (Line(1, -self._part_of(invoice.amount)),)
        return Doc(
            invoice.distributor,
            kind,
            str(self._numbers),
            day,
            invoice.partner,
            lines,
            original=invoice.number,
            fields=self._fields(),
        )

    def _part_of(self, amount: Decimal) -> Decimal:
        if self._number(0, 3) == 0:
            return amount
        part = (amount * self._number(1, 9) / 10).quantize(Decimal("0.01"))
        return max(part, Decimal("0.01"))

    def _unreferenced(self, today: date) -> Doc:
        self._numbers += 1
        lines = tuple(
            Line(
                line.number, -abs(line.amount), line.quantity, line.sku, line.category, line.tender
            )
            for line in self._lines()
        )
        return Doc(
            self._one_of(["D1", "D2"]),
            self._one_of(["return", "credit_note"]),
            str(self._numbers),
            self._day(today),
            self._one_of(PARTNERS),
            lines,
            fields=self._fields(),
        )

    def _partners(self, today: date, *, first: bool) -> tuple[Partner, ...]:
        if not first and self._number(0, 2):
            return ()
        chosen = PARTNERS if first and self._number(0, 3) else PARTNERS[: self._number(1, 3)]
        return tuple(
            Partner(
                partner,
                f"Partner {partner}",
                self._enrolled_on(partner),
                (
                    ("region", self._one_of(["north", "south", ""])),
                    ("level", self._one_of(["", "3", "20"])),
                ),
            )
            for partner in chosen
        )

    def _payments(self) -> tuple[Payments, ...]:
        """How some invoices were paid; a few do not add up, and wait."""
        if "tenders" not in self._drawn.features or "growth" in self._drawn.features:
            return ()
        if not self._invoices or not self.has("payments"):
            return ()
        found = {}
        for _ in range(self._number(1, 3)):
            doc = self._one_of(self._invoices)
            amount = doc.amount if self._number(0, 4) else doc.amount + 1
            modes = self._one_of(
                [("cash",), ("cash", "card"), ("card", "upi"), ("cash", "voucher")]
            )
            part = (amount * self._number(1, 9) / 10).quantize(Decimal("0.01"))
            parts = [amount] if len(modes) == 1 else [part, amount - part]
            if all(parts):
                told = tuple(zip(modes, parts, strict=True))
                found[doc.distributor, doc.number] = Payments(doc.distributor, doc.number, told)
        return tuple(found.values())

    def _stores(self) -> tuple[Store, ...]:
        if self._number(0, 1):
            return ()
        return tuple(
            Store(
                name,
                (
                    ("zone", self._one_of(["east", "west", ""])),
                    ("area", self._one_of(["", "4", "25"])),
                ),
            )
            for name in ("S1", "S2")[: self._number(1, 2)]
        )

    def _enrolled_on(self, partner: str) -> date | None:
        """A date may be corrected, and is not taken back."""
        days = [date(2025, 3, 1), date(2025, 4, 3), FIRST_DAY]
        day: date | None = self._one_of(days if self._enrolled.get(partner) else [None, *days])
        self._enrolled[partner] = day
        return day

    def _scans(self, today: date) -> tuple[Scan, ...]:
        found = []
        for _ in range(self._number(0, 3)):
            self._numbers += 1
            found.append(
                Scan(
                    f"S{self._numbers}",
                    self._one_of(PARTNERS),
                    self._day(today),
                    self._one_of(["C1", "C2", "C3"]),
                    self._one_of(["A1", "B1"]),
                    self._one_of([None, Decimal(5), Decimal(12)]),
                )
            )
        return tuple(found)

    def _targets(self) -> tuple[Target, ...]:
        cycles = ["2025-04", "2025-05"] if self._calendar.length == 1 else ["2025-04", "2025-07"]
        keys = self._draw(
            st.sets(
                st.tuples(
                    st.sampled_from(PARTNERS),
                    st.sampled_from(cycles),
                    st.sampled_from([None, "lamps", "wires"]),
                ),
                max_size=4,
            )
        )
        ordered = sorted(keys, key=str)
        return tuple(Target(*key, Decimal(self._number(0, 400))) for key in ordered)

    def _promise_instructions(self, today: date) -> tuple[Instruction, ...]:
        """To hold and let go, to release and to cancel, where anything is promised."""
        if not self._drawn.features & {"delays", "tranches", "slab_delays"}:
            return ()
        found = []
        for feature, kinds in (
            ("holds", ["hold", "hold", "unhold"]),
            ("early_releases", ["release"]),
            ("cancelled_promises", ["cancel_promise"]),
        ):
            if not self.has(feature, one_in=3):
                continue
            for _ in range(self._number(1, 2)):
                self._numbers += 1
                kind = self._one_of(kinds)
                of_promises = feature != "holds"
                number = points = None
                if of_promises and self._invoices and self._number(0, 2) == 0:
                    number = self._one_of(self._invoices).number
                if of_promises and self._number(0, 2) == 0:
                    points = Decimal(self._number(1, 12))
                start = self._day(today + timedelta(days=25))
                found.append(
                    Instruction(
                        f"I{self._numbers}",
                        kind,
                        self._one_of(PARTNERS),
                        start,
                        document_no=number,
                        points=points,
                    )
                )
        return tuple(found)

    def _tier_instructions(self, today: date) -> tuple[Instruction, ...]:
        if not self._drawn.program["versions"][0].get("tiers"):
            return ()
        if not self.has("overrides", one_in=5):
            return ()
        self._numbers += 1
        start = self._day(today + timedelta(days=20))
        until = start + timedelta(days=self._number(0, 40)) if self._number(0, 1) else None
        tier = self._one_of(TIERS)
        return (
            Instruction(
                f"I{self._numbers}", "set_tier", self._one_of(PARTNERS), start, tier, until
            ),
        )
