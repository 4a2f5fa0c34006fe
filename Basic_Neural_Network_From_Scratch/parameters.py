"""All parameters of a network in one flat array, all gradients in another.

    parameters   [ W₀ … W₁ … W₂ … | b₀ b₁ b₂ ]     matrices first, vectors (biases, scales) after
    gradients    [ dW₀ … dW₁ … dW₂ … | db₀ db₁ db₂ ]

A layer still reads `self.W` and writes `self.dW[...]`: these have become views into the flat arrays.  So an optimiser
is a few lines on two arrays, and weight decay touches `parameters[:matrices]`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from Basic_Neural_Network_From_Scratch.layers import Layer


class Flat(NamedTuple):
    """(P,) parameters and (P,) gradients of which the first `matrices` entries belong to matrices."""

    parameters: np.ndarray
    gradients: np.ndarray
    matrices: int


def bind(layers: Sequence[Layer]) -> Flat:
    """Lay the parameters of built layers into one array and hand the layers views of it; values are kept."""
    keep_freed_memory()
    if len({id(layer) for layer in layers}) < len(layers):
        raise ValueError("The same layer stands in the network twice: its second gradient would overwrite the first.")
    every = [(layer, name, array) for layer in layers for name, array, _ in layer.parameters()]
    every.sort(key=lambda entry: entry[2].ndim < 2)             # a stable sort: matrices, then vectors
    dtypes = {array.dtype for _, _, array in every}
    if len(dtypes) > 1:
        raise ValueError(f"The layers of one network share a dtype, these have {sorted(map(str, dtypes))}.")

    size = sum(array.size for _, _, array in every)
    parameters = np.zeros(size, dtypes.pop() if dtypes else np.float32)  # (P,)
    gradients = np.zeros_like(parameters)                                # (P,)
    start = 0
    for layer, name, array in every:
        part = slice(start, start + array.size)
        view, gradient = parameters[part].reshape(array.shape), gradients[part].reshape(array.shape)
        view[...] = array
        gradient[...] = getattr(layer, "d" + name)
        setattr(layer, name, view)
        setattr(layer, "d" + name, gradient)
        start += array.size
    return Flat(parameters, gradients, sum(array.size for _, _, array in every if array.ndim >= 2))


def keep_freed_memory() -> None:
    """Have what a training step frees kept for the next step, instead of given back to the system.

    A step makes and frees the same large arrays over and over.  From the system they would come page by page, each at
    its first touch: up to a tenth of a step's time.  The C library of Linux keeps as much as the largest block it saw
    freed (at most 32 MB) suggests, so it is shown one; nothing is written to it, and elsewhere it does nothing.
    """
    np.empty(31 << 20, np.uint8)
