"""L-BFGS whose first steps use a cheap part of the data; only the last steps use all of it.

    two classes       Newton's method on a sample of the rows, until the sample's own error dominates;
                      its last Hessian, inverted, is the first guess of H⁻¹ for L-BFGS on all rows
    K classes         L-BFGS in float32, on a sample if there are rows enough; with few columns, each class's block of
                      the Hessian gives the first guess, with many columns the pairs of L-BFGS are kept
    θ ≠ 0 is given    the first guess comes from the Gram matrix: at θ = 0, where all p_c are 1/K, H is a multiple of it

The last steps and the stopping rule use all the data in float64, so the minimum is that of all the data.  A fit of 1e6
× 20 takes 0.41 of the time without a warm start, a fit of 20,000 × 50 with five classes 0.53.  A program in
documentation/logistic_regression_exact_and_fast.md, section "The fast engine", measures it.

    n samples   d features   R rows of W: 1 for two classes, else K
"""

from collections.abc import Iterator

import numpy as np

from Logistic_Regression_From_Scratch.fast.centred_objective import CentredObjective
from Logistic_Regression_From_Scratch.lbfgs import PAIRS_KEPT, Guess, Memory, lbfgs
from Logistic_Regression_From_Scratch.line_search import Point
from Logistic_Regression_From_Scratch.newton import newton

ROWS_PER_RUN = 64                           # neighbouring rows that are sampled together
MAX_SAMPLE_BYTES = 2**25
MAX_NEWTON_STEPS = 10                       # on a sample
MAX_GRADIENT_FOR_HESSIAN = 0.02             # below it the Hessian is close to that of the minimum
MAX_COLUMNS_FOR_BLOCKS = 128                # with more columns, the blocks of the Hessian cost more time than they save
MAX_COLUMNS_FOR_INVERSE = 1024
RIDGE_PER_LARGEST_EIGENVALUE = 0.1     # added to the diagonal, because small eigenvalues are unreliable away from θ = 0


def lbfgs_with_warm_start(J: CentredObjective, theta: np.ndarray, *, tol: float, max_iter: int) -> Iterator[Point]:
    """Yields every step, first the steps on a part of the data; their loss and slopes are computed on that part only.

    At least one of max_iter steps uses all the data.  If the given θ is not 0, there is no warm start.
    """
    start, on_part = WarmStart(J, theta, tol, max_iter - 1), None
    for point in start.points():
        if on_part is not None:
            yield on_part
        on_part = point
    here = Point(start.theta, *J(start.theta))
    if on_part is not None:
        yield here                                                # the last step on the part, evaluated on all the data

    def function(theta: np.ndarray) -> tuple[float, np.ndarray, float]:
        return (here.loss, here.gradient, here.steepest) if theta is here.theta else J(theta)

    guess = start.guess or gram_guess(J)
    yield from lbfgs(function, here.theta, guess, tol=tol, max_iter=start.left + 1, rounding=J.rounding,
                     pairs=start.pairs)


