"""Linear regression: worked by hand, gradients measured, scikit-learn's answers, every step of the descent."""

import pickle
import warnings
from itertools import islice
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pytest
import sklearn.linear_model
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from ai_from_scratch.estimator import ConvergenceWarning, DivergenceError, NotFittedError
from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Linear_Regression_From_Scratch import LinearRegression, gradient, hessian, mean_squared_error
from Linear_Regression_From_Scratch.linear_regression import descend

SIZE_LIMIT = "Linear_Regression_From_Scratch.linear_regression.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")

SOLVERS = ["normal_equation", "gradient_descent"]
RNG = np.random.default_rng(0)
X = RNG.normal([0, 1, -1, 2], size=(60, 4))
Y = X @ [1.0, -2.0, 0.5, 3.0] + 4 + RNG.normal(size=60)
TARGETS = np.column_stack([Y, 10 - X[:, 0], RNG.normal(size=60)])
WEIGHTS = RNG.integers(0, 4, size=60).astype(float)


def descent(**parameters):
    return LinearRegression(solver="gradient_descent", **parameters)


# ---- worked by hand

@pytest.mark.parametrize("solver", SOLVERS)
def test_three_points_worked_by_hand(solver):
    # x̄ = 1, ȳ = 2;  w = Σ (x−x̄)(y−ȳ) / Σ (x−x̄)² = ((−1)(−1) + 1·2) / 2 = 3/2;  b = ȳ − w x̄ = 1/2
    model = LinearRegression(solver=solver, tol=1e-20).fit([[0.0], [1.0], [2.0]], [1.0, 1.0, 4.0])
    assert model.coef_ == pytest.approx([1.5])
    assert model.intercept_ == pytest.approx(0.5)
    assert model.predict([[4.0]]) == pytest.approx([6.5])


def test_the_first_step_of_the_descent_worked_by_hand():
    # From w = b = 0 the errors are −y = (−1, −1, −4): ∂L/∂w = 2/3 (0·−1 + 1·−1 + 2·−4) = −6, ∂L/∂b = 2/3 · −6 = −4.
    model = descent(learning_rate=0.1)
    progress = next(model.training([[0.0], [1.0], [2.0]], [1.0, 1.0, 4.0]))
    assert (model.coef_[0], model.intercept_) == pytest.approx((0.6, 0.4))
    # There the predictions are 0.4, 1.0, 1.6: L = (0.6² + 0² + 2.4²) / 3
    assert progress.loss == pytest.approx(2.04)
    assert (progress.step, progress.steps, progress.epoch) == (1, 1000, 1)


# ---- derivatives, measured

@pytest.mark.parametrize("y", [Y, TARGETS], ids=["one target", "three targets"])
@pytest.mark.parametrize("s", [None, WEIGHTS], ids=["unweighted", "weighted"])
def test_the_gradient_is_the_slope_of_the_loss(y, s):
    w, b = RNG.normal(size=(4, *y.shape[1:])), RNG.normal(size=y.shape[1:])
    dw, db = gradient(X, y, w, b, s)
    assert gradient_error(dw, numerical_gradient(lambda w: mean_squared_error(X, y, w, b, s), w)) < 1e-7
    assert gradient_error(db, numerical_gradient(lambda b: mean_squared_error(X, y, w, b, s), b)) < 1e-7


@pytest.mark.parametrize("s", [None, WEIGHTS], ids=["unweighted", "weighted"])
def test_the_hessian_is_the_slope_of_the_gradient_and_the_same_everywhere(s):
    def slope(point, i):
        dw, db = gradient(X, Y, point[:4], point[4], s)
        return [*dw, db][i]

    for point in (np.zeros(5), RNG.normal(size=5)):
        measured = [numerical_gradient(lambda p, i=i: slope(p, i), point.copy()) for i in range(5)]
        assert gradient_error(hessian(X, s), np.array(measured)) < 1e-7
    np.testing.assert_allclose(hessian(X, s, fit_intercept=False), hessian(X, s)[:4, :4])


# ---- the reference

