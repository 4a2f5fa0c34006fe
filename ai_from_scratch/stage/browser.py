"""The live figure in a browser tab, for machines without a screen: Matplotlib's WebAgg on 127.0.0.1.

WebAgg's own `show` blocks.  So its server uses an event loop of this module, which runs briefly between training steps.
The server sends a picture only after a message from the browser, so the loop must run as long as a tab is open.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.live import LIVE_SIZE_INCHES

ADDRESS = "127.0.0.1"   # this machine only; on a remote machine, forward the port with ssh -L
PORTS = (*range(8988, 8998), 0)   # Matplotlib's usual port, the next ones, and finally any free port


class BrowserDisplay(Display):
    """One figure on one page for all chapters of a run: the tab stays open from one chapter to the next."""

    figure: Figure

    def __init__(self, tell: Callable[[str], None]) -> None:
        import matplotlib.pyplot as plt

        super().__init__(tell)
        theme.apply()
        plt.switch_backend("webagg")
        from matplotlib.backends.backend_webagg import WebAggApplication

        self.loop = asyncio.new_event_loop()
        # If a tab closes while a picture is being sent, the loop reports an error that does not concern the training.
        self.loop.set_exception_handler(lambda loop, context: None)
        asyncio.set_event_loop(self.loop)
        self.figure = plt.figure(figsize=LIVE_SIZE_INCHES, layout="constrained", num=1)
        self.manager: Any = self.figure.canvas.manager   # Matplotlib's, with the web sockets of the tabs
        self.server, port = self.loop.run_until_complete(self._listen(WebAggApplication()))
        self.address = f"http://{ADDRESS}:{port}/1"
        tell(f"Live figure: {self.address}")

    @staticmethod
    async def _listen(application: Any) -> tuple[Any, int]:
        """The running server and its port.  OSError if no port is free."""
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
        # Painting sends messages to the tabs.  Tornado needs a current loop, and the menu's loop has ended.
        asyncio.set_event_loop(self.loop)
        self.lost = False
        self.figure.clear()
        self.manager.set_window_title(title)
        self.refresh()

    def wait_for_tab(self, seconds: float, stop: Callable[[], bool]) -> bool:
        """Wait until a tab is open; False after `seconds`, or if `stop` says so."""
        until = time.monotonic() + seconds
        while not self.tabs and time.monotonic() < until and not stop():
            self.pump()
            time.sleep(0.02)
        return bool(self.tabs)

    def refresh(self) -> None:
        self.figure.canvas.draw_idle()   # asks each tab; on a tab's reply the server draws and sends
        self.pump()

    def pump(self) -> None:
        self.loop.run_until_complete(asyncio.sleep(0))

    @property
    def alive(self) -> bool:
        return self.tabs > 0 and not self.lost

    def close(self) -> None:
        """End the chapter; the page stays open for the next one, and the server ends with the process."""
        if not self.lost:
            self.refresh()

    def shut_down(self) -> None:
        """Stop the server, before the process ends."""
        self.server.stop()
        for tab in list(self.manager.web_sockets):
            tab.close()
        self.loop.run_until_complete(self.server.close_all_connections())
        self.loop.run_until_complete(asyncio.sleep(0.05))   # the tabs close their connections
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        self.loop.close()
