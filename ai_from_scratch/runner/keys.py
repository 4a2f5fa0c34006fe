"""Waiting for Enter without freezing the window: the display is pumped meanwhile."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def on_terminal() -> bool:
    """A terminal means that a person can both read and type."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def enter_pressed() -> bool:
    """Has a line been typed since the last call?  Never blocks."""
    if sys.platform == "win32":
        import msvcrt

        return any(msvcrt.getwch() in "\r\n" for _ in iter(msvcrt.kbhit, False))
    import select

    if select.select([sys.stdin], [], [], 0)[0]:
        sys.stdin.readline()
        return True
    return False


def wait_for_enter(pump: Callable[[], None], still: Callable[[], bool]) -> None:
    """Returns on Enter, or as soon as `still` says no (the window was closed)."""
    while still() and not enter_pressed():
        pump()
        time.sleep(0.02)
