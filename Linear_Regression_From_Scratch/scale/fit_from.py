"""LinearRegression and Ridge from sums over the rows: no row of the table is looked at.

    w of the d + t rows that have the same sums (statistics.py)        b = ȳ − x̄·w

The chapter's own code solves for w.  What sums cannot give back: they hold squares, and so half of the digits where
columns are nearly collinear.  A warning says so.

    d features   t targets
"""

import warnings
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import Regressor
from ai_from_scratch.estimator.sums import check_statistics
from Linear_Regression_From_Scratch.normal_equation import normal_equation
from Linear_Regression_From_Scratch.scale.statistics import Statistics


class FitsFromStatistics(Regressor):
    """fit_from and partial_fit, for least squares and for ridge.  There are no steps to take: gradient descent's
    `solver` is for `fit`, and the normal equation is solved here."""

    fit_intercept: bool
    _statistics: Statistics
    _of_earlier_rows = ("_statistics",)
    _saved_kinds, _needed = (Statistics,), "n_features_in_ coef_ intercept_"
    _rules: dict[str, Any]                                        # of the parameters
    _flattens_one_target = False                                  # coef_ (d,), not (1, d), for y (n, 1)

    def fit_from(self, statistics: Statistics) -> Self:
        """Learn from the sums over all rows: the same model as `fit` on these rows, to rounding."""
        with self._unchanged_if_refused():
            check_statistics(statistics, Statistics)
            self._check_rules(**self._rules)
            alpha = self._penalties(statistics.scatter.shape[0] - statistics.n_features)           # (t,)
            self._remember(np.empty((0, statistics.n_features)), statistics.names)
        if statistics.few_digits(float(alpha.min())):
            warnings.warn("The columns of X repeat each other closely. Sums of squares then keep few digits of the "
                          "weights (the predictions suffer less). Leave a column out, take Ridge with a larger alpha, "
                          "or fit on the rows if they fit into memory.", RuntimeWarning, stacklevel=2)
        d, dtype, mean = statistics.n_features, statistics.dtype, statistics.mean * bool(self.fit_intercept)
        rows = statistics.same_rows(self.fit_intercept)           # (m, d + t)
        W = self._weights(rows[:, :d], rows[:, d:], alpha)        # (d, t)
        flat = not statistics.targets or (self._flattens_one_target and statistics.targets == (1,))
        self.coef_ = (W[:, 0] if flat else W.T).astype(dtype)     # (d,) or (t, d)
        self.intercept_ = (mean[d:] - mean[:d] @ W).astype(dtype).reshape(statistics.targets)[()]
        self.n_iter_ = 1
        self._choose_engine()
        self._statistics = statistics                             # partial_fit goes on from here
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from more rows, as many calls as there are blocks: the same model as `fit` on all of them, to rounding.

        What it keeps of the rows are their Statistics, d² numbers.
        """
        with self._unchanged_if_refused():
            past = vars(self).get("_statistics")
            if self.__sklearn_is_fitted__():
                self._check_predict(X)                            # the columns of before?
                if past is None:
                    warnings.warn("fit keeps no sums of its rows: this partial_fit begins anew, with these rows alone. "
                                  "Call partial_fit from the first block on, or fit_from(Statistics.of(X, y)).",
                                  stacklevel=2)
            else:
                self._check_fit(X, y)                             # in `fit`'s words, whatever is wrong
            more = Statistics.of(X, y, sample_weight)
            return self.fit_from(more if past is None else past + more)

    def _penalties(self, t: int) -> np.ndarray:                   # (t,)
        return np.zeros(t)

    def _weights(self, A: np.ndarray, B: np.ndarray, alpha: np.ndarray) -> np.ndarray:             # (d, t)
        """Of A (m, d) and B (m, t), which are centred already."""
        return normal_equation(A, B, None, False)[0]

