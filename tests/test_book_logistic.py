"""The pages of logistic regression: each formula once more as it is written, and each number of a caption."""

from collections import deque
from typing import Any

import numpy as np
import pytest

from ai_from_scratch.gradient_check import numerical_gradient
from ai_from_scratch.stage.theme import new_figure
from Logistic_Regression_From_Scratch import (
    LogisticRegression,
    cross_entropy,
    gradient_descent,
    hessian,
    largest_curvature,
    lbfgs,
    log_one_plus_exp,
    log_softmax,
    loss_and_gradient,
    newton,
    sigmoid,
)
from Logistic_Regression_From_Scratch.class_weight import weigh_classes
from Logistic_Regression_From_Scratch.demo import cancer, mistakes
from Logistic_Regression_From_Scratch.demo.bowls import cross_entropy as cross_entropy_of_a_line
from Logistic_Regression_From_Scratch.demo.bowls import (
    descend_cross_entropy,
    descend_squared_error,
    objective,
    squared_error,
)
from Logistic_Regression_From_Scratch.demo.demo import START, Demo, MoonsFrame, Settings
from Logistic_Regression_From_Scratch.demo.separable import weights
from Logistic_Regression_From_Scratch.fast.blocked_loss import binary_block
from Logistic_Regression_From_Scratch.lbfgs import Memory, inverse_hessian_times
from Logistic_Regression_From_Scratch.line_search import C1, C2, ROUNDING, Point, line_search
from Logistic_Regression_From_Scratch.newton import flat_function

RNG = np.random.default_rng(0)
n, d, K = 14, 3, 4
X, s, C = RNG.normal(size=(n, d)), RNG.uniform(0.5, 2, n), 0.7
y2, y_many = RNG.integers(0, 2, n), np.arange(n) % K
S = s.sum()
X1 = np.column_stack([X, np.ones(n)])                               # the rows x̃


def exp(value):
    return float(np.exp(value))


# Each formula as it is written, in loops

def test_sigma_is_the_formula():
    z = np.array([-3.0, -0.2, 0.0, 1.5])
    np.testing.assert_allclose(sigmoid(z), [1 / (1 + exp(-value)) for value in z])


def test_loss_and_slope_of_two_classes_are_the_formulas_and_finite_differences():
    z = RNG.normal(size=n)
    losses, slopes = cross_entropy(z[None], y2)
    np.testing.assert_allclose(losses, [np.log(1 + exp(z[i])) - y2[i] * z[i] for i in range(n)])
    np.testing.assert_allclose(slopes[0], [1 / (1 + exp(-z[i])) - y2[i] for i in range(n)])
    np.testing.assert_allclose(slopes[0], numerical_gradient(lambda at: cross_entropy(at[None], y2)[0].sum(), z),
                               rtol=1e-6)


def test_softmax_its_loss_and_its_slopes_are_the_formulas_and_finite_differences():
    Z = RNG.normal(size=(K, n))
    p = np.array([[exp(Z[k, i]) / sum(exp(Z[j, i]) for j in range(K)) for i in range(n)] for k in range(K)])
    np.testing.assert_allclose(np.exp(log_softmax(Z)), p)
    losses, slopes = cross_entropy(Z, y_many)
    expected = [np.log(sum(exp(Z[j, i]) for j in range(K))) - Z[y_many[i], i] for i in range(n)]
    np.testing.assert_allclose(losses, expected)
    np.testing.assert_allclose(slopes, [[p[k, i] - (k == y_many[i]) for i in range(n)] for k in range(K)])
    measured = numerical_gradient(lambda at: cross_entropy(at, y_many)[0].sum(), Z)
    np.testing.assert_allclose(slopes, measured, rtol=1e-6, atol=1e-9)


def objective_as_written(w, b):
    total = 0.0
    for i in range(n):
        z = sum(w[j] * X[i, j] for j in range(d)) + b
        total += s[i] * (np.log(1 + exp(z)) - y2[i] * z)
    return total / S + sum(w[j]**2 for j in range(d)) / (2 * C * S)


def test_the_objective_and_its_gradient_are_the_formulas_and_finite_differences():
    w, b = RNG.normal(size=d), 0.4
    J, dW, db = loss_and_gradient(w[None], np.array([b]), X, y2, s, C, True)
    assert pytest.approx(objective_as_written(w, b)) == J
    error = [1 / (1 + exp(-(w @ X[i] + b))) - y2[i] for i in range(n)]
    dw = [sum(s[i] * error[i] * X[i, j] for i in range(n)) / S + w[j] / (C * S) for j in range(d)]
    np.testing.assert_allclose(dW[0], dw)
    assert db.item() == pytest.approx(sum(s[i] * error[i] for i in range(n)) / S)
    measured = numerical_gradient(lambda t: objective_as_written(t[:d], t[d]), np.append(w, b))
    np.testing.assert_allclose([*dw, db.item()], measured, rtol=1e-6)


