"""The local engine: the page and its web sockets on 127.0.0.1.  Each socket has its own session.

Which requests are accepted, and how many: ai_from_scratch/web/server.py.  The texts that the scenes name are under
read/.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tornado.iostream
import tornado.websocket

from ai_from_scratch.web.server import MOST_CONNECTIONS, MOST_SESSIONS, STATIC, Guarded, LocalServer, TabSocket
from playground.session import LONGEST_MESSAGE, Session

__all__ = ["MOST_CONNECTIONS", "MOST_SESSIONS", "STATIC", "Playground", "Socket"]

PORTS = (*range(8899, 8909), 0)        # the first free port of these; else any free port


class Playground(LocalServer):
    """The server of one process.  `address` is the address of the page."""

    def __init__(self, new_session: Callable[[], Session], port: int | None = None,
                 readable: Callable[[], Mapping[str, Path]] = dict) -> None:
        """readable: gives the texts to which the page links, by path.  OSError if the port is not free."""
        self.new_session = new_session
        self.readable = readable               # called at the first request, because it imports the scenes
        files = {path.relative_to(STATIC).as_posix(): path for path in sorted(STATIC.rglob("*"))
                 if path.is_file() and path.stem != "live"}                 # that page has its own server
        super().__init__("playground", files, "index.html", Socket, PORTS if port is None else (port,),
                         LONGEST_MESSAGE, [("/read/(.*)", Texts)])


class Texts(Guarded):
    """The page and the files that a scene names, as text."""

    def get(self, name: str) -> None:
        playground: Any = self.local_server
        path = playground.readable().get(name)
        if path is None or not path.is_file():
            return self.refuse(404, f"{name[:100]} is not here. An installed package comes without documentation/: the "
                               "repository has it.")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(path.read_bytes())

    def head(self, name: str) -> None:
        self.get(name)


class Socket(TabSocket):
    """One tab.  It computes only after the page has sent a request and has received the last answer."""

    session: Session | None = None
    working = False

    async def open(self, *args: str, **kwargs: str) -> None:
        self.set_nodelay(True)
        self.local_server.sessions.add(self)
        playground: Any = self.local_server
        self.session = playground.new_session()
        await self._send(self.session.hello("local"))

    async def on_message(self, message: str | bytes) -> None:
        if self.session is None:
            return
        for answer in self.session.receive(message):
            await self._send(answer)
        if self.session and self.session.busy and not self.working:
            self.working = True
            asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        try:
            while self.session is not None and self.session.busy:
                answer = self.session.work()
                if answer is not None:
                    await self._send(answer)                   # returns when the answer has been sent
                await asyncio.sleep(0)                         # the other tabs' turn
        finally:
            self.working = False

    async def _send(self, answer: bytes) -> None:
        try:
            await self.write_message(answer, binary=True)
        except (tornado.websocket.WebSocketClosedError, tornado.iostream.StreamClosedError):
            self.on_close()

    def on_close(self) -> None:
        self.local_server.sessions.discard(self)
        if self.session is not None:
            self.session.close()
        self.session = None
