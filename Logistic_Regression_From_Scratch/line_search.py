"""Line search: a step length η along a direction u, long enough to lower J, short enough not to overshoot.

    J(θ + η u) ≤ J(θ) + 10⁻⁴ η g·u        the step descends (Armijo)
    g(θ + η u)·u ≥ 0.9 g·u                the slope is less steep there: η is not too short (Wolfe)

Close to the minimum J falls by less than its rounding error.  There only the slope decides, because it is still exact:
its size at the end of the step must not exceed its size at the start (Hager and Zhang, 2005).
"""

from collections.abc import Callable

import numpy as np

Function = Callable[[np.ndarray], tuple]                           # θ -> J(θ), ∂J/∂θ, and perhaps max |∂J|

C1, C2 = 1e-4, 0.9
ROUNDING = 8 * float(np.finfo(np.float64).eps)                     # the relative error of J
MAX_TRIALS = 60                                                    # lengths η along one direction


class Point:
    """θ, J and its gradient there, and the largest partial derivative (of this gradient, if none is given)."""

    def __init__(self, theta: np.ndarray, loss: float, gradient: np.ndarray, steepest: float | None = None) -> None:
        self.theta, self.loss, self.gradient = theta, loss, gradient
        self.steepest = float(np.abs(gradient).max()) if steepest is None else steepest


def line_search(function: Function, start: Point, u: np.ndarray, rounding: float) -> Point | None:
    """The point θ + η u with both properties; η = 1 is tried first. None where rounding hides any descent.

    rounding: the relative rounding error of J, a few units in its last place.
    """
    J, slope = start.loss, start.gradient @ u
    if not slope < 0:
        return None
    low, slope_low, high = 0.0, slope, np.inf                      # η lies between low and high
    eta = 1.0
    for _ in range(MAX_TRIALS):
        theta = start.theta + eta * u
        here = Point(theta, *function(theta))
        slope_here = here.gradient @ u
        descends = here.loss <= J + C1 * eta * slope
        if not descends and here.loss <= J + rounding * abs(J):
            descends = abs(slope_here) <= (1 - 2 * C1) * -slope
        if descends and slope_here >= C2 * slope:
            return here
        if descends:
            low, slope_low = eta, slope_here
            eta = 2 * eta if high == np.inf else (low + high) / 2
        else:
            high = eta
            # The next η: the zero of the line through both slopes, moved so that the interval shrinks at least by half.
            crossing = slope_low / (slope_low - slope_here) if np.isfinite(slope_here) and slope_here > 0 else 0.5
            eta = low + (high - low) * min(max(crossing, 0.1), 0.5)
    return None


class StopRule:
    """Ends a search when no partial derivative is above tol, or when J no longer changes except by rounding.

    J no longer changes if `patience` steps in a row neither lower J by more than rounding nor halve the smallest slope.
    """

    def __init__(self, start: Point, tol: float, patience: int, rounding: float) -> None:
        self.lowest, self.flattest = start.loss, start.steepest
        self.tol, self.patience, self.left, self.rounding = tol, patience, patience, rounding

    def reached(self, here: Point) -> bool:
        if here.loss < self.lowest - self.rounding * abs(self.lowest) or here.steepest <= self.flattest / 2:
            self.left = self.patience + 1
        self.lowest, self.flattest = min(self.lowest, here.loss), min(self.flattest, here.steepest)
        self.left -= 1
        return here.steepest <= self.tol or self.left == 0
