"""Convolution and 2 × 2 max pooling in one layer: the same numbers as Conv2D and MaxPool2D(2), in less time.

Pooling looks at 2 × 2 neighbouring outputs.  The windows of two that lie side by side share most of their pixels:
together they are one window of k × (k+1), taken at every second column.  With the kernel laid into it at the left and
at the right, two rows of one matrix product are both pixels, and pooling is a maximum of whole slabs of memory:

    pair    (2, F, C, k, k+1)        K at the left, K at the right, zeros beside it
    slabs   (2, F, 2, Q·N)           pair · columns, for the two rows of one row of cells
    Y       (F, Q·N)                 max over left and right, then over above and below, + b

A cell copies 2·k·(k+1) numbers a channel into the columns instead of 4·k², for 1 + 1/k times the multiplications.
One row of cells at a time: what it multiplies and compares stays in the processor's cache.
The bias moves behind the maximum (max(a, b) + c = max(a + c, b + c)) and a ReLU may stand behind the layer.

N images   C channels   F filters   k × k kernel   P × Q pooled pixels                        documentation/cnn.md
"""

import numpy as np

from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.windows import add_up, windows


class ConvPool2D(Conv2D):
    """Conv2D(filters, kernel_size, padding=padding) followed by MaxPool2D(2); its K and b are the same arrays."""

    kept: tuple[str, ...] = (*Conv2D.kept, "pair", "left_wins", "above_wins")

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
        view = windows(image, (k, k + 1), stride=(1, 2))              # (C, k, k+1, 2·P or more, Q, N)
        pair = self._side_by_side()                                   # (2·F, C·k·(k+1))
        columns = np.empty((P, C * k * (k + 1), 2 * Q * N), X.dtype)
        left_wins, above_wins = np.empty((P, F, 2, Q * N), bool), np.empty((P, F, Q * N), bool)
        Y = np.empty((F, P, Q * N), X.dtype)
        for p in range(P):                              # a row of cells at a time: what it needs stays in the cache
            columns[p] = view[:, :, :, 2 * p : 2 * p + 2].reshape(C * k * (k + 1), 2 * Q * N)
            left, right = (pair @ columns[p]).reshape(2, F, 2, Q * N)
            # A knockout of two rounds.  On ties the left one wins, then the upper one, as in MaxPool2D.
            winners = np.maximum(left, right)                         # (F, 2, Q·N)
            above, below = winners[:, 0], winners[:, 1]
            np.maximum(above, below, out=Y[:, p])
            if training:
                np.greater_equal(left, right, out=left_wins[p])
                np.greater_equal(above, below, out=above_wins[p])
        Y += self.b[:, None, None]
        if training:
            self.columns, self.pair, self.padded_shape = columns, pair, image.shape
            self.left_wins, self.above_wins = left_wins, above_wins
        return Y.reshape(F, P, Q, N).transpose(3, 0, 1, 2)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, F, P, Q) -> (N, C, H, W)
        F, C, k, _ = self.K.shape
        N, _, P, Q = dY.shape
        dY = dY.transpose(1, 2, 3, 0).reshape(F, P, Q * N)
        np.sum(dY, axis=(1, 2), out=self.db)
        dpair = np.zeros((C * k * (k + 1), 2 * F), dY.dtype)
        dimage = np.zeros(self.padded_shape, dY.dtype) if need_dX else None
        halves = np.empty((F, 2, Q * N), dY.dtype)                    # what goes to the cells' upper and lower half
        slabs = np.empty((2, F, 2, Q * N), dY.dtype)                  # … and of that to the left and right pixel
        for p in range(P):
            # The knockout backwards: the gradient goes to the winner, what is left (0 or all of it) to the other.
            np.multiply(dY[:, p], self.above_wins[p], out=halves[:, 0])
            np.subtract(dY[:, p], halves[:, 0], out=halves[:, 1])
            np.multiply(halves, self.left_wins[p], out=slabs[0])
            np.subtract(halves, slabs[0], out=slabs[1])
            dslabs = slabs.reshape(2 * F, 2 * Q * N)
            dpair += self.columns[p] @ dslabs.T
            if dimage is not None:
                dwindows = (self.pair.T @ dslabs).reshape(C, k, k + 1, 2, Q, N)
                add_up(dwindows, dimage[:, 2 * p : 2 * p + k + 1], stride=(1, 2))
        dleft, dright = dpair.T.reshape(2, F, C, k, k + 1)
        self.dK[...] = dleft[..., :k] + dright[..., 1:]
        return None if dimage is None else self._cropped(dimage)

    def _side_by_side(self) -> np.ndarray:  # (2·F, C·k·(k+1))
        """The kernel at the left and at the right of a window that is one pixel wider."""
        F, C, k, _ = self.K.shape
        pair = np.zeros((2, F, C, k, k + 1), self.K.dtype)
        pair[0, ..., :k], pair[1, ..., 1:] = self.K, self.K
        return pair.reshape(2 * F, -1)
