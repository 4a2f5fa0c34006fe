"""The three cells, alone and stacked: numerical gradients through time, the formulas as loops, states carried on."""

import numpy as np
import pytest

from ai_from_scratch.gradient_check import gradient_error, numerical_gradient
from Basic_Neural_Network_From_Scratch import Dropout, SoftmaxCrossEntropy
from RNN_From_Scratch import CELLS, GRU, LSTM, CharNetwork, CharRNN

RNG = np.random.default_rng


def a_cell(kind, H, dropout=0.0, dtype: type = np.float64):
    cell = CELLS[kind](dropout)
    cell.build((len(cell.initial_biases) * H,), RNG(0), dtype)
    for name in cell.trainable:
        getattr(cell, name)[...] = 0.6 * RNG(1).standard_normal(getattr(cell, name).shape)
    return cell


def a_network(cell, layers, V=13, H=3, **settings):
    network = CharNetwork(V, H, rng=RNG(0), layers=layers, cell=cell, dtype=np.float64, **settings)
    network.parameters[...] = 0.6 * RNG(1).standard_normal(network.parameters.size)
    return network


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


@pytest.mark.parametrize(("layers", "T", "B"), [
    (1, 1, 1), (2, 3, 2),
    *(pytest.param(*sizes, marks=pytest.mark.slow) for sizes in (
        (1, 1, 3), (1, 6, 1), (1, 6, 3), (2, 1, 1), (2, 1, 3), (2, 6, 1), (3, 5, 2)))])
@pytest.mark.parametrize("cell", CELLS)
def test_every_gradient_through_time_is_the_numerical_one(cell, layers, T, B):
    network, loss = a_network(cell, layers), SoftmaxCrossEntropy()
    x, y = RNG(2).integers(0, 12, (T, B)), RNG(3).integers(0, 13, T * B)             # the last character never comes
    state = RNG(4).standard_normal(network.start(B).shape)                           # h, and c
    loss.forward(network.forward(x, state, training=True), y)
    network.backward(loss.backward())
    value = lambda: loss.forward(network.forward(x, state), y)  # noqa: E731
    assert gradient_error(network.dstate, numerical_gradient(value, state)) < 1e-6
    gradients = network.named_arrays("d")
    for name, array in network.named_arrays().items():
        assert gradient_error(gradients[name], numerical_gradient(value, array)) < 1e-6, name


@pytest.mark.parametrize(("layers", "T", "B"), [
    (1, 4, 3), (2, 4, 3),
    *(pytest.param(*sizes, marks=pytest.mark.slow) for sizes in ((1, 1, 1), (1, 12, 1), (2, 1, 12), (3, 6, 2)))])
@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_of_every_input_is_the_numerical_one(cell, layers, T, B):
    # No character comes twice, so each row of W_xh is what comes in at one place of the chunk and nowhere else.
    network, loss = a_network(cell, layers), SoftmaxCrossEntropy()
    x, y = RNG(2).permutation(12)[: T * B].reshape(T, B), RNG(3).integers(0, 13, T * B)
    state = RNG(4).standard_normal(network.start(B).shape)
    loss.forward(network.forward(x, state, training=True), y)
    network.backward(loss.backward())
    measured = numerical_gradient(lambda: loss.forward(network.forward(x, state), y), network.embedding.W_xh)
    gradient = network.embedding.dW_xh
    assert gradient_error(gradient[x], measured[x]) < 1e-6 and (np.abs(measured[x]).max(axis=-1) > 1e-6).all()
    assert not gradient[np.setdiff1d(np.arange(13), x)].any(), "what did not come in has none"


