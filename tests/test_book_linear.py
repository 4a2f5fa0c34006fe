"""The pages of linear regression: each formula once more as it is written, and each number of a caption."""

import numpy as np
import pytest

from ai_from_scratch.gradient_check import numerical_gradient
from Linear_Regression_From_Scratch import (
    LinearRegression,
    Ridge,
    gradient,
    hessian,
    largest_curvature,
    mean_squared_error,
    normal_equation,
    shrinkage,
)
from Linear_Regression_From_Scratch.demo import bowls, diabetes, mistakes, projection
from Linear_Regression_From_Scratch.demo.demo import START, Demo, LineFrame, Settings
from Linear_Regression_From_Scratch.fast.dual import dual
from Linear_Regression_From_Scratch.fast.gram import gram
from Linear_Regression_From_Scratch.linear_regression import descend, errors
from Linear_Regression_From_Scratch.normal_equation import solve
from Linear_Regression_From_Scratch.ridge import penalised, penalised_svd

RNG = np.random.default_rng(0)
n, d = 12, 3
X, y, w, b = RNG.normal(size=(n, d)), RNG.normal(size=n), RNG.normal(size=d), 0.3
A, B = X - X.mean(axis=0), (y - y.mean())[:, None]
Z = np.column_stack([X, np.ones(n)])


# Each formula as it is written, in loops

def e_as_written():
    return [sum(X[i, j] * w[j] for j in range(d)) + b - y[i] for i in range(n)]


def loss_at(theta):
    return mean_squared_error(X, y, theta[:d], theta[d])


def test_errors_loss_and_gradient_are_the_formulas_and_finite_differences():
    e = e_as_written()
    np.testing.assert_allclose(errors(X, y, w, b), e)
    assert mean_squared_error(X, y, w, b) == pytest.approx(sum(e_i**2 for e_i in e) / n)
    dw, db = gradient(X, y, w, b)
    np.testing.assert_allclose(dw, [2 / n * sum(X[i, j] * e[i] for i in range(n)) for j in range(d)])
    assert db == pytest.approx(2 / n * sum(e))
    np.testing.assert_allclose([*dw, db], numerical_gradient(loss_at, np.append(w, b)), rtol=1e-6)


