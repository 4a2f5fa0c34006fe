"""The claims of chapter 7, for `python run_all.py check rnn`."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from ai_from_scratch.claims import Claim, Gradient, Invariant, Layer, Reference, Shipped, Twin
from ai_from_scratch.weights import load
from Basic_Neural_Network_From_Scratch import Adam, SoftmaxCrossEntropy
from RNN_From_Scratch import (
    CELLS,
    GRU,
    LSTM,
    CharNetwork,
    CharRNN,
    Embedding,
    LanguageModel,
    Recurrence,
    probabilities,
)
from RNN_From_Scratch.checkpoint import Run
from RNN_From_Scratch.demo.train_weights import WEIGHTS_FILE
from RNN_From_Scratch.fast.data_parallel import StreamsMember
from RNN_From_Scratch.network import loss_and_gradient
from RNN_From_Scratch.text import Chunk

T, N, V, H, GATES = 3, 2, 4, 3, {"rnn": 1, "lstm": 4, "gru": 3}
WEIGHTS_SHA256 = "216ed78b3c0b3ab2ec97928ff811eddecf854a9a67141514ef1859a365c23d37"
SENTENCE = "HAMLET:\nThe network reads this line, and says how sure it was of every letter.\n"
BITS = 2.34603                # bits per character of that sentence, which is not in the play
STEPS, CLIP = 12, 0.05


def claims() -> Iterator[Claim]:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, V, (T, N)), rng.integers(0, V, (T, N))
    x[:2, 0] = x[0, 0]                                              # one character twice, so that its rows are added up
    yield Layer(Embedding, "Embedding", built(Embedding(H), V), x)
    for cell, (name, kind) in zip((Recurrence, LSTM, GRU), CELLS.items(), strict=True):
        Z = rng.standard_normal((T, N, GATES[name] * H))
        yield Layer(cell, f"{cell.__name__}", built(kind(), Z.shape[-1]), Z)
        yield Layer(cell, f"{cell.__name__} with dropout", built(kind(0.4), Z.shape[-1]), Z)
        for layers in (1, 2):
            yield whole_network(name, layers, x, y)
            yield Reference(cell, f"{name}, {layers} deep: values and gradients", "torch",
                            lambda which=(name, layers): passed(a_network(*which), x, y),
                            lambda torch, which=(name, layers): their_pass(torch, *which, x, y))
        yield Reference(CharRNN, f"{STEPS} clipped steps, {name}", "torch", lambda name=name: trained(name),
                        lambda torch, name=name: their_training(torch, name), 1e-7)
        yield Twin(CharNetwork, f"streams in two parts, {name}", lambda name=name: parted(name, x, y, [slice(None)]),
                   lambda name=name: parted(name, x, y, [slice(0, 1), slice(1, None)]))
        yield Invariant(CharNetwork, f"in two pieces as at once, {name}", lambda name=name: pieces(name, x))
        yield Twin(LanguageModel, f"writing, both engines, {name}", lambda name=name: written(name, "plain"),
                   lambda name=name: written(name, "fast"), 0.0)
    logits = rng.standard_normal(V)
    yield Reference(probabilities, "probabilities at a temperature", "torch", lambda: {"p": probabilities(logits, 0.7)},
                    lambda torch: {"p": torch.softmax(torch.from_numpy(logits) / 0.7, 0).numpy()})
    yield Invariant(probabilities, "they sum to 1, without the tail too",
                    lambda: [probabilities(logits, 0.7, top_p).sum() - 1 for top_p in (1.0, 0.5)])
    yield Invariant(CharRNN, "the loss falls on a fixed batch", lambda: rises(x, y))
    yield Shipped(LanguageModel, "bits per character of a sentence", WEIGHTS_FILE, WEIGHTS_SHA256, bits, BITS)


def built(layer, inputs):
    layer.build((inputs,), np.random.default_rng(1), np.float64)
    return layer


def a_network(cell="rnn", layers=1) -> CharNetwork:
    network = CharNetwork(V, H, rng=np.random.default_rng(1), layers=layers, cell=cell, dtype=np.float64)
    network.parameters[...] = 0.6 * np.random.default_rng(2).standard_normal(network.parameters.size)
    return network


def a_state(network):
    return np.random.default_rng(3).standard_normal(network.start(N).shape)


def whole_network(cell, layers, x, y) -> Gradient:
    network = a_network(cell, layers)
    state = a_state(network)

    def gradients():
        loss_and_gradient(network, x, y, state)
        return {**network.named_arrays("d"), "state": network.dstate}

    return Gradient(CharNetwork, f"CharNetwork, {cell}, {layers} deep", {**network.named_arrays(), "state": state},
                    lambda: SoftmaxCrossEntropy().forward(network.forward(x, state, training=True), y.ravel()),
                    gradients)


def passed(network, x, y):
    value, last = loss_and_gradient(network, x, y, a_state(network))
    return {"loss": value, "last state": last, "dstate": network.dstate.copy(),
            **{f"d{name}": array.copy() for name, array in network.named_arrays("d").items()}}


class InTorch:
    """A network of PyTorch's parts with the same numbers.  Its matrices lie transposed.

    PyTorch has a second bias in each layer.  It does the same as the first and is held at 0; but not in the GRU, where
    the candidate's stands inside the product with r: it is b_hn.
    """

    def __init__(self, torch, network):
        self.torch, self.cell, self.layers = torch, network.cell, len(network.cells)
        H, V = self.H, _ = network.named_arrays()["W_hy"].shape
        kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[self.cell]
        dtype = torch.from_numpy(network.parameters).dtype
        self.rnn, self.out = kind(V, H, self.layers, dtype=dtype), torch.nn.Linear(H, V, dtype=dtype)
        self.second = [getattr(self.rnn, f"bias_hh_l{layer}") for layer in range(self.layers)]
        with torch.no_grad():
            for bias in self.second:
                bias.zero_()
            for name, tensor in self.tensors().items():
                tensor.copy_(torch.from_numpy(network.named_arrays()[name].T.copy()))
        for bias in self.second:
            if self.cell == "gru":
                bias.register_hook(lambda grad: torch.cat([torch.zeros_like(grad[: 2 * H]), grad[2 * H :]]))
            else:
                bias.requires_grad_(False)

    def tensors(self):
        """PyTorch's arrays as views, by our names."""
        found = {"W_hy": self.out.weight, "c": self.out.bias}
        for layer in range(self.layers):
            number = f"_{layer + 1}" if layer else ""
            found |= {ours + number: getattr(self.rnn, f"{theirs}_l{layer}")
                      for ours, theirs in (("W_xh", "weight_ih"), ("W_hh", "weight_hh"), ("b", "bias_ih"))}
            if self.cell == "gru":
                found[f"b_hn{number}"] = self.second[layer][2 * self.H :]
        return found

    def gradients(self):
        """As our arrays, by our names."""
        found = {name: tensor.grad for name, tensor in self.tensors().items() if not name.startswith("b_hn")}
        if self.cell == "gru":
            found |= {f"b_hn{f'_{i + 1}' if i else ''}": bias.grad[2 * self.H :] for i, bias in enumerate(self.second)}
        return {name: gradient.numpy().T for name, gradient in found.items()}

    def parameters(self):
        return [*(array for array in self.rnn.parameters() if array.requires_grad), *self.out.parameters()]

    def __call__(self, x, state):
        """Logits (T·N, V) and the last state; state (L, S, N, H), as ours."""
        one_hot = self.torch.nn.functional.one_hot(self.torch.from_numpy(x), self.out.out_features).to(state.dtype)
        given = tuple(part.contiguous() for part in state.unbind(1))
        h, last = self.rnn(one_hot, given if self.cell == "lstm" else given[0])
        return self.out(h).flatten(0, 1), self.torch.stack(last if self.cell == "lstm" else [last], 1)

    def loss(self, x, y, state):
        logits, last = self(x, state)
        return self.torch.nn.functional.cross_entropy(logits, self.torch.from_numpy(y.ravel())), last


