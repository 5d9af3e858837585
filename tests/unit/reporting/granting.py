"""Commits that grant tiers, written as they lie in a journal: no rule of a file is behind them.

Belongs here: a home with partners, and postings and releases with files of holdings. Not here:
assertions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from loyalty_pipeline.ingest.landing import land_local
from loyalty_pipeline.ingest.staging import stage
from loyalty_pipeline.journal.commits import Commit, Draft, Kind
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.state import program_journal
from loyalty_pipeline.pipeline import RunReport, take_in_rules
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.work_files import WorkFile, seal_work_file, temporary_work_file
from tests.unit.reporting.world import PARTNERS, RULES, World

SCOPE = "program/rewards"
ORDER = ("Base", "Silver", "Gold", "Platinum")
Row = Mapping[str, Any]
Holding = tuple[str, str, str, str | None, str, str, str]  # partner, tier, from, to, kind, …


def held(
    partner: str,
    tier: str,
    valid_from: str,
    valid_to: str | None = None,
    kind: str = "earned",
    reason: str = "",
    granted_on: str | None = None,
) -> Holding:
    """A holding; granted on its first day unless told."""
    return partner, tier, valid_from, valid_to, kind, reason or kind, granted_on or valid_from


@dataclass
class Granted:
    """A world with four partners, enrolled in 2024, and whatever is granted to them."""

    world: World

    @classmethod
    def create(cls, folder: Path, rules: str = RULES) -> Granted:
        """The rules and the partners are there; nothing is posted."""
        world = World.create(folder, rules.replace("[Base, Silver, Gold]", str(list(ORDER))))
        partners = [f"R{n},Partner {n},2024-04-0{n},active" for n in range(1, 5)]
        path = world.folder / "partners_1.csv"
        path.write_text("\n".join([PARTNERS, *partners, ""]), encoding="utf-8")
        clock = Clock.on(date(2024, 4, 10))
        take_in_rules(world.program, world.home, clock, "run", RunReport())
        land_local([(path, "partners")], "dms", world.home, clock)
        stage(world.program.sources[0], world.home, clock, "run", lambda text: None)
        return cls(world)

    def post(self, today: str, cycle: str, holdings: Sequence[Holding], **more: Any) -> Commit:
        """A posting of a cycle that grants exactly this."""
        file = self._holdings("tier_holdings", cycle, cycle, holdings)
        return self.commit("posting", today, [file], cycle=cycle, **more)

    def release(self, today: str, holdings: Sequence[Holding], **more: Any) -> Commit:
        """A morning's releases that grant this."""
        number = str(program_journal(self.world.home, "rewards").head + 1)
        file = self._holdings("tier_grants", number, today[:7], holdings)
        return self.commit("release", today, [file], **more)

    def commit(
        self,
        kind: Kind,
        today: str,
        files: Sequence[WorkFile],
        *,
        cycle: str = "",
        closed: bool | None = None,
        entries: Sequence[Row] = (),
        retires: Sequence[tuple[str, str]] = (),
        shown: bool = True,
    ) -> Commit:
        """A commit that promotes these files; a cycle that began before today's month is closed."""
        clock = Clock.on(date.fromisoformat(today))
        journal = program_journal(self.world.home, "rewards")
        posted = None
        if entries:
            rows = [
                {"line": n, "cycle": cycle, "posted_on": clock.today, "effective_date": clock.today,
                 "book_date": entry["event_date"], **entry}
                for n, entry in enumerate(entries, start=1)
            ]  # fmt: skip
            posted = self.file("entries", f"{journal.head + 1}", tables.ENTRIES, rows)
        details = {
            "inputs": "", "staged": "", "desired": "",
            "closed": cycle < today[:7] if closed is None else closed,
            "sources": {"dms": Journal(self.world.home, "source/dms").head},
        }  # fmt: skip
        program = self.world.program
        rules = effective_rules(program, program.calendar.cycle_of(clock.today))
        draft = Draft(
            kind,
            clock.today,
            clock.now,
            "run",
            (cycle,) if cycle else (),
            tuple(files),
            posted,
            rules_version=rules.version,
            rules_hash=rules.hash,
            details=details,
            retires=tuple(retires),
        )
        commit = journal.append(draft, journal.head)
        if shown:
            publish(self.world.home, [self.world.program])
        return commit

    def file(
        self, table: str, partition: str, columns: tables.Columns, rows: Sequence[Row]
    ) -> WorkFile:
        """A work file; what a row does not say is null."""
        home = self.world.home
        path = temporary_work_file(home, SCOPE)
        values = [[row.get(column) for column, _ in columns] for row in rows]
        with engine(home) as duckdb:
            duckdb.values("given", columns, values)
            duckdb.connection.execute(f"copy (from given) to '{path}' (format parquet)")
        return seal_work_file(home, SCOPE, table, partition, path, len(rows))

    def _holdings(
        self, table: str, partition: str, cycle: str, holdings: Sequence[Holding]
    ) -> WorkFile:
        names = ("partner_id", "tier", "valid_from", "valid_to", "kind", "reason", "granted_on")
        rows = [
            {
                "program": "rewards",
                "cycle": cycle,
                "tier_rank": ORDER.index(holding[1]),
                **dict(zip(names, holding, strict=True)),
            }
            for holding in sorted(holdings, key=str)
        ]
        return self.file(table, partition, tables.TIER_HOLDINGS, rows)

    def known(self, partner: str) -> list[tuple[str, str, str | None, str]]:
        """The tiers of a partner as known now: tier, first day, day after the last, reason."""
        return [
            (tier, str(start), str(end) if end else None, reason)
            for tier, start, end, reason in self.world.ask(
                "select tier, valid_from, valid_to, reason from tier_history "
                "where known_to is null and partner_id = $partner order by valid_from",
                partner=partner,
            )
        ]
