"""Logistic regression: worked by hand, gradients measured, scikit-learn's answers, every step of each solver."""

import pickle
import warnings
from itertools import islice
from typing import Any

import numpy as np
import pytest
import sklearn.linear_model
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from ai_from_scratch.estimator import ConvergenceWarning, DivergenceError, NotFittedError
from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Logistic_Regression_From_Scratch import LogisticRegression, cross_entropy, loss_and_gradient, sigmoid

SIZE_LIMIT = "Logistic_Regression_From_Scratch.logistic_regression.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")
SOLVERS = ["lbfgs", "newton-cholesky", "gradient_descent"]
RNG = np.random.default_rng(0)
X = RNG.normal([0, 1, -1], size=(80, 3))
SCORES = np.column_stack([X @ [2.0, -1.0, 1.0], X @ [-1.0, 1.0, 0.5], np.zeros(80)]) + RNG.gumbel(size=(80, 3))
THREE = SCORES.argmax(axis=1)
TWO = (THREE == 0).astype(int)
WEIGHTS = RNG.integers(0, 4, size=80).astype(float)
TARGETS = pytest.mark.parametrize("y", [TWO, THREE], ids=["two classes", "three classes"])


def exact(**parameters):
    return sklearn.linear_model.LogisticRegression(solver="newton-cholesky", tol=1e-13, max_iter=200, **parameters)


# ---- worked by hand

@pytest.mark.parametrize("solver", SOLVERS)
def test_without_a_penalty_a_two_by_two_table_gives_its_log_odds(solver):
    # At x = 0 one of four is positive, odds 1/3; at x = 1 three of four, odds 3.  b = log 1/3, b + w = log 3.
    x, y = np.repeat([[0.0], [1.0]], 4, axis=0), [0, 0, 0, 1, 0, 1, 1, 1]
    model = LogisticRegression(C=np.inf, solver=solver, tol=1e-12, max_iter=2000).fit(x, y)
    assert model.intercept_ == pytest.approx([np.log(1 / 3)], abs=1e-9)
    assert model.coef_ == pytest.approx(np.array([[2 * np.log(3)]]), abs=1e-9)
    assert model.predict_proba([[0.0], [1.0]]) == pytest.approx(np.array([[0.75, 0.25], [0.25, 0.75]]))


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_column_of_zeros_leaves_the_shares_of_the_classes(solver):
    model = LogisticRegression(solver=solver, tol=1e-12, max_iter=2000).fit(np.zeros((6, 1)), list("abbccc"))
    assert model.predict_proba([[7.0]]) == pytest.approx(np.array([[1, 2, 3]]) / 6)
    assert model.intercept_ == pytest.approx(np.log([1, 2, 3]) - np.log(6) / 3)      # they sum to 0
    assert (model.coef_ == 0).all()


def test_the_first_step_of_the_descent_worked_by_hand():
    # From w = b = 0 each p is ½, the errors are (½, −½): ∂J/∂w = ½ (½·−1 − ½·1) = −½ and ∂J/∂b = 0.
    model = LogisticRegression(C=np.inf, solver="gradient_descent", learning_rate=1.0)
    progress = next(model.training([[-1.0], [1.0]], [0, 1]))
    assert (model.coef_.item(), model.intercept_.item()) == (0.5, 0.0)
    assert progress.loss == pytest.approx(np.log(1 + np.exp(-0.5)))
    assert (progress.step, progress.steps, progress.epoch) == (1, 100, 1)


def test_the_first_step_of_newton_worked_by_hand():
    # The gradient is −½ as above, the curvature ¼ · mean(x²) = ¼: w = ½ / ¼ = 2.
    model = LogisticRegression(C=np.inf, solver="newton-cholesky")
    next(model.training([[-1.0], [1.0]], [0, 1]))
    assert (model.coef_.item(), model.intercept_.item()) == pytest.approx((2.0, 0.0))


def test_a_confident_mistake_keeps_its_full_slope_and_its_full_price():
    losses, slopes = cross_entropy(np.array([[40.0, 1000.0, -1000.0, 1000.0]]), np.array([0, 0, 1, 1]))
    assert losses == pytest.approx([40, 1000, 1000, 0])
    assert slopes == pytest.approx(np.array([[1, 1, -1, 0]]))
    losses, slopes = cross_entropy(np.array([[1000.0], [0.0], [-1000.0]]), np.array([2]))
    assert losses == pytest.approx([2000])
    assert slopes == pytest.approx(np.array([[1], [0], [-1]]))


