"""A network: layers one after the other, their parameters in one flat array.

    forward    X → layer 0 → layer 1 → … → logits
    backward   the chain rule, from the last layer to the first: each takes dY and hands on dX
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np

from Basic_Neural_Network_From_Scratch.layers import Layer
from Basic_Neural_Network_From_Scratch.parameters import bind


class Sequential:
    """A chain of layers.

    network = Sequential([Dense(16), Tanh(), Dense(3)]).build((2,), np.random.default_rng(0))
    logits = network.forward(X)                                 # (N, 2) -> (N, 3)
    """

    parameters: np.ndarray  # (P,) what is learnt, matrices first
    gradients: np.ndarray   # (P,)
    matrices: int           # how many of the P belong to matrices: weight decay touches parameters[:matrices]

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = list(layers)
        self.shapes: list[tuple[int, ...]] = []                 # the input's, then each layer's output's, without N

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> Self:
        """Make all arrays for inputs of this shape (without N).  ValueError names the layer that does not fit."""
        self.shapes = [tuple(input_shape)]
        for index, layer in enumerate(self.layers):
            try:
                self.shapes.append(tuple(layer.build(self.shapes[-1], rng, dtype)))
            except ValueError as error:
                raise ValueError(f"layer {index}: {error}") from error
        self._bind()
        return self

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, *input) -> (N, *output)
        if X.shape[1:] != self.shapes[0]:
            expected = ", ".join(map(str, ("N", *self.shapes[0])))
            raise ValueError(f"The network was built for inputs of shape ({expected}), got {X.shape}.")
        for layer in self.layers:
            X = layer.forward(X, training)
        return X

    def backward(self, dY: np.ndarray, need_dX: bool = False) -> np.ndarray | None:  # (N, *output) -> (N, *input)
        """Fill `gradients`.  The input's own gradient costs a product that training has no use for: ask for it."""
        first = next((i for i, layer in enumerate(self.layers) if layer.trainable), len(self.layers))
        for index in range(len(self.layers) - 1, -1, -1):
            if index < first and not need_dX:
                return None
            dX = self.layers[index].backward(dY, need_dX or index > first)
            if dX is None:
                return None
            dY = dX
        return dY

    def predict(self, X: np.ndarray, batch_size: int = 512) -> np.ndarray:  # (N, *input) -> (N, *output)
        """The logits, computed in batches: memory for a batch's activations only, however large N is."""
        batches = [X[start : start + batch_size] for start in range(0, max(len(X), 1), batch_size)]
        return np.concatenate([self.forward(np.asarray(batch, dtype=self.dtype)) for batch in batches])

    @property
    def dtype(self) -> np.dtype:
        return self.parameters.dtype

    def astype(self, dtype) -> Self:
        """Turn every array into this dtype, in place of the old ones; returns self."""
        for layer in self.layers:
            names = [*layer.trainable, *("d" + name for name in layer.trainable), *layer.state]
            for name in names:
                setattr(layer, name, getattr(layer, name).astype(dtype))
        self._bind()
        return self

    def named_arrays(self) -> dict[str, np.ndarray]:
        """What has to be saved, by name: "0.W", "0.b", "3.K" …; views, not copies."""
        return {
            f"{index}.{name}": getattr(layer, name)
            for index, layer in enumerate(self.layers) for name in (*layer.trainable, *layer.state)
        }

    def load_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Copy saved arrays into this built network.  ValueError names every array that does not fit; nothing is
        changed then."""
        mine = self.named_arrays()
        wrong = [f"{name} is missing" for name in mine if name not in arrays]
        wrong += [f"{name} is not one of this network's" for name in arrays if name not in mine]
        for name in mine.keys() & arrays.keys():
            here, there = mine[name], np.asarray(arrays[name])
            if (here.shape, here.dtype) != (there.shape, there.dtype):
                wrong.append(f"{name} should be {here.shape} {here.dtype}, got {there.shape} {there.dtype}")
        if wrong:
            raise ValueError(f"These weights are of another network: {'; '.join(sorted(wrong))}.")
        for name, array in mine.items():
            array[...] = arrays[name]

    def summary(self) -> str:
        """A table: each layer, its output's shape, its parameters, its multiply-adds for one sample."""
        rows = [("layer", "output", "parameters", "multiply-adds")]
        totals = [0, 0]
        for layer, before, shape in zip(self.layers, self.shapes, self.shapes[1:], strict=False):
            learnt = sum(array.size for _, array, _ in layer.parameters())
            products = layer.multiply_adds(before, shape)
            totals = [totals[0] + learnt, totals[1] + products]
            rows.append((str(layer), " × ".join(map(str, shape)), f"{learnt:,}", f"{products:,}"))
        rows.append(("all", "", f"{totals[0]:,}", f"{totals[1]:,}"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join([row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].rjust(widths[2]),
                       row[3].rjust(widths[3])]) for row in rows
        )

    def _bind(self) -> None:
        self.parameters, self.gradients, self.matrices = bind(self.layers)

    def __getstate__(self) -> dict:
        flat = ("parameters", "gradients", "matrices")          # the layers' arrays hold the same numbers
        return {name: value for name, value in self.__dict__.items() if name not in flat}

    def __setstate__(self, state: dict) -> None:
        # Unpickled and copied layers own arrays of their own: without views of the flat one they would learn nothing.
        self.__dict__.update(state)
        if self.shapes:
            self._bind()

    def __copy__(self) -> Self:
        return copy.deepcopy(self)                              # layers belong to one network only
