"""The recurrence and the network around it: by hand, by loops, and by finite differences through time."""

import copy
import pickle

import numpy as np
import pytest

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import SoftmaxCrossEntropy
from RNN_From_Scratch import CharNetwork, Embedding, Recurrence

RNG = np.random.default_rng


def a_recurrence(H=4, dropout=0.0, seed=0, dtype=np.float64):
    layer = Recurrence(dropout)
    layer.build((H,), RNG(seed), dtype)
    return layer


def test_two_steps_worked_by_hand():
    # atanh 0.6 = ln 2, so both states are 0.6 and both slopes 1 − 0.36 = 0.64.
    layer = a_recurrence(H=1)
    layer.W_hh[...] = 0.5
    h_before = np.array([[0.2]])
    z = np.array([np.log(2) - 0.5 * 0.2, np.log(2) - 0.5 * 0.6]).reshape(2, 1, 1)
    np.testing.assert_allclose(layer.forward(z, training=True, state=h_before[None]).ravel(), [0.6, 0.6])

    dz = layer.backward(np.array([0.0, 1.0]).reshape(2, 1, 1))      # only the last state is asked for anything
    np.testing.assert_allclose(dz.ravel(), [0.64 * 0.5 * 0.64, 0.64])
    np.testing.assert_allclose(layer.dW_hh, [[0.6 * 0.64 + 0.2 * 0.2048]])
    np.testing.assert_allclose(layer.dstate[0], [[0.2048 * 0.5]])


def test_the_layers_equal_the_formula_written_as_loops():
    V, H, T, B = 5, 3, 4, 2
    network = CharNetwork(V, H, rng=RNG(1), dtype=np.float64)
    network.parameters[...] = RNG(2).standard_normal(network.parameters.size)
    a = network.named_arrays()
    x, h0 = RNG(3).integers(0, V, (T, B)), RNG(4).standard_normal((B, H))
    logits = network.forward(x, h0[None, None]).reshape(T, B, V)
    for stream in range(B):
        h = h0[stream]
        for t in range(T):
            z = a["W_xh"][x[t, stream]] + a["b"]
            h = np.array([np.tanh(z[j] + sum(h[i] * a["W_hh"][i, j] for i in range(H))) for j in range(H)])
            np.testing.assert_allclose(logits[t, stream], h @ a["W_hy"] + a["c"], rtol=1e-12)


@pytest.mark.parametrize(("T", "B"), [(1, 1), (1, 3), (6, 1), (7, 3)])
def test_every_gradient_through_time_is_the_numerical_one(T, B):
    V, H = 5, 4
    network = CharNetwork(V, H, rng=RNG(0), dtype=np.float64)
    network.parameters[...] = 0.6 * RNG(1).standard_normal(network.parameters.size)
    x, y = RNG(2).integers(0, V - 1, (T, B)), RNG(3).integers(0, V, (T, B)).ravel()     # the last character never comes
    h0, loss = RNG(4).standard_normal((B, H)), SoftmaxCrossEntropy()

    def value():
        return loss.forward(network.forward(x, h0[None, None]), y)

    loss.forward(network.forward(x, h0[None, None], training=True), y)
    network.backward(loss.backward())
    gradients = {"W_xh": network.embedding.dW_xh, "b": network.embedding.db, "W_hh": network.cells[0].dW_hh,
                 "W_hy": network.output.dW, "c": network.output.db}
    for name, array in network.named_arrays().items():
        assert gradient_error(gradients[name], numerical_gradient(value, array)) < 1e-7, name
    assert gradient_error(network.cells[0].dstate[0], numerical_gradient(value, h0)) < 1e-7
    assert gradient_error(network.gradients, numerical_gradient(value, network.parameters)) < 1e-7


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_the_recurrence_alone_passes_the_gradient_check_with_and_without_dropout(dropout):
    T, B, H = 5, 2, 4
    layer = a_recurrence(H, dropout, seed=5)
    z, h0, weight = (RNG(6).standard_normal(shape) for shape in ((T, B, H), (B, H), (T, B, H)))

    def value():
        layer.rng = RNG(7)                                          # the same connections are left out every time
        return (weight * layer.forward(z, training=True, state=h0[None])).sum()

    value()
    dz, dW, dh = layer.backward(weight), layer.dW_hh.copy(), layer.dstate[0].copy()
    assert gradient_error(dz, numerical_gradient(value, z)) < 1e-7
    assert gradient_error(dW, numerical_gradient(value, layer.W_hh)) < 1e-7
    assert gradient_error(dh, numerical_gradient(value, h0)) < 1e-7


def test_dropout_leaves_out_its_share_of_the_weights_and_keeps_the_sum():
    layer = a_recurrence(300, dropout=0.3)
    layer.W_hh[...] = 1.0
    dropped = layer._recurrent_weights(training=True)
    assert set(np.unique(dropped)) == {0.0, 1 / 0.7}
    assert abs(dropped.mean() - 1) < 0.01
    assert not np.array_equal(dropped, layer._recurrent_weights(training=True)), "each chunk leaves out others"
    np.testing.assert_array_equal(layer.W_hh, 1.0)


