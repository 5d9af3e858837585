"""One sealed commit: a small JSON header, and a Parquet file of entries where there are any.

Belongs here: the header's fields and its canonical bytes. Not here: reading and writing the
sequence, which is `journal.sequence`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from loyalty_pipeline.warehouse.work_files import WorkFile

Kind = Literal[
    "landing", "rules", "posting", "release", "redemption", "instruction", "campaign", "notices"
]
GENESIS = "0" * 64


@dataclass(frozen=True)
class Draft:
    """What a writer wants to commit. `details` is what the kind of commit needs to say."""

    kind: Kind
    business_date: date
    posted_at: datetime
    run_id: str
    cycles: tuple[str, ...] = ()
    promotes: tuple[WorkFile, ...] = ()  # one a table and partition
    entries: WorkFile | None = None
    identity: str = ""
    rules_version: str = ""
    rules_hash: str = ""
    totals: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    retires: tuple[tuple[str, str], ...] = ()  # tables and partitions that show nothing any more

    def __post_init__(self) -> None:
        keys = [*((file.table, file.partition) for file in self.promotes), *self.retires]
        assert len(set(keys)) == len(keys), f"a commit says one thing of a partition: {keys}"


@dataclass(frozen=True)
class Commit:
    """A draft that got a number. `sha256` is the hash of its header, which the next one names."""

    scope: str
    number: int
    previous: str
    draft: Draft
    first_seq: int  # running number of its first entry, without gaps over the whole scope
    sha256: str

    @property
    def entry_count(self) -> int:
        """How many entries it carries."""
        return self.draft.entries.rows if self.draft.entries else 0


def header_bytes(scope: str, number: int, previous: str, first_seq: int, draft: Draft) -> bytes:
    """The canonical bytes of a header: sorted keys, no insignificant space, one line."""
    value = {
        "format": 1,
        "scope": scope,
        "number": number,
        "previous": previous,
        "first_seq": first_seq,
        "kind": draft.kind,
        "business_date": draft.business_date.isoformat(),
        "posted_at": draft.posted_at.isoformat(timespec="microseconds"),
        "run_id": draft.run_id,
        "cycles": list(draft.cycles),
        "promotes": [file.as_json() for file in draft.promotes],
        "retires": [list(key) for key in draft.retires],
        "entries": draft.entries.as_json() if draft.entries else None,
        "identity": draft.identity,
        "rules_version": draft.rules_version,
        "rules_hash": draft.rules_hash,
        "totals": dict(draft.totals),
        "details": draft.details,
    }
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"


def parse_header(content: bytes) -> Commit:
    """A commit from its header's bytes."""
    value = json.loads(content)
    draft = Draft(
        kind=value["kind"],
        business_date=date.fromisoformat(value["business_date"]),
        posted_at=datetime.fromisoformat(value["posted_at"]),
        run_id=value["run_id"],
        cycles=tuple(value["cycles"]),
        promotes=tuple(WorkFile.from_json(file) for file in value["promotes"]),
        retires=tuple((table, partition) for table, partition in value["retires"]),
        entries=WorkFile.from_json(value["entries"]) if value["entries"] else None,
        identity=value["identity"],
        rules_version=value["rules_version"],
        rules_hash=value["rules_hash"],
        totals=value["totals"],
        details=value["details"],
    )
    return Commit(
        scope=value["scope"],
        number=value["number"],
        previous=value["previous"],
        draft=draft,
        first_seq=value["first_seq"],
        sha256=hashlib.sha256(content).hexdigest(),
    )


def faults_of(commit: Commit, scope: str, number: int, previous: str) -> Iterator[str]:
    """Why a commit is not the one of a scope and number that follows another; nothing if it is."""
    if (commit.scope, commit.number) != (scope, number):
        yield "the header belongs somewhere else"
    if commit.previous != previous:
        yield "the chain is broken: it names another predecessor"


def in_force(commits: Iterable[Commit]) -> dict[tuple[str, str], WorkFile]:
    """The work files that a sequence of commits leaves in force, by table and partition."""
    found: dict[tuple[str, str], WorkFile] = {}
    for commit in commits:
        found |= {(file.table, file.partition): file for file in commit.draft.promotes}
        for key in commit.draft.retires:
            found.pop(key, None)
    return found


def digest(*parts: object) -> str:
    """SHA-256 of a canonical rendering of plain values: identities and input hashes."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
