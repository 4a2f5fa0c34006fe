"""Ctrl-C with manners: the first stops the chapter at its next frame, the second leaves.

An exception thrown into a generator ends it for good, so during training a flag is set and obeyed between frames.
SIGTERM is obeyed in the same way, and ends the run after this chapter's results.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Literal

INTERRUPTED, ENDED = 128 + signal.SIGINT, 128 + signal.SIGTERM     # exit codes: 130, 143
SECONDS_TO_LEAVE = 1.0                                             # seconds between two Ctrl-C that always leave

STOP_MESSAGES = {"training": "Stopping at the next frame; what has been learnt is kept. Ctrl-C again leaves.",
            "painting": "Stopping after this picture. Ctrl-C again leaves."}


class LeaveError(KeyboardInterrupt):
    """Ctrl-C twice, or the system asks the program to end."""

    def __init__(self, code: int = INTERRUPTED) -> None:
        super().__init__()
        self.code = code


class Interrupts:
    """Listens for SIGINT and SIGTERM while one chapter runs.

    While the phase is "loading", the first Ctrl-C is an exception at once (there are no frames to stop at); from then
    on it only sets `stop`.
    """

    last = float("-inf")   # when the latest Ctrl-C came, over all chapters

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.phase: Literal["loading", "training", "painting", "writing"] = "loading"
        self.stop = False       # this chapter, at its next frame or picture
        self.ending = False     # the whole run, after this chapter's results
        self._leaving: LeaveError | None = None

    def __enter__(self) -> Interrupts:
        self._previous = []
        if threading.current_thread() is threading.main_thread():        # nobody else may listen for signals
            self._previous = [(number, signal.signal(number, handler)) for number, handler in
                              ((signal.SIGINT, self._handle), (signal.SIGTERM, self._end))]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        for number, handler in self._previous:
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise the LeaveError that Python swallowed because it fell into a destructor."""
        if self._leaving is not None:
            raise self._leaving

    def _handle(self, number: int, frame: FrameType | None) -> None:
        now, before = time.monotonic(), Interrupts.last
        Interrupts.last = now
        if self.stop or now - before < SECONDS_TO_LEAVE:
            self._leave(INTERRUPTED)
        self.stop = True
        if self.phase == "loading":
            raise KeyboardInterrupt
        if self.phase in STOP_MESSAGES:
            self.tell(STOP_MESSAGES[self.phase])

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self.phase == "loading" or self.ending:
            self._leave(ENDED)
        self.stop = self.ending = True
        self.tell("The system asks this program to end: stopping at the next frame; what has been learnt is told.")

    def _leave(self, code: int) -> None:
        self.stop = True
        self._leaving = LeaveError(code)
        raise self._leaving
