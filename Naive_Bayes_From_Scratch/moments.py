"""Count, mean and scatter of each class: all that a Gaussian needs to know of the samples it has seen.

    weight_c = Σ wᵢ       mean_c = Σ wᵢ xᵢ / weight_c       scatter_c = Σ wᵢ (xᵢ − mean_c)²       over the i of class c

The textbook's E[x²] − E[x]² subtracts two numbers of 1e16 to get 1 when x is about 1e8, and both carry errors of 2.
So blocks of rows are taken in one after the other, and deviations z = x − mean are from the mean of the rows before:

    weight += Σ w        mean += δ,  δ = Σ w z / weight        scatter += Σ w z² − δ² weight          (a block's sums)

Portions that were counted apart are merged exactly, as T. Chan, G. Golub and R. LeVeque do (Updating formulae and a
pairwise algorithm for computing sample variances, 1979), with a and b for the weights of both sides:

    mean = mean_a + δ b / (a + b)      scatter = scatter_a + scatter_b + δ² a b / (a + b)      δ = mean_b − mean_a

    n samples   b rows of a block   d features   K classes
"""

from typing import NamedTuple

import numpy as np

ELEMENTS = 1 << 17   # of one class in a block: 1 MB, so that its passes find it in the cache


class Moments(NamedTuple):
    """Of K classes, float64.  A class without samples has zeros."""

    weight: np.ndarray    # (K,) the number of samples, or the sum of their weights
    mean: np.ndarray      # (K, d)
    scatter: np.ndarray   # (K, d) summed squared deviations: weight × variance

    @property
    def variance(self) -> np.ndarray:                                # (K, d)
        return self.scatter / positive(self.weight)[:, None]


def class_moments(X: np.ndarray, y: np.ndarray, K: int, weight: np.ndarray | None = None) -> Moments:
    """The moments of X (n, d), class by class, for codes y (n,) in 0 … K − 1 and weights (n,), one pass over X."""
    d = X.shape[1]
    mean, total, scatter = first_samples(X, y, K), np.zeros(K), np.zeros((K, d))
    step = max(1, min(K, 16) * ELEMENTS // d)
    for i in range(0, len(X), step):
        for c in np.flatnonzero(np.bincount(y[i : i + step])):
            rows = i + np.flatnonzero(y[i : i + step] == c)
            z = X.take(rows, axis=0).astype(np.float64, copy=False)  # (b, d) a copy already
            z -= mean[c]
            w = np.ones(len(z)) if weight is None else weight[rows]  # (b,)
            total[c] += w.sum()
            delta = w @ z / (total[c] or 1.0)                        # (d,)
            mean[c] += delta
            np.multiply(z, z, out=z)
            scatter[c] += w @ z - delta**2 * total[c]
    mean[total == 0] = 0
    return Moments(total, mean, np.maximum(scatter, 0, out=scatter))


def first_samples(X: np.ndarray, y: np.ndarray, K: int) -> np.ndarray:             # (K, d) float64
    """The first row of each class, zeros for one without: as good a guess of its mean as there is before counting."""
    row = np.full(K, -1)
    row[y[::-1]] = np.arange(len(y))[::-1]                           # of equal indices the last one is kept
    return np.where(row[:, None] >= 0, X[row].astype(np.float64), 0.0)


def merged(a: Moments, b: Moments) -> Moments:
    """The moments of both sets of samples together."""
    weight = a.weight + b.weight                                     # (K,)
    share = (b.weight / positive(weight))[:, None]                   # (K, 1)
    delta = b.mean - a.mean                                          # (K, d)
    # Where a has no sample its mean is 0, the share is 1, and b's mean comes out exactly.
    mean = a.mean + delta * share                                    # (K, d)
    return Moments(weight, mean, a.scatter + b.scatter + delta**2 * a.weight[:, None] * share)


def pooled(moments: Moments) -> Moments:                             # of K classes -> of one
    """The moments of all samples, whatever their class."""
    weight = moments.weight.sum(keepdims=True)                       # (1,)
    share = moments.weight / positive(weight)                        # (K,)
    mean = share[None] @ moments.mean                                # (1, d)
    between = moments.weight @ (moments.mean - mean) ** 2            # (d,)
    return Moments(weight, mean, moments.scatter.sum(axis=0, keepdims=True) + between)


def positive(weight: np.ndarray) -> np.ndarray:
    """Something to divide by: nothing divided by nothing is to be 0."""
    return np.where(weight > 0, weight, 1.0)
