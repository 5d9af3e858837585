"""Which rules are in force for a cycle, their hash, and versions kept outside the file.

Belongs here: effective rules by `applies`, publishing's merge, and a version as JSON. Not
here: rules as tables (`relations`), differences in words (`diff`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from loyalty_pipeline.program.bands import complete_bands
from loyalty_pipeline.program.base import plain
from loyalty_pipeline.program.calendar import Cycle
from loyalty_pipeline.program.model import Program, Rounding, Version


@dataclass(frozen=True)
class Segment:
    """A part of a cycle whose sales one version rates; `end_exclusive` is not in it."""

    start: date
    end_exclusive: date
    version: Version


@dataclass(frozen=True)
class EffectiveRules:
    """The rules of one cycle. Caps, tiers and rounding are the governing version's."""

    program: str
    cycle: Cycle
    segments: tuple[Segment, ...]
    before_enrolment: str

    @property
    def governing(self) -> Version:
        """The version whose rules are in force on the cycle's last day."""
        return self.segments[-1].version

    @property
    def version(self) -> str:
        """The governing version's label."""
        return self.governing.label

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what decides this cycle's points, and of nothing else.

        Equal for equal meaning: comments, order of keys, names, sources, the text of a number
        and a gap rule without a gap do not count. Values at their default are left out, so that
        a key the product learns later does not make every cycle stale.
        """
        return hashlib.sha256(_canonical(self._content()).encode()).hexdigest()

    def _content(self) -> dict[str, Any]:
        last = self.governing
        content: dict[str, Any] = {
            "cycle": last.cycle,
            "slabs": _slab_content(self.segments),
            "rounding": _rounding_content(last.rounding),
            "delayed_accrual": last.slabs.delayed_accrual if last.slabs else None,
            "caps": [[cap.id, cap.points] for cap in last.caps],
            "tiers": last.tiers.model_dump(exclude_defaults=True) if last.tiers else None,
        }
        for key, value, default in (
            ("before_enrolment", self.before_enrolment, "ignore"),
            ("restate", last.restate, "original_cycle"),
            ("interim", last.interim, "none"),
            ("clawback", last.clawback, "allow_negative"),
            ("expiry", last.expiry, "none"),
        ):
            if value != default:
                content[key] = value
        return content


def _rounding_content(rounding: Rounding) -> dict[str, Any]:
    """What rounding says beyond its defaults; a grain that is left out is that of the award."""
    content = rounding.model_dump(exclude_defaults=True)
    content.pop("grain", None)
    return content if rounding.slab_grain == "cycle" else {**content, "grain": rounding.slab_grain}


def _slab_content(segments: Sequence[Segment]) -> dict[str, Any]:
    """What the slab tables decide: rates per segment, tier and cap by the last day's table.

    Neighbours of equal rates are one: a version that changes nothing is no boundary.
    """
    rates: list[list[Any]] = []
    for segment in segments:
        slabs = segment.version.slabs
        bands = complete_bands(slabs, segment.version.tiers)
        content = [
            slabs.mode if slabs else None,
            [[band.lower, band.upper, band.slab, band.rate] for band in bands],
        ]
        if not rates:
            rates.append([None, *content])
        elif rates[-1][1:] != content:
            rates.append([segment.start, *content])
    last = segments[-1].version
    return {
        "rates": rates,
        "tiers_and_caps": [
            [band.lower, band.tier, band.cap] for band in complete_bands(last.slabs, last.tiers)
        ],
    }


def _canonical(value: object) -> str:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain_value
    )


def _plain_value(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no canonical form for {type(value).__name__}")


class NoRulesError(LookupError):
    """No version of a program is in force at the start of a cycle."""


def effective_rules(program: Program, cycle: Cycle) -> EffectiveRules:
    """The rules of a cycle, by each version's `applies` (SPEC 6).

    The version in force on the first day governs. Later ones inside the cycle govern from the
    next cycle (`by_cycle_start`), from their day (`by_document_date`) or from the cycle's first
    day (`retro_with_delta`).

    Raises:
        NoRulesError: the first version starts after the cycle did.
    """
    ordered = sorted(program.versions, key=lambda version: version.effective_from)
    in_force = [version for version in ordered if version.effective_from <= cycle.start]
    if not in_force:
        raise NoRulesError(
            f"program {program.program} has no rules at the start of cycle {cycle.name}: "
            f"its first version is effective from {ordered[0].label}"
        )
    segments = [Segment(cycle.start, cycle.end, in_force[-1])]
    for version in ordered[len(in_force) :]:
        if version.effective_from >= cycle.end:
            break
        if version.applies == "retro_with_delta":
            segments = [Segment(cycle.start, cycle.end, version)]
        elif version.applies == "by_document_date":
            last = segments.pop()
            segments.append(Segment(last.start, version.effective_from, last.version))
            segments.append(Segment(version.effective_from, cycle.end, version))
    return EffectiveRules(program.program, cycle, tuple(segments), program.before_enrolment)


def merge_published(published: Iterable[Version], file: Iterable[Version]) -> list[Version]:
    """What is in force after publishing a file: its versions, and those it leaves out.

    A version of the file replaces the published one of the same day.
    """
    merged = {version.effective_from: version for version in published}
    merged.update({version.effective_from: version for version in file})
    return [merged[day] for day in sorted(merged)]


def with_published(program: Program, published: Iterable[Version]) -> Program:
    """The program as it is once its file is published."""
    return program.model_copy(
        update={"versions": tuple(merge_published(published, program.versions))}
    )


def version_to_json(version: Version) -> str:
    """Canonical JSON of a version; decimals are strings, rates percentages, as in the file."""
    return _canonical(version.model_dump(mode="json", by_alias=True, exclude_none=True))


def version_from_json(text: str) -> Version:
    """The version that `version_to_json` wrote."""
    return Version.model_validate(json.loads(text))
