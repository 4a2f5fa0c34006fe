"""The pixels that decide: how far the logit falls when a patch is erased (occlusion), drawn over the digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ai_from_scratch.stage import paint, theme
from Basic_Neural_Network_From_Scratch import Sequential, SoftmaxCrossEntropy
from CNN_From_Scratch.saliency import Saliency, explain

INK_GREY = 0.6                             # grey of the darkest ink under the colours
PATCH = 5                                   # pixels: the side of an erased patch


def overlay(image: np.ndarray, falls: np.ndarray, limit: float) -> np.ndarray:  # (H, W), (H, W) -> (H, W, 3)
    """The digit in grey; a pixel is coloured if an erased patch around it changes the logit, the more, the more
    opaque."""
    share = INK_GREY * image[..., None] / (image.max() or 1)                            # (H, W, 1)
    ink = (1 - share) * to_rgb(theme.BACKGROUND) + share * to_rgb(theme.INK)            # (H, W, 3)
    opacity = np.clip(np.abs(falls) / (limit or 1), 0, 1)[..., None]                    # (H, W, 1)
    colour = np.where(falls[..., None] > 0, to_rgb(theme.POSITIVE), to_rgb(theme.NEGATIVE))         # (H, W, 3)
    return (1 - opacity) * ink + opacity * (0.35 * ink + 0.65) * colour                 # the ink shows through


def square(image: np.ndarray, margin: int = 3) -> tuple[float, float, float, float]:
    """The limits (left, right, bottom, top) of the square around the ink, so that the digit fills its axes."""
    rows, columns = np.nonzero(image > 0)
    if not rows.size:
        return -0.5, image.shape[1] - 0.5, image.shape[0] - 0.5, -0.5
    half = max(np.ptp(rows), np.ptp(columns)) / 2 + margin
    y, x = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    return x - half, x + half, y + half, y - half


def patch_around(row: int, column: int) -> tuple[slice, slice]:
    return tuple(slice(max(at - PATCH // 2, 0), at + PATCH - PATCH // 2) for at in (row, column))  # type: ignore[return-value]


class Erased(NamedTuple):
    """What happens when the patch with the largest effect is erased."""

    row: int
    column: int
    before: float           # the logit of the predicted class, with the patch and without it
    after: float
    said: int               # the predicted class without the patch
    probability: float      # of that answer


def erase(network: Sequential, maps: Saliency) -> Erased:
    row, column = np.unravel_index(int(maps.occlusion.argmax()), maps.occlusion.shape)
    blank = maps.image.copy()
    blank[patch_around(int(row), int(column))] = maps.image.min()
    logits = network.predict(np.stack([maps.image, blank])[:, None].astype(network.dtype))      # (2, K)
    probabilities = SoftmaxCrossEntropy().predict(logits)[1]                                    # (K,)
    return Erased(int(row), int(column), float(logits[0, maps.code]), float(logits[1, maps.code]),
                  int(probabilities.argmax()), float(probabilities.max()))


def finding(maps: Saliency, erased: Erased, classes: Sequence[str]) -> str:
    """One sentence with the predicted class, with the patch and without it."""
    answer, before, sure = classes[maps.code], paint.percent(maps.probability), paint.percent(erased.probability)
    changed = (f"it reads {classes[erased.said]} ({sure})" if erased.said != maps.code
               else f"it still reads {answer} ({sure})")
    return (f"It reads {answer} ({before}). Without the {PATCH} × {PATCH} pixels in the frame\n"
            f"the logit of {answer} falls from {erased.before:.1f} to {erased.after:.1f}, and {changed}.")


def on_digit(ax: Axes, maps: Saliency, limit: float | None = None) -> None:
    ax.imshow(overlay(maps.image, maps.occlusion, limit or float(np.abs(maps.occlusion).max())))
    left, right, bottom, top = square(maps.image)
    ax.set(xlim=(left, right), ylim=(bottom, top))
    ax.set_axis_off()


def saliency(figure: Figure, network: Sequential, hero: Saliency, others: Sequence[tuple[str, Saliency]],
             classes: Sequence[str]) -> None:
    """Draws the digit with the deciding pixels, large. Beside it, small: the digit without the framed patch, and three
    maps of derivatives; then other digits, (true label, maps), with occlusion only."""
    rows = max(4, len(others))
    grid = figure.add_gridspec(rows, 3 if others else 2, width_ratios=(5.6, 1, 1) if others else (5.6, 1))
    large, erased = figure.add_subplot(grid[:, 0]), erase(network, hero)
    on_digit(large, hero)
    frame: dict[str, Any] = {"xy": (erased.column - PATCH / 2, erased.row - PATCH / 2), "width": PATCH,
                             "height": PATCH, "fill": False, "edgecolor": theme.INK, "linewidth": 2}
    large.add_patch(Rectangle(**frame))
    large.set_title(finding(hero, erased, classes), fontsize=11)
    for x, words, colour in ((0, "green: the logit falls when the patch around this pixel is erased", theme.POSITIVE),
                             (1, "violet: it rises", theme.NEGATIVE)):
        large.text(x, -0.01, words, color=colour, ha="right" if x else "left", va="top", transform=large.transAxes,
                   fontsize=9)
    blank, *small = (figure.add_subplot(grid[row, 1]) for row in range(4))
    without = hero.image.copy()
    without[patch_around(erased.row, erased.column)] = hero.image.min()
    blank.imshow(without, cmap=theme.blend("ink", [theme.BACKGROUND, theme.INK]), vmin=0, vmax=hero.image.max() or 1)
    blank.add_patch(Rectangle(**{**frame, "linewidth": 1}))
    blank.set_title(f"without it: {classes[erased.said]}", fontsize=8, loc="center")
    for ax, values, name in zip(small, (hero.gradient, hero.gradient_input, hero.smooth),
                                ("gradient", "gradient × input", "SmoothGrad"), strict=True):
        limit = float(np.percentile(np.abs(values), 99.5)) or 1.0       # one bright pixel does not make all others pale
        ax.imshow(values, cmap=theme.DIVERGING, vmin=-limit, vmax=limit)
        ax.contour(hero.image, levels=[hero.image.max() / 2 or 1], colors=theme.GREY, linewidths=0.7)
        ax.set_title(name, fontsize=8, loc="center")
    left, right, bottom, top = square(hero.image)
    for ax in (blank, *small):
        ax.set(xlim=(left, right), ylim=(bottom, top))
        ax.set_axis_off()
    for row, (true, maps) in enumerate(others):
        ax, said = figure.add_subplot(grid[row, 2]), classes[maps.code]
        on_digit(ax, maps)
        ax.set_title(f"read as {said}" if said == true else f"a {true}, read as {said}", fontsize=8, loc="center",
                     color=theme.INK if said == true else theme.ACCENT)


def most_decided(network: Sequential, candidates: Sequence[Saliency]) -> int:
    """The index of the candidate whose predicted class changes when one patch is erased, with the highest probability
    of the new class.

    If none changes: the index of the one whose logit falls most.
    """
    tried = [erase(network, maps) for maps in candidates]
    return max(range(len(tried)), key=lambda i: (
        tried[i].said != candidates[i].code, tried[i].probability * (tried[i].said != candidates[i].code),
        tried[i].before - tried[i].after))


def some_digits(network: Sequential, X: np.ndarray, y: np.ndarray, probabilities: np.ndarray, classes: Sequence[str],
                rng: np.random.Generator) -> tuple[Saliency, list[tuple[str, Saliency]]]:
    """The large digit and the others, with true labels. The large one depends most on one patch, among three correctly
    read digits of each of four classes. The others are the first digit of each other class, and the most confident
    mistake."""
    said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right, wrong = said == y, np.flatnonzero(said != y)
    rows = [i for c in (3, 5, 8, 9) for i in np.flatnonzero(right & (y == c))[:3]] or [int(sure.argmax())]
    candidates = [explain(network, X[i], rng=rng) for i in rows]
    best = most_decided(network, candidates)
    firsts = {y[i]: place for place, i in reversed(list(enumerate(rows))) if y[i] != y[rows[best]]}
    others = [(classes[label], candidates[place]) for label, place in sorted(firsts.items())]
    if wrong.size:
        worst = int(wrong[sure[wrong].argmax()])
        others.append((classes[y[worst]], explain(network, X[worst], rng=rng)))
    return candidates[best], others
