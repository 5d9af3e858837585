"""Files that change what counts wait until someone agrees (SPEC 2, `supersede: approve`).

Belongs here: which new files must wait, and what to tell about them. Not here: which version of a
document counts once a file does (`documents`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from loyalty_pipeline.ingest.claims import show_lines
from loyalty_pipeline.ingest.delivered import Delivered, SalesFile
from loyalty_pipeline.ingest.register import Content, FileRecord, SourceState
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import Engine

_SHOWN = 5  # documents that a waiting file's reason names

# A document: distributor, type, number, fiscal year.
Identity = tuple[str, str, str, int]


@dataclass(frozen=True)
class _Said:
    """What some file says of a document: equal contents have equal numbers, per document."""

    content: int
    rank: int
    is_due: bool  # else it counts from a later day on


def hold_back(
    engine: Engine,
    state: SourceState,
    delivered: Delivered,
    agreed: Collection[Content],
    today: date,
) -> dict[str, FileRecord]:
    """The new records of files that must wait, by arrival.

    Files are judged from earlier to later on what counts by then: of two new files that
    contradict each other the later one waits. `delivered` is shown to the engine already.
    """
    staged = {record.content for record in state.files if record.status == "staged"}
    judged = {
        rank: file
        for rank, file in enumerate(delivered.sales, start=1)
        if file.record.content not in staged and file.record.content not in agreed
    }
    if not judged:
        return {}
    engine.values("judged_files", (("file_rank", "integer"),), [(rank,) for rank in judged])
    earlier = state.work_file("sales_document_states")
    engine.files(
        "earlier_states", [earlier] if earlier else [], staged_tables.SALES_DOCUMENT_STATES
    )
    counting = _Counting()
    contents, removals = _contents(engine, delivered, today), _removals(engine)
    for rank, said in contents.items():
        if rank not in judged:
            counting.take(said)
    waiting = {}
    for rank, file in judged.items():
        changed = counting.changed_by(rank, contents.get(rank, {}), removals.get(rank, {}))
        if changed:
            counting.waits.add(rank)
            waiting[file.record.arrival_id] = _waiting(file, changed)
        else:
            counting.take(contents.get(rank, {}))
    return waiting


class _Counting:
    """What counts of the documents that more than one file names, as files are let through."""

    def __init__(self) -> None:
        self.said: dict[Identity, _Said] = {}
        self.waits: set[int] = set()

    def take(self, said: dict[Identity, _Said]) -> None:
        """A file counts, so far as it is due."""
        for identity, one in said.items():
            before = self.said.get(identity)
            if one.is_due and (before is None or one.rank > before.rank):
                self.said[identity] = one

    def changed_by(
        self, rank: int, said: dict[Identity, _Said], missing: dict[Identity, int]
    ) -> list[Identity]:
        """The documents that count and would not, or not as they are, if the file did."""
        changed = []
        for identity, one in said.items():
            counted = self.said.get(identity)
            if counted is not None and counted.rank < rank and counted.content != one.content:
                changed.append(identity)
        for identity, older in missing.items():
            counted = self.said.get(identity)
            if older not in self.waits and (counted is None or counted.rank < rank):
                changed.append(identity)
        return sorted(set(changed))


def _contents(
    engine: Engine, delivered: Delivered, today: date
) -> dict[int, dict[Identity, _Said]]:
    """What each file says of the documents that it and others name, of those that count."""
    engine.table("compared_versions", "staging/compared_versions", today=today)
    ranks = [int(rank) for (rank,) in engine.rows("staging/files_compared")]
    show_lines(engine, delivered.lines, ranks)
    found: dict[int, dict[Identity, _Said]] = defaultdict(dict)
    for rank, *identity, is_due, content in engine.rows("staging/compared_contents"):
        distributor, kind, number, year = identity
        found[rank][distributor, kind, number, year] = _Said(content, rank, is_due)
    return found


def _removals(engine: Engine) -> dict[int, dict[Identity, int]]:
    """By file, the documents it would remove, and the file that holds each."""
    found: dict[int, dict[Identity, int]] = defaultdict(dict)
    for rank, distributor, kind, number, year, older in engine.rows("staging/removals_asked"):
        found[rank][distributor, kind, number, year] = older
    return found


def _waiting(file: SalesFile, changed: list[Identity]) -> FileRecord:
    names = ", ".join(_named(changed[:_SHOWN]))
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    count = "1 document" if len(changed) == 1 else f"{len(changed)} documents"
    reason = (
        f"{file.record.remote_name}: changes or removes {count} that already "
        f"{'counts' if len(changed) == 1 else 'count'}: {names}{more}; nothing of the file counts "
        f"until someone agrees with `loyalty files approve {file.record.remote_name} --by NAME "
        f"--reason WHY`"
    )
    return replace(file.record, status="waiting", reasons=(reason,))


def _named(changed: Iterable[Identity]) -> list[str]:
    return [
        f"{kind.replace('_', ' ')} {number} of {distributor}"
        for distributor, kind, number, _ in changed
    ]
