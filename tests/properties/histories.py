"""Random programs and random histories of deliveries, and running the product on them.

Small worlds on purpose: two distributors, three partners and six numbers make documents meet.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.pipeline import RunReport, earn, take_in_rules
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse.home import Home
from tests.properties.model import Band, Doc, Rules

FIRST_DAY = date(2025, 1, 1)
COLUMNS = (
    "document_no",
    "document_type",
    "original_document_no",
    "document_date",
    "partner_id",
    "distributor_id",
    "line_no",
    "amount",
)

days = st.integers(0, 360).map(lambda days: FIRST_DAY + timedelta(days=days))
amounts = st.integers(1, 400_00).map(lambda cents: Decimal(cents) / 100)


@st.composite
def documents(draw: st.DrawFn) -> Doc:
    kind = draw(
        st.sampled_from(["invoice", "invoice", "invoice", "return", "credit_note", "cancellation"])
    )
    number = draw(st.sampled_from(["1", "2", "3", "4", "5", "6"]))
    amount = draw(amounts)
    original = None
    if kind != "invoice":
        amount = -amount
        # Often a reference that exists, small enough to be granted, sometimes none.
        if kind != "cancellation" and draw(st.integers(0, 3)):
            original = draw(st.sampled_from(["1", "2", "3"]))
    return Doc(
        distributor=draw(st.sampled_from(["D1", "D2"])),
        kind=kind,
        number=number,
        day=draw(days),
        partner=draw(st.sampled_from(["P1", "P2", "P3"])),
        amount=amount,
        original=original,
    )


files = st.lists(documents(), min_size=1, max_size=8, unique_by=lambda doc: doc.identity)


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    starts = sorted(
        draw(st.lists(st.integers(0, 600), min_size=1, max_size=3, unique=True)),
    )
    decimals = draw(st.integers(0, 3))
    cap_values = st.none() | st.integers(1, 40).map(Decimal)
    bands = []
    for position, start in enumerate(starts):
        end = starts[position + 1] if position + 1 < len(starts) else None
        bands.append(
            Band(
                Decimal(start),
                Decimal(end) if end is not None else None,
                Decimal(draw(st.integers(1, 3000))) / 10_000,
                draw(cap_values),
            )
        )
    return Rules(
        bands=tuple(bands),
        mode=draw(st.sampled_from(["whole", "marginal"])),
        decimals=decimals,
        rounding=draw(st.sampled_from(["half_up", "half_even", "floor", "ceil"])),
        grain=draw(st.sampled_from(["document", "cycle"])),
        delay=draw(st.none() | st.integers(0, 40)),
        cap=draw(cap_values),
        restate=draw(st.sampled_from(["original_cycle", "own_cycle"])),
    )


def program_of(rules: Rules) -> Program:
    slabs: dict[str, object] = {
        "mode": rules.mode,
        "bands": [
            {
                "id": f"s{position}",
                "from": band.start,
                **({"to": band.end} if band.end is not None else {}),
                "rate": f"{band.rate * 100}%",
                **({"cap": band.cap} if band.cap is not None else {}),
            }
            for position, band in enumerate(rules.bands, start=1)
        ],
    }
    if rules.delay is not None:
        slabs["delayed_accrual"] = rules.delay
    caps = [{"id": "c1", "per": "partner", "period": "cycle", "points": rules.cap}]
    return Program.model_validate(
        {
            "program": "model",
            "name": "Model",
            "currency": "INR",
            "time_zone": "Asia/Kolkata",
            "fiscal_start": "april",
            "first_cycle": "2025-01",
            "point_value": Decimal("1.00"),
            "sources": [
                {
                    "id": "dms",
                    "host": "localhost",
                    "user": "nobody",
                    "key_file": "unused",
                    "known_hosts": "unused",
                    "feeds": {"sales": {"pattern": "sales.*"}},
                }
            ],
            "versions": [
                {
                    "effective_from": "2025-01-01",
                    "cycle": "quarter",
                    "restate": rules.restate,
                    "rounding": {
                        "decimals": rules.decimals,
                        "mode": rules.rounding,
                        "grain": rules.grain,
                    },
                    "slabs": slabs,
                    "caps": caps if rules.cap is not None else [],
                }
            ],
        }
    )


class Product:
    """The product on a home of its own, driven without a server."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root / "home")
        self.drop = root / "drop"
        self.drop.mkdir()
        self._written = 0

    def land(self, contents: Sequence[Sequence[Doc]], today: date) -> None:
        paths = [(self._write(content), "sales") for content in contents]
        land_local(paths, "dms", self.home, Clock.on(today))

    def run(self, program: Program, today: date) -> RunReport:
        """A run without the server: due, rules, files, every stale cycle, what that made due."""
        clock, report = Clock.on(today), RunReport()
        program = take_in_rules(program, self.home, clock, "run", report)
        self.stage(program, today)
        cycles = program.calendar.cycles(program.calendar.first, program.calendar.cycle_of(today))
        earn(program, self.home, clock, "run", report, cycles=cycles)
        return report

    def stage(self, program: Program, today: date) -> None:
        stage(program.sources[0], self.home, Clock.on(today), "run", lambda text: None)

    def _write(self, content: Sequence[Doc]) -> Path:
        self._written += 1
        path = self.drop / f"sales_{self._written}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for doc in content:
                writer.writerow(
                    [
                        doc.number,
                        doc.kind,
                        doc.original or "",
                        doc.day.isoformat(),
                        doc.partner,
                        doc.distributor,
                        1,
                        doc.amount,
                    ]
                )
        return path


@contextmanager
def product() -> Iterator[Product]:
    """A product in memory where the machine has a memory file system: fsync is then free."""
    shared = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None, prefix="loyalty-"))
    try:
        yield Product(root)
    finally:
        shutil.rmtree(root)
