"""What the pages say in numbers or claim in a sentence, chapter by chapter."""

import re
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

from ai_from_scratch.data import load_diabetes, load_mnist
from ai_from_scratch.gradient_check import numerical_gradient
from Basic_Neural_Network_From_Scratch import SGD, Dense, MLPRegressor, ReLU, Sequential, SoftmaxCrossEntropy
from Basic_Neural_Network_From_Scratch.layers import initial_weights
from CNN_From_Scratch import Conv2D, MaxPool2D
from CNN_From_Scratch.cnn import GAIN_BEFORE_MAXIMUM
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D
from KNN_From_Scratch.metrics import find_metric
from Linear_Regression_From_Scratch import LinearRegression, hessian
from Logistic_Regression_From_Scratch import LogisticRegression, loss_and_gradient
from Logistic_Regression_From_Scratch.newton import hessian as logistic_hessian
from Logistic_Regression_From_Scratch.newton import largest_curvature
from RNN_From_Scratch import GRU, LSTM

RNG = np.random.default_rng


def root_mean_square(values):
    return np.sqrt(np.mean(values**2))


# Linear regression

def test_diabetes_has_the_condition_numbers_and_inflation_factors_of_the_page():
    data = load_diabetes()
    X = data.train.X
    assert len(X) == 266
    raw, scaled = (np.linalg.eigvalsh(hessian(A)) for A in (X, data.standardized().train.X))
    assert raw[-1] / raw[0] == pytest.approx(68e6, rel=0.01)
    assert scaled[-1] / scaled[0] == pytest.approx(772, abs=0.5)
    inflation = np.diag(np.linalg.inv(np.corrcoef(X.T)))
    assert dict(zip(data.feature_names, inflation.round(), strict=True)) | {"s1": 88, "s2": 65} \
        == dict(zip(data.feature_names, inflation.round(), strict=True))


def test_the_penalty_lowers_the_condition_number_of_the_gram_matrix():
    X = load_diabetes().standardized().train.X
    A = X - X.mean(axis=0)
    sigma, n = np.linalg.svd(A, compute_uv=False), len(A)
    ridge = np.linalg.eigvalsh(A.T @ A + np.eye(10))                # α = 1
    assert ridge[-1] / ridge[0] == pytest.approx((sigma[0]**2 + 1) / (sigma[-1]**2 + 1))
    assert (sigma[0]**2 / sigma[-1]**2, ridge[-1] / ridge[0]) == pytest.approx((772, 464), abs=0.5)
    curvature = np.linalg.eigvalsh(2 / n * A.T @ A)                 # the page's λ, of H: the penalty adds 2α/n
    assert (curvature[-1] + 2 / n) / (curvature[0] + 2 / n) == pytest.approx(ridge[-1] / ridge[0])


def test_the_textbook_line_is_wrong_by_some_hundredths_at_a_mean_of_ten_million():
    errors = []
    for seed in range(50):
        X = RNG(seed).normal(size=(80, 3))
        y = X @ [1.0, -2.0, 0.5] + RNG(seed + 100).normal(size=80)
        far = np.column_stack([X + np.array([0, 1e7, 0]), np.ones(80)])
        errors.append(np.abs(np.linalg.solve(far.T @ far, far.T @ y)[:3] - LinearRegression().fit(X, y).coef_).max())
    assert 0.005 < np.median(errors) < 0.1


# Logistic regression

def softmax_problem(K, seed):
    rng = RNG(seed)
    X, y, s = rng.normal(size=(40, 3)), rng.integers(0, K, 40), rng.exponential(size=40)
    R = 1 if K == 2 else K

    def loss(theta):
        W, b = np.split(theta.reshape(R, 4), [3], axis=1)
        return loss_and_gradient(W, b[:, 0], X, y, s, 0.7, True)

    return loss, largest_curvature(X, s, R, 0.7, True), R * 4


