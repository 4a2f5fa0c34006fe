"""Dropout and batch normalisation: what they do in training, what in prediction, and their gradients."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import (
    SGD,
    BatchNorm,
    Dense,
    Dropout,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    take_step,
)

RNG = np.random.default_rng


def normaliser(shape, seed=0, dtype=np.float64, epsilon=1e-5):
    layer = BatchNorm(epsilon=epsilon)
    layer.build(shape, RNG(seed), dtype)
    layer.g[...], layer.b[...] = RNG(seed + 1).uniform(0.5, 2, shape[0]), RNG(seed + 2).standard_normal(shape[0])
    return layer


def batch_last(X):
    """The same numbers in the memory order (C, H, W, N), that of a convolution's output."""
    return X.transpose(1, 2, 3, 0).copy().transpose(3, 0, 1, 2)


def by_loops(X, g, b, epsilon=1e-5):
    """The formula, channel by channel."""
    Y = np.empty_like(X)
    for c in range(X.shape[1]):
        x = X[:, c]
        Y[:, c] = g[c] * (x - x.mean()) / np.sqrt(x.var() + epsilon) + b[c]
    return Y


@given(N=st.integers(1, 5), C=st.integers(1, 4), image=st.booleans(), epsilon=st.sampled_from([1e-3, 0.1, 1.0]),
       ratio=st.sampled_from([0.1, 1.0, 10.0, 1000.0]), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=16, deadline=None)
def test_batch_norm_is_the_loop_and_its_backward_the_gradient(N, C, image, epsilon, ratio, seed):
    # A difference over h = 1e-6 |x| misses about (h s)² of a slope that bends, and s ≤ 1/√ε.  With x around 3 that is
    # 1e-8 from ε = 1e-3 on, for any spread, two samples included.  Spreads are `ratio` times √ε, on both sides of it.
    rng = RNG(seed)
    shape = (C, 2, 3) if image else (C,)
    layer, X = normaliser(shape, epsilon=epsilon), rng.standard_normal((N, *shape))
    axes = (0, 2, 3) if image else (0,)
    spread = X.std(axis=axes, keepdims=True)
    X = 3 + ratio * np.sqrt(epsilon) * X / np.where(spread > 0, spread, 1)
    dY = rng.standard_normal(X.shape)
    X.setflags(write=False)

    def objective(x):
        return (layer.forward(x, training=True) * dY).sum()

    assert np.allclose(layer.forward(X, training=True), by_loops(X, layer.g, layer.b, epsilon))
    dX = layer.backward(dY)
    assert np.array_equal(dX, layer.backward(dY)), "a second backward gives the same"
    gradients = {name: gradient.copy() for name, _, gradient in layer.parameters()}
    assert layer.backward(dY, need_dX=False) is None
    assert gradient_error(dX, numerical_gradient(objective, X.copy())) < 1e-6
    for name, parameter, _ in layer.parameters():
        assert gradient_error(gradients[name], numerical_gradient(lambda: objective(X), parameter)) < 1e-6, name


@pytest.mark.parametrize("distance", [1e-6, 1e-4, 3e-3, 0.02, 0.3, 2.0, 100.0])
def test_the_gradient_of_a_batch_of_two_is_that_of_its_one_distance(distance):
    # x and x + d become ∓f(d) with f = (d/2) / √(d²/4 + ε): too sharp a bend at the usual ε to be measured by
    # differences, but f' = ε/2 / √(d²/4 + ε)³ is known.
    layer = normaliser((3,))
    X = np.array([[0.7], [0.7]]) + np.array([[0], [distance]]) * [1, -1, 2]                   # (2, 3)
    dY = RNG(9).standard_normal((2, 3))
    d = X[1] - X[0]
    root = np.sqrt(d**2 / 4 + 1e-5)
    assert np.allclose(layer.forward(X, training=True), layer.b + layer.g * d / 2 / root * [[-1], [1]], rtol=1e-9)
    dX = layer.backward(dY)
    exact = layer.g * 1e-5 / 2 / root**3 * (dY[1] - dY[0]) * [[-1], [1]]
    # The backward is a difference of numbers of the size of γ s dY: it can be no better than rounding of those.
    rounding = 8 * np.finfo(float).eps * (layer.g / root * np.abs(dY).max(axis=0)).max()
    assert np.abs(dX - exact).max() < rounding + 1e-9 * np.abs(exact).max()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batch_norm_gives_the_same_in_either_memory_order_and_keeps_it(dtype):
    X, dY = RNG(0).normal(2, 3, (2, 7, 3, 4, 5)).astype(dtype)
    layer, other = normaliser((3, 4, 5), dtype=dtype), normaliser((3, 4, 5), dtype=dtype)
    Y, Y_last = layer.forward(X, training=True), other.forward(batch_last(X), training=True)
    dX, dX_last = layer.backward(dY), other.backward(batch_last(dY))
    assert np.allclose(Y, Y_last, atol=1e-5) and np.allclose(dX, dX_last, atol=1e-5)
    for array in (Y_last, dX_last, other.forward(batch_last(X))):
        assert array.dtype == dtype
        assert array.transpose(1, 2, 3, 0).flags.c_contiguous, "batch last in memory, as it came"
    for array in (Y, dX, layer.forward(X)):
        assert array.flags.c_contiguous


