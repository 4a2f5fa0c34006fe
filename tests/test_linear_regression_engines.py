"""The fast twins of chapter 1 give the plain code's answers, and each parameter says which of both ran."""

import numpy as np
import pytest
import sklearn.linear_model
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from Linear_Regression_From_Scratch import LinearRegression, Ridge, normal_equation
from Linear_Regression_From_Scratch.fast import least_squares
from Linear_Regression_From_Scratch.fast.dual import substitute
from Linear_Regression_From_Scratch.normal_equation import solve
from Linear_Regression_From_Scratch.ridge import ridge

KINDS = ["plain", "far", "units", "twice", "constant", "climbing"]
tables = st.fixed_dictionaries({
    "seed": st.integers(0, 2**32 - 1), "n": st.integers(1, 700), "d": st.integers(1, 12), "t": st.integers(1, 3),
    "dtype": st.sampled_from([np.float64, np.float32]), "kinds": st.sets(st.sampled_from(KINDS)),
    "weights": st.sampled_from([None, "counts", "floats"]), "order": st.sampled_from("CF"),
})


def made(seed, n, d, t, dtype, kinds, weights, order):
    """X (n, d), Y (n, t), s (n,) or None: a table that has all of these traps at once."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    if "climbing" in kinds:
        X = np.sort(X, axis=0)
    if "units" in kinds:
        X *= 10.0 ** rng.integers(-3, 4, size=d)
    Y = X @ rng.normal(size=(d, t)) + 0.1 * rng.normal(size=(n, t))
    if "far" in kinds:
        X[:, 0] += 1e4 if dtype == np.float32 else 1e8
    if "twice" in kinds:
        X[:, -1] = X[:, 0]
    if "constant" in kinds:
        X[:, d // 2] = 0.7
    s = {None: None, "counts": rng.integers(0, 4, size=n), "floats": rng.exponential(size=n)}[weights]
    if s is not None:
        s[rng.integers(n)] = 1
        s = s.astype(dtype)
    return np.asarray(X, dtype, order=order), Y.astype(dtype), s


def same(fast, plain, X, Y, digits, twice=False):
    """Equal weights, each against the largest when all columns have standard deviation 1, and equal predictions.

    twice: the last column is the first once more.  Only the sum of their two weights is determined by the data; how
    they share it, by rounding.
    """
    (w, b), (w_plain, b_plain) = fast, plain
    unit = X.std(axis=0, dtype=np.float64)[:, None]                # (d, 1)
    effects = [unit * weights for weights in (w, w_plain)]         # (d, t) each
    if twice:
        effects = [np.vstack([effect[:1] + effect[-1:], effect[1:-1]]) for effect in effects]
    np.testing.assert_allclose(effects[0], effects[1], rtol=0, atol=digits * (np.abs(effects[1]).max() + 1e-12))
    rounding = 1e-14 * (np.abs(X.astype(float)) @ np.abs(w_plain)).max()
    np.testing.assert_allclose(X.astype(float) @ w + b, X.astype(float) @ w_plain + b_plain, rtol=0,
                               atol=digits * np.abs(Y).max() + rounding)


def has_twins(table) -> bool:
    return "twice" in table["kinds"] and table["d"] > 1


@settings(max_examples=150, deadline=None)
@given(tables, st.booleans())
def test_the_normal_equation_is_the_same_to_rounding_on_all_kinds_of_tables(table, fit_intercept):
    assume(fit_intercept or "far" not in table["kinds"])           # nothing centres it then, and no digits are left
    X, Y, s = made(**table)
    same(least_squares.normal_equation(X, Y, s, fit_intercept), normal_equation(X, Y, s, fit_intercept), X, Y, 1e-7,
         has_twins(table))


@settings(max_examples=150, deadline=None)
@given(tables, st.booleans(), st.sampled_from(["auto", "svd"]), st.sampled_from([0.0, 1e-3, 1.0, 1e4]))
def test_ridge_is_the_same_to_rounding_on_all_kinds_of_tables(table, fit_intercept, solver, alpha):
    X, Y, s = made(**table)
    assume(fit_intercept or "far" not in table["kinds"])
    assume(len(X) > X.shape[1] or alpha == 0 or alpha >= 1)        # on wide tables the dual goes further, see ridge
    alpha = alpha * np.arange(1, Y.shape[1] + 1)
    (*fast, _), (*plain, _) = (function(X, Y, alpha, s, fit_intercept, solver)
                               for function in (least_squares.ridge, ridge))
    same(fast, plain, X, Y, 1e-7, has_twins(table))


@pytest.mark.parametrize("weights", [None, "counts", "floats"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kinds", ["", "far climbing", "far twice", "constant units"])
def test_many_blocks_of_rows_are_the_same_as_all_at_once(weights, dtype, kinds):
    X, Y, s = made(0, 30_000, 12, 2, dtype, kinds.split(), weights, "C")     # three blocks
    (w, b), (w_plain, b_plain) = least_squares.normal_equation(X, Y, s), normal_equation(X, Y, s)
    np.testing.assert_allclose(w, w_plain, rtol=1e-8, atol=1e-10 * np.abs(w_plain).max())
    np.testing.assert_allclose(b, b_plain, rtol=1e-8, atol=1e-9)           # b is computed from w: no closer than w
    x_mean, y_mean = (np.average(A.astype(np.float64), axis=0, weights=s) for A in (X, Y))
    np.testing.assert_allclose(b, y_mean - x_mean @ w, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shape", [(40, 40), (40, 120), (150, 149), (150, 200)])
def test_wide_tables_through_the_dual_are_the_same_as_singular_values(shape):
    rng = np.random.default_rng(0)
    X, Y, s = rng.normal(size=shape) + 3, rng.normal(size=(shape[0], 2)), rng.integers(1, 4, shape[0]).astype(float)
    for weights in (None, s):
        same(least_squares.normal_equation(X, Y, weights), normal_equation(X, Y, weights), X, Y, 1e-8)
        for alpha in (np.array([1e-3, 10.0]), np.ones(2)):
            same(least_squares.ridge(X, Y, alpha, weights)[:2], ridge(X, Y, alpha, weights)[:2], X, Y, 1e-8)


def test_a_triangle_is_solved_in_blocks_from_above_and_from_below():
    rng = np.random.default_rng(0)
    for n in (1, 63, 64, 65, 200):
        L, B = np.tril(rng.normal(size=(n, n))) / np.sqrt(n) + 2 * np.eye(n), rng.normal(size=(n, 2))
        np.testing.assert_allclose(L @ substitute(L, B), B, atol=1e-10)
        np.testing.assert_allclose(L.T @ substitute(L, B, transposed=True), B, atol=1e-10)


@pytest.mark.parametrize("kind", [LinearRegression, Ridge])
def test_auto_is_plain_on_a_small_table_and_fast_on_a_large_one_and_a_word_decides(kind):
    rng = np.random.default_rng(0)
    small, large = rng.normal(size=(500, 10)), rng.normal(size=(20_000, 50))
    assert kind().fit(small, small[:, 0]).engine_ == "plain"
    assert kind().fit(large, large[:, 0]).engine_ == "fast"
    assert kind(engine="fast").fit(small, small[:, 0]).engine_ == "fast"
    assert kind(engine="plain").fit(large, large[:, 0]).engine_ == "plain"
    assert clone(kind(engine="fast")).get_params()["engine"] == "fast"
    assert list(kind().get_params(deep=False)) == sorted(kind().get_params()) and repr(kind()) == f"{kind.__name__}()"


def test_the_descent_has_no_twin():
    X = np.arange(12.0).reshape(6, 2) % 5
    assert LinearRegression(solver="gradient_descent", engine="fast", tol=1e-3).fit(X, X[:, 0]).engine_ == "plain"


@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_a_column_of_targets_has_scikit_learns_shapes(engine):
    X = np.random.default_rng(0).normal(size=(30, 3))
    for y in (X[:, 0], X[:, :1], X[:, :2]):
        for ours, theirs in ((Ridge(engine=engine), sklearn.linear_model.Ridge()),
                             (LinearRegression(engine=engine), sklearn.linear_model.LinearRegression())):
            ours.fit(X, y), theirs.fit(X, y)
            assert np.shape(ours.coef_) == np.shape(theirs.coef_)
            assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
            assert ours.predict(X).shape == theirs.predict(X).shape


def test_a_column_of_zeros_has_weight_zero_and_is_not_collinear():
    G = np.array([[0.0, 0.0], [0.0, 2.0]])
    w = solve(G, np.array([[0.0], [3.0]]))
    assert w is not None
    np.testing.assert_allclose(w, np.array([[0.0], [1.5]]), rtol=1e-15)


def test_the_size_of_a_ridge_regression_is_its_longer_side_times_its_features_squared(monkeypatch):
    X = np.random.default_rng(0).normal(size=(60, 4))
    for limit, engine in ((60 * 16, "plain"), (60 * 16 - 1, "fast")):
        monkeypatch.setattr("Linear_Regression_From_Scratch.ridge.LARGEST_PLAIN_SIZE", limit)
        assert Ridge().fit(X, X[:, 0]).engine_ == engine