def test_the_hessian_is_the_formula_and_finite_differences_of_the_gradient():
    H = [[2 / n * sum(Z[i, j] * Z[i, k] for i in range(n)) for k in range(d + 1)] for j in range(d + 1)]
    np.testing.assert_allclose(hessian(X), H)
    for j in range(d + 1):
        measured = numerical_gradient(lambda t, j=j: np.append(*gradient(X, y, t[:d], t[d]))[j], np.append(w, b))
        np.testing.assert_allclose(hessian(X)[j], measured, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("columns", [1, 5, 6, 7, 40])
def test_the_largest_curvature_is_the_largest_eigenvalue_of_the_hessian_of_tall_and_wide_tables(columns, fit_intercept):
    rows, s = RNG.normal(1, 1, size=(6, columns)), RNG.uniform(0.5, 3, 6)
    for weight in (None, s):
        largest = np.linalg.eigvalsh(hessian(rows, weight, fit_intercept))[-1]
        assert largest_curvature(rows, weight, fit_intercept) == pytest.approx(largest, rel=1e-12)


def test_a_step_is_the_formula_and_its_rate_and_limit_are_those_of_the_largest_eigenvalue():
    v, g = RNG.normal(size=d), RNG.normal(size=d)
    new_w, new_v = descend(w, v, g, 0.1, 0.8)
    np.testing.assert_allclose(new_v, [0.8 * v[j] - 0.1 * g[j] for j in range(d)])
    np.testing.assert_allclose(new_w, [w[j] + new_v[j] for j in range(d)])
    largest = np.linalg.eigvalsh(hessian(X))[-1]
    model = LinearRegression("gradient_descent", momentum=0.8)
    first = next(iter(model.training(X, y)))
    assert first.metrics["learning_rate"] == pytest.approx(1 / largest)
    assert model.learning_rate_limit_ == pytest.approx(2 * (1 + 0.8) / largest)


@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_the_descent_stops_at_the_first_step_that_the_rule_names(momentum):
    largest, variance = np.linalg.eigvalsh(hessian(X))[-1], np.var(y)
    model = LinearRegression("gradient_descent", momentum=momentum, tol=1e-6)
    at, theta = [np.zeros(d + 1)], np.zeros(d + 1)
    for _ in model.training(X, y):
        theta = np.append(model.coef_, model.intercept_)
        at.append(theta)
    for step in range(1, len(at)):
        g = np.append(*gradient(X, y, at[step - 1][:d], at[step - 1][d]))
        v = at[step] - at[step - 1]
        stops = max((g**2).sum(), largest**2 * (momentum**2 * v**2).sum()) / (2 * largest) <= 1e-6 * variance
        assert stops == (step == len(at) - 1)


def test_each_direction_is_multiplied_by_its_factor_and_with_momentum_follows_the_recursion():
    curvature, axes = np.linalg.eigh(hessian(X))
    best = np.append(*normal_equation(X, y))
    for momentum in (0.0, 0.7):
        model = LinearRegression("gradient_descent", momentum=momentum, max_iter=8, tol=0)
        c = [axes.T @ -best]
        c += [axes.T @ (np.append(model.coef_, model.intercept_) - best) for _ in model.training(X, y)]
        factor = 1 - curvature / curvature[-1]
        np.testing.assert_allclose(c[1], factor * c[0], atol=1e-12)
        for k in range(1, 8):
            np.testing.assert_allclose(c[k + 1], (momentum + factor) * c[k] - momentum * c[k - 1], atol=1e-12)


def test_the_normal_equation_its_intercept_and_its_scaled_form_are_the_formulas():
    w_best, b_best = normal_equation(X, y)
    gram_matrix = [[sum(A[i, j] * A[i, k] for i in range(n)) for k in range(d)] for j in range(d)]
    right = [sum(A[i, j] * B[i, 0] for i in range(n)) for j in range(d)]
    np.testing.assert_allclose(gram_matrix @ w_best, right)
    assert b_best == pytest.approx(sum(y) / n - sum(X.mean(axis=0)[j] * w_best[j] for j in range(d)))
    solved = solve(np.array(gram_matrix), np.array(right)[:, None])
    assert solved is not None
    np.testing.assert_allclose(solved[:, 0], w_best)
    measured = numerical_gradient(loss_at, np.append(w_best, b_best))
    np.testing.assert_allclose(measured, 0, atol=1e-8)


def test_the_inflation_is_one_over_one_minus_the_score_of_predicting_a_column():
    length = np.sqrt((A**2).sum(axis=0))
    inverse = np.linalg.inv(A.T @ A / np.outer(length, length))
    for j in range(d):
        others = np.delete(X, j, axis=1)
        score = LinearRegression().fit(others, X[:, j]).score(others, X[:, j])
        assert inverse[j, j] == pytest.approx(1 / (1 - score))
    twins = np.column_stack([X[:, 0], X[:, 0] + 1e-4 * X[:, 1]])     # inflated a hundred-millionfold
    T = twins - twins.mean(axis=0)
    assert solve(T.T @ T, T.T @ B) is None


def test_the_shifted_sums_are_the_formula():
    m = X[0] + 0.1
    shifted = sum(np.outer(x - m, x - m) for x in X) - n * np.outer(X.mean(axis=0) - m, X.mean(axis=0) - m)
    expected = sum(np.outer(x - X.mean(axis=0), x - X.mean(axis=0)) for x in X)
    np.testing.assert_allclose(shifted, expected)
    np.testing.assert_allclose(gram(X, y[:, None], None).G, expected)


def test_the_dual_is_the_formula():
    wide = RNG.normal(size=(4, 9))
    targets, alpha = RNG.normal(size=(4, 1)), 0.5
    K = [[sum(wide[i, j] * wide[k, j] for j in range(9)) + alpha * (i == k) for k in range(4)] for i in range(4)]
    a = np.linalg.solve(K, targets)
    W = dual(wide, targets, None, alpha)
    assert W is not None
    np.testing.assert_allclose(W, wide.T @ a)


def test_ridge_its_singular_values_and_its_shares_are_the_formulas_and_the_gradient_is_0():
    alpha = 2.0
    ours = Ridge(alpha).fit(X, y)
    system = [[sum(A[i, j] * A[i, k] for i in range(n)) + alpha * (j == k) for k in range(d)] for j in range(d)]
    by_hand = np.linalg.solve(system, A.T @ B)[:, 0]
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    by_axes = sum(Vt[j] * sigma[j] / (sigma[j]**2 + alpha) * (U[:, j] @ B[:, 0]) for j in range(d))
    share = [s**2 / (s**2 + alpha) for s in sigma]
    one = penalised(A.T @ A, A.T @ B, np.array([alpha]))
    assert one is not None
    for w_ridge in (ours.coef_, one[:, 0], penalised_svd(A, B, np.array([alpha]), 1e-15)[:, 0], by_axes):
        np.testing.assert_allclose(w_ridge, by_hand)
    np.testing.assert_allclose(shrinkage(sigma, np.array([alpha]))[:, 0], share)
    np.testing.assert_allclose(Vt @ by_hand, share * (Vt @ normal_equation(X, y)[0]))

    def penalised_loss(t):
        return sum((X[i] @ t[:d] + t[d] - y[i])**2 for i in range(n)) + alpha * t[:d] @ t[:d]
    np.testing.assert_allclose(numerical_gradient(penalised_loss, np.append(ours.coef_, ours.intercept_)), 0, atol=1e-7)


def test_the_score_is_the_formula():
    model = LinearRegression().fit(X, y)
    predicted = model.predict(X)
    left = sum((y[i] - predicted[i])**2 for i in range(n))
    assert model.score(X, y) == pytest.approx(1 - left / sum((y[i] - y.mean())**2 for i in range(n)))


# What the pictures claim in numbers

def test_the_projection_has_the_numbers_of_the_page_and_a_right_angle():
    columns, fitted, residual = projection.plane_and_foot(projection.THREE_POINTS)
    np.testing.assert_allclose(fitted, [0.5, 2, 3.5])
    np.testing.assert_allclose(columns.T @ residual, 0, atol=1e-12)
    assert residual @ residual == pytest.approx(1.5)
    walk = projection.predictions_of_the_descent(projection.THREE_POINTS)
    after_one = walk[1] - projection.THREE_POINTS.y
    assert after_one @ after_one == pytest.approx(6.12)
    normal = np.cross(columns[:, 0], columns[:, 1])
    np.testing.assert_allclose(walk @ normal, 0, atol=1e-12)         # it stays in the plane
    assert np.linalg.norm(walk[-1] - fitted) < 0.1


@pytest.mark.slow
def test_the_fall_into_the_bowl_takes_long_enough_to_be_watched():
    demo = Demo(Settings())
    frames = [frame for frame in demo.train() if isinstance(frame, LineFrame)]
    assert frames[0].step == 0 and [frames[0].slope, frames[0].intercept] == START.tolist()
    half = next(i for i, frame in enumerate(frames) if frame.metrics["loss"] < frames[0].metrics["loss"] / 2)
    tenth = next(i for i, frame in enumerate(frames) if frame.metrics["loss"] < frames[0].metrics["loss"] / 10)
    assert half >= 3 and tenth >= 10 and len(frames) >= 60
    said = [demo.phase(frames[: i + 1]) for i in range(len(frames))]
    begun = [text.split(":")[0] for text in said]
    assert [text for i, text in enumerate(begun) if i == 0 or text != begun[i - 1]] == [
        "The start", "Down the wall", "Along the valley", "At the bottom"]
    assert max(map(len, said)) <= 130

    diabetes_, arrival = demo.diabetes, dict(zip(demo.diabetes.feature_names, demo.arrival.tolist(), strict=True))
    assert arrival.pop("s1") == 597 and arrival.pop("s2") == 470 and max(arrival.values()) == 95
    settled = [frame.step for frame in demo.seen
               if abs(frame.metrics["validation R²"] - demo.best.score(*diabetes_.validation)) > 0.005]
    assert max(settled) < 15


def test_the_residuals_of_the_extremes_have_the_means_of_the_page_and_a_parabola_does_not_mend_them():
    demo = Demo(Settings(quick=True))
    train, test = demo.diabetes.train, demo.diabetes.test
    predicted = demo.best.predict(test.X)
    low, middle, high = diabetes.groups(predicted, test.y - predicted)
    assert [(round(mean), count) for _, mean, _, count in (low, middle, high)] == [(24, 10), (3, 63), (-23, 15)]
    parabola = np.polyfit(demo.best.predict(train.X), train.y, 2)
    score = [1 - ((test.y - at) ** 2).sum() / ((test.y - test.y.mean()) ** 2).sum()
             for at in (predicted, np.polyval(parabola, predicted))]
    assert score == pytest.approx([0.331, 0.312], abs=5e-4)


def test_four_mistakes_two_diverge_one_rises_again_and_one_falls_but_stays_too_high():
    data = Demo(Settings(quick=True)).line
    right = mistakes.losses(mistakes.right, data)
    best = LinearRegression().fit(*data)
    assert right[-1] == pytest.approx(mean_squared_error(*data, best.coef_, best.intercept_), rel=1e-3)
    for step, line, finding in mistakes.MISTAKES:
        loss = mistakes.losses(step, data)
        if "too long" in finding or "overshoots" in finding:
            assert loss[-1] > 1e3 * loss[0], line
        else:
            assert len(loss) == mistakes.STEPS + 1 and loss[-1] == pytest.approx(loss[-2], rel=0.01), line
            assert right[-1] * 1.3 < loss[-1] < loss[0], line
    column, still = (mistakes.losses(step, data) for step, *_ in mistakes.MISTAKES[2:])
    lowest = column.argmin()
    assert 0 < lowest < 5 and (np.diff(column[lowest:]) > 0).all() and column[-1] > 2 * column[lowest]
    assert column[-1] == pytest.approx(np.var(data.y), rel=1e-3)      # it has learnt the mean
    assert (np.diff(still) < 1e-9).all()


def test_the_titles_of_the_condition_numbers_are_true():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 10, 200)
    found = [bowls.condition_number(column[:, None]) for column in (x, x - x.mean(), (x - x.mean()) / x.std())]
    assert found == pytest.approx([167, 9.08, 1], rel=2e-3)


@pytest.mark.slow
def test_the_flattest_direction_has_7_percent_left_without_momentum_and_nothing_with_it():
    data = Demo(Settings(quick=True)).diabetes.train
    for momentum, left in ((0.0, 0.07), (0.9, 0.0)):
        curvature, distance = bowls.distances(data, 2000, momentum)
        assert curvature[0] / curvature[-1] == pytest.approx(0.0013, abs=5e-5)
        assert distance[-1, 0] == pytest.approx(left, abs=0.005)
        assert (np.diff(distance, axis=0) <= 0).all()