def test_balanced_weights_are_the_formula_and_every_class_weighs_the_same():
    balanced = weigh_classes("balanced", np.arange(K), y_many, s)
    S_of = [sum(s[i] for i in range(n) if y_many[i] == k) for k in range(K)]
    np.testing.assert_allclose(balanced, [s[i] * S / (K * S_of[y_many[i]]) for i in range(n)])
    np.testing.assert_allclose(np.bincount(y_many, balanced), S / K)


def test_a_step_of_the_descent_is_the_formula():
    W, b = RNG.normal(size=(1, d)), np.array([0.2])

    def loss(W, b):
        return loss_and_gradient(W, b, X, y2, s, C, True)
    _, dW, db = loss(W, b)
    new_W, new_b, new_J, steepest = next(iter(gradient_descent(loss, W, b, learning_rate=0.3, tol=0, max_iter=1)))
    np.testing.assert_allclose(new_W[0], [W[0, j] - 0.3 * dW[0, j] for j in range(d)])
    assert new_b.item() == pytest.approx(0.2 - 0.3 * db.item())
    assert pytest.approx(objective_as_written(new_W[0], new_b.item())) == new_J
    _, dW, db = loss(new_W, new_b)
    assert steepest == pytest.approx(max(abs(dW).max(), abs(db).max()))


@pytest.mark.parametrize(("rows", "factor"), [(1, 0.25), (K, 0.5)])
def test_the_largest_curvature_is_the_formula(rows, factor):
    G = sum(s[i] * np.outer(X1[i], X1[i]) for i in range(n)) / S
    expected = factor * np.linalg.eigvalsh(G)[-1] + 1 / (C * S)
    assert largest_curvature(X, s, rows, C, True) == pytest.approx(expected)


def hessian_as_written(P, rows):
    H = np.zeros((rows, d + 1, rows, d + 1))
    for k in range(rows):
        for j in range(rows):
            for i in range(n):
                H[k, :, j] += s[i] / S * P[k, i] * ((k == j) - P[j, i]) * np.outer(X1[i], X1[i])
        for c in range(d):
            H[k, c, k, c] += 1 / (C * S)
    return H


@pytest.mark.parametrize(("rows", "labels"), [(1, y2), (K, y_many)])
def test_the_hessian_is_the_formula_and_finite_differences_of_the_gradient(rows, labels):
    theta = RNG.normal(size=rows * (d + 1))
    Z = theta.reshape(rows, d + 1) @ X1.T
    P = sigmoid(Z) if rows == 1 else np.exp(log_softmax(Z))
    H = hessian_as_written(P, rows)
    ours = hessian(theta, X, s, C, True)
    v = RNG.normal(size=(rows, d + 1))
    v = v - v.mean(axis=0) if rows > 1 else v                       # along these the code adds nothing
    np.testing.assert_allclose(ours @ v.ravel(), H.reshape(theta.size, -1) @ v.ravel())
    function = flat_function(lambda W, b: loss_and_gradient(W, b, X, labels, s, C, True), rows, np.zeros(d))
    measured = numerical_gradient(lambda at: function(at)[1] @ v.ravel(), theta)
    np.testing.assert_allclose(ours @ v.ravel(), measured, rtol=1e-6, atol=1e-9)


def test_the_intercept_comes_back_from_the_mean_by_the_formula():
    m = X.T @ s / S
    a_model = LogisticRegression(C=C, tol=1e-12).fit(X - m, y2, s)
    b_model = LogisticRegression(C=C, tol=1e-12).fit(X, y2, s)
    np.testing.assert_allclose(a_model.coef_, b_model.coef_, rtol=1e-6)
    a = a_model.intercept_.item()
    w = b_model.coef_[0]
    assert b_model.intercept_.item() == pytest.approx(a - sum(w[j] * m[j] for j in range(d)), rel=1e-6)
    scores = [sum(w[j] * (X[i, j] - m[j]) for j in range(d)) + a for i in range(n)]
    np.testing.assert_allclose(b_model.decision_function(X), scores, rtol=1e-6)


