"""Caps that say what cannot be, or that can never take anything.

Belongs here: the keys of a cap and what several caps mean together. Not here: the stages of
points through caps, which is the calculation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loyalty_pipeline.program.base import plain
from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.limits import Cap, Period, Scope
from loyalty_pipeline.program.rulesets import Ruleset

# The most days, weeks and months that a wider period touches; weeks reach over its ends.
_TOUCHED: dict[Period, dict[Period, int]] = {
    "day": {"week": 7, "month": 31, "year": 366},
    "week": {"month": 6, "year": 54},
    "month": {"year": 12},
}
_IN_CYCLE: dict[Period, dict[str, int]] = {
    "day": {"month": 31, "quarter": 92, "half_year": 184, "year": 366},
    "week": {"month": 6, "quarter": 14, "half_year": 28, "year": 54},
    "month": {"month": 1, "quarter": 3, "half_year": 6, "year": 12},
}
_CYCLES_A_YEAR = {"month": 12, "quarter": 4, "half_year": 2, "year": 1}
# Which periods lie whole in which; a week reaches over the end of a month.
_INSIDE: dict[Period, tuple[Period, ...]] = {
    "day": ("day", "week", "month", "cycle", "year"),
    "week": ("week",),
    "month": ("month", "cycle", "year"),
    "cycle": ("cycle", "year"),
    "year": ("year",),
}
_OF_EVENTS: tuple[Scope, ...] = ("line", "document", "strategy")


def cap_findings(draft: Draft) -> Iterator[Finding]:
    """All that is wrong with the caps of a version."""
    good: list[tuple[Path, Cap]] = []
    for path, cap in draft.caps:
        found = [*_period(cap, path), *_of(cap, path, draft), *_exhausted(cap, path)]
        found += _subject(cap, path, draft)
        yield from found
        if not found:
            good.append((path, cap))
    length = str(draft.raw.get("cycle"))
    extras = {one.id for _, one in draft.strategies if one.type == "multiplier"}
    for number, (path, cap) in enumerate(good):
        # Extras of a multiplier are of several strategies, so caps on each of these say nothing.
        apart = cap.per == "strategy" and bool(extras & {*(cap.of or ())})
        before, others = (
            [other for _, other in some if not (apart and other.per == "strategy")]
            for some in (good[:number], good[:number] + good[number + 1 :])
        )
        message = _never(cap, before, others, length)
        if message:
            yield Finding((*path, "points"), message)


def _period(cap: Cap, path: Path) -> Iterator[Finding]:
    here = (*path, "period")
    if cap.per == "partner" and cap.period is None:
        yield Finding(here, "is missing: a partner's cap is for a day, week, month, cycle or year")
    elif cap.per in ("line", "document") and cap.period is not None:
        yield Finding(here, f"a {cap.per} has no period: leave it out")
    elif cap.per in ("slab", "tier", "program") and cap.over != "cycle":
        yield Finding(here, f"a cap per {cap.per} is for the cycle: leave period out")


def _of(cap: Cap, path: Path, draft: Draft) -> Iterator[Finding]:
    here = (*path, "of")
    if cap.of is None:
        return
    if cap.per not in ("strategy", "slab", "tier"):
        message = f"a cap per {cap.per} is for all its points: leave it out, or cap per strategy"
        yield Finding(here, message)
        return
    known: list[str] = []
    if cap.per == "strategy":
        of_campaigns = {one.id for _, one in draft.strategies if one.module == "campaign"}
        known = sorted(draft.strategies.names - of_campaigns)
    elif cap.per == "tier":
        known = list(draft.tier_names) if draft.knows_tiers else list(cap.of)
    else:
        known = [band.id for table in draft.tables for band in table.bands if band is not None]
        known = known if all(None not in table.bands for table in draft.tables) else [*cap.of]
    for number, name in enumerate(cap.of):
        if name not in known:
            names = ", ".join(known) or "none"
            yield Finding((*here, number), f"there is no {cap.per} {name}: there are {names}")
        elif name in cap.of[:number]:
            yield Finding((*here, number), f"{name} is there twice")


def _exhausted(cap: Cap, path: Path) -> Iterator[Finding]:
    here = (*path, "when_exhausted")
    if cap.per == "program" and cap.when_exhausted is None:
        message = (
            "a budget must say who gets the last points: stop (who comes first) or prorate "
            "(all of one day share what is left)"
        )
        yield Finding(here, message)
    elif cap.per != "program" and cap.when_exhausted is not None:
        yield Finding(here, "is for a budget, 'per: program': leave it out")


def _subject(cap: Cap, path: Path, draft: Draft) -> Iterator[Finding]:
    here = (*path, "per")
    if cap.per in _OF_EVENTS and not draft.raw.get("rulesets"):
        message = f"can never take anything: without rulesets there are no points per {cap.per}"
        yield Finding(here, message)
    elif cap.per == "line" and not _sees(draft, _has_lines):
        message = (
            "can never take anything: no set of rules sees lines by themselves (unroll: lines, "
            "without use_proportions) and allocates; cap per document, or leave it out"
        )
        yield Finding(here, message)
    elif cap.per == "document" and not _sees(draft, _has_documents):
        message = (
            "can never take anything: no rules are for transaction or claim; cap per strategy or "
            "partner, or leave it out"
        )
        yield Finding(here, message)
    elif cap.per == "slab" and not (draft.raw.get("slabs") or draft.raw.get("further_slabs")):
        yield Finding(here, "can never take anything: the version has no slabs")
    elif cap.per == "tier" and not draft.tiers_given:
        yield Finding(here, "can never take anything: the version has no tiers")
    tiers = draft.tiers
    if cap.per == "program" and tiers and tiers.crossed_by_points:
        message = (
            "the points a budget leaves would decide the tier at once, and the tier the points: "
            "with 'from: points_earned' say upgrade: at_close, or leave the budget out"
        )
        yield Finding(here, message)


def _sees(draft: Draft, test: Callable[[Ruleset], bool]) -> bool:
    """Whether any ruleset is such a one, or may be: what is wrong otherwise is not known."""
    return not draft.rulesets.complete or any(test(ruleset) for _, ruleset in draft.rulesets)


def _has_lines(ruleset: Ruleset) -> bool:
    actions = [action.kind for rule in ruleset.rules for action in rule.then]
    by_itself = ruleset.unroll == "lines" and not ruleset.use_proportions
    return by_itself and ("allocate" in actions or "multiply" in actions)


def _has_documents(ruleset: Ruleset) -> bool:
    return ruleset.event in ("transaction", "claim")


def _never(cap: Cap, before: list[Cap], others: list[Cap], cycle: str) -> str | None:
    """Why a cap can never take anything, or nothing that the others leave."""
    for other in before:
        same = other.per == cap.per and other.over == cap.over
        if same and _covers(other, cap) and cap.points >= other.points:
            return (
                f"can never take anything: {other.id} before it lets {plain(other.points)} "
                f"through; make it lower, or leave it out"
            )
    for other in others:
        if _lies_in(cap, other) and cap.points >= other.points:
            return (
                f"can never matter: {other.id} lets only {plain(other.points)} through per "
                f"{_scope(other)}; make it lower, or leave it out"
            )
        count = _count(other, cap, cycle)
        if count and other.points * count <= cap.points:
            return (
                f"can never take anything: {other.id} lets at most {plain(other.points)} through "
                f"per {other.over}, so {plain(other.points * count)} per {cap.over}"
            )
    return None


def _covers(wide: Cap, narrow: Cap) -> bool:
    """Whether one cap limits everything that the other one does."""
    return wide.of is None or (narrow.of is not None and {*narrow.of} <= {*wide.of})


def _lies_in(narrow: Cap, wide: Cap) -> bool:
    """Whether all that a cap lets through goes through the other, wider one as part of a whole."""
    inside = narrow.over is None or wide.over in _INSIDE[narrow.over]
    if narrow.per == wide.per:
        return narrow.over != wide.over and inside and _covers(wide, narrow)
    if wide.per == "document":
        return narrow.per == "line"
    if wide.when_exhausted == "prorate":
        return False  # what a narrower cap takes leaves more to the others of the day
    return wide.per in ("partner", "program") and narrow.stage < wide.stage and inside


def _count(narrow: Cap, wide: Cap, cycle: str) -> int:
    """How many periods of one cap a period of the other one touches at most; 0: not comparable."""
    if narrow.per != wide.per or not _covers(narrow, wide):
        return 0
    if narrow.over is None or wide.over is None:
        return 0
    if wide.over == "cycle":
        return _IN_CYCLE.get(narrow.over, {}).get(cycle, 0)
    if narrow.over == "cycle" and wide.over == "year":
        return _CYCLES_A_YEAR.get(cycle, 0)
    return _TOUCHED.get(narrow.over, {}).get(wide.over, 0)


def _scope(cap: Cap) -> str:
    return f"{cap.per} and {cap.over}" if cap.over else cap.per
