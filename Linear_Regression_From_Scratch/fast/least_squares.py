"""The normal equation and ridge regression for large tables: fast versions of normal_equation.py and ridge.py.

A tall table goes through its Gram matrix in one pass, a wide one through the dual.  If neither is exact to rounding,
singular values are used, as in the plain code.
"""

import numpy as np

from Linear_Regression_From_Scratch.fast.dual import dual
from Linear_Regression_From_Scratch.fast.gram import gram, sqrt_weights, triangle
from Linear_Regression_From_Scratch.normal_equation import centred, solve
from Linear_Regression_From_Scratch.ridge import penalised, penalised_svd


def normal_equation(
    X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None, fit_intercept: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """w (d,) or (d, O) and b () or (O,) for X (n, d) and y (n,) or (n, O), in float64."""
    n, d = X.shape
    Y, s = y.reshape(n, -1), sample_weight                         # (n, O)
    rcond = np.finfo(X.dtype).eps * max(n, d)
    if n > d:
        G, c, x_mean, y_mean = gram(X, Y, s, fit_intercept)
        w = solve(G, c)                                            # (d, O)
        if w is None:
            A, B = triangle(X, Y, s, x_mean, y_mean, fit_intercept)          # (d, d), (d, O)
    else:
        A, B, x_mean, y_mean = centred(X, Y, s, fit_intercept)     # (n, d), (n, O)
        null = sqrt_weights(s, n) if fit_intercept else None       # (n,)
        w = dual(A, B, null, rcond=rcond if X.dtype == np.float32 else 0.0)
    if w is None:
        w = np.linalg.lstsq(A, B, rcond=rcond)[0]
    b = y_mean - x_mean @ w                                        # (O,)
    return w.reshape(d, *y.shape[1:]), b.reshape(y.shape[1:])[()]


def ridge(
    X: np.ndarray, Y: np.ndarray, alpha: np.ndarray, sample_weight: np.ndarray | None = None,
    fit_intercept: bool = True, solver: str = "auto",
) -> tuple[np.ndarray, np.ndarray, str]:
    """w (d, O), b (O,) and the solver that was used, for X (n, d), Y (n, O) and alpha (O,).

    The dual is exact for smaller α than the plain code's normal equation is: for a wide table the solver may be
    "cholesky" here and "svd" there.
    """
    n, d = X.shape
    s, w, taken = sample_weight, None, "cholesky"
    if n > d:
        G, c, x_mean, y_mean = gram(X, Y, s, fit_intercept)
        if solver != "svd":
            w = penalised(G, c, alpha)                             # (d, O)
        if w is None:
            A, B = triangle(X, Y, s, x_mean, y_mean, fit_intercept)          # (d, d), (d, O)
    else:
        A, B, x_mean, y_mean = centred(X, Y, s, fit_intercept)     # (n, d), (n, O)
        if solver != "svd":
            w = dual_by_penalty(A, B, alpha, sqrt_weights(s, n) if fit_intercept else None)
    if w is None:
        w, taken = penalised_svd(A, B, alpha, np.finfo(X.dtype).eps * max(n, d)), "svd"
    return w, y_mean - x_mean @ w, taken


def dual_by_penalty(A: np.ndarray, B: np.ndarray, alpha: np.ndarray, null: np.ndarray | None) -> np.ndarray | None:
    """w (d, O) by the dual, solved once for all targets with the same penalty; None if the dual has no exact w."""
    W = np.empty((A.shape[1], B.shape[1]))
    for penalty in np.unique(alpha):
        same = alpha == penalty                                    # (O,)
        w = dual(A, B[:, same], null, penalty)
        if w is None:
            return None
        W[:, same] = w
    return W
