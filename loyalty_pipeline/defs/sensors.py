"""Sensors: what asks for a run because something changed.

Belongs here: noticing, and naming the run so that one change asks once. Not here: doing anything
about it. Both are off until somebody turns them on, as schedules are (`automation`).

Dagster never starts a second run with a run key it has seen, whatever became of the first: a
failed run of a cycle is executed again by hand. Files that do not land are asked for again, under
another key.
"""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from loyalty_pipeline import pipeline
from loyalty_pipeline.defs.checks import evaluated
from loyalty_pipeline.defs.group import Group
from loyalty_pipeline.defs.program_assets import rules_event
from loyalty_pipeline.defs.program_checks import Staleness, no_cycle_is_stale, staleness
from loyalty_pipeline.defs.resources import Loyalty
from loyalty_pipeline.ingest.landing_store import LandingStore
from loyalty_pipeline.ingest.remote import Patience, RemoteFile
from loyalty_pipeline.ingest.sftp import connect
from loyalty_pipeline.ingest.vouching import view_of
from loyalty_pipeline.journal.commits import digest
from loyalty_pipeline.ledger.state import program_journal, program_state
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.program.sources import SettleTime, Source
from loyalty_pipeline.program.versions import effective_rules
from loyalty_pipeline.warehouse.home import Home

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as AssetJob,
    )

_SECONDS = 60  # between two looks
# Before files that have not landed are asked for again: at first, and at the longest.
_AGAIN_SECONDS, _LONGEST_SECONDS = 300, 3600
# A tick is cut off after 60 seconds: better a failed look than one that is killed.
_PATIENCE = Patience(seconds=10, attempts=1)


def drop_sensor(source: Source, job: "AssetJob") -> dg.SensorDefinition:
    """Ask for landing when the drop folder shows other complete files than before."""

    @dg.sensor(
        name=f"new_files_{source.id}",
        job=job,
        minimum_interval_seconds=_SECONDS,
        description=f"Lists {source.path} of {source.id}; fetches nothing.",
    )
    def new_files(
        context: dg.SensorEvaluationContext, loyalty: Loyalty
    ) -> dg.SensorResult | dg.SkipReason:
        now = loyalty.source(source.id)
        with connect(now, context.log.info, _PATIENCE) as drop:
            listed = _complete(now, drop.list_folder().files)
        if not listed:
            return dg.SkipReason("no complete file of this source is there")
        cursor = json.loads(context.cursor or "{}")
        return _ask(now, listed, cursor, lambda: _have_landed(now, loyalty.place, listed))

    return new_files


def _complete(source: Source, files: Sequence[RemoteFile]) -> list[tuple[RemoteFile, ...]]:
    """The source's files that could be taken, each with the file that vouches for it."""
    return [
        (one.file, one.companion) if one.companion else (one.file,)
        for one in view_of(source, files).candidates
        if not one.lacks
    ]


def _ask(
    source: Source,
    listed: Sequence[tuple[RemoteFile, ...]],
    cursor: dict[str, str | int],
    has_landed: Callable[[], bool],
) -> dg.SensorResult | dg.SkipReason:
    """Ask for a listing, and again, after longer and longer, until all of it has landed.

    Where files have to settle, the first run notes their size and time and a later one finds them
    unchanged; a run may fail, wait in the queue, or take no more files than its contract allows.
    """
    listing = digest([_key(source, file) for files in listed for file in files])
    newest = max((file for file, *_ in listed), key=lambda file: (file.mtime, file.name))
    run_key = f"{_key(source, newest)}@{listing[:12]}"
    moment = int(Clock.system("UTC").now.timestamp())
    asked = 0
    if cursor.get("listing") == listing:
        asked, again_at = int(cursor.get("asked", 1)), int(cursor.get("again_at", 1))
        if not again_at or moment <= again_at:
            return dg.SkipReason("the same files as before")
        if has_landed():
            done: dict[str, str | int] = {"listing": listing, "asked": asked, "again_at": 0}
            return dg.SensorResult(skip_reason="all files have landed", cursor=_as_text(done))
        run_key += f" again {asked}"
    wait = _AGAIN_SECONDS
    if isinstance(source.complete, SettleTime):
        wait = max(source.complete.seconds, _SECONDS)
    again = moment + max(wait, min(wait * 2**asked, _LONGEST_SECONDS))
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=run_key)],
        cursor=_as_text({"listing": listing, "asked": asked + 1, "again_at": again}),
    )


def _as_text(cursor: dict[str, str | int]) -> str:
    return json.dumps(cursor, sort_keys=True)


def _have_landed(source: Source, home: Home, listed: Sequence[tuple[RemoteFile, ...]]) -> bool:
    arrivals = LandingStore(home, source.id).arrivals()
    there = {(one.remote_name, one.size, one.mtime) for one in arrivals}
    return all((file.name, file.size, file.mtime) in there for file, *_ in listed)


def _key(source: Source, file: RemoteFile) -> str:
    return f"{source.path}/{file.name}:{file.size}:{file.mtime}"


def changes_sensor(group: Group, job: "AssetJob") -> dg.SensorDefinition:
    """Ask for cycles whose sales changed or that ended; show those that rules made stale.

    A cycle that is stale for its rules alone is not run: that is for somebody to decide. Its
    rules are reported instead, so that it shows as stale here, too.
    """

    @dg.sensor(
        name=f"changes_{group.program.program}",
        job=job,
        minimum_interval_seconds=_SECONDS,
        description="Runs cycles that changed or ended; marks those stale for their rules alone.",
    )
    def changes(context: dg.SensorEvaluationContext, loyalty: Loyalty) -> dg.SensorResult:
        program = loyalty.program(group.program.program)
        today = loyalty.clock(program.time_zone).today
        found = staleness(group, program, loyalty.place, today)
        requests = [
            dg.RunRequest(
                partition_key=stale.cycle.name,
                run_key=f"{stale.cycle.name}:{stale.fingerprint[:16]}",
                tags={"loyalty/why": ", ".join(stale.reasons)},
            )
            for stale in found.cycles
            if not stale.only_rules and group.cycles.has_partition_key(stale.cycle.name)
        ]
        events, cursor = _news(
            context.instance, group, program, loyalty.place, found, context.cursor
        )
        if not requests and not events:
            return dg.SensorResult(skip_reason=found.in_words, cursor=cursor)
        return dg.SensorResult(run_requests=requests, asset_events=events, cursor=cursor)

    return changes


def _news(
    instance: dg.DagsterInstance,
    group: Group,
    program: Program,
    home: Home,
    found: Staleness,
    cursor: str | None,
) -> tuple[list[dg.AssetMaterialization | dg.AssetCheckEvaluation], str]:
    """What to report: posted cycles whose rules are others than last time, and what is stale."""
    draft = pipeline.as_if_published(program, home)
    postings = program_state(program_journal(home, program.program)).postings
    known: dict[str, str] = json.loads(cursor or "{}")
    events: list[dg.AssetMaterialization | dg.AssetCheckEvaluation] = []
    now = {"stale": digest([(one.cycle.name, one.reasons) for one in found.cycles])}
    for name, posting in sorted(postings.items()):
        now[name] = effective_rules(draft, draft.calendar.parse(name)).hash
        if now[name] != known.get(name, posting.draft.rules_hash):
            events.append(rules_event(instance, group, name, now[name]))
    if now["stale"] != known.get("stale"):
        events.append(evaluated(no_cycle_is_stale(group, found)))
    return events, json.dumps(now, sort_keys=True)
