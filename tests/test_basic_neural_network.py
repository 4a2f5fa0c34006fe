"""MLPClassifier and MLPRegressor: by hand, equal to scikit-learn's loss by loss, and well-behaved estimators."""

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from ai_from_scratch.estimator import TrainingWarning
from Basic_Neural_Network_From_Scratch import Dense, MLPClassifier, MLPRegressor, hold_back, initial_weights

BRIEF = pytest.mark.filterwarnings("ignore:Stopped too early", "ignore:max_iter=")     # few steps, on purpose

XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])


def moons(n=200, dtype=np.float64):
    X, y = make_moons(n, noise=0.15, random_state=0)
    return X.astype(dtype), y


@BRIEF
def test_two_hidden_units_solve_xor_by_hand():
    model = MLPClassifier((2,), "relu", max_iter=1).fit(XOR, [0, 1, 1, 0])
    hidden, output = model.coefs_
    hidden[...], model.intercepts_[0][...] = [[1, 1], [1, 1]], [0, -1]      # x1 + x2, and what of it is above 1
    output[...], model.intercepts_[1][...] = [[2], [-4]], [-1]              # 2 (x1 + x2) - 4 (above 1) - 1
    assert model.network_.forward(XOR).ravel().tolist() == [-1, 1, 1, -1]
    assert model.predict(XOR).tolist() == [0, 1, 1, 0]
    assert np.allclose(model.predict_proba(XOR)[1], [1 / (1 + np.e), np.e / (1 + np.e)])


@BRIEF
@pytest.mark.slow
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_every_activation_and_solver_learns_the_moons_and_identity_cannot(activation, solver):
    X, y = moons()
    settings: dict[str, Any] = dict(solver=solver, learning_rate_init=0.05 if solver == "adam" else 0.5, max_iter=100,
                                    batch_size=20, n_iter_no_change=150, random_state=0)
    score = MLPClassifier((16,), activation, **settings).fit(X, y).score(X, y)
    assert score < 0.9 if activation == "identity" else score > 0.96, "without a bend it stays a line"


def with_their_start(theirs, ours, X, y):
    """Both models with the same first weights: scikit-learn's, fitted once with a step size near 0, are copied."""
    real_rate = theirs.learning_rate_init
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.set_params(warm_start=True, max_iter=1, learning_rate_init=1e-300).fit(X, y)
        start = [array.copy() for array in (*theirs.coefs_, *theirs.intercepts_)]
        theirs.set_params(max_iter=ours.max_iter, learning_rate_init=real_rate).fit(X, y)
    ours.set_params(warm_start=True, max_iter=1, learning_rate_init=1e-300).fit(X, y)
    for mine, first in zip((*ours.coefs_, *ours.intercepts_), start, strict=True):
        mine[...] = first
    ours.set_params(max_iter=theirs.max_iter, learning_rate_init=real_rate).fit(X, y)


