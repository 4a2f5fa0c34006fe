"""AᵀA and AᵀB of a tall table in one pass over its rows, without a copy of the table.

The plain code centres a copy of X.  Here the rows are read in blocks of about 1 MB, which stay in the processor's
cache. This is 2 to 3 times as fast for 20,000 × 50 and 1,000,000 × 20 numbers; the larger table needs 2 MB instead of
320 MB.
`python -m benchmarks.classical --rows "(linear|ridge) (20k|1e6)"` measures it.
Derivation: documentation/linear_regression_exact_and_fast.md

    n samples   d features   O targets   s weights of the samples, or None
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from Linear_Regression_From_Scratch.normal_equation import constant_columns

BYTES_PER_BLOCK = 2**20
MIN_ROWS_PER_BLOCK = 256
ROWS_FOR_MEAN = 256


class Gram(NamedTuple):
    """The sums of products about the means: all that the normal equation needs of n rows."""

    G: np.ndarray          # (d, d)  AᵀA of the centred, weighted data A, B
    c: np.ndarray          # (d, O)  AᵀB
    x_mean: np.ndarray     # (d,)
    y_mean: np.ndarray     # (O,)


def gram(X: np.ndarray, Y: np.ndarray, s: np.ndarray | None, fit_intercept: bool = True) -> Gram:
    """One pass over X (n, d) and Y (n, O), in float64.

    The rows are shifted by an approximate mean μ;  Σ (x−x̄)(x−x̄)ᵀ = Σ (x−μ)(x−μ)ᵀ − n (x̄−μ)(x̄−μ)ᵀ  corrects the
    sum.  No digits cancel if μ differs from x̄ by no more than the spread of the data.  The exact mean would need
    another pass, a third more time.
    """
    d, outputs = X.shape[1], Y.shape[1]
    x_mean, y_mean = np.zeros(d), np.zeros(outputs)
    if fit_intercept:
        x_mean, y_mean = approximate_mean(X, s), approximate_mean(Y, s)
    G, c = np.zeros((d, d)), np.zeros((d, outputs))
    x_sum, y_sum = np.zeros(d), np.zeros(outputs)                  # Σ (x−μ), Σ (y−μ): the error of μ, times n
    for rows in blocks(X):
        A, B = centred_rows(X, x_mean, s, rows), centred_rows(Y, y_mean, s, rows)
        G += A.T @ A
        c += A.T @ B
        if fit_intercept:
            weights = sqrt_weights(s, len(A), rows)
            x_sum += weights @ A
            y_sum += weights @ B
    total = len(X) if s is None else s.sum(dtype=np.float64)
    G -= x_sum[:, None] * x_sum / total
    c -= x_sum[:, None] * y_sum / total
    x_mean, y_mean = x_mean + x_sum / total, y_mean + y_sum / total

    constant = constant_columns(G.diagonal(), X, x_mean, s)        # (d,)
    if constant.any():
        G[constant], G[:, constant], c[constant] = 0, 0, 0
    return Gram(G, c, x_mean, y_mean)


def triangle(
    X: np.ndarray, Y: np.ndarray, s: np.ndarray | None, x_mean: np.ndarray, y_mean: np.ndarray, fit_intercept: bool
) -> tuple[np.ndarray, np.ndarray]:
    """A (d, d) and B (d, O): d rows with the same best w as all n > d rows.

    They are the centred, weighted data after a rotation.  A rotation Ω changes no length:
    ‖Aw − B‖ = ‖ΩᵀAw − ΩᵀB‖.  The Ω that turns a tall A into a triangle is applied block by block, without a copy of X.
    (Tall-skinny QR: Demmel, Grigori, Hoemmen and Langou 2012.)
    """
    d, outputs = X.shape[1], Y.shape[1]
    stacked = np.zeros((0, fit_intercept + d + outputs))
    for rows in blocks(X, at_least=2 * d):
        parts = [centred_rows(X, x_mean, s, rows), centred_rows(Y, y_mean, s, rows)]         # (rows, d), (rows, O)
        if fit_intercept:
            parts.insert(0, sqrt_weights(s, len(parts[0]), rows)[:, None])                   # (rows, 1)
        stacked = np.asarray(np.linalg.qr(np.vstack([stacked, np.hstack(parts)]), mode="r"))
    if fit_intercept:                                              # the first row belongs to √s: it is
        stacked = stacked[1:, 1:]                                  # dropped, and the means' rounding error with it
    A, B = stacked[:d, :d], stacked[:d, d:]
    A[:, constant_columns((A**2).sum(axis=0), X, x_mean, s)] = 0
    return A, B


def approximate_mean(X: np.ndarray, s: np.ndarray | None) -> np.ndarray:   # (n, d) -> (d,)
    """The mean of about 256 rows from the whole table, in float64.  With weights: the mean of all rows, computed in X's
    own precision."""
    if s is not None:
        return ((s / s.sum()) @ X).astype(np.float64)
    some = X[:: max(1, len(X) // ROWS_FOR_MEAN)]
    return np.full(len(some), 1 / len(some)) @ some


def centred_rows(X: np.ndarray, mean: np.ndarray, s: np.ndarray | None, rows: slice) -> np.ndarray:
    """X − μ for some rows, in float64.  Each row is multiplied by √s, so that a product of two rows has weight s."""
    A = X[rows] - mean                                             # (rows, d)
    return A if s is None else A * np.sqrt(s[rows, None], dtype=np.float64)


def sqrt_weights(s: np.ndarray | None, n: int, rows: slice = slice(None)) -> np.ndarray:   # (n,)
    """√s (n,). Centred data are orthogonal to √s: √s·A = Σ s (x − x̄) = 0."""
    return np.ones(n) if s is None else np.sqrt(s[rows], dtype=np.float64)


def blocks(X: np.ndarray, at_least: int = MIN_ROWS_PER_BLOCK) -> Iterator[slice]:
    """Slices of rows, each of about BYTES_PER_BLOCK bytes in float64."""
    rows = max(at_least, BYTES_PER_BLOCK // (8 * X.shape[1]))
    for start in range(0, len(X), rows):
        yield slice(start, start + rows)
