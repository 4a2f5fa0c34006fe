"""Two small layers that images need: the first one sets their scale, the other lays their numbers into a row.

    Rescale        Y = X · factor              the first layer: so the network itself takes bytes, 0 … 255
    Flatten        (N, C, H, W)  →  (N, C·H·W), what a Dense layer takes

N images   C channels   H × W pixels
"""

import math

import numpy as np

from Basic_Neural_Network_From_Scratch import Layer


class Rescale(Layer):
    """Y = X · factor.  The factor is not learnt but set once, from the training images, and saved with the weights."""

    state = ("factor",)

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        self.factor = np.ones(1, dtype)                         # (1,)
        return input_shape

    def set_from(self, X: np.ndarray) -> None:
        """Bring the training images X (N, C, H, W) to a mean square of 1, which He's initialisation counts on.

        Black stays 0, as in the frame that padding adds.
        """
        parts = (X[start : start + 1000] for start in range(0, len(X), 1000))     # squares of bytes need more bits
        power = sum(float(np.square(part, dtype=np.float64).sum()) for part in parts) / X.size
        self.factor[...] = 1 / math.sqrt(power) if power > 0 else 1

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, C, H, W)
        return X * self.factor

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:
        return dY * self.factor if need_dX else None


class Flatten(Layer):
    """Puts the numbers of each image into one row."""

    kept = ("X_shape",)

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        return (math.prod(input_shape),)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, C·H·W)
        if training:
            self.X_shape = X.shape
        return X.reshape(len(X), -1)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, C·H·W) -> (N, C, H, W)
        return dY.reshape(self.X_shape) if need_dX else None
