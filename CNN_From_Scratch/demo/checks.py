"""The claims of chapter 6, for `python run_all.py check cnn`."""

from collections.abc import Iterator

import numpy as np

from ai_from_scratch.claims import Claim, Gradient, Invariant, Layer, Reference, Shipped, Twin
from ai_from_scratch.data import load_mnist
from Basic_Neural_Network_From_Scratch import Adam, BatchNorm, Dense, ReLU, SoftmaxCrossEntropy, train_network
from CNN_From_Scratch import (
    CNN,
    AveragePool2D,
    Conv2D,
    Flatten,
    FrozenBatchNorm,
    MaxPool2D,
    Rescale,
    add_up,
    cnn_layers,
    gradient,
    gradient_input,
    smooth_grad,
    windows,
    windows_by_strides,
)
from CNN_From_Scratch.demo.train_weights import WEIGHTS_FILE, pretrained
from CNN_From_Scratch.fast.convolution_pool import fuse

WEIGHTS_SHA256 = "85da9d4719eb2c75dbd8972670cdbfe2b2e8932c645e8743d977ced8fe2396fa"
ACCURACY = 0.997              # on the 1,000 test digits of the sample; for the shipped network they are training digits
CONVOLUTIONS = {"3 × 3": (3, 1, "valid"), "2 × 3, stride (2, 1), same": ((2, 3), (2, 1), "same"),
                "3 × 2, padding (1, 0)": ((3, 2), 1, (1, 0))}


def claims() -> Iterator[Claim]:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((3, 2, 6, 5)), np.array([0, 2, 1])
    for name, (kernel, stride, padding) in CONVOLUTIONS.items():
        yield Layer(Conv2D, f"Conv2D, {name}", Conv2D(3, kernel, stride, padding), X)
    for pool in (MaxPool2D(2), MaxPool2D(3, 1), AveragePool2D(2), AveragePool2D((2, 3), (1, 2))):
        yield Layer(type(pool), repr(pool), pool, X)
    rescale = Rescale()
    rescale.build(X.shape[1:], rng, np.float64)
    rescale.factor[...] = 0.3
    for layer in (rescale, Flatten(), FrozenBatchNorm(worn_norm())):
        yield Layer(type(layer), type(layer).__name__, layer, X)
    yield whole_network(X, y)
    yield Gradient(gradient, "a logit's gradient by the pixels", {"image": X[0]},
                   lambda: float(a_network().forward(X[:1])[0, 1]), lambda: {"image": gradient(a_network(), X[0], 1)})
    yield Invariant(smooth_grad, "SmoothGrad without noise is the gradient",
                    lambda: smooth_grad(a_network(), X[0], 1, rng=rng, samples=2, noise=0.0)
                    - gradient(a_network(), X[0], 1))
    yield Invariant(gradient_input, "gradient × input sums to the logit of a network without biases",
                    lambda: gradient_input(a_network(), X[0], 1).sum() - a_network().forward(X[:1])[0, 1])

    for name, (kernel, stride, padding) in CONVOLUTIONS.items():
        if padding != "same":
            yield Reference(Conv2D, f"Conv2D of PyTorch, {name}", "torch",
                            lambda k=kernel, s=stride, p=padding: passed(Conv2D(3, k, s, p), X),
                            lambda torch, k=kernel, s=stride, p=padding: their_convolution(torch, X, k, s, p))
    for layer, function in ((MaxPool2D(2), "max_pool2d"), (AveragePool2D(2), "avg_pool2d")):
        yield Reference(type(layer), f"{layer} of PyTorch", "torch", lambda layer=layer: passed(layer, X),
                        lambda torch, function=function: their_pooling(torch, X, function))
    yield Reference(CNN, "ten steps of training", "torch", lambda: trained(X, y),
                    lambda torch: their_training(torch, X, y), 1e-8)
    yield Twin(Conv2D, "convolution and pooling in one layer", lambda: through(X, y), lambda: through(X, y, fuse))
    images = rng.standard_normal((2, 6, 5, 3))
    yield Twin(windows, "windows by their strides", lambda: {"windows": windows(images, 3, 2)},
               lambda: {"windows": windows_by_strides(images, 3, 2)}, 0.0)
    yield Invariant(add_up, "add_up is the transpose of windows", lambda: transposed(images, rng))
    yield Invariant(CNN, "permuted samples",
                    lambda: through(X, y)["gradients"] - through(X[::-1], y[::-1])["gradients"])
    yield Invariant(CNN, "probabilities sum to 1",
                    lambda: SoftmaxCrossEntropy().predict(a_network().forward(X)).sum(axis=1) - 1)
    yield Invariant(CNN, "the loss falls on a fixed batch", lambda: np.maximum(np.diff(trained(X, y)["losses"]), 0))
    yield Shipped(pretrained, "accuracy on the sample's test digits", WEIGHTS_FILE, WEIGHTS_SHA256, accuracy, ACCURACY)


