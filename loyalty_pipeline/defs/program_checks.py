"""Checks of a program: is its ledger whole, what of it is out of date or waiting.

Belongs here: asking the journals, and wording the answer for whoever is on duty. Not here: the
ledger's invariants, which are `ledger.audit`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs import figures
from loyalty_pipeline.defs.checks import ERROR, MOST_ROWS, WARN, asked, listed
from loyalty_pipeline.defs.group import Group
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.earning.inputs import staged_inputs
from loyalty_pipeline.earning.sales import show_documents
from loyalty_pipeline.ledger.audit import verify_program
from loyalty_pipeline.ledger.held_up import HeldUp
from loyalty_pipeline.ledger.notices import Noticed, without_code
from loyalty_pipeline.ledger.posting import Stale, outlook
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.warehouse.engine import engine
from loyalty_pipeline.warehouse.home import Home


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
    if any(version.coupons for version in group.program.versions):
        specs.append(
            dg.AssetCheckSpec(
                "every_coupon_has_a_code",
                asset=group.key("ledger"),
                description="No event waits for a coupon whose codes are used up.",
            )
        )

    @dg.multi_asset_check(name=f"{group.program.program}_checks", specs=specs, can_subset=True)
    def checks(
        context: dg.AssetCheckExecutionContext, loyalty: Loyalty
    ) -> Iterator[dg.AssetCheckResult]:
        program, home = loyalty.program(group.program.program), loyalty.place
        today = loyalty.clock(program.time_zone, context.run.tags).today
        cycles = [context.partition_key] if context.has_partition_key else []
        answers = {
            "no_cycle_is_stale": lambda: no_cycle_is_stale(
                group, staleness(group, program, home, today)
            ),
            "every_document_counts": lambda: _every_document_counts(group, program, home, cycles),
            "ledger_is_whole": lambda: _ledger_is_whole(group, home),
            "every_coupon_has_a_code": lambda: _every_coupon_has_a_code(group, home),
        }
        yield from asked(context, answers)

    return checks


@dataclass(frozen=True)
class Staleness:
    """Which cycles are not what would be computed now."""

    cycles: tuple[Stale, ...]
    job: str
    waiting: tuple[HeldUp, ...] = ()  # ended, and not closed before files they need have come

    @property
    def in_words(self) -> str:
        """What is stale, and what to do."""
        told = "; ".join(one.in_words for one in self.waiting[:MOST_ROWS])
        waiting = f" Not closed: {told}." if told else ""
        if not self.cycles:
            return f"Every cycle is what its sales and rules make of it now.{waiting}"
        first, last = self.cycles[0].cycle.name, self.cycles[-1].cycle.name
        return (
            f"{len(self.cycles)} cycles are stale: backfill {first} to {last} with the job "
            f"{self.job}. The differences are posted, nothing else.{waiting}"
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
                    for one in self.cycles[:MOST_ROWS]
                ],
            ),
        }


def staleness(group: Group, program: Program, home: Home, today: date) -> Staleness:
    """Asked of the journals: also a file that nobody has published yet makes cycles stale."""
    found = outlook(pipeline.as_if_published(program, home), home, today)
    return Staleness(found.stale, f"cycles_{group.program.program}", found.waiting)


def no_cycle_is_stale(group: Group, found: Staleness) -> dg.AssetCheckResult:
    """Asked by runs, and by the sensor that starts them."""
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
    inputs = staged_inputs(state.with_published(program), home, state.latest_day(date.min))
    waiting: list[tuple[Any, ...]] = []
    with engine(home) as duckdb:
        for name in wanted or sorted(state.postings):
            rules = effective_rules(inputs.program, inputs.program.calendar.parse(name))
            show_documents(duckdb, inputs, rules, rules.cycle)
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
                ("cycle", "why", "documents", "net sales"), waiting[:MOST_ROWS]
            ),
        },
    )


def _every_coupon_has_a_code(group: Group, home: Home) -> dg.AssetCheckResult:
    waiting = without_code(program_state(program_journal(home, group.program.program)))
    told = "; ".join(Noticed(None, waiting).in_words())
    return dg.AssetCheckResult(
        asset_key=group.key("ledger"),
        check_name="every_coupon_has_a_code",
        passed=not waiting,
        severity=WARN,
        description=f"{told}." if told else "No event waits for a code.",
        metadata={"events_waiting": sum(waiting.values())},
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
            **listed(
                "what is wrong",
                ("scope", "commit", "message"),
                [vars(finding) | {"commit": finding.number} for finding in findings],
            ),
        },
    )
