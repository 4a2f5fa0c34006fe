"""Fifty steps in float32 beside PyTorch's, loss by loss: batch normalisation, AdamW, and the L2 penalty.

The same start and the same batches.  Both sides round each number to one part in 10⁷, in another order, and fifty
steps carry that on: a loss may differ by RTOL of itself, an update by nothing that shows in any later loss.
"""

import numpy as np
import pytest

from Basic_Neural_Network_From_Scratch import (
    SGD,
    AdamW,
    BatchNorm,
    Dense,
    Dropout,
    LeakyReLU,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    take_step,
)
from CNN_From_Scratch import AveragePool2D, Conv2D, Flatten, MaxPool2D
from CNN_From_Scratch.fast.convolution_pool import ConvPool2D

torch = pytest.importorskip("torch")
nn = torch.nn

RTOL = 1e-5


def twins(layer, their_shape):
    """One layer as PyTorch's modules, with copies of its numbers."""
    match layer:
        case ConvPool2D():
            modules = [nn.Conv2d(their_shape[0], layer.filters, layer.kernel_size, padding=layer.padding),
                       nn.MaxPool2d(2)]
        case Conv2D():
            modules = [nn.Conv2d(their_shape[0], layer.filters, layer.kernel_size, layer.stride, layer.padding)]
        case Dense():
            modules = [nn.Linear(*layer.W.shape)]
        case BatchNorm():
            modules = [(nn.BatchNorm1d if len(their_shape) == 1 else nn.BatchNorm2d)(their_shape[0])]
        case LeakyReLU():
            modules = [nn.LeakyReLU(layer.slope)]
        case MaxPool2D() | AveragePool2D():
            kind = nn.MaxPool2d if isinstance(layer, MaxPool2D) else nn.AvgPool2d
            modules = [kind(layer.size, layer.stride)]
        case _:
            modules = [{ReLU: nn.ReLU, Tanh: nn.Tanh, Flatten: nn.Flatten}[type(layer)]()]
    for (_, ours, _), theirs in zip(layer.parameters(), modules[0].parameters(), strict=True):
        theirs.data = torch.from_numpy(ours.T.copy() if ours.ndim == 2 else ours.copy())
    return modules


def twin(network):
    assert not any(isinstance(layer, Dropout) for layer in network.layers), "its masks could not be the same"
    return nn.Sequential(*(module for layer, shape in zip(network.layers, network.shapes, strict=False)
                           for module in twins(layer, shape)))


NETWORKS = {
    "dense": ((12,), lambda: [Dense(24), ReLU(), Dense(16), Tanh(), Dense(4, "glorot")]),
    "dense, normalised": ((12,), lambda: [
        Dense(24), BatchNorm(), ReLU(), Dense(16), BatchNorm(), LeakyReLU(0.1), Dense(4, "glorot")]),
    "convolutional": ((2, 12, 11), lambda: [
        Conv2D(4, 3, padding=1), ReLU(), MaxPool2D(2), Conv2D(6, 3), LeakyReLU(), AveragePool2D(2), Flatten(),
        Dense(4, "glorot")]),
    "convolutional, normalised": ((2, 12, 11), lambda: [
        Conv2D(4, 3, padding=1), BatchNorm(), ReLU(), ConvPool2D(6, 3), BatchNorm(), ReLU(), Flatten(),
        Dense(8), BatchNorm(), ReLU(), Dense(4, "glorot")]),
}


def fifty_steps(name, our_optimizer, their_optimizer, alpha=0.0):
    """Train both, comparing every loss; returns both, for what is to be compared at the end."""
    shape, layers = NETWORKS[name]
    rng = np.random.default_rng(0)
    network = Sequential(layers()).build(shape, rng, np.float32)
    model = twin(network)
    weights = [module.weight for module in model if isinstance(module, nn.Linear | nn.Conv2d)]
    others = [p for p in model.parameters() if all(p is not weight for weight in weights)]
    optimizer = their_optimizer(weights, others)
    y = rng.integers(0, 4, 300)
    X = (rng.standard_normal((4, *shape))[y] + rng.standard_normal((300, *shape))).astype(np.float32)   # can be learnt
    loss, losses = SoftmaxCrossEntropy(), []
    for step in range(50):
        rows = np.arange(32 * step, 32 * step + (32 if step % 5 else 7)) % 300      # some batches are partial
        optimizer.zero_grad()
        theirs = nn.functional.cross_entropy(model(torch.from_numpy(X[rows])), torch.from_numpy(y[rows]))
        theirs = theirs + alpha / (2 * len(rows)) * sum((weight**2).sum() for weight in weights)
        theirs.backward()
        optimizer.step()
        losses.append(take_step(network, loss, our_optimizer, X[rows], y[rows], alpha))
        assert losses[-1] == pytest.approx(theirs.item(), rel=RTOL), step
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10]), "the run did learn something"
    model.eval()
    np.testing.assert_allclose(network.predict(X), model(torch.from_numpy(X)).detach().numpy(), rtol=1e-3, atol=1e-3)
    return network, model


@pytest.mark.parametrize("name", ["dense, normalised", "convolutional, normalised"])
def test_fifty_steps_with_batch_normalisation_have_the_same_losses(name):
    # Not Adam: a bias in front of a BatchNorm has the gradient 0, and Adam takes what rounding makes of it for one.
    network, model = fifty_steps(name, SGD(0.05, 0.9),
                                 lambda weights, others: torch.optim.SGD([*weights, *others], 0.05, momentum=0.9))
    ours = [layer for layer in network.layers if isinstance(layer, BatchNorm)]
    theirs = [module for module in model if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    for layer, module in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(layer.running_mean, module.running_mean.numpy(), rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(layer.running_variance, module.running_var.numpy(), rtol=1e-3)


@pytest.mark.parametrize("name", ["dense", "convolutional"])
def test_fifty_steps_of_adamw_have_the_same_losses(name):
    fifty_steps(name, AdamW(3e-3, weight_decay=0.3), lambda weights, others: torch.optim.AdamW(
        [{"params": weights, "weight_decay": 0.3}, {"params": others, "weight_decay": 0.0}], 3e-3))


@pytest.mark.parametrize("name", ["dense", "convolutional"])
def test_fifty_steps_with_the_l2_penalty_have_the_same_losses(name):
    fifty_steps(name, SGD(0.05, 0.9),
                lambda weights, others: torch.optim.SGD([*weights, *others], 0.05, momentum=0.9), alpha=0.5)
