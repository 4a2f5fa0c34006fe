"""The doctor: for each way in which a training fails, a named model, data, seed, and the sentence that it says."""

import json
import pickle
import re
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from ai_from_scratch.data import load_breast_cancer
from ai_from_scratch.estimator import (
    ConvergenceWarning,
    DivergenceError,
    Progress,
    TrainingWarning,
    diagnose,
    diagnosis,
    train_and_diagnose,
    watched,
)
from ai_from_scratch.runner.chapter import Chapter
from ai_from_scratch.runner.results import Outcome
from ai_from_scratch.runner.run import ChapterRun
from ai_from_scratch.stage.demo import Settings
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor
from Basic_Neural_Network_From_Scratch.diagnosis.units import rows_to_look_at, unit_evidence
from benchmarks.failing_trainings import TRAININGS, moons, normal, sgd
from CNN_From_Scratch import CNNClassifier
from Linear_Regression_From_Scratch import LinearRegression
from Linear_Regression_From_Scratch.demo.demo import Demo
from Logistic_Regression_From_Scratch import LogisticRegression
from RNN_From_Scratch import CharRNN

SAID = {        # of each case of benchmarks/failing_trainings.py: diagnosis_.what, and words of the sentence
    "SGD at 100 on moons": ("diverged",
        r"the loss went from 0.6651 to .*e\+.*best constant answer has 0.693.*rate_init was 100, and a step "
        r"was .* Try model.set_params\(learning_rate_init=0.01\).fit\(X, y\), or mod"),
    "SGD at 1000 on moons": ("diverged",
        r"rate_init was 1e\+03, and a step was .* Try model.set_params\(learning_rate_in"),
    "Adam at 0.5, small CNN": ("dead units",
        r"100 % of the units of layer \d+, ReLU\(\) are 0 for every row.*constant answer has 2.3\. Try "
        r"model.set_params\(learning_rate_init=0.005\).*\(learning_rate_init=0.015\)"),
    "CharRNN at 10": ("diverged",
        r"the loss went from 3.4.*constant answer has 2.8.* Try model.set_params\(learning_rate"),
    "CharRNN at 1e30": ("diverged",
        r" to .*e\+30;.*rate_init=0.004\)\.fit\(text\)"),
    "MLPRegressor, unscaled columns": ("unscaled features",
        r"column 1 of X is .*e\+04 times as wide as column [02].*Try X = \(X - X.mean\(axis=0\)\) / "
        r"X\.std\(axis=0\)"),
    "LinearRegression, unscaled columns": ("unscaled features",
        r"column 1 of X is .*e\+04 times as wide as column 0, and the loss went from .*must stay below 2/λmax "
        r"= .*e-08. Try X = \(X - X.mean"),
    "columns around 1,000": ("unscaled features",
        r"the mean of column 1 of X is 4\d\d times its range, and the loss .* Try X = \(X - X.mean"),
    "MLPRegressor, y around 1e6": ("unscaled target",
        r"y has a mean of 1e\+06 and a standard deviation of 3\.\d+.*constant answer has 13.*Try y = \(y - y.mean"),
    "alpha of 1,000": ("strong penalty",
        r"alpha=1000 adds 5 w to the gradient of each weight w.*Try model.set_params\(alpha=0.0001\)"),
    "LinearRegression above its limit": ("diverged",
        r"must stay below 2/λmax = 0\.\d+\. Try model.set_params\(learning_rate='auto'\)"),
    "all weights 0": ("symmetric units",
        r"layer \d, Dense\(16\) have equal weights and equal gradients.*Try "
        r"model.set_params\(warm_start=False\)"),
    "biases −100, ReLU": ("dead units",
        r"100 % of the units of layer .*Try model.set_params\(warm_start=False\)"),
    "biases −100, tanh": ("saturated units",
        r"100 % of the units of layer 3, Tanh\(\) are at an end of their range"),
    "MLP at 1e-12": ("not moving",
        r"a step changes the weights by .*e-1[123] of their size \(0.001 is usual\).* Try "
        r"model.set_params\(learning_rate_init=0.001\)"),
    "LinearRegression at 1e-12": ("not moving",
        r"the learning rate is .*e-1[123] of its limit 2/λmax = 0\.\d+.*Try "
        r"model.set_params\(learning_rate='auto'\)"),
    "labels that are noise": ("no signal found",
        r"the loss is 0.69.*; the best constant answer has 0.693.* Try rows = .*\.fit\(X\[rows\], y\[rows\]\)"),
    "rows that are all equal": ("no signal found",
        r"all 300 rows of X are equal, so nothing in X can predict y.* Try np.unique\(X, axis=0\)"),
    "dropout of 0.99, small CNN": ("no signal found",
        r"after 200 steps the loss is 2\.\d+; the best constant answer has 2.3\..*Try model.set_params\(dropout=0\)"),
    "1 % positives, 3 epochs": ("stopped too early",
        r"^max_iter=3 ended .* Stopped too early: .* still falls.*constant answer has 0.056\. Try "
        r"model.set_params\(max_iter=30\)"),
    "1 % positives, 200 epochs": ("no signal found",
        r"the loss is 0.05\d*; the best constant answer has 0.056.*The class 1 has 1 % of the samples: the "
        r"constant answer is right for 99 %, so accuracy hides this. Try .*sample_weight=np.where\(y == 1, 99, 1\)"),
    "too few samples for 64 units": ("learning by heart",
        r"in training, and the held-out score is 0\.\d\d, at 3 evaluations in a row. Try "
        r"model.set_params\(alpha=1\)"),
    "a text of random characters": ("learning by heart",
        r"on the training text and .* on the validation text.*dropout=0.3.*units=24"),
}


