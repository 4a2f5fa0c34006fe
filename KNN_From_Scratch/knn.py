"""k-nearest neighbours: find the k training samples that lie closest, and let them vote.

    P(class c | q) = Σᵢ sᵢ [yᵢ = c] / Σᵢ sᵢ       over the k neighbours i of q, with sᵢ = 1 or 1 / distance
    ŷ(q)           = Σᵢ sᵢ yᵢ / Σᵢ sᵢ             for real targets: their weighted mean

Nothing is trained: `fit` only stores the samples.  Sorted by distance from q, the first k are its neighbours.
T. Cover and P. Hart: Nearest neighbor pattern classification.  IEEE Trans. Inf. Theory 13 (1967)

    N queries   n training samples   d features   k neighbours   K classes      page: documentation/knn.md
"""

from collections.abc import Callable
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np

from ai_from_scratch.estimator import Classifier, Estimator, Regressor
from ai_from_scratch.estimator.rules import Only, Rule, nothing, one_of, real, whole
from KNN_From_Scratch.kd_tree import KDTree
from KNN_From_Scratch.metrics import METRIC_NAMES, Metric, find_metric

Weights = str | Callable[[np.ndarray], np.ndarray] | None

RULES = {"n_neighbors": whole(1), "weights": one_of("uniform", "distance", None) | Rule("a function", callable),
         "algorithm": one_of("auto", "brute", "kd_tree"), "leaf_size": whole(1), "metric": one_of(*METRIC_NAMES),
         "p": nothing | real(0.0, np.inf, open_at="low")}
LARGEST_PLAIN_SIZE = 2e8     # n² · (d + 100), for n queries: a quarter of a second


