"""How far to go along a direction: far enough to be worth it, not so far that it climbs again.

    J(θ + t p) ≤ J + δ t g·p            the step descends (Armijo)
    g(θ + t p)·p ≥ σ g·p                and the slope ahead is no longer as steep (Wolfe)

Close to the bottom the gain is smaller than J's rounding.  There the slope, which is still exact, decides alone:
a step that ends on a slope no steeper, in either direction, than where it began (Hager and Zhang, 2005).
"""

from collections.abc import Callable

import numpy as np

Function = Callable[[np.ndarray], tuple]                           # θ -> J(θ), ∂J/∂θ, and perhaps how steep that is

DELTA, SIGMA = 1e-4, 0.9


class Point:
    """A place on the bowl: θ, J there, the gradient, and how steep it is: max |∂J/∂θ| unless the function says it."""

    def __init__(self, theta: np.ndarray, loss: float, gradient: np.ndarray, steepest: float | None = None) -> None:
        self.theta, self.loss, self.gradient = theta, loss, gradient
        self.steepest = float(np.abs(gradient).max()) if steepest is None else steepest      # 0 at the bottom


def line_search(function: Function, start: Point, direction: np.ndarray, rounding: float) -> Point | None:
    """The point θ + t p with both properties, t = 1 tried first.  None where rounding hides every descent.

    rounding: the relative error of J, a few units in its last place.
    """
    J, slope = start.loss, start.gradient @ direction
    if not slope < 0:
        return None
    low, slope_low, high = 0.0, slope, np.inf                      # t is somewhere between
    t = 1.0
    for _ in range(60):
        theta = start.theta + t * direction
        here = Point(theta, *function(theta))
        slope_here = here.gradient @ direction
        descends = here.loss <= J + DELTA * t * slope
        if not descends and here.loss <= J + rounding * abs(J):
            descends = abs(slope_here) <= (1 - 2 * DELTA) * -slope
        if descends and slope_here >= SIGMA * slope:
            return here
        if descends:
            low, slope_low = t, slope_here
            t = 2 * t if high == np.inf else (low + high) / 2
        else:
            high = t
            # Where a straight line through both slopes crosses zero, but at least half of what is left goes each time.
            crossing = slope_low / (slope_low - slope_here) if np.isfinite(slope_here) and slope_here > 0 else 0.5
            t = low + (high - low) * min(max(crossing, 0.1), 0.5)
    return None


class Patience:
    """Ends a search that only wanders in rounding: so many steps in a row that brought neither a J that is visibly
    lower nor a slope half as steep as the gentlest so far."""

    def __init__(self, start: Point, steps: int, rounding: float) -> None:
        self.best, self.gentlest = start.loss, start.steepest
        self.steps, self.left, self.rounding = steps, steps, rounding

    def lost(self, here: Point) -> bool:
        if here.loss < self.best - self.rounding * abs(self.best) or here.steepest <= self.gentlest / 2:
            self.left = self.steps + 1
        self.best, self.gentlest = min(self.best, here.loss), min(self.gentlest, here.steepest)
        self.left -= 1
        return self.left == 0
