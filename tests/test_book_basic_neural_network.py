"""The pages of the basic neural network: each formula literally, each number, each exercise."""

import math
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from book_pages import blocks, built, check_idea, check_names, run
from conftest import ROOT

from ai_from_scratch.data import two_moons
from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import (
    SGD,
    Adam,
    AdamW,
    BatchNorm,
    BinaryCrossEntropy,
    Dense,
    MeanSquaredError,
    MLPClassifier,
    ReLU,
    RMSProp,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    TwoLayerNetwork,
    initial_weights,
)
from Basic_Neural_Network_From_Scratch.demo import mistakes
from Logistic_Regression_From_Scratch import LogisticRegression

PAGES = {name: (ROOT / "documentation" / f"{name}.md").read_text(encoding="utf-8")
         for name in ("basic_neural_network", "basic_neural_network_exact_and_fast")}
IDEA = PAGES["basic_neural_network"]


def moons():
    return two_moons(200, 0.2, rng=np.random.default_rng(0))


# ---- the page ------------------------------------------------------------------------------------------------------


def test_the_idea_is_short_begins_with_a_picture_and_asks_before_it_tells():
    check_idea(IDEA)


@pytest.mark.parametrize("name", PAGES)
def test_the_tests_and_pictures_that_a_page_names_exist(name):
    check_names(PAGES[name])


def test_the_code_of_the_pass_by_hand_prints_the_numbers_of_its_table():
    printed = [float(number) for number in re.findall(r"-?\d+\.?\d*", run(blocks(IDEA)[0]))]
    assert printed == pytest.approx([math.log(2), -1, 0, -0.5, -0.25, 0, -0.5, 0, -0.25, 0])


def test_the_gradient_check_of_the_page_agrees_to_many_digits():
    (code,) = [code for code in blocks(IDEA) if "numerical_gradient" in code]
    assert all(float(error) < 1e-7 for error in run(code).split())


# ---- the formulas, literally ---------------------------------------------------------------------------------------


def test_the_formulas_of_dense_are_the_code():
    rng = np.random.default_rng(0)
    layer, X, dY = built(Dense(3), (4,)), rng.standard_normal((5, 4)), rng.standard_normal((5, 3))
    layer.b[...] = rng.standard_normal(3)
    Y, dW, db, dX = np.zeros((5, 3)), np.zeros((4, 3)), np.zeros(3), np.zeros((5, 4))
    for n, o in np.ndindex(5, 3):
        Y[n, o] = sum(X[n, i] * layer.W[i, o] for i in range(4)) + layer.b[o]
        db[o] += dY[n, o]
        for i in range(4):
            dW[i, o] += X[n, i] * dY[n, o]
            dX[n, i] += dY[n, o] * layer.W[i, o]
    np.testing.assert_allclose(layer.forward(X, training=True), Y)
    np.testing.assert_allclose(layer.backward(dY), dX)
    for array, gradient, got in ((X, dX, dX), (layer.W, dW, layer.dW), (layer.b, db, layer.db)):
        np.testing.assert_allclose(got, gradient)
        assert gradient_error(gradient, numerical_gradient(lambda *_: (layer.forward(X) * dY).sum(), array)) < 1e-7


@pytest.mark.parametrize(("layer", "value", "slope"), [
    (ReLU(), lambda x: max(x, 0), lambda y: 1 if y > 0 else 0),
    (Tanh(), lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)), lambda y: 1 - y**2),
    (Sigmoid(), lambda x: 1 / (1 + math.exp(-x)), lambda y: y * (1 - y))], ids=["ReLU", "tanh", "logistic"])
def test_the_formulas_of_the_activations_are_the_code(layer, value, slope):
    built(layer, (6,))
    X = np.random.default_rng(0).standard_normal((1, 6))
    Y = np.array([[value(x) for x in X[0]]])
    np.testing.assert_allclose(layer.forward(X, training=True), Y)
    slopes = np.array([[slope(y) for y in Y[0]]])
    np.testing.assert_allclose(layer.backward(np.ones_like(X)), slopes)
    assert gradient_error(slopes, numerical_gradient(lambda *_: layer.forward(X).sum(), X)) < 1e-7


