"""A head start for L-BFGS: most of the way on a small part of the work, the rest on all of it.

    two classes       Newton's method on a sample of the rows, to where the sample's own noise begins;
                      its Hessian is then nearly that of all rows, and its inverse the first guess of every step
    K classes         L-BFGS in float32, on a sample where there are rows enough; each class's own block of the
                      Hessian there is the first guess, or where columns are many its memory is kept
    from elsewhere    a first guess from the Gram matrix, which is H at θ = 0 but for a factor: all pₖ are 1/K there

The minimum is that of all the data in float64, and so are the last steps and the stop.  What it buys is measured in
documentation/logistic_regression.md, section "What makes the default fast".

    n samples   d features   R rows of W: 1 for two classes, else K
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from Logistic_Regression_From_Scratch.lbfgs import REMEMBERED, Guess, Memory, lbfgs
from Logistic_Regression_From_Scratch.line_search import Point
from Logistic_Regression_From_Scratch.newton import newton
from Logistic_Regression_From_Scratch.objective import CentredObjective
from Logistic_Regression_From_Scratch.small_table import SmallTable

TOGETHER = 64                    # rows of a sample that are neighbours in the data
MEGABYTES = 32                   # of a sample, at most
ROUGH = 0.02                     # a slope from which the Hessian looks much like that of the minimum
NARROW = 128                     # columns, for a Hessian's blocks to cost no more than the steps that they save
WIDEST = 1024                    # columns, for a d × d matrix to be inverted
RIDGE = 0.1                      # of the largest curvature: how little the Gram matrix is believed where it is flat


class HeadStart(NamedTuple):
    """Where the descent on all the data begins, its first guess of H⁻¹ g, its memory, and the steps that were taken."""

    theta: np.ndarray
    guess: Guess
    pairs: Memory
    steps: int


def lbfgs_with_head_start(
    J: CentredObjective, theta: np.ndarray, *, tol: float, max_iter: int
) -> Iterator[tuple[int, Point]]:
    """The steps on all the data, numbered after those on a part of it.  A θ that is not 0 is start enough.

    Two classes in a small table: Newton's steps, on everything, need no start.
    """
    if isinstance(J, SmallTable):
        yield from enumerate(newton(J, J.hessian, theta, tol=tol, max_iter=max_iter, rounding=J.rounding), start=1)
        return
    if theta.any() or max_iter == 1:
        start = HeadStart(theta, gram_guess(J), Memory(maxlen=REMEMBERED), 0)
    else:
        start = head_start(J, theta, tol=tol, max_iter=max_iter - 1)
    here = Point(start.theta, *J(start.theta))
    if start.steps and here.steepest <= tol:                       # nothing is left to do
        yield start.steps, here
    points = lbfgs(J, here, start.guess, tol=tol, max_iter=max_iter - start.steps, rounding=J.rounding,
                   pairs=start.pairs)
    yield from enumerate(points, start=start.steps + 1)


def head_start(J: CentredObjective, theta: np.ndarray, *, tol: float, max_iter: int) -> HeadStart:
    """From θ on, in at most max_iter steps on a part of the data."""
    every, found = len(J.X) // (64 * len(J.penalty)), None
    if J.R == 1 and every >= 4:
        found = newton_on_some(J, theta, min(every, 16), tol, max_iter)
    elif J.R > 1 and J.X.size > 2**14:
        found = lbfgs_in_float32(J, theta, tol, max_iter)
    return found or HeadStart(theta, gram_guess(J), Memory(maxlen=REMEMBERED), 0)


def newton_on_some(J: CentredObjective, theta: np.ndarray, every: int, tol: float, max_iter: int) -> HeadStart | None:
    """Two classes: Newton's method on one row of `every`; None where it leads nowhere."""
    part = sample(J, every)
    if part is None:
        return None
    hessians: list[np.ndarray] = []

    def hessian(theta: np.ndarray) -> np.ndarray:
        hessians[:] = [part.hessian(theta)]
        return hessians[0]

    noise = 0.5 / np.sqrt(len(part.X))                             # a sample's gradient is off by about so much
    points = list(newton(part, hessian, theta, tol=max(tol, noise), max_iter=min(max_iter, 10), rounding=part.rounding))
    if not points or not np.isfinite(points[-1].theta).all():
        return None
    H = hessians[0]
    guess = guess_from(H, np.sqrt(H.diagonal()), 1e-7)
    return HeadStart(points[-1].theta, guess, Memory(maxlen=REMEMBERED), len(points))


