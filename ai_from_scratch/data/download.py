"""One download, which ends early if the server is silent, slow or endless.

The transfer runs in its own thread. Three steps have no time limit that could be set from outside: the look-up of
a host's name, the attempts at all its addresses, and headers that arrive byte by byte.  (With pooch.HTTPDownloader and
its timeout, a server that sends a byte now and then holds the program for minutes.)  The caller only waits.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

MAX_DOWNLOAD_BYTES = 64_000_000  # bytes; the largest file that is downloaded has 10 MB


class DownloadError(Exception):
    """The reason why one server did not give a file, in a few words."""


class TimeLimits(NamedTuple):
    """How long to wait: seconds for a connection and for the next byte, then an average rate in bytes a second.

    The rate is checked after the first `grace` seconds: then a server that has sent nothing is given up, too.
    """

    connect: float = 5.0
    silence: float = 5.0
    grace: float = 6.0
    rate: float = 50_000.0


class Downloader:
    """Fetches one address into a file, with the signature that pooch calls.  Raises DownloadError."""

    def __init__(self, limits: TimeLimits):
        self.limits = limits

    def __call__(self, url: str, output_file: str, _pooch: object = None) -> None:
        transfer = _Transfer(url, self.limits)
        start = time.monotonic()
        transfer.start()
        try:
            with _progress(url.rpartition("/")[2]) as show:
                while transfer.is_alive():
                    transfer.join(0.05)
                    show(len(transfer.received), transfer.total)
                    if transfer.is_alive():
                        self._check_rate(time.monotonic() - start, transfer)
        finally:
            transfer.abandoned = True
        if transfer.error is not None:
            raise DownloadError(reason(transfer.error)) from transfer.error
        Path(output_file).write_bytes(transfer.received)

    def _check_rate(self, seconds: float, transfer: "_Transfer") -> None:
        received = len(transfer.received)
        if received < self.limits.rate * (seconds - self.limits.grace):
            came = f"only {received / 1000:.0f} kB" if transfer.answered else "no answer"
            raise DownloadError(f"{came} in {seconds:.1f} s")


class _Transfer(threading.Thread):
    """Collects the bytes of one answer; the waiting caller may set `abandoned` and stop waiting."""

    def __init__(self, url: str, limits: TimeLimits):
        super().__init__(name=f"download {url}", daemon=True)
        self.url, self.limits = url, limits
        self.received = bytearray()
        self.answered = False
        self.total: int | None = None
        self.error: Exception | None = None
        self.abandoned = False

    def run(self) -> None:
        import requests

        try:
            timeout = (self.limits.connect, self.limits.silence)
            with requests.get(self.url, stream=True, timeout=timeout) as response:
                self.answered = True
                response.raise_for_status()
                self.total = int(response.headers.get("Content-Length", 0)) or None
                for chunk in response.iter_content(4096):
                    self.received += chunk
                    if self.abandoned:
                        return
                    if len(self.received) > MAX_DOWNLOAD_BYTES:
                        raise DownloadError(f"more than {MAX_DOWNLOAD_BYTES:,} bytes came")
        except Exception as error:   # a network fails in more ways than can be listed; each failure leads to the sample
            self.error = error


def reason(error: BaseException) -> str:
    """The cause at the end of a chain of exceptions, in a few words: "Connection refused", "HTTP 403 Forbidden"."""
    answer = getattr(error, "response", None)
    if answer is not None:
        return f"HTTP {answer.status_code} {answer.reason}"
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(words).split())[:120]


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """Shows a progress bar on standard error during the download, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield lambda received, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"downloading {name}", total=None)
        yield lambda received, total: bar.update(task, completed=received, total=total)
