"""Convolution and pooling against nested loops, finite differences, and each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import Dense, ReLU, Sequential
from CNN_From_Scratch import AveragePool2D, Conv2D, Flatten, MaxPool2D, Rescale
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D

quick = settings(max_examples=25, deadline=None, derandomize=True)


def images(rng, N, C, H, W, dtype=np.float64):
    """Distinct values a tenth apart: no nudge of 1e-6 makes another pixel the largest."""
    return (rng.permutation(N * C * H * W).reshape(N, C, H, W) / 10 - N * C * H * W / 20).astype(dtype)


def both(size):
    return size if isinstance(size, tuple) else (size, size)


def convolve_by_loops(X, K, b, stride, padding):
    """The definition, product by product; what lies outside the image counts as 0."""
    (N, C, H, W), (F, _, h, w), (s, t) = X.shape, K.shape, both(stride)
    if padding == "same":
        P, Q = -(-H // s), -(-W // t)
        above, left = max((P - 1) * s + h - H, 0) // 2, max((Q - 1) * t + w - W, 0) // 2
    else:
        above, left = (0, 0) if padding == "valid" else both(padding)
        P, Q = (H + 2 * above - h) // s + 1, (W + 2 * left - w) // t + 1
    Y = np.empty((N, F, P, Q))
    for n, f, p, q in np.ndindex(Y.shape):
        Y[n, f, p, q] = b[f]
        for c, u, v in np.ndindex(C, h, w):
            y, x = s * p + u - above, t * q + v - left
            if 0 <= y < H and 0 <= x < W:
                Y[n, f, p, q] += X[n, c, y, x] * K[f, c, u, v]
    return Y


def is_the_nested_loops(layer, X, rng):
    """Builds the convolution for X and checks the output's shape and numbers, and that X is unchanged."""
    shape = layer.build(X.shape[1:], rng, np.float64)
    layer.b[...] = rng.standard_normal(len(layer.b))
    before = X.copy()
    Y = layer.forward(X)
    assert Y.shape == (len(X), *shape)
    np.testing.assert_allclose(Y, convolve_by_loops(X, layer.K, layer.b, layer.stride, layer.padding), atol=1e-12)
    np.testing.assert_array_equal(X, before)


