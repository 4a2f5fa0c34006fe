"""Weight, mean and variance of each class in one pass over X, by blocks of rows that fit in the cache.

    weight += Σ s        mean += Δμ,  Δμ = Σ s ẋ / weight       scatter += Σ s ẋ² − Δμ² weight         (a block's sums)

ẋ = x − mean is the deviation from the mean of the earlier rows, which is near the new mean, so few digits cancel.
A float64 near 1e8 is a multiple of 1.5e-8, so Δμ is rounded when it is added.  The remainder, Σ s (x − mean), is added
to the next sum.
On 1e6 × 20, fit takes 1/4 of the plain code's time and 1/10 of its memory; on MNIST, 1/4 of the time and 1/20 of the
memory: python -m benchmarks.classical --rows 'Ours.*Bayes'

    n samples   d features   K classes
"""

import numpy as np

from Naive_Bayes_From_Scratch.naive_bayes import Moments

NUMBERS_PER_BLOCK = 1 << 17   # float64 numbers of one class: 1 MB


def rows_per_block(K: int, d: int) -> int:
    """The number of rows in a block. It holds rows of all classes; the rows of one class should fit in the cache."""
    return max(1, min(K, 16) * NUMBERS_PER_BLOCK // d)


def class_moments(X: np.ndarray, y: np.ndarray, K: int, weight: np.ndarray | None = None) -> Moments:
    """X (n, d), codes y (n,) in 0 … K − 1, weights (n,)."""
    d = X.shape[1]
    total, mean, left_over, scatter = np.zeros(K), np.zeros((K, d)), np.zeros((K, d)), np.zeros((K, d))
    step = rows_per_block(K, d)
    for i in range(0, len(X), step):
        y_b = y[i : i + step] if weight is None else np.where(weight[i : i + step] > 0, y[i : i + step], -1)
        for c in range(K):
            rows = i + np.flatnonzero(y_b == c)
            if not len(rows):
                continue
            s = np.ones(len(rows)) if weight is None else weight[rows].astype(np.float64)      # (rows,)
            x = X.take(rows, axis=0).astype(np.float64, copy=False)    # (rows, d) a copy: 3 times as fast as X[rows]
            if total[c] == 0:    # the first mean, relative to the first row: exact for a constant column
                mean[c] = x[0] + s @ (x - x[0]) / s.sum()
            x -= mean[c]                                             # (rows, d) ẋ
            total[c] += s.sum()
            left_over[c] += s @ x                                    # (d,) Σ s (x − mean) of all rows so far
            delta = (mean[c] + left_over[c] / total[c]) - mean[c]    # (d,) with the rounding of the mean
            np.multiply(x, x, out=x)                                 # (rows, d) ẋ²
            scatter[c] += s @ x - delta * (2 * left_over[c] - delta * total[c])
            mean[c] += delta
            left_over[c] -= delta * total[c]
    total_or_1 = np.where(total > 0, total, 1.0)[:, None]            # (K, 1)
    scatter -= left_over**2 / total_or_1
    return Moments(total, mean, np.maximum(scatter, 0) / total_or_1)
