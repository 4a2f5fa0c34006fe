"""Two levels of Ctrl-C: the first stops the chapter at its next frame, the second leaves the program.

An exception inside a generator would end it for good.  So during training Ctrl-C only sets a flag, which is checked
between frames.  SIGTERM works in the same way, and ends the run after this chapter's results.  So does SIGHUP, which
comes when the terminal is closed or the connection to it is lost.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Literal

HANGUP = getattr(signal, "SIGHUP", None)                           # Windows has none
INTERRUPTED_CODE = 128 + signal.SIGINT                                  # exit code 130; 143 for SIGTERM, 129 for SIGHUP
SECONDS_TO_LEAVE = 1.0                                             # a second Ctrl-C within this time always leaves

STOP_MESSAGES = {"training": "Stopping at the next frame; the present model is kept. Press Ctrl-C again to leave.",
                 "painting": "Stopping after this picture. Press Ctrl-C again to leave."}


class LeaveError(KeyboardInterrupt):
    """A second Ctrl-C, or the system asks the program to end."""

    def __init__(self, code: int = INTERRUPTED_CODE) -> None:
        super().__init__()
        self.code = code


class Interrupts:
    """Handles SIGINT, SIGTERM and SIGHUP while one chapter runs, and before that while the program loads.

    In the phase "loading" the first Ctrl-C raises an exception at once, because there are no frames yet.  Later it only
    sets `stop`.
    """

    last = float("-inf")   # the time of the latest Ctrl-C, over all chapters

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.phase: Literal["loading", "training", "painting", "writing"] = "loading"
        self.stop = False       # stop this chapter at its next frame or picture
        self.ending = 0         # the exit code, if the whole run stops after this chapter's results
        self._leaving: LeaveError | None = None

    def __enter__(self) -> Interrupts:
        self._previous = []
        self._terminals = [number for number in range(3) if os.isatty(number)]
        if threading.current_thread() is threading.main_thread():        # only the main thread can handle signals
            handlers: dict[int, Any] = {signal.SIGINT: self._handle, signal.SIGTERM: self._end}
            if HANGUP is not None and signal.getsignal(HANGUP) != signal.SIG_IGN:      # nohup ignores it
                handlers[HANGUP] = self._hang_up
            self._previous = [(number, signal.signal(number, handler)) for number, handler in handlers.items()]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        for number, handler in self._previous:
            signal.signal(number, handler)

    def check(self) -> None:
        """Raises a LeaveError that Python ignored because it occurred in a destructor."""
        if self._leaving is not None:
            raise self._leaving

    def check_loading(self) -> None:
        """The same at the end of the loading, where a first Ctrl-C leaves, too."""
        self.check()
        if self.stop:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        now, before = time.monotonic(), Interrupts.last
        Interrupts.last = now
        if self.stop or now - before < SECONDS_TO_LEAVE:
            self._leave(INTERRUPTED_CODE)
        self.stop = True
        if self.phase == "loading":
            raise KeyboardInterrupt
        if self.phase in STOP_MESSAGES:
            self.tell(STOP_MESSAGES[self.phase])

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self.phase == "loading" or self.ending:
            self._leave(128 + number)
        self.stop, self.ending = True, 128 + number
        self.tell("The system asks this program to end. Stopping at the next frame; the results so far are reported.")

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        """The system and the shell may both send SIGHUP, so a second one changes nothing.  A terminal that is gone
        raises an error at each line that is printed: it is replaced by os.devnull."""
        gone = [terminal for terminal in self._terminals if not os.isatty(terminal)]
        for terminal in gone:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, terminal)
            os.close(nowhere)
        if not self.ending:
            self._end(number, frame)

    def _leave(self, code: int) -> None:
        self.stop = True
        self._leaving = LeaveError(code)
        raise self._leaving
