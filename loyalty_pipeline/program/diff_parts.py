"""The parts of a version as name and text, for telling two versions apart in words.

Belongs here: what bands, caps, strategies, rules, campaigns, messages and coupons say, each in
one text under its id, so that moving one is no change of all. Not here: sentences (`diff`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from pydantic import BaseModel

from loyalty_pipeline.program.base import percent, plain
from loyalty_pipeline.program.limits import Cap
from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.rulesets import Rule, Ruleset
from loyalty_pipeline.program.slabs import Band, Slabs

# Keys of a version whose parts are named by their id, in place of their place in the file.
_BY_ID = {
    "slabs.bands", "caps", "further_slabs", "strategies", "rulesets", "campaigns", "messages",
    "coupons", "lists",
}  # fmt: skip


class _Named(Protocol):
    @property
    def id(self) -> str: ...


def parts_of(version: Version) -> dict[str, str]:
    """A version as name and value."""
    flat = flat_parts(version, {"effective_from", *_BY_ID})
    if version.slabs:
        flat |= {f"band {band.id}": _band(band, version.slabs) for band in version.slabs.bands}
    for table in version.further_slabs:
        own = flat_parts(table, {"id", "bands"})
        flat |= {f"slab table {table.id}, {key}": value for key, value in own.items()}
        for band in table.bands:
            flat[f"band {band.id} of slab table {table.id}"] = _band(band, table)
    for cap in version.caps:
        flat[f"cap {cap.id}"] = _cap(cap)
    _order(flat, "caps", version.caps)
    for strategy in version.strategies:
        flat[f"strategy {strategy.id}"] = _said(strategy)
    for ruleset in version.rulesets:
        flat |= _ruleset(ruleset)
    for message in version.messages:
        flat[f"message {message.id}"] = _said(message)
    for coupon in version.coupons:
        flat[f"coupon {coupon.id}"] = _said(coupon, {"pool"})
    for campaign in version.campaigns:
        flat[f"campaign {campaign.id}"] = _said(campaign)
    return flat


def values_of(version: Version) -> dict[str, Sequence[str]]:
    """Lists and pools of codes, which are too long for a sentence."""
    found: dict[str, Sequence[str]] = {}
    for name, values in version.lists.items():
        found[f"list {name}"] = (values,) if isinstance(values, str) else values
    for coupon in version.coupons:
        if coupon.pool is not None:
            found[f"codes of coupon {coupon.id}"] = coupon.pool
    return found


def _order(flat: dict[str, str], what: str, parts: Sequence[_Named]) -> None:
    if len(parts) > 1:
        flat[f"the order of {what}"] = ", ".join(part.id for part in parts)


def _ruleset(ruleset: Ruleset) -> dict[str, str]:
    name = ruleset.name
    flat = {f"ruleset {name}": _said(ruleset, {"event", "rules"})}
    for rule in ruleset.rules:
        flat[f"rule {rule.id} of {name}"] = _rule(rule)
    _order(flat, f"rules of {name}", ruleset.rules)
    return flat


def _rule(rule: Rule) -> str:
    actions = []
    for action in rule.then:
        target = getattr(action, action.kind, True)
        actions.append(action.kind if target is True else f"{action.kind} {target}")
    return f"when {rule.when}: {', '.join(actions)}"


def _cap(cap: Cap) -> str:
    over = f" and {cap.over}" if cap.over else ""
    of = f", of {', '.join(cap.of)}" if cap.of else ""
    then = f", then {cap.when_exhausted}" if cap.when_exhausted else ""
    return f"{plain(cap.points)} points per {cap.per}{over}{of}{then}"


def _band(band: Band, slabs: Slabs) -> str:
    sign = "" if slabs.measures == "net_sales" else "%"
    reach = f"{plain(band.from_)}{sign} and above"
    if band.to is not None:
        reach = f"{plain(band.from_)}{sign} to {plain(band.to)}{sign}"
    tier = f", {band.tier}" if band.tier else ""
    cap = f", at most {plain(band.cap)} points" if band.cap is not None else ""
    return f"{_award(band)} ({reach}{tier}{cap})"


def _award(band: Band) -> str:
    if band.points is not None:
        return f"{plain(band.points)} points"
    if band.rates is not None:
        return ", ".join(f"{tier} {percent(rate)}" for tier, rate in sorted(band.rates.items()))
    return percent(band.rate or Decimal(0))


def _said(part: BaseModel, leave_out: set[str] | None = None) -> str:
    """A whole part in one text; what it does not say is left out."""
    unsaid = {
        field.alias or name
        for name, field in type(part).model_fields.items()
        if not field.is_required() and getattr(part, name) in (None, field.default)
    }
    flat = flat_parts(part, {"id", *(leave_out or set()), *unsaid})
    return ", ".join(f"{key} {value}" for key, value in flat.items())


def flat_parts(part: BaseModel, leave_out: set[str]) -> dict[str, str]:
    """The keys of a part and the parts inside it, dotted, with their values as text."""
    found: dict[str, str] = {}

    def walk(value: object, path: str) -> None:
        if isinstance(value, BaseModel):
            for name, field in type(value).model_fields.items():
                key = f"{path}.{field.alias or name}".removeprefix(".")
                if key not in leave_out:
                    walk(getattr(value, name), key)
        elif isinstance(value, Mapping):
            in_order = path.startswith("templates")  # where the first language means something
            for key, inner in value.items() if in_order else sorted(value.items()):
                walk(inner, f"{path}.{key}")
        elif isinstance(value, tuple | list):
            found[path] = ", ".join(_item(item) for item in value)
        elif isinstance(value, Decimal):
            found[path] = plain(value)
        elif value is not None:
            found[path] = str(value)

    walk(part, "")
    return found


def _item(item: object) -> str:
    if isinstance(item, BaseModel):
        return " ".join(f"{key} {value}" for key, value in flat_parts(item, set()).items())
    return str(item)
