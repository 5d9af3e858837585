"""What decides the points of a cycle, as the plain values that its hash is made of.

Belongs here: which parts of versions count, and their one form whatever way they are written.
Not here: which versions are in force (`versions`).

Values at their default are left out, so that a key the product learns later makes no cycle
stale. Campaigns are not here: their awards are no part of a cycle's. Neither are the rules of
promises falling due: they are asked on that day, and what a cycle awards stays the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from loyalty_pipeline.program.bands import CompleteBand, complete_bands
from loyalty_pipeline.program.base import percent, plain
from loyalty_pipeline.program.conditions import normal_form
from loyalty_pipeline.program.limits import Cap, in_stage_order
from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.notices import Message
from loyalty_pipeline.program.rounding import Rounding
from loyalty_pipeline.program.rulesets import Ruleset
from loyalty_pipeline.program.slabs import Slabs
from loyalty_pipeline.program.strategies import Strategy, figure_of

if TYPE_CHECKING:
    from loyalty_pipeline.program.versions import EffectiveRules, Segment


def content_of(rules: EffectiveRules) -> dict[str, Any]:
    """All that decides what a cycle earns."""
    last = rules.governing
    content: dict[str, Any] = {
        "cycle": last.cycle,
        "slabs": _slab_content(rules.segments, lambda version: version.slabs),
        "rounding": _rounding_content(last.rounding),
        "delayed_accrual": last.slabs.delayed_accrual if last.slabs else None,
        "caps": [_cap_content(cap) for cap in in_stage_order(last.caps)],
        "tiers": last.tiers.model_dump(exclude_defaults=True) if last.tiers else None,
    }
    events = _event_content(rules.event_segments)
    for key, value, default in (
        ("before_enrolment", rules.before_enrolment, "ignore"),
        ("restate", last.restate, "original_cycle"),
        ("interim", last.interim, "none"),
        ("clawback", last.clawback, "allow_negative"),
        ("expiry", last.expiry, "none"),
        ("further_slabs", _further_content(rules.segments), {}),
        ("events", events, []),
        ("event_grain", last.rounding.event_grain if events else "document", "document"),
    ):
        if value != default:
            content[key] = value
    return content


def _rounding_content(rounding: Rounding) -> dict[str, Any]:
    """What rounding says beyond its defaults; a grain that is left out is that of the award."""
    content = rounding.model_dump(exclude_defaults=True)
    content.pop("grain", None)
    return content if rounding.slab_grain == "cycle" else {**content, "grain": rounding.slab_grain}


def _cap_content(cap: Cap) -> list[Any]:
    if cap.per == "partner" and cap.over == "cycle":
        return [cap.id, cap.points]
    return [cap.id, cap.points, cap.per, cap.over, sorted(cap.of or ()), cap.when_exhausted]


def _slab_content(
    segments: Sequence[Segment], table: Callable[[Version], Slabs | None]
) -> dict[str, Any]:
    """What one slab table decides: rates per segment, tier and cap by the last day's table.

    Neighbours of equal rates are one: a version that changes nothing is no boundary.
    """
    rates = _without_repeats(
        (segment.start, _rate_content(table(segment.version), segment.version))
        for segment in segments
    )
    last = segments[-1].version
    return {
        "rates": [[start, *content] for start, content in rates],
        "tiers_and_caps": [
            [band.lower, band.tier, band.cap] for band in complete_bands(table(last), last.tiers)
        ],
    }


def _rate_content(slabs: Slabs | None, version: Version) -> list[Any]:
    bands = [_band_content(band) for band in complete_bands(slabs, version.tiers)]
    if slabs is None:
        return [None, bands]
    more: dict[str, Any] = {}
    if slabs.measures != "net_sales":
        more["measures"] = slabs.measures
    if slabs.categories is not None:
        more["categories"] = sorted(set(slabs.categories))
    return [slabs.mode, bands, more] if more else [slabs.mode, bands]


def _band_content(band: CompleteBand) -> list[Any]:
    content: list[Any] = [band.lower, band.upper, band.slab, band.rate]
    if band.points is not None or band.rates:
        content += [band.points, sorted(band.rates)]
    return content


def _further_content(segments: Sequence[Segment]) -> dict[str, Any]:
    names = {table.id for segment in segments for table in segment.version.further_slabs}
    content = {}
    for name in sorted(names):
        last = segments[-1].version.slab_table(name)
        content[name] = {
            **_slab_content(segments, partial(Version.slab_table, table_id=name)),
            "delayed_accrual": last.delayed_accrual if last else None,
        }
    return content


def _event_content(segments: Sequence[Segment]) -> list[Any]:
    found = _without_repeats((segment.start, _event_rules(segment.version)) for segment in segments)
    if all(not content for _, content in found):
        return []
    return [[start, content] for start, content in found]


def _event_rules(version: Version) -> dict[str, Any]:
    """What a version does with events; nothing where it has no rules for them."""
    sets = [ruleset for ruleset in version.rulesets if ruleset.event != "delayed_accrual"]
    if not any(ruleset.event for ruleset in sets):
        return {}
    parts = {
        "rulesets": {ruleset.name: _ruleset_content(ruleset) for ruleset in sets},
        "strategies": {
            strategy.id: _strategy_content(strategy)
            for strategy in version.strategies
            if strategy.module == "loyalty"
        },
        "stacking": version.stacking,
        "lists": {name: sorted(set(values)) for name, values in version.lists.items()},
        "messages": {message.id: _message_content(message) for message in version.messages},
        "coupons": {coupon.id: _dumped(coupon) for coupon in version.coupons},
    }
    return {name: content for name, content in parts.items() if content}


def _ruleset_content(ruleset: Ruleset) -> list[Any]:
    rules = [
        [
            rule.id,
            normal_form(rule.when),
            [action.model_dump(exclude_none=True) for action in rule.then],
        ]
        for rule in ruleset.rules
    ]
    return [ruleset.unroll, ruleset.use_proportions, ruleset.match, rules]


def _strategy_content(strategy: Strategy) -> dict[str, Any]:
    content = {**_dumped(strategy), "value": _figures(strategy.value)}
    if strategy.basis == "document_amount":  # as where none is written
        del content["basis"]
    return content


def _message_content(message: Message) -> dict[str, Any]:
    """Languages stay in their order: the first one is for whoever names none."""
    templates = {channel: list(texts.items()) for channel, texts in message.templates.items()}
    return {**_dumped(message), "templates": templates}


def _figures(value: str | dict[str, str]) -> object:
    """Figures in one form: 10 and 10.0 are one, 10% and 0.1 are not."""
    if isinstance(value, str):
        figure = figure_of(value)
        return percent(figure) if value.endswith("%") else plain(figure)
    return {tier: _figures(figure) for tier, figure in value.items()}


def _dumped(part: BaseModel) -> dict[str, Any]:
    return part.model_dump(exclude_defaults=True, exclude={"id"})


def _without_repeats(parts: Iterable[tuple[date, Any]]) -> list[tuple[date | None, Any]]:
    """Each part with its first day, which the first one does not need; equal neighbours once."""
    found: list[tuple[date | None, Any]] = []
    for start, content in parts:
        if not found:
            found.append((None, content))
        elif found[-1][1] != content:
            found.append((start, content))
    return found


def canonical(value: object) -> str:
    """The one text of plain values."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain_value
    )


def _plain_value(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no canonical form for {type(value).__name__}")
