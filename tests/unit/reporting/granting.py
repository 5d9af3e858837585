"""Commits that grant tiers, written as they lie in a journal: no rule of a file is behind them.

Belongs here: a home with partners, and postings and releases with files of holdings. Not here:
assertions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from loyalty_pipeline.journal.commits import Commit, Draft, Kind
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.state import program_journal
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.work_files import WorkFile, seal_work_file, temporary_work_file
from tests.unit.reporting.world import PARTNERS, RULES, World

SCOPE = "program/rewards"
ORDER = ("Base", "Silver", "Gold", "Platinum")
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
        world.day("2024-04-10", [("partners_1.csv", PARTNERS, partners)], publish=False)
        return cls(world)

    def post(self, today: str, cycle: str, holdings: Sequence[Holding], **more: Any) -> Commit:
        """A posting of a cycle that grants exactly this."""
        details = {
            "inputs": "", "staged": "", "closed": cycle < today[:7], "desired": "",
            "sources": {"dms": Journal(self.world.home, "source/dms").head},
        }  # fmt: skip
        file = self.file("tier_holdings", cycle, cycle, holdings)
        return self._append("posting", today, (cycle,), file, details, **more)

    def release(self, today: str, holdings: Sequence[Holding], **more: Any) -> Commit:
        """A morning's releases that grant this."""
        number = str(program_journal(self.world.home, "rewards").head + 1)
        file = self.file("tier_grants", number, today[:7], holdings)
        return self._append("release", today, (), file, {}, **more)

    def _append(
        self,
        kind: Kind,
        today: str,
        cycles: tuple[str, ...],
        file: WorkFile,
        details: dict[str, Any],
        *,
        shown: bool = True,
    ) -> Commit:
        clock = Clock.on(date.fromisoformat(today))
        journal = program_journal(self.world.home, "rewards")
        draft = Draft(kind, clock.today, clock.now, "run", cycles, (file,), details=details)
        commit = journal.append(draft, journal.head)
        if shown:
            publish(self.world.home, [self.world.program])
        return commit

    def file(self, table: str, partition: str, cycle: str, holdings: Sequence[Holding]) -> WorkFile:
        """A work file of holdings."""
        rows = [
            ("rewards", cycle, partner, tier, ORDER.index(tier), start, end, kind, reason, granted)
            for partner, tier, start, end, kind, reason, granted in holdings
        ]
        home = self.world.home
        path = temporary_work_file(home, SCOPE)
        with engine(home) as duckdb:
            duckdb.values("holdings", tables.TIER_HOLDINGS, rows)
            duckdb.connection.execute(f"copy (from holdings order by all) to '{path}'")
        return seal_work_file(home, SCOPE, table, partition, path, len(rows))

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
