"""The sums that Gaussian naive Bayes needs: weight, mean and variance of each class.  The sums of two parts of a table
are added.

    of both parts    n = n₁ + n₂    Δμ = μ₂ − μ₁    μ = μ₁ + n₂/n Δμ    σ² = n₁/n σ₁² + n₂/n σ₂² + n₁n₂/n² Δμ²

The sum is `merged` of naive_bayes.py, class by class.  If only one part has a class, the sum keeps its numbers.
Derivation: documentation/scale.md

    n rows   d features   K classes
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator.checks import check_labels, unique_labels
from ai_from_scratch.estimator.sums import Sums, all_labels, check_part
from Naive_Bayes_From_Scratch.naive_bayes import Moments, class_moments, merged


@dataclass(frozen=True, eq=False)
class Statistics(Sums):
    """The sums over some of the rows from which GaussianNB can be fitted.

        total = Statistics.of(X[:50], y[:50]) + Statistics.of(X[50:], y[50:])
        GaussianNB().fit_from(total)                              # as fit(X, y)
    """

    classes: np.ndarray          # (K,) the labels in these rows, sorted
    moments: Moments             # of each class
    unweighted: Moments          # the same with all weights 1: the smoothing counts each row once

    @classmethod
    def of(cls, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """The sums over X (n, d), labels y (n,), weights (n,).  n may be 0, and classes may be missing."""
        part = check_part(X, y, sample_weight, lambda y, _: check_labels(y))
        classes, codes = unique_labels(part.y)                    # (K,), (n,)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):       # fit_from reports an overflow
            moments = class_moments(part.X, codes, len(classes), part.s)
            ones = moments if sample_weight is None else class_moments(part.X, codes, len(classes))
        return cls(**cls._about(part), classes=classes, moments=moments, unweighted=ones)

    def _plus(self, other: Self) -> Self:
        classes = all_labels(self.classes, other.classes)         # (K,)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            moments = merged(self.moments_of(classes).moments, other.moments_of(classes).moments)
            ones = merged(self.moments_of(classes).unweighted, other.moments_of(classes).unweighted)
        return replace(self, classes=classes, moments=moments, unweighted=ones)

    def moments_of(self, classes: np.ndarray) -> Self:
        """The same statistics with an entry for each of these classes (K,); classes without rows get zeros."""
        place = np.searchsorted(classes, self.classes)            # the places of the own classes among them

        def placed(values: np.ndarray) -> np.ndarray:             # (own K, …) -> (K, …)
            wide = np.zeros((len(classes), *values.shape[1:]))
            wide[place] = values
            return wide

        return replace(self, classes=classes, moments=Moments(*map(placed, self.moments)),
                       unweighted=Moments(*map(placed, self.unweighted)))
