"""The gain of a second worker, and the bytes that are sent: the recipes of documentation/scale.md on this machine.

    python -m benchmarks.scale                  needs pip install -e ".[scale]"

Workers are processes of this machine, with one thread each.  "alone" is the same arithmetic in this process, without
Dask.  The sent bytes are those of pickles: of a task's arguments and of its result.
"""

import argparse
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.machine import describe, load_average, versions

FEATURES, CLASSES, PARTITIONS = 50, 2, 8
ROUNDS = 5
STEPS, ROWS_PER_PART = 20, 250                                     # of the network: mini-batches of 2,000


def make_partitions(folder: Path, rows: int) -> list[str]:
    """A table of `rows` rows in 8 files; the last column is a class, 0 or 1."""
    rng, paths = np.random.default_rng(0), []
    directions = rng.normal(size=(FEATURES, CLASSES))
    for part in range(PARTITIONS):
        X = rng.normal(size=(rows // PARTITIONS, FEATURES))
        y = (X @ directions + 5 * rng.normal(size=(len(X), CLASSES))).argmax(axis=1)
        paths.append(str(folder / f"{part}.npy"))
        np.save(paths[-1], np.column_stack([X, y]))
    return paths


class Alone:
    """Replaces a client in the recipes: all work is done in this process, without workers, and nothing is sent."""

    class Done(NamedTuple):
        value: Any

        def result(self) -> Any:
            return self.value

    def submit(self, function: Callable, *arguments: Any, **_: Any) -> Any:
        return self.Done(function(*(each.value if isinstance(each, self.Done) else each for each in arguments)))

    def map(self, function: Callable, *lists: Sequence, **_: Any) -> list[Any]:
        return [self.submit(function, *arguments) for arguments in zip(*lists, strict=True)]

    def gather(self, parts: Sequence[Any]) -> list[Any]:
        return [part.value for part in parts]


def recipes(paths: list[str]) -> dict[str, tuple[Callable[[Any], Any], str]]:
    """By name: a function of a client, and the name of one unit of its work."""
    from benchmarks import scale_recipes as ours

    def train(client: Any) -> Any:
        network = ours.small_network(FEATURES, CLASSES)
        return list(ours.train_network(client, paths, network, rows_per_part=ROWS_PER_PART, steps=STEPS))

    return {"least squares": (lambda client: ours.least_squares(client, paths), "1 pass"),
            "naive Bayes": (lambda client: ours.naive_bayes(client, paths), "1 pass"),
            "logistic regression": (lambda client: ours.newton(client, paths), "Newton's method"),
            "network": (train, f"{STEPS} steps")}


def seconds(works: Sequence[Callable[[], Any]]) -> list[float]:
    """The median time of each work over some rounds, all in turn, after one round that is not counted."""
    for work in works:
        work()
    times: list[list[float]] = []
    for _ in range(ROUNDS):
        times.append([])
        for work in works:
            start = time.perf_counter()
            work()
            times[-1].append(time.perf_counter() - start)
    return np.median(times, axis=0).tolist()


def task_of_nothing(client: Any) -> Callable[[], Any]:
    """The time of a task that does nothing, there and back."""
    return lambda: client.submit(abs, -1, pure=False).result()


def travelling(paths: list[str]) -> list[tuple[str, int, int]]:
    """For a partition and a step: the bytes of the task's arguments, and of its result."""
    from benchmarks import scale_recipes as ours

    at = ours.logistic.At(np.arange(float(CLASSES)), np.ones(CLASSES), np.zeros(FEATURES),
                          np.zeros((1, FEATURES + 1)), True)
    network = ours.small_network(FEATURES, CLASSES)
    tasks: dict[str, Any] = {
        "least squares": partial(ours.statistics_of, ours.linear.Statistics, ours.read),
        "naive Bayes": partial(ours.statistics_of, ours.bayes.Statistics, ours.read),
        "logistic regression": partial(ours.statistics_of, ours.logistic.Statistics, ours.read, at=at),
        "network": partial(ours.gradient_of, ours.read, network, 0, ROWS_PER_PART)}
    return [(name, len(pickle.dumps((task, paths[0]))), len(pickle.dumps(task(paths[0]))))
            for name, task in tasks.items()]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the table (%(default)s)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="numbers of workers (1 2)")
    asked = parser.parse_args(arguments)
    if asked.rows < 1000 or min(asked.workers) < 1:
        parser.error("--rows must be at least 1000, and each of --workers at least 1.")
    try:
        from dask.distributed import Client, LocalCluster
    except ImportError:
        print('Dask is not installed here. Try: python -m pip install -e ".[scale]"', file=sys.stderr)
        return 2
    print(f"{describe()}\n{versions(('numpy', 'dask', 'distributed'))}")
    print(f"load average before the run: {load_average()}\n")
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        paths = make_partitions(Path(folder), asked.rows)
        bytes_of_part = Path(paths[0]).stat().st_size
        with ExitStack() as stack:
            clients = [stack.enter_context(Client(stack.enter_context(LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"))))
                for workers in asked.workers]                       # idle until their turn
            table = {name: seconds([partial(work, client) for client in (Alone(), *clients)])
                     for name, (work, _) in recipes(paths).items()}
            latency = seconds([task_of_nothing(client) for client in clients])
        print(f"{asked.rows:,} rows × {FEATURES} features, float64, in {PARTITIONS} partitions of "
              f"{bytes_of_part / 1e6:.0f} MB\n")
        numbers = " | ".join(f"{n} worker" + "s" * (n > 1) for n in asked.workers)
        print(f"| recipe | alone | {numbers} | a task's arguments | its result |\n| --- | ---: |"
              + " ---: |" * (len(asked.workers) + 2))
        for name, sent, returned in travelling(paths):
            times = " | ".join(f"{value:.2f} s" for value in table[name])
            print(f"| {name}, {recipes(paths)[name][1]} | {times} | {sent / 1e3:.1f} kB | {returned / 1e3:.1f} kB |")
        print(f"\nA task that does nothing takes {1e3 * latency[0]:.1f} ms, there and back. "
              f"load average after the run: {load_average()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
