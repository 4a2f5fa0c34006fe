"""The last word on who is near: pairs of a query and a point, ranked by distance, equal ones by index.

A search may cast its net as it likes, so long as all k neighbours of every query are in it.  What it caught is
measured exactly and ranked here, and so every search gives the same answer: the first k of a stable sort.

    m queries   n points   d features   k neighbours
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from KNN_From_Scratch.metrics import Metric

ELEMENTS = 1 << 20   # of one temporary array of differences: 8 MB


class Pairs(NamedTuple):
    """Indices of queries (pairs,), indices of points (pairs,), and the distances between them (pairs,)."""

    query: np.ndarray
    point: np.ndarray
    distance: np.ndarray


def no_pairs() -> Pairs:
    return Pairs(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))


def measure(
    Q: np.ndarray, X: np.ndarray, query: np.ndarray, point: np.ndarray, metric: Metric
) -> np.ndarray:                                                     # (m, d), (n, d), two (pairs,) -> (pairs,)
    """The exact distance of every pair Q[query], X[point], a bounded number of them at a time."""
    distance = np.empty(len(query))
    step = max(1, ELEMENTS // Q.shape[1])
    for i in range(0, len(query), step):
        pairs = slice(i, i + step)
        distance[pairs] = metric.between(Q[query[pairs]], X[point[pairs]])
    return distance


def first_k(parts: Sequence[Pairs], k: int) -> Pairs:
    """The k nearest pairs of each query in all parts: query by query, nearest first, equal distances by index."""
    query, point, distance = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((point, distance, query))                     # (pairs,) the last key counts most
    query, point, distance = query[order], point[order], distance[order]
    rank = np.arange(len(query)) - np.searchsorted(query, query)     # (pairs,) 0 for the nearest of each query
    near = rank < k
    return Pairs(query[near], point[near], distance[near])
