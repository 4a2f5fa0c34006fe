"""The live figure in a browser tab, for machines without a screen: Matplotlib's WebAgg on 127.0.0.1.

WebAgg's own `show` blocks, so its server runs on an event loop of ours that is pumped between training steps.  It
sends a picture only in answer to the browser's reply, so pumping has to go on for as long as somebody watches.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.displays import LIVE_SIZE, Display

ADDRESS = "127.0.0.1"   # this machine only; for a remote one, forward the port with ssh -L
PORTS = (*range(8988, 8998), 0)   # Matplotlib's usual one, its neighbours, and at last any that is free


class BrowserDisplay(Display):
    """One figure on one page, for all the chapters of the run: the tab stays open from one to the next."""

    figure: Figure

    def __init__(self, tell: Callable[[str], None]) -> None:
        import matplotlib.pyplot as plt

        super().__init__(tell)
        theme.apply()
        plt.switch_backend("webagg")
        from matplotlib.backends.backend_webagg import WebAggApplication

        self.loop = asyncio.new_event_loop()
        # A tab that is closed while a picture is on its way raises inside the loop; that is no concern of the training.
        self.loop.set_exception_handler(lambda loop, context: None)
        asyncio.set_event_loop(self.loop)
        self.figure = plt.figure(figsize=LIVE_SIZE, layout="constrained", num=1)
        self.manager: Any = self.figure.canvas.manager   # Matplotlib's, with the web sockets of the tabs
        self.server, port = self.loop.run_until_complete(self._listen(WebAggApplication()))
        self.address = f"http://{ADDRESS}:{port}/1"
        tell(f"Live figure: {self.address}")

    @staticmethod
    async def _listen(application: Any) -> tuple[Any, int]:
        """The running server and its port.  OSError when none is to be had."""
        from tornado.httpserver import HTTPServer
        from tornado.netutil import bind_sockets

        for port in PORTS:
            try:
                sockets = bind_sockets(port, ADDRESS)
            except OSError:
                if port == PORTS[-1]:
                    raise
                continue
            server = HTTPServer(application)
            server.add_sockets(sockets)
            return server, sockets[0].getsockname()[1]
        raise AssertionError("the last port either binds or raises")

    @property
    def tabs(self) -> int:
        """How many browser tabs are connected."""
        return len(self.manager.web_sockets)

    def open(self, title: str) -> None:
        # Painting sends messages to the tabs, and Tornado asks for the current loop: the menu's has ended meanwhile.
        asyncio.set_event_loop(self.loop)
        self.lost = False
        self.figure.clear()
        self.manager.set_window_title(title)
        self.refresh()

    def wait_for_tab(self, seconds: float, stop: Callable[[], bool]) -> bool:
        """Give the user time to open the page; True as soon as a tab is there."""
        until = time.monotonic() + seconds
        while not self.tabs and time.monotonic() < until and not stop():
            self.pump()
            time.sleep(0.02)
        return bool(self.tabs)

    def refresh(self) -> None:
        self.figure.canvas.draw_idle()   # asks each tab; its reply, pumped, makes the server draw and send
        self.pump()

    def pump(self) -> None:
        self.loop.run_until_complete(asyncio.sleep(0))

    @property
    def alive(self) -> bool:
        return self.tabs > 0 and not self.lost

    def close(self) -> None:
        """The chapter is over; the page stays for the next one, and the server ends with the process."""
        if not self.lost:
            self.refresh()

    def shut_down(self) -> None:
        """End the server before the process does."""
        self.server.stop()
        for tab in list(self.manager.web_sockets):
            tab.close()
        self.loop.run_until_complete(self.server.close_all_connections())
        self.loop.run_until_complete(asyncio.sleep(0.05))   # the tabs' farewells
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        self.loop.close()
