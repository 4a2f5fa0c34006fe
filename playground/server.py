"""The local engine: the page and its web sockets on 127.0.0.1.  Each socket has a session of its own.

Who may talk to it: requests whose Host is this machine's loopback address; sockets whose Origin is this page, and
that bring the token.  The token comes in the first address, becomes a cookie, and leaves the address.  Sizes,
connections and sessions are bounded.  Only the files of static/ are served, from a list made at the start, and under
read/ the texts that the scenes name as theirs.
"""

import asyncio
import hmac
import mimetypes
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tornado.iostream
import tornado.web
import tornado.websocket
from tornado.httpserver import HTTPServer

from playground.session import LONGEST_MESSAGE, Session

ADDRESS = "127.0.0.1"
PORTS = (*range(8899, 8909), 0)        # the first free one; finally any
STATIC = Path(__file__).parent / "static"
MOST_SESSIONS = 12
MOST_CONNECTIONS = 64                  # a tab needs at most seven
LARGEST_BODY = 16 * 1024
IDLE_SECONDS = 60                      # after which a connection that asks nothing is closed
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")


class Playground:
    """The server of one process.  `address` is where the page is."""

    def __init__(self, new_session: Callable[[], Session], port: int | None = None,
                 readable: Callable[[], Mapping[str, Path]] = dict) -> None:
        """readable: gives the texts that the page links to, by path.  OSError if the port is not free."""
        self.new_session = new_session
        self.token = secrets.token_urlsafe(24)
        self.sessions: set[Socket] = set()
        self.files = {path.relative_to(STATIC).as_posix(): path for path in sorted(STATIC.rglob("*")) if path.is_file()}
        self.readable = readable               # asked for when somebody reads: it imports the scenes
        self.sockets, self.port = _bound(PORTS if port is None else (port,))
        self.hosts = {f"{name}:{self.port}" for name in (ADDRESS, "localhost")}
        self.origins = {f"http://{host}" for host in self.hosts}
        self.cookie = f"playground_{self.port}"        # cookies do not know ports
        application = tornado.web.Application(
            [("/socket", Socket), ("/read/(.*)", Texts), ("/(.*)", Files)], playground=self,
            websocket_max_message_size=LONGEST_MESSAGE, websocket_ping_interval=20, log_function=lambda handler: None)
        self.server = _Server(application, max_body_size=LARGEST_BODY, max_header_size=16 * 1024,
                              max_buffer_size=2 * LONGEST_MESSAGE, idle_connection_timeout=IDLE_SECONDS,
                              body_timeout=IDLE_SECONDS)
        self.server.add_sockets(self.sockets)

    @property
    def address(self) -> str:
        return f"http://{ADDRESS}:{self.port}/"

    def first_address(self, scene: str = "") -> str:
        return f"{self.address}?token={self.token}" + (f"#scene={scene}" if scene else "")

    def close(self) -> None:
        self.server.stop()
        for tab in list(self.sessions):
            tab.close()

    def headers(self, handler: tornado.web.RequestHandler) -> None:
        sockets = " ".join(sorted(f"ws://{host}" for host in self.hosts))
        handler.set_header("Content-Security-Policy", (
            f"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
            f"connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"))
        for name, value in (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                            ("Cross-Origin-Opener-Policy", "same-origin"), ("Cache-Control", "no-cache"),
                            ("Cross-Origin-Resource-Policy", "same-origin"), ("Server", "playground")):
            handler.set_header(name, value)

    def known(self, token: str | None) -> bool:
        return hmac.compare_digest((token or "").encode(), self.token.encode())


class _Server(HTTPServer):
    """Closes connections beyond MOST_CONNECTIONS at once."""

    def handle_stream(self, stream: Any, address: Any) -> None:
        if len(self._connections) >= MOST_CONNECTIONS:
            stream.close()
        else:
            super().handle_stream(stream, address)


class _Guarded(tornado.web.RequestHandler):
    """Refuses a Host that is not this machine: a foreign name may point to 127.0.0.1."""

    @property
    def playground(self) -> Playground:
        found: Playground = self.settings["playground"]
        return found

    def set_default_headers(self) -> None:
        self.playground.headers(self)

    def prepare(self) -> None:
        if self.request.host not in self.playground.hosts:
            self.refuse(403, f"The playground answers to {self.playground.address} only.")

    def refuse(self, status: int, words: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(words + "\n")

    def write_error(self, status_code: int, **_: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: {self._reason}\n")


class Files(_Guarded):
    def get(self, name: str) -> None:
        if token := self.get_query_argument("token", ""):
            if not self.playground.known(token):
                return self.refuse(403, "This token is of another run. Take the address that the terminal shows.")
            self.set_cookie(self.playground.cookie, token, httponly=True, samesite="Strict", path="/")
            return self.redirect("/", status=303)              # the token leaves the address
        path = self.playground.files.get(name or "index.html")
        if path is None:
            return self.refuse(404, "There is no such file.")
        self.set_header("Content-Type", mimetypes.guess_type(path.name)[0] or "application/octet-stream")
        self.finish(path.read_bytes())

    def head(self, name: str) -> None:
        self.get(name)


class Texts(_Guarded):
    """The page and the files that a scene names, as text."""

    def get(self, name: str) -> None:
        path = self.playground.readable().get(name)
        if path is None or not path.is_file():
            return self.refuse(404, f"{name[:100]} is not here. An installed package comes without documentation/: the "
                               "repository has it.")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(path.read_bytes())

    def head(self, name: str) -> None:
        self.get(name)


class Socket(_Guarded, tornado.websocket.WebSocketHandler):
    """One tab.  It computes only when the page has asked and has taken the last answer."""

    session: Session | None = None
    working = False

    def check_origin(self, origin: str) -> bool:
        return origin in self.playground.origins

    async def get(self, *args: Any, **kwargs: Any) -> None:
        if not self.check_origin(self.request.headers.get("Origin", "")):    # Tornado asks only where it sees a need
            return self.refuse(403, "A socket has to come from the playground's own page.")
        if not self.playground.known(self.get_cookie(self.playground.cookie)):
            return self.refuse(403, "The token is missing. Open the address that the terminal shows.")
        if len(self.playground.sessions) >= MOST_SESSIONS:
            return self.refuse(503, f"At most {MOST_SESSIONS} tabs at a time: close one.")
        await super().get(*args, **kwargs)

    async def open(self, *args: str, **kwargs: str) -> None:
        self.set_nodelay(True)
        self.playground.sessions.add(self)
        self.session = self.playground.new_session()
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
                    await self._send(answer)                   # returns when it has left for the page
                await asyncio.sleep(0)                         # the other tabs' turn
        finally:
            self.working = False

    async def _send(self, answer: bytes) -> None:
        try:
            await self.write_message(answer, binary=True)
        except (tornado.websocket.WebSocketClosedError, tornado.iostream.StreamClosedError):
            self.on_close()

    def on_close(self) -> None:
        self.playground.sessions.discard(self)
        if self.session is not None:
            self.session.close()
        self.session = None


def _bound(ports: tuple[int, ...]) -> tuple[list[socket.socket], int]:
    for port in ports:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if os.name != "nt":                            # there it would share the port with another program
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setblocking(False)
            bound.bind((ADDRESS, port))
            bound.listen(MOST_CONNECTIONS)
        except OSError:
            bound.close()
            if port == ports[-1]:
                raise
        else:
            return [bound], bound.getsockname()[1]
    raise AssertionError("the last port either binds or raises")
