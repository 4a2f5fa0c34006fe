"""A small web server on 127.0.0.1 that can be good, wrong, truncated, silent, slow or endless, for the data tests."""

import contextlib
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ai_from_scratch.data import fetch
from ai_from_scratch.data.download import TimeLimits

Answer = Callable[["Handler"], None]

IMPATIENT = TimeLimits(connect=0.2, silence=0.2, grace=0.2, rate=50_000)


class Handler(BaseHTTPRequestHandler):
    server: "DataServer"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.answers.get(self.path, status(404))(self)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: standard error belongs to the tests."""

    def begin(self, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()


class DataServer(ThreadingHTTPServer):
    """`with DataServer({"/a": body(b"...")}) as server:`; it ends, with all its threads, when the block does."""

    daemon_threads = False    # so that closing waits for every handler, and none outlives its test

    def __init__(self, answers: dict[str, Answer]):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked = answers, list[str]()
        self.closing = threading.Event()
        self.host = f"127.0.0.1:{self.server_port}"
        self.loop = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""

    def __enter__(self) -> "DataServer":
        self.loop.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.closing.set()
        self.shutdown()
        self.loop.join()
        self.server_close()
        for thread in threading.enumerate():
            if thread.name.startswith("download "):    # one that was given up ends when its server does
                thread.join(5)


def body(data: bytes, *, claimed: int | None = None) -> Answer:
    """The whole file; or, if more is claimed than sent, a truncated one."""

    def answer(handler: Handler) -> None:
        handler.begin(len(data) if claimed is None else claimed)
        handler.wfile.write(data)

    return answer


def status(code: int) -> Answer:
    return lambda handler: handler.send_error(code)


def silent(handler: Handler) -> None:
    handler.server.closing.wait(10)


def drip(handler: Handler) -> None:
    """Sends a byte now and then: no read times out, but the file does not arrive."""
    handler.begin(1_000_000)
    _send_slowly(handler, b"x")


def drip_headers(handler: Handler) -> None:
    handler.send_response(200)
    handler.flush_headers()
    _send_slowly(handler, b"X-Slow: 1\r\n")


def endless(handler: Handler) -> None:
    handler.begin(None)
    while not handler.server.closing.is_set():
        handler.wfile.write(bytes(10_000))


def _send_slowly(handler: Handler, piece: bytes) -> None:
    end = time.monotonic() + 10
    with contextlib.suppress(OSError):
        while time.monotonic() < end and not handler.server.closing.wait(0.05):
            handler.wfile.write(piece)
            handler.wfile.flush()


def keep_apart(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """No user's folder, no proxy, no memory of failed hosts; the answer is this test's own empty cache."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    cache = folder / "cache"
    monkeypatch.delenv(fetch.FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv(fetch.CACHE_VARIABLE, str(cache))
    monkeypatch.setattr(fetch, "failed_hosts", {})
    return cache


def refused_url(path: str) -> str:
    """An address where nobody listens: the port was free a moment ago."""
    server = DataServer({})
    server.server_close()
    return server.url(path)
