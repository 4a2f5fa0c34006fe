"""Early stopping of the classifier: who is held back, when it ends, which weights remain; and older weight files."""

import json
from typing import Any

import numpy as np
import pytest
from test_cnn_classifier import bars

from ai_from_scratch import weights
from Basic_Neural_Network_From_Scratch.early_stopping import hold_back
from CNN_From_Scratch import CNNClassifier
from CNN_From_Scratch.cnn import Rescale
from CNN_From_Scratch.demo import train_weights

BRIEF = pytest.mark.filterwarnings("ignore:Stopped too early", "ignore:max_iter=")     # few steps, on purpose

RNG = np.random.default_rng
SMALL: dict[str, Any] = dict(
    filters=(3,), kernel_size=3, hidden_layer_sizes=(6,), batch_norm=True, batch_size=32, learning_rate="constant",
    learning_rate_init=0.03, random_state=0)
NEW = ("early_stopping", "validation_fraction", "tol", "n_iter_no_change", "engine")
SIZE_LIMIT = "CNN_From_Scratch.classifier.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")


def mislabelled(n, seed):
    X, y = bars(n, RNG(seed))
    return X, np.where(RNG(seed + 1).random(n) < 0.25, "upright", y)     # noise, so that it gets worse again


def held_out_part(model, n):
    """The samples that a new model holds back: its random numbers first give the weights, then the parts."""
    fresh = CNNClassifier(**model.get_params())
    fresh.classes_ = model.classes_
    fresh._start(np.ones((1, *model.image_shape_), np.uint8))
    return hold_back(n, model.validation_fraction, fresh._rng)


def test_two_parts_share_nothing_and_miss_nobody():
    held_out, kept = hold_back(50, 0.3, RNG(0))
    assert len(held_out) == 15 and sorted([*held_out, *kept]) == list(range(50))
    assert len(hold_back(5, 0.01, RNG(0))[0]) == 1, "at least one"
    with pytest.raises(ValueError, match=r"a share of 0\.95 of 5 samples leaves none"):
        hold_back(5, 0.95, RNG(0))


def test_it_stops_and_keeps_the_weights_and_statistics_of_the_best_epoch_on_the_images_held_back():
    X, y = mislabelled(160, 0)
    model = CNNClassifier(**SMALL, max_iter=60, early_stopping=True, validation_fraction=0.3, n_iter_no_change=4, tol=0)
    best: dict[str, np.ndarray] = {}
    steps = []
    for progress in model.training(X, y):
        scores = model.validation_scores_
        if "validation_score" in progress.metrics:
            assert progress.metrics["validation_score"] == scores[-1]
            if scores[-1] > max(scores[:-1], default=-1.0):
                best = {name: array.copy() for name, array in model.network_.named_arrays().items()}
        steps.append((progress.step, progress.steps))
    scores = model.validation_scores_
    assert model.n_iter_ == len(scores) == len(model.loss_curve_) < 60
    assert scores[-1] < max(scores) and scores.index(max(scores)) < len(scores) - 5
    assert steps == [(step, 60 * 4) for step in range(1, 4 * len(scores) + 1)], "112 images, 4 batches an epoch"
    assert {"batchnorm_1.running_mean", "batchnorm_1.running_variance"} <= best.keys()
    for name, array in model.network_.named_arrays().items():
        np.testing.assert_array_equal(array, best[name], err_msg=name)
    held_out, kept = held_out_part(model, 160)
    assert model.score(X[held_out], y[held_out]) == max(scores)
    expected = Rescale()
    expected.build((1, 10, 10), RNG(0))
    expected.set_from(X[kept][:, None])
    np.testing.assert_array_equal(model.network_.named_arrays()["rescale_1.factor"], expected.factor)


@BRIEF
def test_the_images_held_back_are_not_learnt_from():
    X, y = mislabelled(100, 2)
    settings: dict[str, Any] = dict(**SMALL, max_iter=2, early_stopping=True, n_iter_no_change=9, shift=1)
    model = CNNClassifier(**settings).fit(X, y)
    held_out, _ = held_out_part(model, 100)
    assert len(held_out) == 10
    other = X.copy()
    other[held_out] = 255 - other[held_out]
    losses, same = ([progress.loss for progress in CNNClassifier(**settings).training(images, y)]
                    for images in (X, other))
    assert losses == same and len(losses) == 6
    other[:] = 255 - other
    assert losses != [progress.loss for progress in CNNClassifier(**settings).training(other, y)]