def lbfgs_in_float32(J: CentredObjective, theta: np.ndarray, tol: float, max_iter: int) -> HeadStart | None:
    """K classes: half the bytes and half the operations, in every step but the last few.

    Where a Hessian is affordable, its blocks at a rough answer (from a sample, where there are rows enough) are a far
    better first guess than the Gram matrix: half as many steps are left.
    """
    every = min(len(J.X) // (8 * len(theta)), 8)
    blockwise = len(J.penalty) <= NARROW
    part = sample(J, every if blockwise and every >= 4 else 1)
    if part is None:
        return None
    noise = 0.3 / np.sqrt(len(part.X)) if len(part.X) < len(J.X) else 0.0
    start = HeadStart(theta, gram_guess(J), Memory(maxlen=REMEMBERED), 0)
    if blockwise:
        start = walk(part, start, max(tol, noise or ROUGH), max_iter)
        start = start._replace(guess=blocks_guess(part, start.theta), pairs=Memory(maxlen=REMEMBERED))
    if not (blockwise and noise):
        start = walk(part, start, max(0.9 * tol, noise, 1e-5), max_iter)
    return start if start.steps and np.isfinite(start.theta).all() else None


def walk(part: CentredObjective, start: HeadStart, tol: float, max_iter: int) -> HeadStart:
    """L-BFGS on a part of the data; what it remembers comes along."""
    theta, steps = start.theta, start.steps
    for point in lbfgs(part, theta, start.guess, tol=tol, max_iter=max_iter - steps, rounding=part.rounding,
                       pairs=start.pairs):
        theta, steps = point.theta, steps + 1
    return start._replace(theta=theta, steps=steps)


def sample(J: CentredObjective, every: int) -> CentredObjective | None:
    """The same function of the same θ, in float32, on one row of `every`; None where a class is missing.

    The rows come as runs of neighbours: a table whose classes take turns would else leave one out.
    """
    n, d = J.X.shape
    every = max(every, -(-4 * n * d // (MEGABYTES * 2**20)))
    starts = np.arange(0, n, TOGETHER * every)
    rows = (starts[:, None] + np.arange(TOGETHER)).ravel()         # (r,)
    rows = rows[rows < n]
    X = np.empty((len(rows), d), np.float32)
    run = TOGETHER if every > 1 else 32 * TOGETHER                 # of neighbours: a view, nothing is gathered
    for start in range(0, len(rows), run):                         # centred, so that float32 has digits enough
        np.subtract(J.X[rows[start] : rows[start] + run], J.mean, out=X[start : start + run], casting="same_kind")
    y, s = J.y[rows], J.s[rows].astype(np.float32)
    if np.bincount(y, weights=s, minlength=max(J.R, 2)).min() == 0:
        return None
    return J.on(X, y, s, np.zeros(d, np.float32))


# ---- the first guess of H⁻¹ g, from which L-BFGS corrects itself

def gram_guess(J: CentredObjective) -> Guess:
    """From the Hessian at θ = 0, where each pₖ is 1/K, so that all its blocks are the Gram matrix times a number.

    Columns are scaled half-way to a common spread.  All the way would make them forget their units at once, but blow
    up the noise of rare ones, such as a picture's border.
    """
    K = max(J.R, 2)
    h = np.append(J.squares, [1.0] * J.fit_intercept) * (1 / K) * (1 - 1 / K) + J.penalty     # (d + 1,)
    h = np.where(h > 0, h, h.max())                                # a constant column, and no penalty: it will not move
    if len(h) > WIDEST:
        half_way = np.tile(np.sqrt(h * h.max()), J.R)
        return lambda g: g / half_way
    return guess_from(J.gram() * (1 / K) * (1 - 1 / K) + np.diag(J.penalty), h**0.25, RIDGE)


def blocks_guess(J: CentredObjective, theta: np.ndarray) -> Guess:
    """From the Hessian's own blocks at θ: what one class's weights do to another's is left out.

    The mean over the classes is taken off.  It changes no probability, so the descent from θ = 0 has no part in it; but
    blocks that differ would bring it in, and only the weak penalty could take it out again.
    """
    own = [guess_from(H, H.diagonal()**0.25, 1e-3) for H in J.own_blocks(theta)]

    def guess(g: np.ndarray) -> np.ndarray:
        r = np.array([of(row) for of, row in zip(own, g.reshape(J.R, -1), strict=True)])     # (R, d + 1)
        return (r - r.mean(axis=0)).ravel()

    return guess


def guess_from(H: np.ndarray, scale: np.ndarray, ridge: float) -> Guess:
    """H⁻¹ for each class's row of g, H (d + 1, d + 1) in units of scale, ridge times its largest eigenvalue added."""
    units = np.where(scale > 0, scale, 1.0)
    units = np.outer(units, units)
    A = H / units
    v = np.ones(len(A))
    for _ in range(8):                                             # the power method: A v grows along the steepest v
        v = A @ (v / np.linalg.norm(v))
    np.fill_diagonal(A, A.diagonal() + ridge * np.linalg.norm(v))
    inverse = np.linalg.inv(A) / units
    return lambda g: (g.reshape(-1, len(inverse)) @ inverse).ravel()
