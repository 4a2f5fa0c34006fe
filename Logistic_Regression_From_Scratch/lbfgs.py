"""L-BFGS: Newton's step, −H⁻¹ g, estimated from the last ten steps without the Hessian H (Nocedal, 1980).

    Δθ = θ_new − θ        Δg = g_new − g        H Δθ ≈ Δg        ρ = 1 / Δθ·Δg          one pair for each step

    newest pair first     kept = ρ Δθ·u         u ← u − kept Δg                         from u = g
    a first guess         u ← guess of H⁻¹ times u
    oldest pair first                           u ← u + (kept − ρ Δg·u) Δθ              then −u is the step

Derivation: documentation/logistic_regression_exact_and_fast.md
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
    """Minimises `function`, which gives (J, gradient) at θ (D,). It starts at theta and pauses after every step.

    Stops when no partial derivative is above tol, after max_iter steps, or where rounding hides any descent.
    guess: a function that multiplies by the first guess of H⁻¹; the better it is, the fewer steps.
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
        if change @ change_of_g > 0:                            # always true after the line search, except for rounding
            pairs.append((change, change_of_g, 1 / (change @ change_of_g)))
        here = there
        yield here


def inverse_hessian_times(g: np.ndarray, pairs: Memory, guess: Guess) -> np.ndarray:     # (D,) -> (D,)
    """H⁻¹ g by the two-loop recursion: the formulas above."""
    u, all_kept = g.copy(), []
    for change, change_of_g, rho in reversed(pairs):
        kept = rho * (change @ u)
        u -= kept * change_of_g
        all_kept.append(kept)
    u = guess(u)
    if pairs:
        _, change_of_g, rho = pairs[-1]
        u /= rho * (change_of_g @ guess(change_of_g))              # the newest pair sets the scale of the guess
    for (change, change_of_g, rho), kept in zip(pairs, reversed(all_kept), strict=True):
        u += (kept - rho * (change_of_g @ u)) * change
    return u