def objective_of_one_vector():
    function = flat_function(lambda W, b: loss_and_gradient(W, b, X, y2, s, C, True), 1, np.zeros(d))
    return function, lambda theta: hessian(theta, X, s, C, True)


def test_newtons_step_solves_its_equation():
    function, H = objective_of_one_vector()
    theta = np.array([0.1, -0.2, 0.3, 0.0])
    first = next(iter(newton(function, H, theta, tol=0, max_iter=1)))
    np.testing.assert_allclose(H(theta) @ (first.theta - theta), -function(theta)[1], atol=1e-12)


def test_a_line_search_ends_where_both_conditions_hold():
    function, _ = objective_of_one_vector()
    start = Point(np.full(d + 1, 2.0), *function(np.full(d + 1, 2.0)))
    for length in (0.01, 1.0, 300.0):
        p = -length * start.gradient
        end = line_search(function, start, p, ROUNDING)
        assert end is not None
        t = (end.theta - start.theta) @ p / (p @ p)
        assert end.loss <= start.loss + C1 * t * start.gradient @ p
        assert end.gradient @ p >= C2 * start.gradient @ p


def test_the_pairs_and_the_two_loops_of_lbfgs_are_the_formulas():
    function, _ = objective_of_one_vector()
    pairs: Memory = deque(maxlen=10)
    points = [np.zeros(d + 1)]
    points += [point.theta for point in lbfgs(function, points[0], lambda g: g, tol=1e-9, max_iter=6, pairs=pairs)]
    for (change, change_of_g, rho), before, after in zip(pairs, points[:-1], points[1:], strict=True):
        np.testing.assert_allclose(change, after - before)
        np.testing.assert_allclose(change_of_g, function(after)[1] - function(before)[1])
        assert rho == pytest.approx(1 / sum(change[k] * change_of_g[k] for k in range(d + 1)))
    _, last, rho = pairs[-1]
    B = np.eye(d + 1) / (rho * last @ last)
    for change, change_of_g, rho in pairs:
        V = np.eye(d + 1) - rho * np.outer(change_of_g, change)
        B = V.T @ B @ V + rho * np.outer(change, change)
        np.testing.assert_allclose(B @ change_of_g, change)
    g = RNG.normal(size=d + 1)
    np.testing.assert_allclose(inverse_hessian_times(g, pairs, lambda g: g.copy()), B @ g)


def test_the_blocks_loss_and_sigma_with_one_exponential_are_the_formulas():
    u = np.array([-40.0, -2.0, 0.0, 3.0, 50.0])
    losses = [max(u_i, 0) + np.log1p(exp(-abs(u_i))) for u_i in u]
    np.testing.assert_allclose(losses, log_one_plus_exp(u))
    shares = [exp(min(u_i, 0)) / (1 + exp(-abs(u_i))) for u_i in u]
    np.testing.assert_allclose(shares, sigmoid(u), rtol=1e-12)
    A, sign, weight = u[:, None], np.array([1, -1, 1, -1, 1.0]), np.array([0.5, 1, 2, 1, 0.3])
    z = sign * u                                                    # with w = 1 and b = 0 the block's own u is sign · A
    loss, slopes = binary_block(A, sign, weight * sign, np.ones((1, 1)), np.zeros(1), None)
    assert loss == pytest.approx(sum(weight[i] * np.logaddexp(0, z[i]) for i in range(5)))
    np.testing.assert_allclose(slopes[0], weight * sign * sigmoid(z), rtol=1e-12)


@pytest.mark.slow
def test_a_tenfold_number_of_steps_adds_log_ten_to_the_weight_of_two_separable_points():
    w = weights(np.inf, 10_000)
    gains = np.diff(w[[10, 100, 1000, 10_000]])
    np.testing.assert_allclose(gains, np.log(10), atol=0.03)
    assert weights(100.0, 3000)[-1] == pytest.approx(weights(100.0, 1500)[-1], abs=1e-3)


# What the pictures claim in numbers

