"""A small retailer program with a year of everything, journaled through the real code.

Belongs here: feed files as text, and days that land and post them. Not here: assertions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from loyalty_pipeline import pipeline
from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.reporting.publish import publish as publish_file
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader

RULES = """\
program: rewards
name: Rewards
currency: INR
time_zone: Asia/Kolkata
fiscal_start: april
first_cycle: 2024-04
point_value: 0.25
sources:
  - id: dms
    host: localhost
    user: loyalty
    password: {env: DMS_PASSWORD}
    known_hosts: known_hosts
    feeds:
      sales: {pattern: 'sales.*'}
      partners: {pattern: 'partners.*'}
      distributors: {pattern: 'distributors.*'}
      redemptions: {pattern: 'redemptions.*'}
versions:
  - effective_from: 2024-04-01
    cycle: quarter
    rounding: {decimals: 0, mode: half_up, grain: cycle}
    slabs:
      mode: whole
      delayed_accrual: 7
      bands:
        - {id: s1, from: 1000, to: 5000, rate: 10%, tier: Silver}
        - {id: s2, from: 5000, rate: 20%, tier: Gold, cap: 1500}
    tiers: {order: [Base, Silver, Gold], from: slab}
"""

SALES = (
    "document_no,document_type,original_document_no,document_date,partner_id,distributor_id,"
    "line_no,amount"
)
PARTNERS = "partner_id,name,enrolled_on,status"
REDEMPTIONS = "redemption_id,partner_id,redeemed_on,points,reverses"
DISTRIBUTORS = "distributor_id,name"


@dataclass
class World:
    """A home and what was landed in it."""

    folder: Path
    home: Home
    program: Program
    reports: list[RunReport] = field(default_factory=list)

    @classmethod
    def create(cls, folder: Path, rules: str = RULES) -> World:
        """An empty home with a program."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "rewards.yaml"
        path.write_text(rules, encoding="utf-8")
        return cls(folder, Home(folder / "home"), load_program(path))

    def rules(self, text: str) -> None:
        """Change the program's file."""
        path = self.folder / "rewards.yaml"
        path.write_text(text, encoding="utf-8")
        self.program = load_program(path)

    def day(
        self,
        today: str,
        files: Sequence[tuple[str, str, Sequence[str]]] = (),
        *,
        every_cycle: bool = False,
        publish: bool = True,
    ) -> RunReport:
        """What a run does on a day, files (name, header, lines) being in the drop."""
        clock, run_id, report = Clock.on(date.fromisoformat(today)), f"run-{today}", RunReport()
        published = pipeline.take_in_rules(self.program, self.home, clock, run_id, report)
        for name, header, lines in files:
            path = self.folder / name
            path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
            land_local([(path, name.partition("_")[0].partition(".")[0])], "dms", self.home, clock)
        stage(self.program.sources[0], self.home, clock, run_id, lambda text: None)
        calendar = published.calendar
        cycles = calendar.cycles(calendar.first, calendar.cycle_of(clock.today))
        pipeline.earn(
            published, self.home, clock, run_id, report, cycles=cycles if every_cycle else ()
        )
        if publish:
            publish_file(self.home, [self.program])
        self.reports.append(report)
        return report

    def ask(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """What the published file answers."""
        with open_reader(self.home) as reader:
            return reader.ask(sql, values).rows


def invoice(number: str, day: str, partner: str, amount: str, distributor: str = "D1") -> str:
    """One line of a sales file."""
    return f"{number},invoice,,{day},{partner},{distributor},1,{amount}"


def returned(number: str, day: str, partner: str, amount: str, original: str = "") -> str:
    """One line of a return."""
    return f"{number},return,{original},{day},{partner},D1,1,-{amount}"


# Every day of the story; a test may publish after each, or only at the end.
STORY: tuple[tuple[str, tuple[tuple[str, str, tuple[str, ...]], ...]], ...] = (
    (
        "2024-05-02",
        (
            (
                "partners_1.csv",
                PARTNERS,
                (
                    "P1,Asha & Sons,2024-01-10,active",
                    "P2,<b>Bharat</b>,2024-04-15,active",
                    "P3,Chandra,2024-04-01,active",
                    "P4,Deepa,,active",
                ),
            ),
            ("distributors_1.csv", DISTRIBUTORS, ("D1,North", "D2,South")),
            (
                "sales_2024-04.csv",
                SALES,
                (
                    invoice("I1", "2024-04-10", "P1", "1500.00"),
                    invoice("I2", "2024-04-20", "P2", "700.00"),
                    invoice("I3", "2024-04-12", "P2", "400.00"),
                    invoice("I4", "2024-04-30", "P3", "9000.00"),
                    invoice("I5", "2024-04-30", "P9", "2000.00"),
                    returned("R0", "2024-04-30", "P1", "10.00", "LATER"),
                    "I6,invoice,,2024-04-31,P1,D1,1,10.00",
                ),
            ),
        ),
    ),
    (
        "2024-07-02",
        (
            (
                "sales_2024-06.csv",
                SALES,
                (
                    invoice("I7", "2024-06-10", "P2", "3100.00", "D2"),
                    invoice("I8", "2024-06-11", "P4", "1000.00"),
                    invoice("I9", "2024-12-31", "P4", "50.00"),
                ),
            ),
        ),
    ),
    ("2024-07-08", ()),
    (
        "2024-07-20",
        (
            (
                "redemptions_2024-07.csv",
                REDEMPTIONS,
                (
                    "X1,P3,2024-07-10,1200,",
                    "X2,P1,2024-07-12,100000,",
                    "X3,P2,2024-07-15,100,",
                    "X4,P2,2024-07-18,40,X3",
                ),
            ),
        ),
    ),
    (
        "2024-08-05",
        (
            ("sales_2024-04.csv", SALES, (invoice("I1", "2024-04-10", "P1", "1200.00"),)),
            (
                "sales_2024-07.csv",
                SALES,
                (
                    invoice("J1", "2024-07-10", "P1", "6000.00"),
                    returned("J2", "2024-07-12", "P3", "5000.00", "I4"),
                    invoice("J3", "2024-07-12", "P9", "1000.00"),
                ),
            ),
            ("partners_2.csv", PARTNERS, ("P9,Esha,2024-04-01,active",)),
        ),
    ),
    ("2024-08-05", ()),
    ("2024-10-01", ()),
    ("2024-10-20", (("sales_broken.csv", "document_no,amount", ("I1,1",)),)),
    (
        "2025-01-15",
        (
            (
                "sales_2024-12.csv",
                SALES,
                (
                    invoice("K1", "2024-12-10", "P1", "500.00"),
                    returned("K2", "2024-12-12", "P3", "100.00"),
                ),
            ),
        ),
    ),
)


def tell(world: World, *, publish: bool) -> None:
    """Let the whole story happen, with a rule change after it."""
    for today, files in STORY:
        world.day(today, files, publish=publish)
    world.rules(RULES.replace("rate: 10%", "rate: 12%"))
    world.day("2025-01-20", every_cycle=True, publish=publish)
    if not publish:
        publish_file(world.home, [world.program])
