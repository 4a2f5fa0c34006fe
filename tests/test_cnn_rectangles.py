"""Kernels, strides, frames and pooling windows that are not square: against nested loops and measured slopes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cnn_classifier import bars
from test_cnn_layers import back, both, check_gradients, images, is_the_nested_loops

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import Layer, Sequential
from CNN_From_Scratch import AveragePool2D, CNNClassifier, Conv2D, MaxPool2D, cnn_layers
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D

RNG = np.random.default_rng
quick = settings(max_examples=20, deadline=None, derandomize=True)


def pairs(least, most):
    """(rows, columns), or one number for both."""
    number = st.integers(least, most)
    return st.one_of(number, st.tuples(number, number))


convolutions = given(
    N=st.integers(1, 3), C=st.integers(1, 2), H=st.integers(4, 7), W=st.integers(4, 7), F=st.integers(1, 2),
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)), stride=pairs(1, 3),
    padding=st.one_of(st.sampled_from(["valid", "same"]), pairs(0, 2)), seed=st.integers(0, 99))
pools = given(N=st.integers(1, 3), C=st.integers(1, 2), H=st.integers(4, 7), W=st.integers(4, 7),
              size=st.tuples(st.integers(1, 3), st.integers(1, 4)), stride=st.one_of(st.none(), pairs(1, 3)))


@quick
@convolutions
def test_a_convolution_of_any_shape_is_the_nested_loops(N, C, H, W, F, size, stride, padding, seed):
    rng = RNG(seed)
    layer = Conv2D(F, size, stride, padding)
    is_the_nested_loops(layer, rng.standard_normal((N, C, H, W)), rng)
    assert layer.K.shape == (F, C, *size)


@quick
@convolutions
def test_its_gradients_are_the_measured_slopes(N, C, H, W, F, size, stride, padding, seed):
    rng = RNG(seed)
    layer, X = Conv2D(F, size, stride, padding), rng.standard_normal((N, C, H, W))
    layer.build((C, H, W), rng, np.float64)
    check_gradients(layer, X, rng)
    dY = rng.standard_normal(layer.forward(X, training=True).shape)
    first, dK = back(layer, dY).copy(), layer.dK.copy()
    np.testing.assert_array_equal(back(layer, dY), first, err_msg="a second backward gives the same")
    np.testing.assert_array_equal(layer.dK, dK)


@quick
@pools
def test_pooling_of_any_shape_is_the_nested_loops_and_its_gradient_the_measured_slope(N, C, H, W, size, stride):
    rng = RNG(H * W)
    X = images(rng, N, C, H, W)
    (h, w), (s, t) = size, both(size if stride is None else stride)
    for layer, reduce in ((MaxPool2D(size, stride), np.max), (AveragePool2D(size, stride), np.mean)):
        shape = layer.build((C, H, W), rng)
        expected = np.empty((N, *shape))
        for n, c, p, q in np.ndindex(expected.shape):
            expected[n, c, p, q] = reduce(X[n, c, s * p : s * p + h, t * q : t * q + w])
        assert shape == (C, (H - h) // s + 1, (W - w) // t + 1)
        np.testing.assert_allclose(layer.forward(X), expected, atol=1e-12)
        check_gradients(layer, X, rng)


@pytest.mark.parametrize("size", [(16, 16), (3, 90)])
def test_a_window_of_more_than_256_pixels_remembers_its_last_one_too(size):
    h, w = size[0] + 1, size[1]
    X = np.arange(float(h * w)).reshape(1, 1, h, w)
    layer = MaxPool2D((h, w))
    layer.build((1, h, w), RNG(0))
    layer.forward(X, training=True)
    dX = back(layer, np.ones((1, 1, 1, 1)))
    assert dX[0, 0, -1, -1] == 1 and dX.sum() == 1


def test_one_number_and_that_number_twice_are_the_same_bit_for_bit():
    X = RNG(0).standard_normal((4, 2, 9, 8)).astype(np.float32)
    twice: list[tuple[Layer, Layer]] = [
        (Conv2D(3, 3, 2, 1), Conv2D(3, (3, 3), (2, 2), (1, 1))), (MaxPool2D(2, 1), MaxPool2D((2, 2), (1, 1))),
        (AveragePool2D(3), AveragePool2D((3, 3)))]
    for one, two in twice:
        shape = one.build((2, 9, 8), RNG(1))
        assert two.build((2, 9, 8), RNG(1)) == shape
        np.testing.assert_array_equal(one.forward(X, training=True), two.forward(X, training=True))
        dY = RNG(2).standard_normal((4, *shape)).astype(np.float32)
        np.testing.assert_array_equal(back(one, dY), back(two, dY))
        for (_, _, gradient), (_, _, other) in zip(one.parameters(), two.parameters(), strict=True):
            np.testing.assert_array_equal(gradient, other)


@pytest.mark.parametrize(("make", "words"), [
    (lambda: Conv2D(4, (3, 5, 2)), r"'kernel_size' .* an int >= 1 or two of them, \(rows, columns\). Got \(3, 5, 2"),
    (lambda: Conv2D(4, (0, 5)), r"The 'kernel_size' parameter of Conv2D must be .* Got \(0, 5\)"),
    (lambda: Conv2D(4, 2.5), r"'kernel_size' .* int >= 1 .* Got 2\.5"),
    (lambda: Conv2D(4, 0), r"'kernel_size' .* int >= 1 .* Got 0"),
    (lambda: Conv2D(4, 3, (1, 0)), r"'stride' .* int >= 1 .* Got \(1, 0\)"),
    (lambda: Conv2D(4, 3, padding=(1, -1)), r"'padding' .* 'valid', 'same' or an int >= 0 or two .* Got \(1, -1\)"),
    (lambda: Conv2D(4, 3, padding=("same", 1)), r"'padding' .* Got \('same', 1\)"),
    (lambda: Conv2D(4, (3, 9)), r"a kernel of 3 × 9 does not fit into input of shape \(1, 9, 8\)"),
    (lambda: Conv2D(4, (12, 1), padding=(1, 0)), r"12 × 1 does not fit .* padded to \(1, 11, 8\)"),
    (lambda: MaxPool2D((2, 9)), r"a window of 2 × 9 at stride \(2, 9\) does not fit .* \(1, 9, 8\)"),
    (lambda: AveragePool2D((2, 2, 2)), r"'size' .* int >= 1 or two of them, \(rows, columns\). Got \(2, 2, 2\)"),
    (lambda: MaxPool2D(2, (0, 1)), r"'stride' parameter of MaxPool2D .* Got \(0, 1\)"),
])
def test_sizes_that_make_no_sense_are_refused_with_what_was_expected(make, words):
    with pytest.raises(ValueError, match=words):
        make().build((1, 9, 8), RNG(0))


def test_the_fused_layer_refuses_two_numbers_and_says_what_to_take():
    two: Any = (3, 5)
    with pytest.raises(ValueError, match=r"\(3, 5\)\) takes square .* got \(3, 5\).* Conv2D followed by MaxPool2D"):
        ConvPool2D(4, two).build((1, 9, 8), RNG(0))


def test_the_summary_counts_a_kernels_rows_times_columns_and_names_them():
    network = Sequential([Conv2D(4, (3, 5), (2, 1), (1, 2)), MaxPool2D((2, 3))]).build((2, 9, 8), RNG(0))
    assert [str(layer) for layer in network.layers] == [
        "Conv2D(4, (3, 5), stride=(2, 1), padding=(1, 2))", "MaxPool2D((2, 3))"]
    assert network.shapes == [(2, 9, 8), (4, 5, 8), (4, 2, 2)]
    assert network.parameters.size == 4 * 2 * 3 * 5 + 4
    assert network.layers[0].multiply_adds((2, 9, 8), (4, 5, 8)) == 4 * 2 * 3 * 5 * 5 * 8


@pytest.mark.parametrize("engine", ["auto", pytest.param("fast", marks=pytest.mark.slow)])
def test_the_classifier_takes_rectangles_by_the_plain_code_and_its_state_builds_it_again(engine):
    model = CNNClassifier(filters=((3, 4), 4), kernel_size=(3, 5), padding=(1, 2), hidden_layer_sizes=(8,),
                          batch_size=32, max_iter=12, learning_rate_init=0.02, random_state=0, engine=engine)
    model.fit(*bars(300, RNG(0), size=12))
    kinds = [str(layer) for layer in model.network_.layers[1:9]]
    frame = "(3, 5), padding=(1, 2))"
    assert kinds == [f"Conv2D(3, {frame}", "ReLU()", f"Conv2D(4, {frame}", "MaxPool2D(2)", "ReLU()",
                     f"Conv2D(4, {frame}", "MaxPool2D(2)", "ReLU()"]
    X, y = bars(100, RNG(1), size=12)
    assert model.score(X, y) > 0.95 and model.engine_ == "plain"         # with engine="fast", too: it has no twin
    again = CNNClassifier.from_state(*model.state())
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_a_square_given_as_two_numbers_is_the_square(engine):
    X, y = bars(40, RNG(2))
    one, two = (CNNClassifier((4,), size, hidden_layer_sizes=(), max_iter=1, random_state=0, engine=engine).fit(X, y)
                for size in (3, (3, 3)))
    assert isinstance(two.network_.layers[1], ConvPool2D if engine == "fast" else Conv2D) and two.engine_ == engine
    np.testing.assert_array_equal(one.network_.parameters, two.network_.parameters)
    with pytest.raises(ValueError, match=r"'kernel_size' parameter of CNNClassifier .* int >= 1 or two.* Got \(3, 0\)"):
        CNNClassifier((4,), (3, 0)).fit(X, y)


def test_the_fused_layer_takes_a_frame_of_two_numbers():
    two: Any = (1, 2)
    fused, plain, pool = ConvPool2D(3, 3, two), Conv2D(3, 3, padding=two), MaxPool2D(2)
    shape = fused.build((2, 6, 7), RNG(0), np.float64)
    assert shape == pool.build(plain.build((2, 6, 7), RNG(0), np.float64), RNG(0)) == (3, 3, 4)
    plain.K[...] = fused.K
    X, dY = RNG(1).standard_normal((2, 2, 6, 7)), RNG(2).standard_normal((2, *shape))
    np.testing.assert_allclose(
        fused.forward(X, training=True), pool.forward(plain.forward(X, training=True), training=True), atol=1e-12)
    np.testing.assert_allclose(back(fused, dY), back(plain, back(pool, dY)), atol=1e-12)
    np.testing.assert_allclose(fused.dK, plain.dK, atol=1e-12)


@pytest.mark.slow
def test_a_network_with_rectangles_has_the_measured_gradient():
    rng = RNG(3)
    layers = cnn_layers(((2, 2), 2), (2, 3), "same", (3,), 3, batch_norm=True)
    network = Sequential(layers).build((1, 6, 7), rng, np.float64)
    network.parameters += rng.normal(0, 0.1, network.parameters.shape)
    X, weighting = rng.standard_normal((3, 1, 6, 7)), rng.standard_normal((3, 3))

    def f():
        return float((network.forward(X, training=True) * weighting).sum())

    f()
    dX = network.backward(weighting, need_dX=True)
    gradients = network.gradients.copy()
    assert gradient_error(dX, numerical_gradient(f, X)) < 1e-6
    assert gradient_error(gradients, numerical_gradient(f, network.parameters)) < 1e-6


def test_a_kernel_that_is_not_square_runs_the_plain_code_whatever_engine_is_asked_for():
    model = CNNClassifier((2,), (3, 5), hidden_layer_sizes=(), max_iter=1, random_state=0, engine="fast")
    assert model.fit(*bars(20, RNG(0))).engine_ == "plain"
