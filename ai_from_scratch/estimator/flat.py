"""All parameters of a network in one flat array, all gradients in another.

    parameters   [ W₀ … W₁ … W₂ … | b₀ b₁ b₂ ]         first the matrices, then the vectors (biases, scales)
    gradients    [ dW₀ … dW₁ … dW₂ … | db₀ db₁ db₂ ]

A layer reads `self.W` and writes `self.dW[...]`; in a network these are views of the flat arrays.  So an optimiser
needs only a few lines on two arrays, and weight decay changes only `parameters[:matrices]`.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

# The lowest values of arrays that training sets without a gradient: a mean of squares, and 1 / root mean square.
LOWEST = {"running_variance": 0.0, "factor": float(np.finfo(np.float32).tiny)}


class Flat(NamedTuple):
    """(P,) parameters and (P,) gradients of which the first `matrices` entries belong to matrices."""

    parameters: np.ndarray
    gradients: np.ndarray
    matrices: int


def bind(layers: Sequence[Any]) -> Flat:
    """Copies the parameters of built layers into one array and gives the layers views of it; the values stay the same.

    A layer names its trainable arrays: `trainable = ("W", "b")`; dW and db are their gradients.
    """
    if len({id(layer) for layer in layers}) < len(layers):
        raise ValueError("The same layer is in the network twice: its second gradient would overwrite the first. "
                         "Make two layers.")
    owners = [(layer, name) for layer in layers for name in layer.trainable]
    owners.sort(key=lambda owner: getattr(*owner).ndim < 2)     # a stable sort: matrices, then vectors
    arrays = [getattr(layer, name) for layer, name in owners]
    dtypes = {array.dtype for array in arrays} or {np.dtype(np.float32)}
    if len(dtypes) > 1:
        raise ValueError(f"The layers of one network must have one dtype, these have {sorted(map(str, dtypes))}.")

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
    """The methods that a network has because its layers' arrays are views of two flat arrays: saving, copying,
    pickling."""

    layers: list[Any]
    parameters: np.ndarray  # (P,) matrices first
    gradients: np.ndarray   # (P,)
    matrices: int           # number of the parameters P that belong to matrices

    def _bind_layers(self) -> Self:
        """Makes the flat arrays when the layers are built."""
        self.parameters, self.gradients, self.matrices = bind(self.layers)
        return self

    @property
    def dtype(self) -> np.dtype:
        return self.parameters.dtype

    def astype(self, dtype) -> Self:
        """Converts every array to this dtype; returns self."""
        for layer in self.layers:
            for name in (*layer.trainable, *("d" + name for name in layer.trainable), *layer.state):
                setattr(layer, name, getattr(layer, name).astype(dtype))
        return self._bind_layers()

    def named_arrays(self) -> dict[str, np.ndarray]:
        """The arrays to save, by name: "0.W", "0.b", "3.K" …; views, not copies."""
        return {f"{index}.{name}": getattr(layer, name) for index, layer in enumerate(self.layers)
                for name in (*layer.trainable, *layer.state)}

    def load_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Copies saved arrays into this built network.  If some do not fit, a ValueError names the first ten of
        these, and nothing is changed."""
        mine = self.named_arrays()
        wrong = [f"{name} is missing" for name in mine if name not in arrays]
        wrong += [f"{name} is not one of this network's" for name in arrays if name not in mine]
        for name in mine.keys() & arrays.keys():
            here, there = mine[name], np.asarray(arrays[name])
            if (here.shape, here.dtype) != (there.shape, there.dtype):
                wrong.append(f"{name} should be {here.shape} {here.dtype}, got {there.shape} {there.dtype}")
        if wrong:
            named, others = sorted(wrong)[:10], len(wrong) - 10
            more = f"; {others} more do not fit" if others > 0 else ""
            raise ValueError(f"These weights belong to another network: {'; '.join(named)}{more}.")
        for name, array in mine.items():
            lowest = LOWEST.get(name.split(".")[-1], -np.inf)
            if array.size and np.min(arrays[name]) < lowest:
                raise ValueError(f"{name} goes down to {np.min(arrays[name]):.3g}, and must be at least {lowest:.3g}: "
                                 "the file was changed, or the training diverged.")
        for name, array in mine.items():
            array[...] = arrays[name]

    def finite(self) -> Self:
        """The network.  ValueError if the sum of its |parameters| overflows: with h in −1 … 1, so may its logits."""
        with np.errstate(over="ignore"):
            if np.isfinite(np.abs(self.parameters).sum()):
                return self
        raise ValueError("The network's weights are so large that its logits overflow: the training diverged. Train "
                         "again with a smaller learning_rate_init, or use an earlier file.")

    def __getstate__(self) -> dict:
        flat = ("parameters", "gradients", "matrices")          # the arrays of the layers contain the same numbers
        return {name: value for name, value in self.__dict__.items() if name not in flat}

    def __setstate__(self, state: dict) -> None:
        # Unpickled and copied layers have their own arrays; without views of the flat array no step reaches them.
        self.__dict__.update(state)
        if all(hasattr(layer, name) for layer in self.layers for name in layer.trainable):      # built
            self._bind_layers()

    def __copy__(self) -> Self:
        return copy.deepcopy(self)                              # a layer belongs to only one network
