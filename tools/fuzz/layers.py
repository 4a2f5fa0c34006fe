"""Layers, networks, losses and the formulas of the first chapters, on batches of every kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from Basic_Neural_Network_From_Scratch import (
    SGD,
    Adam,
    AdamW,
    BatchNorm,
    BinaryCrossEntropy,
    Dense,
    Dropout,
    LeakyReLU,
    MeanSquaredError,
    Optimizer,
    ReLU,
    RMSProp,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    train_network,
)
from Basic_Neural_Network_From_Scratch.basic_neural_network import TwoLayerNetwork
from CNN_From_Scratch import CNN, AveragePool2D, Conv2D, Flatten, MaxPool2D, Rescale
from Linear_Regression_From_Scratch import gradient, mean_squared_error
from Logistic_Regression_From_Scratch import cross_entropy

from .harness import Reader

VALUES = [float("nan"), float("inf"), -1, 0, 1, 2, 2.5, 0.5, 1e-300, 1e300, 10**400, True, None, "1", (0, 3), (2, 3),
          [2], np.float32(0.1), np.int8(3), np.zeros(()), np.zeros(2)]
BLOCKS: list[Callable[[Any], Any]] = [
    SGD, RMSProp, Adam, AdamW, Dense, LeakyReLU, Dropout, BatchNorm, MaxPool2D, AveragePool2D,
    lambda value: SGD(momentum=value), lambda value: SGD(nesterov=value), lambda value: RMSProp(decay=value),
    lambda value: Adam(beta1=value), lambda value: Adam(beta2=value), lambda value: Adam(epsilon=value),
    lambda value: AdamW(weight_decay=value), lambda value: BatchNorm(0.1, value), lambda value: Dense(3, value),
    lambda value: Conv2D(value, 3), lambda value: Conv2D(2, value), lambda value: Conv2D(2, 3, value),
    lambda value: Conv2D(2, 3, 1, value), lambda value: Conv2D(2, 3, gain=value), lambda value: MaxPool2D(2, value),
]
LOSSES = [(SoftmaxCrossEntropy, 3), (BinaryCrossEntropy, 1), (MeanSquaredError, 2), (MeanSquaredError, 1)]


class Layers(Reader):
    """One network with its loss, used for a training step or a prediction, or one formula, on arrays, lists and odd
    shapes."""

    seconds = 10.0
    megabytes = 200.0
    refusals = (ValueError, TypeError)

    def make(self, rng, folder: Path) -> dict[str, Any]:
        loss, outputs = LOSSES[int(rng.integers(len(LOSSES)))]
        n = int(rng.choice([6, 1, 0], p=[0.8, 0.12, 0.08]))
        images = rng.random() < 0.4
        shape = (int(rng.integers(1, 3)), 7, 6) if images else (4,)
        y: Any = rng.normal(size=(n, outputs)) if loss is MeanSquaredError else rng.integers(0, max(outputs, 2), n)
        return {"seed": int(rng.integers(2**31)), "loss": loss, "outputs": outputs, "images": images, "shape": shape,
                "X": self.odd(rng, rng.normal(size=(n, *shape))), "y": self.odd(rng, y),
                "weight": self.odd(rng, rng.random(n)) if rng.random() < 0.3 else None,
                "what": str(rng.choice(["network", "network", "training", "loss", "formula", "two layers", "block"])),
                "block": int(rng.integers(len(BLOCKS))), "value": VALUES[int(rng.integers(len(VALUES)))]}

    @staticmethod
    def odd(rng, array: np.ndarray) -> Any:
        """The array, or another object that a user may pass instead of it."""
        how = rng.integers(24)
        if how == 0:
            return array.tolist()
        if how == 1:
            return array[:, None] if array.ndim == 1 else array[0] if len(array) else array
        if how == 2:
            return array[:-1]
        if how == 3:
            return array.astype(rng.choice(["f4", "f2", "i8", "u1", "?"]))
        if how == 4:
            return array.astype(rng.choice(["O", "U5", "c16"]))
        if how == 5:
            return array[None]
        if how == 6:
            return [None, 3, "abc", {}, [], np.zeros(()), np.zeros((0, 0))][int(rng.integers(7))]
        if how == 7:
            return array + 1
        return array

    def read(self, given: dict[str, Any]) -> str:
        rng = np.random.default_rng(given["seed"])
        X, y, weight = given["X"], given["y"], given["weight"]
        if given["what"] == "block":
            return self.block(BLOCKS[given["block"]], given["value"])
        if given["what"] == "formula":
            return self.formula(X, y, weight, rng)
        if given["what"] == "two layers":
            return self.two_layers(X, y, rng)
        loss = given["loss"]()
        if given["what"] == "loss":
            logits = rng.normal(size=(np.size(y) if np.ndim(y) < 2 else len(y), given["outputs"]))
            return wrong(loss.forward(logits, y, weight), loss.backward(), logits.shape)
        network: Any
        if given["images"]:
            layers = [Rescale(), Conv2D(2, 3), MaxPool2D(2), ReLU(), Flatten(), Dense(given["outputs"], "glorot")]
            network = CNN(layers).build(given["shape"], rng, np.float64)
        else:
            middle = [ReLU, Tanh, Sigmoid, LeakyReLU, BatchNorm, lambda: Dropout(0.3)][int(rng.integers(6))]
            layers = [Dense(5), middle(), Dense(given["outputs"], "glorot")]
            network = Sequential(layers).build(given["shape"], rng, np.float64)
        if given["what"] == "training":
            optimizer = [SGD(1e-3), Adam(1e-3)][int(rng.integers(2))]
            steps = list(train_network(network, loss, optimizer, X, y, epochs=1, batch_size=4, rng=rng,
                                       sample_weight=weight))
            return "no step" if not steps else "" if np.isfinite(network.parameters).all() else "NaN is learnt"
        logits = network.forward(X, training=True)
        words = wrong(loss.forward(logits, y, weight), dlogits := loss.backward(), logits.shape)
        network.backward(dlogits)
        return words or ("" if np.isfinite(network.gradients).all() else "a gradient that is not finite")

    @staticmethod
    def block(make: Callable[[Any], Any], value: Any) -> str:
        """A layer or an optimiser made with an odd number: if it is taken, it has to work."""
        block = make(value)
        if isinstance(block, Optimizer):
            parameters = np.ones(3)
            block.step(parameters, np.full(3, 0.5))
            return "" if np.isfinite(parameters).all() else "a step to NaN"
        images = isinstance(block, Conv2D | MaxPool2D | AveragePool2D)
        X = np.random.default_rng(0).normal(size=(2, 1, 9, 9) if images else (2, 4))
        block.build(X.shape[1:], np.random.default_rng(0), np.float64)
        return "" if np.isfinite(block.forward(X, training=True)).all() else "a layer that makes NaN"

    @staticmethod
    def formula(X: Any, y: Any, weight: Any, rng) -> str:
        if rng.random() < 0.5:
            d = np.shape(X)[-1] if np.ndim(X) else 1
            w = rng.normal(size=(d, *np.shape(y)[1:]))
            value, (dw, _) = mean_squared_error(X, y, w, 0.1, weight), gradient(X, y, w, 0.1, weight)
            return wrong(value, dw, w.shape)
        n, R = np.size(y), int(rng.choice([1, 3]))
        losses, E = cross_entropy(rng.normal(size=(R, n)), y)
        return wrong(losses.mean(), E, (R, n)) or ("" if losses.shape == (n,) else "other shapes")

    @staticmethod
    def two_layers(X: Any, y: Any, rng) -> str:
        network = TwoLayerNetwork(4, 3, rng=rng)
        network.forward(X)
        loss = network.loss(y)
        network.backward(y)
        return wrong(loss, network.dW1, network.W1.shape)


def wrong(loss: Any, slope: Any, shape: tuple[int, ...]) -> str:
    if not isinstance(loss, float) or not np.isfinite(loss):
        return f"a loss that is none: {loss!r}"
    return "" if slope.shape == shape and np.isfinite(slope).all() else f"a gradient of shape {slope.shape}"
