"""A k-d tree: space cut into boxes, so that most points need not be looked at.

Each node is a box of points; its children are the halves below and above the median of its widest feature.  A box
that is farther away than the k-th best point found so far holds no neighbour, nor does any box inside it.  That saves
nearly all the work in two or three dimensions, and none in twenty, where every box is near.

All nodes of a level, and all queries, move together: where textbooks recurse, here is a frontier of (query, node)
pairs.            J. L. Bentley: Multidimensional binary search trees used for associative searching.  CACM 18 (1975)

    m queries   n points   d features   k neighbours   s points in a node
"""

import numpy as np

from KNN_From_Scratch.metrics import Metric
from KNN_From_Scratch.ranking import ELEMENTS, Pairs, first_k, no_pairs

LEAF = 32                # points at most: smaller leaves are more boxes to follow, larger ones more points to measure
SLACK = 1 - 1e-9         # a box's distance may be rounded up past the distance of a point that lies on its side


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
        self.metric = metric
        self.order, self.points = order, X[order]                    # (n,), (n, d), leaf by leaf
        self.low = [np.minimum.reduceat(self.points, ends[:-1]) for ends in self.levels]    # of (nodes, d)
        self.high = [np.maximum.reduceat(self.points, ends[:-1]) for ends in self.levels]

    @np.errstate(over="ignore", invalid="ignore", under="ignore")
    def query(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:   # (m, d) -> (m, k), (m, k)
        """Distances and indices of the k nearest points of each query, nearest first, equal ones by index."""
        Q = np.ascontiguousarray(Q, dtype=np.float64)
        # The more features, the more boxes a query meets: fewer queries at a time bound the memory.
        m = max(16, 4096 >> max(0, Q.shape[1] - 3))
        parts = [self._query(Q[i:i + m], k) for i in range(0, len(Q), m)]
        distance, index = (np.concatenate(part) for part in zip(*parts, strict=True))
        return distance, index

    def _query(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:  # (m, d) -> (m, k), (m, k)
        # For many neighbours an inner level serves as the leaves: each must hold k points, and better a few more.
        level = max(i for i, ends in enumerate(self.levels) if i == 0 or np.diff(ends).min() >= 4 * k)
        step = max(1, ELEMENTS // (Q.shape[1] * int(np.diff(self.levels[level]).max())))     # pairs at a time
        everyone, home = np.arange(len(Q)), self._descend(Q, level)  # (m,), (m,)
        bound = np.concatenate([                                     # (m,) the k-th neighbour is not farther
            np.partition(self._distances(Q[some], home[some], level)[1], k - 1, axis=1)[:, k - 1]
            for some in np.array_split(everyone, 1 + len(Q) // step)
        ])
        query, node, gap = self._frontier(Q, bound, level)           # three (pairs,), nearest boxes first
        best = no_pairs()
        for i in range(0, len(query), step):
            near = i + np.flatnonzero(gap[i:i + step] * SLACK <= bound[query[i:i + step]])
            place, distance = self._distances(Q[query[near]], node[near], level)             # (pairs, s) both
            pair, column = np.nonzero(~(distance > bound[query[near]][:, None]) & (place >= 0))
            found = Pairs(query[near][pair], self.order[place[pair, column]], distance[pair, column])
            best = first_k([best, found], k)
            count = np.bincount(best.query, minlength=len(Q))        # (m,) the bound sinks where k are known
            bound[count == k] = best.distance[count.cumsum()[count == k] - 1]
        return best.distance.reshape(-1, k), best.point.reshape(-1, k)

    def _descend(self, Q: np.ndarray, level: int) -> np.ndarray:     # (m, d) -> (m,)
        """The node of this level that each query falls into, or nearly: always on into the nearer child."""
        node = np.zeros(len(Q), np.intp)
        for below in range(1, level + 1):
            left, right = 2 * node, 2 * node + 1
            node = np.where(self._gap(Q, left, below) <= self._gap(Q, right, below), left, right)
        return node

    def _frontier(self, Q: np.ndarray, bound: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The nodes of this level that may hold a neighbour: query, node and distance (pairs,), nearest first."""
        query, node, gap = np.arange(len(Q)), np.zeros(len(Q), np.intp), np.zeros(len(Q))
        for below in range(1, level + 1):
            query, node = np.repeat(query, 2), np.repeat(2 * node, 2)
            node[1::2] += 1
            gap = self._gap(Q[query], node, below)
            near = gap * SLACK <= bound[query]
            query, node, gap = query[near], node[near], gap[near]
        order = np.argsort(gap, kind="stable")
        return query[order], node[order], gap[order]

    def _gap(self, Q: np.ndarray, node: np.ndarray, level: int) -> np.ndarray:      # (pairs, d), (pairs,) -> (pairs,)
        """How far each query is from the box: 0 inside it, else the distance to its nearest side or corner."""
        outside = np.maximum(self.low[level][node] - Q, Q - self.high[level][node])  # (pairs, d)
        return self.metric.length(np.maximum(outside, 0))

    def _distances(self, Q: np.ndarray, node: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray]:
        """From each query (pairs, d) to the points of its node (pairs,): their places and distances (pairs, s)."""
        ends = self.levels[level]
        place = ends[node][:, None] + np.arange(np.diff(ends).max())                 # (pairs, s)
        # The nodes of a level differ by one point in size: where there is none, the place is −1.
        place = np.where(place < ends[node + 1][:, None], place, -1)
        distance = self.metric.length(self.points[place] - Q[:, None])               # (pairs, s)
        return place, np.where(place >= 0, distance, np.inf)


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
