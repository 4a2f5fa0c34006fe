"""The normal equation: set the gradient to zero and solve for w.

    XᵀX w = Xᵀy          on centred data, and then          b = ȳ − x̄·w

Written down it is one line; solved that way it fails on columns of large mean, of different scale, or that repeat
each other.  Each step below takes away one of these.  Derivation: documentation/linear_regression.md

    n samples   d features   t targets   s weights of the samples, or None
"""

from collections.abc import Iterator

import numpy as np

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
    Y = y.reshape(n, -1)                                           # (n, t)
    x_mean, y_mean = np.zeros(d), np.zeros(Y.shape[1])
    if fit_intercept:
        x_mean, y_mean = mean(X, sample_weight), mean(Y, sample_weight)

    w = None
    if n > d:
        w = solve_gram(*gram(X, Y, x_mean, y_mean, sample_weight), rounding(X, x_mean, sample_weight))
    if w is None:
        w = shortest(X, Y, x_mean, y_mean, sample_weight)          # (d, t)

    b = y_mean - x_mean @ w                                        # (t,)
    return w.reshape(d, *y.shape[1:]), b.reshape(y.shape[1:])[()]


def mean(X: np.ndarray, s: np.ndarray | None) -> np.ndarray:       # (n, d) -> (d,)
    """Column means, summed from the first row on: exact for constant columns, and sharp at any offset."""
    n, first = len(X), X[0].astype(np.float64)
    share = np.full(n, 1 / n) if s is None else s / s.sum(dtype=np.float64)
    return first + sum(share[rows] @ (X[rows] - first) for rows in blocks(X))


def gram(
    X: np.ndarray, Y: np.ndarray, x_mean: np.ndarray, y_mean: np.ndarray, s: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """AᵀA (d, d) and AᵀB (d, t) of the centred, weighted data A, B: block by block, in float64, without a copy of X."""
    G, c = np.zeros((X.shape[1], X.shape[1])), np.zeros((X.shape[1], Y.shape[1]))
    for rows in blocks(X):
        A, B = centred(X[rows], x_mean, s, rows), centred(Y[rows], y_mean, s, rows)
        G += A.T @ A
        c += A.T @ B
    return G, c


def solve_gram(G: np.ndarray, c: np.ndarray, noise: np.ndarray) -> np.ndarray | None:
    """w of G w = c by Cholesky, 0 for columns no longer than noise (d,); None where the columns repeat each other."""
    scale = np.sqrt(G.diagonal())                                  # (d,)
    scale = np.where(scale > noise, scale, np.inf)                 # a constant column has nothing to say
    R = G / np.outer(scale, scale)                                 # (d, d) the correlations: units no longer matter
    np.fill_diagonal(R, 1.0)
    try:
        L = np.linalg.cholesky(R)                                  # R = L Lᵀ
    except np.linalg.LinAlgError:
        return None
    inverse = np.linalg.inv(L)
    inflation = (inverse**2).sum(axis=0)                           # (d,) the diagonal of R⁻¹
    if not inflation.max() <= LARGEST_INFLATION:
        return None
    return (inverse.T @ (inverse @ (c / scale[:, None]))) / scale[:, None]


def shortest(
    X: np.ndarray, Y: np.ndarray, x_mean: np.ndarray, y_mean: np.ndarray, s: np.ndarray | None
) -> np.ndarray:
    """The shortest of the best w (d, t): singular values on a copy of the data, not on its square, and so slower."""
    everything = slice(None)
    A, B = centred(X, x_mean, s, everything), centred(Y, y_mean, s, everything)
    A[:, np.sqrt((A**2).sum(axis=0)) <= rounding(X, x_mean, s)] = 0
    return np.linalg.lstsq(A, B, rcond=np.finfo(X.dtype).eps * max(X.shape))[0]


def centred(X: np.ndarray, x_mean: np.ndarray, s: np.ndarray | None, rows: slice) -> np.ndarray:
    """X − x̄ in float64; weights enter as √s on both sides of every product."""
    A = X - x_mean                                                 # (rows, d)
    return A if s is None else A * np.sqrt(s[rows, None], dtype=np.float64)


def rounding(X: np.ndarray, x_mean: np.ndarray, s: np.ndarray | None) -> np.ndarray:  # (d,)
    """The length that a centred column can have from rounding alone."""
    total = len(X) if s is None else s.sum(dtype=np.float64)
    return 4 * np.finfo(X.dtype).eps * np.abs(x_mean) * np.sqrt(total)


def blocks(X: np.ndarray) -> Iterator[slice]:
    """Slices of rows that are about 1 MB each in float64: they stay in the processor's cache."""
    rows = max(256, 2**17 // X.shape[1])
    for start in range(0, len(X), rows):
        yield slice(start, start + rows)