class WarmStart:
    """Takes the steps on a part of the data. Keeps the last θ, and the first guess of H⁻¹ g and the pairs with which
    L-BFGS continues."""

    def __init__(self, J: CentredObjective, theta: np.ndarray, tol: float, max_iter: int) -> None:
        self.J, self.theta, self.tol, self.left = J, theta, tol, max_iter
        self.guess: Guess | None = None
        self.pairs = Memory(maxlen=PAIRS_KEPT)

    def points(self) -> Iterator[Point]:
        """Yields at most max_iter steps; none if θ is given or the table is small."""
        J = self.J
        every = len(J.X) // (64 * len(J.penalty))
        if self.theta.any() or self.left == 0:
            return
        if J.R == 1 and every >= 4:
            yield from self._newton_on_sample(min(every, 16))
        elif J.R > 1 and J.X.size > 2**14:
            yield from self._lbfgs_in_float32()

    def _newton_on_sample(self, every: int) -> Iterator[Point]:
        """Two classes: Newton's method on one row of `every`."""
        part = sample(self.J, every)
        if part is None:
            return
        H = np.eye(len(self.theta))

        def hessian(theta: np.ndarray) -> np.ndarray:
            nonlocal H
            H = part.hessian(theta)
            return H

        noise = 0.5 / np.sqrt(len(part.X))                   # roughly the error of the gradient on a subset of the rows
        yield from self._kept(newton(part, hessian, self.theta, tol=max(self.tol, noise),
                                     max_iter=min(self.left, MAX_NEWTON_STEPS), rounding=part.rounding))
        if self.theta.any():
            self.guess = guess_from(H, np.sqrt(H.diagonal()), 1e-7)

    def _lbfgs_in_float32(self) -> Iterator[Point]:
        """K classes in float32: half the bytes and half the operations in all steps but the last few.

        The blocks of the Hessian at an approximate minimum are a far better first guess than the Gram matrix: half as
        many steps remain. They are used if they cost little enough.  The blocks come from a subset of the rows if there
        are enough.
        """
        J = self.J
        every = min(len(J.X) // (8 * len(self.theta)), 8)
        blockwise = len(J.penalty) <= MAX_COLUMNS_FOR_BLOCKS
        part = sample(J, every if blockwise and every >= 4 else 1)
        if part is None:
            return
        noise = 0.3 / np.sqrt(len(part.X)) if len(part.X) < len(J.X) else 0.0
        self.guess = gram_guess(J)
        if blockwise:
            yield from self._lbfgs_on(part, max(self.tol, noise or MAX_GRADIENT_FOR_HESSIAN))
            self.guess, self.pairs = blocks_guess(part, self.theta), Memory(maxlen=PAIRS_KEPT)
        if not (blockwise and noise):
            yield from self._lbfgs_on(part, max(0.9 * self.tol, noise, 1e-5))

    def _lbfgs_on(self, part: CentredObjective, tol: float) -> Iterator[Point]:
        """L-BFGS on a part of the data; the pairs are kept."""
        assert self.guess is not None
        return self._kept(lbfgs(part, self.theta, self.guess, tol=tol, max_iter=self.left, rounding=part.rounding,
                                pairs=self.pairs))

    def _kept(self, points: Iterator[Point]) -> Iterator[Point]:
        """Yields the points unchanged, and sets θ to the last one."""
        for point in points:
            if not np.isfinite(point.theta).all():
                return
            self.theta, self.left = point.theta, self.left - 1
            yield point


def sample(J: CentredObjective, every: int) -> CentredObjective | None:
    """The same function of the same θ, in float32, on one row of `every`; None if a class is missing.

    The subset consists of runs of neighbouring rows.  If the classes alternate in the table, single rows at equal
    distances could all be of one class.
    """
    n, d = J.X.shape
    every = max(every, -(-4 * n * d // MAX_SAMPLE_BYTES))
    starts = np.arange(0, n, ROWS_PER_RUN * every)
    rows = (starts[:, None] + np.arange(ROWS_PER_RUN)).ravel()     # (sampled,)
    rows = rows[rows < n]
    X = np.empty((len(rows), d), np.float32)
    run = ROWS_PER_RUN if every > 1 else 32 * ROWS_PER_RUN         # neighbouring rows: a view, without a copy
    for start in range(0, len(rows), run):                         # centred, so that float32 has enough digits
        np.subtract(J.X[rows[start] : rows[start] + run], J.mean, out=X[start : start + run], casting="same_kind")
    y, s = J.y[rows], J.s[rows].astype(np.float32)
    if np.bincount(y, weights=s, minlength=max(J.R, 2)).min() == 0:
        return None
    return J.restricted_to(X, y, s, np.zeros(d, np.float32))


# ---- the first guess of H⁻¹ g, which L-BFGS improves

def gram_guess(J: CentredObjective) -> Guess:
    """The guess from the Hessian at θ = 0, where each p_c is 1/K and all blocks are the Gram matrix times a number.

    The columns are scaled half-way to a common spread.  Scaling the whole way would remove their units.  But it would
    also amplify the noise of columns that are nearly constant, such as the border pixels of an image.
    """
    K = max(J.R, 2)
    h = np.append(J.squares, [1.0] * J.fit_intercept) * (1 / K) * (1 - 1 / K) + J.penalty     # (d + 1,)
    h = np.where(h > 0, h, h.max())                                # a constant column has the gradient 0
    if len(h) > MAX_COLUMNS_FOR_INVERSE:
        half_way = np.tile(np.sqrt(h * h.max()), J.R)
        return lambda g: g / half_way
    return guess_from(J.gram() * (1 / K) * (1 - 1 / K) + np.diag(J.penalty), h**0.25, RIDGE_PER_LARGEST_EIGENVALUE)


def blocks_guess(J: CentredObjective, theta: np.ndarray) -> Guess:
    """The guess from the Hessian's blocks of single classes at θ; the blocks for pairs of classes are left out.

    The mean over the classes is subtracted from the result.  This mean changes no probability, and the descent from
    θ = 0 does not contain it.  But blocks that differ would add such a mean, and only the weak penalty would remove it
    again.
    """
    own = [guess_from(H, H.diagonal()**0.25, 1e-3) for H in J.own_blocks(theta)]

    def guess(g: np.ndarray) -> np.ndarray:
        step = np.array([of(row) for of, row in zip(own, g.reshape(J.R, -1), strict=True)])  # (R, d + 1)
        return (step - step.mean(axis=0)).ravel()

    return guess


def guess_from(H: np.ndarray, scale: np.ndarray, ridge: float) -> Guess:
    """H⁻¹ times each class's row of g. H (d + 1, d + 1) is in units of `scale`; ridge times its largest eigenvalue is
    added to its diagonal."""
    units = np.where(scale > 0, scale, 1.0)
    units = np.outer(units, units)
    scaled = H / units
    u = np.ones(len(scaled))
    for _ in range(8):                                             # the power method, for the largest eigenvalue
        u = scaled @ (u / np.linalg.norm(u))
    np.fill_diagonal(scaled, scaled.diagonal() + ridge * np.linalg.norm(u))
    inverse = np.linalg.inv(scaled) / units
    return lambda g: (g.reshape(-1, len(inverse)) @ inverse).ravel()
