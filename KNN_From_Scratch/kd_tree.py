"""A k-d tree: space is cut into boxes, so that a search can leave out most points.

A node is a box of points.  Its two halves hold the points below and above the median of its widest feature. They are
cut in the same way, until a box holds only a few points: a leaf.  The gap from q to a box is, feature by feature,

    gapⱼ = max(lowⱼ − qⱼ, qⱼ − highⱼ, 0),      and no point of the box is nearer to q than the length of the gap.

A box that is farther away than the k-th best point so far holds no neighbour, nor does any box inside it.  That saves
nearly all of the work in two or three dimensions. In twenty it saves nothing, because every box is near.
J. L. Bentley: Multidimensional binary search trees used for associative searching.  CACM 18 (1975)

    N queries   n points   d features   k neighbours   s points in a node       page: documentation/knn.md
"""

from typing import NamedTuple

import numpy as np

from ai_from_scratch.estimator.rules import check, whole
from KNN_From_Scratch.metrics import Metric

SLACK = 1 + 1e-9         # rounding can make a gap too large by that factor; no neighbour is missed


class Node(NamedTuple):
    """The points of a box, and the bounds of the two halves into which it is cut; a leaf has no halves."""

    members: np.ndarray                  # (s,) indices of the points in the box
    low: np.ndarray                      # (2, d) the lowest value of each feature in either half
    high: np.ndarray                     # (2, d) the highest
    halves: tuple["Node", ...] = ()


class KDTree:
    """The nearest points of X (n, d), in a metric that grows with every |qⱼ − xⱼ|."""

    def __init__(self, X: np.ndarray, metric: Metric, leaf_size: int = 30) -> None:
        check("KDTree", locals(), {"leaf_size": whole(1)})
        if not metric.of_differences:
            raise ValueError(f"A k-d tree has no bound for the metric {metric.name!r}: use BruteForce.")
        self.X, self.metric, self.leaf_size = np.array(X, dtype=np.float64, order="C"), metric, leaf_size
        with np.errstate(over="ignore"):
            self.root = self._build(np.arange(len(X)))

    def _build(self, index: np.ndarray) -> Node:                             # (s,)
        points = self.X[index]                                               # (s, d)
        if len(index) <= self.leaf_size:
            return Node(index, points[:0], points[:0])
        widest = np.ptp(points, axis=0).argmax()
        order, middle = points[:, widest].argsort(kind="stable"), len(index) // 2
        halves = order[:middle], order[middle:]
        return Node(index, np.array([points[half].min(axis=0) for half in halves]),
                    np.array([points[half].max(axis=0) for half in halves]),
                    tuple(self._build(index[half]) for half in halves))

    def query(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:   # (N, d) -> (N, k), (N, k)
        """Distances and indices of the k nearest points of each query, nearest first; equal distances by index."""
        check("query", {"k": k}, {"k": whole(1, len(self.X))})
        nothing = np.empty(0), np.empty(0, np.intp)
        with np.errstate(over="ignore"):
            found = [self._search(self.root, q, k, *nothing) for q in np.asarray(Q, dtype=np.float64)]
        distance, index = zip(*found, strict=True)
        return np.array(distance), np.array(index)

    def _search(
        self, node: Node, q: np.ndarray, k: int, distance: np.ndarray, index: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:                                      # the best so far -> (≤ k,), (≤ k,)
        """The k nearest among the best points so far and the points of this box; the nearer half is searched first."""
        if not node.halves:
            distance = np.append(distance, self.metric.between(q, self.X[node.members]))
            index = np.append(index, node.members)
            nearest = np.lexsort((index, distance))[:k]                      # by distance, equal ones by index
            return distance[nearest], index[nearest]
        outside = np.maximum(node.low - q, q - node.high)                    # (2, d)
        gap = self.metric.length(np.maximum(outside, 0))                     # (2,) to the side or the corner; 0 inside
        for half in np.argsort(gap, kind="stable"):
            if len(distance) < k or gap[half] <= distance[-1] * SLACK + np.finfo(float).tiny:
                distance, index = self._search(node.halves[half], q, k, distance, index)
        return distance, index
