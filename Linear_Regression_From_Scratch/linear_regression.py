"""Linear regression: the line, plane or hyperplane closest to the data.

    ŷ = X w + b            L(w, b) = 1/n Σᵢ (xᵢ·w + b − yᵢ)²

    ∂L/∂w = 2/n Xᵀ(X w + b − y)        ∂L/∂b = 2/n Σᵢ (xᵢ·w + b − yᵢ)
    v ← β v − η ∂L/∂w                  w ← w + v                            (b likewise; without momentum β = 0)

L is a bowl.  Gradient descent walks down its side; the normal equation jumps to its bottom.
Derivation: documentation/linear_regression.md

    n samples   d features   t targets, each with a bowl of its own
"""

import warnings
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import ConvergenceWarning, DivergenceError, Progress, Regressor, check_sample_weight
from Linear_Regression_From_Scratch.normal_equation import normal_equation

SOLVERS = ("normal_equation", "gradient_descent")


def mean_squared_error(
    X: np.ndarray, y: np.ndarray, w: np.ndarray, b: Any, sample_weight: np.ndarray | None = None
) -> float:
    """L(w, b): the mean over the samples; several targets (w (d, t), y (n, t)) are added up."""
    error = X @ w + b - y                                          # (n,) or (n, t)
    return float(np.average(error**2, axis=0, weights=sample_weight).sum())


def gradient(
    X: np.ndarray, y: np.ndarray, w: np.ndarray, b: Any, sample_weight: np.ndarray | None = None
) -> tuple[np.ndarray, Any]:
    """∂L/∂w of w's shape and ∂L/∂b of b's.  A sample of weight 2 counts as two."""
    n = len(X) if sample_weight is None else sample_weight.sum()
    error = X @ w + b - y                                          # (n,) or (n, t)
    if sample_weight is not None:
        error = (sample_weight * error.T).T
    dw = 2 / n * (X.T @ error)                                     # (d,) or (d, t)
    db = 2 / n * error.sum(axis=0)                                 # () or (t,)
    return dw, db


def hessian(X: np.ndarray, sample_weight: np.ndarray | None = None, fit_intercept: bool = True) -> np.ndarray:
    """The second derivatives of L in (w₁ … w_d, b): the bowl's curvature, the same everywhere.  (d+1, d+1)"""
    n = len(X) if sample_weight is None else sample_weight.sum()
    Z = np.column_stack([X, np.ones(len(X), X.dtype)]) if fit_intercept else X    # b is the weight of a column of ones
    weighted = Z if sample_weight is None else sample_weight[:, None] * Z
    return 2 / n * (Z.T @ weighted)


