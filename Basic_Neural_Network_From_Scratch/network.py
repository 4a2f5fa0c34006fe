"""A network: layers one after the other.

    forward    X → layer 0 → layer 1 → … → logits
    backward   the chain rule, from the last layer to the first: each takes dY and returns dX

All parameters of the network lie in one flat array (P,), all gradients in another; a layer's W and dW are views of them
(FlatNetwork, ai_from_scratch/estimator/flat.py).
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator.batches import inputs_of
from ai_from_scratch.estimator.flat import FlatNetwork
from Basic_Neural_Network_From_Scratch.layers import Layer


class Sequential(FlatNetwork):
    """A chain of layers.

    network = Sequential([Dense(16), Tanh(), Dense(3)]).build((2,), np.random.default_rng(0))
    logits = network.forward(X)                                 # (N, 2) -> (N, 3)
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers: list[Layer] = list(layers)
        self.shapes: list[tuple[int, ...]] = []             # shape of the input, then of each layer's output, without N

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> Self:
        """Makes all arrays for inputs of this shape (without N).  A ValueError names the layer that does not fit."""
        self.shapes = [tuple(input_shape)]
        for index, layer in enumerate(self.layers):
            try:
                self.shapes.append(tuple(layer.build(self.shapes[-1], rng, dtype)))
            except ValueError as error:
                raise ValueError(f"layer {index}: {error}") from error
        return self._bind_layers()

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, *input) -> (N, *output)
        X = inputs_of(X, self.shapes[0], self.dtype)
        for layer in self.layers:
            X = layer.forward(X, training)
        return X

    def backward(self, dY: np.ndarray, need_dX: bool = False) -> np.ndarray | None:  # (N, *output) -> (N, *input)
        """Computes `gradients`.  The gradient of the network's input is returned only if need_dX."""
        # The layers before the first one with parameters need no gradient.
        first = next((index for index, layer in enumerate(self.layers) if layer.trainable), len(self.layers))
        dX: Any = dY
        for index in reversed(range(0 if need_dX else first, len(self.layers))):
            dX = self.layers[index].backward(dX, need_dX or index > first)
        return dX if need_dX else None

    def predict(self, X: np.ndarray, batch_size: int = 512) -> np.ndarray:  # (N, *input) -> (N, *output)
        """The logits, computed in batches: the memory for activations depends on the batch, not on N."""
        batches = [X[start : start + batch_size] for start in range(0, max(len(X), 1), batch_size)]
        return np.concatenate([self.forward(np.asarray(batch, self.dtype)) for batch in batches])

    def summary(self) -> str:
        """A table: each layer, its output's shape, its parameters, its multiply-adds for one sample."""
        from Basic_Neural_Network_From_Scratch.diagnosis.summary import table
        return table(self)
