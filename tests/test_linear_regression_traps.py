"""Data on which a plain solution of the normal equation fails, and properties that hold on all data."""

from fractions import Fraction
from functools import partial
from operator import mul

import numpy as np
import pytest
import sklearn.linear_model
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from Linear_Regression_From_Scratch import LinearRegression

SIZE_LIMIT = "Linear_Regression_From_Scratch.linear_regression.LARGEST_PLAIN_SIZE"
pytestmark = pytest.mark.usefixtures("each_engine")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3))
Y = X @ [1.0, -2.0, 3.0] + 4 + RNG.normal(size=80)


def exactly(X, y):
    """The normal equation in fractions, without any rounding: Gauss elimination on [X 1]."""
    rows = [[*map(Fraction, x), Fraction(1), Fraction(t)] for x, t in zip(X.tolist(), y.tolist(), strict=True)]
    columns, d = [*zip(*rows, strict=True)], X.shape[1] + 1
    A = [[sum(map(mul, columns[i], column), Fraction(0)) for column in columns] for i in range(d)]
    for i in range(d):
        for k in range(d):
            if k != i:
                factor = A[k][i] / A[i][i]
                A[k] = [a - factor * b for a, b in zip(A[k], A[i], strict=True)]
    solution = [float(A[i][d] / A[i][i]) for i in range(d)]
    return np.array(solution[:-1]), solution[-1]


# ---- traps

def test_a_column_far_from_zero_keeps_its_digits():
    far = X + np.array([0, 1e7, 1e8])
    w, b = exactly(far, Y)
    model = LinearRegression().fit(far, Y)
    np.testing.assert_allclose(model.coef_, w, rtol=1e-8)
    assert model.intercept_ == pytest.approx(b, rel=1e-8)


def test_the_textbook_line_loses_them_all():
    far = np.column_stack([X + np.array([0, 1e7, 0]), np.ones(80)])
    textbook = np.linalg.solve(far.T @ far, far.T @ Y)[:3]
    assert np.abs(textbook - LinearRegression().fit(far[:, :3], Y).coef_).max() > 1e-3


def test_a_column_almost_equal_to_another_keeps_its_digits():
    twins = np.column_stack([X[:, :2], X[:, 0] + 1e-6 * X[:, 2]])
    w, _ = exactly(twins, Y)
    np.testing.assert_allclose(LinearRegression().fit(twins, Y).coef_, w, rtol=1e-8)


def test_columns_of_very_different_units_keep_their_digits():
    units = X * [1e-8, 1.0, 1e8]
    w, _ = exactly(units, Y)
    np.testing.assert_allclose(LinearRegression().fit(units, Y).coef_, w, rtol=1e-12)


@pytest.mark.parametrize("inflation", [1e2, 1e4, 1e6, 1e8])
def test_ten_digits_are_right_on_both_sides_of_the_switch_to_singular_values(inflation):
    near = np.column_stack([X, X[:, 0] + X[:, 1] + RNG.normal(size=80) / np.sqrt(inflation)])
    w, _ = exactly(near, Y)
    assert np.abs(LinearRegression().fit(near, Y).coef_ - w).max() < 1e-10 * np.abs(w).max() * np.sqrt(inflation)


def test_duplicate_columns_give_the_minimum_norm_solution():
    once = LinearRegression().fit(X, Y)
    twice = LinearRegression().fit(X[:, [0, 0, 1, 2, 2, 2]], Y)
    share = once.coef_[[0, 0, 1, 2, 2, 2]] / [2, 2, 1, 3, 3, 3]
    np.testing.assert_allclose(twice.coef_, share, rtol=1e-10)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("weighted", [False, True])
def test_columns_that_depend_on_each_other_far_from_zero_are_no_direction_of_their_own(seed, weighted):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 100, (2, 300)).astype(float)
    y, s = a - 2 * b + rng.normal(size=300), rng.integers(0, 4, size=300) if weighted else None
    near = np.column_stack([a, b, a + b])
    far = near + np.array([1e8, 1e8, 2e8])                         # exactly: these are integers
    np.testing.assert_allclose(LinearRegression().fit(far, y, s).coef_, LinearRegression().fit(near, y, s).coef_,
                               rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-300, -3e9])
def test_a_constant_column_has_nothing_to_say(value):
    model = LinearRegression().fit(np.column_stack([X, np.full(80, value)]), Y)
    assert model.coef_[3] == 0
    np.testing.assert_allclose(model.coef_[:3], LinearRegression().fit(X, Y).coef_, rtol=1e-12)


def test_a_column_that_differs_only_by_rounding_is_constant():
    wobble = np.where(np.arange(80) % 2, 0.1 + 0.2, 0.3)
    assert LinearRegression().fit(np.column_stack([X, wobble]), Y).coef_[3] == 0


