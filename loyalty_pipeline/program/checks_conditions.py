"""Conditions of a version, each against the columns of the events that come to it.

Belongs here: asking the parser, and lists that no condition asks. Not here: the parser
(`conditions`), the columns (`columns`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from sqlglot import exp

from loyalty_pipeline.program.checks_strategies import unknown_tier
from loyalty_pipeline.program.columns import (
    DOCUMENT_TYPES,
    columns_of,
    seen_in,
)
from loyalty_pipeline.program.condition_texts import (
    in_order_of_letters,
    in_other_letters,
    texts_beside,
    texts_in_order,
)
from loyalty_pipeline.program.condition_values import exclusion
from loyalty_pipeline.program.conditions import (
    Condition,
    ConditionError,
    UnknownColumnError,
    normal_form,
    parse_condition,
    parsed,
)
from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.reach import UNROLLED_EVENT, Reached


def _is_day(text: str) -> bool:
    """A day of a year as conditions see it, like 04-15; a leap year has them all."""
    try:
        return f"{date.fromisoformat(f'2024-{text}'):%m-%d}" == text
    except ValueError:
        return False


# A cancellation only ever reduces its invoice; a claim is seen where no rules are for claims.
_TYPES_SEEN = (*(one for one in DOCUMENT_TYPES if one != "cancellation"), "claim")
# Columns whose texts are known: what is one, and how it is said.
_KNOWN: dict[str, tuple[Callable[[str], bool], str]] = {
    "event_month": ([f"{month:02}" for month in range(1, 13)].__contains__, "'04' or '12'"),
    "event_month_day": (_is_day, "'04-15' or '12-01'"),
    "document_type": (_TYPES_SEEN.__contains__, ", ".join(map(repr, _TYPES_SEEN))),
    "partner_status": (("active", "inactive").__contains__, "'active' or 'inactive'"),
}


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
                said = _elsewhere(error, one) or str(error)
                yield Finding(path, f"{said} ({sees})" if sees else said)
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
        if normal_form(condition.text) == "FALSE":
            yield Finding((*place, "when"), "never holds: leave the campaign out")
        yield from _of_no_use(draft, condition, (*place, "when"))
    if refused or not (draft.rulesets.complete and draft.campaigns.complete):
        return
    for name in sorted(draft.lists - asked):
        message = f"is never used: no condition says 'in {name}'; leave it out"
        yield Finding(("lists", name), message)


def _elsewhere(error: ConditionError, one: Reached) -> str | None:
    """The way out where a set of lines, or of payments, has the column."""
    if not isinstance(error, UnknownColumnError):
        return None
    unroll = seen_in(error.name)
    if unroll is None or unroll == one.unroll or one.event != UNROLLED_EVENT:
        return None
    return (
        f"{error.name} is of one of the {unroll}: forward to a set with an id and "
        f"'unroll: {unroll}', and ask there"
    )


def _of_no_use(draft: Draft, condition: Condition, path: Path) -> Iterator[Finding]:
    """What never holds: values that exclude each other, and tiers that nobody can hold."""
    match exclusion(condition.text):
        case (one,):
            yield Finding(path, f"never holds: there is no value for {one}")
        case (_, _, *_) as several:
            excluding = " and ".join(several)
            message = f"never holds: {excluding} exclude each other; join them by or, or drop one"
            yield Finding(path, message)
    tree = parsed(condition.text)
    for column in ("tier", "slab"):
        if by_letters := in_order_of_letters(tree, column):
            message = (
                f"{by_letters} goes by letters, not by which {column} is higher: name those you "
                f"mean, as in {column} in ('Silver', 'Gold')"
            )
            yield Finding(path, message)
    for column, (is_one, like) in _KNOWN.items():
        for text in sorted(texts_beside(tree, column) | texts_in_order(tree, column)):
            if not is_one(text):
                yield Finding(path, f"{column} is never '{text}': it is like {like}")
    for number in tree.find_all(exp.Literal):
        if not number.is_string and number.name[0] == "0" and number.name[1:2].isdigit():
            message = f"{number.name} begins with 0: numbers have no commas inside, like 5000"
            yield Finding(path, message)
    for asked, text in in_other_letters(tree):
        yield Finding(path, f"{asked} compares letters of another size: write '{text}'")
    if draft.knows_tiers:
        for tier in sorted(texts_beside(tree, "tier") - set(draft.tier_names)):
            yield Finding(path, unknown_tier(tier, draft))
    slabs = draft.slab_names
    for slab in sorted(texts_beside(tree, "slab") - set(slabs)) if slabs is not None else ():
        there_are = f"there are {', '.join(slabs)}" if slabs else "the version has no slabs"
        yield Finding(path, f"there is no slab {slab}: {there_are}")


def _types(draft: Draft, event: str, unroll: str | None) -> dict[str, str]:
    columns = columns_of(event, unroll, draft.custom)
    return {name: column.type for name, column in columns.items()}
