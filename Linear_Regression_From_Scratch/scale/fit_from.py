"""Fits LinearRegression and Ridge from sums over the rows; the rows themselves are not needed.

    w of the d + O rows that have the same sums (statistics.py)        b = ȳ − x̄·w

The chapter's own code solves for w.  Sums hold squares: where columns are nearly collinear, only half of the digits are
left, and a warning says so.

    d features   O targets
"""

import warnings
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import Regressor
from ai_from_scratch.estimator.sums import check_statistics
from Linear_Regression_From_Scratch.normal_equation import normal_equation
from Linear_Regression_From_Scratch.scale.statistics import Statistics


class FitsFromStatistics(Regressor):
    """fit_from and partial_fit for least squares and for ridge.  These fits have no steps: solver="gradient_descent"
    applies to `fit` only; here the normal equation is solved."""

    fit_intercept: bool
    _statistics: Statistics
    _of_earlier_rows = ("_statistics",)
    _saved_kinds, _needed = (Statistics,), "n_features_in_ coef_ intercept_"
    _rules: dict[str, Any]                                        # of the parameters
    _flattens_one_target = False                                  # coef_ (d,), not (1, d), for y (n, 1)

    def fit_from(self, statistics: Statistics) -> Self:
        """Learn from the sums over all rows: the same model as `fit` on these rows, up to rounding."""
        with self._unchanged_if_refused():
            check_statistics(statistics, Statistics)
            self._check_rules(**self._rules)
            alpha = self._penalties(statistics.scatter.shape[0] - statistics.n_features)           # (O,)
            self._remember(np.empty((0, statistics.n_features)), statistics.names)
        if statistics.few_digits(float(alpha.min())):
            warnings.warn("The columns of X repeat each other closely. Sums of squares then keep few digits of the "
                          "weights (the predictions suffer less). Leave a column out, take Ridge with a larger alpha, "
                          "or fit on the rows if they fit into memory.", RuntimeWarning, stacklevel=2)
        d, dtype, mean = statistics.n_features, statistics.dtype, statistics.mean * bool(self.fit_intercept)
        rows = statistics.same_rows(self.fit_intercept)           # (rows, d + O)
        W = self._weights(rows[:, :d], rows[:, d:], alpha)        # (d, O)
        flat = not statistics.targets or (self._flattens_one_target and statistics.targets == (1,))
        self.coef_ = (W[:, 0] if flat else W.T).astype(dtype)     # (d,) or (O, d)
        self.intercept_ = (mean[d:] - mean[:d] @ W).astype(dtype).reshape(statistics.targets)[()]
        self.n_iter_ = 1
        self._choose_engine()
        self._statistics = statistics                             # partial_fit goes on from here
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from one more block of rows; after the last block the model is that of `fit` on all rows, up to
        rounding.

        The model keeps only the Statistics of the rows, about d² numbers.
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
                self._check_fit(X, y)                             # raises the errors that `fit` would raise
            more = Statistics.of(X, y, sample_weight)
            return self.fit_from(more if past is None else past + more)

    def _penalties(self, outputs: int) -> np.ndarray:             # (O,)
        return np.zeros(outputs)

    def _weights(self, A: np.ndarray, B: np.ndarray, alpha: np.ndarray) -> np.ndarray:             # (d, O)
        """The weights (d, O) for A (rows, d) and B (rows, O), which are already centred."""
        return normal_equation(A, B, None, False)[0]