def test_every_case_has_its_sentence():
    assert list(SAID) == list(TRAININGS)


@pytest.mark.parametrize("case", [
    pytest.param(case, marks=[pytest.mark.slow] if case in ("a text of random characters", "1 % positives, 200 epochs")
                 else []) for case in SAID])
def test_the_doctor_names_what_is_wrong_with_its_number(case):
    what, sentence = SAID[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, data = TRAININGS[case]()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.fit(*data)
    told = [one for one in said if issubclass(one.category, TrainingWarning | ConvergenceWarning)]
    assert len(told) == 1, "it speaks once"
    assert told[0].filename == __file__, "of the user's line"
    assert model.diagnosis_.what == what
    said_by_model = isinstance(model, LinearRegression)         # in its own words, as ever
    text = str(model.diagnosis_) if said_by_model else str(told[0].message)
    assert re.search(sentence, text), text
    lines = model.diagnosis_.as_dict()["try"]
    assert len(lines) == 2 and lines[0] != lines[1]
    assert all(re.search(r"\.fit\(|[Xy] = |np\.|layer\.W", line) for line in lines), "each is a line of code"
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
        assert model.diagnosis_ is not None and model.diagnosis_.limit == model.learning_rate_limit_


def test_linear_and_logistic_regression_speak_for_themselves_and_keep_the_diagnosis():
    X, y = normal(100, 3) * [1, 1e4, 1], np.arange(100) % 2
    for model in (LinearRegression(solver="gradient_descent", max_iter=50),
                  LogisticRegression(solver="gradient_descent", max_iter=50)):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model.fit(X, y + X[:, 0] if isinstance(model, LinearRegression) else X[:, 0] > 0)
        assert [issubclass(one.category, ConvergenceWarning) for one in said] == [True]
        assert model.diagnosis_ is not None and model.diagnosis_.what == "unscaled features"
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


@pytest.mark.parametrize("epochs", [1, 2, 16, 18, 33])        # 4, 8, 64, 72, 132 steps
def test_without_pauses_the_same_is_recorded(monkeypatch, epochs):
    records = []
    monkeypatch.setattr(diagnosis, "conclude", lambda record, *_: records.append(record))
    X, y = moons()
    one, other = (MLPClassifier((8,), max_iter=epochs, batch_size=len(X) // 4, random_state=0) for _ in range(2))
    *_, last = watched(one, X, y)
    assert train_and_diagnose(other, X, y) == last
    pausing, at_once = records
    assert len(at_once.losses) == 4 * epochs and at_once.losses == pausing.losses and at_once.last == pausing.last
    assert at_once.updates == pausing.updates and at_once.first_step == pausing.first_step == 1


@pytest.mark.parametrize("steps", [1, 63, 64, 65, 66, 67, 127, 128, 129, 500])
def test_of_a_smooth_curve_three_losses_in_64_are_kept_and_the_rest_is_interpolated(monkeypatch, steps):
    records = []
    monkeypatch.setattr(diagnosis, "conclude", lambda record, *_: records.append(record))
    X, y = load_breast_cancer(seed=0).standardized().train
    one, other = (LogisticRegression(solver="gradient_descent", tol=0, max_iter=steps) for _ in range(2))
    *_, last = watched(one, X, y)
    assert train_and_diagnose(other, X, y) == last
    pausing, at_once = records
    assert at_once.last == pausing.last and at_once.steps == pausing.steps == len(at_once.curve) == steps
    assert len(at_once.losses) <= 64 + 3 * (steps // 64)
    assert at_once.update == pausing.update or steps == 1       # NaN
    assert_allclose(at_once.curve, pausing.curve, rtol=0.02)
    assert_allclose([at_once.start, at_once.end], [pausing.start, pausing.end], rtol=0.01)


@pytest.mark.parametrize("last", [np.nan, np.inf])
def test_a_loss_that_has_fallen_and_is_not_finite_at_the_end_is_not_taken_for_learnt(last):
    X, y = moons()
    model = MLPClassifier((8,), max_iter=200, learning_rate_init=0.02, learning_rate="cosine", random_state=0).fit(X, y)
    falling = np.linspace(0.7, 0.05, 80).tolist()
    assert diagnose(model, falling, X, y) is None
    found = diagnose(model, [*falling, *15 * [0.05], last], X, y)
    assert found is not None and found.what == "diverged"


@pytest.mark.parametrize("good", [1, 2, 40, 64, 65, 100])
def test_the_losses_before_a_divergence_are_kept(monkeypatch, good):
    model = MLPClassifier((2,), max_iter=1, learning_rate="cosine", random_state=0).fit(*moons())

    def training(*_):
        yield from (Progress(step, 200, 1, float(step)) for step in range(1, good + 1))
        raise DivergenceError("too far")

    monkeypatch.setattr(model, "training", training)
    records = []
    monkeypatch.setattr(diagnosis, "when_diverged", lambda record, message: records.append(record))
    with pytest.raises(DivergenceError):
        train_and_diagnose(model, *moons())
    with pytest.raises(DivergenceError):
        list(watched(model, *moons()))
    assert [list(record.losses) for record in records] == 2 * [[float(step) for step in range(1, good + 1)]]
    assert {record.last.step for record in records} == {good}


def test_a_fit_that_is_refused_keeps_the_diagnosis_of_the_model_that_there_is():
    model, data = sgd(100)
    with pytest.warns(TrainingWarning):
        model.fit(*data)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full((4, 2), np.nan), [0, 1, 0, 1])
    assert model.diagnosis_.what == "diverged"


def test_a_list_of_losses_is_enough_for_the_sentence():
    X = normal(60, 2)
    model = LinearRegression(solver="gradient_descent", learning_rate=3.0)
    losses: list[float] = []
    with pytest.raises(DivergenceError):
        losses.extend(progress.loss for progress in model.training(X, X @ [1.0, 2.0]))
    found = diagnose(model, losses, X, X @ [1.0, 2.0])
    assert str(found).startswith("Diverged: the loss went from ")
    assert f"must stay below 2/λmax = {model.learning_rate_limit_:.4g}. Try" in str(found)
    assert found is not None and found.evidence > 1e3 and found.limit == model.learning_rate_limit_
    assert diagnose(model, [4.0, 2.0, 1.0, 1.0], X, X @ [1.0, 2.0]) is None
    assert diagnose(model, [], X) is None


def test_a_column_that_has_a_name_is_called_by_it():
    X = normal(100, 2) * [1, 1e4]
    frame = pytest.importorskip("pandas").DataFrame(X, columns=["age", "income"])
    with pytest.warns(ConvergenceWarning):
        model = LinearRegression(solver="gradient_descent", max_iter=50).fit(frame, X[:, 0])
    assert model.diagnosis_ is not None and model.diagnosis_.where == "column 'income', column 'age'"


def test_the_pass_at_the_end_changes_nothing_in_the_network():
    X, y = np.random.default_rng(0).random((64, 9, 9)), np.arange(64) % 2
    settings: dict[str, Any] = dict(
        filters=(3,), kernel_size=3, hidden_layer_sizes=(4,), dropout=0.5, batch_norm=True, batch_size=16,
        learning_rate_init=50.0, max_iter=10, random_state=0)
    one, other = CNNClassifier(**settings), CNNClassifier(**settings)
    bare = [progress.loss for progress in one.training(X, y)]
    with pytest.warns(TrainingWarning):
        other.fit(X, y)
    assert other.diagnosis_ is not None
    for name, array in one.network_.named_arrays().items():
        np.testing.assert_array_equal(array, other.network_.named_arrays()[name], err_msg=name)
    np.testing.assert_array_equal(one.network_.gradients, other.network_.gradients)
    with pytest.warns(TrainingWarning):
        assert bare == [progress.loss for progress in watched(other, X, y)]


def test_at_most_512_rows_are_sent_through_the_network():
    X, y = normal(2000, 3), [0, 1] * 1000
    model = MLPClassifier((4,), max_iter=1, learning_rate="cosine", random_state=0).fit(X, y)
    rows, targets = rows_to_look_at(model, X, y)
    assert 400 < len(rows) == len(targets) <= 512
    np.testing.assert_array_equal(rows, X[::4].astype(model.network_.dtype))
    rnn = CharRNN(units=4, streams=8, chunk=100, random_state=0).initialise("abc" * 2000)
    x, following = rows_to_look_at(rnn, "abc" * 2000, None)
    assert x.shape == (100, 5) and len(following) == 500


@pytest.mark.parametrize("case", ["SGD at 100 on moons", "CharRNN at 10"])
def test_a_saved_model_keeps_its_diagnosis(case, tmp_path):
    model, data = TRAININGS[case]()
    with pytest.warns(TrainingWarning):
        model.fit(*data)
    model.save(tmp_path / "sick.safetensors")
    assert type(model).load(tmp_path / "sick.safetensors").diagnosis_ == model.diagnosis_
    assert pickle.loads(pickle.dumps(model)).diagnosis_ == model.diagnosis_


def test_the_runner_tells_a_diagnosis_as_options_of_the_command_line():
    demo = Demo(Settings(quick=True, parameters={"learning_rate": 1e-12}))
    for _ in demo.train():
        pass
    run = ChapterRun.__new__(ChapterRun)
    run.outcome = Outcome(Chapter("linear", "Linear_Regression_From_Scratch", "", "", "", "", ""))
    assert run.outcome.as_json()["diagnosis"] is None
    run._note_diagnosis(demo)
    told = run.outcome.as_json()["diagnosis"]
    assert told["what"] == "not moving" and 0 < told["evidence"] < 1e-6 and told["limit"] > 0
    assert told["try"][0] == "python run_all.py linear --set learning_rate='auto'"


class Converted:
    """It can be made an array, and nothing else."""

    def __init__(self, array):
        self.array = np.asarray(array)

    def __array__(self, dtype=None, copy=None):
        return self.array.astype(dtype or self.array.dtype)


@pytest.mark.parametrize("like", [list, Converted])
@pytest.mark.parametrize("Model", [MLPClassifier, MLPRegressor])
def test_what_is_no_array_is_looked_at_too(like, Model):
    X, y = normal(200, 3), np.arange(200) % 2
    model = Model((4,), learning_rate_init=1e-12, max_iter=40, early_stopping=True, tol=0.0, n_iter_no_change=99,
                  random_state=0)
    with pytest.warns(TrainingWarning, match="Not moving"):
        model.fit(like(X), like(y))
    assert list(unit_evidence(model, like(X), like(y)))


@pytest.mark.parametrize("y", [["a", "b"] * 20, [1] * 20 + [0] * 20, np.array(["x", "y"] * 20, dtype=object)])
def test_labels_of_any_kind_and_weights_can_be_looked_at(y):
    model = MLPClassifier((4,), max_iter=40, learning_rate="cosine", random_state=0)
    model.fit(normal(40, 2).tolist(), y, sample_weight=np.linspace(0, 2, 40))
    assert hasattr(model, "diagnosis_")


def resumed(model: CharRNN, text: str, validation: str = "", steps: int = 40) -> CharRNN:
    """Trained for so many steps, kept, and resumed to the end."""
    training = model.training(text, validation)
    for _ in range(steps):
        next(training)
    again = CharRNN.from_checkpoint(*model.checkpoint())
    for _ in watched(again, text, validation, method="resuming", speak=False):
        pass
    return again


WORDS = " ".join(np.random.default_rng(0).choice(["the", "cat", "sat", "on", "a", "mat", "and", "saw", "rats"], 700))


@pytest.mark.parametrize(("settings", "what"), [
    ({}, None),
    ({"learning_rate_init": 1e-12}, "not moving"),
    ({"learning_rate_init": 1e-3, "learning_rate": "constant"}, "stopped too early"),
    ({"learning_rate_init": 30.0}, "diverged"),
])
def test_a_resumed_run_is_judged_by_the_constant_answer_too(settings, what):
    recipe = {"units": 12, "streams": 8, "chunk": 16, "max_iter": 6, "learning_rate_init": 1e-2, "random_state": 0}
    model = resumed(CharRNN(**recipe | settings), WORDS)
    assert model.n_iter_ == 6
    assert (model.diagnosis_.what if model.diagnosis_ else None) == what


def test_a_network_that_died_within_two_short_epochs_says_so():
    model, (X, y) = TRAININGS["Adam at 0.5, small CNN"]()
    with pytest.warns(TrainingWarning, match=r"Dead units: \d+ % of the units of layer \d+, ReLU"):
        model.set_params(max_iter=1).fit(X, y)                   # 20 steps
    assert model.diagnosis_.what == "dead units"
