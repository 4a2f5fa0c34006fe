"""The same numbers through PyTorch's nn.RNN: states, gradients, and twenty steps of training with clipping and Adam."""

import numpy as np
import pytest

from Basic_Neural_Network_From_Scratch import Adam, SoftmaxCrossEntropy
from RNN_From_Scratch import CharNetwork, CharRNN, streams
from RNN_From_Scratch.text import Chunk, Vocabulary

torch = pytest.importorskip("torch")
RNG = np.random.default_rng
V, H = 7, 12


def a_network(dtype):
    network = CharNetwork(V, H, rng=RNG(0), dtype=dtype)
    network.parameters[...] = 0.4 * RNG(1).standard_normal(network.parameters.size)
    return network


class Twin:
    """The same network of PyTorch's parts, with the same numbers.  Its matrices lie transposed."""

    def __init__(self, network):
        dtype = torch.from_numpy(network.parameters).dtype
        self.rnn, self.out = torch.nn.RNN(V, H, dtype=dtype), torch.nn.Linear(H, V, dtype=dtype)
        arrays = network.named_arrays()
        with torch.no_grad():
            self.rnn.bias_hh_l0.zero_()               # they have a second bias that does the same
            for name, tensor in self.tensors().items():
                tensor.copy_(torch.from_numpy(arrays[name].T.copy()))
        self.rnn.bias_hh_l0.requires_grad_(False)

    def tensors(self):
        return {"W_xh": self.rnn.weight_ih_l0, "W_hh": self.rnn.weight_hh_l0, "b": self.rnn.bias_ih_l0,
                "W_hy": self.out.weight, "c": self.out.bias}

    def __call__(self, x, h):
        one_hot = torch.nn.functional.one_hot(torch.from_numpy(x), V).to(h.dtype)
        states, last = self.rnn(one_hot, h[None])
        return self.out(states).reshape(-1, V), last[0]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-6), (np.float64, 1e-12)])
@pytest.mark.parametrize(("T", "B"), [(1, 1), (9, 4)])
def test_values_and_gradients_are_pytorchs(T, B, dtype, tolerance):
    network, loss = a_network(dtype), SoftmaxCrossEntropy()
    twin, h0 = Twin(network), RNG(2).standard_normal((B, H)).astype(dtype)
    x, y = RNG(3).integers(0, V, (T, B)), RNG(4).integers(0, V, T * B)

    logits = network.forward(x, h0, training=True)
    value = loss.forward(logits, y)
    network.backward(loss.backward())
    their_h0 = torch.from_numpy(h0).requires_grad_()
    their_logits, their_last = twin(x, their_h0)
    their_value = torch.nn.functional.cross_entropy(their_logits, torch.from_numpy(y))
    their_value.backward()

    np.testing.assert_allclose(logits, their_logits.detach().numpy(), atol=tolerance)
    np.testing.assert_allclose(network.last, their_last.detach().numpy(), atol=tolerance)
    assert np.isclose(value, their_value.item(), rtol=tolerance)
    np.testing.assert_allclose(network.recurrence.dh_before, their_h0.grad.numpy(), atol=tolerance)
    ours = dict(zip(network.named_arrays(), (network.embedding.dW_xh, network.recurrence.dW_hh, network.embedding.db,
                                             network.output.dW, network.output.db), strict=True))
    for name, tensor in twin.tensors().items():
        np.testing.assert_allclose(ours[name], tensor.grad.numpy().T, atol=tolerance, err_msg=name)


def test_twenty_steps_over_carried_chunks_are_pytorchs_loss_by_loss():
    model = CharRNN(H, clip=0.5)
    model.network_ = a_network(np.float64)
    twin = Twin(model.network_)
    parameters = list(twin.tensors().values())
    optimizer, theirs = Adam(0.01), torch.optim.Adam(parameters, 0.01)
    codes = Vocabulary("abcdefg").encode("".join(RNG(5).choice(list("abcdefg"), 400)))
    laid_out, loss, T = streams(codes, 3, 6), SoftmaxCrossEntropy(), 6
    h, their_h = None, torch.zeros(3, H, dtype=torch.float64)
    for step in range(20):
        piece = laid_out[step * T : step * T + T + 1]
        value, norm, h = model._update(Chunk(piece[:-1], piece[1:], step == 0), h, optimizer, loss)
        theirs.zero_grad()
        logits, last = twin(piece[:-1], their_h)
        their_value = torch.nn.functional.cross_entropy(logits, torch.from_numpy(piece[1:].ravel()))
        their_value.backward()
        their_norm = torch.nn.utils.clip_grad_norm_(parameters, 0.5)
        theirs.step()
        their_h = last.detach()
        assert np.isclose(value, their_value.item(), rtol=1e-8), step
        assert np.isclose(norm, their_norm.item(), rtol=1e-7), step
    for name, tensor in twin.tensors().items():
        np.testing.assert_allclose(model.network_.named_arrays()[name], tensor.detach().numpy().T, atol=1e-6)
