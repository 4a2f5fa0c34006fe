"""A convolutional neural network, the whole of it: its layers, the way forward, the loss, the way back, the update.

    X (N, C, H, W) → rescale → [convolution → 2 × 2 maximum → ReLU] × … → flatten → [dense → ReLU] × … → dense → z (N, K)

    forward     X ← layer.forward(X)              from the first layer to the last: the logits z
    loss        L = −1/N Σₙ log softmax(z)[n, yₙ]       dz = (softmax(z) − onehot(y)) / N
    backward    dY ← layer.backward(dY)           from the last layer to the first: the chain rule, which leaves dK, dW, db
    update      θ ← θ − η dθ                      for all parameters θ at once; Adam scales dθ first

N images   C channels   H × W pixels   K classes            Derivation: documentation/cnn.md
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ai_from_scratch.estimator.saved import roles, with_roles
from Basic_Neural_Network_From_Scratch import BatchNorm, Dense, Dropout, Layer, ReLU, Sequential
from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.images import Flatten, Rescale
from CNN_From_Scratch.pooling import MaxPool2D
from CNN_From_Scratch.windows import Size, checked_pair

# He's first kernels count on a ReLU that cuts off half of the power.  The largest of four outputs makes up for that.
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

    A block of `filters` is one number, or a sequence of them for several convolutions before one pooling.  Batch
    normalisation, if wanted, stands before each of these ReLUs, dropout before each Dense.
    """
    h, w = checked_pair(kernel_size, 1, "kernel_size")
    k = h if h == w else (h, w)

    def norm() -> list[Layer]:
        return [BatchNorm()] if batch_norm else []

    def drop() -> list[Layer]:
        return [Dropout(dropout)] if dropout else []

    layers: list[Layer] = [Rescale()]
    for block in filters if np.iterable(filters) else [filters]:
        *others, last = np.atleast_1d(block).tolist()
        for F in others:
            layers += [Conv2D(F, k, padding=padding), *norm(), ReLU()]
        layers += [Conv2D(last, k, padding=padding, gain=GAIN_BEFORE_MAXIMUM), MaxPool2D(2), *norm(), ReLU()]
    layers.append(Flatten())
    for units in np.atleast_1d(hidden_layer_sizes).astype(int).tolist():
        layers += [*drop(), Dense(units, "he"), ReLU()]
    return [*layers, *drop(), Dense(outputs, "glorot")]


class CNN(Sequential):
    """A list of layers that learn together.  `parameters` and `gradients` hold the numbers of all layers, (P,) each.

        network = CNN(cnn_layers()).build((1, 28, 28), np.random.default_rng(0))
        loss = SoftmaxCrossEntropy()
        L = loss.forward(network.forward(X, training=True), y)
        network.backward(loss.backward())
        network.parameters -= 0.01 * network.gradients
    """

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, K)
        """The logits.  In training, each layer keeps what its backward needs."""
        if X.shape[1:] != self.shapes[0]:
            raise ValueError(f"The network was built for images of shape {self.shapes[0]}, got {X.shape[1:]}.")
        for layer in self.layers:
            X = layer.forward(X, training)
        return X

    def backward(self, dY: np.ndarray, need_dX: bool = False) -> np.ndarray | None:  # (N, K) -> (N, C, H, W)
        """Fill `gradients`.  ∂L/∂X, the gradient of the pixels, costs a product more: training does not ask for it."""
        first = next(layer for layer in self.layers if layer.trainable)
        for layer in reversed(self.layers):
            dX = layer.backward(dY, need_dX or layer is not first)
            if dX is None:
                return None
            dY = dX
        return dY

    @property
    def rescale(self) -> Rescale:
        """The first layer."""
        return next(layer for layer in self.layers if isinstance(layer, Rescale))

    def named_arrays(self) -> dict[str, np.ndarray]:
        """What has to be saved, by the role of its layer: "convolution_1.K", "dense_2.b" …; views, not copies."""
        return {f"{role}.{name}": getattr(layer, name)
                for role, layer in roles(self.layers).items() for name in (*layer.trainable, *layer.state)}

    def load_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Copy saved arrays into this built network.  ValueError names every array that does not fit."""
        super().load_arrays(with_roles(arrays, self.layers))
