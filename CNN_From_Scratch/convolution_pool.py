"""Convolution and 2 × 2 max pooling in one layer: the same numbers as Conv2D and MaxPool2D(2), in less time.

Pooling looks at four neighbouring outputs.  Their k × k windows share most of their pixels: together they are one
window of (k+1) × (k+1), taken at every second pixel.  With the kernel laid into its four corners, four rows of one
matrix product are the four candidates of a cell, and pooling is a maximum of four whole slabs:

    corners (2, 2, F, C, k+1, k+1)   K at the upper left, upper right, lower left, lower right, zeros beside it
    slabs   (2, 2, F, P·Q·N)         corners · columns                Y = max over the slabs + b

For k = 5 a pooled pixel copies 36 numbers into the columns instead of 100, for 1.44 times the multiplications.
The bias moves behind the maximum (max(a, b) + c = max(a + c, b + c)) and a ReLU may stand behind the layer.

N images   C channels   F filters   k × k kernel   P × Q pooled pixels                        documentation/cnn.md
"""

import numpy as np

from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.windows import add_up, windows


class ConvPool2D(Conv2D):
    """Conv2D(filters, kernel_size, padding=padding) followed by MaxPool2D(2); its K and b are the same arrays."""

    kept: tuple[str, ...] = (*Conv2D.kept, "corners", "left_wins_above", "left_wins_below", "above_wins")

    def __init__(self, filters: int, kernel_size: int, padding: str | int = "valid") -> None:
        super().__init__(filters, kernel_size, padding=padding)

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        F, P, Q = super().build(input_shape, rng, dtype)
        self.K *= np.sqrt(0.5)          # the largest of four is no typical one: it makes up for what a ReLU cuts off
        if min(P, Q) < 2:
            raise ValueError(f"{self}: input of shape {input_shape} leaves {P} × {Q} pixels, none to pool 2 × 2.")
        return F, P // 2, Q // 2

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, F, P, Q)
        F = len(self.K)
        image = self._padded(X)                                       # (C, H, W, N)
        view = windows(image, self.kernel_size + 1, stride=2)         # (C, k+1, k+1, P, Q, N)
        C, k1, _, P, Q, N = view.shape
        columns = view.reshape(C * k1 * k1, P * Q * N)
        corners = self._corners()                                     # (4·F, C·(k+1)·(k+1))
        a, b, c, d = (corners @ columns).reshape(4, F, P * Q * N)     # the four pixels of every cell

        # A knockout of two rounds.  On ties the left one wins, then the upper one, as in MaxPool2D.
        above, below = np.maximum(a, b), np.maximum(c, d)             # (F, P·Q·N)
        Y = np.maximum(above, below)
        Y += self.b[:, None]
        if training:
            self.columns, self.padded_shape, self.corners = columns, image.shape, corners
            self.left_wins_above, self.left_wins_below, self.above_wins = a >= b, c >= d, above >= below
        return Y.reshape(F, P, Q, N).transpose(3, 0, 1, 2)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, F, P, Q) -> (N, C, H, W)
        F, C, k, _ = self.K.shape
        N, _, P, Q = dY.shape
        dY = dY.transpose(1, 2, 3, 0).reshape(F, P * Q * N)
        np.sum(dY, axis=1, out=self.db)

        # The knockout backwards: the gradient goes to the winner, what is left (0 or all of it) to the other.
        dslabs = np.empty((4, F, P * Q * N), dY.dtype)
        above = dY * self.above_wins
        below = dY - above
        np.multiply(above, self.left_wins_above, out=dslabs[0])
        np.subtract(above, dslabs[0], out=dslabs[1])
        np.multiply(below, self.left_wins_below, out=dslabs[2])
        np.subtract(below, dslabs[2], out=dslabs[3])
        dslabs = dslabs.reshape(4 * F, P * Q * N)

        dcorners = (self.columns @ dslabs.T).T.reshape(2, 2, F, C, k + 1, k + 1)
        self.dK[...] = sum(dcorners[i, j, :, :, i : i + k, j : j + k] for i in (0, 1) for j in (0, 1))
        if not need_dX:
            return None
        dcolumns = (self.corners.T @ dslabs).reshape(C, k + 1, k + 1, P, Q, N)
        return self._cropped(add_up(dcolumns, self.padded_shape, stride=2))

    def _corners(self) -> np.ndarray:  # (4·F, C·(k+1)·(k+1))
        """The kernel in the four corners of a window that is one pixel larger."""
        F, C, k, _ = self.K.shape
        corners = np.zeros((2, 2, F, C, k + 1, k + 1), self.K.dtype)
        for i in (0, 1):
            for j in (0, 1):
                corners[i, j, :, :, i : i + k, j : j + k] = self.K
        return corners.reshape(4 * F, -1)
