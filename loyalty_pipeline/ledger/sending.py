"""Sending the messages that wait, by the channels that are switched on, each once.

Belongs here: which messages go in which batch, and noting what went. Not here: gateways
(`channels`), or which messages there are (`notices`).

What a batch sent is committed before the next one: a run that is killed leaves at most one batch
of which nobody knows that it went, and which is sent again. Where nothing can be written nothing is
sent: a run of every hour on a full disk sent its first batch every hour.
"""

from __future__ import annotations

import fcntl
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from loyalty_pipeline.earning.inputs import staged_inputs
from loyalty_pipeline.earning.merges import HOMES
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.ledger.channels import Channel, NotSentError
from loyalty_pipeline.ledger.notices import COLUMNS, Row, append_notices, kept_notices
from loyalty_pipeline.ledger.state import ProgramState, program_journal, program_state
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.model import Program
from loyalty_pipeline.warehouse import staged_tables
from loyalty_pipeline.warehouse.engine import Engine, engine
from loyalty_pipeline.warehouse.files import check_room
from loyalty_pipeline.warehouse.home import Home

BATCH = 50
# Of addresses refused one after another: after so many the rest is tried in another order, and
# after so many the gateway is down, not an address wrong.
_IN_DOUBT, _IS_DOWN = 3, 10
_NOTE_BYTES = 256 * 1024  # what noting a batch takes, and more
_Key = tuple[str, ...]


@dataclass
class SendReport:
    """What became of the messages that waited."""

    sent: Counter[str] = field(default_factory=Counter)  # by channel
    unreachable: Counter[str] = field(default_factory=Counter)  # no address, or none that is one
    failed: list[tuple[str, str, str]] = field(default_factory=list)  # channel, partner, why
    behind: Counter[str] = field(default_factory=Counter)  # further ones to an address that failed
    stopped: dict[str, str] = field(default_factory=dict)  # channel: why, after several refusals


def send_pending(
    program: Program,
    home: Home,
    clock: Clock,
    run_id: str,
    channels: Mapping[str, Channel],
    *,
    batch: int = BATCH,
    progress: Callable[[str], None] = lambda text: None,
) -> SendReport:
    """Send what waits; what a gateway does not take stays pending, and is tried again next time.

    Two runs never send at once: the second one waits, and finds nothing left.
    """
    report = SendReport()
    sender = _Sender(program, home, clock, run_id, batch, report)
    with _alone(home, program.program):
        for channel in channels.values():
            sender.send_all(channel, progress)
    return report


class _Sender:
    """One run of sending."""

    def __init__(
        self,
        program: Program,
        home: Home,
        clock: Clock,
        run_id: str,
        batch: int,
        report: SendReport,
    ) -> None:
        self._program = program
        self._journal: Journal = program_journal(home, program.program)
        self._clock = clock
        self._run_id = run_id
        self._batch = batch
        self._report = report
        self._tried: set[_Key] = set()
        self._refused: set[str] = set()  # addresses of the channel, each tried once
        self._refusals = 0  # one after another

    def send_all(self, channel: Channel, progress: Callable[[str], None]) -> None:
        """Send by one channel, a batch after another, until nothing is left or it is down."""
        self._refused.clear()
        self._refusals = 0
        while channel.name not in self._report.stopped:
            waiting = self._waiting(channel)
            if not waiting:
                return
            check_room(self._journal.folder, _NOTE_BYTES)
            done: list[Row] = []
            try:
                for row, address in waiting:
                    before = self._refusals
                    self._tried.add(_key(row))
                    if self._send(channel, row, address):
                        done.append(row)
                    if self._refusals >= _IS_DOWN:
                        self._report.stopped[channel.name] = self._report.failed[-1][2]
                        break
                    if before < self._refusals == _IN_DOUBT:
                        break
            finally:  # also of a run that is interrupted: what went is noted
                if done:
                    self._note(done)
            self._report.sent[channel.name] += len(done)
            progress(f"{channel.name}: {self._report.sent[channel.name]:,} sent")

    def _send(self, channel: Channel, row: Row, address: str | None) -> bool:
        to = channel.address(address)
        if to is None:
            self._report.unreachable[channel.name] += 1
            return False
        if to in self._refused:
            self._report.behind[channel.name] += 1
            return False
        subject = row["subject"] or (self._program.name if channel.name == "email" else "")
        try:
            channel.send(to, subject, row["text"], self._program.name)
        except NotSentError as error:
            self._refused.add(to)
            self._refusals += 1
            self._report.failed.append((channel.name, row["partner_id"], str(error)))
            return False
        self._refusals = 0
        return True

    def _waiting(self, channel: Channel) -> list[tuple[Row, str | None]]:
        """The next batch, as the journal is now: what was withdrawn meanwhile is not in it.

        Longest wait first; while the gateway is in doubt by an order of partners that each run
        has anew, since addresses that are dead gather at the head of the queue.
        """
        state = program_state(self._journal)
        with engine(self._journal.home) as duckdb:
            day = self._show(duckdb, state)
            found = duckdb.rows("notices/pending", channel=channel.name, today=day)
        rows = [(dict(zip(COLUMNS, values, strict=True)), address) for *values, address in found]
        rest = [(row, to) for row, to in rows if _key(row) not in self._tried]
        if self._refusals >= _IN_DOUBT:
            rest.sort(key=lambda found: self._turn(found[0]))
        return rest[: self._batch]

    def _turn(self, row: Row) -> bytes:
        return sha256(f"{self._run_id} {row['partner_id']}".encode()).digest()

    def _show(self, duckdb: Engine, state: ProgramState) -> date:
        day = state.latest_day(self._clock.today)
        inputs = staged_inputs(self._program, self._journal.home, day)
        duckdb.frame("homes", HOMES, inputs.homes().rows)
        duckdb.files("partners", inputs.tables("partners"), staged_tables.PARTNERS)
        kept_notices(duckdb, state)
        return day

    def _note(self, sent: list[Row]) -> None:
        """Commit that messages were sent, whatever was committed meanwhile: they are."""

        def attempt() -> None:
            state = program_state(self._journal)
            day = state.latest_day(self._clock.today)
            with engine(self._journal.home) as duckdb:
                append_notices(
                    duckdb,
                    self._journal,
                    state,
                    [{**row, "status": "sent", "sent_on": day} for row in sent],
                    business_date=day,
                    clock=self._clock,
                    run_id=self._run_id,
                    details={"sent": len(sent)},
                )

        self._journal.commit(attempt, "messages were noted as sent")


def _key(row: Row) -> _Key:
    return (row["event_key"], row["partner_id"], row["target"], row["channel"])


@contextmanager
def _alone(home: Home, program_id: str) -> Iterator[None]:
    """Wait for another run that sends: what it sends is not sent twice."""
    home.locks.mkdir(parents=True, exist_ok=True)
    with (home.locks / f"sending.{program_id}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
