"""The base classes: checks at the door, predictions scored.

An algorithm says `X, y = self._check_fit(X, y)` at the top of `fit` and `X = self._check_predict(X)` at the top of
`predict`; whatever could be wrong with the input has then been said, and the mathematics can begin.

    class Majority(Classifier):
        def fit(self, X, y):
            X, y = self._check_fit(X, y)              # (n, d) float, (n,) codes 0 … K−1 of self.classes_
            self.winner_ = np.bincount(y).argmax()
            return self
"""

import warnings
from typing import Any

import numpy as np

from ai_from_scratch.estimator import checks
from ai_from_scratch.estimator.errors import UndefinedMetricWarning
from ai_from_scratch.estimator.feature_names import check_feature_names, feature_names
from ai_from_scratch.estimator.saved import Saved
from ai_from_scratch.estimator.tags import sklearn_tags


class Estimator(Saved):
    """`__init__` only stores its parameters; `fit` learns, and names what it learnt with a trailing underscore."""

    _estimator_type: str | None = None
    _multi_output = False  # whether y may have several columns

    n_features_in_: int
    feature_names_in_: np.ndarray  # (d,) text; only where fit was given a frame with named columns

    def _remember(self, X: np.ndarray, names: np.ndarray | None) -> None:
        """What `predict` will compare its X with."""
        self.n_features_in_ = X.shape[1]
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _check_predict(self, X: Any, *, always_float64: bool = False) -> np.ndarray:
        """Is the model fitted?  Then X as floats (n, d), finite, with the columns that the model was fitted on."""
        name = type(self).__name__
        self._check_fitted()
        check_feature_names(feature_names(X), self)
        X = checks.check_array(X, always_float64=always_float64)
        if X.shape[1] != self.n_features_in_:
            expected = self.n_features_in_
            raise ValueError(f"X has {X.shape[1]} features, but {name} is expecting {expected} features as input.")
        return X

    def _require(self, y: Any) -> None:
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")

    def __sklearn_tags__(self) -> Any:
        return sklearn_tags(self._estimator_type, multi_output=self._multi_output)


class Classifier(Estimator):
    """Predicts one of the labels in `classes_`."""

    _estimator_type = "classifier"
    classes_: np.ndarray  # (K,) the labels, sorted

    def _check_fit(self, X: Any, y: Any, *, always_float64: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """X (n, d) float and y (n,) as codes: `classes_[code]` is the label.  Sets `classes_`, `n_features_in_`."""
        names = feature_names(X)
        X = checks.check_array(X, always_float64=always_float64)
        self._require(y)
        y = checks.check_labels(y)
        checks.check_lengths(X, y)
        classes, codes = checks.unique_labels(y)
        self.classes_ = classes
        self._remember(X, names)
        return X, codes

    def _check_partial_fit(
        self, X: Any, y: Any, classes: Any = None, *, always_float64: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same for one batch of many; the first call names all classes, the later ones need not."""
        first = not self.__sklearn_is_fitted__()
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit: a batch may lack some of them.")
        if classes is not None:
            classes, _ = checks.unique_labels(checks.check_labels(classes))
            if not first and not np.array_equal(classes, self.classes_):
                raise ValueError(
                    f"classes={classes} is not the same as on last call to partial_fit, was: {self.classes_}"
                )
        names = feature_names(X)
        X = checks.check_array(X, always_float64=always_float64) if first else self._check_predict(X)
        self._require(y)
        y = checks.check_labels(y)
        checks.check_lengths(X, y)
        codes = checks.label_codes(y, classes if first else self.classes_)
        if first:
            self.classes_ = classes
            self._remember(X, names)
        return X, codes

    def predict_proba(self, X: Any) -> np.ndarray:  # (n, d) -> (n, K)
        """Each class's probability, in the order of `classes_`; rows sum to 1."""
        raise NotImplementedError(f"{type(self).__name__} gives no probabilities.")

    def predict_log_proba(self, X: Any) -> np.ndarray:  # (n, d) -> (n, K)
        """The logarithm of `predict_proba`; −inf where a probability is 0."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,)
        """The most probable label of each sample; of equals the first in `classes_`."""
        best = self.predict_proba(X).argmax(axis=1)  # (n,)
        return self.classes_[best]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy: the share of samples (n, d) whose prediction is their label (n,)."""
        predicted, y = self.predict(X), checks.as_column(np.asarray(y))
        checks.check_lengths(predicted, y)
        return float(np.average(predicted == y, weights=sample_weight))


class Regressor(Estimator):
    """Predicts real numbers."""

    _estimator_type = "regressor"

    def _check_fit(self, X: Any, y: Any, *, always_float64: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """X (n, d) and y (n,), or (n, t) where `_multi_output`, as floats of one dtype.  Sets `n_features_in_`."""
        names = feature_names(X)
        X = checks.check_array(X, always_float64=always_float64)
        self._require(y)
        y = checks.check_target(y, X.dtype, multi_output=self._multi_output)
        checks.check_lengths(X, y)
        self._remember(X, names)
        return X, y

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,) or (n, t)
        raise NotImplementedError

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²: 1 is perfect, 0 no better than the mean; averaged over several targets."""
        predicted = np.asarray(self.predict(X), dtype=np.float64)
        y = np.asarray(y, dtype=np.float64)
        if y.size != predicted.size:
            raise ValueError(f"y has shape {y.shape}, but the predictions have shape {predicted.shape}.")
        if len(y) < 2:
            text = "R^2 score is not well-defined with less than two samples."
            warnings.warn(UndefinedMetricWarning(text), stacklevel=2)
            return float("nan")
        y, predicted = y.reshape(len(y), -1), predicted.reshape(len(y), -1)              # (n, t)
        mean = np.average(y, axis=0, weights=sample_weight)                              # (t,)
        unexplained = np.average((y - predicted) ** 2, axis=0, weights=sample_weight)    # (t,)
        total = np.average((y - mean) ** 2, axis=0, weights=sample_weight)               # (t,)
        # A constant target has nothing to explain: 1 where it is hit exactly, else 0.
        flat = np.where(unexplained == 0, 1.0, 0.0)
        return float(np.mean(np.where(total > 0, 1 - unexplained / np.where(total > 0, total, 1), flat)))