@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("s", [None, WEIGHTS], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("y", [Y, TARGETS, TARGETS[:, :1]], ids=["one target", "three targets", "one column"])
def test_both_solvers_give_scikit_learns_answer(y, s, fit_intercept):
    theirs = sklearn.linear_model.LinearRegression(fit_intercept=fit_intercept).fit(X, y, s)
    ours = LinearRegression(fit_intercept=fit_intercept).fit(X, y, s)
    walked = descent(fit_intercept=fit_intercept, tol=1e-24, max_iter=5000, momentum=0.8).fit(X, y, s)
    for model, digits in ((ours, 1e-12), (walked, 1e-9)):
        assert model.coef_.shape == theirs.coef_.shape
        assert np.shape(model.intercept_) == y.shape[1:]
        np.testing.assert_allclose(model.coef_, theirs.coef_, rtol=digits, atol=digits)
        np.testing.assert_allclose(model.intercept_, theirs.intercept_, rtol=digits, atol=digits)
        np.testing.assert_allclose(model.predict(X), theirs.predict(X), rtol=10 * digits, atol=10 * digits)
        assert model.score(X, y, s) == pytest.approx(theirs.score(X, y, s))


def test_on_diabetes_the_normal_equation_gives_scikit_learns_coefficients():
    patients, progression = load_diabetes(return_X_y=True)
    ours = LinearRegression().fit(patients, progression)
    theirs = sklearn.linear_model.LinearRegression().fit(patients, progression)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9)


# The same lines refuse inputs and shape outputs, whatever solves: the walk is a second look.
@pytest.mark.parametrize("solver", [*SOLVERS[:-1], pytest.param(SOLVERS[-1], marks=pytest.mark.slow)])
def test_scikit_learns_own_checks_pass_whole(solver):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Estimator LinearRegression does not inherit from")
        warnings.filterwarnings("ignore", message="fit keeps no sums of its rows")
        if solver == "gradient_descent":  # some of the checks' data would need many more steps
            warnings.simplefilter("ignore", ConvergenceWarning)
        results = check_estimator(LinearRegression(solver=solver, max_iter=200, momentum=0.8), on_skip=None)
    # The array-API check wants a variable set before SciPy is loaded, and array libraries that nobody gave it.
    assert {result["check_name"] for result in results if result["status"] != "passed"} <= {"check_array_api_input"}


@pytest.mark.slow
def test_it_works_in_a_pipeline_a_grid_search_and_cross_validation():
    grid = {"linearregression__fit_intercept": [True, False]}
    search = GridSearchCV(make_pipeline(StandardScaler(), LinearRegression()), grid, cv=3).fit(X, Y)
    assert search.best_params_ == {"linearregression__fit_intercept": True}
    assert cross_val_score(LinearRegression(), X, Y, cv=3).min() > 0.8
    fits = joblib.Parallel(n_jobs=2, prefer="threads")(joblib.delayed(clone(descent()).fit)(X, y) for y in TARGETS.T)
    np.testing.assert_array_equal([model.coef_ for model in fits], [descent().fit(X, y).coef_ for y in TARGETS.T])
    assert repr(clone(descent(tol=0.1))) == "LinearRegression(solver='gradient_descent', tol=0.1)"


# ---- the descent, step by step

def test_each_update_is_the_plain_gradient_step_from_where_the_watcher_started_it():
    x, start = X[:, 1:2], (np.array([-3.0]), 8.0)
    model = descent(learning_rate=0.05)
    w, b = start
    for progress in islice(model.training(x, Y, initial=start), 20):
        dw, db = gradient(x, Y, w, b)
        w, b = w - 0.05 * dw, b - 0.05 * db
        np.testing.assert_array_equal(model.coef_, w)
        assert model.intercept_ == b
        assert progress.loss == mean_squared_error(x, Y, w, b) == pytest.approx(np.mean((model.predict(x) - Y) ** 2))
    assert start[0] == -3.0


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_it_stops_at_the_first_step_that_could_gain_no_more_than_tol_of_the_best_constants_loss(momentum):
    model, curvature = descent(tol=1e-4, momentum=momentum), np.linalg.eigvalsh(hessian(X))[-1]
    theta, gains = np.zeros(5), []                                 # (w, b), where each step starts
    for _ in model.training(X, Y):
        slope = np.append(*gradient(X, Y, theta[:4], theta[4]))
        moved = np.append(model.coef_, model.intercept_) - theta
        gains.append(max((slope**2).sum(), (momentum * curvature * moved) @ (momentum * curvature * moved))
                     / (2 * curvature))
        theta = theta + moved
    assert gains[-1] <= 1e-4 * Y.var() < min(gains[:-1])
    assert gains[-2] < 1.5 * gains[-1]                             # so that twice or half the bound is another step


