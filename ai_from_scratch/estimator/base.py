"""The base classes: they check the inputs and score the predictions.

An algorithm calls `X, y = self._check_fit(X, y)` first in `fit`, and `X = self._check_predict(X)` first in `predict`.
Afterwards the input is valid, and the mathematics can begin.

    class Majority(Classifier):
        def fit(self, X, y):
            X, y = self._check_fit(X, y)              # (n, d) float, (n,) codes 0 … K−1 of self.classes_
            self.winner_ = np.bincount(y).argmax()
            return self
"""

import warnings
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import checks
from ai_from_scratch.estimator.errors import UndefinedMetricWarning
from ai_from_scratch.estimator.feature_names import check_feature_names, feature_names
from ai_from_scratch.estimator.routing import request, routing
from ai_from_scratch.estimator.saved import Saved
from ai_from_scratch.estimator.squares import check_squares
from ai_from_scratch.estimator.tags import sklearn_tags
from ai_from_scratch.estimator.units import Sizes, sizes_of, warn_of_other_units


class Estimator(Saved):
    """`__init__` only stores its parameters; `fit` learns, and stores results under names that end in an underscore."""

    _estimator_type: str | None = None
    _multi_output = False  # whether y may have several columns
    _adds_up_squares = False  # whether columns with squares that overflow or vanish are refused
    _of_earlier_rows: tuple[str, ...] = ()  # attributes that partial_fit continues from, and that fit forgets

    n_features_in_: int
    _sizes: Sizes  # of the training rows; set by a model that cannot use rows in other units
    feature_names_in_: np.ndarray  # (d,) text; set if fit was given a frame with named columns

    def _remember(self, X: np.ndarray, names: np.ndarray | None) -> None:
        """Stores the facts with which `predict` compares its X; forgets what came from the rows of an earlier fit."""
        for name in self._of_earlier_rows:
            vars(self).pop(name, None)
        self.n_features_in_ = X.shape[1]
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _remember_units(self, X: np.ndarray, goes_on: bool) -> None:
        """Stores the sizes of the training rows, of earlier ones too if the training goes on: `predict` warns of rows
        in other units."""
        self._sizes = sizes_of(X, getattr(self, "_sizes", None) if goes_on else None)

    def _check_predict(self, X: Any, *, always_float64: bool = False) -> np.ndarray:
        """X as finite floats (n, d) with the columns that the model was fitted on; NotFittedError before `fit`."""
        name = type(self).__name__
        self._check_fitted()
        check_feature_names(feature_names(X), self)
        X = checks.check_array(X, always_float64=always_float64, finite=not self._adds_up_squares)
        if self._adds_up_squares:
            check_squares(X, "X", vanish=False)
        if X.shape[1] != self.n_features_in_:
            expected = self.n_features_in_
            raise ValueError(f"X has {X.shape[1]} features, but {name} is expecting {expected} features as input.")
        if (sizes := getattr(self, "_sizes", None)) is not None:
            warn_of_other_units(X, sizes)
        return X

    def _require(self, y: Any) -> None:
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")

    def __sklearn_tags__(self) -> Any:
        return sklearn_tags(self._estimator_type, multi_output=self._multi_output)

    def get_metadata_routing(self) -> Any:
        return routing(self)

    def set_fit_request(self, **wishes: Any) -> Self:
        """With scikit-learn's metadata routing: set_fit_request(sample_weight=True) makes a Pipeline hand it on."""
        return request(self, "fit", wishes)

    def set_partial_fit_request(self, **wishes: Any) -> Self:
        return request(self, "partial_fit", wishes)

    def set_score_request(self, **wishes: Any) -> Self:
        return request(self, "score", wishes)


