"""Parts of pictures that several chapters paint: samples of classes, probability maps, images, confusion.

Each function adds to the axes that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from ai_from_scratch.stage import theme

SHARE_EXPONENT = 0.4  # of a confusion matrix: 1 in 100 gets a sixth of the colour scale, so mistakes are visible


def samples(ax: Axes, X: np.ndarray, y: np.ndarray, *, size: float = 16, names: Sequence[str] = ()) -> None:
    """Draws the points of X (n, 2), coloured by the class y (n,); names label the classes in a legend."""
    for c, label in enumerate(np.unique(y)):
        of_class = y == label
        ax.scatter(X[of_class, 0], X[of_class, 1], s=size, color=theme.CLASS_COLOURS[c % 10], linewidths=0.4, zorder=3,
                   edgecolors=theme.BACKGROUND, label=names[c] if c < len(names) else str(label))
    if names:
        ax.legend(loc="best", fontsize=8)


def grid_over(X: np.ndarray, steps: int = 120, margin: float = 0.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A (steps, steps) grid over the samples X (n, 2): both coordinates, and all its points as rows (steps², 2)."""
    low, high = X.min(axis=0) - margin, X.max(axis=0) + margin
    x1, x2 = np.meshgrid(np.linspace(low[0], high[0], steps), np.linspace(low[1], high[1], steps))
    return x1, x2, np.column_stack([x1.ravel(), x2.ravel()])


def extent_of(x1: np.ndarray, x2: np.ndarray) -> tuple[float, float, float, float]:
    """The extent for imshow: each pixel lies around its point of the grid (rows, columns), so the outer pixels reach
    half a pixel beyond."""
    half1, half2 = (x1[0, 1] - x1[0, 0]) / 2, (x2[1, 0] - x2[0, 0]) / 2
    return x1.min() - half1, x1.max() + half1, x2.min() - half2, x2.max() + half2


def probability_map(ax: Axes, x1: np.ndarray, x2: np.ndarray, p: np.ndarray) -> Any:
    """Draws P(class 1) on a grid as background, with the boundary p = 1/2.  x1, x2, p are (steps, steps)."""
    filled = ax.contourf(x1, x2, p, levels=np.linspace(0, 1, 21), cmap=theme.two_class_colours(), vmin=0, vmax=1)
    if p.min() < 0.5 < p.max():
        ax.contour(x1, x2, p, levels=[0.5], colors=theme.INK, linewidths=1.5)
    return filled


def class_regions(ax: Axes, x1: np.ndarray, x2: np.ndarray, codes: np.ndarray, classes: int) -> None:
    """Draws the region of each class as a pale background; codes (steps, steps) are 0 … classes − 1."""
    ax.contourf(x1, x2, codes, levels=np.arange(classes + 1) - 0.5,
                colors=[theme.mixed(colour, 0.25) for colour in theme.CLASS_COLOURS[:classes]])


def percent(probability: float) -> str:
    """A softmax probability in percent, rounded down, at most 99.9: it is never 1, even if float32 rounds it to 1."""
    return f"{min(np.floor(1000 * probability + 1e-9) / 10, 99.9):.1f} %"


def image(ax: Axes, pixels: np.ndarray, title: str = "", *, cmap: str | Colormap = "gray_r",
          limit: float | None = None) -> None:
    """Draws a picture (H, W) without axes.  With `limit` the colours run from −limit to limit."""
    scale = {} if limit is None else {"vmin": -limit, "vmax": limit}
    ax.imshow(pixels, cmap=cmap, **scale)   # type: ignore[arg-type]
    ax.set_axis_off()
    ax.set_title(title, fontsize=9, loc="center")