def test_without_an_intercept_a_constant_column_takes_its_place():
    with_ones = np.column_stack([X, np.ones(80)])
    plain = LinearRegression(fit_intercept=False).fit(with_ones, Y)
    assert plain.intercept_ == 0
    assert plain.coef_[3] == pytest.approx(LinearRegression().fit(X, Y).intercept_)


@pytest.mark.parametrize("shape", [(5, 5), (5, 12), (1, 3), (2, 1)])
def test_more_features_than_samples_fit_exactly_with_scikit_learns_shortest_weights(shape):
    wide, y = RNG.normal(size=shape) + 3, RNG.normal(size=shape[0])
    ours, theirs = LinearRegression().fit(wide, y), sklearn.linear_model.LinearRegression().fit(wide, y)
    np.testing.assert_allclose(ours.predict(wide), y, atol=1e-12)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9, atol=1e-12)


def exactly_shortest(X, y):
    """w = Aᵀ a of A Aᵀ a = t in fractions: the exact answer for n < d, with t and A about their means."""
    n, X, y = len(X), [[*map(Fraction, x)] for x in X.tolist()], [*map(Fraction, y.tolist())]
    mean = [sum(column) / n for column in zip(*X, strict=True)]
    A = [[value - m for value, m in zip(row, mean, strict=True)] for row in X]
    K = [[sum(map(mul, p, q), Fraction(1)) for q in A] for p in A]                 # + 1: the ones are lost in A
    rows = [[*k, t - sum(y) / n] for k, t in zip(K, y, strict=True)]
    for i in range(n):
        for k in range(n):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    a = [rows[i][n] / rows[i][i] for i in range(n)]
    return np.array([float(sum(map(mul, a, column))) for column in zip(*A, strict=True)])


@pytest.mark.parametrize(("move", "scale"), [(0, 1), (1e7, 1), (0, np.logspace(-8, 8, 16))],
                         ids=["plain", "far from zero", "units of 16 orders of magnitude"])
def test_the_shortest_weights_are_right_to_their_digits_in_exact_arithmetic(move, scale):
    wide = RNG.normal(size=(8, 16)) * scale + move
    y = RNG.normal(size=8)
    w = exactly_shortest(wide, y)
    np.testing.assert_allclose(LinearRegression().fit(wide, y).coef_, w, atol=1e-8 * np.abs(w).max())


def test_almost_square_data_have_scikit_learns_answer_from_either_side():
    for shape in ((150, 149), (150, 150), (150, 151), (151, 150), (152, 150)):
        A, y = RNG.normal(size=shape) + 1, RNG.normal(size=(shape[0], 2))
        ours, theirs = LinearRegression().fit(A, y), sklearn.linear_model.LinearRegression().fit(A, y)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8 * np.abs(theirs.coef_).max())


def test_samples_that_repeat_each_other_are_met_halfway_where_they_disagree():
    wide = RNG.normal(size=(10, 20))
    wide[7] = wide[3]
    agreeing = RNG.normal(size=10)
    agreeing[7] = agreeing[3]
    disagreeing = agreeing + 2 * (np.arange(10) == 7)
    for y in (agreeing, disagreeing):
        ours, theirs = LinearRegression().fit(wide, y), sklearn.linear_model.LinearRegression().fit(wide, y)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9, atol=1e-12)
    assert ours.predict(wide)[7] == pytest.approx(agreeing[7] + 1)


@pytest.mark.parametrize("s", [None, RNG.integers(0, 4, size=3000).astype(float)], ids=["unweighted", "weighted"])
def test_a_tall_table_of_duplicates_is_turned_into_a_triangle_and_has_the_shortest_weights(s):
    tall, y = RNG.normal(size=(3000, 60)), RNG.normal(size=(3000, 2))
    tall[:, 7], tall[:, 8] = tall[:, 3], 3 * tall[:, 4] - tall[:, 5]
    ours, theirs = LinearRegression().fit(tall, y, s), sklearn.linear_model.LinearRegression().fit(tall, y, s)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9, atol=1e-13)


def test_sorted_rows_and_one_wild_row_spoil_no_guess_of_the_mean():
    climbing = np.sort(RNG.normal(size=(20_000, 3)), axis=0) * [1, 1e6, 1] + [0, 0, 1e7]
    climbing[11, 0] = 1e9
    y = RNG.normal(size=20_000)
    centred = climbing - climbing.mean(axis=0)
    w = np.linalg.lstsq(centred, y - y.mean())[0]
    np.testing.assert_allclose(LinearRegression().fit(climbing, y).coef_, w, rtol=1e-8)


def test_all_constant_data_predicts_the_mean():
    model = LinearRegression().fit(np.full((80, 2), 0.7), Y)
    assert model.coef_.tolist() == [0, 0]
    assert model.intercept_ == pytest.approx(Y.mean())


