"""A second Python process on its own core, which computes the gradient of a part of each mini-batch.

    first process                                      worker
    θ and the part → shared memory                     forward and backward of its part
    forward and backward of the first part             gradients and its loss → shared memory
    gradients += the worker's gradients

Threads of one Python wait for each other between two NumPy calls, where small networks spend most of their time.
If the worker cannot start, ends, or does not answer, the first process warns once and computes its part too: the same
numbers, up to rounding.
"""

import mmap
import os
import pickle
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from multiprocessing import connection
from pathlib import Path
from typing import Any, Self

import numpy as np

SECONDS_TO_START = 60.0           # for a worker to start
SECONDS_TO_ANSWER = 10.0          # for a worker's answer, plus ten times the first process's own time
SHARED_MEMORY = Path("/dev/shm")  # a folder on Linux whose files stay in memory
# -P keeps files of the current folder from replacing modules of the standard library; the pipe brings sys.path.
PROGRAM = ("import sys; from multiprocessing import connection; "
           "pipe = getattr(connection, sys.argv[1])(int(sys.argv[2])); sys.path[:], place = pipe.recv(); "
           "from ai_from_scratch.parallel import Channel, serve; serve(Channel(pipe, place))")
# One thread for the matrix products of each process, because the processes occupy the cores.
ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}


class WorkerError(RuntimeError):
    """The worker ended, does not answer, or cannot continue."""