class LinearRegression(Regressor):
    """Least squares, solver="normal_equation" (exact, at once) or "gradient_descent" (step by step, to be watched).

    Gradient descent works on the data as given, intercept included, so that its path lies on the bowl of the data;
    columns of very different scale or large mean make that bowl a ravine: standardise them first, or take the
    normal equation, which centres and scales by itself.

    learning_rate: "auto" is 1/λmax, the largest curvature of the bowl inverted; a number is taken as given, and
        descends only below 2/λmax, with momentum below 2 (1 + momentum)/λmax (`learning_rate_limit_`).
    momentum: in [0, 1), the share of its last step that a step keeps, as a heavy ball would (Polyak 1964); 0 is none.
    max_iter, tol: gradient descent stops after max_iter steps, or when a step down a bowl of curvature λmax could
        gain less than tol of the loss of the best constant: ‖∇L‖² / 2λmax ≤ tol · Var(y), and what it has gathered
        of momentum could not lose more.
    The normal equation ignores all four.

    Fitted: coef_ (d,) or (t, d), intercept_ () or (t,), n_iter_ steps taken (1 for the normal equation),
    n_features_in_, feature_names_in_.
    """

    _multi_output = True
    coef_: np.ndarray
    intercept_: Any
    n_iter_: int
    learning_rate_limit_: float

    def __init__(
        self,
        solver: str = "normal_equation",
        learning_rate: float | str = "auto",
        max_iter: int = 1000,
        tol: float = 1e-8,
        fit_intercept: bool = True,
        momentum: float = 0.0,
    ) -> None:
        self.solver = solver
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.max_iter = max_iter
        self.tol = tol
        self.fit_intercept = fit_intercept

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (n, d) and y (n,) or (n, t); sample_weight (n,) says how often each sample counts."""
        self._check_parameters()
        if self.solver == "gradient_descent":
            for _ in self.training(X, y, sample_weight):
                pass                                               # nobody watches
            if self.n_iter_ == self.max_iter:
                warnings.warn(ConvergenceWarning(self._advice("Gradient descent has not arrived")), stacklevel=2)
            return self

        X, y = self._check_fit(X, y)
        s = None if sample_weight is None else check_sample_weight(sample_weight, X)
        w, b = normal_equation(X, y, s, self.fit_intercept)
        self.coef_, self.intercept_, self.n_iter_ = w.T.astype(X.dtype), b.astype(X.dtype), 1
        return self

    def training(self, X: Any, y: Any, sample_weight: Any = None, *, initial: Any = None) -> Iterator[Progress]:
        """Gradient descent, pausing after every step so that anyone may watch.

        initial: where to begin, a pair (w0, b0) of the shapes of coef_ and intercept_; None is zeros.
        Raises DivergenceError when the loss has grown a millionfold.
        """
        if self.solver != "gradient_descent":
            raise ValueError(f"solver={self.solver!r} has no steps to watch: call fit, or take 'gradient_descent'.")
        self._check_parameters()
        X, y = self._check_fit(X, y)                               # (n, d), (n,) or (n, t)
        s = None if sample_weight is None else check_sample_weight(sample_weight, X)
        w, b = self._start(X, y, initial)                          # (d,) and (), or (d, t) and (t,)
        self.coef_, self.intercept_, self.n_iter_ = w.T, b, 0

        curvature = float(np.linalg.eigvalsh(hessian(X, s, self.fit_intercept))[-1])    # λmax
        curvature = curvature if curvature > 0 else 1.0            # all columns are 0: any will do
        self.learning_rate_limit_ = 2 * (1 + self.momentum) / curvature
        rate = 1 / curvature if self.learning_rate == "auto" else float(self.learning_rate)
        little, much = self._when_to_stop(X, y, w, b, s)
        vw, vb = 0 * w, 0 * b                                      # the last step: the ball starts at rest

        for step in range(1, self.max_iter + 1):
            with np.errstate(over="ignore", invalid="ignore"):     # an overflow is reported below, in words
                dw, db = gradient(X, y, w, b, s)
                if not self.fit_intercept:
                    db = 0 * db
                vw, vb = self.momentum * vw - rate * dw, self.momentum * vb - rate * db
                w, b = w + vw, b + vb
                loss = mean_squared_error(X, y, w, b, s)
            if not loss <= much:
                raise DivergenceError(self._advice(f"Gradient descent diverged at step {step}, the loss is {loss:.3g}"))
            self.coef_, self.intercept_, self.n_iter_ = w.T, b, step
            yield Progress(step, self.max_iter, step, loss, {"learning_rate": rate})
            gathered = self.momentum * curvature * np.append(vw, vb)
            if max((dw**2).sum() + (db**2).sum(), (gathered**2).sum()) <= 2 * curvature * little:
                return

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,) or (n, t)
        X = self._check_predict(X)
        return X @ self.coef_.T + self.intercept_

    # ---- what surrounds the descent

    def _start(self, X: np.ndarray, y: np.ndarray, initial: Any) -> tuple[np.ndarray, np.ndarray]:
        w_shape, b_shape = (X.shape[1], *y.shape[1:]), y.shape[1:]
        if initial is None:
            return np.zeros(w_shape, X.dtype), np.zeros(b_shape, X.dtype)[()]
        w0, b0 = initial
        w, b = np.array(w0, X.dtype, ndmin=1).T, np.array(b0, X.dtype)
        if w.shape != w_shape or b.shape != b_shape:
            raise ValueError(
                f"initial is a pair (w0, b0) shaped like coef_ {w_shape[::-1]} and intercept_ {b_shape}, "
                f"but came with {w.shape[::-1]} and {b.shape}."
            )
        if not self.fit_intercept and b.any():
            raise ValueError("With fit_intercept=False b stays 0, but initial=(w0, b0) has another b0.")
        return w, b[()]

    def _when_to_stop(self, X: np.ndarray, y: np.ndarray, w: np.ndarray, b: Any, s: Any) -> tuple[float, float]:
        """The gain of a step below which the descent has arrived, and the loss above which it has diverged."""
        centre = np.average(y, axis=0, weights=s) if self.fit_intercept else 0.0
        variance = mean_squared_error(X, y, 0 * w, centre, s)      # the loss of the best constant
        power = mean_squared_error(X, y, 0 * w, 0.0, s)            # and of zero: rounding is in proportion to it
        noise = (8 * np.finfo(X.dtype).eps) ** 2 * power
        return self.tol * variance + noise, 1e6 * (mean_squared_error(X, y, w, b, s) + power)

    def _advice(self, what: str) -> str:
        limit = "2 (1 + momentum)/λmax" if self.momentum else "2/λmax"
        return (
            f"{what} (learning_rate={self.learning_rate}, momentum={self.momentum}, max_iter={self.max_iter}, "
            f"tol={self.tol}). On this data the learning rate must stay below {limit} = "
            f"{self.learning_rate_limit_:.4g}; 'auto' takes 1/λmax. Columns of equal scale and mean 0 need the fewest "
            "steps; solver='normal_equation' needs none."
        )

    def _check_parameters(self) -> None:
        rate, steps, tol, momentum = self.learning_rate, self.max_iter, self.tol, self.momentum
        is_rate = rate == "auto" or (isinstance(rate, Real) and 0 < rate < np.inf)
        for name, valid, expected in (
            ("solver", self.solver in SOLVERS, f"a str among {SOLVERS}"),
            ("learning_rate", is_rate, "'auto' or a float > 0"),
            ("momentum", isinstance(momentum, Real) and 0 <= momentum < 1, "a float in [0, 1)"),
            ("max_iter", isinstance(steps, Integral) and steps >= 1, "an int >= 1"),
            ("tol", isinstance(tol, Real) and tol >= 0, "a float >= 0"),
        ):
            if not valid:
                got = getattr(self, name)
                raise ValueError(f"The {name!r} parameter of LinearRegression must be {expected}. Got {got!r} instead.")
