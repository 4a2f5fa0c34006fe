"""Logistic regression: a straight boundary between classes, and how sure one can be on either side of it.

    z = w·x + b        P(y = 1 | x) = σ(z)        J(w, b) = 1/n Σᵢ ℓ(zᵢ, yᵢ) + ‖w‖² / 2Cn

    ∂J/∂w = 1/n Σᵢ (σ(zᵢ) − yᵢ) xᵢ + w / Cn        ∂J/∂b = 1/n Σᵢ (σ(zᵢ) − yᵢ)

Linear regression's gradient, with σ between the line and the error.  K classes take K rows wₖ, and softmax for σ.
σ, softmax and ℓ: cross_entropy.py.  Derivation: documentation/logistic_regression.md

    n samples   d features   K classes   R rows of W: 1 for two classes, else K   s weights, S = Σᵢ sᵢ in place of n
"""

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from numbers import Integral, Real
from typing import Any, NamedTuple, Self

import numpy as np

from ai_from_scratch.estimator import Classifier, ConvergenceWarning, DivergenceError, Progress, check_sample_weight
from Logistic_Regression_From_Scratch.class_weight import weigh_classes
from Logistic_Regression_From_Scratch.cross_entropy import cross_entropy, log_probabilities
from Logistic_Regression_From_Scratch.head_start import lbfgs_with_head_start
from Logistic_Regression_From_Scratch.newton import newton
from Logistic_Regression_From_Scratch.small_table import objective

SOLVERS = ("lbfgs", "newton-cholesky", "gradient_descent")


@np.errstate(over="ignore", invalid="ignore")                      # a step too far is refused, or reported in words
def loss_and_gradient(
    W: np.ndarray, b: np.ndarray, X: np.ndarray, y: np.ndarray, s: np.ndarray, C: float, fit_intercept: bool
) -> tuple[float, np.ndarray, np.ndarray]:
    """J, ∂J/∂W (R, d) and ∂J/∂b (R,) for X (n, d), codes y (n,), weights s (n,).  C = inf is no penalty."""
    S = s.sum()
    losses, E = cross_entropy(W @ X.T + b[:, None], y)             # (n,) and (R, n): E = σ(z) − y
    E *= s / S
    dW = E @ X + W / (C * S)                                       # (R, d)
    db = E.sum(axis=1) if fit_intercept else 0 * b                 # (R,)
    J = s @ losses / S + (W**2).sum() / (2 * C * S)
    return float(J), dW, db


class Step(NamedTuple):
    """Where a solver stands: W (R, d), b (R,), J there, and the largest |∂J/∂W|, |∂J/∂b| that is left."""

    W: np.ndarray
    b: np.ndarray
    loss: float
    steepest: float


def gradient_descent(
    loss: Callable, W: np.ndarray, b: np.ndarray, *, learning_rate: float, tol: float, max_iter: int
) -> Iterator[Step]:
    """Downhill from W and b, until no slope is steeper than tol; pauses after every step."""
    J, dW, db = loss(W, b)
    for _ in range(max_iter):
        if max(np.abs(dW).max(), np.abs(db).max()) <= tol:
            return
        W = W - learning_rate * dW
        b = b - learning_rate * db
        J, dW, db = loss(W, b)
        yield Step(W, b, J, max(np.abs(dW).max(), np.abs(db).max()))


def largest_curvature(X: np.ndarray, s: np.ndarray, R: int, C: float, fit_intercept: bool) -> float:
    """No direction of J bends more than this, wherever one stands.

    ∂²J = Σᵢ sᵢ/S (diag(p) − p pᵀ) ⊗ x xᵀ + 1/CS.  For two classes the middle is p (1 − p) ≤ ¼, else it is at most ½
    (Böhning, 1992).
    """
    A = np.column_stack([X, np.ones(len(X), X.dtype)]) if fit_intercept else X
    A = A * np.sqrt(s / s.sum())[:, None]                          # (n, d + 1)
    gram = A.T @ A if len(A) >= A.shape[1] else A @ A.T            # both have the same largest eigenvalue
    return float((1 / 4 if R == 1 else 1 / 2) * np.linalg.eigvalsh(gram)[-1] + 1 / (C * s.sum()))


