"""The landing store: bytes as they came, named by their hash, and a sealed record an arrival.

Belongs here: what is kept of a file, and finding it again. Not here: where files come from
(`landing`) or what is in them (`read_feed`).

Under `landing/<source>/`: `<sha256>` the bytes, `arrivals/<arrival_id>.json` the records, both
read-only and never changed; `observed.json`, a memo between runs whose loss only costs time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from loyalty_pipeline.ingest.arrival import Arrival, Control
from loyalty_pipeline.warehouse.files import put_if_absent, seal, sha256_of, temporary_path
from loyalty_pipeline.warehouse.home import Home


def arrival_id_of(remote_name: str, size: int, mtime: int, control: str | None) -> str:
    """Identity of an arrival: a corrected control file is a new arrival of the same bytes."""
    content = json.dumps([remote_name, size, mtime, control], separators=(",", ":"))
    return hashlib.sha256(content.encode("ascii")).hexdigest()


class LandingStore:
    """What has landed from one source."""

    def __init__(self, home: Home, source_id: str) -> None:
        self._folder = home.landing(source_id)
        self._records = self._folder / "arrivals"
        self._memo = self._folder / "observed.json"
        self._lock = home.locks / f"landing-{source_id}.lock"

    def arrivals(self, besides: Container[str] = frozenset()) -> list[Arrival]:
        """Every arrival, but for those whose identities are given, the later file later."""
        found = [
            _arrival(self._records / f"{arrival_id}.json")
            for arrival_id in self.arrival_ids()
            if arrival_id not in besides
        ]
        return sorted(found, key=lambda arrival: (arrival.order, arrival.arrival_id))

    def arrival_ids(self) -> set[str]:
        """The identity of every arrival, told by the records' names: none is opened."""
        try:
            names = os.listdir(self._records)  # noqa: PTH208  no 10,000 paths are made
        except FileNotFoundError:
            return set()
        return {name.removesuffix(".json") for name in names if name.endswith(".json")}

    def path_of(self, file_id: str) -> Path:
        """Where the bytes of a file are."""
        return self._folder / file_id

    def has(self, arrival_id: str) -> bool:
        """Whether this very arrival has landed before."""
        return (self._records / f"{arrival_id}.json").exists()

    def temporary(self) -> Path:
        """A new name for a file that is still coming."""
        return temporary_path(self._folder)

    def keep(self, temporary: Path, arrival: Arrival) -> None:
        """Seal the bytes under their hash, then the record.

        The record makes the arrival exist, so it comes last: killed in between, the next run
        fetches the file again and finds its bytes already there.
        """
        final = self.path_of(arrival.file_id)
        # Bytes that the disk has damaged are mended by delivering the file again.
        if final.exists() and sha256_of(final) == arrival.file_id:
            temporary.unlink()
        else:
            seal(temporary, final)
        put_if_absent(_record(arrival), self._records / f"{arrival.arrival_id}.json")

    @contextmanager
    def alone(self, progress: Callable[[str], None]) -> Iterator[None]:
        """Land alone: then every temporary file is a dead run's, and is swept away.

        The lock dies with the process that holds it. It saves double downloads; that an arrival
        is recorded once is put-if-absent's doing.
        """
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress("another run is landing this source: waiting for it to end")
                fcntl.flock(file, fcntl.LOCK_EX)
            for folder in (self._folder, self._records):
                for stale in (folder / ".tmp").glob("*"):
                    stale.unlink(missing_ok=True)
            yield

    def memo(self) -> dict[str, Any]:
        """What earlier runs noted; a memo that cannot be read is like none."""
        try:
            return dict(json.loads(self._memo.read_bytes()))
        except (FileNotFoundError, ValueError):
            return {}

    def note(self, memo: dict[str, Any]) -> None:
        """Keep a memo for the next run."""
        temporary = self.temporary()
        temporary.write_text(json.dumps(memo, sort_keys=True), encoding="ascii")
        temporary.replace(self._memo)

    def moment(self) -> int:
        """Seconds as the store's file system counts them, only ever compared with each other.

        How long a file has been left alone is real time, also in a run for a set business date,
        whose clock stands still.
        """
        temporary = self.temporary()
        temporary.touch()
        moment = int(temporary.stat().st_mtime)
        temporary.unlink()
        return moment


def _record(arrival: Arrival) -> bytes:
    control = arrival.control
    value = {
        "source": arrival.source,
        "feed": arrival.feed,
        "remote_name": arrival.remote_name,
        "size": arrival.size,
        "mtime": arrival.mtime,
        "file_id": arrival.file_id,
        "landed_at": arrival.landed_at.isoformat(),
        "vouched_by": arrival.vouched_by,
        "control": None
        if control is None
        else {
            "rows": control.rows,
            "amount": None if control.amount is None else str(control.amount),
            "sha256": control.sha256,
            "period": control.period,
            "distributor": control.distributor,
            "sequence": control.sequence,
            "date": control.date.isoformat() if control.date else None,
        },
        "order": list(arrival.order),
        "file_date": arrival.file_date.isoformat(),
        "arrival_id": arrival.arrival_id,
        "period": arrival.period,
        "distributor": arrival.distributor,
        "sequence": arrival.sequence,
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def _arrival(path: Path) -> Arrival:
    value = json.loads(path.read_bytes())
    control = value["control"]
    if control is not None:
        amount = control["amount"]
        control = Control(
            rows=control["rows"],
            amount=None if amount is None else Decimal(amount),
            sha256=control["sha256"],
            period=control["period"],
            distributor=control["distributor"],
            sequence=control["sequence"],
            date=date.fromisoformat(control["date"]) if control["date"] else None,
        )
    return Arrival(
        source=value["source"],
        feed=value["feed"],
        remote_name=value["remote_name"],
        size=value["size"],
        mtime=value["mtime"],
        file_id=value["file_id"],
        landed_at=datetime.fromisoformat(value["landed_at"]),
        vouched_by=value["vouched_by"],
        control=control,
        order=tuple(value["order"]),
        file_date=date.fromisoformat(value["file_date"]),
        arrival_id=value["arrival_id"],
        period=value["period"],
        distributor=value["distributor"],
        sequence=value["sequence"],
    )
