"""A listing as a source understands it: its files, and what lies beside each to vouch for it.

Belongs here: which names are files of the source and which their control or marker files. Not
here: whether a file is complete (`landing`), or judging a name by itself (`naming`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from loyalty_pipeline.ingest.naming import NamedFile, read_name
from loyalty_pipeline.ingest.remote import RemoteFile
from loyalty_pipeline.program.sources import ControlFile, Marker, Source


@dataclass(frozen=True)
class Candidate:
    """A file of the source, and the file that vouches for it, if it needs one."""

    file: RemoteFile
    named: NamedFile
    companion: RemoteFile | None  # its control or marker file
    lacks: str | None  # why that is not there or cannot be used; None if nothing is missing


@dataclass(frozen=True)
class View:
    """What a listing holds for a source."""

    candidates: list[Candidate]  # the earlier file first, as far as names tell
    orphans: list[RemoteFile]  # control and marker files whose file is not there
    ignored: list[str]  # none of the source's files, and why


@dataclass
class _Sorted:
    """Names by what they are."""

    files: dict[str, tuple[RemoteFile, NamedFile]] = field(default_factory=dict)
    # By their file's name in lower case: that name as they spell it, and they themselves.
    companions: dict[str, list[tuple[str, RemoteFile]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    ignored: list[str] = field(default_factory=list)


def companion_kind(source: Source) -> str:
    """What people call the file that vouches for one of this source."""
    return "marker file" if isinstance(source.complete, Marker) else "control file"


def view_of(source: Source, listed: Sequence[RemoteFile]) -> View:
    """Tell apart the files of a listing.

    Letters' case is the one thing senders get wrong in a suffix, so that a companion that
    differs in nothing else is found, and told, but never taken for the right one.
    """
    complete = source.complete
    suffix = complete.suffix if isinstance(complete, ControlFile | Marker) else None
    found = _sorted(source, listed, suffix)
    twice = _names_listed_twice(listed)
    candidates: list[Candidate] = []
    used: set[str] = set()
    for name, (file, named) in found.files.items():
        beside = _beside(name, found) if suffix else []
        used.update(one.name for one in beside)
        lacks = None
        if name in twice or any(one.name in twice for one in beside):
            lacks = "the server lists it twice: have its owner look at the folder"
        elif suffix:
            lacks = _lack(name + suffix, beside, companion_kind(source))
        candidates.append(Candidate(file, named, beside[0] if beside else None, lacks))
    orphans = [one for ones in found.companions.values() for _, one in ones if one.name not in used]
    return View(
        candidates=sorted(candidates, key=lambda one: (one.named.order, one.file.name)),
        orphans=sorted(orphans, key=lambda one: one.name),
        ignored=sorted(found.ignored),
    )


def _sorted(source: Source, listed: Sequence[RemoteFile], suffix: str | None) -> _Sorted:
    found = _Sorted()
    for file in listed:
        if suffix and file.name[-len(suffix) :].casefold() == suffix.casefold():
            owner = file.name[: -len(suffix)]
            if owner in found.files or isinstance(read_name(owner, 0, source), NamedFile):
                found.companions[owner.casefold()].append((owner, file))
                continue
        named = read_name(file.name, file.mtime, source)
        if isinstance(named, NamedFile):
            found.files[file.name] = (file, named)
        else:
            found.ignored.append(f"{file.name}: {named}")
    return found


def _names_listed_twice(listed: Sequence[RemoteFile]) -> set[str]:
    return {name for name, times in Counter(file.name for file in listed).items() if times > 1}


def _beside(name: str, found: _Sorted) -> list[RemoteFile]:
    """The companions of a file: its own, and those that differ in case and are no other file's."""
    ones = found.companions.get(name.casefold(), [])
    return [one for owner, one in ones if owner == name or owner not in found.files]


def _lack(expected: str, beside: Sequence[RemoteFile], kind: str) -> str | None:
    if not beside:
        return f"its {kind} is not there"
    if len({one.name for one in beside}) > 1:
        names = " and ".join(one.name for one in beside)
        return f"it has two {kind}s, {names}: have all but one removed"
    if beside[0].name != expected:
        return f"its {kind} is named {beside[0].name}, not {expected}: have it renamed"
    return None
