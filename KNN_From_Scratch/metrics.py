"""Metrics: the distance between two points; k-nearest neighbours works with any of them.

    euclidean   √ Σⱼ (qⱼ − xⱼ)²          manhattan   Σⱼ |qⱼ − xⱼ|          chebyshev   maxⱼ |qⱼ − xⱼ|
    minkowski   (Σⱼ |qⱼ − xⱼ|ᵖ)^(1/p)    cosine      1 − q·x / (‖q‖ ‖x‖)

Minkowski is manhattan at p = 1, euclidean at p = 2 and chebyshev at p = ∞.  All metrics are computed in float64 and
exact to a few units in the last place.

    d features   … any shape                                                    page: documentation/knn.md
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ai_from_scratch.estimator.rules import check, nothing, one_of, real

METRIC_NAMES = {
    "euclidean": "euclidean", "l2": "euclidean",
    "manhattan": "manhattan", "l1": "manhattan", "cityblock": "manhattan",
    "chebyshev": "chebyshev", "infinity": "chebyshev",
    "minkowski": "minkowski", "p": "minkowski",
    "cosine": "cosine",
}


@dataclass(frozen=True)
class Metric:
    """A metric with its canonical name; p is used by "minkowski" only."""

    name: str
    p: float = 2.0

    @property
    def of_differences(self) -> bool:
        """True if the distance grows with every |qⱼ − xⱼ|: the boxes of a k-d tree need that; cosine fails."""
        return self.name != "cosine"

    def length(self, difference: np.ndarray) -> np.ndarray:                # (…, d) -> (…)
        """The distance as a function of q − x."""
        return LENGTHS[self.name](difference, self.p)

    def between(self, Q: np.ndarray, X: np.ndarray) -> np.ndarray:         # (…, d), (…, d) -> (…)
        """The distance from each row of Q to the same row of X; one row is broadcast against many."""
        # Always in one memory layout: another order of the sum rounds differently, and equal distances would differ.
        Q, X = np.ascontiguousarray(Q, dtype=np.float64), np.ascontiguousarray(X, dtype=np.float64)
        return self.length(Q - X) if self.of_differences else cosine(Q, X)


def find_metric(name: str, p: float | None = 2) -> Metric:
    """The metric for a name of METRIC_NAMES."""
    check("find_metric", locals(), {"name": one_of(*METRIC_NAMES), "p": nothing | real(0.0, np.inf, open_at="low")})
    metric = Metric(METRIC_NAMES[name], 2.0 if p is None else float(p))
    special = {1.0: "manhattan", 2.0: "euclidean", np.inf: "chebyshev"}
    return Metric(special[metric.p]) if metric.name == "minkowski" and metric.p in special else metric


def euclidean(difference: np.ndarray, p: float = 2) -> np.ndarray:         # (…, d) -> (…)
    squares = np.einsum("...j,...j->...", difference, difference)
    length = np.sqrt(squares)
    odd = ~((squares > 1e-290) & (squares < np.inf))                       # a square under- or overflowed, or all are 0
    if odd.any() and difference[odd].any():
        length[odd] = minkowski(difference[odd], 2)
    return length


def manhattan(difference: np.ndarray, p: float = 1) -> np.ndarray:         # (…, d) -> (…)
    return np.einsum("...j->...", np.abs(difference))


def chebyshev(difference: np.ndarray, p: float = np.inf) -> np.ndarray:    # (…, d) -> (…)
    return np.abs(difference).max(axis=-1)


def minkowski(difference: np.ndarray, p: float) -> np.ndarray:             # (…, d) -> (…)
    size = np.abs(difference)
    # The largest difference is factored out before the power: else 0.001¹²⁰ = 10⁻³⁶⁰ would be 0, and 1000²⁰⁰ infinite.
    largest = size.max(axis=-1)                                            # (…)
    divisor = np.where((largest > 0) & (largest < np.inf), largest, 1)     # (…)
    share = size / divisor[..., None]                                      # (…, d) in 0 … 1
    return divisor * (share**p).sum(axis=-1) ** (1 / p)


LENGTHS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "euclidean": euclidean, "manhattan": manhattan, "chebyshev": chebyshev, "minkowski": minkowski,
}


def cosine(Q: np.ndarray, X: np.ndarray) -> np.ndarray:                    # (…, d), (…, d) -> (…)
    """½ ‖q/‖q‖ − x/‖x‖‖², which equals 1 − cos and does not cancel for nearly parallel vectors; 1 if q or x is 0."""
    difference = unit(Q) - unit(X)                                         # (…, d)
    half = np.einsum("...j,...j->...", difference, difference) / 2         # (…)
    return np.where(Q.any(axis=-1) & X.any(axis=-1), half, 1.0)


def unit(X: np.ndarray) -> np.ndarray:                                     # (…, d) -> (…, d)
    """Rows scaled to length 1; a row of zeros stays 0."""
    largest = np.abs(X).max(axis=-1, keepdims=True)                        # (…, 1)
    X = X / np.where(largest > 0, largest, 1)                              # so that no square under- or overflows
    norm = np.sqrt(np.einsum("...j,...j->...", X, X))[..., None]           # (…, 1)
    return X / np.where(norm > 0, norm, 1)
