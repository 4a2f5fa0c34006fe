"""Approximate distances of whole blocks at once: fast, and with a bound on the error.

    ‖x − q‖² − ‖q‖² = ‖x‖² − 2 q·x        for all pairs of a block: the matrix product of [−2q, 1] and [x, ‖x‖²]

‖q‖² is left out, because it is the same for all x.  The product cancels digits where points lie close together and far
from the origin, so `centre` is subtracted first.  The lengths of the factors bound the error that remains.  Each class
guarantees

    |approx − true| ≤ rounding,        where `true` grows with the distance from q.

    N queries   b points of a block   d features
"""

from typing import Any

import numpy as np

from KNN_From_Scratch.metrics import Metric, unit


class ProductBounds:
    """Euclidean and cosine distance, from one matrix product.  (Cosine: half the squared distance of unit vectors.)"""

    def __init__(self, metric: Metric, centre: np.ndarray, dtype: Any) -> None:
        self.metric, self.centre, self.dtype = metric, centre, np.dtype(dtype)
        d = len(centre)
        self.shape = (512, max(1024, min(8192, (1 << 22) // d)))     # (N, b): at most 32 MB for the b points
        self.terms = 2 * d + 16                   # number of roundings: two sums of d + 1 terms, and the rounded inputs

    def prepare(self, X: np.ndarray) -> tuple[np.ndarray, float]:    # (b, d) -> (b, d + 1), length of the longest
        points = self._shifted(X)
        squares = np.einsum("ij,ij->i", points[:, :-1], points[:, :-1])                # (b,)
        # A vector of zeros has no direction: its cosine distance is defined as 1, as at a right angle.
        points[:, -1] = 1.0 if self.metric.name == "cosine" else squares
        return points, float(np.sqrt(squares.max()))

    def compare(
        self, Q: np.ndarray, prepared: tuple[np.ndarray, float]
    ) -> tuple[np.ndarray, np.ndarray]:                              # (N, d) -> (N, b), (N, 1)
        """‖x‖² − 2 q·x for each pair, and a bound on its error."""
        points, longest = prepared
        queries = self._shifted(Q)
        lengths = np.sqrt(np.einsum("ij,ij->i", queries[:, :-1], queries[:, :-1], dtype=np.float64))[:, None]  # (N, 1)
        queries[:, :-1] *= -2
        queries[:, -1] = 1
        rounding = np.finfo(self.dtype).eps * (longest**2 + 2 * longest * lengths)     # (N, 1)
        # The exact distance of a far query is rounded, too, which makes ties; and squares near 0 are rounded to a
        # coarse grid.
        rounding += np.finfo(float).eps * lengths**2 + np.finfo(float).smallest_subnormal
        return queries @ points.T, self.terms * rounding

    def _shifted(self, X: np.ndarray) -> np.ndarray:                 # (b, d) -> (b, d + 1), the last column free
        """X − centre (for cosine: X scaled to length 1), computed first and then rounded to `dtype`."""
        shifted = np.empty((len(X), X.shape[1] + 1), self.dtype)
        if self.metric.name == "cosine":
            shifted[:, :-1] = unit(X.astype(np.float64, copy=False))
        else:
            exact = np.result_type(X, self.dtype)
            np.subtract(X, self.centre, out=shifted[:, :-1], dtype=exact, casting="same_kind")
        return shifted


class FeatureBounds:
    """Manhattan, Chebyshev and Minkowski distance: no matrix product gives these, so the code loops over the
    features."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.shape = (64, 2048)                                      # (N, b): both temporary arrays stay in the cache

    def prepare(self, X: np.ndarray) -> np.ndarray:                  # (b, d) -> (d, b)
        return np.ascontiguousarray(X.T, dtype=np.float64)

    def compare(self, Q: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:   # -> (N, b), (N, 1)
        """Σⱼ |xⱼ − qⱼ|ᵖ or maxⱼ |xⱼ − qⱼ| for each pair, and a bound on its error."""
        name, p = self.metric.name, self.metric.p
        collect = np.maximum if name == "chebyshev" else np.add
        total = np.zeros((len(Q), points.shape[1]))                  # (N, b)
        gap = np.empty_like(total)
        for x, q in zip(points, Q.T.astype(np.float64, copy=False), strict=True):
            np.subtract(q[:, None], x, out=gap)                      # (N, b)
            np.abs(gap, out=gap)
            if name == "minkowski":
                np.power(gap, p, out=gap)
            collect(total, gap, out=total)
        rounding = np.finfo(float).eps * total.max(axis=1, keepdims=True) + np.finfo(float).smallest_subnormal
        return total, (len(points) + 4 * p + 16) * rounding