def test_a_right_answer_keeps_its_small_price():
    losses, _ = cross_entropy(np.array([[50.0, -50.0]]), np.array([1, 0]))
    assert losses == pytest.approx([np.exp(-50)] * 2, rel=1e-12, abs=0)


def test_sigmoid_at_its_ends_and_in_the_middle():
    assert sigmoid(np.array([-1000.0, -np.log(3), 0.0, np.log(3), 1000.0])) == pytest.approx([0, 0.25, 0.5, 0.75, 1])


# ---- derivatives, measured

@TARGETS
def test_the_derivative_by_the_scores_is_p_minus_the_label(y):
    R = 1 if y is TWO else 3
    Z, y = np.random.default_rng(0).normal(size=(R, 20)), y[:20]   # a sum of few: little rounding
    assert gradient_error(cross_entropy(Z, y)[1], numerical_gradient(lambda Z: cross_entropy(Z, y)[0].sum(), Z)) < 1e-8


@TARGETS
@pytest.mark.parametrize("C", [0.1, np.inf])
def test_the_gradient_is_the_slope_of_the_penalised_weighted_loss(y, C):
    R = 1 if y is TWO else 3
    rng = np.random.default_rng(1)
    W, b = rng.normal(size=(R, 3)), rng.normal(size=R)
    rest = (X, y, WEIGHTS, C, True)
    _, dW, db = loss_and_gradient(W, b, *rest)
    assert gradient_error(dW, numerical_gradient(lambda W: loss_and_gradient(W, b, *rest)[0], W)) < 1e-8
    assert gradient_error(db, numerical_gradient(lambda b: loss_and_gradient(W, b, *rest)[0], b)) < 1e-8


# ---- the reference

@TARGETS
@pytest.mark.parametrize("s", [None, WEIGHTS], ids=["unweighted", "weighted"])
@pytest.mark.parametrize(("C", "fit_intercept"), [(1.0, True), (0.01, False),
                                                    pytest.param(np.inf, True, marks=pytest.mark.slow)])
def test_every_solver_gives_scikit_learns_answer(y, s, C, fit_intercept):
    theirs = exact(C=C, fit_intercept=fit_intercept).fit(X, y, s)
    for solver in SOLVERS:
        walks = solver == "gradient_descent"
        ours = LogisticRegression(C=C, fit_intercept=fit_intercept, solver=solver, max_iter=10_000)
        ours.set_params(tol=1e-7 if walks else 1e-11).fit(X, y, s)
        assert (ours.coef_.shape, ours.intercept_.shape) == (theirs.coef_.shape, theirs.intercept_.shape)
        size = np.abs(theirs.coef_).max()
        digits = 1e-4 if walks else 1e-8
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=digits * size)
        np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=digits * size)
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5 if walks else 1e-8)
        np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=10 * digits * size)
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
        assert ours.score(X, y, s) == pytest.approx(theirs.score(X, y, s))


@TARGETS
@pytest.mark.parametrize("class_weight", ["balanced", {0: 2.0}, {0: 0.5, 1: 3.0}])
def test_class_weights_mean_what_they_mean_to_scikit_learn(y, class_weight):
    ours = LogisticRegression(class_weight=class_weight, tol=1e-11).fit(X, y, WEIGHTS)
    theirs = exact(class_weight=class_weight).fit(X, y, WEIGHTS)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-8)


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer])
@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky"])
def test_on_real_data_the_coefficients_are_scikit_learns(load, solver):
    features, labels = load(return_X_y=True)
    features = StandardScaler().fit_transform(features)
    ours = LogisticRegression(solver=solver, tol=1e-11, max_iter=1000).fit(features, labels)
    theirs = exact().fit(features, labels)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8 * np.abs(theirs.coef_).max())


# The same lines refuse inputs and shape outputs, whatever solves: the walk is a second look.
@pytest.mark.parametrize("solver", [*SOLVERS[:-1], pytest.param(SOLVERS[-1], marks=pytest.mark.slow)])
def test_scikit_learns_own_checks_pass_whole(solver):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Estimator LogisticRegression does not inherit from")
        if solver == "gradient_descent":  # some of the checks' data would need more than 100 steps
            warnings.simplefilter("ignore", ConvergenceWarning)
        results = check_estimator(LogisticRegression(solver=solver), on_skip=None)
    # The array-API check wants a variable set before SciPy is loaded, and array libraries that nobody gave it.
    assert {result["check_name"] for result in results if result["status"] != "passed"} <= {"check_array_api_input"}


