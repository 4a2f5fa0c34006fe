"""Pooling: of every h × w window keep one number, the maximum or the mean.  2 × 2 windows keep a quarter of the pixels.

    MaxPool2D       Y = max over u, v of X[i, j, s·p+u, t·q+v]       dX = dY at the place of the maximum, 0 elsewhere
    AveragePool2D   Y = 1/hw Σ_u Σ_v X[i, j, s·p+u, t·q+v]           dX = dY / hw at every place

No loop over pixels: for each of the hw offsets (u, v) one strided view holds that pixel of every window.  If several
pixels of a window are largest, the first of them, row by row, gets the whole gradient.
Pixels at the right and the bottom that fill no whole window are left out.

N images   C channels   P × Q windows of h × w pixels   s, t strides
"""

import numpy as np

from ai_from_scratch.estimator import rules
from Basic_Neural_Network_From_Scratch import Layer
from CNN_From_Scratch.windows import Size, pair


class Pool2D(Layer, size=rules.pair(1), stride=rules.pair(1)):
    """The common part of both kinds of pooling.  `size` and `stride` are one number, or two: (rows, columns).

    The stride is the window's size if none is given.
    """

    kept = ("X", "winner")

    def __init__(self, size: Size = 2, stride: Size | None = None) -> None:
        self.size, self.stride = size, size if stride is None else stride

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        if len(input_shape) != 3:
            raise ValueError(f"{self} takes images, shape (channels, height, width), and got shape {input_shape}.")
        C, H, W = input_shape
        (h, w), (s, t) = pair(self.size), pair(self.stride)
        if h > H or w > W:
            raise ValueError(f"{self}: a window of {h} × {w} at stride {self.stride} does not fit into input of shape "
                             f"{input_shape}. Pool less, or start from larger images.")
        return C, (H - h) // s + 1, (W - w) // t + 1

    def _offsets(self, X: np.ndarray) -> list[np.ndarray]:  # (N, C, H, W) -> hw views (N, C, P, Q)
        """For each place in the window, the pixel of every window at this place; the places row by row."""
        (h, w), (s, t), (H, W) = pair(self.size), pair(self.stride), X.shape[2:]
        return [X[:, :, u : H - h + u + 1 : s, v : W - w + v + 1 : t] for u in range(h) for v in range(w)]

    def __repr__(self) -> str:
        stride = "" if self.stride == self.size else f", stride={self.stride}"
        return f"{type(self).__name__}({self.size}{stride})"


class MaxPool2D(Pool2D):
    """The maximum of each window. The output does not contain its place; `winner` keeps it for backward."""

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, C, P, Q)
        pixels = self._offsets(X)                                      # hw views (N, C, P, Q)
        number = np.arange(len(pixels), dtype=np.min_scalar_type(len(pixels)))
        Y, winner = pixels[0], np.zeros_like(pixels[0], number.dtype)  # (N, C, P, Q)
        for i in range(1, len(pixels)):
            if training:
                winner = np.maximum(winner, (pixels[i] > Y) * number[i])    # the offset of the maximum so far
            Y = np.maximum(Y, pixels[i])
        if training:
            self.winner, self.X = winner, X
        return Y

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, C, P, Q) -> (N, C, H, W)
        if not need_dX:
            return None
        dX = np.zeros_like(self.X)                                     # in X's memory order
        for i, pixel in enumerate(self._offsets(dX)):
            pixel += dY * (self.winner == i)                           # += since windows may overlap
        return dX


class AveragePool2D(Pool2D):
    """The mean of each window."""

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, C, P, Q)
        if training:
            self.X = X
        pixels = self._offsets(X)                                      # hw views (N, C, P, Q)
        return sum(pixels[1:], start=pixels[0]) / X.dtype.type(len(pixels))

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, C, P, Q) -> (N, C, H, W)
        if not need_dX:
            return None
        dX = np.zeros_like(self.X)
        pixels = self._offsets(dX)
        for pixel in pixels:
            pixel += dY / dY.dtype.type(len(pixels))                   # (N, C, P, Q)
        return dX
