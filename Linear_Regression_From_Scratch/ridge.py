"""Ridge regression: least squares that pays for long weights.

    J(w, b) = Σᵢ (xᵢ·w + b − yᵢ)² + α ‖w‖²           (AᵀA + α I) w = Aᵀt,  A and t centred

Along each principal axis of the data, where A is s long, the least-squares weight is multiplied by s² / (s² + α): what
the data say loudly stays, what they whisper is kept small.  Derivation: documentation/linear_regression.md

    n samples   d features   t targets, each with an α of its own if it likes
"""

from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import Regressor, check_sample_weight
from Linear_Regression_From_Scratch.dual import dual
from Linear_Regression_From_Scratch.normal_equation import few_rows, gram, lost, means, solve_gram

SOLVERS = ("auto", "cholesky", "svd")


def ridge(
    X: np.ndarray, Y: np.ndarray, alpha: np.ndarray, s: np.ndarray | None = None, fit_intercept: bool = True
) -> tuple[np.ndarray, np.ndarray] | None:
    """w (d, t) and b (t,) for X (n, d), Y (n, t), alpha (t,) by Cholesky; None where α is too small to make the
    matrix a safe one.  The matrix is (d, d), or (n, n) where there are fewer samples than features."""
    n, d = X.shape
    W = np.empty((d, Y.shape[1]))
    if n > d:
        G, c, x_mean, y_mean = gram(X, Y, s, fit_intercept)
    else:
        x_mean, y_mean = means(X, Y, s, fit_intercept)
        A, B = few_rows(X, Y, x_mean, y_mean, s, fit_intercept)    # (n, d), (n, t)
    for penalty in np.unique(alpha):
        same = alpha == penalty                                    # (t,) targets that share a matrix share its factor
        if n > d:
            w = solve_gram(G + penalty * np.eye(d), c[:, same])
        else:
            w = dual(A, B[:, same], lost(s, n) if fit_intercept else None, penalty)
        if w is None:
            return None
        W[:, same] = w
    return W, y_mean - x_mean @ W


def ridge_svd(
    X: np.ndarray, Y: np.ndarray, alpha: np.ndarray, s: np.ndarray | None = None, fit_intercept: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """The same from A = U diag(s) Vᵀ: w = V diag(s / (s² + α)) Uᵀt.  Sure for every α ≥ 0, the shortest w for α = 0."""
    x_mean, y_mean = means(X, Y, s, fit_intercept)
    A, B = few_rows(X, Y, x_mean, y_mean, s, fit_intercept)        # (≤ d, d), (≤ d, t)
    U, length, Vt = np.linalg.svd(A, full_matrices=False)          # length (k,): of A along each of its axes Vt (k, d)
    heard = length > np.finfo(X.dtype).eps * max(X.shape) * length[0]
    length = np.where(heard, length, np.inf)                       # rounding has nothing to say, even if α is 0
    w = Vt.T @ (shrinkage(length, alpha) * (U.T @ B) / length[:, None])
    return w, y_mean - x_mean @ w


def shrinkage(length: np.ndarray, alpha: np.ndarray) -> np.ndarray:  # (k,), (t,) -> (k, t)
    """s² / (s² + α): the share that ridge keeps of the weight along an axis on which the data are s long."""
    return 1 / (1 + alpha / length[:, None] ** 2)


class Ridge(Regressor):
    """Least squares with a penalty on the squared length of w, solved at once.  The intercept is free of charge.

    alpha: the price ≥ 0, or one for each target (t,).  It is set against a sum over the samples, not their mean, and
        against w in the units of the columns: standardise these first, or they pay unequally.
    solver: "cholesky" is fast and refuses where α is so small that the columns' repetitions eat its digits; "svd" is
        sure and slower; "auto" takes the first where it can.

    Fitted: coef_ (d,) or (t, d), intercept_ () or (t,), solver_ the one that was taken, n_iter_ None (there are no
    steps), n_features_in_, feature_names_in_.
    """

    _multi_output = True
    coef_: np.ndarray
    intercept_: Any
    solver_: str
    n_iter_: None

    def __init__(self, alpha: Any = 1.0, *, fit_intercept: bool = True, solver: str = "auto") -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (n, d) and y (n,) or (n, t); sample_weight (n,) says how often each sample counts."""
        self._check_solver()
        X, y = self._check_fit(X, y)
        s = None if sample_weight is None else check_sample_weight(sample_weight, X)
        Y = y.reshape(len(X), -1)                                  # (n, t)
        alpha = self._penalties(Y.shape[1])                        # (t,)

        solved = None if self.solver == "svd" else ridge(X, Y, alpha, s, self.fit_intercept)
        if solved is None and self.solver == "cholesky":
            raise np.linalg.LinAlgError(
                f"With alpha={self.alpha!r} the columns of X repeat each other too closely for Cholesky. Raise alpha, "
                "or take solver='svd' or 'auto'."
            )
        self.solver_ = "cholesky" if solved is not None else "svd"
        w, b = solved if solved is not None else ridge_svd(X, Y, alpha, s, self.fit_intercept)

        alone = len(b) == 1                                        # one column of targets is flattened, as
        self.coef_ = (w[:, 0] if alone else w.T).astype(X.dtype)   # scikit-learn's Ridge does
        self.intercept_ = (b[0] if alone else b).astype(X.dtype)
        self.n_iter_ = None
        return self

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,) or (n, t)
        X = self._check_predict(X)
        return X @ self.coef_.T + self.intercept_

    def _penalties(self, targets: int) -> np.ndarray:              # (t,)
        try:
            alpha = np.array(self.alpha, dtype=np.float64).ravel()
        except (TypeError, ValueError):
            alpha = np.array([np.nan])
        if isinstance(self.alpha, str | bool) or not (alpha >= 0).all() or not np.isfinite(alpha).all():
            raise ValueError(
                "The 'alpha' parameter of Ridge must be a float in the range [0, inf), or one such float for each "
                f"target. Got {self.alpha!r} instead."
            )
        if len(alpha) not in (1, targets):
            raise ValueError(f"Number of targets and number of penalties do not correspond: {len(alpha)} != {targets}")
        return np.broadcast_to(alpha, (targets,))

    def _check_solver(self) -> None:
        if self.solver not in SOLVERS:
            raise ValueError(
                f"The 'solver' parameter of Ridge must be a str among {SOLVERS}. Got {self.solver!r} instead."
            )
