"""What the keys of a program file mean together: slabs, tiers, caps, versions.

Belongs here: the walk over a file that calls every rule about more than one key. It works on a
draft, in which parts that are wrong by themselves are missing, so that one mistake hides no
other. Not here: what one key may hold (`model`), lines and files (`loader`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from loyalty_pipeline.program.base import Part
from loyalty_pipeline.program.checks_slabs import (
    band_tier_findings,
    bands_findings,
    cap_decimals_findings,
    tiers_findings,
)
from loyalty_pipeline.program.checks_sources import source_findings
from loyalty_pipeline.program.checks_versions import between_versions
from loyalty_pipeline.program.finding import Finding, Path
from loyalty_pipeline.program.limits import Cap
from loyalty_pipeline.program.model import Program, Version
from loyalty_pipeline.program.rounding import Rounding
from loyalty_pipeline.program.slabs import Band
from loyalty_pipeline.program.tier_rules import Tiers

P = TypeVar("P", bound=Part)


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
    sources = raw.get("sources")
    found += _same_ids(sources, ("sources",), "source")
    for number, source in enumerate(sources if isinstance(sources, list | tuple) else ()):
        if isinstance(source, Mapping):
            found += source_findings(source, ("sources", number))
    return found + between_versions(raw, published)


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
        found += bands_findings(bands, slabs.get("gaps"), where)
        found += _same_ids(slabs["bands"], where, "band")
        if tiers is not None or not tiers_given:
            found += band_tier_findings(bands, tiers, where)
        found += cap_decimals_findings(
            [(*where, number, "cap") for number in range(len(bands))],
            [band.cap if band else None for band in bands],
            rounding,
        )
    if tiers is not None:
        found += tiers_findings(tiers, slabs is not None)
    caps = raw.get("caps")
    if isinstance(caps, list | tuple):
        found += _same_ids(caps, ("caps",), "cap")
        drafts = [_attempt(Cap, cap) for cap in caps]
        found += cap_decimals_findings(
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
