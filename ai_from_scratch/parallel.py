"""A second Python, on a core of its own, that learns from a part of each mini-batch.

    here                                               there
    θ → block; the part → mail; "go" through a pipe    θ ← block, forward and backward of the part
    forward and backward of one's own part             gradients → block; its loss through a pipe
    gradients += block's

Within one Python, threads wait for each other whenever they are between two NumPy calls, and small networks are mostly
there.  Two processes share only what they must: a block of memory that both have mapped,

    block    [ θ (P,) | gradients (P,) | mail: the arrays of the part ]

and two pipes, through which each also learns that the other has ended.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

MAIL = 1 << 22      # bytes of a part's arrays that fit into the block; more of them go through the pipe
SHARED_MEMORY = Path("/dev/shm")    # a folder, on Linux, whose files are never written to a disk
# The program of the other side.  It finds modules where this one finds them; `-c`, so that it runs no file of a user's.
PROGRAM = ("import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
           "from ai_from_scratch.parallel import serve; serve()")
# One thread for each process's products: the cores are taken.  Ctrl-C is this program's, not the other's.
ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}


class WorkerError(RuntimeError):
    """The other process ended, or cannot go on."""


class Network(Protocol):
    """Anything that learns."""

    parameters: np.ndarray      # (P,)
    gradients: np.ndarray       # (P,)


class Learner(Protocol):
    """Who learns from a part, here and there; it has to be picklable."""

    @property
    def network(self) -> Network: ...

    def learn(self, *part: Any) -> Any:
        """Fill the network's gradients; what is returned goes back through the pipe."""


class Block(NamedTuple):
    """The memory that both processes have mapped."""

    parameters: np.ndarray      # (P,)
    gradients: np.ndarray       # (P,)
    mail: np.ndarray            # (MAIL,) bytes

    @classmethod
    def mapped(cls, path: str, P: int, dtype: np.dtype) -> "Block":
        memory = np.memmap(path, np.uint8, "r+")
        parameters, gradients = np.frombuffer(memory, dtype, 2 * P).reshape(2, P)
        return cls(parameters, gradients, memory[2 * P * dtype.itemsize :])


