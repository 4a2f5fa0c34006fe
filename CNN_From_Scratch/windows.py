"""Windows: every k × k patch of an image, without copying a pixel.

An array is a block of memory and its strides: how many bytes to go for one step along each axis.  Other strides over
the same block are another array, a view.  Windows overlap, so their view names each pixel up to k² times:

    image      (C, H, W, N)         strides  c, h, w, n
    windows    (C, k, k, P, Q, N)   strides  c, h, w, s·h, s·w, n     windows[c,u,v,p,q,n] = image[c, s·p+u, s·q+v, n]

N images   C channels   H × W pixels   k × k window   s stride   P × Q places of the window.   documentation/cnn.md
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

Size = Any    # int or (int, int): rows, columns


def windows(image: np.ndarray, k: Size, stride: Size = 1) -> np.ndarray:  # (C, H, W, N) -> (C, k, k, P, Q, N)
    """All windows of all images, as a read-only view.  `k` and `stride` are one number, or one for each axis."""
    s, t = pair(stride)
    view = sliding_window_view(image, pair(k), axis=(1, 2))            # (C, H−k+1, W−k+1, N, k, k)
    return view[:, ::s, ::t].transpose(0, 4, 5, 1, 2, 3)               # (C, k, k, P, Q, N)


def pair(size: Size) -> tuple[int, int]:
    """3 → (3, 3): the same for rows and columns, unless they are given apart."""
    rows, columns = (size, size) if np.ndim(size) == 0 else size
    return int(rows), int(columns)


def checked_pair(size: Size, least: int, name: str, expected: str = "") -> tuple[int, int]:
    """pair(size), for which ValueError says what it takes where `size` is no whole number >= `least`, nor two."""
    both = tuple(size) if isinstance(size, tuple | list | np.ndarray) else (size, size)
    if len(both) != 2 or not all(isinstance(n, int | np.integer) and n >= least for n in both):
        raise ValueError(f"{name} is {expected}a number of pixels >= {least}, or two of them, (rows, columns); "
                         f"got {size!r}.")
    return pair(both)


def windows_by_strides(image: np.ndarray, k: int, stride: int = 1) -> np.ndarray:  # the same shapes
    """The same view, its strides spelt out.

    as_strided believes what it is told.  One P too many, and it reads on into whatever lies behind the image, without
    an error; a write through such a view lands there, or in several windows at once.  sliding_window_view is this
    with the sizes worked out and writing forbidden: prefer it.
    """
    C, H, W, N = image.shape
    P, Q = (H - k) // stride + 1, (W - k) // stride + 1
    if min(k, stride, P, Q) < 1:
        raise ValueError(f"No {k} × {k} window at stride {stride} fits images of {H} × {W} pixels.")
    c, h, w, n = image.strides
    return as_strided(image, (C, k, k, P, Q, N), (c, h, w, stride * h, stride * w, n), writeable=False)


def strips(image: np.ndarray, width: int, stride: int = 1) -> np.ndarray:  # (C, H, W, N) -> (H, width, C, Q, N)
    """Every row of pixels cut into pieces as wide as a window, in new memory: what `columns` stacks.

        strips[h, v, c, q, n] = image[c, h, stride·q + v, n]
    """
    pieces = windows(image, (1, width), (1, stride))[:, 0]             # (C, width, H, Q, N)
    return np.ascontiguousarray(pieces.transpose(2, 1, 0, 3, 4))


def columns(strips: np.ndarray, k: int) -> np.ndarray:  # (H, width, C, Q, N) -> (H−k+1, k·width·C, Q·N)
    """The windows of k rows, each laid out as a column, as a read-only view: matrices that overlap in memory.

    In `strips` the pieces of one row of pixels lie behind those of the row above.  So those of rows p … p + k − 1, end
    to end, are the columns of all windows whose upper edge is row p, and the next matrix begins one row later.
    """
    H, width, C, Q, N = strips.shape
    rows = sliding_window_view(strips.reshape(H, width * C, Q * N), k, axis=0)     # (H−k+1, width·C, Q·N, k)
    # A row's pieces end where the next row's begin: two axes with one stride between them merge without a copy.
    return rows.transpose(0, 3, 1, 2).reshape(H - k + 1, k * width * C, Q * N)


def add_up(dwindows: np.ndarray, dimage: np.ndarray, stride: Size = 1) -> np.ndarray:
    """The way back from windows (C, k, k, P, Q, N) to images (C, H, W, N): each pixel's gradient is the sum over all
    windows that it lies in.  It is added to what is in `dimage`, zeros at first; returns that.

    One strided addition for each of the k² offsets.  Adding through the view itself would lose all but one of the
    windows that share a pixel.
    """
    _, k, width, P, Q, _ = dwindows.shape
    s, t = pair(stride)
    for u in range(k):
        for v in range(width):
            dimage[:, u : u + s * P : s, v : v + t * Q : t] += dwindows[:, u, v]
    return dimage
