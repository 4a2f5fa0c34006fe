"""What logistic regression minimises, as a function of one flat vector θ, for solvers that know nothing else.

    J(θ) = 1/S Σᵢ sᵢ ℓ(zᵢ, yᵢ) + ‖W‖² / 2CS        zᵢ = W (xᵢ − m) + a        θ = the rows [wₖ, aₖ]

Scores are taken about the samples' mean m.  As the intercept is not penalised, b = a − W m, this is the same minimum;
but a and W no longer pull on each other, so the bowl is rounder: on features that are all positive the solvers need a
fraction of the steps.  X − m is never made for it: only b and one term of the gradient change.

    n samples   d features   R rows of W: 1 for two classes, else K   S = Σᵢ sᵢ
"""

from collections.abc import Callable

import numpy as np

from Linear_Regression_From_Scratch.normal_equation import blocks, mean, rounding
from Logistic_Regression_From_Scratch.cross_entropy import log_softmax, sigmoid

Loss = Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray, np.ndarray]]


class CentredObjective:
    """J, its gradient and its Hessian at θ, a float64 vector of R (d + 1) numbers, R d without an intercept.

    loss(W, b) is the plain function: J, ∂J/∂W, ∂J/∂b.  alpha is the penalty's curvature 1 / CS.
    """

    def __init__(self, loss: Loss, X: np.ndarray, s: np.ndarray, R: int, alpha: float, fit_intercept: bool) -> None:
        self.loss, self.X, self.R, self.fit_intercept = loss, X, R, fit_intercept
        self.share = s / s.sum()                                   # (n,)
        self.mean = mean(X, s) if fit_intercept else np.zeros(X.shape[1])            # (d,)
        self.penalty = np.append(np.full(X.shape[1], alpha), [0.0] * fit_intercept)  # (d + 1,) second derivatives
        self.constant = np.zeros(X.shape[1], dtype=bool)
        self.squares = sum(self.share[rows] @ self._centred(rows) ** 2 for rows in blocks(X))     # (d + 1,)
        spread = np.sqrt(self.squares[:X.shape[1]])                # (d,)
        self.constant = spread <= rounding(X, self.mean, s) / np.sqrt(s.sum())       # rounding is not information
        # A column far from zero takes digits from the scores, and these from J: its relative error.
        far = (np.abs(self.mean) / np.where(self.constant, np.inf, spread)).max()
        self.rounding = 8 * float(np.finfo(X.dtype).eps) * (1 + far)

    def flatten(self, W: np.ndarray, b: np.ndarray) -> np.ndarray:
        """θ from W (R, d) and b (R,)."""
        if not self.fit_intercept:
            return W.ravel().astype(np.float64)
        return np.column_stack([W, b + W @ self.mean]).ravel().astype(np.float64)

    def unflatten(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """W (R, d) and b (R,) from θ, in X's dtype."""
        W, a = self._split(theta)
        return W.astype(self.X.dtype), (a - W @ self.mean).astype(self.X.dtype)

    def __call__(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """J and ∂J/∂θ."""
        J, dW, db = self.loss(*self.unflatten(theta))
        dW = dW - np.outer(db, self.mean)                          # b = a − W m depends on W too
        dW[:, self.constant] = self._split(theta)[0][:, self.constant] * self.penalty[0]
        return J, (np.column_stack([dW, db]) if self.fit_intercept else dW).ravel().astype(np.float64)

    def curvature(self) -> np.ndarray:
        """About how steep the bowl is along each parameter, for L-BFGS to begin with: √(h · max h).

        h is the Hessian's diagonal at θ = 0, where each pₖ is 1/K.  Its square root is a middle way: all of h takes
        columns of different units apart at once, none of it leaves rare pixels in peace.
        """
        K = max(self.R, 2)
        h = self.squares * (1 / K) * (1 - 1 / K) + self.penalty    # (d + 1,)
        h = np.where(h > 0, h, h.max())                            # a constant column, and no penalty: it will not move
        return np.tile(np.sqrt(h * h.max()), self.R)

    def hessian(self, theta: np.ndarray) -> np.ndarray:            # (R (d+1), R (d+1))
        """Σᵢ sᵢ/S (diag(p) − p pᵀ) ⊗ x xᵀ + 1/CS with x = [xᵢ − m, 1], summed over blocks of rows of about 1 MB."""
        (W, a), R, size = self._split(theta), self.R, len(self.penalty)
        H = np.zeros((R, size, R, size))
        for rows in blocks(self.X):
            A = self._centred(rows)                                # (rows, d + 1)
            Z = W @ A[:, :W.shape[1]].T + a[:, None]               # (R, rows)
            P = sigmoid(Z) if R == 1 else np.exp(log_softmax(Z))   # (R, rows)
            for k in range(R):
                for j in range(k + 1):
                    weight = self.share[rows] * P[k] * ((k == j) - P[j])
                    H[k, :, j] += A.T @ (weight[:, None] * A)
        for k in range(R):
            H[k, :, k] += np.diag(self.penalty)
            for j in range(k):
                H[j, :, k] = H[k, :, j]                            # symmetric in k and j, as x xᵀ is
        return self._anchored(H).reshape(R * size, R * size)

    def _anchored(self, H: np.ndarray) -> np.ndarray:
        """Curvature for the directions that have none: the same number added to every class changes no probability.

        J is flat there, so its gradient has no part in them and no step will be taken; H only becomes invertible.
        """
        if self.R > 1:
            for c in np.flatnonzero(self.penalty == 0):
                H[:, c, :, c] += np.trace(H[:, c, :, c]) / self.R**2
        return H

    def _centred(self, rows: slice) -> np.ndarray:                 # (rows, d + 1)
        A = self.X[rows] - self.mean
        A[:, self.constant] = 0.0
        return np.column_stack([A, np.ones(len(A))]) if self.fit_intercept else A

    def _split(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        T = theta.reshape(self.R, -1)                              # (R, d + 1)
        d = self.X.shape[1]
        return T[:, :d], T[:, d] if self.fit_intercept else np.zeros(self.R)
