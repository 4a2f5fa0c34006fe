"""Measures the sides in turn: first equal answers, then rounds with one measurement for each side, then the ratios of
each round.

In a round all sides work one after the other, and their order changes from round to round.  So a short disturbance of
the machine slows both sides of a ratio.  All sides load the same bytes from the same files.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.machine import MAX_BUSY_CORES, Quiet, busy_seconds
from benchmarks.worker import Arrays, Build, Worker, WorkerError, save

OURS = "ours"


class NotHereError(Exception):
    """The data of a row are not available on this machine; the text says which."""


class Data(NamedTuple):
    """The arrays for all sides, one line about them, and whether they are the data of the row's aims."""

    arrays: Arrays
    about: str
    as_aimed: bool = True


@dataclass(frozen=True)
class Row:
    """One comparison; the first of `sides` is ours.  `check` takes the answers by side and the data; it raises
    AssertionError if they differ, else it returns how equal they are.  `rehearsal`: small data, for a first run and
    --quick.

    aims: the largest wanted ratio ours / side, by (action, side); moonshots: more ambitious aims.
    memory_aim: bytes, for every action of ours.
    workers: the number of processes of ours; if it is above 1, the libraries of each have one thread.
    """

    name: str
    group: str
    data: Callable[[], Data]
    rehearsal: Callable[[], Data]
    sides: Mapping[str, Build]
    check: Callable[[dict[str, Arrays], Arrays], str]
    aims: Mapping[tuple[str, str], float] = field(default_factory=dict)
    memory_aim: float | None = None
    moonshots: Mapping[tuple[str, str], float] = field(default_factory=dict)
    workers: int = 1


@dataclass(frozen=True)
class Settings:
    """Rounds at most and at least; seconds for an action's rounds (budget), for one measurement, and for all waits for
    a quiet machine (patience)."""

    quick: bool = False
    threads: int = 1
    rounds: int = 15
    fewest_rounds: int = 3
    budget: float = 5.0
    measurement: float = 0.05
    patience: float = 120.0


QUICK = Settings(quick=True, rounds=2, fewest_rounds=1, budget=0.0, measurement=0.0, patience=0.0)


@dataclass
class Timing:
    """Seconds for a call of one action, by round and side; `others`: the cores that other programs used meanwhile.

    quiet: no other program worked before it or during it, as far as the system reports.
    """

    action: str
    seconds: dict[str, np.ndarray]                                 # (rounds,) each
    others: float | None
    quiet: bool = True

    def ratios(self, side: str) -> np.ndarray:                     # (rounds,)
        return self.seconds[OURS] / self.seconds[side]


@dataclass
class Result:
    """The result of a row; `failure` says why there is no timing, `skipped` that its data are not available."""

    row: Row
    about: str = ""
    as_aimed: bool = True
    equal: str = ""
    threads: dict[str, dict[str, int]] = field(default_factory=dict)
    peaks: dict[str, dict[str, int | None]] = field(default_factory=dict)
    timings: list[Timing] = field(default_factory=list)
    failure: str | None = None
    skipped: str | None = None


def run(rows: Sequence[Row], settings: Settings, say: Callable[[str], None]) -> Iterator[Result]:
    """Each row's result, as soon as it is known.  A row that fails also has a result, and the next row follows."""
    quiet = Quiet(settings.patience, say)
    for row in rows:
        say(f"{row.group}: {row.name}")
        result = Result(row)
        try:
            with ExitStack() as stack:
                measure(result, settings, quiet, stack, say)
        except NotHereError as error:
            result.skipped = str(error)
            say(f"  skipped: {error}")
        except AssertionError as error:
            result.failure = f"the answers differ: {error}"
        except WorkerError as error:
            result.failure = str(error).strip().rsplit("\n", 1)[-1]
            say(str(error))                                        # the traceback of the side's own process
        except Exception as error:                                 # for example in the data: the other rows continue
            result.failure = f"{type(error).__name__}: {error}"
        if result.failure:
            say(f"  FAILED: {result.failure}")
        yield result


def measure(result: Result, settings: Settings, quiet: Quiet, stack: ExitStack, say: Callable[[str], None]) -> None:
    """Fills in the result: answers, memory, times.  Opened files and processes stay on the stack, which closes them."""
    row = result.row
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
    small = row.rehearsal()
    data = small if settings.quick else row.data()
    result.about, result.as_aimed = data.about, data.as_aimed and not settings.quick
    save(small.arrays, folder / "rehearsal")
    save(data.arrays, folder / "data")

    threads = {side: 1 if side.startswith(OURS) and row.workers > 1 else settings.threads for side in row.sides}
    workers = {side: Worker(build, threads[side]) for side, build in row.sides.items()}
    for worker in workers.values():
        stack.callback(worker.close)
    result.threads = everyone(workers, "prepare", folder / "rehearsal", folder / "data")
    for side, pools in result.threads.items():
        wrong = {pool: number for pool, number in pools.items() if number != threads[side]}
        if wrong:
            raise WorkerError(f"{side} was to use {threads[side]} threads, but its libraries report {wrong}")
    result.peaks = everyone(workers, "peaks")
    result.equal = row.check(everyone(workers, "answer"), data.arrays)
    say(f"  equal: {result.equal}")
    del data

    for action in result.peaks[OURS]:
        timing = undisturbed(workers, action, settings, quiet)
        result.timings.append(timing)
        for side in list(row.sides)[1:]:
            say(f"  {action}: {np.median(timing.ratios(side)):.3g} of {side}")


def everyone(workers: Mapping[str, Worker], command: str, *arguments: object) -> dict:
    """Runs the same command on all sides at the same time, for work that is not timed."""
    for worker in workers.values():
        worker.send(command, *arguments)
    return {side: worker.receive() for side, worker in workers.items()}


def undisturbed(workers: Mapping[str, Worker], action: str, settings: Settings, quiet: Quiet) -> Timing:
    """Rounds in which no other program used the machine; after three attempts, rounds with a record of the
    disturbance."""
    for _ in range(3):
        waited = settings.quick or quiet.wait()
        timing = rounds(workers, action, settings)
        disturbed = timing.others is not None and timing.others > MAX_BUSY_CORES
        timing.quiet = waited and not disturbed
        if settings.quick or timing.quiet or not waited:      # if waiting did not help, another attempt does not either
            break
        quiet.say(f"  {action}: disturbed, others used {timing.others:.2f} cores")
    return timing


def rounds(workers: Mapping[str, Worker], action: str, settings: Settings) -> Timing:
    calls = {side: worker.ask("calls_in", action, settings.measurement) for side, worker in workers.items()}
    seconds: dict[str, list[float]] = {side: [] for side in workers}
    order = list(workers)
    start, own, machine = time.monotonic(), used(workers), busy_seconds()
    for number in range(settings.rounds):
        for side in order:
            seconds[side].append(workers[side].ask("time", action, calls[side]))
        order = order[1:] + order[:1]
        if number + 1 >= settings.fewest_rounds and time.monotonic() - start > settings.budget:
            break
    machine_now, own, elapsed = busy_seconds(), used(workers) - own, time.monotonic() - start
    others = None
    if machine is not None and machine_now is not None:
        others = max(0.0, (machine_now - machine - own) / elapsed)
    return Timing(action, {side: np.array(values) for side, values in seconds.items()}, others)


def used(workers: Mapping[str, Worker]) -> float:
    """Processor seconds of all sides and of this process."""
    return time.process_time() + sum(worker.ask("processor_seconds") for worker in workers.values())
