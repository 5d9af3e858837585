"""Conditions of a version, each against the columns of the events that come to it.

Belongs here: asking the parser, and lists that no condition asks. Not here: the parser
(`conditions`), the columns (`columns`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loyalty_pipeline.program.checks_strategies import unknown_tier
from loyalty_pipeline.program.columns import columns_of
from loyalty_pipeline.program.condition_values import exclusion
from loyalty_pipeline.program.conditions import Condition, ConditionError, parse_condition
from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.reach import Reached


def condition_findings(draft: Draft, reached: Sequence[Reached]) -> Iterator[Finding]:
    """Conditions that cannot be asked, and lists that nobody asks."""
    asked: set[str] = set()
    refused: set[tuple[object, ...]] = set()
    for one in reached:
        columns = _types(draft, one.event, one.unroll)
        for number, rule in enumerate(one.ruleset.rules):
            path = (*one.path, "rules", number, "when")
            if path in refused:
                continue  # another event has told
            try:
                condition = parse_condition(rule.when, columns, draft.lists)
            except ConditionError as error:
                refused.add(path)
                sees = f"event {one.event}" if one.ruleset.event is None else ""
                if one.ruleset.use_proportions:
                    sees += ", seen as a whole because of use_proportions"
                yield Finding(path, f"{error} ({sees})" if sees else str(error))
                continue
            asked |= condition.lists
            told = list(_of_no_use(draft, condition, path))
            refused |= {path for _ in told}
            yield from told
    columns = _types(draft, "campaign", None)
    for place, campaign in draft.campaigns:
        try:
            condition = parse_condition(campaign.when, columns, draft.lists)
        except ConditionError as error:
            refused.add((*place, "when"))
            yield Finding((*place, "when"), str(error))
            continue
        asked |= condition.lists
        yield from _of_no_use(draft, condition, (*place, "when"))
    if refused or not (draft.rulesets.complete and draft.campaigns.complete):
        return
    for name in sorted(draft.lists - asked):
        message = f"is never used: no condition says 'in {name}'; leave it out"
        yield Finding(("lists", name), message)


def _of_no_use(draft: Draft, condition: Condition, path: Path) -> Iterator[Finding]:
    """What never holds: values that exclude each other, and tiers that nobody can hold."""
    match exclusion(condition.text):
        case (one,):
            yield Finding(path, f"never holds: there is no value for {one}")
        case (_, _, *_) as several:
            excluding = " and ".join(several)
            message = f"never holds: {excluding} exclude each other; join them by or, or drop one"
            yield Finding(path, message)
    if draft.knows_tiers:
        for tier in sorted(condition.tiers - set(draft.tier_names)):
            yield Finding(path, unknown_tier(tier, draft))


def _types(draft: Draft, event: str, unroll: str | None) -> dict[str, str]:
    columns = columns_of(event, unroll, draft.custom)
    return {name: column.type for name, column in columns.items()}