@pytest.mark.parametrize("K", [2, 3, 5])
def test_no_step_ends_above_the_descent_lemmas_bound(K):
    loss, curvature, D = softmax_problem(K, 0)
    rng = RNG(1)
    for size in (0.01, 0.1, 1, 10):
        theta, p = 3 * rng.normal(size=D), size * rng.normal(size=D)
        J, dW, db = loss(theta)
        g = np.column_stack([dW, db]).ravel()
        assert loss(theta + p)[0] <= J + g @ p + curvature / 2 * p @ p
        for eta in np.array([0.1, 1, 1.99]) / curvature:
            assert loss(theta - eta * g)[0] <= J - eta * (1 - eta * curvature / 2) * g @ g


@pytest.mark.parametrize("K", [2, 3, 5])
def test_no_direction_curves_more_than_the_bound_for_k_classes(K):
    X, s, R = RNG(0).normal(size=(40, 3)), RNG(1).exponential(size=40), 1 if K == 2 else K
    for seed in range(20):
        theta = 10**RNG(seed).uniform(-2, 1) * RNG(seed).normal(size=R * 4)
        v = RNG(seed + 50).normal(size=(R, 4))
        Xt = np.column_stack([X, np.ones(40)])
        scores, u = Xt @ theta.reshape(R, 4).T, Xt @ v.T                         # (n, R)
        if K == 2:
            p = 1 / (1 + np.exp(-scores[:, 0]))
            spread = p * (1 - p) * u[:, 0]**2
        else:
            P = np.exp(scores - np.logaddexp.reduce(scores, axis=1)[:, None])
            spread = (P * u**2).sum(axis=1) - (P * u).sum(axis=1)**2             # the page's bracket
            assert (spread <= (u.max(axis=1) - u.min(axis=1))**2 / 4 + 1e-12).all()
        curvature = s @ spread / s.sum() + (v[:, :3]**2).sum() / (0.7 * s.sum())
        np.testing.assert_allclose(curvature, v.ravel() @ exact_hessian(theta, X, s, 0.7, R) @ v.ravel(), rtol=1e-9)
        assert curvature <= largest_curvature(X, s, R, 0.7, True) * (v**2).sum()


def exact_hessian(theta, X, s, C, R):
    """The code's Hessian, without what it adds in the directions in which J is flat."""
    H = logistic_hessian(theta, X, s, C, True).reshape(R, 4, R, 4)
    if R > 1:
        for c in range(3, 4):                                       # the intercepts: the code adds trace / R²
            H[:, c, :, c] -= np.trace(H[:, c, :, c]) / (R**2 + R) * np.ones((R, R))
    return H.reshape(R * 4, R * 4)


def test_newtons_first_step_on_two_points_with_and_without_a_penalty():
    for C, step in ((np.inf, 2.0), (1.0, 2 / 3)):
        model = LogisticRegression(C=C, solver="newton-cholesky")
        next(model.training([[-1.0], [1.0]], [0, 1]))
        assert model.coef_.item() == pytest.approx(step)


# k-nearest neighbours

def test_the_power_of_a_small_difference_is_0_and_the_distance_is_not():
    assert 1e-6**60 == 0 < 0.001**60
    assert 0.001**120 == 0
    assert find_metric("minkowski", 60).length(np.array([[1e-6, 0.0]])) == pytest.approx([1e-6])


# Naive Bayes

def term_of_one_feature(x, theta, v):
    return np.sum(-0.5 * np.log(2 * np.pi * v) - (x - theta)**2 / (2 * v))


