"""All parameters of a network in one flat array, all gradients in another.

    parameters   [ W₀ … W₁ … W₂ … | b₀ b₁ b₂ ]         matrices first, vectors (biases, scales) after
    gradients    [ dW₀ … dW₁ … dW₂ … | db₀ db₁ db₂ ]

A layer reads `self.W` and writes `self.dW[...]`; in a network these are views of the flat arrays.  So an optimiser is
a few lines on two arrays, and weight decay touches `parameters[:matrices]`.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np


class Flat(NamedTuple):
    """(P,) parameters and (P,) gradients of which the first `matrices` entries belong to matrices."""

    parameters: np.ndarray
    gradients: np.ndarray
    matrices: int


def bind(layers: Sequence[Any]) -> Flat:
    """Lay the parameters of built layers into one array and hand the layers views of it; values are kept.

    A layer names the arrays that it learns: `trainable = ("W", "b")`; dW and db are their gradients.
    """
    if len({id(layer) for layer in layers}) < len(layers):
        raise ValueError("The same layer stands in the network twice: its second gradient would overwrite the first.")
    owners = [(layer, name) for layer in layers for name in layer.trainable]
    owners.sort(key=lambda owner: getattr(*owner).ndim < 2)     # a stable sort: matrices, then vectors
    arrays = [getattr(layer, name) for layer, name in owners]
    dtypes = {array.dtype for array in arrays} or {np.dtype(np.float32)}
    if len(dtypes) > 1:
        raise ValueError(f"The layers of one network share a dtype, these have {sorted(map(str, dtypes))}.")

    parameters = np.zeros(sum(array.size for array in arrays), dtypes.pop())        # (P,)
    gradients = np.zeros_like(parameters)                                           # (P,)
    start = 0
    for (layer, name), array in zip(owners, arrays, strict=True):
        stop = start + array.size
        for flat, own in ((parameters, name), (gradients, "d" + name)):
            view = flat[start:stop].reshape(array.shape)
            view[...] = getattr(layer, own)
            setattr(layer, own, view)
        start = stop
    return Flat(parameters, gradients, sum(array.size for array in arrays if array.ndim >= 2))


class FlatNetwork:
    """What a network can do because its layers' arrays are views of two flat ones: be saved, copied, pickled."""

    layers: list[Any]
    parameters: np.ndarray  # (P,) matrices first
    gradients: np.ndarray   # (P,)
    matrices: int           # how many of the P belong to matrices

    def _bind_layers(self) -> Self:
        """Make the flat arrays of built layers."""
        self.parameters, self.gradients, self.matrices = bind(self.layers)
        return self

    @property
    def dtype(self) -> np.dtype:
        return self.parameters.dtype

    def astype(self, dtype) -> Self:
        """Turn every array into this dtype, in place of the old ones; returns self."""
        for layer in self.layers:
            for name in (*layer.trainable, *("d" + name for name in layer.trainable), *layer.state):
                setattr(layer, name, getattr(layer, name).astype(dtype))
        return self._bind_layers()

    def named_arrays(self) -> dict[str, np.ndarray]:
        """What has to be saved, by name: "0.W", "0.b", "3.K" …; views, not copies."""
        return {f"{index}.{name}": getattr(layer, name) for index, layer in enumerate(self.layers)
                for name in (*layer.trainable, *layer.state)}

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

    def __getstate__(self) -> dict:
        flat = ("parameters", "gradients", "matrices")          # the layers' arrays hold the same numbers
        return {name: value for name, value in self.__dict__.items() if name not in flat}

    def __setstate__(self, state: dict) -> None:
        # Unpickled and copied layers own arrays of their own: without views of the flat one they would learn nothing.
        self.__dict__.update(state)
        if all(hasattr(layer, name) for layer in self.layers for name in layer.trainable):      # built
            self._bind_layers()

    def __copy__(self) -> Self:
        return copy.deepcopy(self)                              # layers belong to one network only
