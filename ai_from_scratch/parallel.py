"""A second Python process on its own core, which computes the gradient of a part of each mini-batch.

    first process                                      worker
    θ and the part → shared memory; "begin" → pipe     forward and backward of its part
    forward and backward of the first part             gradients → shared memory; its loss → pipe
    gradients += the worker's gradients

Threads of one Python wait for each other between two NumPy calls, where small networks spend most of their time.  Two
processes share a pipe and

    memory    [ θ (P,) | gradients (P,) | the arrays of the part ]

If the worker cannot start, ends, or does not answer, the first process continues alone from its own parameters and
warns once.  The numbers are the same, up to rounding.
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
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import connection
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

PART_BYTES = 1 << 22             # for the arrays of a part in the shared memory; larger parts are sent through the pipe
SECONDS_TO_START = 60.0           # for a worker to start
SECONDS_TO_ANSWER = 10.0          # for a worker's answer, plus ten times the first process's own time
SHARED_MEMORY = Path("/dev/shm")  # a folder on Linux whose files stay in memory
# -P keeps files of the current folder from replacing modules of the standard library; the pipe brings sys.path.
PROGRAM = ("import sys; from multiprocessing import connection; "
           "pipe = getattr(connection, sys.argv[1])(int(sys.argv[2])); sys.path[:] = pipe.recv(); "
           "from ai_from_scratch.parallel import serve; serve(pipe)")
# One thread for the matrix products of each process, because the processes occupy the cores.
ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}


class WorkerError(RuntimeError):
    """The worker ended, does not answer, or cannot continue."""


class Learner(Protocol):
    """Computes gradients of a part, here or in a worker; picklable.  Its network has flat `parameters`, `gradients`."""

    network: Any

    def learn(self, *part: Any) -> Any:
        """Computes the network's gradients; the returned value is sent back through the pipe."""


class Memory:
    """The memory that both processes share: parameters (P,), gradients (P,) and the part's arrays (PART_BYTES,)."""

    def __init__(self, place: Any, P: int, dtype: np.dtype) -> None:
        """place: the number of an open file; on Windows the name of the shared memory."""
        size = 2 * P * dtype.itemsize + PART_BYTES
        mapped = mmap.mmap(-1, size, place) if sys.platform == "win32" else mmap.mmap(place, size)
        self.parameters, self.gradients = np.frombuffer(mapped, dtype, 2 * P).reshape(2, P)
        self.part_bytes = np.frombuffer(mapped, np.uint8, PART_BYTES, 2 * P * dtype.itemsize)


class WorkerProcess:
    """The other process, with a copy of `learner`: `begin` sends it a part, `answer` waits for the result.

    Raises WorkerError if it cannot start.  The worker ends when it is closed, or when no process holds its pipe.
    """

    def __init__(self, learner: Learner) -> None:
        theta, self.owner, self.busy_since = learner.network.parameters, os.getpid(), time.monotonic()
        try:
            sent = pickle.dumps(learner, 5)
            self.memory, place = self._start(theta.size, theta.dtype)
            self.pipe.send(module_path())
            self.pipe.send((place, theta.size, theta.dtype, sent))
            self.answer(SECONDS_TO_START)
        except BaseException as error:
            self.close()
            if not isinstance(error, OSError | pickle.PicklingError | AttributeError | TypeError):
                raise
            raise WorkerError(f"{type(error).__name__}: {error}") from None

    def _start(self, P: int, dtype: np.dtype) -> tuple[Memory, Any]:
        """Starts the process; returns the memory, and the place where the other process finds it."""
        self.pipe, theirs = connection.Pipe()
        how: dict[str, Any] = {}
        end: int = theirs.fileno()
        place: Any = f"ai-from-scratch-{os.getpid()}-{time.monotonic_ns()}"
        # The file has no name: it is deleted when no process has it open.  Ctrl-C reaches only the first process.
        folder = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
        with theirs, tempfile.TemporaryFile(dir=folder) as file:
            if sys.platform == "win32":
                os.set_handle_inheritable(end, True)
                how["startupinfo"] = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [end]})
                how["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
            else:
                file.write(bytes(2 * P * dtype.itemsize + PART_BYTES))       # if the disk is full, this raises
                file.flush()
                place = file.fileno()
                how |= {"pass_fds": (end, place), "start_new_session": True}
            memory = Memory(place, P, dtype)
            # Without a standard input, a debugger in the worker ends at once; the first process keeps the keyboard.
            self.process = subprocess.Popen([sys.executable, "-P", "-c", PROGRAM, type(theirs).__name__, str(end)],
                                            stdin=subprocess.DEVNULL, env=os.environ | ONE_THREAD, **how)
        return memory, place

    def begin(self, parameters: np.ndarray, *part: Any) -> None:
        """Sends a part and these parameters (P,) to the worker; one part at a time."""
        self.busy_since = time.monotonic()
        self.memory.parameters[...] = parameters
        arrays: list[pickle.PickleBuffer] = []                     # these go into the shared memory, unpickled
        message = pickle.dumps(part, 5, buffer_callback=arrays.append)
        sizes = [array.raw().nbytes for array in arrays]
        if sizes and slots(sizes)[-1].stop > PART_BYTES:
            message, sizes, arrays = pickle.dumps(part, 5), [], []
        for array, place in zip(arrays, slots(sizes), strict=True):
            self.memory.part_bytes[place] = array.raw()
        with suppress(OSError):                                    # the worker has ended: `answer` reports it
            self.pipe.send((message, sizes))

    def answer(self, seconds: float | None = None) -> Any:
        """The value of the worker's `learn`; the gradients are in `memory.gradients`.  WorkerError after `seconds`."""
        if seconds is None:
            seconds = SECONDS_TO_ANSWER + 10 * (time.monotonic() - self.busy_since)
        try:
            if not self.pipe.poll(seconds):
                raise WorkerError(f"it has not answered for {seconds:.0f} seconds")
            worked, answer = self.pipe.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=1)
            raise WorkerError(f"it has ended (exit code {self.process.returncode})") from None
        if not worked:
            raise WorkerError(answer)
        return answer

    def close(self) -> None:
        """Ends the process.  A second call does nothing, and neither does a call in a forked process."""
        if hasattr(self, "pipe"):
            self.pipe.close()
        if not hasattr(self, "process") or os.getpid() != self.owner:
            return
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:                          # the process is suspended, or still computes a part
            self.process.kill()
            self.process.wait()

    def __del__(self) -> None:
        self.close()


