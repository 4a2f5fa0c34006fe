"""The normal equation: set the gradient to zero and solve for w.

    XᵀX w = Xᵀy          on centred data, and then          b = ȳ − x̄·w

Written down it is one line; solved that way it fails on columns of large mean, of different scale, or that repeat
each other.  Each step below takes away one of these.  Derivation: documentation/linear_regression.md

    n samples   d features   t targets   s weights of the samples, or None
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from Linear_Regression_From_Scratch.dual import dual, substitute

# A column's variance inflation factor is 1 / (1 − R²), where R² says how well the other columns predict it.  Up to
# this one, Cholesky on the Gram matrix keeps ten digits; beyond, the squared condition number eats too many.
LARGEST_INFLATION = 1e6


def normal_equation(
    X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None, fit_intercept: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """The w (d,) or (d, t) and b () or (t,) of least squared error for X (n, d) and y (n,) or (n, t), in float64.

    Where many w fit equally well (more features than samples, columns that repeat each other) it is the shortest.
    """
    n, d = X.shape
    Y, s, w = y.reshape(n, -1), sample_weight, None                # (n, t)
    if n > d:
        G, c, x_mean, y_mean = gram(X, Y, s, fit_intercept)
        w = solve_gram(G, c)                                       # (d, t)
    else:
        x_mean, y_mean = means(X, Y, s, fit_intercept)
    if w is None:
        A, B = few_rows(X, Y, x_mean, y_mean, s, fit_intercept)    # (≤ d, d), (≤ d, t)
        w = dual(A, B, lost(s, n) if fit_intercept else None) if n <= d else None
    if w is None:
        w = np.linalg.lstsq(A, B, rcond=np.finfo(X.dtype).eps * max(n, d))[0]     # singular values: slow and sure

    b = y_mean - x_mean @ w                                        # (t,)
    return w.reshape(d, *y.shape[1:]), b.reshape(y.shape[1:])[()]


class Gram(NamedTuple):
    """What the normal equation has to know of n rows: sums of products, about the means."""

    G: np.ndarray          # (d, d)  AᵀA of the centred, weighted data A, B
    c: np.ndarray          # (d, t)  AᵀB
    x_mean: np.ndarray     # (d,)
    y_mean: np.ndarray     # (t,)


def gram(X: np.ndarray, Y: np.ndarray, s: np.ndarray | None, fit_intercept: bool = True) -> Gram:
    """One pass over X (n, d), block by block, in float64 and without a copy of it.

    The rows are shifted by a guess g of their mean; Σ (x−x̄)(x−x̄)ᵀ = Σ (x−g)(x−g)ᵀ − n (x̄−g)(x̄−g)ᵀ sets it right, and
    cancels no digits as long as the guess is about as near as the data are spread.  A pass for the mean itself first
    would cost a third more.
    """
    d, t = X.shape[1], Y.shape[1]
    x_mean, y_mean = (guess(X, s), guess(Y, s)) if fit_intercept else (np.zeros(d), np.zeros(t))
    G, c = np.zeros((d, d)), np.zeros((d, t))
    x_off, y_off = np.zeros(d), np.zeros(t)                        # by how much the guesses are off, times n
    for rows in blocks(X):
        A, B = centred(X[rows], x_mean, s, rows), centred(Y[rows], y_mean, s, rows)
        G += A.T @ A
        c += A.T @ B
        if fit_intercept:
            weight = lost(s, len(A), rows)
            x_off += weight @ A
            y_off += weight @ B
    total = len(X) if s is None else s.sum(dtype=np.float64)
    G -= x_off[:, None] * x_off / total
    c -= x_off[:, None] * y_off / total
    x_mean, y_mean = x_mean + x_off / total, y_mean + y_off / total

    silent = constant(G.diagonal(), X, x_mean, s)                  # (d,) such a column has nothing to say
    if silent.any():
        G[silent], G[:, silent], c[silent] = 0, 0, 0
    return Gram(G, c, x_mean, y_mean)


def solve_gram(G: np.ndarray, c: np.ndarray) -> np.ndarray | None:
    """w (d, t) of G w = c by Cholesky, 0 for columns of length 0; None where the columns repeat each other."""
    scale = np.sqrt(G.diagonal())                                  # (d,)
    scale[scale == 0] = np.inf
    R = G / scale / scale[:, None]                                 # (d, d) the correlations: units no longer matter
    R.flat[:: len(R) + 1] = 1
    try:
        L = np.linalg.cholesky(R)                                  # R = L Lᵀ
    except np.linalg.LinAlgError:
        return None
    inverse = np.linalg.inv(L) if len(L) <= 64 else substitute(L, np.eye(len(L)))
    inflation = (inverse**2).sum(axis=0)                           # (d,) the diagonal of R⁻¹
    if not inflation.max() <= LARGEST_INFLATION:
        return None
    return (inverse.T @ (inverse @ (c / scale[:, None]))) / scale[:, None]


def few_rows(
    X: np.ndarray, Y: np.ndarray, x_mean: np.ndarray, y_mean: np.ndarray, s: np.ndarray | None, fit_intercept: bool
) -> tuple[np.ndarray, np.ndarray]:
    """At most d rows A (·, d), B (·, t) whose best w is that of all n: the data, centred and weighted, then turned.

    A rotation Q changes no length: ‖Aw − B‖ = ‖QᵀAw − QᵀB‖.  One that leaves only a triangle of a tall A is found
    block by block, without a copy of X.  (Tall-skinny QR: Demmel, Grigori, Hoemmen and Langou 2012.)
    """
    n, d = X.shape
    AB = np.zeros((0, d + Y.shape[1]))
    for rows in blocks(X, at_least=2 * d):
        AB = np.vstack([AB, np.hstack([centred(X[rows], x_mean, s, rows), centred(Y[rows], y_mean, s, rows)])])
        if n > d:
            AB = np.asarray(np.linalg.qr(AB, mode="r"))            # (≤ d + t, d + t)
    if n <= d and fit_intercept:                                   # to singular values the last digit of a mean of 1e7
        u = lost(s, n) / np.linalg.norm(lost(s, n))                # is one more direction, which can be fitted
        AB -= np.outer(u, u @ AB)
    A, B = AB[:d, :d], AB[:d, d:]
    A[:, constant((A**2).sum(axis=0), X, x_mean, s)] = 0
    return A, B


# ---- means, and what is left about them


def mean(X: np.ndarray, s: np.ndarray | None) -> np.ndarray:       # (n, d) -> (d,)
    """Column means, summed from the first row on: exact for constant columns, and sharp at any offset."""
    n, first = len(X), X[0].astype(np.float64)
    share = np.full(n, 1 / n) if s is None else s / s.sum(dtype=np.float64)
    return first + sum(share[rows] @ (X[rows] - first) for rows in blocks(X))


def guess(X: np.ndarray, s: np.ndarray | None) -> np.ndarray:      # (n, d) -> (d,)
    """About the mean: of some 256 rows from all over the table, or of all where they weigh differently."""
    if s is not None:
        return (s / s.sum()) @ X
    some = X[:: max(1, len(X) // 256)]
    return np.full(len(some), 1 / len(some)) @ some


def means(X: np.ndarray, Y: np.ndarray, s: np.ndarray | None, fit_intercept: bool) -> tuple[np.ndarray, np.ndarray]:
    """x̄ (d,) and ȳ (t,); zeros without an intercept: the line then passes through the origin instead."""
    return (mean(X, s), mean(Y, s)) if fit_intercept else (np.zeros(X.shape[1]), np.zeros(Y.shape[1]))


def centred(X: np.ndarray, x_mean: np.ndarray, s: np.ndarray | None, rows: slice = slice(None)) -> np.ndarray:
    """X − x̄ in float64; weights enter as √s on both sides of every product."""
    A = X - x_mean                                                 # (rows, d)
    return A if s is None else A * np.sqrt(s[rows, None], dtype=np.float64)


def lost(s: np.ndarray | None, n: int, rows: slice = slice(None)) -> np.ndarray:  # (n,)
    """√s: the one direction that centring takes away, for Σ s (x − x̄) = √s·A = 0."""
    return np.ones(n) if s is None else np.sqrt(s[rows], dtype=np.float64)


def constant(
    squares: np.ndarray, X: np.ndarray, x_mean: np.ndarray, s: np.ndarray | None
) -> np.ndarray:                                                   # (d,)
    """Which centred columns are no longer than rounding alone can make them, given their squared lengths (d,)."""
    total = len(X) if s is None else s.sum(dtype=np.float64)
    return squares <= total * (4 * np.finfo(X.dtype).eps * x_mean) ** 2


def blocks(X: np.ndarray, at_least: int = 256) -> Iterator[slice]:
    """Slices of rows that are about 1 MB each in float64: they stay in the processor's cache."""
    rows = max(at_least, 2**17 // X.shape[1])
    for start in range(0, len(X), rows):
        yield slice(start, start + rows)