@BRIEF
def test_a_run_to_its_end_keeps_the_best_epoch_too_and_repeats_itself_bit_for_bit():
    X, y = mislabelled(160, 2)
    one, two = (CNNClassifier(**SMALL, max_iter=20, early_stopping=True, validation_fraction=0.3, n_iter_no_change=50)
                .fit(X, y) for _ in range(2))
    assert one.n_iter_ == 20 == len(one.validation_scores_)
    assert one.validation_scores_[-1] < max(one.validation_scores_), "else there would be nothing to put back"
    np.testing.assert_array_equal(one.network_.parameters, two.network_.parameters)
    held_out, _ = held_out_part(one, 160)
    assert one.score(X[held_out], y[held_out]) == max(one.validation_scores_)


@BRIEF
def test_without_it_nobody_is_held_back_and_nothing_is_scored():
    model = CNNClassifier(**SMALL, max_iter=2).fit(*mislabelled(64, 6))
    assert model.validation_scores_ == [] and model.n_iter_ == 2


@pytest.mark.parametrize(("changed", "words"), [
    (dict(validation_fraction=0.0), r"'validation_fraction' parameter .* in the range \(0, 1\)\. Got 0\.0"),
    (dict(validation_fraction=1.0), r"'validation_fraction' parameter .* in the range \(0, 1\)\. Got 1\.0"),
    (dict(n_iter_no_change=0), "'n_iter_no_change' parameter .* an int >= 1. Got 0"),
    (dict(tol=-1.0), r"'tol' parameter .* in the range \[0\.0, inf\)\. Got -1\.0"),
    (dict(early_stopping=True, validation_fraction=0.99), "leaves none to train on"),
])
def test_what_makes_no_sense_is_refused_by_name(changed, words):
    with pytest.raises(ValueError, match=words):
        CNNClassifier(**SMALL, **changed).fit(*bars(8, RNG(8)))


def test_partial_fit_refuses_it_for_only_fit_sees_all():
    with pytest.raises(ValueError, match="does not support early_stopping=True"):
        CNNClassifier(**SMALL, early_stopping=True).partial_fit(*bars(8, RNG(9)))


def test_weights_that_were_saved_before_these_parameters_were_there_still_load(tmp_path):
    X, y = bars(40, RNG(10))
    model = CNNClassifier(**SMALL, max_iter=1).fit(X, y)
    arrays, about = model.state()
    parameters = json.loads(about["parameters"])
    older = {name: value for name, value in parameters.items() if name not in NEW}
    assert len(older) == len(parameters) - len(NEW)
    path = tmp_path / "older.safetensors"
    weights.save(path, arrays, {**about, "parameters": json.dumps(older)})
    again = CNNClassifier.from_state(*weights.load(path))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.get_params() == model.get_params()
    again.partial_fit(X, y)                                      # and it can learn on
    assert again.validation_scores_ == []


def test_the_file_that_the_package_brings_loads_with_the_parameters_that_it_names():
    arrays, about = weights.load(train_weights.WEIGHTS_FILE)
    model = CNNClassifier.from_state(arrays, about)
    parameters = json.loads(json.dumps(model.get_params()))
    for name, value in json.loads(about["parameters"]).items():
        assert parameters[name] == value, name
    assert not model.early_stopping


def test_a_model_without_arguments_has_the_settings_of_the_page():
    assert CNNClassifier().get_params() == {
        "filters": (16, 32), "kernel_size": 5, "padding": "valid", "hidden_layer_sizes": (128,), "batch_norm": False,
        "dropout": 0.0, "shift": 0, "distortion": 0.0, "alpha": 0.0, "weight_decay": 0.0, "batch_size": 128,
        "learning_rate": "one-cycle", "learning_rate_init": 5e-3, "max_iter": 10, "random_state": None, "workers": 1,
        "early_stopping": False, "validation_fraction": 0.1, "tol": 1e-4, "n_iter_no_change": 10, "engine": "auto"}


@pytest.mark.parametrize(("settings", "tol"), [
    ({"early_stopping": True, "learning_rate": "constant"}, 0.02), ({"early_stopping": True}, 0.0),
    ({"learning_rate": "constant"}, 0.0)])
def test_a_training_that_tol_may_end_is_judged_with_it(monkeypatch, settings, tol):
    given = []

    def noted(*data, tol):
        given.append(tol)

    monkeypatch.setattr("CNN_From_Scratch.classifier.train_and_diagnose", noted)
    CNNClassifier(tol=0.02, **settings).fit(*bars(8, RNG(0)))
    assert given == [tol]


def test_the_factor_brings_thousands_of_images_to_a_mean_square_of_one():
    X = RNG(0).integers(0, 256, (2500, 1, 2, 3), np.uint8)
    rescale = Rescale()
    rescale.build((1, 2, 3), RNG(0), np.float64)
    rescale.set_from(X)
    assert rescale.factor[0] == pytest.approx(1 / np.sqrt(np.mean(X.astype(float) ** 2)), rel=1e-12)
