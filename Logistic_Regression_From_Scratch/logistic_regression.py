"""Logistic regression: a straight boundary between classes, and the probabilities on either side of it.

    z = w·x + b        P(y = 1 | x) = σ(z)        J(w, b) = 1/n Σᵢ ℓ(zᵢ, yᵢ) + ‖w‖² / 2Cn

    ∂J/∂w = 1/n Σᵢ (σ(zᵢ) − yᵢ) xᵢ + w / Cn        ∂J/∂b = 1/n Σᵢ (σ(zᵢ) − yᵢ)

The gradient of linear regression, with σ between line and error.  K classes have K rows w_c, and softmax instead of σ.
σ, softmax and ℓ: cross_entropy.py.  Derivation: documentation/logistic_regression.md

    n samples   d features   K classes   R rows of W: 1 for two classes, else K   s weights, S = Σᵢ sᵢ in place of n
"""

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import ConvergenceWarning, DivergenceError, Progress, check_sample_weight
from ai_from_scratch.estimator.diagnosis import train_and_diagnose
from ai_from_scratch.estimator.rules import check, non_negative, positive
from Logistic_Regression_From_Scratch.checks import NO_EFFECT, RULES, advice, check_start, one_class_error
from Logistic_Regression_From_Scratch.class_weight import weigh_classes
from Logistic_Regression_From_Scratch.cross_entropy import cross_entropy, log_one_plus_exp, log_softmax
from Logistic_Regression_From_Scratch.lbfgs import lbfgs
from Logistic_Regression_From_Scratch.newton import flat_function, hessian, largest_curvature, newton
from Logistic_Regression_From_Scratch.scale.fit_from import FitsFromStatistics

LARGEST_NEWTON_SIZE = 600_000    # n D² for D parameters: up to here a Hessian costs no more than a few gradients
LARGEST_PLAIN_SIZE = 1e8         # multiplications of one Hessian or of 20 gradients; σ counts as 20 of them: ¼ second
Steps = Iterator[tuple[np.ndarray, np.ndarray, float, float]]      # W (R, d), b (R,), J there, and the largest |∂J|


def loss_and_gradient(
    W: np.ndarray, b: np.ndarray, X: np.ndarray, y: np.ndarray, s: np.ndarray, C: float, fit_intercept: bool
) -> tuple[float, np.ndarray, np.ndarray]:
    """J, ∂J/∂W (R, d) and ∂J/∂b (R,) for X (n, d), codes y (n,), weights s (n,).  C = inf is no penalty."""
    S = s.sum()
    with np.errstate(over="ignore", invalid="ignore"):             # a step too far is refused, or reported in words
        losses, E = cross_entropy(W @ X.T + b[:, None], y)         # (n,) and (R, n): E = σ(z) − y
        E *= s / S
        dW = E @ X + W / (C * S)                                   # (R, d)
        db = E.sum(axis=1) if fit_intercept else 0 * b             # (R,)
        J = s @ losses / S + (W**2).sum() / (2 * C * S)
    return float(J), dW, db


def gradient_descent(
    loss: Callable, W: np.ndarray, b: np.ndarray, *, learning_rate: float, tol: float, max_iter: int
) -> Steps:
    """Descends from W and b until no partial derivative of J is above tol; pauses after every step."""
    check("gradient_descent", locals(), {"learning_rate": positive, "tol": non_negative})
    J, dW, db = loss(W, b)
    for _ in range(max_iter):
        if max(np.abs(dW).max(), np.abs(db).max()) <= tol:
            return
        W = W - learning_rate * dW
        b = b - learning_rate * db
        J, dW, db = loss(W, b)
        yield W, b, J, max(np.abs(dW).max(), np.abs(db).max())


