"""The same numbers through PyTorch's nn.RNN, nn.LSTM and nn.GRU: states, gradients, twenty clipped steps of Adam."""

from functools import partial

import numpy as np
import pytest

from Basic_Neural_Network_From_Scratch import Adam, SoftmaxCrossEntropy
from RNN_From_Scratch import CELLS, CharNetwork, CharRNN, streams
from RNN_From_Scratch.checkpoint import Run
from RNN_From_Scratch.demo.checks import InTorch
from RNN_From_Scratch.network import loss_and_gradient
from RNN_From_Scratch.text import Chunk, Vocabulary

torch = pytest.importorskip("torch")
RNG = np.random.default_rng
V, H = 7, 12


def a_network(dtype, cell="rnn", layers=1):
    network = CharNetwork(V, H, rng=RNG(0), layers=layers, cell=cell, dtype=dtype)
    network.parameters[...] = 0.4 * RNG(1).standard_normal(network.parameters.size)
    return network


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 4e-6), (np.float64, 1e-12)])
@pytest.mark.parametrize(("T", "B"), [(1, 1), (9, 4)])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_values_and_gradients_are_pytorchs(cell, layers, T, B, dtype, tolerance):
    network, loss = a_network(dtype, cell, layers), SoftmaxCrossEntropy()
    twin, before = InTorch(torch, network), RNG(2).standard_normal(network.start(B).shape).astype(dtype)
    x, y = RNG(3).integers(0, V, (T, B)), RNG(4).integers(0, V, T * B)

    logits = network.forward(x, before, training=True)
    value = loss.forward(logits, y)
    network.backward(loss.backward())
    their_state = torch.from_numpy(before).requires_grad_()
    their_logits, their_last = twin(x, their_state)
    their_value = torch.nn.functional.cross_entropy(their_logits, torch.from_numpy(y))
    their_value.backward()

    np.testing.assert_allclose(logits, their_logits.detach().numpy(), atol=tolerance)
    np.testing.assert_allclose(network.last_state, their_last.detach().numpy(), atol=tolerance)
    assert np.isclose(value, their_value.item(), rtol=tolerance)
    np.testing.assert_allclose(network.dstate, their_state.grad.numpy(), atol=tolerance)
    ours = network.named_arrays("d")
    theirs = twin.gradients()
    assert ours.keys() == theirs.keys()
    for name, gradient in theirs.items():
        np.testing.assert_allclose(ours[name], gradient, atol=tolerance, err_msg=name)


@pytest.mark.parametrize(("cell", "layers"), [("rnn", 1), ("rnn", 2), ("lstm", 2), ("gru", 2)])
def test_twenty_steps_over_carried_chunks_are_pytorchs_loss_by_loss(cell, layers):
    model = CharRNN(H, clip=0.5)
    model.network_ = a_network(np.float64, cell, layers)
    twin = InTorch(torch, model.network_)
    run, theirs = Run(Adam(0.01), RNG(0), {}), torch.optim.Adam(twin.parameters(), 0.01)
    codes = Vocabulary("abcdefg").encode("".join(RNG(5).choice(list("abcdefg"), 400)))
    laid_out, T = streams(codes, 3, 6), 6
    backpropagate = partial(loss_and_gradient, model.network_)
    their_state = torch.from_numpy(model.network_.start(3))
    for step in range(20):
        piece = laid_out[step * T : step * T + T + 1]
        value, norm = model._update(Chunk(piece[:-1], piece[1:], step == 0), run, backpropagate)
        theirs.zero_grad()
        logits, last = twin(piece[:-1], their_state)
        their_value = torch.nn.functional.cross_entropy(logits, torch.from_numpy(piece[1:].ravel()))
        their_value.backward()
        # Theirs divides by the norm + 1e-6, which eight digits would show: their norm, the formula's division.
        their_norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in twin.parameters()])
        for parameter in twin.parameters():
            parameter.grad *= min(1.0, 0.5 / their_norm.item())
        theirs.step()
        their_state = last.detach()
        assert np.isclose(value, their_value.item(), rtol=1e-8), step
        assert np.isclose(norm, their_norm.item(), rtol=1e-7), step
    for name, tensor in twin.tensors().items():
        np.testing.assert_allclose(model.network_.named_arrays()[name], tensor.detach().numpy().T, atol=1e-6)
