"""k-nearest neighbours over the shards of a table: the k nearest of all rows are among the k nearest of each shard.

    nearest(A ∪ B) = the first k of nearest(A) and nearest(B), sorted by (distance, row)

Sums over the rows are not enough here. So lists are merged instead of sums added: N · k entries for each shard.  `row`
is the number of a row in the whole table.  It orders rows at equal distances, so any split of the table gives the same
neighbours.
Derivation: documentation/scale.md

    N queries   n rows of this shard   d features   k neighbours   O targets
"""

import copy
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import Classifier
from ai_from_scratch.estimator.sums import Sums, all_labels, check_part
from KNN_From_Scratch.knn import KNeighborsClassifier, KNeighborsRegressor, class_shares, vote_weights, weighted_mean

Model = KNeighborsClassifier | KNeighborsRegressor


@dataclass(frozen=True, eq=False)
class Nearest(Sums):
    """The k nearest rows of some shards for each query.

        model = KNeighborsClassifier(5)                           # not fitted: it says k, the metric and the weights
        sum(Nearest.of(X, y, Q, model, first_row=start) for start, X, y in shards).predict(model)
    """

    k: int
    distance: np.ndarray         # (N, k), or fewer columns if there are fewer rows; nearest first
    row: np.ndarray              # (N, k) in the whole table
    target: np.ndarray           # (N, k) labels, or (N, k) or (N, k, O) numbers
    classes: np.ndarray | None   # (K,) all labels of these rows, for a classifier

    @classmethod
    def of(cls, X: Any, y: Any, Q: Any, model: Model, first_row: int = 0) -> Self:
        """The nearest rows for the queries Q (N, d) in a shard X (n, d), y (n,) or (n, O). The shard begins with row
        first_row of the whole table. n may be 0."""
        part, k = check_part(X, y, None, lambda y, _: y), model.n_neighbors
        if not len(part.X):
            none = np.empty((len(np.asarray(Q)), 0))
            return cls(**cls._about(part), k=k, distance=none, row=none.astype(np.intp), target=none, classes=None)
        shard = copy.deepcopy(model).fit(X, y)
        distance, index = shard.kneighbors(Q, min(k, len(part.X)))           # (N, k), (N, k)
        classes = shard.classes_ if isinstance(shard, Classifier) else None
        target = shard._y[index] if classes is None else classes[shard._y[index]]
        return cls(**cls._about(part), k=k, distance=distance, row=index + first_row, target=target, classes=classes)

    def _plus(self, other: Self) -> Self:
        if self.k != other.k or len(self.distance) != len(other.distance):
            raise ValueError(f"One shard has the {self.k} nearest of {len(self.distance)} queries, another the "
                             f"{other.k} nearest of {len(other.distance)}: use the same model and queries for all "
                             "shards.")
        distance, row, target = (np.concatenate(pair, axis=1) for pair in (
            (self.distance, other.distance), (self.row, other.row), (self.target, other.target)))
        order = np.lexsort((row, distance))[:, : self.k]                     # (N, k) by distance, then by row
        query = np.arange(len(row))[:, None]
        if (np.diff(np.sort(row), axis=1) == 0).any():
            raise ValueError("Two shards have the same row: give each its own first_row, the number of its first row "
                             "in the whole table.")
        classes = None if self.classes is None or other.classes is None else all_labels(self.classes, other.classes)
        return replace(self, distance=distance[query, order], row=row[query, order], target=target[query, order],
                       classes=classes)

    def _votes(self, model: Model) -> np.ndarray:                            # (N, k)
        self.check_complete()
        if self.distance.shape[1] < self.k:
            raise ValueError(f"Expected n_neighbors <= n_samples_fit, but n_neighbors = {self.k}, n_samples_fit = "
                             f"{self.n_rows}. Ask for fewer neighbours, or give more rows.")
        return vote_weights(model.weights, self.distance)

    def predict_proba(self, model: KNeighborsClassifier) -> np.ndarray:      # (N, K)
        """The share of the votes that each class gets: the same as that of `model`, fitted on all rows."""
        if self.classes is None:
            raise ValueError("These are neighbours of a regressor, which has no probabilities. Use predict.")
        codes = np.searchsorted(self.classes, self.target)                   # (N, k)
        return class_shares(self._votes(model), codes, len(self.classes))

    def predict(self, model: Model) -> np.ndarray:                           # (N,) or (N, O)
        """The predicted labels or numbers: the same as those of `model`, fitted on all rows."""
        if self.classes is not None:
            return self.classes[self.predict_proba(model).argmax(axis=1)]    # type: ignore[arg-type]
        return weighted_mean(self._votes(model), self.target).astype(self.target.dtype, copy=False)
