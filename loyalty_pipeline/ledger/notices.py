"""Messages and coupons that events ask for: each comes about once, for ever (SPEC 8).

Belongs here: what is new, what is withdrawn, and the commit that says so. Not here: texts
(`wording`), codes (`coupon_codes`), or sending (`sending`).

A recomputation changes nothing of what was written first: not its text, date or code. What is not
sent yet is withdrawn once its event asks for it no more, and comes back with the event.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from loyalty_pipeline.earning.inputs import StagedInputs, staged_inputs
from loyalty_pipeline.earning.merges import HOMES
from loyalty_pipeline.journal.commits import Commit, Draft, digest
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.coupon_codes import Codes, valid_until
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.ledger.wording import worded
from loyalty_pipeline.program.base import plain
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program, Version
from loyalty_pipeline.program.versions import version_to_json
from loyalty_pipeline.warehouse import tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.home import Home
from loyalty_pipeline.warehouse.work_files import WorkFile

Row = dict[str, Any]  # by the columns of tables.NOTICES
COLUMNS = tuple(name for name, _ in tables.NOTICES)
# Where it stands what is asked for: by events of cycles, by releases and by campaigns.
_ASKING = {
    "event_actions": tables.EVENT_ACTIONS,
    "release_actions": tables.RELEASE_ACTIONS,
    "campaign_actions": tables.CAMPAIGN_ACTIONS,
}
# What sql/notices/new.sql tells, before points and fields.
_OF_NEW = (
    *("kind", "event_key", "partner_id", "target", "event", "event_date"),
    *("cycle", "rule", "version", "place"),
)


@dataclass(frozen=True)
class Noticed:
    """What became of messages and coupons in a run."""

    commit: Commit | None
    without_code: Mapping[str, int] = field(default_factory=dict)  # coupon: how many wait for one

    def in_words(self) -> Iterator[str]:
        """What somebody has to do something about."""
        for coupon, count in sorted(self.without_code.items()):
            yield (
                f"coupon {coupon} has no code left: {count:,} events wait for one; add codes to "
                f"its file, in a new version of the program"
            )


def note_notices(program: Program, home: Home, clock: Clock, run_id: str) -> Noticed:
    """Commit which messages and coupons are new, withdrawn or back; nothing if none is.

    Codes are chosen from what the journal has issued, and the commit fails if another run was
    faster: no two runs give out one code.

    Raises:
        MovedError: other runs were faster five times in a row.
    """
    journal = program_journal(home, program.program)
    if not _files(program_state(journal), *_ASKING):
        return Noticed(None)
    return journal.commit(
        lambda: _attempt(program, journal, clock, run_id), "messages were being written"
    )


def kept_notices(duckdb: Engine, state: ProgramState) -> None:
    """Give SQL every notice as it stands: notices, kept_notices. Needs homes."""
    duckdb.files("notices", _files(state, "notices"), tables.NOTICES)
    duckdb.table("kept_notices", "notices/kept")


def append_notices(
    duckdb: Engine,
    journal: Journal,
    state: ProgramState,
    rows: list[Row],
    *,
    business_date: date,
    clock: Clock,
    run_id: str,
    details: Mapping[str, object],
) -> Commit:
    """Commit what is said of some notices.

    Raises:
        MovedError: the journal is no longer where `state` saw it.
    """
    number = state.head + 1
    duckdb.frame(
        "said_notices",
        tables.NOTICES,
        [tuple({**row, "number": number}[name] for name in COLUMNS) for row in rows],
    )
    file = duckdb.write(journal.scope, "notices", f"{number:08d}", "notices/said")
    draft = Draft(
        kind="notices",
        business_date=business_date,
        posted_at=clock.now,
        run_id=run_id,
        promotes=(file,),
        identity=digest(journal.scope, "notices", file.sha256, state.head),
        details=details,
    )
    return journal.append(draft, state.head)


def _files(state: ProgramState, *names: str) -> list[WorkFile]:
    return [file for (table, _), file in sorted(state.promoted.items()) if table in names]


def _attempt(program: Program, journal: Journal, clock: Clock, run_id: str) -> Noticed:
    state = program_state(journal)
    inputs = staged_inputs(state.with_published(program), journal.home, clock.today)
    asked = _told_by(state, inputs)
    said = _last_said(state)
    if said.get("asked") == asked:
        return Noticed(None, said["without_code"])
    with engine(journal.home) as duckdb:
        _show(duckdb, state, inputs)
        writing = _Writing(duckdb, inputs.program, clock.today)
        rows = [*writing.changed(), *writing.new()]
        waiting = dict(sorted(writing.without_code.items()))
        if not rows:
            return Noticed(None, waiting)
        commit = append_notices(
            duckdb,
            journal,
            state,
            rows,
            business_date=clock.today,
            clock=clock,
            run_id=run_id,
            details={"asked": asked, "without_code": waiting},
        )
    return Noticed(commit, waiting)


def without_code(state: ProgramState) -> Mapping[str, int]:
    """Of each coupon how many events wait for a code, as the last run found."""
    waiting: Mapping[str, int] = _last_said(state).get("without_code", {})
    return waiting


def _last_said(state: ProgramState) -> Mapping[str, Any]:
    told = (c.draft.details for c in reversed(state.commits) if c.draft.kind == "notices")
    return next((details for details in told if "asked" in details), {})


def _told_by(state: ProgramState, inputs: StagedInputs) -> str:
    """Changes whenever what is asked for may, or what pools hold."""
    return digest(
        "asked",
        [file.sha256 for file in _files(state, *_ASKING)],
        inputs.homes().rows,
        [version_to_json(version) for version in inputs.program.versions if version.coupons],
    )


def _show(duckdb: Engine, state: ProgramState, inputs: StagedInputs) -> None:
    for name, columns in _ASKING.items():
        duckdb.files(name, _files(state, name), columns)
    duckdb.frame("homes", HOMES, inputs.homes().rows)
    duckdb.table("asked", "notices/asked")
    kept_notices(duckdb, state)


class _Writing:
    """What one commit says of notices, in the order in which codes are given out."""

    def __init__(self, duckdb: Engine, program: Program, today: date) -> None:
        self._duckdb = duckdb
        self._program = program
        self._versions: dict[str, Version] = {one.label: one for one in program.versions}
        self._today = today
        issued = [str(code) for (code,) in duckdb.rows("notices/codes")]
        self._codes = Codes(program.program, program.versions, issued)
        self.without_code: Counter[str] = Counter()

    def changed(self) -> Iterator[Row]:
        """What was said before and is otherwise now; those that waited for a code come first."""
        for *values, is_asked in self._duckdb.rows("notices/changed"):
            before = dict(zip(COLUMNS, values, strict=True))
            now = dict(before)
            if not is_asked:
                now["status"] = "withdrawn"
            elif before["kind"] == "message":
                now["status"] = "pending"
            else:
                self._give_code(now)
            if now != before:
                yield now

    def new(self) -> Iterator[Row]:
        """What events ask for the first time, a row a channel."""
        for *told, points, fields in self._duckdb.rows("notices/new"):
            said = {
                **dict.fromkeys(COLUMNS),
                **dict(zip(_OF_NEW, told, strict=True)),
                "program": self._program.program,
                "created_on": self._today,
                "channel": "",
            }
            if said["kind"] == "coupon":
                self._give_code(said)
                yield said
                continue
            values = {
                **json.loads(fields or "{}"),
                "points": plain(points),
                "program": self._program.name,
                "rule": said["rule"],
                "event": said["event"],
            }
            yield from self._messages(said, values)

    def _messages(self, said: Row, values: Mapping[str, str | None]) -> Iterator[Row]:
        version = self._versions.get(said["version"])
        for message in version.messages if version else ():
            if message.id == said["target"]:
                for one in worded(message, values):
                    yield {
                        **said,
                        "channel": one.channel,
                        "language": one.language,
                        "subject": one.subject,
                        "text": one.text,
                        "status": "pending",
                    }

    def _give_code(self, coupon: Row) -> None:
        """A code, if it has none yet and still can: issued today, and valid from today on."""
        if coupon["code"] is None:
            version, target = coupon["version"], coupon["target"]
            if self._codes.has_ended(version, target, self._today):
                coupon["status"] = "ended"
                return
            coupon["code"] = self._codes.next(
                version, target, coupon["event_key"], coupon["partner_id"]
            )
            if coupon["code"] is None:
                coupon["status"] = "no_code"
                self.without_code[target] += 1
                return
            terms = self._codes.coupon(version, target)
            assert terms is not None, "a code is given out under terms"
            coupon["issued_on"] = self._today
            coupon["valid_until"] = valid_until(terms, self._today)
        coupon["status"] = "issued"
