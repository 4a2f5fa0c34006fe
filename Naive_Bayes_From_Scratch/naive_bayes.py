"""Gaussian naive Bayes: one bell curve for each feature of each class, and Bayes' rule.

    P(c | x) = P(c) p(x | c) / Σ_c' P(c') p(x | c')       p(x | c) = Πⱼ N(xⱼ; μ_cj, σ²_cj)
    μ_cj, σ²_cj = mean and variance of feature j over the samples of class c: they maximise the likelihood

"Naive": within a class the features are treated as independent.  A product of many densities underflows to 0 or
overflows, so everything is a sum of logarithms.  Means and variances of two portions can be merged exactly: this is
`partial_fit`.

    n samples   d features   K classes                                   page: documentation/naive_bayes.md
"""

from typing import Any, NamedTuple, Self

import numpy as np

from ai_from_scratch.estimator import check_sample_weight, rules
from Naive_Bayes_From_Scratch.scale.fit_from import FitsFromStatistics

LARGEST_PLAIN_SIZE = 1e7     # samples × features × classes: fit and predict all samples in about 0.2 s
RULES = {"var_smoothing": rules.non_negative,
         "priors": rules.nothing | rules.each(rules.real(), "numbers, one for each class")}


class Moments(NamedTuple):
    """Weight, mean and variance of the samples of K classes; float64, zeros for a class without samples."""

    weight: np.ndarray       # (K,) the number of samples n_c, or the sum of their weights
    mean: np.ndarray         # (K, d) μ
    variance: np.ndarray     # (K, d) σ²


def class_moments(X: np.ndarray, y: np.ndarray, K: int, weight: np.ndarray | None = None) -> Moments:
    """Weight, mean and variance of each class; X (n, d), codes y (n,) in 0 … K − 1, weights (n,)."""
    n_c, mu, var = np.zeros(K), np.zeros((K, X.shape[1])), np.zeros((K, X.shape[1]))
    weight = np.ones(len(X)) if weight is None else weight
    for c in range(K):
        members = (y == c) & (weight > 0)                        # (n,)  a sample of weight 0 is left out
        if members.any():
            x, s = X[members].astype(np.float64), weight[members].astype(np.float64)       # (n_c, d), (n_c,)
            n_c[c] = s.sum()
            # Both sums are over differences: E[x²] − E[x]² loses all digits where x is 1e8 and its deviation 1.
            mu[c] = x[0] + s @ (x - x[0]) / n_c[c]               # (d,)
            var[c] = s @ (x - mu[c])**2 / n_c[c]                 # (d,)
    return Moments(n_c, mu, var)


def merged(one: Moments, two: Moments) -> Moments:
    """The moments of both sets of samples together (Chan, Golub and LeVeque 1979)."""
    weight = one.weight + two.weight                                             # (K,)  n = n₁ + n₂
    share = (two.weight / np.where(weight > 0, weight, 1.0))[:, None]            # (K, 1)  n₂ / n
    mean = np.where(one.weight[:, None] > 0, one.mean, two.mean)                 # (K, d)  μ₁; μ₂ of a class only there
    delta = np.where(two.weight[:, None] > 0, two.mean, mean) - mean             # (K, d)  Δμ
    variance = (1 - share) * one.variance + share * two.variance + share * (1 - share) * delta**2
    return Moments(weight, mean + share * delta, variance)


def log_densities(X: np.ndarray, mu: np.ndarray, var: np.ndarray) -> np.ndarray:       # (n, d), 2 × (K, d) -> (n, K)
    """log p(x | c) = Σⱼ log N(xⱼ; μ_cj, σ²_cj) = Σⱼ −½ log 2πσ²_cj − ½ (xⱼ − μ_cj)² / σ²_cj."""
    log_p = np.empty((len(X), len(mu)))
    for c in range(len(mu)):
        deviations = (X - mu[c]) / np.sqrt(var[c])                               # (n, d) in standard deviations
        squares = np.minimum((deviations**2).sum(axis=1), np.finfo(float).max)   # (n,)  finite: ∞ − ∞ would be NaN
        log_p[:, c] = -0.5 * np.log(2 * np.pi * var[c]).sum() - 0.5 * squares
    return log_p


