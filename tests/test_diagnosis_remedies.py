"""What the doctor proposes helps when it is pasted; and trainings that were silent, or were told of a wrong cause."""

import re
import warnings
from typing import Any

import numpy as np
import pytest

from ai_from_scratch.data import load_mnist
from ai_from_scratch.estimator import TrainingWarning
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor
from benchmarks.failing_trainings import HAMLET, TRAININGS, moons, normal
from CNN_From_Scratch import CNNClassifier
from Logistic_Regression_From_Scratch import LogisticRegression
from RNN_From_Scratch import CharRNN

CURES: dict[str, tuple[float, ...]] = {     # the least score after each remedy; of a text, the most bits per character
    "SGD at 100 on moons": (0.8, 0.8),
    "Adam at 0.5, small CNN": (0.8, 0.8),
    "CharRNN at 10": (3.3, 2.5),
    "LinearRegression above its limit": (0.99,),
    "biases −100, ReLU": (0.9, 0.9),
    "biases −100, tanh": (0.9, 0.9),
    "MLP at 1e-12": (0.9, 0.9),
    "LinearRegression at 1e-12": (0.99, 0.99),
    "alpha of 1,000": (0.95, 0.8),
    "dropout of 0.99, small CNN": (0.9,),
}


def fitted(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, data = TRAININGS[case]()
        return model.fit(*data), data


@pytest.mark.slow
@pytest.mark.parametrize("case", CURES)
def test_a_remedy_helps_when_it_is_pasted(case):
    model, data = fitted(case)
    lines = [line for line in model.diagnosis_.as_dict()["try"] if line.startswith("model.set_params")]
    assert len(lines) >= len(CURES[case])
    for line, least in zip(lines, CURES[case], strict=False):
        model, data = fitted(case)
        names = {"text": data[0]} if isinstance(data[0], str) else {"X": data[0], "y": data[1]}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            eval(line, {"model": model} | names)
        if isinstance(data[0], str):
            assert model.bits_per_character(data[0]) < least, line
        else:
            assert model.score(*data[:2]) > least, line


@pytest.mark.parametrize("case", ["columns around 1,000", "MLPRegressor, unscaled columns",
                                  "MLPRegressor, y around 1e6"])
def test_scaling_as_proposed_helps(case):
    model, (X, y) = fitted(case)
    line = model.diagnosis_.as_dict()["try"][0].removesuffix(" before the fit")
    names = {"X": X, "y": y}
    exec(line, names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.set_params(max_iter=500).fit(names["X"], names["y"])
    assert model.score(names["X"], names["y"]) > 0.9


def text_model(**settings: Any):
    return CharRNN(**{"units": 32, "streams": 8, "chunk": 16, "max_iter": 8, "random_state": 0} | settings), (HAMLET,)


def network(data, Model: Any = MLPClassifier, hidden: tuple[int, ...] = (16, 16), **settings: Any):
    return Model(hidden, **{"random_state": 0, "max_iter": 300, "learning_rate_init": 1e-2} | settings), data


def unscaled(**settings: Any):
    X = normal(500, 3) * [1, 1e5, 1]
    return network((X, (X[:, 0] > 0).astype(int)), learning_rate_init=1e-3, max_iter=2000, **settings)


def line(scale=1.0):
    X = normal(300, 3)
    return X, scale * (X @ [1.0, 2, 3])


OTHERS = {
    "a text, at 1e-12": (lambda: text_model(learning_rate_init=1e-12), "not moving", "rate_init=0.004"),
    "a text, clip of 1e-12": (lambda: text_model(clip=1e-12), "not moving", r"\(clip=1\)"),
    "a text, at 2": (lambda: text_model(learning_rate_init=2.0), "diverged",      # how far depends on the rounding
                     r"the loss (rose|went) from 3\.45\d* to .*rate_init was 2.* Try .*=0.004"),
    "a text, all dropped": (lambda: text_model(layers=2, layer_dropout=0.99, learning_rate_init=1e-2),
                            "no signal found", r"layer_dropout=0\).*\(max_iter=5000\).fit\(text\[:200\]\)"),
    "a tolerance that ends it at once": (lambda: network(moons(), learning_rate_init=1e-5), "not moving", "=0.001"),
    "eight logistic layers": (lambda: network(moons(), hidden=(16,) * 8, activation="logistic", solver="sgd"),
                              "no signal found", "after 33 steps"),
    "tiny columns": (lambda: network((moons()[0] * 1e-6, moons()[1])), "unscaled features", "0, has a range of 3.5"),
    "unscaled, ended by a tolerance": (unscaled, "unscaled features", "column 1 of X is .* wide as column 2"),
    "unscaled, stopped early": (lambda: unscaled(early_stopping=True), "unscaled features", "wide as column 2"),
    "a tiny y": (lambda: network(line(1e-6), MLPRegressor), "unscaled target", r"deviation of 3.6\d*e-06"),
    "a huge y": (lambda: network(line(1e6), MLPRegressor), "unscaled target", r"deviation of 3.6\d*e\+06"),
    "logistic regression above its limit": (
        lambda: (LogisticRegression(solver="gradient_descent", learning_rate=1e3, C=1e4), moons()), "diverged",
        "must stay below 2/λmax = 5"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_training_that_was_silent_or_told_of_a_wrong_cause(case):
    make, what, sentence = OTHERS[case]
    model, data = make()
    with pytest.warns(Warning, match=None if isinstance(model, LogisticRegression) else sentence):
        model.fit(*data)
    assert model.diagnosis_ is not None and model.diagnosis_.what == what
    assert re.search(sentence, str(model.diagnosis_)), str(model.diagnosis_)


def test_no_remedy_is_what_the_model_has_already():
    X, y = np.random.default_rng(0).random((64, 9, 9)), np.arange(64) % 2
    settings: dict[str, Any] = {"filters": (3,), "kernel_size": 3, "hidden_layer_sizes": (4,), "batch_size": 16,
                                "random_state": 0}
    for rate in (1e-2, 50.0):
        model = CNNClassifier(**settings, batch_norm=True, learning_rate_init=rate, max_iter=10)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)
        for remedy in model.diagnosis_.remedies if model.diagnosis_ else ():
            if isinstance(remedy, dict):
                assert any(getattr(model, name) != value for name, value in remedy.items()), remedy


HEALTHY = {
    "y of 0.05": lambda: network(line(0.05), MLPRegressor, max_iter=1000),
    "y of 20": lambda: network(line(20.0), MLPRegressor, max_iter=1000),
    "y with a mean of 50": lambda: network((line()[0], line()[1] + 50), MLPRegressor, max_iter=1000),
    "six rows": lambda: network((moons()[0][:6], moons()[1][:6]), max_iter=1000),
    "one batch": lambda: network(moons(), max_iter=1000),
    "a constant column": lambda: network((np.column_stack([moons()[0], np.ones(200)]), moons()[1]), max_iter=1000),
    "noisy labels": lambda: network((moons()[0], moons()[1] ^ (np.random.default_rng(0).random(200) < 0.3)),
                                    max_iter=1000),
    "a penalty of 1": lambda: network(moons(), alpha=1.0, max_iter=1000),
    "a pure linear layer": lambda: network(moons(), hidden=(), max_iter=1000),
    "one class": lambda: network((moons()[0], np.ones(200))),
    "one sample": lambda: network((np.ones((1, 3)), np.ones(1)), MLPRegressor),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", HEALTHY)
def test_odd_but_sound_settings_get_no_word(case):
    model, data = HEALTHY[case]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(*data)
    assert model.diagnosis_ is None, model.diagnosis_


def test_a_training_that_goes_on_at_its_optimum_gets_no_word():
    for solver in ("adam", "sgd"):
        model, data = network(moons(), solver=solver, warm_start=True, max_iter=500)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(3):
                model.fit(*data)
        assert model.diagnosis_ is None, model.diagnosis_


@pytest.mark.parametrize("seed", range(3))
def test_a_rate_of_almost_nothing_is_named_after_a_few_steps_too(seed):
    """Ten steps of a small CNN: the mini-batches' losses differ, so that the loss may seem to fall."""
    X = np.random.default_rng(seed).random((200, 8, 8))
    model = CNNClassifier((2,), learning_rate_init=1e-12, max_iter=2, batch_size=40, random_state=seed)
    with pytest.warns(TrainingWarning, match=r"Not moving: a step changes the weights by .*e-1.*"
                                             r"learning_rate_init=0\.0"):
        model.fit(X, np.arange(200) % 10)


def digits(n, images=True):
    train = load_mnist(download=False).train
    return train.X[:n] if images else train.X[:n].reshape(n, -1) / np.float32(255), train.y[:n]


@pytest.mark.parametrize(("n", "epochs", "seed", "what"), [
    (400, 1, 0, "dead units"), *(pytest.param(*case, marks=pytest.mark.slow) for case in (
        (400, 1, 1, "diverged"), (500, 1, 1, "dead units"), (600, 2, 0, "dead units")))])
def test_steps_far_too_large_are_named_after_four_to_ten_of_them(n, epochs, seed, what):
    model = CNNClassifier(learning_rate_init=0.5, max_iter=epochs, random_state=seed)
    with pytest.warns(TrainingWarning, match=r"(Dead units: \d+ % of|Diverged: the loss rose from 2\.98\d* to 11\.\d+ "
                                             r"at step 2,).* Try model.set_params\(learning_rate_init=0.005\)"):
        model.fit(*digits(n))
    assert model.diagnosis_ is not None and model.diagnosis_.what == what


@pytest.mark.parametrize(("case", "what"), [("all weights 0", "symmetric units"), ("biases −100, ReLU", "dead units"),
                                            ("biases −100, tanh", None)])
def test_what_cannot_recover_is_named_after_two_steps(case, what):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, data = TRAININGS[case]()
        model.set_params(max_iter=2).fit(*data)
    assert (model.diagnosis_.what if model.diagnosis_ else None) == what


def short_runs():
    """Healthy trainings of 1 to 12 steps."""
    for seed in range(3):
        for n, batch, rate in ((64, 16, 5e-3), (200, 100, 0.02), (400, 128, 0.05), (500, 50, 5e-3)):
            yield CNNClassifier((4, 8), 3, hidden_layer_sizes=(32,), learning_rate_init=rate, max_iter=1,
                                batch_size=batch, random_state=seed), digits(n)
        for hidden in ((32,), (16, 16), (4,)):
            for settings in ({"learning_rate_init": 0.01}, {"solver": "sgd", "learning_rate_init": 0.1}):
                yield MLPClassifier(hidden, max_iter=1, random_state=seed, **settings), digits(600, images=False)
                yield MLPClassifier(hidden, max_iter=5, random_state=seed, **settings), moons(seed)
                yield MLPRegressor(hidden, learning_rate_init=0.01, max_iter=1, batch_size=30,
                                   random_state=seed), line()


@pytest.mark.parametrize("run", list(short_runs()), ids=lambda run: str(run[0]))
def test_a_short_and_healthy_training_has_neither_dead_units_nor_diverged(run):
    model, data = run
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")                          # most of them are told that they stopped too early
        model.fit(*data)
    assert model.diagnosis_ is None or model.diagnosis_.what == "stopped too early", model.diagnosis_


def test_three_units_that_chance_made_dead_are_named_after_sixteen_steps_and_not_after_one():
    X, y = moons()
    model = MLPClassifier((3,), max_iter=1, warm_start=True, random_state=0, tol=0.0).fit(X, y)
    model.intercepts_[0][...] = -100
    model.fit(X, y)
    assert model.diagnosis_ is None
    with pytest.warns(TrainingWarning, match="Dead units: 100 %"):
        model.set_params(max_iter=16).fit(X, y)
