"""L-BFGS: Newton's step from the memory of the last few steps, without ever writing the Hessian down.

    s = θ_new − θ        y = g_new − g        H s ≈ y

Each step tells how the gradient changed along it, one equation about the Hessian H.  The last `memory` of them,
put on top of a first guess, make p ≈ −H⁻¹ g in a few products of vectors (Nocedal, 1980).
Derivation: documentation/logistic_regression.md
"""

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np

from Logistic_Regression_From_Scratch.line_search import Function, Patience, Point, line_search

Memory = deque[tuple[np.ndarray, np.ndarray, float]]               # s, y, 1 / s·y; the newest last
Guess = Callable[[np.ndarray], np.ndarray]                         # g -> roughly H⁻¹ g
REMEMBERED = 10


def lbfgs(
    function: Function, start: np.ndarray | Point, guess: Guess, *, tol: float, max_iter: int, rounding: float,
    pairs: Memory | None = None,
) -> Iterator[Point]:
    """Minimise function, a pair (J, gradient) of θ, from a θ or a Point on; pauses after every step.

    Stops when no partial derivative is above tol, after max_iter steps, or where rounding hides the way down.
    guess: what to do with a gradient before anything is remembered; a matrix near H⁻¹ saves many steps.
    pairs: the memory, written to; what is in it already comes from a similar function.
    """
    here = start if isinstance(start, Point) else Point(start, *function(start))
    pairs = Memory(maxlen=REMEMBERED) if pairs is None else pairs
    patience = Patience(here, 2 * REMEMBERED, rounding)
    for _ in range(max_iter):
        if here.steepest <= tol or patience.lost(here):
            return
        there = line_search(function, here, -newton_step(here.gradient, pairs, guess), rounding)
        if there is None:
            return
        s, y = there.theta - here.theta, there.gradient - here.gradient
        if s @ y > 0:                                              # the line search sees to it, rounding aside
            pairs.append((s, y, 1 / (s @ y)))
        here = there
        yield here


def newton_step(g: np.ndarray, pairs: Memory, guess: Guess) -> np.ndarray:
    """H⁻¹ g by the two-loop recursion: take off what each pair explains, guess the rest, put it back on."""
    q, explained = g.copy(), []
    for s, y, rho in reversed(pairs):
        a = rho * (s @ q)
        q -= a * y
        explained.append(a)
    r = guess(q)
    if pairs:
        s, y, rho = pairs[-1]
        r /= rho * (y @ guess(y))                           # the newest pair corrects the guess's size
    for (s, y, rho), a in zip(pairs, reversed(explained), strict=True):
        r += (a - rho * (y @ r)) * s
    return r
