"""What the keys of a campaign mean together, and with the strategies of its version.

Belongs here: dates, and where the points of a campaign come from. Not here: who takes part, which
is a condition (`checks_conditions`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from loyalty_pipeline.program.campaigns import Campaign, Recurring
from loyalty_pipeline.program.checks_rulesets import action_findings
from loyalty_pipeline.program.checks_strategies import round_up_findings, value_findings
from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding, Path

_OF_STRATEGY = ("value", "from_", "to")


def campaign_findings(draft: Draft) -> Iterator[Finding]:
    """All that is wrong with the campaigns of a version."""
    start = draft.raw.get("effective_from")
    for path, campaign in draft.campaigns:
        yield from _dates(campaign, path, start if isinstance(start, date) else None)
        yield from _actions(campaign, path, draft)
        if (campaign.strategy is None) == (campaign.type is None):
            message = "a campaign has a strategy of module campaign, or a type and a value"
            yield Finding((*path, "type" if campaign.type else "strategy"), message)
        elif campaign.strategy is not None:
            yield from _strategy(campaign, path, draft)
        else:
            yield from _own_award(campaign, path, draft)


def _actions(campaign: Campaign, path: Path, draft: Draft) -> Iterator[Finding]:
    actions = campaign.then or ()
    yield from action_findings(actions, (*path, "then"), draft)
    for place, action in enumerate(actions):
        if action.kind not in ("message", "coupon", ""):
            message = (
                f"a campaign gives points by its strategy, beside them only messages and coupons: "
                f"{action.kind} is for rules"
            )
            yield Finding((*path, "then", place, action.kind), message)


def _dates(campaign: Campaign, path: Path, start: date | None) -> Iterator[Finding]:
    here = (*path, "on")
    on = campaign.on
    if isinstance(on, Recurring):
        if on.until < on.from_:
            yield Finding((*here, "until"), f"is before its first date, {on.from_}")
        elif start is not None and on.until < start:
            yield Finding((*here, "until"), _too_early(on.until, start))
        elif next(campaign.dates(max(on.from_, start or on.from_), on.until), None) is None:
            message = f"no {on.every} has a date of it from {start or on.from_} to {on.until}"
            yield Finding((*here, "until"), f"{message}: set it later, or leave the campaign out")
        return
    days = on if isinstance(on, tuple) else (on,)
    if not days:
        yield Finding(here, "needs a date")
    for number, day in enumerate(days):
        place = (*here, number) if isinstance(on, tuple) else here
        if day in days[:number]:
            yield Finding(place, f"{day} is there twice: a campaign runs once a date")
        elif start is not None and day < start:
            yield Finding(place, _too_early(day, start))


def _too_early(day: date, start: date) -> str:
    return f"{day} is before the version starts, {start}: a campaign runs by the version of its day"


def _strategy(campaign: Campaign, path: Path, draft: Draft) -> Iterator[Finding]:
    for key in _OF_STRATEGY:
        if getattr(campaign, key) is not None:
            message = f"stands in the strategy {campaign.strategy}: leave it out here"
            yield Finding((*path, key.rstrip("_")), message)
    here = (*path, "strategy")
    strategy = next((one for _, one in draft.strategies if one.id == campaign.strategy), None)
    if campaign.strategy not in draft.strategies.names:
        campaigns = sorted(one.id for _, one in draft.strategies if one.module == "campaign")
        known = ", ".join(campaigns) or "none"
        message = f"there is no strategy {campaign.strategy}: of module campaign there are {known}"
        yield Finding(here, message)
    elif strategy is not None and strategy.module != "campaign":
        message = (
            f"{strategy.id} is of module {strategy.module}: a campaign uses strategies of "
            f"module campaign"
        )
        yield Finding(here, message)


def _own_award(campaign: Campaign, path: Path, draft: Draft) -> Iterator[Finding]:
    kind = str(campaign.type)
    if campaign.value is None:
        yield Finding((*path, "value"), f"is missing: {kind} needs points, like 100")
    else:
        yield from value_findings(kind, campaign.value, path, draft)
    if kind == "round_up":
        yield from round_up_findings(campaign.from_, campaign.to, campaign.value, path)
        return
    for key, bound in (("from", campaign.from_), ("to", campaign.to)):
        if bound is not None:
            yield Finding((*path, key), "only round_up lifts a balance: leave it out")
