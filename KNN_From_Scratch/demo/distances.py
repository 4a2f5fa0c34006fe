"""What "near" means: entropy of the votes, a stretched axis, three balls, and the curse of dimension."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from KNN_From_Scratch.demo.maps import MARGIN, vote_map
from KNN_From_Scratch.knn import KNeighborsClassifier
from KNN_From_Scratch.metrics import find_metric

STRETCH_FACTOR = 10.0
METRICS = {"euclidean": "L2, euclidean: a disc", "manhattan": "L1, manhattan: a diamond",
           "chebyshev": "L∞, chebyshev: a box"}
QUERY = np.array([0.5, 0.25])
SPLIT_BITS = 0.5                        # with a larger entropy the votes count as split
HALF_HEIGHT_MAGNIFIED = 0.5             # of the magnified maps, in units of x₂
DIMENSIONS = (1, 3, 10, 784)
DENSITIES = (1e-2, 60)                  # of the histograms' logarithmic axis
CURSE_POINTS = 1500                     # number of points that are evenly spread in the cube


def entropy_maps(figure: Figure, moons: Samples, ks: tuple[int, ...] = (1, 5, 15, 50)) -> None:
    """Draws the entropy of the votes, −Σ p log₂ p, over the plane: 0 if all votes are equal, 1 bit if two classes
    tie."""
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    x1, x2, points = paint.grid_over(moons.X, 150, MARGIN)
    for ax, k in zip(axes.flat, ks, strict=True):
        entropy = vote_entropy(KNeighborsClassifier(k, engine="fast").fit(*moons).predict_proba(points))   # (steps²,)
        filled = ax.imshow(entropy.reshape(x1.shape), extent=paint.extent_of(x1, x2), origin="lower", cmap=theme.SHADES,
                           vmin=0, vmax=1, interpolation="bilinear", aspect="equal")
        ax.set(xlim=(x1.min(), x1.max()), ylim=(x2.min(), x2.max()))
        colours = [theme.CLASS_COLOURS[c] for c in moons.y]
        ax.scatter(moons.X[:, 0], moons.X[:, 1], s=9, c=colours, edgecolors=theme.BACKGROUND, linewidths=0.4)
        split = 100 * np.mean(entropy > SPLIT_BITS)
        ax.set(title=f"k = {k}: {f'votes split on {split:.0f} % of the map' if split else 'votes never split'}",
               xlabel="x₁", ylabel="x₂")
        ax.label_outer()
    figure.colorbar(filled, ax=list(axes.flat), label="entropy of the votes (bits)", aspect=35)


def vote_entropy(votes: np.ndarray) -> np.ndarray:                           # (N, K) -> (N,) in bits
    return -(votes * np.log2(np.where(votes > 0, votes, 1))).sum(axis=1)


def one_axis_stretched(figure: Figure, moons: Samples, held_out: Samples, k: int) -> None:
    """Draws the same samples with x₂ multiplied by ten: other neighbours, another boundary."""
    for ax, stretch in zip(figure.subplots(1, 2, sharey=True), (1.0, STRETCH_FACTOR), strict=True):
        scale = (1.0, stretch)
        vote_map(ax, moons, k, scale=scale)
        paint.samples(ax, *moons, size=9)
        model = KNeighborsClassifier(k).fit(moons.X * scale, moons.y)
        ringed(ax, moons.X[model.kneighbors(QUERY[None] * scale)[1][0]])
        accuracy = model.score(held_out.X * scale, held_out.y)
        ax.set_title(f"x₂ {'as it is' if stretch == 1 else f'× {stretch:g}'}: "
                     f"{100 * accuracy:.0f} % right on new samples")
        ax.label_outer()


def ringed(ax: Axes, near: np.ndarray) -> None:                              # (k, 2)
    """Draws the query and its neighbours."""
    ax.scatter(near[:, 0], near[:, 1], s=70, facecolors="none", edgecolors=theme.INK, linewidths=1.3, zorder=4)
    ax.plot(*QUERY, "*", color=theme.ACCENT, markeredgecolor=theme.BACKGROUND, markersize=14, zorder=5)


def three_balls(figure: Figure, moons: Samples, k: int) -> None:
    """Draws for three distances the boundary, and the ball that holds the k nearest samples of one query: above on the
    whole map, below magnified."""
    angle = np.linspace(0, 2 * np.pi, 361)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])                         # (361, 2)
    leads = {}
    columns = figure.subplots(2, 3, sharex="row", sharey="row").T
    for (ax, below), (metric, name) in zip(columns, METRICS.items(), strict=True):
        leads[metric] = vote_map(ax, moons, k, metric=metric)
        distance, index = KNeighborsClassifier(k, metric=metric).fit(*moons).kneighbors(QUERY[None])     # (1, k) each
        ball = distance[0, -1] * circle / find_metric(metric).length(circle)[:, None]                    # (361, 2)
        for panel, size, line, order in ((ax, 7, 2, 4), (below, 20, 1.3, 2)):
            paint.samples(panel, *moons, size=size)
            panel.fill(*(QUERY + ball).T, facecolor="none", edgecolor=theme.INK, linewidth=line, zorder=order)
        ax.plot(*QUERY, "*", color=theme.ACCENT, markeredgecolor=theme.BACKGROUND, markersize=10, zorder=5)
        ringed(below, moons.X[index[0]])
        below.set(xlim=QUERY[0] + HALF_HEIGHT_MAGNIFIED * np.array([-1.5, 1.5]),
                  ylim=QUERY[1] + HALF_HEIGHT_MAGNIFIED * np.array([-1, 1]),
                  aspect="equal", xlabel="x₁", ylabel="x₂")
        changed = 100 * np.mean((leads[metric] > 0) != (leads["euclidean"] > 0))
        ax.set_title(f"{name}\n" + ("the map to compare with" if metric == "euclidean" else
                                    f"changes {changed:.1f} % of the map"), fontsize=10)
        ax.set(xlabel="", ylabel="x₂" if metric == "euclidean" else "")
        if metric != "euclidean":
            below.set_ylabel("")


def curse_of_dimension(figure: Figure, rng: np.random.Generator) -> None:
    """Draws the distances from random queries to evenly spread points, in cubes of more and more dimensions."""
    axes = figure.subplots(1, len(DIMENSIONS), sharey=True)
    for ax, d in zip(axes, DIMENSIONS, strict=True):
        X = rng.random((CURSE_POINTS, d))                                                  # (n, d)
        model = KNeighborsClassifier(1, algorithm="brute").fit(X, np.arange(CURSE_POINTS) % 2)
        distance = model.kneighbors(rng.random((20, d)), CURSE_POINTS)[0]                  # (20, n), nearest first
        relative = (distance / distance.mean(axis=1, keepdims=True)).ravel()
        ax.hist(relative, bins=np.linspace(0, 2.5, 61).tolist(), density=True, color=theme.GREY)
        ratio = np.median(distance[:, 0] / distance.mean(axis=1))
        ax.axvline(ratio, color=theme.ACCENT, linewidth=2)
        ax.plot(ratio, 0.6 * DENSITIES[1], "v", color=theme.ACCENT, markersize=8)      # found without its colour
        ax.set(xlabel="distance / mean", yscale="log", ylim=DENSITIES, xlim=(-0.12, 2.5))   # the line beside the axis
        ax.set_title(f"d = {d}: nearest at\n{ratio:.2g} of the mean", fontsize=10)
    axes[0].set_ylabel("density (log scale)")
