"""One side of a comparison, in a process of its own that does nothing until it is asked.

The number of threads has to be known before NumPy loads, so it is in the environment when the process starts
(`spawn`: a new interpreter, nothing inherited but the environment), and read back from the loaded libraries.
"""

import gc
import math
import multiprocessing
import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.machine import children_seconds
from benchmarks.memory import peak_beyond

Arrays = dict[str, np.ndarray]

THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
)


class Task(Protocol):
    """What a side does with the data it was built on."""

    @property
    def actions(self) -> Mapping[str, Callable[[], Any]]:
        """What is timed, by name: each can be repeated, in the order given the first time."""

    def answer(self) -> Arrays:
        """What has to be equal on all sides, once every action has run."""


Build = Callable[[Arrays], Task]


class WorkerError(Exception):
    """A side failed; the text is its traceback."""


class Worker:
    """The handle on a side's process.  `send` to several and then `receive` lets them work at the same time."""

    def __init__(self, build: Build, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, build), daemon=True)
        with environment({name: str(threads) for name in THREAD_VARIABLES}):
            self._process.start()
        theirs.close()

    def send(self, command: str, *arguments: Any) -> None:
        self._connection.send((command, *arguments))

    def receive(self) -> Any:
        try:
            worked, reply = self._connection.recv()
        except EOFError:
            self._process.join()
            raise WorkerError(f"the process ended with exit code {self._process.exitcode}") from None
        if not worked:
            raise WorkerError(reply)
        return reply

    def ask(self, command: str, *arguments: Any) -> Any:
        self.send(command, *arguments)
        return self.receive()

    def close(self) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.join()


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def save(arrays: Arrays, folder: Path) -> None:
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


# ---- inside the process


def serve(connection: Connection, build: Build) -> None:
    """Obey until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)                   # Ctrl-C is for the parent, which closes the pipe
    warnings.simplefilter("error", UserWarning)                    # a fit that did not arrive is no equal work
    side = Side(build)
    while True:
        try:
            command, *arguments = connection.recv()
        except EOFError:
            return
        try:
            reply = True, getattr(side, command)(*arguments)
        except Exception:
            reply = False, traceback.format_exc()
        connection.send(reply)


class Side:
    """The commands that a worker understands."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.task: Task

    def prepare(self, rehearsal: Path, folder: Path) -> dict[str, int]:
        """Work through a small set once, so that nothing is loaded or set up later; then load the data."""
        small = self.build(read(rehearsal))
        for work in small.actions.values():
            work()
        self.task = self.build(read(folder))
        return threads_in_use()

    def peaks(self) -> dict[str, int | None]:
        """Bytes beyond the data and what the task already held, action by action."""
        return {name: peak_beyond(work) for name, work in self.task.actions.items()}

    def answer(self) -> Arrays:
        return self.task.answer()

    def calls_in(self, action: str, seconds: float) -> int:
        """How many calls fill that time, so that short ones can be measured by the dozen."""
        return max(1, math.ceil(seconds / max(self.time(action, 1), 1e-7)))

    def time(self, action: str, calls: int) -> float:
        """Seconds a call, without the garbage collector."""
        work = self.task.actions[action]
        gc.collect()
        gc.disable()
        start = time.perf_counter()
        for _ in range(calls):
            work()
        seconds = time.perf_counter() - start
        gc.enable()
        return seconds / calls

    def processor_seconds(self) -> float:
        """What this process has used since it started, and those it has started; threads add up."""
        return time.process_time() + children_seconds()


def read(folder: Path) -> Arrays:
    return {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}


def threads_in_use() -> dict[str, int]:
    """The threads of each pool that is loaded, by library, version and kernel."""
    from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

    return {
        " ".join(str(pool[key]) for key in ("internal_api", "version", "architecture") if pool.get(key)):
        pool["num_threads"] for pool in threadpool_info()
    }