@BRIEF
@pytest.mark.parametrize("data", [lambda: moons(60), lambda: load_iris(return_X_y=True)], ids=["binary", "three"])
@pytest.mark.parametrize("settings", [
    dict(solver="sgd", momentum=0.0), dict(solver="sgd", momentum=0.9, nesterovs_momentum=False),
    dict(solver="sgd", momentum=0.9), dict(solver="adam", epsilon=1e-15),
], ids=["sgd", "momentum", "nesterov", "adam"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
def test_forty_epochs_are_scikit_learns_loss_by_loss(data, settings, activation):
    X, y = data()
    shared: dict[str, Any] = dict(
        hidden_layer_sizes=(8, 5), activation=activation, alpha=0.5, learning_rate_init=0.01, max_iter=40,
        batch_size=len(X), random_state=0, tol=0, n_iter_no_change=1000, **settings)
    theirs, ours = TheirClassifier(**shared), MLPClassifier(**shared)
    with_their_start(theirs, ours, X, y)
    # Their epsilon sits inside the bias correction, ours outside, as in the paper: at 1e-15 neither shows.
    assert len(ours.loss_curve_) == len(theirs.loss_curve_) == 41
    assert np.allclose(ours.loss_curve_[1:], theirs.loss_curve_[1:], rtol=1e-7)
    assert np.allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)


@pytest.mark.slow
@BRIEF
def test_accuracy_on_digits_equals_scikit_learns():
    X, y = load_digits(return_X_y=True)
    X = X / 16
    shared: dict[str, Any] = dict(hidden_layer_sizes=(64,), max_iter=30, batch_size=64, learning_rate_init=3e-3,
                                  random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = TheirClassifier(**shared).fit(X[:1200], y[:1200]).score(X[1200:], y[1200:])
    assert MLPClassifier(**shared).fit(X[:1200], y[:1200]).score(X[1200:], y[1200:]) > theirs - 0.01


@BRIEF
@pytest.mark.slow
def test_the_regressor_learns_a_wave_as_well_as_scikit_learns():
    X = np.linspace(-3, 3, 300)[:, None]
    y = np.sin(2 * X[:, 0])
    shared: dict[str, Any] = dict(hidden_layer_sizes=(32, 32), activation="tanh", max_iter=150, learning_rate_init=0.01,
                  batch_size=50, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = TheirRegressor(**shared).fit(X, y).score(X, y)
    ours = MLPRegressor(**shared).fit(X, y)
    assert ours.score(X, y) > min(0.99, theirs - 0.01)
    assert ours.predict(X).shape == (300,)
    two = MLPRegressor(**{**shared, "early_stopping": True}).fit(X, np.column_stack([y, -y]))
    assert two.predict(X).shape == (300, 2)
    assert two.validation_scores_[-1] > 0.9


@BRIEF
@pytest.mark.filterwarnings("ignore:.*does not inherit from `sklearn.base.BaseEstimator`.*")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore:Worse than a constant answer")       # some of its columns are 100 units wide
@pytest.mark.parametrize("model", [MLPClassifier(learning_rate_init=0.02, max_iter=30),
                                   MLPRegressor(learning_rate_init=0.02, max_iter=30)], ids=repr)
@pytest.mark.slow
def test_scikit_learns_own_checks_pass(model):
    check_estimator(model)


@BRIEF
def test_it_works_in_a_pipeline_and_a_grid_search_and_clones():
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=30, learning_rate_init=0.02, random_state=0))
    search = GridSearchCV(pipeline, {"mlpclassifier__hidden_layer_sizes": [(), (8,)]}, cv=3).fit(X, y)
    assert search.best_score_ > 0.9
    assert repr(clone(MLPClassifier((3,), alpha=0.1))) == "MLPClassifier(hidden_layer_sizes=(3,), alpha=0.1)"


@BRIEF
def test_labels_may_be_words_and_probabilities_follow_their_order():
    X, y = moons()
    words = np.array(["up", "down"])[y]
    model = MLPClassifier((8,), "tanh", max_iter=30, learning_rate_init=0.02, random_state=0).fit(X, words)
    assert model.classes_.tolist() == ["down", "up"]
    assert set(model.predict(X)) == {"down", "up"}
    assert np.array_equal(model.predict(X) == "up", model.predict_proba(X)[:, 1] > 0.5)


@BRIEF
def test_the_same_seed_gives_the_same_weights_bit_for_bit_and_another_does_not():
    X, y = moons()
    first, again, other = (MLPClassifier((8,), max_iter=5, random_state=seed).fit(X, y) for seed in (0, 0, 1))
    assert np.array_equal(first.network_.parameters, again.network_.parameters)
    assert not np.array_equal(first.network_.parameters, other.network_.parameters)


def test_predict_works_at_every_pause_and_stopping_there_leaves_that_model():
    X, y = moons()
    model = MLPClassifier((8,), batch_size=64, max_iter=3, random_state=0)
    for progress in model.training(X, y):
        assert model.predict(X).shape == (200,)
        assert model.n_iter_ == progress.epoch
        assert len(model.loss_curve_) == progress.step // 4
        if progress.step == 6:
            break
    at_the_pause = model.predict_proba(X)
    assert np.array_equal(model.predict_proba(X), at_the_pause)
    assert progress.steps == 12


def test_early_stopping_ends_with_the_best_held_out_weights():
    X, y = moons(300)
    y = np.where(np.random.default_rng(0).random(300) < 0.2, 1 - y, y)      # noise, so that it gets worse again
    model = MLPClassifier((64, 64), max_iter=200, learning_rate_init=0.02, early_stopping=True, random_state=0,
                          validation_fraction=0.3, n_iter_no_change=5, tol=0)
    last = list(model.training(X, y))[-1]
    scores = model.validation_scores_
    assert model.n_iter_ == len(scores) == len(model.loss_curve_) < 200
    assert last.metrics["validation_score"] == scores[-1] < max(scores)
    held_out = np.random.default_rng(0)             # the same stream: first the weights, then who is held back
    for units in ((2, 64), (64, 64)):
        initial_weights(units, "he", held_out)
    initial_weights((64, 1), "glorot", held_out)
    rows, _ = hold_back(300, 0.3, held_out)
    assert model.score(X[rows], y[rows]) == max(scores) == model.best_validation_score_


def test_a_flat_loss_ends_a_constant_schedule_and_leaves_a_planned_one_alone():
    X, y = np.zeros((20, 2)), np.arange(20) % 2
    settings: dict[str, Any] = dict(random_state=0, max_iter=60, n_iter_no_change=4, hidden_layer_sizes=())
    with pytest.warns(TrainingWarning, match="rows of X are equal"):
        assert MLPClassifier(**settings).fit(X, y).n_iter_ < 60
        assert MLPClassifier(learning_rate="cosine", **settings).fit(X, y).n_iter_ == 60


def test_partial_fit_of_the_regressor_goes_on_where_it_was_and_keeps_the_number_of_targets():
    X = np.linspace(-1, 1, 60)[:, None]
    y = np.column_stack([X[:, 0] ** 2, -X[:, 0]])
    model = MLPRegressor((16,), "tanh", learning_rate_init=0.02, batch_size=20, random_state=0)
    errors = [np.mean((model.partial_fit(X, y).predict(X) - y) ** 2) for _ in range(60)]
    assert errors[-1] < 0.1 * errors[0]
    assert model.n_iter_ == 60
    with pytest.raises(ValueError, match="in the first call, now"):
        model.partial_fit(X, y[:, 0])
    with pytest.raises(ValueError, match="A regressor has no classes"):
        model.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match="does not support early_stopping=True"):
        MLPRegressor(early_stopping=True).partial_fit(X, y)


