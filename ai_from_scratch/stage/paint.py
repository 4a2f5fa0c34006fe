"""Parts of pictures that several chapters paint: samples of classes, probability maps, images, confusion.

Each function adds to the axes that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ai_from_scratch.stage import theme

MOST_CLASSES_WITH_ZEROS = 5      # a confusion matrix of more classes leaves the zeros out: white is 0
LUMINANCE_BETWEEN = 0.21         # of the cell where white and theme.INK are equally easy to read


def samples(ax: Axes, X: np.ndarray, y: np.ndarray, *, size: float = 16, names: Sequence[str] = ()) -> None:
    """Points of X (n, 2), coloured by the class y (n,); names label the classes in a legend."""
    for k, label in enumerate(np.unique(y)):
        of_class = y == label
        ax.scatter(X[of_class, 0], X[of_class, 1], s=size, color=theme.CLASS_COLOURS[k % 10], edgecolors="white",
                   linewidths=0.4, zorder=3, label=names[k] if k < len(names) else str(label))
    if names:
        ax.legend(loc="best", fontsize=8)


def grid_over(X: np.ndarray, steps: int = 120, margin: float = 0.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A (steps, steps) grid over the samples X (n, 2): both coordinates, and all its points as rows (steps², 2)."""
    low, high = X.min(axis=0) - margin, X.max(axis=0) + margin
    x1, x2 = np.meshgrid(np.linspace(low[0], high[0], steps), np.linspace(low[1], high[1], steps))
    return x1, x2, np.column_stack([x1.ravel(), x2.ravel()])


def probability_map(ax: Axes, x1: np.ndarray, x2: np.ndarray, p: np.ndarray) -> Any:
    """P(class 1) on a grid, as background, with the boundary p = 1/2.  x1, x2, p are (steps, steps)."""
    filled = ax.contourf(x1, x2, p, levels=np.linspace(0, 1, 21), cmap=theme.two_class_colours(), vmin=0, vmax=1)
    if p.min() < 0.5 < p.max():
        ax.contour(x1, x2, p, levels=[0.5], colors=theme.INK, linewidths=1.5)
    return filled


def class_regions(ax: Axes, x1: np.ndarray, x2: np.ndarray, codes: np.ndarray, classes: int) -> None:
    """The region of each class as a pale background; codes (steps, steps) are 0 … classes − 1."""
    ax.contourf(x1, x2, codes, levels=np.arange(classes + 1) - 0.5, alpha=0.25,
                colors=list(theme.CLASS_COLOURS[:classes]))


def image(ax: Axes, pixels: np.ndarray, title: str = "", *, cmap: str = "gray_r", limit: float | None = None) -> None:
    """A picture (H, W) without axes.  With `limit` the colours run from −limit to limit."""
    scale = {} if limit is None else {"vmin": -limit, "vmax": limit}
    ax.imshow(pixels, cmap=cmap, **scale)   # type: ignore[arg-type]
    ax.set_axis_off()
    ax.set_title(title, fontsize=9, loc="center")


def confusion(ax: Axes, true: np.ndarray, predicted: np.ndarray, names: Sequence[str], *,
              most: int | None = None) -> None:
    """Counts of (true, predicted) pairs in logarithmic colour, so that rare mistakes stay visible.  Codes 0 … K − 1.

    White is 0, the darkest is `most`: the largest count here, or what matrices side by side have in common.
    """
    K = len(names)
    counts = confusion_counts(true, predicted, K)
    image = ax.imshow(np.log1p(counts), cmap="Blues", vmin=0, vmax=np.log1p(max(1, most or counts.max())))
    for (i, j), rgba in zip(np.ndindex(K, K), image.to_rgba(np.log1p(counts)).reshape(-1, 4), strict=True):
        if counts[i, j] or K <= MOST_CLASSES_WITH_ZEROS:
            colour = "white" if luminance(rgba) < LUMINANCE_BETWEEN else theme.INK
            ax.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=8, color=colour)
    ax.set_xticks(range(K), names, rotation=0 if max(map(len, names)) < 4 else 45)
    ax.set_yticks(range(K), names)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")


def confusion_counts(true: np.ndarray, predicted: np.ndarray, K: int) -> np.ndarray:       # (n,), (n,) -> (K, K)
    return np.bincount(true * K + predicted, minlength=K * K).reshape(K, K)


def luminance(rgba: Sequence[float] | np.ndarray) -> float:
    """From 0 (black) to 1 (white): the relative luminance of WCAG 2, which the contrast of two colours is made of."""
    channel = np.asarray(rgba, dtype=float)[:3]
    linear = np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
