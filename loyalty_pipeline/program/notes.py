"""What a program file leaves unsaid and may have been meant otherwise, in words.

Belongs here: notes about rules that load. Not here: mistakes (`checks`).
"""

from __future__ import annotations

from collections.abc import Iterator

from loyalty_pipeline.program.model import Program, Version


def notes_on(program: Program) -> list[str]:
    """One sentence a note, version by version; empty where nothing is left unsaid."""
    return [
        f"versions[{version.label}].{note}"
        for version in program.versions
        for note in (*_tiers_without_values(version), *_tiers_without_slabs(version))
    ]


def _tiers_without_values(version: Version) -> Iterator[str]:
    """A tier without a value earns nothing, and a person should see it (SPEC 5, Strategies)."""
    tiers = version.tiers.order if version.tiers else ()
    given: list[tuple[str, str, object]] = [
        (f"strategies[{one.id}].value", one.type, one.value) for one in version.strategies
    ]
    given += [(f"campaigns[{one.id}].value", str(one.type), one.value) for one in version.campaigns]
    given += _rates_of_bands(version)
    for name, kind, value in given:
        missing = [tier for tier in tiers if isinstance(value, dict) and tier not in value]
        if missing:
            earns = "is not multiplied" if kind == "multiplier" else "earns nothing by it"
            yield f"{name}: no value for {', '.join(missing)}: who holds it {earns}"


def _rates_of_bands(version: Version) -> Iterator[tuple[str, str, object]]:
    if version.tiers and version.tiers.from_ == "slab":
        return  # a band gives its tier, and needs no rate for others
    for band in version.slabs.bands if version.slabs else ():
        yield f"slabs.bands[{band.id}].rates", "prorated", band.rates
    for table in version.further_slabs:
        for band in table.bands:
            yield f"further_slabs[{table.id}].bands[{band.id}].rates", "prorated", band.rates


def _tiers_without_slabs(version: Version) -> Iterator[str]:
    """A tier that no band names and no rule gives: perhaps a name forgotten in a band."""
    if version.tiers is None or version.tiers.from_ != "slab":
        return
    given = {band.tier for band in version.slabs.bands} if version.slabs else set()
    for ruleset in version.rulesets:
        for rule in ruleset.rules:
            given |= {action.set_tier or action.upgrade_tier for action in rule.then}
    missing = [tier for tier in version.tiers.order[1:] if tier not in given]
    if missing:
        earned = f"no band and no rule gives {', '.join(missing)}"
        yield f"tiers.order: {earned}: only the instruction set_tier does"
