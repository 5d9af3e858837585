"""Reading a remote file front to back with a bounded number of requests in flight.

Belongs here: which part is asked for next, and putting the answers in order. Not here: how a
request is sent (`sftp`).

paramiko's own prefetch keeps a thread that never ends when the connection does, and keeps the
whole file in memory when a server answers with less than was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

REQUEST_BYTES = 32 * 1024  # what every server must accept
REQUESTS = 64  # in flight, as OpenSSH's own client has it; some servers hang on more


class UnexpectedAnswerError(Exception):
    """The server answered a read with something that cannot be."""


class Window:
    """The requests in flight for one file, and the answers that are not their turn yet."""

    def __init__(self, ask: Callable[[int, int], int], wait: Callable[[], None], size: int) -> None:
        """`ask(offset, length)` sends a request and returns its number; `wait()` calls `came`."""
        self._ask_server = ask
        self._wait = wait
        self._end = size + 1  # one byte more than there should be, to notice a growing file
        self._asked: dict[int, tuple[int, int]] = {}  # number: offset, length
        self._came: dict[int, bytes] = {}  # by offset

    def blocks(self) -> Iterator[bytes]:
        """The bytes in order, up to the file's end or one byte more than the expected size."""
        next_asked = next_given = 0
        while True:
            while next_asked < self._end and len(self._asked) + len(self._came) < REQUESTS:
                length = min(REQUEST_BYTES, self._end - next_asked)
                self._ask(next_asked, length)
                next_asked += length
            while next_given not in self._came:
                if not self._asked:
                    return
                self._wait()
            block = self._came.pop(next_given)
            if not block:
                return
            next_given += len(block)
            yield block

    def came(self, number: int, data: bytes) -> None:
        """An answer; no bytes mean the end of the file."""
        offset, length = self._asked.pop(number)
        if len(data) > length:
            raise UnexpectedAnswerError(f"{len(data)} bytes came where {length} were asked for")
        self._came[offset] = data
        if 0 < len(data) < length:
            self._ask(offset + len(data), length - len(data))

    def _ask(self, offset: int, length: int) -> None:
        self._asked[self._ask_server(offset, length)] = (offset, length)
