"""Ridge regression: worked by hand, its gradient measured, scikit-learn's answers, what the penalty does."""

import pickle
import warnings
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pytest
import sklearn.linear_model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from ai_from_scratch.estimator import NotFittedError
from ai_from_scratch.gradient_check import numerical_gradient
from Linear_Regression_From_Scratch import LinearRegression, Ridge, shrinkage

SIZE_LIMIT = "Linear_Regression_From_Scratch.ridge.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")

RNG = np.random.default_rng(0)
X = RNG.normal([0, 1, -1, 2], size=(60, 4)) * [1, 2, 3, 4]
Y = X @ [1.0, -2.0, 0.5, 3.0] + 4 + RNG.normal(size=60)
TARGETS = np.column_stack([Y, 10 - X[:, 0], RNG.normal(size=60)])
WEIGHTS = RNG.integers(0, 4, size=60).astype(float)
WIDE = RNG.normal(size=(12, 30)) + 3
SOLVERS = ["cholesky", "svd"]


def agrees(ours, theirs, data, digits=1e-8):
    assert ours.coef_.shape == theirs.coef_.shape
    assert not ours.fit_intercept or np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=digits, atol=digits)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=digits, atol=digits * np.abs(theirs.coef_).max())
    np.testing.assert_allclose(ours.predict(data), theirs.predict(data), rtol=digits, atol=digits)


@pytest.mark.parametrize("solver", SOLVERS)
def test_three_points_worked_by_hand(solver):
    # x̄ = 1, ȳ = 2, Σ (x−x̄)² = 2, Σ (x−x̄)(y−ȳ) = 3;  w = 3 / (2 + α) = 1 for α = 1;  b = ȳ − w x̄ = 1
    model = Ridge(alpha=1.0, solver=solver).fit([[0.0], [1.0], [2.0]], [1.0, 1.0, 4.0])
    assert model.coef_ == pytest.approx([1.0])
    assert model.intercept_ == pytest.approx(1.0)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("s", [np.ones(60), WEIGHTS], ids=["unweighted", "weighted"])
def test_at_the_answer_the_penalised_loss_is_flat(solver, s):
    def loss(point):
        return (s * (X @ point[:4] + point[4] - Y) ** 2).sum() + 7 * (point[:4] ** 2).sum()

    model = Ridge(alpha=7.0, solver=solver).fit(X, Y, s)
    at_answer = np.append(model.coef_, model.intercept_)
    steepness = [np.abs(numerical_gradient(loss, point)).max() for point in (at_answer, np.zeros(5))]
    assert steepness[0] < 1e-6 * steepness[1]


# ---- the reference

