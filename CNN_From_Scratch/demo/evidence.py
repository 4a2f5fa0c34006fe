"""Two more pictures of chapter 6: how the classes separate in the last hidden layer, and the effect of shifted
digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ai_from_scratch.data import Dataset
from ai_from_scratch.estimator.images import as_images
from ai_from_scratch.stage import paint, theme
from Basic_Neural_Network_From_Scratch import MLPClassifier, Sequential
from CNN_From_Scratch.classifier import CNNClassifier
from CNN_From_Scratch.demo.panels import names_apart
from KNN_From_Scratch import KNeighborsClassifier

SHIFTS_IN_PIXELS = range(-6, 7)
MOVED = 3               # pixels to the right, for the numbers in the title
Predict = Callable[[np.ndarray], np.ndarray]    # images (n, H, W) -> labels (n,)


def penultimate(network: Sequential, images: np.ndarray) -> np.ndarray:  # (n, H, W) -> (n, units)
    """The input of the last layer for each image."""
    X = as_images(images).astype(network.dtype)
    for layer in network.layers[:-1]:
        X = layer.forward(X)
    return X


def in_two_dimensions(hidden: Sequence[np.ndarray]) -> list[np.ndarray]:  # (n, units) each -> (n, 2) each
    """Every moment on the principal axes of the last moment, so that the axes stay fixed while the points move."""
    last = hidden[-1] - hidden[-1].mean(axis=0)
    axes = np.linalg.svd(last, full_matrices=False)[2][:2]                          # (2, units)
    return [(units - units.mean(axis=0)) @ axes.T for units in hidden]


def on_two_axes(hidden: np.ndarray, before: np.ndarray | None = None) -> tuple[np.ndarray, float]:
    """The hidden layer (n, units) on its two axes of largest spread, (n, 2), and the share of the spread on these axes.

    Principal axes may flip or swap from one evaluation to the next.  So the points are rotated or mirrored to lie as
    close as possible to those of `before`.  The orthogonal Ω that minimises ‖points · Ω − before‖ (Procrustes) is U Vᵀ
    of the singular value decomposition of pointsᵀ · before.  The largest distance is scaled to 1.
    """
    centred = (hidden - hidden.mean(axis=0)).astype(float)
    spread, axes = np.linalg.eigh(centred.T @ centred)                              # ascending (units,), (units, units)
    points = centred @ axes[:, :-3:-1]                                              # (n, 2)
    points /= np.sqrt((points**2).sum(axis=1).max()) or 1.0
    if before is not None:
        U, _, Vt = np.linalg.svd(points.T @ before)                                 # (2, 2) each
        points = points @ (U @ Vt)
    return points, float(spread[-2:].sum() / (spread.sum() or 1.0))


def between_classes(hidden: np.ndarray, labels: np.ndarray) -> float:  # (n, units), (n,)
    """The share of the spread (the sum of squares about the mean) that lies between the means of the classes, 0 … 1."""
    centred = hidden.astype(float) - hidden.mean(axis=0, dtype=float)
    means = [(labels == c).sum() * (centred[labels == c].mean(axis=0) ** 2).sum() for c in np.unique(labels)]
    return float(sum(means) / ((centred**2).sum() or 1.0))


def apart(figure: Figure, moments: Sequence[tuple[str, np.ndarray]], labels: np.ndarray, classes: Sequence[str],
          logits: np.ndarray) -> None:
    """Draws several moments, each with (title, hidden layer (n, units)), as points coloured by their label (n,).
    Below: the three pairs of classes that lie closest at the end, each on the axis that the last layer uses for this
    pair."""
    halves: Any = figure.subfigures(2, 1, height_ratios=(2.3, 1))
    last = moments[-1][1] - moments[-1][1].mean(axis=0)
    places = in_two_dimensions([hidden for _, hidden in moments])
    share = (places[-1] ** 2).sum() / ((last**2).sum() or 1.0)
    halves[0].suptitle(f"the last hidden layer, on two axes that show {100 * share:.0f} % of its spread at the end",
                       fontsize=11, x=0.01, ha="left")
    for ax, (title, hidden), points in zip(halves[0].subplots(1, len(moments), squeeze=False)[0], moments, places,
                                           strict=True):
        there = np.unique(labels)
        middles = np.array([np.median(points[labels == c], axis=0) for c in there])         # (K, 2)
        for c, place in zip(there, names_apart(middles, 1.1 * np.ptp(points, axis=0) + 1e-9), strict=True):
            colour = theme.CLASS_COLOURS[c % len(theme.CLASS_COLOURS)]
            ax.scatter(*points[labels == c].T, s=5, color=colour, alpha=0.6, linewidths=0)
            ax.text(*place, classes[c], fontsize=11, fontweight="bold", ha="center", va="center", color=theme.INK,
                    bbox={"boxstyle": "circle,pad=0.15", "fc": theme.BACKGROUND, "ec": colour, "lw": 1.5})
        ax.set_title(f"{title}: {100 * between_classes(hidden, labels):.0f} %\nof the spread is between classes",
                     fontsize=9, loc="center")
        ax.set(xticks=[], yticks=[])
        ax.set_box_aspect(0.85)
    pairs = closest_pairs(places[-1], labels)
    margins = [margin(logits, labels, i, j) for i, j in pairs]
    of_pairs = sum(int(np.isin(labels, pair).sum()) for pair in pairs)
    halves[1].suptitle(f"the {len(pairs)} closest pairs, each on its own axis: {sum(wrong for _, wrong in margins)} of "
                       f"{of_pairs} digits on the wrong side", fontsize=11, x=0.01, ha="left")
    for ax, (i, j), (values, wrong) in zip(halves[1].subplots(1, max(1, len(pairs)), squeeze=False)[0], pairs, margins,
                                           strict=False):
        for c, way in ((i, 1), (j, -1)):
            mine = values[labels == c]
            ax.plot(mine, way * np.linspace(0.1, 0.9, len(mine)), "o", markersize=2.5, markeredgewidth=0, alpha=0.8,
                    color=theme.CLASS_COLOURS[c % len(theme.CLASS_COLOURS)])
            ax.text(mine.max() if way > 0 else mine.min(), way * 0.5, f" {classes[c]} ", fontsize=11,
                    fontweight="bold", color=theme.INK, ha="left" if way > 0 else "right", va="center")
        ax.axvline(0, color=theme.INK, linewidth=1)
        ax.margins(x=0.12)
        ax.set(yticks=[])
        ax.set_xlabel(f"logit of {classes[i]} minus logit of {classes[j]}", fontsize=9)
        ax.set_title(f"{classes[i]} and {classes[j]}: {wrong} of {np.isin(labels, (i, j)).sum()}", fontsize=9,
                     loc="center")


def closest_pairs(points: np.ndarray, labels: np.ndarray, most: int = 3) -> list[tuple[int, int]]:
    """The pairs of classes whose medians lie closest in the plane of the points (n, 2)."""
    middle = {int(c): np.median(points[labels == c], axis=0) for c in np.unique(labels)}
    return sorted(combinations(middle, 2), key=lambda pair: float(np.linalg.norm(middle[pair[0]] - middle[pair[1]]))
                  )[:most]


def margin(logits: np.ndarray, labels: np.ndarray, i: int, j: int) -> tuple[np.ndarray, int]:
    """z_i − z_j of every digit (n,), which is one straight axis of the last hidden layer, and the number of digits
    labelled i or j on the wrong side of 0."""
    margins = logits[:, i] - logits[:, j]
    return margins, int(np.sum((labels == i) & (margins < 0)) + np.sum((labels == j) & (margins > 0)))


@dataclass
class Contest:
    """Three classifiers trained on the same few unmoved digits, and the chapter's own network."""

    digits: Dataset
    trained: CNNClassifier
    learn: int = 5000       # digits to learn from
    judge: int = 1000       # number of test digits to be moved
    epochs: int = 10

    def curves(self) -> dict[str, np.ndarray]:
        """The accuracy (13,) of each classifier, by name, at a shift to the right of −6 … 6 pixels."""
        X, y = (part[: self.learn] for part in self.digits.train)
        flat = X.reshape(len(X), -1).astype(np.float32) / np.float32(255)
        cnn = CNNClassifier((8, 16), max_iter=self.epochs, batch_size=64, random_state=0).fit(X, y)
        dense = MLPClassifier((128,), max_iter=self.epochs, batch_size=64, learning_rate_init=3e-3, tol=0.0,
                              random_state=0)           # exactly so many epochs, whatever the loss
        dense.fit(flat, y)
        knn = KNeighborsClassifier(3).fit(flat, y)

        def flattened(model) -> Predict:
            return lambda images: model.predict(images.reshape(len(images), -1).astype(np.float32) / np.float32(255))

        judges: dict[str, Predict] = {
            "this CNN": self.trained.predict, f"CNN, {len(y):,} digits": cnn.predict,
            f"dense, {len(y):,} digits": flattened(dense), f"kNN, {len(y):,} digits": flattened(knn),
        }
        images, labels = (part[: self.judge] for part in self.digits.test)
        moved = [move_right(images, shift) for shift in SHIFTS_IN_PIXELS]
        return {name: np.array([np.mean(predict(X) == labels) for X in moved]) for name, predict in judges.items()}


