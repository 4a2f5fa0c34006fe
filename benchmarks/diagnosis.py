"""What the doctor costs: `python -m benchmarks.diagnosis [word of a row …]`, about half a minute a row.

Its own work is measured on a replay: watched() pulls the recorded steps of a training, so that nothing but the doctor
is left, and its processor time is divided by that of the training.  The last column is the same from two trainings in
one process, one bare and one inside of watched(), in turns of 64 steps each.  Two equal trainings differ by about a
percent on a busy machine, so this column only shows that nothing is forgotten.
"""

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
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

STEPS_PER_TURN = 64
SECONDS_PER_ROW = 25.0
FEWEST_PAIRS = 9
REPLAYS = 51


def rows() -> Iterator[tuple[str, Callable[[], Any], tuple]]:
    """(name, makes the model, data)"""
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


def pair(make: Callable[[], Any], data: tuple, bare_first: bool) -> tuple[float, float]:
    """Processor seconds of a bare and of a watched training, in turns."""
    bare, doctored = make().training(*data), watched(make(), *data, speak=False)
    seconds, left = {bare: 0.0, doctored: 0.0}, [bare, doctored] if bare_first else [doctored, bare]
    while left:
        for steps in list(left):
            begun = time.process_time()
            taken = sum(1 for _ in islice(steps, STEPS_PER_TURN))
            seconds[steps] += time.process_time() - begun
            if taken < STEPS_PER_TURN:
                left.remove(steps)
        left.reverse()
    return seconds[bare], seconds[doctored]


def own_work(make: Callable[[], Any], data: tuple) -> float:
    """Processor seconds of the doctor alone, over the recorded steps of a training."""
    model = make()
    steps = list(model.training(*data))
    model.training = lambda *_: iter(steps)
    seconds = []
    for _ in range(REPLAYS):
        begun = time.process_time()
        for _ in watched(model, *data, speak=False):
            pass
        between = time.process_time()
        for _ in model.training(*data):
            pass
        seconds.append(2 * between - begun - time.process_time())
    return float(np.median(seconds))


def main(words: list[str]) -> None:
    warnings.simplefilter("ignore")
    print("| training | bare | the doctor's own work | with and without, in turns |\n| --- | ---: | ---: | ---: |")
    for name, make, data in rows():
        if words and not any(word in name for word in words):
            continue
        pair(make, data, True)
        pairs, begun = [], time.perf_counter()
        while len(pairs) < FEWEST_PAIRS or time.perf_counter() - begun < SECONDS_PER_ROW:
            pairs.append(pair(make, data, len(pairs) % 2 == 0))
        bare, doctored = np.array(pairs).T
        print(f"| {name} | {1e3 * np.median(bare):.0f} ms | {100 * own_work(make, data) / np.median(bare):.2f} % | "
              f"{100 * np.median(doctored / bare - 1):+.2f} % ({len(pairs)} pairs) |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