class GaussianNB(FitsFromStatistics):
    """Predicts the class c with the largest P(c) p(x | c).

    `priors` (K,) are the P(c); with None, P(c) is the share of class c in the training data.  `var_smoothing` times the
    largest variance of any feature is added to all variances, so that a constant feature cannot decide alone.

        GaussianNB().fit([[-1.0], [-2.0], [1.0], [2.0]], ["a", "a", "b", "b"]).predict([[0.5]])   # ["b"]
    """

    theta_: np.ndarray         # (K, d) means μ
    var_: np.ndarray           # (K, d) variances, with epsilon_ added
    epsilon_: float
    class_count_: np.ndarray   # (K,) number of training samples, or the sum of their weights; class_prior_ (K,) P(c)
    _saved_kinds, _rules = (Moments,), RULES

    def __init__(self, *, priors: Any = None, var_smoothing: float = 1e-9, engine: str = "auto") -> None:
        self.priors, self.var_smoothing, self.engine = priors, var_smoothing, engine

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:            # (n, d), (n,), (n,)
        """Learn from these samples only; everything learnt before is forgotten."""
        with self._unchanged_if_refused():
            self._check_rules(**RULES)
            return self._learn(*self._check_fit(X, y), sample_weight, past=None)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Learn from more samples; the first call names all `classes`.  Portions may have any size, even one sample."""
        with self._unchanged_if_refused():
            self._check_rules(**RULES)
            past = self._moments if self.__sklearn_is_fitted__() else None
            return self._learn(*self._check_partial_fit(X, y, classes), sample_weight, past)

    def _learn(self, X: np.ndarray, y: np.ndarray, sample_weight: Any, past: tuple[Moments, Moments] | None) -> Self:
        K, weight = len(self.classes_), None if sample_weight is None else check_sample_weight(sample_weight, X)
        prior = None if self.priors is None else self._check_priors(K)
        self._choose_engine((len(X) + (past[1].weight.sum() if past else 0)) * X.shape[1] * K, LARGEST_PLAIN_SIZE)
        class_moments, _ = self._formulas()
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            moments = class_moments(X, y, K, weight)
            # epsilon_ does not depend on the weights: each sample counts once, and samples of weight 0 do not count.
            unweighted = moments if weight is None else class_moments(X, y, K, (weight > 0).astype(X.dtype))
            if past:
                moments, unweighted = merged(past[0], moments), merged(past[1], unweighted)
            # The variance of all samples is the variance within the classes plus the variance of the class means.  The
            # means are relative to the largest class's mean, so that a constant feature has a variance of exactly 0.
            share = unweighted.weight / unweighted.weight.sum()                  # (K,)
            delta = unweighted.mean - unweighted.mean[share.argmax()]            # (K, d)
            delta[share == 0] = 0                                                # a class without samples has no mean
            largest = (share @ (unweighted.variance + delta**2) - (share @ delta)**2).max()
            epsilon = self.var_smoothing * (largest or 1.0)                  # 1 if nothing varies, to avoid 0 / 0 later
        if not np.isfinite(largest + epsilon) or (largest == 0 and delta.any()):         # the squares became 0
            raise ValueError("The variance of a feature is beyond float64 (5e-324 … 1.8e308): use other units.")
        self._moments, self.epsilon_ = (moments, unweighted), float(epsilon)
        self.class_count_, self.theta_ = moments.weight, moments.mean            # (K,), (K, d)
        self.var_ = moments.variance + self.epsilon_                             # (K, d)
        self.class_prior_ = moments.weight / moments.weight.sum() if prior is None else prior
        return self

    def _formulas(self) -> tuple[Any, Any]:
        """class_moments and log_densities: from this file, or the faster forms in fast/, which are equal up to
        rounding."""
        if self.engine_ == "plain":
            return class_moments, log_densities
        from Naive_Bayes_From_Scratch.fast import densities, moments
        return moments.class_moments, densities.log_densities

    def predict_joint_log_proba(self, X: Any) -> np.ndarray:                     # (n, d) -> (n, K)
        """log P(c) + log p(x | c); −inf for a class without samples."""
        X = self._check_predict(X)
        return self._joint(X).astype(X.dtype, copy=False)

    def predict_log_proba(self, X: Any) -> np.ndarray:                           # (n, d) -> (n, K)
        """log P(c | x) = log P(c) p(x | c) − log Σ_c' P(c') p(x | c')."""
        X = self._check_predict(X)
        joint = self._joint(X)                                                   # (n, K)
        # Log-sum-exp: subtract the largest term first, since exp(−1000) is 0.  The cast to X's dtype comes after it:
        # near −10,000 float32 cannot tell apart two classes of which one is twice as probable.
        joint = (joint - joint.max(axis=1, keepdims=True)).astype(X.dtype, copy=False)
        return joint - np.log(np.exp(joint).sum(axis=1, keepdims=True))

    def predict_proba(self, X: Any) -> np.ndarray:                               # (n, d) -> (n, K)
        """P(c | x), in the order of `classes_`; rows sum to 1."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: Any) -> np.ndarray:                                     # (n, d) -> (n,)
        """The most probable class of each sample; of equal ones, the first in `classes_`."""
        best = self._joint(self._check_predict(X)).argmax(axis=1)                # (n,)
        return self.classes_[best]

    def _joint(self, X: np.ndarray) -> np.ndarray:                               # (n, d) -> (n, K) float64
        seen = self.class_count_ > 0                                             # (K,) at least one
        if not (self.class_prior_[seen] > 0).any():
            raise ValueError(f"Each class that was seen has the prior 0: {self.class_prior_}. Change priors.")
        for c, j in zip(*np.nonzero(~(self.var_ > 0) & seen[:, None]), strict=True):
            raise ValueError(f"Feature {j} does not vary in class {self.classes_[c]!r}: with var_smoothing="
                             f"{self.var_smoothing} its density is infinite. Try var_smoothing=1e-9.")
        _, log_densities = self._formulas()
        with np.errstate(divide="ignore", over="ignore", under="ignore"):        # a prior of 0 excludes its class
            joint = log_densities(X, self.theta_[seen], self.var_[seen]) + np.log(self.class_prior_[seen])
        if seen.all():
            return joint
        of_all = np.full((len(X), len(seen)), -np.inf)                           # (n, K)
        of_all[:, seen] = joint
        return of_all

    def _check_priors(self, K: int) -> np.ndarray:                               # (K,)
        if (priors := np.array(self.priors, dtype=np.float64)).shape != (K,):
            raise ValueError(f"Number of priors must match number of classes. Got {priors.shape} for {K} classes.")
        if not np.isclose(priors.sum(), 1.0):
            raise ValueError(f"The sum of the priors should be 1. Got {priors.sum()}.")
        if (priors < 0).any():
            raise ValueError(f"Priors must be non-negative. Got {priors}.")
        return priors
