"""The votes over the whole plane, and the boundary between two classes.

A map has 40,000 queries, so the engine is "fast" unless another one is given; both give the same answers.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from KNN_From_Scratch.knn import KNeighborsClassifier, KNeighborsRegressor

MARGIN = 0.4


def lead(samples: Samples, k: int, points: np.ndarray, *, metric: str = "euclidean",
         engine: str = "fast") -> np.ndarray:                                # (N, d) -> (N,)
    """A number above 0 where class 1 wins and below 0 where class 0 wins, without jumps: its zero line is the boundary.

    Class 1 wins with a majority, k//2 + 1 of k votes.  It wins if its majority-th nearest sample is nearer than the
    (k + 1 − majority)-th nearest sample of class 0, whose vote would prevent it.
    """
    majority = k // 2 + 1
    distance = []
    for c, votes in ((0, k + 1 - majority), (1, majority)):
        X = samples.X[samples.y == c]
        if votes > len(X):
            distance.append(np.full(len(points), np.inf))
            continue
        model = KNeighborsRegressor(votes, metric=metric, engine=engine).fit(X, np.zeros(len(X)))
        distance.append(model.kneighbors(points)[0][:, -1])                  # (N,)
    return distance[0] - distance[1]


def vote_map(ax: Axes, samples: Samples, k: int, *, scale: tuple[float, float] = (1.0, 1.0),
             metric: str = "euclidean", margin: float = MARGIN, engine: str = "fast", steps: int = 200) -> np.ndarray:
    """Paints the share of class 1 among the k nearest samples as background, and the boundary.

    The features are multiplied by `scale` before distances are measured.  Returns `lead` on the grid, (steps, steps).
    """
    x1, x2, points = paint.grid_over(samples.X, steps, margin)
    measured, at = Samples(samples.X * scale, samples.y), points * scale
    model = KNeighborsClassifier(k, metric=metric, engine=engine).fit(*measured)
    if k < len(samples.y):
        share, leads = model.predict_proba(at)[:, 1], lead(measured, k, at, metric=metric, engine=engine)
    else:                                                          # all samples vote: the answer is the same everywhere
        share = np.full(len(points), model.predict_proba(at[:1])[0, 1])
        leads = np.where(share > 0.5, np.inf, -np.inf)             # a tie goes to class 0
    leads = leads.reshape(x1.shape)
    ax.imshow(share.reshape(x1.shape), extent=paint.extent_of(x1, x2), origin="lower", cmap=theme.two_class_colours(),
              vmin=0, vmax=1, interpolation="bilinear")
    if np.isfinite(leads).all():
        ax.contour(x1, x2, leads, levels=[0], colors=theme.INK, linewidths=1.4)
    ax.set(xlim=(x1.min(), x1.max()), ylim=(x2.min(), x2.max()), xlabel="x₁", ylabel="x₂", aspect="equal")
    return leads