class WorkerProcess:
    """The other process, which holds a copy of `learner`: `begin` gives it a part, `answer` waits for what it says.

    OSError where none can begin.  Close it, or let it go: it ends when nobody holds its pipes any more.
    """

    def __init__(self, learner: Learner) -> None:
        theta = learner.network.parameters
        try:
            with new_file(2 * theta.nbytes + MAIL) as path:        # it has a name only until both have mapped it
                self.process = subprocess.Popen(
                    [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    env=os.environ | ONE_THREAD, start_new_session=True)
                self.block = Block.mapped(path, theta.size, theta.dtype)
                self._send(sys.path)
                self._send((path, theta.size, theta.dtype))
                self._send(learner)
                self.answer()
        except BaseException:
            self.close()
            raise

    def begin(self, parameters: np.ndarray, *part: Any) -> None:
        """Have the other learn from a part with these parameters (P,); one part at a time."""
        self.block.parameters[...] = parameters
        arrays: list[pickle.PickleBuffer] = []                     # the pickle leaves them out, they go by the mail
        message = pickle.dumps(part, 5, buffer_callback=arrays.append)
        sizes = [array.raw().nbytes for array in arrays]
        if sum(sizes) > MAIL:
            message, sizes, arrays = pickle.dumps(part, 5), [], []
        for array, place in zip(arrays, places(sizes), strict=True):
            self.block.mail[place] = array.raw()
        self._send((message, sizes))

    def answer(self) -> Any:
        """What its `learn` returned; the gradients lie in `block.gradients`."""
        assert self.process.stdout is not None
        try:
            worked, answer = pickle.load(self.process.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise self._ended() from None
        if not worked:
            raise WorkerError(f"The second process could not go on: {answer} With workers=1 there is none.")
        return answer

    def close(self) -> None:
        """End it.  Closing twice is fine."""
        if not hasattr(self, "process"):
            return
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                assert pipe is not None
                pipe.close()
        try:
            self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:                          # it is in the middle of a part that nobody wants
            self.process.kill()
            self.process.wait()

    def __del__(self) -> None:
        self.close()

    def _send(self, message: Any) -> None:
        assert self.process.stdin is not None
        try:
            pickle.dump(message, self.process.stdin, 5)
            self.process.stdin.flush()
        except OSError:
            raise self._ended() from None

    def _ended(self) -> WorkerError:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=1)
        return WorkerError(f"The second process has ended (exit code {self.process.returncode}). Was there memory "
                            "enough for two? With workers=1 there is none.")


class DataParallel:
    """This process with its own learner, and a worker for each other one: who learn from a batch together.

    Where no other process can begin, this one learns alone, and a RuntimeWarning says so: it takes longer, but the
    numbers are the same to rounding.  Close it after use, or use it in `with`.
    """

    def __init__(self, first: Learner, others: Sequence[Learner]) -> None:
        self.first: Any = first
        self.workers: list[WorkerProcess] = []
        for other in others:
            try:
                self.workers.append(WorkerProcess(other))
            except OSError as error:
                warnings.warn(f"No other process can begin ({error}): {1 + len(self.workers)} of {1 + len(others)} "
                              "learn, which takes longer.", RuntimeWarning, stacklevel=2)
                break

    def learn(self, parts: Sequence[tuple[Any, ...]]) -> list[Any]:
        """One part for each, at most; what each `learn` returned.  The first's gradients are then the sum of all."""
        network = self.first.network
        busy = self.workers[: len(parts) - 1]
        for worker, part in zip(busy, parts[1:], strict=True):
            worker.begin(network.parameters, *part)
        answers = [self.first.learn(*parts[0])]
        for worker in busy:
            answers.append(worker.answer())
            network.gradients += worker.block.gradients
        return answers

    def close(self) -> None:
        """End the other processes."""
        for worker in self.workers:
            worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def new_file(size: int) -> Iterator[str]:
    """The path of a file of zeros, in memory where that is possible; removed at the end."""
    folder = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    with tempfile.NamedTemporaryFile(dir=folder, prefix="worker-", delete=False) as file:
        path = file.name
    try:
        with open(path, "wb") as file:
            file.write(bytes(size))                                # written, so that a full disk is an error now
        yield path
    finally:
        with suppress(OSError):                                    # Windows keeps what is still mapped
            os.unlink(path)


def places(sizes: list[int]) -> list[slice]:
    """Where in the mail arrays of so many bytes lie: each begins at a multiple of 64."""
    ends = np.cumsum([0, *(-(-size // 64) * 64 for size in sizes)])
    return [slice(start, start + size) for start, size in zip(ends.tolist(), sizes, strict=False)]


# ---- the other side


def serve() -> None:
    """Learn from part after part, until there is nobody to learn for."""
    hears, says = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr                                        # a stray print must not get among the pickles
    np.seterr(all="ignore")                                        # what overflows is looked for in the sum of all

    def say(worked: bool, answer: Any) -> None:
        pickle.dump((worked, answer), says, 5)
        says.flush()

    try:
        block = Block.mapped(*pickle.load(hears))
        try:
            learner: Learner = pickle.load(hears)
            say(True, None)
            while True:
                message, sizes = pickle.load(hears)
                part = pickle.loads(message, buffers=[block.mail[place] for place in places(sizes)])
                learner.network.parameters[...] = block.parameters
                answer = learner.learn(*part)
                block.gradients[...] = learner.network.gradients
                say(True, answer)
        except EOFError:
            raise
        except Exception as error:                                 # such as a layer that is no module's: unpicklable
            say(False, f"{type(error).__name__}: {error}.")
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        pass
    finally:
        with suppress(OSError):
            says.close()