@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("s", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("data", [X, WIDE, WIDE[:, :12]], ids=["tall", "wide", "square"])
def test_both_solvers_give_scikit_learns_answer(solver, fit_intercept, s, data):
    weights = WEIGHTS[:len(data)] if s else None
    several = TARGETS[:len(data)]
    for y, alpha in ((several[:, 0], 0.3), (several[:, :1], 2.0), (several, 1e3), (several, np.array([0.1, 10, 0.1]))):
        theirs = sklearn.linear_model.Ridge(alpha=alpha, fit_intercept=fit_intercept, solver="svd")
        ours = Ridge(alpha=alpha, fit_intercept=fit_intercept, solver=solver)
        agrees(ours.fit(data, y, weights), theirs.fit(data, y, weights), data)
        assert ours.n_iter_ == 1 and ours.solver_ == solver


def test_scikit_learns_own_checks_pass_whole():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Estimator Ridge does not inherit from")
        warnings.filterwarnings("ignore", message="fit keeps no sums of its rows")
        results = check_estimator(Ridge(), on_skip=None)
    # The array-API check wants a variable set before SciPy is loaded, and array libraries that nobody gave it.
    assert {result["check_name"] for result in results if result["status"] != "passed"} <= {"check_array_api_input"}


def test_it_works_in_a_pipeline_a_grid_search_cross_validation_and_joblib():
    prices = [1e-2, 1.0, 1e4]
    search = GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": prices}, cv=3).fit(X, Y)
    theirs = GridSearchCV(make_pipeline(StandardScaler(), sklearn.linear_model.Ridge()), {"ridge__alpha": prices}, cv=3)
    assert search.best_params_ == theirs.fit(X, Y).best_params_
    assert cross_val_score(Ridge(), X, Y, cv=3).min() > 0.8
    assert repr(clone(Ridge(0.5, solver="svd"))) == "Ridge(alpha=0.5, solver='svd')"
    fits = joblib.Parallel(n_jobs=2, prefer="threads")(joblib.delayed(Ridge(alpha).fit)(X, Y) for alpha in prices)
    lengths = [np.linalg.norm(model.coef_) for model in pickle.loads(pickle.dumps(fits))]
    assert lengths == sorted(lengths, reverse=True)


# ---- what the penalty does

@pytest.mark.parametrize("data", [X, WIDE, X[:, [0, 0, 1, 2, 2]]], ids=["tall", "wide", "duplicate columns"])
def test_for_nothing_it_is_least_squares_the_shortest_where_there_are_many(data):
    agrees(Ridge(alpha=0).fit(data, TARGETS[:len(data)]), LinearRegression().fit(data, TARGETS[:len(data)]), data)


def test_along_each_axis_of_the_data_it_keeps_the_share_that_shrinkage_names():
    _, length, axes = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    free, paid = axes @ LinearRegression().fit(X, Y).coef_, axes @ Ridge(alpha=50.0).fit(X, Y).coef_
    np.testing.assert_allclose(paid, shrinkage(length, np.array([50.0]))[:, 0] * free, rtol=1e-10)


def test_duplicate_columns_share_the_weight_evenly_and_need_no_singular_values():
    model = Ridge(alpha=1.0).fit(X[:, [0, 0, 1]], Y)
    assert model.coef_[0] == pytest.approx(model.coef_[1], rel=1e-12)
    assert model.solver_ == "cholesky"


def test_the_same_as_d_more_samples_that_ask_for_weights_of_zero():
    centred = X - X.mean(axis=0)
    longer = np.concatenate([centred, np.sqrt(3.0) * np.eye(4)])
    answer = np.linalg.lstsq(longer, np.concatenate([Y - Y.mean(), np.zeros(4)]))[0]
    np.testing.assert_allclose(Ridge(alpha=3.0).fit(X, Y).coef_, answer, rtol=1e-10)


def test_an_enormous_price_leaves_the_mean_and_a_tiny_one_on_twins_goes_to_singular_values():
    np.testing.assert_allclose(Ridge(alpha=1e15).fit(X, Y).predict(X), Y.mean(), rtol=1e-6)
    twins = np.column_stack([X, X[:, 0] + 1e-6 * RNG.normal(size=60)])
    model = Ridge(alpha=1e-8).fit(twins, Y)
    assert model.solver_ == "svd"
    agrees(model, sklearn.linear_model.Ridge(alpha=1e-8, solver="svd").fit(twins, Y), twins, digits=1e-6)


@pytest.mark.parametrize("alpha", [0, 1e-8])
def test_cholesky_on_columns_that_repeat_falls_back_to_svd_and_warns(alpha):
    twins = np.column_stack([X, X[:, 0]])
    with pytest.warns(RuntimeWarning, match="repeat each other .* took 'svd'. Raise alpha, or take solver='svd'"):
        model = Ridge(alpha=alpha, solver="cholesky").fit(twins, Y)
    assert model.solver_ == "svd"
    np.testing.assert_array_equal(model.coef_, Ridge(alpha=alpha, solver="svd").fit(twins, Y).coef_)


def test_scikit_learns_parameters_of_other_solvers_are_taken_and_change_nothing():
    model = Ridge().fit(X, Y)
    parameters: dict[str, Any] = {"tol": 0.5, "max_iter": 1, "copy_X": False}
    other = Ridge(**parameters).fit(X, Y)
    np.testing.assert_array_equal(other.coef_, model.coef_)
    assert clone(other).get_params() == Ridge().get_params() | parameters
    assert sklearn.linear_model.Ridge().get_params().items() <= Ridge().get_params().items()


def test_a_refused_fit_leaves_the_model_as_it_was():
    model = Ridge().fit(X, Y)
    before = dict(vars(model))
    for parameters, data, y, weight in (
        ({"alpha": -1}, X, Y, None), ({"alpha": [1, 2]}, X[:, :2], Y, None), ({"solver": "magic"}, X, Y, None),
        ({"engine": "steam"}, X, Y, None), ({}, X[:, :2], Y[:-1], None), ({}, X[:, :2], Y, -WEIGHTS),
        ({}, X, None, None), ({}, X * np.nan, Y, None),
    ):
        model.set_params(**parameters)
        with pytest.raises(ValueError):
            model.fit(data, y, weight)
        model.set_params(**{name: before[name] for name in parameters})
        assert vars(model) == before


# ---- traps

@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("data", [X, WIDE], ids=["tall", "wide"])
def test_a_column_offset_of_ten_million_changes_nothing(solver, data):
    y = Y[:len(data)]
    offset = 1e7 * np.arange(data.shape[1])
    exact = (data + offset) - offset                               # what the rounding of so large numbers left of it
    far, near = Ridge(solver=solver).fit(data + offset, y), Ridge(solver=solver).fit(exact, y)
    np.testing.assert_allclose(far.coef_, near.coef_, rtol=1e-8)


@pytest.mark.parametrize("solver", SOLVERS)
def test_constant_columns_get_nothing_and_all_constant_data_the_mean(solver):
    model = Ridge(solver=solver).fit(np.column_stack([X, np.full(60, -3e9)]), Y)
    assert model.coef_[4] == 0
    np.testing.assert_allclose(model.coef_[:4], Ridge().fit(X, Y).coef_, rtol=1e-12)
    flat = Ridge(solver=solver).fit(np.full((60, 2), 0.7), Y)
    assert flat.coef_.tolist() == [0, 0] and flat.intercept_ == pytest.approx(Y.mean())


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("data", [X, WIDE], ids=["tall", "wide"])
def test_float32_comes_in_and_float32_goes_out_with_its_six_digits(solver, data):
    y = Y[:len(data)]
    model = Ridge(solver=solver).fit(data.astype(np.float32), y)
    assert model.coef_.dtype == model.intercept_.dtype == model.predict(data.astype(np.float32)).dtype == np.float32
    exact = Ridge().fit(data, y).coef_
    np.testing.assert_allclose(model.coef_, exact, atol=2e-6 * np.abs(exact).max())


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_sample_of_weight_zero_is_left_out_even_where_its_squares_overflow(solver):
    wild = np.concatenate([X, np.full((1, 4), 1e200)])
    model = Ridge(solver=solver).fit(wild, np.append(Y, -1e200), np.append(np.ones(60), 0.0))
    np.testing.assert_allclose(model.coef_, Ridge(solver=solver).fit(X, Y).coef_, rtol=1e-9)


def test_the_input_is_left_alone():
    for data in (X, WIDE):
        kept, y, s = data.copy(), Y[:len(data)].copy(), np.ones(len(data))
        for solver in SOLVERS:
            Ridge(solver=solver).fit(data, y, s)
        np.testing.assert_array_equal(data, kept)
        np.testing.assert_array_equal(y, Y[:len(data)])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1), st.integers(2, 20), st.integers(1, 25))