class DataParallel:
    """This process with its own learner, and a worker for each other learner.  `with` ends the workers."""

    def __init__(self, first: Learner, others: Sequence[Learner]) -> None:
        self.first: Any = first
        self.workers: list[WorkerProcess] = []
        self.warned = False
        for other in others:
            try:
                self.workers.append(WorkerProcess(other))
            except WorkerError as error:
                self._warn("cannot start", error)
                break

    def learn(self, parts: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Computes at most one part for each learner; returns the value of each `learn`.  `first` then holds the sum of
        the gradients."""
        network = self.first.network
        busy = list(zip(self.workers, parts[1:], strict=False))
        for worker, part in busy:
            worker.begin(network.parameters, *part)
        answers = [self.first.learn(*parts[0])]
        for worker, part in busy:
            try:
                answers.append(worker.answer())
                network.gradients += worker.memory.gradients
            except WorkerError as failure:
                self._warn("cannot continue", failure)
                self.workers.remove(worker)
                worker.close()
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


def slots(sizes: list[int]) -> list[slice]:
    """The places of arrays of these sizes (bytes) in the shared memory: each begins at a multiple of 64."""
    ends = np.cumsum([0, *(-(-size // 64) * 64 for size in sizes)])
    return [slice(start, start + size) for start, size in zip(ends.tolist(), sizes, strict=False)]


def serve(pipe: connection.Connection) -> None:
    """The worker's program: computes one part after the other, until the first process closes the pipe."""
    np.seterr(all="ignore")                                        # the first process looks for overflow in the sum
    sys.breakpointhook = no_debugger
    sys.stdout = sys.stderr                                    # a layer may print, but this is no result of the program
    try:
        place, P, dtype, learner = pipe.recv()
        memory = Memory(place, P, dtype)
        learner = pickle.loads(learner)
        pipe.send((True, None))
        while True:
            message, sizes = pipe.recv()
            part = pickle.loads(message, buffers=[memory.part_bytes[place] for place in slots(sizes)])
            learner.network.parameters[...] = memory.parameters
            answer = learner.learn(*part)
            memory.gradients[...] = learner.network.gradients
            pipe.send((True, answer))
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        pass
    except Exception as error:                                     # for example a layer that cannot be pickled
        with suppress(OSError):
            pipe.send((False, f"{type(error).__name__}: {error}"))


def no_debugger(*_: Any, **__: Any) -> None:
    """Only the first process has the keyboard."""
    raise RuntimeError("breakpoint() was called in the worker; it works only in the first process (workers=1)")
