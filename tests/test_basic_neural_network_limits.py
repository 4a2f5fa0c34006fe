"""MLPClassifier and MLPRegressor at their limits: zero weights, degenerate inputs, and mistakes that are answered."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_moons

from ai_from_scratch.estimator import ConvergenceWarning, DivergenceError, NotFittedError, TrainingWarning
from Basic_Neural_Network_From_Scratch import MLPClassifier, MLPRegressor

BRIEF = pytest.mark.filterwarnings("ignore:Stopped too early", "ignore:max_iter=")     # few steps, on purpose

XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])


def moons(n):
    return make_moons(n, noise=0.15, random_state=0)


@BRIEF
def test_weights_of_zero_leave_samples_out():
    X, y = moons(100)
    wrong = y.copy()
    wrong[50:] = 1 - wrong[50:]
    weight = (np.arange(100) < 50).astype(float)
    model = MLPClassifier((16,), "tanh", learning_rate_init=0.05, max_iter=100, random_state=0)
    assert model.fit(X, wrong, weight).score(X, y) > 0.9
    assert model.fit(X, wrong).score(X, y) < 0.8


@pytest.mark.filterwarnings("ignore:max_iter=")                  # few steps, on purpose
@pytest.mark.slow
@pytest.mark.parametrize(("solver", "dtype"), [("adam", np.float64), ("adam", np.float32), ("sgd", np.float64)])
def test_samples_of_weight_zero_are_as_if_they_were_not_there(solver, dtype):
    X, y = moons(400)
    X = X.astype(dtype)
    settings: dict[str, Any] = dict(solver=solver, batch_size=4, max_iter=20, learning_rate_init=0.01, random_state=0)
    weight = np.arange(400) % 2.0                                   # every second one
    with_zeros = MLPClassifier((16,), **settings).fit(X, y, weight)
    without = MLPClassifier((16,), **settings).fit(X[1::2], y[1::2], weight[1::2])
    assert np.array_equal(with_zeros.network_.parameters, without.network_.parameters)
    assert with_zeros.score(X, y) > 0.9, "batches without a sample that counts used to raise the penalty to 1e26"
    assert max(with_zeros.loss_curve_) < 1


@BRIEF
def test_a_held_out_part_without_a_sample_that_counts_cannot_come_about():
    X, y = moons(100)
    weight = (np.arange(100) % 10 == 0).astype(float)
    for Model in (MLPClassifier, MLPRegressor):
        for seed in range(5):
            model = Model((4,), early_stopping=True, max_iter=5, random_state=seed)
            model.fit(X, y, weight)                                 # of ten held out, often none has a weight
            assert len(model.validation_scores_) == model.n_iter_


@BRIEF
def test_a_refused_fit_leaves_the_fitted_model_as_it_was():
    X, y = moons(60)
    model = MLPClassifier((4,), max_iter=5, random_state=0).fit(X, np.array(["no", "yes"])[y])
    before, p = dict(vars(model)), model.predict_proba(X)
    three = np.arange(60) % 3
    for arguments in ((X, three, -np.ones(60)), (X, three, np.zeros(60)), (X[:, :1], y[:-1]), (X, None),
                      (np.full((60, 2), np.nan), y), (X, X[:, 0])):
        with pytest.raises(ValueError):
            model.fit(*arguments)
        assert vars(model) == before
    for settings in (dict(max_iter=None), dict(alpha=-1), dict(early_stopping=True, validation_fraction=0.999)):
        original = {name: getattr(model, name) for name in settings}
        with pytest.raises(ValueError):
            model.set_params(**settings).fit(X, three)
        model.set_params(**original)
        assert vars(model) == before
    with pytest.raises(ValueError, match="X has 1 features"):
        model.partial_fit(X[:, :1], y)
    with pytest.raises(ValueError):
        model.partial_fit(X, y)                                     # 0 and 1 are not among no and yes
    assert vars(model) == before
    assert np.array_equal(model.predict_proba(X), p)

    regressor = MLPRegressor((4,), max_iter=5, random_state=0).fit(X, y)
    predicted = regressor.predict(X)
    with pytest.raises(ValueError):
        regressor.fit(X, np.column_stack([y, y]), -np.ones(60))
    assert np.array_equal(regressor.predict(X), predicted)


@BRIEF
def test_degenerate_inputs_are_survived():
    X = np.array([[1e8, 0.0, 5.0], [1e8 + 1, 0.0, 5.0], [1e8, 1e-100, 5.0]])
    alone = MLPClassifier((3,), max_iter=2, random_state=0).fit(X, ["only", "only", "only"])
    assert alone.predict(X).tolist() == ["only"] * 3
    assert np.allclose(alone.predict_proba(X), 1)
    single = MLPClassifier((3,), max_iter=2, random_state=0).fit(X, [0, 1, 2])      # one sample of each class
    assert np.allclose(single.predict_proba(X).sum(axis=1), 1)
    wide = MLPClassifier((3,), max_iter=2, random_state=0).fit(np.eye(3, 50), [0, 1, 1])
    assert wide.n_features_in_ == 50
    logits = MLPClassifier((), max_iter=1, random_state=0).fit(XOR, [0, 1, 1, 0])
    logits.coefs_[0][...] = 1000
    p = logits.predict_proba(XOR - 0.5)
    assert np.isfinite(p).all() and np.allclose(p.sum(axis=1), 1)


def test_a_tolerance_in_float32_is_a_number_like_others():
    X, y = moons(20)
    tolerances: tuple[Any, ...] = (np.float32(0.5), 0.5)
    one, other = (MLPRegressor((4,), max_iter=3, tol=tol, random_state=0) for tol in tolerances)
    for model in (one, other):
        with pytest.warns(ConvergenceWarning):
            model.fit(1e30 * X.astype(float), y)                   # a loss beyond float32
    assert one.loss_curve_ == other.loss_curve_


def test_inputs_that_float32_cannot_hold_are_refused_and_not_answered_with_nan():
    X, y = moons(20)
    small = X.astype(np.float32)
    settings: dict[str, Any] = {"max_iter": 2, "learning_rate": "cosine", "random_state": 0}
    classifier = MLPClassifier((4,), **settings).fit(small, y)
    regressor = MLPRegressor((4,), **settings).fit(small, small[:, 0])
    assert np.isfinite(classifier.predict_proba(1e30 * X)).all()
    for predict in (classifier.predict, classifier.predict_proba, regressor.predict):
        with pytest.raises(ValueError, match=r"output is not finite: X has values up to .*e\+60, too large for fl"):
            predict(1e60 * X)


def test_weights_that_diverged_are_blamed_and_not_the_inputs():
    X, y = moons(200)
    model = MLPClassifier((8,), solver="sgd", learning_rate_init=0.1, alpha=1e4, random_state=0)
    with pytest.warns(TrainingWarning):
        model.fit(X, y)
    model.network_.parameters *= 1e200
    with pytest.raises(ValueError, match=r"its weights go up to .*e\+2\d\d, because the training diverged"):
        model.predict(X)


def test_mistakes_are_answered_with_what_was_expected():
    X, y = moons(20)
    with pytest.raises(NotFittedError):
        MLPClassifier().predict(X)
    for settings, words in (
        (dict(activation="swish"), "one of 'relu', 'tanh', 'logistic', 'identity'. Got 'swish' instead"),
        (dict(solver="lbfgs"), "one of 'adam', 'sgd'. Got 'lbfgs'"),
        (dict(learning_rate="adaptive"), "one of 'constant', 'step', 'cosine', 'one-cycle'. Got 'adaptive'"),
        (dict(hidden_layer_sizes=(5, 0)), r"an int from 1 to 100000, or a sequence of them without .* Got \(5, 0\)"),
        (dict(hidden_layer_sizes=2.5), "an int from 1 to 100000, .* Got 2.5"),
        (dict(hidden_layer_sizes=(10**12,)), r"an int from 1 to 100000, .* Got \(1000000000000,\)"),
        (dict(hidden_layer_sizes=(100_000, 100_000)), "without two neighbours whose product is above 268435456. Got"),
        (dict(learning_rate_init=-1), r"a float in the range \(0.0, inf\). Got -1"),
        (dict(batch_size=0), "'auto' or an int >= 1. Got 0"),
        (dict(max_iter=None), "an int >= 1. Got None"),
        (dict(beta_1=1.0), r"a float in the range \[0.0, 1.0\). Got 1.0"),
        (dict(beta_2=-0.1), r"a float in the range \[0.0, 1.0\). Got -0.1"),
        (dict(epsilon=0), r"a float in the range \(0.0, inf\). Got 0"),
        (dict(momentum=2), r"a float in the range \[0, 1\]. Got 2"),
        (dict(tol="small"), r"a float in the range \[0.0, inf\). Got 'small'"),
        (dict(shuffle=1), "True or False. Got 1"),
        (dict(n_iter_no_change=0), "an int >= 1. Got 0"),
        (dict(engine="warp"), "one of 'auto', 'plain', 'fast'. Got 'warp'"),
        (dict(early_stopping=True, validation_fraction=0.99), "leaves none to train on"),
    ):
        with pytest.raises(ValueError, match=words):
            MLPClassifier(**settings).fit(X, y)
    with pytest.raises(DivergenceError, match=r"learning rate was 1e\+10(.|\n)*Try a learning rate of 0\.01,"):
        MLPRegressor((5,), solver="sgd", learning_rate_init=1e10, max_iter=100, random_state=0).fit(X, 100.0 * y)


def test_auto_is_a_batch_of_two_hundred():
    X = np.random.default_rng(0).normal(size=(401, 2))
    progress = next(MLPRegressor((2,), max_iter=4).training(X, X[:, 0]))
    assert progress.steps == 3 * 4


def test_early_stopping_is_true_or_false():
    wrong: Any = "yes"
    with pytest.raises(ValueError, match="'early_stopping' parameter of MLPClassifier must be True or False"):
        MLPClassifier(early_stopping=wrong).fit(np.eye(2), [0, 1])