@pytest.mark.parametrize(("T", "B"), [
    (1, 2), (5, 2), pytest.param(1, 1, marks=pytest.mark.slow), pytest.param(5, 1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_alone_passes_the_gradient_check_for_its_inputs_with_and_without_dropout(kind, dropout, T, B):
    H = 3
    cell = a_cell(kind, H, dropout)
    z, weight = RNG(6).standard_normal((T, B, len(cell.initial_biases) * H)), RNG(6).standard_normal((T, B, H))
    state = RNG(7).standard_normal((cell.arrays_in_state, B, H))

    def value():
        cell.rng = RNG(8)                                           # the same connections are left out every time
        return (weight * cell.forward(z, True, state)).sum()

    value()
    kept = z.copy()
    dz = cell.backward(weight)
    np.testing.assert_array_equal(z, kept)
    gradients = [(dz, z), (cell.dstate.copy(), state)]
    gradients += [(getattr(cell, "d" + name).copy(), getattr(cell, name)) for name in cell.trainable]
    for gradient, array in gradients:
        assert gradient_error(gradient, numerical_gradient(value, array)) < 1e-6


@pytest.mark.slow
def test_dropout_on_the_way_up_passes_the_gradient_check_in_a_network():
    network, loss = a_network("gru", 2, layer_dropout=0.4, dropout=0.3), SoftmaxCrossEntropy()
    x, y = RNG(2).integers(0, 13, (4, 2)), RNG(3).integers(0, 13, 8)

    def value():
        for layer in (*network.cells, *network.drops):
            layer.rng = RNG(5)
        return loss.forward(network.forward(x, training=True), y)

    value()
    network.backward(loss.backward())
    assert gradient_error(network.gradients.copy(), numerical_gradient(value, network.parameters)) < 1e-6


def test_dropout_leaves_out_its_share_keeps_the_mean_and_is_for_training_only():
    layer, X = Dropout(0.25), np.ones((50, 400), np.float32)
    layer.build((400,), RNG(0))
    Y = layer.forward(X, training=True)
    assert set(np.unique(Y)) == {0, np.float32(1 / 0.75)} and abs(Y.mean() - 1) < 0.01
    assert Y.dtype == np.float32
    assert not np.array_equal(layer.forward(X, training=True), Y)
    np.testing.assert_array_equal(layer.forward(X), X)


def test_an_lstm_equals_its_formula_written_out():
    H, cell = 3, a_cell("lstm", 3)
    z, (h, c) = RNG(2).standard_normal((6, 1, 4 * H)), RNG(3).standard_normal((2, 1, H))
    ours = cell.forward(z, state=np.stack([h, c]))
    for t in range(6):
        i, f, g, o = np.split(z[t] + h @ cell.W_hh, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(ours[t], h, rtol=1e-12)
    np.testing.assert_allclose(cell.last_state, [h, c], rtol=1e-12)


def test_a_gru_equals_its_formula_written_out():
    H, cell = 3, a_cell("gru", 3)
    z, h = RNG(2).standard_normal((6, 1, 3 * H)), RNG(3).standard_normal((1, H))
    ours = cell.forward(z, state=h[None])
    for t in range(6):
        (r, u, n), (in_r, in_u, in_n) = np.split(h @ cell.W_hh, 3, axis=1), np.split(z[t], 3, axis=1)
        update = sigmoid(in_u + u)
        h = (1 - update) * np.tanh(in_n + sigmoid(in_r + r) * (n + cell.b_hn)) + update * h
        np.testing.assert_allclose(ours[t], h, rtol=1e-12)


def test_open_gates_keep_a_memory_that_the_plain_cell_forgets():
    z = np.zeros((100, 1, 4))
    z[:, :, 0], z[:, :, 1] = -50, 50                                # nothing comes in, nothing is forgotten
    lstm = LSTM()
    lstm.build((4,), RNG(0), np.float64)
    lstm.forward(z, True, np.array([0.0, 0.7]).reshape(2, 1, 1))
    assert np.isclose(lstm.last_state[1, 0, 0], 0.7)
    gru = GRU()
    gru.build((3,), RNG(0), np.float64)
    assert np.isclose(gru.forward(z[:, :, [2, 1, 2]], state=np.full((1, 1, 1), 0.7))[-1, 0, 0], 0.7)
    plain = a_cell("rnn", 1)
    plain.W_hh[...] = 0.9
    assert abs(plain.forward(z[:, :, :1] * 0, state=np.full((1, 1, 1), 0.7))[-1, 0, 0]) < 1e-4


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_the_state_carried_over_chunks_is_one_long_pass(cell, layers):
    network, pieces = a_network(cell, layers), []
    state = network.start(2)
    x = RNG(1).integers(0, 13, (11, 2))
    whole, last = network.read(x)
    for start, end in ((0, 4), (4, 5), (5, 11)):
        piece, state = network.read(x[start:end], state)
        pieces.append(piece)
    np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=1e-12)
    np.testing.assert_allclose(state, last, rtol=1e-12)


@pytest.mark.parametrize("kind", CELLS)
def test_a_chunk_of_no_characters_leaves_the_state_as_it_is(kind):
    cell = a_cell(kind, 4)
    state = RNG(3).standard_normal((cell.arrays_in_state, 3, 4))
    assert cell.forward(np.empty((0, 3, len(cell.initial_biases) * 4)), state=state).shape == (0, 3, 4)
    np.testing.assert_array_equal(cell.last_state, state)


@pytest.mark.parametrize("cell", CELLS)
def test_b_starts_at_1_for_the_forget_gate_of_an_lstm_and_at_0_everywhere_else(cell):
    network, H = CharNetwork(5, 4, rng=RNG(0), layers=2, cell=cell), 4
    for number in ("", "_2"):
        b = network.named_arrays()[f"b{number}"]
        expected = np.zeros(b.shape)
        if cell == "lstm":
            expected[H : 2 * H] = 1                                 # the columns are in the order i, f, g, o
        np.testing.assert_array_equal(b, expected)
    if cell == "lstm":                                              # and so the formula forgets less than a half
        lstm, c = network.cells[0], np.ones((1, 1, H), np.float32)
        lstm.W_hh[...] = 0
        z = np.broadcast_to(network.embedding.b, (1, 1, 4 * H))
        lstm.forward(z, state=np.concatenate([np.zeros_like(c), c]))
        np.testing.assert_allclose(lstm.last_state[1], sigmoid(1.0), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_a_stack_learns_a_rhyme_writes_it_and_comes_back_from_its_arrays(cell):
    rhyme = "the cat sat on the mat, the rat sat on the cat.\n"
    model = CharRNN(16, layers=2, cell=cell, streams=4, chunk=12, dropout=0.1, layer_dropout=0.05, max_iter=60,
                    learning_rate_init=0.02, random_state=0).fit(rhyme * 8)
    assert "".join(model.generate("the cat sat on the mat, the rat", 17, temperature=0)) == " sat on the cat.\n"
    twin = CharRNN.from_arrays(*model.to_arrays())
    assert twin.network_.cell == cell and len(twin.network_.cells) == 2
    np.testing.assert_array_equal(twin.surprise(rhyme), model.surprise(rhyme))


@pytest.mark.parametrize("cell", CELLS)
def test_every_array_keeps_float32(cell):
    network, loss = CharNetwork(5, 4, rng=RNG(0), layers=2, cell=cell, dropout=0.2, layer_dropout=0.2), \
        SoftmaxCrossEntropy()
    x = RNG(1).integers(0, 5, (6, 2))
    logits = network.forward(x, training=True)
    loss.forward(logits, x.ravel())
    network.backward(loss.backward())
    everything = [logits, network.parameters, network.gradients, network.dstate, network.last_state]
    assert {array.dtype for array in everything} == {np.dtype(np.float32)}
