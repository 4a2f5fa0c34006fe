"""Linear regression: the line, plane or hyperplane closest to the data.

    ŷ = X w + b            L(w, b) = 1/n Σᵢ (xᵢ·w + b − yᵢ)²

    ∂L/∂w = 2/n Xᵀ(X w + b − y)        ∂L/∂b = 2/n Σᵢ (xᵢ·w + b − yᵢ)
    v ← β v − η ∂L/∂w                  w ← w + v                            (b likewise; without momentum β = 0)

L is a bowl.  Gradient descent walks down its side; the normal equation jumps to its bottom.
Derivation: documentation/linear_regression.md

    n samples   d features   O targets, each fitted alone
"""

import warnings
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np

from ai_from_scratch.estimator import ConvergenceWarning, DivergenceError, Progress, check_sample_weight
from ai_from_scratch.estimator.batches import line_of, weights_of
from ai_from_scratch.estimator.diagnosis import train_and_diagnose
from ai_from_scratch.estimator.rules import Only, boolean, non_negative, one_of, positive, real, whole
from Linear_Regression_From_Scratch.normal_equation import normal_equation
from Linear_Regression_From_Scratch.scale.fit_from import FitsFromStatistics

RULES = {"solver": one_of("normal_equation", "gradient_descent"), "learning_rate": one_of("auto") | positive,
         "momentum": real(0, 1, open_at="high"), "max_iter": whole(1), "tol": non_negative, "fit_intercept": boolean}
LARGEST_PLAIN_SIZE = 3e7     # multiplications n · d · min(n, d) of the normal equation: at most a quarter of a second


def errors(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: Any) -> np.ndarray:
    """X w + b − y: (n,) or (n, O).  NumPy would broadcast (n,) − (n, 1) to (n, n), so that is a ValueError."""
    X, y, w = line_of(X, y, w)                                     # (n, d), (n,) or (n, O), (d,) or (d, O)
    return X @ w + b - y


def mean_squared_error(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: Any, sample_weight: Any = None) -> float:
    """L(w, b): the mean over the samples; several targets (w (d, O), y (n, O)) are added up."""
    return float(np.average(errors(X, y, w, b) ** 2, axis=0, weights=weights_of(sample_weight, X)).sum())


def gradient(X: np.ndarray, y: np.ndarray, w: np.ndarray, b: Any, sample_weight: Any = None) -> tuple[np.ndarray, Any]:
    """∂L/∂w of the shape of w, and ∂L/∂b of the shape of b.  A sample of weight 2 counts as two."""
    X, s = np.asarray(X), weights_of(sample_weight, X)             # (n, d), and (n,) or None
    error = errors(X, y, w, b)                                     # (n,) or (n, O)
    n = len(X) if s is None else s.sum()
    error = error if s is None else (s * error.T).T                # (n,) or (n, O)
    dw = 2 / n * (X.T @ error)                                     # (d,) or (d, O)
    db = 2 / n * error.sum(axis=0)                                 # () or (O,)
    return dw, db


def hessian(X: np.ndarray, sample_weight: np.ndarray | None = None, fit_intercept: bool = True) -> np.ndarray:
    """The second derivatives of L in (w₁ … w_d, b): the bowl's curvature, the same everywhere.  (d+1, d+1)"""
    Z = np.column_stack([X, np.ones(len(X), X.dtype)]) if fit_intercept else X    # b is the weight of a column of ones
    n, weighted = (len(X), Z) if sample_weight is None else (sample_weight.sum(), sample_weight[:, None] * Z)
    return 2 / n * (Z.T @ weighted)


def largest_curvature(X: np.ndarray, s: np.ndarray | None = None, fit_intercept: bool = True) -> float:
    """λmax of the Hessian.  2/n ZZᵀ (n, n) has the same: of a wide table it is the smaller matrix."""
    root = np.ones(len(X)) if s is None else np.sqrt(s)            # (n,)  of the weights
    smaller = hessian(X, s, fit_intercept) if len(X) > X.shape[1] else (
        2 / (root @ root) * np.outer(root, root) * (X @ X.T + fit_intercept))      # (n, n)  b's column of ones adds 1
    return float(np.linalg.eigvalsh(smaller)[-1])


