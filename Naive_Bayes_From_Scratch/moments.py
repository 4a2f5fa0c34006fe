"""Count, mean and scatter of each class: all that a Gaussian needs to know of the samples it has seen.

    weight_c = Σ wᵢ       mean_c = Σ wᵢ xᵢ / weight_c       scatter_c = Σ wᵢ (xᵢ − mean_c)²       over the i of class c

The textbook's E[x²] − E[x]² subtracts two numbers of 1e16 to get 1 when x is about 1e8, and both carry errors of 2.
So deviations are taken from the mean of a block of rows, and blocks are merged exactly, as T. Chan, G. Golub and
R. LeVeque do (Updating formulae and a pairwise algorithm for computing sample variances, 1979):

    mean = mean_a + δ b / (a + b)      scatter = scatter_a + scatter_b + δ² a b / (a + b)      δ = mean_b − mean_a

with a and b for the weights of both sides.

    n samples   b rows of a block   d features   K classes
"""

from typing import NamedTuple

import numpy as np

ELEMENTS = 1 << 16   # of a block: 512 kB, so that its passes find it in the cache
NEAR = 100.0         # variances: so far from a class's mean a shift costs two of the sixteen digits


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
    total = Moments(np.zeros(K), np.zeros((K, d)), np.zeros((K, d)))
    step = max(1, ELEMENTS // d)
    for i in range(0, len(X), step):
        rows = slice(i, i + step)
        total = merged(total, block_moments(X[rows], y[rows], K, 1.0 if weight is None else weight[rows], total))
    return total


def block_moments(X: np.ndarray, y: np.ndarray, K: int, weight: np.ndarray | float,
                  past: Moments) -> Moments:                         # (b, d), (b,)
    """The same for a few rows.  Sums over classes are a product with a matrix of zeros and weights: as quick as picking
    out each class's rows, and without copying them.

    The `past` means stand in for those of the block where they are near enough, which saves half of the passes."""
    X = X.astype(np.float64, copy=False)
    member = np.zeros((K, len(X)))                                   # (K, b)
    member[y, np.arange(len(X))] = weight
    total = member.sum(axis=1)                                       # (K,)
    if past.weight[total > 0].all():
        first, second = sums_around(past.mean, X, y, member)         # (K, d) both
        off = first / positive(total)[:, None]
        scatter = second - first * off                               # less what the shift adds
        if (first * off <= NEAR * scatter).all():
            return Moments(total, past.mean + off, scatter)
    mean = member @ X / positive(total)[:, None]                     # (K, d)
    # Once more around that mean, for the digits it lacks: then what is constant deviates by exactly 0.
    mean += member @ (X - mean[y]) / positive(total)[:, None]
    return Moments(total, mean, sums_around(mean, X, y, member)[1])


def sums_around(shift: np.ndarray, X: np.ndarray, y: np.ndarray, member: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each class's sums of x − shift and of its square, for shifts (K, d) and the matrix of weights (K, b)."""
    deviation = shift.take(y, axis=0)                                # (b, d)
    np.subtract(X, deviation, out=deviation)
    first = member @ deviation                                       # (K, d)
    deviation *= deviation
    return first, member @ deviation


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
