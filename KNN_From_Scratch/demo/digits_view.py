"""Draws the MNIST scenes and pictures of this chapter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ai_from_scratch.stage import theme
from KNN_From_Scratch.demo.digits import NEIGHBOURS_SHOWN, Asked

IMAGE_PIXELS, LABEL_PIXELS, GAP_PIXELS = 28, 11, 5        # a tile is an image above its label
ROWS_OF_THE_LIVE_VIEW = 5


def rows_of_neighbours(ax: Axes, rows: Sequence[Asked], names: Sequence[str] = (), places: int = 0) -> None:
    """Draws in each row an image and its nearest training images.  A frame holds an image and its label together; it is
    dark if the label differs from the first.  There is room for at least `places` rows, so that they keep their
    size."""
    height, width = IMAGE_PIXELS + LABEL_PIXELS + GAP_PIXELS, IMAGE_PIXELS + GAP_PIXELS
    canvas = np.zeros((height * max(len(rows), places), width * (NEIGHBOURS_SHOWN + 2)))
    for line, row in enumerate(rows):
        for place, image in enumerate(row.pixels):
            left, top = width * (place + (place > 0)) + 2, height * line + 2    # an empty column after the query
            canvas[top:top + IMAGE_PIXELS, left:left + IMAGE_PIXELS] = image
            label, same = row.labels[place], row.labels[place] == row.labels[0]
            ax.text(left + IMAGE_PIXELS / 2, top + IMAGE_PIXELS + LABEL_PIXELS / 2 - 1, str(label), ha="center",
                    va="center", fontsize=9, fontweight="normal" if same and place else "bold",
                    color=theme.ACCENT if place == 0 else theme.INK)
            ax.add_patch(Rectangle((left - 1, top - 1), IMAGE_PIXELS + 1, IMAGE_PIXELS + LABEL_PIXELS, fill=False,
                                   edgecolor=theme.ACCENT if place == 0 else theme.PALE if same else theme.INK,
                                   linewidth=1 if same and place else 1.6))
        if line < len(names):
            ax.text(-4, height * line + 2 + IMAGE_PIXELS / 2, names[line], ha="right", va="center", fontsize=9)
    ax.imshow(canvas, cmap="gray_r", aspect="equal")
    ax.set_anchor("NW")
    ax.set_axis_off()


def closest_votes(ax: Axes, rows: Sequence[Asked]) -> None:
    """Draws the live view's rows: the image with the closest vote of each batch, the latest one on top."""
    rows_of_neighbours(ax, rows[::-1], places=ROWS_OF_THE_LIVE_VIEW)
    agree = [int((row.labels[1:] == row.labels[0]).sum()) for row in rows]
    ax.set_title(f"closest votes: of ten neighbours, {min(agree)}{f' to {max(agree)}' if len({*agree}) > 1 else ''} "
                 f"show the same digit")


def accuracy_against_k(ax: Axes, ks: np.ndarray, new: np.ndarray, best: int, test: float | None = None,
                       stored: np.ndarray | None = None, what: str = "samples") -> None:
    """Draws accuracy in percent over log k. Lines: new samples (a diamond marks the chosen k), and the same samples if
    each of them is stored, too. A star marks the test accuracy of the chosen k."""
    ax.plot(ks, 100 * new, color=theme.HELD_OUT, marker="o", markersize=3.5)
    if stored is not None:
        ax.plot(ks, 100 * stored, color=theme.TRAINING, marker="o", markersize=3.5, linestyle="--")
        names = ((f"the same {what},\neach of them stored too", stored, 1, theme.TRAINING, 8),
                 (f"new {what}", new, 0, theme.HELD_OUT, -14))
        for name, values, i, colour, up in names:
            ax.annotate(name, (ks[min(i, len(ks) - 1)], 100 * values[min(i, len(ks) - 1)]), xytext=(8 * (i > 0), up),
                        textcoords="offset points", color=colour, fontsize=9, va="bottom" if up > 0 else "top")
    ax.plot(best, 100 * new[list(ks).index(best)], "D", color=theme.HELD_OUT, markersize=8, zorder=4)
    if test is not None:
        ax.plot(best, 100 * test, "*", color=theme.INK, markersize=14, zorder=5)
        side = "left" if best == ks[0] else "right" if best**2 > ks[-1] else "center"    # away from the curves
        ax.annotate(f"test, k = {best}: {100 * test:.2f} %", (best, 100 * test), xytext=(0, -18),
                    textcoords="offset points", ha=side, color=theme.INK, fontsize=9)
    ax.set(xscale="log", xlabel="k (log scale)", ylabel="accuracy in %")
    ticks = [k for k in (1, 3, 5, 10, 20, 50, 100, 200) if ks[0] <= k <= ks[-1]]
    ax.set_xticks(ticks, [str(k) for k in ticks])
    ax.minorticks_off()


def choosing(ax: Axes, ks: np.ndarray, accuracy: np.ndarray) -> None:      # (ks,), (ks,)
    """Draws the validation accuracy of every k while the images are classified."""
    best = int(ks[accuracy.argmax()])
    accuracy_against_k(ax, ks, accuracy, best)
    low = 100 * accuracy.min()
    ax.set(ylim=(low - 0.15 * (100 - low) - 1e-3, 100), ylabel="accuracy on validation images so far, in %")
    ax.set_title(f"best so far: k = {best}, {100 * accuracy.max():.2f} %")
