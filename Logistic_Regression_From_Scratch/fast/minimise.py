"""The solvers of the fast engine: the plain solvers with a faster form of J and a warm start."""

from collections.abc import Iterator

import numpy as np

from Logistic_Regression_From_Scratch.fast.centred_objective import CentredObjective
from Logistic_Regression_From_Scratch.fast.dense_objective import LARGEST_DENSE_SIZE, DenseObjective
from Logistic_Regression_From_Scratch.fast.warm_start import lbfgs_with_warm_start
from Logistic_Regression_From_Scratch.newton import newton


def minimise(
    solver: str, X: np.ndarray, y: np.ndarray, s: np.ndarray, W: np.ndarray, b: np.ndarray, *,
    C: float, fit_intercept: bool, tol: float, max_iter: int,
) -> Iterator[tuple[np.ndarray, np.ndarray, float, float]]:
    """Yields after each step W (R, d), b (R,), J there, and the largest partial derivative."""
    (n, d), R = X.shape, len(W)
    if not fit_intercept:                      # the columns are not centred: far from 0, float32 would lose its digits
        X, s = X.astype(np.float64, copy=False), s.astype(np.float64, copy=False)
    dense = solver == "newton-cholesky" and R == 1 and n * (d + 1)**2 <= LARGEST_DENSE_SIZE
    J = (DenseObjective if dense else CentredObjective)(X, y, s, R, 1 / (C * s.sum()), fit_intercept)
    theta = J.flatten(W, b)
    if solver == "lbfgs":
        points = lbfgs_with_warm_start(J, theta, tol=tol, max_iter=max_iter)
    else:
        points = newton(J, J.hessian, theta, tol=tol, max_iter=max_iter, rounding=J.rounding)
    for point in points:
        new_W, new_b = J.unflatten(point.theta)
        yield new_W.astype(W.dtype, copy=False), new_b.astype(b.dtype, copy=False), point.loss, point.steepest
