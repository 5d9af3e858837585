"""Random documents: few numbers, partners and days, so that they meet.

Belongs here: invoices, their amendments, returns and payments. Not here: other feeds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.properties.earning.chance import PARTNERS, Chance
from tests.properties.earning.deliveries import SECOND_SOURCE, SOURCE, Doc, Line, Payments


class ChanceOfSales(Chance):
    """Draws sales and tenders files."""

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
        docs = tuple(replace(doc, source=self._source_of(doc)) for doc in found.values())
        self._invoices += [doc for doc in docs if doc.kind == "invoice"]
        return docs

    def _source_of(self, doc: Doc) -> str:
        has_second = len(self._drawn.program["sources"]) > 1
        return SECOND_SOURCE if has_second and doc.distributor == "D1" else SOURCE

    def _invoice(self, today: date) -> Doc:
        amended = self._invoices and self.has("amendments", one_in=4)
        if amended:
            old = self._one_of(self._invoices)
            number, distributor, day = old.number, old.distributor, old.day
            if self._number(0, 2) == 0:
                day = self._day(today)
            partner = self._one_of([old.partner, old.partner, "P2"])
        elif self._claimed and self._number(0, 2) == 0:  # the invoice that was claimed
            claim = self._one_of(self._claimed)
            number, distributor = claim.number, claim.distributor or self._one_of(["D1", "D2"])
            day, partner = min(claim.day, today), self._one_of([claim.partner, "P2"])
        else:
            number, distributor = self._number_of_new(), self._one_of(["D1", "D2"])
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

    def _number_of_new(self) -> str:
        """Numbers meet those of another distributor, kind of document, or year."""
        if self._invoices and self.has("numbers", one_in=6):
            return str(self._one_of(self._invoices).number)
        self._numbers += 1
        return str(self._numbers)

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
            self._number_of_new(),
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
        lines = tuple(
            Line(
                line.number, -abs(line.amount), line.quantity, line.sku, line.category, line.tender
            )
            for line in self._lines()
        )
        if len(lines) > 1 and self.has("mixed_returns", one_in=4):
            last = lines[-1]  # of a return without its sale something is sold, of less
            low = min(-last.amount, -lines[0].amount / 2).quantize(Decimal("0.01"))
            lines = (*lines[:-1], replace(last, amount=low))
        return Doc(
            self._one_of(["D1", "D2"]),
            self._one_of(["return", "credit_note"]),
            self._number_of_new(),
            self._day(today),
            self._one_of(PARTNERS),
            lines,
            fields=self._fields(),
        )

    def _payments(self) -> tuple[Payments, ...]:
        """How some invoices were paid; a few do not add up, and wait."""
        if "tenders" not in self._drawn.features:
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
                found[doc.distributor, doc.number] = Payments(
                    doc.distributor, doc.number, told, doc.source
                )
        return tuple(found.values())
