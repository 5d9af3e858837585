"""What rulesets mean together: events, forwards, actions, and rules that never come to act.

Belongs here: the shape of rules. Not here: conditions (`checks_conditions`), what strategies of
one event mean together (`checks_awards`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loyalty_pipeline.program.checks_strategies import unknown_tier
from loyalty_pipeline.program.condition_values import always_meets
from loyalty_pipeline.program.conditions import normal_form
from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.reach import Reached, forwards
from loyalty_pipeline.program.rulesets import Action, Ruleset

_TIER_ACTIONS = ("set_tier", "upgrade_tier")
_OF_ACCRUAL = ("accrue", "message", "coupon", "upgrade_tier")


def ruleset_findings(draft: Draft, reached: list[Reached]) -> Iterator[Finding]:
    """All that is wrong with the shape of a version's rulesets."""
    yield from _names(draft)
    yield from _forwards(draft)
    rule_ids: dict[str, str] = {}
    for path, ruleset in draft.rulesets:
        yield from _unreachable(ruleset, path)
        yield from _released_never(ruleset, path)
        for number, rule in enumerate(ruleset.rules):
            here = (*path, "rules", number)
            if rule.id in rule_ids:
                both = f"in {rule_ids[rule.id]} and {ruleset.name}"
                message = f"two rules have the id {rule.id}, {both}: give each its own"
                yield Finding((*here, "id"), message)
            rule_ids.setdefault(rule.id, ruleset.name)
            yield from action_findings(rule.then, (*here, "then"), draft)
    yield from _multipliers_named_as_rules(draft, rule_ids)
    yield from _reached_twice(draft, reached)
    told: set[Path] = set()
    for one in reached:
        for path, _, action in one.actions():
            if path not in told and (why := _out_of_place(action, one)):
                told.add(path)
                yield Finding((*path, action.kind), why)


def _names(draft: Draft) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, ruleset in draft.rulesets:
        if (ruleset.event is None) == (ruleset.id is None):
            message = "a ruleset has an event, or an id by which rules forward to it: one of them"
            yield Finding((*path, "id" if ruleset.id else "event"), message)
            continue
        if ruleset.name in seen:
            key = "event" if ruleset.event else "id"
            message = f"there are two rulesets for {ruleset.name}: join their rules in one"
            yield Finding((*path, key), message)
        seen.add(ruleset.name)
        if ruleset.event is not None and ruleset.unroll is not None:
            message = (
                "lines and tenders are unrolled only in sets that rules forward to: "
                "give the set an id in place of the event, and forward to it"
            )
            yield Finding((*path, "unroll"), message)
        if ruleset.use_proportions and ruleset.unroll != "lines":
            message = "splits the points over lines: say 'unroll: lines' beside it"
            yield Finding((*path, "use_proportions"), message)


def _forwards(draft: Draft) -> Iterator[Finding]:
    sets = {ruleset.id: ruleset for _, ruleset in draft.rulesets if ruleset.id is not None}
    for path, ruleset in draft.rulesets:
        for number, rule in enumerate(ruleset.rules):
            for place, action in enumerate(rule.then):
                here = (*path, "rules", number, "then", place, "forward")
                if action.forward is None:
                    continue
                if action.forward not in draft.rulesets.names:
                    known = ", ".join(sorted(sets)) or "none"
                    message = f"there is no set {action.forward}: sets with an id are {known}"
                    yield Finding(here, message)
                elif ruleset.unroll is not None:
                    message = "a set that sees lines or tenders cannot forward: forward before it"
                    yield Finding(here, message)
                elif ruleset.id and (way := _way_back(ruleset.id, action.forward, sets)):
                    message = f"goes round in a circle: {' → '.join([ruleset.id, *way])}"
                    yield Finding(here, message)
    if not draft.rulesets.complete:
        return
    targets = {target for _, ruleset in draft.rulesets for target in forwards(ruleset)}
    for path, ruleset in draft.rulesets:
        if ruleset.id is not None and ruleset.event is None and ruleset.id not in targets:
            message = f"no rule forwards to {ruleset.id}: forward to it, or leave it out"
            yield Finding((*path, "id"), message)


def _way_back(start: str, target: str, sets: dict[str, Ruleset]) -> list[str]:
    """The way from a set on to where it started, if there is one."""
    waiting, seen = [[target]], {target}
    while waiting:
        way = waiting.pop(0)
        if way[-1] == start:
            return way
        for following in forwards(sets[way[-1]]) if way[-1] in sets else ():
            if following not in seen:
                seen.add(following)
                waiting.append([*way, following])
    return []


def _reached_twice(draft: Draft, reached: list[Reached]) -> Iterator[Finding]:
    """A set on two ways from an event: asked on both, each of its rules would award twice."""
    sets = {ruleset.id: ruleset for _, ruleset in draft.rulesets if ruleset.id is not None}
    first: dict[tuple[str, str], str] = {}
    told: set[Path] = set()
    for one in reached:
        name = one.ruleset.name
        for path, _, action in one.actions():
            target = action.forward
            if target is None or one.ruleset.unroll is not None:  # which is told as such
                continue
            before = first.setdefault((one.event, target), name)
            if before == name or path in told or _way_back(name, target, sets):
                continue
            told.add(path)
            message = (
                f"{one.event} comes to {target} from {before} already, and to a set only once: "
                f"forward to it from one of them, or give this one a set of its own"
            )
            yield Finding((*path, "forward"), message)