def test_the_formulas_of_the_losses_are_the_code():
    rng = np.random.default_rng(0)
    N, K = 4, 3
    z, y = rng.standard_normal((N, K)), np.array([0, 2, 1, 1])
    p = np.array([[math.exp(z[n, k]) / sum(math.exp(z[n, j]) for j in range(K)) for k in range(K)] for n in range(N)])
    softmax = SoftmaxCrossEntropy()
    assert softmax.forward(z, y) == pytest.approx(-sum(math.log(p[n, y[n]]) for n in range(N)) / N)
    np.testing.assert_allclose(softmax.backward(), [[(p[n, k] - (k == y[n])) / N for k in range(K)] for n in range(N)])

    one, label, binary = rng.standard_normal((N, 1)), np.array([0, 1, 1, 0]), BinaryCrossEntropy()
    assert binary.forward(one, label) == pytest.approx(
        sum(math.log(1 + math.exp(a)) - b * a for a, b in zip(one[:, 0], label, strict=True)) / N)
    np.testing.assert_allclose(binary.backward()[:, 0],
                               [(1 / (1 + math.exp(-a)) - b) / N for a, b in zip(one[:, 0], label, strict=True)])

    t, squared = rng.standard_normal((N, K)), MeanSquaredError()
    assert squared.forward(z, t) == pytest.approx(sum((z[i] - t[i]) ** 2 for i in np.ndindex(N, K)) / (N * K))
    np.testing.assert_allclose(squared.backward(), 2 / (N * K) * (z - t))
    for loss, logits, target in ((softmax, z, y), (binary, one, label), (squared, z, t)):
        loss.forward(logits, target)
        slope = numerical_gradient(lambda *_, loss=loss, logits=logits, target=target: loss.forward(logits, target),
                                   logits)
        loss.forward(logits, target)
        assert gradient_error(loss.backward(), slope) < 1e-7


def test_the_formulas_of_batch_normalisation_are_the_code():
    rng = np.random.default_rng(0)
    M, C, epsilon = 6, 2, 1e-5
    layer, x, dy = built(BatchNorm(), (C,)), rng.standard_normal((M, C)), rng.standard_normal((M, C))
    layer.g[...], layer.b[...] = [1.5, -0.5], [0.2, 0.3]
    Y, dX = layer.forward(x, training=True), layer.backward(dy)
    for c in range(C):
        mean = sum(x[:, c]) / M
        z = [value - mean for value in x[:, c]]
        s = 1 / math.sqrt(sum(value**2 for value in z) / M + epsilon)
        dbeta, dgamma = sum(dy[:, c]), s * sum(a * b for a, b in zip(dy[:, c], z, strict=True))
        np.testing.assert_allclose(Y[:, c], [layer.g[c] * s * value + layer.b[c] for value in z])
        np.testing.assert_allclose(dX[:, c], [layer.g[c] * s * (dy[j, c] - dbeta / M - s * z[j] * dgamma / M)
                                              for j in range(M)], atol=1e-12)
        assert (layer.db[c], layer.dg[c]) == pytest.approx((dbeta, dgamma))


def test_the_formulas_of_the_optimisers_are_the_code():
    rng = np.random.default_rng(0)
    gradients, eta, mu, b1, b2, eps, lam, rho = rng.standard_normal((5, 3)), 0.1, 0.9, 0.9, 0.999, 1e-8, 0.01, 0.99
    start = np.array([1.0, -2, 3])
    for optimizer, kind in ((SGD(eta, mu), "momentum"), (SGD(eta, mu, nesterov=True), "nesterov"), (Adam(eta), "adam"),
                            (AdamW(eta, weight_decay=lam), "adamw"), (RMSProp(eta), "rmsprop")):
        theta, literal = start.copy(), start.copy()
        m, v = np.zeros(3), np.zeros(3)
        for t, g in enumerate(gradients, 1):
            optimizer.step(theta, g)
            for i in range(3):
                if kind == "adamw":
                    literal[i] = (1 - eta * lam) * literal[i]
                if kind in ("momentum", "nesterov"):
                    v[i] = mu * v[i] + g[i]
                    literal[i] -= eta * (v[i] if kind == "momentum" else g[i] + mu * v[i])
                elif kind == "rmsprop":
                    v[i] = rho * v[i] + (1 - rho) * g[i] ** 2
                    literal[i] -= eta * g[i] / (math.sqrt(v[i]) + eps)
                else:
                    m[i], v[i] = b1 * m[i] + (1 - b1) * g[i], b2 * v[i] + (1 - b2) * g[i] ** 2
                    literal[i] -= eta * m[i] / (1 - b1**t) / (math.sqrt(v[i] / (1 - b2**t)) + eps)
        np.testing.assert_allclose(theta, literal)


