"""Convolution and 2 × 2 max pooling in one layer: the same numbers as Conv2D and MaxPool2D(2), in less time.

Pooling looks at 2 × 2 neighbouring outputs.  The windows of two that lie side by side share most of their pixels:
together they are one window of k × (k+1), taken at every second column.  With the kernel laid into it at the left and
at the right, two rows of one matrix product are both pixels, and pooling is a maximum of whole slabs of memory:

    sides   (2, F, C, k, k+1)        K at the left, K at the right, zeros beside it
    slabs   (2, F, 2, Q·N)           sides · columns, for the two rows of one row of cells
    Y       (F, Q·N)                 max over left and right, then over above and below, + b

A cell copies 2·k·(k+1) numbers a channel into the columns instead of 4·k², for 1 + 1/k times the multiplications.
The same again downwards (r = 2): K in the four corners of (k+1) × (k+1), still less to copy and more to multiply.
Some rows of cells at a time, a tile: what it multiplies and compares stays in the processor's cache.
The bias moves behind the maximum (max(a, b) + c = max(a + c, b + c)) and a ReLU may stand behind the layer.

N images   C channels   F filters   k × k kernel   P × Q pooled pixels                        documentation/cnn.md
"""

import numpy as np

from CNN_From_Scratch.convolution import Conv2D
from CNN_From_Scratch.windows import add_up, windows

TILE = 300_000      # numbers in the columns and slabs of one tile, at most if it has several rows: 1.2 MB of float32


class ConvPool2D(Conv2D):
    """Conv2D(filters, kernel_size, padding=padding) followed by MaxPool2D(2); its K and b are the same arrays."""

    kept: tuple[str, ...] = (*Conv2D.kept, "sides", "tiles", "memory", "dmemory")

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
        view = windows(image, (k + r - 1, k + 1), stride=(r, 2))      # (C, k+r−1, k+1, P·2/r, Q, N)
        sides = self._sides(r)                                        # (2·r·F, C·(k+r−1)·(k+1))
        Y = np.empty((F, P, Q * N), X.dtype)
        places = 2 // r * Q * N                                       # of the windows of one row of cells
        rows = max(1, TILE // (sum(sides.shape) * places))            # of cells, in a tile
        each = sides.shape[1] * places                                # numbers that one row of cells takes in memory
        memory = self._room("memory", P * each, X.dtype) if training else np.empty(P * each, X.dtype)
        kept = []                                                     # what backward needs of each tile
        for start in range(0, P, rows):
            cells = slice(start, min(start + rows, P))
            part = view[..., cells.start * 2 // r : cells.stop * 2 // r, :, :]
            columns = memory[cells.start * each : cells.stop * each].reshape(part.shape)
            columns[...] = part                                       # each window a column: this copies
            columns = columns.reshape(sides.shape[1], -1)
            slabs = (sides @ columns).reshape(r, 2, F, -1, 2 // r, Q * N)
            left, right = slabs[:, 0], slabs[:, 1]                    # (r, F, rows, 2/r, Q·N)
            # A knockout of two rounds.  On ties the left one wins, then the upper one, as in MaxPool2D.
            winners = np.maximum(left, right)
            above, below = winners[0, :, :, 0], winners[-1, :, :, -1]             # (F, rows, Q·N)
            np.maximum(above, below, out=Y[:, cells])
            if training:
                kept.append((cells, columns, left >= right, above >= below))
        Y += self.b[:, None, None]
        if training:
            self.tiles, self.sides, self.padded_shape = kept, sides, image.shape
        return Y.reshape(F, P, Q, N).transpose(3, 0, 1, 2)

    def backward(self, dY: np.ndarray, need_dX: bool = True) -> np.ndarray | None:  # (N, F, P, Q) -> (N, C, H, W)
        F, C, k, _ = self.K.shape
        N, _, P, Q = dY.shape
        r = 2 if C == 1 else 1
        dY = dY.transpose(1, 2, 3, 0).reshape(F, P, Q * N)
        np.sum(dY, axis=(1, 2), out=self.db)
        dsides = np.zeros_like(self.sides)
        dimage = np.zeros(self.padded_shape, dY.dtype) if need_dX else None
        for cells, columns, left_wins, above_wins in self.tiles:
            # The knockout backwards: the gradient goes to the winner, what is left (0 or all of it) to the other.
            halves = np.empty(left_wins.shape, dY.dtype)              # what goes to the cells' upper and lower half
            above, below = halves[0, :, :, 0], halves[-1, :, :, -1]   # (F, rows, Q·N)
            np.multiply(dY[:, cells], above_wins, out=above)
            np.subtract(dY[:, cells], above, out=below)
            slabs = np.empty((r, 2, *halves.shape[1:]), dY.dtype)     # … and of that to the left and right pixel
            np.multiply(halves, left_wins, out=slabs[:, 0])
            np.subtract(halves, slabs[:, 0], out=slabs[:, 1])
            dslabs = slabs.reshape(2 * r * F, -1)
            dsides += dslabs @ columns.T
            if dimage is not None:
                dwindows = self._room("dmemory", columns.size, dY.dtype).reshape(columns.shape)
                np.matmul(self.sides.T, dslabs, out=dwindows)
                add_up(dwindows.reshape(C, k + r - 1, k + 1, -1, Q, N), dimage[:, 2 * cells.start :], stride=(r, 2))
        dK = dsides.reshape(r, 2, F, C, k + r - 1, k + 1)
        self.dK[...] = sum(dK[i, j, :, :, i : i + k, j : j + k] for i in range(r) for j in (0, 1))
        return None if dimage is None else self._cropped(dimage)

    def multiply_adds(self, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> int:
        """Of the convolution, for the four pixels of every cell; the zeros beside the kernel do not count."""
        return 4 * super().multiply_adds(input_shape, output_shape)

    def _room(self, name: str, size: int, dtype: np.dtype) -> np.ndarray:  # (size,)
        """Memory to write into, the same at every step: from the system it would come anew, page by page."""
        room = self.__dict__.get(name)
        if room is None or (room.size, room.dtype) != (size, dtype):
            room = np.empty(size, dtype)
            setattr(self, name, room)
        return room

    def _sides(self, r: int) -> np.ndarray:  # (2·r·F, C·(k+r−1)·(k+1))
        """The kernel at the left and at the right of a larger window, and for r = 2 at its top and at its bottom."""
        F, C, k, _ = self.K.shape
        sides = np.zeros((r, 2, F, C, k + r - 1, k + 1), self.K.dtype)
        for i in range(r):
            for j in (0, 1):
                sides[i, j, :, :, i : i + k, j : j + k] = self.K
        return sides.reshape(2 * r * F, -1)
