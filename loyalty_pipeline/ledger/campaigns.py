"""Campaigns: awards on dates to everybody a condition holds for, once each (SPEC 5).

Belongs here: which campaigns are due, running one and withdrawing one. Not here: the order of what
is due on a day (`due`), or what conditions may ask (`known`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loyalty_pipeline.earning.inputs import StagedInputs
from loyalty_pipeline.earning.matching import columns_in, decorate, match_rules
from loyalty_pipeline.earning.notice_fields import fields_named
from loyalty_pipeline.journal.commits import Commit, Draft, digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.entries import Sealed, seal_moves
from loyalty_pipeline.ledger.known import conditions_of, in_force, show_known
from loyalty_pipeline.ledger.state import ProgramState, program_scope, program_state
from loyalty_pipeline.program.campaigns import Campaign
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program, Version
from loyalty_pipeline.program.strategies import Strategy, figure_of
from loyalty_pipeline.program.versions import version_to_json
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.work_files import WorkFile

# What a run of a campaign promotes.
_PROMOTED = {
    "campaign_awards": tables.CAMPAIGN_AWARDS,
    "campaign_actions": tables.CAMPAIGN_ACTIONS,
}
_RAW_DECIMALS = 8  # raw points are kept in whole units of 10^-8


@dataclass(frozen=True)
class Due:
    """A campaign on one of its dates, under the version in force on that date."""

    campaign: Campaign
    version: Version
    day: date

    @property
    def partition(self) -> str:
        """The partition of its awards."""
        return partition_of(self.campaign.id, self.day)


def partition_of(campaign: str, day: date) -> str:
    """Of the awards of a campaign on a date; a name of a file, which has no point."""
    return f"{campaign}-{day.isoformat()}"


def planned(program: Program, today: date) -> list[Due]:
    """Every campaign on every date up to today, in their order: by date, then as the file has them.

    A date is judged by the version in force on it; dates before the program's first cycle, or
    before its first version, are none.
    """
    first = program.calendar.first.start
    return sorted(
        (
            Due(campaign, days.version, day)
            for days in in_force(program.versions)
            for campaign in days.version.campaigns
            for day in campaign.dates(max(first, days.first_day), min(today, days.last_day))
        ),
        key=lambda due: due.day,
    )


def due_campaigns(program: Program, state: ProgramState, today: date) -> list[Due]:
    """Of the planned ones those that have not run, or were withdrawn and are planned again."""
    ran = {run for run, last in state.campaign_runs.items() if not last.draft.details["withdrawn"]}
    return [due for due in planned(program, today) if (due.campaign.id, due.day) not in ran]


def withdrawn_campaigns(program: Program, state: ProgramState) -> list[tuple[str, date]]:
    """Campaigns that ran on dates for which they are not planned any more, by date."""
    runs = state.campaign_runs
    if not runs:
        return []
    latest = max(day for _, day in runs)
    plan = {(due.campaign.id, due.day) for due in planned(program, latest)}
    gone = [
        run for run, last in runs.items() if run not in plan and not last.draft.details["withdrawn"]
    ]
    return sorted(gone, key=lambda run: (run[1], run[0]))


def run_campaign(
    journal: Journal, inputs: StagedInputs, clock: Clock, run_id: str, due: Due
) -> Commit | None:
    """Award a campaign on one of its dates; None if another run did so meanwhile.

    It reads points as of its date, after that morning's releases. That it ran is committed also
    where nobody gets anything: it runs once.

    Raises:
        MovedError: other runs were faster five times in a row.
    """

    def attempt() -> Commit | None:
        state = program_state(journal)
        last = state.campaign_runs.get((due.campaign.id, due.day))
        if last and not last.draft.details["withdrawn"]:
            return None
        with engine(journal.home) as duckdb:
            awards = _award(duckdb, inputs, state, clock, due)
            sealed = _moves(duckdb, journal, state, awards, clock, is_withdrawn=False)
            files = (awards, *_asked_beside(duckdb, journal, due.partition, due.campaign))
        draft = _draft(journal, state, clock, run_id, (due.campaign.id, due.day), files, sealed)
        return journal.append(draft, state.head)

    return journal.commit(attempt, f"campaign {due.campaign.id} was being run")


def withdraw_campaign(
    journal: Journal, clock: Clock, run_id: str, run: tuple[str, date]
) -> Commit | None:
    """Take back what a campaign awarded on a date; None if another run did so meanwhile.

    Raises:
        MovedError: other runs were faster five times in a row.
    """

    def attempt() -> Commit | None:
        state = program_state(journal)
        if state.campaign_runs[run].draft.details["withdrawn"]:
            return None
        awarded = state.promoted["campaign_awards", partition_of(*run)]
        with engine(journal.home) as duckdb:
            sealed = _moves(duckdb, journal, state, awarded, clock, is_withdrawn=True)
            none = tuple(
                _nothing(duckdb, journal, table, partition_of(*run))
                for table in _PROMOTED
                if (table, partition_of(*run)) in state.promoted
            )
        draft = _draft(journal, state, clock, run_id, run, none, sealed, is_withdrawn=True)
        return journal.append(draft, state.head)

    return journal.commit(attempt, f"campaign {run[0]} was being withdrawn")


def _award(
    duckdb: Engine, inputs: StagedInputs, state: ProgramState, clock: Clock, due: Due
) -> WorkFile:
    """Find who takes part and what they get."""
    program, campaign, version = inputs.program, due.campaign, due.version
    show_known(
        duckdb, inputs, state, version, due.day, as_of=due.day, posted_by=clock.today
    )  # fmt: skip
    duckdb.table(
        "audience",
        "ledger/campaign_audience",
        day=due.day,
        has_partner_feed=inputs.has_partner_feed,
    )
    conditions, known = conditions_of(program, version, "campaign", [campaign.when])
    columns = {column.name: column for column in columns_in(conditions, known)}
    named = fields_named(version, campaign.messages, known)
    columns |= {name: known[name] for name in ("tier", "current_points")}
    columns |= {column.name: column for column in named.columns}
    seen = decorate(duckdb, "audience_seen", "audience", columns.values())
    duckdb.derive("audience_named", seen, {"fields": named.expression})
    match_rules(duckdb, "takers", "audience_named", conditions, "first")
    kind, values, lowest, highest = _worth(campaign, version)
    duckdb.values(
        "campaign_values",
        (("tier", "varchar"), ("value", "decimal(18, 8)")),
        list(values.items()),
    )
    return duckdb.write(
        program_scope(program.program),
        "campaign_awards",
        due.partition,
        "ledger/campaign_points",
        type=kind,
        lowest=lowest,
        highest=highest,
        step=10 ** (_RAW_DECIMALS - version.rounding.decimals),
        rounding_mode=version.rounding.mode,
        program=program.program,
        cycle=program.calendar.cycle_of(due.day).name,
        campaign=campaign.id,
        strategy=campaign.strategy or campaign.id,
        rules_version=version.label,
        rules_hash=digest(version_to_json(version)),
    )


def _asked_beside(
    duckdb: Engine, journal: Journal, partition: str, campaign: Campaign
) -> tuple[WorkFile, ...]:
    """Messages and coupons for who got points, where the campaign has any."""
    if not campaign.then:
        return ()
    duckdb.values(
        "campaign_then",
        (("place", "integer"), ("action", "varchar"), ("target", "varchar")),
        [
            (place, action.kind, getattr(action, action.kind))
            for place, action in enumerate(campaign.then)
        ],
    )
    actions = duckdb.write(journal.scope, "campaign_actions", partition, "ledger/campaign_actions")
    return (actions,)


def _nothing(duckdb: Engine, journal: Journal, table: str, partition: str) -> WorkFile:
    duckdb.values(table, _PROMOTED[table], [])
    return duckdb.write(journal.scope, table, partition, f"ledger/all_{table}")


def _worth(
    campaign: Campaign, version: Version
) -> tuple[str, Mapping[str | None, Decimal], Decimal | None, Decimal | None]:
    """Type, value by tier (under None that of all tiers), lowest and highest balance.

    They are the campaign's own, or those of the strategy that it names.
    """
    said: Campaign | Strategy = campaign
    if campaign.strategy is not None:
        said = next(s for s in version.strategies if s.id == campaign.strategy)
    value = said.value
    assert value is not None, "a campaign without a value is refused when the file is loaded"
    assert said.type is not None, "and so is one without a type"
    values: dict[str | None, Decimal] = (
        {tier: figure_of(figure) for tier, figure in value.items()}
        if isinstance(value, dict)
        else {None: figure_of(value)}
    )
    return said.type, values, said.from_, said.to


def _moves(
    duckdb: Engine,
    journal: Journal,
    state: ProgramState,
    awards: WorkFile,
    clock: Clock,
    *,
    is_withdrawn: bool,
) -> Sealed:
    duckdb.files("campaign_awards", [awards], tables.CAMPAIGN_AWARDS)
    duckdb.table(
        "campaign_moves",
        "ledger/campaign_moves",
        posted_on=clock.today,
        is_withdrawn=is_withdrawn,
    )
    return seal_moves(duckdb, journal, state.head, "campaign_moves")


def _draft(
    journal: Journal,
    state: ProgramState,
    clock: Clock,
    run_id: str,
    run: tuple[str, date],
    files: tuple[WorkFile, ...],
    sealed: Sealed,
    *,
    is_withdrawn: bool = False,
) -> Draft:
    campaign, day = run[0], run[1].isoformat()
    return Draft(
        kind="campaign",
        business_date=clock.today,
        posted_at=clock.now,
        run_id=run_id,
        cycles=sealed.cycles,
        promotes=files,
        entries=sealed.file,
        identity=digest(
            journal.scope, "campaign", campaign, day, *(file.sha256 for file in files), state.head
        ),
        totals=sealed.totals,
        details={"campaign": campaign, "date": day, "withdrawn": is_withdrawn},
    )
