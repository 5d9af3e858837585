"""What the versions of a program mean together, and with its calendar.

Belongs here: which versions can follow each other. Published versions, which a file may leave
out, count too. Not here: what is wrong inside one version (`checks_slabs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from loyalty_pipeline.program.base import plain
from loyalty_pipeline.program.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    MONTH_NAMES,
    MONTHS_IN,
    Calendar,
    CycleLength,
    CycleNameError,
)
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.model import Version
from loyalty_pipeline.program.versions import CutCyclesError, PublishedRules, refuse_cut


@dataclass(frozen=True)
class _Rules:
    """What the checks between versions need of one, from the file (`number`) or published."""

    effective_from: date
    cycle: object
    applies: object
    shape: Mapping[str, object]  # what one cycle cannot have two of
    restate: object
    tiers: tuple[object, ...]  # in their order; none where the version has none
    number: int | None

    @property
    def path(self) -> Path:
        return () if self.number is None else ("versions", self.number)


def _draft_versions(raw: object) -> list[_Rules]:
    found = []
    for number, version in enumerate(raw if isinstance(raw, list | tuple) else ()):
        if not isinstance(version, Mapping):
            continue
        day = version.get("effective_from")
        if isinstance(day, date) and FIRST_YEAR <= day.year <= LAST_YEAR:
            cycle, applies = version.get("cycle"), version.get("applies")
            restate = version.get("restate", "original_cycle")
            shape, tiers = _draft_shape(version), _draft_tiers(version)
            found.append(_Rules(day, cycle, applies, shape, restate, tiers, number))
    return found


def _draft_tiers(version: Mapping[str, Any]) -> tuple[object, ...]:
    tiers = version.get("tiers")
    order = tiers.get("order") if isinstance(tiers, Mapping) else None
    return tuple(order) if isinstance(order, list | tuple) else ()


def _draft_shape(version: Mapping[str, Any]) -> dict[str, object]:
    further = version.get("further_slabs")
    return _shape(
        version.get("slabs"),
        further if isinstance(further, list | tuple) else (),
        version.get("interim", "none"),
    )


def _published_shape(version: Version) -> dict[str, object]:
    return _shape(
        version.slabs and version.slabs.model_dump(),
        [table.model_dump() for table in version.further_slabs],
        version.interim,
    )


def _shape(slabs: object, further: Sequence[object], interim: object) -> dict[str, object]:
    """Slabs rate the sales of a whole cycle: its segments may have other bands, not another way."""
    return {
        "slabs are": _way(slabs),
        "further slabs are": ", ".join(f"{_id(table)} ({_way(table)})" for table in further)
        or None,
        "interim awards are": interim,
        # Each version rates the sales dated under it, and a fixed amount is of no sale.
        "fixed amounts are": ", ".join(
            f"{amount} for {band}" for table in (slabs, *further) for band, amount in _fixed(table)
        )
        or None,
    }


def _fixed(slabs: object) -> Iterator[tuple[str, str]]:
    bands = slabs.get("bands") if isinstance(slabs, Mapping) else None
    for band in bands if isinstance(bands, list | tuple) else ():
        if isinstance(band, Mapping) and band.get("points") is not None:
            bounds = [band.get("from", band.get("from_")), band.get("to")]
            low, high = (_figure(bound) for bound in bounds)
            yield f"{low} to {high}" if bounds[1] is not None else low, _figure(band["points"])


def _figure(value: object) -> str:
    try:
        return plain(Decimal(str(value)))
    except InvalidOperation:  # which is told where it stands
        return str(value)


def _way(slabs: object) -> str | None:
    if not isinstance(slabs, Mapping):
        return None
    categories = slabs.get("categories")
    of = ", ".join(map(str, categories)) if isinstance(categories, list | tuple) else "all sales"
    return f"{slabs.get('mode')} of {slabs.get('measures') or 'net_sales'}, {of}"


def _id(table: object) -> object:
    return table.get("id") if isinstance(table, Mapping) else None


def between_versions(raw: Mapping[str, Any], published: PublishedRules) -> list[Finding]:
    """Equal days, cut cycles, another restate, no rules at the start, two slab modes."""
    found = []
    in_file = _draft_versions(raw.get("versions"))
    by_day: dict[date, _Rules] = {
        version.effective_from: _Rules(
            version.effective_from,
            version.cycle,
            version.applies,
            _published_shape(version),
            version.restate,
            version.tiers.order if version.tiers else (),
            None,
        )
        for version in published.versions
    }
    for version in in_file:
        earlier = by_day.get(version.effective_from)
        if earlier is not None and earlier.number is not None:
            message = f"two versions are effective from {version.effective_from}: join them"
            found.append(Finding((*version.path, "effective_from"), message))
        by_day[version.effective_from] = version
    ordered = [by_day[day] for day in sorted(by_day)]
    found += _one_restate(ordered)
    found += _kept_tiers(ordered)
    calendar = _calendar(raw, ordered)
    if calendar is None:
        return found
    cut = _cut_by_lengths(calendar, ordered) or _cut_of_posted(calendar, ordered, published)
    if cut:
        return found + cut
    return found + _first_cycle(calendar, ordered, complete=len(in_file) == len(raw["versions"]))


def _one_restate(ordered: Sequence[_Rules]) -> list[Finding]:
    """A return across the border of two ways to count would reduce two cycles, or none."""
    found = []
    for before, version in pairwise(ordered):
        if before.restate != version.restate:
            message = (
                f"{version.restate} differs from {before.restate} of the version of "
                f"{before.effective_from}: all versions of a program must restate alike, or a "
                f"return of an earlier cycle's sale would count in two cycles or in none"
            )
            found.append(Finding((*version.path, "restate"), message))
    return found


def _kept_tiers(ordered: Sequence[_Rules]) -> list[Finding]:
    """A tier that somebody holds must be one of the next version's, between the same others."""
    found = []
    with_tiers = [version for version in ordered if version.tiers]
    for before, version in pairwise(with_tiers):
        kept = [tier for tier in version.tiers if tier in before.tiers]
        if kept != list(before.tiers) or version.tiers[0] != before.tiers[0]:
            message = (
                f"{_listed(version.tiers)} here and {_listed(before.tiers)} in the version of "
                f"{before.effective_from}: partners may hold each of those, so keep them all, in "
                f"their order and with the same lowest one; new tiers may come between and above. "
                f"One that nobody shall reach any more gets a threshold out of reach"
            )
            found.append(Finding((*version.path, "tiers", "order"), message))
    return found


