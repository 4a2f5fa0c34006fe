"""The cost of the diagnosis: `python -m benchmarks.diagnosis [word of a row …]`, up to a minute for each row.

Two measurements of the same cost, in processor time:

    own work    watched() pulls the recorded steps of a training, so that only the diagnosis is left: a loss kept at
                each step, one update in 64 measured, the decision at the end.  The parameters do not change meanwhile,
                and no training happens between two measurements: the result may be a little too low
    pairs       whole trainings with and without the diagnosis, one after the other, each pair in the opposite order;
                the median of the ratios, and the interval that has it with 97 %.  Two trainings differ by some
                percent in either direction; the interval says how exact the median is.  It has to reach below 1 %
"""

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ai_from_scratch.data import load_breast_cancer, load_diabetes, load_mnist
from ai_from_scratch.estimator import watched
from Basic_Neural_Network_From_Scratch import MLPClassifier
from CNN_From_Scratch import CNNClassifier
from Linear_Regression_From_Scratch import LinearRegression
from Logistic_Regression_From_Scratch import LogisticRegression
from RNN_From_Scratch import CharRNN

PAIRS = 21
IN_INTERVAL = slice(5, 16)      # the 6th to the 16th of 21 sorted ratios: the median is in this interval with 97 %
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


def processor_seconds(run: Callable[[], Any], times: int) -> float:
    """The median."""
    return float(np.median([seconds_of(run) for _ in range(times)]))


def seconds_of(run: Callable[[], Any]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun


def in_pairs(make: Callable[[], Any], data: tuple) -> tuple[float, np.ndarray]:
    """Seconds of a training without the diagnosis, the median; and the sorted ratios with it / without it (PAIRS,)."""
    def without() -> float:
        return seconds_of(lambda: exhausted(make().training(*data)))

    def with_it() -> float:
        return seconds_of(lambda: exhausted(watched(make(), *data, speak=False)))

    without(), with_it()                                   # imports and caches
    alone: list[float] = []
    watched_too: list[float] = []
    for pair in range(PAIRS):
        for run, seconds in ((without, alone), (with_it, watched_too))[:: 1 if pair % 2 else -1]:
            seconds.append(run())
    return float(np.median(alone)), np.sort(np.array(watched_too) / alone)


def exhausted(steps: Iterator[Any]) -> None:
    for _ in steps:
        pass


def own_work(make: Callable[[], Any], data: tuple) -> float:
    """Processor seconds of the diagnosis alone, over the recorded steps of a training."""
    model = make()
    steps = list(model.training(*data))
    model.training = lambda *_: iter(steps)
    return (processor_seconds(lambda: exhausted(watched(model, *data, speak=False)), REPLAYS)
            - processor_seconds(lambda: exhausted(model.training(*data)), REPLAYS))


def main(words: list[str]) -> None:
    warnings.simplefilter("ignore")
    print("| training | alone | the diagnosis's own work | in pairs: median (97 %) |\n| --- | ---: | ---: | ---: |")
    for name, make, data in rows():
        if words and not any(word in name for word in words):
            continue
        alone, ratios = in_pairs(make, data)
        low, middle, high = 100 * (np.array([ratios[IN_INTERVAL][0], np.median(ratios), ratios[IN_INTERVAL][-1]]) - 1)
        print(f"| {name} | {1e3 * alone:.0f} ms | {100 * own_work(make, data) / alone:.2f} % | {middle:+.1f} % "
              f"({low:+.1f} to {high:+.1f}) |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
