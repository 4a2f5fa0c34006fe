"""Newton's method: put a parabola on the bowl where one stands, and go to its bottom.

    p = −H⁻¹ g        θ ← θ + t p

Close to the minimum each step doubles the number of right digits.  Far from it a full step (t = 1) can overshoot
further each time and diverge, hence the line search.  H costs n d² operations and d² numbers: for few features.
Derivation: documentation/logistic_regression.md
"""

from collections.abc import Callable, Iterator

import numpy as np

from Linear_Regression_From_Scratch.normal_equation import solve_gram
from Logistic_Regression_From_Scratch.line_search import Function, Patience, Point, line_search


def newton(
    function: Function, hessian: Callable[[np.ndarray], np.ndarray], theta: np.ndarray, *,
    tol: float, max_iter: int, rounding: float,
) -> Iterator[Point]:
    """Minimise function, a pair (J, gradient) of θ, from theta on; pauses after every step.

    Stops when no partial derivative is above tol, after max_iter steps, or where rounding hides the way down.
    """
    here = Point(theta, *function(theta))
    patience = Patience(here, 3, rounding)
    for _ in range(max_iter):
        if here.steepest <= tol or patience.lost(here):
            return
        there = line_search(function, here, -solve(hessian(here.theta), here.gradient), rounding)
        if there is None:
            return
        here = there
        yield here


def solve(H: np.ndarray, g: np.ndarray) -> np.ndarray:
    """H⁻¹ g by Cholesky; the shortest one where H has (nearly) flat directions, as duplicated columns make them."""
    p = solve_gram(H, g[:, None])
    if p is None:
        scale = np.sqrt(H.diagonal())
        scale = np.where(scale > 0, scale, 1.0)
        correlations = H / np.outer(scale, scale)
        cutoff = len(g) * np.finfo(H.dtype).eps
        p = np.linalg.lstsq(correlations, g / scale, rcond=cutoff)[0][:, None] / scale[:, None]
    return p[:, 0]
