"""Two moons: a moving query, the votes of its neighbours, and the map of the votes for other k."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patheffects import Normal, Stroke, withStroke

from ai_from_scratch.data import Samples
from ai_from_scratch.stage import paint, theme
from KNN_From_Scratch.demo.maps import MARGIN, vote_map
from KNN_From_Scratch.knn import KNeighborsClassifier

CLASS_NAMES = ("upper moon", "lower moon")
RADIUS_FAR_FROM_SAMPLES = 0.5            # of the circle of a query that has few samples near it


def query_path(steps: int) -> np.ndarray:                                   # (steps, 2)
    """A closed path of the query through both moons, across the boundary and into the empty plane."""
    angle = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    return np.column_stack([0.5 + 1.75 * np.cos(angle), 0.25 + 1.05 * np.sin(2 * angle + 0.4)])


def sentence(share: float, radius: float, k: int) -> str:
    """What the vote at one place of the path shows; share: of the k neighbours, those in the lower moon."""
    lower = round(k * share)
    most, fewest = max(lower, k - lower), min(lower, k - lower)
    if most - fewest <= 1 < k:
        return (f"Contested, {most} to {fewest}: if one of the {k} samples voted for the other moon, the answer could "
                "change.")
    if radius > RADIUS_FAR_FROM_SAMPLES:
        return (f"Few samples are near: the circle grows until it holds {k}. They vote, {most} to {fewest}, although "
                "they are far away.")
    return f"The star's {k} nearest samples vote; the circle just holds them."


class MovingQuery:
    """Samples and regions are painted once; `update` moves the query, its circle, its lines and the votes."""

    def __init__(self, ax: Axes, bars: Axes, moons: Samples, k: int, margin: float = MARGIN,
                 engine: str = "auto") -> None:
        self.moons = moons
        vote_map(ax, moons, k, margin=margin, engine=engine, steps=120 if engine == "auto" else 360)
        paint.samples(ax, *moons, size=16)
        self.ax = ax
        self.circle = Circle((0, 0), 0, fill=False, edgecolor=theme.INK, linewidth=1.3, zorder=4)
        ax.add_patch(self.circle)
        self.lines = LineCollection([], linewidths=1.2, zorder=2.5,       # below the samples; seen on their own region
                                    path_effects=[Stroke(linewidth=3, foreground=theme.BACKGROUND), Normal()])
        ax.add_collection(self.lines)
        self.query, = ax.plot([], [], "*", color=theme.ACCENT, markeredgecolor=theme.BACKGROUND, markersize=14,
                              zorder=5)

        bars.set(xlim=(0, k), xlabel=f"votes of the {k} nearest", xticks=range(0, k + 1))
        self.bars = bars.barh(CLASS_NAMES, [0, 0], color=theme.CLASS_COLOURS[:2], height=0.6)
        bars.axvline(k / 2, color=theme.INK, linestyle=":",                          # seen on the bars, too
                     path_effects=[withStroke(linewidth=4, foreground=theme.BACKGROUND)])
        bars.invert_yaxis()

    def update(self, query: np.ndarray, index: np.ndarray, radius: float) -> None:   # (2,), (k,)
        neighbours, classes = self.moons.X[index], self.moons.y[index]               # (k, 2), (k,)
        self.query.set_data(query[:1], query[1:])
        self.circle.set(center=query, radius=radius)
        self.lines.set_segments([(query, neighbour) for neighbour in neighbours])
        self.lines.set_color([theme.CLASS_COLOURS[c] for c in classes])
        votes = np.bincount(classes, minlength=2)
        for bar, count in zip(self.bars, votes, strict=True):
            bar.set_width(count)
        self.ax.set_title(f"{CLASS_NAMES[votes.argmax()]}, {votes.max()} to {votes.min()}")


class ShareAlongPath:
    """Draws the share of neighbours from the lower moon, step by step."""

    def __init__(self, ax: Axes, steps: int) -> None:
        self.line, = ax.plot([], [], color=theme.BLUE, marker="o", markersize=3)
        ax.axhline(0.5, color=theme.GREY, linestyle=":")
        ax.set(xlim=(0, steps + 1), ylim=(-0.05, 1.05), xlabel="step of the path", ylabel="share of the lower moon")

    def update(self, shares: Sequence[float]) -> None:
        self.line.set_data(range(1, len(shares) + 1), shares)


def four_regions(figure: Figure, moons: Samples, held_out: Samples) -> None:
    """k = 1, 5, 15 and all samples."""
    n = len(moons.y)
    for ax, k in zip(figure.subplots(2, 2, sharex=True, sharey=True).flat, (1, 5, 15, n), strict=True):
        vote_map(ax, moons, k)
        paint.samples(ax, *moons, size=9)
        accuracy, strays = KNeighborsClassifier(k).fit(*moons).score(*held_out), outvoted(moons, k)
        found = f"{strays or 'no'} sample{'s' * (strays != 1)} outvoted"
        if k == n:
            found = "a tie, one answer" if 2 * moons.y.sum() == n else "one answer"
        ax.set_title(f"k = {k}: {found}, {100 * accuracy:.0f} % right", fontsize=10)
        ax.label_outer()


def outvoted(moons: Samples, k: int) -> int:
    """How many samples lie where the other class wins, although each of them votes for its own."""
    return int((KNeighborsClassifier(k).fit(*moons).predict(moons.X) != moons.y).sum())


def three_queries(figure: Figure, moons: Samples, k: int, queries: dict[str, np.ndarray]) -> None:
    """Draws some moments of the path side by side on one scale, with the votes below; each has a name."""
    model = KNeighborsClassifier(k).fit(*moons)
    grid = figure.subplots(2, len(queries), height_ratios=[5, 1], squeeze=False)
    for ax, bars, (name, query) in zip(*grid, queries.items(), strict=True):
        distance, index = model.kneighbors(query[None])
        MovingQuery(ax, bars, moons, k, margin=1.3, engine="fast").update(query, index[0], distance[0, -1])
        votes = np.bincount(moons.y[index[0]], minlength=2)
        ax.set(xlim=query[0] + 1.1 * np.array([-1, 1]), ylim=query[1] + np.array([-1, 1]), xticks=[], yticks=[],
               xlabel="", ylabel="", title=f"{name}: {votes.max()} to {votes.min()}")
        if bars is not grid[1, 0]:
            bars.set_yticks([])