class Classifier(Estimator):
    """Predicts one of the labels in `classes_`."""

    _estimator_type, _needed = "classifier", "classes_"
    classes_: np.ndarray  # (K,) the labels, sorted

    def _check_fit(
        self, X: Any, y: Any, *, sample_weight: Any = None, always_float64: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """X (n, d) float and y (n,) as codes: `classes_[code]` is the label.  Sets `classes_`, `n_features_in_`."""
        names = feature_names(X)
        X = checks.check_array(X, always_float64=always_float64, finite=not self._adds_up_squares)
        if self._adds_up_squares:
            check_squares(X, "X", sample_weight)
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
        """As `_check_fit`, for one batch of several.  The first call must name all classes."""
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
        if self._adds_up_squares:
            check_squares(X, "X")
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
        raise NotImplementedError(f"{type(self).__name__} has no probabilities. Use predict.")

    def predict_log_proba(self, X: Any) -> np.ndarray:  # (n, d) -> (n, K)
        """The logarithm of `predict_proba`; −inf where a probability is 0."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,)
        """The most probable label of each sample; of equal ones, the first in `classes_`."""
        best = self.predict_proba(X).argmax(axis=1)  # (n,)
        return self.classes_[best]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy: the share of samples (n, d) whose prediction equals their label (n,)."""
        predicted, y = self.predict(X), checks.check_labels(y)
        checks.check_lengths(predicted, y)
        kinds = {predicted.dtype.kind in "UST", y.dtype.kind in "UST"}                   # text, or not
        if len(kinds) > 1 and "O" not in (y.dtype.kind, predicted.dtype.kind):
            raise ValueError(f"y holds labels like {y[:1].tolist()[0]!r}, and the model was fitted on labels like "
                             f"{predicted[:1].tolist()[0]!r}: they can never be equal. Give labels of one kind.")
        if sample_weight is not None:
            sample_weight = checks.check_sample_weight(sample_weight, np.empty((len(y), 1)))
        return float(np.average(predicted == y, weights=sample_weight))


class Regressor(Estimator):
    """Predicts real numbers."""

    _estimator_type = "regressor"

    def _check_fit(
        self, X: Any, y: Any, *, sample_weight: Any = None, always_float64: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """X (n, d) and y (n,), or (n, O) if `_multi_output`, as floats of one dtype.  Sets `n_features_in_`."""
        names = feature_names(X)
        finite = not self._adds_up_squares
        X = checks.check_array(X, always_float64=always_float64, finite=finite)
        self._require(y)
        y = checks.check_target(y, X.dtype, multi_output=self._multi_output, finite=finite)
        if self._adds_up_squares:
            check_squares(X, "X", sample_weight)
            check_squares(y, "y", sample_weight)
        checks.check_lengths(X, y)
        self._remember(X, names)
        return X, y

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,) or (n, O)
        raise NotImplementedError

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²: 1 is perfect, 0 is as good as the mean; for several targets the mean of
        their R²."""
        predicted = np.asarray(self.predict(X), dtype=np.float64)
        y = checks.as_float(y, "y", always_float64=True)
        checks.check_finite(y, "y")
        if sample_weight is not None:
            sample_weight = checks.check_sample_weight(sample_weight, np.empty((len(y), 1)))
        if y.size != predicted.size:
            raise ValueError(f"y has shape {y.shape}, but the predictions have shape {predicted.shape}.")
        if len(y) < 2:
            text = "R^2 score is not well-defined with less than two samples."
            warnings.warn(UndefinedMetricWarning(text), stacklevel=2)
            return float("nan")
        y, predicted = y.reshape(len(y), -1), predicted.reshape(len(y), -1)              # (n, O)
        largest, farthest = float(np.abs(y).max()), float(np.abs(predicted).max())
        with np.errstate(over="ignore", invalid="ignore"):
            # Squares would vanish or overflow, and R² does not depend on the unit.
            if not (1e-100 < largest < 1e100 and farthest < 1e100):
                unit = largest or farthest or 1.0
                y, predicted = y / unit, predicted / unit
            mean = np.average(y, axis=0, weights=sample_weight)                              # (O,)
            unexplained = np.average((y - predicted) ** 2, axis=0, weights=sample_weight)    # (O,)
            total = np.average((y - mean) ** 2, axis=0, weights=sample_weight)               # (O,)
            # A constant target has no variance to explain: the score is 1 if the prediction is exact, else 0.
            score_if_constant = np.where(unexplained == 0, 1.0, 0.0)
            score = np.mean(np.where(total > 0, 1 - unexplained / np.where(total > 0, total, 1), score_if_constant))
        if not np.isfinite(score):
            raise ValueError(f"R² is below −1e308: predictions reach {farthest:.1e}, y only {largest:.1e}. Has the "
                             "model learnt from data in other units?")
        return float(score)