def test_partial_fit_goes_on_where_it_was_and_knows_classes_that_are_not_in_the_batch():
    X, y = load_iris(return_X_y=True)
    model = MLPClassifier((16,), learning_rate_init=0.05, random_state=0)
    for _ in range(40):
        for rows in (slice(0, 50), slice(50, 100), slice(100, 150)):
            model.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    assert model.score(X, y) > 0.85
    assert model._optimizer.steps == 120 == len(model.loss_curve_)
    with pytest.raises(ValueError, match="early_stopping"):
        MLPClassifier(early_stopping=True).partial_fit(X, y, classes=[0, 1, 2])


@pytest.mark.parametrize("change", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy],
                         ids=["pickle", "deep copy"])
def test_a_model_goes_on_learning_after_it_was_pickled_or_copied(change):
    X, y = moons()
    model = MLPClassifier((8,), "tanh", learning_rate_init=0.1, random_state=0).partial_fit(X, y, classes=[0, 1])
    changed = change(model)
    assert np.array_equal(changed.predict_proba(X), model.predict_proba(X))
    for _ in range(100):
        changed.partial_fit(X, y)
    assert changed.score(X, y) > 0.95
    for _ in range(100):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.95


@BRIEF
def test_float32_is_kept_and_everything_else_becomes_float64():
    X, y = moons(50)
    for given, kept in ((np.float32, np.float32), (np.float64, np.float64), (np.int64, np.float64)):
        model = MLPClassifier((4,), max_iter=2, random_state=0).fit((10 * X).astype(given), y)
        assert model.network_.dtype == kept
        assert model.predict_proba((10 * X).astype(given)).dtype == kept


def start_of(**settings):
    """The first weights of a network: it is fitted with a step size near 0, so they do not change."""
    X = np.random.default_rng(0).standard_normal((50, 30))
    model = MLPClassifier((40,), max_iter=1, learning_rate_init=1e-300, random_state=0, **settings)
    return model.fit(X, np.arange(50) % 2).coefs_


@BRIEF
@pytest.mark.parametrize(("activation", "name"), [("relu", "he"), ("tanh", "glorot"), ("logistic", "glorot"),
                                                  ("identity", "glorot")])
def test_a_relu_starts_from_he_and_everything_else_from_glorot(activation, name):
    rng = np.random.default_rng(0)
    hidden, output = start_of(activation=activation)
    assert np.array_equal(hidden, initial_weights((30, 40), name, rng))
    assert np.array_equal(output, initial_weights((40, 1), "glorot", rng)), "logits pass no ReLU"


