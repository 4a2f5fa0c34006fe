"""Where the live figure is seen: nowhere or in a desktop window (the browser tab has a file of its own).

Everything happens in the training thread: paint, `refresh`, and `pump` between steps so that the window reacts.
A second thread hangs Tk, plt.pause steals the focus, and FuncAnimation wants to own the loop.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from matplotlib.figure import Figure

from ai_from_scratch.stage import theme

LIVE_SIZE = (11.0, 5.0)   # inches


class Display:
    """Shows nothing: for machines without a screen, and the base of those that show something."""

    figure: Figure | None = None

    def open(self, title: str) -> None:
        """Get ready for a chapter: an empty figure under this title."""

    def refresh(self) -> None:
        """Show what has been painted on the figure."""

    def pump(self) -> None:
        """Let the window or tab react.  Cheap; called between the steps of training."""

    @property
    def alive(self) -> bool:
        """Is anybody watching?  A closed window makes this False, and training goes on."""
        return False

    def close(self) -> None:
        """The chapter is over."""


class WindowDisplay(Display):
    """A desktop window of whichever Matplotlib backend was switched on (macosx, TkAgg, or the user's MPLBACKEND)."""

    def __init__(self, backend: str) -> None:
        import matplotlib.pyplot as plt

        theme.apply()
        plt.switch_backend(backend)
        self.plt = plt

    def open(self, title: str) -> None:
        self.figure = self.plt.figure(figsize=LIVE_SIZE, layout="constrained", num=title)
        self.plt.show(block=False)
        self.pump()

    def refresh(self) -> None:
        if self.figure is not None and self.alive:
            self.figure.canvas.draw()
            self.pump()

    def pump(self) -> None:
        if self.figure is not None and self.alive:
            self.figure.canvas.flush_events()

    @property
    def alive(self) -> bool:
        number = getattr(self.figure, "number", None)
        return number is not None and self.plt.fignum_exists(number)

    def close(self) -> None:
        if self.figure is not None:
            self.plt.close(self.figure)
        self.figure = None


def choose(show: str, tell: Callable[[str], None]) -> Display:
    """The display for `--show auto|window|browser|none`; what could not be had is told, and nothing shown instead.

    Order for auto: MPLBACKEND if it is set, the Mac's own window, Tk where there is a screen, else none.
    """
    if show == "none":
        return Display()
    wished = os.environ.get("MPLBACKEND", "").lower()
    if show == "browser" or (show == "auto" and wished == "webagg"):
        from ai_from_scratch.stage.browser import BrowserDisplay

        return BrowserDisplay(tell)
    backend = wished if wished not in {"", "webagg"} else "macosx" if sys.platform == "darwin" else "tkagg"
    if backend in {"agg", "pdf", "svg", "ps", "pgf", "cairo", "template"}:
        if show == "window":
            tell(f"No window: MPLBACKEND={backend} draws into files only. Unset it, or use --show browser.")
        return Display()
    reason = _no_window(backend)
    if reason is None:
        try:
            return WindowDisplay(backend)
        except Exception as error:   # a backend may fail in any way of its toolkit; the run goes on without a window
            reason = f"{backend} could not be used ({error})"
    if show == "window" or not reason.startswith("no screen"):
        tell(f"No window: {reason}. Try --show browser.")
    return Display()


def _no_window(backend: str) -> str | None:
    """Why Tk cannot open a window here, or None."""
    if backend != "tkagg":
        return None
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "no screen (DISPLAY is not set)"
    try:
        import tkinter  # noqa: F401  a Python built without Tk has no such module
    except ImportError:
        return "this Python has no tkinter (on Debian and Ubuntu: sudo apt install python3-tk)"
    return None
