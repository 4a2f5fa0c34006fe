"""Numbers that are computed from the data without a model, for the diagnosis: the loss of the best constant answer, and
the ranges of the columns."""

import math
from typing import Any

import numpy as np

from ai_from_scratch.estimator.checks import unique_labels

ROWS_FOR_SPREAD = 512


def constant_loss(model: Any, X: Any, y: Any = None, sample_weight: Any = None) -> float:
    """The entropy of the classes, in nats, or the variance of y; for a text, X, the entropy of its characters."""
    if getattr(model, "class_weight", None) is not None:
        return math.nan                                         # each class has its own weight in the loss
    if isinstance(X, str):
        counts = np.bincount(np.frombuffer(X.encode("utf-32-le", "surrogatepass"), np.uint32))    # of each character
        return entropy(counts[counts > 0] / counts.sum())
    y = np.asarray(y)
    s = None if sample_weight is None else np.broadcast_to(np.asarray(sample_weight, np.float64), len(y))
    if hasattr(model, "classes_"):
        return entropy(class_shares(y, s))
    y = y.astype(np.float64).reshape(len(y), -1)                # (n, O)
    variance = np.average((y - np.average(y, axis=0, weights=s)) ** 2, axis=0, weights=s)
    return float(variance.mean() if hasattr(model, "network_") else variance.sum())


def entropy(p: np.ndarray) -> float:
    return float(-np.sum(p * np.log(p)))


def class_shares(y: np.ndarray, sample_weight: np.ndarray | None = None) -> np.ndarray:
    """The share of each class that occurs: (K,)."""
    counts = np.bincount(unique_labels(np.ravel(y))[1], sample_weight)
    return counts[counts > 0] / counts.sum()


def every_kth(X: Any, rows: int) -> Any:
    """At most so many rows, taken evenly from all of X, because a table may be sorted."""
    if not (hasattr(X, "__len__") and hasattr(X, "__getitem__")):
        X = np.asarray(X)                                       # every X that can be converted to an array
    return getattr(X, "iloc", X)[:: max(1, -(-len(X) // rows))]


def columns_of(X: Any) -> np.ndarray | None:
    """Some rows of a table of numbers, (rows, d); None for a text, for images, and for bytes: all in one unit."""
    if isinstance(X, str):
        return None
    X = np.asarray(every_kth(X, ROWS_FOR_SPREAD))
    return X.astype(np.float64) if X.ndim == 2 and X.dtype.kind in "fiu" and X.dtype != np.uint8 else None


def spread_of_columns(X: Any) -> tuple[float, int, int]:
    """The range of the widest column divided by the smallest range above 0, and the numbers of these two columns."""
    if (rows := columns_of(X)) is None:
        return 1.0, 0, 0
    ranges = np.ptp(rows, axis=0)                               # (d,)
    narrowest = int(np.where(ranges > 0, ranges, np.inf).argmin())
    return float(ranges.max() / ranges[narrowest]) if ranges.any() else 1.0, int(ranges.argmax()), narrowest
