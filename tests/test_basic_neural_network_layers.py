"""Each layer alone: by hand, against finite differences, and what every layer has to keep to."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import Dense, LeakyReLU, ReLU, Sigmoid, Tanh, initial_weights, sigmoid

LAYERS = [lambda: Dense(4), lambda: Dense(1, "glorot"), ReLU, lambda: LeakyReLU(0.1), Sigmoid, Tanh]
NAMES = ["Dense(4)", "Dense(1)", "ReLU", "LeakyReLU", "Sigmoid", "Tanh"]


def built(make, inputs, rng, dtype=np.float64):
    layer = make()
    output = layer.build((inputs,), rng, dtype)
    if "b" in layer.trainable:
        layer.b[...] = rng.standard_normal(layer.b.shape)
    return layer, output


def input_gradient(layer, dY) -> np.ndarray:
    dX = layer.backward(np.asarray(dY, dtype=np.float64))
    assert dX is not None
    return dX


def away_from_the_kink(X):
    """ReLU has no derivative at 0: a finite difference across 0 would measure about a half."""
    return np.where(np.abs(X) < 1e-3, 0.5, X)


@pytest.mark.parametrize("make", LAYERS, ids=NAMES)
@given(N=st.integers(1, 6), inputs=st.integers(1, 7), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=12, deadline=None)
def test_backward_is_the_gradient_of_forward_for_inputs_and_parameters(make, N, inputs, seed):
    rng = np.random.default_rng(seed)
    layer, output = built(make, inputs, rng)
    X = away_from_the_kink(rng.standard_normal((N, inputs)))
    dY = rng.standard_normal((N, *output))
    layer.forward(X, training=True)
    dX = layer.backward(dY)

    assert gradient_error(dX, numerical_gradient(lambda x: (layer.forward(x) * dY).sum(), X)) < 1e-6
    for name, parameter, gradient in layer.parameters():
        measured = numerical_gradient(lambda: (layer.forward(X) * dY).sum(), parameter)
        assert gradient_error(gradient, measured) < 1e-6, name


@pytest.mark.parametrize("make", LAYERS, ids=NAMES)
def test_a_layer_has_good_manners(make):
    rng = np.random.default_rng(1)
    layer, output = built(make, 5, rng)
    X, dY = rng.standard_normal((3, 5)), rng.standard_normal((3, *output))
    X.setflags(write=False)
    dY.setflags(write=False)
    given_arrays = {name: gradient for name, _, gradient in layer.parameters()}

    assert np.array_equal(layer.forward(X), layer.forward(X, training=True))
    first = layer.backward(dY)
    gradients = {name: gradient.copy() for name, gradient in given_arrays.items()}
    second = layer.backward(dY)
    assert np.array_equal(first, second), "a second backward gives the same"
    for name, _, gradient in layer.parameters():
        assert gradient is given_arrays[name], "gradients are written into the array that is there"
        assert np.array_equal(gradient, gradients[name]), "and overwritten, not added to"
    assert layer.backward(dY, need_dX=False) is None

    layer.forward(rng.standard_normal((9, 5)))      # not training: nothing is kept, the old batch still counts
    assert np.array_equal(layer.backward(dY), first)
    layer.forward(rng.standard_normal((7, 5)), training=True)
    assert layer.backward(rng.standard_normal((7, *output))).shape == (7, 5)


@pytest.mark.parametrize("make", LAYERS, ids=NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_layer_keeps_its_dtype(make, dtype):
    rng = np.random.default_rng(2)
    layer, output = built(make, 5, rng, dtype)
    X, dY = rng.standard_normal((3, 5)).astype(dtype), rng.standard_normal((3, *output)).astype(dtype)
    assert layer.forward(X, training=True).dtype == dtype
    assert layer.backward(dY).dtype == dtype
    for _, parameter, gradient in layer.parameters():
        assert parameter.dtype == gradient.dtype == dtype
        assert parameter.shape == gradient.shape


@pytest.mark.parametrize("make", LAYERS, ids=NAMES)
def test_what_a_layer_keeps_for_backward_is_not_pickled(make):
    layer, _ = built(make, 5, np.random.default_rng(3))
    size = len(pickle.dumps(layer))
    layer.forward(np.ones((1000, 5)), training=True)
    assert len(pickle.dumps(layer)) == size
    assert np.array_equal(pickle.loads(pickle.dumps(layer)).forward(np.ones((2, 5))), layer.forward(np.ones((2, 5))))


def test_dense_forward_and_backward_by_hand():
    layer = Dense(2)
    layer.build((2,), np.random.default_rng(0), np.float64)
    layer.W[...] = [[1, 2], [3, 4]]
    layer.b[...] = [10, 20]
    assert layer.forward(np.array([[1.0, 1.0], [2.0, 0.0]]), training=True).tolist() == [[14, 26], [12, 24]]
    assert input_gradient(layer, [[1, 0], [0, 2]]).tolist() == [[1, 3], [4, 8]]
    assert layer.dW.tolist() == [[1, 4], [1, 0]]
    assert layer.db.tolist() == [1, 2]


def test_relu_by_hand_takes_the_slope_at_zero_as_zero():
    layer = ReLU()
    assert layer.forward(np.array([[-2.0, 0.0, 3.0]]), training=True).tolist() == [[0, 0, 3]]
    assert input_gradient(layer, [[5, 5, 5]]).tolist() == [[0, 0, 5]]


def test_a_leaky_relu_by_hand_lets_a_share_of_what_is_negative_through():
    layer = LeakyReLU(0.1)
    assert np.allclose(layer.forward(np.array([[-2.0, 0.0, 3.0]]), training=True), [[-0.2, 0, 3]])
    assert np.allclose(input_gradient(layer, [[5, 5, 5]]), [[0.5, 0.5, 5]])
    with pytest.raises(ValueError, match=r"'slope' parameter of LeakyReLU .* \[0.0, 1.0\)\. Got 1 "):
        LeakyReLU(1)


def test_a_relu_lets_a_nan_through_so_that_it_is_noticed():
    assert np.isnan(ReLU().forward(np.array([[np.nan, 1.0]]))[0, 0])


def test_activations_take_images_as_well_as_vectors():
    X = np.random.default_rng(4).standard_normal((2, 3, 4, 4))
    for layer in (ReLU(), Sigmoid(), Tanh()):
        assert layer.build((3, 4, 4), np.random.default_rng(0)) == (3, 4, 4)
        assert layer.forward(X, training=True).shape == input_gradient(layer, X).shape == X.shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_is_exact_at_logits_of_a_thousand(dtype):
    z = np.array([-1000, -40, 0, 40, 1000], dtype)
    value = sigmoid(z)
    assert value.dtype == dtype
    assert value[0] == 0 and value[2] == 0.5 and value[4] == 1
    assert np.isclose(value[1], np.exp(-40.0), rtol=1e-6), "no rounding to zero long before it is zero"
    layer = Sigmoid()
    layer.forward(z[None], training=True)
    assert input_gradient(layer, np.ones((1, 5)))[0, [0, 4]].tolist() == [0, 0]


def test_he_and_glorot_have_the_variance_of_their_papers():
    rng = np.random.default_rng(5)
    he, glorot = initial_weights((400, 300), "he", rng=rng), initial_weights((400, 300), "glorot", rng=rng)
    assert np.isclose(he.var(), 2 / 400, rtol=0.02)
    assert np.isclose(glorot.var(), 2 / 700, rtol=0.02)
    assert np.abs(glorot).max() <= np.sqrt(6 / 700)


def test_one_seed_gives_one_network_in_both_dtypes():
    single, double = Dense(3), Dense(3)
    single.build((4,), np.random.default_rng(6), np.float32)
    double.build((4,), np.random.default_rng(6), np.float64)
    assert np.array_equal(single.W, double.W.astype(np.float32))


def test_wrong_shapes_and_names_are_refused_with_what_was_expected():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"shape \(inputs,\), and got shape \(8, 13, 13\) to turn into \(10,\)"):
        Dense(10).build((8, 13, 13), rng)
    with pytest.raises(ValueError, match="at least one input and one output"):
        Dense(3).build((0,), rng)
    with pytest.raises(ValueError, match=r"'initialisation' parameter of Dense .* 'he', 'glorot'\. Got 'xavier'"):
        Dense(3, "xavier")
    with pytest.raises(ValueError, match=r"'he' or 'glorot', got 'xavier'"):
        initial_weights((3, 3), "xavier", rng)


def test_the_slope_of_a_leaky_relu_is_a_hundredth():
    assert LeakyReLU().slope == 0.01