def test_the_start_may_be_two_plain_numbers_for_a_line_and_has_coefs_shape_otherwise():
    assert next(descent().training(X[:, :1], Y, initial=(2.0, 1.0))).step == 1
    assert next(descent().training(X, TARGETS, initial=(np.ones((3, 4)), np.zeros(3)))).step == 1
    with pytest.raises(ValueError, match=r"coef_ \(4,\) and intercept_ \(\), but came with \(3,\) and \(\)"):
        next(descent().training(X, Y, initial=(np.zeros(3), 0.0)))
    with pytest.raises(ValueError, match="b stays 0"):
        next(descent(fit_intercept=False).training(X, Y, initial=(np.zeros(4), 1.0)))


def test_a_watcher_may_stop_pulling_and_keeps_a_model_that_predicts_and_pickles():
    model = descent()
    for progress in model.training(X, Y):
        if progress.step == 3:
            break
    assert model.n_iter_ == 3
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), X @ model.coef_ + model.intercept_)
    assert again.score(X, Y) < LinearRegression().fit(X, Y).score(X, Y)


def test_what_a_watcher_kept_is_not_changed_by_later_steps():
    model = descent()
    steps = model.training(X, Y)
    next(steps)
    kept, copy = model.coef_, model.coef_.copy()
    next(steps)
    np.testing.assert_array_equal(kept, copy)


def test_momentum_keeps_a_share_of_the_last_step_worked_by_hand():
    # The first step is that from rest, Δ = (0.6, 0.4), to w = 0.6, b = 0.4, where the errors are −0.6, 0, −2.4:
    # ∂L/∂w = 2/3 (0·−0.6 + 1·0 + 2·−2.4) = −3.2, ∂L/∂b = 2/3 · −3 = −2;  Δ ← 0.5 Δ + 0.1 (3.2, 2) = (0.62, 0.4).
    model = descent(learning_rate=0.1, momentum=0.5)
    for _ in islice(model.training([[0.0], [1.0], [2.0]], [1.0, 1.0, 4.0]), 2):
        pass
    assert (model.coef_[0], model.intercept_) == pytest.approx((1.22, 0.8))


@pytest.mark.parametrize("y", [Y, TARGETS], ids=["one target", "three targets"])
def test_with_momentum_it_arrives_at_the_same_answer_in_fewer_steps(y):
    plain, heavy = descent(tol=1e-24, max_iter=5000).fit(X, y), descent(tol=1e-24, momentum=0.6).fit(X, y)
    np.testing.assert_allclose(heavy.coef_, LinearRegression().fit(X, y).coef_, rtol=1e-9, atol=1e-9)
    assert heavy.n_iter_ < plain.n_iter_ / 2


def test_a_ball_that_rolls_through_the_bottom_has_not_arrived():
    # On this round bowl the first step lands on the bottom: no gradient there, but the ball rolls on, up and back.
    x, y = np.array([[-1.0], [1.0]]), np.array([-1.0, 1.0])
    model = descent(momentum=0.9, tol=1e-3, max_iter=1000)
    path = [model.coef_[0] for _ in model.training(x, y)]
    assert max(path) > 1.5 and path[-1] == pytest.approx(1, abs=0.1)


def test_momentum_widens_the_limit_of_the_rate_to_two_times_one_plus_momentum():
    limit = 2 * 1.5 / np.linalg.eigvalsh(hessian(X))[-1]
    model = descent(learning_rate=0.99 * limit, momentum=0.5, max_iter=5000)
    assert model.fit(X, Y).learning_rate_limit_ == pytest.approx(limit)
    with pytest.raises(DivergenceError, match=rf"2 \(1 \+ momentum\)/λmax = {limit:.4g}"):
        descent(learning_rate=1.05 * limit, momentum=0.5).fit(X, Y)