def mistakes(
    figure: Figure, right: np.ndarray, wrong: Sequence[tuple[np.ndarray, str, str]], *, ylabel: str,
    xlabel: str = "step", first: int = 0, rows: int = 2, limits: tuple[float, float] | None = None,
    scales: tuple[str, str] = ("linear", "log"),
) -> None:
    """A panel for each mistake: its loss, its wrong line, the finding, and the loss without it; from step `first` on.

    In every chapter the wrong curve and its line are in ACCENT, the right curve is in GREY and dashed, because
    not everybody can tell red from grey.  `limits` holds for all.
    """
    axes: Any = figure.subplots(rows, -(-len(wrong) // rows), sharex=True, sharey=limits is not None, squeeze=False)
    last = first + len(right) - 1
    for ax, (loss, line, finding) in zip(axes.flat, wrong, strict=True):
        ax.plot(np.arange(first, last + 1), right, "--", color=theme.GREY, linewidth=1.6)
        ax.plot(np.arange(first, first + len(loss)), loss, color=theme.ACCENT, linewidth=2.2)
        ax.set(xscale=scales[0], yscale=scales[1], xlim=(0 if scales[0] == "linear" else first, last))
        if limits is not None or scales[1] == "linear":
            ax.set_ylim(limits or (0, 1.15 * max(right.max(), loss.max())))
        ax.set_title(finding, fontsize=9.5, pad=18)
        ax.text(0, 1.03, line, transform=ax.transAxes, family="monospace", fontsize=9, color=theme.ACCENT)
        lowest = right[-len(right) // 3 :].min()                                 # near the words
        ax.annotate("without the mistake", (last, lowest), (0, -4), textcoords="offset points", ha="right",
                    va="top", fontsize=9, color=theme.GREY)
    for ax in axes[-1]:
        ax.set_xlabel(xlabel)
    for ax in axes[:, 0]:
        ax.set_ylabel(ylabel)


def framed_digit(ax: Axes, image: np.ndarray, words: str, colour: str, share: float) -> None:
    """A digit (H, W) with words above it, both in one frame: so no word stands between two digits."""
    H, W = image.shape
    room = int(H / share)                                                       # rows of pixels for the words
    ax.imshow(np.pad(image, ((room, 0), (0, 0))), cmap="gray_r")
    ax.text(W / 2 - 0.5, room / 2, words, ha="center", va="center", fontsize=8, color=colour)
    ax.add_patch(Rectangle((-0.5, -0.5), W, H + room, fill=False, edgecolor=theme.PALE, linewidth=1))
    ax.set_axis_off()


def confusion(ax: Axes, true: np.ndarray, predicted: np.ndarray, names: Sequence[str], size: float = 0) -> None:
    """Draws the counts of (true, predicted) pairs, codes 0 … K − 1; the title says how many are right.

    The colour is the share of the row's samples, from none to all of them: the same scale in every confusion matrix.
    size: of the numbers, in points; 0 chooses it by the number of classes.
    """
    K = len(names)
    counts = confusion_counts(true, predicted, K)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)                       # (K, K)
    image = ax.imshow(share, cmap=theme.SEQUENTIAL, norm=PowerNorm(SHARE_EXPONENT, 0, 1))
    for (i, j), rgba in zip(np.ndindex(K, K), image.to_rgba(share).reshape(-1, 4), strict=True):
        ax.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=size or (8 if K > 4 else 13),
                color=theme.text_on(rgba[:3]))
    ax.set_xticks(range(K), names, rotation=0 if max(map(len, names)) < 4 else 45)
    ax.set_yticks(range(K), names)
    ax.set(xlabel="predicted", ylabel="true")
    right = np.trace(counts)
    ax.set_title(f"{100 * right / max(len(true), 1):.4g} % right: {right:,} of {len(true):,}")


def confusion_counts(true: np.ndarray, predicted: np.ndarray, K: int) -> np.ndarray:       # (n,), (n,) -> (K, K)
    return np.bincount(true * K + predicted, minlength=K * K).reshape(K, K)


def most_confused(counts: np.ndarray, names: Sequence[str], what: str) -> str:             # (K, K): (true, predicted)
    """One sentence: the number of mistakes among the test images or digits (`what`), and the most frequent mistake."""
    mistakes = counts - np.diag(np.diag(counts))
    true, said = divmod(int(mistakes.argmax()), len(counts))
    return (f"{mistakes.sum()} of {counts.sum():,} test {what} are misread"
            + (f", most often {with_article(names[true])} as {names[said]} ({mistakes[true, said]})"
               if mistakes.any() else ""))


def with_article(name: str) -> str:
    """The name after "a" or "an": an 8, an 11, an 18 and an 80 are spoken with a vowel first.

    >>> with_article("8"), with_article("7"), with_article("81"), with_article("1")
    ('an 8', 'a 7', 'an 81', 'a 1')
    """
    return f"{'an' if name.startswith('8') or name in ('11', '18') or name[:1].lower() in set('aeiou') else 'a'} {name}"


def growing_curve(ax: Axes, colour: str, **style: Any) -> Line2D:
    """A curve for a live view, still without data.  A dot marks its latest point: a first point has no line yet."""
    return ax.plot([], [], color=colour, marker="o", markersize=4, markevery=[-1], **style)[0]


def whole_training(ax: Axes, steps: int) -> None:
    """The x axis from step 0 to the last one; a dot at the last step is not cut."""
    ax.set_xlim(0, 1.02 * steps)


def learning_rates(ax: Axes, epochs: np.ndarray, rates: Sequence[float] | np.ndarray) -> None:        # (m,), (m,)
    """The learning rates below a curve, as a pale area; its edge stands out from the page."""
    ax.fill_between(epochs, rates, color=theme.PALE)
    ax.plot(epochs, rates, color=theme.GREY, linewidth=1.2)
    ax.set(xlabel="epoch", ylim=(0, None), yticks=[0, max(rates)])


def half_way(steps: Sequence[float] | np.ndarray, values: Sequence[float] | np.ndarray) -> float:     # (m,), (m,)
    """The mean of five values in the middle of a training (fewer if there are fewer): a single one may be a peak.

    >>> half_way([1, 2, 3, 4, 5, 6, 7, 8], [9, 2, 2, 7, 2, 2, 9, 9])
    3.0
    """
    middle = int(np.abs(np.asarray(steps) - steps[-1] / 2).argmin())
    reach = min(2, middle, len(values) - 1 - middle)
    return float(np.mean(values[middle - reach : middle + reach + 1]))


def spread_out(values: Sequence[float] | np.ndarray, gap: float) -> np.ndarray:             # (m,) -> (m,)
    """Heights of labels: the values, moved as little as possible, so that neighbours are at least `gap` apart.

    >>> spread_out([5.0, 1.0, 1.1], 0.3)
    array([5. , 0.9, 1.2])
    """
    order = np.argsort(values, kind="stable")
    groups: list[list[float]] = []     # of values that touch; each group is laid out around its mean
    for value in np.asarray(values, dtype=float)[order]:
        groups.append([value])
        while len(groups) > 1 and lowest(groups[-1], gap) < lowest(groups[-2], gap) + len(groups[-2]) * gap:
            upper = groups.pop()
            groups[-1] += upper
    heights = np.empty(len(order))
    heights[order] = [lowest(group, gap) + place * gap for group in groups for place in range(len(group))]
    return heights


def lowest(group: list[float], gap: float) -> float:
    """The lowest height of a group that is laid out around its mean."""
    return sum(group) / len(group) - (len(group) - 1) * gap / 2
