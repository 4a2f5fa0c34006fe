"""Gaussian naive Bayes: a bell curve for every feature of every class, and Bayes' rule.

    P(c | x) ∝ P(c) Πⱼ N(xⱼ; θ_cj, σ²_cj)        "naive": within a class the features count as independent
    θ_cj, σ²_cj = mean and variance of feature j over the samples of class c: the maximum of their likelihood

A product of 500 densities underflows to 0 / 0, so everything is a sum of logarithms.  `fit` is one pass over the data
(moments.py), and as means and variances can be merged exactly, `partial_fit` in any portions ends where `fit` does.

    n samples   d features   K classes                            page: documentation/naive_bayes.md
"""

from numbers import Real
from typing import Any, Self

import numpy as np

from ai_from_scratch.estimator import Classifier, check_sample_weight
from Naive_Bayes_From_Scratch.densities import log_densities
from Naive_Bayes_From_Scratch.moments import Moments, class_moments, merged, pooled


class GaussianNB(Classifier):
    """The class under whose bell curves a sample is the most probable, weighed by how common the class is.

    `priors` (K,) are the P(c); None takes each class's share of the training data.  `var_smoothing` times the largest
    variance of any feature is added to all variances, so that a constant feature does not decide alone.

        GaussianNB().fit([[-1.0], [-2.0], [1.0], [2.0]], ["a", "a", "b", "b"]).predict([[0.5]])   # ["b"]
    """

    theta_: np.ndarray         # (K, d) means
    var_: np.ndarray           # (K, d) variances, epsilon_ included
    epsilon_: float            # what was added to the variances
    class_count_: np.ndarray   # (K,) number of training samples, or the sum of their weights
    class_prior_: np.ndarray   # (K,)

    def __init__(self, *, priors: Any = None, var_smoothing: float = 1e-9) -> None:
        self.priors = priors
        self.var_smoothing = var_smoothing

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:            # (n, d), (n,), (n,)
        """Learn from these samples alone; whatever was learnt before is forgotten."""
        X, y = self._check_fit(X, y)
        return self._learn(X, y, sample_weight, past=None)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Learn from some more samples; the first call names all `classes`.  Any portions, even single samples."""
        past = (self._moments, self._spread) if self.__sklearn_is_fitted__() else None
        X, y = self._check_partial_fit(X, y, classes)
        return self._learn(X, y, sample_weight, past)

    def _learn(self, X: np.ndarray, y: np.ndarray, sample_weight: Any, past: tuple[Moments, Moments] | None) -> Self:
        K = len(self.classes_)
        priors = self._check_parameters(K)
        weight = None if sample_weight is None else check_sample_weight(sample_weight, X)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            moments = class_moments(X, y, K, weight)
            # The scale of the features is that of the data as they are, so weights leave it alone.
            spread = pooled(moments) if weight is None else class_moments(X, np.zeros_like(y), 1)
            if past is not None:
                moments, spread = merged(past[0], moments), merged(past[1], spread)
        largest = spread.variance.max()
        if not np.isfinite(largest):
            raise ValueError("The variance of a feature is beyond float64 (1.8e308): scale the features down.")
        self._moments, self._spread = moments, spread
        # Data that never vary have no scale of their own: 1 is as good as any, and 0 would divide by 0 later.
        self.epsilon_ = float(self.var_smoothing * (largest if largest > 0 else 1.0))
        self.theta_ = moments.mean                                               # (K, d)
        self.var_ = moments.variance + self.epsilon_                             # (K, d)
        self.class_count_ = moments.weight                                        # (K,)
        self.class_prior_ = moments.weight / moments.weight.sum() if priors is None else priors
        return self

    def predict_joint_log_proba(self, X: Any) -> np.ndarray:                     # (n, d) -> (n, K)
        """log P(c) + log p(x | c); −inf for a class of which no sample has been seen."""
        X = self._check_predict(X)
        return self._joint(X).astype(X.dtype, copy=False)

    def predict_log_proba(self, X: Any) -> np.ndarray:                           # (n, d) -> (n, K)
        """log P(c | x) = log P(c) p(x | c) − log Σ_k P(k) p(x | k)."""
        X = self._check_predict(X)
        joint = self._joint(X)                                                   # (n, K)
        # The largest term is taken out of the sum first: exp(−1000) is 0, exp(0) is 1.  And before any cast to float32,
        # where two joints of −10,000 would be equal though one class is as likely again as the other.
        joint = (joint - joint.max(axis=1, keepdims=True)).astype(X.dtype, copy=False)
        return joint - np.log(np.exp(joint).sum(axis=1, keepdims=True))

    def predict_proba(self, X: Any) -> np.ndarray:                               # (n, d) -> (n, K)
        """P(c | x), in the order of `classes_`; rows sum to 1."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: Any) -> np.ndarray:                                     # (n, d) -> (n,)
        """The most probable class of each sample; of equals the first in `classes_`."""
        best = self._joint(self._check_predict(X)).argmax(axis=1)                # (n,)
        return self.classes_[best]

    def _joint(self, X: np.ndarray) -> np.ndarray:                               # (n, d) -> (n, K) float64
        seen = np.flatnonzero(self.class_count_)                                 # at least one
        if not (self.var_[seen] > 0).all():
            c, j = np.argwhere(~(self.var_[seen] > 0))[0]
            raise ValueError(
                f"Feature {j} does not vary in class {self.classes_[seen[c]]!r}: with var_smoothing="
                f"{self.var_smoothing} its density is infinite. Try var_smoothing=1e-9."
            )
        joint = log_densities(X, self.theta_[seen], self.var_[seen])             # (n, seen)
        with np.errstate(divide="ignore"):
            joint += np.log(self.class_prior_[seen])                             # a prior of 0 rules its class out
        if len(seen) == len(self.classes_):
            return joint
        of_all = np.full((len(X), len(self.classes_)), -np.inf)                  # (n, K)
        of_all[:, seen] = joint
        return of_all

    def _check_parameters(self, K: int) -> np.ndarray | None:
        """The priors (K,), if they were given."""
        if not isinstance(self.var_smoothing, Real) or not 0 <= float(self.var_smoothing) < np.inf:
            raise ValueError(
                "The 'var_smoothing' parameter of GaussianNB must be a float in the range [0.0, inf). "
                f"Got {self.var_smoothing!r} instead."
            )
        if self.priors is None:
            return None
        priors = np.array(self.priors, dtype=np.float64)
        if priors.shape != (K,):
            raise ValueError(f"Number of priors must match number of classes. Got {priors.shape} for {K} classes.")
        if not np.isclose(priors.sum(), 1.0):
            raise ValueError(f"The sum of the priors should be 1. Got {priors.sum()}.")
        if (priors < 0).any():
            raise ValueError(f"Priors must be non-negative. Got {priors}.")
        return priors

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "theta_")
