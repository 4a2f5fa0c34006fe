"""Augmentation: each training image shifted by some pixels, or also rotated, stretched, slanted and bent a little.

For every pixel of the new image, source is its place in the old one; pixel, centre, shift (2,), the matrices (2, 2):

    source = centre + turn · slant · stretch · (pixel − centre) + shift + waves(pixel)
    new    = the old image at source, between its four nearest pixels in proportion (bilinear)

The waves are a smooth random field: independent displacements (pushes) at the knots of a coarse grid, smoothed by
Gaussian bumps (H, knots), so that all pixels' waves are two matrix products, bumps · pushes · bumpsᵀ.  (Simard,
Steinkraus and Platt, 2003, call that elastic.)
N images   C channels   H × W pixels          documentation/cnn_exact_and_fast.md
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ai_from_scratch.estimator.rules import check, non_negative

KNOTS = 7    # knots of the pushes along each axis, one of them beyond each edge of the image


def shift_or_distort(X: np.ndarray, rng: np.random.Generator, shift: int, distortion: float) -> np.ndarray:
    """Altered copies of a mini-batch (N, C, H, W): only moved, or with distortion > 0 also distorted."""
    if not distortion:
        return random_shift(X, shift, rng)
    return random_distortion(X, rng, degrees=10 * distortion, stretch=0.1 * distortion, slant=0.15 * distortion,
                             shift=shift, wave=distortion)


def random_shift(X: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:  # (N, C, H, W), and out
    """Each image moved by −most … +most pixels down and right; the pixels that come in repeat the edge.

    A shifted image is a window of the padded image: this makes a view of all (2·most + 1)² windows, then takes one
    window for each image.
    """
    padded = np.pad(X, ((0, 0), (0, 0), (most, most), (most, most)), mode="edge")
    shifted = sliding_window_view(padded, X.shape[2:], axis=(2, 3))     # (N, C, 2·most+1, 2·most+1, H, W)
    down, right = rng.integers(0, 2 * most + 1, (2, len(X)))            # (N,), (N,)
    return shifted[np.arange(len(X)), :, down, right]                        # (N, C, H, W)


def random_distortion(
    X: np.ndarray, rng: np.random.Generator, *, degrees: float = 10, stretch: float = 0.1, slant: float = 0.15,
    shift: float = 2, wave: float = 1.0,
) -> np.ndarray:  # (N, C, H, W) -> (N, C, H, W) float32
    """Each image distorted at random, up to so many degrees, shares of its size (stretch, slant) and pixels (shift);
    `wave` is the standard deviation of the waves in pixels.  Pixels that come in at the border repeat the edge."""
    check("random_distortion", locals(), dict.fromkeys(("degrees", "stretch", "slant", "shift", "wave"), non_negative))
    N, _, H, W = X.shape
    matrices = random_matrices(N, rng, degrees, stretch, slant)                 # (N, 2, 2)
    centre = np.array([[(H - 1) / 2], [(W - 1) / 2]], np.float32)               # (2, 1)
    grid = np.indices((H, W), np.float32).reshape(2, H * W)
    source = matrices @ (grid - centre) + centre                                # (N, 2, H·W)
    source += rng.uniform(-shift, shift, (N, 2, 1)).astype(np.float32)
    if wave:
        pushes = rng.standard_normal((N, 2, KNOTS, KNOTS), np.float32) * np.float32(wave)
        source += (bumps(H) @ pushes @ bumps(W).T).reshape(N, 2, H * W)
    return bilinear(X, source[:, 0], source[:, 1])


def random_matrices(N: int, rng: np.random.Generator, degrees: float, stretch: float, slant: float) -> np.ndarray:
    """Matrices (N, 2, 2), float32: independent turns, slants and stretches of both axes."""
    angle = np.radians(rng.uniform(-degrees, degrees, N))                       # (N,)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]]).transpose(2, 0, 1)               # (N, 2, 2)
    slanted = np.zeros((N, 2, 2))
    slanted[:, [0, 1], [0, 1]] = rng.uniform(1 - stretch, 1 + stretch, (N, 2))
    slanted[:, 1, 0] = rng.uniform(-slant, slant, N)                            # columns move with the row
    return (turn @ slanted).astype(np.float32)


def bumps(size: int) -> np.ndarray:  # (size, KNOTS) float32
    """How far the push at each knot moves each pixel; scaled so that independent pushes keep their spread."""
    knots = np.linspace(-0.1, 1.1, KNOTS) * (size - 1)
    spread = knots[1] - knots[0]
    heights = np.exp(-0.5 * ((np.arange(size)[:, None] - knots) / spread) ** 2)
    return (heights / np.sqrt((heights**2).sum(axis=1, keepdims=True))).astype(np.float32)


def bilinear(X: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The values of X (N, C, H, W) at rows, columns (N, P), which may be fractions; outside the image the nearest edge
    counts."""
    N, C, H, W = X.shape
    rows, columns = np.clip(rows, 0, H - 1), np.clip(columns, 0, W - 1)
    top, left = np.minimum(rows.astype(np.intp), H - 2), np.minimum(columns.astype(np.intp), W - 2)   # (N, P)
    down, right = rows - top.astype(np.float32), columns - left.astype(np.float32)                    # in 0 … 1
    place = top * W + left + (np.arange(N) * (C * H * W))[:, None]              # of the upper left pixel, in memory
    flat = X.astype(np.float32).ravel()
    Y = np.empty((N, C, rows.shape[1]), np.float32)
    for j in range(C):
        here = place + j * H * W
        above, above_right, below, below_right = (flat[here + step] for step in (0, 1, W, W + 1))   # (N, P) each
        above += right * (above_right - above)
        below += right * (below_right - below)
        Y[:, j] = above + down * (below - above)
    return Y.reshape(N, C, H, W)