def _listed(tiers: Sequence[object]) -> str:
    return ", ".join(map(str, tiers))


def _cut_by_lengths(calendar: Calendar, ordered: Sequence[_Rules]) -> list[Finding]:
    """A length may change only where a cycle of both lengths starts (SPEC 6)."""
    found = []
    of = {version.effective_from: version for version in ordered}
    for day, length in calendar.changes:
        before = calendar.length_on(day - timedelta(days=1))
        if calendar.starts_both(day, before, length):
            continue
        longer = max(before, length, key=MONTHS_IN.__getitem__)
        held = calendar.with_length(longer).cycle_of(day)
        message = (
            f"cycles are a {length} from here on and a {before} up to then, and {day} is not the "
            f"first day of both: start the version on {held.start} or {held.end}, or keep "
            f"'cycle: {before}'"
        )
        found.append(Finding((*of[day].path, "cycle"), message))
    return found


def _cut_of_posted(
    calendar: Calendar, ordered: Sequence[_Rules], published: PublishedRules
) -> list[Finding]:
    try:
        refuse_cut(calendar, published.cycles)
    except CutCyclesError as error:
        in_force = [version for version in ordered if version.effective_from <= error.first]
        in_file = bool(in_force) and in_force[-1].number is not None
        return [Finding((*in_force[-1].path, "cycle") if in_file else (), str(error))]
    return []


def _calendar(raw: Mapping[str, Any], ordered: Sequence[_Rules]) -> Calendar | None:
    month, first = raw.get("fiscal_start"), raw.get("first_cycle")
    if not isinstance(month, str) or month.lower() not in MONTH_NAMES:
        return None
    if not isinstance(first, str) or not ordered:
        return None
    lengths: list[tuple[date, CycleLength]] = []
    for version in ordered:
        length = next((known for known in MONTHS_IN if known == version.cycle), None)
        if length is None:
            return None
        lengths.append((version.effective_from, length))
    return Calendar.of(lengths, month, first)


def _first_cycle(calendar: Calendar, ordered: Sequence[_Rules], *, complete: bool) -> list[Finding]:
    try:
        first = calendar.first
    except CycleNameError as error:
        return [Finding(("first_cycle",), str(error))]
    found = []
    if complete and ordered[0].effective_from > first.start:
        message = (
            f"the first cycle starts on {first.start} and no version is in force then: "
            f"start the first version on that day or before"
        )
        found.append(Finding((*ordered[0].path, "effective_from"), message))
    return found + _shapes(calendar, ordered)


def _shapes(calendar: Calendar, ordered: Sequence[_Rules]) -> list[Finding]:
    """Slab tables that rate one cycle must be alike; which do, `effective_rules` says."""
    found = []
    cycle, rating = None, ordered[0]
    for version in ordered:
        own = calendar.cycle_of(version.effective_from)
        if own != cycle:
            before = [one for one in ordered if one.effective_from <= own.start]
            cycle, rating = own, before[-1] if before else version
        if version.effective_from == own.start or version.applies == "by_cycle_start":
            continue
        if version.applies == "by_document_date":
            found += _one_shape(rating, version)
        rating = version
    return found


def _one_shape(before: _Rules, version: _Rules) -> list[Finding]:
    for name, here in version.shape.items():
        there = before.shape[name]
        if here != there:
            message = (
                f"{name} {here or 'absent'} here and {there or 'absent'} in the "
                f"version of {before.effective_from}: one cycle cannot have both; start on a "
                f"cycle's first day or use another 'applies'"
            )
            return [Finding((*version.path, "applies"), message)]
    return []
