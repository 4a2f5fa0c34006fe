"""Windows: every k × k patch of an image, without copying a pixel.

An array is a block of memory and its strides: the number of bytes from one entry to the next along each axis.  Other
strides over the same block give another array, a view.  Windows overlap: their view holds each pixel up to k² times.

    image      (C, H, W, N)         strides  channel, row, column, following
    windows    (C, k, k, P, Q, N)   strides  channel, row, column, s·row, s·column, following

    windows[j,u,v,p,q,i] = image[j, s·p+u, s·q+v, i]
N images   C channels   H × W pixels   k × k window   s stride   P × Q windows
Derivation: documentation/cnn_exact_and_fast.md
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

Size = Any    # int or (int, int): rows, columns


def pair(size: Size) -> tuple[int, int]:
    """3 → (3, 3): for rows and columns."""
    rows, columns = np.broadcast_to(size, 2).tolist()
    return rows, columns


def windows(image: np.ndarray, k: Size, stride: Size = 1) -> np.ndarray:  # (C, H, W, N) -> (C, k, k, P, Q, N)
    """All windows of all images, as a read-only view.  `k` and `stride` are one number, or one for each axis."""
    s, t = pair(stride)
    view = sliding_window_view(image, pair(k), axis=(1, 2))            # (C, H−k+1, W−k+1, N, k, k)
    return view[:, ::s, ::t].transpose(0, 4, 5, 1, 2, 3)               # (C, k, k, P, Q, N)


def windows_by_strides(image: np.ndarray, k: int, stride: int = 1) -> np.ndarray:  # the same shapes
    """The same view, with its strides written out.

    as_strided checks nothing.  If P is too large by one, it reads the memory behind the image, without an error;
    a write through such a view changes that memory, or several windows at once.  sliding_window_view computes the
    sizes itself and forbids writing: prefer it.
    """
    C, H, W, N = image.shape
    P, Q = (H - k) // stride + 1, (W - k) // stride + 1
    if min(k, stride, P, Q) < 1:
        raise ValueError(f"No {k} × {k} window at stride {stride} fits images of {H} × {W} pixels.")
    channel, row, column, following = image.strides
    steps = (channel, row, column, stride * row, stride * column, following)
    return as_strided(image, (C, k, k, P, Q, N), steps, writeable=False)


def add_up(dwindows: np.ndarray, dimage: np.ndarray, stride: Size = 1) -> np.ndarray:
    """The gradient of windows(), from (C, k, k, P, Q, N) to (C, H, W, N).  Each pixel's gradient is the sum over all
    windows that contain it.  It is added to `dimage`, which is all zeros at first; returns `dimage`.

    There is one strided addition for each of the k² offsets.  If several windows share a pixel, an addition through the
    view would keep only one of them.
    """
    _, rows, columns, P, Q, _ = dwindows.shape
    s, t = pair(stride)
    for u in range(rows):
        for v in range(columns):
            dimage[:, u : u + s * P : s, v : v + t * Q : t] += dwindows[:, u, v]          # (C, P, Q, N)
    return dimage
