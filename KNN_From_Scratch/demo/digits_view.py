"""The drawing of this chapter's MNIST scenes and pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ai_from_scratch.stage import theme
from KNN_From_Scratch.demo.digits import NEIGHBOURS_SHOWN, Asked

IMAGE_PIXELS, GAP_PIXELS = 28, 6                # pixels


def rows_of_neighbours(ax: Axes, rows: Sequence[Asked], names: Sequence[str] = ()) -> None:
    """Each row: an image, then its nearest training images with their labels; vermilion if a label differs."""
    height, width = IMAGE_PIXELS + 2 * GAP_PIXELS, IMAGE_PIXELS + GAP_PIXELS
    canvas = np.zeros((height * len(rows), width * (NEIGHBOURS_SHOWN + 2)))
    for r, row in enumerate(rows):
        for c, image in enumerate(row.pixels):
            left = width * (c + (c > 0)) + GAP_PIXELS // 2           # an empty column after the query
            top = height * r + 2 * GAP_PIXELS
            canvas[top:top + IMAGE_PIXELS, left:left + IMAGE_PIXELS] = image
            label, true = row.labels[c], row.labels[0]
            ax.text(left + IMAGE_PIXELS / 2, top - GAP_PIXELS / 2, str(label), ha="center", va="bottom", fontsize=9,
                    fontweight="bold" if c == 0 else "normal", color=theme.INK if label == true else theme.VERMILION)
        if r < len(names):
            ax.text(-4, height * r + 2 * GAP_PIXELS + IMAGE_PIXELS / 2, names[r], ha="right", va="center", fontsize=9)
    ax.imshow(canvas, cmap="gray_r", aspect="equal")
    ax.set_anchor("NW")
    ax.set_axis_off()


def accuracy_against_k(ax: Axes, ks: np.ndarray, lines: dict[str, np.ndarray], best: int,
                       test: float | None = None) -> None:
    """Curves over log k in percent; a diamond at the chosen k on the last curve, a star for its test accuracy."""
    for colour, (name, values) in zip((theme.BLUE, theme.GREEN), reversed(lines.items()), strict=False):
        ax.plot(ks, 100 * values, color=colour, marker="o", markersize=3.5)
        end = -1 if len(ks) > 1 else 0
        ax.annotate(name, (ks[end], 100 * values[end]), xytext=(5, 0), textcoords="offset points", color=colour,
                    va="center", fontsize=9, annotation_clip=False)
    validation = list(lines.values())[-1]
    ax.plot(best, 100 * validation[list(ks).index(best)], "D", color=theme.BLUE, markersize=8, zorder=4)
    if test is not None:
        ax.plot(best, 100 * test, "*", color=theme.VERMILION, markersize=15, markeredgecolor="white", zorder=5)
        side = "left" if best == ks[0] else "right" if best**2 > ks[-1] else "center"    # away from the curves
        ax.annotate(f"test, k = {best}: {100 * test:.2f} %", (best, 100 * test), xytext=(0, -18),
                    textcoords="offset points", ha=side, color=theme.VERMILION, fontsize=9)
    ax.set(xscale="log", xlabel="k (log scale)", ylabel="accuracy in %")
    ticks = [k for k in (1, 3, 5, 10, 20, 50, 100, 200) if ks[0] <= k <= ks[-1]]
    ax.set_xticks(ticks, [str(k) for k in ticks])
    ax.minorticks_off()


def choosing(ax: Axes, ks: np.ndarray, accuracy: np.ndarray) -> None:      # (ks,), (ks,)
    """Validation accuracy of every k while the images come in."""
    best = int(ks[accuracy.argmax()])
    accuracy_against_k(ax, ks, {"": accuracy}, best)
    low = 100 * accuracy.min()
    ax.set(ylim=(low - 0.15 * (100 - low) - 1e-3, 100), ylabel="accuracy on validation images so far, in %")
    ax.set_title(f"best so far: k = {best}, {100 * accuracy.max():.2f} %")
