"""Ctrl-C with manners: the first stops the chapter at its next frame, the second leaves.

An exception thrown into a generator ends it for good, so during training a flag is set and obeyed between frames.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType


class LeaveError(KeyboardInterrupt):
    """Ctrl-C twice: the user wants out."""


class Interrupts:
    """Listens for SIGINT while one chapter runs.  Before `training` is set, the first Ctrl-C is an exception at once
    (loading has no frames to stop at); from then on it only sets `stop`."""

    last = float("-inf")   # when the latest came, over all chapters: two in quick succession always leave

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.training = False
        self.stop = False

    def __enter__(self) -> Interrupts:
        self.previous = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        signal.signal(signal.SIGINT, self.previous)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        now, before = time.monotonic(), Interrupts.last
        Interrupts.last = now
        if self.stop or now - before < 1.0:
            raise LeaveError
        self.stop = True
        if not self.training:
            raise KeyboardInterrupt
        self.tell("Stopping at the next frame; what has been learnt is kept. Ctrl-C again leaves.")