def a_network() -> CNN:
    """Convolution, maximum, ReLU, dense. The biases are 0 at first, so that the output is proportional to the image."""
    layers = cnn_layers((3,), 3, hidden_layer_sizes=(5,), outputs=3)
    return CNN(layers).build((2, 6, 5), np.random.default_rng(1), np.float64)


def whole_network(X, y) -> Gradient:
    network = CNN([Rescale(), Conv2D(3, 3), MaxPool2D(2), BatchNorm(), ReLU(), Flatten(), Dense(3)])
    network.build((2, 6, 5), np.random.default_rng(1), np.float64)
    loss, X = SoftmaxCrossEntropy(), X.copy()

    def gradients():
        loss.forward(network.forward(X, training=True), y)
        return {"X": network.backward(loss.backward(), need_dX=True), "parameters": network.gradients}

    return Gradient(CNN, "CNN", {"X": X, "parameters": network.parameters},
                    lambda: loss.forward(network.forward(X, training=True), y), gradients)


def worn_norm() -> BatchNorm:
    norm, rng = BatchNorm(), np.random.default_rng(5)
    norm.build((2, 6, 5), rng, np.float64)
    for array in (norm.g, norm.b, norm.running_mean, norm.running_variance):
        array[...] = rng.uniform(0.5, 2, 2)
    return norm


def passed(layer, X):
    layer.build(X.shape[1:], np.random.default_rng(1), np.float64)
    Y = layer.forward(X, training=True)
    found = {"Y": Y, "dX": layer.backward(np.cos(Y))}
    return {**found, **{f"d{name}": array for name, _, array in layer.parameters()}}


def their_convolution(torch, X, kernel, stride, padding):
    layer = Conv2D(3, kernel, stride, padding)
    layer.build(X.shape[1:], np.random.default_rng(1), np.float64)
    X, K, b = (torch.from_numpy(array.copy()).requires_grad_() for array in (X, layer.K, layer.b))
    Y = torch.nn.functional.conv2d(X, K, b, stride, 0 if padding == "valid" else padding)
    Y.backward(torch.cos(Y.detach()))
    return {"Y": Y.detach().numpy(), "dX": X.grad.numpy(), "dK": K.grad.numpy(), "db": b.grad.numpy()}


def their_pooling(torch, X, function):
    X = torch.from_numpy(X.copy()).requires_grad_()
    Y = getattr(torch.nn.functional, function)(X, 2)
    Y.backward(torch.cos(Y.detach()))
    return {"Y": Y.detach().numpy(), "dX": X.grad.numpy()}


def through(X, y, change=lambda layers: layers):
    network = CNN(change(cnn_layers((3,), 3, hidden_layer_sizes=(5,), outputs=3)))
    network.build((2, 6, 5), np.random.default_rng(1), np.float64)
    loss = SoftmaxCrossEntropy()
    logits = network.forward(X, training=True)
    value = loss.forward(logits, y)
    return {"loss": value, "dX": network.backward(loss.backward(), need_dX=True), "gradients": network.gradients}


def trained(X, y):
    network = a_network()
    losses = [progress.loss for progress in train_network(
        network, SoftmaxCrossEntropy(), Adam(0.003), X, y, epochs=10, batch_size=3, rng=np.random.default_rng(0))]
    return {"losses": losses, "parameters": network.parameters}


def their_training(torch, X, y):
    network, functional = a_network(), torch.nn.functional
    shapes, tensors, start = {}, [], 0
    for role, array in sorted(network.named_arrays().items(), key=lambda item: item[1].ndim < 2):
        if "factor" not in role:
            shapes[role] = start, array.shape
            start += array.size
            tensors.append(torch.from_numpy(array.copy()).requires_grad_())
    kernel, W1, W2, kernel_bias, b1, b2 = tensors                             # matrices first, as in the flat array
    optimizer, losses = torch.optim.Adam(tensors, 0.003), []
    for _ in range(10):
        optimizer.zero_grad()
        hidden = torch.relu(functional.max_pool2d(
            functional.conv2d(torch.from_numpy(X), kernel, kernel_bias), 2)).flatten(1)
        loss = functional.cross_entropy(torch.relu(hidden @ W1 + b1) @ W2 + b2, torch.from_numpy(y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "parameters": np.concatenate([part.detach().numpy().ravel() for part in tensors])}


def transposed(images, rng):
    """⟨windows(X), dwindows⟩ − ⟨X, add_up(dwindows)⟩ for random dwindows: 0 if add_up is the transpose of windows."""
    cut = windows(images, (2, 3), (2, 1))
    dwindows = rng.standard_normal(cut.shape)
    return (cut * dwindows).sum() - (images * add_up(dwindows, np.zeros_like(images), (2, 1))).sum()


def accuracy() -> float:
    return pretrained().score(*load_mnist(download=False).test)
