"""The fast engine: fused layers in place of plain ones, the same first weights, the same numbers, the same training."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cnn_classifier import bars

from Basic_Neural_Network_From_Scratch import Adam, Dense, ReLU, Sequential, SoftmaxCrossEntropy, take_step
from CNN_From_Scratch import AveragePool2D, CNNClassifier, Conv2D, Flatten, MaxPool2D, cnn_layers
from CNN_From_Scratch.classifier import LARGEST_PLAIN_SIZE
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D, fuse

RNG = np.random.default_rng
quick = settings(max_examples=15, deadline=None, derandomize=True)


@quick
@given(N=st.integers(1, 3), C=st.integers(1, 2), H=st.integers(18, 21), W=st.integers(18, 21),
       blocks=st.sampled_from([(2,), (2, 3), ((2, 3), 2), ((1, 2), (2, 1))]), k=st.integers(1, 3),
       padding=st.sampled_from(["valid", "same", 1, (1, 2)]), batch_norm=st.booleans(), ties=st.booleans(),
       dtype=st.sampled_from([np.float32, np.float64]), seed=st.integers(0, 99))
def test_fused_layers_have_the_same_first_weights_outputs_and_gradients(
        N, C, H, W, blocks, k, padding, batch_norm, ties, dtype, seed):
    plain, fast = (Sequential(make(cnn_layers(blocks, k, padding, (4,), 3, batch_norm=batch_norm)))
                   .build((C, H, W), RNG(seed), dtype) for make in (list, fuse))
    assert sum(isinstance(layer, ConvPool2D) for layer in fast.layers) == len(blocks)
    np.testing.assert_array_equal(plain.parameters, fast.parameters)
    rng = RNG(seed + 1)
    X = (rng.integers(-1, 2, (N, C, H, W)) if ties else rng.standard_normal((N, C, H, W))).astype(dtype)
    if ties:                            # whole numbers are exact in any order of summation: the same ties on both sides
        fast.parameters[:] = plain.parameters[:] = rng.integers(-1, 2, plain.parameters.shape)
    exact: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9} if dtype == np.float64 else {"rtol": 2e-3, "atol": 2e-3}
    z = plain.forward(X, training=True)
    np.testing.assert_allclose(fast.forward(X, training=True), z, **exact)
    np.testing.assert_allclose(fast.forward(X), plain.forward(X), **exact)
    if dtype == np.float64 and not (ties and batch_norm):       # else rounding may decide which of two near equals wins
        dz = rng.standard_normal(z.shape)
        np.testing.assert_allclose(np.asarray(fast.backward(dz, need_dX=True)),
                                   np.asarray(plain.backward(dz, need_dX=True)), **exact)
        np.testing.assert_allclose(fast.gradients, plain.gradients, **exact)


def test_layers_that_are_built_and_trained_are_fused_with_the_weights_that_they_have():
    plain = Sequential(cnn_layers((3, 4), 3, "same", (5,), 3)).build((1, 10, 10), RNG(0))
    X, y = RNG(1).standard_normal((20, 1, 10, 10)).astype(np.float32), np.arange(20) % 3
    for _ in range(5):
        take_step(plain, SoftmaxCrossEntropy(), Adam(), X, y)
    fused = fuse(plain.layers)
    z = X
    for layer in fused:
        z = layer.forward(z)
    np.testing.assert_allclose(z, plain.forward(X), rtol=1e-4, atol=1e-5)
    assert [str(layer) for layer in fused[:3]] == ["Rescale()", "ConvPool2D(3, 3, padding='same')", "ReLU()"]
    assert fused[1].K is plain.layers[1].K                       # type: ignore[attr-defined]


def test_what_is_no_square_convolution_with_a_two_by_two_maximum_behind_it_stays():
    for pair in ([Conv2D(2, (3, 5)), MaxPool2D(2)], [Conv2D(2, 3, 2), MaxPool2D(2)], [Conv2D(2, 3), MaxPool2D(3)],
                 [Conv2D(2, 3), MaxPool2D(2, 1)], [Conv2D(2, 3), AveragePool2D(2)], [Conv2D(2, 3), ReLU()],
                 [MaxPool2D(2), Conv2D(2, 3)], [Flatten(), Dense(3)], [MaxPool2D(2), MaxPool2D(2)]):
        assert fuse(pair) == pair
    assert [str(layer) for layer in fuse([Conv2D(2, (3, 3), padding=1), MaxPool2D((2, 2))])] == [
        "ConvPool2D(2, 3, padding=1)"]


def test_a_square_and_a_rectangular_kernel_start_with_the_same_power():
    square, rectangle = (cnn_layers((400,), size, "valid", (), 3)[1] for size in (3, (1, 9)))
    for layer in (square, rectangle):
        layer.build((1, 12, 12), RNG(0), np.float64)
        assert np.mean(layer.K**2) == pytest.approx(1 / 9, rel=0.1)                 # type: ignore[attr-defined]
    alone = Conv2D(400, 3)
    alone.build((1, 12, 12), RNG(0), np.float64)
    assert np.mean(alone.K**2) == pytest.approx(2 / 9, rel=0.1)


def test_both_engines_train_alike_and_say_which_they_are():
    X, y = bars(100, RNG(0))
    plain, auto, fast = (
        CNNClassifier((4, 4), 3, padding="same", hidden_layer_sizes=(8,), shift=1, batch_size=30, max_iter=3,
                      random_state=0, engine=engine).fit(X, y) for engine in ("plain", "auto", "fast"))
    assert (plain.engine_, auto.engine_, fast.engine_) == ("plain", "plain", "fast") and math.inf == LARGEST_PLAIN_SIZE
    np.testing.assert_array_equal(auto.network_.parameters, plain.network_.parameters)
    np.testing.assert_allclose(fast.loss_curve_, plain.loss_curve_, rtol=1e-3)
    np.testing.assert_allclose(fast.predict_proba(X), plain.predict_proba(X), atol=1e-2)
    again = CNNClassifier.from_state(*fast.state())
    assert again.engine_ == "fast"
    np.testing.assert_array_equal(again.predict_proba(X), fast.predict_proba(X))
    other = CNNClassifier((4, 4), 3, padding="same", hidden_layer_sizes=(8,), max_iter=1).fit(X, y)
    other.network_.load_arrays(fast.state()[0])                  # names are roles: either engine reads them
    np.testing.assert_allclose(other.predict_proba(X), fast.predict_proba(X), rtol=1e-4, atol=1e-6)
