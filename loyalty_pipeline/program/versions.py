"""Which rules are in force for a cycle, their hash, and versions kept outside the file.

Belongs here: effective rules by `applies`, publishing's merge, and a version as JSON. Not
here: what the hash is made of (`rules_content`), rules as tables (`relations`), differences in
words (`diff`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from loyalty_pipeline.program.calendar import Calendar, Cycle
from loyalty_pipeline.program.model import Program, Version
from loyalty_pipeline.program.rules_content import canonical, content_of


@dataclass(frozen=True)
class PublishedRules:
    """What of a program is published: its versions, and the cycles posted under them, in order."""

    versions: tuple[Version, ...] = ()
    cycles: tuple[Cycle, ...] = ()


NOT_PUBLISHED = PublishedRules()  # of a program that is new


@dataclass(frozen=True)
class Segment:
    """A part of a cycle whose sales one version rates; `end_exclusive` is not in it."""

    start: date
    end_exclusive: date
    version: Version


@dataclass(frozen=True)
class EffectiveRules:
    """The rules of one cycle. Caps, tiers and rounding are the governing version's.

    `segments` are those of slabs, which `applies` decides. An event always goes by the version in
    force on its date: `event_segments`, by `effective_from` alone.
    """

    program: str
    cycle: Cycle
    segments: tuple[Segment, ...]
    before_enrolment: str
    event_segments: tuple[Segment, ...]

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

        Equal for equal meaning: comments, order of keys, names, sources, the text of a number,
        spaces in a condition and a gap rule without a gap do not count.
        """
        return hashlib.sha256(canonical(content_of(self)).encode()).hexdigest()


class CutCyclesError(ValueError):
    """Posted cycles would not be the same days any more.

    `first` is the first day of the first of them.
    """

    def __init__(self, cut: Sequence[Cycle], posted: Sequence[Cycle]) -> None:
        self.first = cut[0].start
        names = ", ".join(cycle.name for cycle in cut[:3]) + (" and more" if len(cut) > 3 else "")
        super().__init__(
            f"{names} would not be the same days any more, and posted cycles keep their length: "
            f"let another length, or fiscal year, begin on {posted[-1].end} or later"
        )


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
    return EffectiveRules(
        program.program,
        cycle,
        tuple(segments),
        program.before_enrolment,
        _by_date(cycle, [in_force[-1], *ordered[len(in_force) :]]),
    )


def rules_of_version(program: Program, version: Version) -> EffectiveRules:
    """The rules of a cycle that one version alone governs."""
    cycle = program.calendar.cycle_of(version.effective_from)
    segments = (Segment(cycle.start, cycle.end, version),)
    return EffectiveRules(program.program, cycle, segments, program.before_enrolment, segments)


def _by_date(cycle: Cycle, versions: Sequence[Version]) -> tuple[Segment, ...]:
    """Each version of a cycle with its days; the first is in force when the cycle starts."""
    inside = [version for version in versions[1:] if version.effective_from < cycle.end]
    starts = [cycle.start, *(version.effective_from for version in inside)]
    ends = [*starts[1:], cycle.end]
    return tuple(
        Segment(start, end, version)
        for start, end, version in zip(starts, ends, [versions[0], *inside], strict=True)
    )


def merge_published(published: Iterable[Version], file: Iterable[Version]) -> list[Version]:
    """What is in force after publishing a file: its versions, and those it leaves out.

    A version of the file replaces the published one of the same day.
    """
    merged = {version.effective_from: version for version in published}
    merged.update({version.effective_from: version for version in file})
    return [merged[day] for day in sorted(merged)]


def refuse_cut(calendar: Calendar, posted: Sequence[Cycle]) -> None:
    """Cycles that are posted keep their names and length (SPEC 6); `posted` is in order.

    Raises:
        CutCyclesError: they would not under this calendar.
    """
    cut = [cycle for cycle in posted if calendar.cycle_of(cycle.start) != cycle]
    if cut:
        raise CutCyclesError(cut, posted)


def with_published(program: Program, published: Iterable[Version]) -> Program:
    """The program as it is once its file is published."""
    return program.model_copy(
        update={"versions": tuple(merge_published(published, program.versions))}
    )


def version_to_json(version: Version) -> str:
    """Canonical JSON of a version; decimals are strings, rates percentages, as in the file.

    Keys are sorted but for the languages of a message, of which the first one means something.
    """
    plain = version.model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(_sorted(plain), separators=(",", ":"), ensure_ascii=False)


def _sorted(value: object, key: str = "") -> object:
    if isinstance(value, dict):
        if key == "templates":
            return {channel: value[channel] for channel in sorted(value)}
        return {name: _sorted(value[name], name) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def version_from_json(text: str) -> Version:
    """The version that `version_to_json` wrote."""
    return Version.model_validate(json.loads(text))
