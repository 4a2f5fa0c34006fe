"""The sums that one of Newton's steps needs: loss, gradient and Hessian at the present θ.  The sums of two parts of a
table are added.

    Σᵢ sᵢ ℓᵢ        Σᵢ sᵢ (pᵢ − yᵢ) x̃ᵢ        Σᵢ sᵢ (diag(pᵢ) − pᵢ pᵢᵀ) ⊗ x̃ᵢ x̃ᵢᵀ                  x̃ = (x − x̄, 1)

Before the first step there is no θ: then only the classes, their weights and the mean of x are added up.
Derivation: documentation/scale.md

    n rows   d features   K classes   R rows of W: 1 for two classes, else K   s weights   x̄ centre
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator.checks import check_labels, label_codes, unique_labels
from ai_from_scratch.estimator.sums import Sums, all_labels, check_part
from Logistic_Regression_From_Scratch.logistic_regression import loss_and_gradient
from Logistic_Regression_From_Scratch.newton import hessian
from Logistic_Regression_From_Scratch.scale.fit_from import At


@dataclass(frozen=True, eq=False)
class Statistics(Sums):
    """The sums over some of the rows from which LogisticRegression.fit_from can do one step.

        LogisticRegression().fit_from(lambda at: sum(Statistics.of(X, y, at=at) for X, y in parts))
    """

    classes: np.ndarray          # (K,) the labels in these rows, or the labels of all rows if `at` names them
    weight: np.ndarray           # (K,) Σ s of each class
    mean: np.ndarray             # (d,) of x
    loss: float                  # Σ s ℓ, without penalty
    gradient: np.ndarray         # (R, d + 1) derivatives of the loss by the rows [w_c, b̄_c]; () before the first step
    hessian: np.ndarray          # (D, D) second derivatives of the loss; () before the first step

    @classmethod
    def of(cls, X: Any, y: Any, sample_weight: Any = None, at: At | None = None) -> Self:
        """The sums over X (n, d), labels y (n,), weights (n,).

        `at` is what fit_from gives to its function: first None, then one θ after another.  n may be 0, and classes may
        be missing."""
        part = check_part(X, y, sample_weight, lambda y, _: check_labels(y))
        if at is None:
            classes, codes = unique_labels(part.y)                # (K,), (n,)
            # Relative to the first row: a constant column has an exact mean.
            first = part.X[:1].sum(axis=0, dtype=np.float64)      # (d,)
            mean = first + part.s @ (part.X - first) / (part.s.sum() or 1)
            return cls(**cls._about(part), classes=classes, mean=mean, loss=0.0, gradient=np.array(0.0),
                       weight=np.bincount(codes, part.s, len(classes)), hessian=np.array(0.0))
        if part.X.shape[1] != len(at.centre):
            raise ValueError(f"X has {part.X.shape[1]} features, but `at` has {len(at.centre)}: it belongs to another "
                             "table.")
        W, b = at.theta[:, :-1], at.theta[:, -1]                  # (R, d), (R,)  W and b̄
        codes = label_codes(part.y, at.classes) if len(part.X) else np.zeros(0, np.intp)
        s = part.s * at.class_weight[codes]                       # (n,)
        sums: dict[str, Any] = {"loss": 0.0, "gradient": np.zeros(at.theta.shape),
                                "hessian": np.zeros([at.theta.size] * 2)}
        if s.any():
            X, S = part.X - at.centre, s.sum()                    # (n, d) float64
            # C = inf: the penalty is left out here, because it is added once, not in each part.  The functions give
            # means.
            settings: dict[str, Any] = {"C": np.inf, "fit_intercept": at.fit_intercept}
            J, dW, db = loss_and_gradient(W, b, X, codes, s, **settings)
            H = hessian(at.theta, X, s, **settings)
            sums = {"loss": S * J, "gradient": S * np.column_stack([dW, db]), "hessian": S * H}
        return cls(**cls._about(part), classes=at.classes, mean=at.centre,
                   weight=np.bincount(codes, part.s, len(at.classes)), **sums)

    def _plus(self, other: Self) -> Self:
        classes, (n1, n2) = all_labels(self.classes, other.classes), (self.weight.sum(), other.weight.sum())
        weight = np.zeros(len(classes))
        for part in (self, other):
            weight[np.searchsorted(classes, part.classes)] += part.weight
        if self.gradient.shape != other.gradient.shape:
            raise ValueError("The sums of the parts were computed at different parameters: pass the same `at` to "
                             "every part.")
        return replace(
            self, classes=classes, weight=weight, mean=self.mean + n2 / (n1 + n2) * (other.mean - self.mean),
            loss=self.loss + other.loss, gradient=self.gradient + other.gradient, hessian=self.hessian + other.hessian)
