"""L-BFGS: Newton's step from the memory of the last few steps, without ever writing the Hessian down.

    Δθ = θ_new − θ        Δg = g_new − g        H Δθ ≈ Δg        ρ = 1 / Δθ·Δg

Each step tells how the gradient changed along it, one equation about the Hessian H.  The last ten of them, put on top
of a first guess of H⁻¹, make p ≈ −H⁻¹ g in a few products of vectors (Nocedal, 1980).
Derivation: documentation/logistic_regression.md
"""

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np

from Logistic_Regression_From_Scratch.line_search import ROUNDING, Function, Point, StopRule, line_search

Memory = deque[tuple[np.ndarray, np.ndarray, float]]               # Δθ, Δg, ρ; the newest last
Guess = Callable[[np.ndarray], np.ndarray]                         # g -> roughly H⁻¹ g
PAIRS_KEPT = 10
PATIENCE = 20                                                      # steps within rounding


def lbfgs(
    function: Function, theta: np.ndarray, guess: Guess, *, tol: float, max_iter: int, rounding: float = ROUNDING,
    pairs: Memory | None = None,
) -> Iterator[Point]:
    """Minimise function, a pair (J, gradient) of θ (D,), from theta on; pauses after every step.

    Stops when no partial derivative is above tol, after max_iter steps, or where rounding hides the way down.
    guess: multiplies by the first guess of H⁻¹; the better it is, the fewer steps.
    pairs: the memory, written to; it may begin with what a similar function taught.
    """
    pairs = Memory(maxlen=PAIRS_KEPT) if pairs is None else pairs
    here = Point(theta, *function(theta))
    stop = StopRule(here, tol, PATIENCE, rounding)
    for _ in range(max_iter):
        if stop.reached(here):
            return
        there = line_search(function, here, -inverse_hessian_times(here.gradient, pairs, guess), rounding)
        if there is None:
            return
        change, change_of_g = there.theta - here.theta, there.gradient - here.gradient
        if change @ change_of_g > 0:                               # the line search sees to it, rounding aside
            pairs.append((change, change_of_g, 1 / (change @ change_of_g)))
        here = there
        yield here


def inverse_hessian_times(g: np.ndarray, pairs: Memory, guess: Guess) -> np.ndarray:     # (D,) -> (D,)
    """H⁻¹ g by the two-loop recursion: take off what each pair explains, guess the rest, put it back on."""
    q, shares = g.copy(), []
    for change, change_of_g, rho in reversed(pairs):
        share = rho * (change @ q)
        q -= share * change_of_g
        shares.append(share)
    r = guess(q)
    if pairs:
        _, change_of_g, rho = pairs[-1]
        r /= rho * (change_of_g @ guess(change_of_g))              # the newest pair corrects the size of the guess
    for (change, change_of_g, rho), share in zip(pairs, reversed(shares), strict=True):
        r += (share - rho * (change_of_g @ r)) * change
    return r
