"""The searches of fast/, and the choice of the fastest one.  All searches give the answers of the plain code, bit for
bit."""

from typing import Protocol

import numpy as np

from KNN_From_Scratch.fast.bounded_search import BoundedSearch
from KNN_From_Scratch.fast.frontier import FrontierKDTree
from KNN_From_Scratch.fast.projection import MAX_NEIGHBOURS, ProjectedSearch
from KNN_From_Scratch.metrics import Metric


class Search(Protocol):
    """The one method that every search has, plain or fast."""

    def query(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]: ...   # (N, d) -> (N, k), (N, k)


def fast_search(X: np.ndarray, metric: Metric, algorithm: str, k: int, leaf_size: int) -> Search:
    """The search of "auto": the k-d tree for few features, the projection for many images, otherwise all pairs."""
    n, d = X.shape
    if algorithm == "auto" and metric.of_differences and d <= 4 and n >= 1000:
        algorithm = "kd_tree"
    if algorithm == "kd_tree":
        return FrontierKDTree(X, metric, leaf_size)
    wide = metric.name == "euclidean" and d >= 256 and n >= 16_000 and k <= MAX_NEIGHBOURS
    return ProjectedSearch(X, metric) if algorithm == "auto" and wide else BoundedSearch(X, metric)
