"""The live figure on a local page: it is painted here and sent as a picture; text, buttons and keys are part of the
page.

The server runs in its own thread, so the page answers at once while a training step takes its time.  Only the
training's thread paints the figure.  Requests of the page wait in a queue until that thread calls `pump`.
"""

from __future__ import annotations

import asyncio
import atexit
import io
import json
import math
import os
import queue
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.gallery import pixels_of
from ai_from_scratch.stage.live import LIVE_SIZE_INCHES
from ai_from_scratch.stage.live_server import LiveServer, RequestError, request_of
from ai_from_scratch.stage.transport import ACTIONS, SPEEDS

PORTS = (*range(8988, 8998), 0)   # Matplotlib's usual port, the next ones, and finally any free port
SECONDS_WITHOUT_TAB = 2.0         # a reload closes the tab and opens it again: the user has not left
DPI_RANGE = (70.0, 260.0)         # of the pictures: 770 to 2,860 pixels wide
SECONDS_TO_END = 1.0              # for the server's thread


class BrowserDisplay(Display):
    """One figure on one page for all chapters of a run: the tab stays open from one chapter to the next."""

    figure: Figure
    paints_words = False          # the sentences are text on the page

    def __init__(self, tell: Callable[[str], None]) -> None:
        """OSError if no port is free."""
        super().__init__(tell)
        self.figure = theme.new_figure(LIVE_SIZE_INCHES)
        self.canvas = FigureCanvasAgg(self.figure)
        self.title, self.about, self.phase, self.dpi = "", "", "loading", float(theme.DPI)
        self.requests: queue.Queue[dict[str, Any]] = queue.Queue(maxsize=100)
        self.loop = asyncio.new_event_loop()
        # If a tab closes while a picture is being sent, the loop reports an error that does not concern the training.
        self.loop.set_exception_handler(lambda loop, context: None)
        self.thread = threading.Thread(target=self.loop.run_forever, name="live page", daemon=True)
        self.thread.start()
        try:
            self.server: LiveServer = asyncio.run_coroutine_threadsafe(self._serve(), self.loop).result()
        except OSError:
            self._end_thread()
            raise
        atexit.register(self.shut_down)
        self.address = self.server.first_address()
        tell(f"Live figure: {self.address}")
        if has_browser():
            threading.Thread(target=webbrowser.open, args=(self.address,), daemon=True).start()     # some block

    async def _serve(self) -> LiveServer:
        return LiveServer(PORTS, self._asked)

    def _asked(self, text: str | bytes) -> None:
        """Handles a message from the page, in the server's thread.  RequestError if it is not valid."""
        try:
            self.requests.put_nowait(request_of(text))
        except queue.Full:
            raise RequestError("The page asks faster than the training can answer.") from None

    @property
    def tabs(self) -> int:
        """The number of connected browser tabs."""
        return len(self.server.sessions)

    def wait_for_tab(self, seconds: float, stop: Callable[[], bool]) -> bool:
        """Waits until a tab is open; False after `seconds`, or if `stop` returns True."""
        until = time.monotonic() + seconds
        while not self.tabs and time.monotonic() < until and not stop():
            time.sleep(0.02)
        return bool(self.tabs)

    def open(self, title: str, about: str = "") -> None:
        self.pump()                                  # requests to the chapter before
        speed = self.transport.speed                 # chosen for all chapters of the run
        super().open(title, about)
        self.transport.speed = speed
        self.lost, self.title, self.about, self.phase = False, title, about, "loading"
        self.figure.clear()
        self.server.forget_picture()
        self.describe()

    def describe(self) -> None:
        if self.phase in ("loading", "training") and self.moment.scene:
            self.phase = "training" if self.transport.training else "trained"
        self.server.tell(json.dumps(self._state()))

    def refresh(self) -> None:
        if self.figure.dpi != self.dpi:
            self.figure.set_dpi(self.dpi)
        self.canvas.draw()
        pixels, content = pixels_of(self.canvas), io.BytesIO()
        height, width, _ = pixels.shape
        Image.fromarray(pixels).save(content, "PNG", compress_level=1)  # on one machine the speed matters, not the size
        words = {"kind": "picture", "dark": self.dark, "width": width, "height": height, **self._moment()}
        self.server.show(json.dumps(words), content.getvalue())

    def pump(self) -> None:
        """Carries out the requests of the page since the last call."""
        while True:
            try:
                request = self.requests.get_nowait()
            except queue.Empty:
                return
            self._obey(request)

    def _obey(self, request: dict[str, Any]) -> None:
        action = request["do"]
        if action in ACTIONS:
            ACTIONS[action](self.transport)
        elif action == "seek":
            self.transport.seek(request["to"])
        elif action == "speed":
            self.transport.set_speed(request["to"])
        elif action == "look":
            dpi = min(max(request["width"] / LIVE_SIZE_INCHES[0], DPI_RANGE[0]), DPI_RANGE[1])
            if (dpi, request["dark"]) != (self.dpi, self.dark) or not self.server.picture:
                self.dpi, self.dark, self.transport.stale = dpi, request["dark"], True

    def _state(self) -> dict[str, Any]:
        transport = self.transport
        return {"kind": "state", "title": self.title, "about": self.about, "phase": self.phase,
                "playing": transport.playing, "training": transport.training, "waiting": transport.waiting,
                "at": transport.shown, "kept": transport.kept, "latest": transport.at is None, "speed": transport.speed,
                "speeds": [speed.words for speed in SPEEDS]}

    def _moment(self) -> dict[str, Any]:
        moment = self.moment
        metrics = [[name, float(value) if math.isfinite(value) else None] for name, value in moment.metrics.items()]
        return {"scene": moment.scene, "sentence": moment.sentence, "step": int(moment.step),
                "steps": int(moment.steps), "metrics": metrics}

    @property
    def alive(self) -> bool:
        return not self.lost and (self.tabs > 0 or time.monotonic() - self.server.last_left < SECONDS_WITHOUT_TAB)

    def close(self) -> None:
        """Ends the chapter; the page stays open for the next one, and the server ends with the process."""
        self.transport.playing = False
        self.phase = "ended"
        self.describe()

    def give_up(self, error: Exception) -> None:
        super().give_up(error)
        self.phase = "lost"
        self.server.tell(json.dumps(self._state()))

    def shut_down(self) -> None:
        """Stops the server, before the process ends."""
        atexit.unregister(self.shut_down)
        if self.thread.is_alive():
            asyncio.run_coroutine_threadsafe(self.server.end(), self.loop).result(SECONDS_TO_END)
            self._end_thread()

    def _end_thread(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(SECONDS_TO_END)
        if not self.thread.is_alive():
            self.loop.close()


def has_browser() -> bool:
    """True if a person at this machine can open a browser on its screen.  Over SSH the browser is on the other
    machine."""
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()) or "SSH_CONNECTION" in os.environ:
        return False
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
