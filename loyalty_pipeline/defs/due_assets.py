"""A program's assets by cycle, second half: what is due, redemptions, statements and liability.

Belongs here: what the date makes due, and what is shown of it. Not here: what a cycle earned
(`program_assets`).

Instructions, releases, campaigns and redemptions are due by date for the whole program, whatever
cycle a run is for; a run reports them for each cycle whose points they moved.
"""

from collections.abc import Sequence

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs import program_figures
from loyalty_pipeline.defs.group import Group, Results, Turn, result
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.ledger.due import post_all_due
from loyalty_pipeline.ledger.notices import note_notices
from loyalty_pipeline.reporting.publish import publish
from loyalty_pipeline.warehouse import tables

_SHOWN_BY = frozenset({"duckdb"})
# Table, kinds of commits, and the SQL that finds what is due.
_Moves = tuple[str, tuple[str, ...], tuple[str, ...]]
_RELEASES: _Moves = (
    "releases",
    ("release", "instruction", "campaign"),
    ("ledger/due_promises", "ledger/due_releases", "ledger/campaign_points"),
)
_REDEMPTIONS: _Moves = ("redemptions", ("redemption",), ("ledger/open_redemptions",))
MOVES = (_RELEASES, _REDEMPTIONS)


def due_assets(group: Group) -> list[dg.AssetsDefinition]:
    """The assets of a program from its ledger on, in the order of the data."""
    return [_releases(group), _redemptions(group), _reports(group)]


def _releases(group: Group) -> dg.AssetsDefinition:
    @group.by_cycle(
        "releases",
        "Promised points whose day has come become current, in whatever cycle they were earned; "
        "what instructions move of them, and campaigns on their dates.",
        tables.ENTRIES,
    )
    def releases(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        turn = Turn.of(context, loyalty, group)
        post_all_due(turn.program, turn.home, turn.clock, turn.run_id)
        noticed = note_notices(turn.program, turn.home, turn.clock, turn.run_id)
        for text in noticed.in_words():
            context.log.warning(text)
        others = turn.others_touched(group, *_RELEASES[1])
        yield from _moved(context, group, turn, others, _RELEASES)

    return releases


def _redemptions(group: Group) -> dg.AssetsDefinition:
    @group.by_cycle(
        "redemptions",
        "Redemptions served against the balance, in order, once every ended cycle is posted; "
        "what does not fit is refused.",
        tables.ENTRIES,
    )
    def redemptions(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        turn = Turn.of(context, loyalty, group)
        pipeline.serve_redemptions(turn.program, turn.home, turn.clock, turn.run_id)
        others = turn.others_touched(group, *_RELEASES[1], *_REDEMPTIONS[1])
        yield from _moved(context, group, turn, others, _REDEMPTIONS)

    return redemptions


def _moved(
    context: dg.AssetExecutionContext,
    group: Group,
    turn: Turn,
    others: Sequence[str],
    what: _Moves,
) -> Results:
    table, kinds, sql = what
    shown = program_figures.of_moves(
        turn.home, turn.program.program, kinds, [turn.cycle.name, *others], sql
    )
    yield result(shown[turn.cycle.name])
    for cycle in others:
        context.log_event(group.event(context.instance, table, cycle, shown[cycle]))


def _reports(group: Group) -> dg.AssetsDefinition:
    """Both read the published file, so that they are one step; either can be asked for alone."""
    specs = {
        "statements": group.spec(
            "statements",
            "Statements and summaries of partners, in the file that finance reads.",
            kinds=_SHOWN_BY,
        ),
        "liability": group.spec(
            "liability",
            "What is owed at the end of the cycle, or today while it is open.",
            kinds=_SHOWN_BY,
        ),
    }

    @dg.multi_asset(
        name=f"{group.program.program}__reports",
        specs=list(specs.values()),
        can_subset=True,
        pool=group.pool,
    )
    def reports(context: dg.AssetExecutionContext, loyalty: Loyalty) -> Results:
        turn = Turn.of(context, loyalty, group)
        publish(turn.home, [turn.program], turn.clock.today)
        others = turn.others_touched(group, "posting", *_RELEASES[1], *_REDEMPTIONS[1])
        for table, spec in specs.items():
            if spec.key not in context.selected_asset_keys:
                continue
            shown = program_figures.of_published(
                turn.home, turn.program, table, [turn.cycle.name, *others], turn.clock.today
            )
            yield result(shown[turn.cycle.name], spec.key)
            for cycle in others:
                context.log_event(group.event(context.instance, table, cycle, shown[cycle]))

    return reports
