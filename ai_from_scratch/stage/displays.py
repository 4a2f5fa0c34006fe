"""The places of the live figure: nowhere, or a desktop window.  (browser.py and notebook.py have the other places.)

Everything happens in the training thread: it paints, calls `refresh`, and calls `pump` between steps so that the window
reacts.  Another thread does not work: it blocks Tk, plt.pause takes the focus, and FuncAnimation needs the event loop
for itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ai_from_scratch.stage import lost_screen, theme
from ai_from_scratch.stage.live import LIVE_SIZE_INCHES, Moment
from ai_from_scratch.stage.sockets import NewSockets
from ai_from_scratch.stage.transport import ACTIONS, HINT, HINT_AT_END, KEYS, NORMAL_SPEED, SPEEDS, Transport

FILE_BACKENDS = {"agg", "pdf", "svg", "ps", "pgf", "cairo", "template"}  # Matplotlib backends that only write files


class LostDisplayError(RuntimeError):
    """The screen of the window is no longer connected."""


class Display:
    """Shows nothing: for machines without a screen, and as the base of the other displays."""

    figure: Figure | None = None
    lost = False
    dark = False              # the figure is painted for a dark page
    paints_words = True       # the sentence is painted below the figure; False: it stands beside it as text

    def __init__(self, tell: Callable[[str], None] = print) -> None:
        self.tell = tell
        self.transport, self.moment = Transport(), Moment()

    @property
    def hint(self) -> str:
        """A line below the figure that names the keys."""
        return ""

    def open(self, title: str, about: str = "") -> None:
        """Prepares for a chapter: an empty figure with this title.  about: what to look at, in a sentence."""
        self.transport, self.moment = Transport(), Moment()

    def describe(self) -> None:
        """Describes the present `moment` and `transport` in words; a new picture may follow."""

    def refresh(self) -> None:
        """Shows what has been painted on the figure."""

    def pump(self) -> None:
        """Lets the window or tab react.  The call costs little, and is made between training steps."""

    @property
    def alive(self) -> bool:
        """True if the figure is visible.  False after the window is closed; the training continues."""
        return False

    def give_up(self, error: Exception) -> None:
        """The display failed: the chapter continues without it, and one message says so."""
        if not self.lost:
            self.lost = True
            self.tell(f"The live figure has ended ({type(error).__name__}: {error}). The training continues.")

    def close(self) -> None:
        """End the chapter."""


class WindowDisplay(Display):
    """A desktop window of a Matplotlib backend (macosx, TkAgg, or the user's MPLBACKEND).  It answers to keys."""

    title = ""

    def __init__(self, backend: str, tell: Callable[[str], None] = print) -> None:
        import matplotlib.pyplot as plt

        super().__init__(tell)
        theme.apply()
        plt.switch_backend(backend)
        self.plt, self.backend = plt, backend
        self.screen = NewSockets()           # the sockets opened from now on: Tk's connection to its screen

    def open(self, title: str, about: str = "") -> None:
        super().open(title, about)
        if self.screen.closed:
            return
        self.lost, self.title = False, title
        with self.screen.noticing():
            self.figure = self.plt.figure(figsize=LIVE_SIZE_INCHES, layout="constrained", num=title)
        self.figure.text(0.5, 0.5, about, ha="center", va="center", fontsize=12, wrap=True)    # until the first frame
        window = getattr(self.figure.canvas.manager, "window", None)
        if self.backend == "tkagg" and window is not None:
            lost_screen.survive(window)
        self.figure.canvas.mpl_connect("key_press_event", self._key)
        self.plt.show(block=False)
        self.pump()

    def _key(self, event: Any) -> None:
        if event.key in KEYS:
            ACTIONS[KEYS[event.key]](self.transport)

    @property
    def hint(self) -> str:
        """After the training it also says what happens now, and that the window may be closed."""
        transport = self.transport
        if transport.training:
            return HINT
        if transport.waiting:
            return f"All is done: press Enter or close the window to go on.   {HINT_AT_END}"
        return f"The training has ended; its pictures are being painted. You may close the window.   {HINT_AT_END}"

    def describe(self) -> None:
        """The description is shown in the window's title, which needs no painting."""
        manager = self.figure.canvas.manager if self.figure is not None else None
        if manager is not None and self.alive:
            self._check_screen()
            manager.set_window_title(self.state_in_words())

    def state_in_words(self) -> str:
        transport = self.transport
        words = [self.title, self.moment.scene] if self.moment.scene else [self.title]
        if not transport.training:
            words.append("all done: press Enter or close the window" if transport.waiting else "training done")
            words += [transport.doing] if transport.doing else []
        if not transport.playing and (transport.training or transport.at is not None):
            words.append(f"paused at frame {transport.shown + 1} of {transport.kept}")
        elif transport.replays:
            words.append(f"replay, frame {transport.shown + 1} of {transport.kept}")
        if transport.speed != NORMAL_SPEED:
            words.append(SPEEDS[transport.speed].words)
        return " · ".join(words)

    def refresh(self) -> None:
        if self.figure is not None and self.alive:
            canvas = self.figure.canvas
            if self.backend == "tkagg":      # draw in memory first, then check the screen just before it is used
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
        """Checks the connection to the screen. If it is broken, Tk is not used any more, because Xlib's buffer would
        overflow."""
        if self.screen.closed:
            raise LostDisplayError("the screen is no longer connected")

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
        """Drops the window without destroying it, because Tk would use the lost connection, even at the end of the
        program."""
        import ctypes

        from matplotlib._pylab_helpers import Gcf

        manager = Gcf.figs.pop(getattr(self.figure, "number", -1), None)
        window = getattr(manager, "window", None)
        if window is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(window.tk))      # the Tcl interpreter is never freed


def choose(show: str, tell: Callable[[str], None], wished: str | None = None) -> Display:
    """The display for `--show auto|window|browser|none`.  If this display is not available, a message says why, and
    nothing is shown.

    "auto" tries in this order: a notebook, if the code runs in one; MPLBACKEND, if it is set; the Mac's own window; Tk,
    if there is a screen; otherwise none.  wished: the user's MPLBACKEND, if it was removed from the environment.
    """
    if show == "none":
        return Display(tell)
    from ai_from_scratch.stage.notebook import NotebookDisplay, in_notebook

    if in_notebook():        # the notebook's event loop is running, so a browser tab cannot be served
        return NotebookDisplay(tell)
    wished = (os.environ.get("MPLBACKEND", "") if wished is None else wished).lower()
    if show == "browser" or (show == "auto" and wished == "webagg"):
        from ai_from_scratch.stage.browser import BrowserDisplay

        try:
            return BrowserDisplay(tell)
        except OSError as error:
            tell(f"No browser tab: no port of this machine is free ({error}). Try --show none.")
            return Display(tell)
    if wished in FILE_BACKENDS:
        if show == "window":
            tell(f"No window: MPLBACKEND={wished} draws into files only. Unset it, or use --show browser.")
        return Display(tell)
    usual = "macosx" if sys.platform == "darwin" else "tkagg"
    if wished not in {"", "webagg", usual} and "inline" not in wished:    # inherited from a notebook
        try:
            return WindowDisplay(wished, tell)
        except Exception as error:   # backends raise errors of many kinds
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
    """The reason why Tk cannot open a window here, or None."""
    if backend != "tkagg":
        return None
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "no screen here (DISPLAY is not set)"
    try:
        import tkinter  # noqa: F401  a Python built without Tk has no such module
    except ImportError:
        return "this Python has no tkinter (on Debian and Ubuntu: sudo apt install python3-tk)"
    return None