@pytest.mark.parametrize("y", [Y, TARGETS], ids=["one target", "three targets"])
def test_the_loss_never_rises_below_twice_the_automatic_rate_and_always_rises_above(y):
    limit = 2 / np.linalg.eigvalsh(hessian(X))[-1]
    model = descent()
    rate = next(model.training(X, y)).metrics["learning_rate"]
    assert rate == pytest.approx(limit / 2) and model.learning_rate_limit_ == pytest.approx(limit)
    for factor in (0.1, 0.5, 0.99):
        losses = [progress.loss for progress in descent(learning_rate=factor * limit, max_iter=300).training(X, y)]
        assert (np.diff(losses) <= 1e-12 * losses[0]).all()
    losses = [p.loss for p in islice(descent(learning_rate=1.05 * limit, tol=0).training(X, y), 60)]
    assert (np.diff(losses)[-10:] > 0).all()


def test_diverging_stops_and_names_the_step_the_rate_and_the_limit():
    limit = 2 / np.linalg.eigvalsh(hessian(X))[-1]
    words = rf"diverged at step \d+, .*learning_rate={2 * limit}.* 2/λmax = {limit:.4g}"
    with pytest.raises(DivergenceError, match=words):
        descent(learning_rate=2 * limit).fit(X, Y)
    with pytest.raises(DivergenceError, match="diverged at step 1"):
        descent(learning_rate=1e300).fit(X, Y)


def test_running_out_of_steps_is_a_warning_and_arriving_is_none():
    with pytest.warns(ConvergenceWarning, match=r"max_iter=5.*normal_equation"):
        assert descent(max_iter=5).fit(X, Y).n_iter_ == 5
    assert descent().fit(X, Y).n_iter_ < 1000


def test_arriving_at_the_very_last_step_is_no_warning():
    steps = descent().fit(X, Y).n_iter_
    assert descent(max_iter=steps).fit(X, Y).n_iter_ == steps      # a warning would be an error here
    with pytest.warns(ConvergenceWarning, match="has not arrived"):
        descent(max_iter=steps - 1).fit(X, Y)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_arriving_does_not_depend_on_the_units_of_the_target(unit):
    assert descent().fit(X, unit * Y).n_iter_ == descent().fit(X, Y).n_iter_


def test_the_normal_equation_has_no_steps_to_watch():
    with pytest.raises(ValueError, match="no steps to watch"):
        next(LinearRegression().training(X, Y))
    assert LinearRegression().fit(X, Y).n_iter_ == 1


# ---- what may be asked

@pytest.mark.parametrize("parameters", [
    {"solver": "magic"}, {"learning_rate": 0}, {"learning_rate": "fast"}, {"learning_rate": np.inf},
    {"max_iter": 0}, {"max_iter": 2.5}, {"tol": -1}, {"tol": None},
    {"momentum": 1}, {"momentum": -0.1}, {"momentum": "some"}, {"fit_intercept": "no"}, {"engine": "steam"},
])
def test_a_parameter_that_means_nothing_is_refused_by_name(parameters):
    (name, value), = parameters.items()
    with pytest.raises(ValueError, match=rf"'{name}' parameter of LinearRegression must be .* Got {value!r} instead"):
        LinearRegression(**parameters).fit(X, Y)


REFUSED: list[tuple[dict[str, Any], Any, Any, Any]] = [
    ({"tol": -1}, X, Y, None), ({"engine": "steam"}, X, Y, None), ({}, X * np.nan, Y, None), ({}, X[:, 0], Y, None),
    ({}, X, Y[:-1], None), ({}, X, None, None), ({}, X, Y * np.inf, None), ({}, X[:, :2], Y, -WEIGHTS),
    ({}, X[:, :2], Y, WEIGHTS[:-1]),
]


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_refused_fit_leaves_the_model_as_it_was(solver):
    model = LinearRegression(solver=solver).fit(X, Y)
    before, predicted = dict(vars(model)), model.predict(X)
    for parameters, data, y, weight in REFUSED:
        model.set_params(**parameters)
        with pytest.raises(ValueError):
            model.fit(data, y, weight)
        model.set_params(**{name: before[name] for name in parameters})
        assert vars(model) == before
        np.testing.assert_array_equal(model.predict(X), predicted)


