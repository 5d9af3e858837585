"""What every test of a troubled SFTP server starts with."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Bench

_SECONDS_TO_END = 5  # a transport that was told to stop still had 10 ms to go, on a busy machine


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A drop folder and a home; no thread may outlive the test's connections."""
    threads = set(threading.enumerate())
    yield Bench(tmp_path)
    os.environ.pop("TEST_DMS_PASSWORD", None)
    # Not the timers of paramiko's handshakes: a broken off one's ends by itself, a little later.
    left = {one for one in threading.enumerate() if not isinstance(one, threading.Timer)} - threads
    for thread in left:
        thread.join(_SECONDS_TO_END)
    assert not any(thread.is_alive() for thread in left), f"outlived its connection: {left}"
