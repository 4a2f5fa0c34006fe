"""The normal equation: set the gradient to zero and solve for w.

    AᵀA w = AᵀB          with the centred data A = X − x̄, B = y − ȳ, and then          b = ȳ − x̄·w

Written down it is one line.  Solved without protection, it fails on columns of large mean, of different scale, and on
collinear ones.  The comment at each protection below gives its reason.  Derivation: documentation/linear_regression.md

    n samples   d features   O targets
"""

import numpy as np

# A column's variance inflation factor is 1 / (1 − R²), where R² says how well the other columns predict it.  Up to this
# limit the normal equation keeps ten digits.  Beyond it lstsq (singular values of A) is used, because AᵀA squares the
# condition number of A.
LARGEST_INFLATION = 1e6


def normal_equation(
    X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None, fit_intercept: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """The w (d,) or (d, O) and b () or (O,) of least squared error for X (n, d) and y (n,) or (n, O), in float64.

    If many w fit equally well (more features than samples, collinear columns), w is the shortest of them.
    """
    n, d = X.shape
    A, B, x_mean, y_mean = centred(X, y.reshape(n, -1), sample_weight, fit_intercept)    # (n, d), (n, O), (d,), (O,)
    w = solve(A.T @ A, A.T @ B) if n > d else None                 # (d, O)  AᵀA w = AᵀB
    if w is None:
        w = np.linalg.lstsq(A, B, rcond=np.finfo(X.dtype).eps * max(n, d))[0]
    b = y_mean - x_mean @ w                                        # (O,)
    return w.reshape(d, *y.shape[1:]), b.reshape(y.shape[1:])[()]


def solve(G: np.ndarray, c: np.ndarray) -> np.ndarray | None:      # (d, d), (d, O) -> (d, O)
    """Solves G w = c for w, where G = AᵀA and c = AᵀB; None where the columns of A are collinear."""
    length = np.sqrt(G.diagonal())                                 # (d,) of each column of A
    length[length == 0] = np.inf                                   # a column of zeros has weight 0
    R = G / np.outer(length, length)                               # (d, d) correlations: the columns' units cancel
    np.fill_diagonal(R, 1)
    try:
        inflation = np.abs(np.linalg.inv(R)).max()                 # the largest is on the diagonal: 1 / (1 − R²)
    except np.linalg.LinAlgError:                                  # exactly singular
        return None
    if not inflation <= LARGEST_INFLATION:
        return None
    return np.linalg.solve(R, c / length[:, None]) / length[:, None]


def centred(
    X: np.ndarray, Y: np.ndarray, sample_weight: np.ndarray | None = None, fit_intercept: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A = X − x̄ (n, d), B = Y − ȳ (n, O), and the means x̄ (d,), ȳ (O,).  Each row is multiplied by √weight, so that
    AᵀA is weighted once.  Without an intercept the means are 0: the plane passes through the origin."""
    if fit_intercept:
        (A, x_mean), (B, y_mean) = about_mean(X, sample_weight), about_mean(Y, sample_weight)
    else:
        A, B = X.astype(np.float64), Y.astype(np.float64)          # sums of many float32 would lose digits
        x_mean, y_mean = np.zeros(X.shape[1]), np.zeros(Y.shape[1])
    if sample_weight is not None:
        root = np.sqrt(sample_weight, dtype=np.float64)[:, None]   # (n, 1)
        A, B = root * A, root * B
    A[:, constant_columns((A**2).sum(axis=0), X, x_mean, sample_weight)] = 0
    return A, B, x_mean, y_mean


def about_mean(X: np.ndarray, sample_weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:  # (n, d), (d,)
    """X − x̄ and x̄.  The mean is subtracted twice: a mean of 1e8 is exact to 1e-8, the mean of what remains to
    1e-16."""
    mean = np.average(X.astype(np.float64, copy=False), axis=0, weights=sample_weight)
    A = X - mean
    rest = np.average(A, axis=0, weights=sample_weight)
    A -= rest
    return A, mean + rest


def constant_columns(
    squares: np.ndarray, X: np.ndarray, x_mean: np.ndarray, sample_weight: np.ndarray | None
) -> np.ndarray:                                                   # (d,) of booleans
    """True for each column whose squared length (d,) about its mean is explained by rounding alone.  Such a column
    is a second intercept; it gets weight 0."""
    total = len(X) if sample_weight is None else sample_weight.sum(dtype=np.float64)
    return squares <= total * (4 * np.finfo(X.dtype).eps * x_mean) ** 2
