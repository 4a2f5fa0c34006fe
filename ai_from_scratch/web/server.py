"""A page and its web sockets on 127.0.0.1.

Accepted are requests whose Host is this machine's loopback address, and sockets whose Origin is this page and that have
the token.  The token is part of the first address, becomes a cookie, and is then removed from the address. The sizes
and the numbers of connections and tabs are limited.  Only the files of the page are served, from a list made at the
start.
"""

from __future__ import annotations

import hmac
import mimetypes
import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tornado.web
import tornado.websocket
from tornado.httpserver import HTTPServer

ADDRESS = "127.0.0.1"                  # this machine only; on a remote machine, forward the port with ssh -L
STATIC = Path(__file__).parents[2] / "playground" / "static"
MOST_SESSIONS = 12
MOST_CONNECTIONS = 64                  # a tab needs at most seven
LARGEST_BODY = 16 * 1024
IDLE_SECONDS = 60                      # a connection without requests is closed after this time
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")


class LocalServer:
    """The server of one page.  `address` is the address of the page.  Make it while an event loop runs."""

    def __init__(self, name: str, files: Mapping[str, Path], index: str, tab: type[TabSocket],
                 ports: Sequence[int], longest_message: int, routes: Sequence[tuple[str, type[Guarded]]] = ()) -> None:
        """files: the served files, by address; index: the one at the root; routes: other addresses, each with its
        handler.

        The first free port is taken; OSError if none is free.
        """
        self.name, self.files, self.index = name, files, index
        self.token = secrets.token_urlsafe(24)
        self.sessions: set[TabSocket] = set()          # the open tabs
        self.sockets, self.port = _bound(ports)
        self.hosts = {f"{host}:{self.port}" for host in (ADDRESS, "localhost")}
        self.origins = {f"http://{host}" for host in self.hosts}
        self.cookie = f"{name}_{self.port}"            # cookies do not depend on the port
        application = tornado.web.Application(
            [("/socket", tab), *routes, ("/(.*)", Files)], local_server=self,
            websocket_max_message_size=longest_message, websocket_ping_interval=20, log_function=lambda handler: None)
        self.server = _Server(application, max_body_size=LARGEST_BODY, max_header_size=16 * 1024,
                              max_buffer_size=2 * longest_message, idle_connection_timeout=IDLE_SECONDS,
                              body_timeout=IDLE_SECONDS)
        self.server.add_sockets(self.sockets)

    @property
    def address(self) -> str:
        return f"http://{ADDRESS}:{self.port}/"

    def first_address(self, fragment: str = "") -> str:
        return f"{self.address}?token={self.token}" + (f"#{fragment}" if fragment else "")

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
                            ("Cross-Origin-Resource-Policy", "same-origin"), ("Server", self.name)):
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


class Guarded(tornado.web.RequestHandler):
    """Refuses a Host that is not this machine, because a foreign name may point to 127.0.0.1."""

    @property
    def local_server(self) -> LocalServer:
        found: LocalServer = self.settings["local_server"]
        return found

    def set_default_headers(self) -> None:
        self.local_server.headers(self)

    def prepare(self) -> None:
        if self.request.host not in self.local_server.hosts:
            self.refuse(403, f"The {self.local_server.name} answers to {self.local_server.address} only.")

    def refuse(self, status: int, words: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(words + "\n")

    def write_error(self, status_code: int, **_: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: {self._reason}\n")


class Files(Guarded):
    def get(self, name: str) -> None:
        if token := self.get_query_argument("token", ""):
            if not self.local_server.known(token):
                return self.refuse(403, "This token belongs to another run. Open the address that the terminal shows.")
            self.set_cookie(self.local_server.cookie, token, httponly=True, samesite="Strict", path="/")
            return self.redirect("/", status=303)              # the token leaves the address
        path = self.local_server.files.get(name or self.local_server.index)
        if path is None:
            return self.refuse(404, "There is no such file.")
        self.set_header("Content-Type", mimetypes.guess_type(path.name)[0] or "application/octet-stream")
        self.finish(path.read_bytes())

    def head(self, name: str) -> None:
        self.get(name)


class TabSocket(Guarded, tornado.websocket.WebSocketHandler):
    """One tab.  A subclass defines the messages; its `open` and `on_close` update `sessions`."""

    def check_origin(self, origin: str) -> bool:
        return origin in self.local_server.origins

    async def get(self, *args: Any, **kwargs: Any) -> None:
        if not self.check_origin(self.request.headers.get("Origin", "")):    # Tornado checks this only in some cases
            return self.refuse(403, f"A socket must come from the page of the {self.local_server.name}.")
        if not self.local_server.known(self.get_cookie(self.local_server.cookie)):
            return self.refuse(403, "The token is missing. Open the address that the terminal shows.")
        if len(self.local_server.sessions) >= MOST_SESSIONS:
            return self.refuse(503, f"At most {MOST_SESSIONS} tabs at a time: close one.")
        await super().get(*args, **kwargs)


def _bound(ports: Sequence[int]) -> tuple[list[socket.socket], int]:
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
    raise AssertionError("the last port either works or raises")
