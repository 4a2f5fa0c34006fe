"""What a fit chooses before its first step: solver, engine, step size, start and the first guess of the Hessian."""

from typing import Any

import numpy as np
import pytest

from ai_from_scratch.estimator import ConvergenceWarning, DivergenceError
from Logistic_Regression_From_Scratch import LogisticRegression, hessian, largest_curvature, logistic_regression
from Logistic_Regression_From_Scratch.checks import check_start
from Logistic_Regression_From_Scratch.class_weight import weigh_classes

RNG = np.random.default_rng(4)
X = RNG.normal([3, 0, -5], [1, 2, 0.5], size=(40, 3))
TWO, THREE = np.arange(40) % 2, np.arange(40) % 3
WEIGHTS = RNG.uniform(0.5, 2, size=40)
KINDS = pytest.mark.parametrize(("y", "R"), [(TWO, 1), (THREE, 3)], ids=["two classes", "three classes"])


def test_a_penalty_given_as_a_large_int_is_a_number_like_others():
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 3
    one, other = (LogisticRegression(C=C, solver="newton-cholesky").fit(X, y) for C in (10**30, 1e30))
    np.testing.assert_array_equal(one.coef_, other.coef_)


def solver_gets(monkeypatch, name, model, *data):
    """What `fit` hands to the solver of this name: its function, its start θ and the rest."""
    handed: dict[str, Any] = {}

    def solver(function, *rest, **named):                          # (guess or Hessian) and θ in either order
        theta, = (part for part in rest if isinstance(part, np.ndarray))
        other, = (part for part in rest if not isinstance(part, np.ndarray))
        handed.update(function=function, theta=theta, other=other, **named)
        return iter(())

    monkeypatch.setattr(logistic_regression, name, solver)
    model.fit(*data)
    return handed


@KINDS
def test_newton_is_taken_up_to_a_size_of_samples_times_all_parameters_squared(monkeypatch, y, R):
    size = 40 * (R * 4) ** 2                                       # three weights and an intercept a row
    for limit, solver in ((size, "newton-cholesky"), (size - 1, "lbfgs")):
        monkeypatch.setattr(logistic_regression, "LARGEST_NEWTON_SIZE", limit)
        assert LogisticRegression().fit(X, y).solver_ == solver


@KINDS
@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky"])
def test_the_engine_goes_by_the_multiplications_of_one_hessian_or_of_twenty_gradients(monkeypatch, solver, y, R):
    D = R * 4
    size = 40 * D**2 if solver == "newton-cholesky" else 20 * 40 * (D + 20 * R)      # one σ a score counts as 20
    for limit, engine in ((size, "plain"), (size - 1, "fast")):
        monkeypatch.setattr(logistic_regression, "LARGEST_PLAIN_SIZE", limit)
        assert LogisticRegression(solver=solver).fit(X, y).engine_ == engine


def test_with_a_strong_penalty_a_rate_below_the_limit_arrives_and_one_above_it_does_not():
    parts: dict[str, Any] = {"C": 1e-3, "fit_intercept": False, "solver": "gradient_descent", "tol": 1e-9}
    model = LogisticRegression(**parts).fit(X, TWO, WEIGHTS)
    limit = model.learning_rate_limit_
    below = LogisticRegression(**parts, learning_rate=0.98 * limit, max_iter=2000).fit(X, TWO, WEIGHTS)
    np.testing.assert_allclose(below.coef_, model.coef_, atol=1e-8)
    with pytest.warns(ConvergenceWarning, match=f"has not arrived.* below 2/λmax = {limit:.4g} every step descends"):
        above = LogisticRegression(**parts, learning_rate=1.03 * limit, max_iter=2000).fit(X, TWO, WEIGHTS)
    assert np.abs(above.coef_ - model.coef_).max() > 0.1           # it swings: beyond the middle σ is less steep
    with pytest.raises(DivergenceError, match=f"below 2/λmax = {limit:.4g}"):
        LogisticRegression(**parts, learning_rate=2 * limit, max_iter=2000).fit(X, TWO, WEIGHTS)


@KINDS
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_automatic_learning_rate_is_half_of_the_limit_and_the_limit_that_of_the_curvature(y, R, fit_intercept):
    parts: dict[str, Any] = {"C": 0.3, "fit_intercept": fit_intercept}
    model = LogisticRegression(solver="gradient_descent", tol=0.0, max_iter=1, **parts)
    next(model.training(X, y, WEIGHTS))
    curvature = largest_curvature(X, WEIGHTS, R, **parts)
    assert model.learning_rate_limit_ == pytest.approx(2 / curvature, rel=1e-12)
    by_hand = LogisticRegression(solver="gradient_descent", tol=0.0, max_iter=1, learning_rate=1 / curvature, **parts)
    next(by_hand.training(X, y, WEIGHTS))
    np.testing.assert_allclose(model.coef_, by_hand.coef_, rtol=1e-12)


@KINDS
@pytest.mark.parametrize("C", [0.3, np.inf])
def test_the_first_guess_of_lbfgs_is_the_curvature_at_zero_and_one_where_there_is_none(monkeypatch, y, R, C):
    data = np.column_stack([X, np.full(40, 7.0)])
    handed = solver_gets(monkeypatch, "lbfgs", LogisticRegression(solver="lbfgs", C=C), data, y, WEIGHTS)
    p, S = 1 / max(R, 2), WEIGHTS.sum()
    variance = np.average((data - np.average(data, axis=0, weights=WEIGHTS)) ** 2, axis=0, weights=WEIGHTS)
    one_row = np.append(variance, 1.0) * p * (1 - p) + 1 / (C * S)
    one_row[3] = 1 / (C * S) if C == 0.3 else 1.0                  # a constant column has the penalty's, or none
    np.testing.assert_allclose(handed["other"](np.ones(5 * R)), np.tile(1 / one_row, R), rtol=1e-12)
    if R == 1:                                                     # of K classes the Hessian has flat directions
        centred = data - np.average(data, axis=0, weights=WEIGHTS)
        H = hessian(np.zeros(5), centred, WEIGHTS, C, True)
        np.testing.assert_allclose(one_row[:3], H.diagonal()[:3], rtol=1e-12)