def test_the_variance_of_a_sum_is_the_number_of_inputs_times_their_mean_square_times_the_variance_of_the_weights():
    rng = np.random.default_rng(0)
    inputs, q = 50, 1.7
    x = rng.standard_normal(inputs)
    x *= math.sqrt(q / np.mean(x**2))
    for kind, omega in (("he", 2 / inputs), ("glorot", 2 / (inputs + 40_000))):
        W = initial_weights((inputs, 40_000), kind, rng)
        assert np.var(x @ W) == pytest.approx(inputs * q * omega, rel=0.03)


# ---- predictions ---------------------------------------------------------------------------------------------------


def test_the_exclusive_or_needs_two_relus_only():
    x1, x2 = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    z = 2 * np.maximum(x1 + x2, 0) - 4 * np.maximum(x1 + x2 - 1, 0) - 1
    assert z.tolist() == [-1, 1, 1, -1]


def test_ten_times_the_logits_keep_the_answer_and_raise_the_loss():
    z, y, loss = np.array([[2.0, 1, 0]]), np.array([1]), SoftmaxCrossEntropy()
    assert (10 * z).argmax() == z.argmax()
    assert [f"{loss.forward(factor * z, y):.2f}" for factor in (1, 10)] == ["1.41", "10.00"]
    assert "from 1.41 to 10.00" in IDEA


def test_units_that_start_equal_stay_equal():
    network = TwoLayerNetwork(2, 8, rng=np.random.default_rng(0))
    network.W1[...], network.W2[...] = 0.5, 0.3
    for _ in network.training(*moons()):
        pass
    np.testing.assert_allclose(network.W1, network.W1[:, :1].repeat(8, axis=1), rtol=1e-9)
    alone = TwoLayerNetwork(2, 1, rng=np.random.default_rng(0))        # one unit: a monotone function of w·x, one edge
    points = np.random.default_rng(1).standard_normal((200, 2))
    alone.W1, alone.b1, alone.W2, alone.b2 = network.W1[:, :1], network.b1[:1], 8 * network.W2[:1], network.b2
    np.testing.assert_allclose(alone.forward(points), network.forward(points), atol=1e-9)


@pytest.mark.parametrize("gradient", [5.0, 0.005])
def test_adam_steps_by_the_learning_rate_and_sgd_by_the_gradient(gradient):
    for optimizer, way in ((SGD(0.1), gradient), (Adam(0.1), 1.0)):
        theta = np.zeros(1)
        for _ in range(10):
            optimizer.step(theta, np.array([gradient]))
        assert -theta[0] == pytest.approx(way, rel=1e-4)
    t = np.arange(1, 20_000)
    factor = (1 - 0.9**t) / 0.1 / np.sqrt((1 - 0.999**t) / 0.001)
    assert factor.max() == pytest.approx(2.1, abs=0.05) and factor[-1] == pytest.approx(10 / math.sqrt(1000), rel=1e-3)


# ---- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_curves_of_the_mistakes_are_as_the_table_says():
    right = mistakes.losses(TwoLayerNetwork, moons(), 0)
    no_mean, zero, no_slope, twice = (mistakes.losses(mistake.module().TwoLayerNetwork, moons(), 0)
                                       for mistake, *_ in mistakes.MISTAKES)
    assert no_mean[10:].mean() > 2 * right[0]
    np.testing.assert_allclose(zero, math.log(2), rtol=1e-6)
    assert f"{no_slope[99]:.2f}" == "0.29" and no_slope[-1] > no_slope[99]
    assert twice[-1] == pytest.approx(right[-1], rel=0.1)


