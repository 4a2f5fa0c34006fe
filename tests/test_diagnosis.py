"""The doctor: for each way in which a training fails, a named model, data, seed, and the sentence that it says."""

import json
import re
import warnings

import numpy as np
import pytest

from ai_from_scratch.data import load_mnist
from ai_from_scratch.estimator import ConvergenceWarning, DivergenceError, TrainingWarning, watched
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor
from CNN_From_Scratch import CNNClassifier
from Linear_Regression_From_Scratch import LinearRegression
from Logistic_Regression_From_Scratch import LogisticRegression
from RNN_From_Scratch import CharRNN

TEXT = ("To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer\n"
        "The slings and arrows of outrageous fortune\n") * 40


def moons(seed=0):
    rng, y = np.random.default_rng(seed), np.arange(200) % 2
    t = rng.uniform(0, np.pi, 200)
    X = np.column_stack([np.where(y, 1 - np.cos(t), np.cos(t)), np.where(y, 0.5 - np.sin(t), np.sin(t))])
    return X + 0.15 * rng.standard_normal(X.shape), y


def normal(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def sgd(rate):
    return MLPClassifier((16, 16), solver="sgd", learning_rate_init=rate, random_state=0), moons()


def small_cnn():
    train = load_mnist(download=False).train
    model = CNNClassifier((4, 8), 3, hidden_layer_sizes=(32,), learning_rate="constant", learning_rate_init=0.5,
                          max_iter=3, batch_size=16, random_state=0)
    return model, (train.X[:320], train.y[:320])


def char_rnn(rate):
    return CharRNN(units=32, streams=8, chunk=16, max_iter=5, learning_rate_init=rate, random_state=0), (TEXT,)


def unscaled_columns():
    X = normal(300, 3) * [1, 1e4, 1]
    return MLPRegressor((16,), max_iter=100, random_state=0), (X, X @ [1, 1e-4, 2])


def started_with(activation="relu", bias=None):
    """A network that goes on from weights of 0, or from these biases of its hidden layers."""
    model = MLPClassifier((16, 16), activation, max_iter=1, warm_start=True, random_state=0, learning_rate_init=1e-2)
    model.fit(*moons())
    if bias is None:
        model.network_.parameters[...] = 0
    for b in model.intercepts_[:-1]:
        b[...] = bias or 0
    return model.set_params(max_iter=200), moons()


def tiny_rate():
    train = load_mnist(download=False).train
    X = train.X[:300].reshape(300, -1) / np.float32(255)
    return MLPClassifier((16,), learning_rate_init=1e-12, batch_size=50, random_state=0), (X, train.y[:300])


def noise_labels():
    y = np.random.default_rng(1).integers(0, 2, 2000)
    return MLPClassifier((8,), random_state=0, max_iter=100), (normal(2000, 5), y)


def rare_positives(epochs):
    y = (np.arange(2000) % 100 == 0).astype(int)
    return MLPClassifier((8,), random_state=0, max_iter=epochs), (normal(2000, 5), y)


def by_heart():
    y = np.random.default_rng(1).integers(0, 2, 200)
    model = MLPClassifier((64,), random_state=0, max_iter=60, early_stopping=True, n_iter_no_change=50,
                          learning_rate_init=1e-2)
    return model, (normal(200, 30), y)


def text_by_heart():
    train, held_out = ("".join(np.random.default_rng(seed).choice(list("abcdefgh"), 600)) for seed in (0, 1))
    model = CharRNN(units=48, streams=4, chunk=16, dropout=0, max_iter=100, validate_every=100, random_state=0,
                    learning_rate_init=1e-2)
    return model, (train, held_out[:200])


CASES = {
    "SGD at 100 on moons": (lambda: sgd(100), "diverged",
                            r"Diverged: the loss began at 0.665 and ended at .*e\+.*learning_rate_init was 100"),
    "SGD at 1e3 on moons": (lambda: sgd(1e3), "diverged",
                            r"learning_rate_init was 1e\+03, and a step was .* Try model.set_params\(learning_rate_in"),
    "Adam at 0.5 on the small CNN": (small_cnn, "dead units",
                                     r"100 % of the units of layer \d+, ReLU\(\) are 0 for every row"),
    "CharRNN at 10": (lambda: char_rnn(10.0), "diverged", r"Diverged: the loss began at 3.4.*constant answer has 2.8"),
    "CharRNN at 1e30": (lambda: char_rnn(1e30), "diverged", r"ended at .*e\+30.*rate_init=0.04\)\.fit\(text\)"),
    "MLPRegressor on unscaled columns": (unscaled_columns, "unscaled features",
                                         r"column 1 of X is .*e\+04 times as wide as column [02].*X\.std\(axis=0\)"),
    "all weights 0": (started_with, "symmetric units", r"layer \d, Dense\(16\) have equal weights and equal gradients"),
    "biases -100, ReLU": (lambda: started_with(bias=-100.0), "dead units", "Dead units: 100 % of the units of layer"),
    "biases -100, tanh": (lambda: started_with("tanh", -100.0), "saturated units",
                          r"Saturated units: 100 % of the units of layer 3, Tanh\(\) are at an end of their range"),
    "learning rate 1e-12": (tiny_rate, "not moving",
                            r"Not moving: a step changes the weights by .*e-1[123] of their size \(0.001 is usual\)"),
    "noise labels": (noise_labels, "no signal found", r"the loss is 0.69.*; the best constant answer has 0.693"),
    "1 % positives, 3 epochs": (lambda: rare_positives(3), "stopped too early",
                                r"max_iter=3 ended .* still falls.*constant answer has 0.056\. Try model"),
    "learning by heart": (by_heart, "learning by heart", r"in training, and the held-out score is 0\.\d\d, for 3"),
    "a text by heart": (text_by_heart, "learning by heart",
                        r"on the training text and .* on the validation text.*dropout=0.3"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_doctor_names_what_is_wrong_with_its_number(case):
    make, what, sentence = CASES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, data = make()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.fit(*data)
    told = [one for one in said if issubclass(one.category, TrainingWarning | ConvergenceWarning)]
    assert len(told) == 1, "it speaks once"
    assert told[0].filename == __file__, "of the user's line"
    assert model.diagnosis_.what == what
    assert re.search(sentence, str(told[0].message)), told[0].message
    assert all(model.diagnosis_.remedies)
    json.dumps(model.diagnosis_.as_dict(), allow_nan=False)


def test_a_healthy_fit_after_a_sick_one_has_no_diagnosis():
    model, data = sgd(100)
    with pytest.warns(TrainingWarning, match="Diverged"):
        model.fit(*data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_params(solver="adam", learning_rate_init=0.02, max_iter=1000).fit(*data)
    assert model.diagnosis_ is None


def test_a_network_says_that_max_iter_ended_it_before_its_tolerance_and_with_a_schedule_it_does_not():
    X, y = moons()
    model = MLPClassifier((16,), learning_rate_init=0.02, max_iter=60, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"max_iter=60 .* tol=0.0001. Try model.set_params\(max_iter=120\)"):
        model.fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_params(learning_rate="cosine").fit(X, y)
        model.set_params(learning_rate="constant", tol=0.0).fit(X, y)


@pytest.mark.parametrize("model", [LinearRegression(solver="gradient_descent", learning_rate=1e3, max_iter=50),
                                   MLPRegressor((8,), solver="sgd", learning_rate_init=1e30, max_iter=50)])
def test_a_divergence_error_is_kept_as_a_diagnosis_too(model):
    X = normal(50, 2)
    with pytest.raises(DivergenceError) as said, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, X @ [1.0, 2.0])
    assert model.diagnosis_.what == "diverged" and model.diagnosis_.sentence == str(said.value)
    if isinstance(model, LinearRegression):
        assert model.diagnosis_.limit == model.learning_rate_limit_


def test_linear_and_logistic_regression_speak_for_themselves_and_keep_the_diagnosis():
    X, y = normal(100, 3) * [1, 1e4, 1], np.arange(100) % 2
    for model in (LinearRegression(solver="gradient_descent", max_iter=50),
                  LogisticRegression(solver="gradient_descent", max_iter=50)):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model.fit(X, y + X[:, 0] if isinstance(model, LinearRegression) else X[:, 0] > 0)
        assert [issubclass(one.category, ConvergenceWarning) for one in said] == [True]
        assert model.diagnosis_.what == "unscaled features"
        assert model.diagnosis_.limit == model.learning_rate_limit_


def test_logistic_regression_at_too_large_a_rate_is_told_to_take_a_smaller_one_first():
    X, y = moons()
    model = LogisticRegression(solver="gradient_descent", learning_rate=500.0, max_iter=60, C=1e3)
    with pytest.warns(ConvergenceWarning, match=r"tol=0.0001\. Take a smaller learning_rate") as said:
        model.fit(X, y)
    assert "Increase max_iter" not in str(said[0].message)


def test_watched_yields_what_training_yields_and_changes_nothing():
    X, y = moons()
    one, other = (MLPClassifier((8,), max_iter=3, random_state=0) for _ in range(2))
    assert list(watched(one, X, y, speak=False)) == list(other.training(X, y))
    assert np.array_equal(one.network_.parameters, other.network_.parameters)


def test_a_fit_that_is_refused_keeps_the_diagnosis_of_the_model_that_there_is():
    model, data = sgd(100)
    with pytest.warns(TrainingWarning):
        model.fit(*data)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full((4, 2), np.nan), [0, 1, 0, 1])
    assert model.diagnosis_.what == "diverged"


@pytest.mark.parametrize("y", [["a", "b"] * 20, [1] * 20 + [0] * 20, np.array(["x", "y"] * 20, dtype=object)])
def test_labels_of_any_kind_and_weights_can_be_looked_at(y):
    model = MLPClassifier((4,), max_iter=40, learning_rate="cosine", random_state=0)
    model.fit(normal(40, 2).tolist(), y, sample_weight=np.linspace(0, 2, 40))
    assert hasattr(model, "diagnosis_")