@KINDS
@pytest.mark.parametrize(("solver", "name"), [("lbfgs", "lbfgs"), ("newton-cholesky", "newton")])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_both_solvers_start_on_centred_features_where_they_were_told_to(monkeypatch, solver, name, fit_intercept, y, R):
    model = LogisticRegression(solver=solver, warm_start=True, fit_intercept=fit_intercept, tol=0.125, max_iter=7)
    model.fit(X, y, WEIGHTS)
    W, b = model.coef_, model.intercept_
    handed = solver_gets(monkeypatch, name, model, X, y, WEIGHTS)
    mean = np.average(X, axis=0, weights=WEIGHTS) if fit_intercept else np.zeros(3)
    np.testing.assert_allclose(handed["theta"].reshape(R, 4), np.column_stack([W, b + W @ mean]), rtol=1e-12)
    assert (handed["tol"], handed["max_iter"]) == (0.125, 7)
    value, _, _ = handed["function"](handed["theta"])
    loss, _, _ = logistic_regression.loss_and_gradient(W, b, X, y, WEIGHTS, 1.0, fit_intercept)
    assert value == pytest.approx(loss, rel=1e-12)


def test_a_constant_column_is_exactly_zero_once_its_first_value_is_taken_off(monkeypatch):
    wobbly = np.column_stack([X, np.full(40, 0.1)])                # the mean of forty 0.1 is another number than 0.1
    handed = solver_gets(monkeypatch, "newton", LogisticRegression(solver="newton-cholesky"), wobbly, TWO)
    assert not handed["other"].keywords["X"][:, 3].any()


def test_each_fitted_attribute_has_scikit_learns_type():
    for solver in ("lbfgs", "newton-cholesky", "gradient_descent"):
        model = LogisticRegression(solver=solver, max_iter=500, tol=0.05).fit(X.astype(np.float32), THREE)
        assert model.n_iter_.dtype == np.int32
        assert model.coef_.dtype == model.intercept_.dtype == np.float32
    assert largest_curvature(X.astype(np.float32), np.ones(40, np.float32), 1, 1.0, True) == pytest.approx(
        largest_curvature(X, np.ones(40), 1, 1.0, True), rel=1e-6)


def test_balanced_weights_whose_sum_is_beyond_float32_are_added_in_float64():
    s = np.full(4, 2e38, np.float32)
    np.testing.assert_allclose(weigh_classes("balanced", np.array([0, 1]), np.array([0, 0, 1, 1]), s), s, rtol=1e-6)


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky", "gradient_descent"])
def test_running_out_of_steps_is_told_once(solver):
    with pytest.warns(ConvergenceWarning) as told:
        LogisticRegression(solver=solver, max_iter=1, tol=1e-9).fit(X, TWO)
    assert len(told) == 1


def test_slopes_of_just_tol_are_no_warning_at_the_last_step():
    *_, last = LogisticRegression(solver="gradient_descent", tol=0.0, max_iter=3).training(X, TWO)
    model = LogisticRegression(solver="gradient_descent", tol=last.metrics["gradient"], max_iter=3)
    assert model.fit(X, TWO).n_iter_ == 3                          # a warning would be an error here


@pytest.mark.parametrize("parameters", [{"solver": "gradient_descent"}, {"solver": "lbfgs", "learning_rate": 1e9}])
def test_where_the_learning_rate_is_not_the_reason_more_steps_are_the_advice(parameters):
    with pytest.warns(ConvergenceWarning, match="Increase max_iter, or standardise"):
        LogisticRegression(max_iter=1, tol=1e-9, **parameters).fit(X, TWO)


def test_a_start_takes_the_type_of_the_data_and_is_copied():
    start = np.array([[1, 2, 3]]), np.array([4])
    model = LogisticRegression(solver="gradient_descent")
    next(model.training(X.astype(np.float32), TWO, initial=start))
    assert model.coef_.dtype == model.intercept_.dtype == np.float32
    W, b = check_start(start, np.zeros((1, 3), np.float32), np.zeros(1, np.float32), True)
    assert W.dtype == b.dtype == np.float32


def test_the_fast_engine_is_handed_what_the_plain_one_works_with(monkeypatch):
    handed: list[Any] = []

    def minimise(*given: Any, **named: Any) -> Any:
        handed.extend([given, named])
        return iter(())

    monkeypatch.setattr("Logistic_Regression_From_Scratch.fast.minimise.minimise", minimise)
    model = LogisticRegression(engine="fast", solver="lbfgs", C=0.3, fit_intercept=False, tol=0.125, max_iter=7)
    model.fit(X, THREE, WEIGHTS)
    (solver, *arrays), named = handed
    assert solver == "lbfgs" and named == {"C": 0.3, "fit_intercept": False, "tol": 0.125, "max_iter": 7}
    for array, expected in zip(arrays, (X, THREE, WEIGHTS, np.zeros((3, 3)), np.zeros(3)), strict=True):
        np.testing.assert_array_equal(array, expected)
