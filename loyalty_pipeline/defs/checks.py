"""Checks that report bad data and what to do about it.

Belongs here: asking, and wording the answer for whoever is on duty. Not here: keeping bad data
out, which happens before anything is written; a check runs when it is in, so it blocks nothing.

They carry no partition: they tell the state of a whole source or program.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs import figures
from loyalty_pipeline.defs.group import Group
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.earning.cycle import show_documents
from loyalty_pipeline.earning.inputs import staged_inputs
from loyalty_pipeline.ledger.audit import verify_program
from loyalty_pipeline.ledger.posting import Stale, stale_cycles
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.published_file import open_reader

_SHOWN = 50  # rows of a table in metadata

WARN = dg.AssetCheckSeverity.WARN
ERROR = dg.AssetCheckSeverity.ERROR


def source_checks(source: Source) -> dg.AssetChecksDefinition:
    """What landed of a source and does not count."""
    landing = dg.AssetKey([source.id, "landing"])
    specs = [
        dg.AssetCheckSpec(
            "rows_accounted_for",
            asset=landing,
            description="Rows in = rows staged + quarantined + superseded, for every file.",
        ),
        dg.AssetCheckSpec(
            "no_file_refused",
            asset=landing,
            description="Every file was taken, or a corrected one of its name came since.",
        ),
        dg.AssetCheckSpec(
            "nothing_quarantined", asset=landing, description="No row waits in quarantine."
        ),
    ]

    @dg.multi_asset_check(name=f"{source.id}_checks", specs=specs, can_subset=True)
    def checks(
        context: dg.AssetCheckExecutionContext, loyalty: Loyalty
    ) -> Iterator[dg.AssetCheckResult]:
        if not loyalty.place.published.exists():
            return
        with open_reader(loyalty.place) as reader:
            files = reader.ask_file("figures/file_rows", source=source.id).as_dicts()
            quarantined = reader.ask_file("figures/quarantined", source=source.id).rows
        answers = {
            "rows_accounted_for": lambda: _rows_accounted_for(landing, files),
            "no_file_refused": lambda: _no_file_refused(landing, source.id, files),
            "nothing_quarantined": lambda: _nothing_quarantined(landing, source.id, quarantined),
        }
        yield from _asked(context, answers)

    return checks


def _asked(
    context: dg.AssetCheckExecutionContext,
    answers: Mapping[str, Callable[[], dg.AssetCheckResult]],
) -> Iterator[dg.AssetCheckResult]:
    """The answers to the checks that somebody selected: all of them in a job."""
    wanted = {key.name for key in context.selected_asset_check_keys}
    for name, answer in answers.items():
        if name in wanted:
            yield answer()


def _rows_accounted_for(
    landing: dg.AssetKey, files: Sequence[dict[str, Any]]
) -> dg.AssetCheckResult:
    parts = ("rows_staged", "rows_quarantined", "rows_superseded")
    counted = [file for file in files if file["rows_in"] is not None]
    wrong = [file for file in counted if file["rows_in"] != sum(file[part] or 0 for part in parts)]
    columns = ("remote_name", "rows_in", *parts)
    return dg.AssetCheckResult(
        asset_key=landing,
        check_name="rows_accounted_for",
        passed=not wrong,
        severity=ERROR,
        description="Rows were lost or counted twice: do not post anything, keep the home as it is."
        if wrong
        else f"All rows of {len(counted)} files are accounted for.",
        metadata={
            "files": len(counted),
            "rows_in": sum(file["rows_in"] for file in counted),
            **{part: sum(file[part] or 0 for file in counted) for part in parts},
            **_listed("files that do not add up", columns, wrong),
        },
    )


def _no_file_refused(
    landing: dg.AssetKey, source_id: str, files: Sequence[dict[str, Any]]
) -> dg.AssetCheckResult:
    refused = [file for file in files if file["status"] == "refused" and not file["replaced_by"]]
    return dg.AssetCheckResult(
        asset_key=landing,
        check_name="no_file_refused",
        passed=not refused,
        severity=WARN,
        description=(
            f"{len(refused)} files were refused whole and count for nothing. Send the reasons to "
            f"the sender; a corrected file of the same name is taken by itself (job "
            f"drop_{source_id})."
        )
        if refused
        else "No file waits to be corrected.",
        metadata={
            "refused_files": len(refused),
            **_listed("refused files", ("remote_name", "feed", "reasons"), refused),
        },
    )


def _nothing_quarantined(
    landing: dg.AssetKey, source_id: str, rows: Sequence[tuple[Any, ...]]
) -> dg.AssetCheckResult:
    count = sum(int(row[2]) for row in rows)
    return dg.AssetCheckResult(
        asset_key=landing,
        check_name="nothing_quarantined",
        passed=count == 0,
        severity=WARN,
        description=(
            f"{count} rows wait in quarantine. `loyalty quarantine` writes them to reject files "
            f"for the sender; they count once a corrected file comes (job drop_{source_id})."
        )
        if count
        else "No row waits in quarantine.",
        metadata={
            "quarantined_rows": count,
            "rows by reason": figures.table(("file", "reasons", "rows"), rows[:_SHOWN]),
        },
    )


def program_checks(group: Group) -> dg.AssetChecksDefinition:
    """Whether a program's ledger is whole, and what of it is out of date or waiting."""
    specs = [
        dg.AssetCheckSpec(
            "no_cycle_is_stale",
            asset=group.key("rules"),
            description="Every cycle is what its sales and rules make of it now.",
        ),
        dg.AssetCheckSpec(
            "every_document_counts",
            asset=group.key("cycle_sales"),
            description="No document waits for its partner or its invoice.",
        ),
        dg.AssetCheckSpec(
            "ledger_is_whole",
            asset=group.key("ledger"),
            description="The chain of commits is unbroken and the ledger's invariants hold.",
        ),
    ]

    @dg.multi_asset_check(name=f"{group.program.program}_checks", specs=specs, can_subset=True)
    def checks(
        context: dg.AssetCheckExecutionContext, loyalty: Loyalty
    ) -> Iterator[dg.AssetCheckResult]:
        program, home = loyalty.program(group.program.program), loyalty.place
        today = loyalty.clock(program.time_zone, context.run.tags).today
        cycles = [context.partition_key] if context.has_partition_key else []
        answers = {
            "no_cycle_is_stale": lambda: _no_cycle_is_stale(
                group, staleness(group, program, home, today)
            ),
            "every_document_counts": lambda: _every_document_counts(group, program, home, cycles),
            "ledger_is_whole": lambda: _ledger_is_whole(group, home),
        }
        yield from _asked(context, answers)

    return checks


