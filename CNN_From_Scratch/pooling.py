"""Pooling: of every h × w window keep one number, the largest or the mean.  Of 2 × 2, a quarter of the pixels goes on.

    MaxPool2D       Y = max over u, v of X[n, c, s·p+u, t·q+v]       dX = dY at the place of the maximum, 0 elsewhere
    AveragePool2D   Y = 1/hw Σ_u Σ_v X[n, c, s·p+u, t·q+v]           dX = dY / hw at every place

No loop over pixels: for each of the hw offsets (u, v) one strided view holds that pixel of every window.  Where
several pixels of a window are largest, the first of them, row by row, gets the whole gradient.
Pixels at the right and the bottom that fill no whole window are left out.

N images   C channels   P × Q windows of h × w pixels   s, t strides
"""

from collections.abc import Iterator

import numpy as np

from Basic_Neural_Network_From_Scratch import Layer
from CNN_From_Scratch.windows import Size, checked_pair, pair


class Pool2D(Layer):
    """What both have in common.  `size` and `stride` are one number, or two: (rows, columns).

    The stride is the window's size unless it is given.
    """

    kept = ("X_shape", "winner")

    def __init__(self, size: Size = 2, stride: Size | None = None) -> None:
        self.size, self.stride = size, size if stride is None else stride

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        if len(input_shape) != 3:
            raise ValueError(f"{self} takes images, shape (channels, height, width), and got shape {input_shape}.")
        C, H, W = input_shape
        h, w = checked_pair(self.size, 1, f"{self}: size")
        s, t = checked_pair(self.stride, 1, f"{self}: stride")
        if h > H or w > W:
            raise ValueError(
                f"{self}: a window of {h} × {w} at stride {self.stride} does not fit into input of "
                f"shape {input_shape}. Pool less, or start from larger images."
            )
        return C, (H - h) // s + 1, (W - w) // t + 1

    def _offsets(self, X: np.ndarray) -> Iterator[np.ndarray]:  # (N, C, H, W) -> hw views (N, C, P, Q)
        """The first pixel of every window, the second of every window, …, row by row."""
        (h, w), (s, t) = pair(self.size), pair(self.stride)
        H, W = X.shape[2:]
        for u in range(h):
            for v in range(w):
                yield X[:, :, u : H - h + u + 1 : s, v : W - w + v + 1 : t]

    def _places(self) -> int:
        """How many pixels a window has."""
        h, w = pair(self.size)
        return h * w

    def __repr__(self) -> str:
        stride = "" if self.stride == self.size else f", stride={self.stride}"
        return f"{type(self).__name__}({self.size}{stride})"


class MaxPool2D(Pool2D):
    """The strongest answer in each window: where exactly it was does not matter."""

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, C, P, Q)
        offsets = self._offsets(X)
        Y = next(offsets).copy(order="K")                       # "K": in the memory order of X, whatever that is
        winner = np.zeros_like(Y, np.uint8 if self._places() <= 256 else np.int64)
        for number, pixel in enumerate(offsets, start=1):
            if training:
                # The number of a later winner is larger, so that a maximum puts it in the place of earlier ones.
                np.maximum(winner, np.multiply(pixel > Y, number, dtype=winner.dtype), out=winner)
            np.maximum(Y, pixel, out=Y)
        if training:
            self.winner, self.X_shape = winner, X.shape
        return Y

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, C, P, Q) -> (N, C, H, W)
        if not need_dX:
            return None
        dX = zeros_batch_last(self.X_shape, dY.dtype)
        for number, pixel in enumerate(self._offsets(dX)):
            pixel += dY * (self.winner == number)               # += since windows may overlap
        return dX


class AveragePool2D(Pool2D):
    """The mean of each window."""

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, C, P, Q)
        if training:
            self.X_shape = X.shape
        offsets = self._offsets(X)
        Y = next(offsets).copy(order="K")
        for pixel in offsets:
            Y += pixel
        Y *= X.dtype.type(1 / self._places())
        return Y

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, C, P, Q) -> (N, C, H, W)
        if not need_dX:
            return None
        share = dY * dY.dtype.type(1 / self._places())          # (N, C, P, Q)
        dX = zeros_batch_last(self.X_shape, dY.dtype)
        for pixel in self._offsets(dX):
            pixel += share
        return dX


def zeros_batch_last(shape: tuple[int, ...], dtype) -> np.ndarray:
    """Zeros of shape (N, C, H, W) in the memory order that Conv2D works in, (C, H, W, N)."""
    N, C, H, W = shape
    return np.zeros((C, H, W, N), dtype).transpose(3, 0, 1, 2)