def test_dropout_of_weights_is_for_training_only():
    layer = a_recurrence(8, dropout=0.5)
    z = RNG(0).standard_normal((3, 2, 8))
    np.testing.assert_array_equal(layer.forward(z), layer.forward(z))


def test_the_state_carried_over_chunks_is_one_long_pass():
    network = CharNetwork(6, 5, rng=RNG(0), dtype=np.float64)
    x = RNG(1).integers(0, 6, (11, 3))
    whole, h, pieces = network.forward(x, training=True), network.start(3), []
    last = network.last_state.copy()
    for start in range(0, 11, 4):
        pieces.append(network.forward(x[start : start + 4], h, training=True))
        h = network.last_state
    np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=1e-13)
    np.testing.assert_allclose(h, last, rtol=1e-13)


def test_streams_do_not_see_each_other():
    network = CharNetwork(6, 5, rng=RNG(0), dtype=np.float64)
    x = RNG(1).integers(0, 6, (7, 3))
    together = network.forward(x).reshape(7, 3, 6)
    for stream in range(3):
        np.testing.assert_allclose(network.forward(x[:, [stream]]), together[:, stream], rtol=1e-12)


def test_an_embedding_is_a_dense_layer_on_one_hot_vectors():
    layer = Embedding(4)
    layer.build((6,), RNG(0), np.float64)
    layer.b[...] = RNG(1).standard_normal(4)
    x = RNG(2).integers(0, 6, (5, 3))
    one_hot = np.eye(6)[x]                                          # (T, B, V)
    np.testing.assert_allclose(layer.forward(x, training=True), one_hot @ layer.W_xh + layer.b)
    dz = RNG(3).standard_normal((5, 3, 4))
    layer.backward(dz)
    np.testing.assert_allclose(layer.dW_xh, np.einsum("tbv,tbh->vh", one_hot, dz), atol=1e-14)
    np.testing.assert_allclose(layer.db, dz.sum((0, 1)))


def test_gradients_are_overwritten_not_added_up():
    network, loss = CharNetwork(5, 4, rng=RNG(0)), SoftmaxCrossEntropy()
    x = RNG(1).integers(0, 5, (6, 2))
    def gradients():
        loss.forward(network.forward(x, training=True), x.ravel())
        network.backward(loss.backward())
        return network.gradients.copy()

    np.testing.assert_array_equal(gradients(), gradients())


def test_the_recurrent_weights_start_as_a_rotation_times_the_gain():
    layer = a_recurrence(16)
    np.testing.assert_allclose(layer.W_hh @ layer.W_hh.T, layer.gain**2 * np.eye(16), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_array_keeps_the_dtype(dtype):
    network, loss = CharNetwork(5, 4, rng=RNG(0), dropout=0.2, dtype=dtype), SoftmaxCrossEntropy()
    x = RNG(1).integers(0, 5, (6, 2))
    logits = network.forward(x, training=True)
    loss.forward(logits, x.ravel())
    network.backward(loss.backward())
    everything = [logits, network.parameters, network.gradients, network.cells[0].dstate[0], network.last_state]
    assert {array.dtype for array in everything} == {np.dtype(dtype)}


def test_one_seed_is_one_network_in_every_dtype():
    single, double = (CharNetwork(5, 4, rng=RNG(0), dtype=dtype) for dtype in (np.float32, np.float64))
    np.testing.assert_array_equal(single.parameters, double.parameters.astype(np.float32))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))])
def test_a_copy_learns_by_itself(copied):
    network, loss = CharNetwork(5, 4, rng=RNG(0), dtype=np.float64), SoftmaxCrossEntropy()
    x = RNG(1).integers(0, 5, (6, 2))
    loss.forward(network.forward(x, training=True), x.ravel())
    before, twin = network.parameters.copy(), copied(network)
    np.testing.assert_array_equal(twin.forward(x), network.forward(x))
    loss.forward(twin.forward(x, training=True), x.ravel())
    twin.backward(loss.backward())
    twin.parameters -= twin.gradients
    assert not np.allclose(twin.forward(x), network.forward(x)), "its layers read its own flat array"
    np.testing.assert_array_equal(network.parameters, before)


def test_arrays_of_another_network_are_refused_by_name_and_nothing_changes():
    network = CharNetwork(5, 4, rng=RNG(0))
    before, arrays = network.parameters.copy(), CharNetwork(5, 3, rng=RNG(1)).named_arrays()
    with pytest.raises(ValueError, match=r"W_hh should be \(4, 4\) float32, got \(3, 3\) float32"):
        network.load_arrays(arrays)
    with pytest.raises(ValueError, match=r"c is missing; odd is not one"):
        network.load_arrays({"odd": before, **{k: v for k, v in network.named_arrays().items() if k != "c"}})
    np.testing.assert_array_equal(network.parameters, before)
