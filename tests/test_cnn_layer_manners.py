"""What every layer of the chapter keeps to: any batch, any memory order, its dtype, clear refusals."""

import pickle

import numpy as np
import pytest
from test_cnn_layers import back

from Basic_Neural_Network_From_Scratch import Sequential
from CNN_From_Scratch import AveragePool2D, Conv2D, Flatten, MaxPool2D, Rescale
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D

LAYERS = [Conv2D(3, 3), Conv2D(2, 3, 2, "same"), ConvPool2D(2, 2), MaxPool2D(2), MaxPool2D(3, 2), AveragePool2D(2),
          Flatten(), Rescale()]


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_a_layer_serves_any_batch_twice_alike_in_its_dtype_and_leaves_its_input_alone(layer):
    rng = np.random.default_rng(5)
    shape = layer.build((2, 8, 9), rng, np.float32)
    for N in (4, 1, 3):
        X = rng.standard_normal((N, 2, 8, 9)).astype(np.float32)
        dY = rng.standard_normal((N, *shape)).astype(np.float32)
        kept_X, kept_dY = X.copy(), dY.copy()
        Y = layer.forward(X, training=True)
        first = back(layer, dY).copy()
        gradients = [gradient.copy() for _, _, gradient in layer.parameters()]
        layer.forward(2 * X)                                     # not a training pass: it changes nothing
        np.testing.assert_array_equal(layer.backward(dY), first)
        for (_, _, gradient), before in zip(layer.parameters(), gradients, strict=True):
            np.testing.assert_array_equal(gradient, before)
        assert layer.backward(dY, need_dX=False) is None
        assert Y.shape == (N, *shape) and first.shape == X.shape
        assert Y.dtype == first.dtype == np.float32
        np.testing.assert_array_equal(X, kept_X)
        np.testing.assert_array_equal(dY, kept_dY)


def test_a_layer_gives_the_same_for_every_memory_order_of_its_input():
    rng = np.random.default_rng(6)
    X = rng.standard_normal((3, 2, 8, 8))
    batch_last = X.transpose(1, 2, 3, 0).copy().transpose(3, 0, 1, 2)
    for layer in (Conv2D(3, 3), ConvPool2D(3, 3), MaxPool2D(2), AveragePool2D(2), Flatten()):
        layer.build((2, 8, 8), rng, np.float64)
        np.testing.assert_array_equal(layer.forward(X), layer.forward(batch_last))


@pytest.mark.parametrize(("make", "shape", "words"), [
    (lambda: Conv2D(4, 5), (784,), r"Conv2D\(4, 5\) takes images.*\(784,\)"),
    (lambda: Conv2D(4, 5), (1, 4, 9), r"5 × 5 does not fit.*\(1, 4, 9\)"),
    (lambda: Conv2D(0, 5), (1, 9, 9), "'filters' .* int >= 1"),
    (lambda: Conv2D(4, 3, padding="full"), (1, 9, 9), "'valid', 'same' or an int >= 0 or two .*'full'"),
    (lambda: Conv2D(4, 3, padding=-1), (1, 9, 9), "Got -1"),
    (lambda: ConvPool2D(4, 5), (1, 5, 5), r"gives 1 × 1 outputs"),
    (lambda: MaxPool2D(3), (1, 2, 8), r"3 × 3 at stride 3 does not fit.*\(1, 2, 8\)"),
    (lambda: AveragePool2D(2), (8,), r"takes images.*\(8,\)"),
])
def test_what_does_not_fit_is_refused_with_both_shapes_named(make, shape, words):
    with pytest.raises(ValueError, match=words):
        make().build(shape, np.random.default_rng(0))


def test_a_network_names_the_layer_that_does_not_fit():
    with pytest.raises(ValueError, match=r"layer 2: .*3 × 3.*\(4, 2, 2\)"):
        Sequential([Conv2D(4, 3), MaxPool2D(2), Conv2D(4, 3)]).build((1, 6, 6), np.random.default_rng(0))


def test_the_fused_layer_counts_the_products_of_all_four_pixels_of_its_cells():
    rng = np.random.default_rng(10)
    plain, fused = Conv2D(4, 3), ConvPool2D(4, 3)
    for side, places in ((10, 64), (11, 64)):               # 9 × 9 outputs: the last row and column fill no cell
        convolved, pooled = plain.build((2, side, side), rng), fused.build((2, side, side), rng)
        assert fused.multiply_adds((2, side, side), pooled) == places * 4 * 2 * 3 * 3
        if side == 10:
            assert plain.multiply_adds((2, side, side), convolved) == fused.multiply_adds((2, side, side), pooled)


def test_what_forward_keeps_for_backward_is_not_pickled():
    layer = ConvPool2D(3, 3)
    layer.build((1, 20, 20), np.random.default_rng(0))
    size = len(pickle.dumps(layer))
    layer.forward(np.zeros((50, 1, 20, 20), np.float32), training=True)
    assert len(pickle.dumps(layer)) == size


def test_an_untrained_forward_keeps_nothing():
    for layer in (Conv2D(3, 3), ConvPool2D(3, 3), MaxPool2D(2), AveragePool2D(2), Flatten()):
        layer.build((1, 8, 8), np.random.default_rng(0))
        before = set(vars(layer))
        layer.forward(np.zeros((5, 1, 8, 8), np.float32))
        assert set(vars(layer)) == before
