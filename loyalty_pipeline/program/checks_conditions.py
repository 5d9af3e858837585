"""Conditions of a version, each against the columns of the events that come to it.

Belongs here: asking the parser, and lists that no condition asks. Not here: the parser
(`conditions`), the columns (`columns`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loyalty_pipeline.program.columns import columns_of
from loyalty_pipeline.program.conditions import ConditionError, parse_condition
from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding
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
                asked |= parse_condition(rule.when, columns, draft.lists).lists
            except ConditionError as error:
                refused.add(path)
                sees = f"event {one.event}" if one.ruleset.event is None else ""
                if one.ruleset.use_proportions:
                    sees += ", seen as a whole because of use_proportions"
                yield Finding(path, f"{error} ({sees})" if sees else str(error))
    columns = _types(draft, "campaign", None)
    for place, campaign in draft.campaigns:
        try:
            asked |= parse_condition(campaign.when, columns, draft.lists).lists
        except ConditionError as error:
            refused.add((*place, "when"))
            yield Finding((*place, "when"), str(error))
    if refused or not (draft.rulesets.complete and draft.campaigns.complete):
        return
    for name in sorted(draft.lists - asked):
        message = f"is never used: no condition says 'in {name}'; leave it out"
        yield Finding(("lists", name), message)


def _types(draft: Draft, event: str, unroll: str | None) -> dict[str, str]:
    columns = columns_of(event, unroll, draft.custom)
    return {name: column.type for name, column in columns.items()}
