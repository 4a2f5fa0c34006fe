"""What the pages say in numbers or claim in a sentence, chapter by chapter; the hand-worked steps of the LSTM and GRU."""

import numpy as np
import pytest

from ai_from_scratch.data import load_diabetes
from ai_from_scratch.gradient_check import numerical_gradient
from Basic_Neural_Network_From_Scratch import Dense, MLPRegressor, ReLU, Sequential, SoftmaxCrossEntropy
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D
from KNN_From_Scratch.metrics import find_metric
from Linear_Regression_From_Scratch import LinearRegression, hessian

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
        far = np.column_stack([X + [0, 1e7, 0], np.ones(80)])
        errors.append(np.abs(np.linalg.solve(far.T @ far, far.T @ y)[:3] - LinearRegression().fit(X, y).coef_).max())
    assert 0.005 < np.median(errors) < 0.1


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
    dY, dh = loss.backward(), []
    for layer in reversed(network.layers):
        if isinstance(layer, ReLU):
            dh.append(root_mean_square(dY))
        dY = layer.backward(dY)
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
    np.testing.assert_allclose(ours.network_.layers[0].W[:, 0], ridge.coef_, rtol=1e-3)


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
