"""The objective of logistic regression as a function of one flat vector θ, as the solvers need it.

    J(θ) = 1/S Σᵢ sᵢ ℓ(zᵢ, yᵢ) + ‖W‖² / 2CS        zᵢ = W (xᵢ − x̄) + b̄        θ = the rows [w_c, b̄_c]

The plain code makes a centred copy X − x̄.  Here X stays as it is: only b = b̄ − W x̄ and one term of the gradient
change.  The Hessian is computed in blocks, as products of a matrix with itself.  Newton on 20,000 × 50 takes 0.48 of
the plain time (python -m benchmarks.classical --rows "logistic 20k × 50, Newton" has both).

    n samples   d features   R rows of W: 1 for two classes, else K   S = Σᵢ sᵢ
"""

from collections.abc import Iterator
from copy import copy
from typing import Self

import numpy as np

from Logistic_Regression_From_Scratch.cross_entropy import log_softmax, sigmoid
from Logistic_Regression_From_Scratch.fast.blocked_loss import blocked_loss, row_blocks

ROWS_FOR_MEAN_AND_SPREAD = 1024          # number of rows from which the mean and the spread of each column are computed
MAX_MEAN_IN_STANDARD_DEVIATIONS = 1e4       # larger means cost a product more than four of its digits


class CentredObjective:
    """J, its gradient and its Hessian at θ, a float64 vector of R (d + 1) numbers, R d without an intercept.

    X (n, d), codes y (n,), weights s (n,); alpha = 1 / CS is the curvature of the penalty.
    """

    def __init__(
        self, X: np.ndarray, y: np.ndarray, s: np.ndarray, R: int, alpha: float, fit_intercept: bool
    ) -> None:
        self.R, self.alpha, self.fit_intercept, d = R, alpha, fit_intercept, X.shape[1]
        self.penalty = np.full(d + fit_intercept, alpha)           # (d + 1,) second derivatives
        self.penalty[d:] = 0.0
        some = spaced_rows(len(X), ROWS_FOR_MEAN_AND_SPREAD)
        self.mean = mean(X[some], s[some]) if fit_intercept else np.zeros(d)         # (d,) x̄, of some rows
        self.squares = squares(X[some], s[some], self.mean)        # (d,)
        self.origin = self.mean                                    # the origin of the given data, relative to x̄
        noise = 4 * np.finfo(X.dtype).eps * np.abs(self.mean)      # (d,) a smaller spread is only rounding
        self.constant = np.sqrt(self.squares) <= noise
        if some.step > 1:                  # only some rows were used: check the constant columns on all rows
            for j in np.flatnonzero(self.constant):
                self.squares[j] = squares(X[:, j:j + 1], s, self.mean[j:j + 1])[0]
            self.constant = np.sqrt(self.squares) <= noise
        self.some_constant = bool(self.constant.any())
        self._set_data(X, y, s)

    def restricted_to(self, X: np.ndarray, y: np.ndarray, s: np.ndarray, mean: np.ndarray) -> Self:
        """The same function of the same θ for a part of the data; the data may be shifted or of another dtype."""
        part = copy(self)
        part.mean = mean
        part._set_data(X, y, s)
        return part

    def _set_data(self, X: np.ndarray, y: np.ndarray, s: np.ndarray) -> None:
        self.X, self.y, self.s = X, y, s
        self.share = s / s.sum()                                   # (n,)
        self.rounding = 8 * float(np.finfo(X.dtype).eps)           # the relative error of J
        spread = np.where(self.constant, np.inf, np.sqrt(self.squares))                      # (d,)
        far = np.abs(self.mean) > MAX_MEAN_IN_STANDARD_DEVIATIONS * spread
        self.centre = self.mean if far.any() else None             # (d,) subtracted block by block
        self.sums = blocked_loss(X, y, self.share.astype(X.dtype, copy=False), self.R, self.centre)

    def flatten(self, W: np.ndarray, b: np.ndarray) -> np.ndarray:
        """θ from W (R, d) and b (R,)."""
        if not self.fit_intercept:
            return W.ravel().astype(np.float64)
        return np.column_stack([W, b + W @ self.mean]).ravel().astype(np.float64)

    def unflatten(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """W (R, d) and b (R,) from θ, in X's dtype."""
        W, b = self.split(theta)
        return W.astype(self.X.dtype), (b - W @ self.mean).astype(self.X.dtype)

    def split(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """W (R, d) and b̄ (R,) as views of θ."""
        T, d = theta.reshape(self.R, -1), len(self.mean)           # (R, d + 1)
        return T[:, :d], T[:, d] if self.fit_intercept else np.zeros(self.R)

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray, float]:
        """J, ∂J/∂θ, and the largest partial derivative."""
        W, b = self.split(theta)
        implicit = self.fit_intercept and self.centre is None
        J, dW, db = self.sums(W, b - W @ self.mean if implicit else b)
        if implicit:
            dW -= db[:, None] * self.mean                          # b = b̄ − W x̄ depends on W too
        if self.some_constant:
            dW[:, self.constant] = 0.0                             # these columns contain only rounding
        dW += self.alpha * W
        J += self.alpha / 2 * float(np.vdot(W, W))
        gradient = (np.concatenate([dW, db[:, None]], axis=1) if self.fit_intercept else dW).ravel()
        return J, gradient, self._steepest(gradient)

    def _steepest(self, gradient: np.ndarray) -> float:
        """The largest |∂J/∂W| or |∂J/∂b|, both for the given origin and for the origin x̄."""
        steepest = float(np.abs(gradient).max())
        if self.fit_intercept and self.centre is None:             # with data far from 0 this would be only rounding
            g = gradient.reshape(self.R, -1)
            steepest = max(steepest, float(np.abs(g[:, :-1] + g[:, -1:] * self.origin).max()))
        return steepest

    def own_blocks(self, theta: np.ndarray) -> np.ndarray:         # (R, d + 1, d + 1)
        """For each class the block of the Hessian that belongs to this class alone, Σᵢ sᵢ/S p (1 − p) x xᵀ + 1/CS with
        x = [xᵢ − x̄, 1]."""
        H = np.zeros((self.R, len(self.penalty), len(self.penalty)))
        for A, P, share in self._probabilities(theta):
            for c, p in enumerate(P):
                scaled = np.sqrt(share * p * (1 - p))[:, None] * A
                H[c] += scaled.T @ scaled                          # a matrix times its own transpose: half the work
        np.einsum("cii->ci", H)[:] += self.penalty
        return H

    def hessian(self, theta: np.ndarray) -> np.ndarray:            # (R (d+1), R (d+1))
        """The Hessian H = Σᵢ sᵢ/S (diag(p) − p pᵀ) ⊗ x xᵀ + 1/CS: one block for each pair of classes (⊗: every entry of
        the left matrix times the right one)."""
        own, R = self.own_blocks(theta), self.R
        if R == 1:
            return own[0]
        H = np.zeros((R, own.shape[1], R, own.shape[1]))
        for A, P, share in self._probabilities(theta):
            for c in range(R):
                for j in range(c):
                    H[c, :, j] -= A.T @ ((share * P[c] * P[j])[:, None] * A)
        for c in range(R):
            H[c, :, c] = own[c]
            for j in range(c):
                H[j, :, c] = H[c, :, j]                            # symmetric in c and j, as x xᵀ is
        return self._anchored(H).reshape(len(theta), len(theta))

    def _probabilities(self, theta: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Goes through the data in blocks of about 1 MB. Each gives [x − x̄, 1] (rows, d + 1), P (R, rows) at θ, and
        shares of the weight (rows,)."""
        for rows in row_blocks(self.X):
            A = self._centred(rows)
            T = theta.reshape(self.R, -1).astype(A.dtype, copy=False)       # (R, d + 1): W and b̄
            Z = (A @ T.T).T                                        # (R, rows)
            yield A, sigmoid(Z) if self.R == 1 else np.exp(log_softmax(Z)), self.share[rows]

    def gram(self) -> np.ndarray:                                  # (d + 1, d + 1)
        """Σᵢ sᵢ/S x xᵀ from some rows, five for each column; the blocks of H weight its terms differently."""
        some = spaced_rows(len(self.X), max(ROWS_FOR_MEAN_AND_SPREAD, 5 * self.X.shape[1]))
        A, share = self._centred(some), self.share[some]
        A *= np.sqrt(share[:, None])
        return A.T @ A / share.sum()

    def _anchored(self, H: np.ndarray) -> np.ndarray:
        """H with curvature added in its flat directions.

        The same number added to every class changes no probability, so H is 0 there.  The gradient is 0
        in these directions, too, so no step goes along them.  The addition only makes H invertible.
        """
        if self.R > 1:
            for i in np.flatnonzero(self.penalty == 0):
                H[:, i, :, i] += np.trace(H[:, i, :, i]) / self.R**2
        return H

    def _centred(self, rows: slice) -> np.ndarray:                 # (rows, d + 1)
        X = self.X[rows]
        A = np.empty((len(X), len(self.penalty)), np.result_type(X, self.mean))
        np.subtract(X, self.mean, out=A[:, :X.shape[1]])
        A[:, X.shape[1]:] = 1.0
        if self.some_constant:
            A[:, :X.shape[1]][:, self.constant] = 0.0
        return A


def mean(X: np.ndarray, s: np.ndarray) -> np.ndarray:              # (n, d), (n,) -> (d,)
    """Column means of a few rows, computed relative to the first row: the mean of a constant column is exact at any
    offset."""
    first = X[0].astype(np.float64)
    return first + s @ (X - first) / s.sum()


def squares(X: np.ndarray, s: np.ndarray, middle: np.ndarray) -> np.ndarray:    # (n, d), (n,), (d,) -> (d,)
    """The weighted mean of (x − middle)² of each column."""
    deviations = X - middle
    deviations *= deviations
    return s @ deviations / s.sum()


def spaced_rows(n: int, rows: int) -> slice:
    """About `rows` of the n rows, evenly spaced."""
    return slice(None, None, max(n // rows, 1))
