"""Fits LogisticRegression from sums over the rows: each of Newton's steps needs one sum; the rows themselves are not
needed.

    at ← classes, centre, θ                            sent to where the rows lie, d + D numbers
    J, g, H ← total(at) = Σ over the parts             comes back, 1 + D + D² numbers
    θ ← θ − η H⁻¹ g                                    newton.py

The sums depend on θ, so `fit_from` takes the function that adds them up.  Derivation: documentation/scale.md

    d features   K classes   R rows of W: 1 for two classes, else K   D = R (d + 1) parameters
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Self

import numpy as np

from ai_from_scratch.estimator import Classifier, ConvergenceWarning, DivergenceError, Progress
from Logistic_Regression_From_Scratch.checks import RULES, advice, one_class_error
from Logistic_Regression_From_Scratch.class_weight import weigh_classes
from Logistic_Regression_From_Scratch.newton import flat_function, newton


class At(NamedTuple):
    """What must be known of the model to compute the sums over some rows."""

    classes: np.ndarray          # (K,)
    class_weight: np.ndarray     # (K,) the weight of a row of each class
    centre: np.ndarray           # (d,) x̄: the features are taken as x − x̄, as in `fit`
    theta: np.ndarray            # (R, d + 1) the rows [w_c, b̄_c]
    fit_intercept: bool


class FitsFromStatistics(Classifier):
    """fit_from, and training_from that pauses after each step.  The solver is always Newton's method, because it needs
    few steps: each step is a pass over all rows, wherever they are."""

    _needed = "n_features_in_ coef_ intercept_"
    C: float
    tol: float
    max_iter: int
    fit_intercept: bool
    solver: str
    class_weight: Any

    def fit_from(self, total: Callable[[At | None], Any]) -> Self:
        """Learn from the sums over all rows: the same minimum as `fit`.  total(at) adds up the Statistics of all parts:

            model.fit_from(lambda at: sum(Statistics.of(X, y, at=at) for X, y in parts))
        """
        last = None
        for progress in self.training_from(total):
            last = progress
        if last and last.step == self.max_iter and last.metrics["gradient"] > self.tol:
            warnings.warn(ConvergenceWarning(advice(self, last)), stacklevel=2)
        return self

    def training_from(self, total: Callable[[At | None], Any]) -> Iterator[Progress]:
        """As fit_from, but it pauses after each of Newton's steps; `predict` works at each pause."""
        with self._unchanged_if_refused():
            self._check_rules(**RULES)
            if self.solver not in ("auto", "newton-cholesky"):
                raise ValueError(f"From sums only Newton's method is done, got solver={self.solver!r}. Try "
                                 "solver='auto' or 'newton-cholesky'.")
            table = checked(total(None))                          # the classes and the mean
            if len(table.classes) < 2:
                raise one_class_error(table.classes)
            self.classes_, K, d = table.classes, len(table.classes), table.n_features
            self._remember(np.empty((0, d)), table.names)
            # The weight of each class, from one row of each class that has the weight of all its rows.
            weights = weigh_classes(self.class_weight, table.classes, np.arange(K), table.weight) / table.weight
        R, S = K if K > 2 else 1, weights @ table.weight
        x_mean = table.mean * float(self.fit_intercept)           # (d,)
        at = At(table.classes, weights, x_mean, np.zeros((R, d + 1)), bool(self.fit_intercept))
        here: Any = None                                          # the sums at the last θ: J, g and H come together

        def loss(W: np.ndarray, b: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
            nonlocal here
            here = checked(total(at._replace(theta=np.column_stack([W, b]))), at.theta.shape)
            g = here.gradient / S                                 # (R, d + 1)
            return here.loss / S + (W**2).sum() / (2 * self.C * S), g[:, :d] + W / (self.C * S), g[:, d]

        def curvature(_: np.ndarray) -> np.ndarray:                 # (D, D) at the θ of the last call of `loss`
            penalty = np.append(np.full(d, 1 / (self.C * S)), 0)  # the intercept has none
            return here.hessian / S + np.diag(np.tile(penalty, R))

        def keep(theta: np.ndarray, step: int) -> None:
            T = theta.reshape(R, d + 1)
            self.coef_ = T[:, :d].astype(table.dtype)
            self.intercept_ = (T[:, d] - T[:, :d] @ x_mean).astype(table.dtype)
            self.n_iter_ = np.array([step], dtype=np.int32)

        self.solver_ = "newton-cholesky"
        self._choose_engine()
        keep(at.theta, 0)
        points = newton(flat_function(loss, R, x_mean), curvature, at.theta.ravel(), tol=self.tol,
                        max_iter=self.max_iter)
        for step, point in enumerate(points, start=1):
            progress = Progress(step, self.max_iter, step, point.loss, {"gradient": point.steepest})
            if not np.isfinite(point.loss):
                raise DivergenceError(advice(self, progress))
            keep(point.theta, step)
            yield progress


def checked(statistics: Any, shape: tuple[int, ...] = ()) -> Any:
    """What total(at) gave, if these are statistics with a gradient of this shape; TypeError or ValueError if not."""
    from Logistic_Regression_From_Scratch.scale.statistics import Statistics  # which imports this file

    if not isinstance(statistics, Statistics):
        raise TypeError("fit_from expects a function that adds up Logistic_Regression_From_Scratch.Statistics, the "
                        "function gave "
                        f"{type(statistics).__module__}.{type(statistics).__qualname__}. Try "
                        "fit_from(lambda at: sum(Statistics.of(X, y, at=at) for X, y in parts)).")
    statistics.check_complete()
    if statistics.gradient.shape != shape:
        raise ValueError("The sums were computed at other parameters than the `at` that fit_from gave to the function. "
                         "Try Statistics.of(X, y, at=at) for each part.")
    return statistics