def their_pass(torch, cell, layers, x, y):
    ours = a_network(cell, layers)
    network, state = InTorch(torch, ours), torch.from_numpy(a_state(ours)).requires_grad_()
    value, last = network.loss(x, y, state)
    value.backward()
    return {"loss": value.item(), "last state": last.detach().numpy(), "dstate": state.grad.numpy(),
            **{f"d{name}": gradient for name, gradient in network.gradients().items()}}


def some_text():
    return np.random.default_rng(4).integers(0, V, (T * STEPS + 1, N))


def trained(cell):
    model, codes = CharRNN(H, clip=CLIP), some_text()
    model.network_, run = a_network(cell), Run(Adam(0.01), np.random.default_rng(0), {})
    backpropagate, told = partial(loss_and_gradient, model.network_), []
    for start in range(0, T * STEPS, T):
        piece = codes[start : start + T + 1]
        told.append(model._update(Chunk(piece[:-1], piece[1:], start == 0), run, backpropagate))
    return {"losses and norms": told, **{name: array.copy() for name, array in model.network_.named_arrays().items()}}


def their_training(torch, cell):
    network, codes, told = InTorch(torch, a_network(cell)), some_text(), []
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    state = torch.zeros(a_network(cell).start(N).shape, dtype=torch.float64)
    for start in range(0, T * STEPS, T):
        piece = codes[start : start + T + 1]
        optimizer.zero_grad()
        loss, last = network.loss(piece[:-1], piece[1:], state)
        loss.backward()
        norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in network.parameters()]).item()
        for parameter in network.parameters():
            parameter.grad *= min(1.0, CLIP / norm)
        optimizer.step()
        state = last.detach()
        told.append((loss.item(), norm))
    return {"losses and norms": told, **{name: tensor.detach().numpy().T for name, tensor in network.tensors().items()}}


def parted(cell, x, y, parts):
    network, total, sums = a_network(cell), 0.0, 0.0
    state, member = a_state(network), StreamsMember(network)
    for part in parts:
        loss, _ = member.learn(x[:, part], y[:, part], state[:, :, part], x[:, part].shape[1] / N)
        total, sums = total + loss, sums + network.gradients
    return {"loss": total, "gradients": sums}


def pieces(cell, x):
    network = a_network(cell)
    at_once, _ = network.read(x)
    first, state = network.read(x[:2])
    second, _ = network.read(x[2:], state)
    return at_once - np.concatenate([first, second])


def written(cell, engine):
    text = "the cat sat on the mat, the rat sat on the cat.\n" * 3
    model = CharRNN(8, cell=cell, streams=2, chunk=16, max_iter=1, random_state=0, engine=engine).fit(text)
    return {"codes": [ord(letter) for letter in model.generate("the ", 40, rng=0)]}


def rises(x, y):
    network, optimizer, losses = a_network(), Adam(0.01), []
    for _ in range(20):
        losses.append(loss_and_gradient(network, x, y, None)[0])
        optimizer.step(network.parameters, network.gradients)
    return np.maximum(np.diff(losses), 0)


def bits() -> float:
    return CharRNN.from_arrays(*load(WEIGHTS_FILE)).bits_per_character(SENTENCE[8:], SENTENCE[:8])
