"""The doctor is silent on fifty healthy trainings: every network, every schedule, several seeds."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from ai_from_scratch.data import load_breast_cancer, load_diabetes, load_iris, load_mnist, load_wine
from ai_from_scratch.estimator import TrainingWarning, watched
from Basic_Neural_Network_From_Scratch import SCHEDULES, MLPClassifier, MLPRegressor
from benchmarks.failing_trainings import moons
from CNN_From_Scratch import CNNClassifier
from RNN_From_Scratch import CharRNN


def healthy_runs() -> Iterator[tuple[str, Any, tuple]]:
    for schedule in SCHEDULES:
        for activation in ("relu", "tanh", "logistic"):
            for seed in (0, 1):
                yield (f"moons {schedule} {activation} {seed}",
                       MLPClassifier((16, 16), activation, learning_rate=schedule, learning_rate_init=0.02,
                                     max_iter=1000 if schedule == "constant" else 200, random_state=seed), moons(seed))
    for load in (load_iris, load_wine, load_breast_cancer):
        data = load(seed=0).standardized().train
        for settings in ({"learning_rate_init": 0.01}, {"solver": "sgd", "learning_rate_init": 0.1},
                         {"early_stopping": True, "learning_rate_init": 0.01}):
            yield (f"{load.__name__} {settings}", MLPClassifier((32,), max_iter=1000, random_state=0, **settings),
                   tuple(data))
    X, y = load_diabetes(seed=0).standardized().train
    y = (y - y.mean()) / y.std()
    for schedule in ("cosine", "one-cycle"):
        for seed in (0, 1):
            yield (f"diabetes {schedule} {seed}",
                   MLPRegressor((16,), learning_rate=schedule, learning_rate_init=0.01, random_state=seed), (X, y))
    train = load_mnist(download=False).train
    images, labels = train.X[:600], train.y[:600]
    for schedule in SCHEDULES:
        yield (f"digits, dense, {schedule}",
               MLPClassifier((32,), learning_rate=schedule, learning_rate_init=3e-3, batch_size=30, random_state=0,
                             max_iter=15 if schedule != "constant" else 200),
               (images.reshape(600, -1) / np.float32(255), labels))
    for schedule in SCHEDULES:
        yield (f"digits, CNN, {schedule}",
               CNNClassifier((4, 8), 3, hidden_layer_sizes=(32,), learning_rate=schedule, max_iter=4, batch_size=20,
                             random_state=0), (images, labels))
    text = (ROOT / "documentation" / "rnn.md").read_text(encoding="utf-8")[:10_000]
    for cell, schedule in (("rnn", "constant"), ("rnn", "cosine"), ("lstm", "one-cycle"), ("gru", "step"),
                           ("lstm", "cosine")):
        yield (f"text, {cell}, {schedule}",
               CharRNN(units=32, cell=cell, streams=8, chunk=32, max_iter=8, learning_rate=schedule,
                       learning_rate_init=1e-2, random_state=0, validate_every=50), (text[:9000], text[9000:]))


RUNS = list(healthy_runs())


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS, ids=lambda run: run[0])
def test_the_doctor_is_silent_on_a_healthy_training(run):
    _, model, data = run
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrainingWarning)
        model.fit(*data)
    assert model.diagnosis_ is None


def test_fifty_runs_are_looked_at():
    assert len(RUNS) >= 50


@pytest.mark.slow
@pytest.mark.parametrize("run", [run for run in RUNS if isinstance(run[1], CharRNN)], ids=lambda run: run[0])
@pytest.mark.parametrize("done", [0.3, 0.7])
def test_and_on_a_healthy_training_that_was_stopped_and_resumed(run, done):
    _, model, data = run
    for progress in model.training(*data):
        if progress.step >= done * progress.steps:
            break
    again = CharRNN.from_checkpoint(*model.checkpoint())
    for _ in watched(again, *data, method="resuming", speak=False):
        pass
    assert again.diagnosis_ is None
