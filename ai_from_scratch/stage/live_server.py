"""The server of the live page: the messages to the tabs, and the messages that a tab may send.

    to a tab    a text: the state as JSON; or bytes: 4 with the length of a JSON text, the text, a PNG picture
    of a tab    {"do": "toggle"} and the other ACTIONS, {"do": "seek", "to": 12}, {"do": "speed", "to": 2},
                {"do": "look", "width": 1800, "dark": false}, {"do": "painted"}

A tab gets the next picture when it has painted the last one; of the pictures made meanwhile it gets only the newest.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import tornado.iostream
import tornado.websocket

from ai_from_scratch.stage.transport import ACTIONS
from ai_from_scratch.web.server import STATIC, LocalServer, TabSocket

LONGEST_MESSAGE = 4 * 1024             # of the page
NUMBERS = {"seek": ("to", 10**6), "speed": ("to", 100), "look": ("width", 20_000)}  # its name, its maximum
PAGE_FILES = ("live.html", "live.js", "live.css", "style.css", "theme.js", "canvas.js", "icon.svg",
         "vendor/@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2",
         "vendor/@fontsource-variable/source-sans-3/files/source-sans-3-greek-wght-normal.woff2")


class RequestError(ValueError):
    """The page requested something that does not exist; the message is sent back to it."""


def request_of(text: str | bytes) -> dict[str, Any]:
    """The page's message, checked."""
    if not isinstance(text, str) or len(text) > LONGEST_MESSAGE:
        raise RequestError(f"A message is a text of at most {LONGEST_MESSAGE} characters.")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError("The message is not valid JSON.") from None
    action = message.get("do") if isinstance(message, dict) else None
    if not isinstance(action, str) or action not in {*ACTIONS, *NUMBERS, "painted"}:
        raise RequestError(f"do is one of {', '.join([*ACTIONS, *NUMBERS, 'painted'])}.")
    if action in NUMBERS:
        name, largest = NUMBERS[action]
        value = message.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
            raise RequestError(f"{name} is a whole number from 0 to {largest}.")
        if action == "look" and not isinstance(message.get("dark"), bool):
            raise RequestError("dark is true or false.")
    return dict(message)


class LiveServer(LocalServer):
    """The server; its `tell`, `show` and `forget_picture` may be called from any thread."""

    def __init__(self, ports: Sequence[int], asked: Callable[[str | bytes], None]) -> None:
        super().__init__("live", {name: STATIC / name for name in PAGE_FILES}, "live.html", Tab, ports, LONGEST_MESSAGE)
        self.asked = asked
        self.loop = asyncio.get_running_loop()
        self.state = "{}"                            # the latest state, for the next tab that opens
        self.picture = b""
        self.last_left = float("-inf")               # when the last tab left

    def tell(self, state: str) -> None:
        self.loop.call_soon_threadsafe(self._tell, state)

    def show(self, words: str, png: bytes) -> None:
        text = words.encode()
        self.loop.call_soon_threadsafe(self._show, len(text).to_bytes(4, "little") + text + png)

    def look(self) -> None:
        """The figure's look: as wide as the widest tab needs it, in the colours that were chosen last."""
        looks = sorted(tab.look for tab in self.sessions if isinstance(tab, Tab) and tab.look)
        if looks:
            self.asked(json.dumps({"do": "look", "width": max(width for _, width, _ in looks), "dark": looks[-1][2]}))

    def forget_picture(self) -> None:
        self.loop.call_soon_threadsafe(setattr, self, "picture", b"")

    def _tell(self, state: str) -> None:
        self.state = state
        for tab in list(self.sessions):
            assert isinstance(tab, Tab)
            tab.send(state)

    def _show(self, picture: bytes) -> None:
        self.picture = picture
        for tab in list(self.sessions):
            assert isinstance(tab, Tab)
            tab.show()

    async def end(self) -> None:
        self.close()
        await self.server.close_all_connections()
        await asyncio.sleep(0.05)                    # the tabs close their connections


class Tab(TabSocket):
    """One tab, which mirrors the live figure.  All tabs show the same."""

    painting: bytes | None = None                    # the picture that the page has not yet painted
    look: tuple[float, int, bool] | None = None      # since when, how many pixels wide, and whether dark

    @property
    def live(self) -> LiveServer:
        assert isinstance(self.local_server, LiveServer)
        return self.local_server

    def open(self, *args: str, **kwargs: str) -> None:
        self.set_nodelay(True)
        self.live.sessions.add(self)
        self.send(self.live.state)
        self.show()

    def show(self) -> None:
        """Sends the newest picture, if the page is ready for it."""
        if self.painting is None and self.live.picture:
            self.painting = self.live.picture
            self.send(self.painting)

    def on_message(self, message: str | bytes) -> None:
        try:
            request = request_of(message)
            if request["do"] == "look":
                self.look = time.monotonic(), request["width"], request["dark"]
                self.live.look()
            elif request["do"] == "painted":
                shown, self.painting = self.painting, None
                if shown is not self.live.picture:
                    self.show()
            else:
                self.live.asked(message)
        except RequestError as error:
            self.send(json.dumps({"kind": "error", "say": str(error)}))

    def send(self, message: str | bytes) -> None:
        asyncio.get_running_loop().create_task(self._send(message))

    async def _send(self, message: str | bytes) -> None:
        try:
            await self.write_message(message, binary=isinstance(message, bytes))
        except (tornado.websocket.WebSocketClosedError, tornado.iostream.StreamClosedError):
            self.on_close()

    def on_close(self) -> None:
        if self in self.live.sessions:
            self.live.sessions.discard(self)
            self.live.last_left = time.monotonic()
            with suppress(RequestError):
                self.live.look()