def test_running_statistics_are_an_average_that_forgets_and_rule_in_prediction():
    layer = normaliser((2,))
    X = RNG(1).normal([5, -3], [2, 0.5], (200, 2))
    layer.forward(X, training=True)
    assert np.allclose(layer.running_mean, 0.1 * X.mean(axis=0))
    assert np.allclose(layer.running_variance, 0.9 + 0.1 * X.var(axis=0, ddof=1))
    for _ in range(300):
        layer.forward(X, training=True)
    expected = layer.g * (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0, ddof=1) + 1e-5) + layer.b
    before = layer.running_mean.copy()
    assert np.allclose(layer.forward(X), expected)
    assert np.allclose(layer.forward(X[:1]), expected[:1]), "one sample is answered as it would be among others"
    assert np.array_equal(layer.running_mean, before), "prediction changes nothing"


def test_the_variance_survives_numbers_far_from_zero():
    X = (1e4 + RNG(2).standard_normal((4000, 1))).astype(np.float32)    # mean(X²) − mean(X)² is off by several here
    layer = normaliser((1,), dtype=np.float32)
    Y = layer.forward(X, training=True)
    exact = by_loops(X.astype(np.float64), layer.g, layer.b)
    assert np.allclose(Y, exact, atol=2e-3)


def test_a_batch_of_one_or_of_equal_samples_gives_the_shift_and_no_gradient():
    layer = normaliser((3,))
    for X in (np.array([[1.0, 2, 3]]), np.full((4, 3), 7.0)):
        assert np.allclose(layer.forward(X, training=True), layer.b)
        assert np.allclose(layer.backward(RNG(3).standard_normal((1, 3)).repeat(len(X), axis=0)), 0)
    assert np.isfinite(layer.running_variance).all()


def test_batch_norm_takes_other_batch_sizes_and_keeps_nothing_in_prediction():
    layer, X = normaliser((3,)), RNG(4).standard_normal((6, 3))
    layer.forward(X, training=True)
    first = layer.backward(X)
    layer.forward(RNG(5).standard_normal((9, 3)))
    assert np.array_equal(layer.backward(X), first)
    layer.forward(RNG(5).standard_normal((9, 3)), training=True)
    assert layer.backward(RNG(6).standard_normal((9, 3))).shape == (9, 3)


def test_running_statistics_are_saved_with_the_weights_and_learning_goes_on_after_loading():
    def make(seed):
        return Sequential([Dense(8), BatchNorm(), ReLU(), Dropout(0.2), Dense(3)]).build((4,), RNG(seed), np.float64)

    network, other = make(0), make(1)
    X, y = RNG(7).normal(2, 1, (30, 4)), RNG(8).integers(0, 3, 30)
    loss = SoftmaxCrossEntropy()
    for _ in range(5):
        take_step(network, loss, SGD(0.1), X, y)
    arrays = {name: array.copy() for name, array in network.named_arrays().items()}
    assert {"1.g", "1.b", "1.running_mean", "1.running_variance"} <= arrays.keys()
    other.load_arrays(arrays)
    assert np.array_equal(network.predict(X), other.predict(X))
    for copied in (other, copy.deepcopy(network).astype(np.float32).astype(np.float64)):
        before = loss.forward(copied.forward(X), y)
        for _ in range(30):
            take_step(copied, loss, SGD(0.2), X, y)
        assert loss.forward(copied.forward(X), y) < before - 0.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_drops_its_share_keeps_the_mean_and_does_nothing_in_prediction(dtype):
    layer = Dropout(0.3)
    layer.build((100,), RNG(0), dtype)
    X = np.ones((200, 100), dtype)
    X.setflags(write=False)
    Y = layer.forward(X, training=True)
    assert Y.dtype == dtype
    assert abs((Y == 0).mean() - 0.3) < 0.01
    assert np.allclose(Y[Y != 0], 1 / 0.7)
    assert abs(Y.mean() - 1) < 0.02
    assert np.array_equal(layer.forward(X), X)
    assert not np.array_equal(layer.forward(X, training=True), Y), "every batch draws anew"


@given(N=st.integers(1, 5), p=st.floats(0, 0.9), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=12, deadline=None)
def test_the_backward_of_dropout_is_the_gradient_through_the_same_mask(N, p, seed):
    layer = Dropout(p)
    layer.build((4,), RNG(seed), np.float64)
    X, dY = RNG(seed).standard_normal((2, N, 4))
    stream = copy.deepcopy(layer.rng)

    def objective(x):
        layer.rng = copy.deepcopy(stream)
        return (layer.forward(x, training=True) * dY).sum()

    measured = numerical_gradient(objective, X)
    dX = layer.backward(dY)
    assert gradient_error(dX, measured) < 1e-6
    again = layer.backward(dY)
    assert dX is not None and again is not None
    assert np.array_equal(again, dX)
    assert dX.dtype == np.float64
    assert layer.backward(dY, need_dX=False) is None


def test_one_seed_gives_the_same_masks_and_another_others():
    def masks(seed):
        layer = Dropout()
        layer.build((50,), RNG(seed))
        return layer.forward(np.ones((3, 50)), training=True)

    assert np.array_equal(masks(0), masks(0))
    assert not np.array_equal(masks(0), masks(1))


def test_what_they_cannot_take_is_refused():
    with pytest.raises(ValueError, match=r"'p' parameter of Dropout must be .* \[0.0, 1.0\)\. Got 1 "):
        Dropout(1)
    with pytest.raises(ValueError, match=r"'momentum' parameter of BatchNorm must be .* \(0, 1\]\. Got 0 "):
        BatchNorm(momentum=0)
    with pytest.raises(ValueError, match=r"vectors, shape \(C,\), or images, shape \(C, H, W\), and got \(3, 4\)"):
        BatchNorm().build((3, 4), RNG(0))


def test_batch_normalisation_costs_a_multiplication_for_each_number():
    assert BatchNorm().multiply_adds((3, 4, 5), (3, 4, 5)) == 60
