"""Every query against every point, in blocks: approximate distances for all pairs, exact ones for a few.

distance_bounds.py gives each pair an approximate distance with a known error.  In each block the points are cut into
groups.  The k-th smallest of the groups' minima is an upper bound on the k-th smallest distance, because k groups hold
at least k points that are so near.  This bound costs far less than sorting.  A pair whose approximate distance minus
its error is below this bound is a candidate; each query has a handful.  Only the candidates are measured in float64 and
ranked.  So the approximate distances may be float32, which is twice as fast.

With 5,000 points of 20 features this is 20 times as fast as the plain code, with the Manhattan distance 2.5 times:
python -m benchmarks.classical --rows "kNN 5kx20"

    N queries   n points   b points of a block   d features   k neighbours   page: documentation/knn_exact_and_fast.md
"""

from functools import cached_property

import numpy as np

from KNN_From_Scratch.fast.distance_bounds import FeatureBounds, ProductBounds
from KNN_From_Scratch.fast.ranking import Pairs, first_k, measure, no_pairs
from KNN_From_Scratch.metrics import Metric

MAX_WAITING_CANDIDATES = 1 << 20   # pairs that wait to be measured: 24 MB


class BoundedSearch:
    """The nearest points of X (n, d), found by comparing each query with all points.  No copy of X is made."""

    @np.errstate(over="ignore")
    def __init__(self, X: np.ndarray, metric: Metric) -> None:
        self.X, self.metric = X, metric
        # In X's dtype: any point near the centre is good enough, and float32 data stay float32.
        centre = X.mean(axis=0, dtype=np.float64).astype(X.dtype)              # (d,)
        self.centre = np.where(np.isfinite(centre), centre, 0).astype(X.dtype)

    @cached_property
    def farthest(self) -> float:
        """The largest distance of a coordinate of X from the centre, computed when it is first needed."""
        return self._farthest(self.X)

    @np.errstate(over="ignore", invalid="ignore", under="ignore")    # an infinite distance is kept and ranked exactly
    def query(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:   # (N, d) -> (N, k), (N, k)
        """Distances and indices of the k nearest points of each query, nearest first; equal distances by index."""
        bounds, *finer = self._bounds(Q)
        candidates = CandidateSet(Q, self.X, k, self.metric)
        N, b = bounds.shape
        for first in range(0, len(self.X), b):
            block = self.X[first:first + b]
            points = bounds.prepare(block)
            for start in range(0, len(Q), N):
                queries = Q[start:start + N]
                approx, rounding = bounds.compare(queries, points)   # (N, b), (N, 1)
                near, minima = candidates.near(start, approx, rounding)
                if finer and len(near) > len(queries) * (4 * k + 32):
                    # Too coarse to separate these points (or the points are ties): use float64 from here on.
                    bounds = finer.pop()
                    points = bounds.prepare(block)
                    approx, rounding = bounds.compare(queries, points)
                    near, minima = candidates.near(start, approx, rounding)
                candidates.add_block(start, first, near, minima, approx, rounding)
        return candidates.ranked()

    def _bounds(self, Q: np.ndarray) -> list:
        """The bounds to use first and, where these may be too coarse, the finer bounds."""
        if self.metric.name not in ("euclidean", "cosine"):
            return [FeatureBounds(self.metric)]
        fine = ProductBounds(self.metric, self.centre, np.float64)
        fits = self.metric.name == "cosine" or self.fits_float32(Q)
        return [ProductBounds(self.metric, self.centre, np.float32), fine] if fits else [fine]

    def fits_float32(self, Q: np.ndarray) -> bool:
        """True if the squares of these numbers stay within the range of float32, 1e±38."""
        return 1e-12 < max(self.farthest, self._farthest(Q)) < 1e15

    def _farthest(self, points: np.ndarray) -> float:                # (…, d)
        """The largest distance of a coordinate of the points from the centre."""
        return float(max((points.max(axis=0) - self.centre).max(), (self.centre - points.min(axis=0)).max()))


class CandidateSet:
    """The candidates of all queries so far, and for each query an upper bound on its k-th distance."""

    def __init__(self, Q: np.ndarray, X: np.ndarray, k: int, metric: Metric) -> None:
        self.Q, self.X, self.k, self.metric = Q, X, k, metric
        # The k smallest group minima belong to k distinct points: the largest of them bounds the k-th distance.
        self.minima = np.full((len(Q), k), np.inf)                   # (N, k) as approx, plus its rounding bound
        self.waiting: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.ranking = no_pairs()

    def near(self, start: int, approx: np.ndarray, rounding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The pairs of a block (N, b) that may be near, as positions in approx.ravel(), and the updated minima."""
        N, b = approx.shape
        size = max(1, min(32, b // (8 * self.k)))                    # points in a group: there are at least 8k groups
        groups = b // size                                           # the points left over belong to no group
        least = approx[:, :groups * size].reshape(N, size, groups).min(axis=1)            # (N, groups)
        least = np.concatenate([self.minima[start:start + N], least + rounding], axis=1)
        minima = np.partition(least, self.k - 1, axis=1)[:, :self.k]                      # (N, k)
        bound = minima.max(axis=1, keepdims=True) + rounding         # (N, 1)
        # Rounded upwards, so no neighbour is left out.  Comparisons with NaN (inf − inf) are false, so its pair is
        # kept.
        bound = np.nextafter(bound.astype(approx.dtype), np.inf, dtype=approx.dtype)
        return np.flatnonzero(~(approx > bound)), minima

    def add_block(self, start: int, first: int, near: np.ndarray, minima: np.ndarray, approx: np.ndarray,
                  rounding: np.ndarray) -> None:
        """Add the near pairs of a block whose queries begin at `start` and whose points begin at `first`."""
        self.minima[start:start + len(minima)] = minima
        query, point = np.divmod(near, approx.shape[1])              # (pairs,) within the block
        lower = approx.ravel()[near] - rounding[query, 0]            # (pairs,) the true value is at least this
        self.waiting.append((query + start, point + first, lower))
        if sum(len(lower) for _, _, lower in self.waiting) > MAX_WAITING_CANDIDATES:
            self._measure_waiting()

    def _measure_waiting(self) -> None:
        """Measures the pairs that are still below the bounds, which are lower by now, and keeps the first k of each
        query."""
        query, point, lower = (np.concatenate(parts) for parts in zip(*self.waiting, strict=True))
        near = ~(lower > self.minima.max(axis=1)[query])
        query, point = query[near], point[near]
        found = Pairs(query, point, measure(self.Q, self.X, query, point, self.metric))
        self.ranking = first_k([self.ranking, found], self.k)
        self.waiting = []

    def ranked(self) -> tuple[np.ndarray, np.ndarray]:               # (N, k), (N, k)
        self._measure_waiting()
        return self.ranking.distance.reshape(-1, self.k), self.ranking.point.reshape(-1, self.k)