def _unreachable(ruleset: Ruleset, path: Path) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for number, rule in enumerate(ruleset.rules):
        here = (*path, "rules", number, "when")
        form = normal_form(rule.when.strip())
        if form == "FALSE":
            yield Finding(here, "never holds: leave the rule out")
        if ruleset.match == "all":
            continue
        if "TRUE" in seen:
            message = f"never comes to act: {seen['TRUE']} before it holds always; put it last"
            yield Finding(here, message)
        elif form in seen:
            message = f"never comes to act: {seen[form]} before it has the same condition"
            yield Finding(here, message)
        elif wider := [name for text, name in seen.items() if always_meets(form, text)]:
            message = (
                f"never comes to act: {wider[0]} before it holds whenever this does; put the "
                f"narrower one first"
            )
            yield Finding(here, message)
        seen.setdefault(form, rule.id)


def _released_never(ruleset: Ruleset, path: Path) -> Iterator[Finding]:
    if ruleset.event != "delayed_accrual":
        return
    if not any(action.accrue for rule in ruleset.rules for action in rule.then):
        message = (
            "no promise would ever be released, as no rule accrues: write {accrue: true} beside "
            "what happens then, or leave the event out, which releases all that is due"
        )
        yield Finding((*path, "rules"), message)


def action_findings(actions: Sequence[Action], where: Path, draft: Draft) -> Iterator[Finding]:
    """All that is wrong with what a rule, or a campaign, does."""
    for place, action in enumerate(actions):
        yield from _action(action, (*where, place), draft)
        if action in actions[:place]:
            yield Finding((*where, place), "is there twice: each action is done once")
        elif action.kind in _TIER_ACTIONS and any(a.kind in _TIER_ACTIONS for a in actions[:place]):
            message = "the rule gives a tier already, before this: a rule gives one tier"
            yield Finding((*where, place, action.kind), message)


def _action(action: Action, here: Path, draft: Draft) -> Iterator[Finding]:
    given = action.model_dump(exclude_none=True)
    if len(given) != 1:
        words = " and ".join(given) or "nothing"
        yield Finding(
            here, f"an action is one key, here is {words}: write each with a - of its own"
        )
        return
    path = (*here, action.kind)
    yield from _strategy(action, path, draft)
    for key, known in (("coupon", draft.coupons.names), ("message", draft.messages.names)):
        if action.kind == key and given[key] not in known:
            names = ", ".join(sorted(known)) or "none"
            yield Finding(path, f"there is no {key} {given[key]}: there are {names}")
    if action.kind in _TIER_ACTIONS and draft.knows_tiers:
        tier = str(given[action.kind])
        if tier not in draft.tier_names:
            yield Finding(path, unknown_tier(tier, draft))
        elif action.upgrade_tier == draft.tier_names[0]:
            message = f"{tier} is the base tier, which nobody is below: name a higher one"
            yield Finding(path, message)


def _strategy(action: Action, path: Path, draft: Draft) -> Iterator[Finding]:
    name = action.allocate or action.multiply
    if name is None:
        return
    if name not in draft.strategies.names:
        known = ", ".join(sorted(draft.strategies.names)) or "none"
        yield Finding(path, f"there is no strategy {name}: there are {known}")
        return
    strategy = next((one for _, one in draft.strategies if one.id == name), None)
    if strategy is None:
        return  # it is wrong by itself
    if strategy.module == "campaign":
        message = f"{name} is of module campaign: rules use strategies of module loyalty"
        yield Finding(path, message)
    elif (strategy.type == "multiplier") != (action.multiply is not None):
        other = "multiply" if strategy.type == "multiplier" else "allocate"
        yield Finding(path, f"{name} is {strategy.type}: write {{{other}: {name}}}")


def _out_of_place(action: Action, reached: Reached) -> str | None:
    """Why an event cannot have an action."""
    if reached.event == "delayed_accrual":
        if action.kind not in _OF_ACCRUAL:
            return (
                f"a promise that falls due can only be released: {action.kind} is not allowed "
                f"in delayed_accrual, which has {', '.join(_OF_ACCRUAL)}"
            )
    elif action.kind == "accrue":
        return f"releases a promise: only in event delayed_accrual, not in {reached.event}"
    return None


def _multipliers_named_as_rules(draft: Draft, rule_ids: dict[str, str]) -> Iterator[Finding]:
    for path, strategy in draft.strategies:
        if strategy.type == "multiplier" and strategy.id in rule_ids:
            message = (
                f"a rule is called {strategy.id}, too: the extra of a multiplier stands under its "
                f"id where points stand under their rule's; give each its own"
            )
            yield Finding((*path, "id"), message)
