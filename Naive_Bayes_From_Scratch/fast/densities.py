"""Log-densities of all samples under all classes as one matrix product.

    (x − μ)² / σ² = ẋ² / σ² − 2 ẋ μ̇ / σ² + μ̇² / σ²       ẋ = x − middle, μ̇ = μ − middle
    (the middle is the mean of all means)

So −½ Σⱼ (xⱼ − μ_cj)² / σ²_cj is [ẋ², ẋ] times [−½ / σ²; μ̇ / σ²], plus a constant for each class.  Where μ̇² / σ² is
large, digits cancel in the product.  Such pairs of class and feature are left out of the product, and the plain code
adds them.
On 1e6 × 20, predict takes 1/4 of the plain code's time and 1/10 of its memory; on MNIST, 1/10 of the time and 1/90 of
the memory: python -m benchmarks.classical --rows 'Ours.*Bayes'

    n samples   d features   K classes
"""

import numpy as np

from Naive_Bayes_From_Scratch import naive_bayes

NUMBERS_PER_BLOCK = 1 << 17       # float64 numbers: 1 MB
MAX_CANCELLING_TERM = 1e6        # μ̇² / σ²: a larger one cancels more than six of the sixteen digits


def log_densities(X: np.ndarray, mu: np.ndarray, var: np.ndarray) -> np.ndarray:
    """X (n, d), means and variances (K, d) -> (n, K) float64, finite at any distance from the means."""
    product = Product(mu, var)
    log_p = np.empty((len(X), len(mu)))
    step = max(1, NUMBERS_PER_BLOCK // X.shape[1])
    for i in range(0, len(X), step):
        rows = slice(i, i + step)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            log_p[rows] = product(X[rows])
            if not np.isfinite(log_p[rows].sum()):                   # a square overflowed
                far = i + np.flatnonzero(~np.isfinite(log_p[rows]).all(axis=1))
                log_p[far] = naive_bayes.log_densities(X[far], mu, var)
    return log_p


class Product:
    """The arrays that do not depend on the samples, and their product with a block of samples."""

    def __init__(self, mu: np.ndarray, var: np.ndarray) -> None:              # (K, d), (K, d)
        self.middle = mu.mean(axis=0)                                # (d,)
        mu_dot = mu - self.middle                                    # (K, d)
        with np.errstate(over="ignore", under="ignore"):
            inexact = mu_dot * mu_dot > MAX_CANCELLING_TERM * var
            inexact |= var < np.finfo(float).tiny / np.finfo(float).eps          # 1 / σ² might overflow
            precision = np.where(inexact, 0.0, 1 / var)                  # (K, d)
        self.coefficients = np.concatenate([-0.5 * precision, mu_dot * precision], axis=1).T     # (2d, K)
        log_scale = np.where(inexact, 0.0, np.log(2 * np.pi * var))
        self.constants = -0.5 * (mu_dot * mu_dot * precision + log_scale).sum(axis=1)     # (K,)
        self.left_out = [(c, np.flatnonzero(row), mu[c, row], var[c, row]) for c, row in enumerate(inexact)
                         if row.any()]

    def __call__(self, X: np.ndarray) -> np.ndarray:                 # (rows, d) -> (rows, K)
        rows, d = X.shape
        pair = np.empty((rows, 2 * d))                               # [ẋ², ẋ], filled in below
        x_dot = np.subtract(X, self.middle, out=pair[:, d:])
        np.multiply(x_dot, x_dot, out=pair[:, :d])
        log_p = pair @ self.coefficients
        log_p += self.constants
        for c, features, mu, var in self.left_out:
            log_p[:, c] += naive_bayes.log_densities(X[:, features], mu[None], var[None])[:, 0]
        return log_p
