"""The claims of chapter 3, for `python run_all.py check knn`.  The algorithm has no gradient: the claims are about the
neighbours."""

from collections.abc import Iterator

import numpy as np

from ai_from_scratch.claims import Claim, Invariant, Reference, Twin
from KNN_From_Scratch import BruteForce, KDTree, KNeighborsClassifier, KNeighborsRegressor
from KNN_From_Scratch import metrics as ours
from KNN_From_Scratch.knn import class_shares, vote_weights

METRIC_PARAMETERS = {"euclidean": {}, "manhattan": {}, "chebyshev": {}, "minkowski": {"p": 3}, "cosine": {}}
DISTANCES = {"euclidean": ours.euclidean, "manhattan": ours.manhattan, "chebyshev": ours.chebyshev,
             "minkowski": ours.minkowski, "cosine": ours.cosine}


def claims() -> Iterator[Claim]:
    rng = np.random.default_rng(0)
    X, Q, y = rng.standard_normal((80, 3)), rng.standard_normal((20, 3)), rng.integers(0, 3, 80)
    targets = rng.standard_normal((80, 2))
    for metric, more in METRIC_PARAMETERS.items():
        settings = {"n_neighbors": 6, "metric": metric, **more}
        yield Reference(DISTANCES[metric], f"neighbours, {metric}", "sklearn.neighbors",
                        lambda own=settings: neighbours(KNeighborsClassifier(**own), X, y, Q),
                        lambda their, own=settings: neighbours(
                            their.KNeighborsClassifier(algorithm="brute", **own), X, y, Q))
        yield Twin(BruteForce, f"both engines, {metric}",
                   lambda own=settings: neighbours(
                       KNeighborsClassifier(engine="plain", algorithm="brute", **own), X, y, Q),
                   lambda own=settings: neighbours(
                       KNeighborsClassifier(engine="fast", algorithm="brute", **own), X, y, Q), 0.0)
        if metric != "cosine":
            yield Twin(KDTree, f"k-d tree, {metric}",
                       lambda own=settings: neighbours(KNeighborsClassifier(algorithm="brute", **own), X, y, Q),
                       lambda own=settings: neighbours(
                           KNeighborsClassifier(algorithm="kd_tree", leaf_size=4, engine="plain", **own), X, y, Q), 0.0)
    for weights in ("uniform", "distance"):
        settings = {"n_neighbors": 4, "weights": weights}
        yield Reference(vote_weights, f"regression, {weights}", "sklearn.neighbors",
                        lambda own=settings: {"mean": KNeighborsRegressor(**own).fit(X, targets).predict(Q)},
                        lambda their, own=settings: {
                            "mean": their.KNeighborsRegressor(**own).fit(X, targets).predict(Q)})
        yield Reference(class_shares, f"probabilities, {weights}", "sklearn.neighbors",
                        lambda own=settings: {"shares": KNeighborsClassifier(**own).fit(X, y).predict_proba(Q)},
                        lambda their, own=settings: {
                            "shares": their.KNeighborsClassifier(**own).fit(X, y).predict_proba(Q)})
    model, order = KNeighborsClassifier(7, weights="distance"), rng.permutation(80)
    yield Invariant(class_shares, "probabilities sum to 1", lambda: model.fit(X, y).predict_proba(Q).sum(axis=1) - 1)
    yield Invariant(KNeighborsClassifier, "permuted samples",
                    lambda: model.fit(X, y).predict_proba(Q) - model.fit(X[order], y[order]).predict_proba(Q))
    yield Invariant(BruteForce, "a sample is its own nearest", lambda: model.fit(X, y).kneighbors(X, 1)[0])


def neighbours(model, X, y, Q):
    distance, index = model.fit(X, y).kneighbors(Q)
    return {"distance": distance, "index": index}
