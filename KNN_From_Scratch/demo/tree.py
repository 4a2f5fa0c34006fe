"""A k-d tree at work: the boxes that its search opens, the boxes that it leaves out, and the distances that it
computes.

    n points   d features   k neighbours
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch, Rectangle

from ai_from_scratch.stage import theme
from KNN_From_Scratch.kd_tree import KDTree, Node
from KNN_From_Scratch.metrics import find_metric

LEAF_SIZE = 12
DIMENSIONS = (1, 2, 3, 5, 8, 12, 20)
SPREAD_POINTS, SPREAD_QUERIES = 2000, 30       # evenly spread in a cube, to count the distances for each dimension


class Box(NamedTuple):
    """A box at the moment when the search meets it."""

    bounds: np.ndarray             # (2, d) lowest and highest value of each feature
    opened: bool               # True: a leaf whose points were measured; False: a box that was left out, with all in it
    nearest: np.ndarray            # (≤ k,) the best points so far
    gap: float                     # from the query to the box
    radius: float                  # the distance of the farthest of the best points
    counted: int                   # distances computed so far


class BoxFrame(NamedTuple):
    """One box of one search."""

    step: int
    steps: int
    metrics: dict[str, float]
    query: np.ndarray              # (2,)
    box: Box

    title: str = "a k-d tree"
    hold: float = 0.35


class WatchedTree(KDTree):
    """The chapter's tree; it also records what its search does."""

    def boxes(self, q: np.ndarray, k: int) -> list[Box]:
        self.met: list[Box] = []
        self.opened: set[int] = set()                                        # the nodes, by identity
        self.q, self.counted = q, 0
        self._search(self.root, q, k, np.empty(0), np.empty(0, np.intp))
        return self.met

    def _search(
        self, node: Node, q: np.ndarray, k: int, distance: np.ndarray, index: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        self.opened.add(id(node))
        distance, index = super()._search(node, q, k, distance, index)
        if not node.halves:
            self.counted += len(node.members)
            self._meet(bounds(self.X[node.members]), True, distance, index)
        for i, half in enumerate(node.halves):
            if id(half) not in self.opened:
                self._meet(np.stack([node.low[i], node.high[i]]), False, distance, index)
        return distance, index

    def _meet(self, box: np.ndarray, opened: bool, distance: np.ndarray, index: np.ndarray) -> None:
        gap = self.metric.length(np.maximum(np.maximum(box[0] - self.q, self.q - box[1]), 0))
        self.met.append(Box(box, opened, index, float(gap), float(distance[-1]), self.counted))


def bounds(points: np.ndarray) -> np.ndarray:                                # (s, d) -> (2, d)
    return np.stack([points.min(axis=0), points.max(axis=0)])


def leaves(node: Node) -> Iterator[Node]:
    if not node.halves:
        yield node
    for half in node.halves:
        yield from leaves(half)


def search_frames(X: np.ndarray, queries: np.ndarray, k: int) -> Iterator[BoxFrame]:
    tree = WatchedTree(X, find_metric("euclidean"), LEAF_SIZE)
    searches = [(query, box) for query in queries for box in tree.boxes(query, k)]
    for step, (query, box) in enumerate(searches, start=1):
        yield BoxFrame(step, len(searches), {"distances computed": box.counted, "radius": box.radius}, query, box)


class TreeSearch:
    """The points and the leaves are painted once; `update` shows the boxes that one search has met so far.

    `gaps` shows how far each box is, in the order of the search, and the k-th distance found so far.
    """

    def __init__(self, ax: Axes, X: np.ndarray, queries: np.ndarray, gaps: Axes | None = None) -> None:
        self.ax, self.X, self.gaps = ax, X, gaps
        tree = KDTree(X, find_metric("euclidean"), LEAF_SIZE)
        boxes = [rectangle(bounds(X[leaf.members])) for leaf in leaves(tree.root)]
        self.leaves = len(boxes)
        ax.add_collection(PatchCollection(boxes, facecolor="none", edgecolor=theme.GREY, linewidth=0.7, zorder=2))
        ax.scatter(X[:, 0], X[:, 1], s=5, color=theme.GREY, linewidths=0, zorder=2)
        self.struck = PatchCollection([], facecolor=to_rgba(theme.PALE, 0.7), edgecolor=theme.GREY, linewidth=1,
                                      zorder=2.5)
        self.crosses = LineCollection([], colors=theme.GREY, linewidths=1, zorder=2.6)
        self.open = PatchCollection([], facecolor="none", edgecolor=theme.INK, linewidth=1.8, zorder=3)
        for collection in (self.struck, self.crosses, self.open):
            ax.add_collection(collection, autolim=False)
        self.measured = ax.scatter([], [], s=9, color=theme.INK, linewidths=0, zorder=4)
        self.nearest = ax.scatter([], [], s=50, facecolors="none", edgecolors=theme.INK, linewidths=1.3, zorder=4)
        self.circle = ax.add_patch(Circle((0, 0), 0, fill=False, edgecolor=theme.INK, linewidth=1.3, zorder=4))
        self.query, = ax.plot([], [], "*", color=theme.ACCENT, markeredgecolor=theme.BACKGROUND, markersize=14,
                              zorder=5)
        low, high = bounds(np.concatenate([X, queries])) + 0.15 * np.array([[-1], [1]])
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="x₁", ylabel="x₂", aspect="equal")
        if gaps is not None:
            self.radius, = gaps.plot([], [], color=theme.INK, drawstyle="steps-post")
            self.dots, = gaps.plot([], [], "o", color=theme.INK, markersize=6)
            self.far, = gaps.plot([], [], "x", color=theme.GREY, markersize=8, markeredgewidth=2)
            gaps.set(ylim=(-0.1, 2.6), xlabel="box, in the order of the search",
                     ylabel="distance from the query")
            gaps.text(0.97, 0.97, "×  distance to a box that is struck off\n●  distance to a box that is opened\n"
                      "―  k-th distance so far", transform=gaps.transAxes, ha="right", va="top", fontsize=9)

    def key(self, k: int, dashed: bool) -> None:
        """Says below the axes what each mark is; dashed: there is an earlier, larger circle, too."""
        marks = ((self.query, "the query"), (self.nearest, f"its {k} nearest samples"),
                 (Line2D([], [], color=theme.INK, marker="o", markersize=13, markerfacecolor="none", linestyle=""),
                  "circle around them"),
                 *[(Line2D([], [], color=theme.INK, linestyle="--", linewidth=1), "the circle before")] * dashed,
                 (self.measured, "distance computed"),
                 (Patch(facecolor="none", edgecolor=theme.INK, linewidth=1.8), "box that was opened"),
                 (Patch(facecolor=theme.PALE, edgecolor=theme.GREY), "crossed: box left out"))
        self.ax.figure.legend(*zip(*marks, strict=True), loc="outside lower left", ncols=4, fontsize=9,
                              columnspacing=1.4, handletextpad=0.6, handlelength=2)

    def update(self, query: np.ndarray, met: Sequence[Box]) -> None:
        struck, opened = ([box.bounds for box in met if box.opened == kind] for kind in (False, True))
        self.struck.set_paths([rectangle(box) for box in struck])
        self.crosses.set_segments([line for box in struck for line in (box, np.stack([box[:, 0], box[::-1, 1]], 1))])
        self.open.set_paths([rectangle(box) for box in opened])
        inside = np.zeros(len(self.X), bool)
        for low, high in opened:
            inside |= ((low <= self.X) & (high >= self.X)).all(axis=1)
        self.measured.set_offsets(self.X[inside])
        last = met[-1]
        self.nearest.set_offsets(self.X[last.nearest])
        self.circle.set(center=query, radius=last.radius)
        self.query.set_data(query[:1], query[1:])
        self.ax.set_title(f"{last.counted} distances instead of {len(self.X):,}: {len(opened)} of "
                          f"{self.leaves} boxes opened")
        if self.gaps is not None:
            order = np.arange(1, len(met) + 1)
            self.radius.set_data(np.arange(len(met) + 1) + 0.5, [box.radius for box in (*met, last)])
            for kind, marks in ((True, self.dots), (False, self.far)):
                marks.set_data([i for i, box in zip(order, met, strict=True) if box.opened == kind],
                               [box.gap for box in met if box.opened == kind])
            self.gaps.set(xlim=(0, max(16, len(met) + 1)), title="struck off: farther than the k-th distance")


