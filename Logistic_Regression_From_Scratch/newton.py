"""Newton's method: fit a parabola to J at θ, and go to the parabola's minimum.

    H p = −g        θ ← θ + t p        H = Σᵢ sᵢ/S (diag(pᵢ) − pᵢ pᵢᵀ) ⊗ x̃ᵢ x̃ᵢᵀ + 1/CS        x̃ = (x, 1)

Close to the minimum each step doubles the number of right digits.  Far from it a full step (t = 1) can overshoot
further each time and diverge, hence the line search.  H costs n D² operations and D² numbers: for few features.
Derivation: documentation/logistic_regression.md

    n samples   d features   R rows of W: 1 for two classes, else K   D = R (d + 1) parameters, the rows [wₖ, bₖ]
"""

from collections.abc import Callable, Iterator

import numpy as np

from Logistic_Regression_From_Scratch.cross_entropy import log_softmax, sigmoid
from Logistic_Regression_From_Scratch.line_search import ROUNDING, Function, Point, StopRule, line_search

STEPS_WITHIN_ROUNDING = 3                                          # one after another end the search
SMALLEST_PIVOT = 1e-6                                              # of the scaled H's Cholesky factor: below, singular


def flat_function(loss: Callable, R: int, m: np.ndarray) -> Function:
    """loss(W, a) -> J, ∂J/∂W, ∂J/∂a as a function of one vector θ, the R rows [wₖ, aₖ].

    loss takes features centred at m (d,).  The largest partial derivative is the larger one of those by (W, a) and
    those by (W, b) of the features as given.
    """
    def function(theta: np.ndarray) -> tuple[float, np.ndarray, float]:
        W, a = np.split(theta.reshape(R, -1), [len(m)], axis=1)    # (R, d), (R, 1)
        value, dW, da = loss(W, a[:, 0])
        gradient = np.column_stack([dW, da]).ravel()
        return value, gradient, max(np.abs(gradient).max(), np.abs(dW + np.outer(da, m)).max())

    return function


def newton(
    function: Function, hessian: Callable[[np.ndarray], np.ndarray], theta: np.ndarray, *,
    tol: float, max_iter: int, rounding: float = ROUNDING,
) -> Iterator[Point]:
    """Minimise function, a pair (J, gradient) of θ (D,), from theta on; pauses after every step.

    Stops when no partial derivative is above tol, after max_iter steps, or where rounding hides the way down.
    """
    here = Point(theta, *function(theta))
    stop = StopRule(here, tol, STEPS_WITHIN_ROUNDING, rounding)
    for _ in range(max_iter):
        if stop.reached(here):
            return
        H = hessian(here.theta)                                    # (D, D)
        unit = np.sqrt(H.diagonal())                               # (D,)  scales H to ones on its diagonal
        unit = np.where(unit > 0, unit, np.inf)                    # a parameter without curvature does not move
        correlations, g = H / np.outer(unit, unit), here.gradient / unit                     # H p = −g without units
        np.fill_diagonal(correlations, 1.0)                        # also where there is no curvature: invertible
        try:
            singular = np.linalg.cholesky(correlations).diagonal().min() < SMALLEST_PIVOT
        except np.linalg.LinAlgError:
            singular = True
        if singular:                                               # collinear columns: the shortest p
            p = -np.linalg.lstsq(correlations, g, rcond=SMALLEST_PIVOT**2)[0] / unit
        else:
            p = -np.linalg.solve(correlations, g) / unit
        there = line_search(function, here, p, rounding)
        if there is None:
            return
        here = there
        yield here


def hessian(theta: np.ndarray, X: np.ndarray, s: np.ndarray, C: float, fit_intercept: bool) -> np.ndarray:
    """The second derivatives of J at θ (D,), as a matrix (D, D), for X (n, d) and weights s (n,)."""
    n, d = X.shape
    A = np.column_stack([X, np.full(n, float(fit_intercept))])     # (n, d + 1) the rows x̃
    Z = theta.reshape(-1, d + 1) @ A.T                             # (R, n)
    P = sigmoid(Z) if len(Z) == 1 else np.exp(log_softmax(Z))      # (R, n)
    R, S = len(P), s.sum()
    H = np.zeros((R, d + 1, R, d + 1))
    for k in range(R):
        for j in range(R):
            curvature = s / S * P[k] * ((k == j) - P[j])           # (n,) of the loss, by the scores of k and j
            H[k, :, j] = A.T @ (curvature[:, None] * A)
        H[k, range(d), k, range(d)] += 1 / (C * S)                 # the penalty; the intercept has none
    if R > 1:
        # Adding one number to every class's scores changes no probability, so H is singular in these directions.
        # g is 0 along them: curvature added there leaves the step as it is.
        for c in range(0 if np.isinf(C) else d, d + 1):
            H[:, c, :, c] += np.trace(H[:, c, :, c]) / R**2
    return H.reshape(theta.size, theta.size)


def largest_curvature(X: np.ndarray, s: np.ndarray, R: int, C: float, fit_intercept: bool) -> float:
    """An upper bound of the largest eigenvalue of H, for every θ: gradient descent needs a rate below 2 / bound.

    H = Σᵢ sᵢ/S (diag(p) − p pᵀ) ⊗ x xᵀ + 1/CS.  For two classes the middle is p (1 − p) ≤ ¼, else it is at most ½
    (Böhning, 1992).
    """
    A = np.column_stack([X, np.ones(len(X), X.dtype)]) if fit_intercept else X
    A = A * np.sqrt(s / s.sum())[:, None]                          # (n, d + 1)
    gram = A.T @ A if len(A) >= A.shape[1] else A @ A.T            # both have the same largest eigenvalue
    return float((1 / 4 if R == 1 else 1 / 2) * np.linalg.eigvalsh(gram)[-1] + 1 / (C * s.sum()))
