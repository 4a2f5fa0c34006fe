"""The k-d tree of kd_tree.py for many queries at once: all queries go down the tree together, level by level.

kd_tree.py uses recursion.  Here a frontier replaces the recursion: the list of (query, node) pairs whose box may still
hold a neighbour.  At each level the pairs whose box is too far away are dropped.  With 20,000 points of three features,
queries are 40 times as fast as in the plain tree and building 14 times:
python -m benchmarks.classical --rows "kNN 20kx3,"

    N queries   n points   d features   k neighbours   s points in a node      arrays are stored by feature: (d, …)
"""

from itertools import pairwise

import numpy as np

from KNN_From_Scratch.fast.ranking import MAX_DIFFERENCES, Pairs, first_k, measure
from KNN_From_Scratch.kd_tree import SLACK
from KNN_From_Scratch.metrics import Metric

QUERIES_PER_BLOCK = 1024     # so few that their pairs stay in the processor's cache


class FrontierKDTree:
    """The nearest points of X (n, d), in a metric that grows with every |qⱼ − xⱼ|."""

    @np.errstate(over="ignore")
    def __init__(self, X: np.ndarray, metric: Metric, leaf_size: int = 30) -> None:
        self.X, self.metric = np.array(X, dtype=np.float64, order="C"), metric
        order, points = np.arange(len(X)), np.ascontiguousarray(self.X.T)            # (n,), (d, n)
        ends = np.array([0, len(X)])                                 # node i holds order[ends[i]:ends[i + 1]]
        self.levels, self.low, self.high = [], [], []             # for each level: (nodes + 1,), (d, nodes), (d, nodes)
        while True:
            self.levels.append(ends)
            self.low.append(np.minimum.reduceat(points, ends[:-1], axis=1))
            self.high.append(np.maximum.reduceat(points, ends[:-1], axis=1))
            if np.diff(ends).max() <= max(2, leaf_size):             # with fewer than 3 points a half could be empty
                break
            place = halved(points, ends, (self.high[-1] - self.low[-1]).argmax(axis=0))
            order, points = order[place], points.take(place, axis=1)
            ends = np.sort(np.concatenate([ends, ends[:-1] + np.diff(ends) // 2]))
        self.order, self.points = order, points                      # sorted in the order of the leaves

    @np.errstate(over="ignore", invalid="ignore", under="ignore")
    def query(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:   # (N, d) -> (N, k), (N, k)
        """Distances and indices of the k nearest points of each query, nearest first; equal distances by index."""
        Q = np.ascontiguousarray(Q, dtype=np.float64)
        # With more features each query meets more boxes, so fewer queries at a time keep the memory bounded.
        N = max(16, QUERIES_PER_BLOCK >> max(0, Q.shape[1] - 3))
        # For many neighbours an inner level is used as the leaves: a node should hold at least 4k points.
        level = max(i for i, ends in enumerate(self.levels) if i == 0 or np.diff(ends).min() >= 4 * k)
        own_node = self._descend(Q, level)                               # (N,)
        distance, index = np.empty((len(Q), k)), np.empty((len(Q), k), np.intp)
        for some in np.array_split(np.argsort(own_node), 1 + len(Q) // N):         # near queries meet the same boxes
            distance[some], index[some] = self._query(Q[some], own_node[some], k, level)
        return distance, index

    def _query(self, Q: np.ndarray, own_node: np.ndarray, k: int, level: int) -> tuple[np.ndarray, np.ndarray]:
        """The neighbours of a block of queries (N, d), given the nodes that contain them (N,): two arrays (N, k)."""
        step = max(1, MAX_DIFFERENCES // (Q.shape[1] * int(np.diff(self.levels[level]).max())))     # pairs at a time
        columns = np.ascontiguousarray(Q.T)                          # (d, N)
        max_distance = np.concatenate([                                     # (N,) an upper bound on the k-th distance
            np.partition(self._distances(columns[:, some], own_node[some], level)[1], k - 1, axis=1)[:, k - 1]
            for some in np.array_split(np.arange(len(Q)), 1 + len(Q) // step)
        ]) * SLACK + np.finfo(float).tiny                            # matters only where distances are subnormal
        query, node = self._frontier(columns, max_distance, level)          # (pairs,), (pairs,)
        parts = []
        for i in range(0, len(query), step):
            some = query[i:i + step]
            place, distance = self._distances(columns.take(some, axis=1), node[i:i + step], level)     # (pairs, s)
            found = np.flatnonzero(distance <= max_distance[some][:, None])
            near, point = some[found // distance.shape[1]], self.order[place.ravel()[found]]
            parts.append(first_k([Pairs(near, point, measure(Q, self.X, near, point, self.metric))], k))
        best = first_k(parts, k) if len(parts) > 1 else parts[0]
        return best.distance.reshape(-1, k), best.point.reshape(-1, k)

    def _descend(self, Q: np.ndarray, level: int) -> np.ndarray:                     # (N, d) -> (N,)
        """The node of this level that contains each query: at each median the search takes the half on the query's
        side."""
        queries, node = np.arange(len(Q)), np.zeros(len(Q), np.intp)
        for above in range(level):
            widest = (self.high[above] - self.low[above]).argmax(axis=0)             # (nodes,)
            median = self.high[above + 1][widest, 2 * np.arange(len(widest))]       # (nodes,) the end of the lower half
            node = 2 * node + (Q[queries, widest[node]] > median[node])
        return node

    def _frontier(self, Q: np.ndarray, max_distance: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray]:
        """The nodes of this level that may hold a neighbour, in the order of the queries: two arrays (pairs,)."""
        query, node = np.arange(Q.shape[1]), np.zeros(Q.shape[1], np.intp)
        for above, below in pairwise([0, *range(2 - level % 2, level + 1, 2)]):      # two levels at a time
            children = 2 ** (below - above)
            low, high = (side[below].reshape(len(Q), -1, children).take(node, axis=1) for side in (self.low, self.high))
            q = Q.take(query, axis=1)[:, :, None]                                    # (d, pairs, 1)
            outside = np.maximum(low - q, q - high)                                  # (d, pairs, children)
            gap = self.metric.length(np.moveaxis(np.maximum(outside, 0), 0, 2))      # to the box; 0 inside it
            pair, child = np.divmod(np.flatnonzero(gap <= max_distance[query][:, None]), children)
            query, node = query[pair], children * node[pair] + child
        return query, node

    def _distances(self, Q: np.ndarray, node: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray]:
        """The places of the points in each query's node, and their distances from the query, both (pairs, s)."""
        ends = self.levels[level]
        sizes = np.diff(ends)
        place = ends[node][:, None] + np.arange(sizes.max())                         # (pairs, s)
        difference = self.points.take(place, axis=1, mode="clip") - Q[:, :, None]    # (d, pairs, s)
        distance = self.metric.length(np.moveaxis(difference, 0, 2))                 # (pairs, s)
        # The nodes of a level differ in size by at most one point.  The last place may belong to the next node: then
        # its distance is NaN.
        distance[sizes[node] < sizes.max(), -1] = np.nan
        return place, distance


def halved(points: np.ndarray, ends: np.ndarray, widest: np.ndarray) -> np.ndarray:   # (d, n), (nodes + 1,), (nodes,)
    """The new order (n,): in each node, the half with the smaller values of its widest feature comes first."""
    sizes = np.diff(ends)
    n = points.shape[1]
    values = points.ravel().take(np.repeat(widest * n, sizes) + np.arange(n))         # (n,) of that feature
    order = np.empty(n, np.intp)
    for size in np.unique(sizes):                                    # at most two sizes
        start = ends[:-1][sizes == size][:, None]                                     # (nodes, 1)
        place = start + np.arange(size)                                               # (nodes, size)
        order[place] = start + np.argpartition(values[place], size // 2, axis=1)
    return order
