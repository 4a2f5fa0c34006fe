"""A k-d tree: space cut into boxes, so that most points need not be looked at.

Each node is a box of points; its children are the halves below and above the median of its widest feature.  A box
that is farther away than the k-th best point found so far holds no neighbour, nor does any box inside it.  That saves
nearly all the work in two or three dimensions, and none in twenty, where every box is near.

All nodes of a level, and all queries, move together: where textbooks recurse, here is a frontier of (query, node)
pairs.            J. L. Bentley: Multidimensional binary search trees used for associative searching.  CACM 18 (1975)

    m queries   n points   d features   k neighbours   s points in a node      arrays go feature by feature: (d, …)
"""

from itertools import pairwise

import numpy as np

from KNN_From_Scratch.metrics import Metric
from KNN_From_Scratch.ranking import ELEMENTS, Pairs, first_k, measure

LEAF = 32                # points at most: smaller leaves are more boxes to follow, larger ones more points to measure
BLOCK = 1024             # queries at a time: few enough that their pairs stay in the processor's cache
SLACK = 1 + 1e-9         # sums in another order round otherwise: nothing is left out that is so little too far


class KDTree:
    """The nearest of X (n, d), in a metric that is a norm of differences."""

    @np.errstate(over="ignore")
    def __init__(self, X: np.ndarray, metric: Metric) -> None:
        X = np.ascontiguousarray(X, dtype=np.float64)
        order, ends = np.arange(len(X)), np.array([0, len(X)])       # node i holds order[ends[i]:ends[i + 1]]
        self.levels = [ends]
        while np.diff(ends).max() > LEAF:
            order = halve(X, order, ends)
            middles = ends[:-1] + np.diff(ends) // 2
            ends = np.sort(np.concatenate([ends, middles]))
            self.levels.append(ends)
        self.X, self.metric = X, metric
        self.order, self.points = order, np.ascontiguousarray(X[order].T)            # (n,), (d, n), leaf by leaf
        self.low = [np.minimum.reduceat(self.points, ends[:-1], axis=1) for ends in self.levels]     # of (d, nodes)
        self.high = [np.maximum.reduceat(self.points, ends[:-1], axis=1) for ends in self.levels]

    @np.errstate(over="ignore", invalid="ignore", under="ignore")
    def query(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:   # (m, d) -> (m, k), (m, k)
        """Distances and indices of the k nearest points of each query, nearest first, equal ones by index."""
        Q = np.ascontiguousarray(Q, dtype=np.float64)
        # The more features, the more boxes a query meets: fewer queries at a time bound the memory.
        m = max(16, BLOCK >> max(0, Q.shape[1] - 3))
        # For many neighbours an inner level serves as the leaves: each must hold k points, and better a few more.
        level = max(i for i, ends in enumerate(self.levels) if i == 0 or np.diff(ends).min() >= 4 * k)
        home = self._descend(Q, level)                               # (m,)
        distance, index = np.empty((len(Q), k)), np.empty((len(Q), k), np.intp)
        for some in np.array_split(np.argsort(home), 1 + len(Q) // m):         # side by side they meet the same boxes
            distance[some], index[some] = self._query(Q[some], home[some], k, level)
        return distance, index

    def _query(self, Q: np.ndarray, home: np.ndarray, k: int, level: int) -> tuple[np.ndarray, np.ndarray]:
        """For a block of queries (m, d) and the nodes they fall into (m,): two of (m, k)."""
        step = max(1, ELEMENTS // (Q.shape[1] * int(np.diff(self.levels[level]).max())))     # pairs at a time
        columns = np.ascontiguousarray(Q.T)                          # (d, m)
        reach = np.concatenate([                                     # (m,) the k-th neighbour is not farther
            np.partition(self._distances(columns[:, some], home[some], level)[1], k - 1, axis=1)[:, k - 1]
            for some in np.array_split(np.arange(len(Q)), 1 + len(Q) // step)
        ]) * SLACK + np.finfo(float).tiny                            # which has an effect where distances are subnormal
        query, node = self._frontier(columns, reach, level)          # (pairs,), (pairs,)
        parts = []
        for i in range(0, len(query), step):
            some = query[i:i + step]
            place, distance = self._distances(columns.take(some, axis=1), node[i:i + step], level)     # (pairs, s)
            found = np.flatnonzero(distance <= reach[some][:, None])
            near, point = some[found // distance.shape[1]], self.order[place.ravel()[found]]
            parts.append(first_k([Pairs(near, point, measure(Q, self.X, near, point, self.metric))], k))
        best = first_k(parts, k) if len(parts) > 1 else parts[0]
        return best.distance.reshape(-1, k), best.point.reshape(-1, k)

    def _descend(self, Q: np.ndarray, level: int) -> np.ndarray:                     # (m, d) -> (m,)
        """The node of this level that each query falls into: at each median to the side it lies on."""
        everyone, node = np.arange(len(Q)), np.zeros(len(Q), np.intp)
        for above in range(level):
            widest = (self.high[above] - self.low[above]).argmax(axis=0)             # (nodes,)
            median = self.high[above + 1][widest, 2 * np.arange(len(widest))]       # (nodes,) the end of the lower half
            node = 2 * node + (Q[everyone, widest[node]] > median[node])
        return node

    def _frontier(self, Q: np.ndarray, reach: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray]:
        """The nodes of this level that may hold a neighbour, query by query: two of (pairs,)."""
        query, node = np.arange(Q.shape[1]), np.zeros(Q.shape[1], np.intp)
        for above, below in pairwise([0, *range(2 - level % 2, level + 1, 2)]):      # two levels at a time
            children = 2 ** (below - above)
            low, high = (side[below].reshape(len(Q), -1, children).take(node, axis=1) for side in (self.low, self.high))
            q = Q.take(query, axis=1)[:, :, None]                                    # (d, pairs, 1)
            outside = np.maximum(low - q, q - high)                                  # (d, pairs, children)
            gap = self.metric.length(np.moveaxis(np.maximum(outside, 0), 0, 2))      # to the side or corner; 0 inside
            pair, child = np.divmod(np.flatnonzero(gap <= reach[query][:, None]), children)
            query, node = query[pair], children * node[pair] + child
        return query, node

    def _distances(self, Q: np.ndarray, node: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray]:
        """From each query (d, pairs) to the points of its node (pairs,): their places and distances (pairs, s)."""
        ends = self.levels[level]
        sizes = np.diff(ends)
        place = ends[node][:, None] + np.arange(sizes.max())                         # (pairs, s)
        difference = self.points.take(place, axis=1, mode="clip") - Q[:, :, None]    # (d, pairs, s)
        distance = self.metric.length(np.moveaxis(difference, 0, 2))                 # (pairs, s)
        # The nodes of a level differ by one point in size: the last place may be the next node's, and is never near.
        distance[sizes[node] < sizes.max(), -1] = np.nan
        return place, distance


def halve(X: np.ndarray, order: np.ndarray, ends: np.ndarray) -> np.ndarray:        # (n, d), (n,), (nodes + 1,) -> (n,)
    """Reorder each node so that the half with the smaller values of its widest feature comes first."""
    order, sizes = order.copy(), np.diff(ends)
    for size in np.unique(sizes):                                    # there are two at most
        place = ends[:-1][sizes == size][:, None] + np.arange(size)                  # (nodes, size)
        members = order[place]
        points = X[members]                                          # (nodes, size, d)
        widest = np.ptp(points, axis=1).argmax(axis=1)               # (nodes,)
        values = np.take_along_axis(points, widest[:, None, None], axis=2)[:, :, 0]  # (nodes, size)
        halves = np.argpartition(values, size // 2, axis=1)
        order[place] = np.take_along_axis(members, halves, axis=1)
    return order
