"""The solvers alone: the objective, the line search, L-BFGS and Newton on functions with a known minimum."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Logistic_Regression_From_Scratch import (
    LogisticRegression,
    hessian,
    largest_curvature,
    lbfgs,
    loss_and_gradient,
    newton,
)
from Logistic_Regression_From_Scratch.fast.blocked_loss import blocked_loss
from Logistic_Regression_From_Scratch.fast.centred_objective import CentredObjective
from Logistic_Regression_From_Scratch.fast.dense_objective import DenseObjective
from Logistic_Regression_From_Scratch.lbfgs import Memory, inverse_hessian_times
from Logistic_Regression_From_Scratch.line_search import Point, StopRule, line_search
from Logistic_Regression_From_Scratch.newton import flat_function

RNG = np.random.default_rng(1)
END: dict[str, Any] = {"tol": 1e-9, "max_iter": 300, "rounding": 1e-15}
X = RNG.normal([3, 0, -5], [1, 2, 0.5], size=(40, 3))
WEIGHTS = RNG.uniform(0.5, 2, size=40)


@pytest.fixture(autouse=True)
def the_same_numbers_in_any_order():
    global RNG
    RNG = np.random.default_rng(1)


def objective(R, C, fit_intercept, dtype=float, kind=CentredObjective):
    y = RNG.integers(0, max(R, 2), size=40)
    data, s = X.astype(dtype), WEIGHTS.astype(dtype)
    return kind(data, y, s, R, 1 / (C * s.sum()), fit_intercept)


def quadratic(H, bottom):
    """A function like a loss: its minimum is 1, so it is rounded to about 1e-16."""
    return lambda theta: (1 + float(0.5 * (theta - bottom) @ H @ (theta - bottom)), H @ (theta - bottom))


def spd(size, condition):
    """A symmetric matrix whose eigenvalues rise by the same factor, from 1 to `condition`."""
    Q, _ = np.linalg.qr(RNG.normal(size=(size, size)))
    return Q @ np.diag(np.geomspace(1, condition, size)) @ Q.T


def one_newton(function, theta, **end):
    return newton(function, lambda t: np.eye(3), theta, **end)


# ---- the bowl

@pytest.mark.parametrize(("R", "kind"), [(1, CentredObjective), (3, CentredObjective), (1, DenseObjective)])
@pytest.mark.parametrize(("C", "fit_intercept"), [(0.3, True), (np.inf, True), (0.3, False)])
class TestTheCentredBowl:
    def test_its_gradient_is_its_slope(self, R, kind, C, fit_intercept):
        J = objective(R, C, fit_intercept, kind=kind)
        theta = RNG.normal(size=R * (3 + fit_intercept))
        assert gradient_error(J(theta)[1], numerical_gradient(lambda t: J(t)[0], theta)) < 1e-8

    def test_its_hessian_is_the_slope_of_its_gradient_where_there_is_curvature(self, R, kind, C, fit_intercept):
        J = objective(R, C, fit_intercept, kind=kind)
        theta = 0.3 * RNG.normal(size=R * (3 + fit_intercept))
        measured = np.array([numerical_gradient(lambda t, i=i: J(t)[1][i], theta) for i in range(len(theta))])
        H, size = J.hessian(theta), len(J.penalty)
        np.testing.assert_allclose(H, H.T, atol=1e-14)
        assert np.linalg.eigvalsh(H)[0] > 0
        if R > 1:   # without what is added for the directions that shift all classes alike
            shift = np.kron(np.ones((R, R)) / R, np.diag((J.penalty == 0).astype(float)))
            np.testing.assert_allclose(measured @ shift, 0, atol=1e-8)
            H = H - shift @ H @ shift
        assert gradient_error(H, measured) < 1e-7
        for k, own in enumerate(J.own_blocks(theta)):
            np.testing.assert_allclose(own, measured[k * size:(k + 1) * size, k * size:(k + 1) * size], atol=1e-8)

    def test_it_is_the_same_bowl_in_other_coordinates(self, R, kind, C, fit_intercept):
        J = objective(R, C, fit_intercept, kind=kind)
        W, b = RNG.normal(size=(R, 3)), RNG.normal(size=R) * fit_intercept
        back_W, back_b = J.unflatten(J.flatten(W, b))
        np.testing.assert_allclose(back_W, W)
        np.testing.assert_allclose(back_b, b, atol=1e-12)
        value, gradient, steepest = J(J.flatten(W, b))
        plain, dW, db = loss_and_gradient(W, b, X, J.y, WEIGHTS, C, fit_intercept)
        assert value == pytest.approx(plain, rel=1e-12)
        assert steepest == pytest.approx(max(np.abs(dW).max(), np.abs(db).max(), np.abs(gradient).max()), rel=1e-9)


@pytest.mark.parametrize("R", [1, 3])
@pytest.mark.parametrize(("C", "fit_intercept"), [(0.3, True), (np.inf, True), (0.3, False)])
class TestThePlainBowl:
    """J of one vector θ, about a mean m, and its Hessian."""

    def parts(self, R, C, fit_intercept):
        y, m = RNG.integers(0, max(R, 2), size=40), np.array([3.0, 0.0, -5.0]) * fit_intercept
        rest = {"X": X - m, "s": WEIGHTS, "C": C, "fit_intercept": fit_intercept}
        loss = partial(loss_and_gradient, y=y, **rest)
        return loss, flat_function(loss, R, m), partial(hessian, **rest), m

    def test_its_gradient_is_its_slope_and_its_hessian_the_slope_of_that(self, R, C, fit_intercept):
        _, function, H, _ = self.parts(R, C, fit_intercept)
        moves = np.tile(np.append(np.ones(3), fit_intercept), R)   # without an intercept its place stays 0
        theta = 0.3 * RNG.normal(size=4 * R) * moves

        def moved(theta):
            return function(theta * moves)

        assert gradient_error(moved(theta)[1], numerical_gradient(lambda t: moved(t)[0], theta)) < 1e-8
        measured = np.array([numerical_gradient(lambda t, i=i: moved(t)[1][i], theta) for i in range(4 * R)])
        free = np.append(np.full(3, np.isinf(C)), fit_intercept).astype(float)
        shift = np.kron(np.ones((R, R)) / R, np.diag(free)) * (R > 1)        # the same for every class: flat
        np.testing.assert_allclose(measured @ shift, 0, atol=1e-8)
        found = H(theta)
        np.testing.assert_allclose(found, found.T, atol=1e-14)
        assert np.linalg.eigvalsh(found)[0] > (0 if fit_intercept else -1e-14)
        assert gradient_error(found - shift @ found @ shift, measured) < 1e-7

    def test_the_stop_looks_at_the_slopes_about_the_mean_and_at_the_users_origin(self, R, C, fit_intercept):
        loss, J, _, m = self.parts(R, C, fit_intercept)
        W, b = RNG.normal(size=(R, 3)), RNG.normal(size=R) * fit_intercept
        value, gradient, steepest = J(np.column_stack([W, b + W @ m]).ravel())
        plain, dW, db = loss(W, b, X=X)
        assert value == pytest.approx(plain, rel=1e-12)
        assert steepest == pytest.approx(max(np.abs(dW).max(), np.abs(db).max(), np.abs(gradient).max()), rel=1e-9)


@pytest.mark.parametrize("K", [2, 3, 5])
def test_the_bound_on_the_curvature_holds_everywhere_and_is_met_where_two_classes_are_even(K):
    # Two even classes: p (1 − p) = ¼.  Of K classes two even ones and the others impossible: ½, along w₁ = −w₂.
    column, s, R = np.array([[2.0], [-2.0]]), np.ones(2), 1 if K == 2 else K
    b = np.array([0.0]) if K == 2 else np.where(np.arange(K) < 2, 0.0, -1e3)
    top = np.linalg.eigvalsh(hessian(np.column_stack([np.zeros(R), b]).ravel(), column, s, 1e12, True))[-1]
    assert top == pytest.approx((0.25 if K == 2 else 0.5) * 4.0, rel=1e-9)
    assert largest_curvature(column, s, R, 1e12, True) == pytest.approx(top, rel=1e-9)
    for _ in range(20):
        theta = 3 * RNG.normal(size=4 * R)
        H = hessian(theta, X, WEIGHTS, 0.7, True)
        shift = np.kron(np.ones((R, R)) / R, np.diag([0.0, 0.0, 0.0, 1.0])) * (K > 2)
        assert np.linalg.eigvalsh(H - shift @ H @ shift)[-1] <= largest_curvature(X, WEIGHTS, R, 0.7, True)


@pytest.mark.parametrize("C", [0.01, 10.0])
def test_the_bound_on_the_curvature_has_the_penalty_once_and_is_met_at_zero(C):
    top = np.linalg.eigvalsh(hessian(np.zeros(4), X, WEIGHTS, C, False))[-1]       # every p is ½ there
    assert largest_curvature(X, WEIGHTS, 1, C, False) == pytest.approx(top, rel=1e-12)


@pytest.mark.parametrize("R", [1, 4])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("size", [1.0, 30.0])
def test_block_by_block_gives_the_plain_loss_and_gradient(R, weighted, size):
    data = RNG.normal(size=(700, 300))                             # 436 rows a block: one whole and one not
    y, s = RNG.integers(0, max(R, 2), 700), RNG.uniform(0, 2, 700) if weighted else np.full(700, 3.0)
    W, b = size / 17 * RNG.normal(size=(R, 300)), RNG.normal(size=R)
    J, dW, db = blocked_loss(data, y, s, R)(W, b)
    plain, plain_dW, plain_db = loss_and_gradient(W, b, data, y, s, np.inf, True)
    assert pytest.approx(plain * s.sum(), rel=1e-13) == J
    np.testing.assert_allclose(dW, plain_dW * s.sum(), atol=1e-10)
    np.testing.assert_allclose(db, plain_db * s.sum(), atol=1e-10)


def test_block_by_block_the_small_price_of_right_answers_keeps_its_digits():
    J, dW, _ = blocked_loss(np.full((64, 1), 50.0), np.ones(64, int), np.ones(64), 1)(np.ones((1, 1)), np.zeros(1))
    assert pytest.approx(64 * np.exp(-50), rel=1e-12, abs=0) == J
    assert dW.item() == pytest.approx(-64 * 50 * np.exp(-50), rel=1e-12, abs=0)


def test_a_column_that_is_constant_only_on_the_rows_that_were_looked_at_is_not_taken_for_constant():
    data = RNG.normal(size=(5000, 2))
    data[:, 1] = 0.0
    data[3::7, 1] = 1.0
    data[::4, 1] = 0.0                                             # every fourth row is looked at
    J = CentredObjective(data, RNG.integers(0, 2, 5000), np.ones(5000), 1, 0.0, True)
    assert not J.constant.any()
    data[:, 1] = 0.0
    assert CentredObjective(data, J.y, np.ones(5000), 1, 0.0, True).constant.tolist() == [False, True]


def test_centring_saves_steps_on_features_far_from_zero():
    far, y = X + 30, (X[:, 0] > 3).astype(int)
    steps = int(LogisticRegression(C=1.0, tol=1e-8).fit(far, y).n_iter_[0])
    loss = partial(loss_and_gradient, X=far, y=y, s=np.ones(40), C=1.0, fit_intercept=True)

    def not_centred(theta):
        J, dW, db = loss(theta[None, :3], theta[3:])
        return J, np.append(dW, db)

    plain = len(list(lbfgs(not_centred, np.zeros(4), np.copy, **END)))
    assert steps < plain / 2


# ---- the line search

def test_a_full_step_to_the_bottom_of_a_parabola_is_taken_at_once():
    bowl = quadratic(np.eye(2), np.zeros(2))
    start = Point(np.array([3.0, 4.0]), *bowl(np.array([3.0, 4.0])))
    asked = []

    def counted(theta):
        asked.append(theta)
        return bowl(theta)

    found = line_search(counted, start, -start.theta, 1e-15)
    assert found is not None
    np.testing.assert_array_equal(found.theta, [0, 0])
    assert len(asked) == 1


@pytest.mark.parametrize("length", [1e-8, 1e-3, 1.9, 1e3, 1e12])
def test_a_direction_of_any_length_ends_lower_and_on_a_gentler_slope(length):
    bowl = quadratic(spd(3, 10), np.ones(3))
    start = Point(np.zeros(3), *bowl(np.zeros(3)))
    p = -length * start.gradient
    found = line_search(bowl, start, p, 1e-15)
    assert found is not None
    assert found.loss < start.loss
    assert found.gradient @ p >= 0.9 * (start.gradient @ p)


def test_where_rounding_hides_the_height_the_slope_decides():
    def bowl(theta):                                               # the height is off by a unit in its last place
        return 1 + 2.3e-16 * (theta[0] != 1e-9), theta.copy()

    start = Point(np.array([1e-9]), *bowl(np.array([1e-9])))
    found = line_search(bowl, start, -start.theta, 1e-15)
    assert found is not None and found.theta == 0
    too_long = line_search(bowl, start, -3 * start.theta, 1e-15)   # at t = 1 the slope is twice as steep, upwards
    assert too_long is not None and abs(too_long.theta[0]) < 1e-9
    assert line_search(bowl, start, -start.theta, 1e-17) is None   # a height that is known more exactly does count


@pytest.mark.parametrize(("end", "taken"), [(0.9997, 0.0), (0.9999, 0.5), (1.0001, 0.5)])
def test_where_rounding_hides_the_height_the_slope_at_the_end_is_at_most_that_at_the_start(end, taken):
    def flat(theta):                                               # slopes from −1 at θ = 1 to `end` at θ = 0
        return 1.0, (1 + end) * theta - end

    found = line_search(flat, Point(np.ones(1), *flat(np.ones(1))), -np.ones(1), 1e-15)
    assert found is not None and found.theta[0] == pytest.approx(taken, abs=1e-3)


def test_a_direction_that_climbs_is_refused():
    bowl = quadratic(np.eye(2), np.zeros(2))
    start = Point(np.ones(2), *bowl(np.ones(2)))
    assert line_search(bowl, start, start.gradient, 1e-15) is None
    assert line_search(bowl, start, 0 * start.gradient, 1e-15) is None


def test_a_step_into_overflow_is_taken_back():
    def cliff(theta):   # infinitely high beyond 1
        return (np.inf, np.full(1, np.nan)) if theta[0] > 1 else (float(-theta[0]), np.array([-1.0]))

    start = Point(np.zeros(1), *cliff(np.zeros(1)))
    assert line_search(cliff, start, np.array([1e6]), 1e-15) is None     # a slope that never ends has no Wolfe point

    def valley(theta):
        return (np.inf, np.full(1, np.nan)) if theta[0] > 1 else (float((theta[0] - 0.5) ** 2), 2 * theta - 1)

    start = Point(np.zeros(1), *valley(np.zeros(1)))
    found = line_search(valley, start, np.array([1e6]), 1e-15)
    assert found is not None
    assert 0 < found.theta[0] < 1


# ---- L-BFGS

def test_with_as_many_pairs_as_dimensions_the_two_loops_invert_the_hessian():
    # Steps along conjugate directions (s_i H s_j = 0) tell everything about H; a sum of s sᵀ / sᵀHs is its inverse.
    H = spd(6, 100)
    _, directions = np.linalg.eigh(H)
    pairs = Memory(maxlen=10)
    for s in directions.T:
        pairs.append((s, H @ s, 1 / (s @ H @ s)))
    g = RNG.normal(size=6)
    np.testing.assert_allclose(inverse_hessian_times(g, pairs, np.copy), np.linalg.solve(H, g), rtol=1e-9)


def test_the_newest_pair_is_satisfied_exactly():
    H, pairs = spd(20, 1000), Memory(maxlen=3)
    for s in RNG.normal(size=(5, 20)):
        pairs.append((s, H @ s, 1 / (s @ H @ s)))
    s, y, _ = pairs[-1]
    curvature = RNG.uniform(1, 9, 20)
    np.testing.assert_allclose(inverse_hessian_times(y, pairs, lambda q: q / curvature), s, rtol=1e-10)


@pytest.mark.parametrize("condition", [1, 1e2, 1e3])
def test_lbfgs_finds_the_bottom_of_a_quadratic(condition):
    H, bottom = spd(12, condition), RNG.normal(size=12)
    *_, last = lbfgs(quadratic(H, bottom), np.zeros(12), np.copy, **END)
    assert last.steepest <= 1e-9
    np.testing.assert_allclose(last.theta, bottom, atol=1e-8)


def test_lbfgs_finds_the_end_of_rosenbrocks_valley():
    def rosenbrock(t):
        a, b = t
        off = b - a * a
        return (1 - a) ** 2 + 100 * off**2, np.array([-2 * (1 - a) - 400 * a * off, 200 * off])

    *_, last = lbfgs(rosenbrock, np.array([-1.2, 1.0]), np.copy, **END)
    np.testing.assert_allclose(last.theta, [1, 1], atol=1e-8)


def test_knowing_the_curvatures_makes_very_different_units_harmless():
    h = np.array([1e-8, 1.0, 1e8])
    (only,) = lbfgs(quadratic(np.diag(h), np.ones(3)), np.zeros(3), lambda g: g / h, **{**END, "tol": 1e-12})
    np.testing.assert_allclose(only.theta, np.ones(3))


@pytest.mark.parametrize("solver", [partial(lbfgs, guess=np.copy), one_newton])
def test_a_solver_at_the_bottom_takes_no_step_and_ends_when_rounding_hides_the_way(solver):
    bowl = quadratic(np.eye(3), np.ones(3))
    assert list(solver(bowl, np.ones(3), **END)) == []
    assert len(list(solver(bowl, np.zeros(3), **{**END, "tol": 0.0}))) < 5


# ---- Newton

def test_newton_is_at_the_bottom_of_a_quadratic_in_one_step():
    H, bottom = spd(5, 1e4), RNG.normal(size=5)
    (only,) = newton(quadratic(H, bottom), lambda t: H, np.zeros(5), **END)
    np.testing.assert_allclose(only.theta, bottom, rtol=1e-9)


def test_beside_columns_that_repeat_each_other_a_direction_of_little_curvature_is_still_walked():
    nearly = 1 - 1e-8                                              # the curvature along (1, −1) is 1e-8
    H = np.kron(np.eye(2), np.ones((2, 2)))
    H[2, 3] = H[3, 2] = nearly
    (only,) = newton(quadratic(H, np.array([1.0, 1.0, 2.0, -2.0])), lambda t: H, np.zeros(4), **END)
    np.testing.assert_allclose(only.theta, [1, 1, 2, -2], rtol=1e-6)


def test_with_flat_directions_the_step_is_the_shortest():
    column = RNG.normal(size=(10, 1))
    H = np.hstack([column, column]).T @ np.hstack([column, column])
    (only,) = newton(quadratic(H, np.array([3.0, 0.0])), lambda t: H, np.zeros(2), **END)
    assert only.theta == pytest.approx([1.5, 1.5])                 # of all with the sum 3


def test_where_there_is_no_curvature_no_step_is_taken():
    (only,) = newton(quadratic(np.diag([2.0, 0.0]), np.ones(2)), lambda t: np.diag([2.0, 0.0]), np.zeros(2), **END)
    assert only.theta[0] == pytest.approx(1.0) and only.theta[1] == 0


def test_from_a_warm_start_where_bare_newton_diverges_the_line_search_converges():
    x, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 1, 0, 1])
    w, went = 2.0, []
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for _ in range(6):     # bare Newton on C Σ ℓ + w²/2
            p = 1 / (1 + np.exp(-w * x[:, 0]))
            w -= (1e3 * (p - y) @ x[:, 0] + w) / (1e3 * (p * (1 - p)) @ x[:, 0] ** 2 + 1)
            went.append(abs(w))
    assert max(went) > 100, "the trap is no trap"

    answer = LogisticRegression(C=1e3, tol=1e-12, fit_intercept=False).fit(x, y).coef_.item()
    for fit_intercept in (True, False):
        model = LogisticRegression(C=1e3, tol=1e-10, solver="newton-cholesky", warm_start=True)
        model.set_params(fit_intercept=fit_intercept)
        model.coef_, model.intercept_ = np.array([[2.0]]), np.array([0.0])
        losses = [progress.loss for progress in model.training(x, y)]
        assert (np.diff(losses) <= 0).all()
        assert len(losses) < 15
        assert model.coef_.item() == pytest.approx(answer, rel=1e-8)


@pytest.mark.parametrize("R", [1, 3])
def test_newton_in_float32_descends_to_what_float32_can_tell(R):
    J = objective(R, 1.0, True, np.float32)
    points = list(newton(J, J.hessian, np.zeros(R * 4), tol=1e-5, max_iter=20, rounding=1e-6))
    assert points[-1].steepest <= 1e-5
    assert points[-1].theta.dtype == np.float64


def along_a_line(table):
    """A function of t with the values and the slopes of the table, and the list of the t that were tried."""
    tried = []

    def function(theta):
        tried.append(float(theta[0]))
        J, slope = table[tried[-1]]
        return J, np.array([slope])

    return function, tried


def test_after_a_step_that_was_too_long_and_one_that_was_too_short_the_middle_is_tried():
    function, tried = along_a_line({1.0: (2.0, -1.0), 0.5: (0.5, -1.0), 0.75: (0.2, 0.0)})
    found = line_search(function, Point(np.zeros(1), 1.0, np.array([-1.0])), np.ones(1), 1e-15)
    assert found is not None and tried == [1.0, 0.5, 0.75]


def test_within_the_rounding_of_j_a_step_that_ends_as_steep_as_it_began_is_too_long():
    function, tried = along_a_line({1.0: (1.0, 1.0), 0.5: (0.75, 0.0)})
    found = line_search(function, Point(np.zeros(1), 1.0, np.array([-1.0])), np.ones(1), 1e-15)
    assert found is not None and tried == [1.0, 0.5]


@pytest.mark.parametrize(("loss", "accepted"), [(1 - 1.9e-4, False), (1 - 2.1e-4, True)])
def test_a_step_twice_as_long_has_to_descend_twice_as_far(loss, accepted):
    function, tried = along_a_line({1.0: (0.5, -1.0), 2.0: (loss, 1.5), 1.4: (0.4, 0.0)})
    found = line_search(function, Point(np.zeros(1), 1.0, np.array([-1.0])), np.ones(1), 1e-15)
    assert found is not None and tried == ([1.0, 2.0] if accepted else [1.0, 2.0, 1.4])


def test_a_search_ends_where_the_largest_slope_is_just_tol():
    start, end = Point(np.zeros(1), 1.0, np.ones(1)), Point(np.ones(1), 0.5, np.full(1, 0.25))
    assert not StopRule(start, 0.25, 5, 1e-15).reached(start)
    assert StopRule(start, 0.25, 5, 1e-15).reached(end)
