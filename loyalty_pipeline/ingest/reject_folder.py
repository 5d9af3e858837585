"""Putting reject files back on a source's server, in the folder its contract names.

Belongs here: one file into one folder, whole or not at all. Not here: what is in a reject file or
what it is called, which is whoever writes it.
"""

from __future__ import annotations

from collections.abc import Callable

from loyalty_pipeline.ingest.naming import fault_of, shown
from loyalty_pipeline.ingest.remote import PATIENT, Patience, SftpError
from loyalty_pipeline.ingest.sftp import connect
from loyalty_pipeline.program.sources import Source


def put_reject(
    source: Source,
    name: str,
    content: bytes,
    progress: Callable[[str], None],
    patience: Patience = PATIENT,
) -> bool:
    """Put a reject file where the source's contract says; false if it was there already.

    It is written under another name and renamed, so that nobody reads half of it; what a run
    that was killed left is written anew.

    Raises:
        SftpError: the contract names no folder, the name is not fit for one, the server cannot
            be reached or does not let us, or another file of that name is there.
    """
    if source.rejects_to is None:
        raise SftpError(
            f"source {source.id} names no folder for reject files: give rejects_to, or send "
            f"them another way"
        )
    fault = fault_of(name.encode())
    if fault:
        raise SftpError(f"{shown(name.encode())} cannot be put on a server: {fault}")
    with connect(source, progress, patience) as drop:
        return drop.put(source.rejects_to, name, content)