class Channel:
    """Sends objects to the other process and receives its objects, by turns.

    Their bytes lie in memory that both processes share; it grows for a longer message.  Only sizes go through the pipe:
    the sender of more than fits into a pipe waits until the other process reads, for ever if that is suspended.
    place: the number of an open file; on Windows a name for the memory.
    """

    def __init__(self, pipe: connection.Connection, place: Any) -> None:
        self.pipe, self.place, self.memory = pipe, place, np.empty(0, np.uint8)

    def send(self, message: Any) -> None:
        arrays: list[pickle.PickleBuffer] = []                     # are copied into the memory, not pickled
        content = pickle.dumps(message, 5, buffer_callback=arrays.append)
        parts = [memoryview(content), *(array.raw() for array in arrays)]
        slots, end = [], 0
        for part in parts:
            slots.append(slice(end, end + part.nbytes))
            end += -(-part.nbytes // 64) * 64                      # each begins at a multiple of 64 bytes
        if end > len(self.memory):
            self._map(end)
        for slot, part in zip(slots, parts, strict=True):
            self.memory[slot] = part
        self.pipe.send((len(self.memory), slots))

    def receive(self, seconds: float | None = None) -> Any:
        """The next message.  Its arrays are views of the memory, valid until the next `send`.  Or TimeoutError."""
        if not self.pipe.poll(seconds):
            raise TimeoutError(f"it has not answered for {seconds:.0f} seconds")
        size, slots = self.pipe.recv()
        if size > len(self.memory):
            self._map(size)
        content, *arrays = (self.memory[slot] for slot in slots)
        return pickle.loads(content, buffers=arrays)

    def _map(self, size: int) -> None:
        if sys.platform == "win32":
            mapped = mmap.mmap(-1, size, f"{self.place}-{size}")
        else:
            with open(self.place, "ab", closefd=False) as file:
                file.write(bytes(max(0, size - file.tell())))      # if the disk is full, this raises
            mapped = mmap.mmap(self.place, size)
        self.memory = np.frombuffer(mapped, np.uint8)


class WorkerProcess:
    """The other process, with a copy of `learner`: `begin` sends it a part, `answer` waits for the result.

    learner: picklable; it has a `network` with flat `parameters` and `gradients` (P,), and `learn(*part)` computes the
    gradients.  WorkerError if the worker cannot start.  It ends when it is closed, or when no process holds its pipe.
    """

    def __init__(self, learner: Any) -> None:
        self.owner, self.resources = os.getpid(), ExitStack()
        self.failure: OSError | None = None                        # of `begin`; `answer` raises it
        try:
            content = pickle.dumps(learner, 5)
            self._start()
            self.channel.send(content)
            self.answer(SECONDS_TO_START)
        except BaseException as error:
            self.close()
            if isinstance(error, Exception) and not isinstance(error, WorkerError):
                raise WorkerError(f"{type(error).__name__}: {error}") from error
            raise

    def _start(self) -> None:
        pipe, its_pipe = connection.Pipe()
        self.resources.enter_context(pipe)
        with its_pipe:
            end = its_pipe.fileno()
            # In a group or session of its own, so that Ctrl-C reaches only the first process.
            if sys.platform == "win32":
                place: Any = f"ai-from-scratch-{os.getpid()}-{time.monotonic_ns()}"
                os.set_handle_inheritable(end, True)
                info = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [end]})
                options: dict[str, Any] = {"startupinfo": info, "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
            else:
                # The file has no name: it is deleted when no process has it open.
                folder = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
                place = self.resources.enter_context(tempfile.TemporaryFile(dir=folder)).fileno()       # noqa: SIM115
                options: dict[str, Any] = {"pass_fds": (end, place), "start_new_session": True}
            self.channel = Channel(pipe, place)
            # Without a standard input, a debugger in the worker ends at once; the first process keeps the keyboard.
            self.process = subprocess.Popen([sys.executable, "-P", "-c", PROGRAM, type(its_pipe).__name__, str(end)],
                                            stdin=subprocess.DEVNULL, env=os.environ | ONE_THREAD, **options)
        pipe.send((module_path(), place))

    def begin(self, parameters: np.ndarray, *part: Any) -> None:
        """Sends a part and these parameters (P,) to the worker; one part at a time."""
        self.busy_since = time.monotonic()
        try:
            self.channel.send((parameters, part))
        except OSError as failure:
            self.failure = failure.with_traceback(None)            # or its frames would keep this process's memory

    def answer(self, seconds: float | None = None) -> tuple[Any, np.ndarray]:
        """The value of the worker's `learn`, and its gradients (P,), valid until the next `begin`.  Or WorkerError."""
        seconds = seconds or SECONDS_TO_ANSWER + 10 * (time.monotonic() - self.busy_since)
        try:
            if self.failure is not None:
                raise self.failure
            error, value, gradients = self.channel.receive(seconds)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self.close()
            error = f"it has ended (exit code {self.process.returncode})"
        except OSError as failure:
            error = str(failure)
        if error:
            self.close()
            raise WorkerError(error)
        return pickle.loads(value), gradients

    def close(self) -> None:
        """Ends the process.  A second call does nothing, and neither does a call in a forked process."""
        self.resources.close()
        if hasattr(self, "process") and os.getpid() == self.owner:
            try:
                self.process.wait(timeout=1)
            except subprocess.TimeoutExpired:                      # the process is suspended, or still computes a part
                self.process.kill()
                self.process.wait()

    __del__ = close


class DataParallel:
    """This process with its own learner, and a worker for each other learner.  `with` ends the workers."""

    def __init__(self, first: Any, others: Iterable[Any]) -> None:
        self.first = first
        self.workers: list[WorkerProcess] = []
        self.warned = False
        try:
            for other in others:
                self.workers.append(WorkerProcess(other))
        except WorkerError as error:
            self._warn("cannot start", error)

    def learn(self, parts: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Computes at most one part for each learner; returns their values.  `first` then has the sum of gradients."""
        network = self.first.network
        busy = list(zip(self.workers, parts[1:], strict=False))
        for worker, part in busy:
            worker.begin(network.parameters, *part)
        answers = [self.first.learn(*parts[0])]
        for worker, part in busy:
            try:
                value, gradients = worker.answer()
                network.gradients += gradients
                answers.append(value)
            except WorkerError as failure:
                self._warn("cannot continue", failure)
                self.workers.remove(worker)
                before = network.gradients.copy()                  # the first process computes its part instead
                answers.append(self.first.learn(*part))
                network.gradients += before
        return answers

    def _warn(self, what: str, error: WorkerError) -> None:
        if not self.warned:
            warnings.warn(f"The second process {what} ({error}): this one continues alone, with the same numbers but "
                          "more slowly. workers=1 avoids this warning.", RuntimeWarning, stacklevel=3)
        self.warned = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.close()


def module_path() -> list[str]:
    """sys.path with the standard library first, then this project's root, then the rest."""
    library = Path(sysconfig.get_path("stdlib"))
    standard = [entry for entry in sys.path if entry.endswith(".zip") or Path(entry) == library
                or Path(entry) in (library / "lib-dynload", library.parent / "DLLs")]
    root = str(Path(__file__).resolve().parent.parent)
    return list(dict.fromkeys([*standard, root, *sys.path]))


def serve(channel: Channel) -> None:
    """The worker's program: computes one part after the other, until the first process closes the pipe."""
    np.seterr(all="ignore")                                        # the first process looks for overflow in the sum
    sys.breakpointhook = no_debugger
    sys.stdout = sys.stderr                                        # what a layer prints is no result of the program
    try:
        learner = pickle.loads(channel.receive())
        value = None
        while True:
            channel.send((None, pickle.dumps(value, 5), learner.network.gradients))
            parameters, part = channel.receive()
            learner.network.parameters[...] = parameters
            value = learner.learn(*part)
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        pass
    except Exception as error:                                     # for example a layer that cannot be pickled
        with suppress(OSError):
            channel.send((f"{type(error).__name__}: {error}", None, None))


def no_debugger(*_: Any, **__: Any) -> None:
    """Only the first process has the keyboard."""
    raise RuntimeError("breakpoint() was called in the worker; it works only in the first process (workers=1)")
