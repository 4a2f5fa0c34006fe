"""A convolutional neural network: its layers, forward and backward.  Loss and update are those of chapter 5.

    X (N, C, H, W) → rescale → [convolution → 2 × 2 maximum → ReLU] … → flatten → [dense → ReLU] … → dense → z (N, K)

    forward     X ← layer.forward(X)                    from the first layer to the last: the logits z
    loss        L = −1/N Σᵢ log softmax(z)[i, yᵢ]       dz = (softmax(z) − onehot(y)) / N         (losses.py)
    backward    dY ← layer.backward(dY)                 the chain rule, from the last layer to the first: dK, dW, db
    update      θ ← θ − η dθ                            all parameters θ; Adam scales dθ first  (optimizers.py)

N images   C channels   H × W pixels   K classes            Derivation: documentation/cnn.md
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ai_from_scratch.estimator.batches import inputs_of
from ai_from_scratch.estimator.saved import roles, with_roles
from Basic_Neural_Network_From_Scratch import BatchNorm, Dense, Dropout, Layer, ReLU, Sequential
from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.pooling import MaxPool2D
from CNN_From_Scratch.windows import Size


class CNN(Sequential):
    """A list of layers that are trained together.  `parameters` and `gradients` hold the numbers of all layers, (P,)
    each.

        network = CNN(cnn_layers()).build((1, 28, 28), np.random.default_rng(0))
        loss = SoftmaxCrossEntropy()
        L = loss.forward(network.forward(X, training=True), y)
        network.backward(loss.backward())
        network.parameters -= 0.01 * network.gradients
    """

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, K)
        """The logits.  In training, each layer keeps the arrays that its backward needs."""
        X = inputs_of(X, self.shapes[0], self.dtype)
        for layer in self.layers:
            X = layer.forward(X, training)
        return X

    def backward(self, dY: np.ndarray, need_dX: bool = False) -> np.ndarray | None:  # (N, K) -> (N, C, H, W)
        """Computes `gradients`.  ∂L/∂X, the gradient of the pixels, costs one more product, so training leaves it
        out."""
        first = next(layer for layer in self.layers if layer.trainable)
        for layer in reversed(self.layers):
            dX = layer.backward(dY, need_dX or layer is not first)
            if dX is None:
                return None
            dY = dX
        return dY

    def named_arrays(self) -> dict[str, np.ndarray]:
        """The arrays that have to be saved, named by the role of their layer: "convolution_1.K", "dense_2.b" …; views,
        not copies."""
        return {f"{role}.{name}": getattr(layer, name)
                for role, layer in roles(self.layers).items() for name in (*layer.trainable, *layer.state)}

    def load_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Copies saved arrays into this built network.  A ValueError names every array that does not fit."""
        super().load_arrays(with_roles(arrays, self.layers))


# He's initialisation doubles the variance, because a ReLU removes half of it.  The maximum of four outputs already
# makes up for that half, so the doubling is undone.
GAIN_BEFORE_MAXIMUM = 0.5**0.5


def cnn_layers(
    filters: Any = (16, 32), kernel_size: Size = 5, padding: Any = "valid", hidden_layer_sizes: Any = (128,),
    outputs: int = 10, *, batch_norm: bool = False, dropout: float = 0.0,
) -> list[Layer]:
    """The layers, not built yet.  With the defaults, for one MNIST digit:

        Rescale()                                    (1, 28, 28)
        Conv2D(16, 5), MaxPool2D(2), ReLU()          (16, 24, 24) → (16, 12, 12)
        Conv2D(32, 5), MaxPool2D(2), ReLU()          (32, 8, 8) → (32, 4, 4)
        Flatten(), Dense(128), ReLU()                (512,) → (128,)
        Dense(10)                                    (10,)

    An entry of `filters` is one number, or a sequence of numbers: then several convolutions come before one pooling.
    If wanted, batch normalisation stands before each of these ReLUs, and dropout before each Dense.
    """
    def norm() -> list[Layer]:
        return [BatchNorm()] if batch_norm else []

    def drop() -> list[Layer]:
        return [Dropout(dropout)] if dropout else []

    layers: list[Layer] = [Rescale()]
    for block in filters if np.iterable(filters) else [filters]:
        *others, last = np.atleast_1d(block).tolist()
        for F in others:
            layers += [Conv2D(F, kernel_size, padding=padding), *norm(), ReLU()]
        layers += [Conv2D(last, kernel_size, padding=padding, gain=GAIN_BEFORE_MAXIMUM), MaxPool2D(2), *norm(), ReLU()]
    layers.append(Flatten())
    for units in np.atleast_1d(hidden_layer_sizes).astype(int).tolist():
        layers += [*drop(), Dense(units, "he"), ReLU()]
    return [*layers, *drop(), Dense(outputs, "glorot")]


class Rescale(Layer):
    """Y = X · factor.  The factor is set once, from the training images, and saved with the weights."""

    state = ("factor",)

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        self.factor = np.ones(1, dtype)                         # (1,)
        return input_shape

    def set_from(self, X: np.ndarray) -> None:
        """Sets the factor so that the training images X (N, C, H, W) get a mean square of 1, as He's initialisation
        assumes.  Black stays 0, like the frame that padding adds."""
        parts = (X[start : start + 1000] for start in range(0, len(X), 1000))  # in parts: float64 copies are large
        power = sum(float(np.square(part, dtype=np.float64).sum()) for part in parts) / X.size
        self.factor[...] = 1 / math.sqrt(power) if power > 0 else 1

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, C, H, W)
        return X * self.factor

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return dY * self.factor if need_dX else None


class Flatten(Layer):
    """Writes the numbers of each image into one row."""

    kept = ("X_shape",)

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        return (math.prod(input_shape),)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, C·H·W)
        if training:
            self.X_shape = X.shape
        return X.reshape(len(X), math.prod(X.shape[1:]))

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, C·H·W) -> (N, C, H, W)
        return dY.reshape(self.X_shape) if need_dX else None
