"""Ridge regression: least squares with a penalty on long weights.

    J(w, b) = Σᵢ (xᵢ·w + b − yᵢ)² + α ‖w‖²           (AᵀA + α I) w = AᵀB          A = X − x̄, B = y − ȳ

Along each principal axis of the data, where A has the singular value σ, the least-squares weight is multiplied by
σ² / (σ² + α).  Directions in which the data vary much keep their weight; directions in which they vary little are
shrunk.  Derivation: documentation/linear_regression_exact_and_fast.md

    n samples   d features   O targets, with one α or one for each
"""

import warnings
from typing import Any, ClassVar, Self

import numpy as np

from ai_from_scratch.estimator import check_sample_weight
from ai_from_scratch.estimator.rules import Only, boolean, each, non_negative, one_of
from Linear_Regression_From_Scratch.normal_equation import centred, solve
from Linear_Regression_From_Scratch.scale.fit_from import FitsFromStatistics

LARGEST_PLAIN_SIZE = 3e7     # multiplications max(n, d) · d² of AᵀA and of solving: at most a quarter of a second
RULES = {"alpha": non_negative | each(non_negative, "one such float for each target"),
         "fit_intercept": boolean, "solver": one_of("auto", "cholesky", "svd")}


def ridge(
    X: np.ndarray, Y: np.ndarray, alpha: np.ndarray, sample_weight: np.ndarray | None = None,
    fit_intercept: bool = True, solver: str = "auto",
) -> tuple[np.ndarray, np.ndarray, str]:
    """w (d, O), b (O,) and the solver taken, for X (n, d), Y (n, O) and alpha (O,): the normal equation where it is
    accurate enough, else singular values."""
    A, B, x_mean, y_mean = centred(X, Y, sample_weight, fit_intercept)       # (n, d), (n, O), (d,), (O,)
    w = None if solver == "svd" else penalised(A.T @ A, A.T @ B, alpha)
    taken = "svd" if w is None else "cholesky"
    if w is None:
        w = penalised_svd(A, B, alpha, np.finfo(X.dtype).eps * max(X.shape))
    return w, y_mean - x_mean @ w, taken                           # the intercept is not penalised


def penalised(G: np.ndarray, c: np.ndarray, alpha: np.ndarray) -> np.ndarray | None:   # (d, d), (d, O), (O,) -> (d, O)
    """Solves (AᵀA + α I) w = AᵀB for w, where G = AᵀA, c = AᵀB; None where α is too small for collinear columns."""
    W = np.empty(c.shape)
    for penalty in np.unique(alpha):
        same = alpha == penalty                                    # (O,) targets that share a penalty share a matrix
        w = solve(G + penalty * np.eye(len(G)), c[:, same])
        if w is None:
            return None
        W[:, same] = w
    return W


def penalised_svd(A: np.ndarray, B: np.ndarray, alpha: np.ndarray, rounding: float) -> np.ndarray:   # (d, O)
    """The same w from the singular values, A = U diag(σ) Vᵀ: w = V diag(σ / (σ² + α)) UᵀB.  Safe for each α ≥ 0; for
    α = 0 the shortest w."""
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)           # (n, k), (k,), (k, d)
    nonzero = sigma > rounding * sigma[0]                          # the others are 0 but for rounding: their
    sigma = np.where(nonzero, sigma, np.inf)                       # directions get no weight, even for α = 0
    return Vt.T @ (shrinkage(sigma, alpha) * (U.T @ B) / sigma[:, None])


def shrinkage(sigma: np.ndarray, alpha: np.ndarray) -> np.ndarray:   # (k,), (O,) -> (k, O)
    """σ² / (σ² + α): the share of the least-squares weight that ridge keeps along an axis of singular value σ."""
    return 1 / (1 + alpha / sigma[:, None] ** 2)


class Ridge(FitsFromStatistics):
    """Least squares with a penalty on the squared length of w, solved at once.  The intercept is not penalised.

    alpha: the penalty ≥ 0, or one for each target (O,).  It is added to a sum over the samples, not to their mean. It
        acts on w in the units of the columns: standardise the columns first, or they are penalised unequally.
    solver: "cholesky" (scikit-learn's name) solves the normal equation, "svd" takes singular values, slower and safe;
        "auto" is "cholesky" where that is accurate enough, else "svd".  If solver is "cholesky" and α is too small for
        it, "svd" is taken, with a RuntimeWarning.
    engine: "plain" is the code of this file, "fast" that of fast/; "auto" chooses by the size of X.

    Fitted: coef_ (d,) or (O, d), intercept_ () or (O,), solver_ and engine_ that were taken, n_iter_ 1 as for the
    normal equation (there are no steps).
    """

    _multi_output, _adds_up_squares, _flattens_one_target, _rules = True, True, True, RULES
    _no_effect: ClassVar = {"copy_X": True, "max_iter": None, "tol": 1e-4, "random_state": None,    # X is never
                            "positive": Only(False)}               # overwritten, and there are no steps

    def __init__(
        self, alpha: Any = 1.0, *, fit_intercept: bool = True, solver: str = "auto", engine: str = "auto",
    ) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.engine = engine

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (n, d) and y (n,) or (n, O); sample_weight (n,) says how often each sample counts."""
        with self._unchanged_if_refused():
            self._check_rules(**RULES)
            X, y = self._check_fit(X, y, sample_weight=sample_weight)
            weight = None if sample_weight is None else check_sample_weight(sample_weight, X)
            Y = y.reshape(len(X), -1)                              # (n, O)
            alpha = self._penalties(Y.shape[1])                    # (O,)

        w, b, self.solver_ = self._ridge(X)(X, Y, alpha, weight, self.fit_intercept, self.solver)
        if self.solver == "cholesky" != self.solver_:
            warnings.warn(f"With alpha={self.alpha!r} the columns of X repeat each other too closely for "
                          "solver='cholesky': took 'svd'. Raise alpha, or take solver='svd' or 'auto'.",
                          RuntimeWarning, stacklevel=2)
        self.coef_ = (w.T if w.shape[1] > 1 else w[:, 0]).astype(X.dtype)    # one target gives coef_ (d,);
        self.intercept_ = b.reshape(y.shape[1:]).astype(X.dtype)[()]         # intercept_ has the shape of y
        self.n_iter_ = 1
        return self

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,) or (n, O)
        X = self._check_predict(X)
        return X @ self.coef_.T + self.intercept_

    def _penalties(self, outputs: int) -> np.ndarray:              # (O,)
        alpha = np.array(self.alpha, dtype=np.float64).ravel()
        if len(alpha) not in (1, outputs):
            raise ValueError("Number of targets and number of penalties do not correspond: "
                             f"{len(alpha)} != {outputs}. Give one alpha, or one for each target.")
        return np.broadcast_to(alpha, outputs)

    def _weights(self, A: np.ndarray, B: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        w, _, self.solver_ = ridge(A, B, alpha, None, False, self.solver)
        return w

    def _ridge(self, X: np.ndarray) -> Any:
        if self._choose_engine(max(X.shape) * X.shape[1] ** 2, LARGEST_PLAIN_SIZE):
            from Linear_Regression_From_Scratch.fast import least_squares

            return least_squares.ridge
        return ridge