class BruteForce:
    """The nearest samples of X (n, d), by computing all distances: the definition."""

    def __init__(self, X: np.ndarray, metric: Metric) -> None:
        self.X, self.metric = np.ascontiguousarray(X, dtype=np.float64), metric

    def query(self, Q: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:   # (N, d) -> (N, k), (N, k)
        """Distances and indices of the k nearest samples of each query, nearest first, equal distances by index."""
        distance, index = np.empty((len(Q), k)), np.empty((len(Q), k), np.intp)
        with np.errstate(over="ignore"):
            for i, q in enumerate(Q):
                D = self.metric.between(q, self.X)                           # (n,)
                index[i] = np.argsort(D, kind="stable")[:k]                  # (k,)
                distance[i] = D[index[i]]                                    # (k,)
        return distance, index


def vote_weights(weights: Weights, distance: np.ndarray) -> np.ndarray:      # (N, k) -> (N, k)
    """The weight of each neighbour's vote."""
    if weights is None or weights == "uniform":
        return np.ones_like(distance)
    if weights == "distance":
        # nearest / distance gives the same shares as 1 / distance, but it cannot overflow.  nearest = 0: see Neighbors.
        nearest = distance[:, :1]                                            # (N, 1)
        return np.where(nearest > 0, nearest / np.where(distance > 0, distance, 1), distance == 0)
    assert callable(weights)
    values = np.array(weights(distance), dtype=np.float64)
    if values.shape != distance.shape:
        raise ValueError(f"weights gave an array of shape {values.shape} for distances of shape {distance.shape}.")
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("weights gave negative, infinite or NaN values: expected a weight of at least 0 for each.")
    if not values.any(axis=1).all():
        raise ValueError("All neighbors of some sample is getting zero weights. Please modify 'weights' to avoid this "
                         "case if you are using a user-defined function.")
    return values


def class_shares(votes: np.ndarray, labels: np.ndarray, K: int) -> np.ndarray:   # (N, k), (N, k) -> (N, K)
    """The share of a query's votes that each class gets; labels are 0 … K − 1."""
    N = len(votes)
    ballot = np.arange(N)[:, None] * K + labels                              # (N, k) one number for (query, class)
    counts = np.bincount(ballot.ravel(), votes.ravel(), minlength=N * K).reshape(N, K)
    return counts / counts.sum(axis=1, keepdims=True)


def weighted_mean(weights: np.ndarray, targets: np.ndarray) -> np.ndarray:   # (N, k), (N, k, …) -> (N, …)
    """The weighted mean of each query's targets; there may be several targets for each neighbour."""
    share = weights / weights.sum(axis=1, keepdims=True)                     # (N, k)
    return np.einsum("nk,nk...->n...", share, targets)


class Neighbors(Estimator):
    """The common part of the classifier and the regressor: store the samples, find the nearest.

    weights: "uniform", "distance" (votes weigh 1 / distance; samples at distance 0, if any, are the only voters) or a
    function from distances (N, k) to weights (N, k).  metric: euclidean (l2), manhattan (l1, cityblock), chebyshev,
    minkowski with its p, cosine.  algorithm, leaf_size (of the k-d tree) and engine change the time, not the answer.
    """

    _rebuilt, _needed = ("_search",), "n_features_in_ n_samples_fit_ _fit_X _y"
    _no_effect: ClassVar = {"n_jobs": None, "metric_params": Only(None)}     # see Parameters
    _check_fit: Callable[..., tuple[np.ndarray, np.ndarray]]                 # from the classifier or the regressor

    def __init__(
        self, n_neighbors: int = 5, *, weights: Weights = "uniform", algorithm: str = "auto", leaf_size: int = 30,
        p: float = 2, metric: str = "minkowski", engine: str = "auto",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.algorithm, self.leaf_size = algorithm, leaf_size
        self.p = p
        self.metric = metric
        self.engine = engine

    def fit(self, X: Any, y: Any) -> Self:                                   # (n, d), (n,) or (n, O)
        with self._unchanged_if_refused():
            self._check_rules(**RULES)
            if self.algorithm == "kd_tree" and self.metric == "cosine":
                raise ValueError("Metric 'cosine' not valid for algorithm='kd_tree'. Try algorithm='brute'.")
            X, y = self._check_fit(X, y)
        self._fit_X, self._y, self.n_samples_fit_ = X, y.copy(), len(X)      # X may be large: do not change it
        self._rebuild()
        return self

    def _rebuild(self, arrays: Any = None) -> None:
        """Chooses the search, and gives it the samples."""
        self._check_rules(**RULES)                                           # a file may hold other parameters
        X, (n, d), metric = self._fit_X, self._fit_X.shape, find_metric(self.metric, self.p)
        self.effective_metric_ = metric.name
        tree_pays = d <= 4 and n >= 10_000 and metric.of_differences
        if self._choose_engine(n * n * (d + 100), LARGEST_PLAIN_SIZE):       # a sort costs as much as 100 features
            from KNN_From_Scratch.fast.choice import fast_search

            self._search = fast_search(X, metric, self.algorithm, self.n_neighbors, self.leaf_size)
        elif self.algorithm == "kd_tree" or (self.algorithm == "auto" and tree_pays):
            self._search = KDTree(X, metric, self.leaf_size)
        else:
            self._search = BruteForce(X, metric)

    def kneighbors(self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True) -> Any:
        """Distances to the nearest samples and their indices, nearest first; equal distances by index.

        X (N, d) gives two arrays (N, k).  Without X: the neighbours of each training sample, without the sample itself.
        """
        self._check_rules(**RULES)                                           # set_params may have changed them
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        if not isinstance(k, Integral):
            raise TypeError(f"n_neighbors does not take {type(k)} value, enter integer value")
        if k < 1:
            raise ValueError(f"Expected n_neighbors > 0. Got {k}")
        own = X is None
        X = self._fit_X if own and self.__sklearn_is_fitted__() else self._check_predict(X)
        if k > self.n_samples_fit_ - own:
            raise ValueError(f"Expected n_neighbors {'<' if own else '<='} n_samples_fit, but n_neighbors = {k}, "
                             f"n_samples_fit = {self.n_samples_fit_}, n_samples = {len(X)}. Ask for fewer neighbours, "
                             "or fit more samples.")
        distance, index = self._search.query(X, int(k) + own)                # (N, k), (N, k)
        if not np.isfinite(distance[:, -1]).all():
            raise ValueError("Some distances are beyond float64 (1.8e308): scale the features down.")
        if own:
            # Leave out sample i itself; if its duplicates fill all k + 1 places, leave out the last.
            others = index != np.arange(len(index))[:, None]                 # (n, k + 1)
            others[others.all(axis=1), -1] = False
            distance, index = (values[others].reshape(-1, int(k)) for values in (distance, index))
        return (distance, index) if return_distance else index


class KNeighborsClassifier(Classifier, Neighbors):
    """Predicts the class with the largest share of the votes; of equal shares, the first in `classes_`.
    Parameters: see Neighbors.  `predict` is inherited from Classifier: the arg max of predict_proba.

        KNeighborsClassifier(n_neighbors=1).fit([[0.0], [1.0]], ["left", "right"]).predict([[0.2]])   # ["left"]
    """

    def predict_proba(self, X: Any) -> np.ndarray:                           # (N, d) -> (N, K)
        """The share of the votes that each class gets.  With X=None: for each training sample, from the others."""
        distance, index = self.kneighbors(X)                                 # (N, k), (N, k)
        return class_shares(vote_weights(self.weights, distance), self._y[index], len(self.classes_))


class KNeighborsRegressor(Regressor, Neighbors):
    """Predicts the mean target of the k nearest samples, weighted as in KNeighborsClassifier; y may be (n, O)."""

    _multi_output = True

    def predict(self, X: Any) -> np.ndarray:                                 # (N, d) -> (N,) or (N, O)
        """The weighted mean of the neighbours' targets.  With X=None: for each training sample, from the others."""
        distance, index = self.kneighbors(X)                                 # (N, k), (N, k)
        mean = weighted_mean(vote_weights(self.weights, distance), self._y[index])
        return mean.astype(self._y.dtype, copy=False)