def test_a_short_last_batch_counts_by_its_samples_in_the_loss_of_an_epoch():
    X, y = moons(10)
    model = MLPClassifier((5,), batch_size=8, max_iter=4, random_state=0)
    losses = [progress.loss for progress in model.training(X, y)]
    of_epochs = [(8 * long + 2 * short) / 10 for long, short in zip(losses[::2], losses[1::2], strict=True)]
    assert model.loss_curve_ == pytest.approx(of_epochs, rel=1e-14)
    assert np.ptp(losses) > 0.01, "the two would differ otherwise"


@BRIEF
def test_warm_start_goes_on_from_the_weights_that_there_are():
    X, y = moons()
    settings: dict[str, Any] = dict(solver="sgd", momentum=0.0, batch_size=len(X), shuffle=False, tol=0,
                                    n_iter_no_change=100, random_state=0)
    once = MLPClassifier((8,), max_iter=20, **settings).fit(X, y)
    twice = MLPClassifier((8,), max_iter=10, warm_start=True, **settings).fit(X, y).fit(X, y)
    assert np.array_equal(twice.network_.parameters, once.network_.parameters)
    assert twice.loss_curve_ == once.loss_curve_
    assert twice.n_iter_ == 10, "scikit-learn counts those of the last fit"
    with pytest.raises(ValueError, match="X has 3 features"):
        twice.fit(np.ones((4, 3)), [0, 1, 0, 1])
    assert np.array_equal(twice.predict(X), once.predict(X))
    cold = MLPClassifier((8,), max_iter=10, **settings).fit(X, y)
    assert not np.array_equal(cold.fit(X, y).network_.parameters, twice.network_.parameters)
    regressor = MLPRegressor((4,), max_iter=2, warm_start=True, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="in the first call, now"):
        regressor.fit(X, np.column_stack([y, y]))


@BRIEF
def test_without_shuffle_the_batches_come_in_the_order_of_the_data():
    X, y = moons(12)
    ordered = MLPClassifier((3,), shuffle=False, batch_size=5, max_iter=1, random_state=0)
    by_hand = MLPClassifier((3,), shuffle=False, batch_size=5, random_state=0)
    ordered.fit(X, y)
    for start in (0, 5, 10):
        by_hand.partial_fit(X[start : start + 5], y[start : start + 5], classes=[0, 1])
    assert np.allclose(ordered.network_.parameters, by_hand.network_.parameters, rtol=0, atol=1e-6)
    shuffled = MLPClassifier((3,), batch_size=5, max_iter=1, random_state=0).fit(X, y)
    assert not np.allclose(shuffled.network_.parameters, by_hand.network_.parameters, rtol=0, atol=1e-6)


@BRIEF
def test_one_hidden_layer_may_be_given_as_a_number():
    X, y = moons(20)
    alone, listed = (MLPClassifier(units, max_iter=3, random_state=0).fit(X, y) for units in (8, (8,)))
    assert np.array_equal(alone.network_.parameters, listed.network_.parameters)
    none = MLPClassifier((), max_iter=3, random_state=0).fit(X, y)
    assert [layer for layer in none.network_.layers if isinstance(layer, Dense)] == none.network_.layers


@BRIEF
@pytest.mark.parametrize("engine", ["auto", "plain", "fast"])
def test_there_is_one_engine_and_it_is_the_plain_code(engine):
    X, y = moons(20)
    model = MLPClassifier((3,), max_iter=2, random_state=0, engine=engine).fit(X, y)
    assert model.engine_ == "plain"
    assert np.array_equal(model.coefs_[0], MLPClassifier((3,), max_iter=2, random_state=0).fit(X, y).coefs_[0])


def test_the_loss_of_a_step_is_the_objective_that_its_update_was_computed_from():
    X, y = moons(60)
    model = MLPClassifier((5,), "tanh", batch_size=60, alpha=0.3, max_iter=3, random_state=0)
    training = model.training(X, y)
    next(training)
    p = model.predict_proba(X)[np.arange(60), y]
    penalty = 0.3 / (2 * 60) * sum((W**2).sum() for W in model.coefs_)
    assert next(training).loss == pytest.approx(-np.log(p).mean() + penalty, rel=1e-12)