class LogisticRegression(FitsFromStatistics):
    """Straight boundaries between classes, with probabilities; scikit-learn's objective and parameter names.

    C: the inverse of the penalty's strength; np.inf is no penalty.  The intercept is not penalised.
    solver: "newton-cholesky", "lbfgs" or "gradient_descent", which is to be watched; the minimum is the same.  "auto"
        is Newton on small data, else L-BFGS; `solver_` names it.
    tol, max_iter: a solver stops when no partial derivative of J is above tol, or after max_iter steps.
    class_weight: None, {label: weight} or "balanced".  warm_start: begin where the last fit ended.
    learning_rate: of gradient_descent; "auto" is 1/λmax, with which the loss always falls.  A number is taken as given.
    engine: "plain" is this code, "fast" finds the same minimum with fast/; "auto" is "fast" for large data.
    """
    coef_: np.ndarray            # (R, d); and intercept_ (R,), n_iter_ (1,) steps, solver_, engine_, classes_ (K,)
    _no_effect, _adds_up_squares = NO_EFFECT, True

    def __init__(
        self, *, C: float = 1.0, tol: float = 1e-4, fit_intercept: bool = True, class_weight: Any = None,
        solver: str = "auto", max_iter: int = 100, warm_start: bool = False,
        learning_rate: float | str = "auto", engine: str = "auto",
    ) -> None:
        self.C, self.tol, self.fit_intercept, self.class_weight = C, tol, fit_intercept, class_weight
        self.solver, self.max_iter, self.warm_start = solver, max_iter, warm_start
        self.learning_rate, self.engine = learning_rate, engine

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (n, d) and labels y (n,); sample_weight (n,) says how often each sample counts."""
        last = train_and_diagnose(self, X, y, sample_weight, speak=False)    # all steps of `training`; sets diagnosis_
        if last and last.step == self.max_iter and last.metrics["gradient"] > self.tol:
            warnings.warn(ConvergenceWarning(advice(self, last)), stacklevel=2)
        return self

    def training(self, X: Any, y: Any, sample_weight: Any = None, *, initial: Any = None) -> Iterator[Progress]:
        """As `fit`, but it pauses after every step of the solver so that anyone may watch.

        initial: where to start, a pair (W, b) of the shapes of coef_ and intercept_; zeros if None.
        Raises DivergenceError when J overflows because the given learning rate is too large.
        """
        with self._unchanged_if_refused():
            self._check_rules(**RULES)
            if initial is None and self.warm_start and hasattr(self, "coef_"):
                initial = self.coef_, self.intercept_
            X, y = self._check_fit(X, y, sample_weight=sample_weight)      # (n, d), (n,) codes
            s = check_sample_weight(sample_weight, X)              # (n,)
            if self.class_weight is not None:
                s = weigh_classes(self.class_weight, self.classes_, y, s)
            K = len(self.classes_)
            if K < 2:
                raise one_class_error(self.classes_)
            R = K if K > 2 else 1
            W, b = np.zeros((R, X.shape[1]), X.dtype), np.zeros(R, X.dtype)
            if initial is not None:
                W, b = check_start(initial, W, b, self.fit_intercept)
        self.coef_, self.intercept_, self.n_iter_ = W, b, np.array([0], dtype=np.int32)
        if not s.all():
            X, y, s = X[s > 0], y[s > 0], s[s > 0]                 # a sample of weight 0 is left out
        for step, (new_W, new_b, loss, steepest) in enumerate(self._steps(X, y, s, W, b), start=1):
            progress = Progress(step, self.max_iter, step, loss, {"gradient": steepest})
            if not np.isfinite(loss):
                raise DivergenceError(advice(self, progress))
            self.coef_, self.intercept_, self.n_iter_ = new_W, new_b, np.array([step], dtype=np.int32)
            yield progress

    def _steps(self, X: np.ndarray, y: np.ndarray, s: np.ndarray, W: np.ndarray, b: np.ndarray) -> Steps:
        """Runs the chosen solver with the chosen engine from W and b; yields the parameters after each step."""
        (n, d), R, D, S = X.shape, len(W), W.size + b.size, s.sum()
        penalty: dict[str, Any] = {"C": self.C, "fit_intercept": self.fit_intercept}
        end: dict[str, Any] = {"tol": self.tol, "max_iter": self.max_iter}
        small = n * D**2 <= LARGEST_NEWTON_SIZE
        self.solver_ = self.solver if self.solver != "auto" else "newton-cholesky" if small else "lbfgs"
        if self.solver == "gradient_descent":                      # on X as given: the path is to be drawn
            self._choose_engine()
            self.learning_rate_limit_ = 2 / largest_curvature(X, s, R, **penalty)
            rate = self.learning_rate_limit_ / 2 if self.learning_rate == "auto" else float(self.learning_rate)
            loss = partial(loss_and_gradient, X=X, y=y, s=s, **penalty)
            yield from gradient_descent(loss, W, b, learning_rate=rate, **end)
            return
        if self._choose_engine(20 * n * (D + 20 * R) if self.solver_ == "lbfgs" else n * D**2, LARGEST_PLAIN_SIZE):
            from Logistic_Regression_From_Scratch.fast.minimise import minimise
            yield from minimise(self.solver_, X, y, s, W, b, **penalty, **end)
            return
        x_mean = X[0] * np.float64(self.fit_intercept)             # (d,) the first row: makes constant columns 0
        X = X - x_mean                                             # (n, d) float64
        if self.fit_intercept:
            # Centred features, z = W (x − x̄) + b̄: weights and intercept are not correlated, which saves many steps.
            X -= (shift := s @ X / S)                              # (d,)
            x_mean = x_mean + shift
        J = flat_function(partial(loss_and_gradient, X=X, y=y, s=s, **penalty), R, x_mean)
        theta = np.column_stack([W, b + W @ x_mean]).ravel()       # (D,) the rows [w_c, b̄_c]
        if self.solver_ == "lbfgs":
            # The diagonal of H at θ = 0, where each p is 1/K.  As first guess of H it removes the columns' units.
            p = 1 / len(self.classes_)
            h = np.append(np.einsum("i,ij,ij->j", s, X, X) / S, 1.0) * p * (1 - p) + 1 / (self.C * S)     # (d + 1,)
            h = np.tile(np.where(h > 0, h, 1.0), R)                # (D,)
            points = lbfgs(J, theta, lambda g: g / h, **end)
        else:
            points = newton(J, partial(hessian, X=X, s=s, **penalty), theta, **end)
        for point in points:
            T = point.theta.reshape(R, d + 1)
            yield T[:, :d].astype(W.dtype), (T[:, d] - T[:, :d] @ x_mean).astype(b.dtype), point.loss, point.steepest

    def decision_function(self, X: Any) -> np.ndarray:
        """The scores z: (n,) for two classes (above 0 is the second), else (n, K)."""
        Z = self._check_predict(X) @ self.coef_.T + self.intercept_                          # (n, R)
        return Z[:, 0] if len(self.coef_) == 1 else Z

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,)
        """The most probable label: the one with the highest score; of two classes the second where z > 0."""
        Z = self.decision_function(X)
        return self.classes_[(Z > 0).astype(np.intp) if Z.ndim == 1 else Z.argmax(axis=1)]

    def predict_log_proba(self, X: Any) -> np.ndarray:  # (n, d) -> (n, K)
        """log P(class) from the scores: for example −1000, where the probability itself underflows to 0."""
        Z = self.decision_function(X)
        return np.column_stack([-log_one_plus_exp(Z), -log_one_plus_exp(-Z)]) if Z.ndim == 1 else log_softmax(Z.T).T

    def predict_proba(self, X: Any) -> np.ndarray:  # (n, d) -> (n, K)
        """Each class's probability, in the order of `classes_`; rows sum to 1."""
        return np.exp(self.predict_log_proba(X))
