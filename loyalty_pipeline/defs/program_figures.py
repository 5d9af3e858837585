"""What a program's materialisations show, read from the files that a commit promoted.

Belongs here: which figures each table has, and the content hash that is its data version. Not
here: how metadata is made (`figures`), nor any figure that the product itself needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg

from loyalty_pipeline.defs import figures
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.ledger.posting import Posting
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.program.bands import complete_bands
from loyalty_pipeline.program.base import percent, plain
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import EffectiveRules
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Reader, open_reader
from loyalty_pipeline.warehouse.work_files import WorkFile

Shown = tuple[str, figures.Metadata]  # data version and metadata of one materialisation
Promoted = Mapping[tuple[str, str], WorkFile]


def of_rules(program: Program, rules: EffectiveRules) -> figures.Metadata:
    """The rules of a cycle as people read them."""
    bands = [
        (
            segment.start,
            *("" if bound is None else plain(bound) for bound in (band.lower, band.upper)),
            band.slab,
            percent(band.rate),
            band.tier,
            "" if band.cap is None else plain(band.cap),
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


@dataclass(frozen=True)
class PostingShown:
    """What a posting shows of each table, and of each month."""

    tables: Mapping[str, Shown]
    months: Mapping[str, Shown]


def of_posting(home: Home, program: Program, posting: Posting) -> PostingShown:
    """Everything as of the commit that the posting stands on."""
    journal = program_journal(home, program.program)
    promoted = journal.promoted(posting.head)
    state = program_state(journal)
    cycle = program.calendar.parse(posting.cycle)
    awards = "point_allocations" if posting.closed else "projected_allocations"
    with engine(home) as duckdb:
        shown = {
            "cycle_sales": _cycle_sales(duckdb, promoted["cycle_sales", posting.cycle]),
            "slab_assignments": _slabs(duckdb, promoted["slab_assignments", posting.cycle]),
            "point_allocations": _awards(
                duckdb, promoted[awards, posting.cycle], closed=posting.closed
            ),
        }
    shown["ledger"] = _ledger(home, state, posting)
    months = [month.name for month in program.calendar.months(cycle)]
    return PostingShown(shown, of_months(home, promoted, months))


def _cycle_sales(duckdb: Engine, file: WorkFile) -> Shown:
    duckdb.files("cycle_sales", [file], tables.CYCLE_SALES)
    ((partners, net_sales, documents),) = duckdb.rows("figures/sales_totals")
    return file.sha256, figures.merged(
        figures.rows_of(file),
        figures.plotted(partners=partners, net_sales=net_sales, documents=documents),
        figures.sql_of("earning/cycle_sales", "earning/sales_by_month", "earning/cycle_documents"),
    )


def _slabs(duckdb: Engine, file: WorkFile) -> Shown:
    duckdb.files("slab_assignments", [file], tables.SLAB_ASSIGNMENTS)
    rows = duckdb.rows("figures/slab_distribution")
    reached = [row for row in rows if row[0] != "none"]
    return file.sha256, figures.merged(
        figures.rows_of(file),
        figures.plotted(partners_in_a_slab=sum(row[3] for row in reached)),
        {
            "partners by slab": figures.chart(
                "slab", "partners", [(f"{slab} {tier or ''}", n) for slab, tier, _, n, _ in rows]
            ),
            "net sales by slab": figures.chart(
                "slab", "net sales", [(f"{slab} {tier or ''}", s) for slab, tier, _, _, s in rows]
            ),
        },
        figures.sql_of("earning/slab_assignments", "earning/slab_starts"),
    )


def _awards(duckdb: Engine, file: WorkFile, *, closed: bool) -> Shown:
    duckdb.files("allocations", [file], tables.POINT_ALLOCATIONS)
    rows = duckdb.rows("figures/allocation_totals")
    return file.sha256, figures.merged(
        figures.rows_of(file),
        {"state": "posted with the cycle" if closed else "projected: the cycle is open"},
        figures.plotted(
            points=sum(row[2] for row in rows),
            forgone_points=sum(row[3] for row in rows),
            capped_partners=sum(row[4] for row in rows),
        ),
        {"points by slab": figures.chart("slab", "points", [(row[0], row[2]) for row in rows])},
        figures.sql_of("earning/point_allocations"),
    )


def _ledger(home: Home, state: ProgramState, posting: Posting) -> Shown:
    """The entries of this posting, and what of the cycle is posted by now."""
    mine = [
        c for c in state.commits if c.draft.kind == "posting" and posting.cycle in c.draft.cycles
    ]
    last = mine[-1]
    entries = [commit.draft.entries for commit in mine if commit.draft.entries]
    totals = posting.commit.draft.totals if posting.commit else {}
    with engine(home) as duckdb:
        duckdb.files("entries", entries, tables.ENTRIES)
        moved = duckdb.rows("figures/moves_by_cycle")
    version = digest([file.sha256 for file in entries])
    header = program_journal(home, last.scope.split("/")[-1]).path_of(last.number)
    return version, figures.merged(
        {"dagster/partition_row_count": sum(row[2] for row in moved)},
        figures.plotted(entries_posted=posting.entries),
        {
            "state": "posted" if posting.closed else "projected: nothing is posted yet",
            "posted now": figures.table(("kind", "points"), sorted(totals.items()))
            if totals
            else "nothing: the ledger is what it should be",
            "posted of the cycle": figures.table(
                ("kind", "entries", "points"), [row[1:] for row in moved]
            ),
            "rules_version": last.draft.rules_version,
            "rules_hash": last.draft.rules_hash,
            "commit": last.number,
            "commit_sha256": last.sha256,
            "header": dg.MetadataValue.path(str(header.relative_to(home.root))),
        },
        figures.sql_of("ledger/cycle_difference"),
    )


def of_months(home: Home, promoted: Promoted, months: Sequence[str]) -> dict[str, Shown]:
    """The promoted months among those asked for."""
    found: dict[str, Shown] = {}
    with engine(home) as duckdb:
        for month in months:
            file = promoted.get(("monthly_sales", month))
            if file is None:
                continue
            duckdb.files("cycle_sales", [file], tables.MONTHLY_SALES)
            ((partners, net_sales, documents),) = duckdb.rows("figures/sales_totals")
            found[month] = (
                file.sha256,
                figures.merged(
                    figures.rows_of(file),
                    figures.plotted(partners=partners, net_sales=net_sales, documents=documents),
                    figures.sql_of("earning/monthly_sales"),
                ),
            )
    return found


def of_moves(
    home: Home, program_id: str, kind: str, cycles: Sequence[str], sql: str
) -> dict[str, Shown]:
    """Releases or redemptions by the cycle they move points of."""
    state = program_state(program_journal(home, program_id))
    with engine(home) as duckdb:
        duckdb.files("entries", state.entries_of(kind), tables.ENTRIES)
        moved = duckdb.rows("figures/moves_by_cycle")
    shown: dict[str, Shown] = {}
    for cycle in cycles:
        mine = [row for row in moved if row[0] == cycle]
        shown[cycle] = (
            digest([[str(cell) for cell in row] for row in mine]),
            figures.merged(
                {"dagster/partition_row_count": sum(row[2] for row in mine)},
                figures.plotted(points=sum(row[3] for row in mine if row[1] == kind)),
                _refused(state) if kind == "redemption" else {},
                {"moved": figures.table(("kind", "entries", "points"), [row[1:] for row in mine])}
                if mine
                else {},
                figures.sql_of(sql),
            ),
        )
    return shown


def _refused(state: ProgramState) -> figures.Metadata:
    file = state.promoted.get(("redemption_refusals", "all"))
    return figures.plotted(refused_redemptions=file.rows if file else 0)


def of_reports(
    home: Home, program: Program, cycles: Sequence[str], today: date
) -> dict[str, dict[str, figures.Metadata]]:
    """Statements and liability of cycles, as the published file shows them."""
    with open_reader(home) as reader:
        return {
            name: {
                "statements": _statements(reader, program, name),
                "liability": _liability(
                    reader, program, min(program.calendar.parse(name).last_day, today)
                ),
            }
            for name in cycles
        }


def _statements(reader: Reader, program: Program, cycle: str) -> figures.Metadata:
    asked: dict[str, Any] = {"program": program.program, "cycle": cycle}
    tiers = reader.ask_file("figures/tiers_of_cycle", **asked).rows
    ((entries, partners, last_entry),) = reader.ask_file("figures/statement_lines", **asked).rows
    return figures.merged(
        {"dagster/partition_row_count": entries, "last_entry": last_entry},
        figures.plotted(partners=partners, points=sum(row[3] for row in tiers)),
        {
            "tiers": figures.table(("tier", "partners", "net sales", "points", "projected"), tiers),
            "partners by tier": figures.chart(
                "tier", "partners", [(str(row[0]), row[1]) for row in tiers]
            ),
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
                [("promised", promised), ("current", current), ("receivable", receivable)],
            )
        },
        figures.sql_of("marts/liability_as_of"),
    )