class LogisticRegression(Classifier):
    """Classes by straight boundaries, with probabilities; scikit-learn's objective and parameter names.

    C: how little large weights cost; np.inf is no penalty.  The intercept costs nothing.
    solver: "gradient_descent" is the one to watch; "newton-cholesky" is for few features and exact answers;
        "lbfgs" does well everywhere.  Two classes or more, the same minimum.
    tol, max_iter: a solver stops when no partial derivative of J is above tol, or after max_iter steps.
    class_weight: None, {label: weight} or "balanced".  warm_start: begin where the last fit ended.
    learning_rate: of gradient_descent; "auto" is 1/λmax, the largest curvature that J can have, inverted, and always
        descends.  A number is taken as given.
    random_state: nothing here is random; taken so that scikit-learn's calls fit.
    """

    # Fitted, besides classes_ (K,), n_features_in_ and, for data frames, feature_names_in_:
    coef_: np.ndarray                                              # (R, d)
    intercept_: np.ndarray                                         # (R,)
    n_iter_: np.ndarray                                            # (1,) the steps that were taken

    def __init__(
        self,
        *,
        C: float = 1.0,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        class_weight: Any = None,
        random_state: Any = None,
        solver: str = "lbfgs",
        max_iter: int = 100,
        warm_start: bool = False,
        learning_rate: float | str = "auto",
    ) -> None:
        self.C = C
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.learning_rate = learning_rate

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (n, d) and labels y (n,); sample_weight (n,) says how often each sample counts."""
        last = None
        for progress in self.training(X, y, sample_weight):
            last = progress
        if last and last.step == self.max_iter and last.metrics["gradient"] > self.tol:
            warnings.warn(ConvergenceWarning(self._advice(last)), stacklevel=2)
        return self

    def training(self, X: Any, y: Any, sample_weight: Any = None, *, initial: Any = None) -> Iterator[Progress]:
        """The same, pausing after every step of the solver so that anyone may watch.

        initial: where to begin, a pair (W, b) of the shapes of coef_ and intercept_; zeros if None.
        Raises DivergenceError when a learning rate that was given takes J beyond all numbers.
        """
        self._check_parameters()
        start = (self.coef_, self.intercept_) if self.warm_start and hasattr(self, "coef_") else None
        X, y = self._check_fit(X, y)                               # (n, d), (n,) codes
        s = weigh_classes(self.class_weight, self.classes_, y, check_sample_weight(sample_weight, X))     # (n,)
        W, b = self._start(X, start if initial is None else initial)
        self.coef_, self.intercept_, self.n_iter_ = W, b, np.array([0], dtype=np.int32)

        for step, here in self._steps(X, y, s, W, b):
            progress = Progress(step, self.max_iter, step, here.loss, {"gradient": here.steepest})
            if not np.isfinite(here.loss):
                raise DivergenceError(self._advice(progress))
            self.coef_, self.intercept_, self.n_iter_ = here.W, here.b, np.array([step], dtype=np.int32)
            yield progress

    def _steps(
        self, X: np.ndarray, y: np.ndarray, s: np.ndarray, W: np.ndarray, b: np.ndarray
    ) -> Iterator[tuple[int, Step]]:
        """Where the solver stands after each step, with the step's number."""
        if self.solver == "gradient_descent":
            loss = partial(loss_and_gradient, X=X, y=y, s=s, C=self.C, fit_intercept=self.fit_intercept)
            steepest = largest_curvature(X, s, len(W), self.C, self.fit_intercept)
            self.learning_rate_limit_ = 2 / steepest
            rate = 1 / steepest if self.learning_rate == "auto" else float(self.learning_rate)
            descent = gradient_descent(loss, W, b, learning_rate=rate, tol=self.tol, max_iter=self.max_iter)
            yield from enumerate(descent, start=1)
            return

        J = objective(X, y, s, len(W), 1 / (self.C * s.sum()), self.fit_intercept)
        theta = J.flatten(W, b)
        if self.solver == "lbfgs":
            points = lbfgs_with_head_start(J, theta, tol=self.tol, max_iter=self.max_iter)
        else:
            steps = newton(J, J.hessian, theta, tol=self.tol, max_iter=self.max_iter, rounding=J.rounding)
            points = enumerate(steps, start=1)
        for step, point in points:
            yield step, Step(*J.unflatten(point.theta), point.loss, point.steepest)

    def decision_function(self, X: Any) -> np.ndarray:
        """The scores z: (n,) for two classes (above 0 is the second), else (n, K)."""
        X = self._check_predict(X)
        if len(self.coef_) == 1:
            return X @ self.coef_[0] + self.intercept_             # (n,)
        return X @ self.coef_.T + self.intercept_                  # (n, K)

    def predict(self, X: Any) -> np.ndarray:  # (n, d) -> (n,)
        """The most probable label: of two classes the second where z > 0, else the one of the highest score."""
        Z = self.decision_function(X)
        return self.classes_[(Z > 0).astype(np.intp) if Z.ndim == 1 else Z.argmax(axis=1)]

    def predict_log_proba(self, X: Any) -> np.ndarray:  # (n, d) -> (n, K)
        """log P(class), from the scores: −1000 where the probability itself underflows to 0."""
        Z = self.decision_function(X)
        return log_probabilities(np.atleast_2d(Z.T)).T

    def predict_proba(self, X: Any) -> np.ndarray:  # (n, d) -> (n, K)
        """Each class's probability, in the order of `classes_`; rows sum to 1."""
        return np.exp(self.predict_log_proba(X))

    # ---- what surrounds the descent

    def _start(self, X: np.ndarray, initial: Any) -> tuple[np.ndarray, np.ndarray]:
        """W (R, d) and b (R,) to begin with."""
        K = len(self.classes_)
        if K < 2:
            raise ValueError(
                "This solver needs samples of at least 2 classes in the data, but the data contains only one class: "
                f"{self.classes_.tolist()[0]!r}"
            )
        R = 1 if K == 2 else K
        if initial is None:
            return np.zeros((R, X.shape[1]), X.dtype), np.zeros(R, X.dtype)
        W, b = (np.array(part, dtype=X.dtype) for part in initial)
        if W.shape != (R, X.shape[1]) or b.shape != (R,):
            raise ValueError(
                f"The start must have coef_ of shape {(R, X.shape[1])} and intercept_ of shape {(R,)}, but came with "
                f"{W.shape} and {b.shape}: give a pair (W, b) of these shapes, or set warm_start=False."
            )
        return W, b if self.fit_intercept else np.zeros(R, X.dtype)

    def _advice(self, last: Progress) -> str:
        what = "has not arrived" if np.isfinite(last.loss) else "diverged"
        text = (
            f"solver={self.solver!r} {what} after {last.step} steps: the loss is {last.loss:.6g}, its steepest slope "
            f"{last.metrics['gradient']:.3g}, tol={self.tol}. Increase max_iter, or standardise the columns of X."
        )
        if self.solver == "gradient_descent":
            text += (
                f" learning_rate={self.learning_rate!r}; below 2/λmax = {self.learning_rate_limit_:.4g} every step "
                "descends, 'auto' takes half of that. solver='lbfgs' needs far fewer steps."
            )
        return text

    def _check_parameters(self) -> None:
        rate, whole = self.learning_rate, isinstance(self.max_iter, Integral)
        rate_is_right = rate == "auto" or (isinstance(rate, Real) and 0 < rate < np.inf)
        for name, right, expected in (
            ("C", isinstance(self.C, Real) and self.C > 0, "a float in the range (0.0, inf]"),
            ("tol", isinstance(self.tol, Real) and self.tol >= 0, "a float in the range [0.0, inf)"),
            ("solver", self.solver in SOLVERS, f"a str among {SOLVERS}"),
            ("max_iter", whole and self.max_iter >= 1, "an int in the range [1, inf)"),
            ("learning_rate", rate_is_right, "'auto' or a float > 0"),
        ):
            if not right:
                text = f"The {name!r} parameter of LogisticRegression must be {expected}."
                raise ValueError(f"{text} Got {getattr(self, name)!r} instead.")