def move_right(images: np.ndarray, pixels: int) -> np.ndarray:  # (n, H, W) -> (n, H, W)
    """Pixels that leave the image are dropped; new ones are black."""
    moved = np.roll(images, pixels, axis=2)
    if pixels:
        moved[:, :, slice(0, pixels) if pixels > 0 else slice(pixels, None)] = 0
    return moved


def against_shift(figure: Figure, contest: Contest) -> None:
    ax = figure.add_subplot()
    curves = contest.curves()
    colours = dict(zip(curves, (theme.ACCENT, *theme.SERIES[1:3], theme.SERIES[0]), strict=True))
    ends = paint.spread_out(np.array([curve[-1] for curve in curves.values()]), 0.075)
    for (name, curve), height, mark in zip(curves.items(), ends, "osD^", strict=True):  # not everybody sees the colours
        ax.plot(SHIFTS_IN_PIXELS, curve, color=colours[name], marker=mark, markersize=4)
        ax.text(6.2, height, name, color=colours[name], va="center", fontsize=10)
    ax.set(xlabel="test digits moved to the right by … pixels", ylabel="accuracy", ylim=(0, 1.02), xlim=(-6.3, 9.6),
           xticks=list(SHIFTS_IN_PIXELS)[::2])
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.spines["bottom"].set_bounds(-6.3, 6.3)
    short = {name.split(", ", 1)[0]: curve for name, curve in curves.items() if name != "this CNN"}
    ax.set_title(f"moved by {MOVED} to the right, {list(curves)[-1].split(', ', 1)[1]}: " + ", ".join(
        f"{name} {100 * curve[SHIFTS_IN_PIXELS.index(MOVED)]:.0f} %" for name, curve in short.items()), fontsize=10)
