"""Line search: a step length t along a direction p, long enough to lower J, short enough not to overshoot.

    J(θ + t p) ≤ J(θ) + c₁ t g·p        the step descends (Armijo)
    g(θ + t p)·p ≥ c₂ g·p               the slope is less steep there: t is not too short (Wolfe)

Close to the minimum J falls by less than its rounding error.  There only the slope decides, because it is still exact:
its size at the end of the step must not exceed its size at the start (Hager and Zhang, 2005).
"""

from collections.abc import Callable

import numpy as np

Function = Callable[[np.ndarray], tuple]                           # θ -> J(θ), ∂J/∂θ, and perhaps max |∂J|

C1, C2 = 1e-4, 0.9
ROUNDING = 8 * float(np.finfo(np.float64).eps)                     # the relative error of J
MAX_TRIALS = 60                                                    # lengths t along one direction


class Point:
    """θ, J and its gradient there, and the largest partial derivative (of this gradient, if none is given)."""

    def __init__(self, theta: np.ndarray, loss: float, gradient: np.ndarray, steepest: float | None = None) -> None:
        self.theta, self.loss, self.gradient = theta, loss, gradient
        self.steepest = float(np.abs(gradient).max()) if steepest is None else steepest


def line_search(function: Function, start: Point, p: np.ndarray, rounding: float) -> Point | None:
    """The point θ + t p with both properties; t = 1 is tried first. None where rounding hides any descent.

    rounding: the relative rounding error of J, a few units in its last place.
    """
    J, slope = start.loss, start.gradient @ p
    if not slope < 0:
        return None
    low, slope_low, high = 0.0, slope, np.inf                      # t lies between low and high
    t = 1.0
    for _ in range(MAX_TRIALS):
        theta = start.theta + t * p
        here = Point(theta, *function(theta))
        slope_here = here.gradient @ p
        descends = here.loss <= J + C1 * t * slope
        if not descends and here.loss <= J + rounding * abs(J):
            descends = abs(slope_here) <= (1 - 2 * C1) * -slope
        if descends and slope_here >= C2 * slope:
            return here
        if descends:
            low, slope_low = t, slope_here
            t = 2 * t if high == np.inf else (low + high) / 2
        else:
            high = t
            # The next t: the zero of the line through both slopes, moved so that the interval shrinks at least by half.
            crossing = slope_low / (slope_low - slope_here) if np.isfinite(slope_here) and slope_here > 0 else 0.5
            t = low + (high - low) * min(max(crossing, 0.1), 0.5)
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