def test_mean_and_variance_of_a_class_are_the_joint_maximum_of_the_likelihood():
    x = RNG(0).normal(3, 2, 30)
    theta, v = x.mean(), x.var()
    best = term_of_one_feature(x, theta, v)
    for other_theta, other_v in zip(RNG(1).normal(3, 4, 300), RNG(2).exponential(8, 300) + 1e-3, strict=True):
        assert term_of_one_feature(x, other_theta, other_v) <= term_of_one_feature(x, theta, other_v) <= best
        slope = numerical_gradient(lambda at: term_of_one_feature(x, theta, at[0]), np.array([v + 1.0]))
        assert slope == pytest.approx(len(x) / (2 * (v + 1)**2) * (v - (v + 1)), rel=1e-6)
    flat = np.full(30, 3.0)                                         # v̂ = 0: no maximum
    assert np.all(np.diff([term_of_one_feature(flat, 3.0, small) for small in (1, 1e-10, 1e-100, 1e-300)]) > 0)


def test_the_shares_of_the_classes_are_the_best_prior():
    count = np.array([5, 1, 14])
    for other in RNG(0).dirichlet(np.ones(3), 300):
        assert count @ np.log(other) <= count @ np.log(count / 20)
        assert count @ np.log(20 * other / count) <= count @ (20 * other / count - 1) <= 1e-12


def test_a_product_of_600_densities_is_0_or_infinite():
    z = RNG(0).standard_normal(100_000)
    assert np.mean(-0.5 * z**2 - 0.5 * np.log(2 * np.pi)) / np.log(10) == pytest.approx(-0.62, abs=0.005)
    for sigma, product in ((1.0, 0.0), (0.01, np.inf)):
        densities = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) / sigma
        with np.errstate(over="ignore"):
            assert np.prod(densities[:600]) == product


# Basic neural network

@pytest.mark.parametrize(("spread", "first", "last"), [(0.01, 8.3e-10, 7.4e-10), (1.0, 1.3e3, 8.9e3)])
def test_a_bad_start_gives_all_layers_weights_too_small_or_too_large_gradients_alike(spread, first, last):
    rng = RNG(0)                                                    # as in demo/flow.py, `signals`
    hidden = [layer for _ in range(6) for layer in (Dense(100), ReLU())]
    network = Sequential([*hidden, Dense(10)]).build((100,), rng, np.float64)
    network.parameters[: network.matrices] *= spread / np.sqrt(2 / 100)
    loss = SoftmaxCrossEntropy()
    loss.forward(network.forward(rng.standard_normal((200, 100)), training=True), rng.integers(0, 10, 200))
    dY: Any = loss.backward()
    dh = []
    for layer in reversed(network.layers):
        if isinstance(layer, ReLU):
            dh.append(root_mean_square(dY))
        dY = np.asarray(layer.backward(dY))
    dW = [root_mean_square(layer.dW) for layer in network.layers if isinstance(layer, Dense)][:6]
    assert (dW[0], dW[-1]) == pytest.approx((first, last), rel=0.03)
    assert max(dW) < 7.5 * min(dW) and max(dh) > 5000 * min(dh)


@pytest.mark.slow
def test_alpha_of_the_regressor_is_twice_scikit_learns():
    linear_model = pytest.importorskip("sklearn.linear_model")
    neural_network = pytest.importorskip("sklearn.neural_network")
    X = RNG(0).standard_normal((60, 3))
    y = X @ [1.0, 2.0, -1.0] + 0.5
    theirs = neural_network.MLPRegressor(hidden_layer_sizes=(), alpha=20, solver="lbfgs", tol=1e-10, max_iter=1000,
                                         random_state=0).fit(X, y)
    ours = MLPRegressor((), alpha=40, batch_size=60, learning_rate_init=0.01, max_iter=1500, tol=0,
                        n_iter_no_change=1500, random_state=0).fit(X, y)
    ridge = linear_model.Ridge(alpha=20).fit(X, y)
    np.testing.assert_allclose(theirs.coefs_[0][:, 0], ridge.coef_, rtol=1e-4)
    np.testing.assert_allclose(ours.coefs_[0][:, 0], ridge.coef_, rtol=1e-3)