def test_it_works_in_a_pipeline_a_grid_search_and_cross_validation():
    grid = {"logisticregression__C": [1e-6, 1.0]}
    search = GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), grid, cv=3).fit(X, THREE)
    assert search.best_params_ == {"logisticregression__C": 1.0}
    assert cross_val_score(LogisticRegression(), X, TWO, cv=3, scoring="roc_auc").min() > 0.7
    assert repr(clone(LogisticRegression(C=np.inf, solver="auto"))) == "LogisticRegression(C=inf)"


# ---- step by step

@pytest.mark.parametrize(("n", "classes", "expected"), [
    (80, 2, "newton-cholesky"), (80, 3, "newton-cholesky"), (9000, 3, "lbfgs"),
])
def test_auto_is_newton_on_small_data_else_lbfgs_and_says_so(n, classes, expected):
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(n, 3)), np.arange(n) % classes
    model = LogisticRegression().fit(features, labels)
    assert (model.solver, model.solver_) == ("auto", expected)
    for solver in SOLVERS:
        assert LogisticRegression(solver=solver, tol=0.1).fit(features, labels).solver_ == solver


@pytest.mark.parametrize("solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("y", [TWO, THREE], ids=["two classes", "three classes"])
def test_a_sample_that_weighs_nothing_is_left_out_whatever_it_holds(solver, y):
    s = (np.arange(80) % 4 > 0).astype(float)
    wild = np.where(s[:, None] > 0, X, 1e300 * X)
    with_it, without = (LogisticRegression(solver=solver, max_iter=500).fit(*data) for data in (
        (wild, y, s), (X[s > 0], y[s > 0])))
    np.testing.assert_array_equal(with_it.coef_, without.coef_)
    np.testing.assert_array_equal(with_it.intercept_, without.intercept_)
    assert with_it.n_iter_ == without.n_iter_


@TARGETS
@pytest.mark.parametrize("solver", SOLVERS)
def test_at_every_step_the_model_is_usable_and_the_loss_is_its_own(solver, y):
    model, losses = LogisticRegression(solver=solver, tol=1e-10), []
    for progress in islice(model.training(X, y), 8):
        J, dW, _ = loss_and_gradient(model.coef_, model.intercept_, X, y, np.ones(80), 1.0, True)
        assert progress.loss == pytest.approx(J, rel=1e-12)
        assert model.n_iter_ == [progress.step]
        assert 0 <= model.score(X, y) <= 1
        assert np.isfinite(dW).all()
        losses.append(progress.loss)
    assert (np.diff(losses) < 0).all()


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_watcher_that_stops_pulling_leaves_a_model_that_can_be_pickled(solver):
    model = LogisticRegression(solver=solver, tol=1e-10)
    steps = model.training(X, THREE)
    next(steps)
    again = pickle.loads(pickle.dumps(model))
    before = model.predict_proba(X)
    np.testing.assert_array_equal(again.predict_proba(X), before)
    next(steps)
    assert (model.predict_proba(X) != before).any()


def test_each_update_is_the_plain_gradient_step_from_where_the_watcher_started_it():
    model = LogisticRegression(solver="gradient_descent", learning_rate=0.3, C=2.0)
    W, b = start = np.array([[3.0, -2.0, 1.0]]), np.array([4.0])
    for _ in islice(model.training(X, TWO, WEIGHTS, initial=start), 20):
        _, dW, db = loss_and_gradient(W, b, X, TWO, WEIGHTS, 2.0, True)
        W, b = W - 0.3 * dW, b - 0.3 * db
        np.testing.assert_array_equal(model.coef_, W)
        np.testing.assert_array_equal(model.intercept_, b)
    assert start[0][0, 0] == 3.0


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_warm_start_at_the_answer_needs_no_step_and_a_cold_one_does(solver):
    model = LogisticRegression(solver=solver, warm_start=True, tol=1e-6, max_iter=5000).fit(X, THREE)
    assert model.n_iter_[0] > 1
    answer = model.coef_.copy()
    assert model.fit(X, THREE).n_iter_[0] <= 1
    np.testing.assert_allclose(model.coef_, answer, atol=1e-5)
    assert model.set_params(warm_start=False).fit(X, THREE).n_iter_[0] > 1


@pytest.mark.parametrize("solver", SOLVERS)
def test_without_an_intercept_that_of_a_given_start_is_left_out(solver):
    model = LogisticRegression(solver=solver, fit_intercept=False, tol=1e-6, max_iter=2000)
    for _ in model.training(X, TWO, initial=(np.ones((1, 3)), np.array([5.0]))):
        assert model.intercept_ == [0.0]
    np.testing.assert_allclose(model.coef_, exact(fit_intercept=False).fit(X, TWO).coef_, atol=1e-3)


def test_a_warm_start_of_another_shape_is_refused_in_words():
    model = LogisticRegression(warm_start=True).fit(X, THREE)
    with pytest.raises(ValueError, match=r"coef_ of shape \(1, 3\).*came with \(3, 3\) and \(3,\)"):
        model.fit(X, TWO)


# ---- what is said when something is wrong

def test_too_few_steps_are_warned_of_and_enough_are_not():
    with pytest.warns(ConvergenceWarning, match=r"solver='lbfgs' has not arrived after 2 steps.*Increase max_iter"):
        LogisticRegression(solver="lbfgs", max_iter=2).fit(X, TWO)
    for solver in SOLVERS[:2]:
        needed = int(LogisticRegression(solver=solver).fit(X, TWO).n_iter_[0])
        LogisticRegression(solver=solver, max_iter=needed).fit(X, TWO)


def test_a_learning_rate_that_diverges_is_explained_by_its_limit():
    model = LogisticRegression(solver="gradient_descent", learning_rate=1e6, max_iter=1000)
    words = r"diverged after \d+ steps.*below 2/λmax = [\d.]+ every step descends"
    with pytest.raises(DivergenceError, match=words) as said:
        model.fit(X, TWO)
    assert "tol=0.0001. Take a smaller learning_rate" in str(said.value) and "max_iter" not in str(said.value)
    assert model.learning_rate_limit_ < 1e6


@pytest.mark.parametrize(("parameters", "message"), [
    ({"solver": "saga"}, "'solver' parameter of LogisticRegression must be one of 'auto', 'lbfgs', "),
    ({"C": 0.0}, r"'C' parameter of LogisticRegression must be a float in the range \(0.0, inf\]. Got 0.0"),
    ({"C": "1"}, "'C' parameter"),
    ({"tol": -1.0}, "'tol' parameter"),
    ({"max_iter": 0}, "'max_iter' parameter"),
    ({"learning_rate": "fast"}, "'learning_rate' parameter"),
    ({"class_weight": "fair"}, "'class_weight' parameter"),
    ({"class_weight": {7: 1.0}}, r"class_weight names \[7\], but the labels in y are \[0, 1\]"),
    ({"class_weight": {1: -1.0}}, "must be finite and not negative"),
])
def test_a_wrong_parameter_is_named_with_what_was_expected(parameters, message):
    with pytest.raises(ValueError, match=message):
        LogisticRegression(**parameters).fit(X, TWO)


@pytest.mark.parametrize(("parameters", "data", "weight"), [
    ({"C": -1.0}, (X, TWO), None),
    ({"engine": "turbo"}, (X, TWO), None),
    ({}, (X[:, :2] * np.nan, TWO), None),
    ({}, (X[:, :2], TWO[:9]), None),
    ({}, (X[:, :2], ["a"] * 80), None),
    ({}, (X[:, :2], THREE), np.full(80, -1.0)),
    ({"class_weight": {"x": 1.0}}, (X[:, :2], THREE), None),
    ({"warm_start": True}, (X[:, :2], THREE), None),
])
def test_a_refused_fit_leaves_the_fitted_model_as_it_was(parameters, data: Any, weight):
    model = LogisticRegression().fit(X, np.array(["no", "yes"])[TWO])
    expected, attributes = model.predict_proba(X), set(vars(model))
    with pytest.raises(ValueError):
        model.set_params(**parameters).fit(data[0], data[1], weight)
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    assert set(model.predict(X)) == {"no", "yes"} and set(vars(model)) == attributes


def test_one_class_only_is_refused_in_scikit_learns_words():
    with pytest.raises(ValueError, match="at least 2 classes in the data, but the data contains only one class: 'a'"):
        LogisticRegression().fit(X, ["a"] * 80)


def test_predicting_before_fitting_says_so():
    with pytest.raises(NotFittedError, match="not fitted"):
        LogisticRegression().predict_proba(X)
