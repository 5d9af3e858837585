"""Landing: from a source's drop folder to bytes kept as they came, each arrival exactly once.

Belongs here: the two ways in, from a server and, for example cases, from local files. Not here:
what one look takes (`visit`), what is kept (`landing_store`), what is in a file (`staging`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from loyalty_pipeline.ingest.arrival import Arrival, Control
from loyalty_pipeline.ingest.landing_store import LandingStore, arrival_id_of
from loyalty_pipeline.ingest.register import source_scope
from loyalty_pipeline.ingest.remote import PATIENT, Patience
from loyalty_pipeline.ingest.sftp import connect
from loyalty_pipeline.ingest.visit import LandingReport, Visit
from loyalty_pipeline.journal.sequence import Journal
from loyalty_pipeline.program.clock import Clock
from loyalty_pipeline.program.sources import Source
from loyalty_pipeline.warehouse.files import sha256_of
from loyalty_pipeline.warehouse.home import Home

__all__ = ["Arrival", "Control", "LandingReport", "LandingStore", "land", "land_local"]


def land(
    source: Source,
    home: Home,
    clock: Clock,
    progress: Callable[[str], None],
    patience: Patience = PATIENT,
) -> LandingReport:
    """Take every complete file that has not landed yet.

    Raises:
        SftpError: the server cannot be trusted, entered, reached or listed. What landed before
            that stays landed; the next run goes on from there.
        BusinessDateError: the business date is a slip of the pen, by which nothing may land.
    """
    Journal(home, source_scope(source.id)).refuse_far(clock.today)
    store = LandingStore(home, source.id)
    with store.alone(progress), connect(source, progress, patience) as drop:
        return Visit(source, store, clock, drop, progress).take_all(drop.list_folder())


def land_local(
    files: Sequence[tuple[Path, str]], source_id: str, home: Home, clock: Clock
) -> list[Arrival]:
    """Take local files, each with its feed; later is whatever is landed later."""
    store, landed = LandingStore(home, source_id), []
    with store.alone(lambda _: None):
        number = len(store.arrival_ids())
        for path, feed in files:
            number += 1
            temporary = store.temporary()
            shutil.copyfile(path, temporary)
            order = (str(number).zfill(20),)
            landed.append(
                Arrival(
                    source=source_id,
                    feed=feed,
                    remote_name=path.name,
                    size=temporary.stat().st_size,
                    mtime=int(path.stat().st_mtime),
                    file_id=sha256_of(temporary),
                    landed_at=clock.now,
                    vouched_by="case",
                    control=None,
                    order=order,
                    file_date=clock.today,
                    arrival_id=arrival_id_of(path.name, number, 0, "case"),
                )
            )
            store.keep(temporary, landed[-1])
    return landed
