"""What messages, coupons and strategies mean together with the rules that use them, or do not.

Belongs here: placeholders, validity, and parts that nothing uses. Not here: codes of a file
(`lists_of_files`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from loyalty_pipeline.program.columns import columns_of
from loyalty_pipeline.program.draft import Draft
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.notices import PLACEHOLDER, Message
from loyalty_pipeline.program.reach import Reached

# What a template may name beside the columns of its event.
ALWAYSPLACEHOLDER = ("points", "program", "rule", "event")


def notice_findings(draft: Draft, reached: Sequence[Reached]) -> Iterator[Finding]:
    """All that is wrong with messages and coupons, and parts that are never used."""
    used = _used(draft, reached)
    for path, message in draft.messages:
        yield from _templates(message, path, _names_for(message.id, draft, reached))
        yield from _language(message, path, draft)
    for path, coupon in draft.coupons:
        if (coupon.valid_days is None) == (coupon.valid_until is None):
            text = "a coupon has valid_days or valid_until, so that its codes end: one of them"
            yield Finding((*path, "valid_until" if coupon.valid_until else "valid_days"), text)
        start = draft.raw.get("effective_from")
        if coupon.valid_until is not None and str(coupon.valid_until) < str(start):
            text = f"{coupon.valid_until} is before the version starts, {start}"
            yield Finding((*path, "valid_until"), text)
        if coupon.codes != "generated" and coupon.prefix:
            text = "only generated codes have a prefix: leave it out"
            yield Finding((*path, "prefix"), text)
    if draft.rulesets.complete and draft.campaigns.complete:
        for parts in (draft.strategies, draft.messages, draft.coupons):
            for path, part in parts:
                if part.id not in used[parts.path[0]]:
                    text = f"{part.id} is never used: no rule or campaign names it; leave it out"
                    if getattr(part, "module", None) == "campaign":
                        text = f"{part.id} is never used: no campaign names it; leave it out"
                    yield Finding((*path, "id"), text)


def _used(draft: Draft, reached: Sequence[Reached]) -> dict[object, set[str]]:
    actions = [
        action for _, ruleset in draft.rulesets for rule in ruleset.rules for action in rule.then
    ]
    actions += [action for _, campaign in draft.campaigns for action in campaign.then or ()]
    return {
        "strategies": {
            name for action in actions for name in (action.allocate, action.multiply) if name
        }
        | {campaign.strategy for _, campaign in draft.campaigns if campaign.strategy},
        "messages": {action.message for action in actions if action.message},
        "coupons": {action.coupon for action in actions if action.coupon},
    }


def _names_for(message: str, draft: Draft, reached: Sequence[Reached]) -> set[str] | None:
    """What every event that sends a message can name; None where no event does."""
    found: set[str] | None = None
    for one in reached:
        if message in one.ruleset.messages:
            names = {*columns_of(one.event, one.unroll, draft.custom), *ALWAYSPLACEHOLDER}
            found = names if found is None else found & names
    if any(message in campaign.messages for _, campaign in draft.campaigns):
        names = {*columns_of("campaign", None, draft.custom), *ALWAYSPLACEHOLDER}
        found = names if found is None else found & names
    return found


def _templates(message: Message, path: Path, known: set[str] | None) -> Iterator[Finding]:
    texts: list[tuple[Path, str]] = [
        ((*path, "templates", channel, language), text)
        for channel, languages in message.templates.items()
        for language, text in languages.items()
    ]
    texts += [((*path, "subject", key), text) for key, text in (message.subject or {}).items()]
    for here, text in texts:
        if not text.strip():
            yield Finding(here, "is empty: write the text")
        rest = PLACEHOLDER.sub("", text)
        if "{" in rest or "}" in rest:
            yield Finding(here, "has a { without its }: a value stands between both, like {points}")
        for name in PLACEHOLDER.findall(text):
            if known is not None and name not in known:
                near = get_close_matches(name, known, n=1)
                hint = (
                    f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
                )
                yield Finding(here, f"{{{name}}} is no value of the event: {hint}")
    for channel, languages in message.templates.items():
        if not languages:
            yield Finding((*path, "templates", channel), 'needs a language, like en: "…"')
    if message.subject is not None and "email" not in message.templates:
        yield Finding((*path, "subject"), "only e-mails have a subject: leave it out")
    for language in message.templates.get("email", {}):
        if message.subject is not None and language not in message.subject:
            text = f"there is no subject in {language}, in which there is an e-mail"
            yield Finding((*path, "subject"), text)


def _language(message: Message, path: Path, draft: Draft) -> Iterator[Finding]:
    fields = draft.custom.get("partners", {})
    if message.language is not None and message.language not in fields:
        known = ", ".join(sorted(fields)) or "none"
        text = f"{message.language} is no custom field of the partner: there are {known}"
        yield Finding((*path, "language"), text)
