"""One side of a comparison, in its own process, which waits for commands.

The number of threads must be set before NumPy loads.  So it is in the environment when the process starts (`spawn`: a
new interpreter that inherits only the environment), and it is read back from the loaded libraries.
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
    """The work of a side on its data."""

    @property
    def actions(self) -> Mapping[str, Callable[[], Any]]:
        """The timed actions by name; each can be repeated, in the given order the first time."""

    def answer(self) -> Arrays:
        """The arrays that must be equal on all sides, after every action has run."""


Build = Callable[[Arrays], Task]


class WorkerError(Exception):
    """A side failed; the text is its traceback."""


class Worker:
    """The other end of a side's process.  `send` to several and then `receive` lets them work at the same time."""

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
    """Executes commands until the other end closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)                   # Ctrl-C is for the parent, which closes the pipe
    warnings.simplefilter("error", UserWarning)                    # a fit that did not converge is not the same work
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
    """The commands of a worker."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.task: Task

    def prepare(self, rehearsal: Path, folder: Path) -> dict[str, int]:
        """Work once on a small set, so that everything is loaded and set up; then load the data."""
        small = self.build(read(rehearsal))
        for work in small.actions.values():
            work()
        self.task = self.build(read(folder))
        return threads_in_use()

    def peaks(self) -> dict[str, int | None]:
        """Bytes in addition to the data and the task's own memory, for each action."""
        return {name: peak_beyond(work) for name, work in self.task.actions.items()}

    def answer(self) -> Arrays:
        return self.task.answer()

    def calls_in(self, action: str, seconds: float) -> int:
        """The number of calls that fill that time, so that short calls can be measured together."""
        return max(1, math.ceil(seconds / max(self.time(action, 1), 1e-7)))

    def time(self, action: str, calls: int) -> float:
        """Seconds for a call, without the garbage collector."""
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
        """Processor time of this process and its child processes since its start, summed over threads."""
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
