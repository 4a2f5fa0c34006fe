"""Is the other end of a library's own connection still there?  Asked of the system, without touching the library."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OPEN_FILES = Path("/proc/self/fd")       # on Linux; elsewhere nothing is noticed, and nothing is ever closed


class NewSockets:
    """The sockets that are opened while `noticing`; `closed` once the other end of one of them is gone."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()

    @contextmanager
    def noticing(self) -> Iterator[None]:
        before = _sockets()
        yield
        self.numbers |= _sockets() - before

    @property
    def closed(self) -> bool:
        if not self.numbers:
            return False
        poll = select.poll()
        for number in self.numbers:
            poll.register(number, 0)         # POLLHUP, POLLERR and POLLNVAL come unasked
        return bool(poll.poll(0))


def _sockets() -> set[int]:
    found: set[int] = set()
    if OPEN_FILES.is_dir():
        for name in os.listdir(OPEN_FILES):
            with suppress(OSError):          # the folder's own number is gone by now
                if os.readlink(OPEN_FILES / name).startswith("socket:"):
                    found.add(int(name))
    return found