def test_order_units_origin_and_repetition_change_what_they_should(seed, n, d):
    rng = np.random.default_rng(seed)
    data, y, s = rng.normal(size=(n, d)), rng.normal(size=n), rng.integers(1, 4, size=n)
    w = Ridge(alpha=0.5).fit(data, y, s).coef_
    rows, columns = rng.permutation(n), rng.permutation(d)
    for other, expected in (
        (Ridge(0.5).fit(data[rows][:, columns], y[rows], s[rows]), w[columns]),
        (Ridge(0.5).fit(np.repeat(data, s, axis=0), np.repeat(y, s)), w),
        (Ridge(0.5).fit(data + 3, 2 * y + 7, s), 2 * w),
        (Ridge(0.5 * 100).fit(10 * data, y, s), w / 10),
    ):
        np.testing.assert_allclose(other.coef_, expected, rtol=1e-7, atol=1e-9)


# ---- what may be asked

@pytest.mark.parametrize("alpha", [-1, np.nan, np.inf, "much", None, [1.0, -1.0, 1.0], True])
def test_a_price_that_means_nothing_is_refused(alpha):
    with pytest.raises(ValueError, match=r"'alpha' parameter of Ridge must be a float in the range \[0.0, inf\)"):
        Ridge(alpha=alpha).fit(X, TARGETS)


def test_other_refusals_are_in_scikit_learns_words():
    with pytest.raises(ValueError, match="Number of targets and number of penalties do not correspond: 2 != 3"):
        Ridge(alpha=[1, 2]).fit(X, TARGETS)
    with pytest.raises(ValueError, match=r"'solver' parameter of Ridge must be one of .* Got 'magic' instead"):
        Ridge(solver="magic").fit(X, Y)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        Ridge().predict(X)