def rectangle(box: np.ndarray) -> Rectangle:                                 # (2, 2) low and high
    return Rectangle((box[0, 0], box[0, 1]), *(box[1] - box[0]))


def shares_measured(rng: np.random.Generator, k: int) -> np.ndarray:         # (len(DIMENSIONS),)
    """The mean share of the points whose distance a search computes, for evenly spread points and queries."""
    shares = []
    for d in DIMENSIONS:
        tree = WatchedTree(rng.random((SPREAD_POINTS, d)), find_metric("euclidean"), LEAF_SIZE)
        shares.append(np.mean([tree.boxes(q, k)[-1].counted for q in rng.random((SPREAD_QUERIES, d))]) / SPREAD_POINTS)
    return np.array(shares)


def searched(X: np.ndarray, query: np.ndarray, k: int) -> list[Box]:
    return WatchedTree(X, find_metric("euclidean"), LEAF_SIZE).boxes(query, k)


def larger_circle(met: Sequence[Box]) -> float:
    """The radius of the circle at the moment when a box was opened that lies outside the circle at the end; of several
    such boxes the first.  0 if there is none."""
    return next((before.radius for before, box in pairwise(met) if box.opened and box.gap > met[-1].radius), 0.0)


def on_the_dashed_circle(met: Sequence[Box]) -> str:
    """For the caption; empty if there is no such circle."""
    return ("The circle shrinks as nearer samples are found: when the opened box outside it was met, the circle was "
            "the dashed one. " if larger_circle(met) else "")


def tree_search(figure: Figure, X: np.ndarray, query: np.ndarray, k: int, rng: np.random.Generator) -> None:
    """Draws one search in the plane, and the share of the points that a search measures in more and more dimensions."""
    left, right = figure.subplots(1, 2, width_ratios=[2.3, 1])
    search = TreeSearch(left, X, query[None])
    met = searched(X, query, k)
    search.update(query, met)
    search.key(k, bool(larger_circle(met)))
    left.add_patch(Circle((query[0], query[1]), larger_circle(met), fill=False, edgecolor=theme.INK, linewidth=1,
                          linestyle="--", zorder=4))

    shares = 100 * shares_measured(rng, k)
    places = np.arange(len(DIMENSIONS))
    right.barh(places, shares, color=theme.GREY, height=0.7)
    for place, share in zip(places, shares, strict=True):
        inside = share > 60
        right.annotate(f"{share:.1f} %" if share < 10 else f"{share:.0f} %", (share, place), va="center", fontsize=9,
                       xytext=(-4 if inside else 4, 0), textcoords="offset points", ha="right" if inside else "left",
                       color=theme.BACKGROUND if inside else theme.INK)
    right.set_yticks(places, [f"d = {d}" for d in DIMENSIONS])
    right.invert_yaxis()
    right.set(xlim=(0, 100), xlabel="% of the points measured", title=f"d = {DIMENSIONS[-1]}: nothing is saved"
              if shares[-1] > 99 else "the more features, the less is saved")
