"""What the published file holds, table by table, and how it follows the journals.

Belongs here: the order in which tables are brought up to a snapshot, and what of them a new
commit touches. Not here: when to publish (`publish`), rows that need more than SQL (`rows_*`).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from loyalty_pipeline.journal.witness import check_shown
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.reporting import rows_of_files, rows_of_rules, tiers
from loyalty_pipeline.reporting.snapshot import Heads, Snapshot, Wiring, take_snapshot
from loyalty_pipeline.warehouse import staged_tables, tables
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import Successor, open_successor
from loyalty_pipeline.warehouse.sql_files import bundled
from loyalty_pipeline.warehouse.work_files import WorkFile

# Sales are known by their documents, the other feeds by their lines.
_KEYED_FEEDS = [
    (feed, columns) for feed, columns in staged_tables.FEED_LINES.items() if feed != "sales"
]

# Views over promoted files: name, columns, and the tables whose files they show. What people
# read is built on them.
_FILE_VIEWS: tuple[tuple[str, tables.Columns, tuple[str, ...]], ...] = (
    ("sales_documents", staged_tables.SALES_DOCUMENTS, ("sales_documents",)),
    ("sales_document_states", staged_tables.SALES_DOCUMENT_STATES, ("sales_document_states",)),
    ("sales_file_documents", staged_tables.SALES_FILE_DOCUMENTS, ("sales_file_documents",)),
    ("sales_held", staged_tables.SALES_HELD, ("sales_held",)),
    (
        "quarantined",
        staged_tables.QUARANTINE,
        tuple(f"{feed}_quarantine" for feed in staged_tables.FEED_LINES),
    ),
    *((f"{feed}_lines", columns, (f"{feed}_lines",)) for feed, columns in _KEYED_FEEDS),
    ("partners", staged_tables.PARTNERS, ("partners",)),
    ("distributors", staged_tables.DISTRIBUTORS, ("distributors",)),
    ("stores", staged_tables.STORES, ("stores",)),
    ("tenders", staged_tables.TENDERS, ("tenders",)),
    ("targets", staged_tables.TARGETS, ("targets",)),
    ("scans", staged_tables.SCANS, ("scans",)),
    ("claims", staged_tables.CLAIMS, ("claims",)),
    ("instructions", staged_tables.INSTRUCTIONS, ("instructions",)),
    ("month_claims", tables.MONTH_CLAIMS, ("month_claims",)),
    ("merged_partners", tables.MERGED_PARTNERS, ("merged_partners",)),
    ("monthly_sales", tables.MONTHLY_SALES, ("monthly_sales",)),
    ("cycle_sales", tables.CYCLE_SALES, ("cycle_sales",)),
    ("slab_assignments", tables.SLAB_ASSIGNMENTS, ("slab_assignments",)),
    ("point_allocations", tables.POINT_ALLOCATIONS, ("point_allocations",)),
    ("projected_allocations", tables.POINT_ALLOCATIONS, ("projected_allocations",)),
    ("campaign_awards", tables.CAMPAIGN_AWARDS, ("campaign_awards",)),
    ("notices", tables.NOTICES, ("notices",)),
)
# In the order in which they are built on each other.
_VIEWS = (
    "partners",
    "distributors",
    "stores",
    "tenders",
    "targets",
    "scans",
    "claims",
    "instructions",
    "billing_transactions",
    "monthly_sales",
    "cycle_sales",
    "slab_assignments",
    "point_allocations",
    "projected_allocations",
    "accrual_releases",
    "account_statement",
    "partner_summary",
    "leaderboard",
    "liability_rollforward",
    "quarantine",
    "reconciliation",
    "reconciliation_by_period",
    "outbox",
    "coupons",
)
_MACROS = ("known_until", "balances_as_of", "liability_as_of")
_ENTRY_FILES = (
    ("path", "varchar"),
    ("program", "varchar"),
    ("number", "bigint"),
    ("first_seq", "bigint"),
    ("posted_at", "timestamp"),
    ("run_id", "varchar"),
)

_FileRow = tuple[str, str, str, str]  # path, scope, table and partition of what a view reads


@cache
def file_format() -> str:
    """What the tables, views and macros are made of; a file of another format is built anew."""
    texts = {
        str(path): path.read_bytes()
        for folder in ("marts", "tiers")
        for path in (bundled("sql") / folder).glob("*.sql")
    }
    made_of = [*(texts[name] for name in sorted(texts)), repr(_FILE_VIEWS).encode()]
    return hashlib.sha256(b"\n".join(made_of)).hexdigest()


def start(path: Path) -> None:
    """Write a file with every table, view and macro; they show nothing yet."""
    path.write_bytes(_empty_file())


@cache
def _empty_file() -> bytes:
    """It is the same for every home; parsing its 50 views took a third of a first publication."""
    with tempfile.TemporaryDirectory(prefix="loyalty-empty-") as folder:
        path = Path(folder) / "empty.duckdb"
        with open_successor(path, Home(Path(folder))) as db:
            db.script("marts/tables")
            for view, columns, _ in _FILE_VIEWS:
                db.promoted_view(view, [], columns)
            for name in _VIEWS:
                db.published_view(name, f"marts/{name}")
            for name in _MACROS:
                db.script(f"marts/{name}")
            db.script("marts/comments")
        return path.read_bytes()


def claim(db: Successor) -> None:
    """Say of a file that was just started what it is made of and whose it is."""
    db.replace(
        "work.publication",
        (("format", "varchar"), ("root", "varchar")),
        [(file_format(), str(db.home.root))],
    )


def continue_from(db: Successor, programs: Sequence[Program]) -> Snapshot | None:
    """The journals now, if what the file shows is a part of them; None if it must be built anew.

    It must be if it has another format, or was built for another folder (its views hold absolute
    paths).

    Raises:
        DamagedJournalError: it shows a commit that the journals do not have.
    """
    built = db.answer("select format, root from work.publication")
    if built != [(file_format(), str(db.home.root))]:
        return None
    recorded = {
        str(program): Wiring(tuple(scopes), bool(has_feed))
        for program, has_feed, scopes in db.rows("marts/recorded_wiring")
    }
    snapshot = take_snapshot(db.home, programs, recorded)
    commits = {f"program/{p.id}": p.commits for p in snapshot.programs}
    commits |= {source.scope: source.commits for source in snapshot.sources}
    for scope, head in shown_heads(db).items():
        check_shown(db.home, scope, commits.get(scope, ()), head)
    return snapshot


def shown_heads(db: Successor) -> Heads:
    """The journal heads the file shows."""
    found = db.answer("select scope, number, sha256 from journal_heads")
    return {str(scope): (int(number), str(sha256)) for scope, number, sha256 in found}


def bring_up_to(db: Successor, snapshot: Snapshot) -> None:
    """Bring every table up to a snapshot; only what new commits touch is computed."""
    before = shown_heads(db)
    db.values(
        "shown_until",
        (("program", "varchar"), ("business_date", "date")),
        db.answer("select program, business_date from programs"),
    )
    revalued = rows_of_rules.write(db, snapshot)
    _show_files(db, snapshot)
    posted = _append_entries(db, snapshot, before)
    rows_of_files.write(db, snapshot, before)
    moved = tiers.write(db, snapshot, before)
    passed = {str(program): day for program, day in db.rows("marts/tiers_passed")}
    _write_liability(db, snapshot, (revalued, posted, moved, passed))
    db.replace(
        "journal_heads",
        (("scope", "varchar"), ("number", "bigint"), ("sha256", "varchar")),
        [(scope, number, sha256) for scope, (number, sha256) in snapshot.heads.items()],
    )


def _show_files(db: Successor, snapshot: Snapshot) -> None:
    """Views over exactly the promoted files."""
    before = _shown_files(db)
    rows: list[_FileRow] = []
    for view, columns, named in _FILE_VIEWS:
        shown = [(scope, file) for table in named for scope, file in snapshot.promoted(table)]
        now = [
            (str(db.home.root / file.path), scope, file.table, file.partition)
            for scope, file in shown
        ]
        rows += now
        if sorted(now) != sorted(row for table in named for row in before[table]):
            db.promoted_view(view, [file for _, file in shown], columns)
    kinds = ("path", "scope", "table_name", "partition")
    db.replace("work.files", tuple((name, "varchar") for name in kinds), rows)


def _shown_files(db: Successor) -> Mapping[str, Sequence[_FileRow]]:
    """The files that views read before this publication, by table."""
    shown: defaultdict[str, list[_FileRow]] = defaultdict(list)
    for path, scope, table, partition in db.answer(
        "select path, scope, table_name, partition from work.files"
    ):
        shown[str(table)].append((str(path), str(scope), str(table), str(partition)))
    return shown


def _append_entries(db: Successor, snapshot: Snapshot, before: Heads) -> dict[str, date]:
    """Append what was posted since; returns the first book date of each program's new entries."""
    files: list[WorkFile] = []
    rows: list[tuple[object, ...]] = []
    for facts in snapshot.programs:
        shown, _ = before.get(f"program/{facts.id}", (0, ""))
        for commit in facts.commits[shown:]:
            if commit.draft.entries:
                files.append(commit.draft.entries)
                path = str(db.home.root / commit.draft.entries.path)
                posted_at, run_id = commit.draft.posted_at, commit.draft.run_id
                rows.append((path, facts.id, commit.number, commit.first_seq, posted_at, run_id))
    if not files:
        return {}
    db.read_files("entries", files, tables.ENTRIES)
    db.values("entry_files", _ENTRY_FILES, rows)
    db.table("next_balances", "marts/next_balances")
    db.refill("partner_balances", "next_balances")
    db.run("marts/new_entries")
    changed = {str(program): day for program, day in db.rows("marts/first_book_dates")}
    db.forget_files("entries")
    return changed


def _write_liability(
    db: Successor, snapshot: Snapshot, first_days: Sequence[dict[str, date]]
) -> None:
    """Recompute a program's days from the first one that changed; earlier ones stand."""
    for facts in snapshot.programs:
        days = [found[facts.id] for found in first_days if facts.id in found]
        if days:
            parameters = {"program": facts.id, "from_date": min(days)}
            db.run("marts/forget_liability", **parameters)
            db.run("marts/liability_daily", **parameters)
