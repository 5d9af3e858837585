"""What differs between two states of a program, in words.

Belongs here: sentences for people about rules. Not here: what a difference costs, which is a
simulation, nor which cycles it touches, which their hashes say.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pydantic import BaseModel

from loyalty_pipeline.program.base import percent, plain
from loyalty_pipeline.program.model import Band, Program, Version

# What a key is called in a sentence; a key that is not listed is called by its name.
_WORDS = {
    "applies": "how the version applies inside a cycle",
    "cycle": "the cycle length",
    "restate": "whose sales a return reduces",
    "rounding.decimals": "the decimals of points",
    "rounding.mode": "the rounding mode",
    "rounding.grain": "what is rounded",
    "slabs.mode": "the slab mode",
    "slabs.gaps": "what sales between two bands earn",
    "slabs.delayed_accrual": "the days points stay promised",
    "tiers.order": "the order of tiers",
    "tiers.from": "what earns a tier",
    "tiers.kept": "the cycles a tier is kept",
    "point_value": "the money a point is worth",
    "first_cycle": "the first cycle",
    "fiscal_start": "the start of the fiscal year",
    "before_enrolment": "whether sales before enrolment earn",
}


def diff_in_words(old: Program, new: Program) -> list[str]:
    """One sentence a difference, program first, then version by version; empty when equal."""
    sentences = _changes(_flat(old, {"versions", "sources"}), _flat(new, {"versions", "sources"}))
    sentences += _sources(old, new)
    before = {version.effective_from: version for version in old.versions}
    after = {version.effective_from: version for version in new.versions}
    for day in sorted({*before, *after}):
        earlier, later = before.get(day), after.get(day)
        if earlier is None and later is not None:
            sentences += _new_version(later, new)
        elif later is None:
            sentences.append(
                f"The version of {day} is left out; where it is published it stays in force."
            )
        elif earlier is not None:
            sentences += [
                f"Version of {day}: {change}"
                for change in _changes(_version(earlier), _version(later))
            ]
    return sentences


def _new_version(version: Version, program: Program) -> list[str]:
    label = f"Version of {version.label}"
    earlier = [one for one in program.versions if one.effective_from < version.effective_from]
    if not earlier:
        return [f"{label}: new, the first one."]
    last = max(earlier, key=lambda one: one.effective_from)
    changes = _changes(_version(last), _version(version))
    if not changes:
        return [f"{label}: new, and says the same as the version of {last.label}."]
    return [
        f"{label}: new, in place of the version of {last.label}.",
        *(f"{label}: {change}" for change in changes),
    ]


def _sources(old: Program, new: Program) -> list[str]:
    before = {source.id: source for source in old.sources}
    after = {source.id: source for source in new.sources}
    found = []
    for name in sorted({*before, *after}):
        earlier, later = before.get(name), after.get(name)
        if earlier is None:
            found.append(f"Source {name}: new.")
        elif later is None:
            found.append(f"Source {name}: dropped.")
        else:
            found += [
                f"Source {name}: {change}"
                for change in _changes(_flat(earlier, set()), _flat(later, set()))
            ]
    return found


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    found = []
    for key in [*old, *(key for key in new if key not in old)]:
        name = _WORDS.get(key, key)
        if key not in new:
            found.append(f"{name} is dropped (was {old[key]}).")
        elif key not in old:
            found.append(f"{name} is new: {new[key]}.")
        elif old[key] != new[key]:
            found.append(f"{name} changes from {old[key]} to {new[key]}.")
    return [sentence[0].upper() + sentence[1:] for sentence in found]


def _version(version: Version) -> dict[str, str]:
    """A version as name and value; bands and caps are named by their id, not by their place."""
    flat = _flat(version, {"effective_from", "bands", "caps"})
    for band in version.slabs.bands if version.slabs else ():
        flat[f"band {band.id}"] = _band(band)
    for cap in version.caps:
        flat[f"cap {cap.id}"] = f"{plain(cap.points)} points per {cap.per} and {cap.period}"
    if len(version.caps) > 1:
        flat["the order of caps"] = ", ".join(cap.id for cap in version.caps)
    return flat


def _band(band: Band) -> str:
    reach = f"{plain(band.from_)} and above"
    if band.to is not None:
        reach = f"{plain(band.from_)} to {plain(band.to)}"
    tier = f", {band.tier}" if band.tier else ""
    cap = f", at most {plain(band.cap)} points" if band.cap is not None else ""
    return f"{percent(band.rate)} ({reach}{tier}{cap})"


def _flat(part: BaseModel, leave_out: set[str]) -> dict[str, str]:
    """The keys of a part and the parts inside it, dotted, with their values as text."""
    found: dict[str, str] = {}

    def walk(value: object, path: str) -> None:
        if isinstance(value, BaseModel):
            for name, field in type(value).model_fields.items():
                key = field.alias or name
                if key not in leave_out:
                    walk(getattr(value, name), f"{path}.{key}" if path else key)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                walk(inner, f"{path}.{key}")
        elif isinstance(value, tuple | list):
            found[path] = ", ".join(str(item) for item in value)
        elif isinstance(value, Decimal):
            found[path] = plain(value)
        elif value is not None:
            found[path] = str(value)

    walk(part, "")
    return found
