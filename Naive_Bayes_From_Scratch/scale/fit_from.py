"""Fits GaussianNB from sums over the rows; the rows themselves are not needed."""

from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import Classifier
from ai_from_scratch.estimator.sums import check_statistics


class FitsFromStatistics(Classifier):
    """fit_from, beside partial_fit: the sums may be computed anywhere, and the classes need not be known before."""

    _needed = "n_features_in_ engine_ epsilon_ theta_ var_ class_count_ class_prior_ _moments"
    _rules: dict[str, Any]                                        # of the parameters
    _learn: Any                                                   # (X, y, sample_weight, past) -> self

    def fit_from(self, statistics: Any) -> Self:
        """Learn from the Statistics of all rows: the same model as `fit` on these rows, up to rounding.  partial_fit
        can continue from it."""
        from Naive_Bayes_From_Scratch.scale.statistics import Statistics  # it imports the chapter

        with self._unchanged_if_refused():
            check_statistics(statistics, Statistics)
            self._check_rules(**self._rules)
            self.classes_ = statistics.classes
            no_rows = np.empty((0, statistics.n_features))
            self._remember(no_rows, statistics.names)
            return self._learn(no_rows, np.empty(0, np.intp), None, (statistics.moments, statistics.unweighted))
