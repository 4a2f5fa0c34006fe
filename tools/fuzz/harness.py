"""Runs inputs through a reader and classifies the results.  Input i of a seed is the same in every run."""

import dis
import faulthandler
import gc
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ("crash", "accidental", "silent", "hang", "memory")
WALL_SECONDS = 300          # C code that no signal reaches counts as dead after this time
SECONDS_TO_WIND = 60        # between two windings of the clock that counts them: each costs half a millisecond
RAISE = dis.opmap["RAISE_VARARGS"]
SHARED_MEMORY = "/dev/shm"  # Linux: files there are in memory, and fsync costs nothing


class Reader:
    """What is fuzzed."""

    seconds: float = 5.0                    # of the processor, for one input
    megabytes: float = 100.0                # in addition to the memory of the process before
    refusals: tuple[type[Exception], ...] = ()     # what it may raise

    def make(self, rng: np.random.Generator, folder: Path) -> Any:
        """One input; files go into the folder, which is empty."""
        raise NotImplementedError

    def read(self, given: Any) -> str:
        """Reads it.  The returned text says what is wrong with the result, in a few words; "" if nothing is."""
        raise NotImplementedError


class HangError(BaseException):
    """The time limit was reached.  It is not an Exception, so that no reader catches it."""


@dataclass
class Outcome:
    """The results of some inputs of one reader."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[tuple[str, str], int] = field(default_factory=dict)     # (fault, words): the first input with it

    @property
    def faults(self) -> int:
        return sum(self.counts[fault] for fault in FAULTS)


def fuzz(reader: Reader, inputs: int, seed: int, *, begin: int = 0, only: int | None = None) -> Outcome:
    """Runs the inputs begin … begin + inputs − 1 of this seed, or only one of them, then with its traceback."""
    outcome = Outcome()
    gc.freeze()                                   # imported objects need not be examined again
    place = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    wound = float("-inf")
    with tempfile.TemporaryDirectory(dir=place) as parent:
        for i in range(begin, begin + inputs) if only is None else [only]:
            folder = Path(parent, "input")
            folder.mkdir()
            if time.monotonic() > wound + SECONDS_TO_WIND:
                wound = time.monotonic()
                faulthandler.dump_traceback_later(WALL_SECONDS, exit=True)
            given = reader.make(np.random.default_rng([seed, i]), folder)
            kind, words = one(reader, given, show=only is not None)
            shutil.rmtree(folder)
            outcome.counts[kind] += 1
            if kind in FAULTS:
                outcome.examples.setdefault((kind, words), i)
    faulthandler.cancel_dump_traceback_later()
    return outcome


def one(reader: Reader, given: Any, *, show: bool = False) -> tuple[str, str]:
    """ "accepted", "refused" or a fault; and a short description."""
    before = peak_megabytes(begin=True)
    try:
        with warnings.catch_warnings(record=True) as caught, alarm(reader.seconds):
            warnings.simplefilter("always")
            wrong = reader.read(given)
        kind, words = ("silent", wrong) if wrong else ("accepted", "")
        told = next((warning for warning in caught if issubclass(warning.category, RuntimeWarning)), None)
        if not wrong and told is not None:
            kind, words = "accidental", f"RuntimeWarning: {told.message}"
    except HangError:
        kind, words = "hang", f"more than {reader.seconds} s"
    except reader.refusals as error:
        kind, words = ("refused" if in_words(error) else "accidental"), summary(error)
        if show:
            traceback.print_exc()
    except Exception as error:
        kind, words = "crash", summary(error)
        if show:
            traceback.print_exc()
    grown = peak_megabytes() - before
    if grown > reader.megabytes and kind not in FAULTS:
        kind, words = "memory", f"more than {reader.megabytes} MB ({grown:.0f})"
    return kind, words


def in_words(error: BaseException) -> bool:
    """True if a `raise` of this project made the error: then its words were written for the user."""
    frames = list(traceback.walk_tb(error.__traceback__))
    frame, _ = frames[-1]
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    ours = Path(frame.f_code.co_filename).is_relative_to(ROOT) and last is not None
    return ours and last is not None and frame.f_code.co_code[last.tb_lasti] == RAISE


def summary(error: BaseException) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: {str(error)[:90]}"


def peak_megabytes(*, begin: bool = False) -> float:
    """The largest memory of this process, since `begin` if the system reports this (Linux), else since the start."""
    try:
        clear, status = proc_files()
        if begin:
            os.pwrite(clear, b"5", 0)
        return int(os.pread(status, 4096, 0).split(b"VmHWM:")[1].split()[0]) / 1e3
    except (OSError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1e6 if sys.platform == "darwin" else 1e3)


@cache
def proc_files() -> tuple[int, int]:
    """Linux tells and forgets the peak in these two files; they stay open."""
    return os.open("/proc/self/clear_refs", os.O_WRONLY), os.open("/proc/self/status", os.O_RDONLY)


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """The bytes with one to four damages: flipped, cut, doubled, zeroed, exchanged, or noise put in."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        n = len(data)
        a, b = sorted(rng.integers(0, n + 1, 2).tolist())
        b = min(b, a + int(rng.integers(1, 65)))
        how = rng.integers(7)
        if how == 0 and n:
            data[int(rng.integers(n))] ^= int(1 << rng.integers(8))
        elif how == 1:
            del data[int(rng.integers(n + 1)):]
        elif how == 2:
            data[a:a] = data[a:b] * int(rng.integers(1, 20))
        elif how == 3:
            data[a:b] = bytes(b - a)
        elif how == 4:
            data[a:b] = rng.bytes(b - a)
        elif how == 5:
            data[a:a] = rng.bytes(int(rng.integers(1, 9)))
        else:
            data[a:b] = b"\xff" * (b - a)
    return bytes(data)