def test_a_start_that_is_refused_leaves_the_model_as_it_was():
    model = descent().fit(X, Y)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="shaped like coef_"):
        next(model.training(X[:, :2], Y, initial=(np.zeros(4), 0.0)))
    assert vars(model) == before


def test_a_target_of_another_shape_than_the_predictions_is_refused_and_a_column_beside_a_column_is_right():
    for function in (mean_squared_error, gradient):
        with pytest.raises(ValueError, match=r"X @ w \+ b has shape \(60,\), y \(60, 1\)\. Try y.ravel\(\)"):
            function(X, Y[:, None], np.ones(4), 0.0)
        with pytest.raises(ValueError, match=r"X @ w \+ b has shape \(60, 1\), y \(60,\)"):
            function(X, Y, np.ones((4, 1)), np.zeros(1))
    dw, db = gradient(X, Y, np.ones(4), 0.0)
    dw_of_column, db_of_column = gradient(X, Y[:, None], np.ones((4, 1)), np.zeros(1))
    np.testing.assert_allclose(dw_of_column[:, 0], dw)
    np.testing.assert_allclose(db_of_column, [db])


def test_predicting_before_fitting_says_so():
    with pytest.raises(NotFittedError, match="not fitted yet"):
        LinearRegression().predict(X)


# ---- what a step, a limit and a threshold are, to the last factor

def test_the_velocity_is_zero_at_the_start_wherever_the_descent_starts():
    # From w = 1, b = 2 the errors are (1, 2, 0): ∂L/∂w = 2/3 (0·1 + 1·2 + 2·0) = 4/3, ∂L/∂b = 2/3 · 3 = 2.
    model = descent(learning_rate=0.1, momentum=0.5)
    next(model.training([[0.0], [1.0], [2.0]], [1.0, 1.0, 4.0], initial=([1.0], 2.0)))
    assert (model.coef_[0], model.intercept_) == pytest.approx((1 - 0.4 / 3, 1.8))
    assert descend(1.0, 5.0, 2.0, 0.1) == pytest.approx((0.8, -0.2))            # without momentum v is forgotten


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_with_weights_the_limit_of_the_rate_and_the_loss_are_the_weighted_ones(fit_intercept):
    s = 1 + WEIGHTS
    model = descent(fit_intercept=fit_intercept)
    progress = next(model.training(X, Y, s))
    curvature = np.linalg.eigvalsh(hessian(X, s, fit_intercept))[-1]
    assert model.learning_rate_limit_ == pytest.approx(2 / curvature, rel=1e-12)
    assert progress.loss == pytest.approx(np.average((model.predict(X) - Y) ** 2, weights=s), rel=1e-12)
    assert hessian(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("s", [None, 1 + WEIGHTS])
def test_the_two_thresholds_are_those_of_the_docstring(s, fit_intercept):
    w, b = np.array([1.0, 0.0, 2.0, 0.0]), 3.0
    mean, power = np.average(Y, weights=s) if fit_intercept else 0.0, np.average(Y**2, weights=s)
    rounding = (8 * 2.0**-52) ** 2 * power
    largest = 1e6 * (np.average((X @ w + b - Y) ** 2, weights=s) + power)
    for tol in (0.0, 0.1):
        gain, loss = descent(tol=tol, fit_intercept=fit_intercept)._when_to_stop(X, Y, w, b, s)
        assert gain == pytest.approx(tol * np.average((Y - mean) ** 2, weights=s) + rounding, rel=1e-12, abs=0)
        assert loss == pytest.approx(largest, rel=1e-12)


def test_where_there_is_nothing_to_learn_the_first_step_arrives():
    model = descent(fit_intercept=False).fit(np.zeros((3, 1)), np.zeros(3))      # no gradient, no curvature
    assert model.n_iter_ == 1 and model.learning_rate_limit_ == 2


def test_a_first_step_that_diverges_is_told_in_words_under_any_setting_of_numpys_warnings():
    model = descent(learning_rate=1e308)
    with np.errstate(all="raise"), pytest.raises(DivergenceError, match="at step 1,"):
        model.fit([[0.0], [1.0], [2.0]], [100.0, 100.0, 400.0])
    assert model.n_iter_ == 0 and not model.coef_.any()