@dataclass(frozen=True)
class Staleness:
    """Which cycles are not what would be computed now."""

    cycles: tuple[Stale, ...]
    job: str

    @property
    def in_words(self) -> str:
        """What is stale, and what to do."""
        if not self.cycles:
            return "Every cycle is what its sales and rules make of it now."
        first, last = self.cycles[0].cycle.name, self.cycles[-1].cycle.name
        return (
            f"{len(self.cycles)} cycles are stale: backfill {first} to {last} with the job "
            f"{self.job}. The differences are posted, nothing else."
        )

    @property
    def metadata(self) -> figures.Metadata:
        """A row a cycle."""
        return {
            "stale_cycles": len(self.cycles),
            "why": figures.table(
                ("cycle", "why", "rules now"),
                [
                    (one.cycle.name, ", ".join(one.reasons), one.rules.version)
                    for one in self.cycles[:_SHOWN]
                ],
            ),
        }


def staleness(group: Group, program: Program, home: Home, today: date) -> Staleness:
    """Asked of the journals: also a file that nobody has published yet makes cycles stale."""
    found = stale_cycles(pipeline.as_if_published(program, home), home, today)
    return Staleness(tuple(found), f"cycles_{group.program.program}")


def _no_cycle_is_stale(group: Group, found: Staleness) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=group.key("rules"),
        check_name="no_cycle_is_stale",
        passed=not found.cycles,
        severity=WARN,
        description=found.in_words,
        metadata=found.metadata,
    )


def _every_document_counts(
    group: Group, program: Program, home: Home, wanted: Sequence[str]
) -> dg.AssetCheckResult:
    state = program_state(program_journal(home, program.program))
    inputs = staged_inputs(state.with_published(program), home)
    waiting: list[tuple[Any, ...]] = []
    with engine(home) as duckdb:
        for name in wanted or sorted(state.postings):
            rules = effective_rules(inputs.program, program.calendar.parse(name))
            show_documents(duckdb, inputs, rules)
            waiting += [(name, *row) for row in duckdb.rows("figures/documents_by_standing")]
    held = {
        standing: sum(row[2] for row in waiting if row[1] == standing)
        for standing in ("parked", "unmatched")
    }
    return dg.AssetCheckResult(
        asset_key=group.key("cycle_sales"),
        check_name="every_document_counts",
        passed=not any(held.values()),
        severity=WARN,
        description=(
            f"{held['unmatched']} documents wait for their partner to come in a partners file, "
            f"{held['parked']} returns for their invoice. They count by themselves once it comes."
        )
        if any(held.values())
        else "No document waits for its partner or its invoice.",
        metadata={
            **held,
            "documents that do not count": figures.table(
                ("cycle", "why", "documents", "net sales"), waiting[:_SHOWN]
            ),
        },
    )


def _ledger_is_whole(group: Group, home: Home) -> dg.AssetCheckResult:
    findings = verify_program(home, group.program.program)
    commits = program_journal(home, group.program.program).commits()
    return dg.AssetCheckResult(
        asset_key=group.key("ledger"),
        check_name="ledger_is_whole",
        passed=not findings,
        severity=ERROR,
        description=(
            f"{findings[0]}. Post nothing more; restore the home from its backup, and compare "
            f"with `loyalty ledger verify`."
        )
        if findings
        else f"{len(commits)} commits, {sum(c.entry_count for c in commits)} entries: all whole.",
        metadata={
            "commits": len(commits),
            "findings": len(findings),
            **_listed(
                "what is wrong",
                ("scope", "commit", "message"),
                [vars(finding) | {"commit": finding.number} for finding in findings],
            ),
        },
    )


def _listed(
    title: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> figures.Metadata:
    """A table of rows, where there are any."""
    if not rows:
        return {}
    shown = [[row[column] for column in columns] for row in rows[:_SHOWN]]
    return {title: figures.table(columns, shown)}