def off_for_all_samples(seed, steps=60):
    """Plain gradient descent on 2-6-3-1: which units of both hidden layers are off for every sample, (steps, 9)."""
    rng = RNG(seed)
    X = rng.standard_normal((40, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(float)
    W = [rng.standard_normal((2, 6)), rng.standard_normal((6, 3)) * np.sqrt(2 / 6), rng.standard_normal((3, 1))]
    b, off = [np.zeros(6), np.zeros(3), np.zeros(1)], []
    for _ in range(steps):
        h1 = np.maximum(X @ W[0] + b[0], 0)
        h2 = np.maximum(h1 @ W[1] + b[1], 0)
        z = h2 @ W[2] + b[2]
        off.append(~np.concatenate([h1.any(axis=0), h2.any(axis=0)]))
        dz = (1 / (1 + np.exp(-z)) - y[:, None]) / 40
        d2 = dz @ W[2].T * (h2 > 0)
        d1 = d2 @ W[1].T * (h1 > 0)
        for layer, (inputs, d) in enumerate(((X, d1), (h1, d2), (h2, dz))):
            W[layer] -= inputs.T @ d
            b[layer] -= d.sum(axis=0)
    return np.array(off)


def test_a_dead_unit_may_come_back_except_in_the_first_layer():
    off = [off_for_all_samples(seed) for seed in range(12)]
    back = [(run[:-1] & ~run[1:]).any(axis=0) for run in off]
    assert any(run[6:].any() for run in back), "a unit of the second layer is on again"
    assert any(run[:, :6].any() for run in off), "a unit of the first layer dies"
    assert not any(run[:6].any() for run in back), "and stays dead"


# Convolutional neural network

def test_the_kernel_stands_twice_in_the_matrix_of_the_fused_layer():
    layer = ConvPool2D(3, 5)
    layer.build((2, 12, 12), RNG(0), np.float64)
    sides = layer._sides()
    assert np.count_nonzero(sides) == 2 * layer.K.size
    np.testing.assert_allclose(sides.sum(), 2 * layer.K.sum())


@pytest.mark.slow
def test_the_start_before_a_pooling_keeps_the_mean_square():
    four = RNG(0).standard_normal((4, 1_000_000)).max(axis=0)
    assert np.mean(np.maximum(four, 0)**2) == pytest.approx(1.54, abs=0.01)
    X = load_mnist(download=False).train.X[:500].reshape(-1, 1, 28, 28).astype(np.float64)
    X /= root_mean_square(X)
    squares = []
    for seed in range(5):
        layer = Conv2D(16, 5, gain=GAIN_BEFORE_MAXIMUM)
        layer.build((1, 28, 28), RNG(seed), np.float64)
        squares.append(np.mean(np.maximum(MaxPool2D(2).forward(layer.forward(X)), 0)**2))
    assert np.mean(squares) == pytest.approx(0.92, abs=0.1)


def test_the_probability_moves_by_a_difference_of_logits():
    J, z = RNG(0).normal(size=(4, 6)), RNG(1).normal(size=4)                     # ∂z/∂x (K, d); z (K,)
    softmax = lambda z: np.exp(z) / np.exp(z).sum()  # noqa: E731
    p, y = softmax(z), 2
    others = np.arange(4) != y
    formula = p[y] * (1 - p[y]) * (J[y] - p[others] / (1 - p[y]) @ J[others])
    measured = numerical_gradient(lambda x: softmax(z + J @ x)[y], np.zeros(6))
    np.testing.assert_allclose(formula, measured, rtol=1e-6, atol=1e-9)


def test_the_seconds_of_the_digits_are_those_of_their_page():
    rows = [[cell.strip() for cell in line.split("|")[1:-1]]
            for line in (ROOT / "benchmarks/results/digits.md").read_text(encoding="utf-8").splitlines()
            if re.match(r"\| (ours|PyTorch)", line)]
    seconds = {(side, seed): round(float(total)) for side, seed, _, _, total, _ in rows}
    page = (ROOT / "documentation/cnn.md").read_text(encoding="utf-8")
    ours = [seconds["ours", seed] for seed in "012"]
    assert f"in {ours[0]}, {ours[1]} and {ours[2]} seconds" in page
    theirs, best = seconds["PyTorch", "0"], seconds["PyTorch at its best", "0"]
    assert f"{theirs} seconds as it comes, and {best} at its best" in page


# Basic neural network: Glorot's limit, Nesterov's step

def test_glorots_limit_is_the_root_of_six_over_the_fans_because_a_uniform_has_a_third_of_its_square():
    W = initial_weights((300, 200), "glorot", RNG(0))
    assert np.abs(W).max() == pytest.approx(np.sqrt(6 / 500), rel=1e-3)
    assert W.var() == pytest.approx(2 / 500, rel=0.02)


def test_nesterovs_step_is_the_gradient_at_the_point_ahead():
    A, eta, mu = np.diag([1.0, 5.0]), 0.1, 0.8                                   # the loss is ½ θᵀA θ
    theta, v = np.array([1.0, -2.0]), np.zeros(2)
    ahead, optimizer = theta.copy(), SGD(eta, momentum=mu, nesterov=True)
    for _ in range(10):
        np.testing.assert_allclose(ahead, theta - eta * mu * v, rtol=1e-12)
        v = mu * v + A @ (theta - eta * mu * v)
        theta = theta - eta * v
        optimizer.step(ahead, A @ ahead)


# LSTM and GRU

def one_unit(cell, W, a, h, state, **parameters):
    """h after one step, and the gradient by z if that by h is 1.  z is chosen so that the sums in the gates are a."""
    cell.build((len(W),), RNG(0), np.float64)
    cell.W_hh[...] = W
    for name, value in parameters.items():
        getattr(cell, name)[...] = value
    z = np.array(a) - h * np.array(W)
    Y = cell.forward(z[None, None], training=True, state=np.reshape(state, (-1, 1, 1)))
    return Y.item(), cell.backward(np.ones((1, 1, 1))).ravel()


def test_one_step_of_an_lstm_worked_by_hand():
    cell = LSTM()
    h, dz = one_unit(cell, [1, 2, -1, 0.5], [0, np.log(3), np.log(2), np.log(3)], 0.5, [0.5, 0.4])
    assert (h, cell.c[1].item()) == pytest.approx((0.4028, 0.6), abs=5e-5)
    i, f, g, o = cell.ifgo.ravel()
    assert (i, f, g, o) == pytest.approx((0.5, 0.75, 0.6, 0.75))
    dc = 0.75 * (1 - np.tanh(0.6)**2)
    assert (dc, dc * g, dc * 0.4, dc * i) == pytest.approx((0.5337, 0.3202, 0.2135, 0.2668), abs=5e-5)
    assert dz == pytest.approx([0.0801, 0.0400, 0.1708, 0.1007], abs=5e-5)                  # i, f, g, o
    assert cell.dW_hh.ravel() == pytest.approx([0.0400, 0.0200, 0.0854, 0.0503], abs=5e-5)
    assert cell.dstate.ravel() == pytest.approx([0.0397, 0.4003], abs=5e-5)                 # h(t−1), c(t−1)


def test_one_step_of_a_gru_worked_by_hand():
    cell = GRU()
    a = [np.log(3), -np.log(3), np.log(2) - 0.75 * 0.4 + 0.5 * 0.6]                         # z_n is ln 2 − r m
    h, dz = one_unit(cell, [1, -1, 0.6], a, 0.5, [0.5], b_hn=0.1)
    assert cell.runm.ravel() == pytest.approx([0.75, 0.25, 0.6, 0.4])
    assert h == pytest.approx(0.575)
    assert dz == pytest.approx([0.036, -0.01875, 0.48])
    assert cell.dW_hh.ravel() == pytest.approx([0.018, -0.009375, 0.18])
    assert cell.db_hn.item() == pytest.approx(0.36)
    assert cell.dstate.item() == pytest.approx(0.52075)