def test_a_constant_target_is_met_exactly_by_both_solvers():
    for solver in ("normal_equation", "gradient_descent"):
        model = LinearRegression(solver=solver, max_iter=5000).fit(X, np.full(80, 5.0))
        np.testing.assert_allclose(model.predict(X), 5, rtol=1e-12)


@pytest.mark.parametrize("solver", ["normal_equation", "gradient_descent"])
def test_float32_comes_in_and_float32_goes_out_with_its_six_digits(solver):
    exact = LinearRegression().fit(X, Y)
    model = LinearRegression(solver=solver, tol=1e-14, max_iter=5000).fit(X.astype(np.float32), Y)
    assert model.coef_.dtype == model.intercept_.dtype == model.predict(X.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(model.coef_, exact.coef_, rtol=1e-5)


def test_a_million_float32_rows_are_summed_in_float64():
    x = RNG.normal(size=(300_000, 1)).astype(np.float32) + np.float32(100)
    model = LinearRegression().fit(x, 2 * x[:, 0] + np.float32(1))
    assert model.coef_ == pytest.approx([2], abs=1e-5) and model.intercept_ == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("size", [1e9, 1e300])
@pytest.mark.parametrize("solver", ["normal_equation", "gradient_descent"])
def test_zero_weights_leave_samples_out_even_where_they_are_wild(solver, size):
    wild = np.concatenate([X, np.full((5, 3), size)])
    model = LinearRegression(solver=solver).fit(wild, np.concatenate([Y, np.full(5, -size)]), [1] * 80 + [0] * 5)
    np.testing.assert_allclose(model.coef_, LinearRegression(solver=solver).fit(X, Y).coef_, rtol=1e-9)


def test_the_input_is_left_alone():
    kept_X, kept_y, s = X.copy(), Y.copy(), np.ones(80)
    for solver in ("normal_equation", "gradient_descent"):
        LinearRegression(solver=solver).fit(X, Y, s)
    LinearRegression().fit(X[:2], Y[:2])
    np.testing.assert_array_equal(X, kept_X)
    np.testing.assert_array_equal(Y, kept_y)
    np.testing.assert_array_equal(s, np.ones(80))


def test_many_blocks_of_rows_add_up_to_one():
    tall = RNG.normal(size=(9000, 40))
    y = RNG.normal(size=9000)
    theirs = sklearn.linear_model.LinearRegression().fit(tall, y)
    np.testing.assert_allclose(LinearRegression().fit(tall, y).coef_, theirs.coef_, atol=1e-12)


# ---- properties

# The engine is the same for all examples of a test.
settings = partial(hypothesis_settings, suppress_health_check=[HealthCheck.function_scoped_fixture])

seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(st.integers(2, 30), st.integers(1, 8))


def some_data(seed, shape):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4, size=shape[1]) + rng.integers(-5, 6, size=shape[1])
    return rng, X, rng.normal(size=shape[0])


@settings(max_examples=60, deadline=None)
@given(seeds, shapes)
def test_the_residual_is_orthogonal_to_every_column_and_to_the_ones(seed, shape):
    _, X, y = some_data(seed, shape)
    residual = y - LinearRegression().fit(X, y).predict(X)
    slack = 1e-7 * np.linalg.norm(y)
    assert abs(residual.sum()) <= slack * np.sqrt(shape[0])
    assert (np.abs(X.T @ residual) <= slack * np.linalg.norm(X, axis=0)).all()


@settings(max_examples=60, deadline=None)
@given(seeds, shapes)
def test_order_units_and_origin_do_not_matter(seed, shape):
    rng, X, y = some_data(seed, shape)
    predicted = LinearRegression().fit(X, y).predict(X)
    rows, columns = rng.permutation(shape[0]), rng.permutation(shape[1])
    shuffled = LinearRegression().fit(X[rows][:, columns], y[rows])
    moved = LinearRegression().fit(X + 3.0, 2 * y + 7)
    np.testing.assert_allclose(shuffled.predict(X[:, columns]), predicted, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(moved.predict(X + 3.0), 2 * predicted + 7, rtol=1e-6, atol=1e-6)
    if shape[0] > shape[1] + 1:  # else the shortest weights are asked for, and length depends on the units
        unit = 10.0 ** rng.integers(-3, 4, size=shape[1])
        rescaled = LinearRegression().fit(X * unit, y)
        np.testing.assert_allclose(rescaled.predict(X * unit), predicted, rtol=1e-6, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(seeds, shapes)
def test_a_weight_of_three_is_the_sample_three_times(seed, shape):
    rng, X, y = some_data(seed, shape)
    s = rng.integers(1, 4, size=shape[0])
    weighted = LinearRegression().fit(X, y, s)
    repeated = LinearRegression().fit(np.repeat(X, s, axis=0), np.repeat(y, s))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6, atol=1e-6)
