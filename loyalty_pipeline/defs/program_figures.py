"""What a program's materialisations show, read from the files that a commit promoted.

Belongs here: which figures each table has, and the content hash that is its data version. Not
here: how metadata is made (`figures`), nor any figure that the product itself needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import dagster as dg

from loyalty_pipeline.defs import figures
from loyalty_pipeline.defs.events import Shown
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.ledger.posting import Posting
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.program.bands import complete_bands
from loyalty_pipeline.program.base import percent
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Reader, open_reader
from loyalty_pipeline.warehouse.work_files import WorkFile


def of_rules(program: Program, rules: EffectiveRules) -> figures.Metadata:
    """The rules of a cycle as people read them."""
    bands = [
        (
            segment.start,
            band.lower,
            band.upper,
            band.slab,
            percent(band.rate),
            band.tier,
            band.cap,
        )
        for segment in rules.segments
        for band in complete_bands(segment.version.slabs, segment.version.tiers)
    ]
    return {
        "rules_version": rules.version,
        "rules_hash": rules.hash,
        "program": program.name,
        "versions": ", ".join(version.label for version in program.versions),
        "slabs": figures.table(
            ("sales dated from", "net sales from", "to below", "slab", "rate", "tier", "cap"), bands
        ),
    }


def of_cycle_sales(home: Home, file: WorkFile) -> Shown:
    """Net sales of a cycle."""
    with engine(home) as duckdb:
        return file.sha256, figures.merged(
            _sales_totals(duckdb, file, tables.CYCLE_SALES),
            figures.sql_of(
                "earning/cycle_sales", "earning/monthly_sales", "earning/cycle_documents"
            ),
        )


def of_months(home: Home, files: Sequence[WorkFile]) -> dict[str, Shown]:
    """Net sales of months."""
    with engine(home) as duckdb:
        return {
            file.partition: (
                file.sha256,
                figures.merged(
                    _sales_totals(duckdb, file, tables.MONTHLY_SALES),
                    figures.sql_of("earning/monthly_sales"),
                ),
            )
            for file in files
        }


def _sales_totals(duckdb: Engine, file: WorkFile, columns: tables.Columns) -> figures.Metadata:
    duckdb.files("cycle_sales", [file], columns)
    ((partners, net_sales, documents),) = duckdb.rows("figures/sales_totals")
    return figures.merged(
        figures.rows_of(file),
        figures.plotted(partners=partners, net_sales=net_sales, documents=documents),
    )


def of_slabs(home: Home, file: WorkFile) -> Shown:
    """Who reached what in a cycle."""
    with engine(home) as duckdb:
        duckdb.files("slab_assignments", [file], tables.SLAB_ASSIGNMENTS)
        rows = duckdb.rows("figures/slab_distribution")
    names = [f"{slab} {tier or ''}" for slab, tier, *_ in rows]
    partners, sales = [row[3] for row in rows], [row[4] for row in rows]
    reached = sum(row[3] for row in rows if row[0] != "none")
    return file.sha256, figures.merged(
        figures.rows_of(file),
        figures.plotted(partners_in_a_slab=reached),
        {
            "partners by slab": figures.chart("slab", "partners", names, partners),
            "net sales by slab": figures.chart("slab", "net sales", names, sales),
        },
        figures.sql_of("earning/slab_assignments", "earning/slab_nexts"),
    )


def of_awards(home: Home, file: WorkFile) -> Shown:
    """What a cycle should have paid. Ending a cycle changes what is to be posted, not the rows."""
    is_projected = file.table == "projected_allocations"
    with engine(home) as duckdb:
        duckdb.files("allocations", [file], tables.POINT_ALLOCATIONS)
        rows = duckdb.rows("figures/allocation_totals")
    version = f"projected {file.sha256}" if is_projected else file.sha256
    return version, figures.merged(
        figures.rows_of(file),
        {"state": "projected: the cycle is open" if is_projected else "the cycle has ended"},
        figures.plotted(
            points=sum(row[2] for row in rows),
            forgone_points=sum(row[3] for row in rows),
            capped_partners=sum(row[4] for row in rows),
        ),
        {
            "points by slab": figures.chart(
                "slab", "points", [row[0] for row in rows], [row[2] for row in rows]
            )
        },
        figures.sql_of("awards/point_allocations"),
    )


def of_ledger(home: Home, program: Program, posting: Posting) -> Shown:
    """The entries of this posting, and what of the cycle is posted by now."""
    journal = program_journal(home, program.program)
    mine = [
        commit
        for commit in journal.commits()[: posting.head]
        if commit.draft.kind == "posting" and posting.cycle in commit.draft.cycles
    ]
    last = mine[-1]
    entries = [commit.draft.entries for commit in mine if commit.draft.entries]
    totals = posting.commit.draft.totals if posting.commit else {}
    with engine(home) as duckdb:
        duckdb.files("entries", entries, tables.ENTRIES)
        moved = duckdb.rows("figures/moves_by_cycle")
    return digest([file.sha256 for file in entries]), figures.merged(
        {"dagster/partition_row_count": sum(row[2] for row in moved)},
        figures.plotted(entries_posted=posting.entries),
        {
            "state": "posted" if posting.closed else "projected: the cycle is open",
            "posted now": figures.table(
                ("kind", "points"), [(kind, Decimal(points)) for kind, points in totals.items()]
            )
            if totals
            else "nothing: the ledger is what it should be",
            "posted of the cycle": figures.table(
                ("kind", "entries", "points"), [row[1:] for row in moved]
            ),
            "rules_version": last.draft.rules_version,
            "rules_hash": last.draft.rules_hash,
            "commit": last.number,
            "commit_sha256": last.sha256,
            "header": dg.MetadataValue.path(
                str(journal.path_of(last.number).relative_to(home.root))
            ),
        },
        figures.sql_of("ledger/cycle_difference"),
    )


def of_moves(
    home: Home, program_id: str, kinds: Sequence[str], cycles: Sequence[str], sql: Sequence[str]
) -> dict[str, Shown]:
    """What commits of some kinds, releases or redemptions, move by the cycle of the points."""
    state = program_state(program_journal(home, program_id))
    with engine(home) as duckdb:
        duckdb.files("entries", state.entries_of(*kinds), tables.ENTRIES)
        moved = duckdb.rows("figures/moves_by_cycle")
    shown: dict[str, Shown] = {}
    for cycle in cycles:
        mine = [row for row in moved if row[0] == cycle]
        shown[cycle] = (
            digest([[str(cell) for cell in row] for row in mine]),
            figures.merged(
                {"dagster/partition_row_count": sum(row[2] for row in mine)},
                figures.plotted(points=sum(row[3] for row in mine if row[1] in kinds)),
                _refused(state) if "redemption" in kinds else {},
                {"moved": figures.table(("kind", "entries", "points"), [row[1:] for row in mine])}
                if mine
                else {},
                figures.sql_of(*sql),
            ),
        )
    return shown


def _refused(state: ProgramState) -> figures.Metadata:
    file = state.promoted.get(("redemption_refusals", "all"))
    return figures.plotted(refused_redemptions=file.rows if file else 0)


def of_published(
    home: Home, program: Program, table: str, cycles: Sequence[str], today: date
) -> dict[str, Shown]:
    """Statements or liability of cycles, as the published file shows them."""
    shown: dict[str, Shown] = {}
    if not home.published.exists():  # a new instance, before anything was committed
        return {name: ("nothing", {"state": "nothing is published yet"}) for name in cycles}
    with open_reader(home) as reader:
        for name in cycles:
            if table == "statements":
                metadata = _statements(reader, program, name)
            else:
                end = program.calendar.parse(name).last_day
                metadata = _liability(reader, program, min(end, today))
            # A report is what it shows.
            version = digest(sorted((label, str(value)) for label, value in metadata.items()))
            shown[name] = (version, metadata)
    return shown


def _statements(reader: Reader, program: Program, cycle: str) -> figures.Metadata:
    asked: dict[str, Any] = {"program": program.program, "cycle": cycle}
    tiers = reader.ask_file("figures/tiers_of_cycle", **asked).rows
    ((entries, partners, last_entry),) = reader.ask_file("figures/statement_lines", **asked).rows
    names, counts = [str(row[0]) for row in tiers], [row[1] for row in tiers]
    return figures.merged(
        {"dagster/partition_row_count": entries, "last_entry": last_entry},
        figures.plotted(partners=partners, points=sum(row[3] for row in tiers)),
        {
            "tiers": figures.table(("tier", "partners", "net sales", "points", "projected"), tiers),
            "partners by tier": figures.chart("tier", "partners", names, counts),
        },
        figures.sql_of("marts/partner_summary", "marts/account_statement"),
    )


def _liability(reader: Reader, program: Program, as_of: date) -> figures.Metadata:
    found = reader.ask_file("figures/liability", program=program.program, as_of=as_of).rows
    ((promised, current, receivable, value),) = found
    return figures.merged(
        {"as_of": as_of.isoformat(), "currency": program.currency},
        figures.plotted(liability=value, promised=promised, current=current, receivable=receivable),
        {
            "liability in points": figures.chart(
                "account",
                "points",
                ["promised", "current", "receivable"],
                [promised, current, receivable],
            )
        },
        figures.sql_of("marts/liability_as_of"),
    )
