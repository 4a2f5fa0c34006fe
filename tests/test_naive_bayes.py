"""Gaussian naive Bayes: worked by hand, the likelihood's maximum, scikit-learn's answers, any portions, refusals."""

import math
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.naive_bayes
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from ai_from_scratch.estimator import NotFittedError
from ai_from_scratch.gradient_check import numerical_gradient
from Naive_Bayes_From_Scratch import GaussianNB

SIZE_LIMIT = "Naive_Bayes_From_Scratch.naive_bayes.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")

FOUR = [[0.0], [2.0], [4.0], [8.0]]
TABLES = [load_iris, load_wine, load_breast_cancer, load_digits]


def normal(x, mean, variance):
    return math.exp(-((x - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)


# ---- worked by hand

def test_two_classes_worked_by_hand():
    # low: mean 1, variance 1;  high: mean 6, variance 4;  at x = 3 both bell curves are weighed alike.
    model = GaussianNB(var_smoothing=0).fit(FOUR, ["low", "low", "high", "high"])
    np.testing.assert_array_equal(model.theta_, [[6], [1]])          # classes in alphabetical order
    np.testing.assert_array_equal(model.var_, [[4], [1]])
    high, low = normal(3, 6, 4) / 2, normal(3, 1, 1) / 2
    np.testing.assert_allclose(model.predict_joint_log_proba([[3]]), [[math.log(high), math.log(low)]])
    np.testing.assert_allclose(model.predict_proba([[3]]), [[high / (high + low), low / (high + low)]])
    assert model.predict([[3], [2]]).tolist() == ["high", "low"]     # e^(−9/8)/2 = 0.16 against e^(−2) = 0.14


def test_priors_weigh_the_classes_worked_by_hand():
    model = GaussianNB(priors=[0.2, 0.8], var_smoothing=0).fit(FOUR, ["low", "low", "high", "high"])
    high, low = 0.2 * normal(3, 6, 4), 0.8 * normal(3, 1, 1)
    np.testing.assert_allclose(model.predict_proba([[3]]), [[high / (high + low), low / (high + low)]])
    assert model.predict([[3]]) == ["low"]


def test_the_smoothing_is_a_share_of_the_largest_variance_worked_by_hand():
    # The second feature's overall variance is 100, the first one's 25/4: 1 % of 100 goes to every variance.
    X = [[0, 0], [1, 20], [5, 0], [6, 20]]
    model = GaussianNB(var_smoothing=0.01).fit(X, [0, 0, 1, 1])
    assert model.epsilon_ == pytest.approx(1.0)
    np.testing.assert_allclose(model.var_, [[1.25, 101], [1.25, 101]])


# ---- the likelihood, measured

def test_means_and_variances_are_where_the_gradient_of_the_likelihood_is_zero():
    X, y = load_iris(return_X_y=True)
    model = GaussianNB(var_smoothing=0).fit(X, y)

    def log_likelihood():
        return model.predict_joint_log_proba(X)[np.arange(len(y)), y].mean()

    for learnt in (model.theta_, model.var_):
        at_the_maximum = numerical_gradient(log_likelihood, learnt)
        np.testing.assert_allclose(at_the_maximum, 0, atol=1e-6)
        learnt += 0.1
        assert np.abs(numerical_gradient(log_likelihood, learnt)).max() > 0.01
        learnt -= 0.1


# ---- scikit-learn

def test_scikit_learns_own_estimator_checks_pass():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not inherit from `sklearn.base.BaseEstimator`.*")
        warnings.filterwarnings("ignore", message=".*SCIPY_ARRAY_API is not set.*")
        check_estimator(GaussianNB())


@pytest.mark.parametrize("load", TABLES)
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
def test_everything_learnt_and_predicted_equals_scikit_learns(load, weighted):
    X, y = load(return_X_y=True)
    weight = np.random.default_rng(0).integers(0, 4, size=len(y)).astype(float) if weighted else None
    kept = slice(None) if weight is None else weight > 0      # its smoothing looks at samples of weight 0 too
    theirs = sklearn.naive_bayes.GaussianNB().fit(X[kept], y[kept], weight if weight is None else weight[kept])
    ours = GaussianNB().fit(X, y, weight)
    for name in ("theta_", "var_", "epsilon_", "class_prior_", "class_count_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-9, err_msg=name)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(ours.predict_joint_log_proba(X), theirs.predict_joint_log_proba(X), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.score(X, y, weight) == pytest.approx(theirs.score(X, y, weight))


def test_float32_in_gives_float32_out_with_the_digits_of_float64():
    X, y = load_digits(return_X_y=True)
    single = GaussianNB().fit(X.astype(np.float32), y)
    assert single.predict_proba(X.astype(np.float32)).dtype == np.float32
    assert GaussianNB().fit(X, y).predict_proba(X).dtype == np.float64
    np.testing.assert_allclose(single.predict_proba(X.astype(np.float32)), GaussianNB().fit(X, y).predict_proba(X),
                               atol=1e-6)


def test_it_works_in_pipelines_searches_frames_and_pickles():
    X, y = load_wine(return_X_y=True, as_frame=True)
    search = GridSearchCV(make_pipeline(StandardScaler(), GaussianNB()), {"gaussiannb__var_smoothing": [1e-9, 0.1]},
                          cv=3).fit(X, y)
    assert search.best_score_ > 0.95
    model = GaussianNB(var_smoothing=1e-3).fit(X, y)
    np.testing.assert_array_equal(model.feature_names_in_, X.columns)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    assert repr(clone(model)) == "GaussianNB(var_smoothing=0.001)"


# ---- in portions

@pytest.mark.parametrize("portion", [1, 7, 100])
def test_partial_fit_in_any_portions_ends_where_fit_does(portion):
    X, y = load_wine(return_X_y=True)
    weight = np.random.default_rng(0).uniform(0, 2, size=len(y))
    for s in (None, weight):
        whole, model = GaussianNB().fit(X, y, s), GaussianNB()
        for i in range(0, len(X), portion):                          # sorted by class: the first portions have one
            part = slice(i, i + portion)
            model.partial_fit(X[part], y[part], classes=[0, 1, 2] if i == 0 else None,
                              sample_weight=None if s is None else s[part])
        for name in ("theta_", "var_", "epsilon_", "class_prior_", "class_count_"):
            np.testing.assert_allclose(getattr(model, name), getattr(whole, name), rtol=1e-10, err_msg=name)


def test_partial_fit_in_one_portion_equals_scikit_learns_and_goes_on_after_fit():
    X, y = load_iris(return_X_y=True)
    ours = GaussianNB().partial_fit(X, y, classes=[0, 1, 2, 3])
    theirs = sklearn.naive_bayes.GaussianNB().partial_fit(X, y, classes=[0, 1, 2, 3])
    np.testing.assert_allclose(ours.var_[:3], theirs.var_[:3])
    with np.errstate(divide="ignore"):                               # theirs takes the logarithm of a prior of 0
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    going_on = GaussianNB().fit(X[::2], y[::2]).partial_fit(X[1::2], y[1::2])
    np.testing.assert_allclose(going_on.var_, GaussianNB().fit(X, y).var_)


def test_fit_forgets_what_was_learnt_before():
    X, y = load_iris(return_X_y=True)
    again = GaussianNB().fit(X * 5 + 3, y).fit(X, y)
    np.testing.assert_array_equal(again.var_, GaussianNB().fit(X, y).var_)


def test_a_class_not_seen_yet_has_probability_zero_even_where_a_prior_promises_it():
    for priors in (None, [0.2, 0.3, 0.5]):
        model = GaussianNB(priors=priors).partial_fit(FOUR, ["a", "a", "b", "b"], classes=["a", "b", "c"])
        np.testing.assert_array_equal(model.predict_proba(FOUR)[:, 2], 0)
        np.testing.assert_allclose(model.predict_proba([[0.0], [99.0]]).sum(axis=1), 1)


# ---- refusals

def test_wrong_priors_are_refused_in_scikit_learns_words():
    for priors, words in [
        ([0.5, 0.25, 0.25], "Number of priors must match number of classes"),
        ([0.5, 0.4], "The sum of the priors should be 1"),
        ([-0.5, 1.5], "Priors must be non-negative"),
    ]:
        with pytest.raises(ValueError, match=words):
            GaussianNB(priors=priors).fit(FOUR, [0, 0, 1, 1])


def test_a_refused_model_is_still_unfitted():
    model = GaussianNB(priors=[1.0])
    with pytest.raises(ValueError, match="Number of priors"):
        model.fit(FOUR, [0, 0, 1, 1])
    with pytest.raises(NotFittedError):
        model.predict(FOUR)
    with pytest.raises(ValueError, match="Number of priors"):
        model.partial_fit(FOUR, [0, 0, 1, 1], classes=[0, 1])
    assert not vars(model).keys() - model.get_params().keys()


REFUSED: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
    "X is not finite": ([[math.nan]] * 4, "abab", None, {}),
    "lengths differ": (FOUR, "aba", None, {}),
    "there is no y": (FOUR, None, None, {}),
    "labels are continuous": (FOUR, [0.5, 1.5, 0.5, 1.5], None, {}),
    "a weight is negative": (FOUR, "abab", [1, 1, 1, -1], {}),
    "all weights are 0": (FOUR, "abab", [0, 0, 0, 0], {}),
    "a variance overflows": ([[1e200], [-1e200], [0], [0]], "abab", None, {}),
    "the priors are too many": (FOUR, "abab", None, {"priors": [0.1, 0.2, 0.3, 0.4]}),
    "the smoothing is negative": (FOUR, "abab", None, {"var_smoothing": -1.0}),
    "the engine is unknown": (FOUR, "abab", None, {"engine": "quick"}),
}


@pytest.mark.parametrize("why", REFUSED)
@pytest.mark.parametrize("way", ["fit", "partial_fit"])
def test_a_refused_fit_leaves_a_fitted_model_as_it_was(why, way):
    X, y = load_iris(return_X_y=True)
    model = GaussianNB().fit(X[:, :1], np.array(["a", "b", "c"])[y])
    kept, before = dict(vars(model)), model.predict_proba(X[:, :1])
    other, labels, weight, parameters = REFUSED[why]
    labels = list(labels) if isinstance(labels, str) else labels
    model.set_params(**parameters)
    with pytest.raises(ValueError):                                  # its words are tested elsewhere
        getattr(model, way)(other, labels, sample_weight=weight)
    if "priors" in parameters:
        model.set_params(priors=None)
    np.testing.assert_array_equal(model.predict_proba(X[:, :1]), before)
    for name, value in kept.items():
        if name not in parameters:
            assert vars(model)[name] is value, name
    assert vars(model).keys() == kept.keys()


@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf, "1e-9"])
def test_wrong_smoothing_is_refused(value):
    with pytest.raises(ValueError, match=r"'var_smoothing' parameter of GaussianNB must be a float in the range \[0.0"):
        GaussianNB(var_smoothing=value).fit(FOUR, [0, 0, 1, 1])


def test_portions_are_checked():
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        GaussianNB().partial_fit(FOUR, [0, 0, 1, 1])
    model = GaussianNB().partial_fit(FOUR, [0, 0, 1, 1], classes=[0, 1])
    with pytest.raises(ValueError, match=r"target label\(s\) \[2\] in y do not exist in the initial classes \[0 1\]"):
        model.partial_fit(FOUR, [0, 0, 1, 2])
    with pytest.raises(ValueError, match="X has 2 features, but GaussianNB is expecting 1 features"):
        model.partial_fit([[1.0, 2.0]], [0])
