"""What the keys of a program file mean together: slabs, tiers, caps, versions.

Belongs here: every rule that looks at more than one key. It works on a draft, in which parts
that are wrong by themselves are missing, so that one mistake hides no other. Not here: what one
key may hold (`model`), lines and files (`loader`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, TypeVar

from pydantic import ValidationError

from loyalty_pipeline.program.base import Part, plain
from loyalty_pipeline.program.calendar import MONTH_NAMES, MONTHS_IN, Calendar, CycleNameError
from loyalty_pipeline.program.model import Band, Cap, Program, Rounding, Tiers, Version

P = TypeVar("P", bound=Part)
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """One thing wrong, at a part of the file."""

    path: Path
    message: str


def cross_field(raw: Mapping[str, Any], published: Sequence[Version] = ()) -> list[Finding]:
    """All that is wrong between keys of a program, which may be wrong in itself elsewhere."""
    found: list[Finding] = []
    versions = raw.get("versions")
    for number, version in enumerate(versions if isinstance(versions, list | tuple) else ()):
        if isinstance(version, Mapping):
            found += [
                Finding(("versions", number, *finding.path), finding.message)
                for finding in _version(version)
            ]
    found += _same_ids(raw.get("sources"), ("sources",), "source")
    return found + _between_versions(raw, published)


def check_program(program: Program) -> list[Finding]:
    """The same for a whole program, for example one merged with its published versions."""
    return cross_field(program.model_dump(by_alias=True))


def _attempt(model: type[P], raw: object) -> P | None:
    """The part, or None when it is wrong by itself, which is reported elsewhere."""
    if isinstance(raw, model):
        return raw
    try:
        return model.model_validate(raw)
    except ValidationError:
        return None


def _version(raw: Mapping[str, Any]) -> list[Finding]:
    found: list[Finding] = []
    slabs = raw.get("slabs")
    tiers = _attempt(Tiers, raw["tiers"]) if raw.get("tiers") is not None else None
    tiers_given = raw.get("tiers") is not None
    rounding = _attempt(Rounding, raw.get("rounding", {}))
    if isinstance(slabs, Mapping) and isinstance(slabs.get("bands"), list | tuple):
        where: Path = ("slabs", "bands")
        bands = [_attempt(Band, band) for band in slabs["bands"]]
        found += _bands(bands, slabs.get("gaps"), where)
        found += _same_ids(slabs["bands"], where, "band")
        if tiers is not None or not tiers_given:
            found += _band_tiers(bands, tiers, where)
        found += _cap_decimals(
            [(*where, number, "cap") for number in range(len(bands))],
            [band.cap if band else None for band in bands],
            rounding,
        )
    if tiers is not None:
        found += _tiers(tiers, slabs is not None)
    caps = raw.get("caps")
    if isinstance(caps, list | tuple):
        found += _same_ids(caps, ("caps",), "cap")
        drafts = [_attempt(Cap, cap) for cap in caps]
        found += _cap_decimals(
            [("caps", number, "points") for number in range(len(drafts))],
            [cap.points if cap else None for cap in drafts],
            rounding,
        )
    return found


def _same_ids(parts: object, where: Path, what: str) -> list[Finding]:
    found = []
    seen: set[str] = set()
    for number, part in enumerate(parts if isinstance(parts, list | tuple) else ()):
        name = part.get("id") if isinstance(part, Mapping) else None
        if not isinstance(name, str):
            continue
        if name in seen:
            message = f"two {what}s have the id {name}: give each its own"
            found.append(Finding((*where, number, "id"), message))
        seen.add(name)
    return found


def _bands(bands: Sequence[Band | None], gaps: object, where: Path) -> list[Finding]:
    found = []
    for number, band in enumerate(bands):
        if band is not None and band.to is not None and band.to <= band.from_:
            message = f"must be above from, {plain(band.from_)}: a band is [from, to)"
            found.append(Finding((*where, number, "to"), message))
    for number, (below, band) in enumerate(pairwise(bands), start=1):
        if below is not None and band is not None:
            found += _neighbours(below, band, gaps, (*where, number))
    top = bands[-1] if bands else None
    if top is not None and top.to is not None:
        message = (
            f"the top band must be open, or sales from {plain(top.to)} on would have no band: "
            f"leave to out, or add a band from {plain(top.to)}"
        )
        found.append(Finding((*where, len(bands) - 1, "to"), message))
    return found


def _neighbours(below: Band, band: Band, gaps: object, where: Path) -> list[Finding]:
    start = plain(band.from_)
    if band.from_ <= below.from_:
        message = (
            f"bands must go from low to high: {band.id} from {start} comes after "
            f"{below.id} from {plain(below.from_)}"
        )
        return [Finding((*where, "from"), message)]
    if below.to is None:
        message = (
            f"overlaps {below.id}, which is open upwards: "
            f"give {below.id} the upper end 'to: {start}'"
        )
        return [Finding((*where, "from"), message)]
    end = plain(below.to)
    if below.to <= below.from_:  # reported at the band below; its end says nothing
        return []
    if band.from_ < below.to:
        message = (
            f"{band.id} from {start} overlaps {below.id}, which goes to {end}: "
            f"an amount must lie in one band only; start {band.id} at {end} or end {below.id} "
            f"at {start}"
        )
        return [Finding((*where, "from"), message)]
    if band.from_ > below.to and gaps not in ("carry_lower", "no_award"):
        message = (
            f"sales from {end} to {start} lie in no band, between {below.id} and {band.id}: "
            f"say 'gaps: carry_lower' (rate, tier and cap of {below.id}) or 'gaps: no_award' "
            f"(nothing, base tier) under slabs, or close the gap"
        )
        return [Finding((*where, "from"), message)]
    return []


def _band_tiers(bands: Sequence[Band | None], tiers: Tiers | None, where: Path) -> list[Finding]:
    found = []
    highest: tuple[int, Band] | None = None
    for number, band in enumerate(bands):
        here: Path = (*where, number, "tier")
        if band is None:
            continue
        if tiers is None:
            if band.tier is not None:
                message = f"'{band.tier}' is no known tier: the version has no tiers; add tiers"
                found.append(Finding(here, message))
        elif tiers.from_ != "slab":
            if band.tier is not None:
                message = "a band gives a tier only when tiers come 'from: slab': leave it out"
                found.append(Finding(here, message))
        elif band.tier is not None and band.tier not in tiers.order:
            message = f"'{band.tier}' is not one of the tiers {', '.join(tiers.order)}"
            found.append(Finding(here, message))
        else:
            rank = tiers.order.index(band.tier) if band.tier is not None else 0
            if highest is not None and rank < highest[0]:
                message = (
                    f"{band.tier or 'no tier'} is below {highest[1].tier} of the lower band "
                    f"{highest[1].id}: more sales must not mean a lower tier"
                )
                found.append(Finding(here, message))
            else:
                highest = (rank, band)
    return found


def _cap_decimals(
    paths: Iterable[Path], caps: Iterable[Any], rounding: Rounding | None
) -> list[Finding]:
    found = []
    for path, cap in zip(paths, caps, strict=True):
        if cap is not None and rounding is not None and cap != round(cap, rounding.decimals):
            message = (
                f"{plain(cap)} has more decimals than points have: rounding gives them "
                f"{rounding.decimals}"
            )
            found.append(Finding(path, message))
    return found


def _tiers(tiers: Tiers, slabs_given: bool) -> list[Finding]:
    found = []
    for number, tier in enumerate(tiers.order):
        if tier in tiers.order[:number]:
            found.append(Finding(("tiers", "order", number), f"the tier {tier} is there twice"))
    here: Path = ("tiers", "thresholds")
    if tiers.from_ == "slab":
        if tiers.thresholds is not None:
            message = "belong to 'from: cycle_sales'; with 'from: slab' each band names its tier"
            found.append(Finding(here, message))
        if not slabs_given:
            message = "the version has no slabs to take tiers from: add slabs, or say cycle_sales"
            found.append(Finding(("tiers", "from"), message))
        return found
    thresholds = tiers.thresholds or {}
    missing = [tier for tier in tiers.order[1:] if tier not in thresholds]
    if missing:
        message = f"'from: cycle_sales' needs the net sales that earn {', '.join(missing)}"
        found.append(Finding(here, message))
    for tier in thresholds:
        if tier == tiers.base:
            message = f"{tier} is the base tier, which everyone holds: leave it out"
            found.append(Finding((*here, tier), message))
        elif tier not in tiers.order:
            message = f"'{tier}' is not one of the tiers {', '.join(tiers.order)}"
            found.append(Finding((*here, tier), message))
    given = [tier for tier in tiers.order[1:] if tier in thresholds]
    for lower, higher in pairwise(given):
        if thresholds[higher] <= thresholds[lower]:
            message = f"must be above that of {lower}, {plain(thresholds[lower])}"
            found.append(Finding((*here, higher), message))
    return found


@dataclass(frozen=True)
class _Rules:
    """What the checks between versions need of one, from the file (`number`) or published."""

    effective_from: date
    cycle: object
    applies: object
    mode: object
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
        if isinstance(day, date):
            slabs = version.get("slabs")
            mode = slabs.get("mode") if isinstance(slabs, Mapping) else None
            cycle, applies = version.get("cycle"), version.get("applies")
            found.append(_Rules(day, cycle, applies, mode, number))
    return found


def _between_versions(raw: Mapping[str, Any], published: Sequence[Version]) -> list[Finding]:
    found = []
    in_file = _draft_versions(raw.get("versions"))
    by_day: dict[date, _Rules] = {
        version.effective_from: _Rules(
            version.effective_from,
            version.cycle,
            version.applies,
            version.slabs.mode if version.slabs else None,
            None,
        )
        for version in published
    }
    for version in in_file:
        earlier = by_day.get(version.effective_from)
        if earlier is not None and earlier.number is not None:
            message = f"two versions are effective from {version.effective_from}: join them"
            found.append(Finding((*version.path, "effective_from"), message))
        by_day[version.effective_from] = version
    ordered = [by_day[day] for day in sorted(by_day)]
    found += _one_length(ordered)
    calendar = _calendar(raw, ordered)
    if calendar is not None:
        found += _first_cycle(calendar, ordered, complete=len(in_file) == len(raw["versions"]))
    return found


def _one_length(ordered: Sequence[_Rules]) -> list[Finding]:
    found = []
    for before, version in pairwise(ordered):
        if before.cycle != version.cycle and before.cycle and version.cycle:
            message = (
                f"{version.cycle} differs from {before.cycle} of the version of "
                f"{before.effective_from}: changing the cycle length is not supported yet, "
                f"all versions of a program must have one"
            )
            found.append(Finding((*version.path, "cycle"), message))
    return found


def _calendar(raw: Mapping[str, Any], ordered: Sequence[_Rules]) -> Calendar | None:
    month, first = raw.get("fiscal_start"), raw.get("first_cycle")
    cycle = ordered[0].cycle if ordered else None
    length = next((known for known in MONTHS_IN if known == cycle), None)
    if not isinstance(month, str) or month.lower() not in MONTH_NAMES:
        return None
    if length is None or not isinstance(first, str):
        return None
    return Calendar(length, MONTH_NAMES.index(month.lower()) + 1, first)


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
    for before, version in pairwise(ordered):
        cycle = calendar.cycle_of(version.effective_from)
        inside = version.effective_from != cycle.start
        if version.applies == "by_document_date" and inside and before.mode != version.mode:
            message = (
                f"slabs are {version.mode or 'absent'} here and {before.mode or 'absent'} in the "
                f"version of {before.effective_from}: one cycle cannot have both; start on a "
                f"cycle's first day or use another 'applies'"
            )
            found.append(Finding((*version.path, "applies"), message))
    return found
