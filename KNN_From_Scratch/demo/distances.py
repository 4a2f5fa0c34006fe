"""The meaning of "near": entropy of the votes, a stretched axis, three balls, and the curse of dimension.

A map has 8,100 queries, so it uses the engine "fast", which gives the plain code's answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from KNN_From_Scratch.knn import KNeighborsClassifier

STRETCH_FACTOR = 10.0
METRICS = {"manhattan": "L1, manhattan", "euclidean": "L2, euclidean", "chebyshev": "L∞, chebyshev"}
DIMENSIONS = (1, 3, 10, 784)
CURSE_POINTS = 1500                     # points in the cube, spread evenly


def entropy_maps(figure: Figure, moons: Samples, ks: tuple[int, ...] = (1, 5, 15, 50)) -> None:
    """−Σ p log₂ p of the votes, all over the plane: 0 if all are equal, 1 bit if two classes tie."""
    axes = figure.subplots(1, len(ks), sharex=True, sharey=True)
    for ax, k in zip(axes, ks, strict=True):
        x1, x2, points = paint.grid_over(moons.X, 90, 0.4)
        votes = KNeighborsClassifier(k, engine="fast").fit(*moons).predict_proba(points)         # (steps², 2)
        entropy = -(votes * np.log2(np.where(votes > 0, votes, 1))).sum(axis=1)      # (steps²,)
        filled = ax.pcolormesh(x1, x2, entropy.reshape(x1.shape), cmap="cividis", vmin=0, vmax=1, shading="auto",
                               rasterized=True)
        colours = [theme.CLASS_COLOURS[c] for c in moons.y]
        ax.scatter(moons.X[:, 0], moons.X[:, 1], s=5, c=colours, edgecolors="white", linewidths=0.2)
        ax.set(title=f"k = {k}", xlabel="x₁", aspect="equal")
    axes[0].set_ylabel("x₂")
    figure.colorbar(filled, ax=list(axes), label="entropy of the votes (bits)", location="bottom", aspect=40,
                    shrink=0.6)


def one_axis_stretched(figure: Figure, moons: Samples, held_out: Samples, k: int) -> None:
    """The same samples with numbers for x₂ that are ten times as large: other neighbours, another boundary."""
    for ax, stretch in zip(figure.subplots(1, 2, sharey=True), (1.0, STRETCH_FACTOR), strict=True):
        scale = np.array([1.0, stretch])
        model = KNeighborsClassifier(k, engine="fast").fit(moons.X * scale, moons.y)
        regions(ax, moons, partial(share_of_the_second, model, scale))
        query = np.array([0.5, 0.25])
        near = moons.X[model.kneighbors(query[None] * scale)[1][0]]                  # (k, 2)
        ax.scatter(near[:, 0], near[:, 1], s=70, facecolors="none", edgecolors=theme.INK, linewidths=1.3, zorder=4)
        ax.plot(*query, "*", color=theme.YELLOW, markeredgecolor=theme.INK, markersize=14, zorder=5)
        accuracy = model.score(held_out.X * scale, held_out.y)
        ax.set_title(f"x₂ {'as it is' if stretch == 1 else f'× {stretch:g}'}: "
                     f"{100 * accuracy:.0f} % accuracy on new samples")
        ax.label_outer()


def three_balls(figure: Figure, moons: Samples, k: int) -> None:
    """Above: the points at distance 1 from the middle.  Below: the boundary with this distance."""
    grid = figure.subplots(2, 3, height_ratios=[1, 1.5])
    angle = np.linspace(0, 2 * np.pi, 361)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])                         # (361, 2)
    lengths = {"manhattan": np.abs(circle).sum(axis=1), "euclidean": np.ones(361),
               "chebyshev": np.abs(circle).max(axis=1)}
    for (ball, below), (metric, name) in zip(grid.T, METRICS.items(), strict=True):
        ball.fill(*(circle / lengths[metric][:, None]).T, facecolor=theme.PALE, edgecolor=theme.BLUE, linewidth=2)
        ball.plot(0, 0, "*", color=theme.YELLOW, markeredgecolor=theme.INK, markersize=11)
        ball.set(aspect="equal", xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), xticks=[-1, 0, 1], yticks=[-1, 0, 1], title=name)
        model = KNeighborsClassifier(k, metric=metric, engine="fast").fit(*moons)
        regions(below, moons, partial(share_of_the_second, model, np.ones(2)))


def curse_of_dimension(figure: Figure, rng: np.random.Generator) -> None:
    """Distances from random queries to evenly spread points, in cubes of more and more dimensions."""
    axes = figure.subplots(1, len(DIMENSIONS), sharey=True)
    for ax, d in zip(axes, DIMENSIONS, strict=True):
        X = rng.random((CURSE_POINTS, d))                                                  # (n, d)
        model = KNeighborsClassifier(1, algorithm="brute").fit(X, np.arange(CURSE_POINTS) % 2)
        distance = model.kneighbors(rng.random((20, d)), CURSE_POINTS)[0]                  # (20, n), nearest first
        relative = (distance / distance.mean(axis=1, keepdims=True)).ravel()
        ax.hist(relative, bins=np.linspace(0, 2.5, 61).tolist(), density=True, color=theme.BLUE)
        ratio = np.median(distance[:, 0] / distance.mean(axis=1))
        ax.axvline(ratio, color=theme.VERMILION, linewidth=1.5)
        ax.set(title=f"d = {d}", xlabel="distance / mean", yscale="log", ylim=(1e-2, 60), xlim=(0, 2.5))
        ax.text(0.97, 0.95, f"nearest:\n{ratio:.2g} of\nthe mean", transform=ax.transAxes, ha="right", va="top",
                fontsize=9, color=theme.VERMILION)
    axes[0].set_ylabel("density (log scale)")


def regions(ax: Axes, moons: Samples, share: Callable[[np.ndarray], np.ndarray]) -> None:
    """Samples over the map of a function from points (m, 2) to the share of class 1 (m,)."""
    x1, x2, points = paint.grid_over(moons.X, 90, 0.4)
    paint.probability_map(ax, x1, x2, share(points).reshape(x1.shape))
    paint.samples(ax, *moons, size=9)
    ax.set(xlabel="x₁", ylabel="x₂", aspect="equal")


def share_of_the_second(model: KNeighborsClassifier, scale: np.ndarray, points: np.ndarray) -> np.ndarray:  # (m,)
    return model.predict_proba(points * scale)[:, 1]
