"""What the strategies of one event mean together: their bases, their terms, their multipliers.

Belongs here: strategies where they are used. Not here: a strategy alone (`checks_strategies`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import groupby

from loyalty_pipeline.program.columns import EVENTS_WITH_DOCUMENT
from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.reach import UNROLLED_EVENT, Reached
from loyalty_pipeline.program.rulesets import Rule
from loyalty_pipeline.program.strategies import FieldBasis, Strategy

_TRANCHES = "tranches: [{share: 50%, delay: 0}, {share: 50%, delay: 30}]"
_DIRECT_ONLY = ("registration", "customer_update")
# The bases that rules of an event may use, by what they see.
_WHOLE = ("document_amount", "quantity")
_UNROLLED = {"lines": ("line_amount", "line_quantity"), "tenders": ("tender_amount",)}


def award_findings(draft: Draft, reached: Sequence[Reached]) -> Iterator[Finding]:
    """All that is wrong between the strategies that rules use."""
    strategies = {one.id: one for _, one in draft.strategies}
    told: set[tuple[Path, str]] = set()
    for finding in (*_bases(reached, strategies), *_terms(reached, strategies)):
        if (finding.path, finding.message) not in told:
            told.add((finding.path, finding.message))
            yield finding
    yield from _multipliers(draft, reached, strategies)


def _allocated(
    reached: Sequence[Reached], strategies: dict[str, Strategy]
) -> Iterator[tuple[Reached, Path, Strategy]]:
    for one in reached:
        for path, _, action in one.actions():
            strategy = strategies.get(action.allocate or "")
            earns = strategy is not None and strategy.type != "multiplier"
            if strategy is not None and earns and strategy.module == "loyalty":
                yield one, (*path, "allocate"), strategy


def _bases(reached: Sequence[Reached], strategies: dict[str, Strategy]) -> Iterator[Finding]:
    for one, path, strategy in _allocated(reached, strategies):
        if strategy.type != "prorated":
            continue
        basis = strategy.basis or "document_amount"
        allowed = _allowed(one)
        if isinstance(basis, FieldBasis):
            document = basis.document or basis.store
            if document and one.event not in EVENTS_WITH_DOCUMENT:
                message = f"{strategy.id} is a share of {document}, and {one.event} has no document"
                yield Finding(path, message)
            elif one.unroll == "tenders":
                message = f"{strategy.id}: a payment has only its amount: say basis: tender_amount"
                yield Finding(path, message)
            elif one.unroll == "lines":
                message = (
                    f"{strategy.id} is a share of a custom field, which would be paid once for "
                    f"every line: allocate it in a set that sees the event as a whole"
                )
                yield Finding(path, message)
        elif basis not in allowed:
            where = one.event if one.unroll is None else f"a set that sees {one.unroll}"
            way = " or ".join(allowed) or "fixed points, or a custom field of the partner"
            of_a_part = basis in {*_UNROLLED["lines"], *_UNROLLED["tenders"]}
            if of_a_part and one.unroll is None and one.event == UNROLLED_EVENT:
                unroll = "tenders" if basis in _UNROLLED["tenders"] else "lines"
                way += f", or forward to a set with 'unroll: {unroll}' and allocate it there"
            message = f"{strategy.id} is a share of {basis}, which {where} has not: use {way}"
            yield Finding(path, message)


def _allowed(one: Reached) -> tuple[str, ...]:
    if one.event == "cycle_close":
        return ("net_sales",)
    if one.event not in EVENTS_WITH_DOCUMENT:
        return ()
    return _WHOLE if one.unroll is None else _UNROLLED[one.unroll]


def _terms(reached: Sequence[Reached], strategies: dict[str, Strategy]) -> Iterator[Finding]:
    """One event has one set of terms, so that a return can tell what it takes from where."""
    for event, all_of_event in groupby(reached, key=lambda one: one.event):
        first: Strategy | None = None
        terms: list[tuple[object, ...]] = []
        for _, path, strategy in _allocated(list(all_of_event), strategies):
            if event in _DIRECT_ONLY and strategy.delayed_accrual is not None:
                message = (
                    f"{strategy.id} is delayed, and points of {event} are direct: leave "
                    f"delayed_accrual out, or pay in parts by {_TRANCHES}"
                )
                yield Finding(path, message)
            first = first or strategy
            if _terms_of(strategy) not in terms:
                terms.append(_terms_of(strategy))
                if len(terms) > 1:
                    yield Finding(path, _apart(first, strategy, event))


def _terms_of(strategy: Strategy) -> tuple[object, ...]:
    if strategy.tranches is not None:
        parts = tuple((part.share, part.delay) for part in strategy.tranches)
        return ("tranches", parts, strategy.delay_from if strategy.is_delayed else None)
    if strategy.delayed_accrual is None:
        return ("direct",)
    return ("delayed", strategy.delayed_accrual, strategy.delay_from)


def _apart(first: Strategy, other: Strategy, event: str) -> str:
    one, two = _said(first), _said(other)
    return (
        f"{other.id} is {two} and {first.id} is {one}: all strategies of {event} must have the "
        f"same terms; to pay a part now and a part later, give each of them {_TRANCHES}"
    )


def _said(strategy: Strategy) -> str:
    if strategy.tranches is not None:
        parts = " and ".join(str(part.delay) for part in strategy.tranches)
        return f"paid in parts after {parts} days"
    if strategy.delayed_accrual is None:
        return "direct"
    since = " from posting" if strategy.delay_from == "posting" else ""
    return f"delayed by {strategy.delayed_accrual} days{since}"


@dataclass(frozen=True)
class _Place:
    """Where a rule acts: an event, what its set sees of it, and the rule where one is chosen."""

    event: str
    unroll: str | None
    ruleset: str
    chosen: str | None  # with 'match: first', no other rule of the set acts

    @classmethod
    def of(cls, one: Reached, rule: Rule) -> _Place:
        chosen = rule.id if one.ruleset.match == "first" else None
        return cls(one.event, one.unroll, one.ruleset.name, chosen)

    def sees(self, other: _Place) -> bool:
        """Whether what is given there is what is multiplied here.

        Matched for the whole event it is all of the event; for a line, or a payment mode, only what
        is given for that one.
        """
        is_apart = self.ruleset == other.ruleset and self.chosen != other.chosen
        return self.event == other.event and self.unroll in (None, other.unroll) and not is_apart

    @property
    def in_words(self) -> str:
        """As messages name it."""
        return f"a set of {self.event} that sees {self.unroll}" if self.unroll else self.event


def _multipliers(
    draft: Draft, reached: Sequence[Reached], strategies: dict[str, Strategy]
) -> Iterator[Finding]:
    paths = {one.id: path for path, one in draft.strategies}
    earned: dict[str, set[_Place]] = {}
    multiplied: dict[str, dict[_Place, Path]] = {}
    for one in reached:
        for path, rule, action in one.actions():
            place = _Place.of(one, rule)
            if action.allocate:
                earned.setdefault(action.allocate, set()).add(place)
            if action.multiply:
                multiplied.setdefault(action.multiply, {}).setdefault(place, (*path, "multiply"))
    kinds = {one.id: one for one in strategies.values() if one.type == "multiplier"}
    if any(name in kinds for name in multiplied) and draft.raw.get("stacking") is None:
        message = (
            "is missing: with multipliers it must be stated what several of one event come to, "
            "best, additive or multiplicative"
        )
        yield Finding(("stacking",), message)
    for name, multiplier in kinds.items():
        here = (*paths[name], "of")
        places = multiplied.get(name, {}) if draft.rulesets.complete else {}
        bases = list(dict.fromkeys(multiplier.of or ()))
        met = {place: _earned_there(place, bases, earned) for place in places}
        for number, base in enumerate(multiplier.of or ()):
            wrong = _wrong_base(base, draft, strategies)
            is_idle = not any(base in found for found in met.values())
            if wrong is None and is_idle and any(met.values()):  # where none is, is told there
                wrong = f"no rule allocates {base} in {_or(place.in_words for place in places)}"
            if wrong is not None:
                yield Finding((*here, number), wrong)
        if any(_wrong_base(base, draft, strategies) for base in bases):
            continue
        for place, path in places.items():
            if bases and not met[place]:
                message = f"{name} multiplies nothing in {place.in_words}: no rule allocates "
                if _earned_there(replace(place, ruleset=""), bases, earned):
                    message = f"{name} multiplies nothing: where {place.chosen} is the first match "
                    message += "no other rule of its set acts, so let it also allocate "
                yield Finding(path, f"{message}{_or(bases)}")


def _earned_there(
    place: _Place, bases: Iterable[str], earned: Mapping[str, Set[_Place]]
) -> set[str]:
    return {base for base in bases if any(place.sees(one) for one in earned.get(base, ()))}


def _or(words: Iterable[str]) -> str:
    return " or ".join(sorted({*words}))


def _wrong_base(base: str, draft: Draft, strategies: dict[str, Strategy]) -> str | None:
    if base not in draft.strategies.names:
        return f"there is no strategy {base}: there are {', '.join(sorted(draft.strategies.names))}"
    strategy = strategies.get(base)
    if strategy is None:
        return None  # it is wrong by itself
    if strategy.type == "multiplier":
        return f"{base} is a multiplier: name strategies that earn points; stacking joins them"
    if strategy.module == "campaign":
        return f"{base} is of module campaign: only points of rules are multiplied"
    return None
