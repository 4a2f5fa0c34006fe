"""Finds out whether the other end of a library's connection is still open.  The operating system knows this, without a
call of the library."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OPEN_FILES = Path("/proc/self/fd")       # on Linux; on other systems no socket is found, and none counts as closed


class NewSockets:
    """The sockets that are opened within `noticing`; `closed` is True when the other end of one of them is closed."""

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
            poll.register(number, 0)         # POLLHUP, POLLERR and POLLNVAL are always reported
        return bool(poll.poll(0))


def _sockets() -> set[int]:
    found: set[int] = set()
    if OPEN_FILES.is_dir():
        for name in os.listdir(OPEN_FILES):
            with suppress(OSError):          # the file that read the folder is already closed
                if os.readlink(OPEN_FILES / name).startswith("socket:"):
                    found.add(int(name))
    return found
