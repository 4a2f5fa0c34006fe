"""Sums that can be added: all that a model needs of its rows, as one small object of fixed size.

    Statistics.of(all rows) = Statistics.of(some rows) + Statistics.of(the others)

So the rows may lie in parts: in blocks of a file, or on several machines.  Each part is summed where it lies, and only
the sums are sent.  The Statistics of a chapter say which sums these are.  documentation/scale.md

    n rows of this part, which may be 0   d features   s weights of the rows
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, Self

import numpy as np

from ai_from_scratch import __version__
from ai_from_scratch.estimator import checks
from ai_from_scratch.estimator.feature_names import feature_names


class Part(NamedTuple):
    """The rows of one part, checked; those of weight 0 are left out."""

    X: np.ndarray                # (n, d) float32 or float64
    y: np.ndarray                # (n,) or (n, O)
    s: np.ndarray                # (n,) float64
    names: np.ndarray | None     # (d,) the columns of a data frame


def check_part(X: Any, y: Any, sample_weight: Any, check_y: Callable[[Any, Any], np.ndarray]) -> Part:
    """X, y and weights as in `fit`, but a part may have no rows.  check_y gets y and the dtype of X."""
    names, X = feature_names(X), checks.as_float(X, "X")
    if X.ndim != 2 or len(X) > 0:
        X = checks.check_array(X)
    if y is None:
        raise ValueError("Statistics requires y to be passed, but the target y is None.")
    y = check_y(y, X.dtype) if len(X) else np.asarray(y).ravel()
    checks.check_lengths(X, y)
    s = np.ones(len(X))
    if sample_weight is not None and len(X):
        none_counts = np.shape(sample_weight) == (len(X),) and not np.any(sample_weight)
        s = np.zeros(len(X)) if none_counts else checks.check_sample_weight(sample_weight, X).astype(np.float64)
    return Part(X, y, s, names) if s.all() else Part(X[s > 0], y[s > 0], s[s > 0], names)


def all_labels(mine: np.ndarray, its: np.ndarray) -> np.ndarray:   # (K₁,), (K₂,) -> (K,)
    """The labels of two parts, sorted; each part may lack some labels.  ValueError if one has text and the other
    numbers."""
    text = {isinstance(label, str) for labels in (mine, its) for label in labels[:1].tolist()}
    if len(text) > 1:
        raise ValueError(f"One part has labels like {mine.tolist()[0]!r}, another like {its.tolist()[0]!r}: give y "
                         "the same kind of labels in all parts.")
    return checks.unique_labels(np.concatenate([mine, its]))[0]


@dataclass(frozen=True, eq=False)
class Sums:
    """The common part of the chapters' Statistics: a + b and sum(parts), with an error for parts that do not fit
    together.

    A subclass adds its own fields, and defines their addition in `_plus`.
    """

    n_rows: int                  # rows that count
    n_features: int
    names: np.ndarray | None     # (d,) the columns, if the rows came as data frames
    dtype: str                   # of the rows, and therefore of the fitted numbers.  The sums themselves are float64
    version: str                 # of this package, where the sums were computed

    @classmethod
    def _about(cls, part: Part) -> dict[str, Any]:
        """The fields above, for one part."""
        dtype = str(part.X.dtype) if len(part.X) else "float32"  # without rows: no influence
        return {"n_rows": len(part.X), "n_features": part.X.shape[1], "names": part.names, "dtype": dtype,
                "version": __version__}

    def __add__(self, other: Any) -> Self:
        """The statistics of the rows of both parts.  ValueError if the parts cannot be rows of one table."""
        if isinstance(other, int) and other == 0:                 # sum(parts) begins with 0
            return self
        if type(other) is not type(self):
            raise TypeError(f"Only {type(self).__qualname__} of the same chapter can be added, got {other!r}.")
        self._check_belongs(other)
        if not self.n_rows or not other.n_rows:
            return self if self.n_rows else other                 # a part without rows changes nothing
        both = self._plus(other)
        return replace(both, n_rows=self.n_rows + other.n_rows, dtype=str(np.result_type(self.dtype, other.dtype)))

    __radd__ = __add__                                            # called for 0 + self alone

    def _plus(self, other: Self) -> Self:
        raise NotImplementedError

    def _check_belongs(self, other: Self) -> None:
        if self.version != other.version:
            raise ValueError(f"One part was computed by version {self.version} of this package, another by version "
                             f"{other.version}: their sums may differ in meaning. Install the same version everywhere.")
        if self.n_features != other.n_features:
            raise ValueError(f"One part has {self.n_features} features, another {other.n_features}: all parts need "
                             "the same columns.")
        mine, its = (None if names is None else list(names) for names in (self.names, other.names))
        if mine != its:
            raise ValueError(f"One part has the columns {mine}, another {its}: give every part the same columns in "
                             "the same order, for example X[names].")

    def check_complete(self) -> None:
        """ValueError unless these are finite sums over at least one row, computed by this version."""
        if self.n_rows == 0:
            raise ValueError("These statistics have 0 rows that count, while a minimum of 1 is required.")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and not np.isfinite(value).all():
                raise ValueError(f"The sums ({field.name}) are beyond float64 (1.8e308): scale the features down.")
        if self.version != __version__:
            raise ValueError(f"These statistics were computed by version {self.version} of this package, and this is "
                             f"version {__version__}. Install the same version everywhere.")

    def __getnewargs__(self) -> tuple:                            # model.save keeps these
        return tuple(getattr(self, field.name) for field in fields(self))

    def __reduce__(self) -> tuple:                                # and a pickle, once
        return type(self), self.__getnewargs__()


def check_statistics(given: Any, kind: type[Sums]) -> None:
    """TypeError unless these are Statistics of this kind, and then check_complete."""
    if not isinstance(given, kind):
        raise TypeError(f"fit_from expects {kind.__module__.partition('.')[0]}.Statistics, got "
                        f"{type(given).__module__}.{type(given).__qualname__}. Try fit_from(Statistics.of(X, y)), or "
                        "fit_from(sum(parts)).")
    given.check_complete()
