"""Waits for Enter; meanwhile the window still reacts, because the display is pumped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def on_terminal() -> bool:
    """True if a person can read the output and type an answer."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def enter_pressed() -> bool:
    """True if a line was typed since the last call.  It returns at once."""
    if sys.platform == "win32":
        import msvcrt

        return any(msvcrt.getwch() in "\r\n" for _ in iter(msvcrt.kbhit, False))
    import select

    if select.select([sys.stdin], [], [], 0)[0]:
        sys.stdin.readline()
        return True
    return False


def wait_for_enter(pump: Callable[[], None], still: Callable[[], bool]) -> None:
    """Returns on Enter, or when `still` returns False (the window was closed)."""
    while still() and not enter_pressed():
        pump()
        time.sleep(0.02)
