"""The cost of the diagnosis: `python -m benchmarks.diagnosis [word of a row …]`, up to a minute for each row.

Two measurements of the same cost, in processor time:

    own work    the recorded steps of a training are taken again, so that only the diagnosis is left: a loss kept at
                each step, one update in 64 measured, the decision at the end.  The parameters do not change meanwhile,
                and no training happens between two measurements: the result may be a little too low
    in turns    two trainings, one without the diagnosis and one with it, which take 64 steps in turns, so that whatever
                slows the machine for more than a few milliseconds slows both alike.  The one that begins a turn changes
                from round to round, because the second finds the caches filled.  Of each 64 steps the median over
                ROUNDS such pairs, all of them added; and the interval that has the ratio with 97 % (1,000 times ROUNDS
                pairs were drawn from those measured, with replacement)
"""

import collections
import itertools
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")      # before NumPy: a second thread's time would count, too

import numpy as np

from ai_from_scratch.data import load_breast_cancer, load_diabetes, load_mnist
from ai_from_scratch.estimator import train_and_diagnose
from Basic_Neural_Network_From_Scratch import MLPClassifier
from CNN_From_Scratch import CNNClassifier
from Linear_Regression_From_Scratch import LinearRegression
from Logistic_Regression_From_Scratch import LogisticRegression
from RNN_From_Scratch import CharRNN

ROUNDS = 80
STEPS_IN_TURN = 64
REPLAYS = 51


def rows() -> Iterator[tuple[str, Callable[[], Any], tuple]]:
    """(name, function that makes the model, data)"""
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    t = rng.uniform(0, np.pi, 200)
    moons = np.column_stack([np.where(y, 1 - np.cos(t), np.cos(t)), np.where(y, 0.5 - np.sin(t), np.sin(t))])
    yield "MLP (16, 16) on moons, batch 32", lambda: MLPClassifier(
        (16, 16), batch_size=32, max_iter=150, tol=0.0, random_state=0), (moons + 0.15 * rng.normal(size=(200, 2)), y)
    digits = load_mnist(download=False).train
    pixels = digits.X.reshape(len(digits.X), -1) / np.float32(255)
    yield "MLP (256, 128) on digits, batch 128", lambda: MLPClassifier(
        (256, 128), batch_size=128, max_iter=4, learning_rate="one-cycle", random_state=0), (pixels, digits.y)
    yield "CNN (4, 8) on digits, batch 32", lambda: CNNClassifier(
        (4, 8), 3, hidden_layer_sizes=(32,), batch_size=32, max_iter=3,
        random_state=0), (digits.X[:800], digits.y[:800])
    text = (Path(__file__).resolve().parents[1] / "documentation" / "rnn.md").read_text(encoding="utf-8")[:40_000]
    yield "CharRNN 128 units, 32 × 64 characters", lambda: CharRNN(
        128, streams=32, chunk=64, max_iter=4, random_state=0), (text,)
    yield "LinearRegression, 1,000 steps", lambda: LinearRegression(
        solver="gradient_descent", max_iter=1000, tol=0), tuple(load_diabetes(seed=0).standardized().train)
    yield "LogisticRegression, 500 steps", lambda: LogisticRegression(
        solver="gradient_descent", max_iter=500, tol=0), tuple(load_breast_cancer(seed=0).standardized().train)


def in_turns(make: Callable[[], Any], data: tuple) -> tuple[float, np.ndarray]:
    """Seconds of a training without the diagnosis; and the cost of the diagnosis as a share of them: the lower bound,
    the middle, and the upper bound (3,)."""
    steps = sum(1 for _ in make().training(*data))
    one_round(make, data, steps, False)                    # imports and caches
    seconds = np.array([one_round(make, data, steps, bool(r % 2)) for r in range(ROUNDS)])        # (ROUNDS, turns, 2)
    alone, diagnosed = np.median(seconds, axis=0).sum(axis=0)
    rng = np.random.default_rng(0)
    drawn = [np.median(seconds[rng.integers(ROUNDS, size=ROUNDS)], axis=0).sum(axis=0) for _ in range(1000)]
    low, high = np.quantile([d / a for a, d in drawn], [0.015, 0.985])
    return float(alone), np.array([low, diagnosed / alone, high]) - 1


def one_round(make: Callable[[], Any], data: tuple, steps: int, diagnosed_first: bool) -> list[tuple[float, float]]:
    """Processor seconds of each 64 steps of a training, without and with the diagnosis; the last are those of the rest
    and of the decision."""
    alone, model = make().training(*data), make()
    diagnosed, now = model.training(*data), time.process_time
    seconds: list[tuple[float, float]] = []
    ends: list[float] = []

    def turns() -> Iterator[Iterator[Any]]:
        for turn in range(steps // STEPS_IN_TURN + 1):
            size = STEPS_IN_TURN if turn < steps // STEPS_IN_TURN else None           # None: all the rest
            times = [now()]
            for with_diagnosis in (diagnosed_first, not diagnosed_first):
                if with_diagnosis:
                    yield itertools.islice(diagnosed, size)
                else:
                    exhausted(itertools.islice(alone, size))
                times.append(now())
            first, second = np.diff(times)
            seconds.append((second, first) if diagnosed_first else (first, second))
        ends.append(now())

    model.training = lambda *_: itertools.chain.from_iterable(turns())
    train_and_diagnose(model, *data, speak=False)
    return [*seconds, (0.0, now() - ends[0])]


def exhausted(steps: Iterator[Any]) -> None:
    collections.deque(steps, maxlen=0)


def own_work(make: Callable[[], Any], data: tuple) -> float:
    """Processor seconds of the diagnosis alone, over the recorded steps of a training."""
    model = make()
    steps = list(model.training(*data))
    model.training = lambda *_: iter(steps)
    return (processor_seconds(lambda: train_and_diagnose(model, *data, speak=False))
            - processor_seconds(lambda: exhausted(model.training(*data))))


def processor_seconds(run: Callable[[], Any]) -> float:
    """The median of REPLAYS."""
    measured = []
    for _ in range(REPLAYS):
        begun = time.process_time()
        run()
        measured.append(time.process_time() - begun)
    return float(np.median(measured))


def main(words: list[str]) -> None:
    warnings.simplefilter("ignore")
    print("| training | alone | the diagnosis's own work | in turns (97 %) |\n| --- | ---: | ---: | ---: |")
    for name, make, data in rows():
        if words and not any(word in name for word in words):
            continue
        alone, (low, middle, high) = in_turns(make, data)
        print(f"| {name} | {1e3 * alone:.0f} ms | {100 * own_work(make, data) / alone:.2f} % | {100 * middle:+.2f} % "
              f"({100 * low:+.2f} to {100 * high:+.2f}) |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
