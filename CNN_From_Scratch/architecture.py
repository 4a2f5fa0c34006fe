"""Which layers a CNNClassifier is made of, and what becomes of them when it no longer learns.

    block     [convolution → ReLU] × … → convolution → 2 × 2 maximum → ReLU
    network   rescale → block × … → flatten → [dense → ReLU] × … → dense

Batch normalisation, if wanted, stands behind each convolution, before its ReLU; dropout before each dense layer.

In prediction BatchNorm is a scale and a shift that stay as they are, and Dropout is nothing.  `at_rest` puts that in
their places: so a gradient can be taken of what the network *says*, with no mask drawn and no statistic moved.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from Basic_Neural_Network_From_Scratch import BatchNorm, Dense, Dropout, Layer, ReLU
from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.convolution_pool import ConvPool2D
from CNN_From_Scratch.images import Flatten, Rescale
from CNN_From_Scratch.pooling import MaxPool2D
from CNN_From_Scratch.windows import Size, checked_pair


def layers_for_images(
    filters: Any, kernel_size: Size, padding: Any, hidden_layer_sizes: Any, outputs: int, *,
    batch_norm: bool = False, dropout: float = 0.0,
) -> list[Layer]:
    """The layers, not built yet; the first is the Rescale whose factor the training images set.

    A block is as many filters as its convolution has, or a sequence of them for several convolutions.  Square kernels
    are convolved and pooled in one layer, others in two.
    """
    h, w = checked_pair(kernel_size, 1, "kernel_size")
    k = h if h == w else (h, w)

    def dense(units: int, initialisation: str) -> list[Layer]:
        return [*([Dropout(dropout)] if dropout else []), Dense(units, initialisation)]

    layers: list[Layer] = [Rescale()]
    for block in filters:
        *others, last = np.atleast_1d(block).astype(int).tolist()
        convolutions: list[list[Layer]] = [[Conv2D(F, k, padding=padding)] for F in others]
        pooled = [ConvPool2D(last, h, padding)] if h == w else [Conv2D(last, k, padding=padding), MaxPool2D(2)]
        for convolution in [*convolutions, pooled]:
            layers += [*convolution, *([BatchNorm()] if batch_norm else []), ReLU()]
    layers.append(Flatten())
    for units in hidden_layer_sizes:
        layers += [*dense(int(units), "he"), ReLU()]
    return [*layers, *dense(outputs, "glorot")]


class AtRest(Layer):
    """A BatchNorm that has learnt: Y = a X + c with a = γ/√(σ² + ε), c = β − a μ, the running σ² and μ.  dX = a dY."""

    def __init__(self, learnt: BatchNorm) -> None:
        scale = learnt.g / np.sqrt(learnt.running_variance + learnt.epsilon)        # (C,)
        self.scale, self.shift = scale, learnt.b - scale * learnt.running_mean      # (C,), (C,)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, …) -> (N, C, …)
        return X * per_channel(self.scale, X) + per_channel(self.shift, X)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, C, …) -> (N, C, …)
        return dY * per_channel(self.scale, dY) if need_dX else None


def at_rest(layers: Sequence[Layer]) -> list[Layer]:
    """These layers as prediction uses them; all but BatchNorm and Dropout are the same objects."""
    return [AtRest(layer) if isinstance(layer, BatchNorm) else layer for layer in layers
            if not isinstance(layer, Dropout)]


def per_channel(values: np.ndarray, X: np.ndarray) -> np.ndarray:
    """(C,) -> (C,) for vectors, (C, 1, 1) for images."""
    return values.reshape(-1, *[1] * (X.ndim - 2))
