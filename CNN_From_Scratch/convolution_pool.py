"""Convolution and 2 × 2 max pooling in one layer: the same numbers as Conv2D and MaxPool2D(2), in less time.

Pooling looks at 2 × 2 neighbouring outputs.  The windows of two that lie side by side share most of their pixels:
together they are one window of k × (k+1), taken at every second column.  With the kernel laid into it at the left and
at the right, two rows of one matrix product are both pixels, and pooling is a maximum of whole slabs of memory:

    sides   (2, F, C, k, k+1)        K at the left, K at the right, zeros beside it
    slabs   (2, F, 2, Q·N)           sides · columns, for the two rows of one row of cells
    Y       (F, Q·N)                 max over left and right, then over above and below, + b

A cell copies 2·k·(k+1) numbers a channel into the columns instead of 4·k², for 1 + 1/k times the multiplications.
The same again downwards (r = 2): K in the four corners of (k+1) × (k+1), still less to copy and more to multiply.
One row of cells at a time: what it multiplies and compares stays in the processor's cache.
The bias moves behind the maximum (max(a, b) + c = max(a + c, b + c)) and a ReLU may stand behind the layer.

N images   C channels   F filters   k × k kernel   P × Q pooled pixels                        documentation/cnn.md
"""

import numpy as np

from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.windows import add_up, windows


class ConvPool2D(Conv2D):
    """Conv2D(filters, kernel_size, padding=padding) followed by MaxPool2D(2); its K and b are the same arrays."""

    kept: tuple[str, ...] = (*Conv2D.kept, "sides", "left_wins", "above_wins")

    def __init__(self, filters: int, kernel_size: int, padding: str | int = "valid") -> None:
        super().__init__(filters, kernel_size, padding=padding)

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        F, P, Q = super().build(input_shape, rng, dtype)
        self.K *= np.sqrt(0.5)          # the largest of four is no typical one: it makes up for what a ReLU cuts off
        if min(P, Q) < 2:
            raise ValueError(f"{self}: input of shape {input_shape} leaves {P} × {Q} pixels, none to pool 2 × 2.")
        return F, P // 2, Q // 2

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, F, P, Q)
        F, k = len(self.K), self.kernel_size
        image = self._padded(X)                                       # (C, H, W, N)
        C, H, W, N = image.shape
        P, Q = (H - k + 1) // 2, (W - k + 1) // 2
        # r rows of pixels share a window.  With one channel the product is small and copying counts: all four pixels.
        r = 2 if C == 1 else 1
        view = windows(image, (k + r - 1, k + 1), stride=(r, 2))      # (C, k+r−1, k+1, rows, Q, N)
        sides = self._sides(r)                                        # (2·r·F, C·(k+r−1)·(k+1))
        columns = np.empty((P, sides.shape[1], 2 // r * Q * N), X.dtype)
        left_wins, above_wins = np.empty((P, r, F, 2 // r, Q * N), bool), np.empty((P, F, Q * N), bool)
        Y = np.empty((F, P, Q * N), X.dtype)
        for p in range(P):                              # a row of cells at a time: what it needs stays in the cache
            rows = slice(p * 2 // r, (p + 1) * 2 // r)
            columns[p] = view[:, :, :, rows].reshape(columns.shape[1:])
            slabs = (sides @ columns[p]).reshape(r, 2, F, 2 // r, Q * N)
            left, right = slabs[:, 0], slabs[:, 1]                    # (r, F, 2/r, Q·N)
            # A knockout of two rounds.  On ties the left one wins, then the upper one, as in MaxPool2D.
            winners = np.maximum(left, right)
            above, below = winners[0, :, 0], winners[-1, :, -1]       # (F, Q·N)
            np.maximum(above, below, out=Y[:, p])
            if training:
                np.greater_equal(left, right, out=left_wins[p])
                np.greater_equal(above, below, out=above_wins[p])
        Y += self.b[:, None, None]
        if training:
            self.columns, self.sides, self.padded_shape = columns, sides, image.shape
            self.left_wins, self.above_wins = left_wins, above_wins
        return Y.reshape(F, P, Q, N).transpose(3, 0, 1, 2)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, F, P, Q) -> (N, C, H, W)
        F, C, k, _ = self.K.shape
        N, _, P, Q = dY.shape
        r = self.left_wins.shape[1]
        dY = dY.transpose(1, 2, 3, 0).reshape(F, P, Q * N)
        np.sum(dY, axis=(1, 2), out=self.db)
        dsides = np.zeros(self.sides.shape[::-1], dY.dtype)
        dimage = np.zeros(self.padded_shape, dY.dtype) if need_dX else None
        halves = np.empty((r, F, 2 // r, Q * N), dY.dtype)            # what goes to the cells' upper and lower half
        slabs = np.empty((r, 2, F, 2 // r, Q * N), dY.dtype)          # … and of that to the left and right pixel
        above, below = halves[0, :, 0], halves[-1, :, -1]
        for p in range(P):
            # The knockout backwards: the gradient goes to the winner, what is left (0 or all of it) to the other.
            np.multiply(dY[:, p], self.above_wins[p], out=above)
            np.subtract(dY[:, p], above, out=below)
            np.multiply(halves, self.left_wins[p], out=slabs[:, 0])
            np.subtract(halves, slabs[:, 0], out=slabs[:, 1])
            dslabs = slabs.reshape(2 * r * F, 2 // r * Q * N)
            dsides += self.columns[p] @ dslabs.T
            if dimage is not None:
                dwindows = (self.sides.T @ dslabs).reshape(C, k + r - 1, k + 1, 2 // r, Q, N)
                add_up(dwindows, dimage[:, 2 * p : 2 * p + k + 1], stride=(r, 2))
        dK = dsides.T.reshape(r, 2, F, C, k + r - 1, k + 1)
        self.dK[...] = sum(dK[i, j, :, :, i : i + k, j : j + k] for i in range(r) for j in (0, 1))
        return None if dimage is None else self._cropped(dimage)

    def multiply_adds(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:
        """Of the convolution, for the four pixels of every cell; the zeros beside the kernel do not count."""
        return 4 * super().multiply_adds(input_shape, output_shape)

    def _sides(self, r: int) -> np.ndarray:  # (2·r·F, C·(k+r−1)·(k+1))
        """The kernel at the left and at the right of a larger window, and for r = 2 at its top and at its bottom."""
        F, C, k, _ = self.K.shape
        sides = np.zeros((r, 2, F, C, k + r - 1, k + 1), self.K.dtype)
        for i in range(r):
            for j in (0, 1):
                sides[i, j, :, :, i : i + k, j : j + k] = self.K
        return sides.reshape(2 * r * F, -1)