def test_a_gradient_check_finds_tanh_twice():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((7, 2)), rng.integers(0, 2, 7)
    for network, wrong in (
            (TwoLayerNetwork, False), (mistakes.TANH_TWICE.module().TwoLayerNetwork, True),
            (mistakes.MISTAKE_OF_NAME["no slope"].module().TwoLayerNetwork, True)):
        model = network(2, 5, rng=np.random.default_rng(1))

        def loss(*_, model=model):
            model.forward(X)
            return model.loss(y)

        loss()
        model.backward(y)
        assert (gradient_error(model.dW1, numerical_gradient(loss, model.W1)) > 0.01) == wrong


# ---- exercises -----------------------------------------------------------------------------------------------------


def test_one_step_of_the_pass_by_hand():
    network: Any = Sequential([Dense(2), ReLU(), Dense(1)]).build((2,), np.random.default_rng(0), np.float64)
    first, _, last = network.layers
    first.W[...], last.W[...], last.b[...] = [[1, -1], [0.5, 0]], [[0.5], [3]], -1
    x, y, loss = np.array([[1.0, 2.0]]), np.array([1]), BinaryCrossEntropy()
    loss.forward(network.forward(x, training=True), y)
    network.backward(loss.backward())
    network.parameters -= network.gradients
    assert first.W.tolist() == [[1.25, -1], [1, 0]] and first.b.tolist() == [0.25, 0]
    assert last.W.ravel().tolist() == [1.5, 3] and last.b.tolist() == [-0.5]
    z = network.forward(x)
    assert z.item() == 4.75 and f"{loss.forward(z, y):.4f}" == "0.0086" and "= 0.0086" in IDEA


def test_the_parameters_and_products_of_the_digits_network():
    sizes = (784, 256, 128, 10)
    network = Sequential([Dense(256), Dense(128), Dense(10)]).build((784,), np.random.default_rng(0))
    products = [a * b for a, b in pairwise(sizes)]
    assert network.parameters.size == 235_146 and sum(products) == 234_752 and products[0] == 200_704
    assert round(100 * products[0] / (3 * sum(products))) == 28


def test_the_gradient_of_three_logits():
    loss = SoftmaxCrossEntropy()
    loss.forward(np.array([[2.0, 1, 0]]), np.array([1]))
    dz = loss.backward()[0]
    assert np.round(dz, 3).tolist() == [0.665, -0.755, 0.09] and dz.sum() == pytest.approx(0)


def test_the_limits_of_the_start():
    W = initial_weights((100, 50), "glorot", np.random.default_rng(0))
    assert 0.199 < np.abs(W).max() <= 0.2 and math.sqrt(6 / 150) == pytest.approx(0.2)
    assert pytest.approx(0.00098, abs=5e-6) == 0.5**10


def test_momentum_and_an_alternating_gradient():
    sizes = []
    for alternating in (True, False):
        optimizer, theta = SGD(0.1, momentum=0.9), np.zeros(1)
        for step in range(300):
            optimizer.step(theta, np.array([(-1.0) ** step if alternating else 1.0]))
        sizes.append(abs(optimizer.v[0]))
    assert sizes == pytest.approx([1 / 1.9, 10]) and f"{sizes[0]:.3f}" == "0.526"


def test_without_a_bend_the_loss_is_that_of_logistic_regression():
    X, y = moons()
    logistic = LogisticRegression(C=np.inf).fit(X, y)
    best = -np.log(logistic.predict_proba(X)[np.arange(len(y)), y]).mean()
    network = MLPClassifier((8,), activation="identity", max_iter=300, learning_rate_init=0.02, alpha=0, batch_size=200,
                            random_state=0).fit(X, y)
    reached = -np.log(network.predict_proba(X)[np.arange(len(y)), y]).mean()
    assert reached == pytest.approx(best, abs=1e-3) and f"points, {best:.3f} " in IDEA
