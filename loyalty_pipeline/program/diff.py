"""Rules in words: what a version says, and what differs between two states of a program.

Belongs here: sentences for people about rules. Not here: what a difference costs, which is a
simulation, nor which cycles it touches, which their hashes say.
"""

from __future__ import annotations

from collections.abc import Mapping

from loyalty_pipeline.program.diff_parts import flat_parts, parts_of, values_of
from loyalty_pipeline.program.model import Program, Version

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
    "tiers.from.window": "the cycles whose sales earn a tier",
    "tiers.upgrade": "when an earned tier comes into force",
    "tiers.crossing": "what the document that crosses a threshold earns",
    "tiers.kept": "the cycles a tier is kept",
    "tiers.grace_days": "the days a tier outlasts its time",
    "tiers.downgrade": "where a tier that ends falls to",
    "interim": "whether slabs pay after every month",
    "stacking": "what several promotions of one event come to",
    "slabs.measures": "what slabs measure",
    "slabs.categories": "the categories that slabs count",
    "point_value": "the money a point is worth",
    "first_cycle": "the first cycle",
    "fiscal_start": "the start of the fiscal year",
    "before_enrolment": "whether sales before enrolment earn",
}


def rules_in_words(version: Version) -> list[tuple[str, str]]:
    """What a version says, part by part: what it is called, and what it says."""
    said = [(_WORDS.get(key, key), value) for key, value in parts_of(version).items()]
    listed = [(name, f"{len(values):,} values") for name, values in values_of(version).items()]
    return said + listed


def diff_in_words(old: Program, new: Program) -> list[str]:
    """One sentence a difference, program first, then version by version; empty when equal."""
    sentences = _changes(
        flat_parts(old, {"versions", "sources"}), flat_parts(new, {"versions", "sources"})
    )
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
            sentences += [f"Version of {day}: {change}" for change in _between(earlier, later)]
    return sentences


def _between(old: Version, new: Version) -> list[str]:
    return _changes(parts_of(old), parts_of(new)) + _lists(old, new)


def _new_version(version: Version, program: Program) -> list[str]:
    label = f"Version of {version.label}"
    earlier = [one for one in program.versions if one.effective_from < version.effective_from]
    if not earlier:
        return [f"{label}: new, the first one."]
    last = max(earlier, key=lambda one: one.effective_from)
    changes = _between(last, version)
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
                for change in _changes(flat_parts(earlier, set()), flat_parts(later, set()))
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


def _lists(old: Version, new: Version) -> list[str]:
    """What came to lists and pools of codes, and what went."""
    before, after = values_of(old), values_of(new)
    found = []
    for name in sorted({*before, *after}):
        came = sorted({*after.get(name, ())} - {*before.get(name, ())})
        went = sorted({*before.get(name, ())} - {*after.get(name, ())})
        said = [
            f"{len(values):,} {word} ({', '.join(values[:3])}{', …' if len(values) > 3 else ''})"
            for values, word in ((came, "added"), (went, "removed"))
            if values
        ]
        if said:
            found.append(f"{name[0].upper()}{name[1:]}: {' and '.join(said)}.")
    return found
