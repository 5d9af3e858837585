"""A sample drop for the sample program: files as a DMS leaves them, mistakes included.

Belongs here: planting what goes wrong in real drops, and telling what was planted. Not here:
ordinary sales (`sales`), the format of the files (`files`), serving the folder (`server`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

from loyalty_pipeline.demo.files import (
    SALES_COLUMNS,
    Row,
    delivered,
    sales_rows,
    write_with_control,
)
from loyalty_pipeline.demo.sales import (
    DISTRIBUTORS,
    EXACT,
    MONTHS,
    PARTNERS,
    Document,
    Line,
    distributor_id,
    partner_id,
    regular_sales,
)

_SURNAMES = ("Agarwal", "Bose", "Chavan", "Desai", "Gupta", "Iyer", "Khan", "Mehta", "Nair", "Rao")
_TRADES = ("Electricals", "Hardware", "Lights", "Stores", "Traders", "Sales")
_CITIES = ("Delhi", "Kolkata", "Pune", "Surat", "Lucknow")


@dataclass(frozen=True)
class Planted:
    """Something in the drop that a real DMS does, and what is to be expected of it."""

    what: str
    count: int
    where: str


@dataclass(frozen=True)
class DropSummary:
    """What was written."""

    files: tuple[str, ...]
    sales_lines: int
    planted: tuple[Planted, ...]

    def in_words(self) -> list[str]:
        """One sentence a line, to be shown."""
        return [
            f"{self.sales_lines} lines of sales; files, each with its control file: "
            f"{len(self.files)}",
            *(f"{one.count} {one.what} ({one.where})" for one in self.planted),
        ]


def write_drop(folder: Path, seed: int = 1) -> DropSummary:
    """Write the whole drop; one seed always gives the same bytes and file times."""
    folder.mkdir(parents=True, exist_ok=True)
    drop = _Drop(folder, Random(seed))
    drop.write_master_data()
    drop.plant_in_sales()
    drop.write_sales()
    drop.write_redemptions()
    return DropSummary(tuple(drop.files), drop.sales_lines, tuple(drop.planted))


def write_late_file(folder: Path) -> DropSummary:
    """Add a late delivery for June 2024, whose quarter has long been paid.

    It lifts the first partner, who was one paisa short of the first slab, into it.
    """
    drop = _Drop(folder, Random(0))
    late = [
        Document(
            "invoice", f"INV-2406-L{number:03d}", date(2024, 6, 29), partner_id(number),
            distributor_id(number), "bank", (Line(1, "FAN-1200", "fans", 8, 1_000_000),),
        )
        for number in (1, 4, 9)
    ]  # fmt: skip
    drop.write_documents("sales_2024-06_2.csv", late, datetime(2025, 10, 6, 5, tzinfo=UTC))
    drop.planted.append(
        Planted(
            "late invoices of 10,000.00 dated 29 June 2024: the first partner reaches Silver",
            len(late),
            "sales_2024-06_2.csv",
        )
    )
    return DropSummary(tuple(drop.files), drop.sales_lines, tuple(drop.planted))


class _Drop:
    """A drop in the making."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.files: list[str] = []
        self.sales_lines = 0
        self.planted: list[Planted] = []
        self._folder = folder
        self._random = random
        self._months = regular_sales(random)
        self._spoken_for: set[tuple[str, str]] = set()

    def write_master_data(self) -> None:
        """Distributors and partners, before the first sale."""
        moment = datetime(2024, 4, 1, 3, tzinfo=UTC)
        rows = [[f"D{n:02d}", f"{_CITIES[n - 1]} Distribution"] for n in range(1, DISTRIBUTORS + 1)]
        self._write("distributors_2024-04-01.csv", ("distributor_id", "name"), rows, moment)
        rows = []
        for number in range(1, PARTNERS + 1):
            name = f"{_SURNAMES[number % 10]} {_TRADES[number % 6]}"
            enrolled = date(2023, 4, 1) + timedelta(days=self._random.randint(0, 360))
            address, mobile = f"{partner_id(number).lower()}@example.com", f"90000{number:05d}"
            rows.append([partner_id(number), name, enrolled.isoformat(), "active", address, mobile])
        columns = ("partner_id", "name", "enrolled_on", "status", "email", "mobile")
        self._write("partners_2024-04-01.csv", columns, rows, moment)

    def plant_in_sales(self) -> None:
        """Everything that is a document and comes in the ordinary monthly files."""
        self._plant_returns()
        credited = self._pick("2024-06", partner_id(8))
        self._add(
            "2024-07",
            replace(
                credited.reverse("credit_note", "CN-2407-0001", date(2024, 7, 9), ()),
                lines=(Line(1, credited.lines[0].sku, credited.lines[0].category, 0, -4_000_000),),
            ),
            "credit note of 40,000.00 on a June invoice: Gold's 8,20,000 become Silver's 7,80,000",
        )
        cancelled = self._pick("2024-11")
        self._add(
            "2024-12",
            replace(
                cancelled.reverse(
                    "cancellation", cancelled.number, date(2024, 12, 4), cancelled.lines
                ),
                original=None,
            ),
            "cancellation of a November invoice, by its number",
        )
        self._add("2024-12", self._pick("2024-09"), "document of September sent again, unchanged")
        stranger = replace(self._pick("2024-09"), number="INV-2409-X001", partner="P9999")
        self._add("2024-09", stranger, "sale of a partner who is in no partner file: it waits")

    def _plant_returns(self) -> None:
        count = 0
        for before, month in pairwise(MONTHS):
            for number in (1, 2):
                original = self._pick(before)
                day = date.fromisoformat(f"{month}-{self._random.randint(2, 20):02d}")
                returned = original.reverse(
                    "return", f"RET-{day:%y%m}-{number:03d}", day, original.lines[:1]
                )
                self._months[month].append(returned)
                count += 1
        self.planted.append(
            Planted("returns of one line of an invoice of the month before", count, "every month")
        )

    def write_sales(self) -> None:
        """The monthly files and the second deliveries."""
        for month, documents in self._months.items():
            name, rows, moment = f"sales_{month}.csv", sales_rows(documents), delivered(month)
            if month == "2024-10":
                rows += self._bad_rows(name)
            if month == "2024-11":
                rows.insert(1, rows[0])
                self.planted.append(Planted("line twice in one file, counted once", 1, name))
            whole = month not in ("2024-10", "2024-11")  # else there is no agreed total to give
            self._write_sales(name, rows, moment, whole)
            if month == "2024-08":
                again = f"sales_{month}_2.csv"
                self._write_sales(again, rows, moment + timedelta(days=3), whole)
                self.planted.append(Planted(f"file equal to {name}, no effect", 1, again))
        amended = [self._amended(self._pick("2024-05")) for _ in range(3)]
        name = "sales_2024-05_2.csv"
        self.write_documents(name, amended, delivered("2024-05") + timedelta(days=10))
        self.planted.append(
            Planted("invoices amended: the first line sells a tenth more", len(amended), name)
        )

    def write_documents(self, name: str, documents: list[Document], moment: datetime) -> None:
        """A sales file of these documents, with all totals in its control file."""
        self._write_sales(name, sales_rows(documents), moment, whole=True)

    def write_redemptions(self) -> None:
        """Redemptions that fit, one that does not, and one taken back."""
        platinum, gold, nobody = partner_id(5), partner_id(13), partner_id(11)
        october = [
            ["RED-0001", platinum, "2024-10-05", "2500", ""],
            ["RED-0002", gold, "2024-10-11", "400", ""],
            ["RED-0003", nobody, "2024-10-12", "500", ""],
        ]
        january = [
            ["RED-0004", platinum, "2025-01-15", "1200", ""],
            ["RED-0005", gold, "2025-01-20", "400", "RED-0002"],
        ]
        columns = ("redemption_id", "partner_id", "redeemed_on", "points", "reverses")
        for month, rows in (("2024-10", october), ("2025-01", january)):
            self._write(f"redemptions_{month}.csv", columns, rows, delivered(month))
        self.planted += [
            Planted("redemptions that fit the balance", 3, "redemptions_*.csv"),
            Planted("redemption without points to pay it", 1, "redemptions_2024-10.csv"),
            Planted("reversal of a redemption", 1, "redemptions_2025-01.csv"),
        ]

    def _pick(self, month: str, partner: str | None = None) -> Document:
        """An invoice of a month that nothing else happens to."""
        exact = {partner_id(number) for number in EXACT}
        free = [
            one
            for one in self._months[month]
            if one.kind == "invoice"
            and (one.distributor, one.number) not in self._spoken_for
            and (one.partner == partner if partner else one.partner not in exact)
        ]
        chosen = max(free, key=lambda one: one.paise) if partner else self._random.choice(free)
        self._spoken_for.add((chosen.distributor, chosen.number))
        return chosen

    def _add(self, month: str, document: Document, what: str) -> None:
        self._months[month].append(document)
        self.planted.append(Planted(what, 1, f"sales_{month}.csv"))

    def _amended(self, document: Document) -> Document:
        first = document.lines[0]
        more = replace(first, paise=first.paise + first.paise // 1000 * 100)
        return replace(document, lines=(more, *document.lines[1:]))

    def _bad_rows(self, name: str) -> list[Row]:
        """Four documents with one bad line each; one of them has a good line besides."""
        sample = self._pick("2024-10")
        date_at, amount_at = SALES_COLUMNS.index("document_date"), SALES_COLUMNS.index("amount")
        bad: list[Row] = []
        for number, (column, text) in enumerate(
            ((date_at, "31/10/2024"), (amount_at, "1,25,000.00"), (amount_at, "n/a")), 1
        ):
            one = replace(sample, number=f"INV-2410-B{number:03d}", lines=sample.lines[:1])
            (row,) = sales_rows([one])
            row[column] = text
            bad.append(row)
        lines = (sample.lines[0], replace(sample.lines[0], line_no=2))
        pair = sales_rows([replace(sample, number="INV-2410-B004", lines=lines)])
        pair[1][amount_at] = ""
        self.planted += [
            Planted("lines with a bad date or amount, quarantined", 4, name),
            Planted("good line quarantined with the bad one of its document", 1, name),
        ]
        return bad + pair

    def _write_sales(self, name: str, rows: list[Row], moment: datetime, whole: bool) -> None:
        amount = None
        if whole:
            at = SALES_COLUMNS.index("amount")
            amount = sum((Decimal(row[at]) for row in rows), Decimal(0))
        self._write(name, SALES_COLUMNS, rows, moment, amount)
        self.sales_lines += len(rows)

    def _write(
        self,
        name: str,
        columns: Sequence[str],
        rows: list[Row],
        moment: datetime,
        amount: Decimal | None = None,
    ) -> None:
        write_with_control(self._folder / name, columns, rows, moment, amount)
        self.files.append(name)
