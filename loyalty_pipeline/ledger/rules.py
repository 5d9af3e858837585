"""Publishing rules: the versions a program file brings become part of the journal (SPEC 6).

Belongs here: the `rules` commit. Not here: what a version means, which is `program`.
"""

from __future__ import annotations

from loyalty_pipeline.journal.commits import Commit, Draft, digest
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.versions import refuse_cut, version_to_json, with_published
from loyalty_pipeline.warehouse.home import Home


def publish_rules(
    program: Program,
    home: Home,
    clock: Clock,
    run_id: str,
    *,
    author: str = "",
    approver: str = "",
    reason: str = "",
) -> tuple[Program, Commit | None]:
    """Publish what the file says; None when it says nothing new.

    Versions in the file are added, or replace those of the same date; none is removed by leaving
    it out. Returns the program as published.

    Raises:
        CutCyclesError: posted cycles would not be the same days any more.
    """
    journal = program_journal(home, program.program)

    def attempt() -> tuple[Program, Commit | None]:
        state = program_state(journal)
        merged = with_published(program, state.published)
        # Loading the file said so, too, unless cycles were posted since then.
        refuse_cut(merged.calendar, state.published_rules.cycles)
        versions = [version_to_json(version) for version in merged.versions]
        settings = _settings(program)
        before = [version_to_json(version) for version in state.published]
        if versions == before and settings == dict(state.published_program):
            return merged, None
        changed = [
            version.label for version in merged.versions if version_to_json(version) not in before
        ]
        draft = Draft(
            kind="rules",
            business_date=clock.today,
            posted_at=clock.now,
            run_id=run_id,
            identity=digest(journal.scope, "rules", versions, settings, state.head),
            details={
                "program": settings,
                "versions": versions,
                "changed": changed,
                "author": author,
                "approver": approver,
                "reason": reason,
            },
        )
        return merged, journal.append(draft, state.head)

    return journal.commit(attempt, "rules were being published")


def _settings(program: Program) -> dict[str, object]:
    """What of the program itself, besides its versions, decides figures or what readers see."""
    return {
        "name": program.name,
        "currency": program.currency,
        "time_zone": program.time_zone,
        "fiscal_start": program.fiscal_start,
        "first_cycle": program.first_cycle,
        "point_value": str(program.point_value),
        "before_enrolment": program.before_enrolment,
        "sources": sorted(source.id for source in program.sources),
        "has_partner_feed": any("partners" in source.feeds for source in program.sources),
    }
