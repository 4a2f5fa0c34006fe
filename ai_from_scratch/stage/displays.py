"""Where the live figure is seen: nowhere or in a desktop window (tab and notebook have files of their own).

Everything happens in the training thread: paint, `refresh`, and `pump` between steps so that the window reacts.
A second thread hangs Tk, plt.pause steals the focus, and FuncAnimation wants to own the loop.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.sockets import NewSockets

LIVE_SIZE = (11.0, 5.0)   # inches
FILES_ONLY = {"agg", "pdf", "svg", "ps", "pgf", "cairo", "template"}     # backends that show nothing


class LostDisplayError(RuntimeError):
    """The screen that the window was on has gone."""


class Display:
    """Shows nothing: for machines without a screen, and the base of those that show something."""

    figure: Figure | None = None
    lost = False

    def __init__(self, tell: Callable[[str], None] = print) -> None:
        self.tell = tell

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

    def give_up(self, error: Exception) -> None:
        """Something went wrong with showing: the chapter goes on unwatched, and that is told once."""
        if not self.lost:
            self.lost = True
            self.tell(f"The live figure has ended ({type(error).__name__}: {error}). The training goes on.")

    def close(self) -> None:
        """The chapter is over."""


class WindowDisplay(Display):
    """A desktop window of whichever Matplotlib backend was switched on (macosx, TkAgg, or the user's MPLBACKEND)."""

    def __init__(self, backend: str, tell: Callable[[str], None] = print) -> None:
        import matplotlib.pyplot as plt

        super().__init__(tell)
        theme.apply()
        plt.switch_backend(backend)
        self.plt, self.backend = plt, backend
        self.screen = NewSockets()           # opened from now on: Tk's connection to its screen

    def open(self, title: str) -> None:
        if self.screen.closed:
            return
        self.lost = False
        with self.screen.noticing():
            self.figure = self.plt.figure(figsize=LIVE_SIZE, layout="constrained", num=title)
        self.plt.show(block=False)
        self.pump()

    def refresh(self) -> None:
        if self.figure is not None and self.alive:
            canvas = self.figure.canvas
            if self.backend == "tkagg":      # draw in memory first; the screen is asked for just before it is touched
                assert isinstance(canvas, FigureCanvasAgg)
                FigureCanvasAgg.draw(canvas)
                self._check_screen()
                canvas.blit()
            else:
                canvas.draw()
            self.pump()

    def pump(self) -> None:
        if self.figure is not None and self.alive:
            self._check_screen()
            self.figure.canvas.flush_events()

    def _check_screen(self) -> None:
        """Xlib ends the whole program when its connection has broken: Tk is never touched again after that."""
        if self.screen.closed:
            raise LostDisplayError("the screen has gone")

    @property
    def alive(self) -> bool:
        number = getattr(self.figure, "number", None)
        return not self.lost and number is not None and self.plt.fignum_exists(number)

    def close(self) -> None:
        if self.figure is not None:
            if self.screen.closed:
                self._abandon()
            else:
                self.plt.close(self.figure)
        self.figure = None

    def _abandon(self) -> None:
        """Forget the window without destroying it, at the end of the program too: Tk would ask the lost screen."""
        import ctypes

        from matplotlib._pylab_helpers import Gcf

        manager = Gcf.figs.pop(getattr(self.figure, "number", -1), None)
        window = getattr(manager, "window", None)
        if window is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(window.tk))      # an interpreter that is never let go


def choose(show: str, tell: Callable[[str], None], wished: str | None = None) -> Display:
    """The display for `--show auto|window|browser|none`; what could not be had is told, and nothing shown instead.

    Order for auto: the notebook that asks, MPLBACKEND if it is set, the Mac's own window, Tk where there is a screen,
    else none.  wished: the user's MPLBACKEND, where it has been taken out of the environment.
    """
    if show == "none":
        return Display(tell)
    from ai_from_scratch.stage.notebook import NotebookDisplay, in_notebook

    if in_notebook():        # its event loop is running, so that no tab can be served beside it
        return NotebookDisplay(tell)
    wished = (os.environ.get("MPLBACKEND", "") if wished is None else wished).lower()
    if show == "browser" or (show == "auto" and wished == "webagg"):
        from ai_from_scratch.stage.browser import BrowserDisplay

        try:
            return BrowserDisplay(tell)
        except OSError as error:
            tell(f"No browser tab: no port of this machine could be had ({error}).")
            return Display(tell)
    if wished in FILES_ONLY:
        if show == "window":
            tell(f"No window: MPLBACKEND={wished} draws into files only. Unset it, or use --show browser.")
        return Display(tell)
    usual = "macosx" if sys.platform == "darwin" else "tkagg"
    if wished not in {"", "webagg", usual} and "inline" not in wished:    # a notebook's kernel hands its own down
        try:
            return WindowDisplay(wished, tell)
        except Exception as error:   # a backend may fail in any way of its toolkit
            tell(f"MPLBACKEND={wished} could not be used ({error}).")
    reason = _no_window(usual)
    if reason is None:
        try:
            return WindowDisplay(usual, tell)
        except Exception as error:
            reason = f"{usual} could not be used ({error})"
    tell(f"No window: {reason}. --show browser shows the training in a tab.")
    return Display(tell)


def _no_window(backend: str) -> str | None:
    """Why Tk cannot open a window here, or None."""
    if backend != "tkagg":
        return None
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "no screen here (DISPLAY is not set)"
    try:
        import tkinter  # noqa: F401  a Python built without Tk has no such module
    except ImportError:
        return "this Python has no tkinter (on Debian and Ubuntu: sudo apt install python3-tk)"
    return None
