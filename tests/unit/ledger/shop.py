"""A small program with days on which files come, for what the date makes due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from loyalty_pipeline import pipeline
from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.ledger.audit import verify_program
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.pipeline import RunReport
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.loader import load_program
from loyalty_pipeline.warehouse.home import Home
from tests.properties import reading

RULES = """\
program: shop
name: Shop
currency: INR
time_zone: Asia/Kolkata
fiscal_start: april
first_cycle: 2025-04
point_value: 1.00
sources:
  - id: dms
    host: localhost
    user: loyalty
    password: {env: DMS_PASSWORD}
    known_hosts: known_hosts
    feeds:
      sales: {pattern: 'sales.*'}
      partners: {pattern: 'partners.*', custom: {kyc: text}}
      instructions: {pattern: 'instructions.*'}
versions:
  - effective_from: 2025-04-01
    cycle: month
    rounding: {decimals: 0, mode: half_up, grain: cycle}
    slabs:
      mode: whole
      delayed_accrual: 9
      bands:
        - {id: s1, from: 0, to: 5000, rate: 10%}
        - {id: s2, from: 5000, rate: 10%, tier: Gold}
    tiers: {order: [Base, Gold], from: slab}
"""
DIRECT = RULES.replace("      delayed_accrual: 9\n", "")
HEADERS = {
    "sales": "document_no,document_type,document_date,partner_id,distributor_id,line_no,amount",
    "partners": "partner_id,name,enrolled_on,status,kyc",
    "instructions": "instruction_id,kind,partner_id,effective_on,to_partner_id,points,document_no,"
    "reason,maker,checker",
}
EVERYBODY = tuple(f"{partner},Shop {partner},2025-04-01,active,open" for partner in ("P1", "P2"))


def sale(number: int, day: str, partner: str, amount: int) -> str:
    return f"{number},invoice,{day},{partner},D1,1,{amount}"


def told(number: str, kind: str, partner: str, day: str, points: object = "", to: str = "") -> str:
    """A row of a file of instructions."""
    return f"{number},{kind},{partner},{day},{to},{points},,as agreed,maker,checker"


class Shop:
    """A home, the program's file, and runs on days."""

    def __init__(self, folder: Path, rules: str = RULES) -> None:
        self.folder, self.home, self._files = folder, Home(folder / "home"), 0
        self.rules(rules)

    def rules(self, text: str) -> None:
        """Change the program's file."""
        path = self.folder / "shop.yaml"
        path.write_text(text, encoding="utf-8")
        self.program = load_program(path)

    def day(self, today: str, **feeds: Sequence[str]) -> RunReport:
        """What a run does on a day, rows of feeds having come."""
        clock, report = Clock.on(date.fromisoformat(today)), RunReport()
        published = pipeline.take_in_rules(self.program, self.home, clock, today, report)
        for feed, rows in feeds.items():
            self._files += 1
            path = self.folder / f"{feed}_{self._files}.csv"
            path.write_text("\n".join([HEADERS[feed], *rows, ""]), encoding="utf-8")
            land_local([(path, feed)], "dms", self.home, clock)
        stage(self.program.sources[0], self.home, clock, today, lambda text: None)
        pipeline.earn(published, self.home, clock, today, report)
        return report

    def idle(self, today: str) -> list[str]:
        """The kinds of commits of a run to which nothing came."""
        report = self.day(today)
        posted = [posting.commit for posting in report.postings if posting.commit]
        return [commit.draft.kind for commit in (*posted, *report.commits)]

    def balances(self, partner: str = "P1") -> tuple[int, int]:
        """Promised and current points."""
        promised, current = reading.balances(self.home, "shop").get(partner, (0, 0))
        return int(promised), int(current)

    def entries(self, *kinds: str) -> list[tuple[Any, ...]]:
        """Partner, points, effective date and reason of entries of some kinds, in their order."""
        state = program_state(program_journal(self.home, "shop"))
        rows = reading.rows(
            self.home, state.entries(), "kind, partner_id, points, effective_date, reason"
        )
        found = [(p, int(points), f"{day}", reason) for k, p, points, day, reason in rows
                 if k in kinds]  # fmt: skip
        return sorted(found, key=lambda row: (row[2], row[0], row[1], row[3]))

    def promoted(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Rows of a table as commits promote it."""
        state = program_state(program_journal(self.home, "shop"))
        files = [file for (name, _), file in sorted(state.promoted.items()) if name == table]
        return reading.rows(self.home, files, columns)

    def is_whole(self) -> bool:
        """Whether every audit finds the ledger whole."""
        assert verify_program(self.home, "shop") == []
        return True
