"""k-nearest neighbours: ask the k training samples that lie closest, and let them vote.

    P(class c | q) = Σᵢ wᵢ [yᵢ = c] / Σᵢ wᵢ       over the k neighbours i of q, with wᵢ = 1 or 1 / distance
    ŷ(q)           = Σᵢ wᵢ yᵢ / Σᵢ wᵢ             for real targets: their weighted mean

Nothing is learnt: `fit` remembers.  The work is in finding neighbours (brute_force.py, kd_tree.py, projection.py).
T. Cover and P. Hart: Nearest neighbor pattern classification.  IEEE Trans. Inf. Theory 13 (1967)

    m queries   n training samples   d features   k neighbours   K classes      page: documentation/knn.md
"""

from collections.abc import Callable
from numbers import Integral
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import Classifier, Estimator, Regressor
from KNN_From_Scratch.brute_force import BruteForce
from KNN_From_Scratch.kd_tree import KDTree
from KNN_From_Scratch.metrics import Metric, find_metric
from KNN_From_Scratch.projection import MOST, ProjectedSearch

Weights = str | Callable[[np.ndarray], np.ndarray] | None


class Neighbors(Estimator):
    """What the classifier and the regressor share: remembering the samples, finding the nearest."""

    n_neighbors: Any
    weights: Any
    algorithm: Any
    metric: Any
    p: Any

    def _remember_samples(self, X: np.ndarray, y: np.ndarray) -> None:   # (n, d), (n,) or (n, t)
        metric = find_metric(self.metric, self.p)
        self._fit_X, self._y = X, y
        self.n_samples_fit_ = len(X)
        self.effective_metric_ = metric.name
        self._search = self._kind_of_search(metric)(X, metric)

    def kneighbors(
        self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True
    ) -> Any:                                                            # (m, d) -> (m, k), (m, k)
        """Distances to the nearest samples and their indices, nearest first, equal distances by index.

        Without X: the neighbours of each training sample, not counting itself.  ValueError where there are fewer
        than `n_neighbors` samples to choose from.
        """
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        _check_count(k)
        own = X is None
        X = self._fit_X if own and self.__sklearn_is_fitted__() else self._check_predict(X)
        if k > self.n_samples_fit_ - own:
            raise ValueError(
                f"Expected n_neighbors {'<' if own else '<='} n_samples_fit, but n_neighbors = {k}, n_samples_fit = "
                f"{self.n_samples_fit_}, n_samples = {len(X)}. Ask for fewer neighbours, or fit more samples."
            )
        distance, index = self._search.query(X, int(k) + own)            # (m, k), (m, k)
        if not np.isfinite(distance[:, -1]).all():
            raise ValueError("Some distances are beyond float64 (1.8e308): scale the features down.")
        if own:
            distance, index = _without_self(distance, index)
        return (distance, index) if return_distance else index

    def _check_parameters(self) -> None:
        name = type(self).__name__
        if not isinstance(self.n_neighbors, Integral) or self.n_neighbors < 1:
            raise ValueError(
                f"The 'n_neighbors' parameter of {name} must be an int in the range [1, inf). "
                f"Got {self.n_neighbors!r} instead."
            )
        if not (callable(self.weights) or self.weights in ("uniform", "distance", None)):
            raise ValueError(
                f"The 'weights' parameter of {name} must be a str among {{'distance', 'uniform'}}, a callable or None. "
                f"Got {self.weights!r} instead."
            )
        if self.algorithm not in ("auto", "brute", "kd_tree"):
            raise ValueError(
                f"The 'algorithm' parameter of {name} must be a str among {{'auto', 'brute', 'kd_tree'}}. "
                f"Got {self.algorithm!r} instead."
            )

    def _kind_of_search(self, metric: Metric) -> type[BruteForce | KDTree | ProjectedSearch]:
        n, d = self._fit_X.shape
        if self.algorithm == "kd_tree" and not metric.of_differences:
            raise ValueError(f"Metric {metric.name!r} not valid for algorithm='kd_tree'. Try algorithm='brute'.")
        pays = metric.of_differences and d <= 4 and n >= 1000
        if self.algorithm == "kd_tree" or (self.algorithm == "auto" and pays):
            return KDTree
        wide = metric.name == "euclidean" and d >= 256 and n >= 4000 and self.n_neighbors <= MOST
        return ProjectedSearch if self.algorithm == "auto" and wide else BruteForce


