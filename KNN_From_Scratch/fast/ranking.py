"""Computes the exact distances of the candidates, pairs of a query and a point, and ranks them; ties by index.

A search may choose its candidates in any way that includes all k neighbours of each query.  Then the first k of the
candidates are the first k of a stable sort of all points, bit for bit.

    N queries   n points   d features   k neighbours
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from KNN_From_Scratch.metrics import Metric

MAX_DIFFERENCES = 1 << 20   # numbers in one temporary array: 8 MB


class Pairs(NamedTuple):
    """Indices of queries (pairs,), indices of points (pairs,), and the distances between them (pairs,)."""

    query: np.ndarray
    point: np.ndarray
    distance: np.ndarray


def no_pairs() -> Pairs:
    return Pairs(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))


def measure(
    Q: np.ndarray, X: np.ndarray, query: np.ndarray, point: np.ndarray, metric: Metric
) -> np.ndarray:                                                     # (N, d), (n, d), two (pairs,) -> (pairs,)
    """The exact distance of every pair Q[query], X[point], computed for a bounded number of pairs at a time."""
    distance = np.empty(len(query))
    step = max(1, MAX_DIFFERENCES // Q.shape[1])
    for i in range(0, len(query), step):
        pairs = slice(i, i + step)
        distance[pairs] = metric.between(Q[query[pairs]], X[point[pairs]])
    return distance


def first_k(parts: Sequence[Pairs], k: int) -> Pairs:
    """The k nearest pairs of each query: by query, then by distance, ties by the point's index."""
    query, point, distance = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(query, kind="stable")                         # (pairs,) fast if the pairs are sorted already
    query, point, distance = query[order], point[order], distance[order]
    start = np.flatnonzero(np.diff(query, prepend=-1))               # (asked,) of each query that has pairs
    count = np.diff(start, append=len(query))                        # (asked,)
    if len(start) * count.max(initial=0) > 8 * len(query):  # few queries own most pairs: the table would be huge
        order = np.lexsort((point, distance, query))                 # (pairs,) the last key is sorted first
        near = np.arange(len(query)) - np.repeat(start, count) < k   # (pairs,) rank 0 is the nearest
        return Pairs(query[near], point[order][near], distance[order][near])
    # A table with one row for each query, padded with infinite distances: many short sorts are fast.
    filled = np.arange(count.max(initial=0)) < count[:, None]        # (asked, most)
    points, distances = np.full(filled.shape, np.iinfo(np.intp).max), np.full(filled.shape, np.inf)
    points[filled], distances[filled] = point, distance
    order = np.lexsort((points, distances), axis=1)[:, :k]           # (asked, k or fewer)
    near = filled[:, :k]
    return Pairs(
        query[start].repeat(near.sum(axis=1)),
        np.take_along_axis(points, order, axis=1)[near],
        np.take_along_axis(distances, order, axis=1)[near],
    )
