"""What a program file leaves unsaid and may have been meant otherwise, in words.

Belongs here: notes about rules that load. Not here: mistakes (`checks`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from loyalty_pipeline.program.calendar import LAST_YEAR
from loyalty_pipeline.program.campaigns import Recurring
from loyalty_pipeline.program.feeds import FeedName
from loyalty_pipeline.program.model import Program, Version


def notes_on(program: Program) -> list[str]:
    """One sentence a note, version by version; empty where nothing is left unsaid."""
    versions = sorted(program.versions, key=lambda version: version.effective_from)
    found = []
    for version, before, after in zip(
        versions, [None, *versions], [*versions[1:], None], strict=False
    ):
        notes = [*_tiers_without_values(version), *_tiers_without_slabs(version)]
        notes += _events_without_feed(program, version)
        if not (version.slabs or version.further_slabs or version.rulesets or version.campaigns):
            notes.append("effective_from: without slabs, rulesets and campaigns nothing is paid")
        notes += _of_a_later_cycle(program, version, before) if before else []
        notes += _campaigns_after(version, after) if after else []
        found += [f"versions[{version.label}].{note}" for note in notes]
    return found


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
    from_slab = version.tiers is not None and version.tiers.from_ == "slab"
    for band in version.slabs.bands if version.slabs and not from_slab else ():
        yield f"slabs.bands[{band.id}].rates", "prorated", band.rates
    for table in version.further_slabs:
        for band in table.bands:
            yield f"further_slabs[{table.id}].bands[{band.id}].rates", "prorated", band.rates


def _tiers_without_slabs(version: Version) -> Iterator[str]:
    """Bands without a rate for their own tier, and tiers that no band names and no rule gives."""
    if version.tiers is None or version.tiers.from_ != "slab":
        return
    bands = version.slabs.bands if version.slabs else ()
    for band in bands:
        tier = band.tier or version.tiers.base
        if band.rates is not None and tier not in band.rates:
            paid = "it is the tier of who reaches the band, which pays nothing"
            yield f"slabs.bands[{band.id}].rates: no value for {tier}: {paid}"
    given = {band.tier for band in bands}
    for ruleset in version.rulesets:
        for rule in ruleset.rules:
            given |= {action.set_tier or action.upgrade_tier for action in rule.then}
    missing = [tier for tier in version.tiers.order[1:] if tier not in given]
    if missing:
        earned = f"no band and no rule gives {', '.join(missing)}"
        yield f"tiers.order: {earned}: only the instruction set_tier does"


# The feeds of which one is needed for an event to happen.
_FEEDS: dict[str, tuple[FeedName, ...]] = {
    "transaction": ("sales", "claims"),
    "claim": ("claims",),
    "scan": ("scans",),
    "registration": ("partners",),
    "customer_update": ("partners",),
}


def _events_without_feed(program: Program, version: Version) -> Iterator[str]:
    """Rules and slabs of what no source sends; cases give files to a program without sources."""
    if not program.sources:
        return
    feeds = {feed for source in program.sources for feed in source.feeds}
    for ruleset in version.rulesets:
        needed = _FEEDS.get(ruleset.event or "", ())
        if needed and not feeds.intersection(needed):
            missing = f"no source has a feed {' or '.join(needed)}"
            yield f"rulesets[{ruleset.event}]: {missing}, so its rules never act"
    for table in (version.slabs, *version.further_slabs):
        if table is not None and table.measures == "target" and "targets" not in feeds:
            yield "slabs: bands of targets, and no source has a feed targets: nobody reaches one"


def _of_a_later_cycle(program: Program, version: Version, before: Version) -> Iterator[str]:
    """What of a version that starts inside a cycle counts only from the next one (SPEC 6)."""
    cycle = program.calendar.cycle_of(version.effective_from)
    starts_inside = program.calendar.first.start < version.effective_from != cycle.start
    if version.applies != "by_cycle_start" or not starts_inside:
        return
    later = [
        name
        for name, here, there in (
            ("tiers", version.tiers, before.tiers),
            ("caps", version.caps, before.caps),
            ("rounding", version.rounding, before.rounding),
        )
        if here != there
    ]
    if later and version.rulesets:
        way = "start it on that day, or say 'applies: retro_with_delta', to have both at once"
        yield (
            f"applies: its rules of events act from {version.effective_from}, its "
            f"{', '.join(later)} from {cycle.end}: {way}"
        )


def _campaigns_after(version: Version, after: Version) -> Iterator[str]:
    """Dates on which the next version is in force, whose campaigns run then."""
    there = {campaign.id for campaign in after.campaigns}
    for campaign in version.campaigns:
        if isinstance(campaign.on, Recurring) or campaign.id in there:
            continue
        for day in campaign.dates(after.effective_from, date(LAST_YEAR, 12, 31)):
            no = f"the version of {after.label} or a later one is in force then, without it"
            yield f"campaigns[{campaign.id}].on: {no}: it does not run on {day}"
