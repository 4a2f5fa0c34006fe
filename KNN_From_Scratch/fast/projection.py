"""Images: a few directions hold most of a distance, and two lengths bound the part in the other directions.

    ‖x − q‖² ≥ ‖Vᵀx − Vᵀq‖² + (‖x_rest‖ − ‖q_rest‖)²        x_rest = x − V Vᵀx, for any orthonormal V (d, d′)

So the d′ + 1 numbers [Vᵀx, ‖x_rest‖] give a lower bound on every distance, much faster than the d numbers of x.  First
the distances to a few points are computed.  Another point is a candidate if its bound is at most the k-th of these
distances, so no neighbour is left out.  V holds the principal directions, in which pixels vary most.  On noise the
search uses BoundedSearch instead.

With 60,000 images prediction is 2.2 times as fast as by BoundedSearch (algorithm="brute"), with 16,000 images 1.3 times
as fast, with 8,000 as fast:  python -m benchmarks.classical --rows "kNN MNIST 60k"

    N queries   n points   d features   k neighbours   d′ directions      page: documentation/knn_exact_and_fast.md
"""

import numpy as np

from KNN_From_Scratch.fast.bounded_search import BoundedSearch
from KNN_From_Scratch.fast.distance_bounds import ProductBounds
from KNN_From_Scratch.fast.ranking import Pairs, first_k, measure
from KNN_From_Scratch.metrics import Metric

DIRECTIONS = 96                # d′: more directions make the product slower, fewer leave more candidates
POINTS_FOR_DIRECTIONS = 2000   # the directions are computed from so many points
MIN_VARIANCE_SHARE = 0.8  # these directions must hold at least this share of the variance; else BoundedSearch is faster
MAX_NEIGHBOURS = 15            # with more neighbours the k-th distance is so long that the bound excludes few points
POINTS_PER_GROUP = 32          # only the nearest point of a group may be measured in the first round
MAX_BOUNDS = 1 << 22           # numbers in one array of bounds: 16 MB


class ProjectedSearch:
    """The nearest points of X (n, d) in the Euclidean metric, by the bound above, or by `BoundedSearch` where that is
    faster."""

    def __init__(self, X: np.ndarray, metric: Metric) -> None:
        self.X, self.metric = X, metric
        self.all_pairs = BoundedSearch(X, metric)
        some = X[:: max(1, len(X) // POINTS_FOR_DIRECTIONS)].astype(np.float64) - self.all_pairs.centre
        variances, directions = np.linalg.eigh(some.T @ some)                           # (d,), (d, d), ascending
        self.V = directions[:, -DIRECTIONS:]                                            # (d, d′)
        held = variances[-DIRECTIONS:].sum() > MIN_VARIANCE_SHARE * variances.sum()
        self.applies = bool(self.all_pairs.fits_float32(X) and held)
        if self.applies:
            self.bounds = ProductBounds(metric, np.zeros(self.V.shape[1] + 1), np.float32)
            placed, self.longest = self._projected(X)                # (n, d′ + 1) float32
            self.points = self.bounds.prepare(placed)

    def query(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:   # (N, d) -> (N, k), (N, k)
        """Distances and indices of the k nearest points of each query, nearest first; equal distances by index."""
        n = len(self.X)
        if (not self.applies or k > min(MAX_NEIGHBOURS, n // (8 * POINTS_PER_GROUP))
                or not self.all_pairs.fits_float32(Q)):
            return self.all_pairs.query(Q, k)
        found: list[Pairs] = []
        step = max(1, MAX_BOUNDS // n)
        for start in range(0, len(Q), step):
            queries = Q[start:start + step]
            query, point = self._candidates(queries, k)
            # The distance of one pair takes as long as a hundred pairs in the matrix product.
            if start == 0 and len(query) > len(queries) * (n // 100 + 4 * k):
                return self.all_pairs.query(Q, k)
            distance = measure(queries, self.X, query, point, self.metric)
            found.append(first_k([Pairs(query, point, distance)], k))
        return (np.concatenate([best.distance for best in found]).reshape(-1, k),
                np.concatenate([best.point for best in found]).reshape(-1, k))

    def _candidates(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:   # (N, d) -> two (pairs,)
        """The pairs whose bound is at most the k-th distance among the points with the smallest bounds."""
        placed, length = self._projected(Q)
        approx, rounding = self.bounds.compare(placed, self.points)                       # (N, n), (N, 1)
        query, point = nearest_of_groups(approx, 2 * k + 6)
        distance = measure(Q, self.X, query, point, self.metric).reshape(len(Q), -1)
        kth = np.partition(distance, k - 1, axis=1)[:, k - 1, None]                       # (N, 1)
        # The rounding error of the bound: ‖x_rest‖² is a difference of squares, so the error of ‖x_rest‖ is up to the
        # root of the error of ‖x_rest‖².
        bound_rounding = np.sqrt(64 * Q.shape[1] * np.finfo(float).eps) * (self.longest + length)
        squares = np.einsum("ij,ij->i", placed, placed, dtype=np.float64)[:, None]        # (N, 1)
        bound = (kth * (1 + 1e-9) + bound_rounding) ** 2 - squares * (1 - 1e-9) + rounding         # (N, 1)
        bound = np.nextafter(bound.astype(np.float32), np.float32(np.inf))
        near_query, near_point = np.divmod(np.flatnonzero(approx <= bound), len(self.X))
        return near_query, near_point

    def _projected(self, X: np.ndarray) -> tuple[np.ndarray, float]: # (N, d) -> (N, d′ + 1) float32, the longest
        """[Vᵀx, ‖x_rest‖] for each row, computed in float64 in blocks of rows."""
        placed, longest = np.empty((len(X), self.V.shape[1] + 1), np.float32), 0.0
        step = max(1, (1 << 19) // X.shape[1])
        for i in range(0, len(X), step):
            shifted = X[i:i + step].astype(np.float64) - self.all_pairs.centre                    # (b, d)
            inside = shifted @ self.V                                                             # (b, d′)
            squares = np.einsum("ij,ij->i", shifted, shifted)                                     # (b,)
            rest = squares - np.einsum("ij,ij->i", inside, inside)                                # (b,)
            placed[i:i + step, :-1], placed[i:i + step, -1] = inside, np.sqrt(np.maximum(rest, 0))
            longest = max(longest, float(np.sqrt(squares.max())))
        return placed, longest


def nearest_of_groups(approx: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:   # (N, n) -> two (N · count,)
    """For each query, the nearest point of each of the `count` nearest groups: distinct points, without sorting."""
    N, groups = len(approx), approx.shape[1] // POINTS_PER_GROUP
    grouped = approx[:, :groups * POINTS_PER_GROUP].reshape(N, POINTS_PER_GROUP, groups)  # every groups-th
    group = np.argpartition(grouped.min(axis=1), count - 1, axis=1)[:, :count]            # (N, count)
    member = np.take_along_axis(grouped, group[:, None], axis=2).argmin(axis=1)           # (N, count)
    return np.repeat(np.arange(N), count), (member * groups + group).ravel()