def pool_by_loops(X, size, stride, reduce):
    N, C, H, W = X.shape
    Y = np.empty((N, C, (H - size) // stride + 1, (W - size) // stride + 1), X.dtype)
    for n, c, p, q in np.ndindex(Y.shape):
        Y[n, c, p, q] = reduce(X[n, c, p * stride : p * stride + size, q * stride : q * stride + size])
    return Y


def back(layer, dY) -> np.ndarray:
    """layer.backward with need_dX=True."""
    dX = layer.backward(dY)
    assert dX is not None
    return dX


def check_gradients(layer, X, rng):
    """dX and every parameter's gradient against differences, for a random weighting of the outputs."""
    weighting = rng.standard_normal(layer.forward(X).shape)

    def f():
        return float((layer.forward(X) * weighting).sum())

    layer.forward(X, training=True)
    dX = back(layer, weighting)
    assert gradient_error(dX, numerical_gradient(f, X)) < 1e-6
    for name, parameter, gradient in layer.parameters():
        assert gradient_error(gradient, numerical_gradient(f, parameter)) < 1e-6, name


sizes = st.integers(3, 7)
convolutions = given(
    N=st.integers(1, 3), C=st.integers(1, 3), H=sizes, W=sizes, F=st.integers(1, 3), k=st.integers(1, 3),
    stride=st.integers(1, 3), padding=st.sampled_from(["valid", "same", 0, 1, 2]), seed=st.integers(0, 99),
)


def test_a_two_by_two_kernel_on_a_three_by_three_image_worked_by_hand():
    layer = Conv2D(1, 2)
    layer.build((1, 3, 3), np.random.default_rng(0), np.float64)
    layer.K[...], layer.b[...] = [[[[1, 0], [0, -1]]]], 0.5
    X = np.array([[[[1.0, 2, 3], [4, 5, 6], [7, 8, 10]]]])
    np.testing.assert_array_equal(layer.forward(X, training=True), [[[[-3.5, -3.5], [-3.5, -4.5]]]])
    dX = back(layer, np.array([[[[1.0, 0], [0, 2]]]]))        # two windows, one weighted 1, the other 2
    np.testing.assert_array_equal(layer.dK, [[[[1 + 10, 2 + 12], [4 + 16, 5 + 20]]]])
    np.testing.assert_array_equal(layer.db, [3])
    np.testing.assert_array_equal(dX, [[[[1, 0, 0], [0, -1 + 2, 0], [0, 0, -2]]]])


@quick
@convolutions
def test_a_convolution_is_the_nested_loops(N, C, H, W, F, k, stride, padding, seed):
    rng = np.random.default_rng(seed)
    is_the_nested_loops(Conv2D(F, k, stride, padding), rng.standard_normal((N, C, H, W)), rng)


@quick
@convolutions
def test_the_gradients_of_a_convolution_are_the_measured_slopes(N, C, H, W, F, k, stride, padding, seed):
    rng = np.random.default_rng(seed)
    layer = Conv2D(F, k, stride, padding)
    layer.build((C, H, W), rng, np.float64)
    check_gradients(layer, rng.standard_normal((N, C, H, W)), rng)


def test_the_gradients_of_a_convolution_are_the_einsums():
    rng = np.random.default_rng(0)
    layer = Conv2D(4, 3)
    layer.build((2, 6, 7), rng, np.float64)
    X, dY = rng.standard_normal((5, 2, 6, 7)), rng.standard_normal((5, 4, 4, 5))
    layer.forward(X, training=True)
    dX = back(layer, dY)
    patches = np.lib.stride_tricks.sliding_window_view(X, (3, 3), axis=(2, 3))       # (N, C, P, Q, k, k)
    np.testing.assert_allclose(layer.dK, np.einsum("nfpq,ncpquv->fcuv", dY, patches), atol=1e-12)
    around = np.pad(dY, ((0, 0), (0, 0), (2, 2), (2, 2)))                            # a full correlation, flipped
    patches = np.lib.stride_tricks.sliding_window_view(around, (3, 3), axis=(2, 3))
    np.testing.assert_allclose(dX, np.einsum("nfhwuv,fcuv->nchw", patches, layer.K[:, :, ::-1, ::-1]), atol=1e-12)


@quick
@given(N=st.integers(1, 3), C=st.integers(1, 2), H=sizes, W=sizes, size=st.integers(1, 3), stride=st.integers(1, 3))
def test_pooling_is_the_nested_loops_and_its_gradient_the_measured_slope(N, C, H, W, size, stride):
    rng = np.random.default_rng(H * W)
    X = images(rng, N, C, H, W)
    for layer, reduce in ((MaxPool2D(size, stride), np.max), (AveragePool2D(size, stride), np.mean)):
        shape = layer.build((C, H, W), rng)
        Y = layer.forward(X)
        assert Y.shape == (N, *shape)
        np.testing.assert_allclose(Y, pool_by_loops(X, size, stride, reduce), atol=1e-12)
        check_gradients(layer, X, rng)


def test_among_equal_pixels_the_first_gets_the_whole_gradient():
    X = np.zeros((1, 1, 4, 4))
    X[0, 0, 2, 3] = X[0, 0, 3, 2] = 1                            # a tie off the diagonal: the upper right comes first
    layer = MaxPool2D(2)
    layer.forward(X, training=True)
    dX = back(layer, np.array([[[[1.0, 2], [3, 4]]]]))
    np.testing.assert_array_equal(dX, [[[[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 0, 4], [0, 0, 0, 0]]]])


@quick
@given(N=st.integers(1, 4), C=st.integers(1, 3), H=st.integers(5, 9), W=st.integers(5, 9), F=st.integers(1, 3),
       k=st.integers(1, 4), padding=st.sampled_from(["valid", "same", 1]), ties=st.booleans(), seed=st.integers(0, 99))
def test_the_fused_layer_equals_convolution_then_pooling(N, C, H, W, F, k, padding, ties, seed):
    rng = np.random.default_rng(seed)
    fused, convolution, pool = ConvPool2D(F, k, padding), Conv2D(F, k, padding=padding), MaxPool2D(2)
    shape = fused.build((C, H, W), rng, np.float64)
    assert pool.build(convolution.build((C, H, W), rng, np.float64), rng) == shape
    # Small whole numbers are exact in any order of summation, so ties are the same ties.
    fused.K[...] = rng.integers(-2, 3, fused.K.shape) if ties else rng.standard_normal(fused.K.shape)
    fused.b[...] = rng.integers(-2, 3, F)
    convolution.K[...], convolution.b[...] = fused.K, fused.b
    X = rng.integers(-2, 3, (N, C, H, W)).astype(float) if ties else rng.standard_normal((N, C, H, W))
    Y = pool.forward(convolution.forward(X, training=True), training=True)
    np.testing.assert_allclose(fused.forward(X, training=True), Y, atol=1e-12)
    dY = rng.standard_normal(Y.shape)
    np.testing.assert_allclose(back(fused, dY), back(convolution, back(pool, dY)), atol=1e-12)
    np.testing.assert_allclose(fused.dK, convolution.dK, atol=1e-12)
    np.testing.assert_allclose(fused.db, convolution.db, atol=1e-12)


def test_the_gradients_of_the_fused_layer_are_the_measured_slopes():
    rng = np.random.default_rng(3)
    layer = ConvPool2D(3, 3, "same")
    layer.build((2, 6, 7), rng, np.float64)
    check_gradients(layer, rng.standard_normal((2, 2, 6, 7)), rng)


def test_the_gradients_of_flatten_and_rescale_are_the_measured_slopes():
    rng = np.random.default_rng(4)
    X = rng.standard_normal((3, 2, 4, 5))
    for layer in (Flatten(), Rescale()):
        layer.build((2, 4, 5), rng, np.float64)
        if isinstance(layer, Rescale):
            layer.set_from(X)
            assert np.mean(layer.forward(X) ** 2) == pytest.approx(1)
        check_gradients(layer, X, rng)


@pytest.mark.slow
def test_convolutions_stack_and_the_whole_network_has_the_measured_gradient():
    rng = np.random.default_rng(7)
    network = Sequential([
        Rescale(), Conv2D(3, 3, padding="same"), ReLU(), Conv2D(4, 3, 2), ReLU(), ConvPool2D(4, 2, 1), ReLU(),
        Flatten(), Dense(3),
    ]).build((2, 9, 8), rng, np.float64)
    network.parameters += rng.normal(0, 0.1, network.parameters.shape)    # a bias of 0 puts padding on ReLU's kink
    X = rng.standard_normal((2, 2, 9, 8))
    weighting = rng.standard_normal((2, 3))
    network.forward(X, training=True)
    dX = network.backward(weighting, need_dX=True)
    gradients = network.gradients.copy()

    def f():
        return float((network.forward(X) * weighting).sum())

    assert gradient_error(dX, numerical_gradient(f, X)) < 1e-6
    assert gradient_error(gradients, numerical_gradient(f, network.parameters)) < 1e-6


def test_pooling_windows_of_one_pixel_changes_nothing():
    X = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    pool = MaxPool2D(1)
    pool.build(X.shape[1:], np.random.default_rng(0))
    np.testing.assert_array_equal(pool.forward(X, training=True), X)
    np.testing.assert_array_equal(pool.backward(-X), -X)
