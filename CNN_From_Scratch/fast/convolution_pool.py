"""Convolution and 2 × 2 max pooling in one layer: the same numbers as Conv2D and MaxPool2D(2).

A training step of the networks 16c5-32c5 and 32c3-64c3 takes two thirds of the time: python -m benchmarks.networks

Pooling compares 2 × 2 neighbouring outputs.  The windows of two neighbours in a row share most of their pixels.
Together they are one window of k × (k+1), taken at every second column.  The kernel is placed in this window twice, at
the left and at the right.  Then two rows of one matrix product are the two outputs, and pooling is a maximum of large
arrays:

    sides    (2, F, k, k+1, C)        K at the left, K at the right, zeros in the column that remains
    strips   (H, k+1, C, Q, N)        every row of pixels, cut into pieces of k+1
    columns  (2P, k·(k+1)·C, Q·N)     k rows of strips for every row of windows: overlapping views
    slabs    (2P, 2, F, Q·N)          sides · columns
    Y        (F, P, Q·N)              max over left and right, then over above and below, + b

Only the strips are copied, (k+1)/2 numbers for each pixel, where Conv2D copies k².  The cost is 1 + 1/k times the
multiplications.  In the backward pass, the gradient of a row of pixels is one product over all rows of windows that
contain it:

    dstrips(p) = Σᵤ sidesᵤᵀ dslabs(p − u)     sidesᵤ, the sides' u-th row, (2F, (k+1)·C)

The bias is added after the maximum (max(x₁, x₂) + b = max(x₁ + b, x₂ + b)), and a ReLU may follow the layer.

N images   C channels   F filters   k × k kernel   P × Q pooled pixels              documentation/cnn_exact_and_fast.md
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from Basic_Neural_Network_From_Scratch import Layer
from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.pooling import MaxPool2D
from CNN_From_Scratch.windows import Size, windows

NUMBERS_PER_TILE = 300_000      # about so many numbers of the slabs are computed at once: they stay in the cache


def fuse(layers: Sequence[Layer]) -> list[Layer]:
    """The same layers, with each Conv2D (square kernel, stride 1) and the MaxPool2D(2) after it as one ConvPool2D.

    The arrays of built layers stay the same: a ConvPool2D takes over the arrays of its convolution.
    """
    fused: list[Layer] = []
    for layer in layers:
        before = fused[-1] if fused else None
        if type(before) is Conv2D and isinstance(layer, MaxPool2D) and have_twin(before, layer):
            fused[-1] = ConvPool2D.in_place_of(before)
        else:
            fused.append(layer)
    return fused


def have_twin(convolution: Conv2D, pool: MaxPool2D) -> bool:
    def both(size: Size, number: int) -> bool:
        return bool(np.all(np.equal(size, number)))

    return (both(convolution.kernel_size, np.ravel(convolution.kernel_size)[0]) and both(convolution.stride, 1)
            and both(pool.size, 2) and both(pool.stride, 2))


class ConvPool2D(Conv2D):
    """Conv2D(filters, kernel_size, padding=padding, gain=gain) followed by MaxPool2D(2), with the same arrays K and
    b."""

    kept: tuple[str, ...] = (*Conv2D.kept, "sides", "strips", "left_wins", "above_wins")

    def __init__(self, filters: int, kernel_size: int, padding: Size | str = "valid", gain: float = 1.0) -> None:
        super().__init__(filters, kernel_size, padding=padding, gain=gain)

    @classmethod
    def in_place_of(cls, convolution: Conv2D) -> "ConvPool2D":
        k, *_ = np.ravel(convolution.kernel_size).tolist()
        layer = cls(convolution.filters, k, convolution.padding, convolution.gain)
        for name in ("K", "b", "dK", "db", "frame"):
            if hasattr(convolution, name):
                setattr(layer, name, getattr(convolution, name))
        return layer

    def build(self, input_shape: tuple[int, ...], rng: np.random.Generator, dtype=np.float32) -> tuple[int, ...]:
        if np.ndim(self.kernel_size):
            raise ValueError(f"{self} takes square kernels, kernel_size as one number, and got {self.kernel_size!r}. "
                             "For another shape use Conv2D followed by MaxPool2D(2).")
        F, P, Q = super().build(input_shape, rng, dtype)
        if min(P, Q) < 2:
            raise ValueError(f"{self}: input of shape {input_shape} gives {P} × {Q} outputs, and pooling needs at "
                             "least 2 × 2. Try a smaller kernel.")
        return F, P // 2, Q // 2

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:  # (N, C, H, W) -> (N, F, P, Q)
        F, _, k, _ = self.K.shape
        image = np.pad(X.transpose(1, 2, 3, 0), ((0, 0), *self.frame, (0, 0)))   # (C, H, W, N)
        _, H, W, N = image.shape
        P, Q = (H - k + 1) // 2, (W - k + 1) // 2
        pieces, sides = strips(image, k + 1, stride=2), self._sides() # (H, k+1, C, Q, N), (2F, k·(k+1)·C)
        rows = columns(pieces, k)[: 2 * P]                            # (2P, k·(k+1)·C, Q·N)
        Y = np.empty((F, P, Q * N), X.dtype)
        left_wins, above_wins = np.empty((P, 2, F, Q * N), bool), np.empty((P, F, Q * N), bool)
        for cells in tiles(P, 4 * F * Q * N):
            slabs = (sides @ rows[pixels(cells)]).reshape(-1, 2, 2, F, Q * N)
            left, right = slabs[:, :, 0], slabs[:, :, 1]              # (cells, 2, F, Q·N)
            # Two maxima, one after the other.  On ties the left one wins, then the upper one, as in MaxPool2D.
            winners = np.maximum(left, right)
            above, below = winners[:, 0], winners[:, 1]               # (cells, F, Q·N)
            np.maximum(above, below, out=Y[:, cells].transpose(1, 0, 2))
            if training:
                np.greater_equal(left, right, out=left_wins[cells])
                np.greater_equal(above, below, out=above_wins[cells])
        Y += self.b[:, None, None]
        if training:
            self.strips, self.sides, self.padded_shape = pieces, sides, image.shape
            self.left_wins, self.above_wins = left_wins, above_wins
        return Y.reshape(F, P, Q, N).transpose(3, 0, 1, 2)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, F, P, Q) -> (N, C, H, W)
        F, C, k, _ = self.K.shape
        N, _, P, Q = dY.shape
        dY = dY.transpose(2, 1, 3, 0).reshape(P, F, Q * N)
        np.sum(dY, axis=(0, 2), out=self.db)
        rows = columns(self.strips, k)                                # (2P, k·(k+1)·C, Q·N), perhaps with one row more
        dslabs = np.empty((2 * P, 2 * F, Q * N), dY.dtype)
        dsides = np.zeros(self.sides.shape[::-1], dY.dtype)           # (k·(k+1)·C, 2F)
        for cells in tiles(P, 4 * F * Q * N):
            # The two maxima backwards: the winner gets the gradient; the other one gets the rest, 0 or all of it.
            slabs = dslabs[pixels(cells)].reshape(-1, 2, 2, F, Q * N) # above and below, left and right
            halves = np.empty((len(slabs), 2, F, Q * N), dY.dtype)    # above and below
            np.multiply(dY[cells], self.above_wins[cells], out=halves[:, 0])
            np.subtract(dY[cells], halves[:, 0], out=halves[:, 1])
            np.multiply(halves, self.left_wins[cells], out=slabs[:, :, 0])
            np.subtract(halves, slabs[:, :, 0], out=slabs[:, :, 1])
            # As in Conv2D the windows are the left factor: the product is fastest with the longer matrix there.
            dsides += (rows[pixels(cells)] @ dslabs[pixels(cells)].transpose(0, 2, 1)).sum(axis=0)
        dK = dsides.T.reshape(2, F, k, k + 1, C)
        self.dK[...] = (dK[0, :, :, :k] + dK[1, :, :, 1:]).transpose(0, 3, 1, 2)
        if not need_dX:
            return None
        (top, bottom), (left, right) = self.frame
        _, H, W, _ = self.padded_shape
        return self._dimage(dslabs, Q)[:, top : H - bottom, left : W - right].transpose(3, 0, 1, 2)

    def multiply_adds(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:
        """The multiply-adds of the convolution for the four outputs of every cell; the zeros beside the kernel are not
        counted."""
        return 4 * super().multiply_adds(input_shape, output_shape)

    def _dimage(self, dslabs: np.ndarray, Q: int) -> np.ndarray:  # (2P, 2F, Q·N) -> (C, H, W, N)
        """The sum for every pixel over all windows that contain it."""
        C, N, k, rows = self.padded_shape[0], self.padded_shape[3], self.kernel_size, len(dslabs)
        # The rows of `sides` from the last to the first, side by side, ((k+1)·C, k, 2F): u = 0 belongs to the lowest
        # window.
        upwards = np.ascontiguousarray(self.sides.reshape(dslabs.shape[1], k, -1)[:, ::-1].transpose(2, 1, 0))
        dimage = np.zeros(self.padded_shape, dslabs.dtype)
        for h in range(rows + k - 1):
            first, last = max(0, h - k + 1), min(h + 1, rows)         # the rows of windows that contain row h
            its = upwards[:, k - 1 - h + first : k - 1 - h + last].reshape(len(upwards), -1)  # ((k+1)·C, their 2F)
            dstrips = its @ dslabs[first:last].reshape(its.shape[1], -1)                      # ((k+1)·C, Q·N)
            for v, dstrip in enumerate(dstrips.reshape(k + 1, C, Q, N)):
                dimage[:, h, v : v + 2 * Q : 2] += dstrip                                     # (C, Q, N)
        return dimage

    def _sides(self) -> np.ndarray:  # (2F, k·(k+1)·C)
        """The kernel at the left and at the right of a window that is one pixel wider."""
        F, C, k, _ = self.K.shape
        sides = np.zeros((2, F, k, k + 1, C), self.K.dtype)
        sides[0, :, :, :k] = sides[1, :, :, 1:] = self.K.transpose(0, 2, 3, 1)
        return sides.reshape(2 * F, -1)


def tiles(P: int, size: int) -> list[slice]:
    """Slices of the P rows of cells, with as many rows as fit in the cache; one row has `size` numbers."""
    rows = max(1, NUMBERS_PER_TILE // size)
    return [slice(start, min(start + rows, P)) for start in range(0, P, rows)]


def pixels(cells: slice) -> slice:
    """The rows of outputs that belong to these rows of cells: two for each."""
    return slice(2 * cells.start, 2 * cells.stop)


def strips(image: np.ndarray, width: int, stride: int = 1) -> np.ndarray:  # (C, H, W, N) -> (H, width, C, Q, N)
    """Every row of pixels, cut into pieces as wide as a window, in a new array; `columns` stacks them.

        strips[h, v, c, q, n] = image[c, h, stride·q + v, n]
    """
    pieces = windows(image, (1, width), (1, stride))[:, 0]             # (C, width, H, Q, N)
    return np.ascontiguousarray(pieces.transpose(2, 1, 0, 3, 4))


def columns(strips: np.ndarray, k: int) -> np.ndarray:  # (H, width, C, Q, N) -> (H−k+1, k·width·C, Q·N)
    """The windows of k rows, each laid out as a column, as a read-only view of overlapping matrices.

    In `strips` the pieces of a row of pixels are stored after those of the row above.  So the rows p … p + k − 1 of
    `strips`, end to end, are the columns of all windows whose upper edge is row p.  The next matrix starts one row
    later.
    """
    H, width, C, Q, N = strips.shape
    rows = sliding_window_view(strips.reshape(H, width * C, Q * N), k, axis=0)     # (H−k+1, width·C, Q·N, k)
    # The pieces of a row end where the pieces of the next row begin, so the two axes merge without a copy.
    return rows.transpose(0, 3, 1, 2).reshape(H - k + 1, k * width * C, Q * N)