def descend(w: Any, v: Any, dw: Any, learning_rate: float, momentum: float = 0.0) -> tuple[Any, Any]:
    """One step from w (or from b): the new w, and the new velocity v, the step just taken."""
    v = momentum * v - learning_rate * dw
    return w + v, v


class LinearRegression(FitsFromStatistics):
    """Least squares, solver="normal_equation" (exact, at once) or "gradient_descent" (step by step, to be watched).

    Gradient descent works on the data as given.  Columns of very different scale or large mean make the bowl a ravine:
    standardise them first.  The normal equation needs neither that nor the next four parameters.
    learning_rate: "auto" is 1/λmax, where λmax is the largest curvature of the bowl; a number is taken as given; the
        loss falls only if it is below 2/λmax, with momentum below 2 (1 + momentum)/λmax (`learning_rate_limit_`).
    momentum: in [0, 1), the share of its last step that a step keeps, like a heavy ball (Polyak 1964); 0 is none.
    max_iter, tol: gradient descent stops after max_iter steps, or when one more step lowers the loss by less than
        tol · Var(y): ‖∇L‖² / 2λmax ≤ tol · Var(y).  With momentum the velocity must be as small, too.
    engine: "plain" is normal_equation.py, "fast" its faster form in fast/; "auto" chooses by the size of X.

    Fitted: coef_ (d,) or (O, d), intercept_ () or (O,), n_iter_ steps taken (1 for the normal equation), engine_.
    """

    _multi_output, _adds_up_squares, _rules = True, True, RULES
    _no_effect: ClassVar = {"copy_X": True, "n_jobs": None, "positive": Only(False)}    # see Parameters
    _arrived = False               # whether the last descent converged: it met tol before max_iter

    def __init__(self, solver: str = "normal_equation", learning_rate: float | str = "auto", max_iter: int = 1000,
                 tol: float = 1e-8, fit_intercept: bool = True, momentum: float = 0.0, engine: str = "auto") -> None:
        self.solver, self.learning_rate = solver, learning_rate
        self.max_iter, self.tol = max_iter, tol
        self.fit_intercept, self.momentum, self.engine = fit_intercept, momentum, engine

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (n, d) and y (n,) or (n, O); sample_weight (n,) says how often each sample counts."""
        if str(self.solver) == "gradient_descent":
            train_and_diagnose(self, X, y, sample_weight, speak=False)    # all steps of `training`; sets diagnosis_
            if not self._arrived:
                warnings.warn(ConvergenceWarning(self._advice("Gradient descent has not arrived")), stacklevel=2)
            return self
        with self._unchanged_if_refused():
            X, y, s = self._check(X, y, sample_weight)             # (n, d), (n,) or (n, O), (n,) or None
        closed_form = normal_equation
        if self._choose_engine(X.size * min(X.shape), LARGEST_PLAIN_SIZE):
            from Linear_Regression_From_Scratch.fast.least_squares import normal_equation as closed_form
        w, b = closed_form(X, y, s, self.fit_intercept)
        self.coef_, self.intercept_, self.n_iter_, self.diagnosis_ = w.T.astype(X.dtype), b.astype(X.dtype), 1, None
        return self

    def training(self, X: Any, y: Any, sample_weight: Any = None, *, initial: Any = None) -> Iterator[Progress]:
        """Gradient descent from initial, (w0, b0) shaped like coef_ and intercept_, or from zeros.  It pauses after
        every step; the loss yielded is that after it.  Raises DivergenceError when the loss has grown a millionfold."""
        if str(self.solver) != "gradient_descent":
            raise ValueError(f"solver={self.solver!r} has no steps to watch: call fit, or take 'gradient_descent'.")
        with self._unchanged_if_refused():
            X, y, s = self._check(X, y, sample_weight)             # (n, d), (n,) or (n, O), (n,) or None
            w, b = self._start(X, y, initial)                      # (d,) and (), or (d, O) and (O,)
        self._choose_engine()
        self.coef_, self.intercept_, self.n_iter_ = w.T, b, 0

        curvature = largest_curvature(X, s, self.fit_intercept) or 1.0    # λmax; 1 if X is all 0
        self.learning_rate_limit_ = 2 * (1 + self.momentum) / curvature
        rate = 1 / curvature if self.learning_rate == "auto" else float(self.learning_rate)
        smallest_gain, largest_loss = self._when_to_stop(X, y, w, b, s)
        vw, vb = 0 * w, 0 * b                                      # the velocity starts at 0

        for step in range(1, self.max_iter + 1):
            with np.errstate(over="ignore", invalid="ignore"):     # an overflow is reported below, in words
                dw, db = gradient(X, y, w, b, s)
                db = db * self.fit_intercept                       # without an intercept b stays 0
                w, vw = descend(w, vw, dw, rate, self.momentum)
                b, vb = descend(b, vb, db, rate, self.momentum)
                loss = mean_squared_error(X, y, w, b, s)
            if not loss <= largest_loss:
                raise DivergenceError(self._advice(f"Gradient descent diverged at step {step}, the loss is {loss:.3g}"))
            bend = self.momentum * curvature * np.append(vw, vb)       # how much the velocity can still change ∇L
            steepness = max((dw**2).sum() + (db**2).sum(), (bend**2).sum())    # ‖∇L‖², or the velocity's part if larger
            self._arrived = bool(steepness <= 2 * curvature * smallest_gain)
            self.coef_, self.intercept_, self.n_iter_ = w.T, b, step
            yield Progress(step, self.max_iter, step, loss, {"learning_rate": rate})
            if self._arrived:
                return

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,) or (n, O)
        return self._check_predict(X) @ self.coef_.T + self.intercept_

    def _check(self, X: Any, y: Any, sample_weight: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        self._check_rules(**RULES)
        X, y = self._check_fit(X, y, sample_weight=sample_weight)
        s = None if sample_weight is None else check_sample_weight(sample_weight, X)
        return (X, y, s) if s is None or s.all() else (X[s > 0], y[s > 0], s[s > 0])     # a weight of 0: left out

    def _start(self, X: np.ndarray, y: np.ndarray, initial: Any) -> tuple[np.ndarray, np.ndarray]:
        coef, intercept = (*y.shape[1:], X.shape[1]), y.shape[1:]  # the shapes of coef_ and intercept_
        w0, b0 = (np.zeros(coef), np.zeros(intercept)) if initial is None else initial
        w0, b0 = np.array(w0, X.dtype, ndmin=1), np.array(b0, X.dtype)
        if w0.shape != coef or b0.shape != intercept or (b0.any() and not self.fit_intercept):
            raise ValueError(f"initial is (w0, b0) shaped like coef_ {coef} and intercept_ {intercept}, but came with "
                             f"{w0.shape} and {b0.shape}. With fit_intercept=False b stays 0: then b0 has to be 0.")
        return w0.T, b0[()]

    def _when_to_stop(self, X: np.ndarray, y: np.ndarray, w: np.ndarray, b: Any, s: Any) -> tuple[float, float]:
        """Two thresholds: converged if one step gains less than the first, diverged if the loss exceeds the second."""
        centre = np.average(y, axis=0, weights=s) if self.fit_intercept else 0.0
        variance = mean_squared_error(X, y, 0 * w, centre, s)      # the loss of the best constant
        power = mean_squared_error(X, y, 0 * w, 0.0, s)            # and of the constant 0: the scale of the rounding
        rounding = (8 * np.finfo(X.dtype).eps) ** 2 * power
        return self.tol * variance + rounding, 1e6 * (mean_squared_error(X, y, w, b, s) + power)

    def _advice(self, what: str) -> str:
        return (f"{what} (learning_rate={self.learning_rate}, momentum={self.momentum}, max_iter={self.max_iter}, "
                f"tol={self.tol}). On this data the learning rate must stay below "
                f"2{' (1 + momentum)' if self.momentum else ''}/λmax = {self.learning_rate_limit_:.4g}; 'auto' takes "
                "1/λmax. Columns of equal scale and mean 0 need the fewest steps; solver='normal_equation' needs none.")
