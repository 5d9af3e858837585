"""What people decide about files: that one that waits may count, or that files are read again.

Belongs here: the two commands and what they refuse. Not here: which files must wait (`approval`),
or the commit (`staging`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.ingest.reading import Readings, read_arrivals
from loyalty_pipeline.ingest.register import (
    Content,
    FileRecord,
    SourceState,
    source_scope,
    source_state,
)
from loyalty_pipeline.ingest.staging import Change, StagingReport, commit_change
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.home import Home


class DecisionError(Exception):
    """A decision that cannot be carried out; its text says why and how to mend it."""


def files_named(
    home: Home, source_id: str, names: Sequence[str], status: str | None = None
) -> list[str]:
    """The identities of files by their names on the server; of several with one name the latest.

    Raises:
        DecisionError: no file of such a name (and status) has come.
    """
    state = source_state(Journal(home, source_scope(source_id)))
    known = {r.remote_name: r.file_id for r in state.files if status in (None, r.status)}
    unknown = [name for name in names if name not in known]
    if unknown:
        which = f"file that is {status}" if status else "file"
        listed = f"`loyalty files --status {status}`" if status else "`loyalty files`"
        raise DecisionError(
            f"source {source_id} has no {which} named {', '.join(unknown)}: {listed} lists them"
        )
    return [known[name] for name in names]


def approve(
    source: Source,
    home: Home,
    clock: Clock,
    run_id: str,
    file_ids: Sequence[str],
    by: str,
    reason: str,
) -> StagingReport:
    """Let files that wait count from now on, and keep who agreed and why.

    Raises:
        DecisionError: no name or reason is given, or a file does not wait.
    """
    if not by.strip() or not reason.strip():
        raise DecisionError("an approval needs the name of who agrees, and the reason: give both")

    def change(state: SourceState) -> Change:
        waiting: dict[str, list[FileRecord]] = {}
        for record in state.files:
            if record.status == "waiting":
                waiting.setdefault(record.file_id, []).append(record)
        for file_id in file_ids:
            if file_id not in waiting:
                raise DecisionError(_not_waiting(source, state, file_id))
        agreed = [record for file_id in dict.fromkeys(file_ids) for record in waiting[file_id]]
        return Change(
            Readings(tuple(replace(r, status="staged", reasons=()) for r in agreed), ()),
            agreed=frozenset(r.content for r in agreed),
            details={
                "approvals": [
                    {"arrival_id": r.arrival_id, "by": by.strip(), "reason": reason.strip()}
                    for r in agreed
                ]
            },
        )

    if not file_ids:
        raise DecisionError("name the files that are approved")
    return commit_change(source, home, clock, run_id, change)


def reprocess(
    source: Source, home: Home, clock: Clock, run_id: str, file_ids: Sequence[str] | None
) -> StagingReport:
    """Read files again under the contract as it is now, without a new delivery.

    None: all that were refused or have quarantined rows. What an earlier reading brought and this
    one does not is taken back, as if the file had been read this way at first. Where nothing is
    different there is no commit.

    Raises:
        DecisionError: a file is not known, or its bytes are no longer there.
    """
    store = LandingStore(home, source.id)

    def change(state: SourceState) -> Change | None:
        known = {record.file_id for record in state.files}
        for file_id in file_ids or ():
            if file_id not in known:
                raise DecisionError(
                    f"source {source.id} has no file {file_id}: `loyalty files` lists them"
                )
        wanted = set(file_ids) if file_ids is not None else _not_all_good(state.files)
        landed = {record.arrival_id for record in state.files if record.file_id in wanted}
        again = [a for a in store.arrivals() if a.arrival_id in landed]
        for arrival in again:
            if not store.path_of(arrival.file_id).exists():
                raise DecisionError(
                    f"{arrival.remote_name}: its bytes are no longer in {home.landing(source.id)}: "
                    f"bring them back from the archive, or have the file delivered again"
                )
        if not again:
            return None
        readings = read_arrivals(source, home, state, again, lambda text: None)
        return Change(
            readings,
            agreed=_agreed(state.files),
            only_if_needed=True,
        )

    return commit_change(source, home, clock, run_id, change)


def _not_all_good(files: Collection[FileRecord]) -> set[str]:
    return {r.file_id for r in files if r.status == "refused" or r.rows_quarantined}


def _agreed(files: Collection[FileRecord]) -> frozenset[Content]:
    """Files that count already do not wait because they are read again."""
    return frozenset(r.content for r in files if r.status == "staged")


def _not_waiting(source: Source, state: SourceState, file_id: str) -> str:
    found = [record for record in state.files if record.file_id == file_id]
    if not found:
        return f"source {source.id} has no file {file_id}: `loyalty files` lists them"
    statuses = ", ".join(sorted({record.status for record in found}))
    return f"{found[0].remote_name} does not wait for approval: it is {statuses}"
