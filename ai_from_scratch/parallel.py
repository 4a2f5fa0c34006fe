"""A second Python, on a core of its own, that learns from a part of each mini-batch.

    here                                               there
    θ and the part → memory; "go" through a pipe       forward and backward of the part
    forward and backward of one's own part             gradients → memory; its loss through a pipe
    gradients += those in the memory

Threads of one Python wait for each other between two NumPy calls, where small networks mostly are.  Two processes share

    memory    [ θ (P,) | gradients (P,) | mail: the arrays of the part ]

and a pipe.  Where the other one cannot begin, ends, or does not answer, this one goes on alone, from the parameters
that it has, and says so once; the numbers are the same to rounding.
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

MAIL_BYTES = 1 << 22              # of a part's arrays that fit into the memory; more of them go through the pipe
SECONDS_TO_START = 60.0           # until a second process that says nothing is given up
SECONDS_TO_ANSWER = 10.0          # … and one that has begun, beyond ten times what one's own part took
SHARED_MEMORY = Path("/dev/shm")  # a folder, on Linux, whose files are never written to a disk
# With -P no file of the user's current folder is imported in place of the standard library's; sys.path comes from here.
PROGRAM = ("import sys; from multiprocessing import connection; "
           "pipe = getattr(connection, sys.argv[1])(int(sys.argv[2])); sys.path[:] = pipe.recv(); "
           "from ai_from_scratch.parallel import serve; serve(pipe)")
# One thread for each process's products: the cores are taken.
ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}


class WorkerError(RuntimeError):
    """The other process ended, does not answer, or cannot go on."""


class Learner(Protocol):
    """Who learns from a part, here and there; picklable.  Its network has flat `parameters` and `gradients` (P,)."""

    network: Any

    def learn(self, *part: Any) -> Any:
        """Fill the network's gradients; what is returned goes back through the pipe."""


class Memory:
    """The memory that both processes have mapped: parameters (P,), gradients (P,) and mail (MAIL_BYTES,)."""

    def __init__(self, place: Any, P: int, dtype: np.dtype) -> None:
        """place: the number of an open file, or on Windows the name of the mapping."""
        size = 2 * P * dtype.itemsize + MAIL_BYTES
        mapped = mmap.mmap(-1, size, place) if sys.platform == "win32" else mmap.mmap(place, size)
        self.parameters, self.gradients = np.frombuffer(mapped, dtype, 2 * P).reshape(2, P)
        self.mail = np.frombuffer(mapped, np.uint8, MAIL_BYTES, 2 * P * dtype.itemsize)


class WorkerProcess:
    """The other process, with a copy of `learner`: `begin` gives it a part, `answer` waits for what it says.

    WorkerError where none can begin.  Close it, or let it go: it ends when nobody holds its pipe any more.
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
        """Start the process; returns the memory, and what the other side finds it by."""
        self.pipe, theirs = connection.Pipe()
        how: dict[str, Any] = {}
        end: int = theirs.fileno()
        place: Any = f"ai-from-scratch-{os.getpid()}-{time.monotonic_ns()}"
        # The file has no name: it is gone when nobody has it open.  Ctrl-C is this program's, not the other's.
        folder = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
        with theirs, tempfile.TemporaryFile(dir=folder) as file:
            if sys.platform == "win32":
                os.set_handle_inheritable(end, True)
                how["startupinfo"] = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [end]})
                how["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
            else:
                file.write(bytes(2 * P * dtype.itemsize + MAIL_BYTES))       # a full disk is an error now
                file.flush()
                place = file.fileno()
                how |= {"pass_fds": (end, place), "start_new_session": True}
            memory = Memory(place, P, dtype)
            # Without an input of its own, a debugger there ends at once, and the one here has the keyboard.
            self.process = subprocess.Popen([sys.executable, "-P", "-c", PROGRAM, type(theirs).__name__, str(end)],
                                            stdin=subprocess.DEVNULL, env=os.environ | ONE_THREAD, **how)
        return memory, place

    def begin(self, parameters: np.ndarray, *part: Any) -> None:
        """Have the other learn from a part with these parameters (P,); one part at a time."""
        self.busy_since = time.monotonic()
        self.memory.parameters[...] = parameters
        arrays: list[pickle.PickleBuffer] = []                     # the pickle leaves them out, they go by the mail
        message = pickle.dumps(part, 5, buffer_callback=arrays.append)
        sizes = [array.raw().nbytes for array in arrays]
        if sizes and places(sizes)[-1].stop > MAIL_BYTES:
            message, sizes, arrays = pickle.dumps(part, 5), [], []
        for array, place in zip(arrays, places(sizes), strict=True):
            self.memory.mail[place] = array.raw()
        with suppress(OSError):                                    # it has ended: `answer` will say so
            self.pipe.send((message, sizes))

    def answer(self, seconds: float | None = None) -> Any:
        """What its `learn` returned; the gradients lie in `memory.gradients`.  WorkerError after so many seconds."""
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
        """End it.  Closing twice is fine; a fork's copy leaves it alone."""
        if hasattr(self, "pipe"):
            self.pipe.close()
        if not hasattr(self, "process") or os.getpid() != self.owner:
            return
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:                          # it is stopped, or busy with what nobody wants
            self.process.kill()
            self.process.wait()

    def __del__(self) -> None:
        self.close()


