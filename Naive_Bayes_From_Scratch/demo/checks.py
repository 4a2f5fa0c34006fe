"""The claims of chapter 4, for `python run_all.py check bayes`."""

from collections.abc import Iterator

import numpy as np

from ai_from_scratch.claims import Claim, Gradient, Invariant, Reference, Twin
from Naive_Bayes_From_Scratch import GaussianNB, Statistics
from Naive_Bayes_From_Scratch.naive_bayes import class_moments, log_densities, merged


def claims() -> Iterator[Claim]:
    rng = np.random.default_rng(0)
    y, s = np.arange(40) % 3, rng.uniform(0.5, 2, 40)
    X = rng.standard_normal((40, 3)) * [1, 2, 5] + y[:, None]
    mu, var = rng.standard_normal((3, 3)), rng.uniform(0.5, 2, (3, 3))
    best = class_moments(X, y, 3, s)

    def likelihood(mu, var):
        return float(s @ log_densities(X, mu, var)[np.arange(40), y])

    yield Gradient(class_moments, "the likelihood is largest there", {"theta": best.mean, "var": best.variance},
                   lambda: likelihood(best.mean, best.variance) / 40,
                   lambda: {"theta": np.zeros((3, 3)), "var": np.zeros((3, 3))})
    yield Reference(GaussianNB, "GaussianNB", "sklearn.naive_bayes", lambda: fitted(GaussianNB(), X, y),
                    lambda their: fitted(their.GaussianNB(), X, y))
    yield Reference(GaussianNB, "with weights", "sklearn.naive_bayes", lambda: fitted(GaussianNB(), X, y, s),
                    lambda their: fitted(their.GaussianNB(), X, y, s))
    yield Reference(merged, "in three portions, with priors", "sklearn.naive_bayes",
                    # without smoothing: scikit-learn smooths by the variance of the newest portion alone
                    lambda: portions(GaussianNB(priors=[0.2, 0.3, 0.5], var_smoothing=0.0), X, y),
                    lambda their: portions(their.GaussianNB(priors=[0.2, 0.3, 0.5], var_smoothing=0.0), X, y))
    yield Reference(log_densities, "the bell curves' logarithms", "torch",
                    lambda: {"log_p": log_densities(X, mu, var)},
                    lambda torch: {"log_p": torch.distributions.Normal(
                        torch.from_numpy(mu), torch.from_numpy(var).sqrt()).log_prob(
                        torch.from_numpy(X)[:, None]).sum(-1).numpy()})
    yield Twin(GaussianNB, "both engines", lambda: fitted(GaussianNB(engine="plain"), X, y, s),
               lambda: fitted(GaussianNB(engine="fast"), X, y, s))
    yield Twin(merged, "in portions and at once", lambda: fitted(GaussianNB(), X, y),
               lambda: portions(GaussianNB(), X, y))
    yield Twin(Statistics, "from sums of two parts", lambda: fitted(GaussianNB(), X, y, s), lambda: told(
        GaussianNB().fit_from(Statistics.of(X[:9], y[:9], s[:9]) + Statistics.of(X[9:], y[9:], s[9:])), X))
    yield Invariant(GaussianNB, "probabilities sum to 1",
                    lambda: GaussianNB().fit(X, y).predict_proba(X).sum(axis=1) - 1)
    yield Invariant(class_moments, "permuted samples", lambda: permuted(X, y, rng.permutation(40)))
    yield Invariant(class_moments, "weight 2 is two samples", lambda: doubled(X, y))


def fitted(model, X, y, s=None):
    return told(model.fit(X, y, sample_weight=s), X)


def portions(model, X, y):
    for rows in np.array_split(np.arange(len(X)), 3):
        model.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    return told(model, X)


def told(model, X):
    return {"theta": model.theta_, "var": model.var_, "prior": model.class_prior_,
            "log probabilities": model.predict_log_proba(X)}


def permuted(X, y, order):
    return GaussianNB().fit(X, y).var_ - GaussianNB().fit(X[order], y[order]).var_


def doubled(X, y):
    twice = np.append(np.arange(40), 3)
    return (GaussianNB(var_smoothing=0.0).fit(X, y, 1.0 + (np.arange(40) == 3)).var_
            - GaussianNB(var_smoothing=0.0).fit(X[twice], y[twice]).var_)
