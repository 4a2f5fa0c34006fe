"""Time to accuracy on MNIST, compared with PyTorch: python -m benchmarks.digits

The default settings of the CNN chapter, for several seeds, and the same training in PyTorch.  Both sides have the same
network, initial weights, mini-batches, random shifts and one-cycle schedule for Adam.  Our NumPy code makes the shifts
on both sides, and they are timed.  The runs follow one another.  With several threads, PyTorch uses them; ours has as
many processes with one thread each, which share the mini-batches (see Team).

Only here are the test digits used during training: after each epoch, outside the timing.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ai_from_scratch.data import load_mnist
from Basic_Neural_Network_From_Scratch.schedules import one_cycle
from Basic_Neural_Network_From_Scratch.training import mini_batches
from benchmarks.harness import OURS
from benchmarks.machine import describe, load_average, versions
from benchmarks.networks import DIGITS_LAYOUT, as_tensor, torch_network
from benchmarks.report import table
from benchmarks.training_steps import EAGER, TUNED
from benchmarks.worker import Arrays, Worker, save
from CNN_From_Scratch import CNNClassifier, random_shift

ACCURACY_MARKS = (0.99, 0.994)


def classifier(seed: int, epochs: int, workers: int) -> CNNClassifier:
    """The classifier of `python run_all.py cnn`, with the fast engine."""
    return CNNClassifier(shift=2, max_iter=epochs, random_state=seed, workers=workers, engine="fast")


class Run:
    """A whole training as a side: its answer is the accuracy and the seconds after each epoch."""

    actions: dict[str, Callable[[], Any]] = {}                     # noqa: RUF012  nothing is timed by the harness

    def __init__(self, side: str, seed: int, epochs: int, workers: int, data: Arrays) -> None:
        self.data, self.epochs, self.workers = data, epochs, workers
        self.train = self.ours if side == OURS else partial(self.theirs, side == TUNED)
        self.seed = seed

    def answer(self) -> Arrays:
        training = self.train()
        next(training)                                             # loading and building are not timed
        seconds, times, accuracies, start = 0.0, [], [], time.perf_counter()
        for score in training:                                     # pauses after each epoch
            seconds += time.perf_counter() - start
            times.append(seconds)
            accuracies.append(score())
            start = time.perf_counter()
        return {"seconds": np.array(times), "accuracy": np.array(accuracies)}

    def ours(self):
        model = classifier(self.seed, self.epochs, self.workers)
        per_epoch = -(-len(self.data["y"]) // model.batch_size)
        yield None
        for progress in model.training(self.data["X"], self.data["y"]):
            if progress.step % per_epoch == 0:
                yield lambda: model.score(self.data["test_X"], self.data["test_y"])

    def theirs(self, best: bool):
        import torch

        # The initial weights, the scale of the bytes and the random generator's state come from our network.
        model = classifier(self.seed, self.epochs, self.workers)
        X, y = self.data["X"][:, None], self.data["y"]
        model.classes_ = np.unique(y)
        model._start(X)
        arrays = model.network_.named_arrays()
        factor = arrays.pop("rescale_1.factor")
        network, optimizer = torch_network(DIGITS_LAYOUT, best, {f"weights {name}": a for name, a in arrays.items()})
        rng, step, steps = model._rng, 0, self.epochs * -(-len(y) // model.batch_size)

        def score() -> float:
            with torch.no_grad():
                batches = np.split(self.data["test_X"][:, None], range(500, len(self.data["test_y"]), 500))
                said = [network(as_tensor(batch * factor, best)).argmax(1).numpy() for batch in batches]
            return float(np.mean(np.concatenate(said) == self.data["test_y"]))

        yield None
        for _ in range(self.epochs):
            for rows in mini_batches(len(y), model.batch_size, rng):
                batch = as_tensor(random_shift(X[rows], model.shift, rng) * factor, best)
                optimizer.param_groups[0]["lr"] = model.learning_rate_init * one_cycle(step, steps)
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(network(batch), torch.from_numpy(y[rows]))
                loss.backward()
                optimizer.step()
                step += 1
            yield score


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.digits", description="Time to accuracy on MNIST.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="seeds of our runs (0 1 2)")
    parser.add_argument("--torch-seeds", type=int, nargs="*", default=[0], help="seeds of PyTorch's runs (0)")
    parser.add_argument("--epochs", type=int, default=12, help="epochs of each run (%(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="our workers, or PyTorch's threads (%(default)s)")
    parser.add_argument("--out", type=Path, help="the page to write (benchmarks/results/digits.md)")
    asked = parser.parse_args(arguments)

    digits = load_mnist()
    arrays = {"X": digits.train.X, "y": digits.train.y, "test_X": digits.test.X, "test_y": digits.test.y}
    runs = [(OURS, seed) for seed in asked.seeds]
    runs[1:1] = [(side, seed) for seed in asked.torch_seeds for side in (EAGER, TUNED)]
    given = " ".join(sys.argv[1:] if arguments is None else arguments)
    page = ["# Time to accuracy on MNIST", "\n".join(f"- {fact}" for fact in (
        describe(), versions(("numpy", "torch")), f"load average before the run: {load_average()}",
        f"{digits.name}, {digits.source}: {len(digits.train.y):,} digits to learn from, {len(digits.test.y):,} to test",
        f"{asked.threads} thread(s) on each side, one run after the other")),
        f"```\n{f'python -m benchmarks.digits {given}'.strip()}\n```", (__doc__ or "").split("\n\n", 1)[1].strip()]
    lines, ours = [], []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        save(arrays, Path(folder) / "data")
        for side, seed in runs:
            # Our workers are processes: BLAS has one thread in each.
            worker = Worker(partial(Run, side, seed, asked.epochs, asked.threads), 1 if side == OURS else asked.threads)
            worker.ask("prepare", Path(folder) / "data", Path(folder) / "data")
            found = worker.ask("answer")
            worker.close()
            lines.append(line(side, seed, found))
            print(" | ".join(lines[-1]), flush=True)
            if side == OURS:
                ours.append(float(found["accuracy"][-1]))
    marks = [f"seconds to {100 * mark:g} %" for mark in ACCURACY_MARKS]
    page.append(table(["side", "seed", *marks, "seconds in all", "test accuracy at the end"], lines))
    page.append(f"Ours over {len(ours)} seeds: mean {100 * np.mean(ours):.2f} %, lowest {100 * min(ours):.2f} %.")
    text = "\n\n".join(page) + "\n"
    print(text)
    out = asked.out or Path(__file__).parent / "results" / "digits.md"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    return 0


def line(side: str, seed: int, found: Arrays) -> list[str]:
    seconds, accuracy = found["seconds"], found["accuracy"]
    reached = [np.flatnonzero(accuracy >= mark) for mark in ACCURACY_MARKS]
    return [side, str(seed), *(f"{seconds[r[0]]:.1f}" if r.size else "never" for r in reached), f"{seconds[-1]:.1f}",
            f"{100 * accuracy[-1]:.2f} %"]


if __name__ == "__main__":
    sys.exit(main())
