"""Every query against every point: screened in blocks, then ranked exactly.

A screen gives each pair a rough distance with a known error.  In each block the k-th smallest of the minima of
groups of points bounds the k-th smallest distance from above (k groups hold k points at least that near), for much
less than the price of sorting.  What lies below the bound, error included, is kept: a handful for each query.
Those are measured in float64 and ranked, which makes float32, twice as fast, good enough for exact answers.

    m queries   n points   b points of a block   d features   k neighbours      page: documentation/knn.md
"""

import numpy as np

from KNN_From_Scratch.metrics import Metric
from KNN_From_Scratch.ranking import Pairs, first_k, measure, no_pairs
from KNN_From_Scratch.screens import FeatureScreen, ProductScreen

PENDING = 1 << 20   # candidates that may wait to be measured: 24 MB


class BruteForce:
    """The nearest of X (n, d), by looking at all of them.  No copy of X is made."""

    @np.errstate(over="ignore")
    def __init__(self, X: np.ndarray, metric: Metric) -> None:
        self.X, self.metric = X, metric
        # In X's dtype: any shift near the middle will do, and float32 data then need no float64 on the way.
        centre = X.mean(axis=0, dtype=np.float64).astype(X.dtype)              # (d,)
        self.centre = np.where(np.isfinite(centre), centre, 0).astype(X.dtype)
        self.reach = self._reach(X)

    @np.errstate(over="ignore", invalid="ignore", under="ignore")    # what overflows is kept, and ranked exactly
    def query(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:   # (m, d) -> (m, k), (m, k)
        """Distances and indices of the k nearest points of each query, nearest first, equal ones by index."""
        screen, *finer = self._screens(Q)
        net = Net(Q, self.X, k, self.metric)
        m, b = screen.shape
        for first in range(0, len(self.X), b):
            block = self.X[first:first + b]
            points = screen.prepare(block)
            for start in range(0, len(Q), m):
                queries = Q[start:start + m]
                approx, rounding = screen.compare(queries, points)   # (m, b), (m, 1)
                caught, minima = net.cast(start, approx, rounding)
                if finer and len(caught) > len(queries) * (4 * k + 32):
                    # Too coarse to tell these points apart (or they are ties): screen in float64 from here on.
                    screen = finer.pop()
                    points = screen.prepare(block)
                    approx, rounding = screen.compare(queries, points)
                    caught, minima = net.cast(start, approx, rounding)
                net.keep(start, first, caught, minima, approx, rounding)
        return net.ranked()

    def _screens(self, Q: np.ndarray) -> list:
        """The screen to use, and perhaps a finer one to fall back on."""
        if self.metric.name not in ("euclidean", "cosine"):
            return [FeatureScreen(self.metric)]
        fine = ProductScreen(self.metric, self.centre, np.float64)
        fits = self.metric.name == "cosine" or self.fits(Q)
        return [ProductScreen(self.metric, self.centre, np.float32), fine] if fits else [fine]

    def fits(self, Q: np.ndarray) -> bool:
        """Whether float32 can tell: it has no squares beyond 1e±38."""
        return 1e-12 < max(self.reach, self._reach(Q)) < 1e15

    def _reach(self, A: np.ndarray) -> float:
        """How far the coordinates of A (…, d) go from the centre."""
        return float(max((A.max(axis=0) - self.centre).max(), (self.centre - A.min(axis=0)).max()))


class Net:
    """The candidates of all queries so far, and for each query a bound on its k-th distance."""

    def __init__(self, Q: np.ndarray, X: np.ndarray, k: int, metric: Metric) -> None:
        self.Q, self.X, self.k, self.metric = Q, X, k, metric
        # The k smallest minima of groups: distinct points, so the largest bounds the k-th smallest of all points.
        self.minima = np.full((len(Q), k), np.inf)                   # (m, k) in the screen's scale, error added
        self.pending: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.ranking = no_pairs()

    def cast(self, start: int, approx: np.ndarray, rounding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What of a block (m, b) may be near, as positions in approx.ravel(), and the bounds with this block in."""
        m, b = approx.shape
        size = max(1, min(32, b // (8 * self.k)))                    # of a group: at least 8k groups
        groups = b // size                                           # a rest that fills no group is only compared
        least = approx[:, :groups * size].reshape(m, size, groups).min(axis=1)            # (m, groups)
        least = np.concatenate([self.minima[start:start + m], least + rounding], axis=1)
        minima = np.partition(least, self.k - 1, axis=1)[:, :self.k]                      # (m, k)
        bound = minima.max(axis=1, keepdims=True) + rounding         # (m, 1)
        # Rounded upwards, as all else: nothing near is ever lost.  NaN (inf − inf) compares false, and is kept.
        bound = np.nextafter(bound.astype(approx.dtype), np.inf, dtype=approx.dtype)
        return np.flatnonzero(~(approx > bound)), minima

    def keep(self, start: int, first: int, caught: np.ndarray, minima: np.ndarray, approx: np.ndarray,
             rounding: np.ndarray) -> None:
        """Remember these pairs of a block whose queries begin at `start` and whose points begin at `first`."""
        self.minima[start:start + len(minima)] = minima
        query, point = np.divmod(caught, approx.shape[1])            # (pairs,) within the block
        lower = approx.ravel()[caught] - rounding[query, 0]          # (pairs,) at least this, in the screen's scale
        self.pending.append((query + start, point + first, lower))
        if sum(len(lower) for _, _, lower in self.pending) > PENDING:
            self._settle()

    def _settle(self) -> None:
        """Measure those that the bounds, now lower, still let through; only the first k of each query stay."""
        query, point, lower = (np.concatenate(parts) for parts in zip(*self.pending, strict=True))
        near = ~(lower > self.minima.max(axis=1)[query])
        query, point = query[near], point[near]
        found = Pairs(query, point, measure(self.Q, self.X, query, point, self.metric))
        self.ranking = first_k([self.ranking, found], self.k)
        self.pending = []

    def ranked(self) -> tuple[np.ndarray, np.ndarray]:               # (m, k), (m, k)
        self._settle()
        return self.ranking.distance.reshape(-1, self.k), self.ranking.point.reshape(-1, self.k)
