"""Newton's method: fit a parabola to J at θ, and go to the parabola's minimum.

    H u = −g        θ ← θ + η u        H = Σᵢ sᵢ/S (diag(pᵢ) − pᵢ pᵢᵀ) ⊗ x̃ᵢ x̃ᵢᵀ + 1/CS        x̃ = (x, 1)

Close to the minimum each step doubles the number of correct digits.  Far from it full steps (η = 1) can diverge, so a
line search chooses η.  H costs n D² operations and D² numbers: the method is for few features.
Derivation: documentation/logistic_regression_exact_and_fast.md

    n samples   d features   R rows of W: 1 for two classes, else K   D = R (d + 1) parameters, the rows [w_c, b_c]
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from ai_from_scratch.estimator.rules import boolean, check, real, whole
from Logistic_Regression_From_Scratch.cross_entropy import log_softmax, sigmoid
from Logistic_Regression_From_Scratch.line_search import ROUNDING, Function, Point, StopRule, line_search

STEPS_WITHIN_ROUNDING = 3                                          # so many such steps in a row end the search
SMALLEST_PIVOT = 1e-6                               # pivot of the scaled H's Cholesky factor: if smaller, H is singular


def flat_function(loss: Callable, R: int, x_mean: np.ndarray) -> Function:
    """loss(W, b̄) -> J, ∂J/∂W, ∂J/∂b̄ as a function of one vector θ, which holds the R rows [w_c, b̄_c].

    loss needs features less x̄ (d,); b̄ = b + W x̄.  The largest partial derivative is taken over (W, b̄), and over
    (W, b) for the features as given.
    """
    def function(theta: np.ndarray) -> tuple[float, np.ndarray, float]:
        W, b = np.split(theta.reshape(R, -1), [len(x_mean)], axis=1)         # (R, d), (R, 1)
        value, dW, db = loss(W, b[:, 0])
        gradient = np.column_stack([dW, db]).ravel()
        return value, gradient, max(np.abs(gradient).max(), np.abs(dW + np.outer(db, x_mean)).max())

    return function


def newton(
    function: Function, hessian: Callable[[np.ndarray], np.ndarray], theta: np.ndarray, *,
    tol: float, max_iter: int, rounding: float = ROUNDING,
) -> Iterator[Point]:
    """Minimises `function`, which gives (J, gradient) at θ (D,). It starts at theta and pauses after every step.

    It stops when no partial derivative is above tol, after max_iter steps, or where rounding hides any descent.
    """
    here = Point(theta, *function(theta))
    stop = StopRule(here, tol, STEPS_WITHIN_ROUNDING, rounding)
    for _ in range(max_iter):
        if stop.reached(here):
            return
        H = hessian(here.theta)                                    # (D, D)
        unit = np.sqrt(H.diagonal())                               # (D,)  scales H to ones on its diagonal
        unit = np.where(unit > 0, unit, np.inf)                    # a parameter without curvature stays as it is
        correlations, g = H / np.outer(unit, unit), here.gradient / unit                     # H u = −g without units
        np.fill_diagonal(correlations, 1.0)                        # 1 even without curvature: invertible
        try:
            singular = np.linalg.cholesky(correlations).diagonal().min() < SMALLEST_PIVOT
        except np.linalg.LinAlgError:
            singular = True
        if singular:                                               # collinear columns: the shortest u
            u = -np.linalg.lstsq(correlations, g, rcond=SMALLEST_PIVOT**2)[0] / unit
        else:
            u = -np.linalg.solve(correlations, g) / unit
        there = line_search(function, here, u, rounding)
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
    for c in range(R):
        for j in range(R):
            curvature = s / S * P[c] * ((c == j) - P[j])  # (n,) of the loss: second derivative by the scores of c and j
            H[c, :, j] = A.T @ (curvature[:, None] * A)
        H[c, range(d), c, range(d)] += 1 / (C * S)                 # the penalty; the intercept has none
    if R > 1:
        # Adding one number to every class's scores changes no probability, so H is singular in these directions.
        # g is 0 along them, so curvature added there does not change the step.
        for i in range(0 if math.isinf(C) else d, d + 1):
            H[:, i, :, i] += np.trace(H[:, i, :, i]) / R**2
    return H.reshape(theta.size, theta.size)


def largest_curvature(X: np.ndarray, s: np.ndarray, R: int, C: float, fit_intercept: bool) -> float:
    """An upper bound of the largest eigenvalue of H for every θ: gradient descent needs a rate below 2 / bound.

    H = Σᵢ sᵢ/S (diag(p) − p pᵀ) ⊗ x xᵀ + 1/CS.  For two classes the matrix in the middle is p (1 − p) ≤ ¼; else its
    largest eigenvalue is at most ½ (Böhning, 1992).
    """
    check("largest_curvature", locals(), {"R": whole(1), "C": real(0, open_at="low"), "fit_intercept": boolean})
    A = np.column_stack([X, np.ones(len(X), X.dtype)]) if fit_intercept else X
    A = A * np.sqrt(s / s.sum())[:, None]                          # (n, d + 1)
    gram = A.T @ A if len(A) >= A.shape[1] else A @ A.T            # both have the same largest eigenvalue
    return float((1 / 4 if R == 1 else 1 / 2) * np.linalg.eigvalsh(gram)[-1] + 1 / (C * s.sum()))