class KNeighborsClassifier(Neighbors, Classifier):
    """The class that most of the k nearest samples have; of equally many votes, the first in `classes_`.

    `weights` is "uniform", "distance" (votes count 1 / distance; a sample at distance 0 outvotes all others) or a
    function from distances (m, k) to weights (m, k).  `metric`: euclidean (l2), manhattan (l1, cityblock), chebyshev,
    minkowski with its `p`, cosine.  `algorithm`: all give the same answer; "auto" takes the one that should be faster.

        KNeighborsClassifier(n_neighbors=1).fit([[0.0], [1.0]], ["left", "right"]).predict([[0.2]])   # ["left"]
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        weights: Weights = "uniform",
        algorithm: str = "auto",
        metric: str = "minkowski",
        p: float = 2,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.algorithm = algorithm
        self.metric = metric
        self.p = p

    def fit(self, X: Any, y: Any) -> Self:                               # (n, d), (n,)
        self._check_parameters()
        self._remember_samples(*self._check_fit(X, y))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:                       # (m, d) -> (m, K)
        """The share of the votes that each class gets.  X=None asks each training sample's other neighbours."""
        distance, index = self.kneighbors(X)                             # (m, k), (m, k)
        votes = vote_weights(self.weights, distance)                     # (m, k)
        m, K = len(votes), len(self.classes_)
        ballot = np.arange(m)[:, None] * K + self._y[index]              # (m, k) one number for (query, class)
        counts = np.bincount(ballot.ravel(), votes.ravel(), minlength=m * K).reshape(m, K)
        return counts / counts.sum(axis=1, keepdims=True)


class KNeighborsRegressor(Neighbors, Regressor):
    """The mean target of the k nearest samples, weighted as in KNeighborsClassifier; several targets at once too."""

    _multi_output = True

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        weights: Weights = "uniform",
        algorithm: str = "auto",
        metric: str = "minkowski",
        p: float = 2,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.algorithm = algorithm
        self.metric = metric
        self.p = p

    def fit(self, X: Any, y: Any) -> Self:                               # (n, d), (n,) or (n, t)
        self._check_parameters()
        self._remember_samples(*self._check_fit(X, y))
        return self

    def predict(self, X: Any) -> np.ndarray:                             # (m, d) -> (m,) or (m, t)
        """The weighted mean of the neighbours' targets.  X=None asks each training sample's other neighbours."""
        distance, index = self.kneighbors(X)                             # (m, k), (m, k)
        weights = vote_weights(self.weights, distance)                   # (m, k)
        weights /= weights.sum(axis=1, keepdims=True)
        return np.einsum("mk,mk...->m...", weights, self._y[index]).astype(self._y.dtype, copy=False)


def vote_weights(weights: Weights, distance: np.ndarray) -> np.ndarray:  # (m, k) -> (m, k)
    """How much each neighbour's vote counts."""
    if weights is None or weights == "uniform":
        return np.ones_like(distance)
    if weights == "distance":
        # nearest / distance is 1 / distance up to a factor, never overflows, and needs one exception: nearest = 0.
        nearest = distance[:, :1]                                        # (m, 1)
        return np.where(nearest > 0, nearest / np.where(distance > 0, distance, 1), distance == 0)
    assert callable(weights)
    values = np.array(weights(distance), dtype=np.float64)
    if values.shape != distance.shape:
        raise ValueError(f"weights gave an array of shape {values.shape} for distances of shape {distance.shape}.")
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("weights gave negative, infinite or NaN values: expected a weight of at least 0 for each.")
    if not values.any(axis=1).all():
        raise ValueError(
            "All neighbors of some sample is getting zero weights. Please modify 'weights' to avoid this case if you "
            "are using a user-defined function."
        )
    return values


def _check_count(k: Any) -> None:
    if not isinstance(k, Integral):
        raise TypeError(f"n_neighbors does not take {type(k)} value, enter integer value")
    if k < 1:
        raise ValueError(f"Expected n_neighbors > 0. Got {k}")


def _without_self(distance: np.ndarray, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From (n, k + 1) to (n, k): sample i leaves its own row i, or the last goes where duplicates crowded i out."""
    others = index != np.arange(len(index))[:, None]                     # (n, k + 1)
    others[others.all(axis=1), -1] = False
    return distance[others].reshape(len(index), -1), index[others].reshape(len(index), -1)