class DataParallel:
    """This process with its own learner, and a worker for each other one.  Use it in `with`, which ends the workers."""

    def __init__(self, first: Learner, others: Sequence[Learner]) -> None:
        self.first: Any = first
        self.workers: list[WorkerProcess] = []
        self.told = False
        for other in others:
            try:
                self.workers.append(WorkerProcess(other))
            except WorkerError as error:
                self._tell("cannot begin", error)
                break

    def learn(self, parts: Sequence[tuple[Any, ...]]) -> list[Any]:
        """One part for each, at most; what each `learn` returned.  The first's gradients are then the sum of all."""
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
                self._tell("cannot go on", failure)
                self.workers.remove(worker)
                worker.close()
                before = network.gradients.copy()                  # its part is learnt here instead
                answers.append(self.first.learn(*part))
                network.gradients += before
        return answers

    def _tell(self, what: str, error: WorkerError) -> None:
        if not self.told:
            warnings.warn(f"The second process {what} ({error}): this one goes on alone, with the same numbers, "
                          "and takes longer. With workers=1 there is none.", RuntimeWarning, stacklevel=3)
        self.told = True

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


def places(sizes: list[int]) -> list[slice]:
    """Where in the mail arrays of so many bytes lie: each begins at a multiple of 64."""
    ends = np.cumsum([0, *(-(-size // 64) * 64 for size in sizes)])
    return [slice(start, start + size) for start, size in zip(ends.tolist(), sizes, strict=False)]


def serve(pipe: connection.Connection) -> None:
    """The other side: learn from part after part, until there is nobody to learn for."""
    np.seterr(all="ignore")                                        # what overflows is looked for in the sum of all
    sys.breakpointhook = no_debugger
    sys.stdout = sys.stderr                                        # what a layer prints is no result of the program
    try:
        place, P, dtype, learner = pipe.recv()
        memory = Memory(place, P, dtype)
        learner = pickle.loads(learner)
        pipe.send((True, None))
        while True:
            message, sizes = pipe.recv()
            part = pickle.loads(message, buffers=[memory.mail[place] for place in places(sizes)])
            learner.network.parameters[...] = memory.parameters
            answer = learner.learn(*part)
            memory.gradients[...] = learner.network.gradients
            pipe.send((True, answer))
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        pass
    except Exception as error:                                     # such as a layer that is no module's: unpicklable
        with suppress(OSError):
            pipe.send((False, f"{type(error).__name__}: {error}"))


def no_debugger(*_: Any, **__: Any) -> None:
    """There is one keyboard, and the first process has it."""
    raise RuntimeError("breakpoint() was called there; it works in the first process")