def test_the_ball_is_on_the_bowl_of_the_very_loss_that_is_descended_and_falls_long_enough_to_be_watched():
    demo = Demo(Settings())
    frames = [frame for frame in demo.train() if isinstance(frame, MoonsFrame)]
    assert frames[0].step == 0 and frames[0].parameters[:2].tolist() == START.tolist()
    model = LogisticRegression(C=demo.C, fit_intercept=False, solver="gradient_descent", max_iter=5)
    for progress in model.training(*demo.moons):
        w1, w2 = model.coef_[0]
        assert objective(w1, w2, demo.moons, demo.C) == pytest.approx(progress.loss)
    assert all(frame.parameters[2] == 0 for frame in frames)
    loss = [frame.metrics["loss"] for frame in frames]
    middle = (loss[0] + loss[-1]) / 2
    assert len(frames) >= 60 and sum(value > middle for value in loss) >= 3
    np.testing.assert_allclose(frames[-1].parameters[:2], demo.best_w, rtol=0.05)
    said = [demo.phase(frames[: i + 1]) for i in range(len(frames))]
    heads = [text.split(":")[0] for text in said]
    begun = [head for i, head in enumerate(heads) if i == 0 or head != heads[i - 1]]
    assert begun[:3] == ["The start", "Down the wall of the bowl", "Along the valley of the bowl"]
    assert max(map(len, said)) <= 130


def test_the_cross_entropy_rolls_down_and_the_squared_error_stays_on_its_plateau():
    line = Demo(Settings(quick=True)).line
    x, y = line.X[:, 0], line.y
    down, stuck = descend_cross_entropy(line), descend_squared_error(x, y)
    assert [cross_entropy_of_a_line(w, b, x, y) for w, b in down[[0, -1]]] == pytest.approx([7.79, 0.24], abs=5e-3)
    assert [squared_error(w, b, x, y) for w, b in stuck[[0, -1]]] == pytest.approx([0.82, 0.59], abs=5e-3)


@pytest.mark.slow
def test_a_lower_threshold_misses_fewer_cancers_and_flags_more_benign_biopsies():
    demo = Demo(Settings())
    for _ in demo.train():
        pass
    y, p = demo.judged_by_others()
    assert len(y) == 569 and demo.threshold() == pytest.approx(0.14, abs=5e-3)
    at = [cancer.missed_and_alarms(y == 0, p, t) for t in (0.5, demo.threshold())]
    assert at == [(8, 2), (5, 29)]
    assert [9 * missed + alarms for missed, alarms in at] == [74, 74]

    figure: Any = new_figure((8, 7))
    next(picture for picture in demo.figures() if picture.file == "threshold.png").paint(figure)
    curve, reliability, *tables = figure.axes
    assert curve.get_title(loc="left").endswith("both thresholds cost 74")
    costs = [ax.get_title(loc="left").split("\n")[1] for ax in tables]
    assert costs == ["cost: 9 · 8 + 2 = 74", "cost: 9 · 5 + 29 = 74"]
    areas = [ax.get_position().height * ax.get_position().width for ax in (curve, *tables)]
    assert areas[0] > 4 * max(areas[1:])                 # the curve is the main panel
    line = next(line for line in curve.lines if line.get_linestyle() == "--")
    for missed, alarms in at:                            # both thresholds lie on the line of equal cost
        assert np.interp(alarms / 357, *line.get_data()) == pytest.approx(1 - missed / 212)

    assert reliability.get_title(loc="left") == ("36 biopsies between 0.2 and 0.8: up to\n"
                                                 "0.22 off; 5 of 5 bars reach the line")
    bars = [bar for drawn in reliability.collections for bar in drawn.get_segments()]
    said, share, count = cancer.calibration(y == 0, p)
    assert len(bars) == 5 and count[1:4].sum() == 36
    for (x, low), (_, high) in bars:
        number = np.abs(said - x).argmin()
        assert 0 <= low <= share[number] <= high <= 1 and low <= x <= high


def test_four_mistakes_are_late_never_there_too_high_and_overshooting():
    data = Demo(Settings(quick=True)).line
    right = mistakes.losses(mistakes.right, data)
    late, never, high, beyond = (mistakes.losses(slopes, data) for slopes, *_ in mistakes.MISTAKES)

    def arrived(loss):
        return int(np.argmax(loss < 1.1 * right[-1]))
    assert arrived(late) > 2 * arrived(right) > 0 and late[-1] == pytest.approx(right[-1], rel=0.01)
    assert never[-1] > 10 * right[-1] and never[-1] > never[-2]
    assert high[-1] > 1.25 * right[-1] and high[-1] == pytest.approx(high[-10], rel=1e-3)
    assert np.median(beyond[-20:]) > 4 * right[-1] and np.ptp(beyond[-20:]) > 20 * right[-1]
    rises = np.diff(beyond) > 0                             # one step of three: between them the loss falls
    assert (np.diff(rises.astype(int)) == 1).sum() > 5 and rises.mean() < 0.5
    assert mistakes.MISTAKES[3][2].endswith("again and again")
