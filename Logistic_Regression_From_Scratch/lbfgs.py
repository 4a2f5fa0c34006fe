"""L-BFGS: Newton's step p ≈ −H⁻¹ g from the last ten steps, without the Hessian H (Nocedal, 1980).

    Δθ = θ_new − θ        Δg = g_new − g        H Δθ ≈ Δg        ρ = 1 / Δθ·Δg          one pair for each step

    newest pair first     α = ρ Δθ·q            q ← q − α Δg                  from q = g
    a first guess         r = guess of H⁻¹ times q
    oldest pair first     β = ρ Δg·r            r ← r + (α − β) Δθ            then p = −r

Derivation: documentation/logistic_regression.md
"""

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np

from Logistic_Regression_From_Scratch.line_search import ROUNDING, Function, Point, StopRule, line_search

Memory = deque[tuple[np.ndarray, np.ndarray, float]]               # Δθ, Δg, ρ; the newest last
Guess = Callable[[np.ndarray], np.ndarray]                         # g -> roughly H⁻¹ g
PAIRS_KEPT = 10
STEPS_WITHIN_ROUNDING = 20                                         # one after another end the search


def lbfgs(
    function: Function, theta: np.ndarray, guess: Guess, *, tol: float, max_iter: int, rounding: float = ROUNDING,
    pairs: Memory | None = None,
) -> Iterator[Point]:
    """Minimise function, a pair (J, gradient) of θ (D,), from theta on; pauses after every step.

    Stops when no partial derivative is above tol, after max_iter steps, or where rounding hides the way down.
    guess: multiplies by the first guess of H⁻¹; the better it is, the fewer steps.
    pairs: the memory, changed in place; it may start with the pairs of a similar function.
    """
    pairs = Memory(maxlen=PAIRS_KEPT) if pairs is None else pairs
    here = Point(theta, *function(theta))
    stop = StopRule(here, tol, STEPS_WITHIN_ROUNDING, rounding)
    for _ in range(max_iter):
        if stop.reached(here):
            return
        there = line_search(function, here, -inverse_hessian_times(here.gradient, pairs, guess), rounding)
        if there is None:
            return
        change, change_of_g = there.theta - here.theta, there.gradient - here.gradient
        if change @ change_of_g > 0:                               # always so after the line search, but for rounding
            pairs.append((change, change_of_g, 1 / (change @ change_of_g)))
        here = there
        yield here


def inverse_hessian_times(g: np.ndarray, pairs: Memory, guess: Guess) -> np.ndarray:     # (D,) -> (D,)
    """H⁻¹ g by the two-loop recursion (the formulas above)."""
    q, alphas = g.copy(), []
    for change, change_of_g, rho in reversed(pairs):
        alpha = rho * (change @ q)
        q -= alpha * change_of_g
        alphas.append(alpha)
    r = guess(q)
    if pairs:
        _, change_of_g, rho = pairs[-1]
        r /= rho * (change_of_g @ guess(change_of_g))              # the newest pair sets the scale of the guess
    for (change, change_of_g, rho), alpha in zip(pairs, reversed(alphas), strict=True):
        beta = rho * (change_of_g @ r)
        r += (alpha - beta) * change
    return r
